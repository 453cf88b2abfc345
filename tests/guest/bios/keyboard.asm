; BIOS keyboard: INT 16h and the IRQ behind it. The script types when the screen asks for it.
%define PROGRAM "keyboard"
%include "boot.inc"

main:
    mov ah, 1
    int 0x16
    setnz byte [got]
    CHECK [got], 0, "nothing is typed yet"

    mov si, ask_a
    call print
    call key
    CHECK ax, 0x1e61, "a"
    call key
    CHECK ax, 0x1e41, "A, with shift"
    call key
    CHECK ax, 0x0231, "1"
    call key
    CHECK ax, 0x1c0d, "Enter"
    call key
    CHECK ax, 0x3b00, "F1"
    call key
    CHECK ax, 0x2e03, "Ctrl-C"
    mov ah, 0x10
    int 0x16
    CHECK ax, 0x48e0, "the arrow up, extended"
    mov ah, 0x10
    int 0x16
    CHECK ax, 0x8500, "F11, extended"

    ; Held: flags of the keys, lamps by Caps Lock.
    mov si, ask_caps
    call print
    call key
    CHECK ax, 0x1e41, "a, with Caps Lock"
    mov ah, 2
    int 0x16
    and ax, 0x40
    CHECK ax, 0x40, "Caps Lock is on"

    ; Peeking leaves the key there.
    mov si, ask_peek
    call print
.wait:
    mov ah, 1
    int 0x16
    jz .wait
    CHECK ax, 0x2d58, "X is seen"
    call key
    CHECK ax, 0x2d58, "X is read"
    mov ah, 1
    int 0x16
    setnz byte [got]
    CHECK [got], 0, "and is gone"

    ; What is put into the buffer comes out of it.
    mov ah, 5
    mov cx, 0x1234
    int 0x16
    call key
    CHECK ax, 0x1234, "stored by the program"

    ; The timer ticks 18.2 times a second meanwhile.
    mov ah, 0
    int 0x1a
    mov bx, dx
.ticks:
    hlt
    mov ah, 0
    int 0x1a
    sub dx, bx
    cmp dx, 3
    jb .ticks
    CHECK dx, 3, "ticks, one by one"
    jmp done

key:
    mov ah, 0
    int 0x16
    ret

got:            dw 0
ask_a:          db "type: a A 1 Enter F1 Ctrl-C up F11", 13, 10, 0
ask_caps:       db "type: Caps Lock, a", 13, 10, 0
ask_peek:       db "type: x", 13, 10, 0
END
