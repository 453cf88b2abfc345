#include "isa/x86/timing.h"

#include <string.h>

#include "core/error.h"
#include "isa/x86/mode.h"
#include "isa/x86/operations.h"
#include "isa/x86/ops/body.h"

#define ALL_(v) { v, v, v }
#define COST(op, r, rm, mr) \
    [OP_##op] = { .reg = ALL_(r), .load = ALL_(rm), .store = ALL_(mr) },
#define COST_W(op, b, w, d, more) \
    [OP_##op] = { .reg = { b, w, d }, .load = { b + more, w + more, d + more }, \
                  .store = { b + more, w + more, d + more } },
#define BRANCH(op, not_taken, go) \
    [OP_##op] = { .reg = ALL_(not_taken), .taken = (go) - (not_taken) },
#define STRING(op, once, base_, each_) \
    [OP_##op] = { .reg = ALL_(once), .base = base_, .each = each_ },
/* What is added to a row above. */
#define BY_ONE(op, r, m)            [OP_##op].one = r, [OP_##op].one_store = m,
#define PROTECTED(op, cycles)       [OP_##op].checked = cycles,

static const struct cost cost_486[OPERATIONS] = {
#include "isa/x86/timing_486.def"
};

static const struct timing timings[] = {
    { "486", 1, 3, cost_486 },
};

bool x86_timing_find(const char *name, const struct timing **found, struct error *err)
{
    *found = NULL;
    if (strcmp(name, "fixed") == 0)
        return true;
    for (unsigned i = 0; i < COUNT(timings); i++)
        if (strcmp(name, timings[i].name) == 0)
            *found = &timings[i];
    return *found || fail(err, "no timing model is called \"%s\"; there are fixed, 486", name);
}

const struct cost *x86_timing_row(const struct timing *t, const struct insn *in)
{
    return in->row ? &t->cost[in->row->operation] : NULL;
}

static bool is_by_one(const struct insn *in)
{
    return in->row->operand[1] == I1;
}

static bool is_repeated(const struct insn *in)
{
    return in->row->attributes & A_REP && in->op.dst;
}

unsigned x86_timing_cost(const struct x86 *cpu, const struct insn *in)
{
    const struct timing *t = cpu->timing;
    const struct cost *c = x86_timing_row(t, in);
    unsigned width = in->width < 2 ? in->width : 2, cycles;

    if (!c)
        return 1;
    if (c->each && is_repeated(in))
        return 1;
    cycles = in->place == IN_SOURCE ? c->load[width] : in->place == IN_DESTINATION ? c->store[width]
        : c->reg[width];
    if (c->one && is_by_one(in))
        cycles = in->place == IN_REGISTERS ? c->one : c->one_store;
    if (c->checked && !x86_is_real(cpu))
        cycles = c->checked;
    return (cycles ? cycles : t->otherwise) + in->prefixes * t->prefix;
}

/* ---- Handlers ---- */

void h_charge(HANDLER_ARGS)
{
    budget -= op->imm;
    cpu->surplus += op->imm;
    NEXT;
}

/* dst: cycles; link: where the branch goes. */
void h_taken(HANDLER_ARGS)
{
    struct op *to = op->link;

    budget -= op->dst;
    cpu->surplus += op->dst;
    if (unlikely(budget < 0))
        GO(x86_leave_at, to);
    GO(to->fn, to);
}
