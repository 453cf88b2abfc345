/*
 * Instructions, here and on the host's own processor.
 *
 *   record [--count MILLIONS] [--from SERIAL] [--only TEXT] [--show N]
 *       runs random cases on both and says where they differ; TEXT: part of an operation's name, or
 *       of an encoding
 *   record --write DIRECTORY [--each N]
 *       writes what the host does in N cases of each row, for tests/insn/vectors, to files 0 to f
 *       by the upper half of the opcode, and v0 to vf with VEX; then zstd -19 --rm them
 *   record --reasons
 *       says which rows are not compared, and why
 *
 * x86-64 Linux only, but for --reasons.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/insn/check.h"
#include "tests/insn/gen.h"
#include "tests/insn/native.h"
#include "tests/insn/play.h"
#include "tests/insn/store.h"

struct session {
    struct insn_gen *gen;
    struct player   *player;
    const char      *only;
    unsigned         show;
    u64              ran, differed;
    unsigned         rows, bad_rows;
};

static bool selected(const struct session *s, const struct row *row)
{
    return !s->only || strstr(insn_name(row), s->only) || strstr(row->encoding, s->only);
}

/* False: they differ. */
static bool compare(struct session *s, unsigned row, unsigned bits, u64 serial, bool show)
{
    static struct insn_case c;
    static struct insn_result host, ours;
    const char *what;

    if (!insn_generate(s->gen, row, bits, serial, &c)) {
        if (show)
            printf("no encoding found: ");
        return false;
    }
    native_run(&c, &host);
    player_run(s->player, &c, serial & 1 && player_can_block(&c, &host), &ours);
    s->ran++;
    what = insn_difference(&c, &host, &ours);
    if (what && show) {
        printf("%s differs, serial %llu: ", what, (unsigned long long)serial);
        insn_print(stdout, &c, &host, &ours);
    }
    return !what;
}

static void run_row(struct session *s, unsigned row, u64 from, u64 count)
{
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        u64 bad = 0;

        if (insn_excluded(&x86_rows[row], bits))
            continue;
        for (u64 i = from; i < from + count; i++)
            bad += !compare(s, row, bits, i, bad < s->show);
        s->rows++;
        s->differed += bad;
        s->bad_rows += bad != 0;
        if (bad)
            printf("%6llu of %llu differ: \"%s\" %s, %u bits\n", (unsigned long long)bad,
                   (unsigned long long)count, x86_rows[row].encoding,
                   insn_name(&x86_rows[row]), bits);
    }
}

static int run_all(struct session *s, u64 from, u64 total)
{
    unsigned rows = 0;
    u64 each;

    for (unsigned i = 0; i < x86_row_count; i++)
        for (unsigned bits = 32; bits <= 64; bits += 32)
            rows += selected(s, &x86_rows[i]) && !insn_excluded(&x86_rows[i], bits);
    each = rows ? (total + rows - 1) / rows : 0;
    for (unsigned i = 0; i < x86_row_count; i++)
        if (selected(s, &x86_rows[i]))
            run_row(s, i, from, each);
    printf("%llu cases of %u rows (32 and 64 bits counted each), %llu differ in %u rows\n",
           (unsigned long long)s->ran, s->rows, (unsigned long long)s->differed, s->bad_rows);
    return s->differed != 0;
}

static bool write_row(struct session *s, unsigned row, unsigned bits, unsigned each,
                      struct buffer *b)
{
    static struct insn_case c;
    static struct insn_result host;

    store_row(b, &x86_rows[row], bits, each);
    for (unsigned k = 0; k < each; k++) {
        if (!insn_generate(s->gen, row, bits, k, &c)) {
            fprintf(stderr, "record: \"%s\", %u bits: no encoding\n", x86_rows[row].encoding, bits);
            return false;
        }
        native_run(&c, &host);
        store_result(b, &c, &host);
    }
    return true;
}

static bool save(const char *directory, unsigned name, const struct buffer *b)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s%x", directory, name & 16 ? "v" : "", name & 15);
    f = fopen(path, "wb");
    if (!f || fwrite(b->bytes, 1, b->used, f) != b->used || fclose(f) != 0) {
        perror(path);
        return false;
    }
    return true;
}

/* In which file a row is: 0 to 15, with VEX 16 to 31. */
static unsigned file_of(const struct row *row)
{
    struct encoding e;

    encoding_parse(row, &e);
    return e.opcode >> 4 | (e.map > MAP_VEX ? 16 : 0);
}

/* The host's results of all rows, by the upper half of their opcodes: what changes is small. */
static int write_all(struct session *s, const char *directory, unsigned each)
{
    for (unsigned name = 0; name < 32; name++) {
        struct buffer b = { 0 };

        store_begin(&b);
        for (unsigned i = 0; i < x86_row_count; i++)
            for (unsigned bits = 32; bits <= 64; bits += 32)
                if (file_of(&x86_rows[i]) == name
                    && !insn_excluded(&x86_rows[i], bits) && !write_row(s, i, bits, each, &b))
                    return 1;
        store_end(&b);
        if (!save(directory, name, &b))
            return 2;
        buffer_clear(&b);
    }
    return 0;
}

static void print_reasons(void)
{
    for (unsigned i = 0; i < x86_row_count; i++) {
        const char *why[2] = { insn_excluded(&x86_rows[i], 32), insn_excluded(&x86_rows[i], 64) };

        if (why[0] && why[1])
            printf("\"%s\" %s: %s\n", x86_rows[i].encoding, insn_name(&x86_rows[i]), why[1]);
    }
}

int main(int argc, char **argv)
{
    struct session s = { .show = 1 };
    double millions = 0.1;
    u64 from = 0;
    const char *why, *path = NULL;
    unsigned each = 60;

    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--reasons") == 0) {
            print_reasons();
            return 0;
        }
        if (strcmp(argv[i], "--count") == 0)
            millions = atof(value);
        else if (strcmp(argv[i], "--from") == 0)
            from = strtoull(value, NULL, 0);
        else if (strcmp(argv[i], "--only") == 0)
            s.only = value;
        else if (strcmp(argv[i], "--write") == 0)
            path = value;
        else if (strcmp(argv[i], "--each") == 0)
            each = (unsigned)atoi(value);
        else if (strcmp(argv[i], "--show") == 0)
            s.show = (unsigned)atoi(value);
        else
            return fprintf(stderr, "record: %s? See the head of record.c\n", argv[i]), 2;
    }
    if (!native_open(&why))
        return fprintf(stderr, "record: %s\n", why), 2;
    s.gen = insn_gen_open();
    s.player = player_open();
    if (path)
        return write_all(&s, path, each);
    return run_all(&s, from, (u64)(millions * 1e6));
}
