; Long mode's rules of segments and gates, tried with every access byte, L, D and
; RPL there can be: loads of FS and SS, JMP, CALL, RET, IRETQ and interrupts to
; code, gates in the IDT and the GDT, LTR and LLDT with each bit of the upper half.
;
; SDM 3A 3.4.5, 3.5.2, 5.8, 6.14; 2 CALL, INT n, IRET, JMP, LLDT, LTR, RET.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
%include "rows.inc"
PROGRAM "long_sweeps"
    ENTER_LONG
    call to_data
    call to_code
    call by_idt
    call by_gate
    call upper_halves
    jmp finish_64

SWEPT           equ SPARE
GATED           equ SPARE + 0x10        ; a call gate, sixteen bytes
TRY             equ 0x81
NOTHING         equ 0xffff0000          ; no exception

; A failure shows access byte, flags and RPL, CPL before the outcome: vector * 65536 + error code.
;   LONG_SWEEP attempt, rule, CPL, flags there are (0: none, 3: L and D), name
%macro LONG_SWEEP 5.nolist
    RECORD 0, %5
    mov dword [abs attempt], %1
    mov dword [abs rule], %2
    mov dword [abs cpl], %3
    mov dword [abs flags_end], %4
    call run_sweep
%endmacro

run_sweep:
    xor eax, eax
    mov [access], eax
    mov eax, [checks_failed]
    add eax, 4
    mov [enough], eax
.access:
    mov dword [flags], 0
.flags:
    mov dword [rpl], 0
.rpl:
    mov eax, [access]                   ; BL access, BH its DPL, CL RPL, CH CPL, DL L and D,
    mov ebx, eax                        ; ESI the error code that names it
    shr eax, 5
    and eax, 3
    mov bh, al
    mov cl, [rpl]
    mov ch, [cpl]
    mov edx, [flags]
    mov esi, SWEPT
    mov eax, [rule]
    call rax
    cmp eax, UNTRIED
    je .next
    mov [wanted], eax
    call describe
    mov eax, [attempt]
    call rax
    mov [seen], eax
    mov eax, [access]
    shl eax, 8
    mov al, [flags]
    shl eax, 8
    mov al, [rpl]
    shl al, 4
    or al, [cpl]
    mov [seen + 4], eax
    mov [wanted + 4], eax
    call check_64
    mov eax, [checks_failed]
    cmp eax, [enough]
    jae .end
.next:
    inc dword [rpl]
    cmp dword [rpl], 4
    jb .rpl
    inc dword [flags]
    mov eax, [flags]
    cmp eax, [flags_end]
    jbe .flags
    inc dword [access]
    cmp dword [access], 256
    jb .access
.end:
    ret

; The flat descriptor in SWEPT; as a gate it leads to null.
describe:
    mov dword [gdt + SWEPT], 0x0000ffff
    mov dword [gdt + SWEPT + 4], 0x008f0000
    mov qword [gdt + SWEPT + 8], 0
    mov al, [access]
    mov [gdt + SWEPT + 5], al
    mov al, [flags]
    shl al, 5
    or [gdt + SWEPT + 6], al
    ret

; What happened; EBX: SWEPT with the RPL is left to the attempts.
outcome:
    mov dword [resume.eip], 0
    mov eax, [fault.vector]
    shl eax, 16
    or eax, [fault.error]
    ret
selector:
    mov ebx, [rpl]
    add ebx, SWEPT
    ret

; ---- Rules: EAX the outcome ----

%macro OUT_OF 3                         ; if condition: that vector, that error code
    j%-1 %%not
    mov eax, (%2) << 16
    or eax, %3
    ret
%%not:
%endmacro

; A code segment? L and D together are none. Else #GP(selector).
%macro BE_CODE 0
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, esi
    cmp dl, 3
    OUT_OF e, GP_, esi
%endmacro
%macro BE_PRESENT 0
    test bl, PRESENT
    OUT_OF z, NP_, esi
%endmacro

; MOV to FS, and to SS.
rule_data:
    test bl, 0x10
    OUT_OF z, GP_, esi
    mov al, bl
    and al, 0x0a
    cmp al, 0x08                        ; code that cannot be read
    OUT_OF e, GP_, esi
    mov al, bl
    and al, 0x0c
    cmp al, 0x0c                        ; conforming code is everybody's
    je .present
    cmp bh, ch
    OUT_OF b, GP_, esi
    cmp bh, cl
    OUT_OF b, GP_, esi
.present:
    BE_PRESENT
    mov eax, NOTHING
    ret
rule_stack:
    cmp cl, ch
    OUT_OF ne, GP_, esi
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    OUT_OF ne, GP_, esi
    cmp bh, ch
    OUT_OF ne, GP_, esi
    test bl, PRESENT
    OUT_OF z, SS_, esi
    mov eax, NOTHING
    ret

; JMP and CALL. A call gate leads to null here; other system segments lead nowhere.
rule_direct:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_CALL
    je .gate
    BE_CODE
    test bl, 4
    jz .own
    cmp bh, ch                          ; conforming: not more inward
    OUT_OF a, GP_, esi
    jmp .present
.own:
    cmp cl, ch
    OUT_OF a, GP_, esi
    cmp bh, ch
    OUT_OF ne, GP_, esi
.present:
    BE_PRESENT
    mov eax, NOTHING
    ret
.gate:
    cmp bh, ch
    OUT_OF b, GP_, esi
    cmp bh, cl
    OUT_OF b, GP_, esi
    BE_PRESENT
    mov eax, GP_ << 16
    ret

; RET and IRET, CPL being at most RPL.
rule_return:
    BE_CODE
    cmp cl, ch
    OUT_OF b, GP_, esi
    test bl, 4
    jz .own
    cmp bh, cl
    OUT_OF a, GP_, esi
    jmp .present
.own:
    cmp bh, cl
    OUT_OF ne, GP_, esi
.present:
    BE_PRESENT
    mov eax, NOTHING
    ret

; The handler of an interrupt: 64-bit code that is not more outward. RPL does not matter.
rule_handler:
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, esi
    cmp bh, ch
    OUT_OF a, GP_, esi
    cmp dl, 1
    OUT_OF ne, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
    ret

; The target of a call gate, the gate being everybody's; for CALL, which may go inward.
rule_called:
    BE_CODE
    cmp bh, ch
    OUT_OF a, GP_, esi
    cmp dl, 1
    OUT_OF ne, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
    ret
rule_jumped:                            ; JMP, which may not
    BE_CODE
    cmp bh, ch
    OUT_OF a, GP_, esi
    cmp dl, 1
    OUT_OF ne, GP_, esi
    test bl, 4
    jnz .conforming
    cmp bh, ch
    OUT_OF ne, GP_, esi
.conforming:
    BE_PRESENT
    mov eax, NOTHING
    ret

; A gate of the IDT for INT n: SWEPT's access byte is the gate's.
rule_idt_gate:
    mov esi, TRY*8 + 2
    mov al, bl
    and al, 0x1e                        ; interrupt and trap gates
    cmp al, SYS_INT
    OUT_OF ne, GP_, esi
    cmp bh, ch
    OUT_OF b, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
    ret

; A system descriptor in the GDT; as a call gate it leads to KCODE64.
rule_call_gate:
    mov eax, UNTRIED
    test bl, 0x10
    jnz .told
    mov esi, GATED
    mov al, bl
    and al, 0x1f
    cmp al, SYS_CALL
    OUT_OF ne, GP_, esi
    cmp bh, ch
    OUT_OF b, GP_, esi
    cmp bh, cl
    OUT_OF b, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
.told:
    ret

rule_tss:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_TSS
    OUT_OF ne, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
    ret
rule_ldt:
    mov al, bl
    and al, 0x1f
    cmp al, SYS_LDT
    OUT_OF ne, GP_, esi
    BE_PRESENT
    mov eax, NOTHING
    ret

; ---- Attempts; who arrives finds INT HOME, two bytes in code of any width ----

%macro LANDING 1
    AWAIT %1, .home
    mov dword [abs resume.home], landed
%endmacro
landing:
    int HOME
landed:

; In ring 0 or 3, by cpl.
%macro IN_RING 1
    cmp dword [abs cpl], 0
    je %1
    TO_USER %1
%endmacro

%macro BACK 0
.home:
    REWIND
    jmp outcome
%endmacro

try_fs:
    call selector
    LANDING .insn
    IN_RING .insn
.insn:
    mov fs, bx
    jmp landing
BACK
try_ss:
    call selector
    LANDING .insn
    IN_RING .insn
.insn:
    mov ss, bx
    jmp landing
BACK

point:
    mov dword [far_pointer], landing
    mov [far_pointer + 4], bx
    ret
try_jmp:
    call selector
    call point
    LANDING .insn
    IN_RING .insn
.insn:
    JMP_FAR far_pointer
BACK
try_call:
    call selector
    call point
    LANDING .insn
    IN_RING .insn
.insn:
    CALL_FAR far_pointer
BACK

; A stack of the ring that is returned to.
stack_of:
    mov eax, [rpl]
    mov ecx, [stack_list + rax*8]
    mov edx, [stack_list + rax*8 + 4]
    ret
[section .data]
    align 8
stack_list:     dd KDATA64, STACK0 - 0x200, DATA1, STACK1, DATA2, STACK2, UDATA64, STACK3
section .text

try_iret:
    call selector
    call stack_of
    LANDING .insn
    IN_RING .frame
.frame:
    push rcx
    push rdx
    push 2
    push rbx
    push landing
.insn:
    iretq
BACK
try_retf:
    call selector
    call stack_of
    LANDING .insn
    IN_RING .frame
.frame:
    push rcx
    push rdx
    push rbx
    push landing
.insn:
    o64 retf
BACK

; INT to a handler in SWEPT.
try_handler:
    call selector
    mov eax, landing
    mov [idt + 16*TRY], ax
    mov [idt + 16*TRY + 2], bx
    mov word [idt + 16*TRY + 4], (PRESENT | DPL3 | SYS_INT) << 8
    shr eax, 16
    mov [idt + 16*TRY + 6], eax
    mov dword [idt + 16*TRY + 8], 0
    LANDING .insn
    IN_RING .insn
.insn:
    int TRY
BACK
; INT by a gate with the access byte.
try_idt_gate:
    mov eax, landing
    mov [idt + 16*TRY], ax
    mov word [idt + 16*TRY + 2], KCODE64
    mov byte [idt + 16*TRY + 4], 0
    shr eax, 16
    mov [idt + 16*TRY + 6], eax
    mov al, [access]
    mov [idt + 16*TRY + 5], al
    mov dword [idt + 16*TRY + 8], 0
    LANDING .insn
    IN_RING .insn
.insn:
    int TRY
BACK

; Through a call gate to SWEPT.
gate_to:                                ; AL access byte, BX selector
    mov [gdt + GATED + 5], al
    mov [gdt + GATED + 2], bx
    mov byte [gdt + GATED + 4], 0
    mov eax, landing
    mov [gdt + GATED], ax
    shr eax, 16
    mov [gdt + GATED + 6], ax
    mov qword [gdt + GATED + 8], 0
    mov dword [far_pointer], 0
    mov word [far_pointer + 4], GATED
    ret
try_called:
    call selector
    mov al, PRESENT | DPL3 | SYS_CALL
    call gate_to
    LANDING .insn
    IN_RING .insn
.insn:
    CALL_FAR far_pointer
BACK
try_jumped:
    call selector
    mov al, PRESENT | DPL3 | SYS_CALL
    call gate_to
    LANDING .insn
    IN_RING .insn
.insn:
    JMP_FAR far_pointer
BACK
; Through a call gate with the access byte, named with the RPL, to KCODE64.
try_call_gate:
    mov ebx, KCODE64
    mov al, [access]
    call gate_to
    mov eax, [rpl]
    or [far_pointer + 4], ax
    LANDING .insn
    IN_RING .insn
.insn:
    CALL_FAR far_pointer
BACK

try_ltr:
    call selector
    and ebx, ~3
    AWAIT .insn, .home
.insn:
    ltr bx
BACK
try_lldt:
    call selector
    AWAIT .insn, .home
.insn:
    lldt bx
BACK

; ---- The sweeps ----

to_data:
    LONG_SWEEP try_fs, rule_data, 0, 3, "mov fs, ring 0"
    LONG_SWEEP try_fs, rule_data, 3, 3, "mov fs, ring 3"
    LONG_SWEEP try_ss, rule_stack, 0, 3, "mov ss, ring 0"
    LONG_SWEEP try_ss, rule_stack, 3, 3, "mov ss, ring 3"
    xor eax, eax
    mov fs, ax
    ret

to_code:
    LONG_SWEEP try_jmp, rule_direct, 0, 3, "jmp far, ring 0"
    LONG_SWEEP try_jmp, rule_direct, 3, 3, "jmp far, ring 3"
    LONG_SWEEP try_call, rule_direct, 0, 3, "call far, ring 0"
    LONG_SWEEP try_call, rule_direct, 3, 3, "call far, ring 3"
    LONG_SWEEP try_iret, rule_return, 0, 3, "iretq, ring 0"
    LONG_SWEEP try_iret, rule_return, 3, 3, "iretq, ring 3"
    LONG_SWEEP try_retf, rule_return, 0, 3, "retfq, ring 0"
    LONG_SWEEP try_retf, rule_return, 3, 3, "retfq, ring 3"
    ret

by_idt:
    LONG_SWEEP try_handler, rule_handler, 0, 3, "the handler's segment, ring 0"
    LONG_SWEEP try_handler, rule_handler, 3, 3, "the handler's segment, ring 3"
    LONG_SWEEP try_idt_gate, rule_idt_gate, 0, 0, "the gate of int n, ring 0"
    LONG_SWEEP try_idt_gate, rule_idt_gate, 3, 0, "the gate of int n, ring 3"
    ret

by_gate:
    LONG_SWEEP try_called, rule_called, 0, 3, "call by a gate, its segment, ring 0"
    LONG_SWEEP try_called, rule_called, 3, 3, "call by a gate, its segment, ring 3"
    LONG_SWEEP try_jumped, rule_jumped, 0, 3, "jmp by a gate, its segment, ring 0"
    LONG_SWEEP try_jumped, rule_jumped, 3, 3, "jmp by a gate, its segment, ring 3"
    LONG_SWEEP try_call_gate, rule_call_gate, 0, 0, "the call gate, ring 0"
    LONG_SWEEP try_call_gate, rule_call_gate, 3, 0, "the call gate, ring 3"
    LONG_SWEEP try_ltr, rule_tss, 0, 0, "ltr"
    LONG_SWEEP try_lldt, rule_ldt, 0, 0, "lldt"
    xor eax, eax
    lldt ax
    ret

; ---- The last doubleword of a descriptor of sixteen bytes: 12:8 stand where a type would ----

upper_halves:
    TRY_BITS "ltr, each bit of the last doubleword", .rule, {call .tss}, {ltr ax}, {}
    mov byte [gdt + LONG_TSS + 5], PRESENT | SYS_TSS
    mov eax, LONG_TSS
    ltr ax
    TRY_BITS "lldt, each bit of the last doubleword", .rule, {call .ldt}, {lldt ax}, {}
    xor eax, eax
    lldt ax
    mov dword [far_pointer], 0
    mov word [far_pointer + 4], GATED
    TRY_BITS "call gate, each bit of the last doubleword", .rule_gate, {call .gate}, \
             {CALL_FAR far_pointer}, {}
    ret
.rule:
    mov eax, UNTRIED
    cmp ecx, 32
    jae .told
    mov eax, TAKEN
    cmp ecx, 8
    jb .told
    cmp ecx, 12
    ja .told
    mov eax, GP_ | SWEPT << 8
.told:
    ret
.rule_gate:
    call .rule
    cmp eax, GP_ | SWEPT << 8
    jne .told
    mov eax, GP_ | GATED << 8
    ret
.tss:
    DESCRIBE SWEPT, long_tss, 0x67, PRESENT | SYS_TSS, 0
    jmp .last
.ldt:
    DESCRIBE SWEPT, SCRATCH, 0x67, PRESENT | SYS_LDT, 0
.last:
    mov dword [gdt + SWEPT + 8], 0
    mov [gdt + SWEPT + 12], ebx
    mov eax, SWEPT
    ret
.gate:
    push rbx
    mov ebx, KCODE64
    mov al, PRESENT | SYS_CALL
    call gate_to
    mov eax, .returns
    mov [gdt + GATED], ax
    shr eax, 16
    mov [gdt + GATED + 6], ax
    pop rbx
    mov [gdt + GATED + 12], ebx
    ret
.returns:
    o64 retf

section .data
    align 8
attempt:        dd 0
rule:           dd 0
cpl:            dd 0
flags_end:      dd 0
access:         dd 0
flags:          dd 0
rpl:            dd 0
enough:         dd 0
far_pointer:    dd 0
                dw 0
section .text

END_PROGRAM
