; Real mode: segments, an interrupt through the vector table, strings in both directions.
bits 16
org 0x8000
    xor ax, ax
    mov ds, ax
    mov word [0], divided
    mov word [2], 0
    mov word [0x21 * 4], service
    mov word [0x21 * 4 + 2], 0
    mov ax, 0x1000
    mov es, ax
    mov cx, 300
    mov ax, 7
again:
    imul ax, ax, 77
    add ax, cx
    xor dx, dx
    mov bx, cx
    and bx, 3
    div bx                              ; by 0 every fourth time
after:
    int 0x21
    mov di, cx
    shl di, 1
    mov [es:di], ax
    sti
    nop
    cli
    loop again
    mov si, 0x8000
    xor di, di
    mov cx, 100
    cld
    rep movsw
    std
    mov cx, 50
    rep movsb
    hlt
divided:
    push bp
    mov bp, sp
    add word [bp + 2], after - after + 2 ; DIV BX has two bytes
    pop bp
    inc ax
    iret
service:
    xchg al, ah
    xor ax, 0x55aa
    rcl ax, 1
    iret
