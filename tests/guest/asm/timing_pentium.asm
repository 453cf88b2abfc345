; What instructions cost with the timing model of the Pentium.
; orrery: --cpu pentium --timing pentium

%define PENTIUM 1
%include "board.inc"
%include "protected.inc"
PROGRAM "timing_pentium"
%include "timing.inc"
END_PROGRAM
