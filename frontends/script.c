#include "frontends/script.h"

#include "core/error.h"
#include "core/machine.h"
#include "frontends/host/chr.h"
#include "frontends/monitor/monitor.h"
#include "frontends/screen.h"
#include "frontends/setup/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_LIMIT = 1 << 20 };

bool script_open(struct session *s, const char *path, struct error *err)
{
    size_t count;
    u8 *bytes = file_read(path, SCRIPT_LIMIT, &count, err);

    if (!bytes)
        return false;
    s->script.text = malloc(count + 1);
    if (s->script.text) {
        memcpy(s->script.text, bytes, count);
        s->script.text[count] = '\0';
    }
    free(bytes);
    s->script.line = s->script.text;
    s->script.number = 1;
    s->script.on = true;
    s->expect.keeps_transcript = true;
    return s->script.text || fail(err, "no host memory");
}

void script_close(struct session *s)
{
    free(s->script.text);
    s->script.text = s->script.line = NULL;
}

/* The rest of the line behind a word, or NULL: another word. */
static const char *behind(const char *line, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(line, word, length) || (line[length] && line[length] != ' '))
        return NULL;
    return line + length + strspn(line + length, " ");
}

static bool heard(struct session *s, const char *text)
{
    const struct buffer *b = &s->expect.transcript;
    size_t length = strlen(text);

    for (size_t i = s->script.heard; i + length <= b->used; i++)
        if (!memcmp(b->bytes + i, text, length)) {
            s->script.heard = i + length;
            return true;
        }
    return false;
}

static bool shown(struct session *s, const char *text)
{
    return screen_shows_all(s, &(struct texts){ { text }, 1 });
}

static bool slept(struct session *s, const char *seconds)
{
    u64 now = s->machine->clock.now;

    if (!s->script.wake)
        s->script.wake = now + (u64)(atof(seconds) * (double)SECOND);
    if (now < s->script.wake)
        return false;
    s->script.wake = 0;
    return true;
}

/* False: the line has to wait. */
static bool obey(struct session *s, const char *line)
{
    const char *rest;

    if (*line == '#' || *line == '\0')
        return true;
    if ((rest = behind(line, "wait-serial")))
        return heard(s, rest);
    if ((rest = behind(line, "wait-screen")))
        return shown(s, rest);
    if ((rest = behind(line, "sleep")))
        return slept(s, rest);
    if (s->typing.count || s->typing.line_count)    /* one thing after another */
        return false;
    monitor_command(s, s->output ? &s->output->chr : NULL, line);
    return true;
}

void script_step(struct session *s)
{
    struct script *c = &s->script;

    while (c->line && !s->quit) {
        size_t length = strcspn(c->line, "\n");
        char *line = strndup(c->line, length);
        bool went = line && obey(s, line + strspn(line, " \t"));

        free(line);
        if (!went)
            return;
        c->number++;
        c->line += length;
        c->line = *c->line && c->line[1] ? c->line + 1 : NULL;
    }
}

u64 script_until(const struct session *s, u64 until)
{
    return s->script.wake && s->script.wake < until ? s->script.wake : until;
}

bool script_done(const struct session *s)
{
    return !s->script.line && !s->typing.count && !s->typing.line_count;
}
