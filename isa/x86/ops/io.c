/*
 * IN, OUT, INS, OUTS: SDM 2; SDM 1 chapter 19. A device sees the exact time, and whatever it
 * brings about is attended to before the next instruction: each of these ends its block.
 */
#include "core/machine.h"
#include "isa/x86/debug.h"
#include "isa/x86/handlers.h"
#include "isa/x86/interrupt.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/ops/string.h"
#include "isa/x86/segment.h"

static u64 port_read(struct x86 *cpu, u16 port, unsigned size)
{
    u64 v;

    x86_publish_time(cpu);
    v = space_read(cpu->cpu.ports, port, size);
    cpu->leave = true;
    x86_debug_io(cpu, port, size);
    return v;
}

static void port_write(struct x86 *cpu, u16 port, unsigned size, u64 v)
{
    x86_publish_time(cpu);
    space_write(cpu->cpu.ports, port, v, size);
    cpu->leave = true;
    x86_debug_io(cpu, port, size);
}

#define IN_OUT_FROM(name, w, port)                                              \
    END_OP(in##name##_##w)                                                      \
    {                                                                           \
        x86_check_io(cpu, port, sizeof(T_##w));                                 \
        PUT_##w(cpu, GPR_OFFSET(RAX), port_read(cpu, port, sizeof(T_##w)));     \
    }                                                                           \
    END_OP(out##name##_##w)                                                     \
    {                                                                           \
        x86_check_io(cpu, port, sizeof(T_##w));                                 \
        port_write(cpu, port, sizeof(T_##w), GET_##w(cpu, GPR_OFFSET(RAX)));    \
    }
/* A port is never 64 bits wide: REX.W does not matter. */
#define IN_OUT(name, port)                                                      \
    IN_OUT_FROM(name, b, port) IN_OUT_FROM(name, w, port) IN_OUT_FROM(name, d, port) \
    void h_in##name##_q(HANDLER_ARGS) { GO(h_in##name##_d, op); }               \
    void h_out##name##_q(HANDLER_ARGS) { GO(h_out##name##_d, op); }
IN_OUT(, (u8)op->imm)
IN_OUT(_dx, (u16)cpu->gpr[RDX])

/* ---- Strings ---- */

/* The port is read only when the store cannot fault. */
static void one_ins(struct string *s)
{
    struct x86 *cpu = s->cpu;
    u64 offset = string_index(s, RDI);
    u16 port = (u16)cpu->gpr[RDX];

    string_check_286(s, RDI, MOVED_DI, 2);
    x86_check_io(cpu, port, s->size);
    x86_probe(cpu, ES, offset, s->size, ACCESS_WRITE);
    x86_write(cpu, ES, offset, s->size, port_read(cpu, port, s->size));
    string_advance(s, RDI, 1);
}

static void one_outs(struct string *s)
{
    struct x86 *cpu = s->cpu;
    u16 port = (u16)cpu->gpr[RDX];

    string_check_286(s, RSI, MOVED_SI, 1);
    x86_check_io(cpu, port, s->size);
    port_write(cpu, port, s->size, x86_read(cpu, op_segment(s->op), string_index(s, RSI), s->size));
    string_advance(s, RSI, 1);
}

static u64 span_ins(struct string *s, u64 most)
{
    struct string_target to;
    u64 n = most;

    if (!string_destination(s, &n, &to))
        return 0;
    n = space_read_many(s->cpu->cpu.ports, (u16)s->cpu->gpr[RDX], s->size, to.host, (u32)n);
    if (n) {
        string_stored(s, &to, n);
        string_advance(s, RDI, n);
    }
    return n;
}

static u64 span_outs(struct string *s, u64 most)
{
    u64 n = most;
    const u8 *from = string_source(s, op_segment(s->op), RSI, &n);

    if (!from)
        return 0;
    n = space_write_many(s->cpu->cpu.ports, (u16)s->cpu->gpr[RDX], s->size, from, (u32)n);
    if (n)
        string_advance(s, RSI, n);
    return n;
}

/*
 * What a device does with many at once nobody can see, if each iteration is allowed without a
 * look at the permission map, and none is watched.
 */
static bool goes_in_spans(const struct string *s)
{
    return !s->down && !(s->cpu->dr[7] & 0xff) && x86_may_do_io(s->cpu);
}

/* May the next iteration follow at once? Not when there is anything to be seen to before. */
static bool undisturbed(const struct x86 *cpu, const struct op *op, u64 deadline)
{
    return cpu->budget >= op->n && cpu->cpu.dev.machine->clock.deadline == deadline
        && !x86_wants_attention(cpu) && !cpu->dr6_pending;
}

/* Iterations of which each but the last leaves as much budget as undisturbed() asks for. */
static u64 most_at_once(const struct string *s)
{
    s64 may = s->cpu->budget - s->op->n + 2;
    u64 left = string_index(s, RCX);

    return may <= 0 ? 0 : left < (u64)may ? left : (u64)may;
}

/* Each iteration is an instruction: interrupted, it is begun again with what is left. */
static void repeat(struct string *s, const struct string_form *form)
{
    struct x86 *cpu = s->cpu;
    u64 deadline, n;

    while (string_index(s, RCX)) {
        deadline = cpu->cpu.dev.machine->clock.deadline;
        n = goes_in_spans(s) ? form->span(s, most_at_once(s)) : 0;
        if (n == 0) {
            form->one(s);
            n = 1;
        }
        cpu->budget -= (s64)n - 1;
        cpu->rounds += n - 1;
        string_set_index(s, RCX, string_index(s, RCX) - n);
        if (!string_index(s, RCX))
            return;
        cpu->rounds++;
        if (!undisturbed(cpu, s->op, deadline)) {
            cpu->rip = op_rip(s->op);
            x86_debug_between_rounds(cpu);
            return;
        }
        cpu->budget--;
    }
}

static void run(struct x86 *cpu, const struct op *op, unsigned size, const struct string_form *form)
{
    struct string s = string_begin(cpu, op, size);

    if (op->dst)
        repeat(&s, form);
    else
        form->one(&s);
}

#define STRING(name, w) \
    END_OP(name##_##w) { run(cpu, op, sizeof(T_##w), &form_##name); }
#define STRING_ALL(name) \
    static const struct string_form form_##name = { one_##name, span_##name }; \
    STRING(name, b) STRING(name, w) STRING(name, d) \
    void h_##name##_q(HANDLER_ARGS) { GO(h_##name##_d, op); }
STRING_ALL(ins)
STRING_ALL(outs)
