/* isa/x86/decode.h */
/* From bytes to ops. */
#pragma once
#include "isa/x86/opcode.h"
#include "isa/x86/state.h"

/* Which rows an opcode may be, by the reg field of its ModRM byte: built once from opcodes.def. */
struct template;

struct decoder {
    struct encoding *encoding;          /* of each row */
    struct node     *nodes;             /* rows in the order in which to try them */
    struct template *templates;         /* instructions by their shape */
    u16              first[MAPS][256][8];
    u8               opcode[MAPS][256]; /* OPCODE_* */
};

enum {
    OPCODE_MODRM  = 1 << 0,             /* a ModRM byte follows */
    OPCODE_PREFIX = 1 << 1,             /* it is 66, F2 or F3 */
    OPCODE_REX    = 1 << 2,             /* ... 40 to 4F */
    OPCODE_ESCAPE = 1 << 3,             /* ... 0F */
    OPCODE_VEX    = 1 << 4,             /* ... C4 or C5 */
};

bool decoder_build(struct decoder *, struct error *);
void decoder_free(struct decoder *);

enum operation_kind {
    KIND_NONE, KIND_RMW2, KIND_CMP2, KIND_MOV2, KIND_RMW1, KIND_LOAD2, KIND_SHIFT2, KIND_PLAIN,
    KIND_WIDTH, KIND_RM, KIND_RM_W, KIND_MUL2, KIND_VEC, KIND_VEX,
    KIND_LENGTH, KIND_STACK, KIND_BRANCH,
};

struct operation {
    const char    *name;
    const handler *handlers;
    u8             kind;
};
extern const struct operation x86_operations[];

/* The code to be decoded: what is left of its page, or a few bytes gathered from two. */
struct code {
    const u8 *bytes;
    unsigned  room;
};

enum decode_result {
    DECODED,
    DECODE_MORE,        /* the instruction goes on behind the last byte there */
    DECODE_FAULT,       /* op raises an exception */
};

/* What an instruction is to the arithmetic flags, for who wants to know whether they are dead. */
enum flag_use {
    FLAGS_NEEDED,       /* reads them, may fault, or is not known: they must be right */
    FLAGS_UNTOUCHED,
    FLAGS_WRITTEN,      /* all of them, without a look */
    FLAGS_SOME_WRITTEN, /* INC, DEC, rotates */
};

enum { IN_REGISTERS, IN_SOURCE, IN_DESTINATION };

/* Of a direct branch. */
struct target {
    u64  rip;
    bool bad;                           /* beyond the limit, not canonical: #GP when it is taken */
};

/* What is asked of an op when its whole block is there. */
struct traits {
    handler quiet;                      /* the same without flags, or NULL */
    u16     number, quiet_number;       /* of both handlers in runs, or 0: see fuse.h */
    u8      flag_use;                   /* enum flag_use */
};

struct insn {
    struct op         op;
    struct traits     traits;
    const struct row *row;
    struct target     to;               /* if relative */
    u8                length;
    u8                kind;             /* enum operation_kind */
    u8                width;            /* 0 to 3: b w d q */
    u8                place;            /* of the memory operand */
    u8                prefixes;         /* other than REP */
    bool              displacement;     /* its address has one in the instruction */
    bool              ends;
    bool              relative;         /* has a target */
    bool              nop;
};

/* rip is that of the first byte. */
enum decode_result x86_decode(struct x86 *, const struct code *, u64 rip, struct insn *);

/*
 * The same for a shape that was decoded before: only the op, and the target if it has one, are
 * made anew; in the result, which is shared, they are not meant. NULL: x86_decode() must see to it.
 */
const struct insn *x86_decode_known(struct x86 *, const u8 *bytes, unsigned room, u64 rip,
                                    struct op *, struct target *);
