/*
 * PPM, and PNG (ISO/IEC 15948) with a compressor of our own (RFC 1951): fixed Huffman codes,
 * and repeats of the pixel before or the row above only. A screen shrinks well with these,
 * and the file is the same on every host.
 */
#include "frontends/picture.h"

#include "core/display.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 258, SHORTEST = 3, FARTHEST = 32768 };

bool picture_ppm(FILE *f, const struct surface *s)
{
    fprintf(f, "P6\n%u %u\n255\n", s->width, s->height);
    for (size_t i = 0; i < (size_t)s->width * s->height; i++) {
        u8 rgb[] = { (u8)(s->pixel[i] >> 16), (u8)(s->pixel[i] >> 8), (u8)s->pixel[i] };

        fwrite(rgb, 1, 3, f);
    }
    return !ferror(f);
}

/* -- a stream of bits, lowest first -- */

struct bits {
    u8      *bytes;
    size_t   used;
    u32      held;
    unsigned count;
};

static void put(struct bits *b, u32 value, unsigned count)
{
    b->held |= value << b->count;
    for (b->count += count; b->count >= 8; b->count -= 8, b->held >>= 8)
        b->bytes[b->used++] = (u8)b->held;
}

/* Huffman codes go in highest bit first: RFC 1951, 3.1.1. */
static void put_code(struct bits *b, u32 code, unsigned length)
{
    u32 turned = 0;

    for (unsigned i = 0; i < length; i++)
        turned |= (code >> i & 1) << (length - 1 - i);
    put(b, turned, length);
}

/* RFC 1951, 3.2.6. */
static void put_symbol(struct bits *b, unsigned n)
{
    if (n < 144)
        put_code(b, 0x30 + n, 8);
    else if (n < 256)
        put_code(b, 0x190 + n - 144, 9);
    else if (n < 280)
        put_code(b, n - 256, 7);
    else
        put_code(b, 0xc0 + n - 280, 8);
}

/* Lengths and distances come in classes of 2^extra: RFC 1951, 3.2.5. */
static void put_length(struct bits *b, unsigned length)
{
    unsigned n = length - SHORTEST, extra = 0;

    if (length == LONGEST) {
        put_symbol(b, 285);
        return;
    }
    while (n >> extra >= 8)
        extra++;
    put_symbol(b, 257 + 4 * extra + (n >> extra));
    put(b, n & ((1u << extra) - 1), extra);
}

static void put_distance(struct bits *b, unsigned distance)
{
    unsigned n = distance - 1, extra = 0;

    while (n >> extra >= 4)
        extra++;
    put_code(b, 2 * extra + (n >> extra), 5);
    put(b, n & ((1u << extra) - 1), extra);
}

static unsigned match(const u8 *raw, size_t at, size_t count, size_t distance)
{
    unsigned n = 0;

    if (distance == 0 || distance > at || distance > FARTHEST)
        return 0;
    while (n < LONGEST && at + n < count && raw[at + n] == raw[at + n - distance])
        n++;
    return n;
}

static void deflate(struct bits *b, const u8 *raw, size_t count, size_t row)
{
    put(b, 1 | 1 << 1, 3);                  /* the last block; fixed codes */
    for (size_t at = 0; at < count;) {
        unsigned above = match(raw, at, count, row), before = match(raw, at, count, 3);
        unsigned best = above >= before ? above : before;

        if (best < SHORTEST) {
            put_symbol(b, raw[at++]);
            continue;
        }
        put_length(b, best);
        put_distance(b, above >= before ? (unsigned)row : 3);
        at += best;
    }
    put_symbol(b, 256);
    put(b, 0, 7);
}

/* -- PNG -- */

static void big(u8 *p, u32 v)
{
    p[0] = (u8)(v >> 24); p[1] = (u8)(v >> 16); p[2] = (u8)(v >> 8); p[3] = (u8)v;
}

static u32 crc(u32 so_far, const u8 *p, size_t n)
{
    for (; n; n--, p++) {
        so_far ^= *p;
        for (unsigned i = 0; i < 8; i++)
            so_far = so_far >> 1 ^ (0xedb88320 & -(so_far & 1));
    }
    return so_far;
}

static void chunk(FILE *f, const char *type, const u8 *bytes, size_t count)
{
    u8 word[4];

    big(word, (u32)count);
    fwrite(word, 1, 4, f);
    fwrite(type, 1, 4, f);
    if (count)
        fwrite(bytes, 1, count, f);
    big(word, ~crc(crc(~0u, (const u8 *)type, 4), bytes, count));
    fwrite(word, 1, 4, f);
}

/* RFC 1950, 8.2. */
static u32 adler32(const u8 *p, size_t n)
{
    u32 a = 1, b = 0;

    for (; n; n--, p++) {
        a = (a + *p) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* Rows of a filter byte and RGB. */
static u8 *flatten(const struct surface *s, size_t row)
{
    u8 *raw = calloc(s->height, row);

    for (u32 y = 0; raw && y < s->height; y++)
        for (u32 x = 0; x < s->width; x++) {
            u32 pixel = s->pixel[(size_t)y * s->width + x];
            u8 *to = raw + y * row + 1 + 3 * x;

            to[0] = (u8)(pixel >> 16); to[1] = (u8)(pixel >> 8); to[2] = (u8)pixel;
        }
    return raw;
}

bool picture_png(FILE *f, const struct surface *s)
{
    static const u8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    size_t row = 1 + 3 * (size_t)s->width, count = row * s->height;
    u8 header[13] = { [8] = 8, [9] = 2 };           /* 8 bits, RGB */
    u8 *raw = flatten(s, row);
    struct bits b = { .bytes = malloc(count + count / 8 + 64) };    /* 9 bits at most for 8 */

    if (raw && b.bytes) {
        big(header, s->width);
        big(header + 4, s->height);
        b.bytes[b.used++] = 0x78;                   /* RFC 1950, 2.2 */
        b.bytes[b.used++] = 0x01;
        deflate(&b, raw, count, row);
        big(b.bytes + b.used, adler32(raw, count));
        fwrite(signature, 1, sizeof signature, f);
        chunk(f, "IHDR", header, sizeof header);
        chunk(f, "IDAT", b.bytes, b.used + 4);
        chunk(f, "IEND", NULL, 0);
    }
    free(raw);
    free(b.bytes);
    return raw && b.bytes && !ferror(f);
}
