; A page fault for each touch of 512 pages, whose handler maps the page and returns; then all go again.
bits 64
org 0x100000
IDT   equ 0x8000
TABLE equ 0x6000
WINDOW equ 62 << 20

    lea rax, [rel handler]
    mov word [IDT + 14 * 16], ax
    mov word [IDT + 14 * 16 + 2], 0x08
    mov word [IDT + 14 * 16 + 4], 0x8e00
    shr rax, 16
    mov word [IDT + 14 * 16 + 6], ax
    mov qword [IDT + 14 * 16 + 8], 0
    lidt [rel idtr]
    mov qword [0x3000 + 31 * 8], TABLE | 3
    xor r10d, r10d              ; faults
    mov r9d, 600
round:
    mov edi, TABLE
    mov ecx, 512
    xor eax, eax
    cld
    rep stosq
    mov rax, cr3
    mov cr3, rax
    mov edi, WINDOW
    mov ecx, 512
touch:
    inc dword [rdi]
    add edi, 4096
    dec ecx
    jnz touch
    dec r9d
    jnz round
    mov rax, r10
    ret

handler:
    push rax
    push rbx
    mov rax, cr2
    mov rbx, rax
    shr rbx, 12
    and ebx, 511
    and eax, 0xfffff000
    or eax, 3
    mov [TABLE + rbx * 8], rax
    inc r10
    pop rbx
    pop rax
    add rsp, 8
    iretq

align 8
idtr:
    dw 0xff
    dq IDT
