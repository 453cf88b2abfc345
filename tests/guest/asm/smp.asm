; orrery: --smp 4
; Four processors count together: LOCK makes read-modify-write one step, XCHG takes a lock, CMPXCHG retries.
; Each begins at the reset vector; the first to count itself is the one that speaks. SDM 3A 8.1.2
bits 16
org 0

CPUS      equ 4
ROUNDS    equ 20000
ARRIVED   equ 0x500                     ; dwords in segment 0
LOCKED    equ 0x504
GUARD     equ 0x508
GUARDED   equ 0x50c
RETRIED   equ 0x510
FINISHED  equ 0x514

start:
    xor ax, ax
    mov ds, ax
    mov ecx, 1
    lock xadd [ARRIVED], ecx            ; who am I?
    mov ebx, ecx
wait_for_all:
    cmp dword [ARRIVED], CPUS
    jne wait_for_all

    mov edx, ROUNDS
count:
    lock inc dword [LOCKED]
take:
    mov eax, 1
    xchg [GUARD], eax
    test eax, eax
    jnz take
    inc dword [GUARDED]                 ; without LOCK, but inside the guard
    mov dword [GUARD], 0
    mov eax, [RETRIED]
retry:
    lea ecx, [eax + 1]
    lock cmpxchg [RETRIED], ecx
    jne retry
    dec edx
    jnz count

    lock inc dword [FINISHED]
    test ebx, ebx
    jz speak
sleep:
    cli
    hlt
    jmp sleep

speak:
    cmp dword [FINISHED], CPUS
    jne speak
    mov eax, 1
    cmp dword [LOCKED], CPUS * ROUNDS
    jne over
    inc eax
    cmp dword [GUARDED], CPUS * ROUNDS
    jne over
    inc eax
    cmp dword [RETRIED], CPUS * ROUNDS
    jne over
    xor eax, eax
over:
    out 0xf4, eax
    jmp sleep

times 0xfff0 - ($ - $$) db 0x90
    jmp 0xf000:start
times 0x10000 - ($ - $$) db 0
