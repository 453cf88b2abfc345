/*
 * x87 instructions, bytes in and images out, against the host's own unit where it has one: random
 * registers, tags, masks, rounding and precision; FRSTOR, the instruction, FNSAVE. Nothing traps:
 * what is unmasked stays pending, and FNSAVE does not wait.
 */
#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/decode.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "isa/x86/operations.h"
#include "isa/x86/paging.h"
#include "isa/x86/x86.h"
#include "tests/unit/isa/fpu_operands.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

enum {
    BASE = 0x10000000, PHYSICAL = 0x200000, IN = 0x8000, OUT = 0x8100, MEMORY = 0x8200,
    CROSSING = 0xaffb, IDT = 0xc000, GDT = 0xd000, STACK = 0x9000, LOOP = 0x7ff0,
    WINDOW = 0x10000, SLOT = 32,
};

/* ---- A processor in 64-bit mode that sees the window at BASE ---- */

static struct machine *machine;
static struct x86 *cpu;
static u8 *window;
static unsigned operand = MEMORY;     /* where RSI points to */

/* As processors do that have not bit 13 of CPUID.7.EBX. */
static void keep_selectors(bool keep)
{
    cpu->features[F_NO_FCS >> 6] &= ~BIT(F_NO_FCS & 63);
    if (!keep)
        cpu->features[F_NO_FCS >> 6] |= BIT(F_NO_FCS & 63);
    x87_resume(cpu);
}

static void power_on(void)
{
    static struct region region = { .name = "ram", .size = 4 << 20, .writable = true };
    struct error err;
    struct device *dev;
    struct ram *ram;
    u64 *tables;

    cr_assert(machine = machine_create(&err));
    cr_assert(ram = machine_add_ram(machine, "main", region.size, &err));
    region.ram = ram;
    space_map(machine->memory, &region, 0, UNDER);
    cr_assert(dev = machine_add(machine, &x86_cpu_type, "cpu0", &err));
    machine_reset(machine, RESET_POWER);
    cpu = container_of(dev, struct x86, cpu.dev);
    tables = (u64 *)(ram->host + 0x1000);
    tables[0] = 0x2003;
    tables[512] = 0x3003;
    tables[1024 + (BASE >> 21)] = PHYSICAL | 0x83;
    window = ram->host + PHYSICAL;
    cpu->cr3 = 0x1000;
    cpu->cr4 = CR4_PAE | CR4_OSFXSR;
    cpu->cr0 = CR0_PG | CR0_PE | CR0_NE | CR0_ET;
    cpu->efer = EFER_LME | EFER_LMA;
    cpu->seg[CS].selector = 0x33;
    cpu->seg[CS].attr = SEG_P | SEG_S | SEG_CODE | SEG_READ | SEG_L;
    x86_mode_update(cpu);
    keep_selectors(true);
}

static void power_off(void)
{
    machine_destroy(machine);
}

TestSuite(x87, .init = power_on, .fini = power_off);

static void run(unsigned code, u64 flags)
{
    static const u8 loop[] = { 0xeb, 0xfe };
    u64 back = BASE + LOOP;

    memcpy(window + LOOP, loop, sizeof loop);
    memcpy(window + STACK, &back, sizeof back);
    cpu->gpr[RDI] = BASE + IN;
    cpu->gpr[RSI] = BASE + operand;
    cpu->gpr[RCX] = 0;
    cpu->gpr[RDX] = BASE + OUT;
    cpu->gpr[RSP] = BASE + STACK;
    cpu->rip = BASE + code;
    x86_set_arithmetic(cpu, (u32)flags);
    machine_run(machine, machine->clock.now + 64);
}

/* ---- Exceptions on their way out ---- */

/* Each time where no code was before: the processor is not told. */
static unsigned place(const void *code, size_t bytes)
{
    static unsigned next;
    unsigned at = next;

    memcpy(window + at, code, bytes);
    next += 64;
    return at;
}

/* FNINIT; FLDCW [RSI]; FLD1; FLDZ; FDIVP; NOP; FNOP; RET: divides by zero, which is not masked. */
static const u8 dividing[] = {
    0xdb, 0xe3, 0xd9, 0x2e, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x90, 0xd9, 0xd0, 0xc3,
};
enum { AT_FNOP = 11 };

static unsigned divide(u32 ne)
{
    u16 control = FCW_INIT & ~FP_ZE;
    unsigned at = place(dividing, sizeof dividing);

    cpu->cr0 = (cpu->cr0 & ~(u32)CR0_NE) | ne;
    x86_mode_update(cpu);
    memcpy(window + MEMORY, &control, sizeof control);
    run(at, 0);
    return at;
}

Test(x87, an_unmasked_exception_freezes_the_next_instruction_until_ignne)
{
    unsigned at = divide(0);

    cr_assert_eq(cpu->rip, BASE + at + AT_FNOP);
    cr_assert_eq(cpu->fsw & (FSW_ES | FSW_B | FSW_EXCEPTIONS), FSW_ES | FSW_B | FP_ZE);
    cr_assert(cpu->ferr.level);
    x86_cpu_type.pin(&cpu->cpu.dev, X86_IGNNE, true);
    machine_run(machine, machine->clock.now + 64);
    cr_assert_eq(cpu->rip, BASE + LOOP);
    cr_assert(cpu->ferr.level);
}

Test(x87, fnclex_and_fninit_take_ferr_back)
{
    static const u8 fnclex[] = { 0xdb, 0xe2, 0xc3 }, fninit[] = { 0xdb, 0xe3, 0xc3 };

    divide(0);
    run(place(fnclex, sizeof fnclex), 0);
    cr_assert_not(cpu->ferr.level);
    cr_assert_eq(cpu->fsw & (FSW_ES | FSW_B | FSW_EXCEPTIONS), 0);
    divide(0);
    run(place(fninit, sizeof fninit), 0);
    cr_assert_not(cpu->ferr.level);
}

Test(x87, with_ne_a_pending_exception_is_mf)
{
    cpu->fsw = FP_ZE;
    x87_set_control(cpu, FCW_INIT & ~FP_ZE);
    cr_assert_not(cpu->ferr.level);
    if (!setjmp(cpu->unwind)) {
        x87_wait(cpu);
        cr_assert_fail();
    }
    cr_assert_eq(cpu->fault_vector, V_MF);
}

/* To BASE + LOOP, by a gate and a 64-bit code segment. */
static void catch_mf(void)
{
    u64 descriptor = 0x00209b0000000000, gate = 0x8e0000080000 | (LOOP & 0xffff);

    gate |= (u64)(BASE + LOOP) >> 16 << 48;
    memcpy(window + IDT + V_MF * 16, &gate, sizeof gate);
    memcpy(window + GDT + 8, &descriptor, sizeof descriptor);
    cpu->idtr[0] = (struct table_register){ BASE + IDT, 0xfff };
    cpu->gdtr[0] = (struct table_register){ BASE + GDT, 0xfff };
}

Test(x87, mf_is_a_fault_of_the_next_instruction_that_waits)
{
    unsigned at;
    u64 frame[5];

    catch_mf();
    at = divide(CR0_NE);
    memcpy(frame, window + cpu->gpr[RSP] - BASE, sizeof frame);
    cr_assert_eq(cpu->rip, BASE + LOOP);
    cr_assert_eq(frame[0], BASE + at + AT_FNOP);
    cr_assert_eq(frame[1], 0x33);
    cr_assert(cpu->fsw & FSW_ES);
}

/* FNINIT; FLDPI; FSTP m32 [RDI + 4G], which is not mapped. */
Test(x87, a_store_that_faults_tells_nothing)
{
    static const u8 code[] = { 0xdb, 0xe3, 0xd9, 0xeb, 0xd9, 0x1c, 0x0f };

    cpu->gpr[RSI] = cpu->gpr[RSP] = 0;
    cpu->gpr[RDI] = BASE;
    cpu->gpr[RCX] = (u64)1 << 32;
    cpu->rip = BASE + place(code, sizeof code);
    machine_run(machine, machine->clock.now + 8);
    cr_assert_eq(cpu->fsw & FSW_EXCEPTIONS, 0);
    cr_assert_eq(cpu->ftop, 7);
    cr_assert_eq(cpu->ftag, 0x80);
    cr_assert_eq(cpu->fop, 0x1eb);
}

/* ---- Real mode, where the pointers are linear addresses ---- */

Test(x87, real_mode_images_hold_linear_addresses)
{
    /* FNINIT; FLD and FMUL m32 [10h]; FNSTENV [100h], with a 32-bit operand [200h]; JMP $ */
    static const u8 code[] = {
        0xdb, 0xe3, 0xd9, 0x06, 0x10, 0, 0xd8, 0x0e, 0x10, 0,
        0xd9, 0x36, 0, 1, 0x66, 0xd9, 0x36, 0, 2, 0xeb, 0xfe,
    };
    static const u16 word[] = { 0x037f, 0x3800, 0x3fff, 0x0006, 0x100e, 0x0010, 0x2000 };
    static const u32 dword[] = {
        0xffff037f, 0xffff3800, 0xffff3fff, 0xffff0006, 0x0000100e, 0xffff0010, 0x00002000,
    };
    u8 *ram = window - PHYSICAL;

    cpu->cr0 = CR0_ET | CR0_NE;
    cpu->cr4 = 0;
    cpu->efer = 0;
    cpu->seg[CS] = (struct segment){ 0x1000, SEG_P | SEG_S | SEG_CODE | SEG_READ, 0xffff, 0x10000 };
    cpu->seg[DS] = (struct segment){ 0x2000, SEG_P | SEG_S | SEG_WRITE, 0xffff, 0x20000 };
    x86_mode_update(cpu);
    x86_tlb_flush(cpu, true);
    memcpy(ram + 0x10000, code, sizeof code);
    memset(ram + 0x20000, 0, 0x1000);
    ram[0x20013] = 0x3f;            /* 0.5 */
    cpu->rip = 0;
    machine_run(machine, machine->clock.now + 64);
    cr_assert_arr_eq(ram + 0x20100, word, sizeof word);
    cr_assert_arr_eq(ram + 0x20200, dword, sizeof dword);
}

Test(x87, selectors_are_zero_where_the_model_says_so)
{
    /* FLD m32 [RSI]; FNSTENV [RDX]; RET */
    static const u8 code[] = { 0xd9, 0x06, 0xd9, 0x32, 0xc3 };
    unsigned at = place(code, sizeof code);

    keep_selectors(false);
    run(at, 0);
    cr_assert_eq(window[OUT + 16], 0);
    keep_selectors(true);
    run(at, 0);
    cr_assert_eq(window[OUT + 16], 0x33);
}

Test(x87, registers_of_mmx_are_the_same)
{
    x87_init(cpu);
    cpu->ftop = 5;
    x87_enter_mmx(cpu);
    mmx_put(cpu, 3, 0x0123456789abcdef);
    cr_assert_eq(cpu->ftop, 0);
    cr_assert_eq(x87_tags(cpu) >> 6 & 3, 2);
    cr_assert_eq(cpu->st[3].se, 0xffff);
    cr_assert_eq(mmx_get(cpu, 3), 0x0123456789abcdef);
}

Test(x87, without_the_unit_its_instructions_pass_by)
{
    /* FNINIT; FNSTSW [RSI]; RET */
    static const u8 code[] = { 0xdb, 0xe3, 0xdd, 0x3e, 0xc3 };

    cpu->features[F_FPU >> 6] &= ~BIT(F_FPU & 63);
    memset(window + MEMORY, 0x5a, 2);
    run(place(code, sizeof code), 0);
    cr_assert_eq(window[MEMORY], 0x5a);
    cr_assert_eq(cpu->rip, BASE + LOOP);
}

/* ---- Which encodings there are ---- */

static bool is_defined(u8 first, u8 modrm)
{
    switch (first) {
    case 0xd9:
        return modrm < 0xc0 ? modrm != 0x0e
            : modrm <= 0xd0 || (modrm >= 0xd8 && modrm != 0xe2 && modrm != 0xe3 && modrm != 0xe6
                                && modrm != 0xe7 && modrm != 0xef);
    case 0xda: return modrm < 0xe0 || modrm == 0xe9;
    case 0xdb:
        return modrm < 0xc0 ? modrm != 0x26 && modrm != 0x36
            : modrm < 0xe5 || (modrm >= 0xe8 && modrm < 0xf8);
    case 0xdd: return modrm < 0xc0 ? modrm != 0x2e : modrm < 0xf0;
    case 0xde: return modrm < 0xd8 || modrm >= 0xe0 || modrm == 0xd9;
    case 0xdf: return modrm < 0xe1 || (modrm >= 0xe8 && modrm < 0xf8);
    default:   return true;
    }
}

Test(x87, undefined_encodings_are_the_escape_that_raises_ud)
{
    for (unsigned first = 0xd8; first < 0xe0; first++)
        for (unsigned modrm = 0; modrm < 256; modrm++) {
            u8 bytes[15] = { (u8)first, (u8)modrm };
            struct code code = { bytes, sizeof bytes };
            struct insn insn;

            cr_assert_eq(x86_decode(cpu, &code, BASE, &insn), DECODED);
            cr_expect_eq(insn.row->operation != OP_esc,
                         is_defined((u8)first, (u8)(modrm < 0xc0 ? (modrm & 0x38) | 6 : modrm)),
                         "%02x %02x", first, modrm);
        }
}

/* ---- Images ---- */

struct image {
    u32 cw, sw, tw, ip, cs_fop, dp, ds;
    u8  st[8][10];
} __attribute__((packed));

static void put_f80(u8 *bytes, struct f80 a)
{
    memcpy(bytes, &a.man, 8);
    memcpy(bytes + 8, &a.se, 2);
}

static struct f80 get_f80(const u8 *bytes)
{
    struct f80 a;

    memcpy(&a.man, bytes, 8);
    memcpy(&a.se, bytes + 8, 2);
    return a;
}

static u32 random_tags(void)
{
    u32 tags = 0;

    switch (random_below(4)) {
    case 0:  return 0xffff;
    case 1:  return 0;
    default: break;
    }
    for (unsigned i = 0; i < 8; i++)
        tags |= random_below(3) ? 0 : 3u << 2 * i;
    return tags;
}

/* Nothing pending that is unmasked. */
static struct image random_image(void)
{
    struct f80 near = { 0, 0x3fff };
    u32 masks = random_below(2) ? 0x3f : random_u64() & 0x3f;
    struct image i = {
        .cw = masks | random_below(4) << 8 | random_below(4) << 10 | 0x40,
        .sw = random_below(8) << 11 | (random_u64() & 0x4700) | (random_u64() & masks),
        .ip = (u32)random_u64(), .cs_fop = (u32)random_u64() & 0x7ffffff,
        .dp = (u32)random_u64(), .ds = (u32)random_u64(),
        .tw = random_below(2) ? random_below(2) ? 0xf000 : 0 : random_tags(),
    };

    if (random_below(2))
        i.cw |= 0x300;
    if (random_below(8) == 0)
        i.sw |= 0x40;
    if (i.tw == 0xf000)         /* two deep on the stack: the common case */
        i.tw = 0xffff & ~(15u << 2 * (i.sw >> 11 & 7)) & ~(i.sw >> 11 == 7 ? 3u : 0);
    for (unsigned k = 0; k < 8; k++) {
        near = random_f80(near);
        put_f80(i.st[k], near);
    }
    return i;
}

/* What an instruction may find at its memory operand. */
static void random_memory(u8 *m, struct f80 near)
{
    u64 v[4];

    for (unsigned i = 0; i < COUNT(v); i++)
        v[i] = random_u64();
    memcpy(m, v, sizeof v);
    switch (random_below(6)) {
    case 0:  put_f80(m, random_f80(near)); break;
    case 1:
        for (unsigned i = 0; i < 10; i++)
            m[i] = (u8)(random_below(10) << 4 | random_below(10));
        break;
    case 2:  break;
    case 3:
        v[0] = random_f64((u64)((near.se & 0x7fff) - 16383 + 1023) << 52);
        memcpy(m, v, 8);
        break;
    default:
        v[0] = random_f32((u32)((near.se & 0x7fff) - 16383 + 127) << 23);
        memcpy(m, v, 4);
        break;
    }
}

/* ---- The host ---- */

#if defined(__x86_64__) && defined(__linux__)
#include <sys/mman.h>

struct outcome {
    struct image image;
    u8  memory[128], crossing[128];
    u64 rax, flags;
};

static u8 *host;

static void map_host(void)
{
    host = mmap((void *)BASE, WINDOW, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    cr_assert_eq(host, (u8 *)BASE);
}

static void run_host(unsigned code, u64 flags, struct outcome *o)
{
    u64 rax = cpu->gpr[RAX], out;

    asm volatile("lea -256(%%rsp), %%rsp\n push %3\n popf\n call *%2\n pushf\n pop %1\n"
                 "lea 256(%%rsp), %%rsp"
                 : "+a"(rax), "=&r"(out)
                 : "r"((u64)BASE + code), "r"(flags), "D"((u64)BASE + IN),
                   "S"((u64)BASE + operand), "c"(0l), "d"((u64)BASE + OUT)
                 : "memory", "cc");
    memcpy(&o->image, host + OUT, sizeof o->image);
    memcpy(o->memory, host + MEMORY, sizeof o->memory);
    memcpy(o->crossing, host + CROSSING, sizeof o->crossing);
    o->rax = rax;
    o->flags = out & FLAGS_ARITHMETIC;
}

static void run_ours(unsigned code, u64 flags, struct outcome *o)
{
    run(code, flags);
    memcpy(&o->image, window + OUT, sizeof o->image);
    memcpy(o->memory, window + MEMORY, sizeof o->memory);
    memcpy(o->crossing, window + CROSSING, sizeof o->crossing);
    o->rax = cpu->gpr[RAX];
    o->flags = x86_flags(cpu) & FLAGS_ARITHMETIC;
}

/* ---- Instructions ---- */

enum {
    LOOSE = 1,                  /* within a unit of the last place, PE and C1 uncertain */
    ANY_C1 = 2,                 /* C1 of FCOMI is cleared by Intel's, as the SDM has it */
};

struct form { char name[16]; u8 bytes[8]; u8 length; u8 kind; };

static struct form forms[1024];
static unsigned form_count;

static struct form *add_form(u8 first, u8 modrm, u8 kind)
{
    struct form *f = &forms[form_count++];

    cr_assert_lt(form_count, COUNT(forms));
    *f = (struct form){ .bytes = { first, modrm }, .length = 2, .kind = kind };
    sprintf(f->name, "%02x %02x", first, modrm);
    return f;
}

static void insert(struct form *f, unsigned at, u8 byte)
{
    memmove(f->bytes + at + 1, f->bytes + at, f->length++ - at);
    f->bytes[at] = byte;
}

/* [RSI] is what add_form() was given; [RSI + RCX], [ESI], [RIP + disp32]; 16-bit images. */
static void add_addressing(u8 first, u8 modrm)
{
    bool images = (first == 0xd9 || first == 0xdd) && (modrm & 0xef) == 0x26;
    struct form *f = add_form(first, modrm, 0);
    s32 disp;

    insert(f, 0, 0x67);
    f = add_form(first, modrm - 2, 0);
    insert(f, 2, 0x0e);
    f = add_form(first, modrm - 1, 0);
    disp = MEMORY - ((s32)(f - forms) * SLOT + 2 + 2 + 4);
    memcpy(f->bytes + 2, &disp, 4);
    f->length = 6;
    if (images) {
        f = add_form(first, modrm, 0);
        insert(f, 0, 0x66);
    }
}

static bool is_transcendental(u8 first, u8 modrm)
{
    return first == 0xd9 && ((modrm >= 0xf0 && modrm <= 0xf3) || modrm == 0xf9 || modrm == 0xfb
                             || modrm == 0xfe || modrm == 0xff);
}

static bool is_fcomi(u8 first, u8 modrm)
{
    return (first & 0xfb) == 0xdb && modrm >= 0xe8 && modrm < 0xf8;
}

static void all_forms(void)
{
    form_count = 0;
    for (unsigned first = 0xd8; first < 0xe0; first++)
        for (unsigned modrm = 0; modrm < 256; modrm++) {
            if (modrm < 0xc0 && (modrm & 0xc7) != 6)
                continue;       /* memory: [RSI] */
            if (!is_defined((u8)first, (u8)modrm))
                continue;
            add_form((u8)first, (u8)modrm,
                     (u8)(is_transcendental((u8)first, (u8)modrm) ? LOOSE
                          : is_fcomi((u8)first, (u8)modrm) ? ANY_C1 : 0));
            if (modrm < 0xc0)
                add_addressing((u8)first, (u8)modrm);
        }
}

static void place_forms(u8 *code)
{
    for (unsigned i = 0; i < form_count; i++) {
        u8 *p = code + i * SLOT;

        *p++ = 0xdd;            /* FRSTOR [RDI] */
        *p++ = 0x27;
        memcpy(p, forms[i].bytes, forms[i].length);
        p += forms[i].length;
        *p++ = 0xdd;            /* FNSAVE [RDX] */
        *p++ = 0x32;
        *p = 0xc3;
    }
}

static bool is_near(struct f80 a, struct f80 b)
{
    s64 d = (s64)(a.man - b.man);

    if (a.se == b.se)
        return d >= -1 && d <= 1;
    return a.man << 1 == 0 || b.man << 1 == 0;
}

static bool agree(const struct form *f, const struct outcome *a, const struct outcome *b)
{
    struct image x = a->image, y = b->image;

    if (f->kind == LOOSE) {
        for (unsigned i = 0; i < 8; i++)
            if (is_near(get_f80(x.st[i]), get_f80(y.st[i])))
                memcpy(x.st[i], y.st[i], sizeof x.st[i]);
        x.sw &= ~(u32)(FP_C1 | FP_PE);
        y.sw &= ~(u32)(FP_C1 | FP_PE);
    }
    if (f->kind == ANY_C1)
        x.sw = (x.sw & ~(u32)FP_C1) | (y.sw & FP_C1);
    return !memcmp(&x, &y, sizeof x) && !memcmp(a->memory, b->memory, sizeof a->memory)
        && !memcmp(a->crossing, b->crossing, sizeof a->crossing)
        && (u16)a->rax == (u16)b->rax && a->flags == b->flags;
}

static void show(const char *who, const struct image *i)
{
    printf("  %-5s cw %04x sw %04x tw %04x ip %x fop %x dp %x ds %x", who, i->cw, i->sw & 0xffff,
           i->tw & 0xffff, i->ip, i->cs_fop, i->dp, i->ds);
    for (unsigned k = 0; k < 8; k++) {
        struct f80 v = get_f80(i->st[k]);

        printf(" %04x.%016llx", v.se, (unsigned long long)v.man);
    }
    printf("\n");
}

static void complain(const struct form *f, const u8 *memory, const struct outcome *ours,
                     const struct outcome *theirs)
{
    printf("%s  operand", f->name);
    for (unsigned i = 14; i-- > 0;)
        printf(" %02x", memory[i]);
    printf("\n");
    show("in", (struct image *)(window + IN));
    show("ours", &ours->image);
    show("host", &theirs->image);
    if (ours->flags != theirs->flags || ours->rax != theirs->rax
        || memcmp(ours->memory, theirs->memory, sizeof ours->memory)) {
        printf("  flags %llx %llx rax %llx %llx memory", (unsigned long long)ours->flags,
               (unsigned long long)theirs->flags, (unsigned long long)ours->rax,
               (unsigned long long)theirs->rax);
        for (unsigned i = 0; i < 12; i++)
            printf(" %02x/%02x", ours->memory[i], theirs->memory[i]);
        printf("\n");
    }
}

/* The host forgets FIP, FDP and FCS when it switches tasks: it is asked again then. */
static bool try_one(unsigned i)
{
    struct image in = random_image(), environment = random_image();
    struct outcome ours, theirs;
    u64 flags = 0x202 | (random_u64() & FLAGS_ARITHMETIC);
    u8 memory[128] = { 0 };

    memcpy(memory, &environment, sizeof environment);
    if (random_below(8))
        random_memory(memory, get_f80(in.st[0]));
    operand = random_below(4) ? MEMORY : CROSSING;
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        cpu->gpr[RAX] = 0x1234;
        memcpy(window + IN, &in, sizeof in);
        memcpy(host + IN, &in, sizeof in);
        memcpy(window + MEMORY, memory, sizeof memory);
        memcpy(host + MEMORY, memory, sizeof memory);
        memcpy(window + CROSSING, memory, sizeof memory);
        memcpy(host + CROSSING, memory, sizeof memory);
        run_host(i * SLOT, flags, &theirs);
        run_ours(i * SLOT, flags, &ours);
        if (agree(&forms[i], &ours, &theirs))
            return true;
    }
    complain(&forms[i], memory, &ours, &theirs);
    return false;
}

Test(x87, agrees_with_the_host)
{
    unsigned bad = 0;

    map_host();
    all_forms();
    cr_assert(form_count * SLOT < LOOP);
    place_forms(window);
    place_forms(host);
    for (unsigned i = 0; i < form_count; i++) {
        unsigned wrong = 0;

        for (unsigned n = rounds(300); n-- && wrong < 3;)
            wrong += !try_one(i);
        bad += wrong;
    }
    cr_assert_eq(bad, 0, "%u disagreements", bad);
}
#endif
