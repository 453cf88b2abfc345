; SSE in all rounding modes, with and without FTZ and DAZ, and integers in vectors, 64-bit.
bits 64
org 0x8000
    mov rdi, 0x10000
    mov r9d, 32
modes:
    mov eax, r9d
    dec eax
    mov edx, eax
    and eax, 3
    shl eax, 13
    or eax, 0x1f80
    test edx, 4
    jz no_ftz
    or eax, 0x8000
no_ftz:
    test edx, 8
    jz no_daz
    or eax, 0x40
no_daz:
    mov [rdi], eax
    ldmxcsr [rdi]
    mov ecx, 60
    mov rbx, 0x123456789abcdef
each:
    call random
    movq xmm0, rax
    call random
    movq xmm1, rax
    punpcklqdq xmm0, xmm1
    call random
    movq xmm2, rax
    pshufd xmm3, xmm2, 0x1b
    movaps xmm4, xmm0
    addps xmm4, xmm3
    movaps xmm5, xmm0
    mulpd xmm5, xmm2
    movaps xmm6, xmm0
    divps xmm6, xmm3
    sqrtpd xmm7, xmm0
    movaps xmm8, xmm0
    subsd xmm8, xmm2
    cvtps2pd xmm9, xmm0
    cvtpd2ps xmm10, xmm0
    cvttps2dq xmm11, xmm4
    cvtsi2sd xmm12, rax
    cvtsd2si r8, xmm12
    maxps xmm13, xmm3
    cmpltpd xmm14, xmm0
    pmaddwd xmm15, xmm0
    haddps xmm4, xmm5
    pshufb xmm6, xmm0
    roundps xmm7, xmm4, 4
    dpps xmm8, xmm9, 0xf1
    aesenc xmm10, xmm11
    pclmulqdq xmm12, xmm13, 0x10
    mov r10d, ecx
    pcmpistri xmm0, xmm2, 0x0c
    xor r8, rcx
    mov ecx, r10d
    crc32 r8, rax
    sha256rnds2 xmm14, xmm15
    xorps xmm4, xmm5
    xorps xmm4, xmm6
    xorps xmm4, xmm7
    paddq xmm4, xmm8
    paddq xmm4, xmm10
    psubb xmm4, xmm11
    pxor xmm4, xmm12
    pxor xmm4, xmm14
    mov eax, ecx
    shl eax, 4
    movdqu [rdi + rax + 0x100], xmm4
    stmxcsr [rdi + 4]
    mov eax, [rdi + 4]
    add [rdi + 8], eax
    ucomisd xmm0, xmm2
    pushfq
    pop rax
    add [rdi + 16], rax
    dec ecx
    jnz each
    dec r9d
    jnz modes
    fxsave [rdi + 0x800]
    hlt
; Bits that are a number of either format more often than not.
random:
    mov rax, rbx
    shl rax, 13
    xor rbx, rax
    mov rax, rbx
    shr rax, 7
    xor rbx, rax
    mov rax, rbx
    shl rax, 17
    xor rbx, rax
    mov rax, rbx
    bt rcx, 1
    jc done
    and rax, [rel mask]
    or rax, [rel one]
done:
    ret
align 8
mask: dq 0xbfbfffffbfbfffff
one:  dq 0x3f8000003f000000
