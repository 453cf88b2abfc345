/* SHA-1 and SHA-256: FIPS 180-4 6.1, 6.2; SDM 2 SHA1RNDS4 ... SHA256MSG2. */
#include "isa/x86/ops/lanes.h"

INLINE u32 left(u32 a, unsigned n) { return a << n | a >> (32 - n); }
INLINE u32 right(u32 a, unsigned n) { return a >> n | a << (32 - n); }
INLINE u32 choose(u32 a, u32 b, u32 c) { return (a & b) ^ (~a & c); }
INLINE u32 majority(u32 a, u32 b, u32 c) { return (a & b) ^ (a & c) ^ (b & c); }

INLINE u64x2 from_words(u32 w3, u32 w2, u32 w1, u32 w0)
{
    return (u64x2){ (u64)w1 << 32 | w0, (u64)w3 << 32 | w2 };
}

/* ---- SHA-1: the first word is the highest ---- */

INLINE u32 sha1_function(unsigned which, u32 b, u32 c, u32 d)
{
    static const u32 constant[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };

    switch (which) {
    case 0:  return choose(b, c, d) + constant[0];
    case 2:  return majority(b, c, d) + constant[2];
    default: return (b ^ c ^ d) + constant[which];
    }
}

/* The first of the four words has E added already. */
static u64x2 sha1_rounds(u64x2 abcd, u64x2 words, unsigned which)
{
    u32 s[4], w[4], e = 0;

    memcpy(s, &abcd, 16);
    memcpy(w, &words, 16);
    for (unsigned i = 0; i < 4; i++) {
        u32 a = sha1_function(which, s[2], s[1], s[0]) + left(s[3], 5) + w[3 - i] + e;

        e = s[0];
        s[0] = s[1];
        s[1] = left(s[2], 30);
        s[2] = s[3];
        s[3] = a;
    }
    memcpy(&abcd, s, 16);
    return abcd;
}

static u64x2 sha1_schedule(u64x2 a, u64x2 b)
{
    u32 p[4], q[4], w16;

    memcpy(p, &a, 16);
    memcpy(q, &b, 16);
    w16 = left(p[3] ^ q[2], 1);
    return from_words(w16, left(p[2] ^ q[1], 1), left(p[1] ^ q[0], 1), left(p[0] ^ w16, 1));
}

PURE(sha1rnds4, x, sha1_rounds(a, b, imm & 3))
PURE(sha1nexte, x, ((u64x2){ b[0], b[1] + ((u64)left((u32)(a[1] >> 32), 30) << 32) }))
PURE(sha1msg1, x, (a ^ (u64x2){ b[1], a[0] }))
PURE(sha1msg2, x, sha1_schedule(a, b))

/* ---- SHA-256: the first word is the lowest ---- */

INLINE u32 sigma0(u32 w) { return right(w, 7) ^ right(w, 18) ^ w >> 3; }
INLINE u32 sigma1(u32 w) { return right(w, 17) ^ right(w, 19) ^ w >> 10; }

/* C D G H in a, A B E F in b. */
static u64x2 sha256_rounds(u64x2 cdgh, u64x2 abef, u64 words)
{
    u32 p[4], q[4];

    memcpy(p, &cdgh, 16);
    memcpy(q, &abef, 16);
    for (unsigned i = 0; i < 2; i++, words >>= 32) {
        u32 a = q[3], e = q[1];
        u32 t = p[0] + choose(e, q[0], p[1]) + (right(e, 6) ^ right(e, 11) ^ right(e, 25))
            + (u32)words;
        u32 u = majority(a, q[2], p[3]) + (right(a, 2) ^ right(a, 13) ^ right(a, 22));
        u32 d = p[2];

        p[0] = p[1];
        p[1] = q[0];
        q[0] = e;
        q[1] = d + t;
        p[2] = p[3];
        p[3] = q[2];
        q[2] = a;
        q[3] = t + u;
    }
    return from_words(q[3], q[2], q[1], q[0]);
}

static u64x2 sha256_schedule1(u64x2 a, u64x2 b)
{
    u32 p[4];

    memcpy(p, &a, 16);
    return from_words(p[3] + sigma0((u32)b[0]), p[2] + sigma0(p[3]), p[1] + sigma0(p[2]),
                      p[0] + sigma0(p[1]));
}

static u64x2 sha256_schedule2(u64x2 a, u64x2 b)
{
    u32 p[4], w16, w17;

    memcpy(p, &a, 16);
    w16 = p[0] + sigma1((u32)b[1]);
    w17 = p[1] + sigma1((u32)(b[1] >> 32));
    return from_words(p[3] + sigma1(w17), p[2] + sigma1(w16), w17, w16);
}

PURE(sha256rnds2, x, sha256_rounds(a, b, xmm_low(cpu, 0)))
PURE(sha256msg1, x, sha256_schedule1(a, b))
PURE(sha256msg2, x, sha256_schedule2(a, b))
