/* Cases: an encoding of the row, then registers and memory that suit it. */
#include "tests/insn/gen.h"

#include <stdlib.h>
#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/decode.h"
#include "isa/x86/state.h"
#include "tests/insn/bare.h"
#include "tests/insn/maker.h"
#include "tests/insn/values.h"

struct insn_gen {
    struct bare *bench[2];              /* whose decoders say what bytes mean: 32 and 64 bits */
};

struct insn_gen *insn_gen_open(void)
{
    struct insn_gen *g = calloc(1, sizeof *g);

    g->bench[0] = bare_create(1 << 16, NULL);
    g->bench[1] = bare_create(1 << 16, NULL);
    bare_flat32(g->bench[0]);
    bare_flat64(g->bench[1], 0x4000);
    for (unsigned i = 0; i < 2; i++)
        bare_enable_avx(g->bench[i]);
    return g;
}

void insn_gen_close(struct insn_gen *g)
{
    bare_destroy(g->bench[0]);
    bare_destroy(g->bench[1]);
    free(g);
}

const char *insn_name(const struct row *row)
{
    return x86_operations[row->operation].name;
}

static bool named(const struct maker *m, const char *name)
{
    return strcmp(m->name, name) == 0;
}

static bool begins(const struct maker *m, const char *name)
{
    return strncmp(m->name, name, strlen(name)) == 0;
}

/* ---- Registers ---- */

static u64 stack_pointer(struct maker *m)
{
    u64 at = make_target(m, m->c->bits);

    return rng_below(&m->r, 8) ? at & ~(u64)15 : at;
}

static void random_registers(struct maker *m)
{
    static const u8 pointers[] = { RBX, RBP, RSI, RDI };
    struct registers *in = &m->c->in;
    bool strings = m->row->attributes & (A_ASIZE | A_REP);

    for (unsigned i = 0; i < 16; i++)
        in->gpr[i] = value_integer(&m->r);
    for (unsigned i = 0; i < COUNT(pointers); i++)
        if (strings || rng_one_in(&m->r, 3))
            in->gpr[pointers[i]] = make_target(m, m->asize);
    in->gpr[RSP] = stack_pointer(m);
    if (strings)
        in->gpr[RCX] = rng_below(&m->r, 8) ? rng_below(&m->r, 24) : in->gpr[RCX] & 0x3ff;
    in->rflags = value_flags(&m->r);
    value_fx(&m->r, in->fx);
}

/* Of a series of their own: there are recordings from before. */
static void random_upper_halves(struct maker *m, u64 serial)
{
    struct rng r = rng_seeded(m->row->encoding, ~serial);

    value_ymm(&r, m->c->in.fx);
}

static void random_segments(struct maker *m)
{
    struct registers *in = &m->c->in;
    bool long_mode = m->c->bits == 64;

    in->sel[CS] = long_mode ? SEL_CODE64 : SEL_CODE32;
    in->sel[SS] = SEL_DATA;
    in->sel[DS] = in->sel[ES] = SEL_DATA;
    in->sel[FS] = in->sel[GS] = long_mode ? 0 : SEL_DATA;
    in->fs_base = rng_next(&m->r) & 0xfffff;
    in->gs_base = rng_next(&m->r) & (BIT(46) - 1);
    if (!rng_one_in(&m->r, 12))
        return;
    in->sel[rng_one_in(&m->r, 2) ? DS : ES] = rng_one_in(&m->r, 2) ? 0 : SEL_CODE32;
    in->sel[rng_one_in(&m->r, 2) ? FS : GS] = rng_one_in(&m->r, 2) ? 0 : SEL_CODE32;
}

static u64 mask(unsigned bits)
{
    return bits == 64 ? ~(u64)0 : BIT(bits) - 1;
}

/* The base register leads to the target. */
static void point_at_target(struct maker *m)
{
    struct registers *in = &m->c->in;
    u64 address = m->target;

    if (!m->memory || (m->base == NO_REGISTER && m->idx == NO_REGISTER))
        return;
    if (m->c->bits == 64 && (m->segment == 0x64 || m->segment == 0x65))
        address -= m->segment == 0x64 ? in->fs_base : in->gs_base;
    if (m->idx != NO_REGISTER && m->base == NO_REGISTER) {
        in->gpr[m->idx] = 0;
        return;
    }
    if (m->idx != NO_REGISTER) {
        if (rng_one_in(&m->r, 2))
            in->gpr[m->idx] = rng_below(&m->r, 64);
        address -= in->gpr[m->idx] << m->scale;
    }
    address -= (u64)m->disp;
    in->gpr[m->base] = (address & mask(m->asize)) | (in->gpr[m->base] & ~mask(m->asize));
}

/* ---- Memory ---- */

static u8 *new_patch(struct maker *m, u64 address, unsigned count)
{
    struct insn_case *c = m->c;
    int at = data_offset(address);
    struct patch *p = &c->patch[c->patches];

    if (at < 0 || c->patches == PATCHES)
        return NULL;
    p->at = (u16)at;
    p->count = (u16)(count < DATA_BYTES - (unsigned)at ? count : DATA_BYTES - (unsigned)at);
    c->patches++;
    return p->bytes;
}

static void put_operand(struct rng *r, u8 *to)
{
    switch (rng_below(r, 4)) {
    case 0:
        for (unsigned i = 0; i < 32; i += 8) {
            u64 v = value_integer(r);

            for (unsigned k = 0; k < 8; k++)
                to[i + k] = (u8)(v >> 8 * k);
        }
        break;
    case 1:
        value_f80(r, to);
        value_f80(r, to + 16);
        break;
    default:
        value_vector(r, to);
        value_vector(r, to + 16);
    }
}

static void patch_operand(struct maker *m)
{
    u8 *to = m->memory ? new_patch(m, m->target, 32) : NULL;
    u8 scratch[32];

    put_operand(&m->r, to ? to : scratch);
}

static void put_number(u8 *to, u64 v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (u8)(v >> 8 * i);
}

static unsigned stack_slot(const struct maker *m)
{
    if (m->opsize)
        return 2;
    return m->c->bits == 32 ? 4 : m->rex & 8 || m->row->attributes & (A_F64 | A_D64) ? 8 : 4;
}

/* What RET, IRET and POP of segments find: an address, selectors, flags. */
static void patch_stack(struct maker *m)
{
    u64 sp = m->c->in.gpr[RSP];
    unsigned slot = stack_slot(m);
    u8 *to = new_patch(m, sp, 8 * slot);
    u64 v[8];

    v[0] = rng_below(&m->r, 6) ? CODE_AT + rng_below(&m->r, CODE_BYTES) : value_integer(&m->r);
    v[1] = rng_below(&m->r, 3) ? m->c->in.sel[CS] : make_selector(&m->r);
    v[2] = value_flags(&m->r) | (rng_one_in(&m->r, 8) ? value_integer(&m->r) : 0);
    v[3] = stack_pointer(m);
    v[4] = rng_below(&m->r, 3) ? SEL_DATA : make_selector(&m->r);
    v[5] = value_integer(&m->r);
    v[6] = v[7] = v[5];
    if (begins(m, "pop_") || begins(m, "popf") || begins(m, "mov_s"))
        v[0] = begins(m, "popf") ? v[2] : make_selector(&m->r);
    if (begins(m, "retf")) {            /* to the same privilege: nothing else is popped */
        v[2] = v[5];
    }
    for (unsigned i = 0; to && i < 8; i++)
        put_number(to + i * slot, v[i], slot);
}

/* Both strings alike for some way, so that REPE has something to do. */
static void patch_strings(struct maker *m)
{
    u8 *a, *b;

    if (!(m->row->attributes & A_REP))
        return;
    a = new_patch(m, m->c->in.gpr[RSI], 64);
    b = new_patch(m, m->c->in.gpr[RDI], 64);
    if (!a || !b)
        return;
    memset(a, (int)rng_below(&m->r, 4), 64);
    memcpy(b, a, 64);
    if (rng_one_in(&m->r, 2))
        put_number((u8 *)&m->c->in.gpr[RAX], 0x0101010101010101 * a[0], 8);
    b[rng_below(&m->r, 64)] ^= 1;
    if (rng_one_in(&m->r, 2))
        memset(a + 1, 0x5a, 63);
}

/* ---- What single operations need to be worth trying ---- */

static u64 *rm_register(struct maker *m)
{
    return &m->c->in.gpr[(m->modrm & 7) | (m->rex & 1 ? 8 : 0)];
}

static u64 *reg_register(struct maker *m)
{
    return &m->c->in.gpr[(m->modrm >> 3 & 7) | (m->rex & 4 ? 8 : 0)];
}

static struct patch *operand_patch(struct maker *m)
{
    return m->memory && m->c->patches && data_offset(m->target) == m->c->patch[0].at
        ? &m->c->patch[0] : NULL;
}

static void put_memory(struct maker *m, unsigned at, u64 v, unsigned size)
{
    struct patch *p = operand_patch(m);

    if (p && p->count >= at + size)
        put_number(p->bytes + at, v, size);
}

static void small_bit_number(struct maker *m)
{
    if (m->memory && row_has(m->row, Gv, Gv))
        *reg_register(m) = (u64)((s64)rng_below(&m->r, 1024) - 512) & mask(m->c->bits);
}

static void small_dividend(struct maker *m)
{
    if (rng_one_in(&m->r, 2))
        m->c->in.gpr[RDX] = rng_one_in(&m->r, 2) ? 0 : (u64)((s64)m->c->in.gpr[RAX] >> 63);
    if (rng_one_in(&m->r, 2))
        m->c->in.gpr[RAX] &= 0xff;
}

static void compare_equal(struct maker *m)
{
    if (rng_one_in(&m->r, 2))
        return;
    if (named(m, "cmpxchg")) {
        put_memory(m, 0, m->c->in.gpr[RAX], 8);
        return;
    }
    put_memory(m, 0, (u32)m->c->in.gpr[RAX] | m->c->in.gpr[RDX] << 32, 8);
    if (m->rex & 8) {
        put_memory(m, 0, m->c->in.gpr[RAX], 8);
        put_memory(m, 8, m->c->in.gpr[RDX], 8);
    }
}

/* An address of code, for jumps through registers and memory; a selector behind it. */
static void lead_to_code(struct maker *m)
{
    unsigned slot = m->opsize ? 2 : m->c->bits == 64 && !row_has(m->row, Mp, Mp) ? 8
        : m->rex & 8 ? 8 : 4;
    u64 at = CODE_AT + rng_below(&m->r, CODE_BYTES);

    if (rng_one_in(&m->r, 6))
        return;
    put_memory(m, 0, at, slot);
    put_memory(m, slot, rng_one_in(&m->r, 2) ? m->c->in.sel[CS] : make_selector(&m->r), 2);
    if (!m->memory && m->e.modrm)
        *rm_register(m) = at;
}

static void selectors(struct maker *m)
{
    u16 sel = make_selector(&m->r);

    if (m->memory)
        put_memory(m, row_has(m->row, Mp, Mp) ? m->opsize ? 2 : m->rex & 8 ? 8 : 4 : 0, sel, 2);
    else
        *rm_register(m) = (*rm_register(m) & ~(u64)0xffff) | sel;
    if (row_has(m->row, Sw, Sw) && (m->modrm >> 3 & 7) == SS && m->row->operand[0] == Sw) {
        m->c->shadowed = true;
        if (!m->memory && rng_one_in(&m->r, 2))
            *rm_register(m) = SEL_DATA;
    }
}

static void valid_mxcsr(struct maker *m)
{
    u8 fx[FX_BYTES];
    u32 v;

    value_fx(&m->r, fx);
    memcpy(&v, fx + FX_MXCSR, 4);
    put_memory(m, 0, rng_one_in(&m->r, 8) ? v | 0x40000000 : v, 4);
}

static void valid_image(struct maker *m)
{
    struct patch *p = operand_patch(m);

    if (!p || rng_one_in(&m->r, 8))
        return;
    p->count = (u16)(FX_BYTES < DATA_BYTES - p->at ? FX_BYTES : DATA_BYTES - p->at);
    value_fx(&m->r, p->bytes);
}

static void bounds(struct maker *m)
{
    u64 v = *reg_register(m);

    if (rng_below(&m->r, 4)) {
        put_memory(m, 0, v - rng_below(&m->r, 3), m->opsize ? 2 : 4);
        put_memory(m, m->opsize ? 2 : 4, v + rng_below(&m->r, 4), m->opsize ? 2 : 4);
    }
}

static void short_strings(struct maker *m)
{
    m->c->in.gpr[RAX] = (u64)((s64)rng_below(&m->r, 40) - 20);
    m->c->in.gpr[RDX] = (u64)((s64)rng_below(&m->r, 40) - 20);
}

static void count_near_zero(struct maker *m)
{
    m->c->in.gpr[RCX] &= rng_one_in(&m->r, 2) ? ~(u64)0xffff : 1;
}

static void shadow(struct maker *m)
{
    m->c->shadowed = m->row->operand[0] == sSS;
}

/*
 * #AC or #GP for a misaligned image: either is allowed. ENTER's look at where the stack will end,
 * and the upper half of a pushed selector, are checked for alignment by some processors only.
 */
static void no_alignment_check(struct maker *m)
{
    m->c->in.rflags &= ~(u64)AC;
}

/* A double shift of words by more than 16 gives anything: SDM 2 SHLD. */
static void short_count(struct maker *m)
{
    if (!m->opsize || m->rex & 8)
        return;
    if (row_has(m->row, Ib, Ib))
        m->c->code[m->c->length - 1] &= 0xef;
    m->c->in.gpr[RCX] &= ~(u64)0x10;
}

/* Whether #AC comes of 16 bytes that need no alignment is up to the processor: SDM 2 table 2-21. */
static void no_check_of_vectors(struct maker *m)
{
    if (row_has(m->row, W, W) || begins(m, "maskmov") || (begins(m, "movups")))
        m->c->in.rflags &= ~(u64)AC;
}

/* Whether all bytes of a masked or vector access are checked for alignment: SDM 2 2.4. */
static void no_check_with_vex(struct maker *m)
{
    if (m->e.map > MAP_VEX && row_has(m->row, M, Mx))
        m->c->in.rflags &= ~(u64)AC;
}

/* Indices that mostly lead to data, and seldom far away. */
static void near_indices(struct maker *m)
{
    unsigned step = m->name[strlen("vpgather")] == 'd' ? 4 : 8;
    u8 *fx = m->c->in.fx;

    for (unsigned i = 0; i < 32; i += step) {
        s64 v = (s64)rng_below(&m->r, 512) - 256;

        if (!rng_one_in(&m->r, 24))
            put_number(fx + (i < 16 ? FX_XMM : FX_YMM - 16) + 16 * m->vector_idx + i, (u64)v, step);
    }
}

/* INT 80h is a system call, with whatever happens to be in RAX. */
static void no_system_call(struct maker *m)
{
    u8 *vector = &m->c->code[m->c->length - 1];

    if (*vector == 0x80)
        *vector = 0x81;
}

/* A far call to 32-bit code pushes on a 32-bit stack on AMD's processors. */
static void low_stack(struct maker *m)
{
    if (m->c->in.gpr[RSP] >> 32)
        m->c->in.gpr[RSP] = DATA_MID + (m->c->in.gpr[RSP] & 0x1fff);
}

/* Without the host's TF in what is pushed. */
static void run_through(struct maker *m)
{
    m->c->through = true;
}

static void suit(struct maker *m)
{
    static const struct { const char *begins; void (*fn)(struct maker *); } table[] = {
        { "bt", small_bit_number }, { "div", small_dividend }, { "idiv", small_dividend },
        { "cmpxchg", compare_equal }, { "jmp_ind", lead_to_code }, { "call_ind", lead_to_code },
        { "jmp_far", lead_to_code }, { "call_far", lead_to_code }, { "jmpf", lead_to_code },
        { "callf", lead_to_code }, { "mov_to_s", selectors }, { "mov_s", selectors },
        { "lds", selectors }, { "les", selectors }, { "lss", selectors }, { "lfs", selectors },
        { "lgs", selectors }, { "lar", selectors }, { "lsl", selectors }, { "ver", selectors },
        { "arpl", selectors }, { "ldmxcsr", valid_mxcsr }, { "fxrstor", valid_image },
        { "bound", bounds }, { "pcmpestr", short_strings }, { "jcxz", count_near_zero },
        { "loop", count_near_zero }, { "pop_seg", shadow }, { "fxrstor", no_alignment_check },
        { "int_n", no_system_call }, { "call_far", low_stack },
        { "enter", no_alignment_check }, { "push_seg", no_alignment_check },
        { "shld", short_count }, { "shrd", short_count },
        { "fxsave", no_alignment_check }, { "pushf", run_through },
        { "vpgather", near_indices },
    };

    for (unsigned i = 0; i < COUNT(table); i++)
        if (begins(m, table[i].begins))
            table[i].fn(m);
    no_check_of_vectors(m);
    no_check_with_vex(m);
}

/* ---- All of it ---- */

static bool encode(struct insn_gen *g, struct maker *m)
{
    struct bare *b = g->bench[m->c->bits == 64];

    for (unsigned i = 0; i < 200; i++) {
        struct code code = { m->c->code, 15 };
        struct insn in;
        enum decode_result result;

        make_code(m);
        result = x86_decode(b->cpu, &code, m->c->in.rip, &in);
        if (in.row == m->row && (result == DECODED || (result == DECODE_FAULT && in.length))) {
            m->c->length = in.length;
            return true;
        }
    }
    return false;
}

static void lead_from_rip(struct maker *m)
{
    if (m->rip_disp_at)
        put_number(m->c->code + m->rip_disp_at, m->target - insn_end(m->c), 4);
}

static void within_32_bits(struct insn_case *c)
{
    for (unsigned i = 0; i < 16; i++)
        c->in.gpr[i] = i < 8 ? (u32)c->in.gpr[i] : 0;
    c->in.fs_base = c->in.gs_base = 0;
}

bool insn_generate(struct insn_gen *g, unsigned index, unsigned bits, u64 serial,
                   struct insn_case *c)
{
    const struct row *row = &x86_rows[index];
    struct maker m = { .c = c, .row = row, .name = insn_name(row) };

    if (row->attributes & (bits == 64 ? A_NO64 : A_ONLY64))
        return false;
    m.r = rng_seeded(row->encoding, serial << 7 | bits);
    m.r.state += rng_seeded(m.name, 0).state;
    encoding_parse(row, &m.e);
    c->row = row;
    c->bits = (u8)bits;
    c->shadowed = false;
    c->patches = 0;
    c->in.rip = CODE_AT + (rng_below(&m.r, 4) ? 0x100 + rng_below(&m.r, 0x1e00)
                           : 0x1000 - rng_below(&m.r, 16));
    if (!encode(g, &m))
        return false;
    c->through = row->attributes & A_REP && rng_below(&m.r, 4);
    random_segments(&m);
    random_registers(&m);
    random_upper_halves(&m, serial);
    patch_operand(&m);
    patch_stack(&m);
    patch_strings(&m);
    suit(&m);
    point_at_target(&m);
    lead_from_rip(&m);
    if (bits == 32)
        within_32_bits(c);
    return true;
}
