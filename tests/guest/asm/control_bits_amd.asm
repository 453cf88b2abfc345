; control_bits on a processor of AMD's: EFER.LMA is not ignored but refused.
; orrery: --cpu opteron

%include "control_bits.asm"
