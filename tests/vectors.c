/*
 * Plays recorded instructions, unpacked, where Criterion and zstd are not:
 *
 *   cat tests/insn/vectors/?*.zst | zstd -dc | vectors [STRIDE]
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/buffer.h"
#include "tests/insn/replay.h"

int main(int argc, char **argv)
{
    static u8 some[1 << 16];
    struct buffer all = { 0 };
    struct replay_count n;
    size_t got;

    while ((got = fread(some, 1, sizeof some, stdin)) > 0)
        buffer_put(&all, some, got);
    n = replay_files(all.bytes, all.used, argc > 1 ? (unsigned)atoi(argv[1]) : 1);
    buffer_clear(&all);
    printf("%u cases of %u rows: %u differ, %u are stale, %u rows lack\n", n.cases, n.rows,
           n.differ, n.stale, n.missing);
    return n.differ || n.stale || n.missing || !n.cases;
}
