#include "frontends/setup/files.h"

#include "core/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *open_regular(const char *path, u64 *size, struct error *err)
{
    FILE *f = fopen(path, "rb");
    struct stat st;

    if (!f || fstat(fileno(f), &st) < 0) {
        fail(err, "%s: %s", path, strerror(errno));
        if (f)
            fclose(f);
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        fclose(f);
        return fail(err, "%s: a directory", path), NULL;
    }
    *size = (u64)st.st_size;
    return f;
}

u8 *file_read(const char *path, size_t limit, size_t *count, struct error *err)
{
    u64 size;
    FILE *f = open_regular(path, &size, err);
    u8 *bytes = NULL;

    if (!f)
        return NULL;
    if (size == 0 || size > limit) {
        fail(err, "%s: %llu bytes; 1 to %llu are wanted", path, (unsigned long long)size,
             (unsigned long long)limit);
    } else if (!(bytes = malloc(size))) {
        fail(err, "%s: no host memory for %llu bytes", path, (unsigned long long)size);
    } else if (fread(bytes, 1, size, f) != size) {
        fail(err, "%s: %s", path, ferror(f) ? strerror(errno) : "it became shorter");
        free(bytes);
        bytes = NULL;
    }
    fclose(f);
    *count = bytes ? size : 0;
    return bytes;
}

bool file_head(const char *path, u8 *head, size_t room, size_t *count, u64 *size,
               struct error *err)
{
    FILE *f = open_regular(path, size, err);

    if (!f)
        return false;
    *count = fread(head, 1, room, f);
    fclose(f);
    return true;
}

bool file_exists(const char *path)
{
    return access(path, R_OK) == 0;
}
