/* A table of strings, looked up by a byte-wise hash. */
#include "program.h"

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * 16777619u;
    return h;
}

static int equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void name(char *s, unsigned n)
{
    for (int i = 0; i < 12; i++) {
        s[i] = (char)('a' + n % 26);
        n = n / 3 + 7 * (unsigned)i;
    }
    s[12] = '\0';
}

uint64_t run(void)
{
    enum { SLOTS = 65536, NAMES = 30000 };
    uint32_t *slot = (uint32_t *)arena;
    char *names = (char *)arena + 4 * SLOTS;
    uint64_t found = 0;

    for (int i = 0; i < SLOTS; i++)
        slot[i] = 0;
    for (int round = 0; round < 30; round++) {
        for (unsigned i = 1; i < NAMES; i++) {
            char *s = names + 16 * i;
            uint32_t at;

            name(s, i * 7919u);
            at = hash(s) % SLOTS;
            while (slot[at] && !equal(names + 16 * slot[at], s))
                at = (at + 1) % SLOTS;
            found += slot[at] != 0;
            slot[at] = i;
        }
    }
    return found;
}
