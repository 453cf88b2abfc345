#include "isa/x86/peek.h"

#include <string.h>

#include "core/bits.h"
#include "core/space.h"
#include "isa/x86/cpuid.h"

enum { PRESENT = 1, PAGE_SIZE_BIT = 1 << 7 };
#define FRAME_BITS 0x000ffffffffff000u

static const u8 *bytes_at(const struct x86 *cpu, u64 physical)
{
    u8 *flags, *page = space_page(cpu->mem, physical & cpu->a20_mask, false, &flags);

    return page ? page + (physical & PAGE_MASK) : NULL;
}

struct tables { u64 root; u8 level, bits, entry; };

static struct tables tables_of(const struct x86 *cpu, u64 linear)
{
    if (cpu->efer & EFER_LMA)
        return (struct tables){ cpu->cr3 & FRAME_BITS, cpu->cr4 & CR4_LA57 ? 5 : 4, 9, 8 };
    if (cpu->cr4 & CR4_PAE)
        return (struct tables){ cpu->pdpte[linear >> 30 & 3], 2, 9, 8 };
    return (struct tables){ (cpu->cr3 & 0xfffff000) | PRESENT, 2, 10, 4 };
}

/* Bits 13 to 20 of a 4 MB entry are address bits 32 to 39: SDM 3A 4.3. */
static u64 frame_of(const struct x86 *cpu, u64 entry, unsigned shift)
{
    u64 frame = entry & FRAME_BITS & ~(BIT(shift) - 1);

    if (shift == 22 && x86_has(cpu, F_PSE36))
        frame |= field(entry, 13, 8) << 32;
    return frame;
}

bool x86_peek_translate(const struct x86 *cpu, u64 linear, u64 *physical)
{
    struct tables t = tables_of(cpu, linear);
    u64 table = t.root & FRAME_BITS, large = t.entry == 8 || cpu->cr4 & CR4_PSE ? PAGE_SIZE_BIT : 0;

    *physical = linear;
    if (!(cpu->cr0 & CR0_PG))
        return true;
    if (!(cpu->efer & EFER_LMA) && !(t.root & PRESENT))
        return false;
    for (unsigned level = t.level;; level--) {
        unsigned shift = 12 + t.bits * (level - 1);
        const u8 *at = bytes_at(cpu, table + field(linear, shift, t.bits) * t.entry);
        u64 entry = at ? load_le(at, t.entry) : 0;

        if (!(entry & PRESENT))
            return false;
        if (level == 1 || (level <= 3 && entry & large)) {
            *physical = frame_of(cpu, entry, shift) | (linear & (BIT(shift) - 1));
            return true;
        }
        table = entry & FRAME_BITS;
    }
}

unsigned x86_peek(const struct x86 *cpu, u64 linear, void *to, unsigned count)
{
    unsigned done = 0;

    while (done < count) {
        unsigned room = (unsigned)(PAGE_SIZE - ((linear + done) & PAGE_MASK));
        unsigned n = count - done < room ? count - done : room;
        const u8 *from;
        u64 physical;

        if (!x86_peek_translate(cpu, (linear + done) & cpu->lin_mask, &physical)
            || !(from = bytes_at(cpu, physical)))
            break;
        memcpy((u8 *)to + done, from, n);
        done += n;
    }
    return done;
}
