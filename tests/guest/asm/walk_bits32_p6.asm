; walk_bits32 on a processor without NX.
; orrery: --cpu pentium3

%include "walk_bits32.asm"
