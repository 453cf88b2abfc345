/*
 * Square roots, by P. Zimmermann's "Karatsuba Square Root" (INRIA RR-3805): the
 * root of the upper half, then one division for the lower half of the root.
 */
#include "isa/x86/fpu/number.h"

/* floor(sqrt(x)) and the remainder, which is at most twice the root. */
static u32 root16(u32 x, u32 *remainder)
{
    u32 root = 0;

    for (u32 bit = 0x80; bit; bit >>= 1)
        root |= bit & -(u32)((root | bit) * (root | bit) <= x);
    *remainder = x - root * root;
    return root;
}

/* x >= 2^30 */
static u32 root32(u32 x, u32 *remainder)
{
    u32 rest;
    u32 high = root16(x >> 16, &rest);
    u32 dividend = rest << 8 | (x >> 8 & 0xff);
    u32 low = dividend / (2 * high);
    u32 root = (high << 8) + low;
    s32 left = (s32)((dividend % (2 * high)) << 8 | (x & 0xff)) - (s32)(low * low);

    if (left < 0)
        left += 2 * (s32)root-- - 1;
    *remainder = (u32)left;
    return root;
}

/* x >= 2^62 */
static u64 root64(u64 x, u64 *remainder)
{
    u32 rest;
    u64 high = root32(x >> 32, &rest);
    u64 dividend = (u64)rest << 16 | (x >> 16 & 0xffff);
    u64 low = dividend / (2 * high);
    u64 root = (high << 16) + low;
    s64 left = (s64)((dividend % (2 * high)) << 16 | (x & 0xffff)) - (s64)(low * low);

    if (left < 0)
        left += 2 * (s64)root-- - 1;
    *remainder = (u64)left;
    return root;
}

struct number number_sqrt(struct number a)
{
    bool odd = a.exp & 1;
    u128 x = (u128)a.hi << (63 + odd), dividend, root;
    u64 high, low, rest;
    __int128 left;

    high = root64(x >> 64, &rest);
    dividend = (u128)rest << 32 | ((u64)x >> 32);
    low = (u64)(dividend / (2 * high));
    left = (__int128)((dividend - (u128)low * (2 * high)) << 32 | (u32)x)
         - (__int128)((u128)low * low);
    root = ((u128)high << 32) + low;      /* 2^64 at worst, and then too large */
    if (left < 0)
        left += 2 * (__int128)root-- - 1;
    rest = left > (__int128)root ? HALF | 1 : left != 0;
    return (struct number){ (u64)root, rest, (a.exp - odd) / 2, false };
}
