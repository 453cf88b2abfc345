/* What firmware is told: AML and ACPI tables, SMBIOS, and kernels cut into parts. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/acpi.h"
#include "peripherals/firmware/aml.h"
#include "peripherals/firmware/elf.h"
#include "peripherals/firmware/kernel.h"
#include "peripherals/firmware/smbios.h"

#define EXPECT_BYTES(b, ...)                                                \
    do {                                                                    \
        const u8 want_[] = { __VA_ARGS__ };                                 \
        cr_assert_eq((b).used, sizeof want_);                               \
        cr_assert_arr_eq((b).bytes, want_, sizeof want_);                   \
    } while (0)

/* -- AML (ACPI 6.5, 20.2) -- */

Test(aml, numbers_take_as_many_bytes_as_they_need)
{
    struct aml a = { 0 };

    aml_number(&a, 0), aml_number(&a, 1), aml_number(&a, 0x7f);
    aml_number(&a, 0x1234), aml_number(&a, 0x12345678);
    EXPECT_BYTES(a.out, 0x00, 0x01, 0x0a, 0x7f, 0x0b, 0x34, 0x12, 0x0c, 0x78, 0x56, 0x34, 0x12);
    buffer_clear(&a.out);
}

Test(aml, names_have_segments_of_four_letters)
{
    struct aml a = { 0 };

    aml_name(&a, "\\_SB.PCI0");
    aml_name(&a, "X");
    EXPECT_BYTES(a.out, '\\', 0x2e, '_', 'S', 'B', '_', 'P', 'C', 'I', '0', 'X', '_', '_', '_');
    buffer_clear(&a.out);
}

Test(aml, an_identifier_is_compressed)
{
    struct aml a = { 0 };

    aml_name_id(&a, "_HID", "PNP0A03");         /* EISAID of a PCI root: 030AD041h */
    EXPECT_BYTES(a.out, 0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a, 0x03);
    buffer_clear(&a.out);
}

Test(aml, a_length_counts_itself)
{
    struct aml a = { 0 };

    aml_scope(&a, "ABCD");
    aml_number(&a, 1);
    aml_end(&a);
    EXPECT_BYTES(a.out, 0x10, 0x88, 0x00, 0x00, 'A', 'B', 'C', 'D', 0x01);
    buffer_clear(&a.out);
}

/* -- ACPI: the script as firmware follows it -- */

struct placed { struct acpi_blobs blobs; u8 *tables, *rsdp; };

static struct placed place(unsigned cpus)
{
    static const struct acpi_facts facts = { 0, 0xe0000000, 0x140000000 };
    struct acpi_facts f = facts;
    struct placed p = { 0 };

    f.cpus = cpus;
    acpi_build(&f, &p.blobs);
    p.tables = p.blobs.tables.bytes;
    p.rsdp = p.blobs.rsdp.bytes;
    return p;
}

enum { TABLES_AT = 0x0ffe0000, LOADER_ENTRY = 128 };

static void follow(struct placed *p)
{
    for (size_t at = 0; at < p->blobs.loader.used; at += LOADER_ENTRY) {
        const u8 *e = p->blobs.loader.bytes + at;
        u8 *file = strcmp((const char *)e + 4, "etc/acpi/rsdp") ? p->tables : p->rsdp;
        u8 sum = 0;

        if (e[0] == 2) {
            u8 *field = file + load_le32(e + 116);

            cr_assert_eq(e[120], 4);
            store_le(field, load_le32(field) + TABLES_AT, 4);
        } else if (e[0] == 3) {
            for (u32 i = 0; i < load_le32(e + 68); i++)
                sum = (u8)(sum + file[load_le32(e + 64) + i]);
            file[load_le32(e + 60)] = (u8)-sum;
        }
    }
}

static void release(struct placed *p)
{
    buffer_clear(&p->blobs.rsdp);
    buffer_clear(&p->blobs.tables);
    buffer_clear(&p->blobs.loader);
}

static u8 sum_of(const u8 *bytes, u32 count)
{
    u8 sum = 0;

    while (count--)
        sum = (u8)(sum + *bytes++);
    return sum;
}

static const u8 *table(const struct placed *p, const char *signature)
{
    const u8 *rsdt = p->tables + (load_le32(p->rsdp + 16) - TABLES_AT);

    for (u32 at = 36; at < load_le32(rsdt + 4); at += 4) {
        const u8 *t = p->tables + (load_le32(rsdt + at) - TABLES_AT);

        if (!memcmp(t, signature, 4))
            return t;
    }
    return NULL;
}

Test(acpi, every_table_is_found_from_the_root_and_sums_to_zero)
{
    static const char *const name[] = { "FACP", "APIC", "HPET", "WAET" };
    struct placed p = place(2);

    follow(&p);
    cr_assert_eq(memcmp(p.rsdp, "RSD PTR ", 8), 0);
    cr_assert_eq(sum_of(p.rsdp, 20), 0);
    for (size_t i = 0; i < COUNT(name); i++) {
        const u8 *t = table(&p, name[i]);

        cr_assert(t, "%s", name[i]);
        cr_assert_eq(sum_of(t, load_le32(t + 4)), 0, "%s", name[i]);
    }
    release(&p);
}

Test(acpi, the_fixed_table_leads_to_the_others)
{
    struct placed p = place(1);
    const u8 *fadt, *facs, *dsdt;

    follow(&p);
    fadt = table(&p, "FACP");
    cr_assert_eq(load_le32(fadt + 4), 116);
    facs = p.tables + (load_le32(fadt + 36) - TABLES_AT);
    dsdt = p.tables + (load_le32(fadt + 40) - TABLES_AT);
    cr_assert_eq(memcmp(facs, "FACS", 4), 0);
    cr_assert_eq((facs - p.tables) % 64, 0);
    cr_assert_eq(memcmp(dsdt, "DSDT", 4), 0);
    cr_assert_eq(sum_of(dsdt, load_le32(dsdt + 4)), 0);
    cr_assert_eq(load_le32(fadt + 56), 0x600);  /* PM1a event block */
    cr_assert_eq(load_le32(fadt + 76), 0x608);  /* PM timer */
    cr_assert_eq(fadt[91], 4);
    release(&p);
}

Test(acpi, each_processor_has_its_apic)
{
    struct placed p = place(5);
    const u8 *madt, *end;
    unsigned apics = 0, overrides = 0;

    follow(&p);
    madt = table(&p, "APIC");
    end = madt + load_le32(madt + 4);
    for (const u8 *e = madt + 44; e < end; e += e[1]) {
        cr_assert_geq(e[1], 2);
        apics += e[0] == 0 && e[3] == apics && e[4] == 1;
        overrides += e[0] == 2;
    }
    cr_assert_eq(apics, 5);
    cr_assert_eq(overrides, 5);                 /* 0, 5, 9, 10, 11 */
    release(&p);
}

/* -- SMBIOS -- */

Test(smbios, structures_are_counted_and_end_with_type_127)
{
    struct smbios_facts f = { 2, UINT64_C(3) << 30, "00112233-4455-6677-8899-aabbccddeeff", "1" };
    struct smbios_blobs o = { { 0 }, { 0 } };
    unsigned n = 0;
    u8 type = 0;

    smbios_build(&f, &o);
    cr_assert_eq(o.anchor.used, 31);
    for (size_t at = 0; at < o.tables.used; n++) {
        const u8 *t = o.tables.bytes + at;

        type = t[0];
        if (type == 1)                  /* 7.2.1: the first three fields are little-endian */
            cr_assert_arr_eq(t + 8, ((const u8[]){ 0x33, 0x22, 0x11, 0, 0x55, 0x44 }), 6);
        for (at += t[1]; o.tables.bytes[at] || o.tables.bytes[at + 1]; )
            at++;
        at += 2;
    }
    cr_assert_eq(type, 127);
    cr_assert_eq(load_le16(o.anchor.bytes + 28), n);
    cr_assert_eq(load_le16(o.anchor.bytes + 22), o.tables.used);
    buffer_clear(&o.anchor);
    buffer_clear(&o.tables);
}

/* -- kernels -- */

static u8 image[16384];

static struct board_kernel kernel_of(size_t count)
{
    return (struct board_kernel){ .bytes = image, .count = count, .name = "k",
                                  .command_line = "a=b" };
}

static void make_linux(u16 version, u8 loadflags)
{
    memset(image, 0, sizeof image);
    image[0x1f1] = 1;
    store_le(image + 0x1fe, 0xaa55, 2);
    store_le(image + 0x202, 0x53726448, 4);
    store_le(image + 0x206, version, 2);
    image[0x211] = loadflags;
    store_le(image + 0x22c, 0x37ffffff, 4);
    store_le(image + 0x238, 2047, 4);
}

static const struct kernel_part *part(const struct kernel_start *s, u16 key)
{
    for (unsigned i = 0; i < s->parts; i++)
        if (s->part[i].key == key)
            return &s->part[i];
    return NULL;
}

Test(kernel, linux_of_today_is_loaded_high)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(8192);

    make_linux(0x20f, 1);
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    cr_assert_eq(part(&s, KERNEL_SETUP)->address, 0x10000);
    cr_assert_eq(part(&s, KERNEL_SETUP)->made.used, 1024);
    cr_assert_eq(part(&s, KERNEL_IMAGE)->address, 0x100000);
    cr_assert_eq(kernel_part_count(part(&s, KERNEL_IMAGE)), 8192 - 1024);
    cr_assert_eq(load_le32(part(&s, KERNEL_SETUP)->made.bytes + 0x228), 0x20000);
    cr_assert_str_eq((const char *)part(&s, KERNEL_COMMAND_LINE)->made.bytes, "a=b");
    cr_assert_eq(s.entry, 0x1000);
    kernel_clear(&s);
}

Test(kernel, an_old_zimage_is_loaded_low_and_told_its_command_line_in_the_boot_sector)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(8192);

    make_linux(0x201, 0);
    cr_assert(kernel_prepare(&k, 16 << 20, &s, &err), "%s", err.text);
    cr_assert_eq(part(&s, KERNEL_SETUP)->address, 0x90000);
    cr_assert_eq(part(&s, KERNEL_IMAGE)->address, 0x10000);
    cr_assert_eq(load_le16(part(&s, KERNEL_SETUP)->made.bytes + 0x20), 0xa33f);
    cr_assert_eq(0x90000 + load_le16(part(&s, KERNEL_SETUP)->made.bytes + 0x22),
                 part(&s, KERNEL_COMMAND_LINE)->address);
    kernel_clear(&s);
}

Test(kernel, the_initial_ram_disk_lies_below_what_the_kernel_allows_and_the_firmware_takes)
{
    static u8 disk[5000];
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(8192);

    make_linux(0x20f, 1);
    k.initrd = disk, k.initrd_count = sizeof disk;
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    u32 at = part(&s, KERNEL_INITRD)->address;

    cr_assert_eq(at % 4096, 0);
    cr_assert_leq(at + sizeof disk, (64u << 20) - (1u << 20));
    cr_assert_eq(load_le32(part(&s, KERNEL_SETUP)->made.bytes + 0x218), at);
    cr_assert_eq(load_le32(part(&s, KERNEL_SETUP)->made.bytes + 0x21c), sizeof disk);
    kernel_clear(&s);
    k.initrd_count = 63 << 20;
    cr_assert_not(kernel_prepare(&k, 64 << 20, &s, &err));
    cr_assert(strstr(err.text, "k: "));
    kernel_clear(&s);
}

Test(kernel, other_loaders_find_how_long_each_part_is_and_where_it_goes)
{
    static const struct { enum kernel_key part; u16 length, address; } told[] = {
        { KERNEL_IMAGE, 0x08, 0x07 }, { KERNEL_INITRD, 0x0b, 0x0a },
        { KERNEL_COMMAND_LINE, 0x14, 0x13 }, { KERNEL_SETUP, 0x17, 0x16 },
    };

    for (size_t i = 0; i < COUNT(told); i++) {
        cr_assert_eq(kernel_keys(told[i].part).length, told[i].length);
        cr_assert_eq(kernel_keys(told[i].part).address, told[i].address);
    }
    cr_assert_eq(kernel_keys((enum kernel_key)0x8000).length, 0);
}

Test(kernel, a_truncated_one_is_refused)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(1024);

    make_linux(0x20f, 1);
    cr_assert_not(kernel_prepare(&k, 64 << 20, &s, &err));
    cr_assert(strstr(err.text, "truncated"));
    kernel_clear(&s);
}

Test(kernel, what_fits_no_format_is_told_what_was_looked_for)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(4096);

    memset(image, 0x90, sizeof image);
    cr_assert_not(kernel_prepare(&k, 64 << 20, &s, &err));
    cr_assert(strstr(err.text, "bzImage") && strstr(err.text, "multiboot")
              && strstr(err.text, "ELF"));
    cr_assert_null(kernel_kind(image, 4096));
}

/* An ELF32 file with one segment: 16 bytes at 1 MB, 32 in memory, entry 4 behind its start. */
static void make_elf(void)
{
    memset(image, 0, sizeof image);
    memcpy(image, "\177ELF\1\1\1", 7);
    store_le(image + 16, 2, 2), store_le(image + 18, 3, 2), store_le(image + 20, 1, 4);
    store_le(image + 24, 0x100004, 4), store_le(image + 28, 52, 4);
    store_le(image + 42, 32, 2), store_le(image + 44, 1, 2);
    store_le(image + 52, 1, 4), store_le(image + 56, 0x1000, 4);
    store_le(image + 60, 0x100000, 4), store_le(image + 64, 0x100000, 4);
    store_le(image + 68, 16, 4), store_le(image + 72, 32, 4);
    memset(image + 0x1000, 0xcc, 16);
}

Test(kernel, an_elf_file_becomes_one_stretch_with_its_zeros)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(0x1010);

    make_elf();
    cr_assert_str_eq(kernel_kind(image, 0x1010), "ELF");
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    cr_assert_eq(s.part[0].address, 0x100000);
    cr_assert_eq(s.part[0].made.used, 32);
    cr_assert_eq(s.part[0].made.bytes[15], 0xcc);
    cr_assert_eq(s.part[0].made.bytes[16], 0);
    cr_assert_eq(s.entry, 0x100004);
    kernel_clear(&s);
}

Test(kernel, a_segment_outside_the_file_or_memory_is_refused)
{
    static const struct { u16 at; u32 value; } bad[] = {
        { 56, 0xfffffff0 }, { 68, 0x7fffffff }, { 64, 0xfffffff0 }, { 64, 0x1000 },
        { 72, 0xffffffff },
    };
    struct board_kernel k = kernel_of(0x1010);

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kernel_start s;
        struct error err;

        make_elf();
        store_le(image + bad[i].at, bad[i].value, 4);
        cr_assert_not(kernel_prepare(&k, 64 << 20, &s, &err), "%zu", i);
        kernel_clear(&s);
    }
}

Test(kernel, multiboot_is_told_command_line_module_and_map)
{
    static const u8 module[3] = { 1, 2, 3 };
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(0x1010);
    const u8 *info;

    make_elf();
    store_le(image + 0x200, 0x1badb002, 4);
    store_le(image + 0x204, 3, 4);
    store_le(image + 0x208, -(0x1badb002u + 3), 4);
    k.initrd = module, k.initrd_count = sizeof module;
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    cr_assert_eq(s.eax, 0x2badb002);
    cr_assert_eq(s.map_kind, MAP_MULTIBOOT);
    info = part(&s, KERNEL_COMMAND_LINE)->made.bytes;
    cr_assert_eq(s.ebx, part(&s, KERNEL_COMMAND_LINE)->address);
    cr_assert_str_eq((const char *)info + load_le32(info + 16) - s.ebx, "k a=b");
    cr_assert_eq(load_le32(info + 20), 1);
    cr_assert_eq(load_le32(info + load_le32(info + 24) - s.ebx),
                 part(&s, KERNEL_INITRD)->address);
    cr_assert_eq(s.map_size_at, s.ebx + 44);
    kernel_clear(&s);
}

Test(kernel, one_that_begins_where_it_would_be_told_is_told_below)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(0x1010);

    make_elf();
    store_le(image + 0x200, 0x1badb002, 4);
    store_le(image + 0x208, -0x1badb002u, 4);
    store_le(image + 64, 0x8000, 4);
    store_le(image + 72, 0x5a30, 4);
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    cr_assert_eq(part(&s, KERNEL_IMAGE)->address, 0x8000);
    cr_assert_lt(s.ebx + 0x100 + 0x2000, s.map_at);     /* the longest command line */
    cr_assert_lt(s.map_at + 20 * 24, s.stack);
    cr_assert_lt(s.stack, 0x8000);
    kernel_clear(&s);
}

Test(kernel, multiboot_that_asks_for_what_is_not_here_is_refused)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(0x1010);

    make_elf();
    store_le(image + 0x200, 0x1badb002, 4);
    store_le(image + 0x204, 0x8000, 4);
    store_le(image + 0x208, -(0x1badb002u + 0x8000), 4);
    cr_assert_not(kernel_prepare(&k, 64 << 20, &s, &err));
    kernel_clear(&s);
}

Test(kernel, multiboot_2_has_its_tags_in_a_row_of_eights)
{
    struct kernel_start s;
    struct error err;
    struct board_kernel k = kernel_of(0x1010);
    const struct kernel_part *info;
    u32 at = 8, seen = 0;

    make_elf();
    store_le(image + 0x400, 0xe85250d6, 4);
    store_le(image + 0x408, 24, 4);
    store_le(image + 0x40c, -(0xe85250d6u + 24), 4);
    store_le(image + 0x414, 8, 4);              /* the end tag */
    cr_assert(kernel_prepare(&k, 64 << 20, &s, &err), "%s", err.text);
    info = part(&s, KERNEL_COMMAND_LINE);
    for (u32 type = 0; type != 6; at = (at + 7) & ~7u) {
        type = load_le32(info->made.bytes + at);
        seen |= 1u << type;
        if (type != 6)
            at += load_le32(info->made.bytes + at + 4);
    }
    cr_assert_eq(seen, 1u << 1 | 1u << 2 | 1u << 4 | 1u << 6 | 1u << 14);
    cr_assert_eq(s.map_size_at, info->address + at + 4);
    cr_assert_eq(s.map_at, info->address + at + 16);
    cr_assert_eq(s.map_at, info->address + info->made.used);
    kernel_clear(&s);
}

/* Any bytes at all: refused or taken, never read beyond. */
Test(kernel, whatever_is_in_the_file_it_is_read_within_its_bounds)
{
    u64 seed = 7;

    for (unsigned round = 0; round < 3000; round++) {
        struct kernel_start s;
        struct error err;
        size_t count = 64 + round % 8000;
        struct board_kernel k = kernel_of(count);
        u8 *exact;

        if (round % 2)
            make_elf();
        else
            make_linux((u16)(0x200 + round % 16), (u8)(round & 1));
        for (unsigned i = 0; i < 6; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            image[(seed >> 33) % (i < 4 ? 128 : 0x300)] = (u8)(seed >> 56);
        }
        if (round % 3 == 0)
            memcpy(image + 0x300 + round % 64 * 4, "\x02\xb0\xad\x1b", 4);
        exact = malloc(count);
        memcpy(exact, image, count);
        k.bytes = exact;
        if (kernel_prepare(&k, 16 << 20, &s, &err))
            for (unsigned i = 0; i < s.parts; i++)
                cr_assert_leq(s.part[i].address + kernel_part_count(&s.part[i]), 16 << 20);
        kernel_clear(&s);
        free(exact);
    }
}
