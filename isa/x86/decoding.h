/* isa/x86/decoding.h */
/* What decode.c, choose.c and template.c share: an instruction half decoded. */
#pragma once
#include "isa/x86/decode.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"

enum { REX_W = 8, REX_R = 4, REX_X = 2, REX_B = 1, REX = 0x40 };
enum { WIDTH_B, WIDTH_W, WIDTH_D, WIDTH_Q };
enum { EA_BD, EA_BIS, EA_ABS, EA_GEN, EAS, VECTOR_FORMS };  /* those and one for registers */

struct node { u16 row, next; };         /* + 1; 0 ends */

/*
 * What was decoded once is known again by its prefix, REX, opcode, ModRM and SIB bytes; only
 * displacement, immediate and target are read anew. Instructions with a segment, address-size or
 * LOCK prefix, or with operands of eight bytes, take the long way every time.
 */
struct template {
    u64         key;                    /* 0: none */
    struct insn insn;
    u8          disp_at, disp_spare;    /* where it stands; bits that 4 bytes have too many */
    u8          rest_at, rest_spare;    /* likewise what is behind it */
    u8          rest, width;
    bool        has_disp;
};

enum rest {
    REST_NONE,
    REST_SIGNED, REST_UNSIGNED,         /* immediates */
    REST_COUNT,                         /* of a shift, not 0: then it would leave the flags alone */
    REST_TARGET,
    REST_RIP,                           /* displacement from the next instruction, and no more */
};

struct decoding {
    struct x86        *cpu;
    const struct code *code;
    u64                rip;
    unsigned           at;              /* bytes eaten */
    u8                 vector;          /* of DECODE_FAULT */
    u8                 code_size;       /* MODE_16 ... */
    u8                 rex, repeat, segment, segment_given, lock, opsize_given, asize_given;
    u8                 opcode, map, modrm;
    u8                 asize;           /* enum asize */
    u8                 width;           /* WIDTH_* of 'v' operands */
    u8                 ea;              /* EA_* */
    u8                 disp_at, disp_bytes; /* where they stand in the instruction, for templates */
    u8                 imm_at, imm_bytes, opcode_at;
    u8                 vvvv;            /* of VEX, not inverted */
    bool               vex, vex_l;
    bool               vex_late;        /* behind a prefix that it does not bear */
    bool               by_role, vsib;   /* see operand() */
    bool               imm_signed, wide;    /* wide: with something that templates do not know */
    bool               memory;          /* ModRM, or moffs, names memory */
    bool               rip_relative;
    bool               has_imm;
    bool               no_track;        /* prefix 3E */
    struct insn       *out;
};

/* choose.c: the handler for the row and what it means to the flags, into s->out. */
void decode_choose(struct decoding *);
/* A branch to rip, as far as the operand size lets it get. */
static inline struct target decode_target(const struct x86 *cpu, u64 rip, unsigned width)
{
    if (likely(x86_is_64(cpu)))
        return (struct target){ rip, !x86_canonical(cpu, rip) };
    rip &= width == WIDTH_W ? 0xffff : 0xffffffff;
    return (struct target){ rip, rip > x86_cs_limit(cpu) };
}

static inline bool is_relative(const struct row *row)
{
    return row->operand[0] == Jb || row->operand[0] == Jz;
}

/* decode.c: what no template knows. */
enum decode_result decode_anew(struct decoding *);

bool template_build(struct decoder *);
