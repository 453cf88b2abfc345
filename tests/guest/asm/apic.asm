; orrery: --smp 2
; The local APIC as a page and as model-specific registers: interrupts to itself
; and their priorities, the timer's modes, starting another processor and its NMI.
;
; SDM 3A chapter 10 "Advanced Programmable Interrupt Controller (APIC)", 8.4.

%include "board.inc"
%include "protected.inc"

APIC            equ 0xfee00000
TPR             equ 0x80
PPR             equ 0xa0
EOI             equ 0xb0
SVR             equ 0xf0
ISR             equ 0x100
IRR             equ 0x200
ICR             equ 0x300
LVT_TIMER       equ 0x320
INITIAL         equ 0x380
CURRENT         equ 0x390
DIVIDE          equ 0x3e0

SELF            equ 1 << 18
OTHERS          equ 3 << 18
INIT            equ 5 << 8 | 1 << 14
STARTUP         equ 6 << 8
NMI             equ 4 << 8
MASKED          equ 1 << 16
PERIODIC        equ 1 << 17
DEADLINE        equ 1 << 18

MSR_APIC_BASE   equ 0x1b
MSR_DEADLINE    equ 0x6e0
STARTED         equ 0x600               ; words the other processor counts in
NMIS            equ 0x602
OTHER_STACK     equ 0x6000

PROGRAM "apic"
    ENTER_PROTECTED
    mov eax, 1
    cpuid
    mov [features], ecx
    test edx, 1 << 9
    jz finish_32
    mov ecx, 0x40
    mov eax, on_timer
    call set_gate
    mov ecx, 0x50
    mov eax, on_50
    call set_gate
    mov ecx, 0x60
    mov eax, on_60
    call set_gate
    mov eax, [APIC + SVR]
    mov al, 0xff
    or ah, 1
    mov [APIC + SVR], eax
    call as_a_page
    test dword [features], 1 << 21
    jz .over
    mov ecx, MSR_APIC_BASE
    rdmsr
    or ah, 4
    wrmsr
    mov byte [x2], 1
    call as_registers
.over:
    jmp finish_32

set_gate:                               ; ECX: vector, EAX: handler
    mov [idt + ecx*8], ax
    mov word [idt + ecx*8 + 2], KCODE
    mov word [idt + ecx*8 + 4], 0x8e00
    shr eax, 16
    mov [idt + ecx*8 + 6], ax
    ret

; ---- Registers, in either mode: EBX is the offset in the page ----

read:
    cmp byte [x2], 0
    jne .msr
    mov eax, [APIC + ebx]
    ret
.msr:
    mov ecx, ebx
    shr ecx, 4
    add ecx, 0x800
    rdmsr
    ret

write:
    cmp byte [x2], 0
    jne .msr
    mov [APIC + ebx], eax
    ret
.msr:
    push edx
    mov ecx, ebx
    shr ecx, 4
    add ecx, 0x800
    xor edx, edx
    wrmsr
    pop edx
    ret

%macro READ 1
    mov ebx, %1
    call read
%endmacro

%macro WRITE 2
    mov ebx, %1
    mov eax, %2
    call write
%endmacro

; ---- Handlers: what they note, and the end of the interrupt ----

%macro HANDLER 2                        ; name, what is noted
%1:
    pushad
    inc dword [ticks]
    shl dword [order], 8
    or dword [order], %2
    READ ISR + 0x10 * (%2 / 32)
    mov [in_service], eax
    READ PPR
    mov [priority], eax
    WRITE EOI, 0
    popad
    iretd
%endmacro

HANDLER on_timer, 0x40
HANDLER on_50, 0x50
HANDLER on_60, 0x60

%macro FORGET 0
    mov dword [ticks], 0
    mov dword [order], 0
%endmacro

; Until so many interrupts have come.
%macro WAIT_FOR 1
%%again:
    cli
    cmp dword [ticks], %1
    jae %%there
    sti
    hlt
    jmp %%again
%%there:
%endmacro

%macro OPEN 0                           ; for a moment
    sti
    nop
    nop
    cli
%endmacro

; ---- What both modes do ----

to_itself:
    FORGET
    WRITE ICR, SELF | 0x50
    READ IRR + 0x20
    CHECK eax, 1 << 16, "requested"
    OPEN
    CHECK32 [order], 0x50, "it came"
    CHECK32 [in_service], 1 << 16, "while it was in service"
    CHECK32 [priority], 0x50, "and had its priority"
    READ IRR + 0x20
    CHECK eax, 0, "no longer requested"
    READ ISR + 0x20
    CHECK eax, 0, "no longer in service"
    OPEN
    CHECK32 [ticks], 1, "it came once"
    ret

by_priority:
    FORGET
    WRITE ICR, SELF | 0x50
    WRITE ICR, SELF | 0x60
    WRITE ICR, SELF | 0x50
    OPEN
    CHECK32 [order], 0x6050, "the higher first, each once"
    FORGET
    WRITE TPR, 0x5f
    WRITE ICR, SELF | 0x50
    WRITE ICR, SELF | 0x60
    OPEN
    CHECK32 [order], 0x60, "the task priority holds the lower back"
    WRITE TPR, 0x40
    OPEN
    CHECK32 [order], 0x6050, "until it is lowered"
    WRITE TPR, 0
    ret

timer:
    FORGET
    WRITE DIVIDE, 0xb
    WRITE LVT_TIMER, 0x40
    WRITE INITIAL, 20000
    READ CURRENT
    cmp eax, 20000
    setbe al
    CHECK8 al, 1, "it counts down"
    WAIT_FOR 1
    READ CURRENT
    CHECK eax, 0, "and stays at 0"
    FORGET
    WRITE LVT_TIMER, PERIODIC | 0x40
    WRITE INITIAL, 20000
    WAIT_FOR 3
    WRITE INITIAL, 0
    CHECK32 [order], 0x404040, "a periodic one comes again and again"
    FORGET
    WRITE LVT_TIMER, MASKED | 0x40
    WRITE INITIAL, 100
.wait:
    READ CURRENT
    test eax, eax
    jnz .wait
    OPEN
    CHECK32 [ticks], 0, "a masked one does not"
    ret

deadline:
    test dword [features], 1 << 24
    jz .none
    FORGET
    WRITE LVT_TIMER, DEADLINE | 0x40
    rdtsc
    add eax, 50000
    adc edx, 0
    mov [goal], eax
    mov [goal + 4], edx
    mov ecx, MSR_DEADLINE
    wrmsr
    WAIT_FOR 1
    rdtsc
    sub eax, [goal]
    sbb edx, [goal + 4]
    CHECK edx, 0, "not before its time"
    mov ecx, MSR_DEADLINE
    rdmsr
    or eax, edx
    CHECK eax, 0, "the deadline is gone"
    WRITE LVT_TIMER, MASKED
.none:
    ret

; ---- Another processor, in real mode: counts, sleeps, counts NMIs ----

bits 16
other:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, OTHER_STACK
    lock inc word [STARTED]
.sleep:
    cli
    hlt
    jmp .sleep
on_nmi:
    lock inc word [NMIS]
    iret
other_end:
MODE 32

await_word:                             ; EDI: address, EAX: until it is that
    pause
    cmp [edi], ax
    jne await_word
    ret

start_another:
    cld
    mov dword [STARTED], 0
    mov esi, other
    mov edi, SCRATCH
    mov ecx, other_end - other
    rep movsb
    mov dword [8], (SCRATCH >> 4) << 16 | (on_nmi - other)
    WRITE ICR, INIT | OTHERS
    WRITE ICR, STARTUP | OTHERS | SCRATCH >> 12
    mov edi, STARTED
    mov eax, 1
    call await_word
    CHECK16 [STARTED], 1, "it runs where the message said"
    WRITE ICR, STARTUP | OTHERS | SCRATCH >> 12
    WRITE ICR, NMI | OTHERS
    mov edi, NMIS
    mov eax, 1
    call await_word
    CHECK16 [NMIS], 1, "it takes an NMI"
    CHECK16 [STARTED], 1, "and no second start"
    ret

; ---- The modes ----

as_a_page:
    mov ecx, MSR_APIC_BASE
    rdmsr
    and eax, 0xfffffd00
    CHECK eax, APIC | 0x900, "enabled, at FEE00000h, the first processor"
    mov eax, [APIC + 0x30]
    and eax, 0xf0
    CHECK eax, 0x10, "an integrated APIC"
    call to_itself
    call by_priority
    call timer
    call deadline
    call start_another
    mov ecx, 0x803
    EXPECT_FAULT_NAMED "no register of an x2APIC", GP_, 0, rdmsr
    ret

%macro REFUSED 2                        ; MSR, value
    mov ecx, %1
    mov eax, %2
    xor edx, edx
    EXPECT_FAULT GP_, 0, wrmsr
%endmacro

as_registers:
    call to_itself
    call by_priority
    call timer
    call deadline
    call start_another
    mov ecx, 0x80d
    rdmsr
    CHECK eax, 1, "the first of the first cluster"
    FORGET
    mov ecx, 0x83f
    mov eax, 0x60
    xor edx, edx
    wrmsr
    OPEN
    CHECK32 [order], 0x60, "SELF IPI"
    mov ecx, 0x80b
    EXPECT_FAULT GP_, 0, rdmsr
    REFUSED 0x80b, 1
    REFUSED 0x808, 0x100
    REFUSED 0x802, 0
    REFUSED MSR_APIC_BASE, APIC | 0x900
    ret

[section .data]
    align 8
goal:           dq 0
features:       dd 0
ticks:          dd 0
order:          dd 0
in_service:     dd 0
priority:       dd 0
x2:             db 0
section .text
END_PROGRAM
