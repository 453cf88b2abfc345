/* Which format a medium has. Today there is one; the others are told by what they begin with. */
#include "frontends/host/block.h"

#include "core/error.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 512 };

struct mark {
    const char *format, *bytes;
    u16         at, count;
};

static const struct mark marks[] = {
    { "a qcow image",               "QFI\xfb", 0, 4 },
    { "a QED image",                "QED\0", 0, 4 },
    { "a VMDK image",               "KDMV", 0, 4 },
    { "a VMDK image",               "COWD", 0, 4 },
    { "a VMDK image's description", "# Disk DescriptorFile", 0, 21 },
    { "a VDI image",                "\x7f\x10\xda\xbe", 0x40, 4 },
    { "a VHD image",                "conectix", 0, 8 },
    { "a VHDX image",               "vhdxfile", 0, 8 },
    { "a Parallels image",          "WithoutFreeSpace", 0, 16 },
    { "a Parallels image",          "WithouFreSpacExt", 0, 16 },
    { "compressed by gzip",         "\x1f\x8b\x08", 0, 3 },
    { "compressed by bzip2",        "BZh", 0, 3 },
    { "compressed by xz",           "\xfd" "7zXZ\0", 0, 6 },
    { "compressed by zstd",         "\x28\xb5\x2f\xfd", 0, 4 },
    { "a 7z archive",               "7z\xbc\xaf\x27\x1c", 0, 6 },
    { "a zip archive",              "PK\3\4", 0, 4 },
};

const char *block_foreign_format(const u8 *head, size_t count)
{
    for (unsigned i = 0; i < COUNT(marks); i++) {
        const struct mark *m = &marks[i];

        if ((size_t)m->at + m->count <= count && !memcmp(head + m->at, m->bytes, m->count))
            return m->format;
    }
    return NULL;
}

/* A foreign file is seldom of whole sectors, so this comes before its size is judged. */
static const char *foreign(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    u8 head[HEAD];
    ssize_t n;

    if (fd < 0)
        return NULL;
    n = pread(fd, head, sizeof head, 0);
    close(fd);
    return n > 0 ? block_foreign_format(head, (size_t)n) : NULL;
}

struct block *block_open(const char *path, enum block_mode mode, struct error *err)
{
    bool read_only = mode & (BLOCK_READ_ONLY | BLOCK_THROW_AWAY);
    const char *format = mode & BLOCK_RAW ? NULL : foreign(path);
    struct block *b, *over;

    if (format)
        return fail(err, "%s: %s; only raw images can be used", path, format), NULL;
    b = block_file_open(path, read_only, mode & BLOCK_CD ? 2048 : SECTOR_BYTES, err);
    if (!b || !(mode & BLOCK_THROW_AWAY))
        return b;
    over = block_overlay_open(b, err);
    if (!over)
        block_close(b);
    return over;
}

void block_close(struct block *b)
{
    struct host_block *host;

    if (!b)
        return;
    host = container_of(b, struct host_block, block);
    host->close(host);
}
