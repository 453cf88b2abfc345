; Call gates: CALL and JMP by every access byte of gate and code, in ring 0 and
; ring 3; parameters, the inner stack and what may be wrong with it, 16-bit gates.
;
; SDM 3A 5.8.3-5.8.5; 2A CALL, JMP.

%include "board.inc"
%include "protected.inc"
PROGRAM "call_gates"
    ENTER_PROTECTED
    call call_gates
    call call_gate_frames
    call call_gate_stacks
    call sixteen
    call upper_half
    jmp finish_32

%include "sweep.inc"
%include "gates.inc"

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
