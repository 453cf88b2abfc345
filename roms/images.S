/* The assembled images, as bytes: directives alone, so that any processor's assembler takes it. */
.macro ROM_ name
        .section .rodata
        .balign 16
        .globl rom_\name
rom_\name:
        .incbin "roms/\name\().bin"
1:
        .balign 4
        .globl rom_\name\()_bytes
rom_\name\()_bytes:
        .long 1b - rom_\name
.endm
#define ROM(name) ROM_ name;
#include "roms/roms.def"
        .section .note.GNU-stack, "", %progbits
