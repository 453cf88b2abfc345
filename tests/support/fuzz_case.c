#include "tests/support/fuzz_case.h"

#include "core/display.h"
#include "core/error.h"
#include "core/input.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[FUZZ_KINDS] = {
    "out", "in", "write", "read", "ram", "input", "run", "draw", "setup", "save", "reset",
};

struct fuzz_case *fuzz_case_create(void)
{
    struct fuzz_case *c = calloc(1, sizeof *c);

    if (!c || !(c->step = calloc(FUZZ_STEPS, sizeof *c->step)))
        abort();
    c->plan.cpus = 1;
    return c;
}

void fuzz_case_clear(struct fuzz_case *c)
{
    buffer_clear(&c->bytes);
    c->steps = 0;
    c->plan = (struct fuzz_plan){ .cpus = 1 };
}

void fuzz_case_destroy(struct fuzz_case *c)
{
    buffer_clear(&c->bytes);
    free(c->step);
    free(c);
}

/* ---- Text ---- */

static bool read_bytes_of(struct fuzz_case *c, struct fuzz_step *s, const char *hex)
{
    s->first = c->bytes.used;
    if (!strcmp(hex, "-"))
        return true;
    for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2) {
        char digits[] = { hex[0], hex[1], 0 };

        buffer_put_number(&c->bytes, strtoull(digits, NULL, 16), 1);
    }
    s->count = c->bytes.used - s->first;
    return *hex == '\0' && s->count > 0;
}

static bool read_access(struct fuzz_step *s, char **word, unsigned words, bool writes)
{
    unsigned need = writes ? 4 : 3;

    s->times = 1;
    if (words == need + 1 && word[need][0] == '*') {
        s->times = (unsigned)strtoul(word[need] + 1, NULL, 0);
        words--;
    }
    if (words != need || s->times > 100000)
        return false;
    s->size = (unsigned)strtoul(word[1], NULL, 0);
    s->at = strtoull(word[2], NULL, 16);
    s->value = writes ? strtoull(word[3], NULL, 16) : 0;
    return s->size >= 1 && s->size <= 8;
}

static bool read_step(struct fuzz_case *c, struct fuzz_step *s, char **word, unsigned words)
{
    *s = (struct fuzz_step){ .kind = FUZZ_OUT };
    while (s->kind < FUZZ_KINDS && strcmp(kind_name[s->kind], word[0]))
        s->kind++;
    switch (s->kind) {
    case FUZZ_OUT: case FUZZ_WRITE: return read_access(s, word, words, true);
    case FUZZ_IN: case FUZZ_READ:   return read_access(s, word, words, false);
    case FUZZ_RAM:
        s->at = words == 3 ? strtoull(word[1], NULL, 16) : 0;
        return words == 3 && read_bytes_of(c, s, word[2]) && s->at < WORLD_RAM
            && s->count <= WORLD_RAM - s->at;
    case FUZZ_INPUT:
        if (words != 4 || strlen(word[1]) >= sizeof s->device)
            return false;
        strcpy(s->device, word[1]);
        s->size = (unsigned)strtoul(word[2], NULL, 0);
        return read_bytes_of(c, s, word[3]);
    case FUZZ_RUN:
        s->value = words == 2 ? strtoull(word[1], NULL, 10) : 0;
        return s->value > 0;
    default: return s->kind < FUZZ_KINDS && words == 1;
    }
}

static bool read_plan(struct fuzz_plan *p, char **word, unsigned words)
{
    if (words == 2 && !strcmp(word[0], "board"))
        p->isa = !strcmp(word[1], "isapc");
    else if (words == 2 && !strcmp(word[0], "cpus"))
        p->cpus = (unsigned)strtoul(word[1], NULL, 0);
    else if (words == 1 && !strcmp(word[0], "deaf"))
        p->deaf = true;
    else
        return false;
    return true;
}

static bool read_line(struct fuzz_case *c, char *line)
{
    char *word[6], *rest = line, *hash = strchr(line, '#');
    unsigned words = 0;

    if (hash)
        *hash = '\0';
    while (words < COUNT(word) && (word[words] = strtok_r(words ? NULL : line, " \t\n", &rest)))
        words++;
    if (words == 0 || read_plan(&c->plan, word, words))
        return true;
    return c->steps < FUZZ_STEPS && read_step(c, &c->step[c->steps], word, words) && ++c->steps;
}

bool fuzz_case_read(struct fuzz_case *c, const char *path)
{
    static char line[1 << 16];
    FILE *f = fopen(path, "r");
    unsigned number = 0;
    bool good = f != NULL;

    fuzz_case_clear(c);
    while (good && number++ < 100000 && fgets(line, sizeof line, f))
        good = read_line(c, line);
    if (!good)
        fprintf(stderr, "fuzz: %s: line %u is no step\n", path, number);
    if (f)
        fclose(f);
    return good;
}

static void write_step(const struct fuzz_case *c, const struct fuzz_step *s, FILE *f)
{
    fputs(kind_name[s->kind], f);
    if (s->kind <= FUZZ_READ)
        fprintf(f, " %u %" PRIx64, s->size, s->at);
    if (s->kind == FUZZ_OUT || s->kind == FUZZ_WRITE)
        fprintf(f, " %" PRIx64, s->value);
    if (s->kind <= FUZZ_READ && s->times != 1)
        fprintf(f, " *%u", s->times);
    if (s->kind == FUZZ_RAM)
        fprintf(f, " %" PRIx64 " ", s->at);
    if (s->kind == FUZZ_INPUT)
        fprintf(f, " %s %u %s", s->device, s->size, s->count ? "" : "-");
    for (size_t i = 0; i < s->count; i++)
        fprintf(f, "%02x", c->bytes.bytes[s->first + i]);
    if (s->kind == FUZZ_RUN)
        fprintf(f, " %" PRIu64, s->value);
    fputc('\n', f);
}

void fuzz_case_write(const struct fuzz_case *c, FILE *f)
{
    fprintf(f, "board %s\ncpus %u\n%s", c->plan.isa ? "isapc" : "pc", c->plan.cpus,
            c->plan.deaf ? "deaf\n" : "");
    for (unsigned i = 0; i < c->steps; i++)
        write_step(c, &c->step[i], f);
}

/* ---- Running ---- */

static void note(struct fuzz_world *w, u64 value)
{
    hash_add_number(&w->seen, value, 8);
}

/* All of the picture: what is drawn of a change depends on who looked before. */
static void draw(struct fuzz_world *w)
{
    struct device *dev = machine_find(w->machine, "vga");
    struct display *d = dev ? device_offer(dev, "display") : NULL;
    struct surface s = { 0 };
    static struct text_screen text;

    if (!d)
        return;
    d->size(d, &s.width, &s.height);
    s.pixel = calloc((size_t)s.width * s.height, sizeof *s.pixel);
    if (!s.pixel)
        return;
    d->draw(d, &s, false);
    d->draw(d, &s, true);
    hash_add(&w->seen, s.pixel, (size_t)s.width * s.height * sizeof *s.pixel);
    if (d->text(d, &text))
        hash_add(&w->seen, text.character, (size_t)text.columns * text.rows);
    free(s.pixel);
}

static void access_it(struct fuzz_world *w, const struct fuzz_step *s)
{
    struct space *space = s->kind <= FUZZ_IN ? w->machine->ports : fuzz_world_memory(w);

    for (unsigned i = 0; i < s->times; i++)
        if (s->kind == FUZZ_OUT || s->kind == FUZZ_WRITE)
            space_write(space, s->at, s->value, s->size);
        else
            note(w, space_read(space, s->at, s->size));
}

static void run_step(struct fuzz_world *w, const struct fuzz_case *c, const struct fuzz_step *s)
{
    struct error err;

    switch (s->kind) {
    case FUZZ_RAM:
        space_write_bytes(w->machine->memory, s->at, c->bytes.bytes + s->first, s->count);
        break;
    case FUZZ_INPUT:
        machine_input(w->machine, s->device, s->size,
                      s->count ? c->bytes.bytes + s->first : NULL, s->count, &err);
        break;
    case FUZZ_RUN:
        note(w, machine_run(w->machine, w->machine->clock.now + s->value));
        break;
    case FUZZ_DRAW:  draw(w); break;
    case FUZZ_SETUP: fuzz_world_set_up(w); break;
    case FUZZ_RESET: machine_reset(w->machine, RESET_WIRE); break;
    default:         access_it(w, s); break;
    }
}

static void compare(struct fuzz_world *w, struct fuzz_world *twin, unsigned step)
{
    if (!twin || fuzz_world_same(w, twin))
        return;
    fprintf(stderr, "fuzz: by step %u it is noticed that the machine was saved\n", step);
    abort();
}

struct digest fuzz_case_run(const struct fuzz_case *c)
{
    struct fuzz_world *w = fuzz_world_create(&c->plan), *twin = NULL;
    struct digest d;

    for (unsigned i = 0; i < c->steps; i++) {
        const struct fuzz_step *s = &c->step[i];

        if (s->kind != FUZZ_SAVE) {
            run_step(w, c, s);
            if (twin)
                run_step(twin, c, s);
            continue;
        }
        compare(w, twin, i);
        if (twin) {
            fuzz_world_destroy(w);
            w = twin;
        }
        twin = fuzz_world_twin(w);
        compare(w, twin, i);
    }
    compare(w, twin, c->steps);
    if (twin)
        fuzz_world_destroy(twin);
    d = fuzz_world_digest(w);
    fuzz_world_destroy(w);
    return d;
}
