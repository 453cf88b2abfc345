/* isa/x86/opcode.h */
/*
 * What a row of opcodes.def is made of. The notation is that of the SDM: volume 2, 3.1.1 for the
 * encodings, appendix A.2 for the operands.
 *
 *   encoding   "[NP|66|F2|F3] [W0|W1] [B0] [0F [38|3A]] XX[+r] [/r | /0../7 | =XX]"
 *              NP: none of 66, F2, F3. B0: without REX.B. +r: the low three bits name a
 *              register. =XX: that very ModRM byte. Whether ModRM names memory or a
 *              register follows from the operands (M..: memory only; R.., U.., N.., STi:
 *              register only).
 *   or         "VEX[.128|.256|.LIG|.LZ][.66|.F3|.F2].0F[38|3A].[W0|W1|WIG] XX [/r | /0../7]"
 *              .LIG: VEX.L is ignored. .LZ: it must be 0. None of .128 .256 .LIG .LZ: either,
 *              and it says how wide the operands are. VEX.vvvv must be 1111b unless an operand
 *              (H, By) stands for it.
 */
#pragma once
#include "core/types.h"

enum operand {
    O_NONE,
    /* ModRM.rm: general register or memory. b w d q; v: operand size; y: d, or q with REX.W */
    Eb, Ew, Ed, Eq, Ev, Ey,
    /* ModRM.reg */
    Gb, Gw, Gd, Gq, Gv, Gy,
    /* ModRM.rm, register only */
    Rw, Rd, Rq, Rv, Ry,
    /* ModRM.rm, memory only: any size, or one the operation knows */
    M, Mb, Mw, Md, Mq, Mv, My, Mt, Mx, Mp,
    /* Low three bits of the opcode */
    Zb, Zv, Zq,
    /* Immediates: zero-extended byte, sign-extended byte, word, operand size (at most 32 bits,
     * sign-extended), operand size; the constant 1; ENTER's word and byte; far pointer */
    Ib, Ibs, Iw, Iz, Iv, I1, Iwb, Ap,
    /* Relative targets */
    Jb, Jz,
    /* Address in the instruction */
    Ob, Ov,
    /* Fixed registers */
    AL, rAX, CL, rDX,
    /* Segment, control and debug registers of ModRM.reg; segment registers by name */
    Sw, Cy, Dy, sES, sCS, sSS, sDS, sFS, sGS,
    /* XMM, or YMM: reg; rm or memory of all its bits, 64, 32, 16, 8; rm register only; XMM0
     * implied; VEX.vvvv; bits 4 to 7 of an immediate byte */
    V, W, Wq, Wd, Ww, Wb, U, V0, H, L,
    /* Memory with a vector as index: VSIB. General register of VEX.vvvv: d, or q with VEX.W */
    VSIB, By,
    /* MMX: reg; rm or memory of 64, 32 bits; rm register only */
    P, Q, Qd, N,
    /* x87: stack register of ModRM.rm */
    STi,
    OPERANDS
};

enum {
    A_LOCK   = 1 << 0,              /* LOCK is legal with a memory destination */
    A_D64    = 1 << 1,              /* 64-bit operand by default in 64-bit mode; no 32-bit form */
    A_F64    = 1 << 2,              /* 64-bit operand in 64-bit mode whatever the prefixes */
    A_END    = 1 << 3,              /* ends a block: changes RIP, mode, mapping or asks the world */
    A_NO64   = 1 << 4,              /* #UD in 64-bit mode */
    A_ONLY64 = 1 << 5,              /* #UD elsewhere */
    A_PROT   = 1 << 6,              /* #UD in real and virtual-8086 mode */
    A_CPL0   = 1 << 7,              /* #GP(0) unless CPL is 0 */
    A_X87    = 1 << 8,              /* #NM with CR0.EM or TS */
    A_MMX    = 1 << 9,              /* #UD with CR0.EM, #NM with TS */
    A_SSE    = 1 << 10,             /* #UD with CR0.EM or without CR4.OSFXSR, #NM with TS */
    A_WAIT   = 1 << 11,             /* #NM with CR0.MP and TS */
    A_BYTE   = 1 << 12,             /* byte operation whatever the operand-size prefix */
    A_ASIZE  = 1 << 13,             /* op.mem has the address size: strings, LOOP */
    A_MOV_CR = 1 << 14,             /* ModRM.mod is ignored: always a register */
    A_REP    = 1 << 15,             /* op.dst is the repeat prefix: 0, F2h or F3h */
    /* Bits 16 to 27 are UNDEF's. */
    A_AVX    = 1 << 28,             /* #UD without CR4.OSXSAVE and XCR0's AVX, #NM with TS */
};

/* Undefined flags, where the manual says so: UNDEF(AF | OF) */
#define UNDEF(flags)    ((u32)(flags) << 16)
#define UNDEFINED_FLAGS(attributes) ((attributes) >> 16 & 0xfff)

struct row {
    const char *encoding;
    u16         operation;          /* enum operation_id */
    u8          operand[4];         /* enum operand */
    u8          feature;            /* enum feature */
    u32         attributes;         /* A_*, undefined flags above */
};

extern const struct row x86_rows[];
extern const unsigned x86_row_count;

/* A row's encoding, parsed. */
enum map {
    MAP_1, MAP_0F, MAP_0F38, MAP_0F3A,
    MAP_VEX, MAP_VEX_0F = MAP_VEX + MAP_0F, MAP_VEX_0F38, MAP_VEX_0F3A, MAPS,
};
enum { PREFIX_ANY, PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2 };
enum { MOD_ANY, MOD_MEMORY, MOD_REGISTER };
enum { LENGTH_0, LENGTH_1, LENGTH_IGNORED, LENGTH_CHOOSES };    /* what VEX.L must be, or does */

struct encoding {
    u8 map, opcode, prefix;
    s8 w;                           /* -1: any */
    bool plus_r, modrm;
    bool b0;                        /* REX.B must be clear */
    s8 digit;                       /* ModRM.reg, -1: any */
    s16 exact;                      /* the whole ModRM byte, -1: any */
    u8 mod;                         /* MOD_* */
    u8 length;                      /* LENGTH_*, of a VEX map */
    bool vvvv;                      /* an operand stands for VEX.vvvv */
    bool vsib;
};

/* False: not of the form above. */
bool encoding_parse(const struct row *, struct encoding *);
bool encoding_is_vex(const struct row *);
