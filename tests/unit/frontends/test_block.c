#include "frontends/host/block.h"

#include "core/error.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/orrery-test-XXXXXX";
static char path[64];
static struct error err;

static void start(void)
{
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    cr_assert(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/image", directory);
    *err.text = '\0';
}

static void end(void)
{
    chmod(path, 0600);
    rmdir(path);
    unlink(path);
    rmdir(directory);
}

TestSuite(block, .init = start, .fini = end);

/* Sectors that tell their number, and then some bytes of a text. */
static void make(u64 bytes, const char *head, size_t count)
{
    FILE *f = fopen(path, "w");

    cr_assert(f);
    for (u64 i = 0; i < bytes; i++)
        fputc((int)(i / 512 & 0xff), f);
    rewind(f);
    fwrite(head, 1, count, f);
    fclose(f);
}

static bool says(const char *text)
{
    return !strncmp(err.text, path, strlen(path)) && strstr(err.text, text);
}

Test(block, sectors_are_read_and_written_and_stay)
{
    u8 bytes[1024], back[1024] = { 0 };
    struct block *b;

    make(8 * 512, "", 0);
    b = block_open(path, 0, &err);
    cr_assert(b, "%s", err.text);
    cr_assert_eq(b->sectors, 8);
    cr_assert_str_eq(b->name, path);
    cr_assert_not(b->read_only);
    cr_assert(b->ops->read(b, 6, 2, bytes));
    cr_assert_eq(bytes[0], 6);
    cr_assert_eq(bytes[1023], 7);
    memset(bytes, 0xee, sizeof bytes);
    cr_assert(b->ops->write(b, 3, 2, bytes));
    cr_assert(b->ops->flush(b));
    block_close(b);
    b = block_open(path, BLOCK_READ_ONLY, &err);
    cr_assert(b->read_only);
    cr_assert(b->ops->read(b, 3, 2, back));
    cr_assert_arr_eq(back, bytes, 1024);
    cr_assert_not(b->ops->write(b, 3, 2, bytes));
    cr_assert(b->ops->flush(b));
    block_close(b);
}

Test(block, what_is_beyond_4_gigabytes_is_there)
{
    u64 far = (UINT64_C(5) << 30) / 512;
    u8 bytes[512] = "far", back[512];
    struct block *b;

    make(512, "", 0);
    cr_assert_eq(truncate(path, (off_t)((far + 1) * 512)), 0);
    b = block_open(path, 0, &err);
    cr_assert_eq(b->sectors, far + 1);
    cr_assert(b->ops->write(b, far, 1, bytes));
    cr_assert(b->ops->read(b, far, 1, back));
    cr_assert_str_eq((char *)back, "far");
    block_close(b);
}

Test(block, a_file_that_became_shorter_fails_to_read)
{
    u8 bytes[512];
    struct block *b;

    make(8 * 512, "", 0);
    b = block_open(path, 0, &err);
    cr_assert_eq(truncate(path, 100), 0);
    cr_assert_not(b->ops->read(b, 7, 1, bytes));
    block_close(b);
}

Test(block, a_truncated_image_is_refused)
{
    make(1000, "", 0);
    cr_assert_null(block_open(path, 0, &err));
    cr_assert(says("truncated"), "%s", err.text);
    make(3 * 512, "", 0);
    cr_assert_null(block_open(path, BLOCK_CD | BLOCK_READ_ONLY, &err));
    cr_assert(says("2048"), "%s", err.text);
    make(0, "", 0);
    cr_assert_null(block_open(path, 0, &err));
    cr_assert(says("empty"), "%s", err.text);
}

Test(block, what_is_no_image_is_refused)
{
    cr_assert_null(block_open(path, 0, &err));
    cr_assert(says("No such file"), "%s", err.text);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_null(block_open(path, 0, &err));
    cr_assert(says("a directory"), "%s", err.text);
    cr_assert_null(block_open(path, BLOCK_READ_ONLY, &err));
    cr_assert(says("a directory"), "%s", err.text);
    rmdir(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_null(block_open(path, 0, &err));
    cr_assert(says("neither"), "%s", err.text);
}

Test(block, a_file_that_may_only_be_read_is_refused_for_writing)
{
    int status;

    make(512, "", 0);
    chmod(path, 0400);
    chmod(directory, 0711);
    if (fork() == 0) {                  /* root may write anything */
        chown(path, 65534, 65534);
        _exit(setuid(65534) == 0 && !block_open(path, 0, &err) && says("cannot be written")
              && block_open(path, BLOCK_READ_ONLY, &err) ? 0 : 1);
    }
    wait(&status);
    cr_assert(geteuid() != 0 || status == 0);
}

Test(block, another_process_may_read_with_us_or_write_alone)
{
    struct block *b;
    int status;

    make(512, "", 0);
    b = block_open(path, BLOCK_READ_ONLY, &err);
    if (fork() == 0)
        _exit(block_open(path, BLOCK_THROW_AWAY, &err) && !block_open(path, 0, &err)
              && says("in use by another process") ? 0 : 1);
    wait(&status);
    cr_assert_eq(status, 0);
    block_close(b);
    b = block_open(path, 0, &err);
    cr_assert(b);
    if (fork() == 0)
        _exit(!block_open(path, BLOCK_READ_ONLY, &err) && says("in use") ? 0 : 1);
    wait(&status);
    cr_assert_eq(status, 0);
    block_close(b);
}

Test(block, formats_we_lack_are_refused_by_name)
{
    static const struct { const char *head; size_t count; const char *name; } formats[] = {
        { "QFI\xfb\0\0\0\3", 8, "qcow" }, { "KDMV", 4, "VMDK" }, { "vhdxfile", 8, "VHDX" },
        { "conectix", 8, "VHD" }, { "\xfd" "7zXZ", 6, "xz" }, { "\x1f\x8b\x08", 3, "gzip" },
    };

    for (unsigned i = 0; i < COUNT(formats); i++) {
        make(777, formats[i].head, formats[i].count);
        cr_assert_null(block_open(path, 0, &err));
        cr_assert(says(formats[i].name), "%s", err.text);
    }
    make(512, "QFI\xfb\0\0\0\3", 8);
    block_close(block_open(path, BLOCK_RAW, &err));
}

Test(block, what_is_thrown_away_is_seen_but_never_stored)
{
    u8 bytes[4 * 512], sector[512];
    struct block *b;

    make(300 * 512, "", 0);
    b = block_open(path, BLOCK_THROW_AWAY, &err);
    cr_assert(b, "%s", err.text);
    cr_assert_not(b->read_only);
    cr_assert_eq(b->sectors, 300);
    memset(sector, 0xee, sizeof sector);
    cr_assert(b->ops->write(b, 64, 1, sector));
    cr_assert(b->ops->write(b, 66, 1, sector));
    cr_assert(b->ops->read(b, 63, 4, bytes));
    cr_assert_eq(bytes[0], 63);
    cr_assert_eq(bytes[512], 0xee);
    cr_assert_eq(bytes[1024], 65);
    cr_assert_eq(bytes[1536], 0xee);
    cr_assert(b->ops->flush(b));
    block_close(b);
    b = block_open(path, BLOCK_READ_ONLY, &err);
    cr_assert(b->ops->read(b, 64, 1, sector));
    cr_assert_eq(sector[0], 64);
    block_close(b);
}
