/*
 * String instructions and their repetition: SDM 1 7.3.9, SDM 2 REP. An iteration counts as an
 * instruction.
 *
 * A repeated instruction does its iterations in spans: whole elements that lie in one page, on the
 * host's own memory. Where there is no such span (page crossings, registers, breakpoints, faults)
 * it does one iteration by the checked accesses, which may fault: CX, SI and DI then tell how far
 * it came.
 */
#pragma once
#include "isa/x86/debug.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/forms.h"

struct string {
    struct x86   *cpu;
    const struct op *op;
    u64           mask;             /* of the address size */
    u8            size;             /* of an element, bytes */
    bool          down;             /* DF */
    bool          met;              /* CMPS and SCAS: the condition to stop at */
};

struct string_form {
    /* One iteration; may fault, having changed nothing. */
    void (*one)(struct string *);
    /*
     * At most so many iterations, on host memory; 0: there is no span. Must not fault once begun.
     */
    u64  (*span)(struct string *, u64 most);
};

struct string string_begin(struct x86 *, const struct op *, unsigned size);

/* The repetition, with a prefix; false: iterations remain, the instruction is to be begun again. */
bool string_repeat(struct string *, const struct string_form *);

/* SI, DI or CX, as wide as addresses are. */
static inline u64 string_index(const struct string *s, unsigned reg)
{
    return s->cpu->gpr[reg] & s->mask;
}

static inline void string_set_index(struct string *s, unsigned reg, u64 value)
{
    u64 *r = &s->cpu->gpr[reg];

    *r = s->mask == 0xffff ? (*r & ~s->mask) | (value & s->mask) : value & s->mask;
}

/* The index goes on by n elements. */
static inline void string_advance(struct string *s, unsigned reg, u64 n)
{
    u64 bytes = n * s->size;

    string_set_index(s, reg, s->cpu->gpr[reg] + (s->down ? -bytes : bytes));
}

/*
 * The 80286 in real mode has moved on when it finds that a word does not fit at FFFFh: the fault
 * then shows the indexes (bit n: register n) one element further, and a count (with a prefix) less
 * by so many.
 */
void string_check_286(struct string *, unsigned reg, unsigned moved, unsigned counted);
enum { MOVED_SI = 1 << RSI, MOVED_DI = 1 << RDI };

/*
 * Where the first of up to *n elements at seg:index lies on the host, with *n cut to what is in
 * its page, in its segment, and before the index wraps round; NULL if not even one is.
 */
const u8 *string_source(struct string *, enum segment_name, unsigned reg, u64 *n);

/*
 * The same for a destination, which may be in a page with code; string_stored() then says what was
 * done.
 */
struct string_target { u8 *host, *page, *flags; };
bool string_destination(struct string *, u64 *n, struct string_target *);
void string_stored(struct string *, const struct string_target *, u64 n);

/*
 * A handler. quick_NAME does a single element where that is easy. The rest has a function of its
 * own: with a variable whose address is known
 * elsewhere the compiler makes no jump of the tail call.
 */
#define STRING_OP(name, w, form)                                                \
    static __attribute__((noinline)) bool run_##name##_##w(struct x86 *cpu, const struct op *op) \
    {                                                                           \
        struct string s = string_begin(cpu, op, sizeof(T_##w));                 \
                                                                                \
        if (op->dst)                                                            \
            return string_repeat(&s, &(form));                                  \
        (form).one(&s);                                                         \
        return true;                                                            \
    }                                                                           \
    void h_##name##_##w(HANDLER_ARGS)                                           \
    {                                                                           \
        if (!op->dst && quick_##name(cpu, op, tlb, sizeof(T_##w)))              \
            NEXT;                                                               \
        PUBLISH;                                                                \
        if (!run_##name##_##w(cpu, op)) {                                       \
            cpu->rip = op_rip(op);                                              \
            x86_debug_between_rounds(cpu);                                      \
            cpu->budget -= op->n;                                               \
            LEAVE;                                                              \
        }                                                                       \
        RESUME;                                                                 \
    }
