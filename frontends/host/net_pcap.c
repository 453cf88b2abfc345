/*
 * Frames as a file of libpcap, in its variant with nanoseconds ("Libpcap File Format"), so
 * that tcpdump and Wireshark show what went over the wire and at which virtual time.
 */
#include "core/bits.h"
#include "core/error.h"
#include "frontends/host/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 24, RECORD = 16, ETHERNET = 1, LONGEST = 65535 };
#define MAGIC UINT32_C(0xa1b23c4d)

struct net_dump {
    FILE *file;
    bool  written;              /* since it was last flushed */
};

bool net_dump_to(struct net_host *n, const char *path, struct error *err)
{
    u8 header[HEADER] = { 0 };
    struct net_dump *d = malloc(sizeof *d);

    if (!d)
        return fail(err, "%s: no memory", path);
    *d = (struct net_dump){ .file = fopen(path, "wb"), .written = true };
    store_le32(header, MAGIC);
    store_le16(header + 4, 2);
    store_le16(header + 6, 4);
    store_le32(header + 16, LONGEST);
    store_le32(header + 20, ETHERNET);
    if (!d->file || fwrite(header, sizeof header, 1, d->file) != 1) {
        fail(err, "%s: %s", path, strerror(errno));
        net_dump_close(d);
        return false;
    }
    net_dump_close(n->dump);
    n->dump = d;
    return true;
}

/* A full disk costs the record, never the run. */
void net_dump_frame(struct net_dump *d, u64 now, const u8 *frame, size_t count)
{
    u8 record[RECORD];

    store_le32(record, (u32)(now / SECOND));
    store_le32(record + 4, (u32)(now % SECOND));
    store_le32(record + 8, (u32)count);
    store_le32(record + 12, (u32)count);
    d->written = fwrite(record, sizeof record, 1, d->file) == 1
              && fwrite(frame, count, 1, d->file) == 1;
}

void net_dump_flush(struct net_dump *d)
{
    if (!d || !d->written)
        return;
    fflush(d->file);
    d->written = false;
}

void net_dump_close(struct net_dump *d)
{
    if (!d)
        return;
    if (d->file)
        fclose(d->file);
    free(d);
}
