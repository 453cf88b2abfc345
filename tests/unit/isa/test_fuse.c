/* Fused runs: what one handler does is what those of its members do, one after the other. */
#include "isa/x86/fuse.h"

#include <criterion/criterion.h>

#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "tests/unit/isa/one.h"

/* What an address is made of lies from MEMORY on, what is a difference of two below BYTES. */
enum { MEMORY = 0x80000, BYTES = 0x10000, ROUNDS = 40 };

/* A block of a run's ops, and behind them where it leads: on, a branch's target, its other one. */
struct bench {
    struct bare *bare;
    u64          seed;
    u8           memory[BYTES], low[BYTES]; /* as a run finds it */
    u64          gpr[17];
    union {
        struct block b;
        u8           room[sizeof(struct block) + (RUN_MAX + 3) * sizeof(struct op)];
    } block;
};

/* What came of it. */
struct outcome {
    u64        gpr[17];
    u32        flags;
    int        fault;
    struct op *at;                      /* the end it came to, or the op that faults */
    s64        left;
    u8         memory[BYTES], low[BYTES];
};

static struct { struct op *op; s64 left; } reached;

static void h_end(HANDLER_ARGS)
{
    reached.op = op;
    reached.left = budget;
    LEAVE;
}

static u64 any(struct bench *b)
{
    b->seed = b->seed * 6364136223846793005 + 1442695040888963407;
    return b->seed >> 16;
}

static u8 any_register(struct bench *b)
{
    static const u8 registers[] = { RAX, RCX, RDX, RBX, RBP, RSI, RDI, 8, 9, 15 };

    return (u8)GPR_OFFSET(registers[any(b) % COUNT(registers)]);
}

/* Mostly addresses of memory, small numbers, now and then anything. */
static u64 any_value(struct bench *b)
{
    unsigned kind = any(b) % 8;

    return kind == 0 ? any(b) << 16 : kind == 1 ? any(b) % 5 - 2 : kind == 2 ? any(b) % 200
        : MEMORY + 0x1000 + (any(b) & 0xdff8);
}

static struct op any_op(struct bench *b, handler fn)
{
    return (struct op){
        .fn = fn, .disp = (s32)(any(b) % 256) - 128, .imm = 1 + (s32)(any(b) % 31),
        .dst = any_register(b), .src = any_register(b), .base = any_register(b),
        .idx = (u8)GPR_OFFSET(ZERO),    /* a form that has none has it so */
        .mem = (u8)(any(b) % 4 | DS << MEM_SEG_SHIFT | ASIZE_64 << MEM_ASIZE_SHIFT),
    };
}

static void relate(struct op *op, unsigned relation)
{
    switch (relation) {
    case RUN_S: op->src = op[-1].dst; break;
    case RUN_B: op->base = op[-1].dst; break;
    case RUN_X: op->idx = op[-1].dst; break;
    case RUN_D: op->dst = op[-1].dst; break;
    default: break;
    }
}

static bool is_branch(handler fn)
{
#define IS_(cc) || fn == h_j##cc
    return fn == h_jmp CONDITIONS(IS_);
#undef IS_
}

static void set_up(struct bench *b, const struct op_run *r)
{
    struct op *op = b->block.b.op;
    unsigned n = 0;

    for (; n < RUN_MAX && r->member[n]; n++) {
        op[n] = any_op(b, r->member[n]);
        if (n)
            relate(&op[n], r->relation[n]);
    }
    op[n] = op[n + 1] = op[n + 2] = (struct op){ .fn = h_end };
    if (is_branch(r->member[n - 1])) {  /* there is a jump behind it */
        op[n - 1].link = &op[n + 1];
        op[n].fn = h_jmp;
        op[n].link = &op[n + 2];
    }
    for (unsigned i = 0; i < n + 3; i++) {
        op[i].slot = (u8)i;
        op[i].n = (u8)(i + 1);
        op[i].end = (u8)(4 * i + 4);
    }
    for (unsigned i = 0; i < 16; i++)
        b->gpr[i] = any_value(b);
    b->gpr[RSP] = MEMORY + BYTES / 2;
    b->gpr[16] = 0;
    for (unsigned i = 0; i < BYTES; i += 8)
        memcpy(b->memory + i, &(u64){ any_value(b) }, 8);
}

static void go(struct bench *b, u32 flags, struct outcome *out)
{
    struct x86 *cpu = b->bare->cpu;
    u8 *low = b->bare->ram->host, *memory = low + MEMORY;

    memcpy(cpu->gpr, b->gpr, sizeof cpu->gpr);
    memcpy(memory, b->memory, BYTES);
    memcpy(low, b->low, BYTES);
    lazy_set(&cpu->lazy, flags);
    cpu->op = NULL;
    cpu->leave = false;
    cpu->start = cpu->budget = 1000;
    out->fault = setjmp(cpu->unwind) ? cpu->fault_vector : NO_FAULT;
    if (out->fault == NO_FAULT)
        dispatch_enter(cpu, b->block.b.op, cpu->budget, cpu->tlb);
    out->at = out->fault == NO_FAULT ? reached.op : cpu->op;
    out->left = out->fault == NO_FAULT ? reached.left : 0;
    memcpy(out->gpr, cpu->gpr, sizeof out->gpr);
    out->flags = lazy_all(&cpu->lazy) & FLAGS_ARITHMETIC;
    memcpy(out->memory, memory, BYTES);
    memcpy(out->low, low, BYTES);
}

Test(fuse, a_run_does_what_its_instructions_do)
{
    static struct bench b;
    static struct outcome apart, fused;
    unsigned whole = 0;

    b.bare = bare_create(1 << 20, "max");
    bare_flat64(b.bare, 0x10000);
    for (unsigned i = 0; i < x86_run_count * ROUNDS; i++) {
        const struct op_run *r = &x86_runs[i / ROUNDS];
        u32 flags = (u32)any(&b) & FLAGS_ARITHMETIC;

        set_up(&b, r);
        go(&b, flags, &apart);
        b.block.b.op[0].fn = r->all;
        go(&b, flags, &fused);
        cr_assert_eq(apart.fault, fused.fault, "run %u", i / ROUNDS);
        cr_assert_eq(apart.at, fused.at, "run %u", i / ROUNDS);
        cr_assert_eq(apart.left, fused.left, "run %u", i / ROUNDS);
        cr_assert_eq(apart.flags, fused.flags, "run %u", i / ROUNDS);
        cr_assert_arr_eq(apart.gpr, fused.gpr, sizeof apart.gpr, "run %u", i / ROUNDS);
        cr_assert_arr_eq(apart.memory, fused.memory, BYTES, "run %u", i / ROUNDS);
        cr_assert_arr_eq(apart.low, fused.low, BYTES, "run %u", i / ROUNDS);
        whole += fused.fault == NO_FAULT;
    }
    cr_expect_gt(whole, x86_run_count * ROUNDS / 2, "most do not fault");
    bare_destroy(b.bare);
}

/* A chain of the tree as long as the run leads to it, and to nothing shorter. */
Test(fuse, every_run_is_found)
{
    static struct fuse f;

    x86_fuse_build(&f);
    for (unsigned i = 0; i < x86_run_count; i++) {
        const struct op_run *r = &x86_runs[i];
        unsigned state = x86_fuse_number(&f, r->member[0]);

        for (unsigned k = 1; k < RUN_MAX && r->member[k]; k++)
            state = f.edge[fuse_slot(&f, fuse_key(state, x86_fuse_number(&f, r->member[k])))]
                        .to[r->relation[k]];
        cr_assert(state);
        cr_expect_eq(f.all[state], r->all, "run %u is there twice", i);
    }
    cr_expect_eq(x86_fuse_number(&f, h_hlt), 0u);
}

Test(fuse, relations_are_those_of_registers)
{
    struct op before = { .dst = GPR_OFFSET(RBX) }, op = { .dst = GPR_OFFSET(RBX) };

    cr_expect_eq(x86_fuse_relation(&op, &before), RUN_D);
    op.idx = GPR_OFFSET(RBX);
    cr_expect_eq(x86_fuse_relation(&op, &before), RUN_X);
    op.base = GPR_OFFSET(RBX);
    cr_expect_eq(x86_fuse_relation(&op, &before), RUN_B);
    op.src = GPR_OFFSET(RBX);
    cr_expect_eq(x86_fuse_relation(&op, &before), RUN_S);
    before.dst = 0;
    op.src = 0;
    cr_expect_eq(x86_fuse_relation(&op, &before), RUN_N, "no register");
}
