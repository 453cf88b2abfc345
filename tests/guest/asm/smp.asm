; orrery: --smp 4
; Four processors count together: LOCK makes read-modify-write one step, XCHG takes a lock, CMPXCHG retries.
; The first begins at the reset vector and starts the others; the first to count itself is the one that speaks.
; SDM 3A 8.1.2, 8.4.4
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

ICR       equ 0xfee00300
INIT      equ 0x000c4500                ; to all but self
STARTUP   equ 0x000c4600

start:                                  ; at 0: what a start-up message can name
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

; Registers lie beyond 1 MB: ES gets a limit of 4 GB, and keeps it.
first:
    lgdt [cs:table]
    mov eax, cr0
    inc ax
    mov cr0, eax
    mov cx, 8
    mov es, cx
    dec ax
    mov cr0, eax
    mov ebx, ICR
    mov dword [es:ebx], INIT
    mov dword [es:ebx], STARTUP | 0xf0
    jmp start

table:
    dw 15
    dd 0xf0000 + flat - 8
flat:
    dq 0x00cf93000000ffff

times 0xfff0 - ($ - $$) db 0x90
    jmp 0xf000:first
times 0x10000 - ($ - $$) db 0
