; Control-flow enforcement in long mode: shadow stacks of both privileges across
; calls, interrupts, IST and system calls; ENDBR behind indirect branches and at the
; entry of handlers.
;
; SDM 1 "Control-flow Enforcement Technology (CET)"; SDM 2 CALL, RET, INT n, IRET,
; SYSCALL, SYSRET, RDSSP, SETSSBSY, CLRSSBSY.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"

CR4_CET         equ 1 << 23
CP_             equ 21
U_CET           equ 0x6a0
S_CET           equ 0x6a2
PL0_SSP         equ 0x6a4
PL3_SSP         equ 0x6a7
SSP_TABLE       equ 0x6a8
SHADOW_ON       equ 1
ENDBR_ON        equ 1 << 2
WAITING         equ 1 << 11
NEAR_RET        equ 1
FAR_RET         equ 2
NO_ENDBR        equ 3

USER_SHADOW     equ 0x800000            ; pages of 2 MiB: the user's shadow stack,
KERNEL_SHADOW   equ 0xa00000            ; the supervisor's,
USER_ALIAS      equ 0xc00000            ; and both as memory that can be written
KERNEL_ALIAS    equ 0xe00000
ALIAS           equ KERNEL_ALIAS - KERNEL_SHADOW
SERVICE         equ 0x40
OWN             equ KERNEL_SHADOW + 0x1ff8      ; tokens: of this thread,
ENTRY           equ KERNEL_SHADOW + 0x2ff8      ; of what comes from ring 3,
TABLE           equ KERNEL_SHADOW + 0x3ff8      ; of IST2

PROGRAM "cet"
    ENTER_LONG
    mov eax, 7
    xor ecx, ecx
    cpuid
    test ecx, 1 << 7
    jz finish_64
    test edx, 1 << 20
    jz finish_64
    mov dword [PD + 8*4], USER_SHADOW | 0xc5
    mov dword [PD + 8*5], KERNEL_SHADOW | 0xc1
    mov dword [PD + 8*6], USER_SHADOW | 0x87
    mov dword [PD + 8*7], KERNEL_SHADOW | 0x83
    mov rax, cr0
    or eax, CR0_WP
    mov cr0, rax
    mov rax, cr3
    mov cr3, rax
    mov rax, cr4
    or eax, CR4_CET
    mov cr4, rax
    call user_stack
    call user_branches
    call kernel_stack
    call kernel_branches
    jmp finish_64

%macro TOKEN 1                          ; as nobody has it
    mov qword [abs %1 + ALIAS], %1
%endmacro

; ---- Ring 3 ----

user_stack:
    SET_MSR U_CET, SHADOW_ON
    SET_MSR PL3_SSP, USER_SHADOW + 0x1000
    USER_AFTER "calls and returns in ring 3", -1, 0, {mov ecx, 3}, {call .nest}, nop
    USER_RUN rdsspq rax
    CHECK rax, USER_SHADOW + 0x1000, "SSP comes from PL3_SSP"
    USER_AFTER "a return address that was changed", CP_, NEAR_RET, {push .other}, ret
    mov ecx, PL3_SSP
    rdmsr
    CHECK rax, USER_SHADOW + 0x1000, "SSP has not moved, and goes to PL3_SSP"
    mov qword [abs USER_ALIAS + 0xff8], .other
    SET_MSR PL3_SSP, USER_SHADOW + 0xff8
    AWAIT .start, .home
    mov dword [abs resume.home], .home
    TO_USER .start
.start:
    push .other
    ret
    ud2
.other:
    int HOME
.home:
    JUDGE "a return to where the shadow stack says", -1, 0, 0
    ret
.nest:
    loop .deeper
    ret
.deeper:
    call .nest
    ret

user_branches:
    SET_MSR U_CET, ENDBR_ON
    mov rax, .marked
    AWAIT .to_marked, .home
    mov dword [abs resume.home], .home
    TO_USER .to_marked
.to_marked:
    jmp rax
    ud2
.marked:
    endbr64
    int HOME
.home:
    JUDGE "jmp to ENDBR64", -1, 0, 0
    mov rbx, .unmarked
    AWAIT .unmarked, .protected
    TO_USER .jump
.jump:
    jmp rbx
.unmarked:
    nop
    ud2
.protected:
    JUDGE "jmp to no ENDBR64", CP_, NO_ENDBR, 0
    mov ecx, U_CET
    rdmsr
    CHECK rax, ENDBR_ON | WAITING, "ENDBR is still awaited"
    SET_MSR U_CET, 0
    ret

; ---- Ring 0 ----

kernel_stack:
    LONG_GATE SERVICE, KCODE64, service, (PRESENT | DPL3 | SYS_INT) << 8
    TOKEN OWN
    TOKEN ENTRY
    TOKEN TABLE
    SET_MSR PL0_SSP, OWN
    SET_MSR S_CET, SHADOW_ON
    setssbsy
    rdsspq rax
    mov rdi, [abs OWN + ALIAS]
    mov [abs seen_0], rax
    mov [abs seen_1], rdi
    call .nothing                       ; on the shadow stack from here on
    int SERVICE
.behind:
    mov r8, [abs service_ssp]
    mov r9, [abs OWN - 8 + ALIAS]
    mov r10, [abs OWN - 16 + ALIAS]
    mov r11, [abs OWN - 24 + ALIAS]
    rdsspq r12
    CHECK [abs seen_0], OWN, "SETSSBSY: SSP"
    CHECK [abs seen_1], OWN | 1, "SETSSBSY: the token is busy"
    CHECK r8, OWN - 24, "INT in ring 0: SSP"
    CHECK r9, KCODE64, "... CS"
    CHECK r10, .behind, "... where it returns to"
    CHECK r11, OWN, "... SSP before"
    CHECK r12, OWN, "IRET gives it back"
    ; onto another by IST
    mov byte [abs idt + 16*SERVICE + 4], 2
    mov qword [abs ssp_table + 16], TABLE
    SET_MSR SSP_TABLE, ssp_table
    int SERVICE
    mov r8, [abs service_ssp]
    mov r9, [abs service_token]
    mov r10, [abs TABLE + ALIAS]
    rdsspq r12
    CHECK r8, TABLE - 24, "INT by IST2: SSP"
    CHECK r9, TABLE | 1, "... the token is busy"
    CHECK r10, TABLE, "... and free behind IRET"
    CHECK r12, OWN, "... which gives SSP back"
    mov byte [abs idt + 16*SERVICE + 4], 0
    ; from ring 3 and back
    SET_MSR PL0_SSP, ENTRY
    SET_MSR U_CET, SHADOW_ON
    SET_MSR PL3_SSP, USER_SHADOW + 0x1000
    AWAIT .user, .home
    mov dword [abs resume.home], .home_at
    TO_USER .user
.user:
    int SERVICE
    rdsspq rbx
    int HOME
.home_at:
.home:
    JUDGE "a system call by INT", -1, 0, 0
    mov rbx, [abs fault.ebx]
    mov r8, [abs service_ssp]
    mov r9, [abs service_token]
    CHECK r8, ENTRY, "INT from ring 3: SSP"
    CHECK r9, ENTRY | 1, "... the token is busy"
    CHECK rbx, USER_SHADOW + 0x1000, "IRET gives ring 3 its own"
    mov r10, [abs ENTRY + ALIAS]
    CHECK r10, ENTRY | 1, "who does not return keeps it busy"
    clrssbsy [abs ENTRY]
    setc al
    rdsspq r12
    mov r10, [abs ENTRY + ALIAS]
    TOKEN OWN                           ; back to the stack of before
    mov ecx, S_CET
    xor eax, eax
    xor edx, edx
    wrmsr
    SET_MSR U_CET, 0
    CHECK r10, ENTRY, "CLRSSBSY frees it"
    CHECK r12, 0, "... and leaves none"
    ; SYSCALL: SSP is 0, SETSSBSY makes it
    SET_EFER EFER_SCE, 0
    SET_MSR MSR_STAR, (UCODE32 << 48) | (KCODE64 << 32)
    SET_MSR MSR_LSTAR, .entry
    SET_MSR MSR_FMASK, 0x200
    SET_MSR U_CET, SHADOW_ON
    SET_MSR PL3_SSP, USER_SHADOW + 0x1000
    SET_MSR PL0_SSP, OWN
    AWAIT .caller, .called
    mov dword [abs resume.home], .called_at
    mov rcx, .caller
    mov r11d, 2
    SET_MSR S_CET, SHADOW_ON
    mov rcx, .caller
    mov r11d, 2
    mov rsp, STACK3
    o64 sysret
.caller:
    syscall
    rdsspq rbx
    int HOME
.called_at:
.called:
    mov ecx, S_CET
    xor eax, eax
    xor edx, edx
    wrmsr
    JUDGE "SYSCALL and SYSRET", -1, 0, 0
    mov rbx, [abs fault.ebx]
    CHECK [abs seen_0], 0, "SYSCALL leaves no SSP"
    CHECK [abs seen_1], OWN, "SETSSBSY finds one"
    CHECK rbx, USER_SHADOW + 0x1000, "SYSRET gives ring 3 its own"
    SET_MSR U_CET, 0
    ret
.nothing:
    ret
.entry:
    rdsspq rax
    mov [abs seen_0], rax
    setssbsy
    rdsspq rax
    mov [abs seen_1], rax
    clrssbsy [abs OWN]
    o64 sysret

; The handler's first instruction is where an interrupt leads.
kernel_branches:
    SET_MSR S_CET, ENDBR_ON
    int SERVICE
    mov ecx, S_CET
    rdmsr
    mov r8, rax
    xor eax, eax
    xor edx, edx
    wrmsr
    CHECK r8, ENDBR_ON, "ENDBR at the entry of a handler"
    LONG_GATE CP_, KCODE64, .protection, (PRESENT | SYS_INT) << 8
    LONG_GATE SERVICE, KCODE64, .unmarked, (PRESENT | SYS_INT) << 8
    mov [abs service_ssp], rsp
    SET_MSR S_CET, ENDBR_ON
    int SERVICE
.unmarked:
    nop
    jmp .over
.protection:
    endbr64
    mov r9, [rsp]
    mov r10, [rsp + 8]
.over:
    mov rsp, [abs service_ssp]
    xor eax, eax
    xor edx, edx
    mov ecx, S_CET
    wrmsr
    CHECK r9, NO_ENDBR, "a handler without ENDBR"
    CHECK r10, .unmarked, "... which it has not run"
    ret

; Where it runs, on which shadow stack, and what its token says.
service:
    endbr64
    push rax
    rdsspq rax
    mov [abs service_ssp], rax
    or rax, 0xff8
    mov rax, [abs rax + ALIAS]
    mov [abs service_token], rax
    pop rax
    iretq

section .data
    align 8
seen_0:         dq 0
seen_1:         dq 0
service_ssp:    dq 0
service_token:  dq 0
ssp_table:      times 8 dq 0
section .text

END_PROGRAM
