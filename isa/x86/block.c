/* isa/x86/block.c */
/* Builds blocks, finds them, forgets them; block.h and op.h have the words. */
#include "isa/x86/block.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/branches.h"
#include "isa/x86/fault.h"
#include "isa/x86/fuse.h"
#include "isa/x86/handlers.h"
#include "isa/x86/interp.h"
#include "isa/x86/memory.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/cet_near.h"
#include "isa/x86/paging.h"
#include "isa/x86/timing.h"

enum { BUCKETS = 1 << 16, PAGES = 1 << 12, ARENA_BYTES = 24 << 20 };   /* a kernel takes 19 MB */
enum { GRANULE_SHIFT = 6 };             /* self-modifying code is told apart by 64 bytes */

struct code_page {
    struct code_page *next;
    u8               *host, *flags;     /* flags: those of the RAM page */
    u64               granules;         /* bit n: bytes 64n.. were decoded */
    struct block     *blocks;           /* that begin here */
    struct block     *reaching;         /* that begin in another page */
};

/* ---- The store ---- */

static unsigned bucket_of(const u8 *code)
{
    u64 a = (u64)(uintptr_t)code;

    return (unsigned)(a ^ a >> 16) & (BUCKETS - 1);
}

static unsigned page_bucket(const u8 *page)
{
    u64 a = (u64)(uintptr_t)page >> 12;

    return (unsigned)(a ^ a >> 12) & (PAGES - 1);
}

static void *take(struct x86_shared *s, size_t bytes)
{
    void *p;

    bytes = (bytes + 15) & ~(size_t)15;
    if (s->arena_used + bytes > ARENA_BYTES)
        return NULL;
    p = s->arena + s->arena_used;
    s->arena_used += bytes;
    return p;
}

/* Pages keep RAM_CODE: it costs a look at stores to them, no more. */
void x86_block_forget_all(struct x86_shared *s)
{
    memset(s->cache, 0, sizeof s->cache);
    memset(s->bucket, 0, BUCKETS * sizeof *s->bucket);
    memset(s->pages, 0, PAGES * sizeof *s->pages);
    s->arena_used = 0;
    s->generation++;
}

static struct x86_shared *shared_of_machine(struct machine *m, const struct x86 *self)
{
    for (unsigned i = 0; i < m->cpus; i++) {
        struct x86 *other = container_of(m->cpu[i], struct x86, cpu);

        if (other != self && m->cpu[i]->ops->run == x86_run && other->shared)
            return other->shared;
    }
    return NULL;
}

static void shared_free(struct x86_shared *s)
{
    decoder_free(&s->decoder);
    free(s->bucket);
    free(s->pages);
    free(s->arena);
    free(s->scratch);
    free(s);
}

static size_t block_bytes(unsigned ops)
{
    return sizeof(struct block) + ops * sizeof(struct op);
}

/* Of a block with that many ops and instructions, and their costs if there is a timing model. */
static size_t room_for(const struct x86 *cpu, unsigned ops, unsigned n)
{
    return block_bytes(ops) + (cpu->timing ? block_cost_bytes(n) : 0);
}

bool x86_shared_join(struct x86 *cpu, struct error *err)
{
    struct x86_shared *s = shared_of_machine(cpu->cpu.dev.machine, cpu);

    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s)
            return fail(err, "no memory for the block cache");
        s->bucket = calloc(BUCKETS, sizeof *s->bucket);
        s->pages = calloc(PAGES, sizeof *s->pages);
        s->arena = malloc(ARENA_BYTES);
        s->scratch = calloc(1, block_bytes(BLOCK_OPS) + block_cost_bytes(1));
        if (!s->bucket || !s->pages || !s->arena || !s->scratch
            || !decoder_build(&s->decoder, err)) {
            shared_free(s);
            return fail(err, "no memory for the block cache");
        }
        x86_fuse_build(&s->fuse);
        s->epoch = EPOCH_FIRST;
    }
    s->users++;
    cpu->shared = s;
    return true;
}

void x86_shared_leave(struct x86 *cpu)
{
    if (cpu->shared && --cpu->shared->users == 0)
        shared_free(cpu->shared);
    cpu->shared = NULL;
}

/* ---- Pages with code ---- */

static struct code_page *find_page(struct x86_shared *s, const u8 *host)
{
    struct code_page *p = s->pages[page_bucket(host)];

    while (p && p->host != host)
        p = p->next;
    return p;
}

static u64 granules(u32 first, u32 last)
{
    unsigned a = first >> GRANULE_SHIFT, b = last >> GRANULE_SHIFT;

    return (b == 63 ? UINT64_MAX : BIT(b + 1) - 1) & ~(BIT(a) - 1);
}

static void guard(struct x86 *cpu, u8 *host)
{
    struct machine *m = cpu->cpu.dev.machine;

    for (unsigned i = 0; i < m->cpus; i++)
        x86_tlb_guard(container_of(m->cpu[i], struct x86, cpu), host);
}

/* Notes that a page's bytes were decoded. */
static struct code_page *own_page(struct x86 *cpu, u8 *host, u8 *flags)
{
    struct x86_shared *s = cpu->shared;
    struct code_page *p = find_page(s, host);

    if (!p) {
        p = take(s, sizeof *p);
        *p = (struct code_page){ .next = s->pages[page_bucket(host)], .host = host,
                                 .flags = flags };
        s->pages[page_bucket(host)] = p;
    }
    if (!(*flags & RAM_CODE)) {
        *flags |= RAM_CODE;
        guard(cpu, host);
    }
    return p;
}

static void make_stale(struct x86_shared *s, struct block *b)
{
    struct block **at = &s->bucket[bucket_of(b->code)];

    while (*at && *at != b)
        at = &(*at)->hash_next;
    if (*at)
        *at = b->hash_next;
    if (s->cache[code_slot(b->code)] == b)
        s->cache[code_slot(b->code)] = NULL;
    b->stale = true;
    b->hash_next = NULL;
    b->op[0].fn = h_stale;              /* the rest of it stays: it may be the one under way */
}

void x86_block_drop(struct x86 *cpu, struct block *b)
{
    make_stale(cpu->shared, b);
}

static bool overlaps(const struct block *b, const u8 *first, const u8 *last)
{
    return b->code <= last && b->code + b->bytes > first;
}

/*
 * Blocks that hold these bytes are stale from now on. If the running one is among them it ends
 * behind this instruction, as do all: code that modifies itself asks for nothing better.
 */
void x86_code_written(struct x86 *cpu, u8 *host_page, u32 first, u32 last)
{
    struct code_page *p = find_page(cpu->shared, host_page);
    struct block **at, *b;

    if (!p || !(p->granules & granules(first, last)))
        return;
    for (at = &p->blocks; (b = *at) != NULL;) {
        if (overlaps(b, host_page + first, host_page + last)) {
            *at = b->page_next;
            make_stale(cpu->shared, b);
            cpu->leave = true;
        } else {
            at = &b->page_next;
        }
    }
    for (b = first < 16 ? p->reaching : NULL; b; b = b->second_next) {
        if (!b->stale)
            make_stale(cpu->shared, b);
        cpu->leave = true;
    }
}

/* ---- Building ---- */

struct builder {
    struct x86   *cpu;
    bool          timed;                /* there is a timing model */
    struct block *b;
    struct op    *op;                   /* the next one to fill */
    unsigned      ops;                  /* filled so far */
    u64           rip;                  /* of the next instruction */
    unsigned      stubs;                /* asked for so far: ops with a target */
    struct traits traits[BLOCK_OPS];    /* of each op */
    struct { struct op *from; handler fn; struct target to; } stub[2];
    struct insn   insn;                 /* of an unknown shape */
    struct cost   cost[BLOCK_MAX];      /* of each instruction, with a timing model */
};

/* The op that was filled last has its place. */
static inline void place(struct builder *k)
{
    struct op *op = k->op++;

    op->slot = (u8)k->ops++;
    op->n = k->b->n;
    op->end = (u8)k->b->bytes;
}

static void place_op(struct builder *k, handler fn)
{
    *k->op = (struct op){ .fn = fn };
    k->traits[k->ops] = (struct traits){ .flag_use = FLAGS_NEEDED };
    place(k);
}

/* The op leads to a target; until the first passage it leads to a stub that finds it. */
static inline void lead(struct builder *k, handler stub, struct target to)
{
    k->stub[k->stubs].from = k->op - 1;
    k->stub[k->stubs].fn = stub;
    k->stub[k->stubs++].to = to;
}

static void place_stubs(struct builder *k)
{
    struct block *b = k->b;
    struct op *stub = k->op;

    for (unsigned i = 0; i < k->stubs; i++, stub++) {
        struct op *from = k->stub[i].from;

        *stub = (struct op){
            .fn = k->stub[i].fn, .imm64 = k->stub[i].to.rip,
            .dst = (u8)(stub - from), .slot = (u8)(k->ops + i), .n = b->n, .end = (u8)b->bytes,
        };
        from->link = stub;
    }
    b->ops = (u16)(k->ops + k->stubs);
    if (k->cpu->timing)
        x86_timing_block(b, k->cost);
}

static u64 wrap_rip(const struct x86 *cpu, u64 rip)
{
    return x86_is_64(cpu) ? rip : (u32)rip;
}

/* What finish() has found so far, from the back: of each op, and 0 behind the last. */
struct finishing {
    u16 number[BLOCK_OPS + 1];          /* of its handler, see fuse.h */
    u16 cost[BLOCK_OPS + 1];            /* of all ops from it on */
};

/*
 * Of the runs that begin at an op, whose handler is chosen, that with which fewest handlers do all
 * ops from there on. Ops within a run may begin others: who leaves it there goes on with those.
 */
static inline void choose_run(const struct fuse *f, struct op *op, struct finishing *to, unsigned i)
{
    enum { DISPATCH = 4 };              /* the cost of one, where a value handed on saves 1 */
    unsigned state = to->number[i], cost = to->cost[i + 1] + (unsigned)DISPATCH;

    for (unsigned end = i + 1; (state = x86_fuse_next(f, state, &op[end], to->number[end])); ) {
        unsigned all = to->cost[++end] + (unsigned)DISPATCH - f->relations[state];

        if (f->all[state] && all < cost) {
            cost = all;
            op[i].fn = f->all[state];
        }
    }
    to->cost[i] = (u16)cost;
}

/*
 * From the back. Flags are dead where an instruction writes them all and none between can fault or
 * look; at the end of the block they live.
 */
static void finish(struct builder *k)
{
    const struct fuse *f = &k->cpu->shared->fuse;
    struct op *op = k->b->op;
    struct finishing to;
    bool dead = false;

    to.number[k->ops] = 0;
    to.cost[k->ops] = 0;
    for (unsigned i = k->ops; i-- > 0;) {
        const struct traits *t = &k->traits[i];

        to.number[i] = t->number;
        if (dead && t->quiet) {
            op[i].fn = t->quiet;
            to.number[i] = t->quiet_number;
        }
        if (t->flag_use == FLAGS_WRITTEN || t->flag_use == FLAGS_NEEDED)
            dead = t->flag_use == FLAGS_WRITTEN;
        choose_run(f, op, &to, i);
    }
}

/* What follows when the block ends without a jump, or with a conditional one that is not taken. */
static void fall_through(struct builder *k, bool past_branch)
{
    struct target to = { wrap_rip(k->cpu, k->rip), false };

    if (!past_branch && k->cpu->timing) {   /* the loop is to see what it costs */
        place_op(k, x86_leave_behind);
        return;
    }
    place_op(k, h_jmp);
    lead(k, past_branch && k->cpu->mode & MODE_BRANCHES ? h_stub_untaken : h_stub, to);
}

/* A branch, whose op is filled, makes way for its mark. */
static void mark_branch(struct builder *k, const struct insn *in)
{
    enum branch_kind kind = x86_branch_kind(in->row);
    struct op op = *k->op;

    if (kind == BRANCH_NONE)
        return;
    place_op(k, h_branch);
    k->op[-1].dst = (u8)kind;
    *k->op = op;
}

/*
 * NOPs have no op: the next one's place is behind them, and its number counts them. So the one
 * before, whose end is where the next begins, must be one that cannot leave the block. A timing
 * model has a cost for each.
 */
static inline bool pass_over(struct builder *k, const struct insn *in)
{
    struct block *b = k->b;

    if (likely(!in->nop) || k->timed)
        return false;
    if (k->ops && k->traits[k->ops - 1].flag_use == FLAGS_NEEDED)
        return false;
    b->n++;
    b->bytes = (u16)(b->bytes + in->length);
    k->rip += in->length;
    if (k->ops)
        k->op[-1].end = (u8)b->bytes;
    else
        b->first = (u8)b->bytes;
    return true;
}

/* The instruction whose op is filled. */
static inline __attribute__((always_inline))
void place_insn(struct builder *k, const struct insn *in, const struct target *to)
{
    struct block *b = k->b;
    unsigned i;

    if (unlikely(in->ends) && k->cpu->mode & MODE_BRANCHES)
        mark_branch(k, in);
    i = k->ops;
    if (unlikely(k->timed))
        x86_timing_cost(k->cpu, in, &k->cost[b->n]);
    b->n++;
    b->bytes = (u16)(b->bytes + in->length);
    k->rip += in->length;
    k->traits[i] = in->traits;
    place(k);
    if (in->relative)
        lead(k, to->bad ? h_stub_fault : h_stub, *to);
}

/* Bytes up to the end of the page and of the segment. */
static struct code code_in_page(const struct x86 *cpu, const u8 *host, u64 linear, u64 rip)
{
    u64 room = PAGE_SIZE - (linear & PAGE_MASK);

    if (!x86_is_64(cpu) && x86_cs_limit(cpu) - rip + 1 < room)
        room = x86_cs_limit(cpu) - rip + 1;
    return (struct code){ host, (unsigned)room };
}

/* The bytes that were there belong to it: who writes to them is heard. */
static void raise_op(struct insn *in, enum vector v, unsigned bytes)
{
    *in = (struct insn){
        .op = { .fn = h_raise, .dst = (u8)v }, .length = (u8)bytes, .ends = true
    };
}

static bool is_conditional(const struct insn *in)
{
    return in->kind == KIND_BRANCH && in->row->operation != OP_jmp;
}

/* How often a repeated instruction was repeated shows only when it has a block of its own. */
static bool alone(const struct builder *k, const struct insn *in)
{
    return unlikely(k->timed) && x86_timing_alone(in);
}

/* An instruction of known shape, its op filled, else NULL. What is timed is looked at closer. */
static inline const struct insn *known(struct builder *k, const u8 *bytes, unsigned room,
                                       struct target *to)
{
    if (unlikely(k->timed))
        return NULL;
    return x86_decode_known(k->cpu, bytes, room, k->rip, k->op, to);
}

/* The next instruction, its op filled; NULL: there is none that can be had yet. */
static inline const struct insn *next_insn(struct builder *k, const u8 *bytes, unsigned room,
                                           struct target *to)
{
    struct x86 *cpu = k->cpu;
    struct code code = { bytes, room };
    const struct insn *in = known(k, bytes, room, to);

    if (likely(in != NULL))
        return in;
    if (x86_decode(cpu, &code, k->rip, &k->insn) != DECODED || alone(k, &k->insn))
        return NULL;
    *k->op = k->insn.op;
    *to = k->insn.to;
    return &k->insn;
}

/*
 * Instructions, from the first on, whose op is filled, until one ends the block, or faults, or
 * leaves the page.
 */
static void gather(struct builder *k, const u8 *host, unsigned room, const struct insn *in,
                   struct target to)
{
    unsigned most = k->cpu->mode & (MODE_STEP | MODE_ENDBR) ? 1 : BLOCK_MAX;
    unsigned last = room < BLOCK_BYTES - 15 ? room - 1 : BLOCK_BYTES - 15;
    struct block *b = k->b;

    for (;;) {
        if (!pass_over(k, in))
            place_insn(k, in, &to);
        if (in->ends || b->n == most || b->bytes > last || alone(k, in))
            break;
        in = next_insn(k, host + b->bytes, room - b->bytes, &to);
        if (!in)
            break;
    }
    if (!in || !in->ends || is_conditional(in))
        fall_through(k, in && in->ends);
}

/*
 * The first instruction, which may reach into the next page: its bytes are gathered then, and a
 * check is put before it that the next page is still the same.
 */
static enum decode_result first_insn(struct builder *k, const u8 *host, u64 linear, struct insn *in)
{
    struct x86 *cpu = k->cpu;
    struct code code = code_in_page(cpu, host, linear, k->rip);
    enum decode_result r = x86_decode(cpu, &code, k->rip, in);
    u8 bytes[16] = { 0 };
    u64 physical, room = PAGE_SIZE - (linear & PAGE_MASK);
    const u8 *next;

    if (r != DECODE_MORE)
        return r;
    if (code.room < room) {             /* the segment ends first */
        raise_op(in, V_GP, code.room);
        return DECODE_FAULT;
    }
    x86_protect(cpu, !x86_is_64(cpu) || x86_canonical(cpu, linear + room));
    memcpy(bytes, host, room);
    next = x86_code_at(cpu, linear + room, &physical);
    for (unsigned i = (unsigned)room; i < 15; i++)
        bytes[i] = next ? next[i - room] : (u8)space_read(cpu->mem, physical + i - room, 1);
    code.bytes = bytes;
    code.room = 15;
    if (!x86_is_64(cpu) && x86_cs_limit(cpu) - k->rip + 1 < 15)
        code.room = (unsigned)(x86_cs_limit(cpu) - k->rip + 1);
    r = x86_decode(cpu, &code, k->rip, in);
    if (r == DECODE_MORE) {
        raise_op(in, V_GP, code.room);
        r = DECODE_FAULT;
    }
    k->b->second = next;
    return r;
}

static bool is_endbr(const struct x86 *cpu, const struct row *row)
{
    return row && row->operation == (x86_is_64(cpu) ? OP_endbr64 : OP_endbr32);
}

/* A breakpoint may come in the place of ENDBR; a fetch faults before it. */
static bool needs_no_endbr(const struct insn *in)
{
    return in->row ? in->row->operation == OP_int3 : in->op.dst == V_GP;
}

/* The instruction in k->insn, where an indirect branch has led: nothing more of it counts. */
static void await_endbr(struct builder *k)
{
    struct insn *in = &k->insn;

    if (needs_no_endbr(in))
        return;
    *in = (struct insn){
        .op = { .fn = is_endbr(k->cpu, in->row) ? h_endbr_found : h_endbr_missed },
        .length = in->length, .ends = true
    };
}

static void place_one(struct builder *k)
{
    if (unlikely(k->cpu->mode & MODE_ENDBR))
        await_endbr(k);
    *k->op = k->insn.op;
    place_insn(k, &k->insn, &k->insn.to);
    if (!k->insn.ends || is_conditional(&k->insn))
        fall_through(k, k->insn.ends);
}

/* Code in registers, or in no memory at all: one instruction, decoded each time. */
static struct block *build_scratch(struct x86 *cpu, u64 linear, u64 physical)
{
    struct block *b = cpu->shared->scratch;
    u8 bytes[16] = { 0 };
    struct code code = { bytes, 15 };
    struct builder k = {
        .cpu = cpu, .timed = cpu->timing, .b = b, .op = b->op, .rip = cpu->rip,
    };
    struct insn *in = &k.insn;

    for (unsigned i = 0; i < 15; i++)
        bytes[i] = (u8)x86_physical_read(cpu, physical + i, 1);
    memset(b, 0, sizeof *b);
    b->rip = cpu->rip;
    b->mode = cpu->mode;
    if (x86_decode(cpu, &code, cpu->rip, in) == DECODE_MORE)
        raise_op(in, V_GP, 15);
    place_one(&k);
    place_stubs(&k);
    return b;
}

static void enter(struct x86 *cpu, struct block *b, struct code_page *page,
                  struct code_page *second, u64 linear)
{
    struct x86_shared *s = cpu->shared;
    unsigned bucket = bucket_of(b->code);
    u32 first = linear & PAGE_MASK, last = first + b->bytes - 1;

    b->hash_next = s->bucket[bucket];
    s->bucket[bucket] = b;
    b->page_next = page->blocks;
    page->blocks = b;
    page->granules |= granules(first, last > PAGE_MASK ? (u32)PAGE_MASK : last);
    if (second) {
        second->granules |= 1;
        b->second_next = second->reaching;
        second->reaching = b;
    }
}

static struct block *build(struct x86 *cpu, struct code_page *page, const u8 *host, u64 linear)
{
    struct x86_shared *s = cpu->shared;
    struct block *b;
    struct builder k;
    struct target to;
    const struct insn *in;
    struct code_page *second = NULL;
    unsigned room;

    b = take(s, room_for(cpu, BLOCK_OPS, BLOCK_MAX));
    *b = (struct block){ .code = host, .rip = cpu->rip, .mode = cpu->mode };
    k.cpu = cpu;
    k.timed = cpu->timing;
    k.rip = cpu->rip;
    k.stubs = 0;
    k.b = b;
    k.op = b->op;
    k.ops = 0;
    room = code_in_page(cpu, host, linear, k.rip).room;
    in = known(&k, host, room, &to);
    if (unlikely(!in)) {
        first_insn(&k, host, linear, &k.insn);
        in = &k.insn;
        *k.op = in->op;
        to = in->to;
    }
    if (b->second) {
        u8 *next_flags;
        u64 physical;
        const u8 *next = x86_code_at(cpu, (linear | PAGE_MASK) + 1, &physical);

        space_page(cpu->mem, physical, false, &next_flags);
        second = own_page(cpu, (u8 *)(uintptr_t)next, next_flags);
        place_op(&k, h_page_check);
        place_one(&k);
    } else if (unlikely(cpu->mode & MODE_ENDBR)) {
        k.insn = *in;
        k.insn.op = *k.op;
        k.insn.to = to;
        place_one(&k);
    } else {
        gather(&k, host, room, in, to);
    }
    if (!(cpu->mode & MODE_STEP))
        finish(&k);
    place_stubs(&k);
    if (!second) {                      /* nothing was taken behind it: the rest goes back */
        s->arena_used -= (room_for(cpu, BLOCK_OPS, BLOCK_MAX) + 15) & ~(size_t)15;
        take(s, room_for(cpu, b->ops, b->n));
    }
    enter(cpu, b, page, second, linear);
    return b;
}

/* The page of a block to be built, and room in the arena for both. */
static struct code_page *page_for(struct x86 *cpu, u64 linear, const u8 *code)
{
    struct x86_shared *s = cpu->shared;
    u8 *host = (u8 *)(uintptr_t)code - (linear & PAGE_MASK), *flags;
    struct code_page *p;
    u64 physical;

    if (s->arena_used + room_for(cpu, BLOCK_OPS, BLOCK_MAX) + 4 * sizeof *p > ARENA_BYTES)
        x86_block_forget_all(s);
    p = find_page(s, host);
    if (likely(p && *p->flags & RAM_CODE))
        return p;
    x86_code_at(cpu, linear, &physical);
    space_page(cpu->mem, physical, false, &flags);
    return own_page(cpu, host, flags);
}

static inline bool is_for(const struct block *b, const u8 *host, u64 rip, u64 mode)
{
    return b->code == host && b->rip == rip && b->mode == mode;
}

struct block *x86_block_find(struct x86 *cpu)
{
    const bool wide = x86_is_64(cpu);
    const u64 rip = cpu->rip, mode = cpu->mode;
    u64 linear = wide ? rip : (u32)(cpu->seg[CS].base + rip), physical;
    const u8 *host = tlb_lookup(cpu->tlb, TLB_CODE, linear, 1);
    struct block *b, **cached;

    if (!wide ? rip > x86_cs_limit(cpu) : !x86_canonical(cpu, rip))
        x86_fault_code(cpu, V_GP, 0);
    if (!host) {
        host = x86_code_at(cpu, linear, &physical);
        if (!host)
            return build_scratch(cpu, linear, physical);
    }
    cached = &cpu->shared->cache[code_slot(host)];
    b = *cached;
    if (!b || !is_for(b, host, rip, mode)) {
        b = cpu->shared->bucket[bucket_of(host)];
        while (b && !is_for(b, host, rip, mode))
            b = b->hash_next;
        if (!b)
            b = build(cpu, page_for(cpu, linear, host), host, linear);
        *cached = b;
    }
    return b;
}
