#pragma once
#include "core/types.h"

/*
 * A fast hash of 128 bits for comparing states: not for secrets. Four lanes of
 * multiply and rotate over 32-byte stripes, little-endian on every host.
 */
struct hash {
    u64 lane[4];
    u64 length;
    u8  held[32];               /* length % 32 of them */
};

struct digest { u64 low, high; };

void          hash_begin(struct hash *);
void          hash_add(struct hash *, const void *bytes, size_t count);
void          hash_add_number(struct hash *, u64 value, unsigned size);
struct digest hash_end(const struct hash *);
