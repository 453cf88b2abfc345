; Real-address mode: the state after reset, offsets at the ends of a segment,
; the interrupt table, flags, far transfers, 4 GiB segments, opcodes that
; are not there, LOCK, and the 15-byte limit.
;
; SDM 3A 9.1.1, 3A 21 (8086 emulation), 3A 23 (compatibility), 2 (each
; instruction's "Real-Address Mode Exceptions" and "Operation").

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
    call undefined
    call group_holes
    call locks
    call lengths
    call arithmetic_traps
    call software_interrupts
    call flag_images
    call interrupt_returns
    call far_transfers
    call interrupt_table
    call control
    call odd_opcodes
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

; Instructions real mode does not have, and forms nobody has.
undefined:
    EXPECT_FAULT UD_, 0, ud2
    EXPECT_FAULT_NAMED "ud1 eax, eax", UD_, 0, db 0x0f, 0xb9, 0xc0
    EXPECT_FAULT_NAMED "ud0", UD_, 0, db 0x0f, 0xff, 0xc0
    EXPECT_FAULT UD_, 0, arpl ax, bx
    EXPECT_FAULT UD_, 0, sldt ax
    EXPECT_FAULT UD_, 0, str ax
    EXPECT_FAULT UD_, 0, lldt ax
    EXPECT_FAULT UD_, 0, ltr ax
    EXPECT_FAULT UD_, 0, verr ax
    EXPECT_FAULT UD_, 0, verw ax
    EXPECT_FAULT UD_, 0, lar ax, bx
    EXPECT_FAULT UD_, 0, lsl ax, bx
    EXPECT_FAULT GP_, 0, sysenter
    EXPECT_FAULT GP_, 0, sysexit
    EXPECT_FAULT UD_, 0, syscall
    EXPECT_FAULT UD_, 0, rsm
    EXPECT_FAULT_NAMED "mov cs, ax", UD_, 0, db 0x8e, 0xc8
    EXPECT_FAULT_NAMED "mov sreg6, ax", UD_, 0, db 0x8e, 0xf0
    EXPECT_FAULT_NAMED "mov ax, sreg7", UD_, 0, db 0x8c, 0xf8
    EXPECT_FAULT_NAMED "lea ax, ax", UD_, 0, db 0x8d, 0xc0
    EXPECT_FAULT_NAMED "les ax, ax (no VEX here)", UD_, 0, db 0xc4, 0xc0, 0x90, 0x90
    EXPECT_FAULT_NAMED "lds ax, ax (no VEX here)", UD_, 0, db 0xc5, 0xc0, 0x90, 0x90
    EXPECT_FAULT_NAMED "bound ax, ax (no EVEX here)", UD_, 0, db 0x62, 0xc0, 0x90, 0x90
    EXPECT_FAULT_NAMED "lss ax, ax", UD_, 0, db 0x0f, 0xb2, 0xc0
    EXPECT_FAULT_NAMED "lfs ax, ax", UD_, 0, db 0x0f, 0xb4, 0xc0
    EXPECT_FAULT_NAMED "lgs ax, ax", UD_, 0, db 0x0f, 0xb5, 0xc0
    EXPECT_FAULT_NAMED "sgdt eax-form", UD_, 0, db 0x0f, 0x01, 0xc7
    EXPECT_FAULT_NAMED "lidt eax-form", UD_, 0, db 0x0f, 0x01, 0xde
    EXPECT_FAULT_NAMED "invlpg eax", UD_, 0, db 0x0f, 0x01, 0xff
    EXPECT_FAULT_NAMED "cmpxchg8b eax", UD_, 0, db 0x0f, 0xc7, 0xc8
    EXPECT_FAULT_NAMED "call far ax", UD_, 0, db 0xff, 0xd8
    EXPECT_FAULT_NAMED "jmp far ax", UD_, 0, db 0xff, 0xe8
    EXPECT_FAULT_NAMED "mov eax, cr1", UD_, 0, db 0x0f, 0x20, 0xc8
    EXPECT_FAULT_NAMED "mov eax, cr5", UD_, 0, db 0x0f, 0x20, 0xe8
    EXPECT_FAULT_NAMED "mov cr6, eax", UD_, 0, db 0x0f, 0x22, 0xf0
    EXPECT_FAULT_NAMED "mov cr7, eax", UD_, 0, db 0x0f, 0x22, 0xf8
    EXPECT_FAULT_NAMED "0f 04", UD_, 0, db 0x0f, 0x04
    EXPECT_FAULT_NAMED "0f 0a", UD_, 0, db 0x0f, 0x0a
    EXPECT_FAULT_NAMED "0f 24", UD_, 0, db 0x0f, 0x24, 0xc0
    EXPECT_FAULT_NAMED "0f a6", UD_, 0, db 0x0f, 0xa6, 0x00
    ret

; Holes in the opcode groups (SDM 2D A.4).
group_holes:
    EXPECT_FAULT_NAMED "8f /1", UD_, 0, db 0x8f, 0xc8
    EXPECT_FAULT_NAMED "c6 /1", UD_, 0, db 0xc6, 0xc8, 0x00
    EXPECT_FAULT_NAMED "c7 /2", UD_, 0, db 0xc7, 0xd0, 0x00, 0x00
    EXPECT_FAULT_NAMED "fe /2", UD_, 0, db 0xfe, 0xd0
    EXPECT_FAULT_NAMED "fe /7", UD_, 0, db 0xfe, 0xf8
    EXPECT_FAULT_NAMED "ff /7", UD_, 0, db 0xff, 0xf8
    EXPECT_FAULT_NAMED "0f ba /0", UD_, 0, db 0x0f, 0xba, 0xc0, 0x01
    EXPECT_FAULT_NAMED "0f ba /3", UD_, 0, db 0x0f, 0xba, 0xd8, 0x01
    EXPECT_FAULT_NAMED "0f 71 /0", UD_, 0, db 0x0f, 0x71, 0xc0, 0x01
    EXPECT_FAULT_NAMED "0f 72 /1", UD_, 0, db 0x0f, 0x72, 0xc8, 0x01
    EXPECT_FAULT_NAMED "0f 73 /4", UD_, 0, db 0x0f, 0x73, 0xe0, 0x01
    EXPECT_FAULT_NAMED "0f c7 /0", UD_, 0, db 0x0f, 0xc7, 0x06, 0x00, 0x00
    EXPECT_FAULT_NAMED "0f c7 /2", UD_, 0, db 0x0f, 0xc7, 0xd0
    EXPECT_FAULT_NAMED "0f 00 /6", UD_, 0, db 0x0f, 0x00, 0xf0
    EXPECT_FAULT_NAMED "0f 01 /5 of memory", UD_, 0, db 0x0f, 0x01, 0x2e, 0x00, 0x00
    EXPECT_FAULT_NAMED "d9 /1 of memory", UD_, 0, db 0xd9, 0x0e, 0x00, 0x00
    EXPECT_FAULT_NAMED "d9 d8..: d9 d1", UD_, 0, db 0xd9, 0xd1
    EXPECT_FAULT_NAMED "db e5", UD_, 0, db 0xdb, 0xe5
    EXPECT_FAULT_NAMED "df e8+: df f8", UD_, 0, db 0xdf, 0xf8
    ret

; LOCK (SDM 2A, "LOCK"): a listed instruction with a memory destination, or #UD.
%macro LOCKED_OK 1+
    EXPECT_OK lock %1
%endmacro
locks:
    mov dword [LOW(spare)], 0
    mov dword [LOW(spare) + 4], 0
    mov cl, 1
    xor eax, eax
    LOCKED_OK add word [LOW(spare)], ax
    LOCKED_OK or byte [LOW(spare)], 1
    LOCKED_OK adc dword [LOW(spare)], 1
    LOCKED_OK sbb [LOW(spare)], al
    LOCKED_OK and word [LOW(spare)], byte -1
    LOCKED_OK sub [LOW(spare)], eax
    LOCKED_OK xor byte [LOW(spare)], 0
    LOCKED_OK inc word [LOW(spare)]
    LOCKED_OK dec byte [LOW(spare)]
    LOCKED_OK not dword [LOW(spare)]
    LOCKED_OK neg word [LOW(spare)]
    LOCKED_OK bts word [LOW(spare)], ax
    LOCKED_OK btr dword [LOW(spare)], 3
    LOCKED_OK btc word [LOW(spare)], 3
    LOCKED_OK xchg [LOW(spare)], ax
    LOCKED_OK xadd [LOW(spare)], ax
    LOCKED_OK cmpxchg [LOW(spare)], ax
    LOCKED_OK cmpxchg8b [LOW(spare)]
    EXPECT_FAULT_NAMED "lock nop", UD_, 0, db 0xf0, 0x90
    EXPECT_FAULT_NAMED "lock add ax, bx", UD_, 0, db 0xf0, 0x01, 0xd8
    EXPECT_FAULT_NAMED "lock add ax, [0]", UD_, 0, db 0xf0, 0x03, 0x06, 0x00, 0x00
    EXPECT_FAULT_NAMED "lock add al, 1", UD_, 0, db 0xf0, 0x04, 0x01
    EXPECT_FAULT_NAMED "lock inc ax", UD_, 0, db 0xf0, 0x40
    EXPECT_FAULT_NAMED "lock inc al", UD_, 0, db 0xf0, 0xfe, 0xc0
    EXPECT_FAULT_NAMED "lock cmp [0], ax", UD_, 0, db 0xf0, 0x39, 0x06, 0x00, 0x00
    EXPECT_FAULT_NAMED "lock cmp byte [0], 1", UD_, 0, db 0xf0, 0x80, 0x3e, 0, 0, 1
    EXPECT_FAULT_NAMED "lock test [0], ax", UD_, 0, db 0xf0, 0x85, 0x06, 0x00, 0x00
    EXPECT_FAULT_NAMED "lock test byte [0], 1", UD_, 0, db 0xf0, 0xf6, 0x06, 0, 0, 1
    EXPECT_FAULT_NAMED "lock mul byte [0]", UD_, 0, db 0xf0, 0xf6, 0x26, 0, 0
    EXPECT_FAULT_NAMED "lock mov [0], ax", UD_, 0, db 0xf0, 0x89, 0x06, 0x00, 0x00
    EXPECT_FAULT_NAMED "lock xchg ax, bx", UD_, 0, db 0xf0, 0x87, 0xd8
    EXPECT_FAULT_NAMED "lock xadd ax, bx", UD_, 0, db 0xf0, 0x0f, 0xc1, 0xd8
    EXPECT_FAULT_NAMED "lock bt [0], ax", UD_, 0, db 0xf0, 0x0f, 0xa3, 0x06, 0, 0
    EXPECT_FAULT_NAMED "lock bt word [0], 1", UD_, 0, db 0xf0, 0x0f, 0xba, 0x26, 0, 0, 1
    EXPECT_FAULT_NAMED "lock bts ax, 1", UD_, 0, db 0xf0, 0x0f, 0xba, 0xe8, 1
    EXPECT_FAULT_NAMED "lock shl byte [0], 1", UD_, 0, db 0xf0, 0xd0, 0x26, 0, 0
    EXPECT_FAULT_NAMED "lock push ax", UD_, 0, db 0xf0, 0x50
    EXPECT_FAULT_NAMED "lock pushf", UD_, 0, db 0xf0, 0x9c
    EXPECT_FAULT_NAMED "lock movsb", UD_, 0, db 0xf0, 0xa4
    EXPECT_FAULT_NAMED "lock jmp $", UD_, 0, db 0xf0, 0xeb, 0x00
    EXPECT_FAULT_NAMED "lock int 3", UD_, 0, db 0xf0, 0xcc
    EXPECT_FAULT_NAMED "lock lea ax, [0]", UD_, 0, db 0xf0, 0x8d, 0x06, 0, 0
    EXPECT_FAULT_NAMED "lock out e9, al", UD_, 0, db 0xf0, 0xe6, 0xe9
    EXPECT_FAULT_NAMED "lock mfence", UD_, 0, db 0xf0, 0x0f, 0xae, 0xf0
    ; the fault of the memory operand does not come before #UD
    mov bx, 0xffff
    EXPECT_FAULT_NAMED "lock mov [ffff], ax", UD_, 0, db 0xf0, 0x89, 0x07
    ret

; Fifteen bytes are the longest instruction; one more is #GP (SDM 3A 6.15).
lengths:
    EXPECT_OK_NAMED "14 prefixes and NOP", db 0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x90
    EXPECT_FAULT_NAMED "15 prefixes and NOP", GP_, 0, db 0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x90
    EXPECT_OK_NAMED "15 bytes with an immediate", db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0xb8,1,2,3,4
    CHECK eax, 0x04030201, "and it works"
    EXPECT_FAULT_NAMED "16 bytes with an immediate", GP_, 0, db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0xb8,1,2,3,4
    EXPECT_FAULT_NAMED "15 prefixes before an undefined opcode", GP_, 0, db 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x0f,0x0b
    ; prefixes pile up: the last of a group counts
    mov byte [ss:0x100], 0x5a
    mov ax, 0xffff
    mov gs, ax
    mov bx, 0x100
    db 0x64, 0x36                       ; FS, then SS
    mov al, [bx]
    CHECK8 al, 0x5a, "the last of two overrides counts"
    mov eax, 0xffffffff
    db 0x66, 0x66
    inc ax
    CHECK eax, 0, "66 twice is 66 once"
    mov ecx, 3
    mov si, LOW(spare)
    db 0xf2, 0xf3                       ; of F2 and F3, too
    lodsb
    CHECK ecx, 0, "F2 F3 LODSB repeats"
    mov ecx, 3
    db 0xf3
    inc ax                              ; REP elsewhere does nothing
    CHECK ecx, 3, "REP before INC does nothing"
    ret

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

; Opcodes outside the lists that programs rely on (SDM 2D A.2 leaves them blank
; or says "reserved"; all processors agree).
odd_opcodes:
    stc
    db 0xd6                             ; SALC
    CHECK8 al, 0xff, "SALC with CF"
    clc
    db 0xd6
    CHECK8 al, 0, "SALC without CF"
    mov bl, 5
    db 0x82, 0xc3, 0xff                 ; ADD BL, -1
    CHECK8 bl, 4, "82h is 80h"
    db 0x82, 0xfb, 0x04                 ; CMP BL, 4
    sete al
    CHECK8 al, 1, "82h /7"
    mov bl, 0x41
    db 0xd0, 0xf3                       ; SHL BL, 1 as /6
    CHECK8 bl, 0x82, "D0 /6 is SHL"
    db 0xc0, 0xf3, 0x04
    CHECK8 bl, 0x20, "C0 /6 is SHL"
    mov bx, 0x8001
    db 0xf7, 0xcb, 0x00, 0x80           ; TEST BX, 8000h as /1
    sets al
    CHECK8 al, 1, "F7 /1 is TEST"
    mov bl, 1
    db 0xf6, 0xcb, 0x02
    setz al
    CHECK8 al, 1, "F6 /1 is TEST"
    mov ax, 0x0037
    db 0xd4, 0x08                       ; AAM 8
    CHECK16 ax, 0x0607, "AAM with base 8"
    db 0xd5, 0x10                       ; AAD 16
    CHECK16 ax, 0x0067, "AAD with base 16"
    mov ebx, 0x11111111
    mov eax, ebx
    db 0x66, 0x0f, 0x1f, 0x00           ; the long NOP
    db 0x0f, 0x0d, 0x07                 ; PREFETCHW, a NOP at least
    db 0x0f, 0x18, 0x07                 ; PREFETCHNTA
    CHECK eax, ebx, "hint NOPs do nothing"
    mov bx, 0xffff
    EXPECT_OK_NAMED "a hint NOP does not touch memory", db 0x0f, 0x1f, 0x07
    xchg ax, ax
    db 0xf3, 0x90                       ; PAUSE
    mov ecx, 0x20000
    mov al, 0
    rep stosb                           ; CX = 0: nothing
    CHECK ecx, 0x20000, "REP with CX=0 does nothing"
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
