/* The Multiboot2 Specification 2.0. Not modelled: frame buffers, EFI, relocation. */
#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/kernel.h"
#include "peripherals/firmware/multiboot_load.h"

#include <string.h>

enum { MAGIC = 0xe85250d6, STARTED_BY = 0x36d76289, SEARCHED = 32768 };

/* Tags of the header, and of what the kernel is told. */
enum { HEAD_END, HEAD_REQUEST, HEAD_ADDRESS, HEAD_ENTRY, HEAD_FLAGS, HEAD_FRAME_BUFFER,
       HEAD_ALIGN, HEAD_EFI, HEAD_EFI32, HEAD_EFI64, HEAD_RELOCATABLE };
enum { TELL_LINE = 1, TELL_LOADER = 2, TELL_MODULE = 3, TELL_MEMORY = 4, TELL_MAP = 6,
       TELL_RSDP = 14 };

struct header { u64 at, address_tag, entry; };

static bool find(const u8 *b, size_t n, u64 *at)
{
    for (*at = 0; *at + 16 <= n && *at + 16 <= SEARCHED; *at += 8)
        if (kernel_field(b, n, *at, 4) == MAGIC
            && (u32)(kernel_field(b, n, *at, 4) + kernel_field(b, n, *at + 4, 4)
                     + kernel_field(b, n, *at + 8, 4) + kernel_field(b, n, *at + 12, 4)) == 0)
            return true;
    return false;
}

static bool fits(const u8 *b, size_t n)
{
    u64 at;

    return find(b, n, &at);
}

static bool read_tags(const struct board_kernel *k, struct header *h, struct error *err)
{
    u64 at = h->at + 16, end = h->at + kernel_field(k->bytes, k->count, h->at + 8, 4);

    while (at + 8 <= end && at + 8 <= k->count) {
        u64 type = kernel_field(k->bytes, k->count, at, 2);
        bool optional = kernel_field(k->bytes, k->count, at + 2, 2) & 1;
        u64 size = kernel_field(k->bytes, k->count, at + 4, 4);

        if (type == HEAD_END || size < 8)
            return true;
        if (type == HEAD_ADDRESS)
            h->address_tag = at;
        else if (type == HEAD_ENTRY)
            h->entry = kernel_field(k->bytes, k->count, at + 8, 4);
        else if (type > HEAD_RELOCATABLE && !optional)
            return fail(err, "%s: its multiboot 2 header has a tag %u that is not known here",
                        k->name, (unsigned)type);
        at += (size + 7) & ~UINT64_C(7);
    }
    return true;
}

static void begin_tag(struct buffer *b, u32 type, size_t size)
{
    buffer_put_zeros(b, -b->used % 8);
    buffer_put_number(b, type, 4);
    buffer_put_number(b, size, 4);
}

static void text_tag(struct buffer *b, u32 type, const char *text)
{
    begin_tag(b, type, 8 + strlen(text) + 1);
    buffer_put(b, text, strlen(text) + 1);
}

static void tell(const struct board_kernel *k, u32 initrd, u32 at, struct kernel_start *s)
{
    struct buffer *b = &kernel_add_part(s, KERNEL_COMMAND_LINE, at)->made;

    buffer_put_number(b, 0, 8);                 /* the size of all, by the option ROM */
    text_tag(b, TELL_LINE, k->command_line ? k->command_line : "");
    text_tag(b, TELL_LOADER, "Orrery");
    if (initrd) {
        begin_tag(b, TELL_MODULE, 17);
        buffer_put_number(b, initrd, 4);
        buffer_put_number(b, initrd + k->initrd_count, 4);
        buffer_put_number(b, 0, 1);
    }
    begin_tag(b, TELL_MEMORY, 16);
    buffer_put_number(b, 639, 4);
    s->upper_at = at + (u32)b->used;
    buffer_put_number(b, 0, 4);
    begin_tag(b, TELL_RSDP, 28);
    s->rsdp_copy_at = at + (u32)b->used;
    buffer_put(b, (const u8[20]){ 0 }, 20);
    begin_tag(b, TELL_MAP, 0);
    s->map_size_at = at + (u32)b->used - 4;
    buffer_put_number(b, 24, 4);
    buffer_put_number(b, 0, 4);
    s->map_at = at + (u32)b->used;
    s->tags = at;
    s->map_kind = MAP_MULTIBOOT2;
}

static bool prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                    struct error *err)
{
    struct kernel_part *part = kernel_add_part(s, KERNEL_IMAGE, 0);
    struct header h = { 0 };
    struct elf_image e = { 0 };
    u32 initrd;

    find(k->bytes, k->count, &h.at);
    if (kernel_field(k->bytes, k->count, h.at + 4, 4) != 0)
        return fail(err, "%s: its multiboot 2 header is for another processor", k->name);
    if (k->command_line && strlen(k->command_line) >= 0x2000)
        return fail(err, "%s: takes a command line of less than 8192 characters", k->name);
    if (!read_tags(k, &h, err))
        return false;
    if (!multiboot_load(k, "multiboot 2", h.at, h.address_tag ? h.address_tag + 8 : 0, low_end, &e,
                        &part->made, err))
        return false;
    part->address = (u32)e.first;
    if (!kernel_place_initrd(k, s, e.end, low_end, &initrd, err))
        return false;
    s->ebx = kernel_info_at(e.first);
    tell(k, initrd, s->ebx, s);
    s->flat = 1;
    s->eax = STARTED_BY;
    s->entry = (u32)(h.entry ? h.entry : e.entry);
    return true;
}

const struct kernel_format kernel_multiboot2 = { "multiboot 2", fits, prepare };
