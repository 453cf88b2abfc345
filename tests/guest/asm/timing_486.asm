; What instructions cost with the timing model of the 486.
; orrery: --cpu 486,+tsc --timing 486

%define PENTIUM 0
%include "board.inc"
%include "protected.inc"
PROGRAM "timing_486"
%include "timing.inc"
END_PROGRAM
