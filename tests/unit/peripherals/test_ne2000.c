#include "peripherals/net/ne2000.h"

#include "core/bits.h"
#include "core/config.h"
#include "core/input.h"
#include "tests/support/bench.h"
#include "tests/support/lan.h"

#include <criterion/criterion.h>

/* The card on ISA, at its usual port; on PCI it is the same behind a BAR. */
enum { BASE = 0x300, DATA = BASE + 0x10, RESET = BASE + 0x1f };
enum { CR = BASE, PSTART, PSTOP, BNRY, TPSR, TBCR0, TBCR1, ISR, RSAR0, RSAR1, RBCR0, RBCR1, RCR,
       TCR, DCR, IMR, CURR = ISR, TSR = TPSR, FIFO = TBCR1, RSR = RCR, CNTR2 = IMR };
enum { PRX = 1, PTX = 2, OVW = 0x10, RDC = 0x40, RST = 0x80 };
enum { FIRST = 0x46, LAST = 0x80, TX_PAGE = 0x40 };

static struct machine *m;
static struct lan lan;
static struct probe *pic;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    cr_assert(machine_add(made, &ne2000_isa_type, "nic0", NULL));
    pic = probe(made, "pic");
    cr_assert(machine_wire(made, "nic0.irq", "pic", 9, NULL));
    machine_reset(made, RESET_POWER);
    return made;
}

/* As drivers do: stop, ring, addresses, start. */
static void set_up(struct machine *on)
{
    out8(on, CR, 0x21);
    out8(on, DCR, 0x49);                        /* words */
    out8(on, RBCR0, 0);
    out8(on, RBCR1, 0);
    out8(on, RCR, 0x04);                        /* broadcast */
    out8(on, TCR, 0);
    out8(on, PSTART, FIRST);
    out8(on, PSTOP, LAST);
    out8(on, BNRY, FIRST);
    out8(on, ISR, 0xff);
    out8(on, IMR, 0x1f);
    out8(on, CR, 0x61);
    for (unsigned i = 0; i < 6; i++)
        out8(on, (u16)(BASE + 1 + i), lan_mac[i]);
    for (unsigned i = 0; i < 8; i++)
        out8(on, (u16)(BASE + 8 + i), 0);
    out8(on, CURR, FIRST + 1);
    out8(on, CR, 0x22);
}

static void start(void)
{
    m = build();
    lan_plug(&lan, m);
    set_up(m);
}

static void end(void)
{
    machine_destroy(m);
}

TestSuite(ne2000, .init = start, .fini = end);

static void wait_ns(u64 ns)
{
    machine_run(m, m->clock.now + ns);
}

static void remote(struct machine *on, u16 at, u16 count, bool write)
{
    out8(on, RSAR0, (u8)at);
    out8(on, RSAR1, (u8)(at >> 8));
    out8(on, RBCR0, (u8)count);
    out8(on, RBCR1, (u8)(count >> 8));
    out8(on, CR, write ? 0x12 : 0x0a);
}

static void remote_read(u16 at, u8 *to, u16 count)
{
    remote(m, at, count, false);
    for (unsigned i = 0; i < count; i += 2)
        store_le16(to + i, (u16)space_read(m->ports, DATA, 2));
}

static void remote_write(struct machine *on, u16 at, const u8 *from, u16 count)
{
    remote(on, at, count, true);
    for (unsigned i = 0; i < count; i += 2)
        space_write(on->ports, DATA, load_le16(from + i), 2);
}

static u8 current(void)
{
    u8 page;

    out8(m, CR, 0x62);
    page = in8(m, CURR);
    out8(m, CR, 0x22);
    return page;
}

Test(ne2000, reset_sets_rst_and_start_clears_it)
{
    out8(m, RESET, in8(m, RESET));
    cr_assert_eq(in8(m, CR), 0x21);
    cr_assert_eq(in8(m, ISR), RST);
    out8(m, CR, 0x22);
    cr_assert_eq(in8(m, ISR) & RST, 0);
}

Test(ne2000, its_prom_has_the_address_each_byte_twice_and_ww)
{
    u8 prom[32];

    remote_read(0, prom, 32);
    for (unsigned i = 0; i < 6; i++) {
        cr_assert_eq(prom[2 * i], lan_mac[i]);
        cr_assert_eq(prom[2 * i + 1], lan_mac[i]);
    }
    cr_assert_eq(prom[28], 'W');
    cr_assert_eq(prom[30], 'W');
    cr_assert_eq(in8(m, ISR) & RDC, RDC);
}

Test(ne2000, remote_dma_writes_and_reads_its_16_kb)
{
    u8 pattern[64], back[64];

    for (unsigned i = 0; i < 64; i++)
        pattern[i] = (u8)(i * 7);
    remote_write(m, 0x7fc0, pattern, 64);
    cr_assert_eq(in8(m, ISR) & RDC, RDC);
    remote_read(0x7fc0, back, 64);
    cr_assert_arr_eq(back, pattern, 64);
}

Test(ne2000, reading_wraps_at_the_end_of_the_ring)
{
    u8 byte[2] = { 0x12, 0x34 }, back[4];

    remote_write(m, (LAST << 8) - 2, byte, 2);
    remote_write(m, FIRST << 8, byte, 2);
    remote_read((LAST << 8) - 2, back, 4);
    cr_assert_eq(load_le32(back), 0x34123412);
}

Test(ne2000, an_odd_count_of_words_ends_with_its_last_byte)
{
    u8 byte[4] = { 1, 2, 3, 4 };

    remote_write(m, 0x4000, byte, 4);
    out8(m, ISR, RDC);
    remote(m, 0x4000, 3, false);
    cr_assert_eq(space_read(m->ports, DATA, 2), 0x0201);
    cr_assert_eq(in8(m, ISR) & RDC, 0);
    cr_assert_eq(space_read(m->ports, DATA, 2) & 0xff, 3);
    cr_assert_eq(in8(m, ISR) & RDC, RDC);
}

static void transmit(struct machine *on, u16 count)
{
    out8(on, TPSR, TX_PAGE);
    out8(on, TBCR0, (u8)count);
    out8(on, TBCR1, (u8)(count >> 8));
    out8(on, CR, 0x26);
}

Test(ne2000, a_frame_is_sent_in_its_time_at_10_mb_s)
{
    u8 frame[100];

    lan_make(frame, lan_mac, 100);
    remote_write(m, TX_PAGE << 8, frame, 100);
    transmit(m, 100);
    wait_ns(124 * 800 - 1);
    cr_assert_eq(in8(m, CR) & 4, 4, "TXP stays until it has left");
    cr_assert_eq(lan.frames, 0);
    wait_ns(1);
    cr_assert_eq(in8(m, CR) & 4, 0);
    cr_assert_eq(lan.frames, 1);
    cr_assert_eq(lan.frame[0].count, 100);
    cr_assert_arr_eq(lan.frame[0].bytes, frame, 100);
    cr_assert_eq(in8(m, TSR) & 1, 1);
    cr_assert(pic->level[9]);
    out8(m, ISR, PTX);
    cr_assert_not(pic->level[9]);
}

Test(ne2000, a_frame_is_received_behind_its_header)
{
    u8 frame[300], back[304];

    lan_make(frame, lan_mac, sizeof frame);
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(in8(m, ISR) & PRX, PRX);
    cr_assert(pic->level[9]);
    cr_assert_eq(current(), FIRST + 3);
    remote_read((FIRST + 1) << 8, back, sizeof back);
    cr_assert_eq(back[0] & 1, 1);
    cr_assert_eq(back[1], FIRST + 3);
    cr_assert_eq(load_le16(back + 2), 304, "with the CRC");
    cr_assert_arr_eq(back + 4, frame, sizeof frame);
}

Test(ne2000, a_command_that_neither_starts_nor_stops_changes_only_the_page)
{
    u8 frame[60];

    lan_make(frame, lan_mac, sizeof frame);
    out8(m, CR, 0x40);
    cr_assert_eq(in8(m, CURR), FIRST + 1);
    out8(m, CR, 0x00);
    cr_assert(lan.port->ready(lan.port));
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(current(), FIRST + 2);
}

Test(ne2000, only_frames_for_it_are_received)
{
    static const u8 other[6] = { 2, 0, 0, 0, 0, 9 }, group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    static const u8 all[6] = { 255, 255, 255, 255, 255, 255 };
    u8 frame[60];

    lan_make(frame, other, 60);
    lan_arrives(m, frame, 60);
    lan_make(frame, group, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(current(), FIRST + 1);
    lan_make(frame, all, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(current(), FIRST + 2);
    out8(m, RCR, 0x0c);
    out8(m, CR, 0x62);
    out8(m, BASE + 8 + 3, 0x80);                /* hash 31 */
    out8(m, CR, 0x22);
    lan_make(frame, group, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(current(), FIRST + 3);
    cr_assert_eq(in8(m, RSR), 0x21);
    out8(m, RCR, 0x10);
    lan_make(frame, other, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(current(), FIRST + 4);
}

Test(ne2000, a_full_ring_is_not_ready_and_overflows_until_it_is_stopped)
{
    u8 frame[1514];

    lan_make(frame, lan_mac, sizeof frame);
    for (unsigned i = 0; i < 9; i++)
        lan_arrives(m, frame, sizeof frame);
    cr_assert_not(lan.port->ready(lan.port));
    cr_assert_eq(current(), FIRST + 1 + 9 * 6);
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(in8(m, ISR) & OVW, OVW);
    cr_assert_eq(in8(m, CNTR2), 1);
    cr_assert_eq(in8(m, CNTR2), 0, "reading clears");
    out8(m, BNRY, FIRST + 1 + 8 * 6);
    cr_assert_not(lan.port->ready(lan.port));
    out8(m, CR, 0x21);
    out8(m, CR, 0x22);
    cr_assert(lan.port->ready(lan.port));
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(current(), FIRST + (1 + 10 * 6) % (LAST - FIRST), "round it goes");
}

Test(ne2000, a_loopback_leaves_count_and_crc_in_the_fifo)
{
    u8 frame[100], fifo[8];
    u32 crc = 0xffffffff;

    lan_make(frame, lan_mac, 100);
    for (unsigned i = 0; i < 100; i++) {
        crc ^= frame[i];
        for (unsigned b = 0; b < 8; b++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    remote_write(m, TX_PAGE << 8, frame, 100);
    out8(m, DCR, 0x41);
    out8(m, TCR, 0x02);
    transmit(m, 100);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 0);
    cr_assert_eq(in8(m, TSR), 0x53);
    for (unsigned i = 0; i < 8; i++)
        fifo[i] = in8(m, FIFO);
    cr_assert_eq(fifo[0], 104);
    cr_assert_eq(fifo[3], frame[99]);
    cr_assert_eq(load_le32(fifo + 4), ~crc);
}

Test(ne2000, on_pci_it_is_an_rtl8029)
{
    struct machine *other = lan_machine(&ne2000_pci_type);
    u8 prom[2];

    cr_assert_eq(lan_config(other, 0, 4), 0x802910ec);
    lan_out(other, 0, 0x21, 1);
    cr_assert_eq(lan_in(other, 10, 1), 0x50);
    cr_assert_eq(lan_in(other, 11, 1), 0x43);
    lan_out(other, 14, 0x48, 1);
    lan_out(other, 10, 32, 1);
    lan_out(other, 0, 0x0a, 1);
    prom[0] = (u8)lan_in(other, 16, 1);
    prom[1] = (u8)lan_in(other, 16, 1);
    cr_assert_eq(prom[0], 0x52);
    cr_assert_eq(prom[1], 0x52);
    lan_out(other, 0, 0x22, 1);
    lan_out(other, 15, 0x40, 1);
    lan_out(other, 10, 0, 1);
    lan_out(other, 0, 0x0a, 1);
    cr_assert(lan_interrupt(other));
    machine_destroy(other);
}

Test(ne2000, the_address_is_the_configuration_s_and_checked)
{
    struct machine *other = machine_create(NULL);

    other->config = config_create();
    config_set(other->config, "nic0.mac", "01:02:03:04:05:06", NULL);
    cr_assert_not(machine_add(other, &ne2000_isa_type, "nic0", NULL), "of a group");
    config_set(other->config, "nic1.mac", "02:0a:0b", NULL);
    cr_assert_not(machine_add(other, &ne2000_isa_type, "nic1", NULL));
    config_set(other->config, "nic2.mac", "02-0a-0B-0c-0d-0e", NULL);
    cr_assert(machine_add(other, &ne2000_isa_type, "nic2", NULL));
    config_destroy(other->config);
    machine_destroy(other);
}

/* -- guests without mercy -- */

static u32 chance = 1;

static u32 random32(void)
{
    chance = chance * 1664525 + 1013904223;
    return chance ^ chance >> 15;
}

Test(ne2000, any_registers_do_no_harm)
{
    static u8 frame[4000];

    for (unsigned round = 0; round < 20000; round++) {
        unsigned size = 1u << random32() % 3;

        if (random32() % 64 == 0)
            set_up(m);
        space_write(m->ports, BASE + random32() % 32, random32(), size);
        space_read(m->ports, BASE + random32() % 31, size);
        lan_make(frame, random32() % 2 ? lan_mac : (const u8 *)"\1\0\0\0\0\0",
                 14 + random32() % 1000);
        lan_arrives(m, frame, random32() % (round % 64 ? 1600 : sizeof frame));
        lan.port->ready(lan.port);
        wait_ns(random32() % 20000);
    }
}

static struct machine *busy(void)
{
    struct machine *made = build();
    u8 frame[600];

    set_up(made);
    lan_make(frame, lan_mac, sizeof frame);
    remote_write(made, TX_PAGE << 8, frame, 600);
    transmit(made, 600);
    lan_arrives(made, frame, sizeof frame);
    return made;
}

Test(ne2000, saving_and_loading_is_not_noticed)
{
    saving_is_not_noticed(busy, 600 * MICROSECOND, 40 * MICROSECOND);
}
