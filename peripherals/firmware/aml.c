#include "peripherals/firmware/aml.h"

#include <assert.h>
#include <string.h>

static void put8(struct buffer *b, u8 v)
{
    buffer_put_number(b, v, 1);
}

void aml_op(struct aml *a, unsigned opcode)
{
    if (opcode > 0xff)
        put8(&a->out, (u8)(opcode >> 8));
    put8(&a->out, (u8)opcode);
}

/* -- names -- */

static const char *put_segment(struct aml *a, const char *path)
{
    for (unsigned i = 0; i < 4; i++)
        put8(&a->out, *path && *path != '.' ? (u8)*path++ : '_');
    return *path == '.' ? path + 1 : path;
}

void aml_name(struct aml *a, const char *path)
{
    unsigned segments = 1;

    if (*path == '\\')
        put8(&a->out, (u8)*path++);
    for (const char *p = path; *p; p++)
        segments += *p == '.';
    if (segments == 2)
        put8(&a->out, 0x2e);                /* DualNamePrefix */
    else if (segments > 2)
        aml_op(a, 0x2f00 | segments);       /* MultiNamePrefix SegCount */
    while (*path)
        path = put_segment(a, path);
}

/* -- brackets -- */

enum { LENGTH_BYTES = 3 };

static void begin(struct aml *a, unsigned opcode)
{
    assert(a->depth < AML_DEPTH);
    aml_op(a, opcode);
    a->open[a->depth++] = a->out.used;
    buffer_put_number(&a->out, 0, LENGTH_BYTES);
}

/* PkgLength in its form of three bytes, whatever is in it: 20 bits. */
void aml_end(struct aml *a)
{
    size_t at = a->open[--a->depth], length = a->out.used - at;

    assert(length < 1 << 20);
    if (a->out.failed)
        return;
    a->out.bytes[at] = (u8)(2 << 6 | (length & 15));
    a->out.bytes[at + 1] = (u8)(length >> 4);
    a->out.bytes[at + 2] = (u8)(length >> 12);
}

void aml_scope(struct aml *a, const char *path)
{
    begin(a, 0x10);
    aml_name(a, path);
}

void aml_device(struct aml *a, const char *name)
{
    begin(a, 0x5b82);
    aml_name(a, name);
}

void aml_method(struct aml *a, const char *name, unsigned arguments, bool serialized)
{
    begin(a, 0x14);
    aml_name(a, name);
    put8(&a->out, (u8)(arguments | (unsigned)serialized << 3));
}

void aml_package(struct aml *a, unsigned elements)
{
    assert(elements < 256);
    begin(a, 0x12);
    put8(&a->out, (u8)elements);
}

void aml_if(struct aml *a)
{
    begin(a, 0xa0);
}

void aml_field(struct aml *a, const char *region, unsigned flags)
{
    begin(a, 0x5b81);
    aml_name(a, region);
    put8(&a->out, (u8)flags);
}

void aml_field_unit(struct aml *a, const char *name, unsigned bits)
{
    assert(bits < 64);
    put_segment(a, name);
    put8(&a->out, (u8)bits);
}

/* -- data -- */

void aml_number(struct aml *a, u64 v)
{
    if (v <= 1) {
        put8(&a->out, (u8)v);               /* ZeroOp, OneOp */
        return;
    }
    unsigned size = v <= 0xff ? 1 : v <= 0xffff ? 2 : v <= UINT32_MAX ? 4 : 8;

    put8(&a->out, size == 1 ? 0x0a : size == 2 ? 0x0b : size == 4 ? 0x0c : 0x0e);
    buffer_put_number(&a->out, v, size);
}

void aml_text(struct aml *a, const char *text)
{
    put8(&a->out, 0x0d);
    buffer_put(&a->out, text, strlen(text) + 1);
}

static void begin_name(struct aml *a, const char *name)
{
    put8(&a->out, 0x08);
    aml_name(a, name);
}

void aml_name_number(struct aml *a, const char *name, u64 value)
{
    begin_name(a, name);
    aml_number(a, value);
}

void aml_name_text(struct aml *a, const char *name, const char *value)
{
    begin_name(a, name);
    aml_text(a, value);
}

static u32 hex_digit(char c)
{
    return (u32)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* Three letters of five bits, four hexadecimal digits, big-endian (ACPI 6.5, 19.6.36). */
void aml_name_id(struct aml *a, const char *name, const char *pnp)
{
    u32 id = (u32)(pnp[0] - '@') << 26 | (u32)(pnp[1] - '@') << 21 | (u32)(pnp[2] - '@') << 16;

    for (unsigned i = 0; i < 4; i++)
        id |= hex_digit(pnp[3 + i]) << (12 - 4 * i);
    begin_name(a, name);
    put8(&a->out, 0x0c);
    for (unsigned i = 0; i < 4; i++)
        put8(&a->out, (u8)(id >> (24 - 8 * i)));
}

void aml_name_package(struct aml *a, const char *name, const u8 *values, unsigned count)
{
    begin_name(a, name);
    aml_package(a, count);
    for (unsigned i = 0; i < count; i++)
        aml_number(a, values[i]);
    aml_end(a);
}

void aml_name_resources(struct aml *a, const char *name, struct buffer *resources)
{
    buffer_put_number(resources, 0x0079, 2);    /* end tag, checksum ignored */
    begin_name(a, name);
    begin(a, 0x11);
    aml_number(a, resources->used);
    buffer_put(&a->out, resources->bytes, resources->used);
    aml_end(a);
    buffer_clear(resources);
}

/* -- resources -- */

void resource_io(struct buffer *b, u16 first, u8 count)
{
    buffer_put_number(b, 0x0147, 2);            /* all 16 address bits are decoded */
    buffer_put_number(b, first, 2);
    buffer_put_number(b, first, 2);
    put8(b, 1);
    put8(b, count);
}

void resource_irq(struct buffer *b, u8 irq)
{
    put8(b, 0x22);
    buffer_put_number(b, BIT(irq), 2);
}

void resource_dma(struct buffer *b, u8 channel)
{
    put8(b, 0x2a);
    put8(b, (u8)BIT(channel));
    put8(b, 0);
}

void resource_memory(struct buffer *b, u32 first, u32 size)
{
    put8(b, 0x86);
    buffer_put_number(b, 9, 2);
    put8(b, 1);                                 /* writable */
    buffer_put_number(b, first, 4);
    buffer_put_number(b, size, 4);
}

void resource_interrupts(struct buffer *b, const u32 *numbers, u8 count)
{
    put8(b, 0x89);
    buffer_put_number(b, 2 + 4u * count, 2);
    put8(b, 0x09);                              /* consumer, level, active high, shared */
    put8(b, count);
    for (unsigned i = 0; i < count; i++)
        buffer_put_number(b, numbers[i], 4);
}

/* An address space descriptor: fixed at both ends, produced for the devices behind. */
static void window(struct buffer *b, u8 tag, u8 type, u8 flags, unsigned size, u64 first, u64 last)
{
    put8(b, tag);
    buffer_put_number(b, 3 + 5 * size, 2);
    put8(b, type);
    put8(b, 0x0c);
    put8(b, flags);
    buffer_put_number(b, 0, size);              /* granularity */
    buffer_put_number(b, first, size);
    buffer_put_number(b, last, size);
    buffer_put_number(b, 0, size);              /* translation */
    buffer_put_number(b, last - first + 1, size);
}

enum { TAG_WORD = 0x88, TAG_DWORD = 0x87, TAG_QWORD = 0x8a };
enum { SPACE_MEMORY, SPACE_IO, SPACE_BUS };

void resource_bus_numbers(struct buffer *b, u16 first, u16 last)
{
    window(b, TAG_WORD, SPACE_BUS, 0, 2, first, last);
}

void resource_io_window(struct buffer *b, u16 first, u16 last)
{
    window(b, TAG_WORD, SPACE_IO, 3, 2, first, last);
}

void resource_memory_window(struct buffer *b, u32 first, u32 last)
{
    window(b, TAG_DWORD, SPACE_MEMORY, 1, 4, first, last);
}

void resource_memory_window64(struct buffer *b, u64 first, u64 last)
{
    window(b, TAG_QWORD, SPACE_MEMORY, 1, 8, first, last);
}
