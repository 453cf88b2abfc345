#include "frontends/setup/kept.h"

#include "core/error.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE = 3 << 20, SMALL = 5000, LIMIT = 4 << 20 };

static char directory[] = "/tmp/orrery-test-XXXXXX";
static char path[64];
static struct error err;
static struct kept k;

static void start(void)
{
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    cr_assert(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/kernel", directory);
    *err.text = '\0';
}

static void end(void)
{
    kept_free(&k);
    unlink(path);
    rmdir(directory);
}

TestSuite(kept, .init = start, .fini = end);

static u8 byte_at(size_t i) { return (u8)(i / 4096 + i); }

static void make(size_t count)
{
    FILE *f = fopen(path, "w");

    cr_assert(f);
    for (size_t i = 0; i < count; i++)
        fputc(byte_at(i), f);
    fclose(f);
}

static bool is_as_made(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (k.bytes[i] != byte_at(i))
            return false;
    return k.count == count;
}

/* Bytes of it that are in this process. */
static size_t resident(void)
{
    char line[256];
    size_t kilobytes = 0;
    bool here = false;
    FILE *f = fopen("/proc/self/smaps", "r");

    cr_assert(f);
    while (fgets(line, sizeof line, f)) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = from == (unsigned long)k.bytes;
        if (here && sscanf(line, "Rss: %zu", &kilobytes) == 1)
            break;
    }
    fclose(f);
    return kilobytes << 10;
}

Test(kept, what_becomes_of_the_file_does_not_matter)
{
    static const size_t counts[] = { SMALL, LARGE };

    for (unsigned i = 0; i < COUNT(counts); i++) {
        make(counts[i]);
        cr_assert(kept_read(&k, path, LIMIT, &err), "%s", err.text);
        cr_assert_eq(truncate(path, 10), 0);
        cr_assert(is_as_made(counts[i]));
        unlink(path);
        cr_assert(is_as_made(counts[i]));
        kept_free(&k);
    }
}

Test(kept, at_rest_a_large_one_takes_no_memory)
{
    make(LARGE);
    cr_assert(kept_read(&k, path, LIMIT, &err), "%s", err.text);
    cr_assert(is_as_made(LARGE));
    cr_assert_eq(resident(), LARGE);
    kept_rest(&k);
    cr_assert_eq(resident(), 0);
    cr_assert(is_as_made(LARGE));
}

Test(kept, a_file_that_cannot_be_is_told)
{
    cr_assert_not(kept_read(&k, path, LIMIT, &err));
    cr_assert(strstr(err.text, path));
    make(LARGE);
    cr_assert_not(kept_read(&k, path, LARGE - 1, &err));
    cr_assert(strstr(err.text, path));
}
