#include "peripherals/storage/floppy.h"

#include "bus/isa_dma.h"
#include "core/config.h"
#include "core/input.h"
#include "peripherals/storage/floppy_drive.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { SRA = 0x3f0, SRB, DOR, TDR, MSR, FIFO, DSR = MSR, DIR = 0x3f7, CCR = DIR };
enum { IRQ = 6, BYTES = 2880 * 512 };

/* -- a DMA controller that the test fills, and a diskette in memory -- */

#define STUB_STATE(ONE, MANY, PART)                 \
    MANY(u8,  bytes, 64 * 512, "in memory")         \
    ONE (u32, at,   "the next one")                 \
    ONE (u32, left, "until terminal count")

struct stub {
    struct device  dev;
    struct isa_dma bus;
    STATE_MEMBERS(STUB_STATE)
};
DEFINE_STATE(struct stub, STUB_STATE);

static size_t stub_move(struct isa_dma *bus, unsigned channel, void *bytes, size_t count,
                        bool to_memory, bool *terminal_count)
{
    struct stub *s = container_of(bus, struct stub, bus);

    cr_assert_eq(channel, 2);
    if (count > s->left)
        count = s->left;
    if (to_memory)
        memcpy(s->bytes + s->at, bytes, count);
    else
        memcpy(bytes, s->bytes + s->at, count);
    s->at += (u32)count;
    s->left -= (u32)count;
    *terminal_count = count && s->left == 0;
    return count;
}

static void stub_request(struct isa_dma *bus, unsigned channel, bool level)
{
    (void)bus, (void)channel, (void)level;
}

static void *stub_offer(struct device *dev, const char *interface)
{
    struct stub *s = container_of(dev, struct stub, dev);

    s->bus = (struct isa_dma){ dev, stub_move, stub_request };
    return strcmp(interface, "isa-dma") ? NULL : &s->bus;
}

static const struct device_type stub_type = {
    .name = "stub", .size = sizeof(struct stub), .state = state_rows, .offer = stub_offer,
};

static u8 disk[BYTES];

static bool disk_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    (void)b;
    memcpy(to, disk + sector * 512, count * 512);
    return true;
}

static bool disk_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    (void)b;
    memcpy(disk + sector * 512, from, count * 512);
    return true;
}

static const struct block_ops disk_ops = { .read = disk_read, .write = disk_write };
static struct block medium;

static struct machine *m;
static struct probe *pic;
static struct stub *dma;
static struct config *config;

static struct floppy *drive_a(void)
{
    return device_offer(machine_find(m, "fda"), "floppy");
}

static void insert(u64 sectors)
{
    struct drive *d = device_offer(machine_find(m, "fda"), "drive");

    medium = (struct block){ .ops = &disk_ops, .name = "disk", .sectors = sectors };
    d->insert(d, &medium);
}

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    made->config = config;
    pic = probe(made, "pic");
    dma = container_of(machine_add(made, &stub_type, "dma", NULL), struct stub, dev);
    cr_assert(machine_add(made, &fdc_type, "fdc", NULL));
    cr_assert(machine_add(made, &floppy_drive_type, "fda", NULL));
    cr_assert(machine_wire(made, "fdc.irq", "pic", IRQ, NULL));
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    config = config_create();
    for (unsigned i = 0; i < BYTES; i++)
        disk[i] = (u8)(i / 512 + i % 512);
    m = build();
}

static void end(void)
{
    machine_destroy(m);
    config_destroy(config);
}

TestSuite(floppy, .init = start, .fini = end);

static void restart(const char *key, const char *value)
{
    config_set(config, key, value, NULL);
    machine_destroy(m);
    m = build();
}

static void pass(u64 time)
{
    machine_run(m, m->clock.now + time);
}

/* Bytes are numbers in text: "4a 00". */
static void say(const char *bytes)
{
    unsigned byte;
    int n;

    for (; sscanf(bytes, "%x%n", &byte, &n) == 1; bytes += n) {
        cr_assert_eq(in8(m, MSR) & 0xc0, 0x80, "no byte is wanted before \"%s\"", bytes);
        out8(m, FIFO, (u8)byte);
    }
}

static const char *result(void)
{
    static char text[64];
    size_t n = 0;

    text[0] = '\0';
    while ((in8(m, MSR) & 0xf0) == 0xd0 && n + 4 < sizeof text)
        n += (size_t)snprintf(text + n, sizeof text - n, "%02x ", in8(m, FIFO));
    return text;
}

static const char *ask(const char *bytes)
{
    say(bytes);
    return result();
}

/* Until the interrupt, at most a few revolutions or a long seek. */
static void wait_irq(void)
{
    for (unsigned i = 0; i < 4000 && !pic->level[IRQ]; i++)
        pass(MILLISECOND);
    cr_assert(pic->level[IRQ]);
}

static const char *run(const char *bytes)
{
    say(bytes);
    wait_irq();
    return result();
}

static void dma_set(u32 count)
{
    dma->at = 0;
    dma->left = count;
}

/* As firmware does it: out of reset, four senses, SPECIFY, motor A, 500 kbps. */
static void set_up(u64 sectors)
{
    insert(sectors);
    out8(m, DOR, 0x08);
    out8(m, DOR, 0x1c);
    wait_irq();
    for (u8 i = 0; i < 4; i++)
        ask("08");
    say("03 af 02");
    out8(m, CCR, 0);
}

static void seek_to(u8 cylinder)
{
    char text[16];

    snprintf(text, sizeof text, "0f 00 %02x", cylinder);
    say(text);
    wait_irq();
    ask("08");
}

static u8 byte_of(unsigned block, unsigned at)
{
    return (u8)(block + at);
}

Test(floppy, a_reset_is_sensed_four_times)
{
    out8(m, DOR, 0x08);
    cr_assert_eq(in8(m, MSR), 0);
    out8(m, DOR, 0x0c);
    wait_irq();
    cr_assert_str_eq(ask("08"), "c0 00 ");
    cr_assert_not(pic->level[IRQ]);
    cr_assert_str_eq(ask("08"), "c1 00 ");
    cr_assert_str_eq(ask("08"), "c2 00 ");
    cr_assert_str_eq(ask("08"), "c3 00 ");
    cr_assert_str_eq(ask("08"), "80 ");
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

Test(floppy, without_polling_a_reset_is_silent)
{
    set_up(2880);
    say("13 00 70 00");
    say("94");
    result();
    out8(m, DOR, 0x00);
    out8(m, DOR, 0x0c);
    pass(MILLISECOND);
    cr_assert_not(pic->level[IRQ]);
}

Test(floppy, the_gate_of_the_dor_holds_the_interrupt)
{
    out8(m, DOR, 0x00);
    out8(m, DOR, 0x04);
    pass(MILLISECOND);
    cr_assert_not(pic->level[IRQ]);
    out8(m, DOR, 0x0c);
    cr_assert(pic->level[IRQ]);
}

Test(floppy, it_knows_its_version_and_no_others)
{
    set_up(2880);
    cr_assert_str_eq(ask("10"), "90 ");
    cr_assert_str_eq(ask("18"), "80 ");
    cr_assert_str_eq(ask("94"), "10 ");
    cr_assert_str_eq(ask("14"), "00 ");
}

Test(floppy, dumpreg_shows_what_was_set)
{
    set_up(2880);
    say("13 00 57 05");
    say("12 84");
    seek_to(7);
    cr_assert_str_eq(ask("0e"), "07 00 00 00 af 02 00 04 57 05 ");
    out8(m, DSR, 0x80);                         /* software reset, not locked */
    wait_irq();
    for (u8 i = 0; i < 4; i++)
        ask("08");
    cr_assert_str_eq(ask("0e"), "00 00 00 00 af 02 00 04 20 00 ");
}

Test(floppy, a_seek_takes_its_steps_and_is_sensed)
{
    set_up(2880);
    say("0f 00 0a");
    cr_assert_eq(in8(m, MSR), 0x81);
    pass(59 * MILLISECOND);                     /* SRT Ah: six milliseconds at 500 kbps */
    cr_assert_not(pic->level[IRQ]);
    pass(2 * MILLISECOND);
    cr_assert(pic->level[IRQ]);
    cr_assert_str_eq(ask("08"), "20 0a ");
    cr_assert_eq(in8(m, MSR), 0x80);
    cr_assert_eq(drive_a()->cylinder, 10);
}

Test(floppy, recalibrate_finds_track_0_if_there_is_a_drive)
{
    set_up(2880);
    seek_to(10);
    cr_assert_str_eq(ask("04 00"), "28 ");
    say("07 00");
    wait_irq();
    cr_assert_str_eq(ask("08"), "20 00 ");
    cr_assert_str_eq(ask("04 00"), "38 ");
    say("07 01");
    wait_irq();
    cr_assert_str_eq(ask("08"), "71 00 ");
}

Test(floppy, relative_seeks_go_in_and_out)
{
    set_up(2880);
    say("cf 00 05");
    wait_irq();
    cr_assert_str_eq(ask("08"), "20 05 ");
    say("8f 00 02");
    wait_irq();
    cr_assert_str_eq(ask("08"), "20 03 ");
    cr_assert_eq(drive_a()->cylinder, 3);
}

Test(floppy, disk_change_shows_until_a_step)
{
    set_up(2880);
    cr_assert_eq(in8(m, DIR) & 0x80, 0x80);
    seek_to(0);
    cr_assert_eq(in8(m, DIR) & 0x80, 0x80);
    seek_to(1);
    cr_assert_eq(in8(m, DIR) & 0x80, 0);
    machine_input(m, "fda", INPUT_MEDIUM, NULL, 0, NULL);
    seek_to(0);
    cr_assert_eq(in8(m, DIR) & 0x80, 0x80);
}

Test(floppy, reads_sectors_until_terminal_count)
{
    set_up(2880);
    seek_to(2);
    dma_set(1024);
    cr_assert_str_eq(run("46 04 02 01 03 02 12 1b ff"), "04 00 00 02 01 05 02 ");
    for (unsigned i = 0; i < 1024; i++)
        cr_assert_eq(dma->bytes[i], byte_of((2 * 2 + 1) * 18 + 2 + i / 512, i % 512));
}

Test(floppy, a_track_passes_in_one_revolution)
{
    u64 begun;

    set_up(2880);
    pass(200 * MILLISECOND - m->clock.now % (200 * MILLISECOND));
    begun = m->clock.now;
    dma_set(18 * 512);
    say("46 00 00 00 01 02 12 1b ff");
    while (!pic->level[IRQ])
        pass(MILLISECOND / 4);
    cr_assert_leq(m->clock.now - begun, 200 * MILLISECOND);
    cr_assert_geq(m->clock.now - begun, 199 * MILLISECOND);
    cr_assert_str_eq(result(), "00 00 00 01 00 01 02 ");
}

Test(floppy, multi_track_goes_on_under_the_other_head)
{
    set_up(2880);
    dma_set(36 * 512);
    cr_assert_str_eq(run("c6 00 00 00 01 02 12 1b ff"), "00 00 00 01 00 01 02 ");
    cr_assert_eq(dma->bytes[35 * 512], byte_of(35, 0));
    dma_set(18 * 512);
    cr_assert_str_eq(run("c6 00 00 00 01 02 12 1b ff"), "04 00 00 00 01 01 02 ");
}

Test(floppy, the_end_of_the_track_without_terminal_count_is_abnormal)
{
    set_up(2880);
    dma_set(19 * 512);
    cr_assert_str_eq(run("46 00 00 00 12 02 12 1b ff"), "40 80 00 01 00 01 02 ");
    dma_set(512);
    cr_assert_str_eq(run("46 00 00 00 12 02 12 1b ff"), "00 00 00 01 00 01 02 ");
}

Test(floppy, a_channel_that_is_masked_overruns)
{
    set_up(2880);
    dma_set(0);
    cr_assert_str_eq(run("46 00 00 00 01 02 12 1b ff"), "40 10 00 00 00 01 02 ");
}

Test(floppy, what_is_not_there_is_not_found)
{
    set_up(2880);
    dma_set(512);
    cr_assert_str_eq(run("46 00 00 00 13 02 12 1b ff"), "40 04 00 00 00 13 02 ");
    cr_assert_str_eq(run("46 00 05 00 01 02 12 1b ff"), "40 04 10 05 00 01 02 ");
    cr_assert_str_eq(run("46 00 00 01 01 02 12 1b ff"), "40 04 00 00 01 01 02 ");
    cr_assert_str_eq(run("06 00 00 00 01 02 12 1b ff"), "40 01 00 00 00 01 02 ");   /* FM */
    out8(m, CCR, 2);
    cr_assert_str_eq(run("46 00 00 00 01 02 12 1b ff"), "40 01 00 00 00 01 02 ");
    cr_assert_str_eq(run("4a 00"), "40 01 00 00 00 01 02 ");
}

Test(floppy, a_motor_that_is_off_finds_nothing)
{
    set_up(2880);
    out8(m, DOR, 0x0c);
    dma_set(512);
    cr_assert_str_eq(run("46 00 00 00 01 02 12 1b ff"), "40 01 00 00 00 01 02 ");
}

Test(floppy, read_id_tells_the_sector_that_comes_next)
{
    set_up(2880);
    seek_to(3);
    pass(200 * MILLISECOND - m->clock.now % (200 * MILLISECOND) + 12 * MILLISECOND);
    cr_assert_str_eq(run("4a 04"), "04 00 00 03 01 03 02 ");
}

Test(floppy, writes_sectors)
{
    set_up(2880);
    dma_set(600);                               /* the rest of the second is zeros */
    memset(dma->bytes, 0x5a, 1024);
    cr_assert_str_eq(run("45 00 00 00 04 02 12 1b ff"), "00 00 00 00 00 06 02 ");
    cr_assert_eq(disk[3 * 512 - 1], byte_of(2, 511));
    cr_assert_eq(disk[3 * 512], 0x5a);
    cr_assert_eq(disk[4 * 512 + 87], 0x5a);
    cr_assert_eq(disk[4 * 512 + 88], 0);
    cr_assert_eq(disk[5 * 512], byte_of(5, 0));
}

Test(floppy, a_protected_diskette_is_not_written)
{
    set_up(2880);
    medium.read_only = true;
    dma_set(512);
    cr_assert_str_eq(run("45 00 00 00 04 02 12 1b ff"), "40 02 00 00 00 04 02 ");
    cr_assert_str_eq(run("4d 00 02 12 54 f6"), "40 02 00 02 12 54 f6 ");
    cr_assert_str_eq(ask("04 00"), "78 ");
    cr_assert_eq(in8(m, SRA) & 2, 0);
}

Test(floppy, formats_a_track)
{
    set_up(2880);
    for (u8 i = 0; i < 18; i++)
        memcpy(dma->bytes + i * 4, (u8[]){ 0, 1, (u8)(i + 1), 2 }, 4);
    dma_set(72);
    cr_assert_str_eq(run("4d 04 02 12 54 f6"), "04 00 00 00 01 12 02 ");
    cr_assert_eq(disk[18 * 512 - 1], byte_of(17, 511));
    for (unsigned i = 0; i < 18 * 512; i++)
        cr_assert_eq(disk[18 * 512 + i], 0xf6);
    cr_assert_eq(disk[36 * 512], byte_of(36, 0));
}

Test(floppy, reads_a_track_from_the_index_hole)
{
    set_up(2880);
    dma_set(4 * 512);
    cr_assert_str_eq(run("42 00 00 00 01 02 12 1b ff"), "00 00 00 00 00 05 02 ");
    cr_assert_eq(dma->bytes[3 * 512], byte_of(3, 0));
}

Test(floppy, verifies_without_moving_data)
{
    set_up(2880);
    dma_set(512);
    cr_assert_str_eq(run("56 00 00 00 01 02 12 1b ff"), "00 00 00 01 00 01 02 ");
    cr_assert_str_eq(run("56 80 00 00 01 02 12 1b 03"), "00 00 00 00 00 04 02 ");
    cr_assert_eq(dma->left, 512);
}

Test(floppy, scans_for_a_sector)
{
    set_up(2880);
    for (unsigned i = 0; i < 18 * 512; i++)
        dma->bytes[i] = byte_of(4, i % 512);
    dma_set(18 * 512);
    cr_assert_str_eq(run("51 00 00 00 01 02 12 1b 01"), "00 00 08 00 00 05 02 ");
    memset(dma->bytes, 0xee, 512);
    dma_set(512);
    cr_assert_str_eq(run("51 00 00 00 01 02 12 1b 01"), "00 00 04 00 00 02 02 ");
    memset(dma->bytes, 0xff, 512);
    dma_set(512);
    cr_assert_str_eq(run("5d 00 00 00 02 02 12 1b 01"), "00 00 08 00 00 02 02 ");
}

Test(floppy, a_sector_that_is_not_deleted_is_read_and_marked)
{
    set_up(2880);
    dma_set(1024);
    cr_assert_str_eq(run("4c 00 00 00 01 02 12 1b ff"), "00 00 40 00 00 01 02 ");
    cr_assert_eq(dma->left, 512);
    cr_assert_str_eq(run("6c 00 00 00 01 02 12 1b ff"), "40 80 40 01 00 01 02 ");
}

Test(floppy, implied_seeks_go_to_the_cylinder_of_the_command)
{
    set_up(2880);
    say("13 00 57 00");
    dma_set(512);
    cr_assert_str_eq(run("46 00 14 00 01 02 12 1b ff"), "00 00 00 14 00 02 02 ");
    cr_assert_eq(dma->bytes[0], byte_of(20 * 36, 0));
    cr_assert_eq(drive_a()->cylinder, 20);
}

Test(floppy, without_dma_bytes_are_fetched_one_by_one)
{
    set_up(2880);
    say("03 af 03");
    say("46 00 00 00 11 02 12 1b ff");
    for (unsigned i = 0; i < 1024; i++) {
        wait_irq();
        cr_assert_eq(in8(m, MSR), 0xf0);
        cr_assert_eq(in8(m, FIFO), byte_of(16 + i / 512, i % 512));
    }
    wait_irq();
    cr_assert_str_eq(result(), "40 80 00 01 00 01 02 ");
}

Test(floppy, without_dma_bytes_are_given_one_by_one)
{
    set_up(2880);
    say("03 af 03");
    say("45 00 00 00 12 02 12 1b ff");
    for (unsigned i = 0; i < 512; i++) {
        wait_irq();
        cr_assert_eq(in8(m, MSR), 0xb0);
        out8(m, FIFO, 0x77);
    }
    wait_irq();
    cr_assert_str_eq(result(), "40 80 00 01 00 01 02 ");
    cr_assert_eq(disk[17 * 512], 0x77);
    cr_assert_eq(disk[18 * 512], byte_of(18, 0));
}

Test(floppy, fast_means_that_nothing_turns)
{
    u64 begun;

    restart("fdc.fast", "yes");
    set_up(2880);
    seek_to(40);
    begun = m->clock.now;
    dma_set(512);
    say("46 00 28 00 09 02 12 1b ff");
    while (!pic->level[IRQ])
        pass(1000);
    cr_assert_leq(m->clock.now - begun, 20 * MICROSECOND);
}

Test(floppy, diskettes_are_known_by_their_size)
{
    static const struct {
        const char *kind;
        u64 sectors;
        u8  tracks, heads, per_track, rate;
    } row[] = {
        { "360",  320,  40, 1, 8,  RATE_250K }, { "360",  720,  40, 2, 9,  RATE_250K },
        { "1200", 720,  40, 2, 9,  RATE_300K }, { "1200", 2400, 80, 2, 15, RATE_500K },
        { "720",  1440, 80, 2, 9,  RATE_250K }, { "1440", 1440, 80, 2, 9,  RATE_250K },
        { "1440", 2880, 80, 2, 18, RATE_500K }, { "1440", 3360, 80, 2, 21, RATE_500K },
        { "1440", 1,    80, 2, 18, RATE_500K }, { "2880", 5760, 80, 2, 36, RATE_1M },
        { "1440", 5760, 0,  0, 0,  0 },         { "720",  2880, 0,  0, 0,  0 },
    };

    for (size_t i = 0; i < COUNT(row); i++) {
        restart("fda.kind", row[i].kind);
        insert(row[i].sectors);
        cr_assert_eq(drive_a()->sectors, row[i].per_track, "row %zu", i);
        cr_assert_eq(drive_a()->drive.medium != NULL, row[i].per_track != 0, "row %zu", i);
        if (!row[i].per_track)
            continue;
        cr_assert_eq(drive_a()->cylinders, row[i].tracks, "row %zu", i);
        cr_assert_eq(drive_a()->heads, row[i].heads, "row %zu", i);
        cr_assert_eq(drive_a()->rate, row[i].rate, "row %zu", i);
    }
}

Test(floppy, a_high_density_drive_steps_twice_for_an_old_diskette)
{
    restart("fda.kind", "1200");
    set_up(720);
    out8(m, CCR, RATE_300K);
    seek_to(6);
    dma_set(512);
    cr_assert_str_eq(run("46 00 03 00 01 02 09 1b ff"), "00 00 00 03 00 02 02 ");
    cr_assert_eq(dma->bytes[0], byte_of(3 * 18, 0));
    seek_to(7);
    cr_assert_eq(strncmp(run("4a 00"), "40 01 ", 6), 0);
}

Test(floppy, a_drive_that_is_not_there_has_no_type)
{
    cr_assert_eq(floppy_cmos(machine_find(m, "fda")), 4);
    restart("fda.kind", "none");
    cr_assert_eq(floppy_cmos(machine_find(m, "fda")), 0);
    cr_assert_null(drive_a());
}

static struct machine *busy(void)
{
    struct machine *made = build(), *kept = m;

    m = made;
    set_up(2880);
    say("13 00 57 00");
    dma_set(20 * 512);
    say("c6 00 03 00 10 02 12 1b ff");
    m = kept;
    return made;
}

Test(floppy, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(busy, 700 * MILLISECOND, 43 * MILLISECOND);
}
