; Interrupt and trap gates: INT n and exceptions by every access byte of gate and
; code; frames, flags, inner stacks, two exceptions at once, virtual-8086 mode.
; Task gates are in tasks.asm.
;
; SDM 3A 6.11-6.15 (table 6-5); 2A INT n.

%include "board.inc"
%include "protected.inc"
PROGRAM "interrupts"
    ENTER_PROTECTED
    call interrupt_gates
    call interrupt_frames
    call interrupt_stacks
    call double_faults
    call from_virtual
    jmp finish_32

%include "sweep.inc"
%include "gates.inc"

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

section .data
    align 8
far_pointer:    dd 0, 0
kept:           times 12 dd 0
section .text

END_PROGRAM
