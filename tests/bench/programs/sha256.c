/* SHA-256 of two megabytes. */
#include "program.h"

static uint32_t ror(uint32_t v, int n)
{
    return v >> n | v << (32 - n);
}

static uint32_t k[64];

/*
 * The fractional parts of the cube roots of the first primes, by integer search: FIPS 180-4
 * 4.2.2.
 */
static void make_constants(void)
{
    unsigned n = 0;

    for (unsigned p = 2; n < 64; p++) {
        unsigned d = 2;
        unsigned __int128 lo = 0, hi = (unsigned __int128)8 << 32;

        while (d * d <= p && p % d)
            d++;
        if (d * d <= p)
            continue;
        while (hi - lo > 1) {
            unsigned __int128 mid = (lo + hi) / 2;

            if (mid * mid * mid <= (unsigned __int128)p << 96)
                lo = mid;
            else
                hi = mid;
        }
        k[n++] = (uint32_t)lo;
    }
}

static void block(uint32_t *h, const uint8_t *p)
{
    uint32_t w[64], v[8];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16
            | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3)
            + (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
    for (int i = 0; i < 8; i++)
        v[i] = h[i];
    for (int i = 0; i < 64; i++) {
        uint32_t t = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25))
            + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        uint32_t u = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22))
            + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        v[7] = v[6]; v[6] = v[5]; v[5] = v[4]; v[4] = v[3] + t;
        v[3] = v[2]; v[2] = v[1]; v[1] = v[0]; v[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

uint64_t run(void)
{
    uint32_t h[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };

    make_constants();
    for (int i = 0; i < 2 << 20; i++)
        arena[i] = (uint8_t)(i * 7);
    for (int i = 0; i < 2 << 20; i += 64)
        block(h, arena + i);
    return (uint64_t)h[0] << 32 | h[7];
}
