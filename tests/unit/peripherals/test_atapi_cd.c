#include "peripherals/storage/atapi_cd.h"

#include "core/bits.h"
#include "core/input.h"
#include "peripherals/storage/ide_isa.h"
#include "tests/support/bench.h"
#include "tests/support/fake_block.h"

#include <criterion/criterion.h>
#include <string.h>

/* Facts: T13/1410D (the protocol), SCSI Multimedia Commands - 3, SCSI Primary Commands - 3. */
enum { SECTORS = 1000, BSY = 0x80, DRDY = 0x40, DSC = 0x10, DRQ = 8, CHK = 1 };
enum { READY = DRDY | DSC, DATA = DRDY | DSC | DRQ, CHECK = DRDY | DSC | CHK };

static struct machine *m;
static struct fake_block *disc;
static struct drive *tray;
static u8 reply[65536];

static struct block *find_disc(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "disc") ? NULL : &disc->block;
}

static struct machine *build(void)
{
    m = machine_create(NULL);
    m->open_medium = find_disc;
    disc = fake_block(SECTORS * 4);
    machine_add(m, &ide_isa_type, "ide", NULL);
    tray = device_offer(machine_add(m, &atapi_cd_type, "hdc", NULL), "drive");
    tray->insert(tray, &disc->block);
    machine_wire(m, "ide.irq15", (probe(m, "pic"), "pic"), 15, NULL);
    return m;
}

static void settle(void)        { machine_run(m, m->clock.now + MILLISECOND); }

static u8 status(void)          { return in8(m, 0x177); }
static u8 reason(void)          { return in8(m, 0x172) & 3; }
static unsigned byte_count(void)    { return in8(m, 0x174) | in8(m, 0x175) << 8; }

static u32 be32(const u8 *p)
{
    return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static struct probe *pic(void)
{
    return container_of(machine_find(m, "pic"), struct probe, dev);
}

/* Sends a packet; the status after it. */
static u8 packet(const u8 *cdb, unsigned limit)
{
    out8(m, 0x171, 0);
    out8(m, 0x174, (u8)limit);
    out8(m, 0x175, (u8)(limit >> 8));
    out8(m, 0x176, 0xa0);
    out8(m, 0x177, 0xa0);
    settle();
    cr_assert_eq(status(), DATA);
    cr_assert_eq(reason(), 1);
    for (unsigned i = 0; i < 12; i += 2)
        space_write(m->ports, 0x170, load_le16(cdb + i), 2);
    settle();
    return status();
}

/* Takes all blocks; how many bytes there were. */
static unsigned take_all(unsigned limit)
{
    unsigned got = 0;

    while (status() & DRQ) {
        unsigned n = byte_count();

        cr_assert_eq(reason(), 2);
        cr_assert_leq(n, limit);
        cr_assert_leq(got + n, sizeof reply - 1);
        for (unsigned i = 0; i < n; i += 2, got += 2)
            store_le16(reply + got, (u16)space_read(m->ports, 0x170, 2));
        got -= n & 1;
    }
    return got;
}

#define CDB(...) (const u8[12]){ __VA_ARGS__ }

static unsigned ask(const u8 *cdb)
{
    u8 st = packet(cdb, 0xfffe);
    unsigned n = st & DRQ ? take_all(0xfffe) : 0;

    cr_assert_eq(status(), READY, "%02x: %02x", cdb[0], status());
    cr_assert_eq(reason(), 3);
    return n;
}

static u32 sense(void)
{
    ask(CDB(0x03, 0, 0, 0, 18));
    return (u32)(reply[2] << 16 | reply[12] << 8 | reply[13]);
}

static void refused(const u8 *cdb, u32 why)
{
    cr_assert_eq(packet(cdb, 0xfffe), CHECK, "%02x", cdb[0]);
    cr_assert_eq(in8(m, 0x171) >> 4, why >> 16);
    cr_assert_eq(sense(), why, "%02x", cdb[0]);
}

static void start(void)
{
    build();
    machine_reset(m, RESET_POWER);
    settle();
}

static void become_ready(void)
{
    start();
    packet(CDB(0), 0);
    cr_assert_eq(sense(), 0x062900);
}

static void end(void)
{
    machine_destroy(m);
    fake_block_free(disc);
}

TestSuite(atapi_fresh, .init = start, .fini = end);
TestSuite(atapi_cd, .init = become_ready, .fini = end);

Test(atapi_fresh, a_reset_leaves_the_signature_of_packet_devices)
{
    cr_assert_eq(status(), 0);
    cr_assert_eq(in8(m, 0x172), 1);
    cr_assert_eq(in8(m, 0x173), 1);
    cr_assert_eq(in8(m, 0x174), 0x14);
    cr_assert_eq(in8(m, 0x175), 0xeb);
}

Test(atapi_fresh, disk_commands_abort_with_the_signature)
{
    out8(m, 0x174, 0);
    out8(m, 0x177, 0xec);
    settle();
    cr_assert_eq(status() & CHK, CHK);
    cr_assert_eq(in8(m, 0x171), 4);
    cr_assert_eq(in8(m, 0x174), 0x14);
}

Test(atapi_fresh, identify_packet_device_tells_what_it_is)
{
    u8 w[512], sum = 0;

    out8(m, 0x177, 0xa1);
    settle();
    cr_assert_eq(status(), DATA);
    for (unsigned i = 0; i < 512; i += 2)
        store_le16(w + i, (u16)space_read(m->ports, 0x170, 2));
    cr_assert_eq(load_le16(w), 0x85c0);
    cr_assert_eq(load_le16(w + 98) & 0x300, 0x300);
    for (unsigned i = 0; i < 512; i++)
        sum = (u8)(sum + w[i]);
    cr_assert_eq(sum, 0);
}

Test(atapi_fresh, the_first_command_hears_of_the_reset_but_an_inquiry_does_not)
{
    cr_assert_eq(ask(CDB(0x12, 0, 0, 0, 36)), 36);
    cr_assert_eq(reply[0], 5);
    cr_assert_eq(reply[1], 0x80);
    refused(CDB(0), 0x062900);
    ask(CDB(0));
}

Test(atapi_cd, device_reset_works_while_busy)
{
    out8(m, 0x177, 0xa0);
    out8(m, 0x177, 0x08);
    settle();
    cr_assert_eq(status(), 0);
    cr_assert_eq(in8(m, 0x174), 0x14);
    ask(CDB(0));
}

Test(atapi_cd, sectors_come_in_blocks_of_the_byte_count)
{
    cr_assert_eq(packet(CDB(0x28, 0, 0, 0, 0, 10, 0, 0, 4), 2048), DATA);
    cr_assert_eq(byte_count(), 2048);
    cr_assert_eq(take_all(2048), 4 * 2048);
    cr_assert_arr_eq(reply, disc->bytes + 10 * 2048, 4 * 2048);
    cr_assert_eq(status(), READY);
    cr_assert_eq(pic()->rises[15] > 5, 1);
    packet(CDB(0xa8, 0, 0, 0, 0, 3, 0, 0, 0, 9), 0xffff);
    cr_assert_eq(take_all(0xfffe), 9 * 2048);
    cr_assert_arr_eq(reply, disc->bytes + 3 * 2048, 9 * 2048);
    packet(CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 7), 3000);
    cr_assert_eq(take_all(3000), 7 * 2048);
    cr_assert_arr_eq(reply, disc->bytes + 2048, 7 * 2048);
    ask(CDB(0x28));
}

Test(atapi_cd, each_block_and_the_end_have_an_interrupt)
{
    u32 before = pic()->rises[15];

    packet(CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 3), 2048);
    take_all(2048);
    cr_assert_eq(pic()->rises[15] - before, 4);
}

Test(atapi_cd, what_is_not_there_is_refused)
{
    refused(CDB(0x28, 0, 0, 0, 3, 0xe8, 0, 0, 1), 0x052100);
    refused(CDB(0x28, 0, 0, 0, 3, 0xe7, 0, 0, 2), 0x052100);
    refused(CDB(0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0x052100);
    refused(CDB(0xe9), 0x052000);
    disc->bad_sector = 5 * 4;
    refused(CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 1), 0x031100);
}

Test(atapi_cd, capacity_and_table_of_contents_describe_one_track)
{
    cr_assert_eq(ask(CDB(0x25)), 8);
    cr_assert_eq(be32(reply), SECTORS - 1);
    cr_assert_eq(be32(reply + 4), 2048);
    cr_assert_eq(ask(CDB(0x43, 0, 0, 0, 0, 0, 0, 1, 0)), 20);
    cr_assert_eq(reply[1], 18);
    cr_assert_eq(reply[6], 1);
    cr_assert_eq(reply[14], 0xaa);
    cr_assert_eq(be32(reply + 16), SECTORS);
    ask(CDB(0x43, 2, 0, 0, 0, 0, 0, 1, 0));
    cr_assert_eq(be32(reply + 8), 0x000200);            /* 00:02:00 */
    cr_assert_eq(be32(reply + 16), (1150 / 75) << 8 | 1150 % 75);
    cr_assert_eq(ask(CDB(0x43, 0, 1, 0, 0, 0, 0, 1, 0)), 12);
    cr_assert_eq(ask(CDB(0x43, 0, 2, 0, 0, 0, 0, 1, 0)), 48);
    cr_assert_eq(reply[4 + 3], 0xa0);
    cr_assert_eq(ask(CDB(0x43, 0, 0, 0, 0, 0, 0, 0, 4)), 4);    /* as much as is wanted */
    refused(CDB(0x43, 0, 0, 0, 0, 0, 2, 1, 0), 0x052400);
}

Test(atapi_cd, read_cd_gives_the_parts_of_a_frame)
{
    cr_assert_eq(ask(CDB(0xbe, 0, 0, 0, 0, 16, 0, 0, 2, 0x10)), 2 * 2048);
    cr_assert_arr_eq(reply, disc->bytes + 16 * 2048, 2 * 2048);
    cr_assert_eq(ask(CDB(0xbe, 0, 0, 0, 0, 16, 0, 0, 2, 0xf8)), 2 * 2352);
    cr_assert_eq(reply[0], 0);
    cr_assert_eq(reply[1], 0xff);
    cr_assert_eq(be32(reply + 12), 0x00021601);         /* 00:02:16, mode 1 */
    cr_assert_arr_eq(reply + 16, disc->bytes + 16 * 2048, 2048);
    cr_assert_arr_eq(reply + 2352 + 16, disc->bytes + 17 * 2048, 2048);
    cr_assert_eq(ask(CDB(0xb9, 0, 0, 0, 2, 16, 0, 2, 18, 0x10)), 2 * 2048);
    cr_assert_arr_eq(reply, disc->bytes + 16 * 2048, 2 * 2048);
}

Test(atapi_cd, mode_pages_are_told_and_changed)
{
    u8 list[16] = { [8] = 0x01, [9] = 6, [10] = 0x20, [11] = 9 };

    cr_assert_eq(ask(CDB(0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255)), 28);
    cr_assert_eq(reply[8], 0x2a);
    cr_assert_eq(ask(CDB(0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255)), 8 + 8 + 16 + 20);
    cr_assert_eq(packet(CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 16), 0xfffe), DATA);
    cr_assert_eq(reason(), 0);
    cr_assert_eq(byte_count(), 16);
    for (unsigned i = 0; i < 16; i += 2)
        space_write(m->ports, 0x170, load_le16(list + i), 2);
    settle();
    cr_assert_eq(status(), READY);
    ask(CDB(0x5a, 0, 0x01, 0, 0, 0, 0, 0, 255));
    cr_assert_eq(reply[11], 9);
    ask(CDB(0x5a, 0, 0x81, 0, 0, 0, 0, 0, 255));
    cr_assert_eq(reply[11], 5);
    refused(CDB(0x5a, 0, 0x05, 0, 0, 0, 0, 0, 255), 0x052400);
    refused(CDB(0x5a, 0, 0xc1, 0, 0, 0, 0, 0, 255), 0x053900);
}

Test(atapi_cd, the_guest_ejects_and_loads_unless_it_locked)
{
    ask(CDB(0x1e, 0, 0, 0, 1));
    cr_assert(tray->locked);
    refused(CDB(0x1b, 0, 0, 0, 2), 0x055302);
    ask(CDB(0x1e));
    ask(CDB(0x1b, 0, 0, 0, 2));
    refused(CDB(0), 0x023a02);
    cr_assert_eq(ask(CDB(0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8)), 8);
    cr_assert_eq(reply[1], 0x10);
    ask(CDB(0x1b, 0, 0, 0, 3));
    refused(CDB(0), 0x062800);
    ask(CDB(0));
}

Test(atapi_cd, a_medium_that_is_changed_from_outside_is_noticed)
{
    cr_assert(machine_input(m, "hdc", INPUT_MEDIUM, "", 0, NULL));
    cr_assert_eq(ask(CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8)), 8);
    cr_assert_eq(reply[4], 3);
    cr_assert_eq(reply[5], 0);
    refused(CDB(0), 0x023a01);
    cr_assert(machine_input(m, "hdc", INPUT_MEDIUM, "disc", 4, NULL));
    ask(CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
    cr_assert_eq(reply[4], 2);
    cr_assert_eq(reply[5], 2);
    ask(CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8));
    cr_assert_eq(reply[4], 0);
    refused(CDB(0), 0x062800);
    ask(CDB(0));
    cr_assert_eq(tray->medium, &disc->block);
}

Test(atapi_cd, features_profiles_and_disc_information_are_told)
{
    ask(CDB(0x46, 0, 0, 0, 0, 0, 0, 1, 0));
    cr_assert_eq(reply[7], 0x08);
    cr_assert_eq(be32(reply) + 4, 8 + 12 + 8 + 8 + 8 + 12 + 8 + 4 + 4);
    cr_assert_eq(ask(CDB(0x46, 2, 0, 0x1e, 0, 0, 0, 1, 0)), 16);
    cr_assert_eq(reply[10], 1);
    cr_assert_eq(ask(CDB(0x51, 0, 0, 0, 0, 0, 0, 0, 64)), 34);
    cr_assert_eq(reply[2], 0x0e);
    cr_assert_eq(ask(CDB(0x52, 1, 0, 0, 0, 1, 0, 0, 64)), 36);
    cr_assert_eq(be32(reply + 24), SECTORS);
    cr_assert_eq(ask(CDB(0x42, 2, 0x40, 1, 0, 0, 0, 0, 64)), 16);
}

Test(atapi_cd, hosts_that_ask_for_anything_get_an_answer)
{
    u32 chance = 7;

    for (unsigned i = 0; i < 400; i++) {
        u8 cdb[12];

        for (unsigned j = 0; j < 12; j++, chance = chance * 1664525 + 1013904223)
            cdb[j] = (u8)(chance >> 24 & (j > 1 && i % 3 ? 3 : 0xff));
        packet(cdb, chance >> 16);
        for (unsigned j = 0; j < 100000 && status() & DRQ; j++)
            if (reason() == 2)
                space_read(m->ports, 0x170, 4);
            else
                space_write(m->ports, 0x170, chance, 4), settle();
        if (status() & DRQ) {
            out8(m, 0x177, 8);
            settle();
        }
    }
}

static struct machine *build_reading(void)
{
    build();
    machine_reset(m, RESET_POWER);
    settle();
    packet(CDB(0), 0);
    packet(CDB(0x28, 0, 0, 0, 0, 10, 0, 0, 4), 2048);
    space_read(m->ports, 0x170, 2);
    return m;
}

Test(atapi_saved, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(build_reading, 6 * MILLISECOND, MILLISECOND);
}
