; The x87 unit in all rounding and precision modes, 64-bit.
bits 64
org 0x8000
    fninit
    mov rdi, 0x10000
    mov r8d, 0x037f
    mov r9d, 16
modes:
    mov eax, r9d
    dec eax
    shl eax, 8
    and eax, 0xf00
    or eax, 0x7f
    mov [rdi], ax
    fldcw [rdi]
    lea rsi, [rel values]
    mov ecx, (values_end - values) / 10
each:
    fld tword [rsi]
    call note
    fld tword [rel pi_ish]
    fadd st0, st1
    call note
    fmul st0, st1
    call note
    fdivr st0, st1
    call note
    fsqrt
    call note
    fld st1
    fsin
    call note
    fld st2
    fcos
    call note
    faddp
    fld st2
    fptan
    fstp st0
    call note
    fpatan
    call note
    frndint
    call note
    fld st1
    f2xm1
    call note
    fld st2
    fabs
    fld1
    fxch
    fyl2x
    call note
    fscale
    call note
    fld st2
    fprem
    call note
    fxtract
    call note
    fld qword [rel third]
    fld1
    fyl2xp1
    call note
    fist dword [rdi]
    fisttp qword [rdi + 8]
    fxam
    fnstsw ax
    add [rdi + 16], ax
    fbstp [rdi + 32]
    fnsave [rdi + 64]
    fldcw [rdi + 64]
    add rsi, 10
    dec ecx
    jnz each
    dec r9d
    jnz modes
    hlt
; Folds ST(0) and the status word into RBX.
note:
    fld st0
    fstp tword [rdi + 0x200]
    mov rax, [rdi + 0x200]
    imul rbx, rbx, 31
    add rbx, rax
    movzx eax, word [rdi + 0x208]
    add rbx, rax
    fnstsw ax
    rol rbx, 9
    xor bx, ax
    mov [rdi + 0x1000], rbx
    ret
pi_ish: dt 3.25
third:  dq 0.333
values:
    dt 0.0
    dt 1.0
    dt -0.7
    dt 123456.789
    dt 1.0e-30
    dt -3.0e15
    dt 2.718281828459045
    dt 1.0e4000
    dq 0x8000000000000000
    dw 0x7fff
    dq 0xc000000000000001
    dw 0xffff
    dq 0x0000000000012345
    dw 0x0000
values_end:
