#include "peripherals/firmware/multiboot_load.h"

#include "core/board.h"
#include "core/error.h"
#include "peripherals/firmware/kernel.h"

static bool load_by_addresses(const struct board_kernel *k, const char *words, u64 header,
                              u64 fields, u64 limit, struct elf_image *e, struct buffer *to,
                              struct error *err)
{
    u64 field[4], from, count;

    for (unsigned i = 0; i < 4; i++)
        field[i] = kernel_field(k->bytes, k->count, fields + 4 * i, 4);
    if (field[1] > field[0] || field[0] - field[1] > header)
        return fail(err, "%s: its %s header lies outside what it loads", k->name, words);
    from = header - (field[0] - field[1]);
    count = field[2] ? field[2] - field[1] : k->count - from;
    e->first = field[1];
    e->end = field[3] > field[1] + count ? field[3] : field[1] + count;
    if (count > k->count - from || e->first < KERNEL_LOWEST || e->end > limit)
        return fail(err, "%s: its %s header asks for memory that is not there", k->name, words);
    buffer_put(to, k->bytes + from, count);
    buffer_put_zeros(to, e->end - e->first - count);
    return true;
}

bool multiboot_load(const struct board_kernel *k, const char *words, u64 header, u64 fields,
                    u64 limit, struct elf_image *e, struct buffer *to, struct error *err)
{
    if (fields)
        return load_by_addresses(k, words, header, fields, limit, e, to, err);
    if (!elf_fits(k->bytes, k->count))
        return fail(err, "%s: a %s header, but neither addresses in it nor an ELF file", k->name,
                    words);
    return elf_load(k->bytes, k->count, k->name, limit, e, to, err);
}
