#pragma once
#include "core/types.h"

/* Bits, byte order and decimal digits. Guests are little-endian; hosts may be anything. */

/* Bits [low, low + width) of a value. */
static inline u64 field(u64 value, unsigned low, unsigned width)
{
    return value >> low & (width >= 64 ? ~UINT64_C(0) : BIT(width) - 1);
}

static inline u64 sign_extend(u64 value, unsigned bits)
{
    return (u64)((s64)(value << (64 - bits)) >> (64 - bits));
}

static inline u64 rotate_left64(u64 v, unsigned n)  { return v << (n & 63) | v >> (-n & 63); }
static inline u32 rotate_left32(u32 v, unsigned n)  { return v << (n & 31) | v >> (-n & 31); }

static inline bool is_power_of_two(u64 v)           { return v && !(v & (v - 1)); }

/* The compiler makes one load or store of each of these. */
static inline u16 load_le16(const u8 *p)            { return (u16)(p[0] | p[1] << 8); }

static inline u32 load_le32(const u8 *p)
{
    return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static inline u64 load_le64(const u8 *p)
{
    return (u64)p[0] | (u64)p[1] << 8 | (u64)p[2] << 16 | (u64)p[3] << 24
         | (u64)p[4] << 32 | (u64)p[5] << 40 | (u64)p[6] << 48 | (u64)p[7] << 56;
}

static inline void store_le16(u8 *p, u16 v)
{
    p[0] = (u8)v; p[1] = (u8)(v >> 8);
}

static inline void store_le32(u8 *p, u32 v)
{
    p[0] = (u8)v; p[1] = (u8)(v >> 8); p[2] = (u8)(v >> 16); p[3] = (u8)(v >> 24);
}

static inline void store_le64(u8 *p, u64 v)
{
    p[0] = (u8)v;         p[1] = (u8)(v >> 8);  p[2] = (u8)(v >> 16); p[3] = (u8)(v >> 24);
    p[4] = (u8)(v >> 32); p[5] = (u8)(v >> 40); p[6] = (u8)(v >> 48); p[7] = (u8)(v >> 56);
}

/* Any size from 1 to 8. */
static inline u64 load_le(const u8 *p, unsigned size)
{
    switch (size) {
    case 1: return p[0];
    case 2: return load_le16(p);
    case 4: return load_le32(p);
    case 8: return load_le64(p);
    }
    u64 v = 0;

    while (size--)
        v = v << 8 | p[size];
    return v;
}

static inline void store_le(u8 *p, u64 v, unsigned size)
{
    switch (size) {
    case 1: *p = (u8)v; return;
    case 2: store_le16(p, (u16)v); return;
    case 4: store_le32(p, (u32)v); return;
    case 8: store_le64(p, v); return;
    }
    for (; size; size--, v >>= 8)
        *p++ = (u8)v;
}

static inline u8 to_bcd(u8 v)                       { return (u8)(v / 10 << 4 | v % 10); }
static inline u8 from_bcd(u8 v)                     { return (u8)((v >> 4) * 10 + (v & 15)); }
