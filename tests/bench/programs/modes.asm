; From user code to the system and back, by SYSCALL and SYSRET.
bits 64
org 0x100000
    or dword [0x1000], 4        ; all pages are the user's as well
    or dword [0x2000], 4
    mov ecx, 32
    mov edi, 0x3000
share:
    or dword [rdi], 4
    add edi, 8
    dec ecx
    jnz share
    mov rax, cr3
    mov cr3, rax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 1                   ; SCE
    wrmsr
    mov ecx, 0xc0000081
    xor eax, eax
    mov edx, 0x00180008         ; SYSRET, SYSCALL
    wrmsr
    mov ecx, 0xc0000082
    lea rax, [rel system]
    xor edx, edx
    wrmsr
    mov ecx, 0xc0000084
    mov eax, 0x200
    wrmsr
    mov r14, rsp
    mov r15d, 1500000
    xor ebx, ebx
    lea rcx, [rel user]
    mov r11d, 2
    o64 sysret
user:
    lea rax, [rbx + 3]
    syscall
    jmp user
system:
    add rbx, rax
    dec r15d
    jz over
    o64 sysret
over:
    mov rsp, r14
    mov rax, rbx
    ret
