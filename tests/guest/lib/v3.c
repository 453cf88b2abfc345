/*
 * A program for x86-64-v3: what compilers make of ordinary C there, and glibc's functions for
 * strings, which look what the processor has. Every line that it prints follows from its bits.
 */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BODIES = 5, SIDE = 96, TEXT = 1 << 16, WORDS = 4096 };

static uint64_t fold(uint64_t h, const void *p, size_t n)
{
    const unsigned char *byte = p;

    while (n--)
        h = (h ^ *byte++) * 0x100000001b3;
    return h;
}

static void say(const char *what, const void *p, size_t n)
{
    printf("%-8s %016llx\n", what, (unsigned long long)fold(0xcbf29ce484222325, p, n));
}

static uint64_t next(void)
{
    static uint64_t s = 88172645463325252;

    s ^= s << 13;
    s ^= s >> 7;
    return s ^= s << 17;
}

/* Attraction of a few points, in double precision. */
static void bodies(void)
{
    static double x[BODIES][4], v[BODIES][4], m[BODIES];

    for (int i = 0; i < BODIES; i++) {
        m[i] = 1 + i * 0.25;
        for (int k = 0; k < 3; k++)
            x[i][k] = (double)(next() >> 11) * 0x1p-53 * 8 - 4;
    }
    for (int step = 0; step < 20000; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = 0; j < i; j++) {
                double d[3], square = 0.01, pull;

                for (int k = 0; k < 3; k++) {
                    d[k] = x[i][k] - x[j][k];
                    square += d[k] * d[k];
                }
                pull = 0.001 / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    v[i][k] -= d[k] * m[j] * pull;
                    v[j][k] += d[k] * m[i] * pull;
                }
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++)
                x[i][k] += 0.001 * v[i][k];
    }
    say("bodies", x, sizeof x);
}

#define PRODUCT(name, T)                                                    \
    static void name(void)                                                  \
    {                                                                       \
        static T a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];               \
                                                                            \
        for (int i = 0; i < SIDE; i++)                                      \
            for (int k = 0; k < SIDE; k++) {                                \
                a[i][k] = (T)((int64_t)next() >> 40) / 1000;                \
                b[i][k] = (T)((int64_t)next() >> 44) / 7;                   \
            }                                                               \
        for (int round = 0; round < 4; round++)                             \
            for (int i = 0; i < SIDE; i++)                                  \
                for (int j = 0; j < SIDE; j++)                              \
                    for (int k = 0; k < SIDE; k++)                          \
                        c[i][k] += a[i][j] * b[j][k];                       \
        say(#name, c, sizeof c);                                            \
    }
PRODUCT(singles, float)
PRODUCT(doubles, double)

/* Halves, roots, roundings, integers and back. */
static void conversions(void)
{
    static float f[WORDS], g[WORDS];
    static int32_t n[WORDS];
    static uint16_t h[WORDS];

    for (int i = 0; i < WORDS; i++)
        f[i] = ldexpf((float)(int32_t)next(), (int)(next() % 60) - 60);
    for (int i = 0; i < WORDS; i++)
        n[i] = (int32_t)f[i];
    for (int i = 0; i < WORDS; i++)
        g[i] = sqrtf(fabsf(f[i])) + floorf(f[i] * 0.5f) + (float)n[i];
    for (int i = 0; i < WORDS; i += 8)
        _mm_storeu_si128((__m128i *)(h + i), _mm256_cvtps_ph(_mm256_loadu_ps(g + i), 0));
    for (int i = 0; i < WORDS; i += 8)
        _mm256_storeu_ps(f + i, _mm256_cvtph_ps(_mm_loadu_si128((__m128i *)(h + i))));
    say("numbers", n, sizeof n);
    say("roots", g, sizeof g);
    say("halves", f, sizeof f);
}

static void text(void)
{
    static char s[TEXT + 1];
    uint64_t found[4] = { 0 };

    for (int i = 0; i < TEXT; i++)
        s[i] = "abcdefghijklmnop"[next() & 15];
    for (const char *p = s; (p = strstr(p, "cafe")) != NULL; p++)
        found[0] = found[0] * 31 + (uint64_t)(p - s);
    for (const char *p = s; (p = strchr(p, 'k')) != NULL; p++)
        found[1] = found[1] * 31 + (uint64_t)(p - s);
    for (int i = 0; i < 200; i++)
        found[2] = found[2] * 31 + strlen(s + next() % TEXT)
            + (uint64_t)(memchr(s, 'x', TEXT) != NULL) + strcspn(s + next() % TEXT, "xyza");
    memmove(s + 17, s, TEXT / 2);
    found[3] = (uint64_t)(memcmp(s, s + 17, TEXT / 2) > 0);
    say("text", found, sizeof found);
    say("moved", s, sizeof s);
}

static void bits(void)
{
    static uint64_t w[WORDS];
    static uint32_t at[WORDS], gathered[WORDS];

    for (int i = 0; i < WORDS; i++) {
        uint64_t a = next(), b = next() & next();
        unsigned long long high;

        w[i] = _pdep_u64(a, b) ^ _pext_u64(a, b) ^ (a & ~b) ^ _blsr_u64(a) ^ _blsi_u64(b)
            ^ _blsmsk_u64(a) ^ _bextr_u64(a, b & 63, 13) ^ _bzhi_u64(b, a & 127)
            ^ (a >> (b & 63)) ^ _lzcnt_u64(b) ^ _tzcnt_u64(a) << 7;
        w[i] ^= _mulx_u64(a, b, &high) ^ high;
        at[i] = (uint32_t)(a % WORDS);
    }
    for (int i = 0; i < WORDS; i++)
        gathered[i] = ((const uint32_t *)w)[at[i]] >> (i & 31);
    say("bits", w, sizeof w);
    say("gathered", gathered, sizeof gathered);
}

int main(void)
{
    bodies();
    singles();
    doubles();
    conversions();
    text();
    bits();
    return 0;
}
