#include "peripherals/net/rtl8139.h"

#include "core/bits.h"
#include "core/input.h"
#include "core/ram.h"
#include "tests/support/bench.h"
#include "tests/support/lan.h"

#include <criterion/criterion.h>

enum { IDR = 0, MAR = 8, TSD = 0x10, TSAD = 0x20, RBSTART = 0x30, CR = 0x37, CAPR = 0x38,
       CBR = 0x3a, IMR = 0x3c, ISR = 0x3e, TCR = 0x40, RCR = 0x44, TCTR = 0x48, MPC = 0x4c,
       EE = 0x50, CONFIG1 = 0x52, TIMER = 0x54, MSR = 0x58, SUMMARY = 0x60, BMCR = 0x62,
       BMSR = 0x64, POLL = 0xd9, CPCR = 0xe0, RDSAR = 0xe4, TALLY = 0x10, TNPDS = 0x20 };
enum { ROK = 1, TOK = 4, RXOVW = 0x10, LINK = 0x20, TDU = 0x80, TIMEOUT = 0x4000 };
enum { RE = 8, TE = 4, RST = 0x10, BUFE = 1 };
enum { BUFFER = 0x20000, DATA = 0x10000, TX = 0x1000, RX = 0x2000, STATS = 0x3000 };
#define OWN  UINT32_C(0x80000000)
#define END  UINT32_C(0x40000000)
#define FS   UINT32_C(0x20000000)
#define LS   UINT32_C(0x10000000)

static struct machine *m;
static struct lan lan;
static u8 *ram;

static void enable(struct machine *on)
{
    lan_out(on, RBSTART, BUFFER, 4);
    lan_out(on, CR, RE | TE, 1);
    lan_out(on, RCR, 0x0a, 4);                  /* 8 KB; broadcast, this station */
}

static void enable_plus(struct machine *on)
{
    u8 *r = on->rams->host;

    lan_out(on, CPCR, 0x63, 2);
    lan_out(on, TNPDS, TX, 4);
    lan_out(on, RDSAR, RX, 4);
    for (unsigned i = 0; i < 4; i++) {
        store_le32(r + RX + 16 * i, OWN | (i == 3 ? END : 0) | 1600);
        store_le64(r + RX + 16 * i + 8, BUFFER + 2048 * i);
    }
    enable(on);
}

static void start(void)
{
    m = lan_machine(&rtl8139_type);
    lan_plug(&lan, m);
    ram = m->rams->host;
}

static void start_enabled(void)
{
    start();
    enable(m);
}

static void start_plus(void)
{
    start();
    enable_plus(m);
}

static void end(void)
{
    machine_destroy(m);
}

TestSuite(rtl8139, .init = start, .fini = end);
TestSuite(rtl8139_c, .init = start_enabled, .fini = end);
TestSuite(rtl8139_cplus, .init = start_plus, .fini = end);

static void wait_ns(u64 ns)
{
    machine_run(m, m->clock.now + ns);
}

/* -- registers -- */

Test(rtl8139, is_an_rtl8139c_plus)
{
    cr_assert_eq(lan_config(m, 0, 4), 0x813910ec);
    cr_assert_eq(lan_config(m, 8, 4), 0x02000020);
    cr_assert_eq(lan_in(m, TCR, 4) & 0x7cc00000, 0x74800000);
    cr_assert_eq(lan_in(m, IDR, 4), 0x12005452);
    cr_assert_eq(lan_in(m, IDR + 4, 2), 0x5634);
    cr_assert_eq(lan_read(m, 0), 0x12005452, "in memory as well");
}

Test(rtl8139, its_link_is_up)
{
    cr_assert_eq(lan_in(m, BMSR, 2) & 0x24, 0x24);
    cr_assert_eq(lan_in(m, MSR, 1) & 4, 0);
    lan_out(m, IMR, LINK, 2);
    machine_input(m, "nic0", INPUT_CARRIER, "\0", 1, NULL);
    cr_assert_eq(lan_in(m, MSR, 1) & 4, 4);
    cr_assert(lan_interrupt(m));
    lan_out(m, ISR, LINK, 2);
    cr_assert_not(lan_interrupt(m));
}

static u16 read_eeprom(unsigned at)
{
    u16 word = 0;

    lan_out(m, EE, 0x80, 1);
    for (unsigned i = 0; i < 25; i++) {
        u8 pins = (u8)(0x88 | (i < 9 && (0x180 | at) >> (8 - i) & 1 ? 2 : 0));

        lan_out(m, EE, pins, 1);
        lan_out(m, EE, pins | 4, 1);
        if (i >= 9)
            word = (u16)(word << 1 | (lan_in(m, EE, 1) & 1));
    }
    lan_out(m, EE, 0, 1);
    return word;
}

Test(rtl8139, the_eeprom_holds_the_station_address)
{
    cr_assert_eq(read_eeprom(0), 0x8129);
    cr_assert_eq(read_eeprom(7), 0x5452);
    cr_assert_eq(read_eeprom(9), 0x5634);
}

Test(rtl8139, configuration_is_locked_until_9346cr_says_otherwise)
{
    lan_out(m, CONFIG1, 0x3f, 1);
    cr_assert_eq(lan_in(m, CONFIG1, 1), 0x0c);
    lan_out(m, EE, 0xc0, 1);
    lan_out(m, CONFIG1, 0x3f, 1);
    cr_assert_eq(lan_in(m, CONFIG1, 1), 0x3f);
}

Test(rtl8139, reset_ends_by_itself)
{
    lan_out(m, IMR, 0xffff, 2);
    lan_out(m, CR, RST, 1);
    cr_assert_eq(lan_in(m, CR, 1), BUFE);
    cr_assert_eq(lan_in(m, IMR, 2), 0);
    cr_assert_eq(lan_in(m, CAPR, 2), 0xfff0);
    cr_assert_eq(lan_in(m, TSD, 4), 0x2000);
}

Test(rtl8139, its_timer_counts_at_33_mhz_and_interrupts)
{
    lan_out(m, IMR, TIMEOUT, 2);
    lan_out(m, TIMER, 33333, 4);                /* 1 ms */
    lan_out(m, TCTR, 0, 4);
    wait_ns(900 * MICROSECOND);
    cr_assert_eq((lan_in(m, TCTR, 4) + 5) / 10, 3000);
    cr_assert_not(lan_interrupt(m));
    wait_ns(101 * MICROSECOND);
    cr_assert(lan_interrupt(m));
}

/* -- four descriptors and a buffer -- */

Test(rtl8139_c, four_frames_are_sent_in_turn)
{
    lan_make(ram + DATA, lan_mac, 1514);
    lan_out(m, IMR, TOK, 2);
    for (u16 i = 0; i < 4; i++) {
        lan_out(m, TSAD + 4 * i, DATA, 4);
        lan_out(m, TSD + 4 * i, 1000u + i, 4);
    }
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 4);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(lan.frame[i].count, 1000 + i);
    cr_assert_arr_eq(lan.frame[2].bytes, ram + DATA, 1002);
    /* 24 bytes around it, at 80 ns. */
    cr_assert_eq(lan.frame[1].when - lan.frame[0].when, 1024 * 80);
    cr_assert_eq(lan_in(m, TSD, 4) & 0xe000, 0xa000);
    cr_assert_eq(lan_in(m, SUMMARY, 2), 0xf00f);
    cr_assert(lan_interrupt(m));
}

Test(rtl8139_c, a_frame_is_stored_behind_its_header)
{
    u8 frame[61];

    lan_make(frame, lan_mac, sizeof frame);
    cr_assert_eq(lan_in(m, CR, 1) & BUFE, BUFE);
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(load_le16(ram + BUFFER), 0x4001);
    cr_assert_eq(load_le16(ram + BUFFER + 2), 65);
    cr_assert_arr_eq(ram + BUFFER + 4, frame, sizeof frame);
    cr_assert_eq(lan_in(m, CBR, 2), 72, "a multiple of four");
    cr_assert_eq(lan_in(m, CR, 1) & BUFE, 0);
    cr_assert_eq(lan_in(m, ISR, 2), ROK);
    lan_out(m, CAPR, 72 - 16, 2);
    cr_assert_eq(lan_in(m, CR, 1) & BUFE, BUFE);
}

Test(rtl8139_c, a_full_buffer_is_not_ready_and_misses)
{
    u8 frame[1514];

    lan_make(frame, lan_mac, sizeof frame);
    for (unsigned i = 0; i < 5; i++)
        lan_arrives(m, frame, sizeof frame);
    cr_assert_not(lan.port->ready(lan.port));
    cr_assert_eq(lan_in(m, CBR, 2), 5 * 1524);
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(lan_in(m, ISR, 2) & RXOVW, RXOVW);
    cr_assert_eq(lan_in(m, MPC, 4), 1);
    lan_out(m, CAPR, 3 * 1524 - 16, 2);
    cr_assert(lan.port->ready(lan.port));
    lan_arrives(m, frame, sizeof frame);
    cr_assert_eq(lan_in(m, CBR, 2), (6 * 1524) & 8191);
    cr_assert_arr_eq(ram + BUFFER, frame + (8192 - 5 * 1524 - 4), 100, "round it goes");
}

Test(rtl8139_c, multicast_passes_by_hash)
{
    static const u8 group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    u8 frame[60];
    unsigned passed = 0;

    lan_make(frame, group, 60);
    lan_out(m, RCR, 0x0e, 4);
    for (unsigned bit = 0; bit < 64; bit++) {
        u16 before = (u16)lan_in(m, CBR, 2);

        lan_out(m, MAR, bit < 32 ? BIT(bit) : 0, 4);
        lan_out(m, MAR + 4, bit < 32 ? 0 : BIT(bit - 32), 4);
        lan_arrives(m, frame, 60);
        if (lan_in(m, CBR, 2) != before) {
            passed++;
            cr_assert_eq(bit, 31, "the hash of 01:00:5e:00:00:01 is 31, not %u", bit);
        }
    }
    cr_assert_eq(passed, 1);
}

/* -- C+ -- */

static void put_tx(unsigned i, u32 control, u32 tag, u32 address)
{
    store_le32(ram + TX + 16 * i, control);
    store_le32(ram + TX + 16 * i + 4, tag);
    store_le64(ram + TX + 16 * i + 8, address);
}

Test(rtl8139_cplus, a_packet_in_two_pieces_is_sent_with_checksums_and_tag)
{
    size_t count = lan_make_ip(ram + DATA, 6, 200);

    ram[DATA + 24] = ram[DATA + 50] = 0x77;     /* nonsense for the chip to mend */
    put_tx(0, OWN | FS | 0x50000 | 100, 0x20000 | 0x2301, DATA);
    put_tx(1, OWN | LS | END | (u32)(count - 100), 0, DATA + 100);
    lan_out(m, POLL, 0x40, 1);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 1);
    cr_assert_eq(lan.frame[0].count, count + 4);
    cr_assert_eq(load_le32(lan.frame[0].bytes + 12), 0x23010081);
    memmove(lan.frame[0].bytes + 12, lan.frame[0].bytes + 16, count);
    cr_assert(lan_sums_are_right(lan.frame[0].bytes, count));
    cr_assert_eq(load_le32(ram + TX) & OWN, 0);
    cr_assert_eq(load_le32(ram + TX + 16) & OWN, 0);
    cr_assert_eq(lan_in(m, ISR, 2) & TOK, TOK);
    cr_assert_eq(lan_in(m, POLL, 1) & 0x40, 0);
}

Test(rtl8139_cplus, a_large_send_is_cut_into_segments)
{
    size_t count = lan_make_ip(ram + DATA, 6, 3000);

    put_tx(0, OWN | FS | LS | END | 0x08000000 | 1000 << 16 | (u32)count, 0, DATA);
    lan_out(m, POLL, 0x40, 1);
    wait_ns(MILLISECOND);
    cr_assert_eq(lan.frames, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(lan_sums_are_right(lan.frame[i].bytes, lan.frame[i].count));
        cr_assert_eq(lan.frame[i].count, 1054);
        cr_assert_eq(lan.frame[i].bytes[47], i == 2 ? 0x19 : 0x10);
    }
}

Test(rtl8139_cplus, frames_go_to_descriptors_and_round)
{
    u8 frame[1514];
    size_t count = lan_make_ip(frame, 17, 100);

    for (unsigned i = 0; i < 4; i++) {
        cr_assert(lan.port->ready(lan.port));
        frame[60] ^= i == 1;
        lan_arrives(m, frame, count);
        frame[60] ^= i == 1;
        cr_assert_eq(load_le32(ram + RX + 16 * i) & 0x1fff, count + 4);
        cr_assert_eq(load_le32(ram + RX + 16 * i) & OWN, 0);
        cr_assert_eq(load_le32(ram + RX + 16 * i) >> 13 & 0x1f, i == 1 ? 0x12 : 0x10,
                     "UDP, and whether its sum is right");
    }
    cr_assert_not(lan.port->ready(lan.port));
    lan_arrives(m, frame, count);
    cr_assert_eq(lan_in(m, MPC, 4), 1);
    store_le32(ram + RX, OWN | 1600);
    lan_arrives(m, frame, count);
    cr_assert_eq(load_le32(ram + RX) & OWN, 0);
    cr_assert_arr_eq(ram + BUFFER, frame, count);
}

Test(rtl8139_cplus, tags_are_taken_out)
{
    u8 frame[64];

    lan_make(frame, lan_mac, 64);
    store_le32(frame + 12, 0x23010081);
    lan_arrives(m, frame, 64);
    cr_assert_eq(load_le32(ram + RX + 4), 0x10000 | 0x2301);
    cr_assert_eq(load_le32(ram + RX) & 0x1fff, 64);
    cr_assert_eq(ram[BUFFER + 12], frame[16]);
}

Test(rtl8139_cplus, the_tally_is_dumped_to_memory)
{
    u8 frame[60];

    lan_make(frame, lan_mac, 60);
    lan_arrives(m, frame, 60);
    lan_out(m, TALLY + 4, 0, 4);
    lan_out(m, TALLY, STATS | 8, 4);
    cr_assert_eq(lan_in(m, TALLY, 4), STATS);
    cr_assert_eq(load_le64(ram + STATS + 8), 1);
    cr_assert_eq(load_le64(ram + STATS + 40), 1);
}

/* -- guests without mercy -- */

static u32 chance = 1;

static u32 random32(void)
{
    chance = chance * 1664525 + 1013904223;
    return chance ^ chance >> 15;
}

static void torment(void)
{
    static u8 frame[9000];

    for (unsigned round = 0; round < 4000; round++) {
        unsigned size = 1u << random32() % 3;

        for (unsigned i = 0; i < 16; i++)
            store_le32(ram + TX + random32() % 0x2000, random32() >> random32() % 28);
        lan_out(m, (u16)(random32() % 256 & ~(size - 1)), random32() >> random32() % 28, size);
        lan_in(m, (u16)(random32() % 256), 4);
        if (random32() % 16 == 0)
            enable(m);
        if (random32() % 16 == 0)
            enable_plus(m);
        lan_make(frame, random32() % 2 ? lan_mac : (const u8 *)"\1\0\0\0\0\0",
                 14 + random32() % 1000);
        lan_arrives(m, frame, random32() % (round % 64 ? 1600 : sizeof frame));
        lan.port->ready(lan.port);
        wait_ns(random32() % 200000);
    }
}

Test(rtl8139_c, any_descriptors_and_registers_do_no_harm)       { torment(); }

static struct machine *busy(void)
{
    struct machine *made = lan_machine(&rtl8139_type);

    enable(made);
    lan_make(made->rams->host + DATA, lan_mac, 1514);
    lan_out(made, IMR, 0xffff, 2);
    lan_out(made, TIMER, 5000, 4);
    for (u16 i = 0; i < 4; i++) {
        lan_out(made, TSAD + 4 * i, DATA, 4);
        lan_out(made, TSD + 4 * i, 300, 4);
    }
    lan_arrives(made, made->rams->host + DATA, 1514);
    return made;
}

Test(rtl8139, saving_and_loading_is_not_noticed)
{
    saving_is_not_noticed(busy, 200 * MICROSECOND, 5 * MICROSECOND);
}
