#include "peripherals/net/e1000.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/input.h"
#include "core/ram.h"
#include "tests/support/bench.h"
#include "tests/support/lan.h"

#include <criterion/criterion.h>

enum { CTRL = 0x00, STATUS = 0x08, EECD = 0x10, EERD = 0x14, MDIC = 0x20, ICR = 0xc0, ITR = 0xc4,
       ICS = 0xc8, IMS = 0xd0, IMC = 0xd8, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800,
       RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818, RDTR = 0x2820, RADV = 0x282c, TDBAL = 0x3800,
       TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818, TIDV = 0x3820, MPC = 0x4010, GPRC = 0x4074,
       GPTC = 0x4080, RXCSUM = 0x5000, MTA = 0x5200, RAL = 0x5400, RAH = 0x5404, VFTA = 0x5600 };
enum { TXDW = 1, TXQE = 2, LSC = 4, RXDMT0 = 0x10, RXO = 0x40, RXT0 = 0x80 };
enum { EOP = 1, IFCS = 2, IC = 4, RS = 8, DEXT = 0x20, VLE = 0x40, IDE = 0x80 };
enum { RING = 8, TX = 0x1000, RX = 0x2000, DATA = 0x10000, BUFFERS = 0x20000 };

static struct machine *m;
static struct lan lan;
static u8 *ram;

/* Both rings of 8, buffers of 2 KB, everything for this station or all is taken. */
static void enable(struct machine *on)
{
    for (unsigned i = 0; i < RING; i++)
        store_le64(on->rams->host + RX + 16 * i, BUFFERS + 2048 * i);
    lan_write(on, RDBAL, RX);
    lan_write(on, RDLEN, 16 * RING);
    lan_write(on, RDT, RING - 1);
    lan_write(on, RCTL, 0x8002);
    lan_write(on, TDBAL, TX);
    lan_write(on, TDLEN, 16 * RING);
    lan_write(on, TCTL, 0x0a);
}

static void start(void)
{
    m = lan_machine(&e1000_type);
    lan_plug(&lan, m);
    ram = m->rams->host;
}

static void start_enabled(void)
{
    start();
    enable(m);
}

static void end(void)
{
    machine_destroy(m);
}

TestSuite(e1000, .init = start, .fini = end);
TestSuite(e1000_rings, .init = start_enabled, .fini = end);

static void wait_ns(u64 ns)
{
    machine_run(m, m->clock.now + ns);
}

/* -- registers -- */

Test(e1000, is_an_82540em)
{
    cr_assert_eq(lan_config(m, 0, 4), 0x100e8086);
    cr_assert_eq(lan_config(m, 8, 4), 0x02000003);
    cr_assert_eq(lan_config(m, 0x3d, 1), 1);
}

Test(e1000, the_link_is_up_at_a_gigabit_in_full_duplex)
{
    cr_assert_eq(lan_read(m, STATUS) & 0xc3, 0x83);
}

Test(e1000, the_words_of_its_eeprom_add_up_to_baba)
{
    u16 sum = 0;

    for (u32 i = 0; i < 64; i++) {
        lan_write(m, EERD, i << 8 | 1);
        cr_assert(lan_read(m, EERD) & 0x10);
        sum = (u16)(sum + (lan_read(m, EERD) >> 16));
    }
    cr_assert_eq(sum, 0xbaba);
}

Test(e1000, the_station_address_comes_from_the_eeprom)
{
    cr_assert_eq(lan_read(m, RAL), 0x12005452);
    cr_assert_eq(lan_read(m, RAH), 0x80005634);
    lan_write(m, EERD, 0x0201);
    cr_assert_eq(lan_read(m, EERD) >> 16, 0x5634);
}

static void clock_bit(bool bit)
{
    u32 pins = 0x42u | (bit ? 4 : 0);

    lan_write(m, EECD, pins);
    lan_write(m, EECD, pins | 1);
    lan_write(m, EECD, pins);
}

Test(e1000, the_eeprom_can_be_read_bit_by_bit)
{
    u16 word = 0;

    lan_write(m, EECD, 0x40);
    cr_assert(lan_read(m, EECD) & 0x80, "granted");
    for (unsigned i = 9; i--;)
        clock_bit((0x180 | 13) >> i & 1);       /* start, READ, word 13 */
    for (unsigned i = 0; i < 16; i++) {
        clock_bit(false);
        word = (u16)(word << 1 | (lan_read(m, EECD) >> 3 & 1));
    }
    cr_assert_eq(word, 0x100e, "%04x", word);
}

static u16 phy_read(unsigned at)
{
    lan_write(m, MDIC, 0x08200000 | at << 16);
    cr_assert(lan_read(m, MDIC) & 0x10000000);
    return (u16)lan_read(m, MDIC);
}

Test(e1000, its_phy_is_a_marvell_with_the_link_up)
{
    cr_assert_eq(phy_read(2), 0x0141);
    cr_assert_eq(phy_read(3) & 0xfff0, 0x0c20);
    cr_assert_eq(phy_read(1) & 0x24, 0x24);
    lan_write(m, MDIC, 0x08400000);
    cr_assert(lan_read(m, MDIC) & 0x40000000, "nobody at address 2");
}

Test(e1000, a_new_negotiation_takes_the_link_down_and_up)
{
    lan_write(m, IMS, LSC);
    lan_write(m, MDIC, 0x04200000 | 0x1340);
    cr_assert_not(lan_read(m, STATUS) & 2);
    cr_assert(lan_interrupt(m));
    cr_assert_eq(lan_read(m, ICR), LSC);
    wait_ns(SECOND);
    cr_assert(lan_read(m, STATUS) & 2);
    cr_assert_eq(lan_read(m, ICR), LSC);
}

Test(e1000, a_pulled_cable_takes_the_link_down)
{
    machine_input(m, "nic0", INPUT_CARRIER, "\0", 1, NULL);
    wait_ns(SECOND);
    cr_assert_not(lan_read(m, STATUS) & 2);
    cr_assert_not(phy_read(1) & 4);
    machine_input(m, "nic0", INPUT_CARRIER, "\1", 1, NULL);
    wait_ns(SECOND);
    cr_assert(lan_read(m, STATUS) & 2);
}

Test(e1000, causes_interrupt_while_their_mask_bit_is_set_and_reading_clears_them)
{
    lan_write(m, ICS, TXDW);
    cr_assert_not(lan_interrupt(m));
    lan_write(m, IMS, TXDW);
    cr_assert(lan_interrupt(m));
    lan_write(m, IMC, TXDW);
    cr_assert_not(lan_interrupt(m));
    lan_write(m, IMS, TXDW);
    cr_assert(lan_interrupt(m));
    cr_assert_eq(lan_read(m, ICR), TXDW);
    cr_assert_not(lan_interrupt(m));
    cr_assert_eq(lan_read(m, ICR), 0);
}

Test(e1000, itr_keeps_interrupts_apart)
{
    lan_write(m, ITR, 1000);                    /* 256 us */
    lan_write(m, IMS, TXDW);
    lan_write(m, ICS, TXDW);
    cr_assert(lan_interrupt(m));
    lan_read(m, ICR);
    wait_ns(100 * MICROSECOND);
    lan_write(m, ICS, TXDW);
    cr_assert_not(lan_interrupt(m));
    wait_ns(155 * MICROSECOND);
    cr_assert_not(lan_interrupt(m));
    wait_ns(2 * MICROSECOND);
    cr_assert(lan_interrupt(m));
}

Test(e1000, ports_lead_to_the_same_registers)
{
    lan_out(m, 0, RAL, 4);
    cr_assert_eq(lan_in(m, 4, 4), 0x12005452);
    lan_out(m, 0, 0x38, 4);
    lan_out(m, 4, 0x9100, 4);
    cr_assert_eq(lan_read(m, 0x38), 0x9100);
}

Test(e1000, a_device_reset_brings_back_registers_but_not_the_phy)
{
    lan_write(m, RCTL, 2);
    lan_write(m, RAL, 0);
    lan_write(m, MDIC, 0x04240000 | 0x01e1);
    lan_write(m, CTRL, 0x04000000);
    cr_assert_eq(lan_read(m, RCTL), 0);
    cr_assert_eq(lan_read(m, RAL), 0x12005452);
    cr_assert_not(lan_read(m, CTRL) & 0x04000000);
    cr_assert_eq(phy_read(4), 0x01e1);
}

/* -- transmission -- */

static void put_tx(unsigned i, u64 address, u32 low, u32 high)
{
    store_le64(ram + TX + 16 * i, address);
    store_le32(ram + TX + 16 * i + 8, low);
    store_le32(ram + TX + 16 * i + 12, high);
}

static u8 tx_status(unsigned i)
{
    return ram[TX + 16 * i + 12];
}

Test(e1000_rings, a_frame_is_sent_and_its_descriptor_is_done)
{
    lan_make(ram + DATA, lan_mac, 100);
    put_tx(0, DATA, (u32)(EOP | IFCS | RS) << 24 | 100, 0);
    lan_write(m, TDT, 1);
    cr_assert_eq(lan.frames, 0, "nothing is sent before time passes");
    wait_ns(10 * MICROSECOND);
    cr_assert_eq(lan.frames, 1);
    cr_assert_eq(lan.frame[0].count, 100);
    cr_assert_arr_eq(lan.frame[0].bytes, ram + DATA, 100);
    cr_assert_eq(tx_status(0), 1);
    cr_assert_eq(lan_read(m, TDH), 1);
    cr_assert_eq(lan_read(m, ICR), TXDW | TXQE);
    cr_assert_eq(lan_read(m, GPTC), 1);
    cr_assert_eq(lan_read(m, GPTC), 0, "reading clears");
}

Test(e1000_rings, frames_leave_no_faster_than_the_wire_carries_them)
{
    lan_make(ram + DATA, lan_mac, 1514);
    for (unsigned i = 0; i < 4; i++)
        put_tx(i, DATA, (u32)(EOP | IFCS) << 24 | 1514, 0);
    lan_write(m, TDT, 4);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 4);
    /* 8 of preamble, 1514, 4 of CRC, 12 of gap: at 8 ns. */
    cr_assert_eq(lan.frame[3].when - lan.frame[0].when, 3 * 1538 * 8);
    cr_assert_eq(tx_status(0), 0, "no RS, no report");
}

Test(e1000_rings, a_packet_waits_for_its_last_descriptor)
{
    lan_make(ram + DATA, lan_mac, 100);
    put_tx(0, DATA, (u32)IFCS << 24 | 40, 0);
    put_tx(1, DATA + 40, (u32)(EOP | IFCS) << 24 | 60, 0);
    lan_write(m, TDT, 1);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 0);
    lan_write(m, TDT, 2);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 1);
    cr_assert_arr_eq(lan.frame[0].bytes, ram + DATA, 100);
}

Test(e1000_rings, short_frames_are_padded_and_tags_inserted)
{
    lan_make(ram + DATA, lan_mac, 20);
    put_tx(0, DATA, (u32)(EOP | IFCS) << 24 | 20, 0);
    put_tx(1, DATA, (u32)(EOP | IFCS | VLE) << 24 | 20, 0x01230000);
    lan_write(m, CTRL, 0x40000041);
    lan_write(m, TDT, 2);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frame[0].count, 60);
    cr_assert_eq(lan.frame[0].bytes[20], 0);
    cr_assert_eq(load_le32(lan.frame[1].bytes + 12), 0x23010081);
    cr_assert_eq(lan.frame[1].bytes[16], 0x88);
}

Test(e1000_rings, a_context_has_checksums_computed)
{
    size_t count = lan_make_ip(ram + DATA, 17, 101);
    u32 pseudo = 0x0a00 + 0x0202 + 0x0a00 + 0x020f + 17 + 109;
    u8 *ip = ram + DATA + 14;

    ip[10] = ip[11] = 0;
    /* The driver leaves the pseudo header's sum, length and all, in the field. */
    ip[26] = (u8)(pseudo >> 8);
    ip[27] = (u8)pseudo;
    ram[TX] = 14; ram[TX + 1] = 24; store_le16(ram + TX + 2, 33);
    ram[TX + 4] = 34; ram[TX + 5] = 40; store_le16(ram + TX + 6, 0);
    store_le32(ram + TX + 8, (u32)(DEXT | RS | 2) << 24);
    put_tx(1, DATA, (u32)(EOP | IFCS | DEXT | RS) << 24 | 1u << 20 | (u32)count, 0x0300);
    lan_write(m, TDT, 2);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 1);
    cr_assert(lan_sums_are_right(lan.frame[0].bytes, lan.frame[0].count));
    cr_assert_eq(tx_status(0) & 1, 1);
}

Test(e1000_rings, a_long_packet_is_cut_into_segments)
{
    size_t count = lan_make_ip(ram + DATA, 6, 3500);
    u8 *ip = ram + DATA + 14;
    u32 s = 0x0a00 + 0x0202 + 0x0a00 + 0x020f + 6;      /* no length */

    ip[2] = ip[3] = ip[10] = ip[11] = 0;
    ip[36] = (u8)(s >> 8);
    ip[37] = (u8)s;
    ram[TX] = 14; ram[TX + 1] = 24; store_le16(ram + TX + 2, 33);
    ram[TX + 4] = 34; ram[TX + 5] = 50; store_le16(ram + TX + 6, 0);
    store_le32(ram + TX + 8, (u32)(DEXT | RS | 4 | 2 | 1) << 24 | 3500);
    ram[TX + 13] = 54; store_le16(ram + TX + 14, 1460);
    put_tx(1, DATA, (u32)(IFCS | DEXT | 4) << 24 | 1u << 20 | 1000, 0x0300);
    put_tx(2, DATA + 1000, (u32)(EOP | IFCS | DEXT | 4 | RS) << 24 | 1u << 20
           | (u32)(count - 1000), 0);
    lan_write(m, TDT, 3);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 3);
    for (unsigned i = 0; i < 3; i++) {
        const u8 *f = lan.frame[i].bytes;

        cr_assert(lan_sums_are_right(f, lan.frame[i].count), "%u", i);
        cr_assert_eq(f[14 + 5], 0x11 + i, "IP's identification");
        cr_assert_eq(f[34 + 6] << 8 | f[34 + 7], (int)(1460 * i), "the sequence number");
        cr_assert_eq(f[34 + 13], i == 2 ? 0x19 : 0x10, "FIN and PSH come last");
    }
    cr_assert_eq(lan.frame[0].count, 1514);
    cr_assert_eq(lan.frame[2].count, 54 + 3500 - 2 * 1460);
    cr_assert_arr_eq(lan.frame[1].bytes + 54, ram + DATA + 54 + 1460, 1460);
}

Test(e1000_rings, a_report_may_be_delayed)
{
    lan_make(ram + DATA, lan_mac, 100);
    put_tx(0, DATA, (u32)(EOP | IFCS | RS | IDE) << 24 | 100, 0);
    lan_write(m, TIDV, 100);                    /* 102.4 us */
    lan_write(m, TDT, 1);
    wait_ns(100 * MICROSECOND);
    cr_assert_eq(lan_read(m, ICR) & TXDW, 0);
    wait_ns(5 * MICROSECOND);
    cr_assert_eq(lan_read(m, ICR) & TXDW, TXDW);
}

/* -- reception -- */

static const u8 *rx(unsigned i)
{
    return ram + RX + 16 * i;
}

Test(e1000_rings, a_frame_for_us_is_stored_with_its_crc)
{
    u8 frame[100];
    u32 crc = 0xffffffff;

    lan_make(frame, lan_mac, sizeof frame);
    for (unsigned i = 0; i < sizeof frame; i++) {
        crc ^= frame[i];
        for (unsigned b = 0; b < 8; b++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    lan_arrives(m, frame, sizeof frame);
    cr_assert_arr_eq(ram + BUFFERS, frame, sizeof frame);
    cr_assert_eq(load_le32(ram + BUFFERS + 100), ~crc);
    cr_assert_eq(load_le16(rx(0) + 8), 104);
    cr_assert_eq(rx(0)[12] & 3, 3, "DD, EOP");
    cr_assert_eq(lan_read(m, RDH), 1);
    cr_assert_eq(lan_read(m, ICR) & RXT0, RXT0);
    cr_assert_eq(lan_read(m, GPRC), 1);
}

Test(e1000_rings, others_frames_pass_by)
{
    static const u8 other[6] = { 2, 0, 0, 0, 0, 9 }, group[6] = { 1, 0, 0x5e, 0, 0, 0xfb };
    static const u8 all[6] = { 255, 255, 255, 255, 255, 255 };
    u8 frame[60];

    lan_make(frame, other, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 0);
    lan_make(frame, group, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 0);
    lan_write(m, MTA + 4 * 0x7d, 1u << 16);     /* bits 47:36 of FB00005E0001: FB0h */
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 1);
    lan_make(frame, all, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 2);
    lan_write(m, RCTL, 0x800a);                 /* UPE */
    lan_make(frame, other, 60);
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 3);
}

Test(e1000_rings, tags_are_filtered_and_stripped)
{
    u8 frame[64];

    lan_make(frame, lan_mac, 64);
    store_le32(frame + 12, 0x23010081);         /* tag 123h */
    lan_write(m, CTRL, 0x40000041);
    lan_write(m, RCTL, 0x48002);
    lan_arrives(m, frame, 64);
    cr_assert_eq(lan_read(m, RDH), 0);
    lan_write(m, VFTA + 4 * 9, 8);
    lan_arrives(m, frame, 64);
    cr_assert_eq(lan_read(m, RDH), 1);
    cr_assert_eq(rx(0)[12] & 8, 8);
    cr_assert_eq(load_le16(rx(0) + 14), 0x123);
    cr_assert_eq(load_le16(rx(0) + 8), 64);
    cr_assert_eq(ram[BUFFERS + 12], frame[16]);
}

Test(e1000_rings, checksums_of_ip_and_udp_are_judged)
{
    u8 frame[200];
    size_t count = lan_make_ip(frame, 17, 100);

    lan_write(m, RXCSUM, 0x300);
    lan_arrives(m, frame, count);
    cr_assert_eq(rx(0)[12] & 0x64, 0x60);
    cr_assert_eq(rx(0)[13], 0);
    frame[60] ^= 1;
    lan_arrives(m, frame, count);
    cr_assert_eq(rx(1)[13], 0x20);
    frame[22] ^= 1;
    lan_arrives(m, frame, count);
    cr_assert_eq(rx(2)[13], 0x60);
}

Test(e1000_rings, without_descriptors_it_is_not_ready_and_a_frame_is_missed)
{
    u8 frame[60];

    lan_make(frame, lan_mac, 60);
    for (unsigned i = 0; i < RING - 1; i++) {
        cr_assert(lan.port->ready(lan.port));
        lan_arrives(m, frame, 60);
    }
    cr_assert_not(lan.port->ready(lan.port));
    lan_read(m, ICR);
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, ICR), RXO);
    cr_assert_eq(lan_read(m, MPC), 1);
    lan_write(m, RDT, 2);
    cr_assert(lan.port->ready(lan.port));
    lan_arrives(m, frame, 60);
    cr_assert_eq(lan_read(m, RDH), 0, "the ring goes round");
}

Test(e1000_rings, a_long_frame_takes_several_buffers)
{
    u8 frame[1514];

    lan_make(frame, lan_mac, sizeof frame);
    lan_write(m, RCTL, 0x38002);                /* of 256 bytes */
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(lan_read(m, RDH), 6);
    cr_assert_eq(rx(0)[12], 1);
    cr_assert_eq(rx(5)[12] & 3, 3);
    cr_assert_eq(load_le16(rx(5) + 8), 1518 - 5 * 256);
    cr_assert_arr_eq(ram + BUFFERS + 2048, frame + 256, 256);
}

Test(e1000_rings, rdtr_gathers_frames_and_radv_limits_the_wait)
{
    u8 frame[60];

    lan_make(frame, lan_mac, 60);
    lan_write(m, RDTR, 100);
    lan_write(m, RADV, 150);                    /* 153.6 us */
    lan_arrives(m, frame, 60);
    wait_ns(80 * MICROSECOND);
    lan_arrives(m, frame, 60);
    wait_ns(60 * MICROSECOND);
    cr_assert_eq(lan_read(m, ICR) & RXT0, 0);
    wait_ns(15 * MICROSECOND);
    cr_assert_eq(lan_read(m, ICR) & RXT0, RXT0);
}

Test(e1000_rings, in_loopback_what_is_sent_comes_back)
{
    lan_write(m, RCTL, 0x8042);
    lan_make(ram + DATA, lan_mac, 100);
    put_tx(0, DATA, (u32)(EOP | IFCS | RS) << 24 | 100, 0);
    lan_write(m, TDT, 1);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 0);
    cr_assert_eq(lan_read(m, RDH), 1);
    cr_assert_arr_eq(ram + BUFFERS, ram + DATA, 100);
}

/* -- guests without mercy -- */

static u32 chance = 1;

static u32 random32(void)
{
    chance = chance * 1664525 + 1013904223;
    return chance ^ chance >> 15;
}

Test(e1000_rings, any_descriptors_and_registers_do_no_harm)
{
    static const u32 interesting[] = { RCTL, TCTL, RDLEN, RDH, RDT, TDLEN, TDH, TDT, RDTR, TIDV,
                                       CTRL, MDIC, EECD, EERD, ICS, IMS, ITR, RXCSUM, TDBAL };
    static u8 frame[20000];

    for (unsigned round = 0; round < 3000; round++) {
        u32 at = random32() % 4 ? interesting[random32() % COUNT(interesting)]
                                : random32() % 0x20000 & ~3u;

        for (unsigned i = 0; i < 32; i++)
            store_le32(ram + TX + random32() % 0x2000, random32() >> random32() % 28);
        lan_write(m, at, random32() >> random32() % 28);
        if (at == TDBAL || random32() % 8 == 0)
            enable(m);
        lan_read(m, random32() % 0x20000);
        lan_make(frame, random32() % 2 ? lan_mac : (const u8 *)"\1\0\0\0\0\0",
                 14 + random32() % 1000);
        lan_arrives(m, frame, random32() % (round % 64 ? 1600 : sizeof frame));
        wait_ns(random32() % 20000);
    }
}

static struct machine *busy(void)
{
    struct machine *made = lan_machine(&e1000_type);

    enable(made);
    ram = made->rams->host;
    lan_make(ram + DATA, lan_mac, 1514);
    for (unsigned i = 0; i < 6; i++)
        put_tx(i, DATA, (u32)(EOP | IFCS | RS | IDE) << 24 | 1514, 0);
    lan_write(made, IMS, 0x1ffff);
    lan_write(made, ITR, 30);
    lan_write(made, TIDV, 20);
    lan_write(made, RDTR, 30);
    lan_write(made, TDT, 6);
    lan_arrives(made, ram + DATA, 1514);
    return made;
}

Test(e1000, saving_and_loading_is_not_noticed)
{
    saving_is_not_noticed(busy, 120 * MICROSECOND, 3 * MICROSECOND);
}

Test(e1000, a_rom_shows_where_its_bar_says)
{
    struct machine *other = machine_create(NULL);
    struct error err = { "" };
    u8 rom[3000] = {
        0x55, 0xaa, 6, [6] = 1, [0x18] = 0x20, [0x20] = 0x50, 0x43, 0x49, 0x52,
    };
    extern const struct device_type pci_bus_type;
    struct device *nic;

    machine_add(other, &pci_bus_type, "pci", NULL);
    nic = machine_add(other, &e1000_type, "nic0", NULL);
    cr_assert_not(e1000_set_rom(nic, (const u8 *)"no", 2, &err));
    cr_assert(e1000_set_rom(nic, rom, sizeof rom, NULL));
    machine_reset(other, RESET_POWER);
    lan_set_config(other, 0x30, 0xfffffffe, 4);
    cr_assert_eq(lan_config(other, 0x30, 4), 0xfffff000);
    lan_set_config(other, 0x30, 0xe0100001, 4);
    lan_set_config(other, 4, 2, 2);
    cr_assert_eq(space_read(other->memory, 0xe0100000, 4), 0x0006aa55);
    cr_assert_eq(space_read(other->memory, 0xe0100024, 4), 0x100e8086, "it is for this chip");
    cr_assert_eq(space_read(other->memory, 0xe0100006, 1), (u8)(1 - 0x86 - 0x80 - 0x0e - 0x10));
    machine_destroy(other);
}
