#include "peripherals/chipset/dma.h"

#include "bus/isa_dma.h"
#include "core/ram.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

/* 8237A data sheet; the AT's wiring: PIIX3, [DMA Registers]. */
enum { VERIFY = 0, TO_MEMORY = 4, FROM_MEMORY = 8, AUTOINIT = 0x10, DOWN = 0x20, SINGLE = 0x40 };

static struct machine *m;
static struct isa_dma *dma;
static struct region ram;
static u8 *memory;

static struct machine *build(void)
{
    struct machine *made = machine_create(NULL);

    machine_add(made, &dma_type, "dma", NULL);
    machine_reset(made, RESET_POWER);
    return made;
}

static void start(void)
{
    struct ram *host;

    m = build();
    dma = device_offer(machine_find(m, "dma"), "isa-dma");
    host = machine_add_ram(m, "main", 1 << 20, NULL);
    ram = (struct region){
        .name = "ram", .owner = machine_find(m, "dma"), .ram = host, .writable = true,
        .size = 1 << 20,
    };
    space_map(m->memory, &ram, 0, UNDER);
    memory = host->host;
    out8(m, 0xd6, 0xc0);        /* what firmware does: the link is opened */
    out8(m, 0xd4, 0x00);
}

static void end(void) { machine_destroy(m); }

TestSuite(dma, .init = start, .fini = end);

/* Channels count from 0; the mask is opened. */
static void program(unsigned channel, u8 mode, u8 page, u16 address, u16 count)
{
    static const u8 page_port[] = { 0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a };
    u16 chip = channel < 4 ? 0 : 0xc0, scale = channel < 4 ? 1 : 2, i = channel % 4;

    out8(m, chip + 12 * scale, 0);
    out8(m, chip + 11 * scale, (u8)(mode | i));
    out8(m, chip + 2 * i * scale, (u8)address);
    out8(m, chip + 2 * i * scale, (u8)(address >> 8));
    out8(m, chip + (2 * i + 1) * scale, (u8)count);
    out8(m, chip + (2 * i + 1) * scale, (u8)(count >> 8));
    out8(m, page_port[channel], page);
    out8(m, chip + 10 * scale, (u8)i);
}

static u16 read_word(u16 port)
{
    u8 low;

    out8(m, port < 0xc0 ? 0x0c : 0xd8, 0);
    low = in8(m, port);
    return (u16)(low | in8(m, port) << 8);
}

static bool tc;

static size_t give(unsigned channel, const char *text)
{
    char copy[64];

    strcpy(copy, text);
    return dma->move(dma, channel, copy, strlen(text), true, &tc);
}

Test(dma, a_card_writes_to_memory)
{
    program(2, SINGLE | TO_MEMORY, 0x01, 0x2345, 511);
    cr_assert_eq(give(2, "sector"), 6);
    cr_assert_not(tc);
    cr_assert(!memcmp(memory + 0x12345, "sector", 6));
    cr_assert_eq(read_word(0x04), 0x234b);
    cr_assert_eq(read_word(0x05), 505);
}

Test(dma, a_card_reads_from_memory_until_the_count_runs_out)
{
    char got[64] = "";

    memcpy(memory + 0x20010, "0123456789", 10);
    program(1, SINGLE | FROM_MEMORY, 0x02, 0x0010, 7);
    cr_assert_eq(dma->move(dma, 1, got, sizeof got, false, &tc), 8);
    cr_assert(tc);
    cr_assert_str_eq(got, "01234567");
    cr_assert_eq(in8(m, 0x08), 0x02, "terminal count of channel 1");
    cr_assert_eq(in8(m, 0x08), 0x00, "a status read clears it");
    cr_assert_eq(read_word(0x03), 0xffff);
    cr_assert_eq(in8(m, 0x0f) & 0x0f, 0x0b | 0x02 | 0x04, "its mask is set");
    cr_assert_eq(dma->move(dma, 1, got, 1, false, &tc), 0);
}

Test(dma, autoinitialize_begins_again)
{
    program(3, SINGLE | AUTOINIT | TO_MEMORY, 0x00, 0x1000, 3);
    cr_assert_eq(give(3, "abcdef"), 4);
    cr_assert(tc);
    cr_assert_eq(give(3, "ef"), 2);
    cr_assert_not(tc);
    cr_assert(!memcmp(memory + 0x1000, "efcd", 4));
}

Test(dma, decrement_goes_down)
{
    program(0, SINGLE | DOWN | TO_MEMORY, 0x00, 0x1005, 99);
    cr_assert_eq(give(0, "abc"), 3);
    cr_assert(!memcmp(memory + 0x1003, "cba", 3));
    cr_assert_eq(read_word(0x00), 0x1002);
}

Test(dma, verify_counts_and_touches_nothing)
{
    program(2, SINGLE | VERIFY, 0x00, 0x1000, 2);
    cr_assert_eq(give(2, "abc"), 3);
    cr_assert(tc);
    cr_assert_eq(memory[0x1000], 0);
}

Test(dma, the_other_direction_moves_nothing)
{
    program(2, SINGLE | FROM_MEMORY, 0x00, 0x1000, 2);
    cr_assert_eq(give(2, "abc"), 0);
    cr_assert_not(tc);
    program(2, SINGLE | TO_MEMORY | FROM_MEMORY, 0x00, 0x1000, 2);
    cr_assert_eq(give(2, "abc"), 0, "an illegal mode");
    program(2, 0xc0, 0x00, 0x1000, 2);
    cr_assert_eq(give(2, "abc"), 0, "cascade");
    cr_assert_eq(give(8, "abc"), 0, "no such channel");
    cr_assert_eq(give(4, "abc"), 0, "the link itself");
}

Test(dma, addresses_wrap_within_their_page)
{
    program(2, SINGLE | TO_MEMORY, 0x03, 0xfffe, 99);
    give(2, "abcd");
    cr_assert(!memcmp(memory + 0x3fffe, "ab", 2));
    cr_assert(!memcmp(memory + 0x30000, "cd", 2));
    cr_assert_eq(memory[0x40000], 0);
}

Test(dma, channels_5_to_7_move_words)
{
    program(5, SINGLE | TO_MEMORY, 0x03, 0x8001, 2);
    cr_assert_eq(give(5, "abcdefgh"), 6);
    cr_assert(tc);
    cr_assert(!memcmp(memory + 0x30002, "abcdef", 7), "bit 0 of the page is not used");
    program(7, SINGLE | TO_MEMORY, 0x02, 0xffff, 9);
    cr_assert_eq(give(7, "abcde"), 4, "half a word waits");
    cr_assert(!memcmp(memory + 0x3fffe, "ab", 2) && !memcmp(memory + 0x20000, "cd", 2));
    cr_assert_eq(read_word(0xcc), 0x0001);
}

Test(dma, masks_one_by_one_and_all)
{
    program(2, SINGLE | TO_MEMORY, 0x00, 0x1000, 99);
    out8(m, 0x0a, 0x06);
    cr_assert_eq(give(2, "a"), 0);
    out8(m, 0x0a, 0x02);
    cr_assert_eq(give(2, "a"), 1);
    out8(m, 0x0f, 0x04);
    cr_assert_eq(give(2, "a"), 0);
    out8(m, 0x0e, 0x00);
    cr_assert_eq(give(2, "a"), 1);
    out8(m, 0x08, 0x04);
    cr_assert_eq(give(2, "a"), 0, "the controller is off");
}

Test(dma, the_first_chip_passes_through_channel_4)
{
    program(2, SINGLE | TO_MEMORY, 0x00, 0x1000, 99);
    out8(m, 0xd4, 0x04);
    cr_assert_eq(give(2, "a"), 0);
    out8(m, 0xd4, 0x00);
    cr_assert_eq(give(2, "a"), 1);
    out8(m, 0xd6, 0x40);
    cr_assert_eq(give(2, "a"), 0, "not in cascade mode");
}

Test(dma, master_clear_masks_everything)
{
    program(2, SINGLE | TO_MEMORY, 0x00, 0x1000, 0);
    give(2, "a");
    dma->request(dma, 3, true);
    in8(m, 0x04);
    out8(m, 0x0d, 0);
    cr_assert_eq(in8(m, 0x0f) & 0x0f, 0x0f);
    cr_assert_eq(in8(m, 0x08), 0x80, "what a card requests is seen still");
    cr_assert_eq(in8(m, 0x04), 0x01, "the flip-flop is clear");
    dma->request(dma, 3, false);
    cr_assert_eq(in8(m, 0x08), 0x00);
}

Test(dma, a_request_by_software_runs_to_the_end)
{
    program(2, 0x80 | FROM_MEMORY, 0x00, 0x1000, 299);
    out8(m, 0x0a, 0x06);
    out8(m, 0x09, 0x06);
    cr_assert_eq(in8(m, 0x08), 0x04, "masks do not hold it");
    cr_assert_eq(read_word(0x04), 0x1000 + 300);
    program(1, 0x80 | TO_MEMORY, 0x00, 0x1000, 0xffff);
    out8(m, 0x09, 0x05);
    cr_assert_eq(memory[0x0fff], 0xff);
    cr_assert_eq(memory[0xffff], 0xff);
    cr_assert_eq(memory[0x10000], 0);
}

Test(dma, memory_to_memory_copies_and_fills)
{
    memcpy(memory + 0x21000, "copied", 6);
    program(0, 0x80 | FROM_MEMORY, 0x02, 0x1000, 5);
    program(1, 0x80 | TO_MEMORY, 0x03, 0x2000, 5);
    out8(m, 0x08, 0x01);
    out8(m, 0x09, 0x04);
    cr_assert(!memcmp(memory + 0x32000, "copied", 7));
    cr_assert_eq(in8(m, 0x0d), 'd', "the temporary register");
    cr_assert_eq(in8(m, 0x08), 0x02);
    program(0, 0x80 | FROM_MEMORY, 0x02, 0x1000, 5);
    program(1, 0x80 | TO_MEMORY, 0x03, 0x2000, 5);
    out8(m, 0x08, 0x03);
    out8(m, 0x09, 0x04);
    cr_assert(!memcmp(memory + 0x32000, "cccccc", 7), "address hold");
}

Test(dma, port_80_keeps_the_last_post_code)
{
    out8(m, 0x80, 0x55);
    cr_assert_eq(in8(m, 0x80), 0x55);
    out8(m, 0x8e, 0x12);
    cr_assert_eq(in8(m, 0x8e), 0x12);
}

static struct machine *busy(void)
{
    struct machine *made = build();

    out8(made, 0x04, 0x34);
    out8(made, 0x80, 0xaa);
    out8(made, 0x0b, 0x46);
    return made;
}

Test(dma, save_and_load_is_invisible) { saving_is_not_noticed(busy, 1000, 300); }
