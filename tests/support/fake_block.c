#include "tests/support/fake_block.h"

#include "core/bits.h"
#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

/* A test that ends without freeing its media has not lost them. */
static struct fake_block *living;

static bool fine(struct fake_block *f, u64 sector, u32 count)
{
    if (!block_has(&f->block, sector, count))
        abort();
    return f->bad_sector < sector || f->bad_sector >= sector + count;
}

static bool fake_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    struct fake_block *f = container_of(b, struct fake_block, block);

    f->reads++;
    if (!fine(f, sector, count))
        return false;
    memcpy(to, f->bytes + sector * SECTOR_BYTES, (size_t)count * SECTOR_BYTES);
    return true;
}

static bool fake_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    struct fake_block *f = container_of(b, struct fake_block, block);

    f->writes++;
    if (!fine(f, sector, count) || b->read_only)
        return false;
    memcpy(f->bytes + sector * SECTOR_BYTES, from, (size_t)count * SECTOR_BYTES);
    return true;
}

static bool fake_flush(struct block *b)
{
    struct fake_block *f = container_of(b, struct fake_block, block);

    f->flushes++;
    return !f->flush_fails;
}

struct fake_block *fake_block(u64 sectors)
{
    static const struct block_ops ops = { fake_read, fake_write, fake_flush };
    struct fake_block *f = calloc(1, sizeof *f);

    f->block = (struct block){ .ops = &ops, .name = "fake", .sectors = sectors };
    f->bytes = calloc(sectors, SECTOR_BYTES);
    f->bad_sector = NEVER;
    f->next = living;
    f->link = &living;
    if (living)
        living->link = &f->next;
    living = f;
    for (u64 i = 0; i < sectors * SECTOR_BYTES; i += 4)
        store_le32(f->bytes + i, (u32)(i / SECTOR_BYTES));
    return f;
}

void fake_block_free(struct fake_block *f)
{
    *f->link = f->next;
    if (f->next)
        f->next->link = f->link;
    free(f->bytes);
    free(f);
}
