#include "core/buffer.h"

#include "core/bits.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct buffer *b, size_t count)
{
    size_t room = b->room ? b->room : 4096;
    u8 *bytes;

    if (b->failed || count > SIZE_MAX / 2 - b->used)
        return !(b->failed = true);
    while (room < b->used + count)
        room *= 2;
    if (room == b->room)
        return true;
    bytes = realloc(b->bytes, room);
    if (!bytes)
        return !(b->failed = true);
    b->bytes = bytes;
    b->room = room;
    return true;
}

void buffer_put(struct buffer *b, const void *bytes, size_t count)
{
    if (!count || !make_room(b, count))
        return;
    memcpy(b->bytes + b->used, bytes, count);
    b->used += count;
}

void buffer_put_zeros(struct buffer *b, size_t count)
{
    if (!count || !make_room(b, count))
        return;
    memset(b->bytes + b->used, 0, count);
    b->used += count;
}

void buffer_put_number(struct buffer *b, u64 value, unsigned size)
{
    u8 bytes[8];

    store_le(bytes, value, size);
    buffer_put(b, bytes, size);
}

void buffer_put_text(struct buffer *b, const char *text)
{
    size_t length = strlen(text);

    if (length > UINT16_MAX)
        length = UINT16_MAX;
    buffer_put_number(b, length, 2);
    buffer_put(b, text, length);
}

void buffer_clear(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){ 0 };
}

const u8 *read_bytes(struct reader *r, size_t count)
{
    const u8 *at = r->at;

    if (r->bad || count > r->left) {
        r->bad = true;
        return NULL;
    }
    r->at += count;
    r->left -= count;
    return at;
}

u64 read_number(struct reader *r, unsigned size)
{
    const u8 *p = read_bytes(r, size);

    return p ? load_le(p, size) : 0;
}

bool read_text(struct reader *r, char *text, size_t room)
{
    size_t length = read_number(r, 2);
    const u8 *p = read_bytes(r, length);

    *text = 0;
    if (!p || length >= room || memchr(p, 0, length))
        return !(r->bad = true);
    memcpy(text, p, length);
    text[length] = 0;
    return true;
}
