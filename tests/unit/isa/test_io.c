/* IN, OUT, INS, OUTS. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "isa/x86/mode.h"
#include "tests/unit/isa/one.h"

/* A device on ports 100h to 107h: it writes down what it was asked, and answers with a count. */
struct scribe {
    struct device dev;
    struct region region;
    char          text[256];
    u64           answers;
};

static u64 scribe_read(struct device *dev, u64 offset, unsigned size)
{
    struct scribe *s = container_of(dev, struct scribe, dev);

    snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "r%u.%u@%u ",
             (unsigned)offset, size, (unsigned)dev->machine->clock.now);
    return 0x44332211 + s->answers++;
}

static void scribe_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct scribe *s = container_of(dev, struct scribe, dev);

    snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "w%u.%u=%x ",
             (unsigned)offset, size, (unsigned)value);
}

static const struct io_ops scribe_io = { scribe_read, scribe_write, 4 };

static bool scribe_attach(struct device *dev, struct error *err)
{
    struct scribe *s = container_of(dev, struct scribe, dev);

    s->region = (struct region){ .name = "scribe", .owner = dev, .io = &scribe_io, .size = 8 };
    space_map(dev->machine->ports, &s->region, 0x100, NORMAL);
    return true;
}

static const struct device_type scribe_type = {
    .name = "scribe", .title = "writes down", .size = sizeof(struct scribe),
    .attach = scribe_attach,
};

/* Ports 200h to 203h: data without an end in both directions, of which 10 at most go at once. */
struct stream {
    struct device dev;
    struct region region;
    u8            sum, next;
    unsigned      spans;
};

static u64 stream_read(struct device *dev, u64 offset, unsigned size)
{
    struct stream *s = container_of(dev, struct stream, dev);
    u64 v = 0;

    for (unsigned i = 0; i < size; i++)
        v |= (u64)s->next++ << 8 * i;
    return v;
}

static void stream_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct stream *s = container_of(dev, struct stream, dev);

    for (unsigned i = 0; i < size; i++)
        s->sum = (u8)(s->sum * 5 + (u8)(value >> 8 * i));
}

static u32 stream_read_many(struct device *dev, u64 offset, unsigned size, u8 *to, u32 n)
{
    struct stream *s = container_of(dev, struct stream, dev);

    n = n < 10 ? n : 10;
    for (unsigned i = 0; i < n * size; i++)
        to[i] = s->next++;
    s->spans++;
    return n;
}

static u32 stream_write_many(struct device *dev, u64 offset, unsigned size, const u8 *from, u32 n)
{
    struct stream *s = container_of(dev, struct stream, dev);

    n = n < 10 ? n : 10;
    for (unsigned i = 0; i < n * size; i++)
        s->sum = (u8)(s->sum * 5 + from[i]);
    s->spans++;
    return n;
}

static const struct io_ops stream_io = { stream_read, stream_write, 4 };
static const struct io_many stream_many = { stream_read_many, stream_write_many };

static bool stream_attach(struct device *dev, struct error *err)
{
    struct stream *s = container_of(dev, struct stream, dev);

    s->region = (struct region){ .name = "stream", .owner = dev, .io = &stream_io,
                                 .many = &stream_many, .size = 4 };
    space_map(dev->machine->ports, &s->region, 0x200, NORMAL);
    return true;
}

static const struct device_type stream_type = {
    .name = "stream", .title = "has data", .size = sizeof(struct stream), .attach = stream_attach,
};

static struct bare *bench;
static struct scribe *scribe;
static struct stream *stream;

static void power_on(void)
{
    struct device *dev;

    bench = bare_create(1 << 20, "max");
    dev = machine_add(bench->machine, &scribe_type, "scribe", NULL);
    cr_assert(dev);
    scribe = container_of(dev, struct scribe, dev);
    dev = machine_add(bench->machine, &stream_type, "stream", NULL);
    cr_assert(dev);
    stream = container_of(dev, struct stream, dev);
    bare_flat32(bench);
    bench->cpu->gpr[RDX] = 0x100;
    bench->cpu->gpr[RAX] = 0xcafebabe;
}

static void power_off(void)
{
    bare_destroy(bench);
}

TestSuite(io, .init = power_on, .fini = power_off);

Test(io, in_and_out_have_three_sizes)
{
    struct x86 *cpu = bench->cpu;

    cr_assert_eq(ONE(bench, 0xee), NO_FAULT);
    cr_assert_eq(ONE(bench, 0x66, 0xef), NO_FAULT);
    cr_assert_eq(ONE(bench, 0xef), NO_FAULT);
    cr_assert_str_eq(scribe->text, "w0.1=be w0.2=babe w0.4=cafebabe ");
    cr_assert_eq(ONE(bench, 0xec), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 0xcafeba11);
    cr_assert_eq(ONE(bench, 0x66, 0xed), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 0xcafe2212);
    cr_assert_eq(ONE(bench, 0xed), NO_FAULT);
    cr_assert_eq(cpu->gpr[RAX], 0x44332213);
}

Test(io, rex_makes_no_wider_port)
{
    bare_flat64(bench, 0x10000);
    bench->cpu->gpr[RAX] = UINT64_MAX;
    cr_assert_eq(ONE(bench, 0x48, 0xed), NO_FAULT);
    cr_assert_eq(bench->cpu->gpr[RAX], 0x44332211);
    cr_assert(strncmp(scribe->text, "r0.4", 4) == 0);
}

Test(io, where_nobody_answers_ones_are_read)
{
    cr_assert_eq(ONE(bench, 0xe4, 0x80), NO_FAULT);
    cr_assert_eq(bench->cpu->gpr[RAX], 0xcafebaff);
    cr_assert_eq(ONE(bench, 0xe7, 0x80), NO_FAULT);
}

Test(io, privilege_is_asked_first)
{
    bare_store(bench, 0x66, "\x68", 2);         /* the I/O map lies behind the TSS's limit */
    bench->cpu->cpl = 3;
    bench->cpu->seg[TR].limit = 0x67;
    x86_mode_update(bench->cpu);
    cr_assert_eq(ONE(bench, 0xee), V_GP);
    cr_assert_eq(ONE(bench, 0x6c), V_GP);
    cr_assert_str_eq(scribe->text, "");
}

static void run_strings(const void *code, size_t count, u64 until)
{
    static const u8 halt = 0xf4;

    bare_store(bench, CODE, code, count);
    bare_store(bench, CODE + count, &halt, 1);
    bench->cpu->rip = CODE;
    machine_run(bench->machine, until);
}

Test(io, a_string_reads_the_time_of_each_iteration)
{
    static const u8 code[] = { 0x90, 0x90, 0xf3, 0x6c };        /* REP INSB */
    struct x86 *cpu = bench->cpu;

    cpu->gpr[RCX] = 3;
    cpu->gpr[RDI] = DATA;
    run_strings(code, sizeof code, SECOND);
    cr_assert_str_eq(scribe->text, "r0.1@2 r0.1@3 r0.1@4 ");
    cr_assert_eq(cpu->gpr[RCX], 0);
    cr_assert_eq(cpu->gpr[RDI], DATA + 3);
    cr_assert_eq(memcmp(bench->ram->host + DATA, "\x11\x12\x13", 3), 0);
    cr_assert_eq(cpu->cpu.retired, 6);
}

Test(io, a_string_stops_wherever_time_is_up)
{
    static const u8 code[] = { 0xf3, 0x66, 0x6d };              /* REP INSW */

    for (u64 until = 1; until < 6; until++) {
        power_off();
        power_on();
        bench->cpu->gpr[RCX] = 100;
        bench->cpu->gpr[RDI] = DATA;
        run_strings(code, sizeof code, until);
        cr_expect_eq(bench->cpu->gpr[RCX], 100 - until);
        cr_expect_eq(bench->cpu->gpr[RDI], DATA + 2 * until);
        cr_expect_eq(bench->cpu->rip, CODE);
        cr_expect_eq(bench->cpu->cpu.retired, until);
    }
}

Test(io, strings_go_down_and_override_their_segment)
{
    static const u8 code[] = { 0xfd, 0x64, 0xf3, 0x6e };        /* STD; FS: REP OUTSB */
    struct x86 *cpu = bench->cpu;

    bare_store(bench, DATA, "abcd", 4);
    cpu->seg[FS].base = DATA - 0x10;
    x86_mode_update(cpu);
    cpu->gpr[RCX] = 3;
    cpu->gpr[RSI] = 0x13;
    run_strings(code, sizeof code, SECOND);
    cr_assert_str_eq(scribe->text, "w0.1=64 w0.1=63 w0.1=62 ");
    cr_assert_eq(cpu->gpr[RSI], 0x10);
}

Test(io, sixteen_bit_addresses_wrap)
{
    static const u8 code[] = { 0x67, 0xf3, 0x6c };
    struct x86 *cpu = bench->cpu;

    cpu->gpr[RCX] = 0x12340002;
    cpu->gpr[RDI] = 0x1234ffff;
    run_strings(code, sizeof code, SECOND);
    cr_assert_eq(cpu->gpr[RDI], 0x12340001);
    cr_assert_eq(cpu->gpr[RCX], 0x12340000);
}

Test(io, nothing_is_read_that_cannot_be_stored)
{
    struct x86 *cpu = bench->cpu;

    cpu->seg[ES].limit = 0xfff;
    cpu->seg[ES].attr &= ~(u32)SEG_G;
    x86_mode_update(cpu);
    cpu->gpr[RDI] = 0x2000;
    cr_assert_eq(ONE(bench, 0x6c), V_GP);
    cr_assert_str_eq(scribe->text, "");
    cr_assert_eq(cpu->gpr[RDI], 0x2000);
}

Test(io, no_iterations_ask_nobody)
{
    bench->cpu->gpr[RCX] = 0;
    cr_assert_eq(ONE(bench, 0xf3, 0x6e), NO_FAULT);
    cr_assert_str_eq(scribe->text, "");
    cr_assert_eq(bench->cpu->rip, CODE + 2);
}

/* ---- Many at once ---- */

/* What is left of a run of strings; `spans` at most shows whether there were any. */
struct outcome { u64 rcx, rsi, rdi, rip, retired, now; u32 eflags; u8 sum, next, data[512]; };

static struct outcome outcome_of(const void *code, size_t count, u64 until, bool many)
{
    struct outcome o = { 0 };
    struct x86 *cpu;

    power_off();
    power_on();
    cpu = bench->cpu;
    if (!many)
        stream->region.many = NULL;
    cpu->gpr[RCX] = 100;
    cpu->gpr[RDX] = 0x200;
    cpu->gpr[RSI] = CODE;
    cpu->gpr[RDI] = DATA + 0x1000 - 70;         /* 35 words fit before the page's end */
    run_strings(code, count, until);
    o.rcx = cpu->gpr[RCX];
    o.rsi = cpu->gpr[RSI];
    o.rdi = cpu->gpr[RDI];
    o.rip = cpu->rip;
    o.eflags = cpu->eflags;
    o.retired = cpu->cpu.retired;
    o.now = bench->machine->clock.now;
    o.sum = stream->sum;
    o.next = stream->next;
    memcpy(o.data, bench->ram->host + DATA + 0x1000 - 256, sizeof o.data);
    return o;
}

static void check_many(const void *code, size_t count)
{
    for (u64 until = 1; until < 160; until++) {
        struct outcome one = outcome_of(code, count, until, false), all;

        cr_assert_eq(stream->spans, 0);
        all = outcome_of(code, count, until, true);
        cr_expect_eq(memcmp(&one, &all, sizeof one), 0, "until %u: %u left, not %u",
                     (unsigned)until, (unsigned)all.rcx, (unsigned)one.rcx);
    }
    cr_assert_gt(stream->spans, 5);
}

Test(io, many_ins_at_once_are_those_one_by_one)
{
    static const u8 code[] = { 0x90, 0xf3, 0x66, 0x6d, 0x90 };  /* REP INSW */

    check_many(code, sizeof code);
}

Test(io, many_outs_at_once_are_those_one_by_one)
{
    static const u8 code[] = { 0x90, 0xf3, 0x6f, 0x90 };        /* REP OUTSD */

    check_many(code, sizeof code);
}

Test(io, what_is_watched_or_forbidden_goes_one_by_one)
{
    static const u8 up[] = { 0xf3, 0x6c }, down[] = { 0xfd, 0xf3, 0x6c };
    struct x86 *cpu;

    outcome_of(down, sizeof down, SECOND, true);
    cr_assert_eq(stream->spans, 0);
    cr_assert_eq(bench->ram->host[DATA + 0x1000 - 70 - 99], 99);
    power_off();
    power_on();
    cpu = bench->cpu;
    cpu->dr[7] |= 1;
    cpu->gpr[RCX] = 100;
    cpu->gpr[RDX] = 0x200;
    cpu->gpr[RDI] = DATA;
    run_strings(up, sizeof up, SECOND);
    cr_assert_eq(stream->spans, 0);
    cr_assert_eq(bench->ram->host[DATA + 99], 99);
}
