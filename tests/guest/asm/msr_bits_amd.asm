; msr_bits on a processor of AMD's, which lacks registers that Intel's have.
; orrery: --cpu opteron

%include "msr_bits.asm"
