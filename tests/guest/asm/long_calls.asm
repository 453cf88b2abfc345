; Ways into ring 0 in long mode: SYSCALL, SYSENTER, interrupt frames and IST,
; gates.
;
; SDM 2B SYSCALL, SYSENTER, SYSEXIT, SYSRET; 3A 5.8.3.1, 5.8.7, 5.8.8, 6.14.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
PROGRAM "long_calls"
    ENTER_LONG
    call syscalls
    call sysenters
    call frames
    call gates
    jmp finish_64

TRY             equ 0x40

; SDM 2B SYSCALL, SYSRET.
syscalls:
    EXPECT_FAULT_NAMED "syscall without SCE", UD_, 0, syscall
    EXPECT_FAULT_NAMED "sysret without SCE", UD_, 0, o64 sysret
    SET_EFER EFER_SCE, 0
    SET_MSR MSR_STAR, (UCODE32 << 48) | (KCODE64 << 32)
    SET_MSR MSR_LSTAR, .entry
    SET_MSR MSR_FMASK, IF | DF | NT | AC | ID
    mov dword [user_flags], DF | NT | AC | ID | CF | IOPL3 | 2
    AWAIT .insn, .home
    TO_USER .insn
.insn:
    syscall
.behind:
    mov rbx, rsp
    mov edx, ss
    mov esi, cs
    int HOME
.home:
    mov dword [user_flags], 2
    cld
    mov dword [resume.eip], 0
    CHECK [fault.vector], 0xfffffffe, "SYSCALL arrives"
    CHECK rcx, .behind, "RCX is the RIP behind it"
    CHECK r11, DF | NT | AC | ID | CF | IOPL3 | 2, "R11 is RFLAGS"
    CHECK [syscall_flags], CF | IOPL3 | 2, "RFLAGS is masked"
    CHECK32 [syscall_cs], KCODE64, "CS"
    CHECK32 [syscall_ss], KDATA64, "SS"
    CHECK [syscall_rsp], STACK3, "RSP is the caller's"
    ; and back
    SET_MSR MSR_LSTAR, .return
    AWAIT .insn2, .home2
    mov dword [resume.home], .home2
    TO_USER .insn2
.insn2:
    syscall
    mov rbx, rsp
    mov edx, ss
    int HOME
.home2:
    JUDGE "SYSCALL and SYSRET", -1, 0, 0
    CHECK [fault.cs], UCODE64, "SYSRET: CS"
    CHECK rdx, UDATA64, "SYSRET: SS"
    CHECK [fault.eflags], ZF | AC | ID | IOPL3 | 2, "SYSRET: RFLAGS, without RF and VM"
    ; to compatibility mode
    mov ecx, .compat
    mov r11d, 2
    AWAIT .compat, .home3
    mov dword [resume.home], .compat_end
    mov rsp, STACK3
    o32 sysret
bits 32
.compat:
    dec eax                             ; a REX prefix in 64-bit code
    mov eax, 0x12345678
    int HOME
.compat_end:
bits 64
.home3:
    JUDGE "SYSRET of 32 bits", -1, 0, 0
    CHECK [fault.cs], UCODE32, "SYSRET of 32 bits: CS"
    CHECK rax, 0x12345678, "it is compatibility mode"
    USER_FAULT_NAMED "sysret in ring 3", GP_, 0, o64 sysret
    mov rcx, BAD
    EXPECT_FAULT_NAMED "sysret to a RIP that is not canonical", GP_, 0, o64 sysret
    ret
.entry:
    mov [syscall_rsp], rsp
    mov rsp, [resume.esp]
    pushfq
    pop qword [syscall_flags]
    mov [syscall_cs], cs
    mov [syscall_ss], ss
    mov dword [fault.vector], -2
    push 2
    popfq
    jmp [resume.eip]
.return:
    mov r11d, ZF | AC | ID | IOPL3 | VM | RF | 2
    o64 sysret

; SDM 2B SYSENTER, SYSEXIT, in long mode.
sysenters:
    SET_MSR MSR_SYSENTER_CS, 0
    EXPECT_FAULT_NAMED "sysenter, its CS is null", GP_, 0, sysenter
    EXPECT_FAULT_NAMED "sysexit, its CS is null", GP_, 0, sysexit
    SET_MSR MSR_SYSENTER_CS, KCODE64 | 3
    SET_MSR MSR_SYSENTER_ESP, 0xffff800000001234
    SET_MSR MSR_SYSENTER_EIP, .entry
    mov dword [user_flags], DF | NT | CF | 2
    AWAIT .insn, .home
    TO_USER .insn
.insn:
    sysenter
.home:
    cld
    mov dword [user_flags], 2
    mov dword [resume.eip], 0
    CHECK [fault.vector], 0xfffffffe, "SYSENTER arrives"
    CHECK [syscall_rsp], 0xffff800000001234, "RSP"
    CHECK32 [syscall_cs], KCODE64, "CS, with RPL 0"
    CHECK32 [syscall_ss], KDATA64, "SS"
    CHECK [syscall_flags], DF | NT | CF | 2, "RFLAGS"
    ; SYSEXIT of 64 bits: CS + 32, SS + 40
    mov rdx, .out
    mov rcx, STACK3
    AWAIT .out, .home2
    mov dword [resume.home], .home2
    o64 sysexit
.out:
    int HOME
.home2:
    JUDGE "SYSEXIT of 64 bits", -1, 0, 0
    CHECK [fault.cs], UCODE64, "SYSEXIT: CS"
    CHECK [fault.ss], UDATA64_2, "SYSEXIT: SS"
    CHECK [fault.esp], STACK3, "SYSEXIT: RSP"
    mov rdx, .out32
    mov rcx, 0xffffffff00000000 | STACK3
    AWAIT .out32, .home3
    mov dword [resume.home], .home3
    o32 sysexit
bits 32
.out32:
    int HOME
bits 64
.home3:
    JUDGE "SYSEXIT of 32 bits", -1, 0, 0
    CHECK [fault.cs], UCODE32, "SYSEXIT of 32 bits: CS"
    CHECK [fault.ss], UDATA64, "SYSEXIT of 32 bits: SS"
    CHECK [fault.esp], STACK3, "SYSEXIT of 32 bits: ESP"
    mov rdx, BAD
    mov ecx, STACK3
    EXPECT_FAULT_NAMED "sysexit, RIP not canonical", GP_, 0, o64 sysexit
    mov rcx, BAD
    mov edx, .out
    EXPECT_FAULT_NAMED "sysexit, RSP not canonical", GP_, 0, o64 sysexit
    USER_FAULT_NAMED "sysexit in ring 3", GP_, 0, sysexit
    ret
.entry:
    mov [syscall_rsp], rsp
    mov rsp, [resume.esp]
    pushfq
    pop qword [syscall_flags]
    mov [syscall_cs], cs
    mov [syscall_ss], ss
    mov dword [fault.vector], -2
    push 2
    popfq
    jmp [resume.eip]

; SDM 3A 6.14.2-6.14.5: the frame, its alignment, IST.
frames:
    mov rbx, rsp
    mov rsp, STACK1 - 3
    EXPECT_FAULT_NAMED "#UD with an odd RSP", UD_, 0, ud2
    mov rsp, rbx
    CHECK [fault.esp], STACK1 - 3, "RSP is saved as it was"
    CHECK [fault.ss], KDATA64, "SS is always saved"
    CHECK [fault.frame], STACK1 - 16 - 40, "the frame is aligned to 16 bytes"
    mov eax, [handler_ss]
    CHECK rax, KDATA64, "SS stays in the same ring"
    mov rsp, STACK1 - 3
    mov eax, 0xfff8
    EXPECT_FAULT_NAMED "#GP with an odd RSP", GP_, 0xfff8, mov fs, ax
    mov rsp, rbx
    CHECK [fault.frame], STACK1 - 16 - 40, "the error code is below that"
    USER_FAULT UD_, 0, ud2
    CHECK [fault.frame], STACK_TSS - 40, "from ring 3: at RSP0"
    mov eax, [handler_ss]
    CHECK rax, 0, "SS is null in the inner ring"
    mov byte [idt + UD_*16 + 4], 2
    EXPECT_FAULT UD_, 0, ud2
    CHECK [fault.frame], STACK_IST - 0x400 - 40, "IST2 from ring 0"
    CHECK [fault.esp], rbx, "RSP is saved"
    USER_FAULT UD_, 0, ud2
    CHECK [fault.frame], STACK_IST - 0x400 - 40, "IST2 from ring 3"
    mov qword [long_tss + LTSS_IST + 8], STACK_IST - 0x407
    USER_FAULT UD_, 0, ud2
    CHECK [fault.frame], STACK_IST - 0x410 - 40, "an odd IST is aligned"
    mov qword [long_tss + LTSS_IST + 8], STACK_IST - 0x400
    mov byte [idt + UD_*16 + 4], 0
    ; RFLAGS
    push DF | NT | AC | ID | 2
    popfq
    EXPECT_FAULT UD_, 0, ud2
    cld
    mov eax, [handler_flags]
    and eax, TF | IF | DF | NT | RF | AC | ID
    CHECK rax, DF | AC | ID, "NT is clear in the handler"
    ; double fault: #GP whose gate is absent, onto IST1
    and byte [idt + GP_*16 + 5], ~PRESENT & 0xff
    EXPECT_FAULT_NAMED "#GP, absent gate: #DF", DF_, 0, mov fs, ax
    CHECK [fault.frame], STACK_IST - 40, "on IST1"
    or byte [idt + GP_*16 + 5], PRESENT
    ret

; Gates of the IDT (SDM 3A 6.14.1) and of the GDT (5.8.3.1).
gates:
  %macro INT_BY 4                       ; name, selector, access << 8 | IST, error
    LONG_GATE TRY, %2, stubs_64 + 12*TRY, %3
    EXPECT_FAULT_NAMED %1, GP_, %4, int TRY
  %endmacro
    LONG_DEFAULT TRY
    EXPECT_TRAP_NAMED "int by a 64-bit gate", TRY, 0, int TRY
    INT_BY "int by a 16-bit gate", KCODE64, (PRESENT | SYS_INT16) << 8, TRY*8 + 2
    INT_BY "int by a task gate", KCODE64, (PRESENT | SYS_TASK) << 8, TRY*8 + 2
    INT_BY "int by a call gate", KCODE64, (PRESENT | SYS_CALL) << 8, TRY*8 + 2
    INT_BY "int to a 32-bit segment", KCODE, (PRESENT | SYS_INT) << 8, KCODE
    INT_BY "int to a data segment", KDATA, (PRESENT | SYS_INT) << 8, KDATA
    INT_BY "int to null", 0, (PRESENT | SYS_INT) << 8, 0
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_RX, FLAG_G | FLAG_L | FLAG_D
    INT_BY "int to a segment with L and D", SPARE, (PRESENT | SYS_INT) << 8, SPARE
    LONG_GATE TRY, KCODE64, BAD, (PRESENT | SYS_INT) << 8
    EXPECT_FAULT_NAMED "int to a RIP that is not canonical", GP_, 0, int TRY
    LONG_GATE TRY, KCODE64, stubs_64, SYS_INT << 8
    EXPECT_FAULT_NAMED "int by an absent gate", NP_, TRY*8 + 2, int TRY
    LONG_DEFAULT TRY
    USER_FAULT_NAMED "int by a ring-0 gate in ring 3", GP_, TRY*8 + 2, int TRY
    mov word [long_idtr], TRY*16 + 14
    lidt [long_idtr]
    EXPECT_FAULT_NAMED "int, the gate ends beyond the limit", GP_, TRY*8 + 2, int TRY
    mov word [long_idtr], VECTORS*16 - 1
    lidt [long_idtr]
    ; call gates have 16 bytes
    mov dword [far_pointer], 0xdeadbeef
    mov word [far_pointer + 4], GATE
    LONG_CALL_GATE KCODE64, .target, PRESENT | DPL3 | SYS_CALL
    mov [keep], rsp
    CALL_FAR far_pointer
.back:
    CHECK rax, .back, "call by a gate, same ring: RIP"
    CHECK rbx, KCODE64, "call by a gate, same ring: CS"
    sub rcx, [keep]
    CHECK rcx, -16, "call by a gate, same ring: 16 bytes"
    AWAIT .insn, .home
    mov dword [resume.home], .home
    TO_USER .insn
.insn:
    CALL_FAR far_pointer
    int HOME
.home:
    JUDGE "call by a gate from ring 3, and back", -1, 0, 0
    CHECK rcx, STACK_TSS - 32, "to ring 0: 32 bytes"
    CHECK rdx, STACK3, "to ring 0: RSP"
    CHECK rsi, UDATA64, "to ring 0: SS"
    CHECK32 [gate_ss], 0, "to ring 0: SS is null there"
    LONG_CALL_GATE KCODE, .target, PRESENT | DPL3 | SYS_CALL
    EXPECT_FAULT_NAMED "call by a gate to 32-bit code", GP_, KCODE, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, BAD, PRESENT | DPL3 | SYS_CALL
    EXPECT_FAULT_NAMED "call by a gate, RIP not canonical", GP_, 0, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, .target, PRESENT | DPL3 | SYS_CALL
    mov byte [gdt + GATE + 13], 0x0c
    EXPECT_FAULT_NAMED "call by a gate with a type in its upper half", \
        GP_, GATE, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, .target, PRESENT | SYS_CALL
    USER_FAULT_NAMED "call by a ring-0 gate in ring 3", GP_, GATE, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, .target, SYS_CALL
    EXPECT_FAULT_NAMED "call by an absent gate", NP_, GATE, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, .target, PRESENT | SYS_CALL16
    EXPECT_FAULT_NAMED "call by a 16-bit gate", GP_, GATE, CALL_FAR far_pointer
    LONG_CALL_GATE KCODE64, .target, PRESENT | SYS_TASK
    EXPECT_FAULT_NAMED "call by a task gate", GP_, GATE, CALL_FAR far_pointer
    mov word [far_pointer + 4], LONG_TSS
    EXPECT_FAULT_NAMED "call to a TSS", GP_, LONG_TSS, CALL_FAR far_pointer
    LONG_TSS_AT SPARE, long_tss, 0x67
    mov word [far_pointer + 4], SPARE
    EXPECT_FAULT_NAMED "jmp to an available TSS", GP_, SPARE, JMP_FAR far_pointer
    ret
.target:
    mov rcx, rsp
    mov rax, [rsp]
    mov rbx, [rsp + 8]
    mov rdx, [rsp + 16]
    mov rsi, [rsp + 24]
    mov [gate_ss], ss
    o64 retf

section .data
    align 16
far_pointer:    dq 0, 0
keep:           dq 0
syscall_rsp:    dq 0
syscall_flags:  dq 0
syscall_cs:     dd 0
syscall_ss:     dd 0
gate_ss:        dd 0
section .text

END_PROGRAM
