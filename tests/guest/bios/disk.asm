; BIOS disks: INT 13h on the diskette and on a disk of 16 MB (16 heads, 63 sectors; package seabios).
%define PROGRAM "disk"
%include "boot.inc"

BUFFER    equ 0x2000
DISK      equ 0x80

main:
    ; Parameters: 80 cylinders, 2 heads, 18 sectors.
    mov ah, 8
    mov dl, [drive]
    xor di, di
    int 0x13
    mov [got], cx
    mov [got + 2], dx
    mov [got + 4], bx
    xor ax, ax
    mov es, ax
    CHECK [got], 0x4f12, "diskette: last cylinder and sector"
    CHECK [got + 2], 0x0101, "diskette: last head, drives"
    and word [got + 4], 0xff
    CHECK [got + 4], 4, "diskette: type"

    ; The last sector: a pattern goes out and comes back; its neighbour stays.
    mov dl, [drive]
    mov dh, 1
    mov cx, 79 << 8 | 18
    call pattern_there_and_back
    CHECK [got], 0, "diskette: written and read"
    CHECK [got + 2], 0, "diskette: the same bytes"
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 79 << 8 | 17
    mov dl, [drive]
    mov dh, 1
    int 0x13
    call status
    CHECK ax, 0, "diskette: the neighbour is read"
    CHECK [BUFFER], 0, "diskette: the neighbour is as it was"

    ; The boot sector is where we lie; verify reads without storing.
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 1
    mov dl, [drive]
    mov dh, 0
    int 0x13
    mov si, start
    mov di, BUFFER
    mov cx, 64
    repe cmpsb
    CHECK cx, 0, "diskette: our own sector"
    mov ax, 0x0412
    mov bx, BUFFER
    mov cx, 79 << 8 | 1
    mov dl, [drive]
    mov dh, 0
    int 0x13
    call status
    CHECK ax, 0, "diskette: a track is verified"

    ; A sector that no track has: an error, and a reset that mends it.
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 19
    mov dl, [drive]
    mov dh, 0
    int 0x13
    setc byte [got]
    mov byte [got + 1], 0
    CHECK [got], 1, "diskette: sector 19 is an error"
    mov ah, 0
    mov dl, [drive]
    int 0x13
    call status
    CHECK ax, 0, "diskette: reset"

    ; Format: sectors of a track anew, filled with F6h.
    mov di, BUFFER
    mov cx, 18
    mov al, 1
.id:
    mov word [di], 40                   ; cylinder 40, head 0
    mov [di + 2], al
    mov byte [di + 3], 2                ; 512 bytes
    add di, 4
    inc al
    loop .id
    mov ax, 0x0512
    mov bx, BUFFER
    mov cx, 40 << 8 | 1
    mov dl, [drive]
    mov dh, 0
    int 0x13
    call status
    CHECK ax, 0, "diskette: a track is formatted"
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 40 << 8 | 18
    mov dl, [drive]
    mov dh, 0
    int 0x13
    CHECK [BUFFER + 510], 0xf6f6, "diskette: filled when formatted"

    ; The disk, by cylinder, head and sector.
    mov ah, 8
    mov dl, DISK
    int 0x13
    mov [got], dx
    xor ax, ax
    mov es, ax
    and word [got], 0xff
    CHECK [got], 1, "disk: there is one"
    mov dl, DISK
    mov dh, 5
    mov cx, 3 << 8 | 63
    call pattern_there_and_back
    CHECK [got], 0, "disk: written and read"
    CHECK [got + 2], 0, "disk: the same bytes"

    ; By block: cylinder 3, head 5, sector 63 is block (3 * 16 + 5) * 63 + 62.
    mov ah, 0x41
    mov bx, 0x55aa
    mov dl, DISK
    int 0x13
    CHECK bx, 0xaa55, "disk: extensions"
    mov di, BUFFER
    mov cx, 256
    xor ax, ax
    rep stosw
    mov ah, 0x42
    mov dl, DISK
    mov si, packet
    int 0x13
    call status
    CHECK ax, 0, "disk: a block is read"
    call compare
    CHECK [got + 2], 0, "disk: a block is the sector"
    mov ah, 0x42
    mov dword [packet + 8], 32768
    mov dl, DISK
    mov si, packet
    int 0x13
    setc byte [got]
    mov byte [got + 1], 0
    CHECK [got], 1, "disk: the block behind the last is an error"
    jmp done

; AX: the status of INT 13h; 0 without carry.
status:
    mov al, 0
    jc .end
    xor ax, ax
.end:
    ret

; CX, DX: a sector. [got]: status of both; [got + 2]: bytes that differ.
pattern_there_and_back:
    mov [where], cx
    mov [where + 2], dx
    mov di, BUFFER
    mov cx, 512
    mov al, 0x5b
.fill:
    stosb
    add al, 29
    loop .fill
    mov ax, 0x0301
    call .go
    mov [got], ax
    mov di, BUFFER
    mov cx, 256
    xor ax, ax
    rep stosw
    mov ax, 0x0201
    call .go
    or [got], ax
    jmp compare
.go:
    mov bx, BUFFER
    mov cx, [where]
    mov dx, [where + 2]
    int 0x13
    jmp status

compare:
    mov word [got + 2], 0
    mov si, BUFFER
    mov cx, 512
    mov ah, 0x5b
.next:
    lodsb
    cmp al, ah
    je .same
    inc word [got + 2]
.same:
    add ah, 29
    loop .next
    ret

got:            dw 0, 0, 0
where:          dw 0, 0
packet:         db 16, 0
                dw 1, BUFFER, 0
                dq (3 * 16 + 5) * 63 + 62
END
