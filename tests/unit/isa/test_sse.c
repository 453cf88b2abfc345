/*
 * MMX and SSE against the host's own units, where the host is an x86-64: every row of
 * opcodes/sse.def with random operands, addresses, MXCSR and control words. The same bytes run in
 * this process and on a bare CPU, and all that they may change is compared, exceptions included.
 */
#define _GNU_SOURCE                     /* REG_RIP */
#include <criterion/criterion.h>

#include "tests/unit/isa/fpu_operands.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "dispatch.h"
#include "isa/x86/block.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/decode.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "isa/x86/opcode.h"
#include "isa/x86/operations.h"
#include "tests/insn/bare.h"

/*
 * Both sides see one region: data around a page boundary, then code. Relative addresses are so the
 * same; the host's lies below 4 GB for the sake of 32-bit addressing.
 */
enum {
    REGION = 0x400000, REGION_BYTES = 0x80000, SEAM = 0x1000, WINDOW = 256, CODE = 0x2000,
    SLOT = 48, PM = 0x1000,
};
enum { NO_FAULT = 0xff, ENOUGH = 4 };

struct frame {
    u8  fx[512];                        /* as FXSAVE64 lays it out */
    u64 gpr[16];
    u64 flags;
    u8  data[WINDOW];
    u8  vector;
} __attribute__((aligned(64)));

enum { FX_SW = 2, FX_TAGS = 4, FX_MXCSR = 24, FX_ST = 32, FX_XMM = 160 };

/* ---- On the host ---- */

void native_run(struct frame *, const void *code);
extern const char native_exit[];

asm(".text\n"
    ".globl native_run, native_exit\n"
    "native_run:\n"
    "    push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "    sub $8, %rsp\n stmxcsr (%rsp)\n fnstcw 4(%rsp)\n"
    "    push %rdi\n push %rsi\n"
    "    fxrstor64 (%rdi)\n"
    "    pushq 640(%rdi)\n popfq\n"
    "    mov 512(%rdi), %rax\n mov 520(%rdi), %rcx\n mov 528(%rdi), %rdx\n"
    "    mov 536(%rdi), %rbx\n mov 552(%rdi), %rbp\n mov 560(%rdi), %rsi\n"
    "    mov 576(%rdi), %r8\n mov 584(%rdi), %r9\n mov 592(%rdi), %r10\n"
    "    mov 600(%rdi), %r11\n mov 608(%rdi), %r12\n mov 616(%rdi), %r13\n"
    "    mov 624(%rdi), %r14\n mov 632(%rdi), %r15\n mov 568(%rdi), %rdi\n"
    "    jmp *(%rsp)\n"
    "native_exit:\n"
    "    pushfq\n push %rax\n mov 24(%rsp), %rax\n"
    "    fxsave64 (%rax)\n"
    "    mov %rcx, 520(%rax)\n mov %rdx, 528(%rax)\n mov %rbx, 536(%rax)\n"
    "    mov %rbp, 552(%rax)\n mov %rsi, 560(%rax)\n mov %rdi, 568(%rax)\n"
    "    mov %r8, 576(%rax)\n mov %r9, 584(%rax)\n mov %r10, 592(%rax)\n"
    "    mov %r11, 600(%rax)\n mov %r12, 608(%rax)\n mov %r13, 616(%rax)\n"
    "    mov %r14, 624(%rax)\n mov %r15, 632(%rax)\n"
    "    pop %rcx\n mov %rcx, 512(%rax)\n pop %rcx\n mov %rcx, 640(%rax)\n"
    "    add $16, %rsp\n"
    "    fninit\n fldcw 4(%rsp)\n ldmxcsr (%rsp)\n add $8, %rsp\n"
    "    pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static u8 *native_region;
static volatile u8 native_vector;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

    native_vector = (u8)r[REG_TRAPNO];
    r[REG_RIP] = (greg_t)(uintptr_t)native_exit;
}

static void prepare_native(void)
{
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    static const int faults[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };

    native_region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    cr_assert_neq((void *)native_region, MAP_FAILED);
    for (unsigned i = 0; i < COUNT(faults); i++)
        sigaction(faults[i], &action, NULL);
}

static void native(struct frame *f, const u8 *code, unsigned length, unsigned at)
{
    u8 *p = native_region + at, *window = native_region + SEAM - WINDOW / 2;
    static const u8 jump[6] = { 0xff, 0x25 };
    u64 out = (u64)(uintptr_t)native_exit;

    memcpy(p, code, length);
    memcpy(p + length, jump, 6);
    memcpy(p + length + 6, &out, 8);
    memcpy(window, f->data, WINDOW);
    f->gpr[RDI] += (u64)(uintptr_t)native_region;
    native_vector = NO_FAULT;
    native_run(f, p);
    f->gpr[RDI] -= (u64)(uintptr_t)native_region;
    f->vector = native_vector;
    memcpy(f->data, window, WINDOW);
}

/* ---- On the bare CPU ---- */

static u64 get(const u8 *p, unsigned size)
{
    u64 v = 0;

    memcpy(&v, p, size);
    return v;
}

static void load_frame(struct bare *b, const struct frame *f)
{
    struct x86 *cpu = b->cpu;

    memcpy(cpu->gpr, f->gpr, sizeof f->gpr);
    cpu->gpr[RDI] += REGION;
    x86_set_flags(cpu, (u32)f->flags);
    x87_set_control(cpu, (u16)get(f->fx, 2));
    x87_set_status(cpu, (u16)get(f->fx + FX_SW, 2));
    cpu->ftag = f->fx[FX_TAGS];
    cpu->mxcsr = (u32)get(f->fx + FX_MXCSR, 4);
    for (unsigned i = 0; i < 8; i++)
        cpu->st[(cpu->ftop + i) & 7] = (struct f80){
            get(f->fx + FX_ST + 16 * i, 8), (u16)get(f->fx + FX_ST + 8 + 16 * i, 2)
        };
    for (unsigned i = 0; i < 16; i++)
        memcpy(cpu->v[i].q, f->fx + FX_XMM + 16 * i, 16);
    memcpy(b->ram->host + REGION + SEAM - WINDOW / 2, f->data, WINDOW);
}

static void store_frame(struct bare *b, struct frame *f)
{
    struct x86 *cpu = b->cpu;
    u16 status = x87_status(cpu);
    u64 rsp = f->gpr[RSP];

    memcpy(f->gpr, cpu->gpr, sizeof f->gpr);
    f->gpr[RDI] -= REGION;
    f->gpr[RSP] = rsp;
    f->flags = x86_flags(cpu);
    memcpy(f->fx + FX_SW, &status, 2);
    f->fx[FX_TAGS] = cpu->ftag;
    memcpy(f->fx + FX_MXCSR, &cpu->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        struct f80 v = cpu->st[(cpu->ftop + i) & 7];

        memcpy(f->fx + FX_ST + 16 * i, &v.man, 8);
        memcpy(f->fx + FX_ST + 16 * i + 8, &v.se, 2);
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(f->fx + FX_XMM + 16 * i, cpu->v[i].q, 16);
    memcpy(f->data, b->ram->host + REGION + SEAM - WINDOW / 2, WINDOW);
}

static void bare_step(struct bare *b, u64 rip, u8 *vector)
{
    struct x86 *cpu = b->cpu;
    struct block *block;

    *vector = NO_FAULT;
    cpu->rip = rip;
    cpu->op = NULL;
    cpu->link_from = NULL;
    cpu->leave = false;
    cpu->start = cpu->budget = 1 - BLOCK_MAX;
    if (setjmp(cpu->unwind)) {
        *vector = cpu->fault_vector;
        return;
    }
    cpu->mode |= MODE_STEP;
    block = x86_block_find(cpu);
    cpu->mode &= ~(u64)MODE_STEP;
    dispatch_enter(cpu, block->op, cpu->budget, cpu->tlb);
}

static void ours(struct bare *b, struct frame *f, const u8 *code, unsigned length, unsigned at)
{
    u8 *p = b->ram->host + REGION + at;

    load_frame(b, f);
    memcpy(p, code, length);
    memset(p + length, 0x90, 15);
    bare_step(b, REGION + at, &f->vector);
    b->cpu->mode &= ~(u64)MODE_STEP;
    store_frame(b, f);
}

/* ---- Operands ---- */

static void random_vector(u8 *p)
{
    f64 near = random_f64(0);
    f32 near32 = random_f32(0);

    switch (random_below(8)) {
    case 0: case 1: case 2:
        for (unsigned i = 0; i < 4; i++) {
            near32 = random_f32(random_below(2) ? 0x3f800000 : near32);
            memcpy(p + 4 * i, &near32, 4);
        }
        break;
    case 3: case 4:
        for (unsigned i = 0; i < 2; i++) {
            near = random_f64(random_below(2) ? 0x3ff0000000000000 : near);
            memcpy(p + 8 * i, &near, 8);
        }
        break;
    case 5:
        for (unsigned i = 0; i < 16; i++)
            p[i] = (u8)(random_below(6) ? 'a' + random_below(4) : random_below(3) * 127);
        break;
    case 6:
        for (unsigned i = 0; i < 8; i++) {
            double d = (double)(random_u64() >> random_below(64)) / (1 + random_below(4));
            float s = (float)(int)random_below(1000) / 8;

            if (random_below(2) && i < 2)
                memcpy(p + 8 * i, &d, 8);
            else if (i < 4)
                memcpy(p + 4 * i, &s, 4);
        }
        break;
    default:
        for (unsigned i = 0; i < 2; i++) {
            u64 v = random_bits();

            memcpy(p + 8 * i, &v, 8);
        }
    }
}

static u32 random_mxcsr(void)
{
    u32 m = random_below(3) ? 0x1f80 : random_below(0x40) << 7;

    m |= random_below(2) ? 0 : random_below(4) << 13;
    m |= random_below(4) ? 0 : (random_below(2) ? 0x8000 : 0) | (random_below(2) ? 0x40 : 0);
    switch (random_below(3)) {
    case 0:  return m;
    case 1:  return m | 0x20;
    default: return m | random_below(0x40);
    }
}

static void random_frame(struct frame *f)
{
    u32 mxcsr = random_mxcsr();
    u16 control = 0x037f, status = 0;

    memset(f, 0, sizeof *f);
    if (!random_below(40)) {
        control = 0x037e;
        status = 0x8081;
    }
    status |= (u16)(random_below(8) << 11);
    memcpy(f->fx, &control, 2);
    memcpy(f->fx + FX_SW, &status, 2);
    f->fx[FX_TAGS] = (u8)random_u64();
    memcpy(f->fx + FX_MXCSR, &mxcsr, 4);
    for (unsigned i = 0; i < 24; i++)
        random_vector(f->fx + FX_ST + 16 * i);
    for (unsigned i = 0; i < 8; i++)
        memset(f->fx + FX_ST + 16 * i + 10, 0, 6);
    for (unsigned i = 0; i < WINDOW; i += 16)
        random_vector(f->data + i);
    for (unsigned i = 0; i < 16; i++)
        f->gpr[i] = random_below(3) ? random_bits() : random_below(20);
    f->gpr[RSP] = 0;
    f->gpr[RDI] = SEAM + (u64)(s64)((int)random_below(5) * 16 - 32);
    f->flags = 0x202 | (random_u64() & (CF | PF | AF | ZF | SF | OF));
}

/* ---- Instructions ---- */


/* Registers but RSP and RDI, which hold what must stay. */
static unsigned random_register(bool general, bool high)
{
    unsigned n;

    do
        n = random_below(high ? 16 : 8);
    while (general && (n == RSP || n == RDI));
    return n;
}

struct shape { bool reg_general, rm_general, no_memory, memory_only; unsigned immediate; };

static struct shape shape_of(const struct row *row)
{
    struct shape s = { 0 };

    /* From memory it enters MMX state on Intel's processors only. */
    s.no_memory = row->operation == OP_cvtpi2ps;
    for (unsigned i = 0; i < 4; i++) {
        u8 o = row->operand[i];

        s.reg_general |= o >= Gb && o <= Gy;
        s.rm_general |= (o >= Eb && o <= Ey) || (o >= Rw && o <= Ry);
        s.no_memory |= o == U || o == N || (o >= Rw && o <= Ry);
        s.memory_only |= o >= M && o <= Mp;
        s.immediate += o == Ib;
    }
    return s;
}

/* Behind ModRM.reg: memory near RDI, most of it aligned. Returns the bytes put. */
static unsigned put_memory(struct frame *f, u8 *p, unsigned reg, unsigned at, unsigned behind,
                           bool index)
{
    int offset = random_below(6) ? (int)random_below(5) * 16 - 32 : (int)random_below(90) - 45;
    s32 relative;

    switch (random_below(index ? 6 : 5)) {
    case 0:                             /* relative to the next instruction */
        p[0] = (u8)(reg << 3 | 5);
        relative = (s32)(f->gpr[RDI]) + offset - (s32)(at + 5 + behind);
        memcpy(p + 1, &relative, 4);
        return 5;
    case 5:                             /* with an index, RSI */
        f->gpr[RSI] = (u64)(s64)((int)random_below(3) - 1) * 16;
        p[0] = (u8)(0x40 | reg << 3 | 4);
        p[1] = (u8)(RSI << 3 | RDI);
        p[2] = (u8)(offset & ~15);
        return 3;
    default:
        p[0] = (u8)(0x40 | reg << 3 | RDI);
        p[1] = (u8)offset;
        return 2;
    }
}

static unsigned put_prefixes(const struct row *row, const struct encoding *e, u8 *code, u8 rex,
                             bool byte_register)
{
    static const u8 byte[] = { 0, 0, 0x66, 0xf3, 0xf2 };
    unsigned n = 0;

    if (byte[e->prefix])
        code[n++] = byte[e->prefix];
    if (row->operation == OP_crc32 && !random_below(3))
        code[n++] = 0x66;
    if (!random_below(8))
        code[n++] = 0x67;
    if (rex || byte_register)
        code[n++] = 0x40 | rex;
    code[n++] = 0x0f;
    if (e->map != MAP_0F)
        code[n++] = e->map == MAP_0F38 ? 0x38 : 0x3a;
    code[n++] = e->opcode;
    return n;
}

static unsigned make(const struct row *row, const struct encoding *e, struct frame *f, u8 *code,
                     unsigned at)
{
    struct shape s = shape_of(row);
    bool memory = s.memory_only || (!s.no_memory && random_below(2));
    bool high = random_below(2);
    unsigned reg = random_register(s.reg_general, high), rm = random_register(s.rm_general, high);
    bool wide = e->w == 1 || (e->w < 0 && !random_below(4));
    unsigned n;
    u8 rex;

    if (e->digit >= 0)
        reg = (unsigned)e->digit;
    rex = (u8)((wide ? 8 : 0) | (reg & 8 ? 4 : 0) | (!memory && rm & 8 ? 1 : 0));
    n = put_prefixes(row, e, code, rex, row->operand[1] == Eb);
    if (!e->modrm)
        return n;
    if (memory)
        n += put_memory(f, code + n, reg & 7, at + n, s.immediate, !(reg == RSI && s.reg_general));
    else
        code[n++] = (u8)(0xc0 | (reg & 7) << 3 | (rm & 7));
    if (s.immediate)
        code[n++] = (u8)random_u64();
    return n;
}

/* ---- Comparison ---- */

/* RCP and RSQRT: processors differ within 1.5 * 2^-12 of the result, and where it gets denormal. */
static bool close_enough(u32 a, u32 b)
{
    float x, y;

    if (a == b || ((a | b) & 0x7fffffff) <= 0x00800000)
        return true;
    memcpy(&x, &a, 4);
    memcpy(&y, &b, 4);
    return x - y < (x < 0 ? -x : x) * 0x3p-12f && y - x < (x < 0 ? -x : x) * 0x3p-12f;
}

static bool is_estimate(const struct row *row)
{
    return row->operation == OP_rcpps || row->operation == OP_rcpss
        || row->operation == OP_rsqrtps || row->operation == OP_rsqrtss;
}

static bool same_vectors(const struct row *row, const struct frame *a, const struct frame *b)
{
    for (unsigned i = 0; i < 64; i++) {
        u32 x = (u32)get(a->fx + FX_XMM + 4 * i, 4), y = (u32)get(b->fx + FX_XMM + 4 * i, 4);

        if (x != y && !(is_estimate(row) && close_enough(x, y)))
            return false;
    }
    return true;
}

/* Of a dot product that traps: which other products were made is the processor's own affair. */
static u32 untold_flags(const struct row *row, const struct frame *f)
{
    bool dot = row->operation == OP_dpps || row->operation == OP_dppd;

    return dot && f->vector == V_XM ? FP_AFTER : 0;
}

static const char *difference(const struct row *row, const struct frame *a, const struct frame *b)
{
    u32 defined = FLAGS_ARITHMETIC & ~UNDEFINED_FLAGS(row->attributes);

    /* AMD's SHA instructions take misaligned operands; Intel's do not: SDM 2 table 2-21. */
    if (row->feature == F_SHA && a->vector == NO_FAULT && b->vector == V_GP)
        return NULL;
    if (a->vector != b->vector)
        return "exception";
    if ((get(a->fx + FX_MXCSR, 4) ^ get(b->fx + FX_MXCSR, 4)) & ~untold_flags(row, a))
        return "MXCSR";
    if (!same_vectors(row, a, b))
        return "XMM";
    if (memcmp(a->gpr, b->gpr, sizeof a->gpr) != 0)
        return "general registers";
    if ((a->flags ^ b->flags) & defined)
        return "flags";
    if (memcmp(a->data, b->data, WINDOW) != 0)
        return "memory";
    if (a->vector == V_XM)              /* whether MMX state is entered before, nobody says */
        return NULL;
    if (a->fx[FX_TAGS] != b->fx[FX_TAGS])
        return "tags";
    if ((get(a->fx + FX_SW, 2) ^ get(b->fx + FX_SW, 2)) & 0x7fff)
        return "x87 status";
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a->fx + FX_ST + 16 * i, b->fx + FX_ST + 16 * i, 10) != 0)
            return "MMX";
    return NULL;
}

static void print_vectors(const char *what, const struct frame *f)
{
    fprintf(stderr, "  %s: vector %02x mxcsr %04x flags %03x rdi %x sw %04x tags %02x\n", what,
            f->vector, (unsigned)get(f->fx + FX_MXCSR, 4), (unsigned)f->flags & 0xfff,
            (unsigned)f->gpr[RDI], (unsigned)get(f->fx + FX_SW, 2), f->fx[FX_TAGS]);
}

static void print_case(const struct row *row, const char *what, const u8 *code, unsigned length,
                       const struct frame *before, const struct frame *host,
                       const struct frame *guest)
{
    fprintf(stderr, "%s (%s): %s;", x86_operations[row->operation].name, row->encoding, what);
    for (unsigned i = 0; i < length; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, "\n");
    print_vectors("before", before);
    print_vectors("host", host);
    print_vectors("guest", guest);
    for (unsigned i = 0; i < 24; i++)
        if (memcmp(host->fx + FX_ST + 16 * i, guest->fx + FX_ST + 16 * i, 16) != 0)
            fprintf(stderr, "  %s%u before %016lx_%016lx host %016lx_%016lx guest %016lx_%016lx\n",
                    i < 8 ? "mm" : "xmm", i < 8 ? i : i - 8,
                    get(before->fx + FX_ST + 16 * i + 8, 8), get(before->fx + FX_ST + 16 * i, 8),
                    get(host->fx + FX_ST + 16 * i + 8, 8), get(host->fx + FX_ST + 16 * i, 8),
                    get(guest->fx + FX_ST + 16 * i + 8, 8), get(guest->fx + FX_ST + 16 * i, 8));
    for (unsigned i = 0; i < 16; i++)
        if (host->gpr[i] != guest->gpr[i])
            fprintf(stderr, "  r%u before %lx host %lx guest %lx\n", i, before->gpr[i],
                    host->gpr[i], guest->gpr[i]);
}

/* ---- The test ---- */

static bool is_ours(u16 operation)
{
    static const u16 ours[] = {
#define NAME_(name) OP_##name,
        SSE_PLAIN(NAME_) SSE_RM(NAME_) SSE_VEC(NAME_) SSE_RM_W(NAME_)
#undef NAME_
    };

    for (unsigned i = 0; i < COUNT(ours); i++)
        if (ours[i] == operation)
            return true;
    return false;
}

static bool host_has(u8 feature)
{
    unsigned a, b, c, d;

    switch (feature) {
    case F_SHA:
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
    case F_AES:
        return __get_cpuid(1, &a, &b, &c, &d) && c >> 25 & 1;
    case F_PCLMUL:
        return __get_cpuid(1, &a, &b, &c, &d) && c >> 1 & 1;
    default:
        return __get_cpuid(1, &a, &b, &c, &d) && c >> 20 & 1;
    }
}

static unsigned try_row(struct bare *b, const struct row *row, unsigned times)
{
    static unsigned at = CODE;
    unsigned bad = 0;
    struct encoding e;

    encoding_parse(row, &e);
    for (unsigned i = 0; i < times && bad < ENOUGH; i++) {
        struct frame before, host, guest;
        u8 code[16];
        unsigned length;
        const char *what;

        at += SLOT;
        if (at > REGION_BYTES - SLOT) {
            at = CODE;
            x86_block_forget_all(b->cpu->shared);
        }
        random_frame(&before);
        length = make(row, &e, &before, code, at);
        host = guest = before;
        native(&host, code, length, at);
        ours(b, &guest, code, length, at);
        what = difference(row, &host, &guest);
        if (what) {
            bad++;
            print_case(row, what, code, length, &before, &host, &guest);
        }
    }
    return bad;
}

Test(sse, does_what_the_host_does, .timeout = 600)
{
    struct bare *b = bare_create(16 << 20, NULL);
    const char *only = getenv("ONLY");

    prepare_native();
    bare_flat64(b, 0x10000);
    b->cpu->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    b->cpu->cr0 |= CR0_NE;
    x86_mode_update(b->cpu);
    for (unsigned i = 0; i < x86_row_count; i++) {
        const struct row *row = &x86_rows[i];

        if (!is_ours(row->operation) || !host_has(row->feature) || encoding_is_vex(row))
            continue;
        if (only && strcmp(only, x86_operations[row->operation].name) != 0)
            continue;
        cr_expect_eq(try_row(b, row, rounds(400)), 0, "%s", row->encoding);
    }
    bare_destroy(b);
}

/* ---- Control registers, and stores that reach into a page that is not there ---- */

static struct bare *bench(struct frame *f)
{
    struct bare *b = bare_create(16 << 20, NULL);
    u32 mxcsr = 0x1f80;

    bare_flat64(b, 0x10000);
    b->cpu->cr0 |= CR0_NE;
    x86_mode_update(b->cpu);
    memset(f, 0, sizeof *f);
    f->flags = 2;
    f->fx[0] = 0x7f;
    f->fx[1] = 0x03;
    memcpy(f->fx + FX_MXCSR, &mxcsr, 4);
    return b;
}

Test(sse, obeys_control_registers)
{
    static const struct {
        u32 cr0, cr4;
        u8 mmx, sse, crc;
    } want[] = {
        { 0, CR4_OSFXSR, NO_FAULT, NO_FAULT, NO_FAULT },
        { 0, 0, NO_FAULT, V_UD, NO_FAULT },
        { CR0_EM, CR4_OSFXSR, V_UD, V_UD, NO_FAULT },
        { CR0_TS, CR4_OSFXSR, V_NM, V_NM, NO_FAULT },
        { CR0_TS, 0, V_NM, V_UD, NO_FAULT },
        { CR0_EM | CR0_TS, CR4_OSFXSR, V_UD, V_UD, NO_FAULT },
    };
    static const u8 paddb_mmx[] = { 0x0f, 0xfc, 0xc1 }, paddb[] = { 0x66, 0x0f, 0xfc, 0xc1 };
    static const u8 crc32[] = { 0xf2, 0x0f, 0x38, 0xf1, 0xc1 };
    struct frame f;
    struct bare *b = bench(&f);

    for (unsigned i = 0; i < COUNT(want); i++) {
        b->cpu->cr0 = (b->cpu->cr0 & ~(u32)(CR0_EM | CR0_TS)) | want[i].cr0;
        b->cpu->cr4 = (b->cpu->cr4 & ~(u32)CR4_OSFXSR) | want[i].cr4;
        x86_mode_update(b->cpu);
        ours(b, &f, paddb_mmx, sizeof paddb_mmx, CODE + 192 * i);
        cr_expect_eq(f.vector, want[i].mmx, "MMX, %u", i);
        ours(b, &f, paddb, sizeof paddb, CODE + 192 * i + 64);
        cr_expect_eq(f.vector, want[i].sse, "SSE, %u", i);
        ours(b, &f, crc32, sizeof crc32, CODE + 192 * i + 128);
        cr_expect_eq(f.vector, want[i].crc, "CRC32, %u", i);
    }
    bare_destroy(b);
}

/* SDM 3A 6.15, #XM: #UD where CR4.OSXMMEXCPT is clear. */
Test(sse, exceptions_want_a_system_that_knows_them)
{
    static const u8 divsd[] = { 0xf2, 0x0f, 0x5e, 0xc1 };
    struct frame f, before;
    struct bare *b = bench(&f);
    u64 one = 0x3ff0000000000000;
    u32 mxcsr = 0x1f80 & ~(FP_ZE << 7);

    memcpy(f.fx + FX_XMM, &one, 8);
    memcpy(f.fx + FX_MXCSR, &mxcsr, 4);
    before = f;
    for (int knows = 0; knows < 2; knows++) {
        b->cpu->cr4 = (b->cpu->cr4 & ~(u32)CR4_OSXMMEXCPT) | (knows ? CR4_OSXMMEXCPT : 0);
        x86_mode_update(b->cpu);
        f = before;
        ours(b, &f, divsd, sizeof divsd, CODE);
        cr_expect_eq(f.vector, knows ? V_XM : V_UD);
        cr_expect_eq(get(f.fx + FX_MXCSR, 4), mxcsr | FP_ZE);
        cr_expect_eq(get(f.fx + FX_XMM, 8), one);
    }
    bare_destroy(b);
}

/* DPPS multiplies, then adds: what multiplying set stays, though adding then has an exception. */
Test(sse, a_dot_product_keeps_the_flags_of_the_steps_before_an_exception)
{
    static const u8 dpps[] = { 0x66, 0x0f, 0x3a, 0x40, 0xc1, 0x3f };
    struct frame f;
    struct bare *b = bench(&f);
    u32 mxcsr = 0x1f80 & ~(FP_DE << 7), small = 0x0d800001 /* over 2^-100 */, tiny = 0x30800000;

    b->cpu->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    x86_mode_update(b->cpu);
    memcpy(f.fx + FX_XMM, &small, 4);
    memcpy(f.fx + FX_XMM + 16, &tiny, 4);
    memcpy(f.fx + FX_MXCSR, &mxcsr, 4);
    ours(b, &f, dpps, sizeof dpps, CODE);
    cr_expect_eq(f.vector, V_XM);
    cr_expect_eq(get(f.fx + FX_MXCSR, 4), mxcsr | FP_UE | FP_PE | FP_DE);
    cr_expect_eq(get(f.fx + FX_XMM, 4), small);
    bare_destroy(b);
}

Test(sse, a_store_across_pages_is_whole_or_not_at_all)
{
    enum { BRINK = 0x800000, PAGE_TABLES = 0x10000, ENTRY = BRINK >> 21 };
    static const u8 stores[][4] = {
        { 0x0f, 0x11, 0x00 },           /* movups */
        { 0xf2, 0x0f, 0x11, 0x00 },     /* movsd */
        { 0x0f, 0x17, 0x00 },           /* movhps */
        { 0x0f, 0x7f, 0x00 },           /* movq from mm0 */
    };
    static const u8 lengths[] = { 3, 4, 3, 3 };
    struct frame f;
    struct bare *b = bench(&f);
    u8 *brink = b->ram->host + BRINK - 16, clean[16] = { 0 };
    u64 none = 0;

    memset(f.fx + FX_ST, 0xff, 8);
    memset(f.fx + FX_XMM, 0xff, 16);
    memcpy(b->ram->host + PAGE_TABLES + 0x2000 + 8 * ENTRY, &none, 8);
    f.gpr[RAX] = BRINK - 4;
    for (unsigned i = 0; i < COUNT(stores); i++) {
        ours(b, &f, stores[i], lengths[i], CODE + 64 * i);
        cr_expect_eq(f.vector, V_PF, "%u", i);
        cr_expect_arr_eq(brink, clean, 16, "%u", i);
        cr_expect_eq(f.fx[FX_TAGS], 0, "%u", i);
    }
    bare_destroy(b);
}
#endif
