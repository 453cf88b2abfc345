; Segment registers in protected mode: what may be loaded, by every access byte,
; RPL and ring; null selectors, table limits, the accessed bit.
;
; SDM 3A 3.4, 5.2-5.7; 2A LDS; 2B MOV, POP.

%include "board.inc"
%include "protected.inc"
PROGRAM "segments"
    ENTER_PROTECTED
    call loads
    call load_details
    jmp finish_32

%include "sweep.inc"

; SDM 2B MOV: DS, ES, FS, GS.
rule_data:
    test bl, 0x10
    OUT_OF z, GP_, edx
    mov al, bl
    and al, 0x0a                        ; code and not readable
    cmp al, 0x08
    OUT_OF e, GP_, edx
    mov al, bl
    and al, 0x0c
    cmp al, 0x0c                        ; conforming code: any privilege
    je .present
    cmp bh, cl
    OUT_OF b, GP_, edx
    cmp bh, ch
    OUT_OF b, GP_, edx
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
    ret

; SDM 2B MOV: SS.
rule_stack:
    cmp cl, ch
    OUT_OF ne, GP_, edx
    mov al, bl
    and al, 0x1a                        ; writable data
    cmp al, 0x12
    OUT_OF ne, GP_, edx
    cmp bh, ch
    OUT_OF ne, GP_, edx
    test bl, PRESENT
    OUT_OF z, SS_, edx
    mov eax, NOTHING
    ret

try_ds:                                 ; leaves a usable DS behind
    AWAIT .insn, .after
    mov eax, [sweep.selector]
.insn:
    mov ds, ax
.after:
    mov eax, UDATA
    mov ds, ax
    jmp outcome
ATTEMPT try_fs, mov fs, ax
try_es_pop:
    AWAIT .insn, .after
    push dword [sweep.selector]
.insn:
    pop es
.after:
    REWIND
    jmp outcome
try_gs_lgs:
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    AWAIT .insn, .after
.insn:
    lgs ecx, [far_pointer]
.after:
    jmp outcome
try_ss:
    AWAIT .insn, .after
    mov eax, [sweep.selector]
.insn:
    mov ss, ax
.after:
    mov eax, KDATA
    mov ss, ax
    jmp outcome
try_ss_lss:
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    mov [far_pointer], esp
    AWAIT .insn, .after
.insn:
    lss esp, [far_pointer]
.after:
    mov eax, KDATA
    mov ss, ax
    jmp outcome
USER_ATTEMPT try_user_ds, mov ds, ax
USER_ATTEMPT try_user_ss, mov ss, ax

reload_data:                            ; DS and ES as the rest expects them
    mov eax, UDATA
    mov ds, ax
    mov es, ax
    ret

loads:
    SWEEP try_ds, rule_data, 0, "mov ds, ax by every access byte"
    SWEEP try_fs, rule_data, 0, "mov fs, ax by every access byte"
    SWEEP try_es_pop, rule_data, 0, "pop es by every access byte"
    SWEEP try_gs_lgs, rule_data, 0, "lgs by every access byte"
    SWEEP try_ss, rule_stack, 0, "mov ss, ax by every access byte"
    SWEEP try_ss_lss, rule_stack, 0, "lss by every access byte"
    SWEEP try_user_ds, rule_data, 3, "mov ds, ax in ring 3"
    SWEEP try_user_ss, rule_stack, 3, "mov ss, ax in ring 3"
    jmp reload_data

; Null selectors, tables' limits, registers that stay, the accessed bit.
load_details:
    xor eax, eax
    EXPECT_OK mov es, ax
    mov al, 3
    EXPECT_OK mov fs, ax
    mov ecx, fs
    CHECK ecx, 3, "a null selector keeps its RPL"
    EXPECT_FAULT GP_, 0, mov al, [es:0]
    EXPECT_FAULT GP_, 0, mov [fs:0], al
    EXPECT_FAULT GP_, 0, mov ss, ax
    xor eax, eax
    EXPECT_FAULT GP_, 0, mov ss, ax
    mov eax, GDT_LIMIT + 1
    EXPECT_FAULT GP_, GDT_LIMIT + 1, mov ds, ax
    mov eax, 0xffff
    EXPECT_FAULT GP_, 0xfffc, mov es, ax
    mov eax, 0x0c                       ; in an LDT that is not there
    EXPECT_FAULT GP_, 0x0c, mov es, ax
    mov eax, 4
    EXPECT_FAULT GP_, 4, mov fs, ax     ; not null: its TI is set
    mov eax, GDT_LIMIT + 1
    EXPECT_FAULT GP_, GDT_LIMIT + 1, mov ss, ax
    EXPECT_FAULT_NAMED "mov cs, ax", UD_, 0, db 0x8e, 0xc8
    ; a descriptor only partly within the limit is outside
    mov word [gdtr], SPARE + 6
    lgdt [gdtr]
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | DATA_RW, FLAT
    mov eax, SPARE
    EXPECT_FAULT GP_, SPARE, mov es, ax
    mov word [gdtr], SPARE + 7
    lgdt [gdtr]
    EXPECT_OK mov es, ax
    mov word [gdtr], GDT_LIMIT
    lgdt [gdtr]
    ; a refused load leaves selector, hidden part, stack and register alone
    mov eax, UDATA
    mov es, ax
    mov eax, 0xfff8
    EXPECT_FAULT GP_, 0xfff8, mov fs, ax
    push dword UDATA
    pop fs
    push dword 0xfff8
    mov [keep], esp
    EXPECT_FAULT GP_, 0xfff8, pop fs
    CHECK [fault.esp], [keep], "ESP after a faulting POP FS"
    pop eax
    mov ecx, fs
    CHECK ecx, UDATA, "FS after a faulting POP FS"
    mov dword [far_pointer], 0x11111111
    mov word [far_pointer + 4], 0xfff8
    mov ecx, 0x22222222
    EXPECT_FAULT GP_, 0xfff8, lfs ecx, [far_pointer]
    CHECK ecx, 0x22222222, "ECX after a faulting LFS"
    EXPECT_OK mov al, [fs:0]
    ; the accessed bit (SDM 3A 3.4.5.1)
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | DATA_RW, FLAT
    mov eax, SPARE
    lar ecx, eax
    verr ax
    verw ax
    lsl ecx, eax
    CHECK8 [gdt + SPARE + 5], PRESENT | DATA_RW, "LAR, VERR, VERW, LSL do not access"
    mov fs, ax
    CHECK8 [gdt + SPARE + 5], PRESENT | DATA_RW | ACCESSED, "MOV FS sets the accessed bit"
    mov byte [gdt + SPARE + 5], DATA_RW
    EXPECT_FAULT NP_, SPARE, mov fs, ax
    CHECK8 [gdt + SPARE + 5], DATA_RW, "#NP does not"
    ; the selector's upper half of a 32-bit POP is ignored
    mov byte [gdt + SPARE + 5], PRESENT | DATA_RW
    push dword 0xabcd0000 | SPARE
    EXPECT_OK_NAMED "pop fs with a dirty upper half", pop fs
    push fs
    pop ecx
    movzx ecx, cx
    CHECK ecx, SPARE, "PUSH FS"
    mov ecx, -1
    mov ecx, ds
    CHECK ecx, UDATA, "MOV r32, DS extends with zero"
    ; a descriptor changed behind a loaded register changes nothing
    mov byte [gdt + SPARE + 5], 0
    EXPECT_OK_NAMED "the hidden part stays", mov al, [fs:0]
    xor eax, eax
    mov fs, ax
    ; the RPL of a code selector as data
    mov eax, UCODE
    EXPECT_OK mov gs, ax
    mov eax, KCODE | 3
    EXPECT_FAULT GP_, KCODE, mov gs, ax
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_CONF, FLAT
    mov eax, SPARE | 3
    EXPECT_OK_NAMED "conforming code as data with RPL 3", mov gs, ax
    xor eax, eax
    mov gs, ax
    ret

section .data
    align 8
far_pointer:    dd 0, 0
keep:           dd 0
section .text

END_PROGRAM
