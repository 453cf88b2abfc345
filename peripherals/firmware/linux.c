/*
 * Linux by its boot protocol, of every version (Documentation/arch/x86/boot.rst of the
 * kernel): the real-mode set-up code, the kernel behind it, command line, initial RAM disk.
 */
#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/kernel.h"

#include <stdlib.h>
#include <string.h>

/* Offsets in the set-up header. */
enum {
    SETUP_SECTS = 0x1f1, VID_MODE = 0x1fa, BOOT_FLAG = 0x1fe, HDRS = 0x202, VERSION = 0x206,
    TYPE_OF_LOADER = 0x210, LOADFLAGS = 0x211, RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21c,
    HEAP_END_PTR = 0x224, CMD_LINE_PTR = 0x228, INITRD_ADDR_MAX = 0x22c, CMDLINE_SIZE = 0x238,
    HEADER_END = 0x240,         /* of what is looked at */
};

enum { LOADED_HIGH = 1, CAN_USE_HEAP = 0x80 };
enum { FIRMWARE_RESERVE = 1 << 20 };            /* its tables, at the top of low RAM */

static bool has_header(const u8 *b, size_t n)
{
    return kernel_field(b, n, HDRS, 4) == 0x53726448;
}

static bool fits(const u8 *b, size_t n)
{
    return n >= HEADER_END && has_header(b, n) && kernel_field(b, n, BOOT_FLAG, 2) == 0xaa55;
}

/* vga=... is the boot loader's to understand. */
static u16 video_mode(const char *line)
{
    const char *at = line ? strstr(line, "vga=") : NULL;

    if (!at || (at != line && at[-1] != ' '))
        return 0;
    at += 4;
    if (!strncmp(at, "normal", 6))
        return 0xffff;
    if (!strncmp(at, "ext", 3))
        return 0xfffe;
    if (!strncmp(at, "ask", 3))
        return 0xfffd;
    return (u16)strtoul(at, NULL, 0);
}

static bool check(const struct board_kernel *k, size_t setup, size_t line, struct error *err)
{
    u64 version = kernel_field(k->bytes, k->count, VERSION, 2);
    u64 longest = version >= 0x206 ? kernel_field(k->bytes, k->count, CMDLINE_SIZE, 4) : 255;

    if (setup >= k->count)
        return fail(err, "%s: truncated: its set-up code alone has %zu bytes", k->name, setup);
    if (line > longest + 1 || line > 0x8000)
        return fail(err, "%s: takes a command line of at most %u characters", k->name,
                    (unsigned)longest);
    return true;
}

static bool place_initrd(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                         u8 *setup, u32 version, struct error *err)
{
    u64 highest = version >= 0x203 ? load_le32(setup + INITRD_ADDR_MAX) : 0x37ffffff;
    u64 top = low_end < 16u << 20 ? low_end : low_end - FIRMWARE_RESERVE, lowest;
    u32 address;

    if (!k->initrd)
        return true;
    if (version < 0x200)
        return fail(err, "%s: this kernel is too old for an initial RAM disk", k->name);
    if (top > highest + 1)
        top = highest + 1;
    lowest = 0x100000 + k->count;
    if (k->initrd_count > top || ((top - k->initrd_count) & ~UINT64_C(0xfff)) < lowest)
        return fail(err, "%s: the initial RAM disk of %zu KB does not fit in this memory",
                    k->name, k->initrd_count >> 10);
    if (!kernel_place_initrd(k, s, (top - k->initrd_count) & ~UINT64_C(0xfff), low_end,
                             &address, err))
        return false;
    store_le(setup + RAMDISK_IMAGE, address, 4);
    store_le(setup + RAMDISK_SIZE, k->initrd_count, 4);
    return true;
}

/* Protocol 2.02 tells a pointer; before, a magic number and an offset in the boot sector. */
static void tell_command_line(u8 *setup, u32 version, u32 at, u32 setup_at)
{
    if (version >= 0x202) {
        store_le(setup + CMD_LINE_PTR, at, 4);
        return;
    }
    store_le(setup + 0x20, 0xa33f, 2);
    store_le(setup + 0x22, at - setup_at, 2);
}

static bool prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                    struct error *err)
{
    const char *line = k->command_line ? k->command_line : "";
    size_t line_bytes = strlen(line) + 1;
    u32 version = (u32)kernel_field(k->bytes, k->count, VERSION, 2);
    unsigned sectors = k->bytes[SETUP_SECTS] ? k->bytes[SETUP_SECTS] : 4;
    size_t setup_bytes = (sectors + 1) * 512u;
    bool high = k->bytes[LOADFLAGS] & LOADED_HIGH;
    bool modern = version >= 0x202 && high;
    u32 setup_at = modern ? 0x10000 : 0x90000;
    u32 line_at = modern ? 0x20000 : 0x9a000 - (((u32)line_bytes + 15) & ~15u);
    size_t rest = k->count - setup_bytes;
    struct kernel_part *setup;
    u8 *h;

    if (!check(k, setup_bytes, line_bytes, err))
        return false;
    setup = kernel_add_part(s, KERNEL_SETUP, setup_at);
    buffer_put(&setup->made, k->bytes, setup_bytes);
    if (setup->made.failed)
        return fail(err, "%s: no host memory for it", k->name);
    h = setup->made.bytes;
    kernel_give_part(s, KERNEL_IMAGE, high ? 0x100000 : 0x10000, k->bytes + setup_bytes, rest);
    if (rest > (high ? low_end - 0x100000 : 0x80000))
        return fail(err, "%s: does not fit in this memory", k->name);
    buffer_put(&kernel_add_part(s, KERNEL_COMMAND_LINE, line_at)->made, line, line_bytes);
    h[TYPE_OF_LOADER] = 0xff;                   /* none that has a number */
    if (version >= 0x201) {
        h[LOADFLAGS] |= CAN_USE_HEAP;
        store_le(h + HEAP_END_PTR, line_at - setup_at - 0x200, 2);
    }
    tell_command_line(h, version, line_at, setup_at);
    if (video_mode(line))
        store_le(h + VID_MODE, video_mode(line), 2);
    if (!place_initrd(k, low_end, s, h, version, err))
        return false;
    s->entry = setup_at >> 4;
    s->stack = line_at - setup_at - 16;
    return true;
}

const struct kernel_format kernel_linux = { "Linux bzImage", fits, prepare };
