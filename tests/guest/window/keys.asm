; A boot sector that hands every key on to COM1, scan code and character in hexadecimal, and
; beeps when it begins: what tests/guest/window.sh types at.
        org 0x7c00
        bits 16

start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, 0x00e3          ; COM1: 9600 bits a second, 8 of them a character
        xor dx, dx
        int 0x14
        call beep
        mov si, ready
.text:  lodsb
        call put
        cmp al, 10
        jne .text
.key:   xor ah, ah
        int 0x16
        xchg al, ah
        call hex
        mov al, ah
        call hex
        mov al, ' '
        call put
        jmp .key

; The timer's counter 2 at 1000 Hz is heard for a quarter of a second.
beep:   mov al, 0xb6
        out 0x43, al
        mov ax, 1193
        out 0x42, al
        mov al, ah
        out 0x42, al
        in al, 0x61
        or al, 3
        out 0x61, al
        mov cx, 3
        mov dx, 0xd090          ; 250000 microseconds
        mov ah, 0x86
        int 0x15
        in al, 0x61
        and al, 0xfc
        out 0x61, al
        ret

; AL as two digits.
hex:    push ax
        push ax
        shr al, 4
        call .digit
        pop ax
        and al, 15
        call .digit
        pop ax
        ret
.digit: cmp al, 10
        sbb al, 0x69            ; DAS makes the digit of it: 30h.., 41h..
        das
; AL to the screen and to COM1.
put:    push ax
        push dx
        mov ah, 0x0e
        xor bx, bx
        int 0x10
        mov dx, 0x3fd
.wait:  push ax
        in al, dx
        test al, 0x20
        pop ax
        jz .wait
        mov dx, 0x3f8
        out dx, al
        pop dx
        pop ax
        ret

ready:  db "READY", 13, 10
        times 510 - ($ - $$) db 0
        dw 0xaa55
