; Images that FXRSTOR, XRSTOR and XRSTORS refuse, and LDMXCSR: bits of MXCSR and
; of the header, alignment, and in which order the checks are.
;
; SDM 1 10.2.3, 13.4, 13.7-13.12; 2 FXRSTOR, LDMXCSR, XRSTOR, XRSTORS, XSAVE.

%include "board.inc"
%include "long.inc"
%include "rows.inc"
PROGRAM "xsave_bits"
    ENTER_LONG
    call ask_features
    SET_CR0 CR0_NE, 0
    call aligned_16
    call mxcsr_
    HAS FEATURE_1C + 26
    jnc .done
    SET_CR4 CR4_OSXSAVE, 0
    mov eax, 13
    xor ecx, ecx
    cpuid
    mov [xcr0_], eax
    xor ecx, ecx
    xor edx, edx
    xsetbv
    call aligned_64
    call precedence
    call standard
    HAS FEATURE_D_A + 1
    jnc .done
    call compacted
    HAS FEATURE_D_A + 3
    jnc .done
    call supervisor
.done:
    jmp finish_64

AREA            equ SCRATCH
MXCSR           equ AREA + 24
HEADER          equ AREA + 512
XCOMP_BV        equ HEADER + 8

; An image of initial states, in the standard form.
blank:
    push rcx
    mov edi, AREA
    mov ecx, 0x400
    xor eax, eax
    rep stosd
    mov dword [MXCSR], 0x1f80
    mov word [AREA], 0x37f
    pop rcx
    ret

; Everything that CR0 or XSS has a bit for, in EDX:EAX.
%macro ALL_STATES 0
    mov eax, -1
    mov edx, -1
%endmacro

; ---- Alignment: which bit of the address is set ----

aligned_16:
    call blank
    TRY_BITS "fxsave, by alignment", .rule, {add rbx, AREA}, {fxsave [rbx]}, {}
    call blank
    TRY_BITS "fxrstor, by alignment", .rule, {add rbx, AREA}, {fxrstor [rbx]}, {}
    TRY_BITS "fxsave64, by alignment", .rule, {add rbx, AREA}, {fxsave64 [rbx]}, {}
    ret
.rule:
    mov eax, UNTRIED
    cmp ecx, 4
    ja .told
    mov eax, TAKEN
    je .told
    mov eax, GP_
.told:
    ret

aligned_64:
    TRY_BITS "xsave, by alignment", .rule, {call .at}, {xsave [rbx]}, {}
    call blank
    TRY_BITS "xrstor, by alignment", .rule, {call .at}, {xrstor [rbx]}, {}
    HAS FEATURE_D_A + 0
    jnc .no_opt
    TRY_BITS "xsaveopt, by alignment", .rule, {call .at}, {xsaveopt [rbx]}, {}
.no_opt:
    HAS FEATURE_D_A + 1
    jnc .no_compact
    TRY_BITS "xsavec, by alignment", .rule, {call .at}, {xsavec [rbx]}, {}
.no_compact:
    HAS FEATURE_D_A + 3
    jnc .no_supervisor
    TRY_BITS "xsaves, by alignment", .rule, {call .at}, {xsaves [rbx]}, {}
    call blank
    mov dword [XCOMP_BV + 4], 1 << 31
    mov dword [XCOMP_BV + 64 + 4], 1 << 31
    TRY_BITS "xrstors, by alignment", .rule, {call .at}, {xrstors [rbx]}, {}
.no_supervisor:
    ret
.at:
    add rbx, AREA
    mov eax, 3
    xor edx, edx
    ret
.rule:
    mov eax, UNTRIED
    cmp ecx, 6
    ja .told
    mov eax, GP_
    jb .told
    mov eax, TAKEN
.told:
    ret

; ---- MXCSR ----

mxcsr_:
    call blank
    fxsave [AREA]
    mov eax, [AREA + 28]                ; what FXSAVE says may be set
    mov [mask], eax
    TRY_BITS "ldmxcsr, each bit", mxcsr_rule, {mov [MXCSR], ebx}, {ldmxcsr [MXCSR]}, {}
    TRY_BITS "fxrstor, each bit of MXCSR", mxcsr_rule, {mov [MXCSR], ebx}, {fxrstor [AREA]}, {}
    mov dword [MXCSR], 0x1f80
    ldmxcsr [MXCSR]
    ret
mxcsr_rule:
    mov eax, UNTRIED
    cmp ecx, 32
    jae .told
    mov eax, TAKEN
    bt dword [mask], ecx
    jc .told
    mov eax, GP_
.told:
    ret

; ---- Who is first ----

precedence:
    mov ebx, AREA + 1
    mov eax, 3
    xor edx, edx
    SET_CR0 CR0_TS, 0
    EXPECT_FAULT_NAMED "xsave with TS, not aligned", NM_, 0, xsave [rbx]
    EXPECT_FAULT_NAMED "fxsave with TS, not aligned", NM_, 0, fxsave [rbx]
    SET_CR4 0, CR4_OSXSAVE
    EXPECT_FAULT_NAMED "xsave with TS, without OSXSAVE", UD_, 0, xsave [rbx]
    SET_CR4 CR4_OSXSAVE, 0
    clts
    EXPECT_FAULT_NAMED "lock xsave", UD_, 0, db 0xf0, 0x0f, 0xae, 0x23
    EXPECT_FAULT_NAMED "lock xrstor", UD_, 0, db 0xf0, 0x0f, 0xae, 0x2b
    EXPECT_FAULT_NAMED "66 xsave", UD_, 0, db 0x66, 0x0f, 0xae, 0x23
    EXPECT_FAULT_NAMED "f2 xrstor", UD_, 0, db 0xf2, 0x0f, 0xae, 0x2b
    EXPECT_FAULT_NAMED "lock fxsave", UD_, 0, db 0xf0, 0x0f, 0xae, 0x03
    mov ecx, 2
    EXPECT_FAULT_NAMED "xgetbv of register 2", GP_, 0, xgetbv
    ret

; ---- XRSTOR of the standard form ----

standard:
    call blank
    mov r12d, HEADER
    TRY_BITS "xrstor, each bit of XSTATE_BV", .xcr0, {call put}, {xrstor [AREA]}, {call clear}
    mov r12d, XCOMP_BV
    TRY_BITS "xrstor, each bit of XCOMP_BV", .compact, {call put}, {xrstor [AREA]}, {call clear}
    mov r12d, HEADER + 16
    TRY_BITS "xrstor, each bit of bytes 16-23", never, {call put}, {xrstor [AREA]}, {call clear}
    mov r12d, HEADER + 24
    TRY_BITS "xrstor, each bit of bytes 24-31", always, {call put}, {xrstor [AREA]}, {call clear}
    mov r12d, HEADER + 56
    TRY_BITS "xrstor, each bit of bytes 56-63", always, {call put}, {xrstor [AREA]}, {call clear}
    TRY_BITS "xrstor of SSE, each bit of MXCSR", mxcsr_rule, {call .mxcsr_2}, {xrstor [AREA]}, {}
    test byte [xcr0_], 4
    jz .no_avx
    TRY_BITS "xrstor of AVX, each bit of MXCSR", mxcsr_rule, {call .mxcsr_4}, {xrstor [AREA]}, {}
    TRY_BITS "vldmxcsr, each bit", mxcsr_rule, {mov [MXCSR], ebx}, {vldmxcsr [MXCSR]}, {}
    EXPECT_FAULT_NAMED "vldmxcsr of 256 bits", UD_, 0, db 0xc5, 0xfc, 0xae, 0x13
.no_avx:
    TRY_BITS "xrstor of x87 does not look at MXCSR", .low, {call .mxcsr_1}, {xrstor [AREA]}, {}
    jmp blank
.low:
    mov eax, UNTRIED
    cmp ecx, 32
    jae .told
    mov eax, TAKEN
.told:
    ret
.xcr0:
    mov eax, GP_
    cmp ecx, 32
    jae .told
    bt [xcr0_], ecx
    jnc .told
    mov eax, TAKEN
    ret
.compact:                               ; its own bit is XSAVEC's
    mov eax, GP_
    cmp ecx, 63
    jne .told
    HAS FEATURE_D_A + 1
    jnc .told
    mov eax, TAKEN
    ret
.mxcsr_1:
    mov eax, 1
    jmp .mxcsr
.mxcsr_2:
    mov eax, 2
    jmp .mxcsr
.mxcsr_4:
    mov eax, 4
.mxcsr:
    mov [MXCSR], ebx
    xor edx, edx
    ret

put:
    mov [r12], rbx
    ALL_STATES
    ret
clear:
    mov qword [r12], 0
    ret
never:
    mov eax, GP_
    ret
always:
    mov eax, TAKEN
    ret

; ---- XRSTOR of the compacted form ----

compacted:
    call blank
    mov dword [XCOMP_BV + 4], 1 << 31
    mov r12d, XCOMP_BV
    TRY_BITS "xrstor, each bit of a compacted XCOMP_BV", .xcr0, {call .put}, {xrstor [AREA]}, {}
    mov r12d, HEADER
    mov rax, 1 << 63
    mov [XCOMP_BV], rax
    TRY_BITS "xrstor, XSTATE_BV not in XCOMP_BV", never, {call put}, {xrstor [AREA]}, {call clear}
    mov eax, [xcr0_]
    mov [XCOMP_BV], eax
    TRY_BITS "xrstor, XSTATE_BV in XCOMP_BV", standard.xcr0, {call put}, {xrstor [AREA]}, \
             {call clear}
  %assign at 16
  %rep 6
    mov r12d, HEADER + at
    %strcat name "xrstor, compacted, each bit from byte ", %str(at)
    TRY_BITS name, never, {call put}, {xrstor [AREA]}, {call clear}
    %assign at at + 8
  %endrep
    mov dword [HEADER], 2
    TRY_BITS "xrstor, compacted, of SSE, each bit of MXCSR", mxcsr_rule, {call standard.mxcsr_2}, \
             {xrstor [AREA]}, {}
    mov dword [HEADER], 0
    TRY_BITS "xrstor, compacted, without SSE, does not look at MXCSR", standard.low, \
             {call standard.mxcsr_2}, {xrstor [AREA]}, {}
    jmp blank
.put:
    bts rbx, 63
    jmp put
.xcr0:
    cmp ecx, 63
    jne standard.xcr0
    mov eax, TAKEN
    ret

; ---- XRSTORS ----

supervisor:
    mov eax, 13
    mov ecx, 1
    cpuid
    mov [xss], ecx
    mov eax, ecx
    mov ecx, 0xda0
    xor edx, edx
    wrmsr
    call blank
    ALL_STATES
    EXPECT_FAULT_NAMED "xrstors of the standard form", GP_, 0, xrstors [AREA]
    mov rbx, 1 << 63
    mov [XCOMP_BV], rbx
    EXPECT_OK_NAMED "xrstors of the compacted form", xrstors [AREA]
    USER_FAULT_NAMED "xrstors in ring 3", GP_, 0, xrstors [AREA]
    USER_FAULT_NAMED "xsaves in ring 3", GP_, 0, xsaves [AREA]
    mov r12d, XCOMP_BV
    TRY_BITS "xrstors, each bit of XCOMP_BV", .both, {call compacted.put}, {xrstors [AREA]}, {}
    mov r12d, XCOMP_BV
    TRY_BITS "xrstor, supervisor states in XCOMP_BV", compacted.xcr0, {call compacted.put}, \
             {xrstor [AREA]}, {}
    test dword [xss], 1 << 11
    jz .done
    ; user CET state alone: U_CET, then PL3_SSP, are the first component behind the header
    call blank
    mov rax, 1 << 63 | 1 << 11
    mov [XCOMP_BV], rax
    mov dword [HEADER], 1 << 11
    mov r12d, HEADER + 64
    TRY_BITS "xrstors, each bit of U_CET", .cet, {call put}, {xrstors [AREA]}, {call clear}
    mov r12d, HEADER + 72
    TRY_BITS "xrstors, each bit of PL3_SSP", .ssp, {call put}, {xrstors [AREA]}, {call clear}
    xrstors [AREA]
.done:
    mov ecx, 0xda0
    xor eax, eax
    xor edx, edx
    wrmsr
    ret
.both:
    mov eax, TAKEN
    cmp ecx, 63
    je .told
    bt [xss], rcx
    jc .told
    jmp standard.xcr0
.told:
    ret
.cet:                                   ; six flags, and where the bitmap is
    mov eax, GP_
    cmp ecx, 6
    jb .yes
    cmp ecx, 10
    jb .told
    jmp .address
.ssp:
    mov eax, GP_
    cmp ecx, 2
    jb .told
.address:
    cmp ecx, 56
    jae .told
    cmp ecx, 47
    jb .yes
    HAS FEATURE_7C + 16                 ; as wide as the processor has them
    jnc .told
.yes:
    mov eax, TAKEN
    ret

section .data
    align 8
mask:           dd 0
xcr0_:          dd 0
xss:            dq 0
section .text

END_PROGRAM
