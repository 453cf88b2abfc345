; Half a megabyte of code without a loop, passed through sixty times: bound by what a decoded
; instruction weighs. Passed through once: by what decoding costs.
%ifndef ROUNDS
%define ROUNDS 60
%endif
bits 64
org 0x100000
    mov r8d, 0x1000000
    mov r9d, ROUNDS
    xor eax, eax
again:
%assign i 0
%rep 18000
    add eax, i
    lea ebx, [rax + i * 3]
    mov [r8 + (i & 255) * 8], rbx
    cmp ebx, eax
    jb skip_%+i
    xor eax, ebx
skip_%+i:
%assign i i + 1
%endrep
    dec r9d
    jnz again
    ret
