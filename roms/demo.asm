; Orrery's own demonstration: what a machine without an image starts. It shows the processor,
; the memory map, PCI, six clocks side by side, keyboard, mouse and COM1; a moving picture;
; and it tests the machine it runs on.
;
; One image, two ways to start it: a diskette (its first sectors; pad it to 1.44 MB) or a
; multiboot kernel. It wants a 386, a VGA and 1 MB; 4 MB for the picture and some checks.
; "selftest" on the kernel's command line, or a byte of 1 at offset 508 of the diskette,
; begins with the self-test, which then tells its verdict to port F4h. Sources are cited in
; the parts.
        cpu 386
        org 0x7c00

%include "demo/layout.inc"
%include "demo/boot.inc"
%include "demo/real.inc"

        bits 32
main:   mov eax, DATA32
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov esp, LOAD
        cld
        mov edi, VARIABLES
        mov ecx, (variables_end - VARIABLES + 3) / 4
        xor eax, eax
        rep stosd
        call cpu_survey
        call pci_survey
        call pm_survey
        call serial_begin
        call interrupts_begin
        call input_begin
        sti
        call clocks_survey
        call wake_others
        call announce
        cmp byte [wants_selftest], 0
        je pages
        call self_test

pages:  call page_begin
        mov eax, [ticks]
        mov [page_tick], eax
.next:  hlt
        call mouse_take
        call serial_take
        call keys_take
        cmp al, 0x22                    ; G
        je .picture
        cmp al, 0x14                    ; T
        je .test
        cmp al, 0x13                    ; R
        je reset
        cmp al, 0x19                    ; P
        jne .moving
        call power_off
.moving:
        mov eax, [ticks]
        sub eax, [page_tick]
        cmp eax, TICKS_PER_SECOND / PER_SECOND
        jb .next
        add [page_tick], eax
        call page_moving
        jmp .next
.picture:
        call picture_page
        jmp pages
.test:  call self_test
        jmp pages

; To the consoles: who we are.
announce:
        LINE
        TEXT "Orrery demonstration: "
        call put_cpu_name
        TEXT ", "
        mov eax, [processors]
        call put_number
        TEXT " awake, started as a "
        mov esi, .diskette
        cmp byte [boot_way], 'd'
        je .way
        mov esi, .kernel
.way:   call append
        jmp tell_line
.diskette: db "diskette", 0
.kernel: db "kernel", 0

%include "demo/interrupts.inc"
%include "demo/text.inc"
%include "demo/cpu.inc"
%include "demo/pci.inc"
%include "demo/clocks.inc"
%include "demo/input.inc"
%include "demo/page.inc"
%include "demo/hands.inc"
%include "demo/graphics.inc"
%include "demo/bodies.inc"
%include "demo/picture.inc"
%include "demo/backdrop.inc"
%include "demo/calendar.inc"
%include "demo/check.inc"
%include "demo/check_cpu.inc"
%include "demo/check_timers.inc"
%include "demo/check_pit.inc"
%include "demo/check_ports.inc"
%include "demo/check_video.inc"

; The last sector: the loader looks whether it came.
MAGIC   equ 0x79727265                  ; "erry"
        times 511 - ($ - $$ + 511 + 4) % 512 db 0
        dd MAGIC
image_end:
IMAGE_SECTORS equ (image_end - start) / 512

%include "demo/variables.inc"
