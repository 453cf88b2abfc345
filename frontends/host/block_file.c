/*
 * Raw images and block devices. The lock belongs to the open file description (Linux,
 * fcntl(2), "Open file description locks"), so it ends with the descriptor, however we end.
 */
#define _GNU_SOURCE             /* F_OFD_SETLK */
#include "frontends/host/block.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    struct host_block host;
    int               fd;
    char              path[];
};

static struct file *file_of(struct block *b)
{
    return container_of(b, struct file, host.block);
}

/* -- sectors -- */

static bool file_read(struct block *b, u64 sector, u32 count, u8 *to)
{
    off_t at = (off_t)(sector * SECTOR_BYTES);

    for (size_t left = (size_t)count * SECTOR_BYTES; left;) {
        ssize_t n = pread(file_of(b)->fd, to, left, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        at += n;
        left -= (size_t)n;
    }
    return true;
}

static bool file_write(struct block *b, u64 sector, u32 count, const u8 *from)
{
    off_t at = (off_t)(sector * SECTOR_BYTES);

    for (size_t left = (size_t)count * SECTOR_BYTES; left;) {
        ssize_t n = pwrite(file_of(b)->fd, from, left, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        at += n;
        left -= (size_t)n;
    }
    return true;
}

static bool file_flush(struct block *b)
{
    int result;

    if (b->read_only)
        return true;
    do
        result = fdatasync(file_of(b)->fd);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

static void file_close(struct host_block *host)
{
    struct file *f = container_of(host, struct file, host);

    close(f->fd);
    free(f);
}

/* -- opening -- */

/* A file system without locks is no reason to refuse. */
static bool lock(int fd, const char *path, bool read_only, struct error *err)
{
    struct flock l = { .l_type = read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

    if (fcntl(fd, F_OFD_SETLK, &l) == 0 || (errno != EAGAIN && errno != EACCES))
        return true;
    return fail(err, "%s: in use by another process", path);
}

static bool measure(int fd, const char *path, u32 granule, u64 *bytes, struct error *err)
{
    struct stat st;
    off_t end;

    if (fstat(fd, &st) < 0)
        return fail(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return fail(err, "%s: a directory, not a disk image", path);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return fail(err, "%s: neither a file nor a block device", path);
    end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return fail(err, "%s: %s", path, strerror(errno));
    if (end == 0)
        return fail(err, "%s: empty, so it is no disk image", path);
    if (end % (off_t)granule)
        return fail(err, "%s: truncated: its %lld bytes are not whole sectors of %u bytes", path,
                    (long long)end, granule);
    *bytes = (u64)end;
    return true;
}

/* O_NONBLOCK: a FIFO without a writer must not hold us up. */
static int open_path(const char *path, bool read_only, struct error *err)
{
    int fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0)
        return fd;
    if (errno == EISDIR)
        fail(err, "%s: a directory, not a disk image", path);
    else if (!read_only && (errno == EACCES || errno == EROFS || errno == EPERM))
        fail(err, "%s: cannot be written to: %s", path, strerror(errno));
    else
        fail(err, "%s: %s", path, strerror(errno));
    return -1;
}

struct block *block_file_open(const char *path, bool read_only, u32 granule, struct error *err)
{
    static const struct block_ops ops = { file_read, file_write, file_flush };
    int fd = open_path(path, read_only, err);
    struct file *f = NULL;
    u64 bytes = 0;

    if (fd < 0)
        return NULL;
    if (!measure(fd, path, granule, &bytes, err) || !lock(fd, path, read_only, err))
        goto refused;
    f = malloc(sizeof *f + strlen(path) + 1);
    if (!f) {
        fail(err, "%s: no host memory", path);
        goto refused;
    }
    strcpy(f->path, path);
    f->fd = fd;
    f->host = (struct host_block){
        .block = { .ops = &ops, .name = f->path, .sectors = bytes / SECTOR_BYTES,
                   .read_only = read_only },
        .close = file_close,
    };
    return &f->host.block;

refused:
    close(fd);
    return NULL;
}
