; The registers of the local APIC, bit by bit: what stays of what is written to an
; xAPIC's page, and which of it is an error; what an x2APIC's MSRs refuse.
;
; SDM 3A 10.4.1 table 10-1, 10.5.1 (LVT), 10.5.3 (ESR), 10.6.1 (ICR), 10.8, 10.9 (SVR), 10.12.1
; table 10-6, 10.12.9 (ICR), 10.12.11 (self IPI).

%include "board.inc"
%include "long.inc"
%include "rows.inc"
PROGRAM "apic_bits"
    ENTER_LONG
    call ask_features
    ; the page of the APIC
    mov dword [PDPT + 8*3], MORE_TABLES | 7
    mov dword [MORE_TABLES + 503*8], 0xfee00000 | 0x97
    mov rax, cr3
    mov cr3, rax
    call page
    call errors
    HAS FEATURE_1C + 21
    jnc .no_x2
    call x2apic
.no_x2:
    jmp finish_64

APIC            equ 0xfee00000

%macro SET_APIC 2                       ; register, value
    mov rax, APIC + %1
    mov dword [rax], %2
%endmacro
%macro GET_APIC 1                       ; to EAX
    mov rax, APIC + %1
    mov eax, [rax]
%endmacro

; ---- The page: written with ones and with zeros, what is read ----

; register, read after ones, read after zeros, name
%macro KEPT 4.nolist
    SET_APIC %1, 0xffffffff
    GET_APIC %1
    mov ebx, eax
    SET_APIC %1, 0
    GET_APIC %1
    mov ecx, eax
    %strcat %%ones %4, " of ones"
    %strcat %%zeros %4, " of zeros"
    CHECK rbx, %2, %%ones
    CHECK rcx, %3, %%zeros
%endmacro

; Those that cannot be written: the same as before.
%macro ONLY_READ 2.nolist
    GET_APIC %1
    mov edx, eax
    SET_APIC %1, 0xffffffff
    GET_APIC %1
    mov ebx, eax
    SET_APIC %1, 0
    GET_APIC %1
    mov ecx, eax
    %strcat %%ones %2, " is not written with ones"
    %strcat %%zeros %2, " is not written with zeros"
    CHECK rbx, rdx, %%ones
    CHECK rcx, rdx, %%zeros
%endmacro

page:
    SET_APIC 0xf0, 0x1ff                ; else the entries were masked all the time
    ONLY_READ 0x30, "version"
    KEPT 0x80, 0xff, 0, "TPR"
    ONLY_READ 0xa0, "PPR"
    KEPT 0xd0, 0xff000000, 0, "LDR"
    KEPT 0xe0, 0xffffffff, 0x0fffffff, "DFR"
    ONLY_READ 0x100, "ISR, the lowest"
    ONLY_READ 0x170, "ISR, the highest"
    ONLY_READ 0x180, "TMR, the lowest"
    ONLY_READ 0x1f0, "TMR, the highest"
    ONLY_READ 0x200, "IRR, the lowest"
    ONLY_READ 0x270, "IRR, the highest"
    KEPT 0x310, 0xff000000, 0, "ICR, the upper half"
    mov edx, 0x300ff
    HAS FEATURE_1C + 24
    jnc .no_deadline
    mov edx, 0x700ff
.no_deadline:
    KEPT 0x320, rdx, 0, "LVT timer"
    KEPT 0x330, 0x107ff, 0, "LVT thermal"
    KEPT 0x340, 0x107ff, 0, "LVT performance"
    KEPT 0x350, 0x1a7ff, 0, "LVT LINT0"
    KEPT 0x360, 0x1a7ff, 0, "LVT LINT1"
    KEPT 0x370, 0x100ff, 0, "LVT error"
    SET_APIC 0x320, 0x10000
    SET_APIC 0x350, 0x10000
    SET_APIC 0x360, 0x10000
    KEPT 0x380, 0xffffffff, 0, "initial count"
    ONLY_READ 0x390, "current count"
    KEPT 0x3e0, 0xb, 0, "divide configuration"
    ; software disables it: masked, whatever is written
    SET_APIC 0xf0, 0xff
    SET_APIC 0x330, 0
    GET_APIC 0x330
    CHECK rax, 0x10000, "LVT thermal, while software disables the APIC"
    SET_APIC 0xf0, 0x1ff
    GET_APIC 0x330
    CHECK rax, 0x10000, "it stays masked"
    ret

; ---- ESR: what is no register, what is no vector ----

; ESR after what happened since it was written last.
%macro ERROR 2.nolist                   ; wanted, name
    SET_APIC 0x280, 0
    GET_APIC 0x280
    CHECK rax, %1, %2
%endmacro
%macro NO_REGISTER 1-*.nolist
  %rep %0
    GET_APIC %1
    %strcat %%read "read of ", %str(%1)
    ERROR 0x80, %%read
    SET_APIC %1, 0
    %strcat %%write "write of ", %str(%1)
    ERROR 0x80, %%write
   %rotate 1
  %endrep
%endmacro
%macro NO_ERROR 1-*.nolist
  %rep %0
    GET_APIC %1
    %strcat %%read "read of ", %str(%1)
    ERROR 0, %%read
   %rotate 1
  %endrep
%endmacro

errors:
    SET_APIC 0x280, 0
    ERROR 0, "no error"
    NO_REGISTER 0x000, 0x010, 0x040, 0x070, 0x290, 0x2e0, 0x3a0, 0x3d0, 0x3f0
    NO_ERROR 0x020, 0x030, 0x080, 0x0a0, 0x0d0, 0x0e0, 0x0f0, 0x100, 0x270, 0x280, 0x300, 0x310
    NO_ERROR 0x320, 0x370, 0x380, 0x390, 0x3e0
    SET_APIC 0x300, 0x0004400f          ; to itself, vector 0Fh
    ERROR 0x20, "ICR with vector 0Fh"
    SET_APIC 0x300, 0x00044000
    ERROR 0x20, "ICR with vector 0"
    SET_APIC 0x300, 0x00044010
    ERROR 0, "ICR with vector 10h"
    GET_APIC 0x200
    CHECK rax, 0x10000, "IRR: 10h alone waits"
    SET_APIC 0x380, 0                   ; the timer with an illegal vector
    SET_APIC 0x3e0, 0xb
    SET_APIC 0x320, 0x0f
    SET_APIC 0x380, 1
    mov ecx, 1000
    loop $
    SET_APIC 0x320, 0x10000
    ERROR 0x40, "the timer with vector 0Fh"
    ret

; ---- x2APIC ----

%macro APIC_BITS 4.nolist               ; "name", number, base, mask
    mov dword [abs number], %2
    mov rax, %3
    mov [abs base], rax
    mov rax, %4
    mov [abs mask], rax
    TRY_BITS %1, by_mask, {call apic_value}, {wrmsr}, {}
%endmacro
by_mask:
    mov eax, TAKEN
    bt [mask], rcx
    jc .told
    mov eax, GP_
.told:
    ret
apic_value:
    or eax, [base]
    or edx, [base + 4]
    mov ecx, [number]
    ret

x2apic:
    mov ecx, 0x1b
    rdmsr
    or eax, 0xc00
    wrmsr
    ; each of the 256 numbers
    RECORD 0, "which registers may be read"
    mov r14d, 0x800
.read:
    AWAIT .rdmsr, .was_read
    mov ecx, r14d
.rdmsr:
    rdmsr
.was_read:
    REWIND
    lea esi, [r14 - 0x800]
    mov edx, readable
    call .judge
    inc r14d
    cmp r14d, 0x900
    jb .read
    RECORD 0, "which registers may be written with 0"
    mov r14d, 0x800
.write:
    AWAIT .wrmsr, .was_written
    mov ecx, r14d
    xor eax, eax
    xor edx, edx
.wrmsr:
    wrmsr
.was_written:
    REWIND
    lea esi, [r14 - 0x800]
    mov edx, writable
    call .judge
    inc r14d
    cmp r14d, 0x900
    jb .write
    ; and with each bit; the ICR names a cluster that is not there
    APIC_BITS "TPR: each bit", 0x808, 0, 0xff
    APIC_BITS "EOI: each bit", 0x80b, 0, 0
    APIC_BITS "SVR: each bit", 0x80f, 0x100, 0x11ff
    APIC_BITS "ESR: each bit", 0x828, 0, 0
    APIC_BITS "ICR: each bit", 0x830, 0x00550000 << 32, 0xffffffff000ccfff
    mov edx, 0x310ff
    HAS FEATURE_1C + 24
    jnc .no_deadline
    mov edx, 0x710ff
.no_deadline:
    APIC_BITS "LVT timer: each bit", 0x832, 0x10000, rdx
    APIC_BITS "LVT thermal: each bit", 0x833, 0x10000, 0x117ff
    APIC_BITS "LVT performance: each bit", 0x834, 0x10000, 0x117ff
    APIC_BITS "LVT LINT0: each bit", 0x835, 0x10000, 0x1f7ff
    APIC_BITS "LVT LINT1: each bit", 0x836, 0x10000, 0x1f7ff
    APIC_BITS "LVT error: each bit", 0x837, 0x10000, 0x110ff
    APIC_BITS "initial count: each bit", 0x838, 0, 0xffffffff
    APIC_BITS "divide configuration: each bit", 0x83e, 0, 0xb
    APIC_BITS "self IPI: each bit", 0x83f, 0, 0xff
    ret
.judge:
    mov dword [resume.eip], 0
    mov eax, GP_
    bt [rdx], rsi
    jnc .refused
    mov eax, 0xff
.refused:
    mov [wanted], eax
    movzx eax, byte [fault.vector]
    mov [seen], eax
    mov [seen + 4], r14d
    mov [wanted + 4], r14d
    jmp check_64

[section .data]
    align 8
;   ID 2, version 3, TPR 8, PPR 0A, LDR 0D, SVR 0F, ISR TMR IRR 10-27, ESR 28, ICR 30,
;   LVT 32-37, initial 38 and current count 39, divide configuration 3E
readable:       dd 1 << 2 | 1 << 3 | 1 << 8 | 1 << 0xa | 1 << 0xd | 1 << 0xf | 0xffff0000
                dd 0x1ff | 1 << 0x10 | 0x3f << 0x12 | 1 << 0x18 | 1 << 0x19 | 1 << 0x1e
                times 6 dd 0
;   TPR, EOI 0B, SVR, ESR, ICR, LVT, initial count, divide configuration, self IPI 3F
writable:       dd 1 << 8 | 1 << 0xb | 1 << 0xf
                dd 1 << 8 | 1 << 0x10 | 0x3f << 0x12 | 1 << 0x18 | 1 << 0x1e | 1 << 0x1f
                times 6 dd 0
mask:           dq 0
base:           dq 0
number:         dd 0
section .text

END_PROGRAM
