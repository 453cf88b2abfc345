/* isa/x86/op.h */
/*
 * A decoded instruction as the interpreter executes it, and the blocks it stands in.
 *
 * A handler ends in a tail call of the next op's handler, so the arguments stay in
 * registers for as long as a block runs. `budget` counts what may still be spent
 * before the loop must look up, less BLOCK_MAX: while it is not negative a whole
 * block fits before the next event. Two arguments say nothing: where the third and
 * fourth are passed a host multiplies and shifts (x86-64: RDX, RCX), and compilers
 * look first for a free register; what is always in use is out of the way behind them.
 */
#pragma once
#include "core/types.h"

struct x86;
struct op;
struct tlb;

#define HANDLER_TYPES struct x86 *, struct op *, u64, u64, s64 budget, struct tlb *
typedef void (*handler)(HANDLER_TYPES);

struct op {
    handler fn;
    union {
        struct { s32 disp, imm; };
        u64              imm64;
        struct op *link;            /* of a direct branch: where it goes */
    };
    union {
        struct {
            u8 dst, src;            /* byte offsets of registers, or what the operation says */
            u8 base, idx;           /* of the memory operand */
            u8 mem;                 /* scale, segment, address size: see MEM_* */
            u8 n;                   /* instructions of the block up to and with this one */
            u8 end;                 /* bytes of the block up to and with this one */
            u8 slot;                /* distance to the block's first op */
        };
        u64 epoch : 56;             /* of a way to another page: when it was tried, see tlb.h */
    };
};
_Static_assert(sizeof(struct op) == 24, "an op is three words: cold code is bound by their size");

enum {
    MEM_SCALE     = 0x03,           /* shift of the index */
    MEM_SEGMENT   = 0x1c,           /* enum segment_name << 2 */
    MEM_ASIZE     = 0x60,           /* enum asize << 5 */
    MEM_RIP       = 0x80,           /* no registers: relative to the next instruction, see IDX_* */
    MEM_SEG_SHIFT = 2, MEM_ASIZE_SHIFT = 5,
};
enum asize { ASIZE_16, ASIZE_32, ASIZE_64 };

/* With MEM_RIP: op.idx says where the target is. */
enum {
    IDX_RELATIVE,                   /* disp, and there is an immediate beside it */
    IDX_ABSOLUTE,                   /* imm64 is the address */
};

enum {
    BLOCK_MAX    = 64,              /* instructions in a block */
    BLOCK_BYTES  = 240,             /* and their bytes, so that op.end fits */
    BLOCK_OPS    = BLOCK_MAX + 6,
};

/*
 * Decoded instructions that run one after another. Known by where its bytes lie in
 * host memory (so that an alias of the page is the same code), by the address it was
 * decoded for, and by the mode of the CPU.
 */
struct block {
    struct block *hash_next;        /* of a stale one: what is there now, once that is known */
    struct block *page_next;        /* of the same page */
    struct block *second_next;      /* of those that reach into the same page */
    const u8     *code;             /* host address of the first byte */
    const u8     *second;           /* host address of the next page, if it reaches there */
    u64           rip;              /* offset in CS of the first byte */
    u64           mode;             /* enum mode, CS base above */
    u16           bytes, ops;
    u8            n;                /* instructions */
    u8            first;            /* bytes before that which op[0] does: NOPs */
    bool          stale;            /* its bytes were written since */
    struct op     op[];
};

static inline struct block *block_of(const struct op *op)
{
    return (struct block *)((char *)(op - op->slot) - offsetof(struct block, op));
}

/* Offset in CS of the instruction behind this one. */
static inline u64 op_next_rip(const struct op *op)
{
    return block_of(op)->rip + op->end;
}

/* ... and of this one. */
static inline u64 op_rip(const struct op *op)
{
    return block_of(op)->rip + (op->slot ? op[-1].end : block_of(op)->first);
}
