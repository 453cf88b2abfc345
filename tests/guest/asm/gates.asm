; Gates: CALL and JMP by call gates, INT n and exceptions by interrupt and trap
; gates, the stacks they change to and what may be wrong with them, the frames,
; IRET's flags, and what two exceptions make. Task gates are in tasks.asm.
;
; SDM 3A 5.8.3-5.8.5, 6.11-6.15 (table 6-5), 7; 2A CALL, INT n, IRET.

%include "board.inc"
%include "protected.inc"
PROGRAM "gates"
    ENTER_PROTECTED
    call call_gates
    call call_gate_frames
    call call_gate_stacks
    call interrupt_gates
    call interrupt_frames
    call interrupt_stacks
    call sixteen
    call returns
    call double_faults
    call from_virtual
    call upper_half
    jmp finish_32

%include "sweep.inc"

GATE            equ SPARE + 8
RING1_GATE      equ SPARE + 16
TRY             equ 0x40                ; the vector these tests use

; An instruction of ring 3 that is to reach the landing.
%macro LANDS 2+.nolist
    AWAIT %%insn, %%home
    mov dword [resume.home], landing_home
    RING UCODE, UDATA, STACK3, %%insn
%%insn: %2
%%home:
    JUDGE %1, -1, 0, 0
%endmacro

; --- Call gates -----------------------------------------------------------

; The gate itself: SWEPT is the gate. SDM 2A CALL, CALL-GATE.
rule_gate:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_CALL
    mov eax, -2
    jne .done
    cmp bh, ch
    OUT_OF b, GP_, edx
    cmp bh, cl
    OUT_OF b, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
.done:
    ret

; What it points at: SWEPT is the code segment, the gate is for all.
rule_gate_call:
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    cmp bh, ch
    OUT_OF a, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, ch
    test bl, 4
    jnz .same
    mov al, bh
.same:
    or eax, NOTHING
    ret
rule_gate_jmp:
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    cmp bh, ch
    OUT_OF a, GP_, edx
    test bl, 4
    jnz .conforming
    cmp bh, ch
    OUT_OF ne, GP_, edx
.conforming:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, ch
    or eax, NOTHING
    ret

gate_swept:                             ; SWEPT becomes a call gate of its access byte
    mov dword [far_pointer], 0xdeadbeef ; offsets in front of a gate do not count
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    mov ecx, KCODE
    cmp dword [sweep.cpl], 0
    je .kernel
    mov ecx, UCODE
.kernel:
    mov al, [sweep.access]
    GATE_AT gdt + SWEPT, cx, landing, al, 0
    ret
code_swept:                             ; GATE leads to SWEPT
    mov dword [far_pointer], 0xdeadbeef
    mov word [far_pointer + 4], GATE
    mov cx, [sweep.selector]
    CALL_GATE GATE, cx, landing, PRESENT | DPL3 | SYS_CALL, 0
    ret

%macro TRANSFER 4+                      ; name, preparation, CPL, instruction
%1:
    call %2
    LANDING .insn
  %if %3 == 3
    RING UCODE, UDATA, STACK3, .insn
  %endif
.insn:
    %4
.home:
    REWIND
%endmacro
TRANSFER gate_call, gate_swept, 0, call far [far_pointer]
    jmp outcome
TRANSFER gate_user_call, gate_swept, 3, call far [far_pointer]
    jmp outcome
TRANSFER gate_jmp, gate_swept, 0, jmp far [far_pointer]
    jmp outcome
TRANSFER gate_user_jmp, gate_swept, 3, jmp far [far_pointer]
    jmp outcome
TRANSFER code_call, code_swept, 0, call far [far_pointer]
    jmp landed
TRANSFER code_user_call, code_swept, 3, call far [far_pointer]
    jmp landed
TRANSFER code_jmp, code_swept, 0, jmp far [far_pointer]
    jmp landed
TRANSFER code_user_jmp, code_swept, 3, jmp far [far_pointer]
    jmp landed

call_gates:
    SWEEP gate_call, rule_gate, 0, "call by a gate of every access byte"
    SWEEP gate_jmp, rule_gate, 0, "jmp by a gate of every access byte"
    SWEEP gate_user_call, rule_gate, 3, "call by a gate in ring 3"
    SWEEP gate_user_jmp, rule_gate, 3, "jmp by a gate in ring 3"
    SWEEP code_call, rule_gate_call, 0, "call by a gate to code of every access byte"
    SWEEP code_jmp, rule_gate_jmp, 0, "jmp by a gate to code of every access byte"
    SWEEP code_user_call, rule_gate_call, 3, "call by a gate to code, ring 3"
    SWEEP code_user_jmp, rule_gate_jmp, 3, "jmp by a gate to code, ring 3"
    CALL_GATE GATE, 0, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate to null", GP_, 0, call GATE:0
    CALL_GATE GATE, 3, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate to null with RPL", GP_, 0, call GATE:0
    CALL_GATE GATE, GDT_LIMIT + 1, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate beyond the table", GP_, GDT_LIMIT + 1, call GATE:0
    CALL_GATE GATE, 0x14, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate into an LDT that is not there", GP_, 0x14, call GATE:0
    CALL_GATE GATE, GATE, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate to a gate", GP_, GATE, call GATE:0
    DESCRIBE SPARE, 0, 0xffff, PRESENT | CODE_RX, FLAG_D
    CALL_GATE GATE, SPARE, landing, PRESENT | DPL3 | SYS_CALL, 0
    EXPECT_FAULT_NAMED "a gate beyond the limit of the code", GP_, 0, call GATE:0
    ret

; What a call to an inner ring leaves there, and RETF takes back.
call_gate_frames:
    CALL_GATE GATE, KCODE, .inner, PRESENT | DPL3 | SYS_CALL, 3
    AWAIT .insn, .home
    mov dword [resume.home], .end
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    push dword 0x11111111
    push dword 0x22222222
    push dword 0x33333333
.insn:
    call GATE:0
.back:
    mov ecx, esp
    mov edx, ss
    mov ebx, cs
    int HOME
.end:
.home:
    JUDGE "call to ring 0 with three parameters, and back", -1, 0, 0
    CHECK ecx, STACK3, "RETF 12 drops them from the outer stack"
    CHECK edx, UDATA, "SS is back"
    CHECK ebx, UCODE, "CS is back"
    CHECK [kept.esp], STACK_TSS - 28, "ESP in ring 0"
    CHECK [kept.ss], KDATA, "SS in ring 0"
    CHECK [kept.cs], KCODE, "CS in ring 0"
    CHECK [kept + 0], .back, "frame: EIP"
    CHECK16 [kept + 4], UCODE, "frame: CS"
    CHECK [kept + 8], 0x33333333, "frame: the last parameter"
    CHECK [kept + 16], 0x11111111, "frame: the first parameter"
    CHECK [kept + 20], STACK3 - 12, "frame: ESP"
    CHECK16 [kept + 24], UDATA, "frame: SS"
    ; to the same ring nothing is copied
    CALL_GATE GATE, KCODE, .same, PRESENT | DPL3 | SYS_CALL, 3
    push dword 0x44444444
    mov edx, esp
    EXPECT_OK_NAMED "call by a gate to the same ring", call GATE:0
    CHECK ecx, 8, "takes eight bytes of stack"
    pop ecx
    ; ring 3 to ring 1, and there to ring 0
    CALL_GATE GATE, CODE1, .ring1, PRESENT | DPL3 | SYS_CALL, 0
    CALL_GATE RING1_GATE, KCODE, .from1, PRESENT | DPL1 | SYS_CALL, 0
    AWAIT .none, .nested
    mov dword [resume.home], .end1
    RING UCODE, UDATA, STACK3, .none
.none:
    call GATE:0
    int HOME
.end1:
.nested:
    JUDGE "ring 3 calls ring 1 calls ring 0, and back", -1, 0, 0
    CHECK ecx, STACK1 - 16, "ESP in ring 1"
    CHECK edx, DATA1, "SS in ring 1"
    CHECK ebx, STACK_TSS - 16, "ESP in ring 0, from ring 1"
    CHECK esi, CODE1, "CS on ring 0's stack"
    CHECK [fault.cs], UCODE, "home from ring 3"
    ret
.inner:
    mov [kept.esp], esp
    mov [kept.ss], ss
    mov [kept.cs], cs
    mov esi, esp
    mov edi, kept
    mov ecx, 7
    rep movsd
    retf 12
.same:
    mov ecx, edx
    sub ecx, esp
    retf
.ring1:
    mov ecx, esp
    mov edx, ss
    call RING1_GATE:0
    retf
.from1:
    mov ebx, esp
    mov esi, [esp + 4]
    and esi, 0xffff
    retf

; The inner stack: SWEPT is SS1 in the TSS, ring 3 calls ring 1.
rule_inner_stack:
    cmp cl, 1
    OUT_OF ne, TS_, edx
    cmp bh, 1
    OUT_OF ne, TS_, edx
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    OUT_OF ne, TS_, edx
    test bl, PRESENT
    OUT_OF z, SS_, edx
    test bl, 4                          ; expand-down with this limit has no room
    OUT_OF nz, SS_, edx
    mov eax, NOTHING | 1
    ret
rule_inner_stack_ext:                   ; the same met by an exception
    or edx, 1
    jmp rule_inner_stack

ring1_swept:
    mov eax, [sweep.selector]
    mov [tss + TSS_SS1], eax
    mov word [far_pointer + 4], GATE
    CALL_GATE GATE, CODE1, landing, PRESENT | DPL3 | SYS_CALL, 0
    IDT_GATE TRY, CODE1, landing, PRESENT | DPL3 | SYS_TRAP
    ret
TRANSFER stack_call, ring1_swept, 3, call far [far_pointer]
    jmp landed

call_gate_stacks:
    SWEEP stack_call, rule_inner_stack, 3, "call to ring 1 by every access byte of SS1"
    mov dword [tss + TSS_SS1], 0
    USER_FAULT_NAMED "call to ring 1, SS1 is null", TS_, 0, call GATE:0
    mov dword [tss + TSS_SS1], 1
    USER_FAULT_NAMED "call to ring 1, SS1 is null with RPL", TS_, 0, call GATE:0
    mov dword [tss + TSS_SS1], GDT_LIMIT + 2
    USER_FAULT_NAMED "call to ring 1, SS1 beyond the table", TS_, GDT_LIMIT + 1, call GATE:0
    ; no room (limits: stricter than some emulators)
    DESCRIBE SPARE, 0, STACK1 - 0x1001, PRESENT | DPL1 | DATA_RW, FLAG_D
    mov dword [tss + TSS_SS1], SPARE | 1
    USER_FAULT_NAMED "call to ring 1, ESP1 beyond the limit", SS_, SPARE, call GATE:0
    mov dword [tss + TSS_ESP1], STACK1 - 0x1000
    LANDS "call to ring 1, at the limit", call GATE:0
    DESCRIBE SPARE, STACK1, 0xffff, PRESENT | DPL1 | DATA_RW, FLAG_D
    mov dword [tss + TSS_ESP1], 12
    USER_FAULT_NAMED "call to ring 1, 12 bytes of room", SS_, SPARE, call GATE:0
    mov dword [tss + TSS_ESP1], 16
    LANDS "call to ring 1, 16 bytes of room", call GATE:0
    CHECK [fault.esp], 0, "and they are used up"
    mov dword [tss + TSS_ESP1], STACK1
    mov dword [tss + TSS_SS1], DATA1
    ; a TSS too short for SS1 (SDM 2A CALL: #TS(current TSS selector))
    DESCRIBE SPARE, tss, TSS_SS1 + 0, PRESENT | SYS_TSS, 0
    mov eax, SPARE
    ltr ax
    USER_FAULT_NAMED "call to ring 1, the TSS ends in SS1", TS_, SPARE, call GATE:0
    DESCRIBE SPARE, tss, TSS_SS1 + 3, PRESENT | SYS_TSS, 0
    ltr ax
    LANDS "call to ring 1, the TSS ends behind SS1", call GATE:0
    jmp usual_task

usual_task:
    mov byte [gdt + MAIN_TSS + 5], PRESENT | SYS_TSS
    mov eax, MAIN_TSS
    ltr ax
    ret

; --- Interrupt and trap gates ---------------------------------------------

; The gate itself, by INT n. SDM 2A INT n, PROTECTED-MODE.
rule_int:
    mov edx, TRY*8 + 2
    mov al, bl
    and al, 0x1f
    cmp al, SYS_INT
    je .gate
    cmp al, SYS_TRAP
    je .gate
    cmp al, SYS_INT16
    je .gate
    cmp al, SYS_TRAP16
    je .gate
    cmp al, SYS_TASK
    je .gate
    mov eax, GP_ << 16
    or eax, edx
    ret
.gate:
    cmp bh, ch
    OUT_OF b, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
    test bl, 8
    jnz .done
    mov eax, -2
.done:
    ret

; An exception does not ask for the gate's DPL, and sets EXT.
rule_exception:
    mov ch, 0
    call rule_int
    cmp eax, NOTHING
    jae .done
    xor eax, (TRY*8 + 2) ^ (UD_*8 + 3)
.done:
    ret

; Its code segment, by INT n.
rule_int_code:
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    cmp bh, ch
    OUT_OF a, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, ch
    test bl, 4
    jnz .same
    mov al, bh
.same:
    or eax, NOTHING
    ret
rule_exception_code:
    or edx, 1
    jmp rule_int_code

int_gate_swept:
    mov al, [sweep.access]
    IDT_GATE TRY, KCODE, landing, al
    ret
ud_gate_swept:
    mov al, [sweep.access]
    IDT_GATE UD_, KCODE, landing, al
    ret
int_code_swept:
    mov cx, [sweep.selector]
    IDT_GATE TRY, cx, landing, PRESENT | DPL3 | SYS_TRAP
    IDT_GATE UD_, cx, landing, PRESENT | SYS_TRAP
    ret
ring1_swept_ud:
    call ring1_swept
    IDT_GATE UD_, CODE1, landing, PRESENT | SYS_INT
    ret
TRANSFER int_gate, int_gate_swept, 0, int TRY
    jmp outcome
TRANSFER int_user_gate, int_gate_swept, 3, int TRY
    jmp outcome
TRANSFER ud_user_gate, ud_gate_swept, 3, ud2
    jmp outcome
TRANSFER int_code, int_code_swept, 0, int TRY
    jmp landed
TRANSFER int_user_code, int_code_swept, 3, int TRY
    jmp landed
TRANSFER ud_user_code, int_code_swept, 3, ud2
    jmp landed
TRANSFER stack_int, ring1_swept, 3, int TRY
    jmp landed
TRANSFER stack_ud, ring1_swept_ud, 3, ud2
    jmp landed

interrupt_gates:
    SWEEP int_gate, rule_int, 0, "int by a gate of every access byte"
    SWEEP int_user_gate, rule_int, 3, "int by a gate of every access byte, ring 3"
    SWEEP ud_user_gate, rule_exception, 3, "#UD by a gate of every access byte, ring 3"
    SWEEP int_code, rule_int_code, 0, "int to code of every access byte"
    SWEEP int_user_code, rule_int_code, 3, "int to code of every access byte, ring 3"
    SWEEP ud_user_code, rule_exception_code, 3, "#UD to code of every access byte, ring 3"
    IDT_DEFAULT UD_
    IDT_GATE TRY, 0, landing, PRESENT | DPL3 | SYS_TRAP
    EXPECT_FAULT_NAMED "int by a gate to null", GP_, 0, int TRY
    IDT_GATE TRY, GDT_LIMIT + 1, landing, PRESENT | DPL3 | SYS_TRAP
    EXPECT_FAULT_NAMED "int by a gate beyond the GDT", GP_, GDT_LIMIT + 1, int TRY
    IDT_GATE UD_, 0, landing, PRESENT | SYS_TRAP
    EXPECT_FAULT_NAMED "#UD by a gate to null: EXT alone", GP_, 1, ud2
    IDT_DEFAULT UD_
    mov word [idtr], TRY*8 + 6
    lidt [idtr]
    EXPECT_FAULT_NAMED "int beyond the IDT", GP_, TRY*8 + 2, int TRY
    USER_AFTER "int beyond the IDT, ring 3", GP_, TRY*8 + 2, {nop}, {int TRY}
    mov word [idtr], VECTORS*8 - 1
    lidt [idtr]
    ; the software interrupts ask for the DPL, INT1 does not
    and byte [idt + BP_*8 + 5], ~DPL3
    and byte [idt + OF_*8 + 5], ~DPL3
    USER_FAULT_NAMED "int3 by a ring-0 gate, ring 3", GP_, BP_*8 + 2, int3
    USER_AFTER "into by a ring-0 gate, ring 3", GP_, OF_*8 + 2, {mov al, 0x7f}, {inc al}, {into}
    USER_TRAP_NAMED "int1 by a ring-0 gate, ring 3", DB_, 0, int1
    or byte [idt + BP_*8 + 5], DPL3
    or byte [idt + OF_*8 + 5], DPL3
    USER_TRAP_NAMED "int3, ring 3", BP_, 0, int3
    USER_FAULT_NAMED "int 13 in ring 3: EXT is 0", GP_, 13*8 + 2, int 13
    and byte [idt + DB_*8 + 5], ~PRESENT & 0xff
    USER_FAULT_NAMED "int1 by an absent gate: EXT is 1", NP_, DB_*8 + 3, int1
    EXPECT_FAULT_NAMED "int 1 by an absent gate: EXT is 0", NP_, DB_*8 + 2, int 1
    or byte [idt + DB_*8 + 5], PRESENT
    ret

; Frames and flags (SDM 3A 6.12.1).
interrupt_frames:
    IDT_GATE TRY, KCODE, stubs_32 + 12*TRY, PRESENT | DPL3 | SYS_INT
    mov ebx, esp
    push dword IF | NT | DF | IOPL3 | AC | ID | CF | 2
    popfd
    EXPECT_TRAP_NAMED "int by an interrupt gate", TRY, 0, int TRY
    cld
    mov esp, ebx
    CHECK [fault.eflags], IF | NT | DF | IOPL3 | AC | ID | CF | 2, "EFLAGS on the stack"
    mov eax, [handler_flags]
    and eax, TF | IF | DF | IOPL3 | NT | RF | VM | AC | ID
    CHECK eax, DF | IOPL3 | AC | ID, "interrupt gate: IF and NT are clear in the handler"
    CHECK [fault.esp], ebx, "same ring: three doublewords are pushed"
    IDT_GATE TRY, KCODE, stubs_32 + 12*TRY, PRESENT | DPL3 | SYS_TRAP
    push dword IF | NT | 2
    popfd
    EXPECT_TRAP_NAMED "int by a trap gate", TRY, 0, int TRY
    mov esp, ebx
    mov eax, [handler_flags]
    and eax, TF | IF | IOPL3 | NT | RF | VM | AC
    CHECK eax, IF, "trap gate: IF stays"
    mov dword [user_flags], IOPL3 | AC | 2
    USER_TRAP_NAMED "int from ring 3", TRY, 0, int TRY
    mov dword [user_flags], 2
    CHECK [fault.esp], STACK3, "frame from ring 3: ESP"
    CHECK [fault.ss], UDATA, "frame from ring 3: SS"
    CHECK [fault.cs], UCODE, "frame from ring 3: CS"
    CHECK [fault.eflags], IOPL3 | AC | 2, "frame from ring 3: EFLAGS"
    CHECK [fault.frame], STACK_TSS - 20, "frame from ring 3: at ESP0"
    mov eax, [handler_flags]
    and eax, IOPL3 | AC
    CHECK eax, IOPL3 | AC, "IOPL and AC stay in the handler"
    ; RF in the saved image: set for faults, clear for INT n (SDM 3B 17.3.1.1)
    EXPECT_FAULT UD_, 0, ud2
    mov eax, [fault.eflags]
    and eax, RF
    CHECK eax, RF, "RF is set in the image a fault pushes"
    ; a 16-byte error code frame: #GP from ring 3
    USER_FAULT GP_, 0, hlt
    CHECK [fault.frame], STACK_TSS - 20, "the error code is below the frame"
    CHECK [STACK_TSS - 24], 0, "and is a doubleword"
    ret

interrupt_stacks:
    SWEEP stack_int, rule_inner_stack, 3, "int to ring 1 by every access byte of SS1"
    SWEEP stack_ud, rule_inner_stack_ext, 3, "#UD to ring 1 by every access byte of SS1"
    mov dword [tss + TSS_SS1], 0
    USER_FAULT_NAMED "int to ring 1, SS1 is null", TS_, 0, int TRY
    USER_FAULT_NAMED "#UD to ring 1, SS1 is null", TS_, 1, ud2
    mov dword [tss + TSS_SS1], GDT_LIMIT + 2
    USER_FAULT_NAMED "int to ring 1, SS1 beyond the table", TS_, GDT_LIMIT + 1, int TRY
    USER_FAULT_NAMED "#UD to ring 1, SS1 beyond the table", TS_, GDT_LIMIT + 2, ud2
    DESCRIBE SPARE, STACK1, 0xffff, PRESENT | DPL1 | DATA_RW, FLAG_D
    mov dword [tss + TSS_SS1], SPARE | 1
    mov dword [tss + TSS_ESP1], 16      ; (stricter than some emulators)
    USER_FAULT_NAMED "int to ring 1, 16 bytes of room", SS_, SPARE, int TRY
    USER_FAULT_NAMED "#UD to ring 1, 16 bytes of room", SS_, SPARE | 1, ud2
    mov dword [tss + TSS_ESP1], 20
    LANDS "int to ring 1, 20 bytes of room", int TRY
    CHECK [fault.esp], 0, "and they are used up"
    mov dword [tss + TSS_ESP1], STACK1
    mov dword [tss + TSS_SS1], DATA1
    DESCRIBE SPARE, tss, TSS_SS1, PRESENT | SYS_TSS, 0
    mov eax, SPARE
    ltr ax
    USER_FAULT_NAMED "int to ring 1, the TSS ends in SS1", TS_, SPARE, int TRY
    USER_FAULT_NAMED "#UD to ring 1, the TSS ends in SS1", TS_, SPARE | 1, ud2
    call usual_task
    IDT_DEFAULT UD_
    ret

; --- 16-bit gates ---------------------------------------------------------

sixteen:
    ; a 16-bit call gate copies words and pushes words
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    mov ecx, LOW(.inner)
    CALL_GATE GATE, SPARE, ecx, PRESENT | DPL3 | SYS_CALL16, 2
    AWAIT .insn, .home
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    push dword 0x22221111
    push dword 0x44443333
.insn:
    call GATE:0
.behind:
    ud2
.home:
    mov dword [resume.eip], 0
    CHECK [kept.esp], STACK_TSS - 12, "16-bit call gate: six words"
    CHECK16 [kept + 0], LOW(.behind), "16-bit call gate: IP"
    CHECK16 [kept + 2], UCODE, "16-bit call gate: CS"
    CHECK16 [kept + 4], 0x3333, "16-bit call gate: the words at the outer stack"
    CHECK16 [kept + 6], 0x4444, "16-bit call gate: of them two"
    CHECK16 [kept + 8], STACK3 - 8, "16-bit call gate: SP"
    CHECK16 [kept + 10], UDATA, "16-bit call gate: SS"
    ; 16-bit interrupt gate
    mov ecx, LOW(.handler)
    IDT_GATE TRY, SPARE, ecx, PRESENT | DPL3 | SYS_INT16
    AWAIT .insn2, .home2
    RING UCODE, UDATA, STACK3, .insn2
.insn2:
    int TRY
.home2:
    mov dword [resume.eip], 0
    CHECK [kept.esp], STACK_TSS - 10, "16-bit interrupt gate: five words"
    CHECK16 [kept + 2], UCODE, "16-bit interrupt gate: CS"
    CHECK16 [kept + 4], 2, "16-bit interrupt gate: FLAGS"
    CHECK16 [kept + 6], STACK3, "16-bit interrupt gate: SP"
    CHECK16 [kept + 8], UDATA, "16-bit interrupt gate: SS"
    ; with an error code, which is a word too
    mov ecx, LOW(.handler)
    IDT_GATE GP_, SPARE, ecx, PRESENT | SYS_INT16
    AWAIT .insn3, .home3
    RING UCODE, UDATA, STACK3, .ring3b
.ring3b:
    mov eax, 0xfff8
.insn3:
    mov ds, ax
.home3:
    mov dword [resume.eip], 0
    IDT_DEFAULT GP_
    CHECK [kept.esp], STACK_TSS - 12, "16-bit gate with an error code: six words"
    CHECK16 [kept + 0], 0xfff8, "16-bit gate: the error code"
    CHECK16 [kept + 4], UCODE, "16-bit gate: CS above IP above it"
    ret
.inner:
.handler:
    push ds                             ; both tell, and leave by the usual way
    push dword UDATA
    pop ds
    mov [kept.esp], esp
    add dword [kept.esp], 4
    lea esi, [esp + 4]
    mov edi, kept
    push ds
    pop es
    mov ecx, 3
    rep movsd
    jmp KCODE:.leave
.leave:
    mov esp, [resume.esp]
    jmp [resume.eip]

; --- IRET -----------------------------------------------------------------

%macro RETURN_WITH 2                    ; flags given, size prefix: the flags after it in EAX
    pushfd
    pop dword [kept]
    push dword %1
    push dword KCODE
    push dword %%back
    iretd
%%back:
    pushfd
    pop eax
    push dword 2
    popfd
%endmacro

returns:
    RETURN_WITH CF | PF | AF | ZF | SF | DF | OF | IOPL3 | NT | AC | ID | VIF, 0
    CHECK eax, CF | PF | AF | ZF | SF | DF | OF | IOPL3 | NT | AC | ID | VIF | 2, "IRETD in ring 0 loads all but VM, VIP"
    push dword VIP | VIF | ID | 2       ; VIP too, in ring 0
    push dword KCODE
    push dword .vip
    iretd
.vip:
    pushfd
    pop eax
    push dword 2
    push dword KCODE
    push dword .no_vip
    iretd
.no_vip:
    CHECK eax, VIP | VIF | ID | 2, "IRETD in ring 0 loads VIF and VIP"
    ; ring 3 to ring 3 with IOPL 0: IF and IOPL stay, VIF and VIP too
    AWAIT .none, .user
    mov dword [resume.home], .end
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    push dword IF | IOPL3 | NT | AC | ID | VIF | VIP | CF | 2
    push dword UCODE
    push dword .none
    iretd
.none:
    int HOME
.end:
.user:
    mov dword [resume.eip], 0
    CHECK [fault.eflags], NT | AC | ID | CF | 2, "IRETD in ring 3, IOPL 0"
    mov dword [user_flags], IOPL3 | 2
    AWAIT .none2, .user2
    mov dword [resume.home], .end2
    RING UCODE, UDATA, STACK3, .ring3c
.ring3c:
    push dword IF | CF | 2
    push dword UCODE
    push dword .none2
    iretd
.none2:
    int HOME
.end2:
.user2:
    mov dword [resume.eip], 0
    mov dword [user_flags], 2
    CHECK [fault.eflags], IF | IOPL3 | CF | 2, "IRETD in ring 3, IOPL 3: IF, not IOPL"
    ; IRET with 16-bit operands
    push dword AC | ID | 2
    popfd
    push dword CODE16
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    pop eax
    mov ebx, esp
    push word NT | CF | 2
    push word SPARE
    push word LOW(.word)
    o16 iret
.word:
    pushfd
    pop eax
    push dword 2
    popfd
    mov ecx, cs
    jmp KCODE:.flat
.flat:
    CHECK eax, AC | ID | NT | CF | 2, "IRET o16 leaves the upper half of EFLAGS"
    CHECK ecx, SPARE, "IRET o16 loads CS"
    CHECK esp, ebx, "IRET o16 pops six bytes"
    ret

; --- Two exceptions (SDM 3A table 6-5) ------------------------------------

%macro ABSENT 1
    and byte [idt + (%1)*8 + 5], ~PRESENT & 0xff
%endmacro
%macro THERE 1
    or byte [idt + (%1)*8 + 5], PRESENT
%endmacro

double_faults:
    ; benign first: the second is served
    ABSENT UD_
    EXPECT_FAULT_NAMED "#UD, absent gate: #NP", NP_, UD_*8 + 3, ud2
    THERE UD_
    ABSENT BP_
    EXPECT_FAULT_NAMED "INT3, absent gate: #NP", NP_, BP_*8 + 2, int3
    THERE BP_
    ABSENT BR_
    mov dword [kept], 0
    mov dword [kept + 4], 0
    mov ecx, 1
    EXPECT_FAULT_NAMED "#BR, absent gate: #NP", NP_, BR_*8 + 3, bound ecx, [kept]
    THERE BR_
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    ABSENT NM_
    EXPECT_FAULT_NAMED "#NM, absent gate: #NP", NP_, NM_*8 + 3, fnop
    THERE NM_
    clts
    ; contributory first: #DF
    ABSENT DE_
    xor ecx, ecx
    xor edx, edx
    EXPECT_FAULT_NAMED "#DE, absent gate: #DF", DF_, 0, div ecx
    CHECK [fault.cs], KCODE, "#DF: CS of the first"
    THERE DE_
    ABSENT GP_
    mov eax, 0xfff8
    EXPECT_FAULT_NAMED "#GP, absent gate: #DF", DF_, 0, mov fs, ax
    USER_FAULT_NAMED "#GP in ring 3, absent gate: #DF", DF_, 0, hlt
    EXPECT_FAULT_NAMED "int 13, absent gate: #NP", NP_, GP_*8 + 2, int 13
    THERE GP_
    mov byte [idt + NP_*8 + 5], PRESENT | SYS_CALL      ; #NP meets no gate at all
    DESCRIBE SPARE, 0, 0xfffff, DATA_RW, FLAT
    mov eax, SPARE
    EXPECT_FAULT_NAMED "#NP, wrong gate: #DF", DF_, 0, mov fs, ax
    ABSENT UD_
    EXPECT_FAULT_NAMED "#UD, absent gate, #NP without a gate: #DF", DF_, 0, ud2
    THERE UD_
    IDT_DEFAULT NP_
    ABSENT SS_
    EXPECT_FAULT_NAMED "#SS, absent gate: #DF", DF_, 0, mov ss, ax
    THERE SS_
    ; a contributory exception whose handler's stack is bad: #DF
    IDT_GATE DE_, CODE1, landing, PRESENT | SYS_INT
    mov dword [tss + TSS_SS1], 0
    xor ecx, ecx
    USER_FAULT_NAMED "#DE to ring 1, SS1 is null: #DF", DF_, 0, div ecx
    IDT_DEFAULT DE_
    mov dword [tss + TSS_SS1], DATA1
    CHECK [fault.ss], UDATA, "#DF: SS of the first"
    ret

; --- From virtual-8086 mode -----------------------------------------------

%macro VIRTUAL 0                        ; goes to .insn in virtual-8086 mode, IOPL 3
    push dword IMAGE + 4
    push dword IMAGE + 3
    push dword IMAGE + 2
    push dword IMAGE + 1
    push dword 0
    push dword REAL_STACK
    push dword VM | IOPL3 | 2
    push dword IMAGE
    push dword LOW(.insn)
    iretd
%endmacro
virtual_int:                            ; by a gate to the swept code segment
    mov cx, [sweep.selector]
    IDT_GATE TRY, cx, landing, PRESENT | DPL3 | SYS_INT
    AWAIT .linear, .home
    mov dword [resume.home], landing_home
    VIRTUAL
.linear:
bits 16
.insn:
    int TRY
bits 32
.home:
    jmp landed
rule_virtual:                           ; SDM 2A INT n: VM = 1 asks for DPL 0, non-conforming
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    test bl, 4
    OUT_OF nz, GP_, edx
    test bh, bh
    OUT_OF nz, GP_, edx
    mov eax, NOTHING
    ret

from_virtual:
    IDT_GATE TRY, KCODE, stubs_32 + 12*TRY, PRESENT | DPL3 | SYS_INT
    AWAIT .linear, .home
    VIRTUAL
.linear:
bits 16
.insn:
    int TRY
bits 32
.after:
.home:
    mov dword [resume.eip], 0
    CHECK [fault.vector], TRY, "int in virtual-8086 mode"
    CHECK [fault.eip], LOW(.after), "frame: IP"
    CHECK [fault.cs], IMAGE, "frame: CS"
    CHECK [fault.eflags], VM | IOPL3 | 2, "frame: EFLAGS with VM"
    CHECK [fault.esp], REAL_STACK, "frame: ESP"
    CHECK [fault.ss], 0, "frame: SS"
    CHECK [fault.es], IMAGE + 1, "frame: ES"
    CHECK [fault.ds], IMAGE + 2, "frame: DS"
    CHECK [fault.fs], IMAGE + 3, "frame: FS"
    CHECK [fault.gs], IMAGE + 4, "frame: GS"
    CHECK [fault.frame], STACK_TSS - 36, "frame: nine doublewords at ESP0"
    CHECK [handler_ds], 0, "DS is null in the handler"
    mov eax, fs
    CHECK eax, 0, "FS is null in the handler"
    mov eax, gs
    CHECK eax, 0, "GS is null in the handler"
    mov eax, [handler_flags]
    and eax, VM | IF | NT | RF | TF
    CHECK eax, 0, "VM is clear in the handler"
    SWEEP virtual_int, rule_virtual, 3, "int in virtual-8086 mode to code of every access byte"
    ret

; The upper half of a 16-bit gate's offset does not count (SDM 2A CALL: "EIP :=
; instruction pointer AND 0000FFFFH"; stricter than some emulators).
upper_half:
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    mov ecx, LOW(.target)
    or ecx, 0xabcd0000
    CALL_GATE GATE, SPARE, ecx, PRESENT | SYS_CALL16, 0
    xor ecx, ecx
    call GATE:0
.returned:
.target:
    inc ecx
    pop word [cs_of_caller]             ; two words, and EIP needs its upper half
    add esp, 2
    jmp KCODE:.back
.back:
    CHECK16 [cs_of_caller], LOW(.returned), "16-bit call gate: IP"
    CHECK ecx, 1, "16-bit call gate: the upper half of the offset"
    ret

section .data
    align 8
cs_of_caller:   dd 0
far_pointer:    dd 0, 0
kept:           times 12 dd 0
kept.esp:       dd 0
kept.ss:        dd 0
kept.cs:        dd 0
section .text

END_PROGRAM
