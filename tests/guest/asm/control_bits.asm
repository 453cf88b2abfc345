; What control registers, debug registers, EFER and XCR0 refuse, bit by bit, in
; 64-bit code. What a bit needs is asked of CPUID, so every model may be tried.
;
; SDM 3A 2.2.1 (EFER), 2.5 (CR0 to CR4), 2.6 and 1 13.3 (XCR0), 4.1.1, 4.10.1 (PCID), 10.8.6
; (CR8); 3B 17.2 (DR6, DR7). APM 2 3.1.7 for AMD's EFER.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
%include "rows.inc"
PROGRAM "control_bits"
    ENTER_LONG
    call ask_features
    mov rax, cr0
    bts rax, 16                         ; WP
    mov cr0, rax
    mov [cr0_was], rax
    mov rax, cr4
    mov [cr4_was], rax
    call cr0_
    call cr3_
    call cr4_
    call cr4_together
    call cr8_
    call efer_
    call debug_
    call xcr0_
    jmp finish_64

; ---- CR0: rows are what changes ----

cr0_:
    TRY_ROWS cr0_rows, {xor rbx, [abs cr0_was]}, {mov cr0, rbx}, {call cr0_back}
    TRY_BITS "each bit of CR0 inverted", .rule, {xor rbx, [abs cr0_was]}, {mov cr0, rbx}, \
             {call cr0_back}
    mov rax, [cr0_was]
    or rax, 0x1ffaffc0 & ~(CR0_AM | CR0_WP)
    mov cr0, rax
    mov rbx, cr0
    CHECK rbx, [cr0_was], "reserved bits of CR0 do not stay"
    ret
.rule:
    mov eax, TAKEN
    cmp ecx, 32
    jae .refused
    cmp ecx, 0                          ; PG without PE
    je .refused
    cmp ecx, 31                         ; PG cleared by 64-bit code
    je .refused
    cmp ecx, 29                         ; NW without CD
    je .refused
    ret
.refused:
    mov eax, GP_
    ret
cr0_back:
    mov rax, [cr0_was]
    mov cr0, rax
    ret

    ROWS cr0_rows
    ROW 0, CR0_PG | CR0_PE, GP_, "CR0: PG and PE cleared"
    ROW 0, CR0_NW | CR0_CD, TAKEN, "CR0: NW and CD"
    ROW 0, CR0_CD, TAKEN, "CR0: CD without NW"
    ROW 0, CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM, TAKEN, "CR0: MP EM TS NE WP AM"
    ROWS_END

; ---- CR3 ----

cr3_:
    TRY_BITS "each bit of CR3, without PCIDE", .rule, {or rbx, PML4}, {mov cr3, rbx}, \
             {call cr3_back}
    ret
.rule:                                  ; what leads to another root is not tried
    mov eax, TAKEN
    cmp ecx, 12
    jb .done
    mov eax, UNTRIED
    cmp ecx, [physical_bits]
    jb .done
    mov eax, GP_
.done:
    ret
cr3_back:
    mov eax, PML4
    mov cr3, rax
    ret

; ---- CR4 ----

; What each bit needs: FEATURE_..., or one of these.
C4_ALWAYS       equ 0xfc
C4_NEVER        equ 0xfd
C4_UNTRIED      equ 0xfe                ; SMEP, SMAP: this code is in pages of ring 3
C4_CET          equ 0xff
[section .data]
cr4_needs:
    db FEATURE_1D + 1, FEATURE_1D + 1, FEATURE_1D + 4, FEATURE_1D + 2   ; VME PVI TSD DE
    db FEATURE_1D + 3, FEATURE_1D + 6, FEATURE_1D + 7, FEATURE_1D + 13  ; PSE PAE MCE PGE
    db C4_ALWAYS, FEATURE_1D + 24, FEATURE_1D + 25, FEATURE_7C + 2  ; PCE OSFXSR OSXMMEXCPT UMIP
    db C4_NEVER, FEATURE_1C + 5, FEATURE_1C + 6, C4_NEVER   ; LA57 (long mode), VMXE, SMXE
    db FEATURE_7B + 0, FEATURE_1C + 17, FEATURE_1C + 26, C4_NEVER   ; FSGSBASE PCIDE OSXSAVE KL
    db C4_UNTRIED, C4_UNTRIED, FEATURE_7C + 3, C4_CET       ; SMEP SMAP PKE CET
    db FEATURE_7C + 31, FEATURE_7D + 5, C4_NEVER, C4_NEVER  ; PKS UINTR
    db C4_NEVER, C4_NEVER, C4_NEVER, C4_NEVER
section .text

cr4_:
    TRY_BITS "each bit of CR4 set", .rule, {or rbx, [abs cr4_was]}, {mov cr4, rbx}, \
             {call cr4_back}
    ret
.rule:
    cmp ecx, 32
    jae .refused
    movzx edx, byte [cr4_needs + rcx]
    mov eax, UNTRIED
    cmp dl, C4_UNTRIED
    je .done
    cmp dl, C4_ALWAYS
    je .taken
    cmp dl, C4_NEVER
    je .refused
    cmp dl, C4_CET
    jne .feature
    HAS FEATURE_7C + 7
    jc .taken
    mov edx, FEATURE_7D + 20
.feature:
    mov eax, edx
    shr eax, 5
    mov eax, [features + rax*4]
    and edx, 31
    bt eax, edx
    jnc .refused
.taken:
    mov eax, TAKEN
    ret
.refused:
    mov eax, GP_
.done:
    ret
cr4_back:
    mov rax, [cr4_was]
    mov cr4, rax
    ret

; What depends upon other registers.
cr4_together:
    mov rax, [cr4_was]
    btc rax, 5
    EXPECT_FAULT_NAMED "CR4: PAE cleared in long mode", GP_, 0, mov cr4, rax
    HAS FEATURE_1C + 17
    jnc .no_pcid
    mov eax, PML4 | 8
    mov cr3, rax
    mov rax, [cr4_was]
    or rax, CR4_PCIDE
    EXPECT_FAULT_NAMED "CR4: PCIDE, and CR3 names a PCID", GP_, 0, mov cr4, rax
    call cr3_back
    mov rax, [cr4_was]
    or rax, CR4_PCIDE
    mov cr4, rax
    TRY_BITS "each bit of CR3, with PCIDE", .rule, {or rbx, PML4}, {mov cr3, rbx}, \
             {call cr3_back}
    ; compatibility mode may clear PG, but for PCIDE
    AWAIT .clear, .cleared
    mov dword [far_pointer], .compat
    mov word [far_pointer + 4], KCODE
    JMP_FAR far_pointer
bits 32
.compat:
    mov eax, cr0
    and eax, ~CR0_PG
.clear:
    mov cr0, eax
    or eax, CR0_PG                      ; it was: back to long mode
    mov cr0, eax
    jmp KCODE64:.cleared
bits 64
.cleared:
    REWIND
    JUDGE "CR0: PG cleared with PCIDE, in compatibility mode", GP_, 0, 0
    call cr4_back
.no_pcid:
    HAS FEATURE_7C + 7
    jnc .no_cet
    call .cet
.no_cet:
    ret
.rule:
    call cr3_.rule
    cmp ecx, 63                         ; it only says that nothing need be forgotten
    jne .as_before
    mov eax, TAKEN
.as_before:
    ret
.cet:
    mov rax, [cr4_was]
    bts rax, 23
    mov cr4, rax
    mov rbx, [cr0_was]
    btr rbx, 16
    EXPECT_FAULT_NAMED "CR0: WP cleared with CET", GP_, 0, mov cr0, rbx
    call cr4_back
    mov cr0, rbx
    mov rax, [cr4_was]
    bts rax, 23
    EXPECT_FAULT_NAMED "CR4: CET without WP", GP_, 0, mov cr4, rax
    jmp cr0_back

; ---- CR8: four bits ----

cr8_:
    TRY_BITS "each bit of CR8", .rule, {}, {mov cr8, rbx}, {}
    xor eax, eax
    mov cr8, rax
    ret
.rule:
    mov eax, TAKEN
    cmp ecx, 4
    jb .done
    mov eax, GP_
.done:
    ret

; ---- EFER ----

efer_:
    mov ecx, MSR_EFER
    rdmsr
    mov [efer_was], eax
    TRY_BITS "each bit of EFER inverted", .rule, \
             {xor eax, [abs efer_was]}, {call .write}, {}
    ret
.write:
    mov ecx, MSR_EFER
    wrmsr
    mov eax, [abs efer_was]
    xor edx, edx
    wrmsr
    ret
.rule:
    cmp ecx, 0
    je .syscall
    cmp ecx, 11
    je .nx
    cmp ecx, 10
    jne .refused
    cmp byte [is_amd], 0                ; LMA is read-only: Intel's ignore, AMD's refuse
    jne .refused
.taken:
    mov eax, TAKEN
    ret
.syscall:
    HAS FEATURE_EXT_D + 11
    jc .taken
    jmp .refused
.nx:
    HAS FEATURE_EXT_D + 20
    jc .taken
.refused:                               ; LME, too, while there is paging
    mov eax, GP_
    ret

; ---- Debug registers ----

debug_:
    TRY_BITS "each bit of DR6", .lower, {}, {mov dr6, rbx}, {}
    TRY_BITS "each bit of DR7", .lower, {}, {mov dr7, rbx}, {}
    TRY_BITS "each bit of DR0", .any, {}, {mov dr0, rbx}, {}
    xor eax, eax
    mov dr0, rax
    mov dr6, rax
    mov rbx, dr6
    CHECK rbx, 0xffff0ff0, "DR6 of zeros"
    mov eax, -1
    mov dr6, rax
    mov rbx, dr6
    CHECK rbx, 0xffffefff, "DR6 of ones"
    mov eax, ~(1 << 13)                 ; but GD
    mov dr7, rax
    mov rbx, dr7
    xor eax, eax
    mov dr7, rax
    mov rcx, dr7
    CHECK rbx, 0xffff07ff, "DR7 of ones but GD"
    CHECK rcx, 0x400, "DR7 of zeros"
    mov rax, [cr4_was]
    or rax, CR4_DE
    mov cr4, rax
    EXPECT_FAULT_NAMED "DR4 with DE", UD_, 0, mov rax, dr4
    EXPECT_FAULT_NAMED "DR5 with DE", UD_, 0, mov dr5, rax
    mov eax, 1 << 13
    mov dr7, rax
    EXPECT_FAULT_NAMED "DR5 with DE and GD", UD_, 0, mov dr5, rax
    EXPECT_FAULT_NAMED "DR0 with GD", DB_, 0, mov rax, dr0
    xor eax, eax
    mov dr7, rax                        ; #DB has cleared GD
    call cr4_back
    EXPECT_OK_NAMED "DR4 without DE", mov dr4, rax
    ret
.any:
    mov eax, TAKEN
    ret
.lower:
    mov eax, UNTRIED
    cmp ecx, 13                         ; GD
    je .done
    mov eax, TAKEN
    cmp ecx, 32
    jb .done
    mov eax, GP_
.done:
    ret

; ---- XCR0: all values of ten bits, then each bit above ----

xcr0_:
    HAS FEATURE_1C + 26
    jc .there
    ret
.there:
    mov rax, [cr4_was]
    or rax, CR4_OSXSAVE
    mov cr4, rax
    mov eax, 13
    xor ecx, ecx
    cpuid
    mov [xcr0_has], eax
    RECORD 0, "XCR0: which combinations are taken"
    mov r14d, 0x3ff
.value:
    call .fits
    mov [wanted], eax
    xor ecx, ecx
    mov eax, r14d
    xor edx, edx
    AWAIT .insn, .after
.insn:
    xsetbv
.after:
    REWIND
    mov dword [resume.eip], 0
    movzx eax, byte [fault.vector]
    mov [seen], eax
    mov [seen + 4], r14d
    mov [wanted + 4], r14d
    call check_64
    dec r14d
    jns .value
    TRY_BITS "XCR0: each bit, with x87 and SSE", .rule, {call .with}, {xsetbv}, {}
    xor ecx, ecx
    xor edx, edx
    mov eax, 1
    xsetbv
    call cr4_back
    ret
.with:
    or eax, 3
    xor ecx, ecx
    ret
.rule:
    mov eax, UNTRIED                    ; those below were had
    cmp ecx, 10
    jb .told
    mov eax, GP_
    cmp ecx, 32
    jae .told
    bt [xcr0_has], ecx
    jnc .told
    mov eax, UNTRIED
.told:
    ret
; SDM 1 13.3: x87 always; AVX with SSE; both of MPX; all three of AVX-512, with AVX.
.fits:
    mov eax, GP_
    mov edx, [xcr0_has]
    not edx
    test edx, r14d
    jnz .no
    test r14d, 1
    jz .no
    mov edx, r14d
    and edx, 6
    cmp edx, 4
    je .no
    mov edx, r14d
    and edx, 0x18
    jz .no_mpx
    cmp edx, 0x18
    jne .no
.no_mpx:
    mov edx, r14d
    and edx, 0xe0
    jz .yes
    mov edx, r14d
    and edx, 0xe6
    cmp edx, 0xe6
    jne .no
.yes:
    mov eax, 0xff
.no:
    ret

section .data
    align 8
cr0_was:        dq 0
cr4_was:        dq 0
efer_was:       dd 0
xcr0_has:       dd 0
far_pointer:    dd 0
                dw 0
section .text

END_PROGRAM
