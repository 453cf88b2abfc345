; Which of EM, MP, TS, OSFXSR, OSXSAVE and XCR0 keeps which instruction from being
; done, and by which exception: each kind of instruction under all combinations.
;
; SDM 3A 2.5, 13.1.4 (SSE), 13.5 (XSAVE), table 9-3; 2 2.4 (exception classes); FXSAVE, XSAVE.

%include "board.inc"
%include "long.inc"
%include "rows.inc"
PROGRAM "unit_bits"
    ENTER_LONG
    call ask_features
    SET_CR0 CR0_NE, 0
    fninit
    call x87_and_sse
    call general
    HAS FEATURE_1C + 26
    jnc .no_xsave
    mov byte [has_xsave], 1
    call with_xsave
.no_xsave:
    jmp finish_64

; Bits of a combination; a failure shows it before the vector.
EM              equ 1
MP              equ 2
TS              equ 4
FXSR            equ 8
OSX             equ 16
XCR0_AVX        equ 32                  ; XCR0 has SSE and AVX

;   UNDER_ALL "name", rule, instruction: the rule finds the combination in ECX and leaves a
;   vector or TAKEN in EAX
%macro UNDER_ALL 3+.nolist
    RECORD 0, %1
    mov dword [abs combination], 0
%%next:
    call set_combination
    jc %%skip
    mov ecx, [abs combination]
    call %2
    movzx eax, al
    mov [abs wanted], eax
    mov ebx, area
    xor eax, eax
    xor edx, edx
    xor ecx, ecx
    AWAIT %%insn, %%after
%%insn: %3
%%after:
    REWIND
    mov dword [abs resume.eip], 0
    call plain
    movzx eax, byte [abs fault.vector]
    mov [abs seen], eax
    mov eax, [abs combination]
    mov [abs seen + 4], eax
    mov [abs wanted + 4], eax
    call check_64
%%skip:
    inc dword [abs combination]
    cmp dword [abs combination], 64
    jb %%next
%endmacro

; CF: the processor has not what it asks for.
set_combination:
    mov esi, [combination]
    test esi, OSX | XCR0_AVX
    jz .possible
    cmp byte [has_xsave], 0
    je .impossible
    test esi, XCR0_AVX
    jz .possible
    HAS FEATURE_1C + 28
    jnc .impossible
.possible:
    cmp byte [has_xsave], 0
    je .no_xcr0
    SET_CR4 CR4_OSXSAVE, 0
    mov eax, 1
    test esi, XCR0_AVX
    jz .x87_alone
    mov eax, 7
.x87_alone:
    xor edx, edx
    xor ecx, ecx
    xsetbv
.no_xcr0:
    mov rax, cr4
    and eax, ~(CR4_OSFXSR | CR4_OSXSAVE)
    test esi, FXSR
    jz .no_fxsr
    or eax, CR4_OSFXSR
.no_fxsr:
    test esi, OSX
    jz .no_osx
    or eax, CR4_OSXSAVE
.no_osx:
    mov cr4, rax
    mov rax, cr0
    and eax, ~(CR0_EM | CR0_MP | CR0_TS)
    test esi, EM
    jz .no_em
    or eax, CR0_EM
.no_em:
    test esi, MP
    jz .no_mp
    or eax, CR0_MP
.no_mp:
    test esi, TS
    jz .no_ts
    or eax, CR0_TS
.no_ts:
    mov cr0, rax
    clc
    ret
.impossible:
    stc
    ret
plain:
    SET_CR0 0, CR0_EM | CR0_MP | CR0_TS
    SET_CR4 CR4_OSFXSR, 0
    ret

; ---- Rules ----

always:
    mov eax, TAKEN
    ret
; The coprocessor's: EM and TS both mean that it is not there.
x87:
    mov eax, NM_
    test cl, EM | TS
    jnz .told
    mov eax, TAKEN
.told:
    ret
waits:
    mov eax, NM_
    and cl, MP | TS
    cmp cl, MP | TS
    je .told
    mov eax, TAKEN
.told:
    ret
mmx:
    mov eax, UD_
    test cl, EM
    jnz .told
    mov eax, NM_
    test cl, TS
    jnz .told
    mov eax, TAKEN
.told:
    ret
sse:
    mov eax, UD_
    test cl, FXSR
    jnz mmx
    ret
; The XSAVE family does not look at EM.
xsave_:
    mov eax, UD_
    test cl, OSX
    jz .told
    mov eax, NM_
    test cl, TS
    jnz .told
    mov eax, TAKEN
.told:
    ret
osx:
    mov eax, UD_
    test cl, OSX
    jz .told
    mov eax, TAKEN
.told:
    ret
; VEX looks at XCR0 instead of EM and OSFXSR.
vex:
    mov eax, UD_
    test cl, XCR0_AVX
    jnz xsave_
    ret

; ---- The instructions ----

x87_and_sse:
    UNDER_ALL "fnop", x87, fnop
    UNDER_ALL "fnstsw ax", x87, fnstsw ax
    UNDER_ALL "fninit", x87, fninit
    UNDER_ALL "fnstcw", x87, fnstcw [rbx]
    UNDER_ALL "wait", waits, wait
    UNDER_ALL "fxsave", x87, fxsave [rbx]
    UNDER_ALL "emms", mmx, emms
    UNDER_ALL "paddb mm", mmx, paddb mm0, mm1
    emms
    UNDER_ALL "movq mm, memory", mmx, movq mm0, [rbx]
    emms
    UNDER_ALL "addps", sse, addps xmm0, xmm1
    UNDER_ALL "movaps", sse, movaps xmm0, [rbx]
    UNDER_ALL "paddb xmm", sse, paddb xmm0, xmm1
    UNDER_ALL "stmxcsr", sse, stmxcsr [rbx]
    UNDER_ALL "cvtps2pi", sse, cvtps2pi mm0, xmm0
    emms
    UNDER_ALL "movntdq", sse, movntdq [rbx], xmm0
    UNDER_ALL "pextrw", sse, pextrw eax, xmm0, 1
    UNDER_ALL "movmskps", sse, movmskps eax, xmm0
    HAS FEATURE_1C + 19
    jnc .no_sse41
    UNDER_ALL "ptest", sse, ptest xmm0, xmm1
.no_sse41:
    HAS FEATURE_1C + 25
    jnc .no_aes
    UNDER_ALL "aesenc", sse, aesenc xmm0, xmm1
.no_aes:
    ret

; What works on general registers or on no register at all asks for none of it.
general:
    UNDER_ALL "movnti", always, movnti [rbx], eax
    UNDER_ALL "sfence", always, sfence
    UNDER_ALL "lfence", always, lfence
    UNDER_ALL "mfence", always, mfence
    UNDER_ALL "clflush", always, clflush [rbx]
    UNDER_ALL "prefetcht0", always, prefetcht0 [rbx]
    UNDER_ALL "pause", always, pause
    HAS FEATURE_1C + 20
    jnc .no_sse42
    UNDER_ALL "crc32", always, crc32 eax, ecx
.no_sse42:
    HAS FEATURE_1C + 23
    jnc .no_popcnt
    UNDER_ALL "popcnt", always, popcnt eax, ecx
.no_popcnt:
    HAS FEATURE_1C + 22
    jnc .no_movbe
    UNDER_ALL "movbe", always, movbe eax, [rbx]
.no_movbe:
    HAS FEATURE_7B + 3
    jnc .no_bmi
    UNDER_ALL "andn", always, andn eax, ecx, edx
    UNDER_ALL "blsr", always, blsr eax, ecx
.no_bmi:
    HAS FEATURE_7B + 8
    jnc .no_bmi2
    UNDER_ALL "rorx", always, rorx eax, ecx, 1
.no_bmi2:
    HAS FEATURE_7B + 19
    jnc .no_adx
    UNDER_ALL "adcx", always, adcx eax, ecx
.no_adx:
    ret

with_xsave:
    UNDER_ALL "xgetbv", osx, xgetbv
    UNDER_ALL "xsave", xsave_, xsave [rbx]
    UNDER_ALL "xrstor", xsave_, xrstor [rbx]
    HAS FEATURE_D_A + 1
    jnc .no_xsavec
    UNDER_ALL "xsavec", xsave_, xsavec [rbx]
.no_xsavec:
    HAS FEATURE_1C + 28
    jnc .no_avx
    UNDER_ALL "vaddps", vex, vaddps xmm0, xmm1, xmm2
    UNDER_ALL "vaddps ymm", vex, vaddps ymm0, ymm1, ymm2
    UNDER_ALL "vmovaps", vex, vmovaps xmm0, [rbx]
    UNDER_ALL "vpaddb", vex, vpaddb xmm0, xmm1, xmm2
    UNDER_ALL "vzeroupper", vex, vzeroupper
    UNDER_ALL "vstmxcsr", vex, vstmxcsr [rbx]
    UNDER_ALL "vmovd", vex, vmovd eax, xmm0
    HAS FEATURE_7B + 5
    jnc .no_avx
    UNDER_ALL "vpaddb ymm", vex, vpaddb ymm0, ymm1, ymm2
.no_avx:
    mov eax, 1
    xor edx, edx
    xor ecx, ecx
    SET_CR4 CR4_OSXSAVE, 0
    mov eax, 1
    xsetbv
    SET_CR4 0, CR4_OSXSAVE
    ret

section .data
    align 8
combination:    dd 0
has_xsave:      db 0
area            equ SCRATCH
section .text

END_PROGRAM
