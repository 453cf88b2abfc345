/*
 * The firmware configuration device that QEMU defined: docs/specs/fw_cfg of its manual, [Guest
 * side hardware interface]. A selector, a byte at a time from what it selects, and a DMA
 * interface, whose numbers are big-endian.
 *
 * Not modelled: items that the guest may write.
 */
#include "peripherals/chipset/fwcfg.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 0x510, DMA_PORT = 0x514 };
enum { SELECTOR, DATA, PORTS };                     /* offsets */
enum { DMA_HIGH = 0, DMA_LOW = 4, DMA_PORTS = 8 };

enum {                                              /* keys */
    KEY_SIGNATURE = 0, KEY_VERSION = 1, KEY_DIRECTORY = 0x19, KEY_FILES = 0x20,
    KEY_BITS = 0xbfff,                              /* 4000h would be the writable side */
};
enum { VERSION_PORTS = 1, VERSION_DMA = 2 };
enum { DIRECTORY_HEAD = 4, DIRECTORY_ENTRY = 64 };  /* bytes */

enum {                                              /* of a DMA control word */
    DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16,
};

struct item {
    u16       key;
    const u8 *bytes;
    u8       *copy;                                 /* the same, or NULL: they are lent */
    size_t    count;
    char      name[FWCFG_NAME];                        /* empty: not a file */
};

#define FWCFG_STATE(ONE, MANY, PART)                        \
    ONE (u16, key,     "selected")                          \
    ONE (u64, offset,  "of the next byte")                  \
    ONE (u32, high,    "half of the DMA address, as yet")

struct fwcfg {
    struct device dev;
    struct region ports, dma_ports;
    struct item   item[FWCFG_ITEMS];                /* files are last, by name */
    unsigned      items, files;
    STATE_MEMBERS(FWCFG_STATE)
};
DEFINE_STATE(struct fwcfg, FWCFG_STATE);

/* -- items -- */

static void put_be32(u8 *p, u32 v)
{
    store_le32(p, __builtin_bswap32(v));
}

static u32 get_be32(const u8 *p)
{
    return __builtin_bswap32(load_le32(p));
}

static const struct item *find(const struct fwcfg *f, u16 key)
{
    for (unsigned i = 0; i < f->items; i++)
        if (f->item[i].key == key)
            return &f->item[i];
    return NULL;
}

/* A place in the array for it. */
static bool put(struct fwcfg *f, unsigned at, const struct item *item, struct error *err)
{
    if (f->items == FWCFG_ITEMS)
        return fail(err, "%s: more than %u items", f->dev.name, FWCFG_ITEMS);
    memmove(&f->item[at + 1], &f->item[at], (f->items - at) * sizeof *item);
    f->item[at] = *item;
    f->items++;
    return true;
}

/* ... and for a copy of its bytes, which it then owns. */
static bool put_copy(struct fwcfg *f, unsigned at, struct item *item, struct error *err)
{
    item->copy = malloc(item->count ? item->count : 1);
    if (!item->copy)
        return fail(err, "%s: no host memory for %zu bytes", f->dev.name, item->count);
    memcpy(item->copy, item->bytes, item->count);
    item->bytes = item->copy;
    if (put(f, at, item, err))
        return true;
    free(item->copy);
    return false;
}

static bool is_free(const struct fwcfg *f, u16 key, struct error *err)
{
    if (find(f, key) || key == KEY_DIRECTORY)
        return fail(err, "%s: item %04xh is there already", f->dev.name, key);
    return true;
}

bool fwcfg_add(struct device *dev, u16 key, const void *bytes, size_t count, struct error *err)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);
    struct item item = { .key = key, .bytes = bytes, .count = count };

    return is_free(f, key, err) && put_copy(f, 0, &item, err);
}

bool fwcfg_lend(struct device *dev, u16 key, const void *bytes, size_t count, struct error *err)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);
    struct item item = { .key = key, .bytes = bytes, .count = count };

    return is_free(f, key, err) && put(f, 0, &item, err);
}

bool fwcfg_add_number(struct device *dev, u16 key, u64 value, unsigned size, struct error *err)
{
    u8 bytes[8];

    store_le(bytes, value, size);
    return fwcfg_add(dev, key, bytes, size, err);
}

bool fwcfg_add_file(struct device *dev, const char *name, const void *bytes, size_t count,
                    struct error *err)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);
    struct item item = { .bytes = bytes, .count = count };
    unsigned at = f->items - f->files;

    if (!*name || strlen(name) >= FWCFG_NAME || count > UINT32_MAX)
        return fail(err, "%s: \"%s\" is no name for a file, or it is too long", dev->name, name);
    strcpy(item.name, name);
    while (at < f->items && strcmp(f->item[at].name, name) < 0)
        at++;
    if (at < f->items && !strcmp(f->item[at].name, name))
        return fail(err, "%s: there are two files %s", dev->name, name);
    if (!put_copy(f, at, &item, err))
        return false;
    f->files++;
    for (unsigned i = f->items - f->files, key = KEY_FILES; i < f->items; i++, key++)
        f->item[i].key = (u16)key;
    return true;
}

/* -- reading -- */

static u64 directory_size(const struct fwcfg *f)
{
    return DIRECTORY_HEAD + (u64)f->files * DIRECTORY_ENTRY;
}

static u8 directory_byte(const struct fwcfg *f, u64 at)
{
    u8 entry[DIRECTORY_ENTRY] = { 0 };
    const struct item *item;

    if (at < DIRECTORY_HEAD) {
        put_be32(entry, f->files);
        return entry[at];
    }
    at -= DIRECTORY_HEAD;
    item = &f->item[f->items - f->files + at / DIRECTORY_ENTRY];
    put_be32(entry, (u32)item->count);
    put_be32(entry + 4, (u32)item->key << 16);
    memcpy(entry + 8, item->name, FWCFG_NAME);
    return entry[at % DIRECTORY_ENTRY];
}

/* The next bytes; zeros where nothing is, or no more. */
static void fetch(struct fwcfg *f, u8 *to, size_t count)
{
    const struct item *item = find(f, f->key);
    u64 size = f->key == KEY_DIRECTORY ? directory_size(f) : item ? item->count : 0;
    u64 left = f->offset < size ? size - f->offset : 0;
    size_t n = count < left ? count : (size_t)left;

    for (size_t i = 0; i < n && f->key == KEY_DIRECTORY; i++)
        to[i] = directory_byte(f, f->offset + i);
    if (f->key != KEY_DIRECTORY && n)
        memcpy(to, item->bytes + f->offset, n);
    memset(to + n, 0, count - n);
    f->offset += n;
}

static void choose(struct fwcfg *f, u16 key)
{
    f->key = key & KEY_BITS;
    f->offset = 0;
    trace(&f->dev, "item %04x", f->key);
}

static u64 fwcfg_read(struct device *dev, u64 offset, unsigned size)
{
    u8 bytes[2] = { 0xff, 0xff };                   /* the selector is not to be read */
    unsigned at = offset == DATA ? 0 : 1;

    if (offset + size > DATA)
        fetch(container_of(dev, struct fwcfg, dev), &bytes[at], 1);
    return load_le16(bytes);
}

static void fwcfg_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    if (offset == SELECTOR && size == 2)
        choose(container_of(dev, struct fwcfg, dev), (u16)value);
    else
        guest_oddity(dev, "fw_cfg's selector takes words only");
}

/* -- DMA: [Guest-side DMA Interface] -- */

static bool copy_to_guest(struct fwcfg *f, u64 address, u32 count)
{
    struct space *memory = f->dev.machine->memory;
    u8 chunk[4096];

    for (u32 n; count; count -= n, address += n) {
        n = count < sizeof chunk ? count : sizeof chunk;
        fetch(f, chunk, n);
        if (!space_dma_write(memory, address, chunk, n))
            return false;
    }
    return true;
}

static u32 obey(struct fwcfg *f, u32 control, u32 count, u64 address)
{
    if (control & DMA_SELECT)
        choose(f, (u16)(control >> 16));
    if (control & DMA_READ)
        return copy_to_guest(f, address, count) ? 0 : DMA_ERROR;
    if (control & DMA_WRITE) {
        guest_oddity(&f->dev, "no item of fw_cfg may be written");
        return DMA_ERROR;
    }
    if (control & DMA_SKIP)
        f->offset += count;
    return 0;
}

static void transfer(struct fwcfg *f, u64 at)
{
    struct space *memory = f->dev.machine->memory;
    u8 block[16], result[4];
    u64 address;

    if (!space_dma_read(memory, at, block, sizeof block)) {
        guest_oddity(&f->dev, "fw_cfg's DMA block is not in RAM");
        return;
    }
    address = (u64)get_be32(block + 8) << 32 | get_be32(block + 12);
    trace(&f->dev, "DMA %08x, %u bytes, %llx", get_be32(block), get_be32(block + 4),
          (unsigned long long)address);
    put_be32(result, obey(f, get_be32(block), get_be32(block + 4), address));
    space_dma_write(memory, at, result, sizeof result);
}

static u64 fwcfg_dma_read(struct device *dev, u64 offset, unsigned size)
{
    return load_le((const u8 *)"QEMU CFG" + offset, size);
}

static void fwcfg_dma_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);
    u32 half = __builtin_bswap32((u32)value);
    u64 at = (u64)f->high << 32 | half;

    if (size != 4 || offset % 4) {
        guest_oddity(dev, "fw_cfg's DMA address takes dwords only");
        return;
    }
    if (offset == DMA_HIGH) {
        f->high = half;
        return;
    }
    f->high = 0;
    transfer(f, at);
}

/* -- life -- */

static const struct io_ops ports_io = { fwcfg_read, fwcfg_write, 2 };
static const struct io_ops dma_io = { fwcfg_dma_read, fwcfg_dma_write, 4 };

static void forget_items(struct fwcfg *f)
{
    for (unsigned i = 0; i < f->items; i++)
        free(f->item[i].copy);
}

static bool fwcfg_attach(struct device *dev, struct error *err)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);
    bool dma = device_flag(dev, "dma", true);
    struct space *ports = dev->machine->ports;

    f->ports = (struct region){ .name = "selector", .owner = dev, .io = &ports_io, .size = PORTS };
    space_map(ports, &f->ports, device_number(dev, "port", PORT), NORMAL);
    f->dma_ports = (struct region){
        .name = "dma", .owner = dev, .io = &dma_io, .size = DMA_PORTS,
    };
    if (dma)
        space_map(ports, &f->dma_ports, device_number(dev, "dma_port", DMA_PORT), NORMAL);
    if (fwcfg_add(dev, KEY_SIGNATURE, "QEMU", 4, err)
        && fwcfg_add_number(dev, KEY_VERSION, VERSION_PORTS | (dma ? VERSION_DMA : 0), 4, err))
        return true;
    forget_items(f);
    return false;
}

static void fwcfg_reset(struct device *dev, enum reset how)
{
    struct fwcfg *f = container_of(dev, struct fwcfg, dev);

    choose(f, KEY_SIGNATURE);
    f->high = 0;
}

static void fwcfg_detach(struct device *dev)
{
    forget_items(container_of(dev, struct fwcfg, dev));
}

const struct device_type fwcfg_type = {
    .name = "fw-cfg", .title = "firmware configuration", .size = sizeof(struct fwcfg),
    .state = state_rows, .attach = fwcfg_attach, .reset = fwcfg_reset, .detach = fwcfg_detach,
};
