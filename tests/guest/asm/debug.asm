; Debug exceptions: single step, code, data and port breakpoints, DR6 and DR7,
; general detect, RF, INT1, and what the shadow of MOV SS puts off.
;
; SDM 3B 17.2, 17.3; 3A 6.8.3, 6.9 (priorities); 2B MOV DR; 2A INT n.

%include "board.inc"
%include "protected.inc"
PROGRAM "debug"
    ENTER_PROTECTED
    call registers
    call stepping
    call step_details
    call code_points
    call data_points
    call port_points
    call general_detect
    call rings
    jmp finish_32

DR6_CLEAR       equ 0xffff0ff0
BS              equ 1 << 14
BD              equ 1 << 13
GD              equ 1 << 13
L0              equ 1
L1              equ 4
; DR7's type and length of breakpoint n.
%define KIND(n, rw, len) ((rw) << (16 + 4*(n)) | ((len) - 1) << (18 + 4*(n)))
X_              equ 0
WR_             equ 1
IO_             equ 2
RW_             equ 3

%macro SET_DR 2
    push eax
    mov eax, %2
    mov %1, eax
    pop eax
%endmacro
; What DR6 holds, which starts anew.
%macro DR6_IS 2.nolist
    mov eax, dr6
    CHECK eax, DR6_CLEAR | (%1), %2
    SET_DR dr6, DR6_CLEAR
%endmacro

; Bits that are fixed; DR4 and DR5 (SDM 3B 17.2.2).
registers:
    mov eax, 0x12345678
    mov dr0, eax
    not eax
    mov dr3, eax
    mov ecx, dr0
    CHECK ecx, 0x12345678, "DR0"
    mov ecx, dr3
    CHECK ecx, 0xedcba987, "DR3"
    xor eax, eax
    mov dr6, eax
    mov ecx, dr6
    CHECK ecx, DR6_CLEAR, "DR6 of zeros"
    mov eax, 0xffff0fff | BS | BD
    mov dr6, eax
    mov ecx, dr6
    and ecx, ~(1 << 16 | 1 << 15 | 1 << 12 | 1 << 11)   ; RTM, BT, BLD: as the model
    CHECK ecx, 0xfffe67ff, "DR6 of ones"
    xor eax, eax
    mov dr7, eax
    mov ecx, dr7
    CHECK ecx, 0x400, "DR7 of zeros"
    mov eax, 0x0000d000                 ; reserved bits
    mov dr7, eax
    mov ecx, dr7
    CHECK ecx, 0x400, "reserved bits of DR7"
    SET_DR dr6, DR6_CLEAR
    SET_DR dr7, 0x400
    db 0x0f, 0x21, 0xe1                 ; MOV ECX, DR4
    CHECK ecx, DR6_CLEAR, "DR4 is DR6 without DE"
    db 0x0f, 0x21, 0xe9                 ; MOV ECX, DR5
    CHECK ecx, 0x400, "DR5 is DR7 without DE"
    mov eax, cr4
    or eax, CR4_DE
    mov cr4, eax
    EXPECT_FAULT_NAMED "mov eax, dr4 with DE", UD_, 0, db 0x0f, 0x21, 0xe0
    EXPECT_FAULT_NAMED "mov dr5, eax with DE", UD_, 0, db 0x0f, 0x23, 0xe8
    and eax, ~CR4_DE
    mov cr4, eax
    USER_FAULT GP_, 0, mov eax, dr0
    USER_FAULT GP_, 0, mov dr7, eax
    USER_FAULT_NAMED "mov eax, dr4 in ring 3", GP_, 0, db 0x0f, 0x21, 0xe0
    xor eax, eax
    mov dr0, eax
    mov dr3, eax
    ret

; --- Single step (SDM 3B 17.3.1.4) ----------------------------------------

; With TF set by POPF before it, the instruction runs and then traps.
%macro STEP 2+.nolist
    AWAIT %%insn, %%after
    push dword TF | 2
    popfd
%%insn: %2
%%end:
    nop
%%after:
    JUDGE %1, DB_, 0, %%end - %%insn
%endmacro

stepping:
    STEP "step over NOP", nop
    DR6_IS BS, "DR6.BS"
    mov eax, [fault.eflags]
    and eax, TF | RF
    CHECK eax, TF, "TF is set in the image, RF is not"
    mov eax, [handler_flags]
    and eax, TF
    CHECK eax, 0, "TF is clear in the handler"
    xor ecx, ecx
    STEP "step over INC", inc ecx
    CHECK ecx, 1, "it ran"
    ; DR6 is not cleared by the processor
    STEP "step again", nop
    STEP "and again", nop
    DR6_IS BS, "DR6.BS still"
    ; a repeated string instruction traps after every round
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x100
    mov ecx, 3
    AWAIT .rep, .after_rep
    push dword TF | 2
    popfd
.rep:
    rep movsb
.after_rep:
    JUDGE "step over REP MOVSB, first round", DB_, 0, 0
    CHECK ecx, 2, "two rounds are left"
    mov eax, [fault.eflags]
    and eax, RF
    CHECK eax, RF, "RF is set in the image between rounds"
    CHECK esi, SCRATCH + 1, "ESI"
    mov ecx, 1
    AWAIT .rep2, .after_rep2
    push dword TF | 2
    popfd
.rep2:
    rep movsb
.rep2_end:
    nop
.after_rep2:
    JUDGE "step over REP MOVSB, last round", DB_, 0, .rep2_end - .rep2
    CHECK ecx, 0, "none is left"
    mov ecx, 0
    AWAIT .rep3, .after_rep3
    push dword TF | 2
    popfd
.rep3:
    rep stosb
.rep3_end:
    nop
.after_rep3:
    JUDGE "step over REP STOSB of nothing", DB_, 0, .rep3_end - .rep3
    SET_DR dr6, DR6_CLEAR
    ret

step_details:
    ; MOV SS and POP SS put it off by one instruction (SDM 3A 6.8.3)
    mov edx, ss
    AWAIT .ss, .ss_after
    push dword TF | 2
    popfd
.ss:
    mov ss, dx
    nop
.ss_end:
    nop
.ss_after:
    JUDGE "step over MOV SS and the next", DB_, 0, .ss_end - .ss
    push edx
    AWAIT .pop, .pop_after
    push dword TF | 2
    popfd
.pop:
    pop ss
    nop
.pop_end:
    nop
.pop_after:
    JUDGE "step over POP SS and the next", DB_, 0, .pop_end - .pop
    add esp, 4                          ; the catcher's stack is that of before
    STEP "MOV DS has no such shadow", mov ds, [cs:data_selector]
    ; a POPF that clears TF is still stepped over
    push dword 2
    STEP "step over a POPF that clears TF", popfd
    add esp, 4
    mov eax, [fault.eflags]
    and eax, TF
    CHECK eax, 0, "the image has TF as it is now"
    STEP "step over PUSHF", pushfd
    ; branches
    AWAIT .branch, .branched
    push dword TF | 2
    popfd
    jmp .branch
    nop
.branch:
    nop
.branched:
    JUDGE "step over JMP", DB_, 0, 0
    ; INT n clears TF: the handler is not stepped
    AWAIT .int, .int_after
    push dword TF | 2
    popfd
.int:
    int 0x40
.int_end:
.int_after:
    JUDGE "INT with TF: its handler comes first", 0x40, 0, .int_end - .int
    mov eax, [fault.eflags]
    and eax, TF
    CHECK eax, TF, "with TF in the image"
    mov eax, [handler_flags]
    and eax, TF
    CHECK eax, 0, "and clear in the handler"
    ; a fault comes instead of the step
    AWAIT .fault, .fault_after
    push dword TF | 2
    popfd
.fault:
    ud2
.fault_after:
    JUDGE "a fault with TF", UD_, 0, 0
    mov eax, [fault.eflags]
    and eax, TF | RF
    CHECK eax, TF | RF, "TF and RF in its image"
    ; IRET that sets TF: one instruction runs
    AWAIT .iret, .iret_after
    push dword TF | 2
    push dword KCODE
    push dword .iret
    iretd
.iret:
    nop
.iret_end:
    nop
.iret_after:
    JUDGE "IRET that sets TF", DB_, 0, .iret_end - .iret
    ; INT1 is no step
    SET_DR dr6, DR6_CLEAR
    EXPECT_TRAP DB_, 0, int1
    DR6_IS 0, "INT1 sets nothing in DR6"
    EXPECT_TRAP_NAMED "int 1", DB_, 0, db 0xcd, 0x01
    DR6_IS 0, "nor does INT 1"
    ; a port, CPUID, a serialising one
    STEP "step over CPUID", cpuid
    AWAIT .far, .far_after
    push dword TF | 2
    popfd
    jmp KCODE:.far
    nop
.far:
    nop
.far_after:
    JUDGE "step over a far jump", DB_, 0, 0
    SET_DR dr6, DR6_CLEAR
    ret

; --- Code breakpoints (SDM 3B 17.3.1.1) -----------------------------------

code_points:
    SET_DR dr0, .insn
    SET_DR dr7, 0x400 | L0
    xor ecx, ecx
    AWAIT .insn, .after
    jmp .insn
.insn:
    inc ecx
    nop
.after:
    JUDGE "a code breakpoint is a fault", DB_, 0, 0
    CHECK ecx, 0, "the instruction has not run"
    DR6_IS 1, "DR6.B0"
    mov eax, [fault.eflags]
    and eax, RF | TF
    CHECK eax, 0, "RF is not set in the image of this fault"
    ; RF, loaded by IRET, lets one instruction pass
    AWAIT .second, .after2
    SET_DR dr1, .second
    SET_DR dr7, 0x400 | L0 | L1
    push dword RF | 2
    push dword KCODE
    push dword .first
    SET_DR dr0, .first
    iretd
.first:
    inc ecx
.second:
    inc ecx
.after2:
    JUDGE "RF passes one breakpoint, not the next", DB_, 0, 0
    CHECK ecx, 1, "one instruction ran"
    DR6_IS 2, "DR6.B1 alone"
    ; POPF does not load RF
    AWAIT .third, .after3
    SET_DR dr0, .third
    SET_DR dr7, 0x400 | L0
    push dword RF | 2
    popfd
.third:
    nop
.after3:
    JUDGE "POPF does not load RF", DB_, 0, 0
    ; by the first byte, prefixes included
    AWAIT .prefixed + 1, .after4
    SET_DR dr0, .prefixed + 1
    jmp .prefixed
.prefixed:
    db 0x3e, 0x3e
    nop
.after4:
    JUDGE "a breakpoint within an instruction", -1, 0, 0
    SET_DR dr6, DR6_CLEAR
    ; DR6 tells of this breakpoint, not of the last; what else it said stays
    AWAIT .another, .after_another
    SET_DR dr6, DR6_CLEAR | BS | 8
    SET_DR dr0, .another
    jmp .another
.another:
    nop
.after_another:
    JUDGE "a breakpoint after another", DB_, 0, 0
    DR6_IS BS | 1, "DR6.B0 alone, DR6.BS still"
    ; before what the instruction itself may do
    AWAIT .bad, .after5
    SET_DR dr0, .bad
    jmp .bad
.bad:
    ud2
.after5:
    JUDGE "a breakpoint on UD2: #DB comes first", DB_, 0, 0
    DR6_IS 1, "DR6.B0"
    ; not in the shadow of MOV SS
    mov edx, ss
    AWAIT .shadow, .after6
    SET_DR dr0, .shadow
    mov ss, dx
.shadow:
    nop
.after6:
    JUDGE "no breakpoint behind MOV SS", -1, 0, 0
    SET_DR dr6, DR6_CLEAR
    ; globally enabled; not enabled
    AWAIT .global, .after7
    SET_DR dr3, .global
    SET_DR dr7, 0x400 | 0x80
    jmp .global
.global:
    nop
.after7:
    JUDGE "G3", DB_, 0, 0
    DR6_IS 8, "DR6.B3"
    AWAIT .global, .after8
    SET_DR dr7, 0x400
    jmp .global8
.global8:
    nop
.after8:
    JUDGE "no enable bit, no breakpoint", -1, 0, 0
    SET_DR dr6, DR6_CLEAR
    ret

; --- Data breakpoints (SDM 3B 17.2.5, 17.3.1.2) ---------------------------

; WATCH kind, length, address: breakpoint 0
%macro WATCH 3
    SET_DR dr0, %3
    SET_DR dr7, 0x400 | L0 | KIND(0, %1, %2)
%endmacro
%macro HIT 1+.nolist
    EXPECT_TRAP DB_, 0, %1
    DR6_IS 1, "DR6.B0 of it"
%endmacro
%macro MISS 1+.nolist
    EXPECT_OK %1
    SET_DR dr6, DR6_CLEAR
%endmacro

data_points:
    mov ebx, SCRATCH + 0x40
    WATCH WR_, 4, SCRATCH + 0x40
    HIT mov [ebx], eax
    HIT mov [ebx + 3], al
    HIT mov [ebx - 1], ax
    HIT mov [ebx - 3], eax
    HIT inc dword [ebx]
    HIT xchg [ebx], ecx
    HIT fst qword [ebx - 4]
    MISS mov eax, [ebx]
    MISS mov [ebx + 4], eax
    MISS mov [ebx - 4], eax
    MISS mov [ebx - 1], al
    MISS cmp [ebx], eax
    WATCH WR_, 1, SCRATCH + 0x41
    MISS mov [ebx], al
    HIT mov [ebx], ax
    WATCH WR_, 2, SCRATCH + 0x42
    MISS mov [ebx], ax
    HIT mov [ebx + 3], al
    WATCH RW_, 4, SCRATCH + 0x40
    HIT mov eax, [ebx]
    HIT mov [ebx], eax
    HIT cmp dword [ebx], 0
    HIT push dword [ebx]
    mov esi, ebx
    mov edi, ebx
    HIT lodsd
    HIT stosd
    MISS lea eax, [ebx]
    MISS nop dword [ebx]
    ; a repeated instruction stops behind the round that hit
    WATCH WR_, 1, SCRATCH + 0x42
    mov edi, ebx
    mov ecx, 8
    AWAIT .rep, .rep_after
.rep:
    rep stosb
.rep_after:
    JUDGE "rep stosb over a breakpoint", DB_, 0, 0
    CHECK ecx, 5, "ECX behind it"
    mov eax, [fault.eflags]
    and eax, RF
    CHECK eax, RF, "RF is set in the image between rounds"
    CHECK edi, SCRATCH + 0x43, "EDI behind it"
    DR6_IS 1, "DR6.B0 of it"
    ; two at once
    SET_DR dr0, SCRATCH + 0x40
    SET_DR dr1, SCRATCH + 0x41
    SET_DR dr7, 0x400 | L0 | L1 | KIND(0, WR_, 1) | KIND(1, WR_, 1)
    EXPECT_TRAP_NAMED "two breakpoints", DB_, 0, mov [ebx], eax
    DR6_IS 3, "DR6.B0 and B1"
    ; with a step
    AWAIT .both, .both_after
    push dword TF | 2
    popfd
.both:
    mov [ebx], eax
.both_end:
    nop
.both_after:
    JUDGE "a data breakpoint and a step", DB_, 0, .both_end - .both
    DR6_IS BS | 3, "DR6 has both"
    ; the shadow of MOV SS puts data breakpoints off
    mov [ebx + 0x10], ss
    SET_DR dr7, 0x400 | L0 | KIND(0, RW_, 4)
    SET_DR dr0, SCRATCH + 0x50
    AWAIT .ss, .ss_after
.ss:
    mov ss, [ebx + 0x10]
    nop
.ss_end:
    nop
.ss_after:
    JUDGE "a data breakpoint of MOV SS", DB_, 0, .ss_end - .ss
    DR6_IS 1, "DR6.B0 of it"
    ; what the processor reads for itself counts: a stack push
    SET_DR dr0, STACK0 - 0x40
    SET_DR dr7, 0x400 | L0 | KIND(0, WR_, 4)
    AWAIT .push, .push_after            ; keeps ESP, so before it changes
    mov esp, STACK0 - 0x3c
.push:
    push eax
.push_end:
    nop
.push_after:
    mov eax, 0x400
    mov dr7, eax
    JUDGE "a push", DB_, 0, .push_end - .push
    DR6_IS 1, "DR6.B0 of it"
    ; an instruction that faults has hit nothing
    WATCH WR_, 4, SCRATCH + 0x40
    xor edx, edx
    mov ecx, 0
    EXPECT_FAULT_NAMED "a fault reports no data breakpoint", DE_, 0, div ecx
    DR6_IS 0, "DR6 of that"
    SET_DR dr7, 0x400
    ret

; --- Ports (SDM 3B 17.2.5: with CR4.DE) -----------------------------------

port_points:
    mov eax, cr4
    or eax, CR4_DE
    mov cr4, eax
    WATCH IO_, 1, 0x80
    mov edx, 0x80
    EXPECT_TRAP DB_, 0, out dx, al
    DR6_IS 1, "DR6.B0 of it"
    EXPECT_TRAP DB_, 0, in al, 0x80
    DR6_IS 1, "DR6.B0 of it"
    mov edx, 0x81
    MISS in al, dx
    mov edx, 0x7f
    EXPECT_TRAP_NAMED "in ax of 7F reaches 80", DB_, 0, in ax, dx
    DR6_IS 1, "DR6.B0 of it"
    WATCH IO_, 4, 0x80
    mov edx, 0x83
    EXPECT_TRAP_NAMED "in al of 83, length 4", DB_, 0, in al, dx
    DR6_IS 1, "DR6.B0 of it"
    mov edx, 0x84
    MISS in al, dx
    ; memory of that address is not a port
    mov ebx, 0x80
    MISS mov al, [ebx]
    SET_DR dr7, 0x400
    mov eax, cr4
    and eax, ~CR4_DE
    mov cr4, eax
    ret

; --- General detect (SDM 3B 17.3.1.3) -------------------------------------

general_detect:
    SET_DR dr7, 0x400 | GD
    EXPECT_FAULT_NAMED "mov eax, dr0 with GD", DB_, 0, mov eax, dr0
    mov ecx, dr7
    CHECK ecx, 0x400, "GD is clear in the handler"
    DR6_IS BD, "DR6.BD"
    SET_DR dr7, 0x400 | GD
    EXPECT_FAULT_NAMED "mov dr6, eax with GD", DB_, 0, mov dr6, eax
    DR6_IS BD, "DR6.BD"
    SET_DR dr7, 0x400 | GD
    EXPECT_FAULT_NAMED "mov eax, dr7 with GD", DB_, 0, mov eax, dr7
    DR6_IS BD, "DR6.BD"
    ret

; --- Ring 3 ---------------------------------------------------------------

rings:
    mov dword [user_flags], TF | 2
    USER_TRAP_NAMED "step in ring 3", DB_, 0, nop
    mov dword [user_flags], 2
    DR6_IS BS, "DR6.BS"
    CHECK [fault.cs], UCODE, "CS of it"
    mov edx, SCRATCH + 0x40
    WATCH WR_, 4, SCRATCH + 0x40
    USER_TRAP_NAMED "a data breakpoint in ring 3", DB_, 0, mov [edx], eax
    DR6_IS 1, "DR6.B0"
    SET_DR dr7, 0x400
    ; SYSENTER does not clear TF: the step comes behind it, in ring 0
    xor edx, edx
    mov eax, KCODE
    mov ecx, MSR_SYSENTER_CS
    wrmsr
    mov eax, STACK1
    mov ecx, MSR_SYSENTER_ESP
    wrmsr
    mov eax, .entry
    mov ecx, MSR_SYSENTER_EIP
    wrmsr
    mov dword [user_flags], TF | 2
    AWAIT .entry, .after
    RING UCODE, UDATA, STACK3, .sysenter
.sysenter:
    sysenter
.entry:
    nop
    nop
.after:
    mov dword [user_flags], 2
    JUDGE "step over SYSENTER", DB_, 0, 0
    CHECK [fault.cs], KCODE, "in ring 0"
    DR6_IS BS, "DR6.BS"
    ret

section .data
data_selector:  dd UDATA
section .text

END_PROGRAM
