/* The monitor: lines are edited here, and find their word in the tables. */
#include "frontends/monitor/monitor.h"

#include "core/error.h"
#include "core/version.h"
#include "frontends/host/chr.h"
#include "frontends/monitor/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 1024, HISTORY = 32, ESCAPE = 0x1b, DELETE = 0x7f };

struct monitor {
    struct session  *s;
    struct chr_host *h;
    char             line[LINE];
    unsigned         used;
    unsigned         escape;        /* bytes of an arrow key seen */
    char            *past[HISTORY]; /* latest first */
    int              back;          /* which of them is shown; -1: none */
    unsigned         cpu;
    bool             greeted;
};

static const struct word *const tables[] = {
    people_words, memory_words, media_words, cpu_words, info_words,
};

void say(struct order *o, const char *fmt, ...)
{
    char text[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            chr_send(o->out, '\r');
        chr_send(o->out, (u8)*p);
    }
}

const char *word_at(const struct order *o, unsigned i)
{
    return i < o->count ? o->word[i] : NULL;
}

static void help(struct order *o)
{
    const char *only = strcmp(o->word[0], "info") ? word_at(o, 1) : "info";

    for (unsigned t = 0; t < COUNT(tables); t++)
        for (const struct word *w = tables[t]; w->name; w++) {
            char left[64];

            if (only && strncmp(only, w->name, strlen(only)))
                continue;
            snprintf(left, sizeof left, "%s %s", w->name, w->arguments);
            say(o, "%-34s %s\n", left, w->help);
        }
}

/* Words between blanks; quotation marks hold blanks together. */
static void split(struct order *o, char *line)
{
    while (o->count < WORDS) {
        char end = ' ';

        while (*line == ' ' || *line == '\t')
            line++;
        if (*line == '\0')
            return;
        if (*line == '"') {
            end = '"';
            line++;
        }
        o->word[o->count++] = line;
        while (*line && *line != end)
            line++;
        if (*line)
            *line++ = '\0';
    }
}

/* Runs the word of that name; false: there is none. */
static bool run_word(struct order *o, const char *name)
{
    for (unsigned t = 0; t < COUNT(tables); t++)
        for (const struct word *w = tables[t]; w->name; w++)
            if (!strcmp(w->name, name)) {
                w->run(o);
                return true;
            }
    return false;
}

static void obey(struct order *o, const char *line)
{
    char name[64] = "";
    char *copy = strdup(line), *format = NULL, *slash;

    if (!copy)
        return;
    o->rest = line + strspn(line, " \t");
    o->rest += strcspn(o->rest, " \t/");
    o->rest += strspn(o->rest, " \t");
    split(o, copy);
    slash = o->count ? strchr(o->word[0], '/') : NULL;
    if (slash && o->count < WORDS) {                /* x/4i $pc: as x /4i $pc */
        format = strdup(slash);
        memmove(&o->word[2], &o->word[1], (o->count - 1) * sizeof o->word[0]);
        o->word[1] = format;
        o->count++;
        *slash = '\0';
    }
    if (o->count)
        snprintf(name, sizeof name, "%s%s%s", o->word[0],
                 !strcmp(o->word[0], "info") && word_at(o, 1) ? " " : "",
                 !strcmp(o->word[0], "info") && word_at(o, 1) ? word_at(o, 1) : "");
    if (!strcmp(name, "help") || !strcmp(name, "?") || !strcmp(name, "info"))
        help(o);
    else if (*name && !run_word(o, name))
        say(o, "%s: no such command; help lists them\n", name);
    free(format);
    free(copy);
}

void monitor_command(struct session *s, struct chr *out, const char *line)
{
    unsigned cpu = 0;
    struct order o = { .s = s, .out = out, .cpu = &cpu };

    obey(&o, line);
}

/* -- lines -- */

static void prompt(struct monitor *m)
{
    if (!m->greeted)
        chr_print(&m->h->chr, "Orrery " ORRERY_VERSION " monitor; help lists the commands\r\n");
    m->greeted = true;
    chr_print(&m->h->chr, "(orrery) ");
}

static void remember(struct monitor *m)
{
    free(m->past[HISTORY - 1]);
    memmove(&m->past[1], &m->past[0], (HISTORY - 1) * sizeof m->past[0]);
    m->past[0] = strdup(m->line);
}

static void enter(struct monitor *m)
{
    struct order o = { .s = m->s, .out = &m->h->chr, .cpu = &m->cpu };

    m->line[m->used] = '\0';
    chr_print(&m->h->chr, "\r\n");
    if (m->used)
        remember(m);
    obey(&o, m->line);
    m->used = 0;
    m->back = -1;
    prompt(m);
}

static void rub_out(struct monitor *m, unsigned count)
{
    for (; count && m->used; count--, m->used--)
        chr_print(&m->h->chr, "\b \b");
}

static void type(struct monitor *m, u8 byte)
{
    if (m->used < LINE - 1) {
        m->line[m->used++] = (char)byte;
        chr_send(&m->h->chr, byte);
    }
}

/* Up and down through what was typed before. */
static void recall(struct monitor *m, int step)
{
    int to = m->back + step;

    if (to < -1 || to >= HISTORY || (to >= 0 && !m->past[to]))
        return;
    rub_out(m, m->used);
    m->back = to;
    for (const char *p = to >= 0 ? m->past[to] : ""; *p; p++)
        type(m, (u8)*p);
}

static void take(struct monitor *m, u8 byte)
{
    if (m->escape == 1 && byte == '[') {
        m->escape = 2;
        return;
    }
    if (m->escape == 2) {
        m->escape = 0;
        if (byte == 'A' || byte == 'B')
            recall(m, byte == 'A' ? 1 : -1);
        return;
    }
    m->escape = 0;
    switch (byte) {
    case '\r': case '\n': enter(m); break;
    case '\b': case DELETE: rub_out(m, 1); break;
    case 'U' - '@': rub_out(m, m->used); break;
    case 'P' - '@': recall(m, 1); break;
    case 'N' - '@': recall(m, -1); break;
    case ESCAPE: m->escape = 1; break;
    default:
        if (byte >= ' ')
            type(m, byte);
    }
}

static void monitor_take(void *ctx, const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        take(ctx, bytes[i]);
}

static size_t monitor_room(void *ctx)
{
    return 64;
}

bool monitor_open(struct session *s, struct chr_host *h, struct error *err)
{
    struct monitor *m = s->monitors < SESSION_MONITORS ? calloc(1, sizeof *m) : NULL;

    if (!m)
        return fail(err, "too many monitors");
    m->s = s;
    m->h = h;
    m->back = -1;
    s->monitor[s->monitors++] = m;
    h->user = (struct chr_user){ m, monitor_room, monitor_take };
    if (!h->is_shared)
        prompt(m);
    return true;
}

void monitor_close(struct monitor *m)
{
    for (unsigned i = 0; i < HISTORY; i++)
        free(m->past[i]);
    free(m);
}
