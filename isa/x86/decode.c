/* isa/x86/decode.c */
/*
 * Prefixes, opcode, ModRM, SIB, displacement, immediate: SDM 2 chapter 2. The rows of
 * opcodes/ say what the bytes mean; this file only finds the row.
 */
#include "isa/x86/decoding.h"

#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/interp.h"
#include "isa/x86/mode.h"

/* Bytes of an instruction: SDM 2 2.3.11; iAPX 286 Programmer's Reference, exception 13 */
enum { LONGEST = 15, LONGEST_286 = 10 };
enum { GOT, MORE, BAD, NO_VEX };

static unsigned longest(const struct x86 *cpu)
{
    return x86_has(cpu, F_I386) || x86_has(cpu, F_ONLY86) ? LONGEST : LONGEST_286;
}

static int fetch(struct decoding *s, unsigned n, u64 *value)
{
    u64 v = 0;

    if (unlikely(s->at + n > LONGEST_286) && s->at + n > longest(s->cpu)) {
        s->vector = V_GP;
        return BAD;
    }
    if (s->at + n > s->code->room)
        return MORE;
    memcpy(&v, s->code->bytes + s->at, n);
    s->at += n;
    *value = v;
    return GOT;
}

static int fetch_signed(struct decoding *s, unsigned n, s64 *value)
{
    u64 v = 0;
    int r = fetch(s, n, &v);

    *value = n == 8 ? (s64)v : (s64)(v << (64 - 8 * n)) >> (64 - 8 * n);
    return r;
}

static int illegal(struct decoding *s)
{
    s->vector = V_UD;
    return BAD;
}

static void override(struct decoding *s, enum segment_name name)
{
    s->segment = (u8)name;
    s->segment_given = true;
}

static bool prefix(struct decoding *s, u8 byte)
{
    bool i386 = x86_has(s->cpu, F_I386);

    switch (byte) {
    case 0x26: override(s, ES); return true;
    case 0x2e: override(s, CS); return true;
    case 0x36: override(s, SS); return true;
    case 0x3e: override(s, DS); s->no_track = true; return true;
    case 0xf0: s->lock = 1; return true;
    case 0xf2: case 0xf3: s->repeat = byte; return true;
    case 0xf1:
        if (!x86_has(s->cpu, F_ONLY86))
            return false;
        s->lock = 1;
        return true;
    case 0x64: case 0x65:
        if (i386)
            override(s, byte == 0x64 ? FS : GS);
        return i386;
    case 0x66: s->opsize_given = i386; return i386;
    case 0x67: s->asize_given = i386; return i386;
    default: return false;
    }
}

/*
 * C4h and C5h are LES and LDS outside of 64-bit code, unless what would be their ModRM byte names
 * a register; in real and virtual-8086 mode, and where nothing is encoded so, always.
 */
static int vex_begins(struct decoding *s)
{
    bool any = x86_has(s->cpu, F_AVX) || x86_has(s->cpu, F_BMI1) || x86_has(s->cpu, F_BMI2);

    if (!any || x86_is_real(s->cpu))
        return NO_VEX;
    if (s->code_size == MODE_64)
        return GOT;
    if (s->at == s->code->room)
        return MORE;
    return s->code->bytes[s->at] >= 0xc0 ? GOT : NO_VEX;
}

/*
 * SDM 2 2.3.5: what REX and the prefixes 66 F2 F3 would say is said by VEX, inverted in part. Bits
 * that name registers beyond the eighth do not count outside of 64-bit code.
 */
static int vex(struct decoding *s, u8 first)
{
    static const u8 repeat[4] = { 0, 0, 0xf3, 0xf2 };
    u64 v = 0, byte;
    int r = vex_begins(s);

    if (r != GOT)
        return r;
    if ((r = fetch(s, first == 0xc4 ? 2 : 1, &v)) != GOT)
        return r;
    if (first == 0xc5)                  /* as C4h has it, X, B and W clear, the map 0F */
        v = (v & 0x80) | 0x61 | (v & 0x7f) << 8;
    s->vex = true;
    s->vex_late = s->rex || s->lock || s->opsize_given || s->repeat;
    s->rex = (u8)((~v >> 5 & 7) | (v >> 12 & REX_W));
    s->vvvv = ~v >> 11 & 15;
    if (s->code_size != MODE_64)
        s->rex &= REX_W;
    s->vex_l = v >> 10 & 1;
    s->opsize_given = (v >> 8 & 3) == 1;
    s->repeat = repeat[v >> 8 & 3];
    s->map = (u8)(MAP_VEX + (v & 0x1f));
    if ((v & 0x1f) < MAP_0F || (v & 0x1f) > MAP_0F3A)
        return illegal(s);
    if ((r = fetch(s, 1, &byte)) != GOT)
        return r;
    s->opcode = (u8)byte;
    s->opcode_at = (u8)(s->at - 1);
    return GOT;
}

/* In 64-bit mode the ES CS SS DS prefixes are null: SDM 2 2.2.1. The last of FS and GS counts. */
static int prefixes_and_opcode(struct decoding *s)
{
    u64 b;
    u8 fs_gs = 0;
    int r;

    for (;;) {
        if ((r = fetch(s, 1, &b)) != GOT)
            return r;
        if (s->code_size == MODE_64 && (b & 0xf0) == REX) {
            s->rex = (u8)b;
            continue;
        }
        if (!prefix(s, (u8)b))
            break;
        if (s->code_size == MODE_64 && (b == 0x64 || b == 0x65))
            fs_gs = b == 0x64 ? FS : GS;
        s->rex = 0;                     /* REX counts only right before the opcode */
    }
    if (s->code_size == MODE_64) {
        s->segment = fs_gs ? fs_gs : DS;
        s->segment_given = fs_gs != 0;
    }
    s->map = MAP_1;
    if ((b & 0xfe) == 0xc4 && (r = vex(s, (u8)b)) != NO_VEX)
        return r;
    if (b == 0x0f && !x86_has(s->cpu, F_ONLY86)) {
        if ((r = fetch(s, 1, &b)) != GOT)
            return r;
        s->map = MAP_0F;
        if (b == 0x38 || b == 0x3a) {
            s->map = b == 0x38 ? MAP_0F38 : MAP_0F3A;
            if ((r = fetch(s, 1, &b)) != GOT)
                return r;
        }
    }
    s->opcode = (u8)b;
    s->opcode_at = (u8)(s->at - 1);
    return GOT;
}

static bool matches(const struct decoding *s, const struct encoding *e)
{
    if (e->exact >= 0 && e->exact != s->modrm)
        return false;
    if (e->mod == MOD_MEMORY && s->modrm >= 0xc0)
        return false;
    if (e->mod == MOD_REGISTER && s->modrm < 0xc0)
        return false;
    if (e->b0 && s->rex & REX_B)
        return false;
    if (e->w >= 0 && e->w != ((s->rex & REX_W) != 0))
        return false;
    if (s->vex && e->length < LENGTH_IGNORED && e->length != s->vex_l)
        return false;
    switch (e->prefix) {
    case PREFIX_NONE: return !s->opsize_given && !s->repeat;
    case PREFIX_66:   return s->opsize_given && !s->repeat;
    case PREFIX_F3:   return s->repeat == 0xf3;
    case PREFIX_F2:   return s->repeat == 0xf2;
    default:          return true;
    }
}

/* May this CPU, in this mode, run it? */
static bool allowed(const struct decoding *s, const struct row *row)
{
    u64 mode = s->cpu->mode;

    if (!x86_has(s->cpu, row->feature))
        return false;
    if (row->attributes & (s->code_size == MODE_64 ? A_NO64 : A_ONLY64))
        return false;
    return !(row->attributes & A_PROT && (!(mode & MODE_PE) || mode & MODE_V86));
}

static const struct row *find_row(struct decoding *s)
{
    const struct decoder *d = x86_decoder(s->cpu);
    bool modrm = d->opcode[s->map][s->opcode] & OPCODE_MODRM;
    unsigned reg = modrm ? s->modrm >> 3 & 7 : 0;

    for (unsigned n = d->first[s->map][s->opcode][reg]; n; n = d->nodes[n - 1].next) {
        const struct row *row = &x86_rows[d->nodes[n - 1].row];

        if (matches(s, &d->encoding[d->nodes[n - 1].row]) && allowed(s, row))
            return row;
    }
    return NULL;
}

/* ---- Operands ---- */

static unsigned byte_register(const struct decoding *s, unsigned n)
{
    if (!s->rex && n >= 4)
        return GPR_OFFSET(n - 4) + 1;   /* AH CH DH BH */
    return GPR_OFFSET(n);
}

static int memory_16(struct decoding *s, s64 *disp)
{
    static const u8 base[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
    static const u8 idx[8] = { RSI, RDI, RSI, RDI, ZERO, ZERO, ZERO, ZERO };
    unsigned mod = s->modrm >> 6, rm = s->modrm & 7;
    bool direct = mod == 0 && rm == 6;

    s->out->op.base = (u8)GPR_OFFSET(direct ? ZERO : base[rm]);
    s->out->op.idx = (u8)GPR_OFFSET(idx[rm]);
    if (!s->segment_given)
        s->segment = !direct && base[rm] == RBP ? SS : DS;
    *disp = 0;
    return mod == 0 && !direct ? GOT : fetch_signed(s, mod == 1 ? 1 : 2, disp);
}

/*
 * The 80386 scales the base when there is no index; later processors pass the scale over, and the
 * manuals leave it open. Source: test386.asm, "Undefined Behaviour".
 */
static void scale_base(struct decoding *s)
{
    if (s->out->op.idx == GPR_OFFSET(ZERO) && s->out->op.mem && !x86_has(s->cpu, F_I486)) {
        s->out->op.idx = s->out->op.base;
        s->out->op.base = (u8)GPR_OFFSET(ZERO);
    }
}

static int memory_32(struct decoding *s, s64 *disp)
{
    unsigned mod = s->modrm >> 6, base = s->modrm & 7, idx = ZERO, scale = 0;
    u64 sib;
    int r;

    *disp = 0;
    if (base == 4) {
        if ((r = fetch(s, 1, &sib)) != GOT)
            return r;
        base = sib & 7;
        idx = (unsigned)(sib >> 3 & 7) | (s->rex & REX_X ? 8 : 0);
        idx = idx == 4 && !s->vsib ? ZERO : idx;
        scale = (unsigned)sib >> 6;
    } else if (mod == 0 && base == 5 && s->code_size == MODE_64) {
        s->rip_relative = true;
    }
    if (mod == 0 && base == 5) {
        base = ZERO;
        mod = 2;
    } else if (s->rex & REX_B) {
        base |= 8;
    }
    if (!s->segment_given)
        s->segment = base == RSP || base == RBP ? SS : DS;
    s->out->op.base = (u8)GPR_OFFSET(base);
    s->out->op.idx = s->vsib ? (u8)idx : (u8)GPR_OFFSET(idx);
    s->out->op.mem = (u8)scale;
    scale_base(s);
    return mod == 0 ? GOT : fetch_signed(s, mod == 1 ? 1 : 4, disp);
}

/* Which of the fast ways to an address serves. */
static u8 choose_ea(const struct decoding *s, bool absolute)
{
    if (s->code_size != MODE_64 || s->asize != ASIZE_64 || s->segment == FS || s->segment == GS)
        return EA_GEN;
    if (absolute || s->rip_relative)
        return EA_ABS;
    return s->out->op.idx == GPR_OFFSET(ZERO) ? EA_BD : EA_BIS;
}

static void finish_memory(struct decoding *s, bool absolute)
{
    s->ea = choose_ea(s, absolute);
    s->out->op.mem |= (u8)(s->segment << MEM_SEG_SHIFT | s->asize << MEM_ASIZE_SHIFT);
    s->memory = true;
}

static int modrm_memory(struct decoding *s)
{
    s64 disp;
    int r = s->asize == ASIZE_16 ? memory_16(s, &disp) : memory_32(s, &disp);
    unsigned mod = s->modrm >> 6;

    if (mod == 1 || disp != 0 || mod == 2 || s->rip_relative
        || s->out->op.base == GPR_OFFSET(ZERO)) {
        s->disp_bytes = mod == 1 ? 1 : s->asize == ASIZE_16 ? 2 : 4;
        s->disp_at = (u8)(s->at - s->disp_bytes);
    }
    s->out->op.disp = (s32)disp;
    finish_memory(s, false);
    return r;
}

static int moffs(struct decoding *s)
{
    u64 address = 0;
    int r = fetch(s, 2u << s->asize, &address);

    if (!s->segment_given)
        s->segment = DS;
    s->out->op.imm64 = address;
    s->out->op.idx = IDX_ABSOLUTE;
    s->out->op.mem = MEM_RIP;
    s->wide = true;
    finish_memory(s, true);
    return r;
}

static int immediate(struct decoding *s, unsigned bytes, bool sign)
{
    s64 v = 0;
    int r;

    if (sign) {
        r = fetch_signed(s, bytes, &v);
    } else {
        u64 u = 0;

        r = fetch(s, bytes, &u);
        v = (s64)u;
    }
    s->out->op.imm = (s32)v;
    s->has_imm = true;
    s->imm_bytes = (u8)bytes;
    s->imm_at = (u8)(s->at - bytes);
    s->imm_signed = sign;
    return r;
}

/* Displacement is where the immediate of a far pointer or of MOV r64 goes: the wide union. */
static int wide_immediate(struct decoding *s, unsigned bytes)
{
    u64 v = 0;
    int r = fetch(s, bytes, &v);

    s->wide = true;
    s->out->op.imm64 = v;
    return r;
}

static int far_pointer(struct decoding *s)
{
    u64 offset = 0, selector = 0;
    int r = fetch(s, s->width == WIDTH_W ? 2 : 4, &offset);

    if (r == GOT)
        r = fetch(s, 2, &selector);
    s->wide = true;
    s->out->op.disp = (s32)offset;
    s->out->op.imm = (s32)selector;
    return r;
}

static int relative(struct decoding *s, unsigned bytes)
{
    s64 v = 0;
    int r = fetch_signed(s, bytes, &v);

    s->out->to.rip = (u64)v;            /* made absolute when the length is known */
    s->imm_bytes = (u8)bytes;
    s->imm_at = (u8)(s->at - bytes);
    return r;
}

static void set_register(struct decoding *s, unsigned position, unsigned value)
{
    u8 *field[4] = { &s->out->op.dst, &s->out->op.src, &s->out->op.base, &s->out->op.idx };

    *field[position] = (u8)value;
}

enum { CLASS_GENERAL, CLASS_BYTE, CLASS_INDEX };

static void put_register(struct decoding *s, unsigned position, unsigned n, int class)
{
    set_register(s, position, class == CLASS_BYTE ? byte_register(s, n)
                 : class == CLASS_GENERAL ? (unsigned)GPR_OFFSET(n) : n);
}

/*
 * Registers go where their operand stands. But where VEX.vvvv names one that is always op.src, and
 * ModRM.reg op.dst; ModRM.rm is op.base with any VEX.
 */
enum { PLACE_REG = 0, PLACE_VVVV = 1, PLACE_RM = 2 };

static void put_rm(struct decoding *s, unsigned position, unsigned n, int class)
{
    if (s->memory)
        return;
    if (!s->by_role)
        put_register(s, position, n, class);
    if (s->vex)
        put_register(s, PLACE_RM, n, class);
}

/* Operands that ModRM.rm names: a register, or memory (whose registers are known already). */
static bool rm_operand(struct decoding *s, unsigned position, unsigned operand)
{
    unsigned n = (s->modrm & 7) | (s->rex & REX_B ? 8 : 0);

    switch (operand) {
    case Eb:
        put_rm(s, position, n, CLASS_BYTE);
        return true;
    case Ew: case Ed: case Eq: case Ev: case Ey: case Rw: case Rd: case Rq: case Rv: case Ry:
        put_rm(s, position, n, CLASS_GENERAL);
        return true;
    case W: case Wq: case Wd: case Ww: case Wb: case U:
        put_rm(s, position, n, CLASS_INDEX);
        return true;
    case Q: case Qd: case N: case STi:
        put_rm(s, position, n & 7, CLASS_INDEX);
        return true;
    case M: case Mb: case Mw: case Md: case Mq: case Mv: case My: case Mt: case Mx: case Mp:
    case VSIB:
        return true;
    default:
        return false;
    }
}

/* Its upper bit does not count outside of 64-bit code, which no template knows. */
static int fourth_register(struct decoding *s)
{
    int r = immediate(s, 1, false);

    s->wide |= s->code_size != MODE_64;
    s->out->op.imm &= s->code_size == MODE_64 ? 0xff : 0x7f;
    return r;
}

/* FS and GS came with the 80386; the 8086 looks at two bits only. */
static int segment_register(struct decoding *s, unsigned position, unsigned n)
{
    put_register(s, position, x86_has(s->cpu, F_ONLY86) ? n & 3 : n, CLASS_INDEX);
    return n > (x86_has(s->cpu, F_I386) ? GS : x86_has(s->cpu, F_ONLY86) ? 7u : DS)
        ? illegal(s) : GOT;
}

static int operand(struct decoding *s, unsigned position, unsigned kind)
{
    unsigned reg = (s->modrm >> 3 & 7) | (s->rex & REX_R ? 8 : 0);
    unsigned low = (s->opcode & 7) | (s->rex & REX_B ? 8 : 0);
    unsigned vvvv = s->vvvv & (s->code_size == MODE_64 ? 15 : 7);

    if (rm_operand(s, position, kind))
        return GOT;
    if (s->by_role)
        position = PLACE_REG;
    switch (kind) {
    case Gb: put_register(s, position, reg, CLASS_BYTE); return GOT;
    case Gw: case Gd: case Gq: case Gv: case Gy:
        put_register(s, position, reg, CLASS_GENERAL); return GOT;
    case Zb: put_register(s, position, low, CLASS_BYTE); return GOT;
    case Zv: case Zq: put_register(s, position, low, CLASS_GENERAL); return GOT;
    case AL: case rAX: put_register(s, position, RAX, CLASS_GENERAL); return GOT;
    case CL: put_register(s, position, RCX, CLASS_GENERAL); return GOT;
    case rDX: put_register(s, position, RDX, CLASS_GENERAL); return GOT;
    case V: put_register(s, position, reg, CLASS_INDEX); return GOT;
    case V0: return GOT;
    case H: put_register(s, PLACE_VVVV, vvvv, CLASS_INDEX); return GOT;
    case By: put_register(s, PLACE_VVVV, vvvv, CLASS_GENERAL); return GOT;
    case L: return fourth_register(s);
    case P: put_register(s, position, reg & 7, CLASS_INDEX); return GOT;
    case Cy: case Dy: put_register(s, position, reg, CLASS_INDEX); return GOT;
    case Sw: return segment_register(s, position, reg & 7);
    case sES: case sCS: case sSS: case sDS: case sFS: case sGS:
        set_register(s, position, kind - sES); return GOT;
    case Ib: return immediate(s, 1, false);
    case Ibs: return immediate(s, 1, true);
    case Iw: return immediate(s, 2, false);
    case Iz: return immediate(s, s->width == WIDTH_W ? 2 : 4, true);
    case Iv: return wide_immediate(s, 1u << s->width);
    case I1: s->out->op.imm = 1; s->has_imm = true; return GOT;
    case Iwb: return immediate(s, 3, false);
    case Ap: return far_pointer(s);
    case Jb: return relative(s, 1);
    case Jz: return relative(s, s->width == WIDTH_W ? 2 : 4);
    case Ob: case Ov: return moffs(s);
    default: return GOT;
    }
}

/* SDM 2 table 3-4; 3A table 21-1. With VEX: SDM 2 2.3.6.1 */
static u8 operand_width(const struct decoding *s, const struct row *row)
{
    if (s->vex)
        return s->code_size == MODE_64 && s->rex & REX_W ? WIDTH_Q : WIDTH_D;
    if (s->code_size == MODE_64) {
        if (row->attributes & A_F64 || s->rex & REX_W)
            return WIDTH_Q;
        if (s->opsize_given)
            return WIDTH_W;
        return row->attributes & A_D64 ? WIDTH_Q : WIDTH_D;
    }
    return (s->code_size == MODE_32) != s->opsize_given ? WIDTH_D : WIDTH_W;
}

/* #NM, #UD of the floating-point and vector units: SDM 3A 2.5, 13.1; SDM 2 2.4. 0: none. */
static u8 unit_vector(u64 mode, u32 attributes)
{
    if (attributes & A_AVX)
        return !(mode & MODE_AVX) ? V_UD : mode & MODE_TS ? V_NM : 0;
    if (attributes & A_X87 && mode & (MODE_EM | MODE_TS))
        return V_NM;
    if (attributes & A_SSE && (mode & MODE_EM || !(mode & MODE_SSE)))
        return V_UD;
    if (attributes & A_MMX && mode & MODE_EM)
        return V_UD;
    if (attributes & (A_SSE | A_MMX) && mode & MODE_TS)
        return V_NM;
    return 0;
}

/* What #UD comes of with VEX, whatever the row: SDM 2 2.3.2, 2.3.6. */
static bool vex_is_legal(const struct decoding *s, const struct encoding *e)
{
    return !s->vex_late && (e->vvvv || s->vvvv == 0);
}

/* SDM 2 2.3.12, and the entries of VPGATHERDD and its like: no two of the registers coincide. */
static bool vsib_is_legal(const struct decoding *s)
{
    const struct op *op = &s->out->op;

    return (s->modrm & 7) == 4 && s->asize != ASIZE_16
        && op->dst != op->src && op->dst != op->idx && op->src != op->idx;
}

static int decode(struct decoding *s)
{
    struct insn *out = s->out;
    const struct row *row;
    const struct encoding *e;
    const struct decoder *d = x86_decoder(s->cpu);
    unsigned opcode_end;
    u64 byte;
    int r = prefixes_and_opcode(s);

    if (r != GOT)
        return r;
    s->asize = s->code_size == MODE_64 ? (s->asize_given ? ASIZE_32 : ASIZE_64)
        : (s->code_size == MODE_32) != s->asize_given ? ASIZE_32 : ASIZE_16;
    s->modrm = 0;
    opcode_end = s->at;
    if (d->opcode[s->map][s->opcode] & OPCODE_MODRM) {
        if ((r = fetch(s, 1, &byte)) != GOT)
            return r;
        s->modrm = (u8)byte;
    }
    row = find_row(s);
    if (!row)
        return illegal(s);
    e = &d->encoding[row - x86_rows];
    out->row = row;
    s->width = operand_width(s, row);
    s->by_role = e->vvvv;
    s->vsib = e->vsib;
    if (!e->modrm)
        s->at = opcode_end;             /* an 8086's row where others have ModRM */
    else if (s->modrm < 0xc0 && !(row->attributes & A_MOV_CR) && e->exact < 0)
        if ((r = modrm_memory(s)) != GOT)
            return r;
    for (unsigned i = 0; i < COUNT(row->operand) && row->operand[i]; i++)
        if ((r = operand(s, i, row->operand[i])) != GOT)
            return r;
    if (s->lock && !(row->attributes & A_LOCK && s->memory) && x86_has(s->cpu, F_I386))
        return illegal(s);
    if (s->vex && (!vex_is_legal(s, e) || (s->vsib && !vsib_is_legal(s))))
        return illegal(s);
    s->vector = unit_vector(s->cpu->mode, row->attributes);
    if (s->vector)
        return BAD;
    if (s->rip_relative) {
        out->op.mem |= MEM_RIP;
        out->op.idx = s->has_imm ? IDX_RELATIVE : IDX_ABSOLUTE;
        if (!s->has_imm)
            out->op.imm64 = s->rip + s->at + (s64)out->op.disp;
    }
    if (is_relative(row))
        out->to = decode_target(s->cpu, s->rip + s->at + out->to.rip, s->width);
    return GOT;
}

enum decode_result decode_anew(struct decoding *s)
{
    struct insn *out = s->out;
    int r;

    *out = (struct insn){ .op = { .base = (u8)GPR_OFFSET(ZERO), .idx = (u8)GPR_OFFSET(ZERO) } };
    r = decode(s);
    if (r == MORE)
        return DECODE_MORE;
    out->length = (u8)s->at;
    if (r == BAD) {
        out->op.fn = h_raise;
        out->op.dst = s->vector;
        out->ends = true;
        return DECODE_FAULT;
    }
    decode_choose(s);
    return DECODED;
}
