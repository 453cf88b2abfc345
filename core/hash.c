#include "core/hash.h"

#include "core/bits.h"

#include <string.h>

/* Odd, about half of the bits set: from the golden ratio, the roots of 2, 3, 5 and pi. */
#define K0 UINT64_C(0x9e3779b97f4a7c15)
#define K1 UINT64_C(0x6a09e667f3bcc909)
#define K2 UINT64_C(0xbb67ae8584caa73b)
#define K3 UINT64_C(0x3c6ef372fe94f82b)
#define K4 UINT64_C(0xc90fdaa22168c235)

static inline u64 mix(u64 lane, u64 word)
{
    return rotate_left64(lane + word * K1, 31) * K0;
}

static void stripe(u64 lane[4], const u8 *p)
{
    for (unsigned i = 0; i < 4; i++)
        lane[i] = mix(lane[i], load_le64(p + 8 * i));
}

void hash_begin(struct hash *h)
{
    *h = (struct hash){ .lane = { K1, K2, K3, K4 } };
}

void hash_add(struct hash *h, const void *bytes, size_t count)
{
    const u8 *p = bytes;
    size_t held = h->length % 32, n;

    if (!count)
        return;
    h->length += count;
    if (held) {
        n = count < 32 - held ? count : 32 - held;
        memcpy(h->held + held, p, n);
        if (held + n < 32)
            return;
        stripe(h->lane, h->held);
        p += n;
        count -= n;
    }
    for (; count >= 32; p += 32, count -= 32)
        stripe(h->lane, p);
    if (count)
        memcpy(h->held, p, count);
}

void hash_add_number(struct hash *h, u64 value, unsigned size)
{
    u8 bytes[8];

    store_le(bytes, value, size);
    hash_add(h, bytes, size);
}

/* Every bit of the result depends on every bit of v. */
static u64 avalanche(u64 v)
{
    v = (v ^ v >> 32) * K2;
    v = (v ^ v >> 29) * K4;
    return v ^ v >> 32;
}

struct digest hash_end(const struct hash *h)
{
    u64 lane[4], low = h->length * K0, high = h->length ^ K3;
    u8 last[32] = { 0 };

    memcpy(lane, h->lane, sizeof lane);
    if (h->length % 32) {
        memcpy(last, h->held, h->length % 32);
        stripe(lane, last);
    }
    for (unsigned i = 0; i < 4; i++) {
        low = avalanche(low ^ lane[i]) + K1;
        high = avalanche(high + rotate_left64(lane[3 - i], 17)) ^ low;
    }
    return (struct digest){ avalanche(low + high), avalanche(high ^ K4) };
}
