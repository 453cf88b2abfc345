/*
 * Vectors recorded on an 8086 and an 80286: see tests/insn/moo.h. Passed over where they are not.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/insn/moo.h"

#define VECTORS "../shared/vectors/"

static const char *vectors(const char *file, char *path, size_t room)
{
    const char *source = getenv("SRC");

    snprintf(path, room, "%s/" VECTORS "%s", source ? source : ".", file);
    return path;
}

static void play_all(const char *model, u64 ram, const char *archive, bool halts)
{
    char path[512], revoked[512], why[128];
    struct moo moo;
    struct moo_test test;
    struct bare *bench;
    unsigned played = 0;

    if (!moo_open(&moo, vectors(archive, path, sizeof path),
                  vectors("80286-revoked.txt", revoked, sizeof revoked)))
        cr_skip_test("there is no %s, or no xz", path);
    bench = bare_create(ram, model);
    bare_real(bench);
    for (; moo_next(&moo, &test); played++)
        cr_expect(moo_play(bench, &test, halts, why, sizeof why), "%s %u, %s: %s", moo.name,
                  test.index, test.name, why);
    cr_expect(played > 30000, "only %u vectors in %s", played, path);
    bare_destroy(bench);
    moo_close(&moo);
}

Test(real_chips, an_8086_did_the_same)
{
    play_all("8086", 1 << 20, "8086.tar.xz", false);
}

/* Each ends at the HLT that follows, or at that of an exception's handler. */
Test(real_chips, an_80286_did_the_same)
{
    play_all("286", 16 << 20, "80286.tar.xz", true);
}
