/* The cost of instructions, and the pipes they go through: see timing.h. */
#include "isa/x86/timing.h"

#include <string.h>

#include "isa/x86/mode.h"
#include "isa/x86/operations.h"

/* ---- The tables ---- */

/* When an entry applies; of several of a group one must hold, and one of each group. */
enum {
    BYTE = 1 << 0, WORD = 1 << 1, DWORD = 1 << 2, WIDTHS = BYTE | WORD | DWORD,
    REAL = 1 << 3, PROT = 1 << 4, V86 = 1 << 5, MODES = REAL | PROT | V86,
    REG = 1 << 6, MEM = 1 << 7, PLACES = REG | MEM,
    ONE = 1 << 8, IMM = 1 << 9, SOURCES = ONE | IMM,    /* operand 1; any other immediate */
    ACC = 1 << 10,                  /* one is AL, AX, EAX without a ModRM byte */
    REP = 1 << 11,
    VARIANT = 1 << 12,              /* CR0 of the control registers; FLD1, FLDZ of the constants */
    LAST = 1 << 15,
};

struct clocks {
    u16 when;
    u16 reg, load, store;           /* with registers; memory read; written. 0: as before */
    u8  pairing;
    u8  latency;                    /* beyond `reg` */
    u16 taken;                      /* 0: as not taken */
    u16 extra;                      /* see struct cost */
    u8  each, none, once;           /* REP */
};

struct timing {
    const char *name;
    u8          number;
    bool        pairs;
    u8          prefix;             /* each costs so much */
    u8          index;              /* an index register in the address */
    u8          both;               /* a displacement beside an immediate */
    u16         task;               /* a transfer to another task, whatever caused it */
    struct { u16 real, same, inner, v86; u8 external, nmi, page_fault; } interrupt;
    struct clocks unknown, mmx;     /* what the table has not */
    const struct clocks *const *operation;
};

#define ANY(...)        { .when = 0, __VA_ARGS__ }
#define IF(when_, ...)  { .when = (when_), __VA_ARGS__ }
#define R(...)          CLOCKS_(__VA_ARGS__, 0, 0, 0)
#define CLOCKS_(r, l, s, ...) .reg = (r), .load = (l), .store = (s)
#define REPEATED(before_, each_, none_, once_) \
    IF(REP, .reg = (before_), .each = (each_), .none = (none_), .once = (once_))
#define TIME(name, ...) [OP_##name] = (const struct clocks[]){ __VA_ARGS__, { .when = LAST } },

static const struct clocks *const clocks_486[OPERATIONS] = {
#include "isa/x86/timing_486.def"
};

static const struct clocks *const clocks_pentium[OPERATIONS] = {
#include "isa/x86/timing_pentium.def"
};

static const struct timing models[] = {
    {
        .name = "486", .number = 1, .prefix = 1, .index = 1, .both = 1, .task = 236,
        .interrupt = { 26, 44, 71, 82, .external = 11, .nmi = 3, .page_fault = 24 },
        .unknown = ANY(R(1, 2, 3)), .mmx = ANY(R(1, 2, 3)),
        .operation = clocks_486,
    },
    {
        .name = "pentium", .number = 2, .pairs = true, .prefix = 1, .task = 104,
        .interrupt = { 13, 27, 44, 56, .external = 11, .nmi = 3, .page_fault = 24 },
        .unknown = ANY(R(1, 2, 3)), .mmx = ANY(R(1), .pairing = UV),
        .operation = clocks_pentium,
    },
};

const struct timing *x86_timing_find(const char *name, bool *fixed)
{
    *fixed = !strcmp(name, "fixed");
    for (unsigned i = 0; i < COUNT(models); i++)
        if (!strcmp(models[i].name, name))
            return &models[i];
    return NULL;
}

u64 x86_timing_mode(const struct timing *t)
{
    return t ? (u64)t->number << MODE_TIMING_SHIFT : 0;
}

bool x86_timing_has(const struct timing *t, const struct row *row)
{
    return t->operation[row->operation] != NULL;
}

/* ---- One instruction ---- */

static bool is_immediate(unsigned operand)
{
    return operand >= Ib && operand <= Iwb && operand != I1;
}

static bool is_variant(const struct insn *in)
{
    enum { FLD1 = 0xe8, FLDZ = 0xee };

    return in->row->operation == OP_mov_to_cr ? in->op.dst == 0
        : in->row->operation == OP_fld_constant && (in->op.dst == FLD1 || in->op.dst == FLDZ);
}

static bool is_accumulator(unsigned operand)
{
    return operand == AL || operand == rAX;
}

/* What of `when` holds for the instruction. */
static unsigned circumstances(const struct x86 *cpu, const struct insn *in)
{
    const struct row *row = in->row;
    unsigned is = in->width == 0 ? BYTE : in->width == 1 ? WORD : DWORD;

    is |= !(cpu->mode & MODE_PE) ? REAL : cpu->mode & MODE_V86 ? V86 : PROT;
    is |= in->place != IN_REGISTERS ? MEM : REG;
    if (row->operand[1] == I1)
        is |= ONE;
    else if (is_immediate(row->operand[0]) || is_immediate(row->operand[1]))
        is |= IMM;
    if (is_variant(in))
        is |= VARIANT;
    if (is_accumulator(row->operand[0]) || is_accumulator(row->operand[1]))
        is |= ACC;
    return x86_timing_alone(in) ? is | REP : is;
}

static bool applies(unsigned when, unsigned is)
{
    static const u16 group[] = { WIDTHS, MODES, PLACES, SOURCES, ACC, REP, VARIANT };

    for (unsigned i = 0; i < COUNT(group); i++)
        if (when & group[i] && !(when & is & group[i]))
            return false;
    return !(is & REP) || when & REP;
}

static const struct clocks *entry_for(const struct x86 *cpu, const struct insn *in)
{
    const struct clocks *c = cpu->timing->operation[in->row->operation];
    unsigned is = circumstances(cpu, in);

    for (; c && c->when != LAST; c++)
        if (applies(c->when, is))
            return c;
    return in->row->attributes & A_MMX ? &cpu->timing->mmx : &cpu->timing->unknown;
}

/* Two levels and more cost by the level: see ENTER in the tables. */
static u16 enter_clocks(const struct insn *in, const struct clocks *c)
{
    unsigned levels = (u32)in->op.imm >> 16 & 31;

    return (u16)(levels == 0 ? c->reg : levels == 1 ? c->taken : c->taken + c->extra * levels);
}

static u16 base_clocks(const struct insn *in, const struct clocks *c)
{
    if (in->row->operation == OP_enter)
        return enter_clocks(in, c);
    if (in->place == IN_DESTINATION && c->store)
        return c->store;
    return in->place != IN_REGISTERS && c->load ? c->load : c->reg;
}

static bool has_immediate(const struct row *row)
{
    for (unsigned i = 0; i < COUNT(row->operand); i++)
        if (is_immediate(row->operand[i]))
            return true;
    return false;
}

static bool is_general(unsigned operand, bool memory)
{
    return (operand >= Eb && operand <= Ey && !memory) || (operand >= Gb && operand <= Ry)
        || (operand >= Zb && operand <= Zq) || (operand >= AL && operand <= rDX);
}

static u16 bit_of(u8 offset)
{
    unsigned n = (offset - (unsigned)GPR_OFFSET(0)) / 8;

    return n < 16 ? (u16)(1u << n) : 0;
}

static bool only_reads(const struct insn *in)
{
    switch (in->row->operation) {
    case OP_push: case OP_push_rm: case OP_jmp_ind: case OP_call_ind: case OP_bt: case OP_bt_imm:
        return true;
    default:
        return in->kind == KIND_CMP2;
    }
}

static bool only_writes(const struct insn *in)
{
    return in->kind == KIND_MOV2 || in->kind == KIND_LOAD2 || in->row->operation == OP_pop;
}

/* Explicit operands only: those implied by PUSH, MUL and their like hold nobody up. */
static void note_registers(const struct insn *in, struct cost *cost)
{
    const struct row *row = in->row;

    bool memory = in->place != IN_REGISTERS;

    if (memory && !(in->op.mem & MEM_RIP))
        cost->address = bit_of(in->op.base) | bit_of(in->op.idx);
    if (in->kind == KIND_STACK || row->operation == OP_push_rm || row->operation == OP_pop_rm
        || row->operation == OP_call_ind)
        cost->address |= 1 << RSP;
    if (!(row->attributes & (A_X87 | A_REP))) {
        if (is_general(row->operand[0], memory)) {
            cost->writes = only_reads(in) ? 0 : bit_of(in->op.dst);
            cost->reads = only_writes(in) ? 0 : bit_of(in->op.dst);
        }
        if (is_general(row->operand[1], memory)) {
            cost->reads |= bit_of(in->op.src);
            if (row->operation == OP_xchg || row->operation == OP_xadd)
                cost->writes |= bit_of(in->op.src);
        }
    }
    cost->reads |= cost->address;
}

static u8 kind_of(const struct insn *in)
{
    u8 flags = in->row->attributes & A_X87 ? COST_X87 : 0;

    if (x86_timing_alone(in))
        flags |= COST_REPEATED;
    switch (in->row->operation) {
    case OP_call_far: case OP_call_far_ind: case OP_jmp_far: case OP_jmp_far_ind: case OP_retf:
    case OP_iret: case OP_int_n: case OP_int3: case OP_into: case OP_icebp:
        return flags | COST_FAR;
    case OP_in: case OP_in_dx: case OP_out: case OP_out_dx: case OP_ins: case OP_outs:
        return flags | COST_PORT;
    default:
        return flags;
    }
}

/* Prefixes, two fields in one instruction and index registers: how they hinder. */
static u16 hindrances(const struct timing *t, const struct insn *in, struct cost *cost)
{
    unsigned prefixes = in->prefixes;
    bool both = in->displacement && has_immediate(in->row);

    if (prefixes && cost->pairing == UV)
        cost->pairing = PU;
    if ((prefixes && cost->pairing == PV) || both)
        cost->pairing = NP;
    return (u16)(prefixes * t->prefix + (both ? t->both : 0)
                 + (in->place != IN_REGISTERS && bit_of(in->op.idx) && !(in->op.mem & MEM_RIP)
                    ? t->index : 0));
}

void x86_timing_cost(const struct x86 *cpu, const struct insn *in, struct cost *cost)
{
    const struct clocks *c;
    u16 more;

    *cost = (struct cost){ .clocks = 1, .taken = 1 };
    if (!in->row)                       /* an exception: it has its own price */
        return;
    c = entry_for(cpu, in);
    cost->pairing = c->pairing;
    cost->latency = c->latency;
    cost->extra = c->extra;
    cost->flags = kind_of(in);
    cost->each = c->each ? c->each : 1;
    cost->none = c->none;
    more = hindrances(cpu->timing, in, cost);
    cost->clocks = (u16)(base_clocks(in, c) + more);
    cost->taken = cost->clocks;
    if (cost->flags & COST_REPEATED)
        cost->taken = (u16)(c->once + more);
    else if (c->taken && in->row->operation != OP_enter)
        cost->taken = (u16)(c->taken + more);
    note_registers(in, cost);
}

/* ---- The pipes ---- */

static const struct pipe at_rest;

static bool rests(const struct pipe *p)
{
    return !(p->written | p->before | p->open | p->x87 | p->exchange | p->repeating);
}

static u16 over(u16 a, u16 b)
{
    return a > b ? (u16)(a - b) : 0;
}

static bool can_join(const struct pipe *p, const struct cost *c)
{
    return p->open && (c->pairing == UV || c->pairing == PV)
        && !((c->reads | c->writes) & p->written);
}

static u16 wait_for_x87(struct pipe *p, const struct cost *c, u16 clocks)
{
    u16 wait = 0;

    if (c->flags & COST_X87 && c->pairing != FXCH) {
        wait = p->x87;
        p->x87 = c->latency;
    } else {
        p->x87 = (u8)over(p->x87, clocks);
    }
    return wait;
}

/*
 * FXCH fetches another operand: what follows it waits for the unit alone, which takes one that has
 * nothing to do with it two clocks before the result is there. A division holds it that long.
 */
static void exchange(struct pipe *p)
{
    enum { FREE_BEFORE_RESULT = 2 };

    p->x87 = (u8)over(p->x87, FREE_BEFORE_RESULT);
}

/*
 * What one more instruction adds. Registers that the clock before has written are not ready to
 * address with: that costs a clock. In the V pipe an instruction costs what it takes longer than
 * its companion.
 */
static u16 add(const struct timing *t, struct pipe *p, const struct cost *c, u16 clocks)
{
    u16 stall;

    if (c->pairing == FXCH && p->exchange) {
        *p = (struct pipe){ .x87 = p->x87 };
        exchange(p);
        return 0;
    }
    if (can_join(p, c)) {
        stall = (c->address & p->before) != 0;
        clocks = (u16)(over(clocks, p->open) + stall);
        p->x87 = (u8)over(p->x87, clocks);
        p->written |= c->writes;
        p->before = p->open = 0;
        return clocks;
    }
    stall = (c->address & p->written) != 0;
    p->before = stall ? 0 : p->written;
    p->written = c->writes;
    p->open = t->pairs && (c->pairing == UV || c->pairing == PU) ? clocks : 0;
    p->exchange = c->pairing == FX;
    clocks += (u16)(stall + wait_for_x87(p, c, clocks));
    if (c->pairing == FXCH)
        exchange(p);
    return clocks;
}

/* The first n instructions of a block. */
static u32 walk(const struct timing *t, struct pipe *p, const struct block_cost *bc, unsigned n)
{
    u32 sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += add(t, p, &bc->cost[i], bc->cost[i].clocks);
    return sum;
}

void x86_timing_block(struct block *b, const struct cost *cost)
{
    struct block_cost *bc = block_cost(b);
    const struct timing *t = &models[(b->mode >> MODE_TIMING_SHIFT & MODE_TIMING) - 1];

    memcpy(bc->cost, cost, b->n * sizeof *cost);
    bc->before_last = 0;
    for (unsigned i = 0; i + 1 < b->n; i++)
        bc->before_last += cost[i].clocks + cost[i].latency + 1u;
    bc->after = at_rest;
    bc->total = walk(t, &bc->after, bc, b->n);
}

/* ---- Running ---- */

static bool is_repeated(const struct block *b)
{
    return block_cost(b)->cost[0].flags & COST_REPEATED;
}

bool x86_timing_fits(const struct x86 *cpu, const struct block *b, s64 left)
{
    return (s64)block_cost(b)->before_last + cpu->pipe[0].x87 < left;
}

s64 x86_timing_budget(const struct x86 *cpu, const struct block *b, s64 left)
{
    const struct cost *c = block_cost(b)->cost;
    s64 before, iterations = 1;

    if (is_repeated(b)) {
        before = cpu->pipe[0].repeating ? 0 : c->clocks;
        if (left > before)
            iterations = (left - before - 1) / c->each + 1;
    }
    return iterations - BLOCK_MAX;
}

static u64 count_of(const struct x86 *cpu, const struct block *b)
{
    switch (b->op[b->second != NULL].mem & MEM_ASIZE) {
    case ASIZE_16 << MEM_ASIZE_SHIFT: return (u16)cpu->gpr[RCX];
    case ASIZE_32 << MEM_ASIZE_SHIFT: return (u32)cpu->gpr[RCX];
    default:                          return cpu->gpr[RCX];
    }
}

void x86_timing_begin(struct x86 *cpu, const struct block *b)
{
    cpu->timed.count = is_repeated(b) ? count_of(cpu, b) : 0;
    cpu->timed.cpl = cpu->cpl;
    cpu->timed.task = cpu->seg[TR].selector;
}

/* Iterations of a repeated string instruction that has not come to its end. */
static u64 iterations(const struct x86 *cpu, const struct cost *c, u64 n)
{
    return n ? (cpu->pipe[0].repeating ? 0 : c->clocks) + n * c->each : 0;
}

u64 x86_timing_now(const struct x86 *cpu)
{
    struct pipe p = cpu->pipe[0];
    const struct block *b;

    if (!cpu->op)
        return 0;
    b = block_of(cpu->op);
    if (is_repeated(b))
        return iterations(cpu, block_cost(b)->cost, (u64)(cpu->start - cpu->budget));
    return walk(cpu->timing, &p, block_cost(b), cpu->op->n - 1u);
}

u64 x86_timing_fault(struct x86 *cpu)
{
    u64 cycles = x86_timing_now(cpu);

    cpu->pipe[0] = at_rest;
    return cycles;
}

/* IOPL decides in protected mode; virtual-8086 mode always looks at the map. */
static bool looks_at_map(const struct x86 *cpu)
{
    return cpu->mode & MODE_PE && !x86_is_v86(cpu) && cpu->timed.cpl > x86_iopl(cpu);
}

static u64 end_repeated(struct x86 *cpu, const struct block *b, u64 spent)
{
    const struct cost *c = block_cost(b)->cost;
    bool again = cpu->pipe[0].repeating, more = cpu->rip == b->rip;
    u64 cycles;

    if (cpu->timed.count == 0)
        cycles = c->none;
    else if (cpu->timed.count == 1 && !again)
        cycles = c->taken;
    else
        cycles = iterations(cpu, c, spent);
    if (!again && c->flags & COST_PORT && looks_at_map(cpu))
        cycles += c->extra;
    cpu->pipe[0] = at_rest;
    cpu->pipe[0].repeating = more;
    return cycles;
}

/* What the last instruction costs beyond its clocks, now that it is seen what it did. */
static u64 aftermath(const struct x86 *cpu, const struct cost *c)
{
    if (c->flags & COST_PORT)
        return looks_at_map(cpu) ? c->extra : 0;
    if (cpu->seg[TR].selector != cpu->timed.task)
        return over(cpu->timing->task, c->clocks);
    return cpu->cpl != cpu->timed.cpl ? c->extra : 0;
}

static bool left_the_path(const struct x86 *cpu, const struct block *b)
{
    u64 next = b->rip + b->bytes;

    return cpu->rip != (x86_is_64(cpu) ? next : (u32)next);
}

u64 x86_timing_end(struct x86 *cpu, const struct block *b, u64 spent)
{
    const struct block_cost *bc = block_cost(b);
    const struct cost *last = &bc->cost[b->n - 1];
    u64 cycles;
    u16 clocks;

    if (spent == 0)                     /* the block was out of date */
        return 0;
    if (is_repeated(b))
        return end_repeated(cpu, b, spent);
    if (spent < b->n)
        return walk(cpu->timing, &cpu->pipe[0], bc, (unsigned)spent);
    clocks = left_the_path(cpu, b) ? last->taken : last->clocks;
    if (rests(&cpu->pipe[0]) && (clocks == last->clocks || !bc->after.x87)) {
        cycles = (u64)bc->total + clocks - last->clocks;
        cpu->pipe[0] = bc->after;
    } else {
        cycles = walk(cpu->timing, &cpu->pipe[0], bc, b->n - 1u);
        cycles += add(cpu->timing, &cpu->pipe[0], last, clocks);
    }
    return last->flags & (COST_FAR | COST_PORT) ? cycles + aftermath(cpu, last) : cycles;
}

void x86_timing_event(struct x86 *cpu, u8 vector, bool external, u8 cpl, u16 task, bool v86)
{
    const struct timing *t = cpu->timing;
    u64 cycles = !(cpu->mode & MODE_PE) ? t->interrupt.real : v86 ? t->interrupt.v86
        : cpu->cpl < cpl ? t->interrupt.inner : t->interrupt.same;

    if (cpu->seg[TR].selector != task)
        cycles = t->task;
    if (external)
        cycles += vector == V_NMI ? t->interrupt.nmi : t->interrupt.external;
    else if (vector == V_PF)
        cycles += t->interrupt.page_fault;
    cpu->cycles += cycles;
    cpu->pipe[0] = at_rest;
}
