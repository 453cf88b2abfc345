/*
 * A medium over another that keeps what is written to it in an unlinked file, at the same
 * place, and a bit for each sector that is there. Both are sparse: what was never written
 * costs nothing.
 */
#include "frontends/host/block.h"

#include "core/error.h"
#include "frontends/host/unlinked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct overlay {
    struct host_block host;
    struct block     *beneath;
    int               fd;
    u64              *written;      /* a bit for each sector */
};

static struct overlay *overlay_of(struct block *b)
{
    return container_of(b, struct overlay, host.block);
}

static bool is_written(const struct overlay *o, u64 sector)
{
    return o->written[sector / 64] >> sector % 64 & 1;
}

/* How many sectors from here on are like the first. */
static u32 run(const struct overlay *o, u64 sector, u32 count)
{
    u32 n = 1;

    while (n < count && is_written(o, sector + n) == is_written(o, sector))
        n++;
    return n;
}

static bool read_kept(const struct overlay *o, u64 sector, u32 count, u8 *to)
{
    size_t done = 0, all = (size_t)count * SECTOR_BYTES;

    while (done < all) {
        ssize_t n = pread(o->fd, to + done, all - done, (off_t)(sector * SECTOR_BYTES + done));

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool overlay_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    struct overlay *o = overlay_of(b);

    while (count) {
        u32 n = run(o, sector, count);
        bool fine = is_written(o, sector) ? read_kept(o, sector, n, to)
                                          : o->beneath->ops->read(o->beneath, sector, n, to);

        if (!fine)
            return false;
        sector += n;
        count -= n;
        to += (size_t)n * SECTOR_BYTES;
    }
    return true;
}

static bool overlay_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    struct overlay *o = overlay_of(b);
    size_t done = 0, all = (size_t)count * SECTOR_BYTES;

    while (done < all) {
        ssize_t n = pwrite(o->fd, from + done, all - done, (off_t)(sector * SECTOR_BYTES + done));

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    for (u64 s = sector; s < sector + count; s++)
        o->written[s / 64] |= BIT(s % 64);
    return true;
}

/* It ends with us: the host's disk need not hear of it. */
static bool overlay_flush(struct block *b)
{
    return true;
}

static void overlay_close(struct host_block *host)
{
    struct overlay *o = container_of(host, struct overlay, host);

    block_close(o->beneath);
    if (o->fd >= 0)
        close(o->fd);
    free(o->written);
    free(o);
}

struct block *block_overlay_open(struct block *beneath, struct error *err)
{
    static const struct block_ops ops = { overlay_read, overlay_write, overlay_flush };
    struct overlay *o = calloc(1, sizeof *o);

    if (!o)
        goto no_memory;
    o->written = calloc(beneath->sectors / 64 + 1, sizeof *o->written);
    if (!o->written)
        goto no_memory;
    o->fd = unlinked_file();
    if (o->fd < 0) {
        fail(err, "%s: no temporary file for what is thrown away: %s", beneath->name,
             strerror(errno));
        goto refused;
    }
    o->beneath = beneath;
    o->host = (struct host_block){
        .block = { .ops = &ops, .name = beneath->name, .sectors = beneath->sectors },
        .close = overlay_close,
    };
    return &o->host.block;

no_memory:
    fail(err, "%s: no host memory", beneath->name);
refused:
    if (o)
        free(o->written);
    free(o);
    return NULL;
}
