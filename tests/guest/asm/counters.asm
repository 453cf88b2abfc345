; Performance counters over code whose length is known: by privilege, by RDPMC in
; ring 3, across an interrupt that comes behind the very instruction, and the last
; branches.
;
; SDM 3B "Performance Monitoring", "Last Branch, Interrupt, and Exception Recording".

%include "board.inc"
%include "protected.inc"

PMC             equ 0xc1
SELECT          equ 0x186
GLOBAL_STATUS   equ 0x38e
GLOBAL_CTRL     equ 0x38f
STATUS_RESET    equ 0x390
WIDE_PMC        equ 0x4c1
USER            equ 1 << 16
SYSTEM          equ 1 << 17
INTERRUPT       equ 1 << 20
ENABLE          equ 1 << 22
INSTRUCTIONS    equ 0xc0
CYCLES          equ 0x3c
BRANCHES        equ 0xc4
FULL            equ 0x40
SERVICE         equ 0x41

%macro WRITE 2                          ; MSR, value of 32 bits
    mov ecx, %1
    mov eax, %2
    xor edx, edx
    wrmsr
%endmacro

PROGRAM "counters"
    ENTER_PROTECTED
    mov eax, 10
    cpuid
    cmp al, 2                           ; version
    jb finish_32
    WRITE GLOBAL_CTRL, 0
    WRITE SELECT, INSTRUCTIONS | SYSTEM | ENABLE
    WRITE SELECT + 1, INSTRUCTIONS | USER | ENABLE
    call in_ring_0
    call in_ring_3
    call of_branches
    call full
    call last_branches
    jmp finish_32

clear:
    WRITE PMC, 0
    WRITE PMC + 1, 0
    ret

%macro COUNT_IS 3                       ; counter, value, name
    mov ecx, PMC + %1
    rdmsr
    CHECK eax, %2, %3
%endmacro

; The WRMSR that switches on is counted, the one that switches off is not.
in_ring_0:
    call clear
    WRITE GLOBAL_CTRL, 3
    mov ecx, 1000
.again:
    dec ecx
    jnz .again
    mov ecx, GLOBAL_CTRL
    xor eax, eax
    xor edx, edx
    wrmsr
    COUNT_IS 0, 1 + 1 + 2000 + 3, "instructions in ring 0"
    COUNT_IS 1, 0, "those are none in ring 3"
    call clear
    WRITE GLOBAL_CTRL, 3
    mov ecx, 100
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x1000
    rep movsd
    mov ecx, GLOBAL_CTRL
    xor eax, eax
    wrmsr
    COUNT_IS 0, 1 + 3 + 1 + 2, "a repeated instruction is one"
    ret

; INT is ring 3's, IRET ring 0's.
in_ring_3:
    call clear
    IDT_GATE SERVICE, KCODE, .service, PRESENT | DPL3 | SYS_INT
    mov eax, cr4
    or eax, CR4_PCE
    mov cr4, eax
    WRITE GLOBAL_CTRL, 3
    AWAIT .user, .out
    mov dword [resume.home], .home
    RING UCODE, UDATA, STACK3, .user
.user:
    mov ecx, 1
    rdpmc
    mov ebx, eax
    nop
    int SERVICE
    rdpmc
    sub eax, ebx
    mov edi, eax
    int HOME
.home:
.service:
    nop
    nop
    iretd
.out:
    JUDGE "ring 3 goes home", -1, 0, 0
    mov esi, [fault.edi]
    WRITE GLOBAL_CTRL, 0
    mov ecx, PMC + 1
    rdmsr
    CHECK eax, 9, "instructions in ring 3"
    CHECK esi, 4, "from one RDPMC to the next"
    ret

of_branches:
    call clear
    WRITE SELECT, BRANCHES | SYSTEM | ENABLE
    WRITE GLOBAL_CTRL, 1
    mov ecx, 50
.again:
    test cl, 1
    jz .even
    nop
.even:
    call .nothing
    loop .again
    mov ecx, GLOBAL_CTRL
    xor eax, eax
    wrmsr
    COUNT_IS 0, 50 * 4, "branches, taken or not"
    WRITE SELECT, INSTRUCTIONS | SYSTEM | ENABLE
    ret
.nothing:
    ret

; The thirtieth instruction fills it: EIP on the stack is that of the next.
full:
    call clear
    IDT_GATE FULL, KCODE, .handler, PRESENT | SYS_INT
    mov eax, [0xfee000f0]
    or eax, 0x1ff
    mov [0xfee000f0], eax
    mov dword [0xfee00340], FULL
    WRITE SELECT, INSTRUCTIONS | SYSTEM | INTERRUPT | ENABLE
    WRITE PMC, -30
    xor ebx, ebx
    sti
    WRITE GLOBAL_CTRL, 1
.start:
    times 29 inc ebx
.expected:
    times 10 inc ebx
    mov ecx, GLOBAL_CTRL
    xor eax, eax
    wrmsr
    cli
    CHECK esi, .expected, "the interrupt comes behind the instruction"
    CHECK edi, 29, "... of which the effects are there"
    mov eax, [0xfee00340]
    CHECK eax, FULL | 1 << 16, "the entry is masked"
    mov ecx, GLOBAL_STATUS
    rdmsr
    CHECK eax, 1, "the status tells which"
    WRITE STATUS_RESET, 1
    mov ecx, GLOBAL_STATUS
    rdmsr
    CHECK eax, 0, "the status is reset"
    ret
.handler:
    mov esi, [esp]
    mov edi, ebx
    mov dword [0xfee000b0], 0
    iretd

last_branches:
    mov ecx, 0x1d9
    mov eax, 1
    xor edx, edx
    wrmsr
.first:
    jmp .second
    nop
.second:
    cmp eax, eax
.third:
    je .fourth
    nop
.fourth:
    jne .first
    xor eax, eax
    wrmsr
    mov ecx, 0x1c9
    rdmsr
    lea ecx, [eax + 0x6c0]              ; to, and from
    rdmsr
    CHECK eax, .fourth, "where the last branch led"
    sub ecx, 0x40
    rdmsr
    CHECK eax, .third, "where the last branch was"
    ret

END_PROGRAM
