/*
 * Random code in random states of every mode, and broken snapshots: nothing may crash, whatever the
 * sanitizers call a crash, and code must go the same way in blocks and instruction by instruction.
 *
 *   fuzz SECONDS [SEED]      from that seed on; without one, from 1
 *   fuzz one SEED            that case alone, as a failure tells
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/snapshot.h"
#include "isa/x86/fpu/x87.h"
#include "isa/x86/mode.h"
#include "isa/x86/x86.h"
#include "isa/x86/xstate.h"
#include "tests/insn/bare.h"
#include "tests/insn/maker.h"
#include "tests/insn/values.h"

enum { RAM_BYTES = 0x40000, CODE = 0x10000, TABLES = 0x4000, HANG_SECONDS = 20 };
enum world { REAL, BIG_REAL, V86, PROT16, PROT32, PAGED32, PAE, LONG64, COMPAT, WORLDS };

static struct rng r;
static u64 seed;

static u64 pick(u64 n)
{
    return rng_below(&r, n);
}

/* ---- Failing ---- */

extern void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

/* Only what a signal handler may call. */
static void tell(void)
{
    char text[64] = "fuzz: failed; rerun with: fuzz one ";
    size_t n = strlen(text);
    char digits[24];
    unsigned k = 0;
    u64 v = seed;

    do
        digits[k++] = (char)('0' + v % 10);
    while (v /= 10);
    while (k)
        text[n++] = digits[--k];
    text[n++] = '\n';
    if (write(2, text, n) < 0)
        _exit(2);
}

static void caught(int number)
{
    tell();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_all(void)
{
    static const int signals[] = { SIGABRT, SIGALRM };
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };

    for (unsigned i = 0; i < COUNT(signals); i++)
        signal(signals[i], caught);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(tell);
    else
        for (unsigned i = 0; i < COUNT(crashes); i++)
            signal(crashes[i], caught);
}

/* ---- Memory ---- */

static u64 address(void)
{
    switch (pick(8)) {
    case 0:  return value_integer(&r);
    case 1:  return CODE + pick(0x1000);
    case 2:  return (u64)0 - pick(0x2000);
    default: return pick(RAM_BYTES);
    }
}

static void put(struct bare *b, u64 at, u64 v, unsigned size)
{
    memcpy(b->ram->host + at % (RAM_BYTES - 8), &v, size);
}

/* Of code, data, system; now and then anything. */
static u64 descriptor(void)
{
    static const u8 types[] = { 0x9a, 0x9b, 0x9e, 0x92, 0x93, 0x96, 0xfa, 0xf2, 0xf3, 0x82, 0x81,
                                0x83, 0x89, 0x8b, 0x84, 0x85, 0x86, 0x87, 0x8c, 0x8e, 0x8f, 0xec };
    u64 base = pick(4) ? 0 : pick(RAM_BYTES), limit = pick(4) ? 0xfffff : pick(0x100000);
    u64 high = pick(2) ? 0xc : rng_next(&r) & 0xf;

    if (pick(16) == 0)
        return rng_next(&r);
    return (limit & 0xffff) | (base & 0xffffff) << 16 | (u64)types[pick(COUNT(types))] << 40
        | (limit >> 16) << 48 | high << 52 | (base >> 24) << 56;
}

static u64 gate(void)
{
    u64 to = CODE + pick(0x1000), type = pick(8) ? 0x8e + pick(2) * 0x61 - pick(2) : rng_next(&r);

    return (to & 0xffff) | (8 + 8 * pick(8)) << 16 | (type & 0xff) << 40 | to >> 16 << 48;
}

/* Page tables of any format: entries that lead into RAM, or are wrong. */
static void fill_tables(struct bare *b)
{
    for (u64 at = TABLES; at < TABLES + 0x4000; at += 8) {
        u64 e = (TABLES + (pick(2) ? pick(0x4000) : pick(RAM_BYTES))) & ~(u64)0xfff;

        e |= pick(6) ? 7 : rng_next(&r) & 0xfff;
        if (pick(8) == 0)
            e |= 0x80;
        if (pick(32) == 0)
            e ^= BIT(pick(64));
        put(b, at, pick(2) ? e : (u32)e | e << 32, 8);
    }
    if (pick(8) == 0)
        return;
    put(b, TABLES, (TABLES + 0x1000) | 7, 8);           /* a good way to the first megabytes */
    put(b, TABLES + 0x1000, (TABLES + 0x2000) | 7, 8);
    put(b, TABLES + 0x2000, 0x87, 8);
}

/* Instructions end to end, as rows make them. */
static void fill_code(struct bare *b, unsigned bits)
{
    static struct insn_case c;
    u64 at = CODE;

    while (at < CODE + 0x1000) {
        struct maker m = { .r = r, .c = &c };

        c.bits = (u8)bits;
        m.row = &x86_rows[pick(x86_row_count)];
        m.name = "";
        encoding_parse(m.row, &m.e);
        m.r = r;
        make_code(&m);
        r = m.r;
        memcpy(b->ram->host + at, c.code, 12);
        at += 1 + pick(pick(3) ? 6 : 12);
    }
}

static void fill(struct bare *b, unsigned bits)
{
    for (u64 at = 0; at < RAM_BYTES; at += 8)
        put(b, at, pick(4) ? value_integer(&r) : rng_next(&r), 8);
    for (unsigned i = 0; i < 32; i++)
        put(b, 0x1000 + 8 * i, descriptor(), 8);
    for (unsigned i = 0; i < 512; i++)
        put(b, 0x2000 + 8 * i, gate(), 8);
    for (unsigned i = 0; i < 256; i++)
        if (pick(2))
            put(b, 4 * i, (CODE >> 4) << 16 | pick(0x1000), 4);
    fill_tables(b);
    fill_code(b, bits);
}

/* ---- Registers ---- */

static void random_registers(struct x86 *cpu)
{
    u8 fx[FX_WHOLE];

    for (unsigned i = 0; i < 16; i++)
        cpu->gpr[i] = pick(2) ? address() : value_integer(&r);
    if (!x86_is_64(cpu))
        for (unsigned i = 0; i < 16; i++)
            cpu->gpr[i] = i < 8 ? (u32)cpu->gpr[i] : 0;
    value_fx(&r, fx);
    value_ymm(&r, fx);
    cpu->fcw = (u16)(fx[0] | fx[1] << 8);
    cpu->fsw = (u16)((fx[2] | fx[3] << 8) & ~FSW_TOP);
    cpu->ftop = (u8)pick(8);
    cpu->ftag = (u8)rng_next(&r);
    cpu->mxcsr = (u32)(fx[FX_MXCSR] | fx[FX_MXCSR + 1] << 8);
    for (unsigned i = 0; i < 8; i++)
        cpu->st[i] = (struct f80){ rng_next(&r), (u16)rng_next(&r) };
    for (unsigned i = 0; i < 16; i++) {
        memcpy(cpu->v[i].q, fx + FX_XMM + 16 * i, 16);
        memcpy(cpu->v[i].q + 2, fx + FX_YMM + 16 * i, 16);
    }
    cpu->rip = CODE + pick(0x1000);
    cpu->eflags = (value_flags(&r) & ~(u32)(pick(4) ? TF : 0)) | (pick(8) ? 0 : (u32)pick(4) << 12)
        | (pick(16) ? 0 : TF) | (pick(16) ? 0 : RF);
    if (pick(8) == 0)
        for (unsigned i = 0; i < 4; i++)
            cpu->dr[i] = address();
    if (pick(8) == 0)
        cpu->dr[7] = (rng_next(&r) & 0xffff23ff) | 0x400;
}

static void random_system(struct x86 *cpu)
{
    u32 cr4 = CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PGE | CR4_UMIP | CR4_SMEP
        | CR4_SMAP | CR4_FSGSBASE | CR4_OSXSAVE | CR4_PKE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    cpu->gdtr[0] = (struct table_register){ 0x1000, (u16)(pick(4) ? 0xff : rng_next(&r)) };
    cpu->idtr[0] = (struct table_register){ cpu->cr0 & CR0_PE ? 0x2000 : 0, 0xfff };
    cpu->seg[TR] = (struct segment){ 0x28, 0x8b00 & (pick(4) ? ~0u : ~0x800u),
                                     (u32)pick(0x2100), pick(RAM_BYTES) };
    cpu->seg[LDTR] = (struct segment){ 0x30, 0x8200, 0xff, 0x1000 };
    cpu->cr4 |= ((u32)rng_next(&r) & (u32)rng_next(&r) & cr4) | (pick(2) ? CR4_OSXSAVE : 0);
    cpu->xcr0 = XSTATE_X87 | (pick(4) ? XSTATE_SSE | XSTATE_AVX : 0) | (pick(2) ? XSTATE_PKRU : 0);
    cpu->cr0 |= (u32)rng_next(&r) & (u32)rng_next(&r) & (u32)rng_next(&r)
        & (CR0_MP | CR0_EM | CR0_TS | CR0_WP | CR0_AM | CR0_NE);
    cpu->efer |= pick(2) ? EFER_SCE : 0;
    cpu->star = rng_next(&r) & 0x003f003f00000000;
    cpu->lstar = cpu->cstar = cpu->sysenter_eip = CODE + pick(0x1000);
    cpu->sysenter_cs = 8;
    cpu->sysenter_esp = pick(RAM_BYTES);
    cpu->smbase = 0x8000;
    cpu->pkru = (u32)rng_next(&r);
}

static void user(struct x86 *cpu)
{
    cpu->cpl = 3;
    for (unsigned i = 0; i < 6; i++) {
        cpu->seg[i].selector |= 3;
        cpu->seg[i].attr |= SEG_DPL;
    }
}

static void random_segments(struct x86 *cpu, enum world w)
{
    for (unsigned i = 0; i < 6; i++) {
        struct segment *s = &cpu->seg[i];

        if (pick(6) == 0 && w != LONG64)
            s->limit = (u32)pick(RAM_BYTES);
        if (pick(6) == 0 && (i != CS || w == PROT32))
            s->base = pick(RAM_BYTES);
        if (w == PROT16 || (pick(12) == 0 && i != CS))
            s->attr &= ~(u32)SEG_DB;
        if (pick(12) == 0 && i != CS && i != SS && w >= PROT16)
            *s = (struct segment){ .selector = (u16)pick(4) };
    }
}

static void in_v86(struct x86 *cpu)
{
    cpu->eflags |= VM;
    cpu->cpl = 3;
    for (unsigned i = 0; i < 6; i++) {
        u16 selector = (u16)(i == CS ? 0 : pick(0x4000));

        cpu->seg[i] = (struct segment){
            selector, SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | SEG_DPL, 0xffff,
            (u64)selector << 4,
        };
    }
    cpu->rip &= 0xffff;
}

static void in_paged(struct x86 *cpu, enum world w)
{
    cpu->cr0 |= CR0_PG;
    cpu->cr3 = TABLES;
    if (w == PAE) {
        cpu->cr4 |= CR4_PAE;
        cpu->efer |= pick(2) ? EFER_NXE : 0;
        for (unsigned i = 0; i < 4; i++)
            cpu->pdpte[i] = pick(4) ? (TABLES + 0x2000) | 1 : pick(RAM_BYTES) & ~(u64)0xffe;
    }
}

/* A few translations that the tables may contradict. */
static void random_tlb(struct x86 *cpu)
{
    for (unsigned n = (unsigned)pick(12); n > 0; n--) {
        u64 linear = address() & cpu->lin_mask & ~(u64)PAGE_MASK;
        unsigned slot = tlb_slot(linear), table = (unsigned)pick(TLB_SETS * TLB_KINDS);

        cpu->page[table * TLB_SIZE + slot] = (struct tlb_page){
            linear | PAGE_VALID, (address() & 0xfffff000) | pick(8) << 1,
        };
        cpu->page[table * TLB_SIZE + slot].physical &= ~(u64)0xff9;
    }
}

static unsigned enter(struct bare *b, enum world w)
{
    struct x86 *cpu = b->cpu;

    if (w <= BIG_REAL)
        bare_real(b);
    else if (w >= LONG64)
        bare_flat64(b, TABLES);
    else
        bare_flat32(b);
    random_registers(cpu);
    random_segments(cpu, w);
    if (w == REAL || w == PROT16) {
        cpu->seg[CS].base = CODE;
        cpu->rip &= 0xfff;
    }
    if (w == BIG_REAL)
        for (unsigned i = 0; i < 6; i++)
            cpu->seg[i].limit = 0xffffffff;
    if (w == PAGED32 || w == PAE)
        in_paged(cpu, w);
    if (w == COMPAT)
        cpu->seg[CS].attr = (cpu->seg[CS].attr & ~(u32)SEG_L) | SEG_DB;
    random_system(cpu);
    if (w == V86)
        in_v86(cpu);
    else if (w >= PROT16 && pick(3) == 0)
        user(cpu);
    return w == LONG64 ? 64 : 32;
}

enum { STATE_AT = offsetof(struct x86, gpr), STATE_BYTES = offsetof(struct x86, lazy) - STATE_AT };

static u8 *state_of(struct bare *b)
{
    return (u8 *)b->cpu + STATE_AT;
}

/* As at power-on, whatever it was used for; and sometimes made anew. */
static struct bare *bench(unsigned which)
{
    static struct bare *benches[2];
    static unsigned uses[2];
    static u8 power_on[STATE_BYTES];
    struct bare *b = benches[which];

    if (b && uses[which]++ % 64 == 0) {
        bare_destroy(b);
        b = NULL;
    }
    if (!b) {
        b = benches[which] = bare_create(RAM_BYTES, NULL);
        memcpy(power_on, state_of(b), STATE_BYTES);
    }
    machine_reset(b->machine, RESET_POWER);
    memcpy(state_of(b), power_on, STATE_BYTES);
    b->cpu->cpu.dev.type->resume(&b->cpu->cpu.dev);
    b->cpu->cpu.retired = 0;
    b->machine->random = 0;
    memset(b->ram->host, 0, RAM_BYTES);
    b->machine->clock.now = b->machine->turn_ends = b->machine->turn = 0;
    return b;
}

static void prepare(struct bare *b)
{
    enum world w = (enum world)pick(WORLDS);
    struct device *dev = &b->cpu->cpu.dev;

    fill(b, enter(b, w));
    if (w >= LONG64 && pick(8)) {
        put(b, TABLES, (TABLES + 0x1000) | 7, 8);
        put(b, TABLES + 0x1000, (TABLES + 0x2000) | 7, 8);
        put(b, TABLES + 0x2000, 0x87, 8);
    }
    x86_mode_update(b->cpu);
    if (pick(4) == 0)
        random_tlb(b->cpu);
    dev->type->resume(dev);
}

/* ---- Cases ---- */

static void pulse(struct bare *b)
{
    static const u8 pins[] = { X86_NMI, X86_SMI, X86_INIT, X86_A20M };
    struct device *dev = &b->cpu->cpu.dev;
    unsigned pin = pins[pick(COUNT(pins))];

    dev->type->pin(dev, pin, true);
    if (pick(2))
        dev->type->pin(dev, pin, false);
}

static void save(struct bare *b, struct buffer *to)
{
    struct error err;

    buffer_clear(to);
    if (!snapshot_save(to, b->machine, &err)) {
        fprintf(stderr, "fuzz: %s\n", err.text);
        abort();
    }
}

static void load(struct bare *b, const struct buffer *from)
{
    struct error err;

    if (!snapshot_load(b->machine, from->bytes, from->used, &err)) {
        fprintf(stderr, "fuzz: %s\n", err.text);
        abort();
    }
}

static bool same(struct digest a, struct digest b)
{
    return a.low == b.low && a.high == b.high;
}

static struct digest run_blocks(struct bare *b, const struct buffer *start, u64 n)
{
    load(b, start);
    machine_run(b->machine, b->machine->clock.now + n);
    return machine_hash(b->machine);
}

static struct digest run_steps(struct bare *b, const struct buffer *start, u64 n)
{
    struct machine *m = b->machine;
    u64 until;

    load(b, start);
    until = m->clock.now + n;
    while (m->clock.now < until)
        machine_run(m, m->clock.now + 1);
    return machine_hash(m);
}

/* Bytes of rows, to be compared with those of another state. */
static void note_row(void *ctx, const struct state_view *v)
{
    struct buffer *b = ctx;

    for (u32 i = 0; i < v->count; i++)
        buffer_put_number(b, state_get(v, i), 8);
}

static void compare_row(void *ctx, const struct state_view *v)
{
    const u8 **at = ctx;

    for (u32 i = 0; i < v->count; i++, *at += 8) {
        u64 was;

        memcpy(&was, *at, 8);
        if (was != state_get(v, i))
            fprintf(stderr, "  %s[%u]: %llx in blocks, %llx in steps\n", v->name, i,
                    (unsigned long long)was, (unsigned long long)state_get(v, i));
    }
}

static void print_differences(struct bare *a, struct bare *b)
{
    struct buffer rows = { 0 };
    const u8 *at;

    machine_visit(a->machine, note_row, &rows);
    at = rows.bytes;
    machine_visit(b->machine, compare_row, &at);
    for (unsigned i = 0; i < RAM_BYTES; i++)
        if (a->ram->host[i] != b->ram->host[i])
            fprintf(stderr, "  RAM[%x]: %02x in blocks, %02x in steps\n", i, a->ram->host[i],
                    b->ram->host[i]);
    buffer_clear(&rows);
}

static void print_parting(struct bare *b, const struct buffer *start, u64 n)
{
    struct buffer rows = { 0 };
    const u8 *at;
    struct x86 *cpu = b->cpu;
    u64 few = 1;

    while (few < n && same(run_blocks(b, start, few), run_steps(b, start, few)))
        few++;
    run_steps(b, start, few - 1);
    fprintf(stderr, "fuzz: blocks and steps part in instruction %llu, mode %llx cpl %u: "
            "%x:%llx, CS base %llx, code", (unsigned long long)few, (unsigned long long)cpu->mode,
            cpu->cpl, cpu->seg[CS].selector, (unsigned long long)cpu->rip,
            (unsigned long long)cpu->seg[CS].base);
    for (unsigned i = 0; i < 12; i++)
        fprintf(stderr, " %02x", b->ram->host[(cpu->seg[CS].base + cpu->rip + i) % RAM_BYTES]);
    fprintf(stderr, "\n");
    run_blocks(b, start, few);
    machine_visit(b->machine, note_row, &rows);
    run_steps(b, start, few);
    at = rows.bytes;
    machine_visit(b->machine, compare_row, &at);
    buffer_clear(&rows);
}

/* Bytes between the fields may differ: then the hash decides. */
static bool same_state(struct bare *a, struct bare *b)
{
    machine_retired(a->machine);        /* settles */
    machine_retired(b->machine);
    if (memcmp(state_of(a), state_of(b), STATE_BYTES) == 0
        && a->machine->clock.now == b->machine->clock.now
        && memcmp(a->ram->host, b->ram->host, RAM_BYTES) == 0)
        return true;
    return same(machine_hash(a->machine), machine_hash(b->machine));
}

/* In blocks, and one instruction at a time: the same end. */
static void both_ways(struct bare *a, struct bare *b, struct rng again)
{
    u64 n = 1 + pick(300), until;
    struct buffer start = { 0 };

    machine_run(a->machine, a->machine->clock.now + n);
    r = again;
    prepare(b);
    until = b->machine->clock.now + n;
    while (b->machine->clock.now < until)
        machine_run(b->machine, b->machine->clock.now + 1);
    if (same_state(a, b))
        return;
    print_differences(a, b);
    r = again;
    b = bench(1);
    prepare(b);
    save(b, &start);
    print_parting(b, &start, n);
    fprintf(stderr, "fuzz: two machines part within %llu instructions\n", (unsigned long long)n);
    abort();
}

static void with_pins(struct bare *b)
{
    for (unsigned i = 0; i < 4; i++) {
        if (pick(3) == 0)
            pulse(b);
        machine_run(b->machine, b->machine->clock.now + 1 + pick(200));
    }
}

/* Bytes of a snapshot change; half of the time its checksum is made good again. */
static void broken_snapshot(struct bare *b)
{
    struct buffer s = { 0 };
    struct error err;

    save(b, &s);
    for (u64 n = 1 + pick(4); n > 0; n--) {
        size_t at = pick(3) ? pick(s.used < 6000 ? s.used : 6000) : pick(s.used);

        s.bytes[at] = (u8)(pick(2) ? rng_next(&r) : s.bytes[at] ^ BIT(pick(8)));
    }
    if (pick(8) == 0)
        s.used = pick(s.used);
    if (pick(2) && s.used > 16) {
        struct hash h;
        struct digest d;

        hash_begin(&h);
        hash_add(&h, s.bytes, s.used - 16);
        d = hash_end(&h);
        memcpy(s.bytes + s.used - 16, &d.low, 8);
        memcpy(s.bytes + s.used - 8, &d.high, 8);
    }
    if (snapshot_load(b->machine, s.bytes, s.used, &err))
        machine_run(b->machine, b->machine->clock.now + 100);
    buffer_clear(&s);
}

static void run_case(void)
{
    struct bare *b = bench(0);
    struct rng start = r = rng_seeded("fuzz", seed);

    alarm(HANG_SECONDS);
    prepare(b);
    switch (rng_below(&start, 16)) {
    case 0:         broken_snapshot(b); break;
    case 1: case 2: with_pins(b); break;
    default:        both_ways(b, bench(1), rng_seeded("fuzz", seed)); break;
    }
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    time_t start = time(NULL);
    u64 first, n = 0;

    first = seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    catch_all();
    if (argc > 2 && strcmp(argv[1], "one") == 0) {
        run_case();
        puts("passed");
        return 0;
    }
    for (; difftime(time(NULL), start) < seconds; seed++, n++)
        run_case();
    printf("%llu cases from seed %llu on, nothing found\n", (unsigned long long)n,
           (unsigned long long)first);
    return 0;
}
