/* Copies and fills by string instructions: 64 KB, 4 KB and 100 bytes at a time. */
#include "program.h"

static void move(uint8_t *to, const uint8_t *from, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void fill(uint8_t *to, uint64_t with, size_t n)
{
    n /= 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(with) : "memory");
}

uint64_t run(void)
{
    static const struct { size_t bytes; int times; } sizes[] = {
        { 65536, 4000 }, { 4096, 100000 }, { 100, 500000 },
    };
    uint64_t sum = 0;

    for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (int i = 0; i < sizes[k].times; i++) {
            uint8_t *a = arena + (i & 15) * 1000, *b = arena + (1 << 20) + (i & 7) * 24;

            fill(a, sum + (uint64_t)i, sizes[k].bytes);
            move(b, a, sizes[k].bytes);
            sum = sum * 5 + b[i % sizes[k].bytes];
        }
    }
    return sum;
}
