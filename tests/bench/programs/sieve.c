/* Primes below two million, by striking out. */
#include "program.h"

uint64_t run(void)
{
    enum { N = 2000000 };
    uint64_t count = 0;

    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < N; i++)
            arena[i] = 1;
        for (int i = 2; i < N; i++) {
            if (!arena[i])
                continue;
            count += (uint64_t)i;
            for (int j = 2 * i; j < N; j += i)
                arena[j] = 0;
        }
    }
    return count;
}
