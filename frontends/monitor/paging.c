/*
 * Page tables as they lie in memory: 32-bit, PAE, four and five levels (SDM 3A 4.3 to 4.5).
 * Nothing is marked accessed, and what a TLB still holds is not asked.
 */
#include "frontends/monitor/words.h"

#include "core/bits.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "frontends/rows.h"

#include <inttypes.h>

enum { PRESENT = 1, WRITABLE = 2, USER = 4, LARGE = 0x80, SHOWN = 4096 };
#define NO_EXECUTE      (UINT64_C(1) << 63)
#define ADDRESS         UINT64_C(0x000ffffffffff000)

struct walk {
    struct order *o;
    struct space *memory;
    bool          each_page;
    unsigned      entry_bytes, index_bits, top;     /* of the format */
    u64           first, end, rights;               /* the range under way; end 0: none */
    unsigned      said;
};

static u64 entry(struct walk *w, u64 address)
{
    u8 *flags, *page = space_page(w->memory, address, false, &flags);

    return page ? load_le(page + address % 4096, w->entry_bytes) : 0;
}

/* The address bits above a sign are copies of it. */
static u64 canonical(const struct walk *w, u64 linear)
{
    return w->top >= 3 ? sign_extend(linear, 12 + 9 * (w->top + 1)) : linear;
}

static void end_range(struct walk *w)
{
    if (w->end)
        say(w->o, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c%c\n", w->first, w->end,
            w->end - w->first, w->rights & USER ? 'u' : '-', w->rights & WRITABLE ? 'w' : '-',
            w->rights & NO_EXECUTE ? '-' : 'x');
    w->end = 0;
}

static void found(struct walk *w, u64 linear, u64 size, u64 physical, u64 rights)
{
    linear = canonical(w, linear);
    if (w->each_page) {
        say(w->o, "%016" PRIx64 ": %016" PRIx64 " %c%c%c%s\n", linear, physical,
            rights & NO_EXECUTE ? 'X' : '-', rights & USER ? 'U' : '-',
            rights & WRITABLE ? 'W' : '-', size > 4096 ? " large" : "");
        w->said++;
        return;
    }
    if (w->end == linear && w->end && w->rights == rights) {
        w->end += size;
        return;
    }
    end_range(w);
    w->first = linear;
    w->end = linear + size;
    w->rights = rights;
}

/* Rights add up on the way down: NO_EXECUTE by or, the others by and. */
static void walk(struct walk *w, u64 table, u64 linear, u64 rights, unsigned level)
{
    unsigned bits = w->entry_bytes == 8 && w->top == 2 && level == 2 ? 2 : w->index_bits;
    u64 size = BIT(12 + w->index_bits * level);

    for (u64 i = 0; i < BIT(bits) && w->said < SHOWN; i++, linear += size) {
        u64 e = entry(w, table + i * w->entry_bytes), all;

        if (!(e & PRESENT))
            continue;
        all = (rights & e & (WRITABLE | USER)) | ((rights | e) & NO_EXECUTE);
        if (w->entry_bytes == 8 && w->top == 2 && level == 2)
            all = rights;                           /* PDPTEs of PAE have no rights */
        if (level == 0 || (level < 3 && e & LARGE && !(w->top == 2 && level == 2)))
            found(w, linear, size, e & ADDRESS & ~(size - 1), all);
        else
            walk(w, e & ADDRESS, linear, all, level - 1);
    }
}

void say_mappings(struct order *o, bool each_page)
{
    struct device *cpu = processor(o->s->machine, *o->cpu);
    u64 cr4 = row(cpu, "cr4", 0), cr3 = row(cpu, "cr3", 0);
    bool pae = cr4 >> 5 & 1, wide = row(cpu, "efer", 0) >> 10 & 1;
    struct walk w = {
        .o = o, .memory = o->s->machine->cpu[*o->cpu]->memory, .each_page = each_page,
        .entry_bytes = pae ? 8 : 4, .index_bits = pae ? 9 : 10,
        .top = !pae ? 1 : !wide ? 2 : cr4 >> 12 & 1 ? 4 : 3,
    };

    if (!(row(cpu, "cr0", 0) >> 31)) {
        say(o, "paging is off\n");
        return;
    }
    walk(&w, !wide && pae ? cr3 & 0xffffffe0 : cr3 & ADDRESS, 0, WRITABLE | USER, w.top);
    end_range(&w);
    if (w.said == SHOWN)
        say(o, "... and more\n");
}
