/* The PVH entry of ELF kernels (Xen, "x86/HVM direct boot ABI"). */
#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/elf.h"
#include "peripherals/firmware/kernel.h"

#include <string.h>

/* struct hvm_start_info, and behind it the module's entry and the command line. */
enum { MODULES = 12, MODULE_LIST = 16, LINE = 24, RSDP = 32, MAP = 40, MAP_COUNT = 48 };
enum { MODULE_AT = 0x40, LINE_AT = 0x100, LINE_BYTES = 0x1000 };

static bool fits(const u8 *b, size_t n)
{
    struct elf_image e;
    struct error ignored;

    return elf_fits(b, n) && elf_look(b, n, "", UINT64_C(1) << 32, &e, &ignored) && e.pvh_entry;
}

static bool prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                    struct error *err)
{
    const char *line = k->command_line ? k->command_line : "";
    struct kernel_part *part = kernel_add_part(s, KERNEL_IMAGE, 0), *info;
    u8 start[LINE_AT] = { 0 };
    struct elf_image e;
    u32 initrd, at;

    if (strlen(line) >= LINE_BYTES)
        return fail(err, "%s: takes a command line of less than 4096 characters", k->name);
    if (!elf_load(k->bytes, k->count, k->name, low_end, &e, &part->made, err)
        || !kernel_place_initrd(k, s, e.end, low_end, &initrd, err))
        return false;
    part->address = (u32)e.first;
    at = kernel_info_at(e.first);
    store_le(start, 0x336ec578, 4);
    store_le(start + 4, 1, 4);
    store_le(start + MODULES, initrd ? 1 : 0, 4);
    store_le(start + MODULE_LIST, initrd ? at + MODULE_AT : 0, 8);
    store_le(start + LINE, at + LINE_AT, 8);
    store_le(start + MAP, at + KERNEL_MAP, 8);
    store_le(start + MODULE_AT, initrd, 8);
    store_le(start + MODULE_AT + 8, k->initrd_count, 8);
    info = kernel_add_part(s, KERNEL_COMMAND_LINE, at);
    buffer_put(&info->made, start, sizeof start);
    buffer_put(&info->made, line, strlen(line) + 1);
    s->map_kind = MAP_PVH;
    s->map_at = at + KERNEL_MAP;
    s->map_size_at = at + MAP_COUNT;
    s->rsdp_address_at = at + RSDP;
    s->flat = 1;
    s->ebx = at;
    s->entry = e.pvh_entry;
    return true;
}

const struct kernel_format kernel_pvh = { "ELF with a PVH entry", fits, prepare };
