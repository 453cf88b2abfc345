; msr_bits on a processor with 36 bits of physical address and no x2APIC.
; orrery: --cpu core2

%include "msr_bits.asm"
