#include "peripherals/firmware/kernel.h"

#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"

static const struct kernel_format *const formats[] = {
    &kernel_linux, &kernel_multiboot2, &kernel_multiboot, &kernel_pvh, &kernel_elf,
};

static const struct kernel_format *find(const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < COUNT(formats); i++)
        if (formats[i]->fits(bytes, count))
            return formats[i];
    return NULL;
}

const char *kernel_kind(const u8 *bytes, size_t count)
{
    const struct kernel_format *f = find(bytes, count);

    return f ? f->name : NULL;
}

bool kernel_prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                    struct error *err)
{
    const struct kernel_format *f = find(k->bytes, k->count);

    *s = (struct kernel_start){ .stack = 0x6000 };
    if (!f)
        return fail(err, "%s: not a kernel: it is no Linux bzImage, has no multiboot header "
                         "(1 in the first 8 KB, 2 in 32 KB) and is no ELF file", k->name);
    if (!f->prepare(k, low_end, s, err))
        return false;
    for (unsigned i = 0; i < s->parts; i++)
        if (s->part[i].made.failed)
            return fail(err, "%s: no host memory for it", k->name);
    return true;
}

void kernel_clear(struct kernel_start *s)
{
    for (unsigned i = 0; i < s->parts; i++)
        buffer_clear(&s->part[i].made);
    s->parts = 0;
}

struct kernel_part *kernel_add_part(struct kernel_start *s, u16 key, u64 address)
{
    struct kernel_part *p = &s->part[s->parts++];

    *p = (struct kernel_part){ .key = key, .address = (u32)address };
    return p;
}

void kernel_give_part(struct kernel_start *s, u16 key, u64 address, const u8 *bytes, size_t count)
{
    struct kernel_part *p = kernel_add_part(s, key, address);

    p->given = bytes;
    p->given_count = count;
}

size_t kernel_part_count(const struct kernel_part *p)
{
    return p->given ? p->given_count : p->made.used;
}

bool kernel_place_initrd(const struct board_kernel *k, struct kernel_start *s, u64 end,
                         u64 low_end, u32 *address, struct error *err)
{
    u64 at = (end + 0xfff) & ~UINT64_C(0xfff);

    *address = 0;
    if (!k->initrd)
        return true;
    if (at > low_end || k->initrd_count > low_end - at)
        return fail(err, "%s: the initial RAM disk does not fit behind it in %u MB", k->name,
                    (unsigned)(low_end >> 20));
    *address = (u32)at;
    kernel_give_part(s, KERNEL_INITRD, at, k->initrd, k->initrd_count);
    return true;
}

u64 kernel_field(const u8 *bytes, size_t count, u64 at, unsigned size)
{
    return at <= count && size <= count - at ? load_le(bytes + at, size) : 0;
}

struct kernel_keys kernel_keys(enum kernel_key key)
{
    switch (key) {
    case KERNEL_IMAGE:          return (struct kernel_keys){ 0x08, 0x07 };
    case KERNEL_INITRD:         return (struct kernel_keys){ 0x0b, 0x0a };
    case KERNEL_COMMAND_LINE:   return (struct kernel_keys){ 0x14, 0x13 };
    case KERNEL_SETUP:          return (struct kernel_keys){ 0x17, 0x16 };
    }
    return (struct kernel_keys){ 0, 0 };
}

void kernel_list(const struct kernel_start *s, struct buffer *b)
{
    const u32 tail[] = {
        s->map_kind, s->map_at, s->map_size_at, s->upper_at, s->rsdp_copy_at, s->rsdp_address_at,
        s->flat, s->eax, s->ebx, s->ecx, s->entry, s->stack,
    };
    size_t start = b->used;

    buffer_put_number(b, s->parts, 4);
    for (unsigned i = 0; i < s->parts; i++) {
        buffer_put_number(b, s->part[i].key, 4);
        buffer_put_number(b, kernel_part_count(&s->part[i]), 4);
        buffer_put_number(b, s->part[i].address, 4);
    }
    for (size_t i = 0; i < COUNT(tail); i++)
        buffer_put_number(b, tail[i], 4);
    buffer_put_zeros(b, KERNEL_LIST_BYTES - 4 - (b->used - start));
    buffer_put_number(b, s->tags, 4);
}
