; What only 32-bit code has.
bits 32
org 0x8000
    mov edi, 0x10000
    mov ecx, 400
    mov eax, 0x12345678
again:
    add al, cl
    daa
    pushfd
    pop edx
    add [edi], edx
    das
    aaa
    aas
    aam 7
    aad 11
    rol eax, 5
    xor eax, ecx
    pushad
    popad
    push fs
    push es
    pop fs
    pop es
    mov ebx, 0x10100
    mov [ebx], eax
    xchg eax, [fs:ebx]
    bound ecx, [limits]
    db 0xd6                             ; SALC
    xlat
    mov bx, 0x100
    lea ebx, [bx + si + 3]
    a16 xlatb
    mov [edi + ecx*4], eax
    push cx
    a16 loop skip
skip:
    pop cx
    jcxz out
    loop again
out:
    hlt
limits: dd 0, 1000
