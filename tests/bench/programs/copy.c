/* Copies, by words and by string instructions. */
#include "program.h"

uint64_t run(void)
{
    enum { N = 1 << 20 };
    uint64_t *a = (uint64_t *)arena, *b = a + N, sum = 0;

    for (int i = 0; i < N; i++)
        a[i] = (uint64_t)i * 0x9e3779b97f4a7c15u;
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < N; i++) {
            b[i] = a[i] + 1;
            __asm__ volatile("" : : : "memory");
        }
        sum += b[round * 1000];
    }
    for (int round = 0; round < 20; round++) {
        void *to = a, *from = b;
        size_t n = N * 8;

        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        to = b;
        n = N;
        __asm__ volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(round + sum) : "memory");
        sum += a[round * 777];
    }
    return sum;
}
