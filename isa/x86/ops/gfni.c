/*
 * Bytes as polynomials over two elements, modulo x^8 + x^4 + x^3 + x + 1: GF2P8MULB,
 * GF2P8AFFINEQB, GF2P8AFFINEINVQB. SDM 2. All bytes of a lane at once.
 */
#include "isa/x86/ops/gfni.h"

PURE_VEX(gf2p8mulb, v_gf2p8mulb(a, b))
PURE_VEX(gf2p8affineqb, v_gf2p8affineqb(a, b, imm))
PURE_VEX(gf2p8affineinvqb, v_gf2p8affineinvqb(a, b, imm))
