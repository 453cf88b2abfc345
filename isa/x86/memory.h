/* isa/x86/memory.h */
/*
 * Memory as instructions see it: offsets in segments, and linear addresses.
 *
 * Everything here may leave by x86_fault(). A caller therefore reads and checks everything before
 * it changes anything. Sizes are 1, 2, 4 or 8 bytes, values zero-extended.
 */
#pragma once
#include "isa/x86/state.h"

enum access { ACCESS_READ = TLB_READ, ACCESS_WRITE = TLB_WRITE, ACCESS_CODE = TLB_CODE };

/* Through a segment register, as an instruction's own operand. */
u64  x86_read(struct x86 *, enum segment_name, u64 offset, unsigned size);
void x86_write(struct x86 *, enum segment_name, u64 offset, unsigned size, u64 value);
/* Any number of bytes up to a page, all of them checked before the first is moved. */
void x86_read_bytes(struct x86 *, enum segment_name, u64 offset, void *to, unsigned size);
void x86_write_bytes(struct x86 *, enum segment_name, u64 offset, const void *from, unsigned size);
/* Would the access fault? Then it faults here. */
void x86_probe(struct x86 *, enum segment_name, u64 offset, unsigned size, enum access);
/* ... as an instruction's own operand would, #AC included. */
void x86_probe_operand(struct x86 *, enum segment_name, u64 offset, unsigned size, enum access);

/* Read to modify: checks that the write is allowed, then the write cannot fault. */
u64  x86_rmw_read(struct x86 *, enum segment_name, u64 offset, unsigned size);
void x86_rmw_write(struct x86 *, unsigned size, u64 value);

/* Linear addresses, as the processor's own accesses to its tables (CPL 0 whatever the CPL). */
u64  x86_system_read(struct x86 *, u64 linear, unsigned size);
void x86_system_write(struct x86 *, u64 linear, unsigned size, u64 value);
/* Linear addresses with an explicit privilege: frames on an inner stack. */
void x86_linear_write(struct x86 *, u64 linear, unsigned size, u64 value, bool user);
u64  x86_linear_read(struct x86 *, u64 linear, unsigned size, bool user);
void x86_linear_probe(struct x86 *, u64 linear, unsigned size, enum access, bool user);

/* Offset to linear address, after every check that the segment makes: #GP, #SS, canonical. */
u64  x86_segment_linear(struct x86 *, enum segment_name, u64 offset, unsigned size, enum access);

/* Does the limit allow it? */
bool x86_within(const struct segment *, u64 offset, unsigned size);

/*
 * Of an access beyond the stack: #SS; #GP in the real mode of the 80286, which has no exception
 * 12.
 */
enum vector x86_stack_vector(const struct x86 *);

/* Physical memory. */
u64  x86_physical_read(struct x86 *, u64 physical, unsigned size);
void x86_physical_write(struct x86 *, u64 physical, unsigned size, u64 value);
/*
 * space_page(), remembered until x86_physical_forget(), which a change of the memory map calls
 * for.
 */
u8  *x86_physical_page(struct x86 *, u64 physical, bool write, u8 **flags);
void x86_physical_forget(struct x86 *);

/*
 * Host address of the code byte at a linear address, NULL where it is not RAM or ROM; *physical is
 * its physical address then. Faults as an instruction fetch does.
 */
const u8 *x86_code_at(struct x86 *, u64 linear, u64 *physical);

/* The clock, up to the instruction under way: for whoever is about to ask a device. */
void x86_publish_time(struct x86 *);

/* Offset that an op's memory operand denotes, and its segment. */
static inline u64 op_offset(const struct x86 *cpu, const struct op *op)
{
    const char *r = (const char *)cpu;
    u64 a;

    if (unlikely(op->mem & MEM_RIP)) {
        a = op->idx == IDX_ABSOLUTE ? op->imm64 : op_next_rip(op) + (s64)op->disp;
        return (op->mem & MEM_ASIZE) == ASIZE_64 << MEM_ASIZE_SHIFT ? a : (u32)a;
    }
    a = *(const u64 *)(r + op->base) + (*(const u64 *)(r + op->idx) << (op->mem & MEM_SCALE))
        + (s64)op->disp;
    switch (op->mem & MEM_ASIZE) {
    case ASIZE_16 << MEM_ASIZE_SHIFT: return (u16)a;
    case ASIZE_32 << MEM_ASIZE_SHIFT: return (u32)a;
    default:                          return a;
    }
}

static inline enum segment_name op_segment(const struct op *op)
{
    return (op->mem & MEM_SEGMENT) >> MEM_SEG_SHIFT;
}

/* The memory operand of an op, from the slow twins and the plain bodies. */
static inline u64 op_load(struct x86 *cpu, const struct op *op, unsigned size)
{
    return x86_read(cpu, op_segment(op), op_offset(cpu, op), size);
}

static inline void op_store(struct x86 *cpu, const struct op *op, unsigned size, u64 value)
{
    x86_write(cpu, op_segment(op), op_offset(cpu, op), size, value);
}

static inline u64 op_rmw_load(struct x86 *cpu, const struct op *op, unsigned size)
{
    return x86_rmw_read(cpu, op_segment(op), op_offset(cpu, op), size);
}
