#include "tests/insn/check.h"

#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/state.h"
#include "tests/insn/gen.h"
#include "tests/insn/maker.h"

/* TF is how the host steps, RF how it restarts. */
static u64 flags_compared(const struct insn_case *c)
{
    return ~(u64)(TF | RF | UNDEFINED_FLAGS(c->row->attributes));
}

static bool same_number(const u8 *a, const u8 *b, unsigned at, unsigned size)
{
    return memcmp(a + at, b + at, size) == 0;
}

/*
 * AMD's processors keep the pointers to the last instruction only while an exception is pending,
 * and 48 bits of each; the SDM has 64: 1 10.5.1.1.
 */
static bool pending(const u8 *fx)
{
    return fx[FX_FSW] & 0x80;
}

/* FCOMI and its like clear C1 on Intel's processors, as here, and keep it on the host. */
static bool same_status(const char *name, const u8 *a, const u8 *b, bool roughly)
{
    bool c1_is_open = roughly || strncmp(name, "fcomi", 5) == 0 || strncmp(name, "fucomi", 6) == 0;

    return !((a[FX_FSW + 1] ^ b[FX_FSW + 1]) & (c1_is_open ? 0xfd : 0xff))
        && a[FX_FSW] == b[FX_FSW];
}

/* Transcendental functions differ by one in the last place at most: SDM 1 8.3.10. */
static bool is_transcendental(const char *name)
{
    static const char *const names[] = {
        "fsin", "fcos", "fsincos", "fptan", "fpatan", "f2xm1", "fyl2x", "fyl2xp1",
    };

    for (unsigned i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static u64 load8(const u8 *at)
{
    u64 v;

    memcpy(&v, at, 8);
    return v;
}

static bool near(const u8 *a, const u8 *b)
{
    u64 apart = load8(a) - load8(b);

    if (apart + 1 <= 2)
        return same_number(a, b, 8, 2);
    return ((load8(a) == BIT(63) && load8(b) == ~(u64)0)    /* below and above a power of two */
            || (load8(b) == BIT(63) && load8(a) == ~(u64)0));
}

/* Twelve bits each of RCPPS and RSQRTPS are defined: an error below 1.5 * 2^-12. */
static bool near_reciprocal(const u8 *a, const u8 *b)
{
    for (unsigned i = 0; i < 16; i += 4) {
        u32 x, y;

        memcpy(&x, a + i, 4);
        memcpy(&y, b + i, 4);
        if (x - y + 6144 > 12288 && ((x ^ y) & BIT(31) || (x | y) & 0x7f000000))
            return false;               /* tiny ones may be zero */
    }
    return true;
}

/*
 * The turn of the x87 unit to MMX: CVTPI2PS from memory makes it on Intel's processors, as here,
 * not on the host; conversions to MMX and MASKMOVQ that fault have made it on the host.
 */
static bool mmx_is_open(const struct insn_case *c, const struct insn_result *host)
{
    const char *name = insn_name(c->row);

    return strcmp(name, "cvtpi2ps") == 0
        || (host->vector != NO_VECTOR && strcmp(name, "maskmovq") == 0)
        || (host->vector == V_XM && strncmp(name, "cvt", 3) == 0 && strstr(name, "2pi"));
}

static const char *xmm_difference(const char *name, const u8 *a, const u8 *b)
{
    const char *bare = name[0] == 'v' ? name + 1 : name;
    bool roughly = strncmp(bare, "rcp", 3) == 0 || strncmp(bare, "rsqrt", 5) == 0;

    for (unsigned i = FX_XMM; i < FX_USED; i += 16)
        if (!same_number(a, b, i, 16) && !(roughly && near_reciprocal(a + i, b + i)))
            return "XMM";
    for (unsigned i = FX_YMM; i < FX_WHOLE; i += 16)
        if (!same_number(a, b, i, 16) && !(roughly && near_reciprocal(a + i, b + i)))
            return "YMM";
    return same_number(a, b, FX_MXCSR, 4) ? NULL : "MXCSR";
}

static const char *fx_difference(const char *name, const u8 *a, const u8 *b)
{
    bool roughly = is_transcendental(name);

    static const struct { u16 at, size; const char *name; } part[] = {
        { FX_FCW, 2, "FCW" }, { FX_FTW, 1, "FTW" }, { FX_FOP, 2, "FOP" },
        { FX_FIP, 6, "FIP" }, { FX_FDP, 6, "FDP" },
    };

    for (unsigned i = 0; i < COUNT(part); i++)
        if (!same_number(a, b, part[i].at, part[i].size) && (i < 2 || pending(a)))
            return part[i].name;
    if (!same_status(name, a, b, roughly))
        return "FSW";
    for (unsigned i = 0; i < 8; i++)
        if (!same_number(a, b, FX_ST + 16 * i, 10)
            && !(roughly && near(a + FX_ST + 16 * i, b + FX_ST + 16 * i)))
            return "ST";
    return NULL;
}

/* The halves that 32-bit code does not see are not defined: SDM 1 3.4.1.1 */
static u64 seen(const struct insn_case *c, const struct registers *r, unsigned n)
{
    if (c->bits == 64 && r->sel[CS] != SEL_CODE32)
        return r->gpr[n];
    return n < 8 ? (u32)r->gpr[n] : 0;
}

/* The host's way to its signal handler turns null selectors into 0: SDM 2 IRET. */
static u16 visible(u16 selector)
{
    return selector < 4 ? 0 : selector;
}

static const char *register_difference(const struct insn_case *c, const struct registers *a,
                                       const struct registers *b)
{
    static const char *const name[16] = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
        "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
    };
    static const char *const segment[6] = { "ES", "CS", "SS", "DS", "FS", "GS" };

    if (a->rip != b->rip)
        return "RIP";
    for (unsigned i = 0; i < 16; i++)
        if (seen(c, a, i) != seen(c, b, i))
            return name[i];
    if ((a->rflags ^ b->rflags) & flags_compared(c))
        return "flags";
    for (unsigned i = 0; i < 6; i++)
        if (visible(a->sel[i]) != visible(b->sel[i]))
            return segment[i];
    if (c->bits == 64 && a->fs_base != b->fs_base)
        return "FS base";
    if (c->bits == 64 && a->gs_base != b->gs_base)
        return "GS base";
    return NULL;
}

/*
 * Bytes that may differ. PUSH of a segment register with a 32-bit operand writes a word on Intel's
 * processors, as here, and a doubleword on the host: SDM 2 PUSH. FXSAVE tells which bits of MXCSR
 * there are.
 */
static bool is_open(const struct insn_case *c, unsigned at)
{
    const char *name = insn_name(c->row);

    if (strcmp(name, "push_seg") == 0)
        return (int)at >= data_offset(c->in.gpr[RSP]) - 6;
    return strcmp(name, "fxsave") == 0 && c->patches && at - c->patch[0].at - FX_MXCSR - 4u < 4;
}

static bool same_bytes(const struct insn_case *c, const struct insn_result *a,
                       const struct insn_result *b)
{
    unsigned i = 0, k = 0;

    while (i < a->changed || k < b->changed) {
        unsigned x = i < a->changed ? a->delta[i].at : DATA_BYTES;
        unsigned y = k < b->changed ? b->delta[k].at : DATA_BYTES;

        if (!is_open(c, x < y ? x : y) && (x != y || a->delta[i].value != b->delta[k].value))
            return false;
        i += x <= y;
        k += y <= x;
    }
    return true;
}

static const char *memory_difference(const struct insn_case *c, const struct insn_result *a,
                                     const struct insn_result *b)
{
    if (a->changed <= DELTAS && b->changed <= DELTAS)
        return same_bytes(c, a, b) ? NULL : "memory";
    if (a->changed != b->changed || a->hash != b->hash)
        return "memory";
    return NULL;
}

/* The kernel does not tell whether its own pages are there. */
static bool same_error(const struct insn_result *host, const struct insn_result *ours)
{
    u32 mask = host->vector == V_PF && host->cr2 >= 0x7ffffffff000 ? ~1u : ~0u;

    return !((host->error ^ ours->error) & mask);
}

/*
 * What comes first of several faults, or of several bytes that fault, and what a fault in the
 * middle leaves: the manuals do not say, or the two manuals differ.
 */
static const char *const fault_order_is_open[] = {
    "cmps", "popa", "fldenv", "fnstenv", "frstor", "fnsave", "fxsave", "fxrstor", "retf", "iret",
    "call_far_ind", "pusha",
};

static bool order_is_open(const struct insn_case *c, const struct insn_result *host,
                          const struct insn_result *ours)
{
    const char *name = insn_name(c->row);

    if (host->vector < V_SS || host->vector > V_AC || ours->vector < V_SS || ours->vector > V_AC)
        return false;
    if (strcmp(name, "call_ind") == 0)  /* pushes first: SDM 2 CALL checks the target first */
        return ours->vector == V_GP;
    if ((c->row->attributes & (A_SSE | A_AVX) || strcmp(name, "cmpxchg16b") == 0)
        && host->vector == V_GP && ours->vector == V_SS)
        return true;                    /* misaligned, and not canonical on the stack */
    for (unsigned i = 0; i < COUNT(fault_order_is_open); i++)
        if (strcmp(name, fault_order_is_open[i]) == 0)
            return true;
    return false;
}

static bool has_opsize(const struct insn_case *c)
{
    unsigned i = 0;

    while (i < c->length && c->code[i] != 0x66 && c->code[i] != 0x0f)
        i++;
    return c->code[i] == 0x66;
}

/* The manuals define nothing, or the host does something of its own. */
static bool anything_goes(const struct insn_case *c, const struct insn_result *host,
                          const struct insn_result *ours)
{
    const char *name = insn_name(c->row);

    if (host->out.fx[FX_MXCSR + 2] & 2)         /* AMD's misaligned mode: reserved in the SDM */
        return true;
    if (strcmp(name, "shld_cl") == 0 || strcmp(name, "shrd_cl") == 0)   /* SDM 2 SHLD */
        return has_opsize(c) && (c->in.gpr[RCX] & 31) > 16;
    if (strcmp(name, "cvtpi2ps") == 0 && ours->vector == V_MF)  /* see mmx_is_open() */
        return true;
    if (strncmp(name, "maskmov", 7) == 0)       /* is what is masked off checked? SDM 2 MASKMOVQ */
        return host->vector != NO_VECTOR;
    if (strncmp(name, "vpgather", 8) == 0)      /* what does a fault leave in the mask? */
        return ours->vector != NO_VECTOR && ours->vector != V_UD;
    if (c->row->feature == F_SHA)       /* the host wants no alignment, against both manuals */
        return ours->vector == V_GP;
    if (strcmp(name, "ins") == 0 || strcmp(name, "outs") == 0)  /* is a count of 0 checked? */
        return !(u16)c->in.gpr[RCX] && host->vector == V_GP;
    return false;
}

const char *insn_difference(const struct insn_case *c, const struct insn_result *host,
                            const struct insn_result *ours)
{
    const char *what;

    if (anything_goes(c, host, ours) || order_is_open(c, host, ours))
        return NULL;
    if (host->vector != ours->vector)
        return "vector";
    if (host->vector != NO_VECTOR && !same_error(host, ours))
        return "error code";
    if (host->cr2 != ours->cr2)
        return "CR2";
    what = register_difference(c, &host->out, &ours->out);
    if (!what && !mmx_is_open(c, host))
        what = fx_difference(insn_name(c->row), host->out.fx, ours->out.fx);
    if (!what)
        what = xmm_difference(insn_name(c->row), host->out.fx, ours->out.fx);
    return what ? what : memory_difference(c, host, ours);
}

/* ---- For people ---- */

static void print_fx(FILE *f, const u8 *in, const u8 *a, const u8 *b)
{
    for (unsigned i = 0; i < 32; i += 4)
        if (!same_number(in, a, i, 4) || !same_number(in, b, i, 4))
            fprintf(f, "  fx+%02u   %08x  host %08x  ours %08x\n", i, *(const u32 *)(in + i),
                    *(const u32 *)(a + i), *(const u32 *)(b + i));
    for (unsigned i = 0; i < 40; i++) {
        unsigned at = i < 24 ? FX_ST + 16 * i : FX_YMM + 16 * (i - 24);
        const u8 *v[3] = { in + at, a + at, b + at };
        static const char *const who[3] = { "", "  host ", "  ours " };

        if (!memcmp(v[0], v[1], 16) && !memcmp(v[0], v[2], 16))
            continue;
        fprintf(f, "  %s%-2u ", i < 8 ? "ST  " : i < 24 ? "XMM " : "YMM ",
                i < 8 ? i : (i - 8) & 15);
        for (unsigned k = 0; k < 3; k++)
            fprintf(f, "%s%016llx %016llx", who[k], *(const unsigned long long *)(v[k] + 8),
                    *(const unsigned long long *)v[k]);
        fprintf(f, "\n");
    }
}

static void print_line(FILE *f, const char *name, u64 in, u64 a, u64 b)
{
    fprintf(f, "  %-6s %16llx  host %16llx  ours %16llx%s\n", name, (unsigned long long)in,
            (unsigned long long)a, (unsigned long long)b, a == b ? "" : "  <<<");
}

static void print_deltas(FILE *f, const char *who, const struct insn_result *r)
{
    fprintf(f, "  memory, %s: %u bytes", who, r->changed);
    for (unsigned i = 0; i < r->changed && i < 40; i++)
        fprintf(f, "%s %x=%02x", i % 16 ? "" : "\n   ", r->delta[i].at, r->delta[i].value);
    fprintf(f, "\n");
}

void insn_print(FILE *f, const struct insn_case *c, const struct insn_result *host,
                const struct insn_result *ours)
{
    static const char *const name[16] = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    const struct registers *in = &c->in, *a = &host->out, *b = &ours->out;

    fprintf(f, "\"%s\" %s, %u bits%s:", c->row->encoding, insn_name(c->row), c->bits,
            c->through ? ", through" : "");
    for (unsigned i = 0; i < c->length; i++)
        fprintf(f, " %02x", c->code[i]);
    fprintf(f, "\n  vector host %x (error %x, cr2 %llx)  ours %x (error %x, cr2 %llx)\n",
            host->vector, host->error, (unsigned long long)host->cr2, ours->vector, ours->error,
            (unsigned long long)ours->cr2);
    for (unsigned i = 0; i < 16; i++)
        print_line(f, name[i], in->gpr[i], a->gpr[i], b->gpr[i]);
    print_line(f, "rip", in->rip, a->rip, b->rip);
    print_line(f, "flags", in->rflags, a->rflags, b->rflags);
    for (unsigned i = 0; i < 6; i++)
        print_line(f, "seg", in->sel[i], a->sel[i], b->sel[i]);
    print_line(f, "fsbase", in->fs_base, a->fs_base, b->fs_base);
    print_line(f, "gsbase", in->gs_base, a->gs_base, b->gs_base);
    print_fx(f, in->fx, a->fx, b->fx);
    for (unsigned i = 0; i < c->patches; i++) {
        fprintf(f, "  data %x:", c->patch[i].at);
        for (unsigned k = 0; k < c->patch[i].count && k < 32; k++)
            fprintf(f, " %02x", c->patch[i].bytes[k]);
        fprintf(f, "\n");
    }
    print_deltas(f, "host", host);
    print_deltas(f, "ours", ours);
}
