; The system side of x87, SSE and XSAVE: #NM, #MF, #XM, #UD by control bits, when
; an x87 exception is told, the pointers, FXSAVE, XSAVE and XSETBV.
;
; SDM 1 8.6-8.7, 13; 3A 2.5, 9.2, table 9-3; 2A FXSAVE, FNSTENV, LDMXCSR; 2D XSAVE,
; XRSTOR, XSETBV.

%include "board.inc"
%include "protected.inc"
PROGRAM "fpu_sys"
    ENTER_PROTECTED
    mov eax, 1
    cpuid
    mov [features1], edx
    mov [features1 + 4], ecx
    mov eax, 7
    xor ecx, ecx
    cpuid
    mov [features7], ebx
    mov eax, cr0
    or eax, CR0_NE
    mov cr0, eax
    call device_not_available
    call pending
    call pointers
    call simd
    call fxsave_
    call xsave_
    jmp finish_32

; EM, MP and TS in all combinations (SDM 3A table 9-3, 2.5).
; BY_BITS name, rule (AL: the vector wanted, FFh none), instruction
%macro BY_BITS 3+
    mov dword [combination], 0
%%next:
    SET_CR0 0, CR0_EM | CR0_MP | CR0_TS
    mov eax, [combination]              ; bits 0-2 are MP, EM, TS as in CR0
    shl eax, 1
    mov ecx, cr0
    or ecx, eax
    mov cr0, ecx
    call %2
    mov [expected], eax
    mov dword [fault.error], 0
    AWAIT %%insn, %%after
%%insn: %3
%%after:
    mov dword [resume.eip], 0
    clts
    SET_CR0 0, CR0_EM | CR0_MP | CR0_TS
    mov eax, [fault.vector]
    mov edx, [combination]
    shl edx, 16
    movzx eax, al
    or eax, edx
    or edx, [expected]
    mov [expected], edx
    CHECK eax, [expected], %1
    inc dword [combination]
    cmp dword [combination], 8
    jb %%next
%endmacro
rule_x87:                               ; EM or TS: #NM
    mov edx, NM_
    test byte [combination], 6
    jnz told
    mov dl, 0xff
told:
    movzx eax, dl
    ret
rule_wait:                              ; MP and TS: #NM
    mov edx, 0xff
    mov al, [combination]
    and al, 5
    cmp al, 5
    jne told
    mov dl, NM_
    jmp told
rule_mmx:                               ; EM: #UD, else TS: #NM
    mov edx, UD_
    test byte [combination], 2
    jnz told
    mov dl, NM_
    test byte [combination], 4
    jnz told
    mov dl, 0xff
    jmp told
rule_none:
    mov eax, 0xff
    ret
rule_ud:
    mov eax, UD_
    ret

device_not_available:
    BY_BITS "fnop by MP, EM, TS", rule_x87, fnop
    BY_BITS "fninit by MP, EM, TS", rule_x87, fninit
    BY_BITS "fnstsw ax by MP, EM, TS", rule_x87, fnstsw ax
    BY_BITS "fld1 by MP, EM, TS", rule_x87, fld1
    BY_BITS "fnstcw by MP, EM, TS", rule_x87, fnstcw [area]
    BY_BITS "fnsave by MP, EM, TS", rule_x87, fnsave [area]
    BY_BITS "wait by MP, EM, TS", rule_wait, wait
    fninit
    BY_BITS "paddb by MP, EM, TS", rule_mmx, paddb mm0, mm1
    BY_BITS "emms by MP, EM, TS", rule_mmx, emms
    BY_BITS "addps by MP, EM, TS, without OSFXSR", rule_ud, addps xmm0, xmm1
    SET_CR4 CR4_OSFXSR, 0
    BY_BITS "addps by MP, EM, TS", rule_mmx, addps xmm0, xmm1
    BY_BITS "ldmxcsr by MP, EM, TS", rule_mmx, ldmxcsr [mxcsr_default]
    BY_BITS "paddb xmm by MP, EM, TS", rule_mmx, paddb xmm0, xmm1
    BY_BITS "prefetch and fences do not ask", rule_none, sfence
    BY_BITS "lfence", rule_none, lfence
    BY_BITS "movnti", rule_none, movnti [area], eax
    BY_BITS "pause", rule_none, pause
    ; #NM comes before what the operand would do
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    mov ebx, 0
    mov fs, bx
    EXPECT_FAULT NM_, 0, fld qword [fs:0]
    EXPECT_FAULT NM_, 0, movaps xmm0, [area + 1]
    clts
    USER_OK_NAMED "x87 in ring 3", fnop
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    USER_FAULT NM_, 0, fnop
    clts
    ret

; An unmasked exception waits for the next waiting instruction (SDM 1 8.7).
pending:
    fninit
    mov word [control], 0x037b          ; zero divide unmasked
    fldcw [control]
    fld1
    fldz
    EXPECT_OK_NAMED "the faulting division itself", fdivp st1, st0
    fnstsw ax
    and eax, 0x80ff
    CHECK eax, 0x8084, "status word: ES, B and ZE"
    EXPECT_OK_NAMED "fnstcw does not wait", fnstcw [area]
    EXPECT_OK_NAMED "fnstsw does not wait", fnstsw [area]
    EXPECT_OK_NAMED "mov does not care", mov eax, [area]
    EXPECT_FAULT_NAMED "fld1 waits", MF_, 0, fld1
    EXPECT_FAULT_NAMED "wait waits", MF_, 0, wait
    EXPECT_FAULT_NAMED "fxch waits", MF_, 0, fxch st1
    EXPECT_FAULT_NAMED "fldcw waits", MF_, 0, fldcw [control]
    EXPECT_FAULT_NAMED "an MMX instruction waits", MF_, 0, paddb mm0, mm1
    EXPECT_FAULT_NAMED "emms waits", MF_, 0, emms
    USER_FAULT_NAMED "in ring 3, too", MF_, 0, fld1
    EXPECT_OK_NAMED "an SSE instruction does not", addps xmm0, xmm1
    EXPECT_OK_NAMED "fnstenv does not", fnstenv [area]
    movzx eax, word [area + 4]
    and eax, 0x80ff
    CHECK eax, 0x8084, "it stores the status with ES"
    ; FNSTENV masks all: nothing waits any more (SDM 2A FSTENV)
    EXPECT_OK_NAMED "fnstenv has masked it", fld1
    fninit
    fldcw [control]
    fld1
    fldz
    fdivp st1, st0
    fnclex
    EXPECT_OK_NAMED "fnclex has cleared it", fld1
    fldz
    fdivp st1, st0
    fninit
    EXPECT_OK_NAMED "fninit has cleared it", fld1
    ; unmasking a flag that stands raises it at the next instruction
    fninit
    fld1
    fldz
    fdivp st1, st0                      ; masked: flag and infinity
    EXPECT_OK_NAMED "masked, nothing waits", fld1
    fldcw [control]
    EXPECT_FAULT_NAMED "unmasked while the flag stands", MF_, 0, fld1
    ; #NM comes first
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    EXPECT_FAULT_NAMED "#NM before #MF", NM_, 0, fld1
    clts
    fnclex
    ; the stack stays as it was before an invalid operation that is unmasked
    fninit
    mov word [control], 0x037e
    fldcw [control]
    fldz
    fldz
    fdivp st1, st0                      ; 0/0
    fnstsw ax
    and eax, 0xb8ff
    CHECK eax, 0xb081, "unmasked invalid: no pop, ES, IE"
    fnclex
    fninit
    ret

; Where and on what the last instruction worked (SDM 1 8.1.8).
pointers:
    fninit
    mov dword [operand], 0x3f800000
.insn:
    fld dword [operand]
    fnstenv [area]
    CHECK [area + 12], .insn, "FIP"
    test dword [features7], 1 << 6      ; FDP_EXCPTN_ONLY: some processors
    jnz .no_fdp                         ; keep it for unmasked exceptions
    CHECK [area + 20], operand, "FDP"
.no_fdp:
    CHECK16 [area], 0x037f, "control word"
    CHECK16 [area + 8], 0x3fff, "tag word"
.control:
    fldcw [default_control]
    fnstenv [area]
    CHECK [area + 12], .insn, "control instructions leave FIP"
    fninit
    fnstenv [area]
    CHECK [area + 12], 0, "FNINIT clears FIP"
    CHECK16 [area + 8], 0xffff, "and empties the tags"
    ; a prefixed instruction: FIP is its first byte
.prefixed:
    db 0x3e
    fld dword [operand]
    fnstenv [area]
    CHECK [area + 12], .prefixed, "FIP of a prefixed instruction"
    o16 fnstenv [area]
    CHECK16 [area + 2], 0x3800, "16-bit environment: status"
    CHECK16 [area + 4], 0x3fff, "16-bit environment: tags"
    fninit
    ret

; #XM and MXCSR (SDM 1 11.5, 2A LDMXCSR).
simd:
    SET_CR4 CR4_OSXMMEXCPT, 0
    stmxcsr [area]
    CHECK [area], 0x1f80, "MXCSR"
    mov dword [area], 0x1f80 & ~(1 << 9)    ; zero divide unmasked
    ldmxcsr [area]
    xorps xmm1, xmm1
    movaps xmm0, [ones]
    EXPECT_FAULT_NAMED "divps by zero", XM_, 0, divps xmm0, xmm1
    movaps [area + 16], xmm0
    CHECK [area + 16], 0x3f800000, "XMM0 after #XM"
    stmxcsr [area]
    CHECK [area], (0x1f80 & ~(1 << 9)) | 4, "ZE is set, once told"
    SET_CR4 0, CR4_OSXMMEXCPT
    EXPECT_FAULT_NAMED "divps by zero without OSXMMEXCPT", UD_, 0, divps xmm0, xmm1
    SET_CR4 CR4_OSXMMEXCPT, 0
    USER_FAULT_NAMED "divps by zero in ring 3", XM_, 0, divps xmm0, xmm1
    mov dword [area], 0x10000
    EXPECT_FAULT_NAMED "ldmxcsr, a reserved bit", GP_, 0, ldmxcsr [area]
    ldmxcsr [mxcsr_default]
    EXPECT_FAULT_NAMED "movaps, not aligned", GP_, 0, movaps xmm0, [area + 8]
    EXPECT_FAULT_NAMED "movaps to memory, not aligned", GP_, 0, movaps [area + 1], xmm0
    EXPECT_FAULT_NAMED "addps, not aligned", GP_, 0, addps xmm0, [area + 4]
    EXPECT_FAULT_NAMED "movntps, not aligned", GP_, 0, movntps [area + 8], xmm0
    EXPECT_OK_NAMED "movups need not be", movups xmm0, [area + 1]
    EXPECT_OK_NAMED "addss need not be", addss xmm0, [area + 1]
    EXPECT_FAULT_NAMED "movaps through SS, not aligned", GP_, 0, movaps xmm0, [ss:area + 8]
    ldmxcsr [mxcsr_default]
    ret

fxsave_:
    EXPECT_FAULT_NAMED "fxsave, not aligned", GP_, 0, fxsave [area + 8]
    EXPECT_FAULT_NAMED "fxrstor, not aligned", GP_, 0, fxrstor [area + 1]
    fninit
    fldpi
    fld1
    fxsave [area]
    CHECK16 [area], 0x037f, "FXSAVE: control word"
    CHECK16 [area + 2], 0x3000, "FXSAVE: status word"
    CHECK8 [area + 4], 0xc0, "FXSAVE: tags, a bit each"
    CHECK [area + 24], 0x1f80, "FXSAVE: MXCSR"
    mov eax, [area + 28]
    and eax, 0xffff
    or eax, 0x40
    CHECK eax, 0xffff, "FXSAVE: mask of MXCSR"
    CHECK16 [area + 32 + 8], 0x3fff, "FXSAVE: ST0 is 1"
    CHECK16 [area + 48 + 8], 0x4000, "FXSAVE: ST1 is pi"
    fnstsw ax
    and eax, 0x3800
    CHECK eax, 0x3000, "FXSAVE does not initialise"
    mov word [area + 2], 0
    mov byte [area + 4], 0x01
    fxrstor [area]
    fnstenv [area2]
    CHECK16 [area2 + 8], 0xfffc, "FXRSTOR: tags are made from the contents"
    or dword [area + 24], 0x10000
    EXPECT_FAULT_NAMED "fxrstor, a reserved bit of MXCSR", GP_, 0, fxrstor [area]
    and dword [area + 24], ~0x10000
    ; a pending exception is saved and restored, not told
    fninit
    mov word [control], 0x037b
    fldcw [control]
    fld1
    fldz
    fdivp st1, st0
    EXPECT_OK_NAMED "fxsave does not wait", fxsave [area]
    fninit
    EXPECT_OK_NAMED "fxrstor of a pending exception", fxrstor [area]
    EXPECT_FAULT_NAMED "the next one waits", MF_, 0, fld1
    fninit
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    EXPECT_FAULT_NAMED "fxsave with TS", NM_, 0, fxsave [area]
    EXPECT_FAULT_NAMED "fxrstor with TS", NM_, 0, fxrstor [area]
    clts
    ret

; XSAVE, XRSTOR, XSETBV (SDM 1 13; 2D).
%macro XCR0_FAULT 3                     ; name, high, low
    xor ecx, ecx
    mov edx, %2
    mov eax, %3
    EXPECT_FAULT_NAMED %1, GP_, 0, xsetbv
%endmacro
xsave_:
    test dword [features1 + 4], 1 << 26
    jnz .there
    ret
.there:
    xor ecx, ecx
    EXPECT_FAULT_NAMED "xgetbv without OSXSAVE", UD_, 0, xgetbv
    EXPECT_FAULT_NAMED "xsave without OSXSAVE", UD_, 0, xsave [area]
    SET_CR4 CR4_OSXSAVE, 0
    mov eax, 1
    cpuid
    and ecx, 1 << 27
    CHECK ecx, 1 << 27, "CPUID tells of OSXSAVE"
    xor ecx, ecx
    xgetbv
    CHECK eax, 1, "XCR0 after reset: x87 alone"
    CHECK edx, 0, "XCR0 after reset: above"
    XCR0_FAULT "XCR0 of 0", 0, 0
    XCR0_FAULT "XCR0 without x87", 0, 2
    XCR0_FAULT "XCR0 of AVX without SSE", 0, 5
    XCR0_FAULT "XCR0 bit 63", 1 << 31, 3
    XCR0_FAULT "XCR0 bit 62", 1 << 30, 3
    mov ecx, 1
    xor edx, edx
    mov eax, 3
    EXPECT_FAULT_NAMED "xsetbv of register 1", GP_, 0, xsetbv
    mov ecx, 0x100
    EXPECT_FAULT_NAMED "xgetbv of register 100h", GP_, 0, xgetbv
    xor ecx, ecx
    USER_FAULT_NAMED "xsetbv in ring 3", GP_, 0, xsetbv
    USER_OK_NAMED "xgetbv in ring 3", xgetbv
    mov eax, 3
    EXPECT_OK_NAMED "XCR0 of x87 and SSE", xsetbv
    EXPECT_FAULT_NAMED "xsave, not aligned", GP_, 0, xsave [area + 32]
    EXPECT_FAULT_NAMED "xrstor, not aligned", GP_, 0, xrstor [area + 32]
    EXPECT_FAULT_NAMED "xsave of a register", UD_, 0, db 0x0f, 0xae, 0xe0
    ; the header and what the mask chooses
    mov edi, area
    mov ecx, 576/4
    mov eax, 0x5c5c5c5c
    rep stosd
    mov edi, area + 512
    mov ecx, 16
    xor eax, eax
    rep stosd
    fninit
    fldpi
    movaps xmm0, [ones]
    mov eax, 1
    xor edx, edx
    xsave [area]
    CHECK [area + 512], 1, "XSAVE of x87: XSTATE_BV"
    CHECK [area + 24], 0x5c5c5c5c, "XSAVE of x87: MXCSR is not written"
    CHECK [area + 160], 0x5c5c5c5c, "XSAVE of x87: XMM0 is not written"
    mov eax, 2
    xsave [area]
    CHECK [area + 512], 3, "XSAVE of SSE: XSTATE_BV has both"
    CHECK [area + 24], 0x1f80, "XSAVE of SSE: MXCSR"
    CHECK [area + 160], 0x3f800000, "XSAVE of SSE: XMM0"
    ; XRSTOR of what is not in XSTATE_BV initialises it
    mov dword [area + 512], 1
    mov eax, 3
    xrstor [area]
    movaps [area2], xmm0
    CHECK [area2], 0, "XRSTOR initialises SSE"
    mov dword [area + 512], 2
    xrstor [area]
    fnstenv [area2]
    CHECK16 [area2 + 8], 0xffff, "XRSTOR initialises x87"
    movaps [area2], xmm0
    CHECK [area2], 0x3f800000, "XRSTOR loads SSE"
    mov eax, 1
    xorps xmm0, xmm0
    xrstor [area]
    movaps [area2], xmm0
    CHECK [area2], 0, "XRSTOR leaves what is not asked for"
    ; headers it refuses
    mov eax, 3
    mov dword [area + 512], 3 | 4
    EXPECT_FAULT_NAMED "xrstor, a component not in XCR0", GP_, 0, xrstor [area]
    mov dword [area + 512], 3
    mov dword [area + 516], 1 << 30
    EXPECT_FAULT_NAMED "xrstor, a high component", GP_, 0, xrstor [area]
    mov dword [area + 516], 0
    mov dword [area + 528], 1
    EXPECT_FAULT_NAMED "xrstor, a reserved byte of the header", GP_, 0, xrstor [area]
    mov dword [area + 528], 0
    mov dword [area + 520], 1
    EXPECT_FAULT_NAMED "xrstor, XCOMP_BV of the standard form", GP_, 0, xrstor [area]
    mov dword [area + 520], 0
    or dword [area + 24], 0x10000
    EXPECT_FAULT_NAMED "xrstor, a reserved bit of MXCSR", GP_, 0, xrstor [area]
    mov eax, 1
    EXPECT_OK_NAMED "xrstor of x87 alone does not look at MXCSR", xrstor [area]
    mov dword [area + 24], 0x1f80
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    mov eax, 3
    EXPECT_FAULT_NAMED "xsave with TS", NM_, 0, xsave [area]
    xor ecx, ecx
    EXPECT_OK_NAMED "xgetbv with TS", xgetbv
    clts
    ; VEX needs OSXSAVE and XCR0
    EXPECT_FAULT_NAMED "vaddps without AVX in XCR0", UD_, 0, db 0xc5, 0xf8, 0x58, 0xc1
    SET_CR4 0, CR4_OSXSAVE
    ret

section .data
    align 16
ones:           dd 0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000
mxcsr_default:  dd 0x1f80
default_control: dw 0x037f
control:        dw 0
operand:        dd 0
combination:    dd 0
expected:       dd 0
features1:      dd 0, 0
features7:      dd 0
area            equ SCRATCH
area2           equ SCRATCH + 0x1000
section .text

END_PROGRAM
