/* The monitor's words for media and the screen. */
#include "frontends/monitor/words.h"

#include "core/block.h"
#include "core/error.h"
#include "core/machine.h"
#include "frontends/screen.h"

#include <stdlib.h>
#include <string.h>

/* QEMU's names for the usual drives. */
static const char *drive_name(const char *word)
{
    static const char *const others[][2] = {
        { "ide0-hd0", "hda" }, { "ide0-hd1", "hdb" }, { "ide1-hd0", "hdc" }, { "ide1-hd1", "hdd" },
        { "ide0-cd0", "hda" }, { "ide0-cd1", "hdb" }, { "ide1-cd0", "hdc" }, { "ide1-cd1", "hdd" },
        { "floppy0", "fda" }, { "floppy1", "fdb" },
    };

    for (unsigned i = 0; i < COUNT(others); i++)
        if (!strcmp(others[i][0], word))
            return others[i][1];
    return word;
}

static void change(struct order *o)
{
    bool force = word_at(o, 1) && !strcmp(word_at(o, 1), "-f");
    const char *drive = word_at(o, force ? 2 : 1), *path = word_at(o, force ? 3 : 2);
    struct error err;

    if (!drive || !path)
        say(o, "change [-f] DRIVE FILE\n");
    else if (!session_change(o->s, drive_name(drive), path, force, &err))
        say(o, "%s\n", err.text);
}

static void eject(struct order *o)
{
    bool force = word_at(o, 1) && !strcmp(word_at(o, 1), "-f");
    const char *drive = word_at(o, force ? 2 : 1);
    struct error err;

    if (!drive)
        say(o, "eject [-f] DRIVE\n");
    else if (!session_change(o->s, drive_name(drive), "", force, &err))
        say(o, "%s\n", err.text);
}

static void info_block(struct order *o)
{
    for (struct device *dev = o->s->machine->devices; dev; dev = dev->next) {
        struct drive *d = device_offer(dev, "drive");

        if (!d)
            continue;
        say(o, "%s: %s%s%s", dev->name, d->medium ? d->medium->name : "[not inserted]",
            d->medium && d->medium->read_only ? " (read-only)" : "", d->locked ? " (locked)" : "");
        if (d->medium)
            say(o, ", %llu sectors", (unsigned long long)d->medium->sectors);
        say(o, "\n    %s%s\n", dev->type->title, d->removable ? "; removable" : "");
    }
}

/* screendump FILE [-f png] or FILE png */
static void screendump(struct order *o)
{
    const char *format = word_at(o, 2);
    struct error err;

    if (format && !strcmp(format, "-f"))
        format = word_at(o, 3);
    if (!word_at(o, 1))
        say(o, "screendump FILE [png|ppm]\n");
    else if (!screen_save(o->s, word_at(o, 1), format, &err))
        say(o, "%s\n", err.text);
}

static void screen_words(struct order *o)
{
    char *text = screen_text(o->s);

    for (char *line = text, *end; line && *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        say(o, "%s\n", line);
    }
    if (!text)
        say(o, session_display(o->s) ? "the screen is in a graphics mode; screendump takes it\n"
                                     : "there is no screen\n");
    free(text);
}

const struct word media_words[] = {
    { "change", "[-f] DRIVE FILE", "another medium: hdc, fda", change },
    { "eject", "[-f] DRIVE", "takes the medium out", eject },
    { "info block", "", "drives and media", info_block },
    { "screendump", "FILE [png|ppm]", "the picture as a file", screendump },
    { "screen-text", "", "the text screen", screen_words },
    { 0 }
};
