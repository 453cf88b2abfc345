/* The Multiboot Specification 0.6.96. Not modelled: video modes (flag 2), symbol tables. */
#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/kernel.h"
#include "peripherals/firmware/multiboot_load.h"

#include <string.h>

enum { MAGIC = 0x1badb002, STARTED_BY = 0x2badb002, SEARCHED = 8192 };
enum { WANTS_ADDRESSES = 0x10000, MUST = 0xffff, UNDERSTOOD = 7 };
enum { ADDRESSES = 12, ENTRY = 28 };    /* in the header (3.1.3) */

/* Offsets in the information structure, and of what lies behind it. */
enum {
    FLAGS = 0, MEM_LOWER = 4, MEM_UPPER = 8, BOOT_DEVICE = 12, LINE = 16, MODULES = 20,
    MODULE_LIST = 24, MAP_LENGTH = 44, MAP_ADDRESS = 48, LOADER = 64,
    MODULE_AT = 0x80, LOADER_AT = 0xc0, LINE_AT = 0x100, LINE_BYTES = 0x2000,
};

enum { HAS_MEMORY = 1, HAS_DEVICE = 2, HAS_LINE = 4, HAS_MODULES = 8, HAS_MAP = 0x40,
       HAS_LOADER = 0x200 };

static bool find(const u8 *b, size_t n, u64 *at)
{
    for (*at = 0; *at + 12 <= n && *at + 12 <= SEARCHED; *at += 4)
        if (kernel_field(b, n, *at, 4) == MAGIC
            && (u32)(kernel_field(b, n, *at, 4) + kernel_field(b, n, *at + 4, 4)
                     + kernel_field(b, n, *at + 8, 4)) == 0)
            return true;
    return false;
}

static bool fits(const u8 *b, size_t n)
{
    u64 at;

    return find(b, n, &at);
}

static void tell(const struct board_kernel *k, size_t line, u32 initrd, u32 at, u8 *info)
{
    store_le(info + FLAGS, HAS_MEMORY | HAS_DEVICE | HAS_LINE | HAS_MODULES | HAS_MAP | HAS_LOADER,
             4);
    store_le(info + MEM_LOWER, 639, 4);
    store_le(info + BOOT_DEVICE, 0x8000ffff, 4);
    store_le(info + LINE, at + LINE_AT, 4);
    store_le(info + MODULES, initrd ? 1 : 0, 4);
    store_le(info + MODULE_LIST, at + MODULE_AT, 4);
    store_le(info + MAP_ADDRESS, at + KERNEL_MAP, 4);
    store_le(info + LOADER, at + LOADER_AT, 4);
    store_le(info + MODULE_AT, initrd, 4);
    store_le(info + MODULE_AT + 4, initrd + k->initrd_count, 4);
    store_le(info + MODULE_AT + 8, at + LINE_AT + line, 4);           /* "" */
    memcpy(info + LOADER_AT, "Orrery", 7);
}

/* The command line begins with the kernel's name, as GRUB Legacy's and QEMU's do. */
static bool prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                    struct error *err)
{
    const char *words = k->command_line ? k->command_line : "", *space = *words ? " " : "";
    size_t line = strlen(k->name) + strlen(space) + strlen(words);
    struct kernel_part *part = kernel_add_part(s, KERNEL_IMAGE, 0), *info;
    u8 told[LINE_AT] = { 0 };
    struct elf_image e;
    u64 header, flags;
    u32 initrd, at;

    find(k->bytes, k->count, &header);
    flags = kernel_field(k->bytes, k->count, header + 4, 4);
    if (flags & MUST & ~UNDERSTOOD)
        return fail(err, "%s: its multiboot header asks for features %04llxh that are not here",
                    k->name, (unsigned long long)(flags & MUST));
    if (line >= LINE_BYTES)
        return fail(err, "%s: takes a command line of less than 8192 characters", k->name);
    if (!multiboot_load(k, "multiboot", header, flags & WANTS_ADDRESSES ? header + ADDRESSES : 0,
                        low_end, &e, &part->made, err))
        return false;
    if (flags & WANTS_ADDRESSES)
        e.entry = kernel_field(k->bytes, k->count, header + ENTRY, 4);
    part->address = (u32)e.first;
    if (!kernel_place_initrd(k, s, e.end, low_end, &initrd, err))
        return false;
    at = kernel_info_at(e.first);
    tell(k, line, initrd, at, told);
    info = kernel_add_part(s, KERNEL_COMMAND_LINE, at);
    buffer_put(&info->made, told, sizeof told);
    buffer_put(&info->made, k->name, strlen(k->name));
    buffer_put(&info->made, space, strlen(space));
    buffer_put(&info->made, words, strlen(words) + 1);
    s->map_kind = MAP_MULTIBOOT;
    s->map_at = at + KERNEL_MAP;
    s->map_size_at = at + MAP_LENGTH;
    s->upper_at = at + MEM_UPPER;
    s->flat = 1;
    s->eax = STARTED_BY;
    s->ebx = at;
    s->entry = (u32)e.entry;
    return true;
}

const struct kernel_format kernel_multiboot = { "multiboot", fits, prepare };
