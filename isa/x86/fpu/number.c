/*
 * Square roots, by P. Zimmermann's "Karatsuba Square Root" (INRIA RR-3805): the
 * root of the upper half, then one division for the lower half of the root.
 */
#include "isa/x86/fpu/number.h"

/* floor(sqrt(256 * i)) from i = 64 */
static const u8 root_of_top[192] = {
    128, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142,
    143, 144, 144, 145, 146, 147, 148, 149, 150, 150, 151, 152, 153, 154, 155, 155,
    156, 157, 158, 159, 160, 160, 161, 162, 163, 163, 164, 165, 166, 167, 167, 168,
    169, 170, 170, 171, 172, 173, 173, 174, 175, 176, 176, 177, 178, 178, 179, 180,
    181, 181, 182, 183, 183, 184, 185, 185, 186, 187, 187, 188, 189, 189, 190, 191,
    192, 192, 193, 193, 194, 195, 195, 196, 197, 197, 198, 199, 199, 200, 201, 201,
    202, 203, 203, 204, 204, 205, 206, 206, 207, 208, 208, 209, 209, 210, 211, 211,
    212, 212, 213, 214, 214, 215, 215, 216, 217, 217, 218, 218, 219, 219, 220, 221,
    221, 222, 222, 223, 224, 224, 225, 225, 226, 226, 227, 227, 228, 229, 229, 230,
    230, 231, 231, 232, 232, 233, 234, 234, 235, 235, 236, 236, 237, 237, 238, 238,
    239, 240, 240, 241, 241, 242, 242, 243, 243, 244, 244, 245, 245, 246, 246, 247,
    247, 248, 248, 249, 249, 250, 250, 251, 251, 252, 252, 253, 253, 254, 254, 255,
};

/* floor(sqrt(x)) and the remainder, which is at most twice the root; x >= 2^14 */
static u32 root16(u32 x, u32 *remainder)
{
    u32 root = root_of_top[(x >> 8) - 64];

    root += (root + 1) * (root + 1) <= x;
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
