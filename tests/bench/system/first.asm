; A boot sector whose first instructions say on COM1 that they run: 115200 bit/s, 8 bits.
bits 16
org 7c00h
        jmp 0:first
set:    db 0fbh, 83h, 0f8h, 1, 0f9h, 0, 0fbh, 3     ; low byte of a port from 300h on, what goes there
first:  xor ax, ax
        mov ds, ax
        mov dh, 3
        mov si, set
        mov cx, 4
program:
        lodsw
        mov dl, al
        mov al, ah
        out dx, al
        loop program
        mov si, text
next:   mov dl, 0fdh                    ; line status: wait until it takes a byte
ready:  in al, dx
        test al, 20h
        jz ready
        mov dl, 0f8h
        lodsb
        out dx, al
        test al, al
        jnz next
stop:   jmp stop
text:   db "@ end", 10, 0
        times 510 - ($ - $$) db 0
        dw 0aa55h
