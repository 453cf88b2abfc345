#define _GNU_SOURCE             /* memfd_create, mkostemp */
#include "frontends/host/unlinked.h"

#include "core/bits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int unlinked_in(const char *directory)
{
    char path[512];
    int fd;

    if (!directory || (size_t)snprintf(path, sizeof path, "%s/orrery-XXXXXX", directory)
                      >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

int unlinked_file(void)
{
    const char *const places[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
    int fd = -1;

    for (unsigned i = 0; i < COUNT(places) && fd < 0; i++)
        fd = unlinked_in(places[i]);
    return fd < 0 ? memfd_create("orrery", MFD_CLOEXEC) : fd;
}
