; Video modes of the BIOS: INT 10h and the memory behind it (the VGA BIOS of package seabios; VBE).
%define PROGRAM "video"
%include "boot.inc"

main:
    ; Every standard mode: is it set, how many columns, and a pixel or a character there and back.
    mov si, modes
.mode:
    mov al, [si]
    cmp al, 0xff
    je .text
    mov [mode], al
    mov ah, 0
    int 0x10
    mov ah, 0x0f
    int 0x10
    cmp al, [mode]
    jne .bad
    cmp ah, [si + 1]
    jne .bad
    mov al, [si + 2]                    ; colour; 0: a text mode
    test al, al
    jz .next
    mov ah, 0x0c
    mov bh, 0
    mov cx, 37
    mov dx, 11
    int 0x10
    mov ah, 0x0d
    mov cx, 37
    mov dx, 11
    int 0x10
    cmp al, [si + 2]
    jne .bad
    mov ah, 0x0d
    mov cx, 38
    mov dx, 11
    int 0x10
    cmp al, 0
    je .next
.bad:
    inc word [bad]
    mov al, [mode]
    mov [bad + 2], al
.next:
    add si, 3
    jmp .mode

.text:
    mov ax, 3
    int 0x10
    CHECK [bad], 0, "modes that are not as they should be"
    CHECK [bad + 2], 0, "the last of them"

    ; Text: cursor, characters, scrolling, in memory at B8000h.
    mov ax, 3
    int 0x10
    mov ah, 2
    mov bh, 0
    mov dx, 0x0c28                      ; row 12, column 40
    int 0x10
    mov ax, 0x0941
    mov bx, 0x1e
    mov cx, 3
    int 0x10
    mov ah, 8
    mov bh, 0
    int 0x10
    mov [got], ax
    mov ah, 3
    mov bh, 0
    int 0x10
    mov [got + 2], dx
    mov [got + 4], cx
    mov ax, 0xb800
    mov fs, ax
    mov ax, [fs:(12 * 80 + 42) * 2]
    mov [got + 6], ax
    mov ax, 0x0601
    mov bh, 7
    xor cx, cx
    mov dx, 0x184f
    int 0x10
    mov ax, [fs:(11 * 80 + 42) * 2]
    mov [got + 8], ax
    CHECK [got], 0x1e41, "the character read back"
    CHECK [got + 2], 0x0c28, "the cursor's place"
    CHECK [got + 4], 0x0607, "the cursor's shape"
    CHECK [got + 6], 0x1e41, "the third A in memory"
    CHECK [got + 8], 0x1e41, "scrolled by a row"

    xor eax, eax
    mov [got], eax
    mov [got + 4], eax

    ; Mode 13h: a byte is a pixel, and a colour of the DAC comes back.
    mov ax, 0x13
    int 0x10
    mov ax, 0xa000
    mov fs, ax
    mov byte [fs:100 * 320 + 50], 99
    mov ah, 0x0d
    mov bh, 0
    mov cx, 50
    mov dx, 100
    int 0x10
    mov [got], al
    mov ax, 0x1010
    mov bx, 99
    mov cx, 0x2a15
    mov dh, 0x3f
    int 0x10
    mov ax, 0x1015
    mov bx, 99
    int 0x10
    mov [got + 2], cx
    mov [got + 4], dh

    ; Mode 12h: planes. White where the map mask lets through, seen by the BIOS.
    mov ax, 0x12
    int 0x10
    mov dx, 0x3c4
    mov ax, 0x0502                      ; planes 0 and 2
    out dx, ax
    mov byte [fs:80 * 7 + 2], 0x80
    mov ax, 0x0f02
    out dx, ax
    mov ah, 0x0d
    mov bh, 0
    mov cx, 16
    mov dx, 7
    int 0x10
    mov [got + 6], al
    mov ax, 3
    int 0x10
    CHECK [got], 99, "mode 13h: a byte is a pixel"
    CHECK [got + 2], 0x2a15, "green and blue of a colour"
    CHECK [got + 4], 0x3f, "its red"
    CHECK [got + 6], 5, "mode 12h: two planes are a colour"

    ; VBE: who is there, 640x480 in 256 colours banked, 1024x768 in 32 bits linear.
    mov dword [0x2000], 'VBE2'
    mov ax, 0x4f00
    mov di, 0x2000
    int 0x10
    CHECK ax, 0x004f, "VBE answers"
    CHECK [0x2000], 0x4556, "with its signature"
    mov ax, 0x4f01
    mov cx, 0x144                       ; 1024x768, 32 bits
    mov di, 0x2000
    int 0x10
    CHECK ax, 0x004f, "VBE tells a mode"
    CHECK [0x2012], 1024, "how wide"
    CHECK [0x2014], 768, "how high"
    CHECK [0x2010], 4096, "bytes of a row"
    mov ax, 0x4f02
    mov bx, 0x101
    int 0x10
    mov [got], ax
    mov ax, 0x4f05                      ; the second bank
    mov bx, 0
    mov dx, 1
    int 0x10
    mov byte [fs:0], 0x5a
    mov ax, 0x4f05
    mov bx, 0
    mov dx, 0
    int 0x10
    mov byte [fs:0], 0xa5
    mov ax, 0x4f05
    mov dx, 1
    int 0x10
    mov al, [fs:0]
    mov ah, 0
    mov [got + 2], ax
    mov ax, 0x4f03
    int 0x10
    mov [got + 4], bx
    mov ax, 3
    int 0x10
    CHECK [got], 0x004f, "VBE sets mode 101h"
    CHECK [got + 2], 0x5a, "a pixel in the second bank"
    CHECK [got + 4], 0x101, "the mode that is set"
    jmp done

; Mode, columns, a colour that it has.
modes:  db 0, 40, 0, 1, 40, 0, 2, 80, 0, 3, 80, 0, 4, 40, 3, 5, 40, 2, 6, 80, 1, 7, 80, 0
        db 0x0d, 40, 13, 0x0e, 80, 14, 0x0f, 80, 1, 0x10, 80, 15, 0x11, 80, 1, 0x12, 80, 11
        db 0x13, 40, 200, 0xff
mode:   db 0, 0
bad:    dw 0, 0
got:    dw 0, 0, 0, 0, 0
END
