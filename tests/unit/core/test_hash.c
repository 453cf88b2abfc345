#include "core/hash.h"

#include <criterion/criterion.h>

static struct digest of(const void *bytes, size_t count)
{
    struct hash h;

    hash_begin(&h);
    hash_add(&h, bytes, count);
    return hash_end(&h);
}

static bool same(struct digest a, struct digest b)
{
    return a.low == b.low && a.high == b.high;
}

Test(hash, pieces_do_not_matter)
{
    u8 bytes[200];
    struct digest whole;

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (u8)(i * 7);
    whole = of(bytes, sizeof bytes);
    for (unsigned piece = 1; piece < 100; piece++) {
        struct hash h;

        hash_begin(&h);
        for (unsigned at = 0; at < sizeof bytes; at += piece)
            hash_add(&h, bytes + at, at + piece < sizeof bytes ? piece : sizeof bytes - at);
        cr_assert(same(hash_end(&h), whole), "pieces of %u", piece);
    }
}

Test(hash, every_bit_and_the_length_matter)
{
    u8 bytes[96] = { 0 };
    struct digest zeros = of(bytes, sizeof bytes);
    unsigned least = 128;

    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        struct digest d;
        unsigned changed;

        bytes[bit / 8] ^= (u8)(1 << bit % 8);
        d = of(bytes, sizeof bytes);
        changed = (unsigned)(__builtin_popcountll(d.low ^ zeros.low)
                             + __builtin_popcountll(d.high ^ zeros.high));
        least = changed < least ? changed : least;
        bytes[bit / 8] ^= (u8)(1 << bit % 8);
    }
    cr_assert_gt(least, 32);
    for (unsigned n = 0; n < sizeof bytes; n++)
        cr_assert_not(same(of(bytes, n), of(bytes, n + 1)));
}

/* Frozen: snapshots carry it, and every host must agree. */
Test(hash, is_the_same_everywhere)
{
    struct digest d = of("The quick brown fox jumps over the lazy dog", 43);

    cr_assert_eq(d.low, UINT64_C(0x757b17db1c20247b), "%016lx", d.low);
    cr_assert_eq(d.high, UINT64_C(0xab3af08a6bb9cebe), "%016lx", d.high);
}
