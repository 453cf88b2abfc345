; Opcodes, in real mode: those that are not there, holes in the groups, where
; LOCK is legal, the 15-byte limit, and aliases programs rely on.
;
; SDM 2A 2.1.1, LOCK, UD; 2D A.2-A.4; 3A 6.15 (#UD, #GP).

%include "board.inc"
%include "real.inc"
PROGRAM "opcodes"
    INSTALL_REAL
    mov ax, SCRATCH >> 4
    mov fs, ax
    call undefined
    call group_holes
    call locks
    call lengths
    call odd_opcodes
    jmp finish_16

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
    EXPECT_OK_NAMED "14 prefixes and NOP", db FIVE(0x3e), FIVE(0x3e), 0x3e, 0x3e, 0x3e, 0x3e, 0x90
    EXPECT_FAULT_NAMED "15 prefixes and NOP", GP_, 0, db FIVE(0x3e), FIVE(0x3e), FIVE(0x3e), 0x90
    EXPECT_OK_NAMED "15 bytes with an immediate", db FIVE(0x66), FIVE(0x66), 0xb8, 1, 2, 3, 4
    CHECK eax, 0x04030201, "and it works"
    EXPECT_FAULT_NAMED "16 bytes with an immediate", GP_, 0, \
        db FIVE(0x66), FIVE(0x66), 0x66, 0xb8, 1, 2, 3, 4
    EXPECT_FAULT_NAMED "15 prefixes before an undefined opcode", GP_, 0, \
        db FIVE(0x66), FIVE(0x66), FIVE(0x66), 0x0f, 0x0b
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

section .data
    align 16
spare:          times 32 db 0
section .text

END_PROGRAM
