/*
 * The differentiated system description table of the PC: the PCI root, its interrupt
 * routing, the ISA devices and the sleep states (ACPI 6.5, chapters 5 and 6; PCI Firmware
 * Specification 3.2, 4.3; 82371SB [PIRQRC Register]).
 */
#include "peripherals/firmware/acpi.h"
#include "peripherals/firmware/aml.h"

#include <stdio.h>

static void header(struct aml *a)
{
    static const char signature[] = "DSDT\0\0\0\0\1\0ORRERYORRERYPC\1\0\0\0ORRY\1\0\0";

    buffer_put(&a->out, signature, 36);         /* revision 1: integers of 32 bits do */
}

/* -- interrupt links: the four PIRQ routing registers of the ISA bridge -- */

static void link_methods(struct aml *a)
{
    struct buffer r = { 0 };

    aml_method(a, "IQST", 1, false);            /* 80h: routed nowhere */
    aml_if(a);
    aml_op(a, AML_AND), aml_number(a, 0x80), aml_op(a, AML_ARG0), aml_op(a, AML_NOTHING);
    aml_op(a, AML_RETURN), aml_number(a, 0x09);
    aml_end(a);
    aml_op(a, AML_RETURN), aml_number(a, 0x0b);
    aml_end(a);

    aml_method(a, "IQCR", 1, true);
    resource_interrupts(&r, (const u32[]){ 0 }, 1);
    aml_name_resources(a, "PRR0", &r);
    aml_op(a, AML_DWORD_FIELD), aml_name(a, "PRR0"), aml_number(a, 5), aml_name(a, "PRRI");
    aml_if(a);
    aml_op(a, AML_LESS), aml_op(a, AML_ARG0), aml_number(a, 0x80);
    aml_op(a, AML_STORE), aml_op(a, AML_ARG0), aml_name(a, "PRRI");
    aml_end(a);
    aml_op(a, AML_RETURN), aml_name(a, "PRR0");
    aml_end(a);
}

static void link(struct aml *a, unsigned i)
{
    char name[] = "LNKA", reg[] = "PRQ0";
    struct buffer r = { 0 };

    name[3] = (char)('A' + i);
    reg[3] = (char)('0' + i);
    aml_device(a, name);
    aml_name_id(a, "_HID", "PNP0C0F");
    aml_name_number(a, "_UID", i);
    resource_interrupts(&r, (const u32[]){ 5, 10, 11 }, 3);
    aml_name_resources(a, "_PRS", &r);
    aml_method(a, "_STA", 0, false);
    aml_op(a, AML_RETURN), aml_name(a, "IQST"), aml_name(a, reg);
    aml_end(a);
    aml_method(a, "_DIS", 0, false);
    aml_op(a, AML_OR), aml_name(a, reg), aml_number(a, 0x80), aml_name(a, reg);
    aml_end(a);
    aml_method(a, "_CRS", 0, false);
    aml_op(a, AML_RETURN), aml_name(a, "IQCR"), aml_name(a, reg);
    aml_end(a);
    aml_method(a, "_SRS", 1, false);
    aml_op(a, AML_DWORD_FIELD), aml_op(a, AML_ARG0), aml_number(a, 5), aml_name(a, "PRRI");
    aml_op(a, AML_STORE), aml_name(a, "PRRI"), aml_name(a, reg);
    aml_end(a);
    aml_end(a);
}

/* The power management function's pin is the SCI, wherever the router points. */
static void sci_link(struct aml *a)
{
    struct buffer r = { 0 };

    aml_device(a, "LNKS");
    aml_name_id(a, "_HID", "PNP0C0F");
    aml_name_number(a, "_UID", 4);
    resource_interrupts(&r, (const u32[]){ 9 }, 1);
    aml_name_resources(a, "_PRS", &r);
    resource_interrupts(&r, (const u32[]){ 9 }, 1);
    aml_name_resources(a, "_CRS", &r);
    aml_name_number(a, "_STA", 0x0b);
    aml_method(a, "_DIS", 0, false);
    aml_end(a);
    aml_method(a, "_SRS", 1, false);
    aml_end(a);
    aml_end(a);
}

static void links(struct aml *a)
{
    aml_scope(a, "\\_SB.PCI0.ISA");
    aml_op(a, AML_REGION), aml_name(a, "P40C"), aml_op(a, 0x02);    /* PCI_Config */
    aml_number(a, 0x60), aml_number(a, 4);
    aml_end(a);
    aml_scope(a, "\\_SB");
    aml_field(a, "PCI0.ISA.P40C", 0x01);        /* byte access, preserve */
    for (unsigned i = 0; i < 4; i++) {
        char name[] = "PRQ0";

        name[3] = (char)('0' + i);
        aml_field_unit(a, name, 8);
    }
    aml_end(a);
    link_methods(a);
    for (unsigned i = 0; i < 4; i++)
        link(a, i);
    sci_link(a);
    aml_end(a);
}

static void routing(struct aml *a)
{
    static const char *const target[] = {
        "\\_SB.LNKD", "\\_SB.LNKA", "\\_SB.LNKB", "\\_SB.LNKC"
    };

    aml_op(a, 0x08), aml_name(a, "_PRT");
    aml_package(a, 128);
    for (unsigned slot = 0; slot < 32; slot++) {
        for (unsigned pin = 0; pin < 4; pin++) {
            aml_package(a, 4);
            aml_number(a, (u64)slot << 16 | 0xffff);
            aml_number(a, pin);
            aml_name(a, slot == 1 && pin == 0 ? "\\_SB.LNKS" : target[(slot + pin) & 3]);
            aml_number(a, 0);
            aml_end(a);
        }
    }
    aml_end(a);
}

/* -- the root and what is on it -- */

static void root(struct aml *a, const struct acpi_facts *f)
{
    struct buffer r = { 0 };

    aml_device(a, "PCI0");
    aml_name_id(a, "_HID", "PNP0A03");
    aml_name_number(a, "_ADR", 0);
    aml_name_number(a, "_UID", 0);
    resource_bus_numbers(&r, 0, 0xff);
    resource_io(&r, 0xcf8, 8);
    resource_io_window(&r, 0x0000, 0x0cf7);
    resource_io_window(&r, 0x0d00, 0xffff);
    resource_memory_window(&r, 0xa0000, 0xbffff);
    resource_memory_window(&r, (u32)f->low_end, 0xfebfffff);
    resource_memory_window64(&r, f->high_end, f->high_end + (UINT64_C(2) << 30) - 1);
    aml_name_resources(a, "_CRS", &r);
    routing(a);
}

static void isa_device(struct aml *a, const char *name, const char *id, unsigned uid,
                       struct buffer *resources)
{
    aml_device(a, name);
    aml_name_id(a, "_HID", id);
    if (uid)
        aml_name_number(a, "_UID", uid);
    aml_name_number(a, "_STA", 0x0f);
    aml_name_resources(a, "_CRS", resources);
    aml_end(a);
}

static void serial_port(struct aml *a, unsigned n, u16 port, u8 irq)
{
    char name[] = "COM1";
    struct buffer r = { 0 };

    name[3] = (char)('0' + n);
    resource_io(&r, port, 8);
    resource_irq(&r, irq);
    isa_device(a, name, "PNP0501", n, &r);
}

static void isa(struct aml *a)
{
    struct buffer r = { 0 };

    aml_device(a, "ISA");
    aml_name_number(a, "_ADR", 0x00010000);
    resource_io(&r, 0x60, 1), resource_io(&r, 0x64, 1), resource_irq(&r, 1);
    isa_device(a, "KBD", "PNP0303", 0, &r);
    resource_irq(&r, 12);
    isa_device(a, "MOU", "PNP0F13", 0, &r);
    resource_io(&r, 0x3f2, 4), resource_io(&r, 0x3f7, 1), resource_irq(&r, 6);
    resource_dma(&r, 2);
    isa_device(a, "FDC0", "PNP0700", 0, &r);
    resource_io(&r, 0x378, 8), resource_irq(&r, 7);
    isa_device(a, "LPT1", "PNP0400", 1, &r);
    serial_port(a, 1, 0x3f8, 4);
    serial_port(a, 2, 0x2f8, 3);
    resource_io(&r, 0x70, 8), resource_irq(&r, 8);
    isa_device(a, "RTC", "PNP0B00", 0, &r);
    resource_io(&r, 0x61, 1);
    isa_device(a, "SPKR", "PNP0800", 0, &r);
    aml_end(a);
}

static void timer(struct aml *a)
{
    struct buffer r = { 0 };

    resource_memory(&r, 0xfed00000, 0x400);
    isa_device(a, "HPET", "PNP0103", 0, &r);
}

static void sleep_states(struct aml *a)
{
    aml_name_package(a, "\\_S3", (const u8[]){ 1, 1, 0, 0 }, 4);
    aml_name_package(a, "\\_S5", (const u8[]){ 0, 0, 0, 0 }, 4);
}

static void processors(struct aml *a, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[8];

        snprintf(name, sizeof name, "C%03X", i & 0xfff);
        aml_device(a, name);
        aml_name_text(a, "_HID", "ACPI0007");
        aml_name_number(a, "_UID", i);
        aml_end(a);
    }
}

void acpi_dsdt(const struct acpi_facts *f, struct buffer *out)
{
    struct aml a = { 0 };

    header(&a);
    aml_scope(&a, "\\_SB");
    root(&a, f);
    isa(&a);
    aml_end(&a);                                /* PCI0 */
    timer(&a);
    processors(&a, f->cpus);
    aml_end(&a);
    links(&a);
    sleep_states(&a);
    if (!a.out.failed)
        for (unsigned i = 0; i < 4; i++)
            a.out.bytes[4 + i] = (u8)(a.out.used >> (8 * i));
    *out = a.out;
}
