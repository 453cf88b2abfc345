; What is left of the system side: flags by CPL and IOPL, privileged
; instructions, control registers, MSRs, time stamp and performance counters,
; CPUID, alignment check, BOUND, INTO, ENTER, CMPXCHG8B.
;
; SDM 2A/2B of each instruction; 3A 2.5, 2.8, 5.9, 6.15 (#AC), 17.17 (TSC).

%include "board.inc"
%include "protected.inc"
PROGRAM "misc"
    ENTER_PROTECTED
    call identification
    call flags_by_ring
    call io_by_ring
    call privileged
    call controls
    call counters
    call model_registers
    call alignment
    call traps
    call frames
    call compare
    call shapes
    call controls_too
    jmp finish_32

identification:
    push dword ID | 2
    popfd
    pushfd
    pop eax
    and eax, ID
    CHECK eax, ID, "EFLAGS.ID can be set"
    push dword 2
    popfd
    xor eax, eax
    cpuid
    cmp eax, 1
    setae al
    CHECK8 al, 1, "CPUID has leaf 1 at least"
    mov eax, 1
    cpuid
    mov [features1], edx
    mov [features1 + 4], ecx
    mov eax, 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 13 | 1 << 15
    and edx, eax
    CHECK edx, eax, "x87, TSC, MSR, PAE, CX8, PGE, CMOV"
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    setae al
    CHECK8 al, 1, "CPUID has leaf 80000001h"
    USER_OK_NAMED "cpuid in ring 3", cpuid
    EXPECT_FAULT_NAMED "lock cpuid", UD_, 0, db 0xf0, 0x0f, 0xa2
    ret

; POPF, PUSHF, CLI, STI (SDM 2B POPF: table 4-16).
%macro POP_AT 3                         ; CPL-3 flags before, popped, wanted
    mov dword [user_flags], %1
    USER_AFTER "popfd in ring 3", -1, 0, {push dword %2}, {popfd}
    CHECK [fault.eflags], %3, "what it loaded"
    mov dword [user_flags], 2
%endmacro
ALL             equ 0x003f7fd7 & ~(TF | VM | RF | VIP | VIF)
flags_by_ring:
    POP_AT 2, ALL, ALL & ~(IF | IOPL3)
    POP_AT IF | 2, 2, IF | 2
    POP_AT IOPL3 | 2, ALL, ALL
    POP_AT IOPL3 | IF | 2, 2, IOPL3 | 2
    POP_AT 0x1000 | 2, ALL, (ALL & ~(IF | IOPL3)) | 0x1000
    mov dword [user_flags], 2
    USER_AFTER "popf of 16 bits in ring 3", -1, 0, {push word 0x7cd7}, {o16 popf}
    CHECK [fault.eflags], 0x4cd7, "what it loaded"
    push dword ALL & ~IF
    popfd
    pushfd
    pop eax
    push dword 2
    popfd
    CHECK eax, ALL & ~IF, "popfd in ring 0"
    push dword VM | RF | VIP | VIF | 2
    popfd
    pushfd
    pop eax
    CHECK eax, 2, "popfd in ring 0: VM, RF, VIP, VIF stay"
    ; ring 1 with IOPL 1 and 0
    USER_FAULT GP_, 0, cli
    USER_FAULT GP_, 0, sti
    mov dword [user_flags], 0x2002      ; IOPL 2
    USER_FAULT_NAMED "cli in ring 3 with IOPL 2", GP_, 0, cli
    mov dword [user_flags], IOPL3 | 2
    USER_OK_NAMED "cli in ring 3 with IOPL 3", cli
    USER_OK_NAMED "sti in ring 3 with IOPL 3", sti
    CHECK [fault.eflags], IOPL3 | IF | 2, "EFLAGS behind it"
    mov dword [user_flags], 2
    ret

; Ports without a map (the TSS has none): IOPL alone.
io_by_ring:
    USER_FAULT GP_, 0, in al, 0x80
    USER_FAULT GP_, 0, out 0x80, al
    mov edx, 0x80
    USER_FAULT GP_, 0, in eax, dx
    USER_FAULT GP_, 0, insb
    USER_FAULT GP_, 0, outsd
    mov dword [user_flags], IOPL3 | 2
    USER_OK_NAMED "in al, 80h with IOPL 3", in al, 0x80
    mov dword [user_flags], 0x2002
    USER_FAULT_NAMED "in al, 80h with IOPL 2", GP_, 0, in al, 0x80
    mov dword [user_flags], 2
    ret

; Ring 0 alone (SDM 3A 5.9).
privileged:
    USER_FAULT GP_, 0, hlt
    USER_FAULT GP_, 0, clts
    USER_FAULT GP_, 0, invd
    USER_FAULT GP_, 0, wbinvd
    USER_FAULT GP_, 0, invlpg [SCRATCH]
    USER_FAULT GP_, 0, lmsw ax
    USER_FAULT GP_, 0, mov eax, cr0
    USER_FAULT GP_, 0, mov eax, cr3
    USER_FAULT GP_, 0, mov cr4, eax
    USER_FAULT GP_, 0, mov eax, dr7
    mov ecx, MSR_EFER
    USER_FAULT GP_, 0, rdmsr
    USER_FAULT GP_, 0, wrmsr
    USER_FAULT GP_, 0, sysexit
    USER_FAULT_NAMED "mov eax, cr1 in ring 3", UD_, 0, db 0x0f, 0x20, 0xc8
    USER_FAULT_NAMED "rsm outside of SMM", UD_, 0, rsm
    USER_OK_NAMED "smsw in ring 3", smsw eax
    USER_FAULT UD_, 0, ud2
    ; in ring 1 no less
    AWAIT .ring1, .home
    RING CODE1, DATA1, STACK1, .ring1
.ring1: clts
.home:
    JUDGE "clts in ring 1", GP_, 0, 0
    CHECK [fault.cs], CODE1, "CS of it"
    ret

controls:
    mov eax, cr0
    mov edx, eax
    lmsw ax
    and eax, ~CR0_PE
    lmsw ax                             ; PE cannot be cleared so
    mov eax, cr0
    CHECK eax, edx, "LMSW does not clear PE"
    mov eax, 0xe
    lmsw ax
    smsw ecx
    and ecx, 0xf
    CHECK ecx, 0xf, "LMSW sets MP, EM, TS"
    clts
    smsw ecx
    and ecx, 0xf
    CHECK ecx, 7, "CLTS clears TS alone"
    mov [keep], edx
    lmsw [keep]
    mov cr0, edx
    mov eax, edx
    or eax, 0x0ff8ffc0 & ~CR0_AM & ~CR0_WP      ; reserved bits of CR0 are not looked at
    EXPECT_OK_NAMED "reserved bits of CR0", mov cr0, eax
    mov eax, cr0
    mov cr0, edx
    CHECK eax, edx, "and they do not stay"
    mov eax, 0x12345678
    mov cr2, eax
    mov ecx, cr2
    CHECK ecx, 0x12345678, "CR2 can be written"
    EXPECT_FAULT_NAMED "lock mov eax, cr2", UD_, 0, db 0xf0, 0x0f, 0x20, 0xd0
    EXPECT_FAULT_NAMED "mov eax, cr1", UD_, 0, db 0x0f, 0x20, 0xc8
    ret

; Combinations CR0 refuses. Last: some emulators let them pass and get lost.
controls_too:
    mov eax, 1 << 31
    EXPECT_FAULT_NAMED "CR4 bit 31", GP_, 0, mov cr4, eax
    mov eax, 1 << 15
    EXPECT_FAULT_NAMED "CR4 bit 15", GP_, 0, mov cr4, eax
    mov eax, CR4_PCIDE
    EXPECT_FAULT_NAMED "PCIDE outside of long mode", GP_, 0, mov cr4, eax
    mov edx, cr0
    mov eax, edx
    or eax, CR0_NW
    and eax, ~CR0_CD
    EXPECT_FAULT_NAMED "NW without CD", GP_, 0, mov cr0, eax
    mov eax, edx
    and eax, ~CR0_PE
    or eax, CR0_PG
    EXPECT_FAULT_NAMED "PG without PE", GP_, 0, mov cr0, eax
    ret

; SDM 3B 17.17; 2B RDTSC, RDPMC.
counters:
    rdtsc
    mov esi, eax
    mov edi, edx
    mov ecx, 100
    loop $
    rdtsc
    sub eax, esi
    sbb edx, edi
    or eax, edx
    setnz al
    sar edx, 31
    setns ah
    movzx eax, ax
    CHECK eax, 0x0101, "the time stamp goes on"
    USER_OK_NAMED "rdtsc in ring 3", rdtsc
    SET_CR4 CR4_TSD, 0
    USER_FAULT_NAMED "rdtsc in ring 3 with TSD", GP_, 0, rdtsc
    EXPECT_OK_NAMED "rdtsc in ring 0 with TSD", rdtsc
    mov eax, 0x80000001
    cpuid
    test edx, 1 << 27
    jz .no_rdtscp
    USER_FAULT_NAMED "rdtscp in ring 3 with TSD", GP_, 0, rdtscp
    SET_CR4 0, CR4_TSD
    mov ecx, 0xc0000103                 ; TSC_AUX
    mov eax, 0x1234abcd
    xor edx, edx
    wrmsr
    xor ecx, ecx
    USER_OK_NAMED "rdtscp in ring 3", rdtscp
    CHECK ecx, 0x1234abcd, "and TSC_AUX"
.no_rdtscp:
    SET_CR4 0, CR4_TSD
    xor ecx, ecx
    USER_FAULT_NAMED "rdpmc in ring 3 without PCE", GP_, 0, rdpmc
    mov ecx, 0x3fffffff
    EXPECT_FAULT_NAMED "rdpmc of a counter there is not", GP_, 0, rdpmc
    SET_CR4 CR4_PCE, 0
    USER_FAULT_NAMED "the same in ring 3 with PCE", GP_, 0, rdpmc
    SET_CR4 0, CR4_PCE
    ; the time stamp can be written
    mov ecx, 0x10
    mov eax, 0x10
    mov edx, 0x5000
    wrmsr
    rdtsc
    CHECK edx, 0x5000, "WRMSR of the time stamp"
    ret

model_registers:
    mov ecx, 0x0badcafe
    EXPECT_FAULT_NAMED "rdmsr of none", GP_, 0, rdmsr
    EXPECT_FAULT_NAMED "wrmsr of none", GP_, 0, wrmsr
    mov ecx, MSR_SYSENTER_ESP
    mov eax, 0x12345678
    xor edx, edx
    wrmsr
    rdmsr
    CHECK eax, 0x12345678, "SYSENTER_ESP"
    mov ecx, MSR_EFER
    rdmsr
    or eax, 1 << 2
    EXPECT_FAULT_NAMED "a reserved bit of EFER", GP_, 0, wrmsr
    ; SYSENTER and SYSEXIT of 32 bits
    mov ecx, MSR_SYSENTER_CS
    xor eax, eax
    xor edx, edx
    wrmsr
    EXPECT_FAULT_NAMED "sysenter, its CS is null", GP_, 0, sysenter
    EXPECT_FAULT_NAMED "sysexit, its CS is null", GP_, 0, sysexit
    mov eax, KCODE
    wrmsr
    mov ecx, MSR_SYSENTER_ESP
    mov eax, STACK1
    wrmsr
    mov ecx, MSR_SYSENTER_EIP
    mov eax, .entry
    wrmsr
    mov dword [user_flags], IOPL3 | IF | DF | CF | 2
    AWAIT .sysenter, .home
    mov dword [resume.home], .home
    RING UCODE, UDATA, STACK3, .sysenter
.sysenter:
    sysenter
.entry:
    pushfd
    pop esi
    mov edi, esp
    mov ebx, cs
    mov ebp, ss
    mov edx, .out
    mov ecx, STACK3
    sysexit
.out:
    int HOME
.home:
    cld
    mov dword [user_flags], 2
    JUDGE "sysenter and sysexit", -1, 0, 0
    CHECK esi, IOPL3 | DF | CF | 2, "SYSENTER clears IF"
    CHECK edi, STACK1, "SYSENTER: ESP"
    CHECK ebx, KCODE, "SYSENTER: CS"
    CHECK ebp, KDATA, "SYSENTER: SS"
    CHECK [fault.cs], UCODE, "SYSEXIT: CS"
    CHECK [fault.ss], UDATA, "SYSEXIT: SS"
    CHECK [fault.esp], STACK3, "SYSEXIT: ESP"
    EXPECT_FAULT_NAMED "syscall outside of 64-bit code", UD_, 0, syscall
    EXPECT_FAULT_NAMED "swapgs outside of 64-bit code", UD_, 0, db 0x0f, 0x01, 0xf8
    ret

; #AC: ring 3, CR0.AM and EFLAGS.AC (SDM 3A 6.15, table 6-7). (QEMU has none.)
alignment:
    mov eax, cr0
    or eax, CR0_AM
    mov cr0, eax
    mov dword [user_flags], AC | 2
    mov ebx, SCRATCH
    USER_FAULT AC_, 0, mov ax, [ebx + 1]
    USER_FAULT AC_, 0, mov eax, [ebx + 2]
    USER_FAULT AC_, 0, mov [ebx + 1], eax
    USER_OK mov al, [ebx + 1]
    USER_OK mov ax, [ebx + 2]
    USER_OK mov eax, [ebx + 4]
    USER_FAULT AC_, 0, fld dword [ebx + 2]
    USER_FAULT AC_, 0, fld qword [ebx + 4]
    USER_FAULT AC_, 0, fld tword [ebx + 4]
    USER_FAULT AC_, 0, fild word [ebx + 1]
    USER_FAULT AC_, 0, fnstcw [ebx + 1]
    USER_FAULT AC_, 0, add [ebx + 1], ax
    USER_FAULT AC_, 0, xchg [ebx + 3], eax
    USER_FAULT AC_, 0, bound eax, [ebx + 1]
    USER_FAULT AC_, 0, les eax, [ebx + 1]
    mov esi, SCRATCH + 1
    USER_FAULT AC_, 0, lodsd
    mov edi, SCRATCH + 2
    USER_FAULT AC_, 0, stosd
    mov edx, STACK3 - 2
    USER_AFTER "push, ESP not aligned", AC_, 0, {mov esp, edx}, {push eax}
    CHECK [fault.cs], UCODE, "CS of it"
    ; the stronger fault comes first
    mov ecx, 0
    mov gs, cx
    USER_FAULT_NAMED "null GS, not aligned", GP_, 0, mov eax, [gs:1]
    mov dword [user_flags], 2
    USER_OK_NAMED "not aligned without AC", mov eax, [ebx + 1]
    push dword AC | 2
    popfd
    EXPECT_OK_NAMED "not aligned in ring 0", mov eax, [ebx + 1]
    push dword 2
    popfd
    mov eax, cr0
    and eax, ~CR0_AM
    mov cr0, eax
    mov dword [user_flags], AC | 2
    USER_OK_NAMED "not aligned without AM", mov eax, [ebx + 1]
    mov dword [user_flags], 2
    ret

traps:
    mov dword [keep], -5
    mov dword [keep + 4], 7
    mov eax, -5
    EXPECT_OK bound eax, [keep]
    mov eax, 7
    EXPECT_OK bound eax, [keep]
    inc eax
    EXPECT_FAULT BR_, 0, bound eax, [keep]
    mov eax, -6
    EXPECT_FAULT BR_, 0, bound eax, [keep]
    USER_FAULT BR_, 0, bound eax, [keep]
    mov al, 0x7f
    inc al
    EXPECT_TRAP OF_, 0, into
    mov dword [user_flags], OF | 2
    USER_TRAP_NAMED "into in ring 3", OF_, 0, into
    mov dword [user_flags], 2
    USER_TRAP_NAMED "int3 in ring 3", BP_, 0, int3
    xor ecx, ecx
    EXPECT_FAULT DE_, 0, div ecx
    USER_FAULT DE_, 0, div ecx
    mov eax, 0x80000000
    cdq
    mov ecx, -1
    EXPECT_FAULT_NAMED "idiv of the least by -1", DE_, 0, idiv ecx
    EXPECT_FAULT_NAMED "aam 0", DE_, 0, db 0xd4, 0
    mov eax, -6
    cdq
    mov ecx, 3
    EXPECT_OK_NAMED "idiv that fits", idiv ecx
    ret

; ENTER and LEAVE with levels (SDM 2A ENTER), XLAT, PUSHA.
frames:
    mov [keep], esp
    mov ebp, SCRATCH + 0x100
    mov dword [SCRATCH + 0x100 - 4], 0x11111111
    mov dword [SCRATCH + 0x100 - 8], 0x22222222
    mov esi, esp
    enter 0x10, 3
    mov edi, esp
    mov eax, [esi - 4]
    mov ebx, [esi - 8]
    mov ecx, [esi - 12]
    mov edx, [esi - 16]
    mov esp, [keep]
    CHECK eax, SCRATCH + 0x100, "ENTER pushes EBP"
    CHECK ebx, 0x11111111, "then the outer frames"
    CHECK ecx, 0x22222222, "all but the last"
    lea eax, [esi - 4]
    CHECK edx, eax, "then its own"
    CHECK ebp, eax, "which is EBP now"
    lea eax, [esi - 16 - 0x10]
    CHECK edi, eax, "and makes room"
    mov ebp, SCRATCH + 0x100
    enter 4, 33                         ; the level is taken modulo 32
    mov edi, esp
    mov esp, [keep]
    lea eax, [esi - 8 - 4]
    CHECK edi, eax, "ENTER with level 33 is level 1"
    mov ebp, esi
    mov dword [esi - 4], 0
    push dword 0x5a5a5a5a
    mov ebp, esp
    sub esp, 0x40
    leave
    CHECK ebp, 0x5a5a5a5a, "LEAVE"
    CHECK esp, [keep], "ESP behind it"
    mov ebx, SCRATCH
    mov byte [SCRATCH + 0xfe], 0x77
    mov eax, 0x123456fe
    xlatb
    CHECK eax, 0x12345677, "XLAT"
    push esp
    pop eax
    CHECK eax, [keep], "PUSH ESP pushes it as it was"
    ret

compare:
    mov dword [SCRATCH + 1], 0x11111111
    mov dword [SCRATCH + 5], 0x22222222
    mov eax, 0x11111111
    mov edx, 0x22222222
    mov ebx, 0x33333333
    mov ecx, 0x44444444
    lock cmpxchg8b [SCRATCH + 1]
    sete al
    CHECK8 al, 1, "CMPXCHG8B need not be aligned"
    CHECK [SCRATCH + 5], 0x44444444, "and stores"
    EXPECT_FAULT_NAMED "cmpxchg8b of a register", UD_, 0, db 0x0f, 0xc7, 0xc8
    mov eax, 1
    mov edx, 2
    cmpxchg8b [SCRATCH + 1]
    CHECK eax, 0x33333333, "CMPXCHG8B that fails loads"
    ; writes all the same: a read-only segment refuses it
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | DATA_RO, FLAT
    mov eax, SPARE
    mov fs, ax
    xor eax, eax
    EXPECT_FAULT_NAMED "cmpxchg8b that fails, read-only", GP_, 0, cmpxchg8b [fs:SCRATCH]
    EXPECT_FAULT_NAMED "cmpxchg that fails, read-only", GP_, 0, cmpxchg [fs:SCRATCH], ecx
    EXPECT_FAULT_NAMED "shl by 0, read-only", GP_, 0, shl dword [fs:SCRATCH], 0
    ret

; Forms of 32-bit code.
shapes:
    EXPECT_OK_NAMED "15 bytes", db FIVE(0x3e), FIVE(0x3e), 0x3e, 0x3e, 0x3e, 0x3e, 0x90
    EXPECT_FAULT_NAMED "16 bytes", GP_, 0, db FIVE(0x3e), FIVE(0x3e), FIVE(0x3e), 0x90
    EXPECT_FAULT_NAMED "lock nop", UD_, 0, db 0xf0, 0x90
    EXPECT_FAULT_NAMED "lea eax, eax", UD_, 0, db 0x8d, 0xc0
    EXPECT_FAULT_NAMED "ud0", UD_, 0, db 0x0f, 0xff, 0xc0
    EXPECT_FAULT_NAMED "ud1", UD_, 0, db 0x0f, 0xb9, 0xc0
    mov eax, 0x12345678
    mov ecx, 0x11111111
    a16 jcxz .not
    inc ecx
.not:
    CHECK ecx, 0x11111112, "JCXZ with 67"
    mov ebx, 0x12340000 | 0x10
    mov byte [0x10], 0x99
    a16 mov al, [bx]
    CHECK8 al, 0x99, "[bx] with 67"
    mov ecx, 0x00010000
    mov edi, SCRATCH
    a16 rep stosb
    CHECK edi, SCRATCH, "a16 REP STOSB counts CX"
    mov eax, ds
    push ds
    o16 pop es
    add esp, 2
    mov ecx, es
    CHECK ecx, UDATA, "POP ES with 66 takes two bytes"
    ret

section .data
    align 8
features1:      dd 0, 0
keep:           dd 0, 0
section .text

END_PROGRAM
