/* What the PC's firmware finds in CMOS and fw_cfg. */
#include "peripherals/boards/pc_parts.h"

#include "core/block.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/version.h"
#include "peripherals/chipset/fwcfg.h"
#include "peripherals/chipset/rtc.h"
#include "peripherals/firmware/acpi.h"
#include "peripherals/firmware/kernel.h"
#include "peripherals/firmware/smbios.h"
#include "peripherals/storage/floppy_drive.h"
#include "roms/roms.h"

#include <stdio.h>
#include <string.h>

/* -- CMOS, as IBM laid it out and SeaBIOS reads it -- */

static void set(struct pc *pc, u8 at, u64 value, unsigned bytes)
{
    struct device *rtc = machine_find(pc->machine, "rtc");

    for (unsigned i = 0; i < bytes; i++)
        rtc_set_cmos(rtc, (u8)(at + i), (u8)(value >> (8 * i)));
}

static u64 at_most(u64 value, u64 limit)
{
    return value < limit ? value : limit;
}

static void set_memory(struct pc *pc)
{
    u64 low = pc->low_end, extended = low > 1 << 20 ? (low - (1 << 20)) >> 10 : 0;
    u64 above16 = low > 16 << 20 ? (low - (16 << 20)) >> 16 : 0;
    u64 high = pc->high_end ? (pc->high_end - (UINT64_C(1) << 32)) >> 16 : 0;

    set(pc, 0x15, 640, 2);
    set(pc, 0x17, at_most(extended, 0xffff), 2);
    set(pc, 0x30, at_most(extended, 0xffff), 2);
    set(pc, 0x34, at_most(above16, 0xffff), 2);
    set(pc, 0x5b, at_most(high, 0xffffff), 3);
}

static const struct board_drive *drive(const struct pc *pc, const char *name)
{
    for (size_t i = 0; i < pc->in->drive_count; i++)
        if (!strcmp(pc->in->drives[i].name, name))
            return &pc->in->drives[i];
    return NULL;
}

static unsigned floppy_type(const struct pc *pc, const char *name)
{
    const struct device *dev = machine_find(pc->machine, name);

    return dev ? floppy_cmos(dev) : 0;
}

/* Type 47 in 12h, its geometry behind 1Bh, how to translate it in 39h. */
static void set_disk(struct pc *pc, const char *name, unsigned which)
{
    const struct board_drive *d = drive(pc, name);
    u64 cylinders;
    u8 at = which ? 0x24 : 0x1b;

    if (!d || d->cdrom || !d->medium)
        return;
    cylinders = at_most(d->medium->sectors / (16 * 63), 16383);
    set(pc, 0x12, rtc_get_cmos(machine_find(pc->machine, "rtc"), 0x12) | 0xf0 >> (4 * which), 1);
    set(pc, (u8)(0x19 + which), 47, 1);
    set(pc, at, cylinders, 2);
    set(pc, (u8)(at + 2), 16, 1);
    set(pc, (u8)(at + 3), 0xffff, 2);           /* no write precompensation */
    set(pc, (u8)(at + 5), 0xc8, 1);             /* more than eight heads, no retries */
    set(pc, (u8)(at + 6), cylinders, 2);
    set(pc, (u8)(at + 8), 63, 1);
}

static unsigned boot_code(char letter)
{
    switch (letter) {
    case 'a': return 1;
    case 'c': return 2;
    case 'd': return 3;
    case 'n': return 4;
    default:  return 0;
    }
}

/* Three devices to try, as the CMOS bytes 3Dh and 38h say them. */
static bool read_order(const char *order, u8 code[3], struct error *err)
{
    memset(code, 0, 3);
    for (unsigned i = 0; i < 3 && order[i]; i++) {
        code[i] = (u8)boot_code(order[i]);
        if (!code[i])
            return fail(err, "-boot: \"%c\" is no device: a floppy, c disk, d CD, n network",
                        order[i]);
    }
    return true;
}

void pc_set_boot_order(struct pc *pc, bool first)
{
    const u8 *code = first ? pc->boot_once : pc->boot;

    set(pc, 0x3d, code[0] | code[1] << 4, 1);
    set(pc, 0x38, code[2] << 4 | !pc->check_floppy, 1);
}

bool pc_set_cmos(struct pc *pc, struct error *err)
{
    struct config *c = pc->machine->config;
    const char *order = config_text(c, "board.boot", "cad");
    unsigned a = floppy_type(pc, "fda"), b = floppy_type(pc, "fdb");

    if (!read_order(order, pc->boot, err)
        || !read_order(config_text(c, "board.boot-once", order), pc->boot_once, err))
        return false;
    pc->check_floppy = config_flag(c, "board.check-floppy", false);
    set_memory(pc);
    set(pc, 0x10, a << 4 | b, 1);
    set(pc, 0x14, (a || b) | (a && b) << 6 | 6, 1);     /* FPU, mouse */
    set(pc, 0x12, 0, 1);
    set_disk(pc, "hda", 0);
    set_disk(pc, "hdb", 1);
    set(pc, 0x5f, pc->in->cpus - 1, 1);
    return true;
}

/* -- fw_cfg -- */

/* Its fixed keys. */
enum {
    KEY_UUID = 0x02, KEY_RAM = 0x03, KEY_NOGRAPHIC = 0x04, KEY_CPUS = 0x05, KEY_NUMA = 0x0d,
    KEY_MENU = 0x0e, KEY_MAX_CPUS = 0x0f, KEY_IRQ0_OVERRIDE = 0x8002,
};

/* A file, and its buffer is given back. */
static bool add_buffer(struct device *f, const char *name, struct buffer *b, struct error *err)
{
    bool good = b->failed ? fail(err, "%s: no host memory", name)
                          : fwcfg_add_file(f, name, b->bytes, b->used, err);

    buffer_clear(b);
    return good;
}

static void e820_entry(struct buffer *b, u64 base, u64 size)
{
    buffer_put_number(b, base, 8);
    buffer_put_number(b, size, 8);
    buffer_put_number(b, 1, 4);                 /* RAM */
}

static bool add_memory_map(struct pc *pc, struct device *f, struct error *err)
{
    struct buffer e820 = { 0 };

    e820_entry(&e820, 0, pc->low_end);
    if (pc->high_end)
        e820_entry(&e820, UINT64_C(1) << 32, pc->high_end - (UINT64_C(1) << 32));
    return add_buffer(f, "etc/e820", &e820, err);
}

static bool add_tables(struct pc *pc, struct device *f, struct error *err)
{
    struct acpi_facts facts = { pc->in->cpus, pc->low_end < 0x80000000 ? 0x80000000 : pc->low_end,
                                pc->high_end ? pc->high_end : UINT64_C(1) << 32 };
    struct smbios_facts said = {
        pc->in->cpus, pc->in->ram_bytes,
        config_text(pc->machine->config, "board.uuid", NULL), ORRERY_VERSION,
    };
    struct acpi_blobs acpi = { 0 };
    struct smbios_blobs smbios = { 0 };
    bool good = true;

    facts.high_end = (facts.high_end + (1 << 30) - 1) & ~(u64)((1 << 30) - 1);
    acpi_build(&facts, &acpi);
    smbios_build(&said, &smbios);
    good &= add_buffer(f, "etc/acpi/rsdp", &acpi.rsdp, err);
    good &= add_buffer(f, "etc/acpi/tables", &acpi.tables, err);
    good &= add_buffer(f, "etc/table-loader", &acpi.loader, err);
    good &= add_buffer(f, "etc/smbios/smbios-anchor", &smbios.anchor, err);
    good &= add_buffer(f, "etc/smbios/smbios-tables", &smbios.tables, err);
    return good;
}

/* The option ROM with its length filled up and its bytes summing to zero. */
static bool add_option_rom(struct device *f, struct buffer *order, struct error *err)
{
    struct buffer b = { 0 };
    struct rom rom;
    u8 sum = 0;

    if (!rom_find("kernelboot", &rom))
        return fail(err, "-kernel: its option ROM was not built in");
    buffer_put(&b, rom.bytes, rom.count);
    for (size_t i = 0; i < rom.count; i++)
        sum = (u8)(sum + rom.bytes[i]);
    if (!b.failed)
        b.bytes[b.used - 1] = (u8)(b.bytes[b.used - 1] - sum);
    buffer_put(order, "/rom@genroms/kernelboot.bin\n", 28);
    return add_buffer(f, "genroms/kernelboot.bin", &b, err);
}

/* Other loaders know of Linux alone; its parts are under keys that say what they are. */
static bool add_part(struct device *f, const struct kernel_part *p, bool tell, struct error *err)
{
    struct kernel_keys keys = kernel_keys((enum kernel_key)p->key);
    size_t count = kernel_part_count(p);

    return (p->given ? fwcfg_lend(f, p->key, p->given, count, err)
                     : fwcfg_add(f, p->key, p->made.bytes, count, err))
        && (!tell || (fwcfg_add_number(f, keys.length, count, 4, err)
                      && fwcfg_add_number(f, keys.address, p->address, 4, err)));
}

static bool add_kernel(struct pc *pc, struct device *f, struct buffer *order, struct error *err)
{
    struct kernel_start start;
    struct buffer list = { 0 };
    bool good = kernel_prepare(pc->in->kernel, pc->low_end, &start, err);

    for (unsigned i = 0; good && i < start.parts; i++)
        good = add_part(f, &start.part[i], !start.flat, err);
    if (good) {
        kernel_list(&start, &list);
        good = fwcfg_add(f, KERNEL_LIST_KEY, list.bytes, list.used, err)
            && add_option_rom(f, order, err);
    }
    buffer_clear(&list);
    kernel_clear(&start);
    return good;
}

static bool add_files(struct pc *pc, struct device *f, struct error *err)
{
    for (size_t i = 0; i < pc->in->file_count; i++) {
        const struct board_file *file = &pc->in->files[i];

        const char *name = file->name;

        if (!pc->pci && !strcmp(name, "vgabios"))
            name = "vgaroms/vgabios.bin";       /* it wants to be in RAM */
        if (!pc_is_card_rom(name)
            && !fwcfg_add_file(f, name, file->bytes, file->count, err))
            return false;
    }
    return true;
}

bool pc_tell_firmware(struct pc *pc, struct error *err)
{
    struct config *c = pc->machine->config;
    struct device *f = machine_add(pc->machine, &fwcfg_type, "fwcfg", err);
    struct buffer order = { 0 };
    bool menu = config_flag(c, "board.menu", false);

    if (!f)
        return false;
    if (!fwcfg_add_number(f, KEY_RAM, pc->in->ram_bytes, 8, err)
        || !fwcfg_add_number(f, KEY_NOGRAPHIC, config_flag(c, "board.nographic", false), 2, err)
        || !fwcfg_add_number(f, KEY_CPUS, pc->in->cpus, 2, err)
        || !fwcfg_add_number(f, KEY_MAX_CPUS, pc->in->cpus, 2, err)
        || !fwcfg_add_number(f, KEY_MENU, menu, 2, err)
        || !fwcfg_add_number(f, KEY_IRQ0_OVERRIDE, 1, 4, err)
        || !fwcfg_add_number(f, KEY_NUMA, 0, 8, err) || !add_files(pc, f, err)
        || !add_memory_map(pc, f, err))
        return false;
    if (pc->pci && !add_tables(pc, f, err))
        return false;
    if (pc->in->kernel && !add_kernel(pc, f, &order, err)) {
        buffer_clear(&order);
        return false;
    }
    buffer_put_number(&order, 0, 1);
    return add_buffer(f, "bootorder", &order, err);
}
