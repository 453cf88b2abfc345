; Virtual-8086 mode: what depends on IOPL, VME with its redirection map and
; virtual interrupt flag, protected-mode virtual interrupts, the port map,
; segments, and what ring 3 may not do.
;
; SDM 3A 21.2-21.4; 1 19.5 (port map); 2B PUSHF, POPF, 2A CLI, INT n, IRET, STI.

%include "board.inc"
%include "protected.inc"

TRY             equ 0x40
VECTOR86        equ 0x60                ; redirected to the interrupt table

; Map in the TSS: 32 bytes of redirection, 128 of ports (0-3FFh), one of ones.
REDIRECTION     equ tss_maps
PORT_MAP        equ tss_maps + 32
TSS_LIMIT       equ 104 + 32 + 128

PROGRAM "vm86"
    ENTER_PROTECTED
    mov eax, 1
    cpuid
    mov [features1], edx
    mov word [tss + TSS_MAP], 104 + 32
    DESCRIBE SPARE, tss, TSS_LIMIT, PRESENT | SYS_TSS, 0
    mov eax, SPARE
    ltr ax
    IDT_GATE TRY, KCODE, stubs_32 + 12*TRY, PRESENT | DPL3 | SYS_INT
    call sensitive
    call trusted
    call forbidden
    call segments
    call ports
    call vme
    call pvi
    jmp finish_32

; Into virtual-8086 mode with all segments = the image but SS.
%macro ENTER_86 1
    push dword IMAGE
    push dword IMAGE
    push dword IMAGE
    push dword IMAGE
    push dword 0
    push dword REAL_STACK
    push dword [flags86]
    push dword IMAGE
    push dword LOW(%1)
    iretd
%endmacro

; V86_FAULT name, vector, error, {first}, ..., {the one}. INT3 is the way home.
%macro V86_FAULT 4-*.nolist
    AWAIT LOW(%%insn), %%home
    mov dword [resume.home], LOW(%%end)
    ENTER_86 %%start
bits 16
%%start:
  %rotate 3
  %rep %0 - 4
    %1
    %rotate 1
  %endrep
%%insn: %1
    int3
%%end:
bits 32
%%home:
  %rotate 1
    JUDGE %1, %2, %3, 0
%endmacro
%macro V86_OK 2-*.nolist
    AWAIT LOW(%%start), %%home
    mov dword [resume.home], LOW(%%end)
    ENTER_86 %%start
bits 16
%%start:
  %rotate 1
  %rep %0 - 1
    %1
    %rotate 1
  %endrep
    int3
%%end:
bits 32
%%home:
    JUDGE %1, -1, 0, 0
%endmacro
; The same, home from the INT3 at there86.
%macro V86_LANDS 2-*.nolist
    AWAIT LOW(%%start), %%home
    mov dword [resume.home], LOW(there86) + 1
    ENTER_86 %%start
bits 16
%%start:
  %rotate 1
  %rep %0 - 1
    %1
    %rotate 1
  %endrep
    hlt
bits 32
%%home:
    JUDGE %1, -1, 0, 0
%endmacro
%macro V86_TRAP 4.nolist                ; name, vector, error, {the one}
    AWAIT LOW(%%insn), %%home
    ENTER_86 %%insn
bits 16
%%insn: %4
%%end:
    hlt
bits 32
%%home:
    JUDGE %1, %2, %3, %%end - %%insn
%endmacro

; IOPL 0, no VME: seven instructions are the monitor's (SDM 3A 21.2.7).
sensitive:
    mov dword [flags86], VM | 2
    V86_FAULT "cli", GP_, 0, {cli}
    V86_FAULT "sti", GP_, 0, {sti}
    V86_FAULT "pushf", GP_, 0, {pushf}
    V86_FAULT "pushfd", GP_, 0, {pushfd}
    V86_FAULT "popf", GP_, 0, {popf}
    V86_FAULT "popfd", GP_, 0, {popfd}
    V86_FAULT "iret", GP_, 0, {iret}
    V86_FAULT "iretd", GP_, 0, {iretd}
    V86_FAULT "int n", GP_, 0, {int TRY}
    V86_FAULT "int 3 of two bytes", GP_, 0, {db 0xcd, 0x03}
    CHECK [fault.esp], REAL_STACK, "ESP after them"
    V86_TRAP "int3 is not of them", BP_, 0, {int3}
    V86_FAULT "into without OF is not", UD_, 0, {into}, {ud2}
    V86_TRAP "int1 is not", DB_, 0, {int1}
    V86_OK "lahf, sahf, cld", {lahf}, {sahf}, {cld}
    ret

; IOPL 3.
trusted:
    mov dword [flags86], VM | IOPL3 | 2
    V86_OK "pushf with IOPL 3", {pushf}, {pop ax}
    CHECK16 ax, IOPL3 | 2, "its image"
    V86_OK "pushfd with IOPL 3", {pushfd}, {pop eax}
    CHECK eax, IOPL3 | 2, "its image: VM is not shown"
    V86_OK "popf of ones", {push word -1 & ~TF}, {popf}, {pushf}, {pop ax}, {push word 2}, {popf}
    CHECK16 ax, 0x7ed7, "what POPF took"
    V86_OK "popf does not change IOPL", {push word 2}, {popf}, {pushf}, {pop ax}
    CHECK16 ax, IOPL3 | 2, "IOPL stays"
    V86_OK "popfd of ones", \
        {push dword -1 & ~(TF | RF)}, {popfd}, {pushfd}, {pop eax}, {push dword 2}, {popfd}
    CHECK eax, 0x247ed7, "what POPFD took: VIF and VIP stay"
    V86_OK "cli, sti", {sti}, {pushf}, {pop ax}, {cli}, {pushf}, {pop bx}
    CHECK16 ax, IF | IOPL3 | 2, "STI"
    CHECK16 bx, IOPL3 | 2, "CLI"
    V86_TRAP "int n", TRY, 0, {int TRY}
    mov eax, [fault.eflags]
    CHECK eax, VM | IOPL3 | 2, "EFLAGS of it"
    V86_FAULT "int n by a ring-0 gate", GP_, 0x21*8 + 2, {int 0x21}
    mov dword [flags86], VM | IOPL3 | OF | 2
    V86_TRAP "into", OF_, 0, {into}
    ; IRET stays in the mode
    mov dword [flags86], VM | IOPL3 | 2
    V86_LANDS "iret", {push word CF | 2}, {push word IMAGE}, {push word LOW(there86)}, {iret}
    mov eax, [fault.eflags]
    CHECK eax, VM | IOPL3 | CF | 2, "EFLAGS behind it: IOPL and VM stay"
    ret
bits 16
there86:
    int3
bits 32

; What no IOPL allows (SDM 3A 21.2.6).
forbidden:
    mov dword [flags86], VM | IOPL3 | 2
    V86_FAULT "hlt", GP_, 0, {hlt}
    V86_FAULT "clts", GP_, 0, {clts}
    V86_FAULT "lgdt", GP_, 0, {lgdt [0]}
    V86_FAULT "lidt", GP_, 0, {lidt [0]}
    V86_FAULT "lmsw", GP_, 0, {lmsw ax}
    V86_FAULT "mov cr0, eax", GP_, 0, {mov cr0, eax}
    V86_FAULT "mov eax, cr0", GP_, 0, {mov eax, cr0}
    V86_FAULT "mov eax, dr7", GP_, 0, {mov eax, dr7}
    V86_FAULT "invd", GP_, 0, {invd}
    V86_FAULT "wbinvd", GP_, 0, {wbinvd}
    V86_FAULT "rdmsr", GP_, 0, {rdmsr}
    V86_FAULT "invlpg", GP_, 0, {invlpg [0]}
    V86_FAULT "lldt", UD_, 0, {lldt ax}
    V86_FAULT "ltr", UD_, 0, {ltr ax}
    V86_FAULT "sldt", UD_, 0, {sldt ax}
    V86_FAULT "str", UD_, 0, {str ax}
    V86_FAULT "lar", UD_, 0, {lar ax, bx}
    V86_FAULT "lsl", UD_, 0, {lsl ax, bx}
    V86_FAULT "verr", UD_, 0, {verr ax}
    V86_FAULT "verw", UD_, 0, {verw ax}
    V86_FAULT "arpl", UD_, 0, {arpl ax, bx}
    V86_FAULT "sysexit", GP_, 0, {sysexit}
    V86_FAULT "mov cs, ax", UD_, 0, {db 0x8e, 0xc8}
    V86_FAULT "les with a register", UD_, 0, {db 0xc4, 0xc0}
    V86_OK "smsw, sgdt, sidt", {smsw ax}, {sgdt [LOW(keep)]}, {sidt [LOW(keep)]}
    V86_OK "cpuid, rdtsc", {cpuid}, {rdtsc}
    ret

; Segments as in real mode: base 16 times the selector, limit FFFFh always.
; (Limits: stricter than some emulators.)
segments:
    mov dword [SCRATCH + 0x20], 0x89abcdef
    V86_OK "mov fs, ax", {mov ax, (SCRATCH >> 4) + 1}, {mov fs, ax}, {mov ebx, [fs:0x10]}
    CHECK ebx, 0x89abcdef, "its base"
    V86_OK "any value is a selector", {mov ax, 3}, {mov ss, ax}, {mov ax, 0xffff}, {mov es, ax}
    CHECK [fault.ss], 3, "SS of it"
    CHECK [fault.es], 0xffff, "ES of it"
    V86_FAULT "a word at FFFF", GP_, 0, {mov ax, [0xffff]}
    V86_FAULT "a byte at 10000", GP_, 0, {mov esi, 0x10000}, {mov al, [esi]}
    V86_FAULT "a word at FFFF of SS", SS_, 0, {mov bp, 0xffff}, {mov ax, [bp]}
    V86_FAULT "pop at FFFF", SS_, 0, {mov sp, 0xffff}, {pop ax}
    V86_FAULT "push at 1", SS_, 0, {mov sp, 1}, {push ax}
    CHECK [fault.esp], 1, "SP of it"
    V86_FAULT "jmp beyond 64 KiB", GP_, 0, {jmp dword IMAGE:0x10000}
    V86_OK "call far, retf", {call IMAGE:LOW(.far)}
    CHECK16 ax, IMAGE, "it pushed CS"
    V86_FAULT "an overlong instruction", GP_, 0, {db FIVE(0x66), FIVE(0x66), FIVE(0x66), 0x90}
    xor ecx, ecx
    V86_FAULT "div by 0", DE_, 0, {div cx}
    ret
bits 16
.far:
    mov bp, sp
    mov ax, [bp + 2]
    retf
bits 32

; The port map decides, whatever IOPL (SDM 1 19.5.2).
%macro PORT 2                           ; port, 0 allowed or 1 denied
    mov ecx, %1
  %if %2
    bts [PORT_MAP], ecx
  %else
    btr [PORT_MAP], ecx
  %endif
%endmacro
ports:
    mov dword [flags86], VM | IOPL3 | 2
    V86_FAULT "out 80h, denied", GP_, 0, {out 0x80, al}
    PORT 0x80, 0
    V86_OK "out 80h, allowed", {out 0x80, al}
    V86_FAULT "out 80h of a word, 81h denied", GP_, 0, {out 0x80, ax}
    PORT 0x81, 0
    V86_OK "out 80h of a word", {out 0x80, ax}
    V86_FAULT "out 80h of a doubleword, 82h denied", GP_, 0, {out 0x80, eax}
    PORT 0x82, 0
    PORT 0x83, 0
    V86_OK "out 80h of a doubleword", {out 0x80, eax}
    PORT 0x87, 0
    V86_FAULT "in ax of 87h, 88h denied, in the next byte", GP_, 0, {in ax, 0x87}
    PORT 0x88, 0
    V86_OK "in ax of 87h", {in ax, 0x87}
    mov dword [flags86], VM | 2
    V86_OK "in al of 87h with IOPL 0", {in al, 0x87}
    V86_FAULT "ins, denied", GP_, 0, {mov dx, 0x90}, {insb}
    V86_FAULT "rep outs, denied", GP_, 0, {mov dx, 0x90}, {mov cx, 2}, {rep outsb}
    PORT 0x3f0, 0
    PORT 0x3ff, 0
    V86_OK "the last port of the map", {mov dx, 0x3ff}, {in al, dx}
    V86_FAULT "a word at the last port meets the ones", GP_, 0, {mov dx, 0x3ff}, {in ax, dx}
    mov byte [PORT_MAP + 128], 0
    V86_FAULT "a port behind the map, though its bit is clear", GP_, 0, {mov dx, 0x400}, {in al, dx}
    mov byte [PORT_MAP + 128], 0xff
    V86_FAULT "a port beyond", GP_, 0, {mov dx, 0x5000}, {in al, dx}
    V86_FAULT "port FFFFh", GP_, 0, {mov dx, 0xffff}, {in al, dx}
    ; ring 3 of protected mode: IOPL, or the map
    USER_OK_NAMED "ring 3, IOPL 0, allowed by the map", in al, 0x80
    USER_FAULT_NAMED "ring 3, IOPL 0, denied by the map", GP_, 0, in al, 0x90
    mov dword [user_flags], IOPL3 | 2
    USER_OK_NAMED "ring 3, IOPL 3: the map is not asked", in al, 0x90
    mov dword [user_flags], 2
    mov word [tss + TSS_MAP], TSS_LIMIT + 1
    USER_FAULT_NAMED "a map beyond the TSS", GP_, 0, in al, 0x80
    mov word [tss + TSS_MAP], TSS_LIMIT
    USER_FAULT_NAMED "a map of one byte: two are read", GP_, 0, in al, 0x00
    mov word [tss + TSS_MAP], 104 + 32
    ret

; VME (SDM 3A 21.3, 21.4; table 21-2).
vme:
    test dword [features1], 2
    jnz .there
    ret
.there:
    mov dword [VECTOR86*4], IMAGE << 16 | 0
    mov word [VECTOR86*4], LOW(.handler)
    mov ecx, VECTOR86
    btr [REDIRECTION], ecx              ; the TSS says 1 elsewhere
    SET_CR4 CR4_VME, 0
    mov dword [flags86], VM | 2
    ; CLI and STI mean VIF
    V86_OK "sti with VME, IOPL 0", {sti}
    mov eax, [fault.eflags]
    CHECK eax, VM | VIF | 2, "sets VIF, not IF"
    mov dword [flags86], VM | VIF | IF | 2
    V86_OK "cli with VME, IOPL 0", {cli}
    CHECK [fault.eflags], VM | IF | 2, "clears VIF, not IF"
    mov dword [flags86], VM | VIP | 2
    V86_FAULT "sti with VIP", GP_, 0, {sti}
    CHECK [fault.eflags], VM | VIP | RF | 2, "VIF stays clear"
    V86_OK "cli with VIP", {cli}
    ; PUSHF shows VIF as IF, and IOPL 3
    mov dword [flags86], VM | VIF | 2
    V86_OK "pushf with VME, IOPL 0", {pushf}, {pop ax}
    CHECK16 ax, IF | IOPL3 | 2, "VIF is shown as IF, IOPL as 3"
    mov dword [flags86], VM | IF | 2
    V86_OK "pushf with VME, IOPL 0, VIF clear", {pushf}, {pop ax}
    CHECK16 ax, IOPL3 | 2, "IF itself is not shown"
    V86_FAULT "pushfd with VME, IOPL 0", GP_, 0, {pushfd}
    V86_FAULT "popfd with VME, IOPL 0", GP_, 0, {popfd}
    V86_FAULT "iretd with VME, IOPL 0", GP_, 0, {iretd}
    ; POPF loads VIF
    mov dword [flags86], VM | 2
    V86_OK "popf with VME, IOPL 0", {push word IF | CF | NT | IOPL3 | 2}, {popf}
    CHECK [fault.eflags], VM | VIF | NT | CF | 2, "IF goes to VIF; IF and IOPL stay"
    mov dword [flags86], VM | VIP | 2
    V86_FAULT "popf of IF with VIP", GP_, 0, {push word IF | 2}, {popf}
    V86_OK "popf without IF with VIP", {push word 2}, {popf}
    mov dword [flags86], VM | 2
    V86_FAULT "popf of TF", GP_, 0, {push word TF | 2}, {popf}
    ; IRET does as POPF
    mov dword [flags86], VM | 2
    V86_LANDS "iret with VME, IOPL 0", \
        {push word IF | CF | 2}, {push word IMAGE}, {push word LOW(there86)}, {iret}
    CHECK [fault.eflags], VM | VIF | CF | 2, "IF goes to VIF"
    mov dword [flags86], VM | VIP | 2
    V86_FAULT "iret of IF with VIP", \
        GP_, 0, {push word IF | 2}, {push word IMAGE}, {push word 0}, {iret}
    CHECK [fault.esp], REAL_STACK - 6, "SP after it"
    ; INT n by the redirection map
    mov dword [flags86], VM | VIF | IF | CF | NT | 2
    AWAIT LOW(.done), .after_int
    mov dword [resume.home], LOW(.done) + 1
    ENTER_86 .int
bits 16
.int:
    int VECTOR86
.int_end:
    hlt
.handler:
    mov bp, sp
    mov ax, [bp]
    mov bx, [bp + 2]
    mov cx, [bp + 4]
.done:
    int3
bits 32
.after_int:
    JUDGE "int n, redirected, IOPL 0", -1, 0, 0
    CHECK16 ax, LOW(.int_end), "IP on the 8086 stack"
    CHECK16 bx, IMAGE, "CS on the 8086 stack"
    CHECK16 cx, IF | IOPL3 | CF | NT | 2, "FLAGS: VIF as IF, IOPL as 3"
    CHECK [fault.eflags], VM | IF | CF | NT | 2, "VIF is clear in the handler, IF is not"
    CHECK [fault.esp], REAL_STACK - 6, "three words"
    mov dword [flags86], VM | IOPL3 | IF | 2
    AWAIT LOW(.done), .after_int3
    mov dword [resume.home], LOW(.done) + 1
    ENTER_86 .int
.after_int3:
    JUDGE "int n, redirected, IOPL 3", -1, 0, 0
    CHECK16 cx, IF | IOPL3 | 2, "FLAGS: IF itself"
    CHECK [fault.eflags], VM | IOPL3 | 2, "IF is clear in the handler"
    ; a bit that is set
    mov dword [flags86], VM | 2
    V86_FAULT "int n, not redirected, IOPL 0", GP_, 0, {int TRY}
    mov dword [flags86], VM | IOPL3 | 2
    V86_TRAP "int n, not redirected, IOPL 3", TRY, 0, {int TRY}
    ; INT3 goes by the IDT whatever the map
    mov ecx, BP_
    btr [REDIRECTION], ecx
    V86_TRAP "int3 is not redirected", BP_, 0, {int3}
    SET_CR4 0, CR4_VME
    mov dword [flags86], VM | 2
    V86_FAULT "cli without VME again", GP_, 0, {cli}
    ret

; Protected-mode virtual interrupts (SDM 3A 21.4): ring 3, IOPL 0.
pvi:
    test dword [features1], 2
    jnz .there
    ret
.there:
    USER_FAULT_NAMED "cli in ring 3 without PVI", GP_, 0, cli
    SET_CR4 CR4_PVI, 0
    USER_OK_NAMED "sti in ring 3 with PVI", sti
    CHECK [fault.eflags], VIF | 2, "sets VIF"
    mov dword [user_flags], VIF | IF | 2
    USER_OK_NAMED "cli in ring 3 with PVI", cli
    CHECK [fault.eflags], IF | 2, "clears VIF"
    mov dword [user_flags], VIP | 2
    USER_FAULT_NAMED "sti in ring 3 with VIP", GP_, 0, sti
    mov dword [user_flags], VIF | 2
    USER_RUN pushfd
    mov eax, [STACK3 - 4]
    CHECK eax, VIF | 2, "PUSHFD in ring 3 with PVI shows VIF as itself"
    mov dword [user_flags], 2
    USER_AFTER "popfd in ring 3 with PVI", -1, 0, {push dword IF | CF | 2}, {popfd}
    CHECK [fault.eflags], CF | 2, "POPFD leaves IF and VIF"
    mov dword [user_flags], IOPL3 | 2
    USER_OK_NAMED "sti in ring 3 with PVI, IOPL 3", sti
    CHECK [fault.eflags], IOPL3 | IF | 2, "sets IF"
    mov dword [user_flags], 2
    SET_CR4 0, CR4_PVI
    ret

section .data
    align 4
flags86:        dd VM | 2
features1:      dd 0
keep:           dq 0
section .text

END_PROGRAM
