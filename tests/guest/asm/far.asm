; Far JMP, CALL, RET and IRET without gates: by every access byte, RPL and ring;
; limits, widths, stacks, what an outer ring may keep, the flags IRET loads.
;
; SDM 3A 5.8.1, 5.8.6; 2A CALL, IRET, JMP; 2B RET.

%include "board.inc"
%include "protected.inc"
PROGRAM "far"
    ENTER_PROTECTED
    call far_sweeps
    call far_details
    call nulling
    call returns
    jmp finish_32

%include "sweep.inc"

; Far transfers by every access byte. All land on an INT HOME.
rule_jump:                              ; SDM 2A JMP, CALL: far, protected mode
    test bl, 0x10
    jnz .segment
    movzx eax, bl
    and al, 0x0f
    bt dword [transfer_types], eax      ; gates and TSSs have programs of their own
    mov eax, -2
    jc .done
    mov eax, GP_ << 16
    or eax, edx
.done:
    ret
.segment:
    test bl, 8
    OUT_OF z, GP_, edx
    test bl, 4
    jnz .conforming
    cmp cl, ch
    OUT_OF a, GP_, edx
    cmp bh, ch
    OUT_OF ne, GP_, edx
    jmp .present
.conforming:
    cmp bh, ch
    OUT_OF a, GP_, edx
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, ch                       ; CS gets the CPL as its RPL
    or eax, NOTHING
    ret

rule_return:                            ; SDM 2B RET: far; 2A IRET
    mov al, bl
    and al, 0x18
    cmp al, 0x18
    OUT_OF ne, GP_, edx
    cmp cl, ch
    OUT_OF b, GP_, edx
    test bl, 4
    jnz .conforming
    cmp bh, cl
    OUT_OF ne, GP_, edx
    jmp .present
.conforming:
    cmp bh, cl
    OUT_OF a, GP_, edx
.present:
    test bl, PRESENT
    OUT_OF z, NP_, edx
    movzx eax, cl
    or eax, NOTHING
    ret

rule_return_stack:                      ; to ring 3
    cmp cl, 3
    OUT_OF ne, GP_, edx
    mov al, bl
    and al, 0x1a
    cmp al, 0x12
    OUT_OF ne, GP_, edx
    cmp bh, 3
    OUT_OF ne, GP_, edx
    test bl, PRESENT
    OUT_OF z, SS_, edx
    mov eax, NOTHING | 3
    ret

rule_iret_stack:                        ; absent: the manual says #SS where it tells what
    call rule_return_stack              ; is done, #NP where it lists exceptions
    cmp eax, SS_ << 16 | SWEPT
    jne .as_it_is
    mov eax, -2
.as_it_is:
    ret

try_jmp:
    call aim
    LANDING .insn
.insn:
    jmp far [far_pointer]
.home:
    REWIND
    jmp landed
try_call:
    call aim
    LANDING .insn
.insn:
    call far [far_pointer]
.home:
    REWIND
    jmp landed
try_user_jmp:
    call aim
    LANDING .insn
    RING UCODE, UDATA, STACK3, .insn
.insn:
    jmp far [far_pointer]
.home:
    jmp landed
try_user_call:
    call aim
    LANDING .insn
    RING UCODE, UDATA, STACK3, .insn
.insn:
    call far [far_pointer]
.home:
    jmp landed
aim:                                    ; at the INT HOME below, by the swept selector
    mov dword [far_pointer], landing
    mov eax, [sweep.selector]
    mov [far_pointer + 4], ax
    ret
%macro PUSH_RETURN 1                    ; flags too?
    mov ecx, [sweep.rpl]
    push dword [ring_data + ecx*4]
    push dword STACK1
  %if %1
    push dword 2
  %endif
    push dword [sweep.selector]
    push dword landing
%endmacro
try_retf:
    LANDING .insn
    PUSH_RETURN 0
.insn:
    retf
.home:
    REWIND
    jmp landed
try_iret:
    LANDING .insn
    PUSH_RETURN 1
.insn:
    iretd
.home:
    REWIND
    jmp landed
try_user_retf:
    LANDING .insn
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    PUSH_RETURN 0
.insn:
    retf
.home:
    jmp landed
try_user_iret:
    LANDING .insn
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    PUSH_RETURN 1
.insn:
    iretd
.home:
    jmp landed
try_retf_ss:
    LANDING .insn
    push dword [sweep.selector]
    push dword STACK3
    push dword UCODE
    push dword landing
.insn:
    retf
.home:
    REWIND
    jmp landed
try_iret_ss:
    LANDING .insn
    push dword [sweep.selector]
    push dword STACK3
    push dword 2
    push dword UCODE
    push dword landing
.insn:
    iretd
.home:
    REWIND
    jmp landed

far_sweeps:
    SWEEP try_jmp, rule_jump, 0, "jmp far by every access byte"
    SWEEP try_call, rule_jump, 0, "call far by every access byte"
    SWEEP try_user_jmp, rule_jump, 3, "jmp far in ring 3"
    SWEEP try_user_call, rule_jump, 3, "call far in ring 3"
    SWEEP try_retf, rule_return, 0, "retf by every access byte"
    SWEEP try_iret, rule_return, 0, "iret by every access byte"
    SWEEP try_user_retf, rule_return, 3, "retf in ring 3"
    SWEEP try_user_iret, rule_return, 3, "iret in ring 3"
    SWEEP try_retf_ss, rule_return_stack, 0, "retf to ring 3 by every access byte of SS"
    SWEEP try_iret_ss, rule_iret_stack, 0, "iret to ring 3 by every access byte of SS"
    ret

; Null selectors, limits, widths and stacks of far transfers.
far_details:
    mov [keep], esp
    EXPECT_FAULT GP_, 0, jmp 0:0x1234
    EXPECT_FAULT GP_, 0, call 3:0x1234
    EXPECT_FAULT GP_, 0xfff8, jmp 0xfff8:0
    EXPECT_FAULT GP_, 0x0c, jmp 0x0c:0
    EXPECT_FAULT GP_, 0xfffc, call 0xffff:0
    mov ecx, esp
    CHECK ecx, [keep], "ESP after faulting far calls"
    push dword 0
    push dword landing
    EXPECT_FAULT GP_, 0, retf
    mov word [esp + 4], 0xfff8
    EXPECT_FAULT GP_, 0xfff8, retf
    mov word [esp + 4], 3               ; null is null whatever its RPL
    EXPECT_FAULT_NAMED "retf to selector 3", GP_, 0, retf
    add esp, 8
    push dword 0                        ; SS
    push dword STACK3
    push dword UCODE
    push dword landing
    EXPECT_FAULT_NAMED "retf to ring 3 with null SS", GP_, 0, retf
    mov dword [esp + 12], 3
    EXPECT_FAULT_NAMED "retf to ring 3 with SS 3", GP_, 0, retf
    mov dword [esp + 12], GDT_LIMIT + 1 + 3
    EXPECT_FAULT_NAMED "retf to ring 3, SS beyond the table", GP_, GDT_LIMIT + 1, retf
    add esp, 16
    ; beyond the limit of the new CS (stricter than some emulators)
    DESCRIBE SPARE, 0, 0x1ffff, PRESENT | CODE_RX, FLAG_D
    EXPECT_FAULT_NAMED "jmp far beyond the limit", GP_, 0, jmp SPARE:0x20000
    EXPECT_FAULT_NAMED "call far beyond the limit", GP_, 0, call SPARE:0x20000
    push dword SPARE
    push dword 0x20000
    EXPECT_FAULT_NAMED "retf beyond the limit", GP_, 0, retf
    add esp, 8
    push dword 2
    push dword SPARE
    push dword 0x20000
    EXPECT_FAULT_NAMED "iret beyond the limit", GP_, 0, iretd
    add esp, 12
    mov ecx, cs
    CHECK ecx, KCODE, "CS after all that"
    ; what is pushed, by both operand sizes
    mov [keep], esp
    call KCODE:.far32
.back32:
    CHECK eax, .back32, "CALL FAR pushes EIP"
    CHECK16 [ecx_low], KCODE, "CALL FAR pushes CS"
    sub [keep], esp
    CHECK [keep], 0, "RETF pops both"
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    mov word [far_pointer], LOW(.short)
    mov word [far_pointer + 2], SPARE
    mov edx, esp
    AWAIT .none, .caught
    mov dword [resume.home], landing_home
.none:
    o16 call far [far_pointer]
.short:
    mov ecx, [esp]
    sub edx, esp
    jmp KCODE:landing
.caught:
    mov dword [resume.eip], 0
    CHECK edx, 4, "CALL FAR o16 pushes two words"
    sub ecx, KCODE << 16
    CHECK ecx, LOW(.short), "CS above IP"
    ; RETF imm to ring 3 skips on both stacks
    mov dword [STACK3 - 16], 0
    AWAIT .insn2, .home2
    mov dword [resume.home], landing_home
    push dword UDATA
    push dword STACK3 - 16
    push dword 0xdead
    push dword 0xbeef
    push dword UCODE
    push dword landing
.insn2:
    retf 8
.home2:
    mov dword [resume.eip], 0
    CHECK [fault.esp], STACK3 - 8, "RETF 8 to ring 3 drops 8 bytes there too"
    CHECK [fault.ss], UDATA, "and loads SS from behind its parameters"
    CHECK [fault.cs], UCODE, "and CS"
    ; a conforming segment of ring 0 called from ring 3: the CPL stays
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_CONF, FLAT
    AWAIT .conforming, .refused
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    jmp SPARE:.conforming
.conforming:
    cli
.refused:
    JUDGE "CLI in ring-0 conforming code entered from ring 3", GP_, 0, 0
    CHECK [fault.cs], SPARE | 3, "its CS has RPL 3"
    ret
.far32:
    mov eax, [esp]
    mov ecx, [esp + 4]
    mov [ecx_low], cx
    retf

; Returning outward nulls what the outer ring may not hold (SDM 2B RET).
nulling:
    DESCRIBE SPARE, 0, 0xfffff, PRESENT | CODE_CONF, FLAT
    mov eax, KCODE
    mov fs, ax
    mov eax, SPARE
    mov gs, ax
    mov eax, KDATA
    mov ds, ax
    USER_RUN nop
    call reload_data
    CHECK [fault.ds], 0, "IRET to ring 3: a ring-0 DS is nulled"
    CHECK [fault.es], UDATA, "a ring-3 ES stays"
    CHECK [fault.fs], 0, "ring-0 code in FS is nulled"
    CHECK [fault.gs], SPARE, "conforming code in GS stays"
    mov eax, DATA2
    mov fs, ax
    mov eax, DATA1
    mov gs, ax
    AWAIT .insn, .home
    mov dword [resume.home], landing_home
    push dword DATA2
    push dword STACK2
    push dword CODE2
    push dword landing
.insn:
    retf
.home:
    mov dword [resume.eip], 0
    CHECK [fault.fs], DATA2, "RETF to ring 2: a ring-2 FS stays"
    CHECK [fault.gs], 0, "a ring-1 GS is nulled"
    CHECK [fault.ss], DATA2, "SS is of ring 2"
    xor eax, eax
    mov fs, ax
    mov gs, ax
    USER_FAULT_NAMED "a nulled FS faults in ring 3", GP_, 0, mov al, [fs:keep]
    ret

%macro RETURN_WITH 2                    ; flags given, size prefix: the flags after it in EAX
    pushfd
    pop dword [kept]
    push dword %1
    push dword KCODE
    push dword %%back
    iretd
%%back:
    pushfd
    pop eax
    push dword 2
    popfd
%endmacro

returns:
    RETURN_WITH CF | PF | AF | ZF | SF | DF | OF | IOPL3 | NT | AC | ID | VIF, 0
    CHECK eax, CF | PF | AF | ZF | SF | DF | OF | IOPL3 | NT | AC | ID | VIF | 2, \
        "IRETD in ring 0 loads all but VM, VIP"
    push dword VIP | VIF | ID | 2       ; VIP too, in ring 0
    push dword KCODE
    push dword .vip
    iretd
.vip:
    pushfd
    pop eax
    push dword 2
    push dword KCODE
    push dword .no_vip
    iretd
.no_vip:
    CHECK eax, VIP | VIF | ID | 2, "IRETD in ring 0 loads VIF and VIP"
    ; ring 3 to ring 3 with IOPL 0: IF and IOPL stay, VIF and VIP too
    AWAIT .none, .user
    mov dword [resume.home], .end
    RING UCODE, UDATA, STACK3, .ring3
.ring3:
    push dword IF | IOPL3 | NT | AC | ID | VIF | VIP | CF | 2
    push dword UCODE
    push dword .none
    iretd
.none:
    int HOME
.end:
.user:
    mov dword [resume.eip], 0
    CHECK [fault.eflags], NT | AC | ID | CF | 2, "IRETD in ring 3, IOPL 0"
    mov dword [user_flags], IOPL3 | 2
    AWAIT .none2, .user2
    mov dword [resume.home], .end2
    RING UCODE, UDATA, STACK3, .ring3c
.ring3c:
    push dword IF | CF | 2
    push dword UCODE
    push dword .none2
    iretd
.none2:
    int HOME
.end2:
.user2:
    mov dword [resume.eip], 0
    mov dword [user_flags], 2
    CHECK [fault.eflags], IF | IOPL3 | CF | 2, "IRETD in ring 3, IOPL 3: IF, not IOPL"
    ; IRET with 16-bit operands
    push dword AC | ID | 2
    popfd
    push dword CODE16
    DESCRIBE SPARE, BASE, 0xffff, PRESENT | CODE_RX, FLAG_D
    pop eax
    mov ebx, esp
    push word NT | CF | 2
    push word SPARE
    push word LOW(.word)
    o16 iret
.word:
    pushfd
    pop eax
    push dword 2
    popfd
    mov ecx, cs
    jmp KCODE:.flat
.flat:
    CHECK eax, AC | ID | NT | CF | 2, "IRET o16 leaves the upper half of EFLAGS"
    CHECK ecx, SPARE, "IRET o16 loads CS"
    CHECK esp, ebx, "IRET o16 pops six bytes"
    ret

reload_data:                            ; DS and ES as the rest expects them
    mov eax, UDATA
    mov ds, ax
    mov es, ax
    ret

section .data
    align 8
far_pointer:    dd 0, 0
keep:           dd 0, 0
kept:           dd 0
ecx_low:        dd 0
ring_data:      dd KDATA, DATA1, DATA2, UDATA
transfer_types: dd 0x1232               ; 1, 4, 5, 9, C
section .text

END_PROGRAM
