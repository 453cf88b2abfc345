; From the reset vector to 64-bit mode, then to the benchmark, then its checksum in hexadecimal to port E9h and 0
; to the exit port. The image is this file (4 KB at its end) with the program before it, copied to 1 MB.
;
; Memory: 1000h PML4, 2000h PDPT, 3000h and 4000h PDs (64 MB of 2 MB pages, and
; the last 2 MB below 4 GB), stack below 80000h, program at 1 MB, its
; arena at 16 MB.
bits 16
org 0xfffff000

; PROGRAM_BYTES comes from the command line

gdt:
    dq 0
    dq 0x00209a0000000000       ; 08h: 64-bit code
    dq 0x00cf9a000000ffff       ; 10h: 32-bit code
    dq 0x00cf92000000ffff       ; 18h: data
gdt_end:
gdtr:
    dw gdt_end - gdt - 1
    dd gdt

bits 32
protected:
    mov ax, 0x18
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esi, 0xfffff000 - PROGRAM_BYTES
    mov edi, 0x100000
    mov ecx, PROGRAM_BYTES / 4
    cld
    rep movsd
    mov dword [0x1000], 0x2003
    mov dword [0x2000], 0x3003
    mov dword [0x2018], 0x4003
    mov dword [0x4ff8], 0xffe00083  ; where this runs
    mov edi, 0x3000
    mov eax, 0x83
    mov ecx, 32
.page:
    mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop .page
    mov eax, 0x620              ; PAE, OSFXSR, OSXMMEXCPT
    mov cr4, eax
    mov eax, 0x1000
    mov cr3, eax
    mov ecx, 0xc0000080
    mov eax, 0x100              ; LME
    xor edx, edx
    wrmsr
    mov eax, 0x80000011
    mov cr0, eax
    jmp 0x08:long_mode

bits 64
long_mode:
    mov esp, 0x80000
    fninit
    mov eax, 0x100000
    call rax
    mov rbx, rax
    mov ecx, 16
.digit:
    rol rbx, 4
    mov eax, ebx
    and eax, 15
    add al, '0'
    cmp al, '9'
    jbe .out
    add al, 'a' - '0' - 10
.out:
    out 0xe9, al
    dec ecx
    jnz .digit
    mov al, 10
    out 0xe9, al
    xor eax, eax
    out 0xf4, eax
    hlt

times 0xfc0 - ($ - $$) db 0
bits 16
real:
    mov ax, cs
    o32 lgdt [cs:gdtr - 0xffff0000]
    mov eax, 0x11
    mov cr0, eax
    jmp dword 0x10:protected
times 0xff0 - ($ - $$) db 0
    jmp real
times 0x1000 - ($ - $$) db 0
