#pragma once
#include "core/types.h"

/* Bytes that grow at the end. Zero-initialised is empty; `failed` once the host has no more. */
struct buffer {
    u8    *bytes;
    size_t used, room;
    bool   failed;
};

void buffer_put(struct buffer *, const void *bytes, size_t count);
void buffer_put_zeros(struct buffer *, size_t count);
void buffer_put_number(struct buffer *, u64 value, unsigned size);      /* little-endian */
void buffer_put_text(struct buffer *, const char *);                    /* u16 length, bytes */
/* Gives the memory back too. */
void buffer_clear(struct buffer *);

/* A view for reading what may be hostile: past the end everything is zero and `bad` is set. */
struct reader {
    const u8 *at;
    size_t    left;
    bool      bad;
};

const u8 *read_bytes(struct reader *, size_t count);                    /* NULL past the end */
u64       read_number(struct reader *, unsigned size);
bool      read_text(struct reader *, char *text, size_t room);          /* false: bad or too long */
