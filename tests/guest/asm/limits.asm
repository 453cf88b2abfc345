; Using segments: types, limits, expand-down, the B and D bits.
; Limits are stricter than some emulators throughout.
;
; SDM 3A 3.4.5, 5.3, 5.5.

%include "board.inc"
%include "protected.inc"
PROGRAM "limits"
    ENTER_PROTECTED
    call stack_size
    call use
    call limits
    call expand_down
    jmp finish_32

reload_data:                            ; DS and ES as the rest expects them
    mov eax, UDATA
    mov ds, ax
    mov es, ax
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
    ; but flushed (SDM 2 CLFLUSH)
    AWAIT .flush, .after_flush
    jmp SPARE:.flush
.flush:
    clflush [cs:keep]
.after_flush:
    JUDGE "a line of execute-only CS can be flushed", -1, 0, 0
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

section .data
keep:           dd 0, 0
keep2:          dd 0
section .text

END_PROGRAM
