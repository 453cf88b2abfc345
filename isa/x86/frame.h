/* Stacks other than through an instruction's own pushes and pops: frames, inner levels. */
#pragma once
#include "isa/x86/state.h"

/* The present stack, or one that is to become it. */
struct stack {
    struct segment seg;
    u64            sp, mask;        /* mask: the part of sp that moves */
    bool           flat;            /* of 64-bit code: no segment */
    bool           user;            /* accesses are those of CPL 3 */
    u16            error;           /* selector that its #SS carries */
};

enum { FRAME_ITEMS = 48 };

/* What is to be pushed, the first item first; all of one size. */
struct frame {
    unsigned count, size;
    u64      item[FRAME_ITEMS];
};

static inline void frame_add(struct frame *f, u64 item)
{
    f->item[f->count++] = item;
}

/* The present stack. */
struct stack x86_stack(const struct x86 *);
/* One in a segment that has been checked. */
struct stack x86_stack_in(const struct x86 *, const struct segment *, u64 sp, unsigned cpl);
/* The stack of an inner level, from the TSS: #TS and #SS with every check. SDM 3A 5.8.5 */
struct stack x86_inner_stack(struct x86 *, unsigned cpl);
/* That of long mode; ist 0: RSP of the level, SS null. Otherwise SS stays. SDM 3A 6.14.5 */
struct stack x86_long_stack(struct x86 *, unsigned cpl, unsigned ist);

/* Everything is checked before the first byte is written; then moves stack->sp. */
void x86_frame_push(struct x86 *, struct stack *, const struct frame *);
/* What a pop would give, `skip` bytes above the stack pointer. */
u64  x86_stack_peek(struct x86 *, const struct stack *, u64 skip, unsigned size);
/* Moves the pointer up. */
void x86_stack_drop(struct stack *, u64 bytes);
/* SS and RSP are those of the stack; x86_mode_update is left to the caller. */
void x86_stack_take(struct x86 *, const struct stack *);
