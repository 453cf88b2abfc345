#include "frontends/setup/recognise.h"

#include "core/bits.h"
#include "frontends/host/block.h"

#include <string.h>

enum { SIGNATURE_AT = 510, LINUX_MAGIC_AT = 0x202, ISO_MAGIC_AT = 16 * 2048 + 1 };
enum { MULTIBOOT_SEARCH = 8192, MULTIBOOT2_SEARCH = 32768 };
#define MULTIBOOT_MAGIC     0x1badb002u
#define MULTIBOOT2_MAGIC    0xe85250d6u

static bool has(const u8 *head, size_t count, size_t at, const char *text)
{
    size_t length = strlen(text);

    return at + length <= count && !memcmp(head + at, text, length);
}

static bool has_boot_signature(const u8 *head, size_t count)
{
    return count >= 512 && head[SIGNATURE_AT] == 0x55 && head[SIGNATURE_AT + 1] == 0xaa;
}

/* Multiboot Specification 0.6.96, "OS image format": aligned words that add up to zero. */
static bool is_multiboot(const u8 *head, size_t count)
{
    for (size_t i = 0; i + 12 <= count && i + 12 <= MULTIBOOT_SEARCH; i += 4)
        if (load_le32(head + i) == MULTIBOOT_MAGIC
            && load_le32(head + i) + load_le32(head + i + 4) + load_le32(head + i + 8) == 0)
            return true;
    return false;
}

/* Multiboot2 Specification 2.0, "Header layout". */
static bool is_multiboot2(const u8 *head, size_t count)
{
    for (size_t i = 0; i + 16 <= count && i + 16 <= MULTIBOOT2_SEARCH; i += 8)
        if (load_le32(head + i) == MULTIBOOT2_MAGIC
            && load_le32(head + i) + load_le32(head + i + 4) + load_le32(head + i + 8)
               + load_le32(head + i + 12) == 0)
            return true;
    return false;
}

static const char *floppy(u64 size)
{
    static const struct { u32 sectors; const char *what; } formats[] = {
        { 320, "160 KB diskette" }, { 360, "180 KB diskette" }, { 640, "320 KB diskette" },
        { 720, "360 KB diskette" }, { 1440, "720 KB diskette" }, { 2400, "1.2 MB diskette" },
        { 2880, "1.44 MB diskette" }, { 3360, "1.68 MB diskette" }, { 3444, "1.72 MB diskette" },
        { 5760, "2.88 MB diskette" },
    };

    for (unsigned i = 0; i < COUNT(formats); i++)
        if (size == formats[i].sectors * UINT64_C(512))
            return formats[i].what;
    return NULL;
}

static const char *kernel(const u8 *head, size_t count)
{
    if (has(head, count, 0, "\x7f" "ELF"))
        return is_multiboot(head, count) ? "multiboot kernel (ELF)"
             : is_multiboot2(head, count) ? "multiboot2 kernel (ELF)" : "ELF kernel";
    if (has(head, count, LINUX_MAGIC_AT, "HdrS"))
        return "Linux kernel (bzImage)";
    if (has_boot_signature(head, count) || has(head, count, ISO_MAGIC_AT, "CD001"))
        return NULL;                    /* a loader's sectors may hold such a header */
    return is_multiboot(head, count) ? "multiboot kernel"
         : is_multiboot2(head, count) ? "multiboot2 kernel" : NULL;
}

enum image recognise(const u8 *head, size_t count, u64 size, const char **what)
{
    if ((*what = block_foreign_format(head, count)))
        return IMAGE_FOREIGN;
    if ((*what = kernel(head, count)))
        return IMAGE_KERNEL;
    *what = "CD image (ISO 9660)";
    if (has(head, count, ISO_MAGIC_AT, "CD001"))
        return IMAGE_CD;
    if ((*what = floppy(size)))
        return IMAGE_FLOPPY;
    *what = "disk";
    if (has_boot_signature(head, count) || has(head, count, 512, "EFI PART"))
        return IMAGE_DISK;
    *what = "looked for: a Linux kernel's HdrS, an ELF or multiboot header, ISO 9660's CD001, "
            "a diskette's size, a disk's boot signature 55h AAh; say -hda, -cdrom, -fda or "
            "-kernel to have it as that";
    return IMAGE_UNKNOWN;
}
