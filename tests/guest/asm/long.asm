; 64-bit code: canonical addresses, what it lost, REX, zero extension, addresses,
; segment bases, CR8.
;
; SDM 1 3.3.7, 3.4.1; 2A 2.2.1; 2B MOV CR, SWAPGS, WRFSBASE; 2D A.3; 3A 3.4.4.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
PROGRAM "long"
    ENTER_LONG
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
    call cr8_
    call canonical_tables
    jmp finish_64

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
    mov rax, BAD_BASE
    mov [table + 2], rax
    EXPECT_FAULT_NAMED "lgdt, base not canonical", GP_, 0, lgdt [table]
    EXPECT_FAULT_NAMED "lidt, base not canonical", GP_, 0, lidt [table]
    xor eax, eax
    mov edx, BAD_BASE >> 32
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
    EXPECT_FAULT_NAMED "15 prefixes", GP_, 0, db FIVE(0x66), FIVE(0x66), FIVE(0x66), 0x90
    EXPECT_OK_NAMED "15 bytes with REX", db FIVE(0x66), FIVE(0x66), 0x66, 0x66, 0x66, 0x40, 0x90
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
    mov rax, BAD_BASE
    EXPECT_FAULT_NAMED "wrfsbase, not canonical", GP_, 0, wrfsbase rax
    USER_OK_NAMED "rdgsbase in ring 3", rdgsbase rax
    SET_CR4 0, CR4_FSGSBASE
.no_fsgsbase:
    SET_MSR MSR_GS_BASE, 0
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
table:          dw 0xff
                dq 0
keep:           dq 0
features7:      dd 0
section .text

END_PROGRAM
