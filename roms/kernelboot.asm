; An option ROM that starts a kernel without a disk. What to load where, and how to start it,
; is a list in fw_cfg (key 8050h, little-endian numbers of 32 bits; peripherals/firmware/
; kernel.h has the same in C):
;
;   entries, then for each: fw_cfg key, bytes, address
;   kind of memory map (0 none, 1 multiboot, 2 multiboot 2, 3 PVH), its address,
;     where its length or count goes, where the KB above 1 MB go (0: nowhere)
;   where the 20 bytes of the RSDP go (0: nowhere), where its address goes (0: nowhere)
;   start (0: real mode, 1: flat 32 bits), EAX, EBX, ECX, entry (or segment), stack pointer
;
; It is entered by its bootstrap entry vector (BIOS Boot Specification 1.01, 3.3).
        bits 16
        cpu 686
        org 0

ACCESS  equ 0x6000              ; the DMA access block of fw_cfg, big-endian
RECORD  equ 0x6020              ; one record of INT 15h E820h
MOVED   equ 0x6100              ; the way into 32 bits, copied there
LIST    equ 0x6200
LIST_BYTES equ 0x800

        db 0x55, 0xaa
        db (end - $$ + 511) / 512
        mov ax, 0x20            ; PnP: it has a bootstrap entry
        retf
        times 0x1a - ($ - $$) db 0
        dw pnp

        align 16, db 0
pnp:    db "$PnP", 1, 2         ; two paragraphs
        dw 0                    ; no other
        db 0, 0
        dd 0
        dw maker, product
        db 2, 0, 0              ; a network boot device, as the kinds go
        db 0x14                 ; initial program load, not for shadowing
        dw 0, 0, boot, 0, 0

maker:   db "Orrery", 0
product: db "Kernel", 0

; From fw_cfg: key AX, ECX bytes, to linear EDI. Keeps all but EAX.
fetch:  shl eax, 16
        or eax, 0x0a            ; select, read
        bswap eax
        mov [ACCESS], eax
        mov eax, ecx
        bswap eax
        mov [ACCESS + 4], eax
        mov dword [ACCESS + 8], 0
        mov eax, edi
        bswap eax
        mov [ACCESS + 12], eax
        push dx
        mov dx, 0x514
        xor eax, eax
        out dx, eax
        mov dx, 0x518
        mov eax, ACCESS
        bswap eax
        out dx, eax
.wait:  mov eax, [ACCESS]
        bswap eax
        test eax, 0xfffffffe
        jnz .wait
        pop dx
        ret

boot:   cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, ACCESS
        mov ax, 0x8050
        mov ecx, LIST_BYTES
        mov edi, LIST
        call fetch
        mov ebp, [LIST]
        mov si, LIST + 4
.load:  test ebp, ebp
        jz .map
        mov ax, [si]
        mov ecx, [si + 4]
        mov edi, [si + 8]
        add si, 12
        dec ebp
        jecxz .load
        call fetch
        jmp .load
.map:   call memory_map         ; SI stays at the list
        call root_pointer
        cmp dword [si + 24], 0
        jne flat

; Linux/x86 boot protocol, "Running the kernel": segment, IP 20h:0, stack below the command line
        mov esp, [si + 44]
        mov ax, [si + 40]
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        add ax, 0x20
        push ax
        push word 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        retf

; -- what the firmware knows of memory, in the kernel's own format --

memory_map:
        cmp dword [si], 0
        je .none
        mov di, [si + 4]
        xor ebx, ebx
        xor bp, bp              ; records
.next:  push di
        push si
        mov eax, 0xe820
        mov edx, 0x534d4150     ; "SMAP"
        mov ecx, 20
        mov di, RECORD
        int 0x15
        pop si
        pop di
        jc .done
        cmp eax, 0x534d4150
        jne .done
        call keep
        inc bp
        test ebx, ebx
        jnz .next
.done:  movzx eax, bp
        mov ecx, [si]
        cmp cl, 3
        je .store               ; PVH counts
        cmp cl, 2
        je .tag
        imul eax, 24            ; multiboot: bytes
        jmp .store
.tag:   imul eax, 24            ; multiboot 2: bytes of the tag, then the end of all tags
        add eax, 16
        mov dword [di], 0
        mov dword [di + 4], 8
        add di, 8
        movzx ecx, di
        sub ecx, [LIST_TAGS]
        push bx
        mov bx, [LIST_TAGS]
        mov [bx], ecx
        pop bx
.store: mov di, [si + 8]
        mov [di], eax
.none:  ret

LIST_TAGS equ LIST + LIST_BYTES - 4     ; where the multiboot 2 tags begin

; RECORD to DI.
keep:   push si
        cmp dword [RECORD], 0x100000
        jne .size
        cmp dword [RECORD + 4], 0
        jne .size
        mov eax, [RECORD + 8]
        shr eax, 10
        push di
        mov di, [si + 12]
        test di, di
        jz .unwanted
        mov [di], eax
.unwanted:
        pop di
.size:  cmp byte [si], 1
        jne .copy
        mov dword [di], 20
        add di, 4
.copy:  push cx
        mov si, RECORD
        mov cx, 10
        rep movsw
        pop cx
        pop si
        cmp byte [si], 1
        je .kept
        mov dword [di], 0
        add di, 4
.kept:  ret

root_pointer:
        mov bx, 0xe000
.look:  mov es, bx
        cmp dword [es:0], "RSD "
        jne .next
        cmp dword [es:4], "PTR "
        je .found
.next:  inc bx
        jnz .look
        jmp .end
.found: mov di, [si + 16]
        test di, di
        jz .address
        xor bp, bp
.copy:  mov ax, [es:bp]
        mov [di], ax
        add di, 2
        add bp, 2
        cmp bp, 20
        jb .copy
.address:
        mov di, [si + 20]
        test di, di
        jz .end
        movzx eax, bx
        shl eax, 4
        mov [di], eax
.end:   xor ax, ax
        mov es, ax
        ret

; -- 32 bits: the code below runs where it was copied --

flat:   push si
        mov si, moved
        mov di, MOVED
        mov cx, moved_end - moved
        rep cs movsb
        pop si
        mov eax, [si + 28]
        mov ebx, [si + 32]
        mov ecx, [si + 36]
        mov edi, [si + 40]
        lgdt [MOVED + gdtr - moved]
        mov edx, cr0
        or dl, 1
        mov cr0, edx
        jmp dword 0x08:MOVED + enter32 - moved

        align 8, db 0
moved:
gdt:    dq 0
        dq 0x00cf9b000000ffff
        dq 0x00cf93000000ffff
gdtr:   dw gdtr - gdt - 1
        dd MOVED
        bits 32
enter32:
        mov edx, 0x10
        mov ds, edx
        mov es, edx
        mov fs, edx
        mov gs, edx
        mov ss, edx
        xor edx, edx
        xor esi, esi
        xor ebp, ebp
        push edi
        xor edi, edi
        ret
moved_end:

        times 512 - 1 - (($ - $$ + 511) % 512) db 0
end:
