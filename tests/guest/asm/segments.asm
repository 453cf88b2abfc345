; Segment registers and descriptors in protected mode: what may be loaded,
; what LAR, LSL, VERR, VERW and ARPL say, limits, far JMP, CALL, RET.
;
; SDM 3A 3.4, 5.2-5.8; 2A/2B MOV, POP, LDS, LAR, LSL, VERR, ARPL, JMP, CALL,
; RET, IRET, LLDT, LTR. Limits are stricter than some emulators throughout.

%include "board.inc"
%include "protected.inc"
PROGRAM "segments"
    ENTER_PROTECTED
    call loads
    call load_details
    call queries
    call arpl_
    call stack_size
    call tables
    call far_sweeps
    call far_details
    call nulling
    call use
    call limits
    call expand_down
    xor eax, eax                        ; (stricter than some emulators)
    EXPECT_FAULT_NAMED "ltr of null", GP_, 0, ltr ax
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

; What the loaded type allows (SDM 3A 5.5).
use:
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | DATA_RO, FLAT
    mov eax, SPARE
    mov fs, ax
    EXPECT_OK mov al, [fs:keep]
    EXPECT_FAULT GP_, 0, mov [fs:keep], al
    EXPECT_FAULT GP_, 0, or byte [fs:keep], 0
    EXPECT_FAULT GP_, 0, xchg [fs:keep], eax
    EXPECT_FAULT GP_, 0, fnstcw [fs:keep]
    EXPECT_FAULT GP_, 0, sidt [fs:keep]
    EXPECT_FAULT GP_, 0, pop dword [fs:keep]
    EXPECT_OK test byte [fs:keep], 1
    EXPECT_OK cmp [fs:keep], al
    EXPECT_FAULT GP_, 0, cmpxchg [fs:keep], eax
    EXPECT_FAULT_NAMED "write to CS", GP_, 0, mov [cs:keep], al
    EXPECT_OK_NAMED "read from readable CS", mov al, [cs:keep]
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_RX, FLAT
    mov eax, SPARE
    mov fs, ax
    EXPECT_OK mov al, [fs:keep]
    EXPECT_FAULT GP_, 0, mov [fs:keep], al
    mov eax, SPARE
    mov es, ax
    mov edi, keep
    EXPECT_FAULT GP_, 0, stosb
    EXPECT_OK_NAMED "scasb reads ES", es scasb
    mov ecx, 0
    mov eax, SPARE
    mov es, ax
    EXPECT_OK_NAMED "rep stosb of nothing is not checked", rep stosb
    call reload_data
    ; execute-only code cannot be read, even by itself
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_XO, FLAT
    AWAIT .read, .after_read
    jmp SPARE:.read
.read:
    mov al, [cs:keep]
.after_read:
    JUDGE "execute-only CS cannot be read", GP_, 0, 0
    jmp KCODE:.back
.back:
    xor eax, eax
    mov fs, ax
    USER_FAULT_NAMED "ring 3 writes CS", GP_, 0, mov [cs:keep], al
    USER_FAULT_NAMED "ring 3 with null GS", GP_, 0, mov al, [gs:keep]
    ret

; An instruction run in the code segment SPARE, expected to be #GP(0).
%macro BY_SPARE 2+.nolist
    AWAIT %%insn, %%after
    jmp SPARE:%%insn
%%insn: %2
%%after:
    REWIND
    JUDGE %1, GP_, 0, 0
%endmacro

; Limits, byte and page granular (SDM 3A 5.3).
limits:
    DESCRIBE SPARE, SCRATCH, 0xfff, PRESENT | DATA_RW, FLAG_D
    mov eax, SPARE
    mov fs, ax
    EXPECT_OK mov al, [fs:0xfff]
    EXPECT_FAULT GP_, 0, mov al, [fs:0x1000]
    EXPECT_FAULT GP_, 0, mov ax, [fs:0xfff]
    EXPECT_FAULT GP_, 0, mov [fs:0xffd], eax
    EXPECT_OK mov [fs:0xffc], eax
    EXPECT_FAULT GP_, 0, mov al, [fs:0xffffffff]
    EXPECT_FAULT GP_, 0, mov eax, [fs:0xfffffffe]
    EXPECT_FAULT GP_, 0, fld tword [fs:0xff7]
    EXPECT_OK fld tword [fs:0xff6]
    fstp st0
    mov edx, CR4_OSFXSR
    mov cr4, edx
    EXPECT_FAULT GP_, 0, movups xmm0, [fs:0xff1]
    EXPECT_FAULT GP_, 0, cmpxchg8b [fs:0xff9]
    EXPECT_OK_NAMED "bt with an immediate stays", bt dword [fs:0xffc], 32
    mov ecx, 32
    EXPECT_FAULT_NAMED "bt with a register reaches further", GP_, 0, bt dword [fs:0xffc], ecx
    mov ecx, -1
    EXPECT_OK_NAMED "bt backwards", bt dword [fs:0x1000], ecx
    ; the limit is of the offset, not of the linear address
    DESCRIBE SPARE, 0xfffff000, 0x1fff, PRESENT | DATA_RW, FLAG_D
    mov eax, SPARE
    mov fs, ax
    mov dword [keep2], 0
    mov esi, keep2
    add esi, 0x1000
    mov dword [SCRATCH], 0x13572468
    DESCRIBE SPARE, 0xfffff000, 0x2ffff, PRESENT | DATA_RW, FLAG_D
    mov fs, ax
    CHECK [fs:SCRATCH + 0x1000], 0x13572468, "base + offset wraps at 4 GiB"
    DESCRIBE SPARE, SCRATCH, 1, PRESENT | DATA_RW, FLAG_G | FLAG_D
    mov fs, ax
    EXPECT_OK mov eax, [fs:0x1ffc]
    EXPECT_FAULT GP_, 0, mov eax, [fs:0x1ffd]
    DESCRIBE SPARE, SCRATCH, 0, PRESENT | DATA_RW, FLAG_D
    mov eax, SPARE
    mov fs, ax
    EXPECT_OK_NAMED "limit 0 is one byte", mov al, [fs:0]
    EXPECT_FAULT_NAMED "and no more", GP_, 0, mov ax, [fs:0]
    ; SS: #SS, with and without a stack instruction
    DESCRIBE SPARE | 3, 0, STACK3 - 1, PRESENT | DPL3 | DATA_RW, FLAG_D
    mov edx, SPARE | 3
    mov ecx, STACK3
    USER_OK_NAMED "SS with a limit", mov ss, dx
    mov ebp, STACK3
    USER_AFTER "read past the limit of SS", SS_, 0, {mov ss, dx}, {mov eax, [ss:ecx]}
    USER_AFTER "[ebp] past the limit", SS_, 0, {mov ss, dx}, {mov eax, [ebp]}
    USER_AFTER "pop past the limit", SS_, 0, {mov ss, dx}, {pop eax}
    USER_AFTER "ret past the limit", SS_, 0, {mov ss, dx}, {ret}
    mov esi, STACK3 + 4
    USER_AFTER "push past the limit", SS_, 0, {mov ss, dx}, {xchg esp, esi}, {push eax}
    CHECK [fault.esp], STACK3 + 4, "ESP after a faulting PUSH"
    mov esi, STACK3 + 4
    USER_AFTER "call past the limit", SS_, 0, {mov ss, dx}, {xchg esp, esi}, {call $ + 5}
    mov esi, STACK3 + 16
    USER_AFTER "pusha past the limit", SS_, 0, {mov ss, dx}, {xchg esp, esi}, {pushad}
    CHECK [fault.esp], STACK3 + 16, "ESP after a faulting PUSHA"
    mov esi, STACK3 + 4
    USER_AFTER "enter past the limit", SS_, 0, {mov ss, dx}, {xchg esp, esi}, {enter 16, 0}
    ; CS: a jump beyond the limit is #GP at the jump
    mov byte [SCRATCH], 0xcc            ; for who jumps on
    DESCRIBE SPARE, 0, 0x1ffff, PRESENT | CODE_RX, FLAG_D
    mov eax, 0x20000
    push eax
    mov [keep], esp
    BY_SPARE "jmp beyond the limit of CS", jmp 0x20000
    BY_SPARE "jmp eax beyond the limit of CS", jmp eax
    BY_SPARE "call beyond the limit of CS", call 0x20000
    CHECK [fault.esp], [keep], "ESP after a faulting CALL"
    BY_SPARE "call eax beyond the limit of CS", call eax
    BY_SPARE "ret beyond the limit of CS", ret
    CHECK [fault.esp], [keep], "ESP after a faulting RET"
    mov [esp], eax
    BY_SPARE "ret 4 beyond the limit of CS", ret 4
    pop eax
    ret

; Expand-down: valid are the offsets above the limit (SDM 3A 5.3).
expand_down:
    DESCRIBE SPARE, SCRATCH, 0x0fff, PRESENT | DATA_DOWN, FLAG_D
    mov eax, SPARE
    mov fs, ax
    EXPECT_FAULT GP_, 0, mov al, [fs:0xfff]
    EXPECT_OK mov al, [fs:0x1000]
    EXPECT_FAULT GP_, 0, mov ax, [fs:0xfff]
    EXPECT_FAULT GP_, 0, mov al, [fs:0]
    EXPECT_OK mov eax, [fs:0x10000]
    EXPECT_OK mov al, [fs:0xffffffff]
    EXPECT_FAULT_NAMED "across 4 GiB", GP_, 0, mov ax, [fs:0xffffffff]
    DESCRIBE SPARE, SCRATCH, 0x0fff, PRESENT | DATA_DOWN, 0
    mov eax, SPARE
    mov fs, ax
    EXPECT_OK mov al, [fs:0xffff]
    EXPECT_FAULT_NAMED "B=0: 64 KiB are the end", GP_, 0, mov al, [fs:0x10000]
    EXPECT_FAULT_NAMED "B=0: across the end", GP_, 0, mov ax, [fs:0xffff]
    EXPECT_OK mov eax, [fs:0xfffc]
    EXPECT_FAULT GP_, 0, mov al, [fs:0xfff]
    DESCRIBE SPARE, SCRATCH, 0, PRESENT | DATA_DOWN, FLAG_G | FLAG_D
    mov eax, SPARE
    mov fs, ax
    EXPECT_FAULT_NAMED "G=1: limit 0 is FFFh", GP_, 0, mov al, [fs:0xfff]
    EXPECT_OK mov al, [fs:0x1000]
    DESCRIBE SPARE, SCRATCH, 0xfffff, PRESENT | DATA_DOWN, FLAG_G | FLAG_D
    mov eax, SPARE
    mov fs, ax
    EXPECT_FAULT_NAMED "limit FFFFFFFFh: nothing is valid", GP_, 0, mov al, [fs:0xffffffff]
    DESCRIBE SPARE, SCRATCH, 0xffff, PRESENT | DATA_DOWN_RO, 0
    mov eax, SPARE
    mov fs, ax
    EXPECT_FAULT_NAMED "B=0, limit FFFFh: nothing is valid", GP_, 0, mov al, [fs:0xffff]
    xor eax, eax
    mov fs, ax
    ret

; The B bit of SS chooses SP or ESP; the D bit of CS the operand size.
stack_size:
    DESCRIBE SPARE, 0, 0xffff, PRESENT | DATA_RW, 0
    mov [.stack], esp
    mov eax, SPARE
    mov ss, ax
    mov esp, 0x12340000 + STACK2
    push eax
    mov ecx, esp
    pushad
    popad
    pop eax
    mov edx, esp
    mov esp, 0x56780000
    push eax
    mov esi, esp
    mov ebp, 0x9abc0000 + STACK2
    mov dword [STACK2], 0x44556677
    leave
    mov edi, esp
    mov esp, 0x12340000 + STACK2
    push dword .called
    ret
.called:
    mov eax, esp
    enter 8, 0
    xchg eax, ebp
    lss esp, [.stack]
    CHECK ecx, 0x12340000 + STACK2 - 4, "B=0: PUSH changes SP only"
    CHECK edx, 0x12340000 + STACK2, "B=0: POP changes SP only"
    CHECK esi, 0x5678fffc, "B=0: PUSH wraps at 64 KiB"
    CHECK edi, 0x56780000 + STACK2 + 4, "B=0: LEAVE changes SP only"
    CHECK ebp, 0x12340000 + STACK2, "B=0: RET changes SP only"
    ; 16-bit code
    mov eax, 0xffffffff
    push dword KCODE
    push dword .from16
    jmp CODE16:LOW(.code16)
bits 16
.code16:
    inc ax
    o32 retf
bits 32
.from16:
    CHECK eax, 0xffff0000, "D=0: operands are 16 bits"
    ret
section .data
.stack: dd 0
        dw KDATA
section .text

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

; Far transfers by every access byte. All land on an INT HOME.
rule_jump:                              ; SDM 2A JMP, CALL: far, protected mode
    test bl, 0x10
    jnz .segment
    movzx eax, bl
    and al, 0x0f
    bt dword [transfer_types], eax      ; gates and TSSs have programs of their own
    mov eax, -2
    jc .done
    mov eax, GP_ << 16
    or eax, edx
.done:
    ret
.segment:
    test bl, 8
    OUT_OF z, GP_, edx
    test bl, 4
    jnz .conforming
    cmp cl, ch
    OUT_OF a, GP_, edx
    cmp bh, ch
    OUT_OF ne, GP_, edx
    jmp .present
.conforming:
    cmp bh, ch
    OUT_OF a, GP_, edx
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, ch                       ; CS gets the CPL as its RPL
    or eax, NOTHING
    ret

rule_return:                            ; SDM 2B RET: far; 2A IRET
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    cmp cl, ch
    OUT_OF b, GP_, edx
    test bl, 4
    jnz .conforming
    cmp bh, cl
    OUT_OF ne, GP_, edx
    jmp .present
.conforming:
    cmp bh, cl
    OUT_OF a, GP_, edx
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, cl
    or eax, NOTHING
    ret

rule_return_stack:                      ; to ring 3
    cmp cl, 3
    OUT_OF ne, GP_, edx
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    OUT_OF ne, GP_, edx
    cmp bh, 3
    OUT_OF ne, GP_, edx
    test bl, PRESENT
    OUT_OF z, SS_, edx
    mov eax, NOTHING | 3
    ret

rule_iret_stack:                        ; "#NP(selector): code or stack segment"
    call rule_return_stack
    cmp eax, SS_ << 16 | SWEPT
    jne .as_it_is
    mov eax, NP_ << 16 | SWEPT
.as_it_is:
    ret

try_jmp:
    call aim
    LANDING .insn
.insn:
    jmp far [far_pointer]
.home:
    REWIND
    jmp landed
try_call:
    call aim
    LANDING .insn
.insn:
    call far [far_pointer]
.home:
    REWIND
    jmp landed
try_user_jmp:
    call aim
    LANDING .insn
    RING UCODE, UDATA, STACK3, .insn
.insn:
    jmp far [far_pointer]
.home:
    jmp landed
try_user_call:
    call aim
    LANDING .insn
    RING UCODE, UDATA, STACK3, .insn
.insn:
    call far [far_pointer]
.home:
    jmp landed
aim:                                    ; at the INT HOME below, by the swept selector
    mov dword [far_pointer], landing
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    ret
%macro PUSH_RETURN 1                    ; flags too?
    mov ecx, [sweep.rpl]
    push dword [ring_data + ecx*4]
    push dword STACK1
  %if %1
    push dword 2
  %endif
    push dword [sweep.selector]
    push dword landing
%endmacro
try_retf:
    LANDING .insn
    PUSH_RETURN 0
.insn:
    retf
.home:
    REWIND
    jmp landed
try_iret:
    LANDING .insn
    PUSH_RETURN 1
.insn:
    iretd
.home:
    REWIND
    jmp landed
try_user_retf:
    LANDING .insn
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    PUSH_RETURN 0
.insn:
    retf
.home:
    jmp landed
try_user_iret:
    LANDING .insn
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    PUSH_RETURN 1
.insn:
    iretd
.home:
    jmp landed
try_retf_ss:
    LANDING .insn
    push dword [sweep.selector]
    push dword STACK3
    push dword UCODE
    push dword landing
.insn:
    retf
.home:
    REWIND
    jmp landed
try_iret_ss:
    LANDING .insn
    push dword [sweep.selector]
    push dword STACK3
    push dword 2
    push dword UCODE
    push dword landing
.insn:
    iretd
.home:
    REWIND
    jmp landed

far_sweeps:
    SWEEP try_jmp, rule_jump, 0, "jmp far by every access byte"
    SWEEP try_call, rule_jump, 0, "call far by every access byte"
    SWEEP try_user_jmp, rule_jump, 3, "jmp far in ring 3"
    SWEEP try_user_call, rule_jump, 3, "call far in ring 3"
    SWEEP try_retf, rule_return, 0, "retf by every access byte"
    SWEEP try_iret, rule_return, 0, "iret by every access byte"
    SWEEP try_user_retf, rule_return, 3, "retf in ring 3"
    SWEEP try_user_iret, rule_return, 3, "iret in ring 3"
    SWEEP try_retf_ss, rule_return_stack, 0, "retf to ring 3 by every access byte of SS"
    SWEEP try_iret_ss, rule_iret_stack, 0, "iret to ring 3 by every access byte of SS"
    ret

; Null selectors, limits, widths and stacks of far transfers.
far_details:
    mov [keep], esp
    EXPECT_FAULT GP_, 0, jmp 0:0x1234
    EXPECT_FAULT GP_, 0, call 3:0x1234
    EXPECT_FAULT GP_, 0xfff8, jmp 0xfff8:0
    EXPECT_FAULT GP_, 0x0c, jmp 0x0c:0
    EXPECT_FAULT GP_, 0xfffc, call 0xffff:0
    mov ecx, esp
    CHECK ecx, [keep], "ESP after faulting far calls"
    push dword 0
    push dword landing
    EXPECT_FAULT GP_, 0, retf
    mov word [esp + 4], 0xfff8
    EXPECT_FAULT GP_, 0xfff8, retf
    mov word [esp + 4], 3               ; null is null whatever its RPL
    EXPECT_FAULT_NAMED "retf to selector 3", GP_, 0, retf
    add esp, 8
    push dword 0                        ; SS
    push dword STACK3
    push dword UCODE
    push dword landing
    EXPECT_FAULT_NAMED "retf to ring 3 with null SS", GP_, 0, retf
    mov dword [esp + 12], 3
    EXPECT_FAULT_NAMED "retf to ring 3 with SS 3", GP_, 0, retf
    mov dword [esp + 12], GDT_LIMIT + 1 + 3
    EXPECT_FAULT_NAMED "retf to ring 3, SS beyond the table", GP_, GDT_LIMIT + 1, retf
    add esp, 16
    ; beyond the limit of the new CS (stricter than some emulators)
    DESCRIBE SPARE, 0, 0x1ffff, PRESENT | CODE_RX, FLAG_D
    EXPECT_FAULT_NAMED "jmp far beyond the limit", GP_, 0, jmp SPARE:0x20000
    EXPECT_FAULT_NAMED "call far beyond the limit", GP_, 0, call SPARE:0x20000
    push dword SPARE
    push dword 0x20000
    EXPECT_FAULT_NAMED "retf beyond the limit", GP_, 0, retf
    add esp, 8
    push dword 2
    push dword SPARE
    push dword 0x20000
    EXPECT_FAULT_NAMED "iret beyond the limit", GP_, 0, iretd
    add esp, 12
    mov ecx, cs
    CHECK ecx, KCODE, "CS after all that"
    ; what is pushed, by both operand sizes
    mov [keep], esp
    call KCODE:.far32
.back32:
    CHECK eax, .back32, "CALL FAR pushes EIP"
    CHECK16 [ecx_low], KCODE, "CALL FAR pushes CS"
    sub [keep], esp
    CHECK [keep], 0, "RETF pops both"
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    mov word [far_pointer], LOW(.short)
    mov word [far_pointer + 2], SPARE
    mov edx, esp
    AWAIT .none, .caught
    mov dword [resume.home], landing_home
.none:
    o16 call far [far_pointer]
.short:
    mov ecx, [esp]
    sub edx, esp
    jmp KCODE:landing
.caught:
    mov dword [resume.eip], 0
    CHECK edx, 4, "CALL FAR o16 pushes two words"
    sub ecx, KCODE << 16
    CHECK ecx, LOW(.short), "CS above IP"
    ; RETF imm to ring 3 skips on both stacks
    mov dword [STACK3 - 16], 0
    AWAIT .insn2, .home2
    mov dword [resume.home], landing_home
    push dword UDATA
    push dword STACK3 - 16
    push dword 0xdead
    push dword 0xbeef
    push dword UCODE
    push dword landing
.insn2:
    retf 8
.home2:
    mov dword [resume.eip], 0
    CHECK [fault.esp], STACK3 - 8, "RETF 8 to ring 3 drops 8 bytes there too"
    CHECK [fault.ss], UDATA, "and loads SS from behind its parameters"
    CHECK [fault.cs], UCODE, "and CS"
    ; a conforming segment of ring 0 called from ring 3: the CPL stays
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_CONF, FLAT
    AWAIT .conforming, .refused
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    jmp SPARE:.conforming
.conforming:
    cli
.refused:
    JUDGE "CLI in ring-0 conforming code entered from ring 3", GP_, 0, 0
    CHECK [fault.cs], SPARE | 3, "its CS has RPL 3"
    ret
.far32:
    mov eax, [esp]
    mov ecx, [esp + 4]
    mov [ecx_low], cx
    retf

; Returning outward nulls what the outer ring may not hold (SDM 2B RET).
nulling:
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_CONF, FLAT
    mov eax, KCODE
    mov fs, ax
    mov eax, SPARE
    mov gs, ax
    mov eax, KDATA
    mov ds, ax
    USER_RUN nop
    call reload_data
    CHECK [fault.ds], 0, "IRET to ring 3: a ring-0 DS is nulled"
    CHECK [fault.es], UDATA, "a ring-3 ES stays"
    CHECK [fault.fs], 0, "ring-0 code in FS is nulled"
    CHECK [fault.gs], SPARE, "conforming code in GS stays"
    mov eax, DATA2
    mov fs, ax
    mov eax, DATA1
    mov gs, ax
    AWAIT .insn, .home
    mov dword [resume.home], landing_home
    push dword DATA2
    push dword STACK2
    push dword CODE2
    push dword landing
.insn:
    retf
.home:
    mov dword [resume.eip], 0
    CHECK [fault.fs], DATA2, "RETF to ring 2: a ring-2 FS stays"
    CHECK [fault.gs], 0, "a ring-1 GS is nulled"
    CHECK [fault.ss], DATA2, "SS is of ring 2"
    xor eax, eax
    mov fs, ax
    mov gs, ax
    USER_FAULT_NAMED "a nulled FS faults in ring 3", GP_, 0, mov al, [fs:keep]
    ret

section .data
    align 8
far_pointer:    dd 0, 0
keep:           dd 0, 0
keep2:          dd 0
queried:        dd 0
ecx_low:        dd 0
ring_data:      dd KDATA, DATA1, DATA2, UDATA
lar_types:      dd 0x1a3e               ; 1-5, 9, B, C
lsl_types:      dd 0x0a0e               ; 1-3, 9, B
transfer_types: dd 0x1232               ; 1, 4, 5, 9, C
section .text

END_PROGRAM
