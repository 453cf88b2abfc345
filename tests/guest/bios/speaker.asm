; The speaker: channel 2 of the 8254 as port 61h gates it and hears it (bits 0, 1, 5), against the
; BIOS' clock and INT 15h's wait.
%define PROGRAM "speaker"
%include "boot.inc"

main:
    in al, 0x61
    and al, 0xfc
    out 0x61, al
    mov al, 0xb6                        ; channel 2: both bytes, square wave
    out 0x43, al
    mov ax, 1193                        ; 1000.15 Hz
    out 0x42, al
    mov al, ah
    out 0x42, al

    ; With its gate low the output is high and still.
    call periods
    CHECK [got], 0, "silent while the gate is low"
    in al, 0x61
    and ax, 0x20
    CHECK ax, 0x20, "and high"

    ; A tick is 65536 counts: 54.9 periods. The bits read as they were written.
    in al, 0x61
    or al, 3
    out 0x61, al
    call periods
    mov ax, [got]
    sub ax, 54
    mov [got + 2], ax
    xor bx, bx
    cmp ax, 1
    setbe bl
    CHECK bx, 1, "54 or 55 periods in a tick"
    in al, 0x61
    and ax, 3
    CHECK ax, 3, "gate and speaker are on"

    ; An octave higher while it sounds.
    mov ax, 596
    out 0x42, al
    mov al, ah
    out 0x42, al
    call periods
    mov ax, [got]
    sub ax, 109
    xor bx, bx
    cmp ax, 2
    setbe bl
    CHECK bx, 1, "109 to 111 periods in a tick"

    ; INT 15h waits two ticks and a half of sound.
    call tick
    mov [got], dx
    mov ah, 0x86
    mov cx, 137329 >> 16
    mov dx, 137329 & 0xffff
    int 0x15
    mov ah, 0
    int 0x1a
    sub dx, [got]
    CHECK dx, 2, "a wait of two ticks"

    in al, 0x61
    and al, 0xfc
    out 0x61, al
    call periods
    CHECK [got], 0, "silent again"
    jmp done

; [got]: rises of bit 5 during one tick of the BIOS' clock.
periods:
    mov word [got], 0
    call tick
    mov si, dx
    mov bl, 0x20
.next:
    mov bh, bl
    in al, 0x61
    and al, 0x20
    mov bl, al
    not bh
    and bh, bl
    jz .same
    inc word [got]
.same:
    cmp si, [0x46c]
    je .next
    ret

tick:                                   ; waits for the next; DX: its number
    mov dx, [0x46c]
.wait:
    cmp dx, [0x46c]
    je .wait
    mov dx, [0x46c]
    ret

got:    dw 0, 0
END
