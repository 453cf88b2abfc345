/* ELF files (System V ABI, chapter 4 and 5) of 32 and 64 bits, as loaders of kernels read them. */
#include "peripherals/firmware/elf.h"

#include "core/bits.h"
#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/kernel.h"

#include <string.h>

enum { PT_LOAD = 1, PT_NOTE = 4, MACHINE_386 = 3, MACHINE_X86_64 = 62, SEGMENTS = 64 };
enum { XEN_PHYS32_ENTRY = 18 };

struct segment { u64 type, offset, vaddr, paddr, file, memory; };

bool elf_fits(const u8 *b, size_t n)
{
    u64 machine = kernel_field(b, n, 18, 2);

    return kernel_field(b, n, 0, 4) == 0x464c457f && b[5] == 1
        && ((b[4] == 1 && machine == MACHINE_386)
            || (b[4] == 2 && (machine == MACHINE_X86_64 || machine == MACHINE_386)));
}

static struct segment segment_at(const u8 *b, size_t n, u64 at, bool bits64)
{
    if (bits64)
        return (struct segment){
            kernel_field(b, n, at, 4), kernel_field(b, n, at + 8, 8),
            kernel_field(b, n, at + 16, 8), kernel_field(b, n, at + 24, 8),
            kernel_field(b, n, at + 32, 8), kernel_field(b, n, at + 40, 8),
        };
    return (struct segment){
        kernel_field(b, n, at, 4), kernel_field(b, n, at + 4, 4), kernel_field(b, n, at + 8, 4),
        kernel_field(b, n, at + 12, 4), kernel_field(b, n, at + 16, 4),
        kernel_field(b, n, at + 20, 4),
    };
}

static unsigned segments(const u8 *b, size_t n, bool bits64, struct segment *s)
{
    u64 at = bits64 ? kernel_field(b, n, 32, 8) : kernel_field(b, n, 28, 4);
    u64 size = kernel_field(b, n, bits64 ? 54 : 42, 2);
    u64 count = kernel_field(b, n, bits64 ? 56 : 44, 2);
    unsigned i;

    for (i = 0; i < count && i < SEGMENTS; i++)
        s[i] = segment_at(b, n, at + i * size, bits64);
    return i;
}

static void look_at_notes(const u8 *b, size_t n, const struct segment *s, struct elf_image *e)
{
    u64 at = s->offset, end = s->offset + s->file;

    if (end < at || end > n)
        return;
    while (at + 12 <= end) {
        u64 name = kernel_field(b, n, at, 4), data = kernel_field(b, n, at + 4, 4);
        u64 type = kernel_field(b, n, at + 8, 4), value = at + 12 + ((name + 3) & ~UINT64_C(3));

        if (name == 4 && kernel_field(b, n, at + 12, 4) == 0x006e6558      /* "Xen" */
            && type == XEN_PHYS32_ENTRY && data >= 4)
            e->pvh_entry = (u32)kernel_field(b, n, value, 4);
        at = value + ((data + 3) & ~UINT64_C(3));
    }
}

static bool check_segment(const struct segment *s, size_t n, const char *name, u64 limit,
                          struct error *err)
{
    if (s->offset > n || s->file > n - s->offset || s->file > s->memory)
        return fail(err, "%s: truncated: a segment lies past its end", name);
    if (s->paddr < KERNEL_LOWEST || s->paddr > limit || s->memory > limit - s->paddr)
        return fail(err, "%s: a segment wants to be at %llxh, where there is no memory for it",
                    name, (unsigned long long)s->paddr);
    return true;
}

static bool measure(const u8 *b, size_t n, const char *name, u64 limit, const struct segment *s,
                    unsigned count, struct elf_image *e, struct error *err)
{
    u64 entry = e->entry;

    e->first = UINT64_MAX;
    e->end = 0;
    for (unsigned i = 0; i < count; i++) {
        if (s[i].type == PT_NOTE)
            look_at_notes(b, n, &s[i], e);
        if (s[i].type != PT_LOAD || s[i].memory == 0)
            continue;
        if (!check_segment(&s[i], n, name, limit, err))
            return false;
        e->first = s[i].paddr < e->first ? s[i].paddr : e->first;
        e->end = s[i].paddr + s[i].memory > e->end ? s[i].paddr + s[i].memory : e->end;
        if (entry >= s[i].vaddr && entry - s[i].vaddr < s[i].memory)
            e->entry = entry - s[i].vaddr + s[i].paddr;
    }
    return e->end || fail(err, "%s: an ELF file with nothing to load", name);
}

bool elf_look(const u8 *b, size_t n, const char *name, u64 limit, struct elf_image *e,
              struct error *err)
{
    struct segment s[SEGMENTS];
    bool bits64 = b[4] == 2;

    *e = (struct elf_image){ .bits64 = bits64, .entry = kernel_field(b, n, 24, bits64 ? 8 : 4) };
    return measure(b, n, name, limit, s, segments(b, n, bits64, s), e, err);
}

bool elf_load(const u8 *b, size_t n, const char *name, u64 limit, struct elf_image *e,
              struct buffer *to, struct error *err)
{
    struct segment s[SEGMENTS];
    unsigned count;

    if (!elf_look(b, n, name, limit, e, err))
        return false;
    buffer_put_zeros(to, e->end - e->first);
    if (to->failed)
        return fail(err, "%s: no host memory for it", name);
    count = segments(b, n, e->bits64, s);
    for (unsigned i = 0; i < count; i++)
        if (s[i].type == PT_LOAD && s[i].memory)
            memcpy(to->bytes + (s[i].paddr - e->first), b + s[i].offset, s[i].file);
    return true;
}

/* -- an ELF file that promises nothing: 32 bits, flat, at its entry -- */

static bool plain_fits(const u8 *b, size_t n)
{
    return elf_fits(b, n) && b[4] == 1;
}

static bool plain_prepare(const struct board_kernel *k, u64 low_end, struct kernel_start *s,
                          struct error *err)
{
    struct kernel_part *part = kernel_add_part(s, KERNEL_IMAGE, 0);
    struct elf_image e;

    if (!elf_load(k->bytes, k->count, k->name, low_end, &e, &part->made, err))
        return false;
    part->address = (u32)e.first;
    s->flat = 1;
    s->entry = (u32)e.entry;
    return true;
}

const struct kernel_format kernel_elf = { "ELF", plain_fits, plain_prepare };
