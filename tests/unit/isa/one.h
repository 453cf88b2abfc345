/* One instruction on a bare CPU, and the exception it raises instead of being delivered. */
#pragma once
#include <setjmp.h>
#include <string.h>

#include "dispatch.h"
#include "isa/x86/block.h"
#include "isa/x86/interp.h"
#include "tests/insn/bare.h"

enum { CODE = 0x8000, DATA = 0x9000, NO_FAULT = -1 };

static inline int one(struct bare *b, const void *bytes, size_t count)
{
    struct x86 *cpu = b->cpu;
    struct block *block;

    bare_store(b, CODE, bytes, count);
    cpu->rip = CODE;
    cpu->op = NULL;
    cpu->leave = false;
    if (setjmp(cpu->unwind)) {
        cpu->mode &= ~(u64)MODE_STEP;
        return cpu->fault_vector;
    }
    cpu->mode |= MODE_STEP;
    block = x86_block_find(cpu);
    cpu->mode &= ~(u64)MODE_STEP;
    cpu->start = cpu->budget = 1 - BLOCK_MAX;
    dispatch_enter(cpu, block->op, cpu->budget, cpu->tlb);
    cpu->cycles += (u64)(cpu->start - cpu->budget);
    cpu->start = cpu->budget;
    return NO_FAULT;
}

/* ONE(b, 0x0f, 0xa2) */
#define ONE(b, ...) one((b), (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))
