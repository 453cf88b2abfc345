; Task switches that are refused, in the old context and in the new one.
;
; SDM 3A 7.3 (table 7-1: what is checked), 2A CALL, INT n, IRET.

%include "board.inc"
%include "protected.inc"
PROGRAM "task_faults"
    ENTER_PROTECTED
    call make_tasks
    call refused
    call refused_returns
    call new_context
    jmp finish_32

%include "sweep.inc"
%include "tasks.inc"

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

END_PROGRAM
