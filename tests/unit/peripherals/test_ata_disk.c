#include "peripherals/storage/ata_disk.h"

#include "core/bits.h"
#include "core/config.h"
#include "peripherals/storage/ide_isa.h"
#include "tests/support/bench.h"
#include "tests/support/fake_block.h"

#include <criterion/criterion.h>
#include <string.h>

/* Facts: AT Attachment with Packet Interface - 6, T13/1410D. */
enum { SECTORS = 20000, BSY = 0x80, DRDY = 0x40, DSC = 0x10, DRQ = 8, ERR = 1 };
enum { UNC = 0x40, IDNF = 0x10, ABRT = 4 };

static struct machine *m;
static struct fake_block *medium, *second;
static struct probe *pic;

static void put_in(const char *name, struct block *b)
{
    struct device *dev = machine_add(m, &ata_disk_type, name, NULL);
    struct drive *drive = device_offer(dev, "drive");

    drive->insert(drive, b);
}

static struct machine *build(void)
{
    m = machine_create(NULL);
    medium = fake_block(SECTORS);
    machine_add(m, &ide_isa_type, "ide", NULL);
    put_in("hda", &medium->block);
    pic = probe(m, "pic");
    machine_wire(m, "ide.irq14", "pic", 14, NULL);
    machine_wire(m, "ide.irq15", "pic", 15, NULL);
    return m;
}

static void settle(void)        { machine_run(m, m->clock.now + MILLISECOND); }

static void start(void)
{
    build();
    machine_reset(m, RESET_POWER);
    settle();
}

static void end(void)
{
    machine_destroy(m);
    fake_block_free(medium);
    if (second)
        fake_block_free(second);
    second = NULL;
}

TestSuite(ata_disk, .init = start, .fini = end);

static u8 status(void)          { return in8(m, 0x1f7); }

/* Command with an LBA of 28 bits; the status afterwards. */
static u8 command(u8 code, u32 lba, u8 count)
{
    out8(m, 0x1f2, count);
    out8(m, 0x1f3, (u8)lba);
    out8(m, 0x1f4, (u8)(lba >> 8));
    out8(m, 0x1f5, (u8)(lba >> 16));
    out8(m, 0x1f6, (u8)(0xe0 | (lba >> 24 & 15)));
    out8(m, 0x1f7, code);
    cr_assert_neq(in8(m, 0x3f6) & (BSY | DRQ | ERR), 0);
    settle();
    return in8(m, 0x3f6);
}

static u8 command48(u8 code, u64 lba, u16 count)
{
    out8(m, 0x1f2, (u8)(count >> 8));
    out8(m, 0x1f2, (u8)count);
    for (unsigned i = 0; i < 3; i++) {
        out8(m, (u16)(0x1f3 + i), (u8)(lba >> (24 + 8 * i)));
        out8(m, (u16)(0x1f3 + i), (u8)(lba >> 8 * i));
    }
    out8(m, 0x1f6, 0xe0);
    out8(m, 0x1f7, code);
    settle();
    return in8(m, 0x3f6);
}

static u8 feature(u8 code, u8 count)
{
    out8(m, 0x1f1, code);
    return command(0xef, 0, count);
}

static void take(u8 *to, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 2)
        store_le16(to + i, (u16)space_read(m->ports, 0x1f0, 2));
}

static void give(const u8 *from, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 4)
        space_write(m->ports, 0x1f0, load_le32(from + i), 4);
    settle();
}

static u16 word(const u8 *identify, unsigned n)     { return load_le16(identify + 2 * n); }

Test(ata_disk, a_reset_leaves_the_signature)
{
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(in8(m, 0x1f1), 1);
    cr_assert_eq(in8(m, 0x1f2), 1);
    cr_assert_eq(in8(m, 0x1f3), 1);
    cr_assert_eq(in8(m, 0x1f4), 0);
    cr_assert_eq(in8(m, 0x1f5), 0);
    cr_assert_eq(in8(m, 0x1f6), 0);
}

Test(ata_disk, nobody_answers_on_an_empty_cable)
{
    out8(m, 0x172, 0x55);
    cr_assert_neq(in8(m, 0x172), 0x55);
    cr_assert_eq(in8(m, 0x177) & BSY, 0);
}

Test(ata_disk, drive_0_answers_for_an_absent_drive_1_with_status_0)
{
    out8(m, 0x1f6, 0xb0);
    cr_assert_eq(status(), 0);
    cr_assert_eq(in8(m, 0x3f6), 0);
    out8(m, 0x1f2, 0x55);
    cr_assert_eq(in8(m, 0x1f2), 0x55);
    out8(m, 0x1f7, 0xec);
    settle();
    cr_assert_eq(status(), 0);
    out8(m, 0x1f6, 0xa0);
    cr_assert_eq(status(), DRDY | DSC);
}

Test(ata_disk, identify_tells_geometry_size_and_a_checksum)
{
    u8 w[512], sum = 0;

    cr_assert_eq(command(0xec, 0, 0), DRDY | DSC | DRQ);
    cr_assert(pic->level[14]);
    status();
    cr_assert_not(pic->level[14]);
    take(w, 512);
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(pic->rises[14], 1);
    cr_assert_eq(word(w, 1), SECTORS / (16 * 63));
    cr_assert_eq(word(w, 3), 16);
    cr_assert_eq(word(w, 6), 63);
    cr_assert_arr_eq(w + 20, "RO0000 1", 6);
    cr_assert_arr_eq(w + 54, "ROERYRH RADDSI K", 16);
    cr_assert_eq(load_le32(w + 120), SECTORS);
    cr_assert_eq(load_le64(w + 200), SECTORS);
    cr_assert_eq(word(w, 83) & 0xc400, 0x4400);
    cr_assert_eq(word(w, 93) & 0xdf61, 0x4041);
    cr_assert_eq(w[510], 0xa5);
    for (unsigned i = 0; i < 512; i++)
        sum = (u8)(sum + w[i]);
    cr_assert_eq(sum, 0);
}

Test(ata_disk, each_sector_of_a_read_has_its_interrupt)
{
    u8 bytes[3 * 512];

    cr_assert_eq(command(0x20, 1000, 3), DRDY | DSC | DRQ);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(pic->rises[14], i + 1);
        cr_assert_eq(status(), DRDY | DSC | DRQ);
        take(bytes + 512 * i, 512);
    }
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(pic->rises[14], 3);
    cr_assert_arr_eq(bytes, medium->bytes + 1000 * 512, sizeof bytes);
    cr_assert_eq(in8(m, 0x1f3) | in8(m, 0x1f4) << 8, 1002);
}

/* What moves many words at once stops before the one that ends the block. */
Test(ata_disk, many_words_are_read_but_for_the_last_of_a_block)
{
    u8 bytes[2 * 512];

    command(0x20, 50, 2);
    for (unsigned i = 0; i < 2; i++) {
        u8 *to = bytes + 512 * i;

        cr_assert_eq(space_read_many(m->ports, 0x1f0, 1, to, 4), 0);
        cr_assert_eq(space_read_many(m->ports, 0x1f1, 2, to, 4), 0);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 8, to, 4), 0);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 2, to, 5), 5);
        take(to + 10, 2);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 4, to + 12, 1000), 124);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 4, to + 508, 1000), 0);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 2, to + 508, 1000), 1);
        cr_assert_eq(space_read_many(m->ports, 0x1f0, 2, to + 510, 1000), 0);
        cr_assert_eq(pic->rises[14], 1 + i);
        status();
        take(to + 510, 2);
    }
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(space_read_many(m->ports, 0x1f0, 2, bytes, 1), 0);
    cr_assert_arr_eq(bytes, medium->bytes + 50 * 512, sizeof bytes);
}

Test(ata_disk, many_words_are_written_but_for_the_last_of_a_block)
{
    u8 bytes[512];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (u8)(i * 7 + i / 256);
    command(0x30, 60, 1);
    cr_assert_eq(space_write_many(m->ports, 0x1f0, 2, bytes, 300), 255);
    cr_assert_eq(space_write_many(m->ports, 0x1f0, 2, bytes + 510, 1), 0);
    cr_assert_eq(status(), DRDY | DSC | DRQ);
    space_write(m->ports, 0x1f0, load_le16(bytes + 510), 2);
    settle();
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_arr_eq(medium->bytes + 60 * 512, bytes, sizeof bytes);
}

Test(ata_disk, nien_holds_the_interrupt_back)
{
    out8(m, 0x3f6, 2);
    command(0x20, 0, 1);
    cr_assert_not(pic->level[14]);
    out8(m, 0x3f6, 0);
    cr_assert(pic->level[14]);
}

Test(ata_disk, read_multiple_has_an_interrupt_for_each_block)
{
    u8 bytes[20 * 512];

    cr_assert_eq(command(0xc6, 0, 0), DRDY | DSC);
    cr_assert_eq(command(0xc4, 0, 1), DRDY | DSC | ERR);
    cr_assert_eq(in8(m, 0x1f1), ABRT);
    cr_assert_eq(command(0xc6, 0, 3), DRDY | DSC | ERR);
    cr_assert_eq(command(0xc6, 0, 8), DRDY | DSC);
    pic->rises[14] = 0;
    status();
    command(0xc4, 77, 20);
    for (unsigned i = 0; i < 20 * 512; i += 8 * 512) {
        status();
        take(bytes + i, i + 8 * 512 > sizeof bytes ? (unsigned)sizeof bytes - i : 8 * 512);
    }
    cr_assert_eq(pic->rises[14], 3);
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_arr_eq(bytes, medium->bytes + 77 * 512, sizeof bytes);
}

Test(ata_disk, a_count_of_0_is_256_sectors_or_65536)
{
    u8 sector[512];

    command(0x20, 100, 0);
    for (unsigned i = 0; i < 256; i++)
        take(sector, 512);
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(load_le32(sector), 355);
    cr_assert_eq(command48(0x24, 0, 0) & ERR, ERR);         /* there are only 20000 */
}

Test(ata_disk, chs_addresses_follow_the_translation)
{
    u8 sector[512];

    out8(m, 0x1f2, 17);
    out8(m, 0x1f6, 0xa0 | 4);           /* 17 sectors, 5 heads */
    out8(m, 0x1f7, 0x91);
    settle();
    cr_assert_eq(status(), DRDY | DSC);
    out8(m, 0x1f2, 1);
    out8(m, 0x1f3, 9);
    out8(m, 0x1f4, 6);
    out8(m, 0x1f5, 0);
    out8(m, 0x1f6, 0xa3);
    out8(m, 0x1f7, 0x20);
    settle();
    take(sector, 512);
    cr_assert_eq(load_le32(sector), (6 * 5 + 3) * 17 + 8);
    out8(m, 0x1f3, 0);                  /* there is no sector 0 */
    out8(m, 0x1f7, 0x20);
    settle();
    cr_assert_eq(status(), DRDY | DSC | ERR);
    cr_assert_eq(in8(m, 0x1f1), IDNF);
}

Test(ata_disk, writes_are_stored_and_flushed)
{
    u8 bytes[3 * 512];

    memset(bytes, 0xa7, sizeof bytes);
    cr_assert_eq(command(0x30, 5, 3), DRDY | DSC | DRQ);
    cr_assert_eq(pic->rises[14], 0);
    for (unsigned i = 0; i < 3; i++) {
        give(bytes, 512);
        cr_assert_eq(pic->rises[14], i + 1);
        status();
    }
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_arr_eq(medium->bytes + 5 * 512, bytes, sizeof bytes);
    cr_assert_eq(load_le32(medium->bytes + 8 * 512), 8);
    cr_assert_eq(medium->flushes, 0);
    cr_assert_eq(command(0xe7, 0, 0), DRDY | DSC);
    cr_assert_eq(medium->flushes, 1);
    medium->flush_fails = true;
    cr_assert_eq(command(0xea, 0, 0) & ERR, ERR);
}

/* As xv6 does: idestart() looks at no status between the command and the data. */
Test(ata_disk, a_host_may_send_the_first_block_without_looking)
{
    static const u8 codes[] = { 0x30, 0x31, 0x34, 0xc5, 0x39 };
    u8 bytes[512];

    for (unsigned i = 0; i < sizeof codes; i++) {
        memset(bytes, 0x51 + (int)i, sizeof bytes);
        out8(m, 0x1f2, 0);
        out8(m, 0x1f2, 1);
        out8(m, 0x1f3, 0);
        out8(m, 0x1f3, (u8)(7 + i));
        out8(m, 0x1f6, 0xe0);
        out8(m, 0x1f7, codes[i]);
        cr_assert_eq(in8(m, 0x3f6), DRDY | DSC | DRQ, "%02x", codes[i]);
        give(bytes, 512);
        cr_assert_eq(pic->rises[14], i + 1);
        cr_assert_eq(status(), DRDY | DSC);
        cr_assert_arr_eq(medium->bytes + (7 + i) * 512, bytes, sizeof bytes);
    }
}

Test(ata_disk, without_the_write_cache_every_write_is_flushed)
{
    u8 sector[512] = { 1 };

    cr_assert_eq(feature(0x82, 0), DRDY | DSC);
    medium->flushes = 0;
    command(0x30, 0, 1);
    give(sector, 512);
    cr_assert_eq(medium->flushes, 1);
}

Test(ata_disk, lba_48_reaches_sectors_and_hob_shows_the_upper_half)
{
    u8 sector[512];

    cr_assert_eq(command48(0x24, 19999, 1), DRDY | DSC | DRQ);
    take(sector, 512);
    cr_assert_eq(load_le32(sector), 19999);
    cr_assert_eq(command48(0x24, UINT64_C(0x123456789abc), 1), DRDY | DSC | ERR);
    cr_assert_eq(in8(m, 0x1f1), IDNF);
    out8(m, 0x3f6, 0x80);
    cr_assert_eq(in8(m, 0x1f3), 0x56);
    cr_assert_eq(in8(m, 0x1f5), 0x12);
    out8(m, 0x3f6, 0x00);
    cr_assert_eq(in8(m, 0x1f3), 0xbc);
}

Test(ata_disk, what_the_host_cannot_read_is_an_uncorrectable_sector)
{
    medium->bad_sector = 1234;
    cr_assert_eq(command(0x20, 1234, 1), DRDY | DSC | ERR);
    cr_assert_eq(in8(m, 0x1f1), UNC);
    cr_assert_eq(in8(m, 0x1f3) | in8(m, 0x1f4) << 8, 1234);
}

Test(ata_disk, a_read_only_medium_aborts_writes)
{
    medium->block.read_only = true;
    cr_assert_eq(command(0x30, 0, 1), DRDY | DSC | ERR);
    cr_assert_eq(in8(m, 0x1f1), ABRT);
}

Test(ata_disk, commands_of_packet_devices_and_unknown_ones_abort)
{
    static const u8 codes[] = { 0x00, 0xa0, 0xa1, 0x08, 0xf1, 0xff, 0x22 };

    for (unsigned i = 0; i < sizeof codes; i++) {
        cr_assert_eq(command(codes[i], 0, 0), DRDY | DSC | ERR, "%02x", codes[i]);
        cr_assert_eq(in8(m, 0x1f1), ABRT);
        cr_assert(pic->level[14]);
        status();
    }
}

Test(ata_disk, diagnostic_leaves_the_signature_and_an_interrupt)
{
    command(0x20, 0x123456 % SECTORS, 1);
    out8(m, 0x3f6, 4);
    cr_assert_eq(in8(m, 0x3f6), BSY);
    out8(m, 0x3f6, 0);
    settle();
    cr_assert_not(pic->level[14]);
    out8(m, 0x1f6, 0xb0);
    out8(m, 0x1f7, 0xec);               /* to nobody */
    out8(m, 0x1f6, 0xa0);
    out8(m, 0x1f4, 0x77);
    out8(m, 0x1f7, 0x90);
    settle();
    cr_assert(pic->level[14]);
    cr_assert_eq(status(), DRDY | DSC);
    cr_assert_eq(in8(m, 0x1f1), 1);
    cr_assert_eq(in8(m, 0x1f4), 0);
}

Test(ata_disk, the_protected_area_hides_the_end_of_the_disk)
{
    u8 w[512];

    cr_assert_eq(command(0xf8, 0, 0), DRDY | DSC);
    cr_assert_eq(in8(m, 0x1f3) | in8(m, 0x1f4) << 8, SECTORS - 1);
    cr_assert_eq(command(0xf9, 9999, 0), DRDY | DSC);
    cr_assert_eq(command(0xf9, 8888, 0) & ERR, ERR);        /* not after READ NATIVE MAX */
    command(0xec, 0, 0);
    take(w, 512);
    cr_assert_eq(load_le32(w + 120), 10000);
    cr_assert_eq(command(0x20, 10000, 1) & ERR, ERR);
    cr_assert_eq(command(0x20, 9999, 1) & ERR, 0);
}

Test(ata_disk, transfer_modes_are_set_and_shown)
{
    u8 w[512];

    cr_assert_eq(feature(3, 0x22), DRDY | DSC);
    cr_assert_eq(feature(3, 0x47), DRDY | DSC | ERR);
    command(0xec, 0, 0);
    take(w, 512);
    cr_assert_eq(word(w, 63), 0x0407);
    cr_assert_eq(word(w, 88), 0x003f);
}

Test(ata_disk, a_sleeping_drive_wakes_by_a_reset)
{
    cr_assert_eq(command(0xe0, 0, 0), DRDY | DSC);
    command(0xe5, 0, 0);
    cr_assert_eq(in8(m, 0x1f2), 0);
    command(0xe1, 0, 0);
    command(0xe5, 0, 0);
    cr_assert_eq(in8(m, 0x1f2), 0x80);
    command(0xe6, 0, 0);
    cr_assert_eq(command(0xec, 0, 0) & ERR, ERR);
    out8(m, 0x3f6, 4);
    out8(m, 0x3f6, 0);
    settle();
    cr_assert_eq(command(0xec, 0, 0), DRDY | DSC | DRQ);
}

static u8 smart(u8 code, u8 low, u8 count)
{
    out8(m, 0x1f1, code);
    return command(0xb0, 0xc24f00 | low, count);
}

Test(ata_disk, smart_says_that_all_is_well)
{
    u8 page[512], sum = 0;

    cr_assert_eq(smart(0xda, 0, 0), DRDY | DSC);
    cr_assert_eq(in8(m, 0x1f4), 0x4f);
    cr_assert_eq(in8(m, 0x1f5), 0xc2);
    cr_assert_eq(smart(0xd0, 0, 1), DRDY | DSC | DRQ);
    take(page, 512);
    for (unsigned i = 0; i < 512; i++)
        sum = (u8)(sum + page[i]);
    cr_assert_eq(sum, 0);
    cr_assert_eq(smart(0xd4, 1, 0), DRDY | DSC);
    cr_assert_eq(smart(0xd5, 6, 1), DRDY | DSC | DRQ);
    take(page, 512);
    cr_assert_eq(page[2], 1);
    cr_assert_eq(page[508], 1);
    cr_assert_eq(smart(0xd9, 0, 0), DRDY | DSC);
    cr_assert_eq(smart(0xd0, 0, 1), DRDY | DSC | ERR);
    cr_assert_eq(smart(0xd8, 0, 0), DRDY | DSC);
    out8(m, 0x1f1, 0xda);
    cr_assert_eq(command(0xb0, 0, 0) & ERR, ERR);           /* without the key */
}

Test(ata_disk, two_drives_keep_apart)
{
    u8 sector[512];

    end();
    build();
    second = fake_block(64);
    put_in("hdb", &second->block);
    memset(second->bytes, 0x22, 64 * 512);
    machine_reset(m, RESET_POWER);
    settle();
    out8(m, 0x1f2, 1);
    out8(m, 0x1f3, 10);
    out8(m, 0x1f4, 0);
    out8(m, 0x1f5, 0);
    out8(m, 0x1f6, 0xf0);
    out8(m, 0x1f7, 0x20);
    settle();
    cr_assert(pic->level[14]);
    out8(m, 0x1f6, 0xe0);
    cr_assert_not(pic->level[14]);
    cr_assert_eq(status(), DRDY | DSC);
    out8(m, 0x1f6, 0xf0);
    cr_assert_eq(status(), DRDY | DSC | DRQ);
    take(sector, 512);
    cr_assert_eq(sector[511], 0x22);
    out8(m, 0x1f7, 0x90);
    settle();
    cr_assert_eq(in8(m, 0x1f6), 0);
    cr_assert(pic->level[14]);
}

Test(ata_disk, hosts_that_ask_for_anything_get_an_answer)
{
    u32 chance = 1;

    for (unsigned i = 0; i < 20000; i++) {
        u16 port = (u16)(0x1f0 + (chance >> 8) % 8);

        chance = chance * 1664525 + 1013904223;
        if (chance >> 31)
            space_write(m->ports, port, chance >> 4, chance >> 30 & 1 ? 4 : 1);
        else
            space_read(m->ports, port, chance >> 30 & 1 ? 4 : 2);
        if (i % 7 == 0)
            machine_run(m, m->clock.now + 10 * MICROSECOND);
    }
}

static struct machine *build_reading(void)
{
    build();
    machine_reset(m, RESET_POWER);
    machine_run(m, 60 * MICROSECOND);
    out8(m, 0x1f2, 8);
    out8(m, 0x1f3, 3);
    out8(m, 0x1f6, 0xe0);
    out8(m, 0x1f7, 0x20);
    return m;
}

Test(ata_disk_saved, save_and_load_is_not_noticed)
{
    saving_is_not_noticed(build_reading, 80 * MICROSECOND, 3 * MICROSECOND);
}
