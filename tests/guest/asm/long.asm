; Long mode: canonical addresses, what 64-bit code lost, REX, zero extension,
; segment bases, SYSCALL and SYSENTER, interrupt frames and IST, far transfers,
; IRETQ, compatibility mode, 16-byte descriptors, CR8.
;
; SDM 1 3.3.7; 2A 2.2.1, IRET, JMP, CALL; 2B MOV, RET, SWAPGS, SYSCALL, SYSENTER,
; SYSEXIT, SYSRET; 3A 5.2.1, 5.8, 6.14, 7.7, 8.2.

%include "board.inc"
%include "long.inc"

TRY             equ 0x40
GATE            equ SPARE + 0x10        ; sixteen bytes
COMPAT          equ UCODE32
BAD             equ 0x0000800000000000  ; the first address that is not canonical

PROGRAM "long"
    ENTER_LONG
    mov eax, 1
    cpuid
    mov [features1], edx
    mov eax, 7
    xor ecx, ecx
    cpuid
    mov [features7], ebx
    call canonical
    call lost
    call rex
    call widths
    call addresses
    call bases
    call syscalls
    call sysenters
    call frames
    call gates
    call far_
    call iretq_
    call compatibility
    call tables
    call cr8_
    call canonical_tables
    jmp finish_64

; Far transfers through m16:32, without the REX.W an assembler likes to add.
%macro CALL_FAR 1
    db 0xff, 0x1c, 0x25
    dd %1
%endmacro
%macro JMP_FAR 1
    db 0xff, 0x2c, 0x25
    dd %1
%endmacro
%macro SET_CR4 2
    mov rax, cr4
    or eax, %1
    and eax, ~(%2)
    mov cr4, rax
%endmacro
%macro SET_MSR 2                        ; MSR, 64-bit value
    push rax
    push rcx
    push rdx
    mov rax, %2
    mov rdx, rax
    shr rdx, 32
    mov ecx, %1
    wrmsr
    pop rdx
    pop rcx
    pop rax
%endmacro

; SDM 1 3.3.7.1; exceptions of memory operands, 64-bit mode.
canonical:
    mov rbx, BAD
    mov rbp, rbx
    mov ecx, 1
    EXPECT_FAULT GP_, 0, mov al, [rbx]
    EXPECT_FAULT GP_, 0, mov [rbx], rax
    EXPECT_FAULT SS_, 0, mov al, [rbp]
    EXPECT_FAULT SS_, 0, mov [rbp + 8], rax
    EXPECT_FAULT GP_, 0, add [rbx], eax
    EXPECT_FAULT GP_, 0, cmpxchg8b [rbx]
    EXPECT_FAULT GP_, 0, push qword [rbx]
    EXPECT_FAULT GP_, 0, jmp [rbx]
    EXPECT_FAULT GP_, 0, movups xmm0, [rbx]
    EXPECT_FAULT GP_, 0, fld qword [rbx]
    EXPECT_FAULT GP_, 0, clflush [rbx]
    EXPECT_FAULT GP_, 0, lgdt [rbx]
    EXPECT_OK invlpg [rbx]
    EXPECT_OK prefetcht0 [rbx]
    EXPECT_OK nop dword [rbx]
    EXPECT_OK lea rax, [rbx]
    mov rsi, rbx
    mov edi, SCRATCH
    EXPECT_FAULT GP_, 0, movsb
    EXPECT_FAULT GP_, 0, lodsq
    mov rdi, rbx
    EXPECT_FAULT GP_, 0, stosb
    mov ecx, 0
    EXPECT_OK_NAMED "rep stosb of nothing", rep stosb
    mov rax, 0xffff7fffffffffff
    EXPECT_FAULT_NAMED "the last one that is not", GP_, 0, mov cl, [rax]
    ; over the edge (stricter than some emulators)
    mov rax, BAD - 4
    EXPECT_FAULT_NAMED "eight bytes over the edge", GP_, 0, mov rcx, [rax]
    ; transfers: the branch faults, not its target
    mov [keep], rsp
    EXPECT_FAULT_NAMED "jmp rbx, not canonical", GP_, 0, jmp rbx
    EXPECT_FAULT_NAMED "call rbx, not canonical", GP_, 0, call rbx
    CHECK [fault.esp], [keep], "RSP after it"
    push rbx
    mov [keep], rsp
    EXPECT_FAULT_NAMED "ret, not canonical", GP_, 0, ret
    CHECK [fault.esp], [keep], "RSP after it"
    pop rbx
    ; the stack itself, in ring 3
    lea r8, [rbx + 0x100]
    USER_AFTER "push, RSP not canonical", SS_, 0, {mov rsp, r8}, {push rax}
    USER_AFTER "pop, RSP not canonical", SS_, 0, {mov rsp, rbx}, {pop rax}
    USER_AFTER "call, RSP not canonical", SS_, 0, {mov rsp, r8}, {call $ + 5}
    USER_AFTER "ret, RSP not canonical", SS_, 0, {mov rsp, rbx}, {ret}
    USER_AFTER "enter, RSP not canonical", SS_, 0, {mov rsp, r8}, {enter 8, 0}
    USER_AFTER "leave, RBP not canonical", SS_, 0, {mov rbp, rbx}, {leave}
    USER_AFTER "[rsp] not canonical", SS_, 0, {mov rsp, rbx}, {mov rax, [rsp]}
    CHECK [fault.esp], rbx, "RSP of it"
    ret

; What may be loaded. Last: some emulators take it, and get lost.
canonical_tables:
    mov rax, BAD
    mov [table + 2], rax
    EXPECT_FAULT_NAMED "lgdt, base not canonical", GP_, 0, lgdt [table]
    EXPECT_FAULT_NAMED "lidt, base not canonical", GP_, 0, lidt [table]
    xor eax, eax
    mov edx, BAD >> 32
    mov ecx, MSR_LSTAR
    EXPECT_FAULT_NAMED "LSTAR not canonical", GP_, 0, wrmsr
    mov ecx, MSR_FS_BASE
    EXPECT_FAULT_NAMED "FS base not canonical", GP_, 0, wrmsr
    mov ecx, MSR_KERNEL_GS
    EXPECT_FAULT_NAMED "kernel GS base not canonical", GP_, 0, wrmsr
    mov ecx, MSR_SYSENTER_EIP
    EXPECT_FAULT_NAMED "SYSENTER_EIP not canonical", GP_, 0, wrmsr
    ret

; Opcodes 64-bit code does not have (SDM 2D A.3, "i64").
lost:
  %macro LOST 2+
    EXPECT_FAULT_NAMED %1, UD_, 0, db %2
  %endmacro
    LOST "push es", 0x06
    LOST "pop es", 0x07
    LOST "push cs", 0x0e
    LOST "push ss", 0x16
    LOST "pop ss", 0x17
    LOST "push ds", 0x1e
    LOST "pop ds", 0x1f
    LOST "daa", 0x27
    LOST "das", 0x2f
    LOST "aaa", 0x37
    LOST "aas", 0x3f
    LOST "pusha", 0x60
    LOST "popa", 0x61
    LOST "82h", 0x82, 0xc0, 0x00
    LOST "call far imm", 0x9a, 0, 0, 0, 0, 0x60, 0
    LOST "into", 0xce
    LOST "aam", 0xd4, 0x0a
    LOST "aad", 0xd5, 0x0a
    LOST "salc", 0xd6
    LOST "jmp far imm", 0xea, 0, 0, 0, 0, 0x60, 0
    LOST "mov cs, eax", 0x8e, 0xc8
    LOST "lock nop", 0xf0, 0x90
    EXPECT_OK_NAMED "push fs", push fs
    add rsp, 8
    EXPECT_OK_NAMED "lahf", lahf
    EXPECT_TRAP DB_, 0, int1
    EXPECT_FAULT_NAMED "15 prefixes", GP_, 0, db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90
    EXPECT_OK_NAMED "15 bytes with REX", db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x40,0x90
    ret

; SDM 2A 2.2.1.
rex:
    mov rax, 0x1111222233334444
    mov rcx, rax
    db 0x48, 0x66, 0xff, 0xc0           ; REX.W, then 66: INC AX
    CHECK rax, 0x1111222233334445, "a REX that is not last does not count"
    mov rax, rcx
    db 0x66, 0x48, 0xff, 0xc0           ; INC RAX
    CHECK rax, 0x1111222233334445, "REX.W beats 66"
    mov rax, 0x11112222ffffffff
    db 0x66, 0x48, 0xff, 0xc0
    CHECK rax, 0x1111222300000000, "REX.W beats 66: it carries"
    mov rax, 0x11112222ffffffff
    db 0x48, 0x40, 0xff, 0xc0           ; of two REX the last counts
    CHECK rax, 0, "of two REX the last counts"
    mov rax, 0x1111222233334444
    mov rbx, rsp
    db 0x40, 0x88, 0xe0                 ; MOV AL, SPL
    movzx ebx, bl
    CHECK8 al, rbx, "with REX register 4 is SPL"
    mov eax, 0x1200
    db 0x88, 0xe0                       ; MOV AL, AH
    CHECK rax, 0x1212, "without it is AH"
    mov r8, 0x77
    mov eax, 0x55
    db 0x41, 0x90                       ; XCHG R8D, EAX
    CHECK rax, 0x77, "REX.B 90 is XCHG R8"
    CHECK r8, 0x55, "both ways"
    mov r12, SCRATCH
    mov r13, SCRATCH
    mov dword [SCRATCH], 0x5a5a5a5a
    mov eax, [r12]
    CHECK rax, 0x5a5a5a5a, "[r12] needs a SIB byte as RSP does"
    xor eax, eax
    mov eax, [r13]
    CHECK rax, 0x5a5a5a5a, "[r13] needs a displacement as RBP does"
    mov ebx, SCRATCH
    mov r12d, 4
    mov dword [SCRATCH + 8], 0x6b6b6b6b
    mov eax, [rbx + r12*2]
    CHECK rax, 0x6b6b6b6b, "R12 may be an index"
    db 0x64, 0x48, 0x90                 ; FS, REX, NOP
    mov rax, 0x0000000080000000
    movsxd rcx, eax
    CHECK rcx, 0xffffffff80000000, "MOVSXD"
    mov rcx, -1
    db 0x63, 0xc8                       ; MOVSXD ECX, EAX without REX.W
    CHECK rcx, 0x80000000, "MOVSXD without REX.W is MOV"
    ret

; What 32-bit results do to the upper half, and 16- and 8-bit ones do not.
widths:
    mov rax, -1
    mov rcx, -1
    mov eax, eax
    CHECK rax, 0xffffffff, "MOV EAX, EAX"
    mov rax, -1
    db 0x90
    CHECK rax, -1, "90 is NOP"
    db 0x87, 0xc0
    CHECK rax, 0xffffffff, "87 C0, XCHG EAX, EAX, is not"
    mov rax, -1
    inc ax
    CHECK rax, 0xffffffffffff0000, "INC AX"
    mov rax, -1
    inc al
    CHECK rax, 0xffffffffffffff00, "INC AL"
    mov rax, -1
    cmp ecx, ecx
    cmovne eax, ecx
    CHECK rax, 0xffffffff, "CMOV that does not move"
    mov rax, -1
    xor ecx, ecx
    shl eax, cl
    CHECK rax, 0xffffffff, "SHL by nothing"
    mov ecx, 5
    mov rax, 0xffffffff00000005
    mov ebx, SCRATCH
    mov dword [rbx], 9
    cmpxchg [rbx], ecx
    CHECK rax, 9, "CMPXCHG that fails extends EAX"
    mov rax, -1
    lea eax, [rax + 1]
    CHECK rax, 0, "LEA EAX"
    mov rax, -1
    lea ax, [rax + 1]
    CHECK rax, 0xffffffffffff0000, "LEA AX"
    mov rax, -1
    push -2
    pop rax
    CHECK rax, -2, "PUSH imm8 extends to 64 bits"
    mov rbx, rsp
    push -0x80000000
    sub rbx, rsp
    pop rax
    CHECK rax, 0xffffffff80000000, "PUSH imm32 extends to 64 bits"
    CHECK rbx, 8, "and takes eight bytes"
    mov rbx, rsp
    db 0x66, 0x68, 0x34, 0x12           ; PUSH imm16
    sub rbx, rsp
    pop cx
    CHECK rbx, 2, "PUSH with 66 takes two"
    mov rax, 0x1122334455667788
    mov rdx, 0x99aabbccddeeff00
    cdq
    CHECK rdx, 0, "CDQ"
    cdqe
    CHECK rax, 0x55667788, "CDQE"
    mov rax, -1
    mov eax, cs
    CHECK rax, KCODE64, "MOV EAX, CS"
    mov rax, -1
    mov ax, cs
    CHECK rax, 0xffffffffffff0000 | KCODE64, "MOV AX, CS"
    mov rax, -1
    str ax
    CHECK rax, 0xffffffffffff0000 | LONG_TSS, "STR AX"
    mov rcx, -1
    mov ecx, 1
    loop .never
    CHECK rcx, 0, "LOOP counts RCX"
.never:
    mov rcx, 0x100000001
    a32 loop .never2
    CHECK rcx, 0, "a32 LOOP counts ECX and extends it"
.never2:
    mov rcx, 0x100000000
    jrcxz .wrong
    jecxz .right
.wrong:
    mov ecx, 1
.right:
    CHECK rcx, 0x100000000, "JRCXZ and JECXZ"
    ret

addresses:
    mov rax, 0x7fffffff00000000 | SCRATCH
    mov dword [SCRATCH], 0x31313131
    mov ecx, [eax]
    CHECK rcx, 0x31313131, "a32 [eax]"
    mov eax, SCRATCH + 0x10
    mov rbx, -0x10
    mov ecx, [eax + ebx]
    CHECK rcx, 0x31313131, "a32 [eax + ebx] wraps at 4 GiB"
    mov ecx, [rel .here]
    mov edx, [abs .here]
    CHECK rcx, rdx, "[rip + disp32]"
    a32 mov ecx, [rel .here]
    CHECK rcx, rdx, "[eip + disp32]"
    db 0x8b, 0x0d                       ; MOV ECX, [RIP + disp32] ...
    dd .here - $ - 4
.here:
    CHECK rcx, rdx, "RIP is that of the next instruction"
    db 0x81, 0x3d                       ; CMP with an immediate behind: still the next
    dd .there - .next
    dd 0x0badcafe
.next:
    sete al
    CHECK8 al, 1, "also with an immediate"
    mov rax, [qword SCRATCH]
    CHECK32 eax, 0x31313131, "MOV RAX, moffs64"
    mov rsi, 0xffffffff00000000 | SCRATCH
    mov rdi, 0xffffffff00000000 | (SCRATCH + 0x100)
    mov rcx, 0xffffffff00000004
    a32 rep movsb
    CHECK32 [SCRATCH + 0x100], 0x31313131, "a32 REP MOVSB"
    CHECK rsi, SCRATCH + 4, "and RSI is extended"
    CHECK rcx, 0, "and RCX"
    mov rcx, 0xffffffff00000000
    mov rdi, 0xffffffff00000000 | SCRATCH
    a32 rep stosb
    CHECK32 edi, SCRATCH, "a32 REP of nothing"
    ; overrides of CS, DS, ES, SS count for nothing
    mov ebx, SCRATCH
    mov eax, 0
    mov ds, ax
    mov es, ax
    EXPECT_OK_NAMED "null DS", mov eax, [rbx]
    EXPECT_OK_NAMED "an ES override, null ES", db 0x26, 0x8b, 0x03
    EXPECT_OK_NAMED "a write with CS override", db 0x2e, 0x89, 0x03
    mov eax, UDATA64
    mov ds, eax
    mov es, eax
    ret
.there: dd 0x0badcafe

; Bases of FS and GS (SDM 3A 3.4.4).
bases:
    SET_MSR MSR_FS_BASE, SCRATCH
    SET_MSR MSR_GS_BASE, SCRATCH + 0x1000
    SET_MSR MSR_KERNEL_GS, SCRATCH + 0x2000
    mov dword [SCRATCH], 0xf5f5f5f5
    mov dword [SCRATCH + 0x1000], 0x65656565
    mov dword [SCRATCH + 0x2000], 0x76767676
    CHECK32 [fs:0], 0xf5f5f5f5, "FS base"
    CHECK32 [gs:0], 0x65656565, "GS base"
    swapgs
    CHECK32 [gs:0], 0x76767676, "SWAPGS"
    mov ecx, MSR_KERNEL_GS
    rdmsr
    CHECK32 eax, SCRATCH + 0x1000, "and the other is kept"
    swapgs
    USER_FAULT_NAMED "swapgs in ring 3", GP_, 0, swapgs
    USER_RUN mov eax, [gs:0]
    CHECK rax, 0x65656565, "bases are for ring 3, too"
    lea rax, [fs:0x10]
    CHECK rax, 0x10, "LEA knows no base"
    SET_MSR MSR_FS_BASE, 0xffff800000000000
    mov rbx, 0x0000800000000000 + SCRATCH
    mov eax, [fs:rbx]                   ; the sum is what must be canonical
    CHECK rax, 0xf5f5f5f5, "FS base and offset wrap at 64 bits"
    SET_MSR MSR_FS_BASE, 0x00007ffffffff000
    EXPECT_FAULT_NAMED "FS base and offset, not canonical", GP_, 0, mov eax, [fs:0x1000]
    DESCRIBE SPARE, SCRATCH, 0xfffff, PRESENT | DATA_RW, FLAT
    SET_MSR MSR_FS_BASE, 0xffff800000000000
    mov eax, SPARE
    mov fs, eax
    CHECK32 [fs:0], 0xf5f5f5f5, "MOV FS takes the descriptor's base"
    mov ecx, MSR_FS_BASE
    rdmsr
    CHECK32 edx, 0, "and clears the rest"
    DESCRIBE SPARE, 0, 0xf, PRESENT | DATA_RW, 0
    mov eax, SPARE
    mov fs, eax
    EXPECT_OK_NAMED "no limit in 64-bit code", mov eax, [fs:SCRATCH]
    mov eax, [features7]
    test eax, 1
    jz .no_fsgsbase
    EXPECT_FAULT_NAMED "rdfsbase without FSGSBASE", UD_, 0, rdfsbase rax
    SET_CR4 CR4_FSGSBASE, 0
    mov rax, 0xffff888012345678
    wrgsbase rax
    mov ecx, MSR_GS_BASE
    rdmsr
    CHECK32 eax, 0x12345678, "WRGSBASE"
    rdgsbase rbx
    CHECK rbx, 0xffff888012345678, "RDGSBASE"
    wrfsbase ebx
    rdfsbase rax
    CHECK rax, 0x12345678, "WRFSBASE of 32 bits"
    mov rax, BAD
    EXPECT_FAULT_NAMED "wrfsbase, not canonical", GP_, 0, wrfsbase rax
    USER_OK_NAMED "rdgsbase in ring 3", rdgsbase rax
    SET_CR4 0, CR4_FSGSBASE
.no_fsgsbase:
    SET_MSR MSR_GS_BASE, 0
    ret

; SDM 2B SYSCALL, SYSRET.
syscalls:
    EXPECT_FAULT_NAMED "syscall without SCE", UD_, 0, syscall
    EXPECT_FAULT_NAMED "sysret without SCE", UD_, 0, o64 sysret
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_SCE
    wrmsr
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
  %macro LONG_CALL_GATE 3               ; selector, offset, access
    mov rax, %2
    mov [gdt + GATE], ax
    mov word [gdt + GATE + 2], %1
    mov word [gdt + GATE + 4], (%3) << 8
    shr rax, 16
    mov [gdt + GATE + 6], ax
    shr rax, 16
    mov [gdt + GATE + 8], eax
    mov dword [gdt + GATE + 12], 0
  %endmacro
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
    EXPECT_FAULT_NAMED "call by a gate with a type in its upper half", GP_, GATE, CALL_FAR far_pointer
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
    mov dword [gdt + SPARE + 8], 0x8000
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

cr8_:
    mov eax, 15
    mov cr8, rax
    mov rcx, cr8
    CHECK rcx, 15, "CR8"
    inc eax
    EXPECT_FAULT_NAMED "CR8 of 16", GP_, 0, mov cr8, rax
    bts rax, 40
    EXPECT_FAULT_NAMED "CR8 of more", GP_, 0, mov cr8, rax
    xor eax, eax
    mov cr8, rax
    USER_FAULT GP_, 0, mov rax, cr8
    USER_FAULT GP_, 0, mov cr8, rax
    EXPECT_FAULT_NAMED "mov rax, cr9", UD_, 0, db 0x44, 0x0f, 0x20, 0xc8
    EXPECT_FAULT_NAMED "mov rax, dr8", UD_, 0, db 0x44, 0x0f, 0x21, 0xc0
    mov rax, 1 << 32
    EXPECT_FAULT_NAMED "DR7 of 33 bits", GP_, 0, mov dr7, rax
    EXPECT_FAULT_NAMED "DR6 of 33 bits", GP_, 0, mov dr6, rax
    ret

section .data
    align 16
far_pointer:    dq 0, 0
table:          dw 0xff
                dq 0
keep:           dq 0
syscall_rsp:    dq 0
syscall_flags:  dq 0
syscall_cs:     dd 0
syscall_ss:     dd 0
gate_ss:        dd 0
features1:      dd 0
features7:      dd 0
section .text

END_PROGRAM
