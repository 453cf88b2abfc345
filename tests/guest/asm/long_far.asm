; Far transfers in long mode: JMP, CALL, RET, IRETQ, compatibility mode, and the
; 16-byte descriptors of LTR and LLDT.
;
; SDM 2A CALL, IRET, JMP, LLDT, LTR; 2B RET; 3A 3.3, 5.2.1, 7.2.3.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
PROGRAM "long_far"
    ENTER_LONG
    call far_
    call iretq_
    call compatibility
    call tables
    jmp finish_64

COMPAT          equ UCODE32

; Far transfers without gates.
far_:
    mov qword [far_pointer], .target
    mov word [far_pointer + 8], KCODE64
    mov [keep], rsp
    o64 call far [far_pointer]
.back:
    CHECK rax, .back, "call far m16:64: RIP"
    CHECK rbx, KCODE64, "call far m16:64: CS"
    sub rcx, [keep]
    CHECK rcx, -16, "call far m16:64: 16 bytes"
    mov rax, BAD
    mov [far_pointer], rax
    EXPECT_FAULT_NAMED "jmp far m16:64, not canonical", GP_, 0, o64 jmp far [far_pointer]
    mov dword [far_pointer], .target
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_RX, FLAG_G | FLAG_L | FLAG_D
    mov word [far_pointer + 4], SPARE
    EXPECT_FAULT_NAMED "jmp far to a segment with L and D", GP_, SPARE, JMP_FAR far_pointer
    mov word [far_pointer + 4], 0
    EXPECT_FAULT_NAMED "jmp far to null", GP_, 0, JMP_FAR far_pointer
    ; to a 32-bit segment of ring 0, and back
    mov dword [far_pointer], .compat
    mov word [far_pointer + 4], KCODE
    mov rax, -1
    JMP_FAR far_pointer
bits 32
.compat:
    inc eax
    mov ebx, esp
    jmp KCODE64:.long
bits 64
.long:
    CHECK rax, 0, "32-bit code clears the upper half"
    CHECK rbx, rsp, "and keeps RSP"
    push KCODE64
    push .retf
    o64 retf
.retf:
    push KCODE64
    mov rax, BAD
    push rax
    mov [keep], rsp
    EXPECT_FAULT_NAMED "retfq, not canonical", GP_, 0, o64 retf
    CHECK [fault.esp], [keep], "RSP after it"
    add rsp, 16
    ret
.target:
    mov rcx, rsp
    mov rax, [rsp]
    mov rbx, [rsp + 8]
    o64 retf

; SDM 2A IRET, IA-32e.
iretq_:
  %macro FRAME_ 5                       ; SS, RSP, flags, CS, RIP
    push %1
    push %2
    push %3
    push %4
    push %5
  %endmacro
    mov rbx, rsp
    mov rax, BAD
    FRAME_ KDATA64, rbx, 2, KCODE64, rax
    mov [keep], rsp
    EXPECT_FAULT_NAMED "iretq, RIP not canonical", GP_, 0, iretq
    CHECK [fault.esp], [keep], "RSP after it"
    CHECK [fault.cs], KCODE64, "CS after it"
    mov rsp, rbx
    FRAME_ KDATA64, rbx, NT | 2, KCODE64, .nt
.nt:
    push NT | 2
    popfq
    EXPECT_FAULT_NAMED "iretq with NT", GP_, 0, iretq
    mov rsp, rbx
    ; to the same ring SS and RSP are popped all the same
    FRAME_ 0, STACK1, 2, KCODE64, .null
    iretq
.null:
    mov eax, ss
    mov rdx, rsp
    mov rsp, rbx
    CHECK rax, 0, "iretq, same ring, null SS"
    CHECK rdx, STACK1, "iretq, same ring, RSP"
    mov eax, KDATA64
    mov ss, eax
    FRAME_ 0, STACK3, 2, UCODE64, .null
    EXPECT_FAULT_NAMED "iretq to ring 3, null SS", GP_, 0, iretq
    mov rsp, rbx
    FRAME_ 3, STACK3, 2, UCODE64, .null
    EXPECT_FAULT_NAMED "iretq to ring 3, null SS with RPL 3", GP_, 0, iretq
    mov rsp, rbx
    FRAME_ KDATA64, STACK3, 2, UCODE64, .null
    EXPECT_FAULT_NAMED "iretq to ring 3, SS of ring 0", GP_, KDATA64, iretq
    mov rsp, rbx
    FRAME_ 0, STACK1, 2, KCODE, .null
    EXPECT_FAULT_NAMED "iretq to 32-bit code, null SS", GP_, 0, iretq
    mov rsp, rbx
    FRAME_ KDATA64, rbx, 2, 0, .null
    EXPECT_FAULT_NAMED "iretq to null", GP_, 0, iretq
    mov rsp, rbx
    FRAME_ KDATA64, rbx, 2, UDATA64, .null
    EXPECT_FAULT_NAMED "iretq to data", GP_, UDATA64 & ~3, iretq
    mov rsp, rbx
    ; VM does not get through
    FRAME_ KDATA64, rbx, VM | VIF | ID | 2, KCODE64, .vm
    iretq
.vm:
    pushfq
    pop rax
    push 2
    popfq
    and eax, VM | ID
    CHECK rax, ID, "iretq does not load VM"
    ; a RIP of 32 bits for compatibility mode
    mov rax, 0x1234567800000000
    or eax, .compat
    FRAME_ UDATA64, STACK3, 2, UCODE32, rax
    AWAIT .compat, .home
    mov dword [resume.home], .home
    iretq
bits 32
.compat:
    int HOME
bits 64
.home:
    JUDGE "iretq to compatibility mode cuts RIP", -1, 0, 0
    mov rsp, rbx
    ; IRETD pops doublewords
    sub rsp, 20
    mov dword [rsp], .d
    mov dword [rsp + 4], KCODE64
    mov dword [rsp + 8], CF | 2
    mov [rsp + 12], ebx
    mov dword [rsp + 16], KDATA64
    iretd
.d:
    mov rdx, rsp
    mov rsp, rbx
    CHECK rdx, rbx, "iretd in 64-bit code pops ESP and SS (not by all emulators)"
    ret

; 32-bit code under long mode (SDM 3A 3.3, 5.2.1): limits are back.
compatibility:
    ; ring 3, whose DS has a limit
    DESCRIBE SPARE, 0, 0xfff, PRESENT | DPL3 | DATA_RW, FLAG_D
    mov ecx, SPARE | 3
    mov ds, ecx
    AWAIT .insn, .home
    RING COMPAT, UDATA64, STACK3, .start
bits 32
.start:
    push ebp
    pushad
    popad
    pop ebp
    aam
    les eax, [ss:.pointer]
.insn:
    mov eax, [0x1000]
bits 64
.home:
    mov ecx, UDATA64
    mov ds, ecx
    mov es, ecx
    JUDGE "a limit in compatibility mode (stricter than some)", GP_, 0, 0
    CHECK [fault.cs], COMPAT, "CS of it"
    CHECK [fault.frame], STACK_TSS - 40, "the frame has 64 bits"
    AWAIT .insn2, .home2
    RING COMPAT, UDATA64, STACK3, .insn2
bits 32
.insn2:
    syscall
bits 64
.home2:
    JUDGE "syscall in compatibility mode (not so on AMD)", UD_, 0, 0
    ; a null DS does not do there
    AWAIT .insn3, .home3
    RING COMPAT, UDATA64, STACK3, .start3
bits 32
.start3:
    xor eax, eax
    mov ds, ax
.insn3:
    mov eax, [SCRATCH]
bits 64
.home3:
    mov ecx, UDATA64
    mov ds, ecx
    JUDGE "null DS in compatibility mode (stricter than some)", GP_, 0, 0
    ; ring 3 of 32 bits to ring 0 of 64 by a call gate
    mov dword [far_pointer], 0
    mov word [far_pointer + 4], GATE
    LONG_CALL_GATE KCODE64, .target, PRESENT | DPL3 | SYS_CALL
    AWAIT .insn4, .home4
    mov dword [resume.home], .home4
    RING COMPAT, UDATA64, STACK3, .insn4
bits 32
.insn4:
    call far [far_pointer]
.behind4:
    int HOME
bits 64
.home4:
    JUDGE "call by a gate from compatibility mode, and back", -1, 0, 0
    CHECK rcx, STACK_TSS - 32, "64-bit pushes"
    CHECK rax, .behind4, "EIP, extended"
    CHECK rbx, COMPAT, "CS"
    ret
.target:
    mov rcx, rsp
    mov rax, [rsp]
    mov rbx, [rsp + 8]
    o64 retf
section .data
.pointer: dd 0, 0
section .text

; LTR, LLDT: descriptors of 16 bytes (SDM 3A 7.2.3).
tables:
    LONG_TSS_AT SPARE, long_tss, 0x67
    mov dword [gdt + SPARE + 12], 0x100
    mov eax, SPARE
    EXPECT_FAULT_NAMED "ltr, a type in the upper half", GP_, SPARE, ltr ax
    mov dword [gdt + SPARE + 12], 0
    mov dword [gdt + SPARE + 8], BAD_BASE >> 32
    EXPECT_FAULT_NAMED "ltr, base not canonical", GP_, SPARE, ltr ax
    mov byte [gdt + SPARE + 5], PRESENT | SYS_TSS16
    mov dword [gdt + SPARE + 8], 0
    EXPECT_FAULT_NAMED "ltr of a 16-bit TSS", GP_, SPARE, ltr ax
    LONG_TSS_AT SPARE, long_tss, 0x67
    EXPECT_OK_NAMED "ltr", ltr ax
    CHECK8 [gdt + SPARE + 5], PRESENT | SYS_TSS_BUSY, "it is busy now"
    mov byte [gdt + LONG_TSS + 5], PRESENT | SYS_TSS
    mov eax, LONG_TSS
    ltr ax
    DESCRIBE SPARE, SCRATCH, 0xf, PRESENT | SYS_LDT, 0
    mov dword [gdt + SPARE + 8], 0xffff8000
    mov dword [gdt + SPARE + 12], 0
    mov eax, SPARE
    EXPECT_OK_NAMED "lldt with a high base", lldt ax
    mov dword [gdt + SPARE + 8], BAD_BASE >> 32
    EXPECT_FAULT_NAMED "lldt, base not canonical", GP_, SPARE, lldt ax
    mov eax, 0x0c
    EXPECT_FAULT_NAMED "its descriptors are up there", PF_, 0, mov fs, ax
    CHECK [fault.cr2], 0xffff800000000008 + SCRATCH, "CR2 of it"
    xor eax, eax
    lldt ax
    ; the table's limit counts both halves
    mov word [gdtr], SPARE + 7
    lgdt [gdtr]
    mov eax, SPARE
    EXPECT_FAULT_NAMED "lldt, half beyond the limit", GP_, SPARE, lldt ax
    mov word [gdtr], GDT_LIMIT
    lgdt [gdtr]
    ; SS and CS
    xor eax, eax
    EXPECT_OK_NAMED "mov ss, null in ring 0", mov ss, eax
    mov eax, KDATA64
    mov ss, eax
    mov eax, 3
    EXPECT_FAULT_NAMED "mov ss, 3 in ring 0", GP_, 0, mov ss, eax
    USER_FAULT_NAMED "mov ss, 3 in ring 3", GP_, 0, mov ss, eax
    xor eax, eax
    USER_FAULT_NAMED "mov ss, null in ring 3", GP_, 0, mov ss, eax
    sgdt [table]
    CHECK [table + 2], gdt, "SGDT has ten bytes"
    ret

section .data
    align 16
far_pointer:    dq 0, 0
table:          dw 0xff
                dq 0
keep:           dq 0
section .text

END_PROGRAM
