; Questions about selectors: LAR, LSL, VERR, VERW, ARPL, and the registers of
; tables: LLDT, LTR, SLDT, STR, SGDT.
;
; SDM 3A 5.10; 2A ARPL, LAR, LGDT, LLDT, LSL, LTR; 2B SLDT, STR, VERR.

%include "board.inc"
%include "protected.inc"
PROGRAM "selectors"
    ENTER_PROTECTED
    call queries
    call arpl_
    call tables
    xor eax, eax                        ; (stricter than some emulators)
    EXPECT_FAULT_NAMED "ltr of null", GP_, 0, ltr ax
    jmp finish_32

%include "sweep.inc"

; LAR, LSL, VERR, VERW. The low half of the outcome is ZF.
%macro QUERY 2+
    %1:
    mov eax, [sweep.selector]
    mov ecx, 0x5a5a5a5a
    %2
    jmp asked
%endmacro
QUERY ask_lar, lar ecx, eax
QUERY ask_lsl, lsl ecx, eax
QUERY ask_verr, verr ax
QUERY ask_verw, verw ax
asked:
    setz al
    movzx eax, al
    mov [queried], ecx
    ret
ask_user_lar:
    mov eax, [sweep.selector]
    USER_RUN lar ecx, eax
    jmp asked_user
ask_user_lsl:
    mov eax, [sweep.selector]
    USER_RUN lsl ecx, eax
    jmp asked_user
ask_user_verr:
    mov eax, [sweep.selector]
    USER_RUN verr ax
    jmp asked_user
ask_user_verw:
    mov eax, [sweep.selector]
    USER_RUN verw ax
asked_user:
    mov eax, [fault.eflags]
    shr eax, 6
    and eax, 1
    mov [queried], ecx
    ret

; The privilege part all share.
%macro VISIBLE 0
    mov al, bl
    and al, 0x1c
    cmp al, 0x1c                        ; conforming code
    je %%seen
    cmp bh, cl
    jb answer_no
    cmp bh, ch
    jb answer_no
%%seen:
%endmacro
rule_lar:                               ; SDM 2A LAR, table 3-51
    VISIBLE
    test bl, 0x10
    jnz answer_yes
    movzx eax, bl
    and al, 0x0f
    bt dword [lar_types], eax
    jc answer_yes
answer_no:
    xor eax, eax
    ret
answer_yes:
    mov eax, 1
    ret
rule_lsl:                               ; SDM 2A LSL, table 3-55
    VISIBLE
    test bl, 0x10
    jnz answer_yes
    movzx eax, bl
    and al, 0x0f
    bt dword [lsl_types], eax
    jc answer_yes
    jmp answer_no
rule_verr:
    test bl, 0x10
    jz answer_no
    mov al, bl
    and al, 0x0a
    cmp al, 0x08
    je answer_no
    VISIBLE
    jmp answer_yes
rule_verw:
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    jne answer_no
    VISIBLE
    jmp answer_yes

queries:
    SWEEP ask_lar, rule_lar, 0, "lar: ZF"
    SWEEP ask_lsl, rule_lsl, 0, "lsl: ZF"
    SWEEP ask_verr, rule_verr, 0, "verr: ZF"
    SWEEP ask_verw, rule_verw, 0, "verw: ZF"
    SWEEP ask_user_lar, rule_lar, 3, "lar in ring 3: ZF"
    SWEEP ask_user_lsl, rule_lsl, 3, "lsl in ring 3: ZF"
    SWEEP ask_user_verr, rule_verr, 3, "verr in ring 3: ZF"
    SWEEP ask_user_verw, rule_verw, 3, "verw in ring 3: ZF"
    DESCRIBE SPARE, 0x12345678, 0x9abcd, PRESENT | DPL3 | DATA_RW, FLAG_D
    mov eax, 0xffff0000 | SPARE | 3
    mov ecx, -1
    lar ecx, eax
    mov edx, ecx
    and edx, 0xfff0ff00
    CHECK edx, 0x0040f200, "LAR r32"
    mov ecx, -1
    lar cx, ax
    CHECK ecx, 0xfffff200, "LAR r16"
    lsl ecx, eax
    CHECK ecx, 0x9abcd, "LSL of a byte-granular limit"
    mov ecx, -1
    lsl cx, ax
    CHECK ecx, 0xffffabcd, "LSL r16"
    mov byte [gdt + SPARE + 6], 0x89
    lsl ecx, eax
    CHECK ecx, 0x9abcdfff, "LSL of a page-granular limit"
    mov ecx, 0x77777777
    mov eax, 0xfff8
    lar ecx, eax
    CHECK_FLAGS ZF, 0, "LAR beyond the table"
    CHECK ecx, 0x77777777, "LAR that fails leaves its register"
    xor eax, eax
    lsl ecx, eax
    CHECK_FLAGS ZF, 0, "LSL of null"
    verr ax
    CHECK_FLAGS ZF, 0, "VERR of null"
    verw ax
    CHECK_FLAGS ZF, 0, "VERW of null"
    lar ecx, eax
    CHECK_FLAGS ZF, 0, "LAR of null"
    mov eax, 0x0c
    verr ax
    CHECK_FLAGS ZF, 0, "VERR in an LDT that is not there"
    ret

; SDM 2A ARPL.
arpl_:
    mov eax, 0x11110008
    mov ecx, 0x22220013
    arpl ax, cx
    CHECK_FLAGS ZF, ZF, "ARPL that adjusts sets ZF"
    CHECK eax, 0x1111000b, "ARPL adjusts RPL"
    mov ecx, 1
    arpl ax, cx
    CHECK_FLAGS ZF, 0, "ARPL that need not clears ZF"
    CHECK eax, 0x1111000b, "and leaves the selector"
    mov word [keep], 0x40
    mov ecx, 2
    arpl [keep], cx
    CHECK16 [keep], 0x42, "ARPL of memory"
    ret

; LLDT, LTR, SLDT, STR, the LDT.
tables:
    sldt eax
    CHECK16 ax, 0, "LDTR is null"
    str ecx
    CHECK ecx, MAIN_TSS, "STR r32 extends with zero"
    CHECK8 [gdt + MAIN_TSS + 5], PRESENT | SYS_TSS_BUSY, "LTR marks the TSS busy"
    mov eax, MAIN_TSS
    EXPECT_FAULT_NAMED "ltr of a busy TSS", GP_, MAIN_TSS, ltr ax
    xor eax, eax
    EXPECT_OK_NAMED "lldt of null", lldt ax
    mov eax, GDT_LIMIT + 1
    EXPECT_FAULT_NAMED "ltr beyond the table", GP_, GDT_LIMIT + 1, ltr ax
    EXPECT_FAULT_NAMED "lldt beyond the table", GP_, GDT_LIMIT + 1, lldt ax
    mov eax, MAIN_TSS | 4
    EXPECT_FAULT_NAMED "ltr with TI=1", GP_, MAIN_TSS | 4, ltr ax
    EXPECT_FAULT_NAMED "lldt with TI=1", GP_, MAIN_TSS | 4, lldt ax
    mov eax, KDATA
    EXPECT_FAULT_NAMED "ltr of data", GP_, KDATA, ltr ax
    EXPECT_FAULT_NAMED "lldt of data", GP_, KDATA, lldt ax
    DESCRIBE SPARE, tss, 0x67, SYS_TSS, 0
    mov eax, SPARE
    EXPECT_FAULT_NAMED "ltr of an absent TSS", NP_, SPARE, ltr ax
    CHECK8 [gdt + SPARE + 5], SYS_TSS, "and it is not marked"
    DESCRIBE SPARE, ldt, 0x17, SYS_LDT, 0
    EXPECT_FAULT_NAMED "lldt of an absent LDT", NP_, SPARE, lldt ax
    EXPECT_FAULT_NAMED "ltr of an LDT", GP_, SPARE, ltr ax
    mov byte [gdt + SPARE + 5], PRESENT | SYS_LDT
    EXPECT_OK lldt ax
    sldt ecx
    CHECK ecx, SPARE, "SLDT"
    mov eax, 0x0c
    EXPECT_OK_NAMED "a data segment in the LDT", mov fs, ax
    CHECK8 [ldt + 8 + 5], PRESENT | DATA_RW | ACCESSED, "accessed in the LDT"
    mov eax, 4
    EXPECT_OK_NAMED "entry 0 of an LDT is an entry", mov fs, ax
    mov eax, 0x1c
    EXPECT_FAULT_NAMED "beyond the LDT", GP_, 0x1c, mov fs, ax
    mov eax, 0x14
    EXPECT_FAULT_NAMED "an absent segment in the LDT", NP_, 0x14, mov fs, ax
    xor eax, eax
    mov fs, ax
    lldt ax
    USER_FAULT_NAMED "lldt in ring 3", GP_, 0, lldt ax
    USER_FAULT_NAMED "ltr in ring 3", GP_, 0, ltr ax
    USER_FAULT_NAMED "lgdt in ring 3", GP_, 0, lgdt [gdtr]
    USER_FAULT_NAMED "lidt in ring 3", GP_, 0, lidt [idtr]
    USER_OK_NAMED "sldt in ring 3", sldt eax
    USER_OK_NAMED "str in ring 3", str eax
    USER_OK_NAMED "sgdt in ring 3", sgdt [keep]
    CHECK16 [keep], GDT_LIMIT, "SGDT: limit"
    CHECK [keep + 2], gdt, "SGDT: base"
    ret
section .data
    align 8
ldt:
    SEGMENT_DESCRIPTOR PRESENT | DATA_RW, FLAT, 0xfffff
    SEGMENT_DESCRIPTOR PRESENT | DATA_RW, FLAT, 0xfffff
    SEGMENT_DESCRIPTOR DATA_RW, FLAT, 0xfffff
section .text

section .data
    align 8
keep:           dd 0, 0
queried:        dd 0
lar_types:      dd 0x1a3e               ; 1-5, 9, B, C
lsl_types:      dd 0x0a0e               ; 1-3, 9, B
section .text

END_PROGRAM
