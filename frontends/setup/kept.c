#include "frontends/setup/kept.h"

#include "frontends/host/unlinked.h"
#include "frontends/setup/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = 1 << 20 };

static bool copy(int from, int to, size_t count)
{
    while (count) {
        ssize_t n = sendfile(to, from, NULL, count);

        if (n <= 0)
            return false;
        count -= (size_t)n;
    }
    return true;
}

/* NULL where it cannot be done. */
static u8 *map_copy(int from, size_t count)
{
    int to = unlinked_file();
    void *bytes = MAP_FAILED;

    if (to < 0)
        return NULL;
    if (copy(from, to, count))
        bytes = mmap(NULL, count, PROT_READ, MAP_SHARED, to, 0);
    close(to);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static bool map_large(struct kept *k, const char *path, size_t limit)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= LARGE
        && (u64)st.st_size <= limit) {
        k->count = (size_t)st.st_size;
        k->bytes = map_copy(fd, k->count);
        k->mapped = k->bytes;
    }
    close(fd);
    return k->mapped;
}

bool kept_read(struct kept *k, const char *path, size_t limit, struct error *err)
{
    *k = (struct kept){ 0 };
    if (!map_large(k, path, limit))
        k->bytes = file_read(path, limit, &k->count, err);
    return k->bytes;
}

void kept_rest(const struct kept *k)
{
    if (k->mapped)
        madvise(k->bytes, k->count, MADV_DONTNEED);
}

void kept_free(struct kept *k)
{
    if (k->mapped)
        munmap(k->bytes, k->count);
    else
        free(k->bytes);
    *k = (struct kept){ 0 };
}
