; Real-address mode: the state after reset, offsets at the ends of a segment,
; the stack, addresses, and 4 GiB segments.
;
; SDM 3A 9.1.1, 9.9.2, 21.1 (8086 emulation); 1 3.7.5; 2A 2.1.5.

%include "board.inc"
%include "real.inc"
PROGRAM "real"
    mov eax, cr0                        ; before anything else touches it
    mov [LOW(first_cr0)], eax
    sidt [LOW(first_idtr)]
    sgdt [LOW(first_gdtr)]
    INSTALL_REAL
    mov ax, SCRATCH >> 4
    mov fs, ax
    call reset_state
    call offsets
    call stack_ends
    call addresses
    call unreal
    jmp finish_16

; SDM 3A 9.1.1, table of states following power-up.
reset_state:
    CHECK [LOW(first_cr0)], 0x60000010, "CR0 after reset"
    CHECK16 [LOW(first_idtr)], 0xffff, "IDTR limit after reset"
    CHECK [LOW(first_idtr + 2)], 0, "IDTR base after reset"
    CHECK16 [LOW(first_gdtr)], 0xffff, "GDTR limit after reset"
    mov eax, cr4
    CHECK eax, 0, "CR4 after reset"
    mov eax, cr3
    CHECK eax, 0, "CR3 after reset"
    mov eax, cr2
    CHECK eax, 0, "CR2 after reset"
    mov eax, dr6
    CHECK eax, 0xffff0ff0, "DR6 after reset"
    mov eax, dr7
    CHECK eax, 0x400, "DR7 after reset"
    mov dx, 0x7ff0
    in al, dx
    CHECK8 al, 0xff, "a port nobody answers, byte"
    in ax, dx
    CHECK16 ax, 0xffff, "a port nobody answers, word"
    in eax, dx
    CHECK eax, 0xffffffff, "a port nobody answers, doubleword"
    ret

; Sixteen-bit offsets wrap while they are computed; an access that passes the
; limit faults (SDM 3A 5.3). (Limits: stricter than some emulators.)
offsets:
    mov dword [fs:0], 0x44332211
    mov byte [fs:0xffff], 0x99
    jmp .start
.stray:
    int3
.start:
    mov bx, 0xffff
    mov si, 2
    CHECK8 [fs:bx+si], 0x22, "[bx+si] wraps"
    CHECK8 [fs:bx+1], 0x11, "[bx+disp8] wraps"
    mov bx, 0x8001
    CHECK8 [fs:bx-0x7fff+0xffff], 0x22, "[bx+disp16] wraps"
    CHECK8 [fs:0xffff], 0x99, "the last byte"
    EXPECT_OK mov eax, [0xfffc]
    EXPECT_FAULT GP_, 0, mov ax, [0xffff]
    EXPECT_FAULT GP_, 0, mov [0xffff], ax
    EXPECT_FAULT GP_, 0, mov eax, [0xfffd]
    EXPECT_FAULT GP_, 0, mov [fs:0xffff], eax
    CHECK8 [fs:0xffff], 0x99, "a refused write leaves nothing"
    CHECK8 [fs:0], 0x11, "a refused write leaves nothing, wrapped"
    EXPECT_FAULT GP_, 0, add [fs:0xffff], ax
    EXPECT_FAULT GP_, 0, xchg [0xffff], ax
    EXPECT_FAULT GP_, 0, fld qword [0xfff9]
    EXPECT_FAULT GP_, 0, les ax, [0xfffd]
    mov ax, (SCRATCH >> 4) + 0x1000
    mov es, ax
    mov word [fs:0xfffd], LOW(.stray)   ; for who reads on: a way back
    mov byte [fs:0xffff], IMAGE & 0xff
    mov byte [es:0], IMAGE >> 8
    EXPECT_FAULT GP_, 0, call far [fs:0xfffd]
    mov byte [fs:0xffff], 0x99
    EXPECT_FAULT GP_, 0, sgdt [0xfffb]
    EXPECT_FAULT GP_, 0, push word [0xffff]
    mov bp, 0xffff
    EXPECT_FAULT SS_, 0, mov ax, [bp]
    EXPECT_FAULT SS_, 0, mov [bp], ax
    EXPECT_FAULT GP_, 0, mov ax, [ds:bp]
    mov bx, 0xffff
    EXPECT_FAULT SS_, 0, mov ax, [ss:bx]
    EXPECT_FAULT GP_, 0, mov ax, [cs:bx]
    mov esi, 0x10000
    EXPECT_FAULT GP_, 0, mov al, [esi]
    EXPECT_FAULT GP_, 0, mov [fs:esi], al
    mov ebp, 0x10000
    EXPECT_FAULT SS_, 0, mov al, [ebp]
    mov ebx, 0xffffffff
    EXPECT_FAULT GP_, 0, mov al, [ebx]
    mov esi, 0xffff
    CHECK8 [fs:esi], 0x99, "a 32-bit offset within the limit"
    ; a string instruction at the end, and one that wraps on its way
    mov si, 0xffff
    EXPECT_FAULT GP_, 0, lodsw
    mov di, 0xffff
    EXPECT_FAULT GP_, 0, stosw
    CHECK16 di, 0xffff, "DI after a faulting STOSW"
    push fs
    pop ds
    push fs
    pop es
    mov byte [0xfffe], 0x88
    mov si, 0xfffe
    mov di, 0x100
    mov cx, 4
    rep movsb
    CHECK [fs:0x100], 0x22119988, "REP MOVSB whose SI wraps"
    CHECK16 si, 2, "SI after it wrapped"
    mov si, 0xfffd
    mov di, 0x110
    mov ecx, 0x10003
    EXPECT_FAULT_NAMED "rep movsw that meets the limit", GP_, 0, rep movsw
    CHECK ecx, 0x10002, "CX counts what was done, ECX above it stays"
    CHECK16 si, 0xffff, "SI at the faulting word"
    CHECK16 di, 0x112, "DI at the faulting word"
    mov esi, 0xfffe
    mov edi, 0x120
    mov ecx, 4
    push fs
    pop ds
    push fs
    pop es
    EXPECT_FAULT_NAMED "a32 rep movsb past the limit", GP_, 0, a32 rep movsb
    CHECK ecx, 2, "ECX after two of four"
    CHECK esi, 0x10000, "ESI after two of four"
    ; code at the end of its segment
    mov byte [fs:0xffff], 0x33          ; XOR, its ModRM byte beyond
    mov word [fs:0], 0xccc0             ; for who runs on: INT3
    AWAIT BASE + 0xffff, .after_code
    jmp (SCRATCH >> 4):0xffff
.after_code:
    JUDGE "an instruction across the limit of CS", GP_, 0, 0
    mov byte [fs:0xffff], 0xcc
    AWAIT BASE + 0xffff, .after_last
    jmp (SCRATCH >> 4):0xffff
.after_last:
    mov dword [LOW(resume.eip)], 0
    CHECK [LOW(fault.vector)], BP_, "an instruction on the last byte runs"
    CHECK16 [LOW(fault.eip)], 0, "and IP behind it is 0"
    ; FFFF:0010 is 1 MiB, not 0
    mov ax, 0xffff
    mov gs, ax
    mov dword [gs:0x10], 0x600d600d
    push word 0
    pop es
    mov eax, [es:0]
    CHECK [gs:0x10], 0x600d600d, "FFFF:0010 is memory above 1 MiB"
    cmp eax, 0x600d600d
    setne al
    push ds
    pop es
    CHECK8 al, 1, "FFFF:0010 is not 0000:0000"
    ret

; Stack instructions at the ends of SS. A push that has no room shuts the
; processor down in real mode (the #SS finds none either), so only pops.
stack_ends:
    mov [LOW(keep)], sp
    xor sp, sp
    push word 0x1234
    CHECK16 sp, 0xfffe, "PUSH at SP=0 wraps"
    pop ax
    CHECK16 sp, 0, "POP at SP=FFFE wraps"
    CHECK16 ax, 0x1234, "and brings the word"
    mov sp, 0xffff
    EXPECT_FAULT SS_, 0, pop ax
    CHECK16 [LOW(fault.esp)], 0xffff, "SP after a faulting POP"
    mov sp, 0xfffd
    EXPECT_FAULT SS_, 0, pop eax
    mov sp, 0xffff
    EXPECT_FAULT SS_, 0, ret
    EXPECT_FAULT SS_, 0, popf
    EXPECT_FAULT SS_, 0, iret
    mov sp, 0xfff1
    EXPECT_FAULT SS_, 0, popa
    mov sp, [LOW(keep)]
    mov bp, 0xffff
    EXPECT_FAULT SS_, 0, leave
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "SP after a faulting LEAVE"
    push sp
    pop ax
    CHECK16 ax, [LOW(keep)], "PUSH SP pushes SP as it was"
    push byte -2
    pop ax
    CHECK16 ax, 0xfffe, "PUSH imm8 extends its sign"
    mov esp, REAL_STACK - 0x100
    push dword -2
    CHECK esp, REAL_STACK - 0x104, "PUSH dword in real mode"
    pop eax
    CHECK eax, 0xfffffffe, "and its value"
    mov word [ss:REAL_STACK - 0x102], 0xbeef
    mov esp, REAL_STACK - 0x102
    pop word [esp]                      ; SDM 2B POP: ESP is incremented first
    CHECK16 [ss:REAL_STACK - 0x100], 0xbeef, "POP [ESP] addresses with the new ESP"
    mov sp, [LOW(keep)]
    o32 push fs
    mov ax, sp
    add ax, 4
    CHECK16 ax, [LOW(keep)], "PUSH FS with 32-bit operand takes four bytes"
    pop ax
    CHECK16 ax, SCRATCH >> 4, "and the low word is the selector"
    mov sp, [LOW(keep)]
    mov di, 0xd1
    pusha
    mov bx, sp
    CHECK16 [ss:bx], 0xd1, "PUSHA: DI is last"
    CHECK16 [ss:bx + 6], [LOW(keep)], "PUSHA stores SP of before"
    mov word [ss:bx + 6], 0x6666
    popa
    mov ax, sp
    CHECK16 ax, [LOW(keep)], "POPA ignores the stored SP"
    mov esp, 0x20000 | (REAL_STACK - 0x80)
    push ax
    CHECK esp, 0x20000 | (REAL_STACK - 0x82), "a 16-bit stack leaves ESP[31:16]"
    movzx esp, word [LOW(keep)]
    ret

; The forms of an address (SDM 2A 2.1.5, 3.7.5 of volume 1).
addresses:
    mov bp, 0x100
    mov word [ss:0x100], 0x5555
    mov word [LOW(spare)], 0x7777
    CHECK16 [bp], 0x5555, "[bp] is of SS"
    mov si, LOW(spare)
    CHECK16 [si], 0x7777, "[si] is of DS"
    mov ebx, LOW(spare)
    xor eax, eax
    mov edx, 2
    CHECK16 [ebx + edx*2 - 4], 0x7777, "[ebx+edx*2] in 16-bit code"
    xor eax, eax
    mov ebp, LOW(spare)
    db 0x67, 0x8b, 0x0c, 0x28           ; MOV CX, [EAX + EBP*1]
    CHECK16 cx, 0x7777, "EBP as index is of DS"
    mov ebp, 0x100
    CHECK16 [ebp], 0x5555, "[ebp] is of SS"
    mov eax, 0x11223344
    mov bx, 0x1200
    mov di, 0x34
    lea ax, [bx + di + 5]
    CHECK eax, 0x11221239, "LEA of 16 bits"
    mov bx, 0xffff
    lea eax, [bx + 2]
    CHECK eax, 1, "LEA wraps at 16 bits, extends with zero"
    mov ebx, 0x1ffff
    lea ax, [ebx + 2]
    CHECK eax, 1, "LEA a32 cut to 16 bits"
    mov bx, LOW(spare) - 0x10
    mov eax, 0x12345610
    db 0xd7                             ; XLAT
    CHECK8 al, 0x77, "XLAT"
    mov bx, 0xfff0
    mov al, 0x20
    mov byte [fs:0x10], 0x66
    fs xlatb
    CHECK8 al, 0x66, "XLAT wraps and takes an override"
    ret

; Four GiB in real mode: the limit of a descriptor loaded in protected mode
; stays when real mode loads the register again (SDM 3A 9.9.2 step 4).
unreal:
    mov cx, 8
    call with_limit
    mov dword [dword HIGH], 0           ; DS is 4 GiB wide now
    mov ebx, HIGH
    EXPECT_OK mov dword [ebx], 0x12345678
    CHECK [dword HIGH], 0x12345678, "DS beyond 64 KiB"
    mov ax, SCRATCH >> 4
    mov ds, ax
    mov eax, [ebx + BASE - SCRATCH]
    mov si, 0xffff
    mov dx, [si]                        ; two bytes across 64 KiB
    push cs
    pop ds
    CHECK eax, 0x12345678, "a real-mode load of DS keeps the limit"
    EXPECT_OK mov ax, [0xffff]
    mov byte [dword SCRATCH - BASE], 0x7b
    mov bx, 0xffff
    movzx edx, byte [0]
    CHECK8 [bx + 1], edx, "16-bit addresses still wrap"
    mov ecx, 16
    xor esi, esi
    mov edi, HIGH + 0x1000
    mov cx, 8
    call with_limit_es
    push cs
    pop es
    mov ecx, 4
    mov eax, 0x31323334
    a32 rep stosd
    CHECK [dword HIGH + 0x100c], [LOW(stored)], "a32 REP STOSD to high memory"
    ; back to 64 KiB
    mov cx, 16
    call with_limit
    mov ebx, HIGH
    EXPECT_FAULT_NAMED "64 KiB again", GP_, 0, mov eax, [ebx]
    mov cx, 16
    call with_limit_es
    ; a limit below 64 KiB stays as well
    mov cx, 24
    call with_limit_gs
    mov bx, 0x1000
    EXPECT_FAULT_NAMED "a limit of FFFh in real mode", GP_, 0, mov al, [gs:bx]
    EXPECT_OK_NAMED "the last byte of it", mov al, [gs:bx - 1]
    EXPECT_FAULT_NAMED "the last byte and one more", GP_, 0, mov ax, [gs:bx - 1]
    mov cx, 16
    call with_limit_gs
    ret

; Loads DS (ES) with selector CX of a small table in protected mode, and comes back.
with_limit:
    lgdt [cs:LOW(small_gdtr)]
    mov eax, cr0
    or al, CR0_PE
    mov cr0, eax
    jmp short $ + 2
    mov ds, cx
    and al, ~CR0_PE
    mov cr0, eax
    push cs
    pop ds
    ret
with_limit_es:
    mov eax, cr0
    or al, CR0_PE
    mov cr0, eax
    jmp short $ + 2
    mov es, cx
    and al, ~CR0_PE
    mov cr0, eax
    push cs
    pop es
    ret

with_limit_gs:
    mov eax, cr0
    or al, CR0_PE
    mov cr0, eax
    jmp short $ + 2
    mov gs, cx
    and al, ~CR0_PE
    mov cr0, eax
    push cs
    pop gs
    ret

section .data
    align 16
small_gdt:
    dq 0
    dq 0x008f93000000ffff               ; 08: 4 GiB
    dq 0x000093000000ffff               ; 10: 64 KiB
    dq 0x0000930000000fff               ; 18: 4 KiB
small_gdtr:
    dw $ - small_gdt - 1
    dd small_gdt
first_cr0:      dd 0
first_idtr:     times 6 db 0
first_gdtr:     times 6 db 0
keep:           dd 0
stored:         dd 0x31323334
    align 16
spare:          times 32 db 0
section .text

END_PROGRAM
