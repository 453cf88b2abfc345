; Task switches: by JMP, CALL, INT and exceptions through task gates, IRET; what
; is saved and loaded, busy and NT bits, links, 16-bit TSSs, the debug trap,
; CR3, and everything a new task may be refused for.
;
; SDM 3A 7.2-7.6 (table 7-1: checks; table 7-2: busy, NT, link, TS), 6.13.

%include "board.inc"
%include "protected.inc"
PROGRAM "tasks"
    ENTER_PROTECTED
    call make_tasks
    call jump_
    call call_and_return
    call by_gates
    call exceptions
    call sixteen
    call debug_trap
    call refused
    call refused_returns
    call new_context
    call rings
    call page_directory
    jmp finish_32

%include "sweep.inc"

TASK_B          equ SPARE + 0x08        ; the task that is switched to
TASK_16         equ SPARE + 0x10
GATE_B          equ SPARE + 0x18        ; a task gate to it
LDT_B           equ SPARE + 0x20
FAULT_TASKS     equ SPARE + 0x28        ; and three more: #TS, #NP, #SS, #GP
TRY             equ 0x40
STACK_B         equ STACK2
B_FLAGS         equ CF | ZF | SF | DF | OF | 2

; --- The tasks ------------------------------------------------------------

make_tasks:
    IDT_GATE TRY, TASK_B, 0, PRESENT | DPL3 | SYS_TASK
    GATE_AT gdt + GATE_B, TASK_B, 0xdeadbeef, PRESENT | DPL3 | SYS_TASK, 0x55
    DESCRIBE LDT_B, ldt, 15, PRESENT | SYS_LDT, 0
  %assign n 0
  %rep 4
    mov edi, fault_tss + 104*n
    mov eax, fault_task + 128*n
    mov ebx, STACK_IST + 0x200*n
    call plain_task
    DESCRIBE FAULT_TASKS + 8*n, fault_tss + 104*n, 103, PRESENT | SYS_TSS, 0
    %assign n n + 1
  %endrep
    ; falls through

; Task B as it starts: every register a value of its own.
fresh_b:
    pushad
    push es
    push dword UDATA
    pop es
    cld
    mov edi, tss_b
    mov eax, b_entry
    mov ebx, STACK_B
    call plain_task
    mov dword [tss_b + TSS_EFLAGS], B_FLAGS
    mov dword [tss_b + TSS_EAX], 0xb0000000
    mov dword [tss_b + TSS_EAX + 4], 0xb1111111
    mov dword [tss_b + TSS_EAX + 8], 0xb2222222
    mov dword [tss_b + TSS_EAX + 12], 0xb3333333
    mov dword [tss_b + TSS_EAX + 20], 0xb5555555
    mov dword [tss_b + TSS_EAX + 24], 0xb6666666
    mov dword [tss_b + TSS_EAX + 28], 0xb7777777
    mov dword [tss_b + TSS_LDT], LDT_B
    mov dword [tss_b + TSS_FS], 0x0c    ; of its LDT
    mov word [tss_b], 0x7777            ; the link
    DESCRIBE TASK_B, tss_b, 103, PRESENT | SYS_TSS, 0
    mov byte [ldt + 13], PRESENT | DATA_RW
    mov dword [b_ran], 0
    pop es
    popad
    ret

; The TSS at EDI: starts at EAX with the stack EBX, flat segments.
plain_task:
    push edi
    push eax
    xor eax, eax
    mov ecx, 26
    rep stosd
    pop eax
    pop edi
    mov [edi + TSS_EIP], eax
    mov [edi + TSS_ESP], ebx
    mov dword [edi + TSS_EFLAGS], 2
    mov dword [edi + TSS_CS], KCODE
    mov dword [edi + TSS_SS], KDATA
    mov dword [edi + TSS_DS], UDATA
    mov dword [edi + TSS_ES], UDATA
    mov word [edi + TSS_MAP], 104
    ret

; What B does: notes how it finds itself, and returns.
b_entry:
    mov [b_eax], eax
    pushfd
    pop dword [b_flags]
    mov [b_ecx], ecx
    mov [b_edx], edx
    mov [b_ebx], ebx
    mov [b_esp], esp
    mov [b_ebp], ebp
    mov [b_esi], esi
    mov [b_edi], edi
    mov [b_cs], cs
    mov [b_ss], ss
    mov [b_ds], ds
    mov [b_fs], fs
    mov [b_gs], gs
    str [b_tr]
    sldt [b_ldt]
    mov eax, cr0
    mov [b_cr0], eax
    clts
    mov al, [gdt + MAIN_TSS + 5]
    mov [b_main], al
    mov al, [gdt + TASK_B + 5]
    mov [b_busy], al
    inc dword [b_ran]
    jmp [b_leave]
b_iret:
    iretd
    jmp b_entry
b_jump:
    jmp MAIN_TSS:0
    jmp b_entry

; The tasks of #TS, #NP, #SS, #GP: take the error code and go on in the main
; task, which is made available for that whatever the switch made of it.
    align 128
fault_task:
  %assign n 0
  %rep 4
.again%[n]:
    mov dword [fault.vector], TS_ + n
    pop dword [fault.error]
    str ebx
    mov ecx, [gdt + ebx + 2]            ; base: the image is below 16 MiB
    and ecx, 0xffffff
    movzx ecx, word [ecx]
    mov [fault_link], ecx
    and byte [gdt + MAIN_TSS + 5], ~2 & 0xff
    jmp MAIN_TSS:0
    jmp .again%[n]
    align 128
    %assign n n + 1
  %endrep

; --- Switches that work ---------------------------------------------------

%macro REGISTERS_A 0
    mov ecx, 0xa1111111
    mov edx, 0xa2222222
    mov ebx, 0xa3333333
    mov ebp, 0xa5555555
    mov esi, 0xa6666666
    mov edi, 0xa7777777
    mov eax, 0xa0000000
%endmacro

jump_:
    mov dword [b_leave], b_jump
    mov word [tss], 0x6666
    REGISTERS_A
    stc
    EXPECT_OK_NAMED "jmp to a TSS, and back", jmp TASK_B:0xdeadbeef
    CHECK eax, 0xa0000000, "A's EAX after it"
    CHECK edi, 0xa7777777, "A's EDI after it"
    CHECK [b_ran], 1, "B ran once"
    CHECK [b_eax], 0xb0000000, "B's EAX"
    CHECK [b_ecx], 0xb1111111, "B's ECX"
    CHECK [b_edx], 0xb2222222, "B's EDX"
    CHECK [b_ebx], 0xb3333333, "B's EBX"
    CHECK [b_esp], STACK_B, "B's ESP"
    CHECK [b_ebp], 0xb5555555, "B's EBP"
    CHECK [b_esi], 0xb6666666, "B's ESI"
    CHECK [b_edi], 0xb7777777, "B's EDI"
    CHECK [b_flags], B_FLAGS, "B's EFLAGS: JMP leaves NT clear"
    CHECK16 [b_cs], KCODE, "B's CS"
    CHECK16 [b_ss], KDATA, "B's SS"
    CHECK16 [b_ds], UDATA, "B's DS"
    CHECK16 [b_fs], 0x0c, "B's FS, of its LDT"
    CHECK16 [b_gs], 0, "B's GS, null"
    CHECK16 [b_tr], TASK_B, "TR"
    CHECK16 [b_ldt], LDT_B, "LDTR"
    mov eax, [b_cr0]
    and eax, CR0_TS
    CHECK eax, CR0_TS, "CR0.TS is set"
    CHECK8 [b_main], PRESENT | SYS_TSS, "JMP: the old TSS is available"
    CHECK8 [b_busy], PRESENT | SYS_TSS_BUSY, "the new one is busy"
    CHECK16 [tss_b], 0x7777, "JMP does not write the link"
    CHECK8 [gdt + TASK_B + 5], PRESENT | SYS_TSS, "back by JMP: B is available"
    CHECK8 [gdt + MAIN_TSS + 5], PRESENT | SYS_TSS_BUSY, "and A busy"
    CHECK16 [tss], 0x6666, "A's link is not written either"
    CHECK [tss + TSS_EAX], 0xa0000000, "A's TSS: EAX"
    CHECK [tss + TSS_EAX + 4], 0xa1111111, "A's TSS: ECX"
    CHECK [tss + TSS_EAX + 8], 0xa2222222, "A's TSS: EDX"
    CHECK [tss + TSS_EAX + 12], 0xa3333333, "A's TSS: EBX"
    CHECK [tss + TSS_EAX + 20], 0xa5555555, "A's TSS: EBP"
    CHECK [tss + TSS_EAX + 24], 0xa6666666, "A's TSS: ESI"
    CHECK [tss + TSS_EAX + 28], 0xa7777777, "A's TSS: EDI"
    mov eax, [tss + TSS_EFLAGS]
    and eax, CF | DF | OF | NT
    CHECK eax, CF, "A's TSS: EFLAGS"
    CHECK16 [tss + TSS_CS], KCODE, "A's TSS: CS"
    CHECK16 [tss + TSS_SS], KDATA, "A's TSS: SS"
    CHECK16 [tss + TSS_DS], UDATA, "A's TSS: DS"
    CHECK [tss + TSS_ESP0], STACK_TSS, "A's TSS: ESP0 is not written"
    sldt eax
    CHECK16 ax, 0, "LDTR of A again"
    mov eax, cr0
    and eax, CR0_TS
    CHECK eax, CR0_TS, "every switch sets TS"
    clts
    ret

; Local breakpoint enables of DR7 go with a switch (SDM 3A 7.2.1, 3B 17.2.4).
call_and_return:
    mov dword [b_leave], b_iret
    call fresh_b
    xor eax, eax
    mov dr0, eax
    mov dr1, eax
    mov eax, 0x400 | 1 | 8 | 0x100      ; L0, G1, LE
    mov dr7, eax
    EXPECT_OK_NAMED "call to a TSS, IRET back", call TASK_B:0
    mov eax, dr7
    and eax, 0xff
    CHECK eax, 8, "L0 of DR7 is clear, G1 is not"
    mov eax, 0x400
    mov dr7, eax
    CHECK [b_ran], 1, "B ran once"
    CHECK [b_flags], B_FLAGS | NT, "CALL sets NT in the new task"
    CHECK16 [tss_b], MAIN_TSS, "CALL writes the link"
    CHECK8 [b_main], PRESENT | SYS_TSS_BUSY, "CALL: the old TSS stays busy"
    CHECK8 [gdt + TASK_B + 5], PRESENT | SYS_TSS, "IRET: B is available"
    CHECK8 [gdt + MAIN_TSS + 5], PRESENT | SYS_TSS_BUSY, "IRET: A is busy"
    mov eax, [tss_b + TSS_EFLAGS]
    and eax, NT
    CHECK eax, 0, "IRET: NT is clear in B's saved EFLAGS"
    CHECK [tss_b + TSS_EIP], b_iret + 1, "B's saved EIP is behind its IRET"
    CHECK_FLAGS NT, 0, "A's NT after it"
    clts
    EXPECT_OK_NAMED "again: B goes on behind its IRET", call TASK_B:0
    CHECK [b_ran], 2, "B ran again"
    clts
    ; NT of the caller is saved as it was
    push dword NT | 2
    popfd
    EXPECT_OK_NAMED "call with NT set", call TASK_B:0
    pushfd
    pop eax
    push dword 2
    popfd
    and eax, NT
    CHECK eax, NT, "A's NT is as before"
    clts
    ret

by_gates:
    call fresh_b
    EXPECT_OK_NAMED "call by a task gate", call GATE_B:0x12345678
    CHECK [b_ran], 1, "B ran by a gate"
    clts
    call fresh_b
    mov dword [b_leave], b_jump
    EXPECT_OK_NAMED "jmp by a task gate", jmp GATE_B:0x12345678
    CHECK [b_ran], 1, "B ran by a gate and JMP"
    mov dword [b_leave], b_iret
    clts
    call fresh_b
    EXPECT_OK_NAMED "int by a task gate", int TRY
    CHECK [b_ran], 1, "B ran by INT"
    CHECK [b_flags], B_FLAGS | NT, "INT sets NT"
    CHECK16 [tss_b], MAIN_TSS, "INT writes the link"
    CHECK [b_esp], STACK_B, "INT pushes nothing"
    clts
    ret

; An exception by a task gate puts its error code on the new task's stack.
exceptions:
    mov dword [b_leave], .handler
    call fresh_b
    IDT_GATE GP_, TASK_B, 0, PRESENT | SYS_TASK
    mov eax, 0xfff8
    EXPECT_OK_NAMED "#GP by a task gate", mov fs, ax
    IDT_DEFAULT GP_
    CHECK [b_ran], 1, "B ran by #GP"
    CHECK [b_esp], STACK_B - 4, "the error code is a doubleword"
    CHECK [STACK_B - 4], 0xfff8, "the error code"
    CHECK [b_at], [fault.at], "A's saved EIP is at the faulting instruction"
    mov eax, [b_at_flags]
    and eax, RF
    CHECK eax, RF, "RF is set in A's saved EFLAGS"
    call fresh_b
    IDT_GATE UD_, TASK_B, 0, PRESENT | SYS_TASK
    EXPECT_OK_NAMED "#UD by a task gate", ud2
    IDT_DEFAULT UD_
    CHECK [b_esp], STACK_B, "#UD has no error code"
    mov dword [b_leave], b_iret
    clts
    ret
.handler:
    mov eax, [tss + TSS_EIP]
    mov [b_at], eax
    mov eax, [tss + TSS_EFLAGS]
    mov [b_at_flags], eax
    mov eax, [resume.eip]
    mov [tss + TSS_EIP], eax
    mov esp, STACK_B
    iretd

; A 16-bit TSS (SDM 3A 7.6).
sixteen:
    call fresh_16
    REGISTERS_A
    EXPECT_OK_NAMED "call to a 16-bit TSS, IRET back", call TASK_16:0
    CHECK ecx, 0xa1111111, "A's ECX after it, whole"
    CHECK [b_ran], 1, "the 16-bit task ran"
    CHECK16 [b_eax], 0xc0c0, "its AX"
    CHECK16 [b_esp], STACK_B, "its SP"
    CHECK16 [b_edi], 0xc7c7, "its DI"
    mov eax, [b_flags]
    and eax, 0xffff
    CHECK eax, NT | CF | 2, "its FLAGS, with NT"
    CHECK16 [b_fs], 0, "FS is null"
    CHECK16 [b_gs], 0, "GS is null"
    CHECK16 [tss_16], MAIN_TSS, "its link"
    CHECK16 [tss_16 + 14], LOW(fresh_16.leave), "its IP is saved as a word"
    CHECK16 [tss_16 + 44], 0x1234, "nothing is written behind its LDT"
    CHECK8 [gdt + TASK_16 + 5], PRESENT | SYS_TSS16, "and it is available again"
    clts
    ret

fresh_16:
    mov edi, tss_16
    xor eax, eax
    mov ecx, 11
    rep stosd
    mov word [tss_16 + 14], LOW(.entry)
    mov word [tss_16 + 16], CF | 2
    mov word [tss_16 + 18], 0xc0c0
    mov word [tss_16 + 26], STACK_B
    mov word [tss_16 + 32], 0xc7c7
    mov word [tss_16 + 34], UDATA
    mov word [tss_16 + 36], SPARE
    mov word [tss_16 + 38], KDATA
    mov word [tss_16 + 40], UDATA
    mov dword [tss_16 + 42], 0x12340000
    DESCRIBE TASK_16, tss_16, 43, PRESENT | SYS_TSS16, 0
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    mov dword [b_ran], 0
    ret
.entry:
    movzx esp, sp                       ; 16-bit TSSs do not say
    mov [b_eax], eax
    pushfd
    pop dword [b_flags]
    mov [b_esp], esp
    mov [b_edi], edi
    mov [b_fs], fs
    mov [b_gs], gs
    inc dword [b_ran]
    iretd
.leave:

; T in the TSS (SDM 3B 17.3.1.5): #DB before the first instruction, DR6.BT.
debug_trap:
    mov dword [b_leave], b_iret
    call fresh_b
    mov word [tss_b + TSS_T], 1
    mov eax, 0xffff0ff0
    mov dr6, eax
    AWAIT b_entry, .trapped
    call TASK_B:0
.trapped:
    mov word [tss_b + TSS_T], 0
    JUDGE "call to a TSS with T", DB_, 0, 0
    CHECK [b_ran], 0, "no instruction of B has run"
    mov eax, dr6
    CHECK eax, 0xffff8ff0, "DR6.BT"
    str eax
    CHECK16 ax, TASK_B, "the handler is in the new task"
    mov eax, 0xffff0ff0
    mov dr6, eax
    jmp back_to_main

; --- Refused in the old context -------------------------------------------

rule_tss:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_TSS
    je .available
    cmp al, SYS_TSS_BUSY
    OUT_OF e, GP_, edx
    mov eax, -2
    ret
.available:
    cmp bh, ch
    OUT_OF b, GP_, edx
    cmp bh, cl
    OUT_OF b, GP_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
    ret
try_tss:
    call fresh_b
    mov al, [sweep.access]
    DESCRIBE SWEPT, tss_b, 103, 0, 0
    mov [gdt + SWEPT + 5], al
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    AWAIT .insn, .after
.insn:
    call far [far_pointer]
.after:
    clts
    jmp outcome
try_user_tss:
    call fresh_b
    mov al, [sweep.access]
    DESCRIBE SWEPT, tss_b, 103, 0, 0
    mov [gdt + SWEPT + 5], al
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    USER_RUN call far [far_pointer]
    clts
    jmp outcome
; A task gate by its own access byte.
rule_task_gate:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_TASK
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
try_task_gate:
    call fresh_b
    mov al, [sweep.access]
    GATE_AT gdt + SWEPT, TASK_B, 0, al, 0
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    AWAIT .insn, .after
.insn:
    call far [far_pointer]
.after:
    clts
    jmp outcome
try_user_task_gate:
    call fresh_b
    mov al, [sweep.access]
    GATE_AT gdt + SWEPT, TASK_B, 0, al, 0
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    USER_RUN call far [far_pointer]
    clts
    jmp outcome

refused:
    mov dword [b_leave], b_iret
    SWEEP try_tss, rule_tss, 0, "call to a TSS of every access byte"
    SWEEP try_user_tss, rule_tss, 3, "call to a TSS of every access byte, ring 3"
    SWEEP try_task_gate, rule_task_gate, 0, "call by a task gate of every access byte"
    SWEEP try_user_task_gate, rule_task_gate, 3, "call by a task gate of every access byte, ring 3"
    call fresh_b
    EXPECT_FAULT_NAMED "call to oneself", GP_, MAIN_TSS, call MAIN_TSS:0
    EXPECT_FAULT_NAMED "jmp to oneself", GP_, MAIN_TSS, jmp MAIN_TSS:0
    GATE_AT gdt + SPARE, MAIN_TSS, 0, PRESENT | SYS_TASK, 0
    EXPECT_FAULT_NAMED "call by a gate to a busy TSS", GP_, MAIN_TSS, call SPARE:0
    GATE_AT gdt + SPARE, 0, 0, PRESENT | SYS_TASK, 0
    EXPECT_FAULT_NAMED "call by a gate to null", GP_, 0, call SPARE:0
    GATE_AT gdt + SPARE, TASK_B | 4, 0, PRESENT | SYS_TASK, 0
    EXPECT_FAULT_NAMED "call by a gate to a TSS in an LDT", GP_, TASK_B | 4, call SPARE:0
    GATE_AT gdt + SPARE, GDT_LIMIT + 1, 0, PRESENT | SYS_TASK, 0
    EXPECT_FAULT_NAMED "call by a gate beyond the table", GP_, GDT_LIMIT + 1, call SPARE:0
    GATE_AT gdt + SPARE, KDATA, 0, PRESENT | SYS_TASK, 0
    EXPECT_FAULT_NAMED "call by a gate to data", GP_, KDATA, call SPARE:0
    IDT_GATE TRY, MAIN_TSS, 0, PRESENT | SYS_TASK
    EXPECT_FAULT_NAMED "int by a gate to a busy TSS", GP_, MAIN_TSS, int TRY
    IDT_GATE TRY, TASK_B, 0, SYS_TASK
    EXPECT_FAULT_NAMED "int by an absent task gate", NP_, TRY*8 + 2, int TRY
    IDT_GATE TRY, TASK_B, 0, PRESENT | SYS_TASK
    USER_FAULT_NAMED "int by a ring-0 task gate in ring 3", GP_, TRY*8 + 2, int TRY
    and byte [gdt + TASK_B + 5], ~PRESENT & 0xff
    EXPECT_FAULT_NAMED "call to an absent TSS", NP_, TASK_B, call TASK_B:0
    EXPECT_FAULT_NAMED "int to an absent TSS", NP_, TASK_B, int TRY
    IDT_GATE UD_, TASK_B, 0, PRESENT | SYS_TASK
    EXPECT_FAULT_NAMED "#UD to an absent TSS: EXT", NP_, TASK_B | 1, ud2
    IDT_DEFAULT UD_
    DESCRIBE TASK_B, tss_b, 102, PRESENT | SYS_TSS, 0
    EXPECT_FAULT_NAMED "call to a TSS with limit 66h", TS_, TASK_B, call TASK_B:0
    EXPECT_FAULT_NAMED "int to a TSS with limit 66h", TS_, TASK_B, int TRY
    DESCRIBE TASK_16, tss_16, 42, PRESENT | SYS_TSS16, 0
    EXPECT_FAULT_NAMED "call to a 16-bit TSS with limit 2Ah", TS_, TASK_16, call TASK_16:0
    CHECK8 [gdt + TASK_B + 5], PRESENT | SYS_TSS, "a refused TSS is not marked busy"
    call fresh_b
    IDT_GATE TRY, TASK_B, 0, PRESENT | DPL3 | SYS_TASK
    DESCRIBE SPARE, tss_b, 103, PRESENT | DPL3 | SYS_TSS, 0
    USER_RUN call SPARE:0
    CHECK [fault.vector], -1, "call to a ring-3 TSS in ring 3"
    CHECK [b_ran], 1, "B ran in ring 0 for ring 3"
    CHECK16 [tss + TSS_CS], UCODE, "the caller's CS in its TSS"
    CHECK [fault.cs], UCODE, "and it goes on in ring 3"
    clts
    ret

; IRET with NT set and nothing proper to return to (SDM 2A IRET, TASK-RETURN).
%macro NESTED_IRET 4                    ; name, link, vector, error
    mov word [tss], %2
    mov ebx, esp
    push dword NT | 2
    popfd
    EXPECT_FAULT_NAMED %1, %3, %4, iretd
    push dword 2
    popfd
    mov esp, ebx
%endmacro
refused_returns:
    call fresh_b
    NESTED_IRET "iret to a TSS that is not busy", TASK_B, TS_, TASK_B
    NESTED_IRET "iret to null", 0, TS_, 0
    NESTED_IRET "iret beyond the table", GDT_LIMIT + 1, TS_, GDT_LIMIT + 1
    NESTED_IRET "iret to a TSS in an LDT", TASK_B | 4, TS_, TASK_B | 4
    NESTED_IRET "iret to data", KDATA, TS_, KDATA
    DESCRIBE SPARE, tss_b, 103, SYS_TSS_BUSY, 0
    NESTED_IRET "iret to an absent busy TSS", SPARE, NP_, SPARE
    DESCRIBE SPARE, tss_b, 102, PRESENT | SYS_TSS_BUSY, 0
    NESTED_IRET "iret to a busy TSS that is too short", SPARE, TS_, SPARE
    mov word [tss], 0
    ret

; --- Refused in the new context (SDM 3A table 7-1) ------------------------

; All end in a fault task. What is tried is a field of B's TSS.
try_in_b:
    call fresh_b
    mov ecx, [b_field]
    mov eax, [sweep.selector]
    mov [tss_b + ecx], ax
    mov dword [fault.error], 0
    mov dword [fault_link], 0
    AWAIT .insn, .after
.insn:
    call TASK_B:0
.after:
    clts
    and byte [gdt + TASK_B + 5], ~2 & 0xff
    jmp outcome

rule_b_data:
    test bl, 0x10
    OUT_OF z, TS_, edx
    mov al, bl
    and al, 0x0a
    cmp al, 0x08
    OUT_OF e, TS_, edx
    mov al, bl
    and al, 0x0c
    cmp al, 0x0c
    je .present
    cmp bh, cl
    jae .present
    test bl, PRESENT                    ; of two faults the order is not told well
    mov eax, -2
    jz .done
    mov eax, TS_ << 16
    or eax, edx
.done:
    ret
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
    ret
rule_b_stack:
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    OUT_OF ne, TS_, edx
    mov al, bh
    or al, cl
    jz .present
    test bl, PRESENT
    mov eax, -2
    jz .done
    mov eax, TS_ << 16
    or eax, edx
    ret
.present:
    test bl, PRESENT
    OUT_OF z, SS_, edx
    test bl, 4                          ; an empty expand-down stack faults later
    mov eax, -2
    jnz .done
    mov eax, NOTHING
.done:
    ret
rule_b_code:                            ; ring 0 only
    test cl, cl
    mov eax, -2
    jnz .done
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, TS_, edx
    cmp bh, 0
    OUT_OF ne, TS_, edx
    test bl, PRESENT
    OUT_OF z, NP_, edx
    mov eax, NOTHING
.done:
    ret
rule_b_ldt:
    mov al, bl
    and al, 0x9f
    cmp al, PRESENT | SYS_LDT
    OUT_OF ne, TS_, edx
    mov eax, NOTHING
    ret

%macro IN_B 5                           ; name, field, selector, vector, error
    call fresh_b
    mov word [tss_b + %2], %3
    AWAIT %%insn, %%after
%%insn: call TASK_B:0
%%after:
    clts
    mov dword [fault.eip], %%insn
    JUDGE %1, %4, %5, 0
%endmacro

new_context:
  %assign n 0
  %rep 4
    IDT_GATE TS_ + n, FAULT_TASKS + 8*n, 0, PRESENT | SYS_TASK
    %assign n n + 1
  %endrep
    mov dword [b_field], TSS_DS
    SWEEP try_in_b_ds, rule_b_data, 0, "a task whose DS has every access byte"
    mov dword [b_field], TSS_GS
    SWEEP try_in_b, rule_b_data, 0, "a task whose GS has every access byte"
    mov dword [b_field], TSS_SS
    SWEEP try_in_b, rule_b_stack, 0, "a task whose SS has every access byte"
    mov dword [b_field], TSS_CS
    SWEEP try_in_b, rule_b_code, 0, "a task whose CS has every access byte"
    mov dword [b_field], TSS_LDT
    SWEEP try_in_b_ldt, rule_b_ldt, 0, "a task whose LDT has every access byte"
    IN_B "a task whose CS is null", TSS_CS, 0, TS_, 0
    CHECK [fault_link], TASK_B, "the fault is in the new task"
    CHECK [tss_b + TSS_EIP], b_entry, "before its first instruction"
    CHECK16 [tss_b], MAIN_TSS, "which is linked to the old one"
    CHECK [b_ran], 0, "and did not run"
    IN_B "a task whose SS is null", TSS_SS, 0, TS_, 0
    IN_B "a task whose CS is beyond the table", TSS_CS, GDT_LIMIT + 1, TS_, GDT_LIMIT + 1
    IN_B "a task whose SS is beyond the table", TSS_SS, GDT_LIMIT + 1, TS_, GDT_LIMIT + 1
    IN_B "a task whose DS is beyond the table", TSS_DS, GDT_LIMIT + 1, TS_, GDT_LIMIT + 1
    IN_B "a task whose LDT is beyond the table", TSS_LDT, GDT_LIMIT + 1, TS_, GDT_LIMIT + 1
    IN_B "a task whose LDT is in an LDT", TSS_LDT, LDT_B | 4, TS_, LDT_B | 4
    IN_B "a task whose FS is beyond its LDT", TSS_FS, 0x14, TS_, 0x14
    IN_B "a task with null LDT and an FS in it", TSS_LDT, 0, TS_, 0x0c
    IN_B "a task with null DS", TSS_GS, 3, -1, 0
    DESCRIBE SPARE, 0, 0xffff, PRESENT | CODE_RX, FLAG_D
    IN_B "a task whose EIP is beyond its CS", TSS_CS, SPARE, GP_, 0
  %assign n 0
  %rep 4
    IDT_DEFAULT TS_ + n
    %assign n n + 1
  %endrep
    ret
try_in_b_ds:                            ; B wants a writable DS: it gives itself one
    call fresh_b
    mov eax, [sweep.selector]
    mov [tss_b + TSS_DS], ax
    mov dword [tss_b + TSS_EIP], .entry
    mov dword [fault.error], 0
    AWAIT .insn, .after
.insn:
    call TASK_B:0
.after:
    clts
    and byte [gdt + TASK_B + 5], ~2 & 0xff
    jmp outcome
.entry:
    iretd
try_in_b_ldt:                           ; without a segment of the LDT
    call fresh_b
    mov eax, [sweep.selector]
    and eax, ~3                         ; the RPL of an LDT selector is not looked at
    mov [tss_b + TSS_LDT], ax
    mov word [tss_b + TSS_FS], 0
    mov dword [fault.error], 0
    AWAIT .insn, .after
.insn:
    call TASK_B:0
.after:
    clts
    and byte [gdt + TASK_B + 5], ~2 & 0xff
    jmp outcome

; A task of ring 3, and one of virtual-8086 mode.
rings:
    call fresh_b
    mov dword [tss_b + TSS_CS], UCODE
    mov dword [tss_b + TSS_SS], UDATA
    mov dword [tss_b + TSS_ESP0], STACK1
    mov dword [tss_b + TSS_SS0], KDATA
    mov dword [tss_b + TSS_EIP], .ring3
    mov dword [tss_b + TSS_FS], 0
    AWAIT .ring3, .home
    mov dword [resume.home], 0
    call TASK_B:0
.home:
    JUDGE "a task of ring 3 faults at its HLT", GP_, 0, 0
    CHECK [fault.frame], STACK1 - 20, "onto its own ring-0 stack"
    CHECK [fault.cs], UCODE, "its CS"
    call back_to_main
    call fresh_b
    mov dword [tss_b + TSS_CS], IMAGE
    mov dword [tss_b + TSS_SS], 0
    mov dword [tss_b + TSS_ESP], REAL_STACK
    mov dword [tss_b + TSS_DS], IMAGE + 1
    mov dword [tss_b + TSS_ES], IMAGE + 2
    mov dword [tss_b + TSS_FS], IMAGE + 3
    mov dword [tss_b + TSS_GS], IMAGE + 4
    mov dword [tss_b + TSS_ESP0], STACK1
    mov dword [tss_b + TSS_SS0], KDATA
    mov dword [tss_b + TSS_EFLAGS], VM | 2
    mov dword [tss_b + TSS_EIP], LOW(.ring3)
    AWAIT LOW(.ring3), .home86
    call TASK_B:0
.home86:
    JUDGE "a virtual-8086 task faults at its HLT", GP_, 0, 0
    mov eax, [fault.eflags]
    and eax, VM | NT
    CHECK eax, VM | NT, "its EFLAGS"
    CHECK [fault.cs], IMAGE, "its CS"
    CHECK [fault.ds], IMAGE + 1, "its DS"
    CHECK [fault.gs], IMAGE + 4, "its GS"
    CHECK [fault.esp], REAL_STACK, "its ESP"
    jmp back_to_main
.ring3:
    hlt

; From B's ring 0 back into the main task, on the same stack.
back_to_main:
    mov [tss + TSS_ESP], esp
    mov dword [tss + TSS_EIP], .there
    mov dword [tss + TSS_EFLAGS], 2
    mov byte [gdt + MAIN_TSS + 5], PRESENT | SYS_TSS
    jmp MAIN_TSS:0
.there:
    clts
    ret

; CR3 is of the task (SDM 3A 7.2.1): two directories that differ in one page.
page_directory:
    mov edi, TABLES
    xor eax, eax
    mov ecx, 0x4000/4
    rep stosd
    mov dword [TABLES], 0x83            ; 4 MiB pages: low memory is itself
    mov dword [TABLES + 4], 0x83
    mov dword [TABLES + 0x1000], 0x83
    mov dword [TABLES + 0x1004], 0x400083
    mov dword [0x20000], 0x0a0a0a0a
    mov dword [0x420000], 0x0b0b0b0b
    call fresh_b
    mov dword [tss_b + TSS_CR3], TABLES + 0x1000
    mov dword [tss + TSS_CR3], TABLES
    mov dword [tss_b + TSS_EIP], .entry
    mov eax, CR4_PSE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    CHECK [0x420000], 0x0a0a0a0a, "A's view"
    EXPECT_OK_NAMED "call to a task with its own CR3", call TASK_B:0
    mov eax, cr3
    CHECK eax, TABLES, "A's CR3 again"
    CHECK [0x420000], 0x0a0a0a0a, "A's view again"
    CHECK [b_eax], 0x0b0b0b0b, "B's view"
    CHECK [b_ecx], TABLES + 0x1000, "B's CR3"
    mov eax, cr0
    and eax, ~(CR0_PG | CR0_TS)
    mov cr0, eax
    ret
.entry:
    mov eax, [0x420000]
    mov [b_eax], eax
    mov eax, cr3
    mov [b_ecx], eax
    iretd

section .data
    align 16
fault_tss:      times 4*104 db 0
tss_b:          times 104 db 0
tss_16:         times 46 db 0
    align 8
ldt:
    SEGMENT_DESCRIPTOR PRESENT | DATA_RW, FLAT, 0xfffff
    SEGMENT_DESCRIPTOR PRESENT | DATA_RW, FLAT, 0xfffff
b_leave:        dd 0
b_ran:          dd 0
b_eax:          dd 0
b_ecx:          dd 0
b_edx:          dd 0
b_ebx:          dd 0
b_esp:          dd 0
b_ebp:          dd 0
b_esi:          dd 0
b_edi:          dd 0
b_flags:        dd 0
b_cs:           dd 0
b_ss:           dd 0
b_ds:           dd 0
b_fs:           dd 0
b_gs:           dd 0
b_tr:           dd 0
b_ldt:          dd 0
b_cr0:          dd 0
b_main:         dd 0
b_busy:         dd 0
b_at:           dd 0
b_at_flags:     dd 0
b_field:        dd 0
fault_link:     dd 0
far_pointer:    dd 0, 0
section .text

END_PROGRAM
