/*
 * ACPI tables for the firmware (ACPI 1.0b chapter 5, for the FADT of revision 1; 6.5 for the
 * MADT; IA-PC HPET 1.0a, 3.2.4). They are blobs in fw_cfg with a script, the table-loader,
 * by which the firmware places them, links them and fills in their checksums: entries of
 * 128 bytes, file names of 56.
 */
#include "peripherals/firmware/acpi.h"

#include "core/bits.h"

#include <string.h>

#define TABLES "etc/acpi/tables"
#define RSDP   "etc/acpi/rsdp"

enum { HEADER = 36, NAME = 56, ENTRY = 128 };
enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM };
enum { ZONE_HIGH = 1, ZONE_F_SEGMENT };

/* -- the script -- */

static void put_name(struct buffer *b, const char *name)
{
    char field[NAME] = "";

    strcpy(field, name);
    buffer_put(b, field, sizeof field);
}

static void pad_entry(struct buffer *b, size_t start)
{
    buffer_put_zeros(b, start + ENTRY - b->used);
}

static void allocate(struct buffer *b, const char *file, u32 align, u8 zone)
{
    size_t start = b->used;

    buffer_put_number(b, ALLOCATE, 4);
    put_name(b, file);
    buffer_put_number(b, align, 4);
    buffer_put_number(b, zone, 1);
    pad_entry(b, start);
}

/* To the 32-bit offset at `at` of `in`, the address of the tables is added. */
static void add_pointer(struct buffer *b, const char *in, size_t at)
{
    size_t start = b->used;

    buffer_put_number(b, ADD_POINTER, 4);
    put_name(b, in);
    put_name(b, TABLES);
    buffer_put_number(b, at, 4);
    buffer_put_number(b, 4, 1);
    pad_entry(b, start);
}

static void add_checksum(struct buffer *b, const char *in, size_t at, size_t first, size_t count)
{
    size_t start = b->used;

    buffer_put_number(b, ADD_CHECKSUM, 4);
    put_name(b, in);
    buffer_put_number(b, at, 4);
    buffer_put_number(b, first, 4);
    buffer_put_number(b, count, 4);
    pad_entry(b, start);
}

/* -- tables -- */

static void align(struct buffer *b, size_t to)
{
    buffer_put_zeros(b, -b->used & (to - 1));
}

static size_t begin(struct acpi_blobs *o, const char *signature, u8 revision)
{
    struct buffer *b = &o->tables;

    align(b, 8);
    size_t start = b->used;

    buffer_put(b, signature, 4);
    buffer_put_number(b, 0, 4);                 /* length */
    buffer_put_number(b, revision, 1);
    buffer_put_number(b, 0, 1);                 /* checksum */
    buffer_put(b, "ORRERYORRERYPC\1\0\0\0ORRY\1\0\0", 26);
    return start;
}

static void end(struct acpi_blobs *o, size_t start)
{
    size_t count = o->tables.used - start;

    if (!o->tables.failed)
        store_le(o->tables.bytes + start + 4, count, 4);
    add_checksum(&o->loader, TABLES, start + 9, start, count);
}

static size_t facs(struct acpi_blobs *o)
{
    align(&o->tables, 64);
    size_t start = o->tables.used;

    buffer_put(&o->tables, "FACS\100\0\0\0", 8);
    buffer_put_zeros(&o->tables, 56);
    return start;
}

/* Revision 1: no generic addresses, and every system takes it. */
static size_t fadt(struct acpi_blobs *o, size_t facs_at, size_t dsdt_at)
{
    enum { WBINVD = 1, PROC_C1 = 4, SLP_BUTTON = 0x20, RTC_S4 = 0x80, PLATFORM_CLOCK = 0x8000 };
    static const u16 block[] = { 0x600, 0, 0x604, 0, 0, 0x608, 0xafe0, 0 };
    struct buffer *b = &o->tables;
    size_t start = begin(o, "FACP", 1);

    add_pointer(&o->loader, TABLES, b->used);
    buffer_put_number(b, facs_at, 4);
    add_pointer(&o->loader, TABLES, b->used);
    buffer_put_number(b, dsdt_at, 4);
    buffer_put_number(b, 0x0001, 2);            /* multiple APICs; reserved */
    buffer_put_number(b, 9, 2);                 /* SCI */
    buffer_put_number(b, 0xb2, 4);              /* SMI command port, then its values */
    buffer_put_number(b, 0xf1, 1);              /* ACPI on */
    buffer_put_number(b, 0xf0, 1);              /* off */
    buffer_put_number(b, 0, 2);                 /* no S4BIOS; reserved */
    for (unsigned i = 0; i < COUNT(block); i++)
        buffer_put_number(b, block[i], 4);
    buffer_put(b, (const u8[]){ 4, 2, 0, 4, 4, 0, 0, 0 }, 8);   /* lengths of the blocks */
    buffer_put_number(b, 0xfff, 2);             /* C2 and C3: not there */
    buffer_put_number(b, 0xfff, 2);
    buffer_put_zeros(b, 4);                     /* flush size and stride */
    buffer_put_zeros(b, 4);                     /* duty, day and month alarm */
    buffer_put_number(b, 0x32, 1);              /* century in CMOS */
    buffer_put_zeros(b, 3);
    buffer_put_number(b, WBINVD | PROC_C1 | SLP_BUTTON | RTC_S4 | PLATFORM_CLOCK, 4);
    end(o, start);
    return start;
}

static void interrupt_override(struct buffer *b, u8 irq, u8 gsi, u16 flags)
{
    buffer_put(b, (const u8[]){ 2, 10, 0, irq, gsi, 0, 0, 0, (u8)flags, 0 }, 10);
}

static size_t madt(struct acpi_blobs *o, unsigned cpus)
{
    struct buffer *b = &o->tables;
    size_t start = begin(o, "APIC", 1);

    buffer_put_number(b, 0xfee00000, 4);
    buffer_put_number(b, 1, 4);                 /* there are 8259s too */
    for (unsigned i = 0; i < cpus; i++)
        buffer_put(b, (const u8[]){ 0, 8, (u8)i, (u8)i, 1, 0, 0, 0 }, 8);
    buffer_put(b, (const u8[]){ 1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0 }, 12);
    interrupt_override(b, 0, 2, 0);
    for (u8 irq = 5; irq <= 11; irq = irq == 5 ? 9 : irq + 1)
        interrupt_override(b, irq, irq, 0x0d);  /* level, active high: the PCI interrupts */
    buffer_put(b, (const u8[]){ 4, 6, 0xff, 0, 0, 1 }, 6);  /* NMI at LINT1 of all */
    end(o, start);
    return start;
}

static size_t hpet(struct acpi_blobs *o)
{
    struct buffer *b = &o->tables;
    size_t start = begin(o, "HPET", 1);

    buffer_put_number(b, 0x8086a201, 4);
    buffer_put_zeros(b, 4);                     /* an address in memory */
    buffer_put_number(b, 0xfed00000, 8);
    buffer_put_zeros(b, 4);
    end(o, start);
    return start;
}

/* One read of the PM timer is enough; the RTC needs no care when it wakes. */
static size_t waet(struct acpi_blobs *o)
{
    size_t start = begin(o, "WAET", 1);

    buffer_put_number(&o->tables, 2, 4);
    end(o, start);
    return start;
}

static size_t rsdt(struct acpi_blobs *o, const size_t *table, unsigned count)
{
    size_t start = begin(o, "RSDT", 1);

    for (unsigned i = 0; i < count; i++) {
        add_pointer(&o->loader, TABLES, o->tables.used);
        buffer_put_number(&o->tables, table[i], 4);
    }
    end(o, start);
    return start;
}

static void rsdp(struct acpi_blobs *o, size_t rsdt_at)
{
    buffer_put(&o->rsdp, "RSD PTR \0ORRERY\0", 16);
    add_pointer(&o->loader, RSDP, o->rsdp.used);
    buffer_put_number(&o->rsdp, rsdt_at, 4);
    add_checksum(&o->loader, RSDP, 8, 0, 20);
}

void acpi_build(const struct acpi_facts *f, struct acpi_blobs *o)
{
    struct buffer dsdt = { 0 };
    size_t facs_at, dsdt_at, table[4], rsdt_at;

    allocate(&o->loader, RSDP, 16, ZONE_F_SEGMENT);
    allocate(&o->loader, TABLES, 64, ZONE_HIGH);
    facs_at = facs(o);
    align(&o->tables, 8);
    dsdt_at = o->tables.used;
    acpi_dsdt(f, &dsdt);
    buffer_put(&o->tables, dsdt.bytes, dsdt.used);
    add_checksum(&o->loader, TABLES, dsdt_at + 9, dsdt_at, dsdt.used);
    buffer_clear(&dsdt);
    table[0] = fadt(o, facs_at, dsdt_at);
    table[1] = madt(o, f->cpus);
    table[2] = hpet(o);
    table[3] = waet(o);
    rsdt_at = rsdt(o, table, COUNT(table));
    rsdp(o, rsdt_at);
}
