/* A chain of pointers through 1 MB, in no order. */
#include "program.h"

uint64_t run(void)
{
    enum { N = 1 << 17 };
    uint64_t *next = (uint64_t *)arena, at = 0, sum = 0;

    for (uint64_t i = 0; i < N; i++)
        next[i] = (i * 1664525 + 1013904223) % N;
    for (int i = 0; i < 6000000; i++) {
        at = next[at];
        sum += at;
    }
    return sum;
}
