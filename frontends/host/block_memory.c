/* A medium in memory: what is written to it ends with us. */
#include "frontends/host/block.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

struct memory {
    struct host_block host;
    u8                bytes[];
};

static u8 *at(struct block *b, u64 sector)
{
    return container_of(b, struct memory, host.block)->bytes + sector * SECTOR_BYTES;
}

static bool memory_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    memcpy(to, at(b, sector), (size_t)count * SECTOR_BYTES);
    return true;
}

static bool memory_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    memcpy(at(b, sector), from, (size_t)count * SECTOR_BYTES);
    return true;
}

static bool memory_flush(struct block *b)
{
    return true;
}

static void memory_close(struct host_block *host)
{
    free(container_of(host, struct memory, host));
}

struct block *block_memory_open(const char *name, const u8 *bytes, size_t count, u64 sectors,
                                struct error *err)
{
    static const struct block_ops ops = { memory_read, memory_write, memory_flush };
    struct memory *m = calloc(1, sizeof *m + sectors * SECTOR_BYTES);

    if (!m)
        return fail(err, "%s: no host memory", name), NULL;
    m->host.close = memory_close;
    m->host.block = (struct block){ .ops = &ops, .name = name, .sectors = sectors };
    memcpy(m->bytes, bytes, count < sectors * SECTOR_BYTES ? count : sectors * SECTOR_BYTES);
    return &m->host.block;
}
