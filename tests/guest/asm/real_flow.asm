; Control flow in real mode: traps, INT and the frame, flag images, IRET, far
; transfers, the interrupt table, control registers.
;
; SDM 3A 21.1.4, 2.5; 2A BOUND, DIV, INT n, IRET, JMP, CALL, LIDT; 2B MOV CR,
; POPF, PUSHF, RET.

%include "board.inc"
%include "real.inc"
PROGRAM "real_flow"
    INSTALL_REAL
    mov ax, SCRATCH >> 4
    mov fs, ax
    call arithmetic_traps
    call software_interrupts
    call flag_images
    call interrupt_returns
    call far_transfers
    call interrupt_table
    call control
    jmp finish_16

; #DE, #BR, #OF (SDM 2A DIV, IDIV, AAM, BOUND, INTO).
arithmetic_traps:
    mov eax, 0x12345678
    xor edx, edx
    xor ecx, ecx
    EXPECT_FAULT DE_, 0, div cl
    EXPECT_FAULT DE_, 0, div cx
    EXPECT_FAULT DE_, 0, div ecx
    EXPECT_FAULT DE_, 0, idiv cl
    CHECK eax, 0x12345678, "EAX after #DE"
    mov cl, 0x56
    EXPECT_FAULT DE_, 0, div cl
    mov ax, -0x8000
    mov dx, -1
    mov cx, -1
    EXPECT_FAULT DE_, 0, idiv cx
    CHECK16 dx, 0xffff, "DX after #DE"
    mov ax, 0xff80                      ; -128 / 1 just fits
    mov cl, 1
    EXPECT_OK idiv cl
    mov ax, 0xff7f                      ; -129 does not
    EXPECT_FAULT DE_, 0, idiv cl
    EXPECT_FAULT_NAMED "aam 0", DE_, 0, db 0xd4, 0x00
    mov dword [LOW(spare)], 0x0005fffe  ; -2 .. 5
    mov bx, 5
    EXPECT_OK bound bx, [LOW(spare)]
    mov bx, -2
    EXPECT_OK bound bx, [LOW(spare)]
    mov bx, 6
    EXPECT_FAULT BR_, 0, bound bx, [LOW(spare)]
    mov bx, -3
    EXPECT_FAULT BR_, 0, bound bx, [LOW(spare)]
    mov al, 0x7f
    add al, 0
    EXPECT_OK into
    inc al
    EXPECT_TRAP OF_, 0, into
    ret

; INT n, INT3, INT1 (SDM 2A INT n, REAL-ADDRESS-MODE).
software_interrupts:
    EXPECT_TRAP BP_, 0, int3
    EXPECT_TRAP_NAMED "int 3 of two bytes", BP_, 0, db 0xcd, 0x03
    EXPECT_TRAP DB_, 0, int1
    EXPECT_TRAP GP_, 0, int 13          ; no error code in real mode
    EXPECT_TRAP_NAMED "int 31", 31, 0, int 31
    push dword DF | OF | ZF | NT | IOPL3 | AC | ID
    popfd
    EXPECT_TRAP_NAMED "int 20 with many flags", 20, 0, int 20
    CHECK16 [LOW(fault.eflags)], DF | OF | ZF | NT | IOPL3 | 2, "FLAGS on the stack"
    mov eax, [LOW(fault.frame)]
    and eax, TF | IF | DF | NT | IOPL3 | AC | ID
    CHECK eax, DF | NT | IOPL3 | ID, "the handler: AC is cleared, NT and IOPL stay"
    push dword 2
    popfd
    mov word [ss:REAL_STACK - 0x200 - 6], 0
    mov sp, REAL_STACK - 0x200
    mov [LOW(keep)], sp
    EXPECT_TRAP_NAMED "int 21", 21, 0, int 21
    CHECK16 [LOW(fault.esp)], REAL_STACK - 0x200, "three words are pushed"
    CHECK16 [LOW(fault.cs)], IMAGE, "CS on the stack"
    mov sp, REAL_STACK - 2
    ret

; What PUSHF and PUSHFD show, POPF and POPFD take (SDM 2B; 1 3.4.3).
flag_images:
    push word ~(TF | IF)
    popf
    pushf
    pop ax
    push word 0
    popf
    pushf
    pop bx
    cld
    CHECK16 ax, 0x7cd7, "POPF of all ones"
    CHECK16 bx, 0x0002, "POPF of zeros"
    push dword ~(TF | IF)
    popfd
    pushfd
    pop eax
    push dword 0
    popfd
    pushfd
    pop ebx
    CHECK eax, 0x247cd7, "POPFD of all ones: VIP, VIF, VM, RF stay 0"
    CHECK ebx, 0x2, "POPFD of zeros"
    push dword ID | AC
    popfd
    push word 0
    popf
    pushfd
    pop eax
    CHECK eax, ID | AC | 2, "POPF leaves the upper half"
    push dword 2
    popfd
    mov ah, 0xff
    sahf
    lahf
    CHECK8 ah, 0xd7, "SAHF and LAHF"
    push word 2
    popf
    sti
    cli
    pushf
    pop ax
    CHECK16 ax, 2, "STI, CLI"
    ret

; SDM 2A IRET, REAL-ADDRESS-MODE.
interrupt_returns:
    push word DF | ZF | NT | 1
    push cs
    push word LOW(.word)
    iret
.word:
    pushf
    pop ax
    push word 2
    popf
    CHECK16 ax, DF | ZF | NT | 3, "IRET takes FLAGS"
    mov [LOW(keep)], sp
    push dword VM | VIF | VIP | ID | AC | CF
    push dword 0xabcd0000 | IMAGE
    push dword LOW(.double)
    iretd
.double:
    pushfd
    pop eax
    push dword 2
    popfd
    CHECK eax, ID | AC | CF | 2, "IRETD: VM, VIF, VIP stay as they are"
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "IRETD pops twelve bytes"
    ; beyond the limit of CS (stricter than some emulators)
    push dword 2
    push dword IMAGE
    push dword 0x10000
    mov [LOW(keep)], sp
    EXPECT_FAULT GP_, 0, iretd
    CHECK16 [LOW(fault.esp)], [LOW(keep)], "SP after a faulting IRETD"
    add sp, 12
    ret

; Far JMP, CALL, RET and pointer loads (stricter about limits than some emulators).
far_transfers:
    mov [LOW(keep)], sp
    call IMAGE:LOW(.called)
.back:
    CHECK16 ax, LOW(.back), "CALL FAR pushes IP"
    CHECK16 bx, IMAGE, "CALL FAR pushes CS"
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "RETF pops them"
    mov dword [LOW(spare)], LOW(.called32)
    mov word [LOW(spare) + 4], IMAGE
    push dword 0x5a5a5a5a
    call dword far [LOW(spare)]
.back32:
    CHECK eax, LOW(.back32), "CALL FAR o32 pushes EIP"
    CHECK16 bx, IMAGE, "CALL FAR o32 pushes CS"
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "RETF o32 imm16 pops them and more"
    jmp dword IMAGE:LOW(.jumped)
    ud2
.jumped:
    EXPECT_FAULT GP_, 0, jmp dword IMAGE:0x10000
    mov dword [LOW(spare)], 0x10000
    EXPECT_FAULT GP_, 0, call dword far [LOW(spare)]
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "SP after a faulting CALL"
    EXPECT_FAULT GP_, 0, jmp dword [LOW(spare)]
    push dword IMAGE
    push dword 0x10000
    mov [LOW(keep)], sp
    EXPECT_FAULT GP_, 0, o32 retf
    CHECK16 [LOW(fault.esp)], [LOW(keep)], "SP after a faulting RETF"
    add sp, 8
    push dword 0x10000
    EXPECT_FAULT GP_, 0, o32 ret
    add sp, 4
    EXPECT_FAULT_NAMED "o32 jmp rel past the limit", GP_, 0, jmp dword $ + 0x10000
    mov dword [LOW(spare)], 0xdead2000
    mov word [LOW(spare) + 4], 0x3456
    les ax, [LOW(spare)]
    mov bx, es
    CHECK16 ax, 0x2000, "LES offset"
    CHECK16 bx, 0xdead, "LES segment"
    lgs eax, [LOW(spare)]
    mov bx, gs
    push ds
    pop es
    CHECK eax, 0xdead2000, "LGS o32 offset"
    CHECK16 bx, 0x3456, "LGS o32 segment"
    mov eax, -1
    mov eax, gs
    CHECK eax, 0x3456, "MOV r32, Sreg extends with zero"
    ; a near jump of 16 bits cuts EIP
    mov ax, LOW(.near)
    jmp ax
    ud2
.near:
    mov ecx, 0x10001
    loop .not_taken
    jmp .loop_done
.not_taken:
    mov ax, 0xbad
.loop_done:
    CHECK ecx, 0x10000, "LOOP in 16-bit code counts CX"
    mov ecx, 0x10000
    a32 jecxz .zero
    jcxz .right
.zero:
    CHECK ecx, 0, "JCXZ and JECXZ"
.right:
    ret
.called:
    mov bp, sp
    mov ax, [bp]
    mov bx, [bp + 2]
    retf
.called32:
    mov bp, sp
    mov eax, [bp]
    mov bx, [bp + 4]
    o32 retf 4

; The interrupt table has a base and a limit in real mode too (SDM 3A 21.1.4).
interrupt_table:
    mov si, 0
    mov cx, 0x80
    push ds
    push word 0
    pop ds
.copy:
    mov eax, [si]
    mov [fs:si + 0x1000], eax
    add si, 4
    loop .copy
    pop ds
    mov word [fs:0x1000 + 22*4], LOW(stubs_16) + 5*23
    lidt [LOW(.moved)]
    EXPECT_TRAP_NAMED "int 22 by a table elsewhere", 23, 0, int 22
    lidt [LOW(.short)]
    EXPECT_OK nop
    EXPECT_TRAP_NAMED "int 14, the last entry within the limit", 14, 0, int 14
    EXPECT_FAULT_NAMED "int 15, one byte beyond the limit", GP_, 0, int 15
    EXPECT_FAULT_NAMED "int 255 beyond the limit", GP_, 0, int 255
    lidt [LOW(.usual)]
    sidt [LOW(spare)]
    CHECK16 [LOW(spare)], 0x3ff, "SIDT limit"
    CHECK [LOW(spare) + 2], 0, "SIDT base"
    ; LIDT with 16-bit operands takes 24 bits of base (SDM 2A LGDT/LIDT)
    lidt [LOW(.high)]
    sidt [LOW(spare)]
    CHECK [LOW(spare) + 2], 0x00020000, "LIDT o16 loads 24 bits of base"
    o32 lidt [LOW(.high)]
    sidt [LOW(spare)]
    CHECK [LOW(spare) + 2], 0xab020000, "LIDT o32 loads 32 bits of base"
    lidt [LOW(.usual)]
    ret
.moved: dw 0x3ff
        dd SCRATCH + 0x1000
.short: dw 14*4 + 3 + 3
        dd 0
.usual: dw 0x3ff
        dd 0
.high:  dw 0x123
        dd 0xab020000

; Control registers (SDM 2B MOV CR, 3A 2.5).
control:
    mov eax, cr0
    mov edx, eax
    or eax, CR0_PG
    EXPECT_FAULT_NAMED "PG without PE", GP_, 0, mov cr0, eax
    mov eax, edx
    and eax, ~CR0_CD
    or eax, CR0_NW
    EXPECT_FAULT_NAMED "NW without CD", GP_, 0, mov cr0, eax
    mov eax, cr0
    CHECK eax, edx, "CR0 after both"
    mov eax, edx
    and eax, ~CR0_ET
    mov cr0, eax
    mov eax, cr0
    and eax, CR0_ET
    CHECK eax, CR0_ET, "ET cannot be cleared"
    mov eax, 1 << 31
    EXPECT_FAULT_NAMED "a reserved bit of CR4", GP_, 0, mov cr4, eax
    mov eax, edx
    or eax, CR0_TS
    mov cr0, eax
    EXPECT_FAULT NM_, 0, fnop
    EXPECT_OK clts
    EXPECT_OK fnop
    mov ax, dx
    or al, CR0_TS | CR0_MP | CR0_EM
    lmsw ax
    smsw ax
    CHECK8 al, 0x1e, "LMSW, SMSW"
    EXPECT_FAULT NM_, 0, fnop
    EXPECT_FAULT NM_, 0, fwait
    mov cr0, edx
    smsw eax
    CHECK eax, edx, "SMSW r32 brings all of CR0"
    ; the mod field of MOV CR is ignored (SDM 2B MOV CR)
    mov ebx, -1
    db 0x0f, 0x20, 0x03                 ; MOV EBX, CR0 with mod = 0
    CHECK ebx, edx, "MOV r32, CR0 with mod=0"
    mov eax, 0x12345000
    mov cr3, eax
    mov eax, cr3
    CHECK eax, 0x12345000, "CR3 holds what it was given"
    xor eax, eax
    mov cr3, eax
    ret

section .data
keep:           dd 0
    align 16
spare:          times 32 db 0
section .text

END_PROGRAM
