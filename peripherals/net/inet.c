/* Where IP, TCP and UDP are in a frame, and their checksums. */
#include "peripherals/net/inet.h"

enum { TYPE_AT = 12, TAG = 4, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd };
enum { IPV4_SHORTEST = 20, IPV6_HEADER = 40 };

u16 inet_sum(const u8 *bytes, size_t count, u32 sum)
{
    u64 total = sum;

    for (size_t i = 0; i + 1 < count; i += 2)
        total += load_be16(bytes + i);
    if (count & 1)
        total += (u32)bytes[count - 1] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (u16)total;
}

static bool find_ipv4(const u8 *frame, size_t count, struct inet *i)
{
    const u8 *ip = frame + i->ip;
    size_t header = (size_t)(ip[0] & 15) * 4, total = load_be16(ip + 2);

    if (ip[0] >> 4 != 4 || header < IPV4_SHORTEST || total < header || i->ip + total > count)
        return false;
    i->version = 4;
    i->protocol = ip[9];
    i->transport = i->ip + header;
    i->end = i->ip + total;
    i->transport_here = !(load_be16(ip + 6) & 0x3fff);          /* no fragment */
    return true;
}

static bool find_ipv6(const u8 *frame, size_t count, struct inet *i)
{
    const u8 *ip = frame + i->ip;
    size_t length = load_be16(ip + 4);

    if (ip[0] >> 4 != 6 || i->ip + IPV6_HEADER + length > count)
        return false;
    i->version = 6;
    i->protocol = ip[6];
    i->transport = i->ip + IPV6_HEADER;
    i->end = i->transport + length;
    i->transport_here = true;
    return true;
}

bool inet_find(const u8 *frame, size_t count, u16 tag_type, struct inet *i)
{
    size_t at = TYPE_AT, header;
    bool found = false;

    if (count < at + TAG + 2)
        return false;
    if (load_be16(frame + at) == tag_type)
        at += TAG;
    *i = (struct inet){ .ip = at + 2 };
    if (load_be16(frame + at) == TYPE_IPV4 && count >= i->ip + IPV4_SHORTEST)
        found = find_ipv4(frame, count, i);
    else if (load_be16(frame + at) == TYPE_IPV6 && count >= i->ip + IPV6_HEADER)
        found = find_ipv6(frame, count, i);
    header = i->protocol == INET_TCP ? 20 : 8;
    i->transport_here = found && i->transport_here && i->end - i->transport >= header
        && (i->protocol == INET_TCP || i->protocol == INET_UDP);
    return found;
}

bool inet_header_is_good(const u8 *frame, const struct inet *i)
{
    return inet_sum(frame + i->ip, i->transport - i->ip, 0) == 0xffff;
}

static size_t sum_at(const struct inet *i)
{
    return i->transport + (i->protocol == INET_TCP ? 16 : 6);
}

bool inet_has_sum(const u8 *frame, const struct inet *i)
{
    return i->protocol != INET_UDP || load_be16(frame + sum_at(i)) != 0;
}

/* Of the pseudo header and all behind it. */
static u16 transport_sum(const u8 *frame, const struct inet *i)
{
    const u8 *ip = frame + i->ip;
    size_t length = i->end - i->transport;
    u32 pseudo = i->version == 4 ? inet_sum(ip + 12, 8, 0) : inet_sum(ip + 8, 32, 0);

    return inet_sum(frame + i->transport, length, pseudo + i->protocol + (u32)length);
}

bool inet_transport_is_good(const u8 *frame, const struct inet *i)
{
    return transport_sum(frame, i) == 0xffff;
}

void inet_fill_header(u8 *frame, const struct inet *i)
{
    u8 *ip = frame + i->ip;

    store_be16(ip + 10, 0);
    store_be16(ip + 10, (u16)~inet_sum(ip, i->transport - i->ip, 0));
}

void inet_fill_transport(u8 *frame, const struct inet *i)
{
    u16 sum;

    store_be16(frame + sum_at(i), 0);
    sum = (u16)~transport_sum(frame, i);
    if (sum == 0 && i->protocol == INET_UDP)
        sum = 0xffff;                   /* 0 would mean none */
    store_be16(frame + sum_at(i), sum);
}
