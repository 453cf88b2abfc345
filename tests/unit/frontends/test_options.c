#include "core/error.h"
#include "frontends/options/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options o;
static struct error err;

static bool parse(const char *line)
{
    static char text[1024];
    static char *word[64];
    int count = 1;

    snprintf(text, sizeof text, "%s", line);
    word[0] = "orrery";
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        word[count++] = w;
    *err.text = '\0';
    return options_parse(&o, count, word, &err);
}

Test(options, run_is_the_command_unless_test_is)
{
    cr_assert(parse("disk.img"));
    cr_assert_eq(o.command, COMMAND_RUN);
    cr_assert_str_eq(o.image, "disk.img");
    cr_assert(parse("test test"));
    cr_assert_eq(o.command, COMMAND_TEST);
    cr_assert_str_eq(o.image, "test");
    cr_assert(parse("run -m 1G"));
    cr_assert_null(o.image);
}

Test(options, one_dash_is_as_good_as_two)
{
    cr_assert(parse("--smp 2 -max-insn 5K"));
    cr_assert_eq(o.cpus, 2);
    cr_assert_eq(o.max_insn, 5 << 10);
}

Test(options, memory_is_in_megabytes_or_with_a_unit)
{
    static const struct { const char *line; u64 bytes; } cases[] = {
        { "-m 64", 64 << 20 }, { "-m 640K", 640 << 10 }, { "-m 2G", UINT64_C(2) << 30 },
        { "-m size=96", 96 << 20 }, { "-m 1.5G", UINT64_C(3) << 29 }, { "", 128 << 20 },
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        cr_assert(parse(cases[i].line), "%s: %s", cases[i].line, err.text);
        cr_assert_eq(o.ram_bytes, cases[i].bytes, "%s", cases[i].line);
    }
}

Test(options, processors_are_counted_or_multiplied)
{
    cr_assert(parse("-smp 4,sockets=1,cores=4"));
    cr_assert_eq(o.cpus, 4);
    cr_assert_eq(o.cores, 0);
    cr_assert(parse("-smp sockets=2,cores=3,threads=2"));
    cr_assert_eq(o.cpus, 12);
    cr_assert_eq(o.cores, 0);
    cr_assert(parse("-smp 4,sockets=4"));
    cr_assert_eq(o.cores, 1);
    cr_assert(parse("-smp 8,sockets=2"));
    cr_assert_eq(o.cores, 4);
    cr_assert_not(parse("-smp 0"));
    cr_assert_not(parse("-smp 65"));
}

Test(options, what_is_refused_is_named)
{
    static const struct { const char *line, *named; } cases[] = {
        { "-frobnicate", "-frobnicate" }, { "-drive file=x,heads=16", "heads" },
        { "-machine pc,colour=red", "colour" }, { "-m much", "much" }, { "-qmp stdio", "-qmp" },
        { "-usb", "USB" }, { "-acpitable file=x", "-acpitable" }, { "-m", "SIZE" },
        { "a b", "\"b\"" }, { "-max-time soon", "soon" }, { "-vga cirrus", "cirrus" },
        { "--pace slow", "slow" }, { "--ok-on fire", "fire" }, { "-initrd x", "-kernel" },
        { "replay case", "replay" }, { "-m 64,slots=2", "slots" }, { "-vnc :1", "-vnc" },
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        cr_assert_not(parse(cases[i].line), "%s", cases[i].line);
        cr_assert(strstr(err.text, cases[i].named), "%s: %s", cases[i].line, err.text);
    }
}

Test(options, a_drive_by_its_letter_is_a_drive_with_an_index)
{
    struct suboptions s;

    cr_assert(parse("-hdb a,b.img -fda boot.img"));
    cr_assert_eq(o.drive.count, 2);
    cr_assert(options_inside(&s, "drive", o.drive.at[0], &err), "%s", err.text);
    cr_assert_str_eq(suboption(&s, "file"), "a,b.img");
    cr_assert_str_eq(suboption(&s, "index"), "1");
    cr_assert_str_eq(suboption(&s, "if"), "ide");
    suboptions_free(&s);
    options_free(&o);
}

Test(options, a_list_may_be_asked_for)
{
    cr_assert(parse("-device help"));
    cr_assert_str_eq(o.listing, "device");
    cr_assert(parse("-machine help"));
    cr_assert_str_eq(o.listing, "machine");
    cr_assert(parse("-cpu help"));
    cr_assert_str_eq(o.listing, "cpu");
}

Test(options, tests_end_and_have_no_window)
{
    cr_assert(parse("test x"));
    cr_assert_eq(o.max_time, 60 * SECOND);
    cr_assert_str_eq(o.display_type, "none");
    cr_assert(parse("test x --max-time 0.25"));
    cr_assert_eq(o.max_time, SECOND / 4);
    cr_assert(parse("x"));
    cr_assert_eq(o.max_time, 0);
}

Test(options, no_defaults_means_no_screen_but_one_that_is_asked_for)
{
    cr_assert(parse("-nodefaults x"));
    cr_assert(o.no_defaults);
    cr_assert_str_eq(o.vga, "none");
    cr_assert(parse("-nodefaults -vga std x"));
    cr_assert_str_eq(o.vga, "std");
}

/* -- suboptions -- */

Test(suboptions, words_are_keys_or_pairs)
{
    struct suboptions s;
    u64 n = 7;

    cr_assert(suboptions_parse(&s, "x", "pc,usb,accel=kvm:tcg,n=0x10", "type: usb accel n", &err));
    cr_assert_str_eq(suboption(&s, "type"), "pc");
    cr_assert_str_eq(suboption(&s, "accel"), "kvm:tcg");
    cr_assert(suboption_flag(&s, "usb", false));
    cr_assert(suboption_flag(&s, "absent", true));
    cr_assert(suboption_number(&s, "n", &n));
    cr_assert_eq(n, 16);
    cr_assert(suboption_number(&s, "absent", &n));
    cr_assert_eq(n, 16);
    cr_assert_not(suboption_number(&s, "type", &n));
    suboptions_free(&s);
}

Test(suboptions, a_doubled_comma_is_a_comma)
{
    struct suboptions s;

    cr_assert(suboptions_parse(&s, "x", "file=a,,b,,,c=d", "file c", &err));
    cr_assert_str_eq(suboption(&s, "file"), "a,b,");
    cr_assert_str_eq(suboption(&s, "c"), "d");
    suboptions_free(&s);
}

Test(suboptions, the_last_of_two_wins)
{
    struct suboptions s;

    cr_assert(suboptions_parse(&s, "x", "a=1,a=2", "a", &err));
    cr_assert_str_eq(suboption(&s, "a"), "2");
    suboptions_free(&s);
}

Test(suboptions, a_star_takes_any_key)
{
    struct suboptions s;

    cr_assert(suboptions_parse(&s, "device", "e1000,mac=1,whatever=2", "driver: *", &err));
    cr_assert_str_eq(suboption(&s, "driver"), "e1000");
    cr_assert_str_eq(suboption(&s, "whatever"), "2");
    suboptions_free(&s);
}
