#include "tests/insn/replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/insn/check.h"
#include "tests/insn/gen.h"
#include "tests/insn/play.h"
#include "tests/insn/store.h"

enum { PRINTED = 8 };

struct session {
    struct insn_gen     *gen;
    struct player       *player;
    struct replay_count  n;
};

static void play_case(struct session *s, const struct insn_case *c, u64 serial,
                      const struct insn_result *host)
{
    static struct insn_result ours;
    const char *what;

    player_run(s->player, c, serial & 1 && player_can_block(c, host), &ours);
    what = insn_difference(c, host, &ours);
    s->n.cases++;
    if (!what)
        return;
    if (s->n.differ++ < PRINTED) {
        fprintf(stderr, "%s differs, serial %llu: ", what, (unsigned long long)serial);
        insn_print(stderr, c, host, &ours);
    }
}

static void play_row(struct session *s, struct reader *from, int row, unsigned bits,
                     unsigned count, unsigned stride)
{
    static struct insn_case c;
    static struct insn_result host;

    for (unsigned i = 0; i < count; i++) {
        bool made = row >= 0 && insn_generate(s->gen, (unsigned)row, bits, i, &c);

        if (!made)
            c.in.rip = 0;
        if (!fetch_result(from, &c, &host)) {
            if (s->n.stale++ < PRINTED)
                fprintf(stderr, "row \"%s\", %u bits, serial %u: recorded for another case\n",
                        row >= 0 ? x86_rows[row].encoding : "?", bits, i);
        } else if (i % stride == (unsigned)row % stride) {
            play_case(s, &c, i, &host);
        }
    }
}

static void count_missing(struct session *s, const u8 *seen)
{
    for (unsigned i = 0; i < x86_row_count; i++) {
        for (unsigned k = 0; k < 2; k++) {
            unsigned bits = k ? 64 : 32;

            if (seen[i] >> k & 1 || insn_excluded(&x86_rows[i], bits))
                continue;
            fprintf(stderr, "row \"%s\" %s, %u bits, has no vectors\n", x86_rows[i].encoding,
                    insn_name(&x86_rows[i]), bits);
            s->n.missing++;
        }
    }
}

struct replay_count replay_files(const u8 *bytes, size_t count, unsigned stride)
{
    struct reader from = { bytes, count, false };
    struct session s = { .gen = insn_gen_open(), .player = player_open() };
    u8 *seen = calloc(x86_row_count, 1);
    unsigned bits, cases;
    int row;

    while (from.left && !from.bad) {
        from.bad |= !fetch_begin(&from);
        while (!from.bad && (row = fetch_row(&from, &bits, &cases)) != -1) {
            s.n.rows++;
            if (row >= 0)
                seen[row] |= bits == 64 ? 2 : 1;
            play_row(&s, &from, row, bits, cases, stride);
        }
    }
    s.n.stale += from.bad;
    count_missing(&s, seen);
    free(seen);
    insn_gen_close(s.gen);
    player_close(s.player);
    return s.n;
}
