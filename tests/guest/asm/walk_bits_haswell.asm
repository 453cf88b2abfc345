; walk_bits with 39 bits of physical address.
; orrery: --cpu haswell

%include "walk_bits.asm"
