/*
 * What the machine says of itself to `dmidecode`: System Management BIOS 2.8 (DMTF DSP0134,
 * chapter 7 "Structure definitions"). Type 0, of the firmware, is the firmware's own.
 */
#include "peripherals/firmware/smbios.h"

#include <string.h>

struct table {
    struct buffer *out;
    size_t         start;
    struct buffer  strings;
    u8             string_count;
    u16            count;       /* of structures */
    size_t         longest;
};

static void put(struct table *t, u64 value, unsigned size)
{
    buffer_put_number(t->out, value, size);
}

static void begin(struct table *t, u8 type, u16 handle)
{
    t->start = t->out->used;
    t->string_count = 0;
    put(t, type, 1);
    put(t, 0, 1);                               /* the length, in end() */
    put(t, handle, 2);
}

/* A text is a number in the structure and the bytes behind it. */
static void text(struct table *t, const char *s)
{
    put(t, ++t->string_count, 1);
    buffer_put(&t->strings, s, strlen(s) + 1);
}

static void end(struct table *t)
{
    if (!t->out->failed)
        t->out->bytes[t->start + 1] = (u8)(t->out->used - t->start);
    if (t->string_count == 0)
        put(t, 0, 1);
    buffer_put(t->out, t->strings.bytes, t->strings.used);
    put(t, 0, 1);
    buffer_clear(&t->strings);
    if (t->out->used - t->start > t->longest)
        t->longest = t->out->used - t->start;
    t->count++;
}

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

/* Little-endian in its first three fields (7.2.1). */
static void put_uuid(struct table *t, const char *s)
{
    static const u8 order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    u8 value[16] = { 0 };
    unsigned n = 0;

    for (; s && s[0] && s[1] && n < 16; s++) {
        if (*s == '-')
            continue;
        value[n++] = (u8)(nibble(s[0]) << 4 | nibble(s[1]));
        s++;
    }
    for (unsigned i = 0; i < 16; i++)
        put(t, value[order[i]], 1);
}

static void system_information(struct table *t, const struct smbios_facts *f)
{
    begin(t, 1, 0x100);
    text(t, "Orrery");
    text(t, "Standard PC (i440FX + PIIX)");
    text(t, f->version);
    put(t, 0, 1);                               /* no serial number */
    put_uuid(t, f->uuid);
    put(t, 6, 1);                               /* woken by the power switch */
    put(t, 0, 2);
    end(t);
}

static void chassis(struct table *t)
{
    begin(t, 3, 0x300);
    text(t, "Orrery");
    put(t, 1, 1);                               /* type: other */
    put(t, 0, 3);                               /* version, serial number, asset tag */
    put(t, 0x03030303, 4);                      /* boot-up, power, thermal: safe; security: none */
    put(t, 0, 4);
    put(t, 0, 4);                               /* height, cords, elements */
    put(t, 0, 1);
    end(t);
}

static void processor(struct table *t, u16 n)
{
    begin(t, 4, (u16)(0x400 + n));
    text(t, "CPU");
    put(t, 3, 1);                               /* central processor */
    put(t, 1, 1);                               /* family: other */
    text(t, "Orrery");
    put(t, 0, 8);                               /* id */
    put(t, 0, 1);                               /* version */
    put(t, 0, 1);                               /* voltage unknown */
    put(t, 0, 6);                               /* clocks unknown */
    put(t, 0x41, 1);                            /* there, and enabled */
    put(t, 1, 1);                               /* upgrade: other */
    for (unsigned cache = 0; cache < 3; cache++)
        put(t, 0xffff, 2);
    put(t, 0, 3);                               /* serial number, tag, part */
    put(t, 0x010101, 3);                        /* cores, enabled, threads */
    put(t, 4, 2);                               /* 64-bit capable */
    put(t, 1, 2);
    end(t);
}

static void memory(struct table *t, u64 bytes)
{
    u64 megabytes = bytes >> 20;

    begin(t, 16, 0x1000);
    put(t, 1, 1);                               /* location: other */
    put(t, 3, 1);                               /* system memory */
    put(t, 6, 1);                               /* multi-bit ECC */
    put(t, bytes >> 10 < 0x80000000 ? bytes >> 10 : 0x80000000, 4);
    put(t, 0xfffe, 2);
    put(t, 1, 2);
    put(t, bytes >> 10 < 0x80000000 ? 0 : bytes, 8);
    end(t);

    begin(t, 17, 0x1100);
    put(t, 0x1000, 2);
    put(t, 0xfffe, 2);
    put(t, 0xffffffff, 4);                      /* widths unknown */
    put(t, megabytes < 0x7fff ? megabytes : 0x7fff, 2);
    put(t, 9, 1);                               /* DIMM */
    put(t, 0, 1);
    text(t, "DIMM 0");
    put(t, 0, 1);
    put(t, 7, 1);                               /* RAM */
    put(t, 2, 2);
    put(t, 0, 2);                               /* speed unknown */
    text(t, "Orrery");
    put(t, 0, 4);
    put(t, megabytes < 0x7fff ? 0 : megabytes, 4);
    put(t, 0, 2);
    put(t, 0, 6);
    end(t);

    begin(t, 19, 0x1300);
    put(t, 0, 4);
    put(t, (bytes >> 10) - 1 < 0xfffffffe ? (bytes >> 10) - 1 : 0xffffffff, 4);
    put(t, 0x1000, 2);
    put(t, 1, 1);
    put(t, 0, 8);
    put(t, (bytes >> 10) - 1 < 0xfffffffe ? 0 : bytes - 1, 8);
    end(t);
}

/* 5.2.1 "SMBIOS 2.1 (32-bit) Entry Point"; address and checksums come from the firmware. */
static void anchor(struct buffer *b, const struct table *t)
{
    buffer_put(b, "_SM_\0\37\2\10", 8);
    buffer_put_number(b, t->longest, 2);
    buffer_put(b, "\0\0\0\0\0\0_DMI_\0", 12);
    buffer_put_number(b, t->out->used, 2);
    buffer_put_number(b, 0, 4);
    buffer_put_number(b, t->count, 2);
    buffer_put_number(b, 0x28, 1);
}

void smbios_build(const struct smbios_facts *f, struct smbios_blobs *o)
{
    struct table t = { .out = &o->tables };

    system_information(&t, f);
    chassis(&t);
    for (u16 i = 0; i < f->cpus; i++)
        processor(&t, i);
    memory(&t, f->ram_bytes);
    begin(&t, 32, 0x2000);                      /* boot information: no errors */
    put(&t, 0, 7);
    end(&t);
    begin(&t, 127, 0x7f00);
    end(&t);
    anchor(&o->anchor, &t);
}
