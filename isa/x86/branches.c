/* Last-branch records, and stepping by branches: see branches.h. */
#include "isa/x86/branches.h"

#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/interp.h"
#include "isa/x86/operations.h"
#include "isa/x86/pmu_bits.h"

enum { SELECT_NOT_SYSTEM = 1 << 0, SELECT_NOT_USER = 1 << 1 };
enum { LAST_CONDITION = OP_loopne };    /* see BRANCH_LIST: OP_jmp is first */

static struct branches *branches_of(struct x86 *cpu)
{
    return &cpu->branches[0];
}

static unsigned entries(const struct x86 *cpu)
{
    return cpu->model->lbr;
}

enum branch_kind x86_branch_kind(const struct row *row)
{
    if (!row)
        return BRANCH_NONE;
    if (row->operation > OP_jmp && row->operation <= LAST_CONDITION)
        return BRANCH_CONDITIONAL;
    switch (row->operation) {
    case OP_jmp:                  return BRANCH_JUMP;
    case OP_jmp_ind:              return BRANCH_JUMP_INDIRECT;
    case OP_call:                 return BRANCH_CALL;
    case OP_call_ind:             return BRANCH_CALL_INDIRECT;
    case OP_ret: case OP_ret_imm: return BRANCH_RETURN;
    case OP_jmp_far: case OP_jmp_far_ind: case OP_call_far: case OP_call_far_ind: case OP_retf:
    case OP_iret: case OP_int_n: case OP_int3: case OP_into: case OP_syscall: case OP_sysret:
    case OP_sysenter: case OP_sysexit: case OP_rsm:
        return BRANCH_FAR;
    default:
        return BRANCH_NONE;
    }
}

bool x86_branches_wanted(const struct x86 *cpu)
{
    return cpu->debugctl & (DEBUGCTL_LBR | DEBUGCTL_BTF);
}

/* ---- Watching one instruction ---- */

bool x86_branch_begin(struct x86 *cpu)
{
    const struct branches *b = branches_of(cpu);

    if (!x86_branches_wanted(cpu))
        return false;
    cpu->branch.from = cpu->rip;
    cpu->branch.taken = b->count - b->untaken;
    cpu->branch.begun = true;
    return true;
}

bool x86_branch_taken(const struct x86 *cpu)
{
    const struct branches *b = &cpu->branches[0];

    return b->count - b->untaken != cpu->branch.taken;
}

/* ---- Records ---- */

static bool is_frozen(const struct x86 *cpu)
{
    return cpu->pmu[0].status & STATUS_LBRS_FROZEN;
}

static bool is_selected(const struct x86 *cpu, enum branch_kind kind)
{
    u64 select = cpu->branches[0].select;

    return !(select & (cpu->cpl ? SELECT_NOT_USER : SELECT_NOT_SYSTEM)) && !(select >> kind & 1);
}

/* Linear addresses, as records of these formats have them; an info says how long it took. */
static void record(struct x86 *cpu, u64 from, u64 to, enum branch_kind kind)
{
    struct branches *b = branches_of(cpu);
    u64 cycles = x86_cycles_now(cpu), passed = cycles - b->when;

    if (!(cpu->debugctl & DEBUGCTL_LBR) || is_frozen(cpu) || !is_selected(cpu, kind))
        return;
    if (entries(cpu))
        b->top = (b->top + 1) % entries(cpu);
    b->from[b->top] = from;
    b->to[b->top] = to;
    b->info[b->top] = passed > UINT16_MAX ? UINT16_MAX : passed;
    b->when = cycles;
}

static u64 linear(const struct x86 *cpu, u64 rip)
{
    return ((cpu->mode >> 32) + rip) & cpu->lin_mask;
}

/* The instruction is over: the loop is at where it led. */
void x86_branch_observe(struct x86 *cpu)
{
    if (cpu->branch.begun && x86_branch_taken(cpu))
        record(cpu, linear(cpu, cpu->branch.from), linear(cpu, cpu->rip), cpu->branch.kind);
    cpu->branch.begun = false;
}

/* The last branch is kept for the handler, then this is the last branch. */
void x86_branch_event(struct x86 *cpu, u64 from)
{
    struct branches *b = branches_of(cpu);

    if (!(cpu->debugctl & DEBUGCTL_LBR) || is_frozen(cpu))
        return;
    b->event_from = b->from[b->top];
    b->event_to = b->to[b->top];
    record(cpu, from, linear(cpu, cpu->rip), BRANCH_FAR);
}

void x86_branches_reset(struct x86 *cpu)
{
    *branches_of(cpu) = (struct branches){ 0 };
    cpu->branch.begun = false;
}

/* ---- Registers ---- */

static bool read(const struct x86 *cpu, bool there, u64 what, u64 *v)
{
    *v = there ? what : 0;
    return there;
}

static bool write(bool there, u64 *what, u64 v)
{
    if (there)
        *what = v;
    return there;
}

/* Where the records stand: the Core 2 has four, its successors more and elsewhere. */
static bool has_core(const struct x86 *cpu, unsigned n)
{
    return n < entries(cpu) && entries(cpu) == 4;
}

static bool has_entry(const struct x86 *cpu, unsigned n)
{
    return n < entries(cpu) && entries(cpu) > 4;
}

static bool has_info(const struct x86 *cpu, unsigned n)
{
    return n < entries(cpu) && entries(cpu) == LBR_ENTRIES;
}

#define RECORDS(name, member, has)                                              \
    bool x86_read_##name(const struct x86 *cpu, unsigned n, u64 *v)             \
    {                                                                           \
        return read(cpu, has(cpu, n), cpu->branches[0].member[n % LBR_ENTRIES], v); \
    }                                                                           \
    bool x86_write_##name(struct x86 *cpu, unsigned n, u64 v)                   \
    {                                                                           \
        return write(has(cpu, n), &cpu->branches[0].member[n % LBR_ENTRIES], v); \
    }
RECORDS(lbr_from, from, has_entry)
RECORDS(lbr_to, to, has_entry)
RECORDS(core_from, from, has_core)
RECORDS(core_to, to, has_core)
RECORDS(lbr_info, info, has_info)

bool x86_read_lbr_top(const struct x86 *cpu, u64 *v)
{
    return read(cpu, entries(cpu), cpu->branches[0].top, v);
}

bool x86_write_lbr_top(struct x86 *cpu, u64 v)
{
    return entries(cpu) && write(v < entries(cpu), &cpu->branches[0].top, v);
}

bool x86_read_lbr_select(const struct x86 *cpu, u64 *v)
{
    return read(cpu, has_entry(cpu, 0), cpu->branches[0].select, v);
}

bool x86_write_lbr_select(struct x86 *cpu, u64 v)
{
    return write(has_entry(cpu, 0) && v < (has_info(cpu, 0) ? 0x400u : 0x200u),
                 &cpu->branches[0].select, v);
}

/* Who has a stack of records has it instead. */
bool x86_read_last_from(const struct x86 *cpu, u64 *v)
{
    return read(cpu, !entries(cpu), cpu->branches[0].from[cpu->branches[0].top], v);
}

bool x86_read_last_to(const struct x86 *cpu, u64 *v)
{
    return read(cpu, !entries(cpu), cpu->branches[0].to[cpu->branches[0].top], v);
}

bool x86_read_event_from(const struct x86 *cpu, u64 *v)
{
    return read(cpu, true, cpu->branches[0].event_from, v);
}

bool x86_read_event_to(const struct x86 *cpu, u64 *v)
{
    return read(cpu, true, cpu->branches[0].event_to, v);
}
