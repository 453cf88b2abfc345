/* Bytes for a row: prefixes, opcode, ModRM, SIB, displacement, immediate. SDM 2 chapter 2. */
#include <string.h>

#include "tests/insn/maker.h"
#include "tests/insn/values.h"
#include "isa/x86/state.h"

bool row_has(const struct row *row, enum operand first, enum operand last)
{
    for (unsigned i = 0; i < COUNT(row->operand); i++)
        if (row->operand[i] >= first && row->operand[i] <= last)
            return true;
    return false;
}

int data_offset(u64 address)
{
    static const u64 at[] = { DATA_LOW, DATA_MID, DATA_HIGH };

    for (unsigned i = 0; i < COUNT(at); i++)
        if (address >= at[i] && address - at[i] < DATA_BYTES)
            return (int)(address - at[i]);
    return -1;
}

u16 make_selector(struct rng *r)
{
    static const u16 sel[] = {
        0, 3, 1, 0x23, 0x20, 0x21, 0x2b, 0x28, 0x2a, 0x33, 0x30, 0x10, 0x13, 0x18, 0x1b, 0x08,
        0x0b, 0x27, 0x2f, 0xfff8,
    };

    return rng_one_in(r, 3) ? SEL_DATA : sel[rng_below(r, COUNT(sel))];
}

static u64 data_place(struct rng *r)
{
    switch (rng_below(r, 20)) {
    case 0: case 1:           return 0x1000 - rng_below(r, 64);         /* between the pages */
    case 2:                   return 0x2000 + rng_below(r, 0xf00);      /* read-only */
    case 3:                   return 0x2000 - rng_below(r, 32);
    case 4:
        return rng_one_in(r, 2) ? 0x3000 - rng_below(r, 32) : -rng_below(r, 32);
    case 5: case 6: case 7: case 8: return 0x80 + rng_below(r, 0x1e00);
    default:                  return 0x80 + (rng_below(r, 0x1e00) & ~(u64)15);
    }
}

u64 make_target(struct maker *m, unsigned asize)
{
    u64 place = data_place(&m->r), odd = rng_below(&m->r, 40);

    if (odd == 0 && asize == 64)        /* not canonical, or the last that is */
        return rng_one_in(&m->r, 2) ? BIT(47) - rng_below(&m->r, 16) - 4096 : rng_next(&m->r);
    if (odd == 1)
        return asize == 16 ? (u16)rng_next(&m->r) : (u32)rng_next(&m->r) | 0x40000000;
    if (asize == 16 || rng_one_in(&m->r, 4))
        return DATA_LOW + place;
    if (asize == 64 && rng_one_in(&m->r, 2))
        return DATA_HIGH + place;
    return DATA_MID + place;
}

/* ---- Prefixes ---- */

static bool near_branch(const struct row *row)
{
    return row_has(row, Jb, Jz) || (row->attributes & A_F64 && row->attributes & A_END);
}

static bool begins_with(const struct maker *m, const char *text)
{
    return strncmp(m->name, text, strlen(text)) == 0;
}

/* With LOOPE and LOOPNE the host heeds which of F2h and F3h there is, against both manuals. */
static u8 choose_repeat(struct maker *m)
{
    switch (m->e.prefix) {
    case PREFIX_F2: return 0xf2;
    case PREFIX_F3: return 0xf3;
    case PREFIX_ANY:
        if (m->row->attributes & A_REP ? rng_one_in(&m->r, 2)
            : m->e.map == MAP_1 && !begins_with(m, "loop") && rng_one_in(&m->r, 24))
            return rng_one_in(&m->r, 2) ? 0xf2 : 0xf3;
        return 0;
    default:
        return 0;
    }
}

/* AMD's processors heed the operand-size prefix of near branches in 64-bit code, Intel's do not. */
static bool choose_opsize(struct maker *m)
{
    if (m->e.prefix == PREFIX_66)
        return true;
    if (m->e.prefix == PREFIX_NONE || (m->c->bits == 64 && near_branch(m->row)))
        return false;
    return rng_one_in(&m->r, m->e.prefix == PREFIX_ANY ? 4 : 12);
}

/* With VEX they are illegal, and seldom there. */
static void choose_operand_prefixes(struct maker *m, u8 *repeat)
{
    static const u8 any[] = { 0xf2, 0xf3 };

    if (m->e.map > MAP_VEX) {
        m->opsize = rng_one_in(&m->r, 80);
        *repeat = rng_one_in(&m->r, 80) ? any[rng_below(&m->r, 2)] : 0;
    } else {
        *repeat = choose_repeat(m);
        m->opsize = choose_opsize(m);
    }
}

static unsigned put_prefixes(struct maker *m, u8 *to)
{
    static const u8 override[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
    bool lockable = m->row->attributes & A_LOCK;
    u8 set[5], n = 0, repeat;

    choose_operand_prefixes(m, &repeat);
    m->asize = m->c->bits;
    m->segment = 0;
    if (m->opsize)
        set[n++] = 0x66;
    if (repeat)
        set[n++] = repeat;
    if (rng_one_in(&m->r, 10)) {
        set[n++] = 0x67;
        m->asize = m->c->bits / 2;
    }
    if (rng_one_in(&m->r, 7))
        set[n++] = m->segment = override[rng_below(&m->r, COUNT(override))];
    if (rng_one_in(&m->r, lockable ? 6 : 60) && !row_has(m->row, Cy, Dy)
        && !begins_with(m, "ver"))      /* AMD's: another register; VERW is patched */
        set[n++] = 0xf0;
    for (unsigned i = 0; i < n; i++) {  /* in any order */
        unsigned k = (unsigned)rng_below(&m->r, n - i);

        to[i] = set[k];
        set[k] = set[n - i - 1];
    }
    return n;
}

/* SDM 2 2.3.5. What is not for 32-bit code is tried there where it does not make LES or LDS. */
static unsigned put_vex(struct maker *m, u8 *to)
{
    static const u8 pp[] = {
        [PREFIX_NONE] = 0, [PREFIX_66] = 1, [PREFIX_F3] = 2, [PREFIX_F2] = 3,
    };
    bool long_mode = m->c->bits == 64;
    unsigned n = 0, vvvv = 0, l = m->e.length, rex = (unsigned)rng_below(&m->r, 16);

    if (m->e.vvvv || rng_one_in(&m->r, 60))
        vvvv = (unsigned)rng_below(&m->r, long_mode ? 16 : 8);
    if (l > LENGTH_1)
        l = (unsigned)rng_below(&m->r, 2);
    if (!long_mode)
        rex &= 9;
    if (m->e.w >= 0)
        rex = (rex & 7) | (unsigned)m->e.w << 3;
    if (long_mode && rng_one_in(&m->r, 80))
        to[n++] = (u8)(0x40 | rng_below(&m->r, 16));
    if (m->e.map == MAP_VEX_0F && rng_below(&m->r, 3) && !(m->e.w > 0)) {
        rex &= 4;
        to[n++] = 0xc5;
        to[n++] = (u8)((rex & 4 ? 0 : 0x80) | (~vvvv & 15) << 3 | l << 2 | pp[m->e.prefix]);
    } else {
        to[n++] = 0xc4;
        to[n++] = (u8)((~rex & 7) << 5 | (m->e.map - MAP_VEX));
        to[n++] = (u8)((rex & 8) << 4 | (~vvvv & 15) << 3 | l << 2 | pp[m->e.prefix]);
    }
    m->rex = (u8)(long_mode ? 0x40 | rex : 0);
    to[n++] = m->e.opcode;
    return n;
}

static unsigned put_opcode(struct maker *m, u8 *to)
{
    unsigned n = 0;

    if (m->e.map > MAP_VEX)
        return put_vex(m, to);
    m->rex = 0;
    if (m->c->bits == 64 && (m->e.w > 0 || rng_below(&m->r, 3))) {
        m->rex = 0x40 | (rng_next(&m->r) & 7);
        if (m->e.w > 0 || (m->e.w < 0 && rng_one_in(&m->r, 2) && !row_has(m->row, Mp, Mp)))
            m->rex |= 8;                /* AMD's processors have no far pointers of 80 bits */
        to[n++] = m->rex;
    }
    if (m->e.map != MAP_1)
        to[n++] = 0x0f;
    if (m->e.map == MAP_0F38 || m->e.map == MAP_0F3A)
        to[n++] = m->e.map == MAP_0F38 ? 0x38 : 0x3a;
    to[n++] = (u8)(m->e.opcode + (m->e.plus_r ? rng_next(&m->r) & 7 : 0));
    return n;
}

/* ---- The memory operand ---- */

static unsigned put_number(u8 *to, u64 v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (u8)(v >> 8 * i);
    return size;
}

static unsigned put_disp(struct maker *m, unsigned mod, unsigned wide, u8 *to)
{
    if (mod == 1)
        m->disp = (s8)rng_next(&m->r);
    else if (mod == 2)
        m->disp = rng_one_in(&m->r, 2) ? (s16)rng_next(&m->r) : (s32)(u32)rng_next(&m->r);
    if (mod == 2 && wide == 2)
        m->disp = (s16)m->disp;
    return mod == 0 ? 0 : put_number(to, (u64)m->disp, mod == 1 ? 1 : wide);
}

static unsigned put_memory_16(struct maker *m, unsigned reg, u8 *to)
{
    static const u8 base[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
    static const u8 idx[8] = {
        RSI, RDI, RSI, RDI, NO_REGISTER, NO_REGISTER, NO_REGISTER, NO_REGISTER,
    };
    unsigned mod = (unsigned)rng_below(&m->r, 3), rm = (unsigned)rng_below(&m->r, 8);

    to[0] = m->modrm = (u8)(mod << 6 | reg << 3 | rm);
    if (mod == 0 && rm == 6) {
        m->disp = (s16)m->target;
        return 1 + put_number(to + 1, m->target, 2);
    }
    m->base = base[rm];
    m->idx = idx[rm];
    return 1 + put_disp(m, mod, 2, to + 1);
}

/* Without a base the displacement leads there, from an index of zero. */
static unsigned put_absolute(struct maker *m, unsigned reg, bool sib, u8 *to)
{
    unsigned n = 0;

    to[n++] = m->modrm = (u8)(reg << 3 | (sib ? 4 : 5));
    if (sib) {
        m->idx = (u8)((rng_next(&m->r) & 7) | (m->rex & 2 ? 8 : 0));
        m->scale = (u8)rng_below(&m->r, 4);
        to[n++] = (u8)(m->scale << 6 | (m->idx & 7) << 3 | 5);
        if (m->idx == RSP)
            m->idx = NO_REGISTER;
    } else if (m->c->bits == 64) {
        m->rip_disp_at = (u8)(n + 1);   /* made whole when the place is known */
    }
    m->target = (u32)m->target & 0x7fffffff;
    m->disp = (s64)m->target;
    return n + put_number(to + n, m->target, 4);
}

static unsigned put_vsib(struct maker *m, unsigned mod, unsigned reg, u8 *to)
{
    unsigned base = (unsigned)rng_below(&m->r, 8);

    if (mod == 0 && base == 5)
        base = 3;
    m->vector_idx = (u8)(rng_below(&m->r, 8) | (m->rex & 2 ? 8 : 0));
    to[0] = m->modrm = (u8)(mod << 6 | reg << 3 | 4);
    to[1] = (u8)(rng_below(&m->r, 4) << 6 | (m->vector_idx & 7) << 3 | base);
    m->base = (u8)(base | (m->rex & 1 ? 8 : 0));
    return 2 + put_disp(m, mod, 4, to + 2);
}

static unsigned put_memory_32(struct maker *m, unsigned reg, u8 *to)
{
    unsigned mod = (unsigned)rng_below(&m->r, 3), n = 0;
    unsigned base = (unsigned)rng_below(&m->r, 8);
    bool sib = base == 4;

    if (m->e.vsib && rng_below(&m->r, 60))
        return put_vsib(m, mod, reg, to);
    if (mod == 0 && base == 5)
        return put_absolute(m, reg, rng_one_in(&m->r, 3), to);
    to[n++] = m->modrm = (u8)(mod << 6 | reg << 3 | base);
    if (sib) {
        base = (unsigned)rng_below(&m->r, 8);
        if (mod == 0 && base == 5)
            base = 3;
        m->idx = (u8)(rng_below(&m->r, 8) | (m->rex & 2 ? 8 : 0));
        if ((m->idx & 7) == base && (m->rex & 2 ? 8u : 0u) == (m->rex & 1 ? 8u : 0u))
            m->idx = (u8)(base == 4 ? 4 : m->idx ^ 1);
        m->scale = (u8)rng_below(&m->r, 4);
        to[n++] = (u8)(m->scale << 6 | (m->idx & 7) << 3 | base);
        if (m->idx == RSP)
            m->idx = NO_REGISTER;
    }
    m->base = (u8)(base | (m->rex & 1 ? 8 : 0));
    return n + put_disp(m, mod, 4, to + n);
}

/* AMD's has no register form. */
static bool is_prefetch(const struct maker *m)
{
    return m->e.map == MAP_0F && m->e.opcode == 0x0d;
}

static unsigned put_modrm(struct maker *m, u8 *to)
{
    unsigned reg = m->e.digit >= 0 ? (unsigned)m->e.digit : (unsigned)rng_below(&m->r, 8);
    bool can_be_memory = m->e.mod != MOD_REGISTER && !(m->row->attributes & A_MOV_CR);

    if (m->e.exact >= 0) {
        to[0] = m->modrm = (u8)m->e.exact;
        return 1;
    }
    if (can_be_memory && (m->e.mod == MOD_MEMORY || is_prefetch(m) || rng_below(&m->r, 5) < 3)) {
        m->memory = true;
        m->target = make_target(m, m->asize);
        return m->asize == 16 ? put_memory_16(m, reg, to) : put_memory_32(m, reg, to);
    }
    to[0] = m->modrm = (u8)(0xc0 | reg << 3 | rng_below(&m->r, 8));
    return 1;
}

/* ---- The rest ---- */

static void put_immediate(struct maker *m, u8 *to)
{
    struct rng *r = &m->r;

    put_number(to, value_integer(r), 8);
    if (row_has(m->row, Ob, Ov)) {
        m->memory = true;
        m->target = make_target(m, m->asize);
        put_number(to, m->target, 8);
    } else if (row_has(m->row, Jb, Jz)) {
        put_number(to, rng_below(r, 8) ? (u64)((s64)rng_below(r, 0xe00) - 0x700) : rng_next(r), 8);
    } else if (row_has(m->row, Ap, Ap)) {
        unsigned n = put_number(to, CODE_AT + rng_below(r, CODE_BYTES), m->opsize ? 2 : 4);

        put_number(to + n, rng_one_in(r, 2) ? SEL_CODE32 : make_selector(r), 2);
    } else if (row_has(m->row, Iwb, Iwb)) {
        put_number(to, rng_below(r, 4) ? rng_below(r, 64) : rng_next(r), 2);
        to[2] = (u8)(rng_below(r, 4) ? rng_below(r, 4) : rng_next(r));
    }
}

void make_code(struct maker *m)
{
    u8 *to = m->c->code;
    u8 bytes[40] = { 0 };
    unsigned n = put_prefixes(m, bytes);

    m->memory = false;
    m->base = m->idx = NO_REGISTER;
    m->scale = 0;
    m->disp = 0;
    m->rip_disp_at = 0;
    n += put_opcode(m, bytes + n);
    if (m->e.modrm) {
        unsigned k = put_modrm(m, bytes + n);

        m->rip_disp_at = (u8)(m->rip_disp_at ? m->rip_disp_at - 1 + n : 0);
        n += k;
    }
    put_immediate(m, bytes + n);
    memcpy(to, bytes, sizeof m->c->code);
}
