/*
 * Segment registers and descriptors: SDM 3A chapters 3 and 5.
 *
 * What refuses a selector raises #GP, #NP, #SS or #TS with it as error code; the EXT bit is added
 * where the fault is delivered.
 */
#pragma once
#include "isa/x86/state.h"

/* A descriptor as its table has it. `more`: the upper half of those that long mode makes wider. */
struct descriptor {
    u64 at;                         /* its linear address */
    u32 low, high;
    u64 more;
};

/* System descriptor types: SDM 3A table 3-2. */
enum {
    TYPE_TSS16 = 1, TYPE_LDT, TYPE_TSS16_BUSY, TYPE_CALL16, TYPE_TASK, TYPE_INT16, TYPE_TRAP16,
    TYPE_TSS32 = 9, TYPE_TSS32_BUSY = 11, TYPE_CALL32, TYPE_INT32 = 14, TYPE_TRAP32,
};
enum { SELECTOR_RPL = 3, SELECTOR_LOCAL = 4, SELECTOR_INDEX = 0xfff8, ERROR_SELECTOR = 0xfffc };

static inline bool selector_is_null(u16 selector)
{
    return !(selector & ERROR_SELECTOR);
}

static inline u64 descriptor_base(const struct descriptor *d)
{
    return d->more << 32 | (d->high & 0xff000000) | (d->high & 0xff) << 16 | d->low >> 16;
}

static inline u32 descriptor_limit(const struct descriptor *d)
{
    u32 limit = (d->high & 0x000f0000) | (d->low & 0xffff);

    return d->high & SEG_G ? limit << 12 | 0xfff : limit;
}

static inline unsigned descriptor_dpl(const struct descriptor *d)
{
    return d->high >> SEG_DPL_SHIFT & 3;
}

/* Of a system descriptor; 0, which is reserved, for the others. */
static inline unsigned descriptor_type(const struct descriptor *d)
{
    return d->high & SEG_S ? 0 : d->high >> SEG_TYPE_SHIFT & 15;
}

static inline bool descriptor_is_code(const struct descriptor *d)
{
    return (d->high & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE);
}

static inline bool descriptor_is_writable(const struct descriptor *d)
{
    return (d->high & (SEG_S | SEG_CODE | SEG_WRITE)) == (SEG_S | SEG_WRITE);
}

/* Of a gate: where it leads. */
static inline u16 gate_selector(const struct descriptor *d)
{
    return (u16)(d->low >> 16);
}

static inline u64 gate_offset(const struct descriptor *d)
{
    return d->more << 32 | (d->high & 0xffff0000) | (d->low & 0xffff);
}

/* Reads it; false where the selector (not null) points beyond its table. */
bool x86_descriptor_find(struct x86 *, u16 selector, struct descriptor *);
/* The same; the exception, with the selector, where it is beyond. */
void x86_descriptor_fetch(struct x86 *, u16 selector, struct descriptor *, enum vector);
/* The upper eight bytes; the exception where they are beyond, or their type is not 0. */
void x86_descriptor_widen(struct x86 *, u16 selector, struct descriptor *, enum vector);
/* Sets the accessed bit, or another of the type, in the table. */
void x86_descriptor_set(struct x86 *, struct descriptor *, u32 bits);
struct segment x86_segment_from(u16 selector, const struct descriptor *);

/* MOV, POP, LDS ...: ES SS DS FS GS in any mode. The CS of a jump is not loaded by this. */
void x86_segment_load(struct x86 *, enum segment_name, u16 selector);
/* A paragraph: real and virtual-8086 mode. */
void x86_segment_paragraph(struct x86 *, enum segment_name, u16 selector);
void x86_segment_null(struct x86 *, enum segment_name, u16 selector);

void x86_ldtr_load(struct x86 *, u16 selector, enum vector);    /* LLDT: V_GP; a task: V_TS */
void x86_tr_load(struct x86 *, u16 selector);

/* May the program reach `size` ports from this one? #GP(0) if not: IOPL, then the TSS's map. */
void x86_check_io(struct x86 *, u16 port, unsigned size);
/* ... without being asked: whatever the map says. */
bool x86_may_do_io(const struct x86 *);
