/* The options whose words mean a number, a name or nothing: -machine -accel -smp -m -display. */
#include "frontends/options/meaning.h"

#include "core/error.h"
#include "core/machine.h"
#include "frontends/options/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEGA = 1 << 20, TEST_SECONDS = 60 };

/* Cut out of a list that will be freed: kept with the texts made here. */
static const char *keep(struct options *o, const char *text)
{
    char *copy = text && o->made_count < TEXTS ? strdup(text) : NULL;

    if (copy)
        o->made[o->made_count++] = copy;
    return copy;
}

/* QEMU takes a list, "kvm:tcg": the first that works. Only one does. */
static void answer_accelerator(const char *names)
{
    if (names && strcmp(names, "tcg"))
        fputs("orrery: warning: no acceleration here: interpreting\n", stderr);
}

static bool understand_machine(struct options *o, struct error *err)
{
    struct suboptions s;

    for (unsigned i = 0; i < o->machine.count; i++) {
        if (!strcmp(o->machine.at[i], "help")) {
            o->listing = "machine";
            continue;
        }
        if (!options_inside(&s, "machine", o->machine.at[i], err))
            return false;
        if (suboption(&s, "type"))
            o->machine_type = keep(o, suboption(&s, "type"));
        answer_accelerator(suboption(&s, "accel"));
        if (!suboption_flag(&s, "pit", true))
            fputs("orrery: warning: -machine pit=off: it is soldered in, and stays\n", stderr);
        if (suboption_flag(&s, "usb", false)) {
            suboptions_free(&s);
            return fail(err, "-machine usb=on: there is no USB yet");
        }
        suboptions_free(&s);
    }
    for (unsigned i = 0; i < o->accel.count; i++) {
        if (!options_inside(&s, "accel", o->accel.at[i], err))
            return false;
        answer_accelerator(suboption(&s, "accel"));
        suboptions_free(&s);
    }
    if (o->kvm)
        answer_accelerator("kvm");
    return true;
}

static u64 product(const struct suboptions *s)
{
    static const char *const keys[] = { "sockets", "dies", "cores", "threads" };
    u64 n = 1;

    for (unsigned i = 0; i < COUNT(keys); i++) {
        u64 factor = 1;

        if (!suboption_number(s, keys[i], &factor) || factor > MACHINE_CPUS)
            return 0;
        n *= factor;
    }
    return n;
}

/*
 * Cores of a package, 0 for all: one package unless "sockets" says otherwise. APIC identifiers are
 * dense, so packages can be told apart only where their size is a power of 2.
 */
static unsigned package(const struct suboptions *s, u64 cpus)
{
    u64 sockets = 1, cores;

    if (!suboption_number(s, "sockets", &sockets) || sockets <= 1 || cpus % sockets)
        return 0;
    cores = cpus / sockets;
    return cores & (cores - 1) ? 0 : (unsigned)cores;
}

static bool understand_smp(struct options *o, struct error *err)
{
    for (unsigned i = 0; i < o->smp.count; i++) {
        struct suboptions s;
        u64 n;
        bool good;

        if (!options_inside(&s, "smp", o->smp.at[i], err))
            return false;
        n = product(&s);
        good = suboption_number(&s, "cpus", &n) && n >= 1 && n <= MACHINE_CPUS;
        o->cores = good ? package(&s, n) : 0;
        suboptions_free(&s);
        if (!good)
            return fail(err, "-smp %s: 1 to %d processors", o->smp.at[i], MACHINE_CPUS);
        o->cpus = (unsigned)n;
    }
    return true;
}

static bool understand_memory(struct options *o, struct error *err)
{
    for (unsigned i = 0; i < o->memory.count; i++) {
        struct suboptions s;
        const char *size;
        bool good, more;

        if (!options_inside(&s, "m", o->memory.at[i], err))
            return false;
        size = suboption(&s, "size");
        more = suboption(&s, "slots") || suboption(&s, "maxmem");
        good = !size || (options_size(size, MEGA, &o->ram_bytes) && o->ram_bytes);
        suboptions_free(&s);
        if (more)
            return fail(err, "-m: memory cannot be added later (slots, maxmem)");
        if (!good)
            return fail(err, "-m %s: no size", o->memory.at[i]);
    }
    return true;
}

static bool understand_display(struct options *o, struct error *err)
{
    for (unsigned i = 0; i < o->display.count; i++) {
        struct suboptions s;

        if (!strcmp(o->display.at[i], "help")) {
            o->listing = "display";
            continue;
        }
        if (!options_inside(&s, "display", o->display.at[i], err))
            return false;
        o->display_type = keep(o, suboption(&s, "type"));
        o->full_screen |= suboption_flag(&s, "full-screen", false);
        suboptions_free(&s);
    }
    if (o->curses)
        o->display_type = "curses";
    if (o->nographic)
        o->display_type = "none";
    if (o->no_defaults && !o->vga)
        o->vga = "none";
    if (o->vga && strcmp(o->vga, "std") && strcmp(o->vga, "none"))
        return fail(err, "-vga %s: there are std and none", o->vga);
    return true;
}

static bool understand_words(struct options *o, struct error *err)
{
    if (!strcmp(o->cpu, "help") || !strcmp(o->cpu, "?"))
        o->listing = "cpu";
    for (unsigned i = 0; i < o->device.count; i++)
        if (!strcmp(o->device.at[i], "help") || !strcmp(o->device.at[i], "?"))
            o->listing = "device";
    if (o->pace && strcmp(o->pace, "real") && strcmp(o->pace, "free"))
        return fail(err, "--pace %s: there are real and free", o->pace);
    if (o->ok_on && strcmp(o->ok_on, "poweroff") && strcmp(o->ok_on, "reset"))
        return fail(err, "--ok-on %s: there are poweroff and reset", o->ok_on);
    if (o->initrd && !o->kernel)
        return fail(err, "-initrd goes with -kernel");
    if (o->append && !o->kernel && !o->image)
        return fail(err, "-append goes with -kernel");
    if (o->command == COMMAND_TEST && !o->max_time)
        o->max_time = TEST_SECONDS * SECOND;
    if (o->command == COMMAND_TEST && !o->display_type)
        o->display_type = "none";
    return true;
}

bool options_understand(struct options *o, struct error *err)
{
    return understand_machine(o, err) && understand_smp(o, err) && understand_memory(o, err)
        && understand_display(o, err) && understand_words(o, err);
}
