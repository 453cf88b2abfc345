#include "frontends/session.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/input.h"
#include "core/machine.h"
#include "frontends/host/block.h"
#include "frontends/options/options.h"
#include "frontends/setup/parts.h"

#include <string.h>

void session_quit(void *session)
{
    ((struct session *)session)->quit = true;
}

void session_pause(struct session *s, bool paused)
{
    s->paused = paused;
    if (!paused)
        s->powered_off = false;
}

void session_key(struct session *s, u8 usage, bool down)
{
    u8 bytes[] = { usage, down };

    machine_input(s->machine, "keyboard", INPUT_KEY, bytes, sizeof bytes, NULL);
}

static s16 limit16(int v)
{
    return (s16)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

void session_pointer(struct session *s, int right, int down, int wheel, u8 buttons)
{
    u8 bytes[6];

    store_le16(bytes, (u16)limit16(right));
    store_le16(bytes + 2, (u16)limit16(down));
    bytes[4] = (u8)(s8)(wheel < -127 ? -127 : wheel > 127 ? 127 : wheel);
    bytes[5] = buttons;
    machine_input(s->machine, "mouse", INPUT_POINTER, bytes, sizeof bytes, NULL);
}

void session_button(struct session *s, u8 button)
{
    bool taken = machine_input(s->machine, "board", INPUT_BUTTON, &button, 1, NULL);

    if (!taken && button == BUTTON_RESET)       /* a board without buttons */
        machine_ask_reset(s->machine);
}

/* A drive for CDs takes no others, and the rest is thrown away where the first was. */
static unsigned mode_for(const struct session *s, const char *drive)
{
    const struct options *o = s->options;

    for (size_t i = 0; i < s->parts->input.drive_count; i++)
        if (!strcmp(s->parts->drive[i].name, drive) && s->parts->drive[i].cdrom)
            return BLOCK_CD | BLOCK_READ_ONLY;
    return o->snapshot || o->command == COMMAND_TEST ? BLOCK_THROW_AWAY : 0;
}

static struct drive *find_drive(struct session *s, const char *name)
{
    struct device *dev = machine_find(s->machine, name);

    return dev ? device_offer(dev, "drive") : NULL;
}

bool session_change(struct session *s, const char *drive, const char *path, bool force,
                    struct error *err)
{
    struct drive *d = find_drive(s, drive);
    const char *name = "";

    if (!d)
        return fail(err, "%s: no such drive; info block lists them", drive);
    if (!d->removable)
        return fail(err, "%s: its medium cannot be changed", drive);
    if (d->locked && !force)
        return fail(err, "%s: locked by the guest; -f forces it", drive);
    media_close_unused(s);
    if (*path) {
        struct block *b = media_open(s, path, mode_for(s, drive), err);

        if (!b)
            return false;
        name = b->name;
    }
    return machine_input(s->machine, drive, INPUT_MEDIUM, name, strlen(name), err);
}

struct display *session_display(struct session *s)
{
    for (struct device *d = s->machine->devices; d; d = d->next) {
        struct display *display = device_offer(d, "display");

        if (display)
            return display;
    }
    return NULL;
}

bool session_add_stream(struct session *s, struct chr_host *h, struct error *err)
{
    if (s->streams == SESSION_STREAMS)
        return fail(err, "more than %d streams", SESSION_STREAMS);
    s->stream[s->streams++] = h;
    return true;
}
