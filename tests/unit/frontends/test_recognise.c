#include "core/bits.h"
#include "frontends/setup/recognise.h"

#include <criterion/criterion.h>
#include <string.h>

static u8 head[RECOGNISE_BYTES];

static void start(void)     { memset(head, 0, sizeof head); }
TestSuite(recognise, .init = start);

static enum image look(u64 size)
{
    const char *what;
    enum image kind = recognise(head, size < sizeof head ? size : sizeof head, size, &what);

    cr_assert(what);
    return kind;
}

static void sign(void)
{
    head[510] = 0x55;
    head[511] = 0xaa;
}

Test(recognise, a_kernel_of_linux_has_a_boot_signature_too)
{
    sign();
    memcpy(head + 0x202, "HdrS", 4);
    cr_assert_eq(look(5 << 20), IMAGE_KERNEL);
}

Test(recognise, elf_is_a_kernel)
{
    memcpy(head, "\x7f" "ELF\x02\x01\x01", 7);
    cr_assert_eq(look(12345), IMAGE_KERNEL);
}

Test(recognise, multiboot_is_three_words_that_add_up_to_zero)
{
    store_le32(head + 64, 0x1badb002);
    store_le32(head + 68, 3);
    cr_assert_eq(look(99999), IMAGE_UNKNOWN);
    store_le32(head + 72, -(0x1badb002u + 3));
    cr_assert_eq(look(99999), IMAGE_KERNEL);
}

Test(recognise, multiboot_2_is_four_words)
{
    store_le32(head + 128, 0xe85250d6);
    store_le32(head + 136, 24);
    store_le32(head + 140, -(0xe85250d6u + 24));
    cr_assert_eq(look(99999), IMAGE_KERNEL);
}

Test(recognise, a_multiboot_header_behind_a_boot_sector_is_the_loaders_affair)
{
    sign();
    store_le32(head + 1024, 0x1badb002);
    store_le32(head + 1032, -0x1badb002u);
    cr_assert_eq(look(8 << 20), IMAGE_DISK);
}

Test(recognise, a_cd_may_be_a_disk_as_well)
{
    memcpy(head + 32769, "CD001", 5);
    cr_assert_eq(look(10 << 20), IMAGE_CD);
    sign();
    cr_assert_eq(look(10 << 20), IMAGE_CD);
}

Test(recognise, diskettes_are_told_by_their_size)
{
    static const u32 kilobytes[] = { 160, 180, 320, 360, 720, 1200, 1440, 2880 };

    for (unsigned i = 0; i < COUNT(kilobytes); i++)
        cr_assert_eq(look(kilobytes[i] * UINT64_C(1024)), IMAGE_FLOPPY);
    cr_assert_eq(look(1441 * 1024), IMAGE_UNKNOWN);
}

Test(recognise, a_disk_has_a_signature)
{
    cr_assert_eq(look(64 << 20), IMAGE_UNKNOWN);
    sign();
    cr_assert_eq(look(64 << 20), IMAGE_DISK);
    cr_assert_eq(look(512), IMAGE_DISK);
}

Test(recognise, what_others_made_is_named)
{
    const char *what;

    memcpy(head, "QFI\xfb", 4);
    cr_assert_eq(recognise(head, sizeof head, 1 << 20, &what), IMAGE_FOREIGN);
    cr_assert(strstr(what, "qcow"));
}

Test(recognise, short_files_are_not_read_past_their_end)
{
    const char *what;

    for (size_t n = 0; n < 64; n++)
        cr_assert_eq(recognise(head, n, n, &what), IMAGE_UNKNOWN);
}
