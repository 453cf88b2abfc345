; Integers, strings, calls and code that changes itself, 64-bit.
bits 64
org 0x8000
    mov rbx, 0x9e3779b97f4a7c15
    mov rdi, 0x10000
    mov ecx, 700
mix:
    mov rax, rbx
    mul rcx
    xor rax, rdx
    rol rax, cl
    adc rbx, rax
    shld rbx, rax, 7
    sar rax, 3
    rcr rax, 5
    imul rdx, rax, 12345
    bsf rsi, rdx
    bsr r8, rbx
    bts rbx, rcx
    lea r9, [rax + rsi*4 + 77]
    xor rbx, r9
    push rbx
    call helper
    pop r10
    cmp rax, r10
    setb r11b
    cmovl r12, rax
    xadd [rdi], rbx
    lock cmpxchg [rdi + 8], rbx
    movsx r13, bl
    movzx r14d, bx
    add [rdi + rcx*8], r14
    pushfq
    pop r15
    xor rbx, r15
    inc byte [rel patch + 1]
patch:
    mov al, 0
    add bl, al
    xor edx, edx
    mov r8d, ecx
    add r8d, 3
    mov rax, rbx
    div r8
    xor rbx, rdx
    dec ecx
    jnz mix
    mov rsi, 0x10000
    mov rdi, 0x13ff1
    mov ecx, 900
    rep movsb
    mov ecx, 300
    rep stosq
    std
    mov rsi, 0x13800
    mov rdi, 0x12803
    mov ecx, 500
    rep movsw
    cld
    mov rdi, 0x13000
    mov ecx, 2000
    mov al, [0x13100]
    repne scasb
    mov rsi, 0x12000
    mov rdi, 0x13000
    mov ecx, 800
    repe cmpsd
    hlt
helper:
    enter 32, 0
    mov [rbp - 8], rax
    popcnt rax, [rbp - 8]
    bswap rax
    xor rax, [rbp + 16]
    leave
    ret
