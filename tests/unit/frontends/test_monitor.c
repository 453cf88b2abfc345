/* The monitor's words, on a machine of a fake processor, some RAM and a ticker. */
#include "core/chr.h"
#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"
#include "core/ram.h"
#include "frontends/monitor/monitor.h"
#include "frontends/options/options.h"
#include "tests/support/fake_cpu.h"
#include "tests/support/ticker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct session s;
static struct options o;
static char said[65536];
static size_t count;

/* A keyboard that writes down what it hears. */
static char heard[256];
static void hear(struct device *dev, u32 kind, const u8 *bytes, size_t n)
{
    cr_assert_eq(kind, INPUT_KEY);
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%u%c ", bytes[0],
             bytes[1] ? 'd' : 'u');
}
static const struct device_type keyboard_type = {
    .name = "ear", .title = "keyboard", .size = sizeof(struct device), .input = hear,
};

static void keep(struct chr *c, u8 byte)
{
    if (byte != '\r' && count < sizeof said - 1)
        said[count++] = (char)byte;
}
static const struct chr_ops ops = { keep };

static const char *ask(const char *line)
{
    struct chr out = { &ops };

    count = 0;
    memset(said, 0, sizeof said);
    monitor_command(&s, &out, line);
    return said;
}

static struct region low;

static void start(void)
{
    struct ram *ram;

    memset(&s, 0, sizeof s);
    *heard = '\0';
    s.options = &o;
    cr_assert(s.machine = machine_create(NULL));
    fake_cpu(s.machine, "cpu0", 10, 0);
    ticker(s.machine, "tick", 1000);
    cr_assert(machine_add(s.machine, &keyboard_type, "keyboard", NULL));
    ram = machine_add_ram(s.machine, "main", 65536, NULL);
    low = (struct region){ .name = "low", .owner = s.machine->devices, .ram = ram,
                           .writable = true, .size = 65536 };
    space_map(s.machine->memory, &low, 0, UNDER);
    for (unsigned i = 0; i < 32; i++)
        ram->host[i] = (u8)(i + 0x40);
    machine_reset(s.machine, RESET_POWER);
}

static void end(void)
{
    machine_destroy(s.machine);
}

TestSuite(monitor, .init = start, .fini = end);

Test(monitor, an_unknown_word_is_named)
{
    cr_assert(strstr(ask("frobnicate now"), "frobnicate"));
    cr_assert(strstr(ask("info weather"), "info weather"));
    cr_assert_str_eq(ask(""), "");
}

Test(monitor, help_has_every_word)
{
    ask("help");
    cr_assert(strstr(said, "sendkey") && strstr(said, "info mtree") && strstr(said, "xp"));
    ask("help sendkey");
    cr_assert(strstr(said, "sendkey") && !strstr(said, "mtree"));
}

Test(monitor, physical_memory_is_shown_in_the_format_asked_for)
{
    cr_assert_str_eq(ask("xp /2xw 0"), "0000000000000000: 0x43424140 0x47464544\n");
    cr_assert_str_eq(ask("xp/3xb 0x10+1"), "0000000000000011: 0x51 0x52 0x53\n");
    cr_assert_str_eq(ask("xp /2c 1"), "0000000000000001: 'A' 'B'\n");
    cr_assert_str_eq(ask("xp /1dh 0"), "0000000000000000: 16704\n");
    cr_assert_str_eq(ask("xp /1xg 0x10"), "0000000000000010: 0x5756555453525150\n");
}

Test(monitor, what_has_no_memory_is_not_read)
{
    cr_assert_str_eq(ask("xp /1xb 0x20000"), "0000000000020000: --\n");
}

Test(monitor, a_bad_number_is_said)
{
    cr_assert(strstr(ask("xp /1xb zebra"), "zebra"));
    cr_assert(strstr(ask("xp /1xq 0"), "/1xq"));
    cr_assert(strstr(ask("xp"), "missing"));
    cr_assert(strstr(ask("xp 1+"), "not a number"));
}

Test(monitor, ports_are_read)
{
    u8 byte = 0x5a - INPUT_KEY;             /* the ticker adds the kind */

    cr_assert(machine_input(s.machine, "tick", INPUT_KEY, &byte, 1, NULL));
    cr_assert_str_eq(ask("i 0x10"), "portb[0x0010] = 0x5a\n");
    cr_assert_str_eq(ask("i /h 0x10"), "portb[0x0010] = 0xff5a\n");
}

Test(monitor, stop_and_cont_hold_and_release)
{
    ask("stop");
    cr_assert(s.paused);
    cr_assert(strstr(ask("info status"), "paused"));
    ask("c");
    cr_assert_not(s.paused);
    ask("quit");
    cr_assert(s.quit);
}

Test(monitor, keys_go_down_in_order_and_up_in_the_other)
{
    ask("sendkey ctrl-alt-delete");
    while (s.typing.count) {
        s.machine->clock.now += SECOND;
        typing_step(&s);
    }
    cr_assert_str_eq(heard, "224d 226d 76d 76u 226u 224u ");
    cr_assert(strstr(ask("sendkey ctrl-zap"), "zap"));
}

Test(monitor, text_is_typed_with_shift_where_it_needs_it)
{
    ask("type aB\\n");
    while (s.typing.count) {
        s.machine->clock.now += SECOND;
        typing_step(&s);
    }
    cr_assert_str_eq(heard, "4d 4u 225d 5d 5u 225u 40d 40u ");
}

Test(monitor, typing_keeps_its_distance_in_virtual_time)
{
    ask("type ab");
    typing_step(&s);
    cr_assert_str_eq(heard, "4d ");
    typing_step(&s);
    cr_assert_str_eq(heard, "4d ");
    cr_assert_gt(typing_until(&s, NEVER), s.machine->clock.now);
}

Test(monitor, devices_show_their_rows)
{
    ask("info device tick");
    cr_assert(strstr(said, "period") && strstr(said, "event pulse"), "%s", said);
    cr_assert(strstr(ask("info device nobody"), "nobody"));
    cr_assert(strstr(ask("info qtree"), "keyboard"));
}

Test(monitor, the_map_shows_what_lies_where)
{
    cr_assert(strstr(ask("info mtree"), "0000000000000000-000000000000ffff ram"), "%s", said);
    cr_assert(strstr(said, "ports"));
}

Test(monitor, drives_and_screens_that_are_missing_are_said)
{
    cr_assert(strstr(ask("change hdc x.iso"), "hdc"));
    cr_assert(strstr(ask("eject"), "DRIVE"));
    cr_assert(strstr(ask("screendump x.png"), "no screen"));
    cr_assert(strstr(ask("screen-text"), "no screen"));
}

Test(monitor, a_saved_machine_can_be_had_back)
{
    char path[] = "/tmp/orrery-monitor-XXXXXX", line[64];
    int fd = mkstemp(path);
    u64 then;

    close(fd);
    machine_run(s.machine, 5000);
    then = s.machine->clock.now;
    snprintf(line, sizeof line, "savevm %s", path);
    cr_assert_str_eq(ask(line), "");
    machine_run(s.machine, 90000);
    snprintf(line, sizeof line, "loadvm %s", path);
    cr_assert_str_eq(ask(line), "");
    cr_assert_eq(s.machine->clock.now, then);
    unlink(path);
    cr_assert(strstr(ask(line), path));
}
