#pragma once
#include "core/types.h"

/*
 * Where IP, TCP and UDP are in a frame, and their checksums (RFC 791, 793, 768, 8200), for
 * chips that compute these. Offsets are checked against the frame once, by inet_find().
 */
enum { INET_TCP = 6, INET_UDP = 17 };

struct inet {
    u8     version;             /* 4 or 6 */
    u8     protocol;
    bool   transport_here;      /* TCP or UDP, no fragment, long enough for its header */
    size_t ip, transport, end;  /* offsets in the frame; end of what IP says is there */
};

/* False: neither IPv4 nor IPv6 behind at most one tag of that type, or damaged. */
bool inet_find(const u8 *frame, size_t count, u16 tag_type, struct inet *);

/* The sum of bytes as big-endian words, folded to 16 bits; RFC 1071. */
u16  inet_sum(const u8 *bytes, size_t count, u32 sum);
bool inet_header_is_good(const u8 *frame, const struct inet *);     /* of IPv4 */
/* False: UDP that does without. */
bool inet_has_sum(const u8 *frame, const struct inet *);
bool inet_transport_is_good(const u8 *frame, const struct inet *);
/* Compute and store them. */
void inet_fill_header(u8 *frame, const struct inet *);
void inet_fill_transport(u8 *frame, const struct inet *);

static inline u16 load_be16(const u8 *p)
{
    return (u16)(p[0] << 8 | p[1]);
}

static inline u32 load_be32(const u8 *p)
{
    return (u32)load_be16(p) << 16 | load_be16(p + 2);
}

static inline void store_be16(u8 *p, u16 v)
{
    p[0] = (u8)(v >> 8); p[1] = (u8)v;
}

static inline void store_be32(u8 *p, u32 v)
{
    store_be16(p, (u16)(v >> 16)); store_be16(p + 2, (u16)v);
}
