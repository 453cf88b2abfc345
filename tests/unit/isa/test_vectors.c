/*
 * Instructions as a real processor did them: tests/insn/vectors, recorded by tests/record.c.
 * Every row that user code can run is among them, or says why not: tests/insn/exclude.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "core/buffer.h"
#include "tests/insn/replay.h"

/* Without optimisation, or under sanitizers, some of the cases are enough. */
#if defined __OPTIMIZE__ && !defined __SANITIZE_ADDRESS__
enum { STRIDE = 1 };
#else
enum { STRIDE = 5 };
#endif

static u8 *read_file(const char *name, size_t *count)
{
    const char *src = getenv("SRC");
    char path[512];
    FILE *f;
    u8 *bytes = NULL;
    long n;

    snprintf(path, sizeof path, "%s/tests/insn/vectors/%s", src ? src : ".", name);
    f = fopen(path, "rb");
    cr_assert(f, "%s: SRC must name the source directory", path);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    bytes = malloc((size_t)n);
    *count = fread(bytes, 1, (size_t)n, f);
    fclose(f);
    return bytes;
}

static void unpack(const char *name, struct buffer *to)
{
    size_t packed;
    u8 *from = read_file(name, &packed), *bytes;
    unsigned long long size = ZSTD_getFrameContentSize(from, packed);

    cr_assert_lt(size, 1ull << 30);
    bytes = malloc(size);
    cr_assert_eq(ZSTD_decompress(bytes, size, from, packed), size);
    buffer_put(to, bytes, size);
    free(bytes);
    free(from);
}

Test(vectors, every_row_does_what_a_real_processor_did, .timeout = 280)
{
    struct buffer all = { 0 };
    struct replay_count n;

    for (unsigned i = 0; i < 32; i++) {
        char name[8];

        snprintf(name, sizeof name, "%s%x.zst", i & 16 ? "v" : "", i & 15);
        unpack(name, &all);
    }
    n = replay_files(all.bytes, all.used, STRIDE);
    buffer_clear(&all);
    cr_expect_eq(n.stale, 0, "%u cases are recorded otherwise than they are made: "
                 "record them anew with build/tests/record --write", n.stale);
    cr_expect_eq(n.missing, 0, "%u rows have no vectors", n.missing);
    cr_expect_eq(n.differ, 0, "%u of %u cases differ", n.differ, n.cases);
    cr_expect_gt(n.cases, 10000u);
}
