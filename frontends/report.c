#include "frontends/report.h"

#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"
#include "core/snapshot.h"
#include "frontends/options/options.h"
#include "frontends/session.h"
#include "frontends/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static double seconds(u64 ns)
{
    return (double)ns / SECOND;
}

static double mips(const struct outcome *o)
{
    return o->host_ns ? (double)o->instructions * 1e3 / (double)o->host_ns : 0;
}

void report_print(struct session *s, const struct outcome *o)
{
    const char *missing = expect_missing(&s->expect);

    fprintf(stderr, "orrery: %s (%d) at instruction %" PRIu64 ", t=%.9f s\n",
            verdict_text(o->verdict), o->verdict, o->instructions, seconds(o->virtual_ns));
    if (o->verdict == VERDICT_EXPECTATION && missing)
        fprintf(stderr, "orrery: never printed: \"%s\"\n", missing);
    else if (o->verdict == VERDICT_EXPECTATION && s->script.line)
        fprintf(stderr, "orrery: the script waits in line %u: %.*s\n", s->script.number,
                (int)strcspn(s->script.line, "\n"), s->script.line);
    else if (o->verdict == VERDICT_EXPECTATION)
        fputs("orrery: the screen never showed what --expect-screen says\n", stderr);
}

struct digest report_memory_hash(struct session *s)
{
    struct hash h;

    hash_begin(&h);
    for (const struct ram *r = s->machine->rams; r; r = r->next) {
        hash_add(&h, r->name, strlen(r->name) + 1);
        hash_add(&h, r->host, r->size);
    }
    return hash_end(&h);
}

static void put_digest(FILE *f, const char *key, struct digest d)
{
    fprintf(f, "  \"%s\": \"%016" PRIx64 "%016" PRIx64 "\",\n", key, d.high, d.low);
}

/* RFC 8259, 7: quotation marks, backslashes and controls are escaped. */
static void put_text(FILE *f, const char *key, const char *text)
{
    fprintf(f, "  \"%s\": \"", key);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(f, "\\u%04x", *text);
        else
            fputc(*text, f);
    fputs("\",\n", f);
}

bool report_write(struct session *s, const struct outcome *o, const char *path, struct error *err)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return fail(err, "%s: %s", path, strerror(errno));
    fputs("{\n", f);
    put_text(f, "verdict", verdict_text(o->verdict));
    fprintf(f, "  \"code\": %d,\n", o->verdict);
    put_text(f, "machine", s->options->machine_type ? s->options->machine_type : "default");
    if (s->options->image)
        put_text(f, "image", s->options->image);
    if (expect_missing(&s->expect))
        put_text(f, "missing", expect_missing(&s->expect));
    fprintf(f, "  \"instructions\": %" PRIu64 ",\n", o->instructions);
    fprintf(f, "  \"virtual_seconds\": %.9f,\n", seconds(o->virtual_ns));
    fprintf(f, "  \"host_seconds\": %.6f,\n", seconds(o->host_ns));
    fprintf(f, "  \"mips\": %.3f,\n", mips(o));
    put_digest(f, "state_hash", machine_hash(s->machine));
    put_digest(f, "memory_hash", report_memory_hash(s));
    fprintf(f, "  \"oddities\": %u\n}\n", s->machine->oddities);
    return !fclose(f) || fail(err, "%s: %s", path, strerror(errno));
}
