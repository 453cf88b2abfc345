/* Repetition, and where the spans of string instructions lie: see string.h. */
#include "core/ram.h"
#include "core/space.h"
#include "isa/x86/block.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/string.h"
#include "isa/x86/paging.h"

struct string string_begin(struct x86 *cpu, const struct op *op, unsigned size)
{
    return (struct string){ .cpu = cpu, .op = op, .mask = address_mask(op), .size = (u8)size,
                            .down = cpu->eflags & DF };
}

/* Whoever looks at the clock or the count in the middle finds the iterations done until then. */
static bool repeat(struct string *s, const struct string_form *form)
{
    struct x86 *cpu = s->cpu;
    u64 left = string_index(s, RCX);
    u64 may = (u64)(cpu->budget + BLOCK_MAX - (s->op->n - 1));

    for (;;) {
        u64 n = form->span(s, left < may ? left : may);

        if (n == 0) {
            form->one(s);
            n = 1;
        }
        left -= n;
        may -= n;
        string_set_index(s, RCX, left);
        cpu->budget -= (s64)n;
        cpu->rounds += n;
        if (left == 0 || s->met)
            return true;
        if (may == 0 || cpu->leave || cpu->dr6_pending)
            return false;
    }
}

bool string_repeat(struct string *s, const struct string_form *form)
{
    struct x86 *cpu = s->cpu;
    bool done;

    if (string_index(s, RCX) == 0)
        return true;
    done = repeat(s, form);
    cpu->budget++;                      /* the loop counts the instruction itself */
    cpu->rounds -= done;
    if (done)
        cpu->leave |= cpu->budget < 0;
    else if (unlikely(x86_debug_watches_code(cpu)))
        cpu->eflags |= RF;              /* an iteration is no new arrival: SDM 3B 17.3.1.1 */
    return done;
}

void string_check_286(struct string *s, unsigned reg, unsigned moved, unsigned counted)
{
    struct x86 *cpu = s->cpu;

    if (likely(string_index(s, reg) != 0xffff) || s->size != 2 || cpu->mode & MODE_PE
        || x86_has(cpu, F_I386) || x86_has(cpu, F_ONLY86))
        return;
    if (moved & MOVED_SI)
        string_advance(s, RSI, 1);
    if (moved & MOVED_DI)
        string_advance(s, RDI, 1);
    if (s->op->dst)
        string_set_index(s, RCX, string_index(s, RCX) - counted);
    x86_fault_code(cpu, V_GP, 0);
}

/* How many elements from an offset on are in its page, below the segment's end, before the wrap. */
static u64 elements(const struct string *s, u64 offset, u64 linear, s64 last, u64 most)
{
    u64 in_page = linear & PAGE_MASK, bytes;

    if (in_page + s->size > PAGE_SIZE || (s64)(offset + s->size - 1) > last
        || offset > s->mask - (s->size - 1))
        return 0;
    if (s->down) {
        bytes = (in_page < offset ? in_page : offset) + s->size;
    } else {
        bytes = PAGE_SIZE - in_page;
        if (s->mask - offset < bytes)
            bytes = s->mask - offset + 1;
        if (last != INT64_MAX && (u64)(last - (s64)offset) < bytes)
            bytes = (u64)(last - (s64)offset) + 1;
    }
    bytes /= s->size;
    return bytes < most ? bytes : most;
}

const u8 *string_source(struct string *s, enum segment_name seg, unsigned reg, u64 *n)
{
    struct x86 *cpu = s->cpu;
    const struct seg_fast *f = &cpu->fast[seg];
    u64 offset = string_index(s, reg), linear = (f->base + offset) & cpu->lin_mask;

    *n = elements(s, offset, linear, f->read_last, *n);
    return *n ? tlb_lookup(cpu->tlb, TLB_READ, linear, 1) : NULL;
}

/*
 * A page that holds the instruction itself is left to single iterations: what it does may change
 * it.
 */
static bool holds_code_of(const struct op *op, const u8 *page)
{
    const struct block *b = block_of(op);

    return !b->code || (uintptr_t)b->code - (uintptr_t)page < PAGE_SIZE || b->second == page;
}

bool string_destination(struct string *s, u64 *n, struct string_target *to)
{
    struct x86 *cpu = s->cpu;
    const struct seg_fast *f = &cpu->fast[ES];
    u64 offset = string_index(s, RDI), linear = (f->base + offset) & cpu->lin_mask, physical;

    *n = elements(s, offset, linear, f->write_last, *n);
    *to = (struct string_target){ tlb_lookup(cpu->tlb, TLB_WRITE, linear, 1), NULL, NULL };
    if (to->host || !*n)
        return *n != 0;
    if (cpu->tlb == cpu->tlb_none || (x86_is_64(cpu) && !x86_canonical(cpu, linear)))
        return false;
    physical = x86_translate(cpu, linear, TLB_WRITE, x86_tlb_set(cpu));
    to->page = space_page(cpu->mem, physical, true, &to->flags);
    if (!to->page || holds_code_of(s->op, to->page))
        return false;
    to->host = to->page + (physical & PAGE_MASK);
    return true;
}

void string_stored(struct string *s, const struct string_target *to, u64 n)
{
    u32 at = (u32)(to->host - to->page), bytes = (u32)(n * s->size);

    if (likely(!to->page))
        return;
    ram_note_store(to->flags);
    if (*to->flags & RAM_CODE) {
        u32 first = s->down ? at + s->size - bytes : at;

        x86_code_written(s->cpu, to->page, first, first + bytes - 1);
    }
}
