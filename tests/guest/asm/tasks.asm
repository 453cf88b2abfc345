; Task switches that work: by JMP, CALL, INT and exceptions through task gates,
; IRET; what is saved and loaded, busy and NT bits, links, 16-bit TSSs, the debug
; trap, rings, CR3. Those that do not are in task_faults.asm.
;
; SDM 3A 7.2-7.6 (table 7-2: busy, NT, link, TS), 6.13.

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
    call rings
    call page_directory
    jmp finish_32

%include "tasks.inc"

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

END_PROGRAM
