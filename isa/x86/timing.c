#include "isa/x86/timing.h"

#include <string.h>

#include "core/error.h"
#include "isa/x86/operations.h"
#include "isa/x86/ops/body.h"

#define ALL_(v)                     { v, v, v }
#define COST(op, r, rm, mr)         [OP_##op] = { ALL_(r), ALL_(rm), ALL_(mr), 0, 0, 0 },
#define COST_W(op, b, w, d, more)   [OP_##op] = { { b, w, d }, { b + more, w + more, d + more }, \
                                                  { b + more, w + more, d + more }, 0, 0, 0 },
#define BRANCH(op, not_taken, go)   [OP_##op] = { ALL_(not_taken), ALL_(not_taken), \
                                                  ALL_(not_taken), (go) - (not_taken), 0, 0 },
#define STRING(op, once, base, each) [OP_##op] = { ALL_(once), ALL_(once), ALL_(once), \
                                                  0, base, each },

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

static bool is_repeated(const struct insn *in)
{
    return in->row->attributes & A_REP && in->op.dst;
}

unsigned x86_timing_cost(const struct timing *t, const struct insn *in)
{
    const struct cost *c = x86_timing_row(t, in);
    unsigned width = in->width < 2 ? in->width : 2, cycles;

    if (!c)
        return 1;
    if (c->each && is_repeated(in))
        return 1;
    cycles = in->place == IN_SOURCE ? c->load[width] : in->place == IN_DESTINATION ? c->store[width]
        : c->reg[width];
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
