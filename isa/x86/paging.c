/* isa/x86/paging.c */
/*
 * Page walks: 32-bit, PAE, four and five levels. SDM 3A chapter 4.
 *
 * Accessed and dirty flags are set when the walk has ended well and the access is allowed, those of
 * the tables too: so do processors, though SDM 3A 4.8 leaves open what a walk that faults sets. Not
 * modelled: caches of paging structures (a walk always starts at CR3), memory types.
 */
#include "isa/x86/paging.h"

#include "isa/x86/cpuid.h"
#include "isa/x86/fault.h"
#include "isa/x86/memory.h"

enum {
    PTE_P = 1 << 0, PTE_W = 1 << 1, PTE_U = 1 << 2, PTE_A = 1 << 5, PTE_D = 1 << 6,
    PTE_PS = 1 << 7, PTE_G = 1 << 8,
};
#define PTE_NX  BIT(63)
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16, PF_PK = 32, PF_SS = 64 };

struct walk {
    struct x86   *cpu;
    u64           linear;
    enum tlb_kind kind;
    enum tlb_set  set;
    u64           rights;       /* PTE_W and PTE_U of all levels, PTE_NX of any */
    bool          shadow;       /* a shadow-stack access */
    unsigned      passed;       /* entries of tables */
    struct { u64 at, entry; } table[4];
};

static _Noreturn void page_fault(const struct walk *w, u32 code)
{
    struct x86 *cpu = w->cpu;

    if (w->kind == TLB_WRITE)
        code |= PF_W;
    if (w->set == TLB_USER)
        code |= PF_U;
    if (w->kind == TLB_CODE
        && (cpu->cr4 & CR4_SMEP || (cpu->efer & EFER_NXE && cpu->cr4 & CR4_PAE)))
        code |= PF_I;
    if (w->shadow)
        code |= PF_SS;
    cpu->cr2 = w->linear;
    x86_fault_code(cpu, V_PF, code);
}

/* Protection keys: SDM 3A 4.6.2. Only data, only 4- and 5-level paging. */
static bool key_allows(const struct walk *w, u64 pte)
{
    const struct x86 *cpu = w->cpu;
    bool user_page = w->rights & PTE_U;
    unsigned key = pte >> 59 & 15;
    u32 bits;

    if (w->kind == TLB_CODE || !(cpu->efer & EFER_LMA))
        return true;
    if (!(cpu->cr4 & (user_page ? CR4_PKE : CR4_PKS)))
        return true;
    bits = (user_page ? cpu->pkru : cpu->pkrs) >> 2 * key & 3;
    if (bits & 1)
        return false;
    return !(bits & 2 && w->kind == TLB_WRITE && (w->set == TLB_USER || cpu->cr0 & CR0_WP));
}

/*
 * Shadow-stack pages are dirty and not writable, below tables that are; those of the user are not
 * the supervisor's. SDM 3A 4.6.1
 */
static void check_shadow(const struct walk *w, u64 pte)
{
    bool user_page = w->rights & PTE_U;
    bool ok = (pte & (PTE_W | PTE_D)) == PTE_D && user_page == (w->set == TLB_USER);

    for (unsigned i = 0; i < w->passed; i++)
        ok = ok && w->table[i].entry & PTE_W;
    if (!key_allows(w, pte))
        page_fault(w, PF_P | PF_PK);
    if (!ok)
        page_fault(w, PF_P);
}

/* SDM 3A 4.6.1 */
static void check_rights(const struct walk *w, u64 pte)
{
    const struct x86 *cpu = w->cpu;
    bool user_page = w->rights & PTE_U, ok = true;

    if (w->kind == TLB_CODE && w->rights & PTE_NX)
        ok = false;
    if (w->set == TLB_USER) {
        ok = ok && user_page;
        if (w->kind == TLB_WRITE)
            ok = ok && w->rights & PTE_W;
    } else {
        if (w->kind == TLB_WRITE && cpu->cr0 & CR0_WP)
            ok = ok && w->rights & PTE_W;
        if (user_page && w->kind == TLB_CODE && cpu->cr4 & CR4_SMEP)
            ok = false;
        if (user_page && w->kind != TLB_CODE && w->set == TLB_SUPER && cpu->cr4 & CR4_SMAP)
            ok = false;
    }
    if (!key_allows(w, pte))
        page_fault(w, PF_P | PF_PK);    /* told even if other rights lack too: 4.7 */
    if (!ok)
        page_fault(w, PF_P);
}

static void set_flags(struct x86 *cpu, u64 at, u64 pte, u64 flags, unsigned size)
{
    if ((pte & flags) != flags)
        x86_physical_write(cpu, at, size, pte | flags);
}

static void pass(struct walk *w, u64 at, u64 entry)
{
    w->table[w->passed].at = at;
    w->table[w->passed++].entry = entry;
}

/* The page itself: rights, A and D; its physical address and what the TLB keeps of it. */
static u64 finish(struct walk *w, u64 at, u64 pte, unsigned size, u64 frame, u64 page_bytes)
{
    struct x86 *cpu = w->cpu;
    u64 page;

    if (unlikely(w->shadow))
        check_shadow(w, pte);
    else
        check_rights(w, pte);
    for (unsigned i = 0; i < w->passed; i++)
        set_flags(cpu, w->table[i].at, w->table[i].entry, PTE_A, size);
    set_flags(cpu, at, pte, PTE_A | (w->kind == TLB_WRITE ? PTE_D : 0), size);
    page = (frame | (w->linear & (page_bytes - 1))) & ~PAGE_MASK;
    if (pte & PTE_G && cpu->cr4 & CR4_PGE)
        page |= PAGE_GLOBAL;
    if (page_bytes > PAGE_SIZE)
        page |= PAGE_LARGE;
    return page;
}

static u64 walk_legacy(struct walk *w)
{
    struct x86 *cpu = w->cpu;
    u64 at = (cpu->cr3 & 0xfffff000) + (w->linear >> 22 & 0x3ff) * 4, frame;
    u32 e = (u32)x86_physical_read(cpu, at, 4);

    if (!(e & PTE_P))
        page_fault(w, 0);
    w->rights = e & (PTE_W | PTE_U);
    if (e & PTE_PS && cpu->cr4 & CR4_PSE) {
        frame = e & 0xffc00000;
        if (x86_has(cpu, F_PSE36))
            frame |= (u64)(e >> 13 & 0xff) << 32;
        if (e & (x86_has(cpu, F_PSE36) ? 0x00200000 : 0x003fe000) || frame & ~cpu->phys_mask)
            page_fault(w, PF_P | PF_RSVD);
        return finish(w, at, e, 4, frame, 4 << 20);
    }
    pass(w, at, e);
    at = (e & 0xfffff000) + (w->linear >> 12 & 0x3ff) * 4;
    e = (u32)x86_physical_read(cpu, at, 4);
    if (!(e & PTE_P))
        page_fault(w, 0);
    w->rights &= e;
    return finish(w, at, e, 4, e & 0xfffff000, PAGE_SIZE);
}

/*
 * Tables of 512 entries of 8 bytes, from `level` (4: PML4) down; `table` and rights so far given.
 */
static u64 walk_wide(struct walk *w, unsigned level, u64 table, u64 always_reserved)
{
    struct x86 *cpu = w->cpu;
    u64 address_bits = cpu->phys_mask & 0x000ffffffffff000;

    for (;; level--) {
        unsigned shift = 12 + 9 * (level - 1);
        u64 at = table + (w->linear >> shift & 511) * 8;
        u64 e = x86_physical_read(cpu, at, 8), reserved = always_reserved;

        if (!(e & PTE_P))
            page_fault(w, 0);
        if (!(cpu->efer & EFER_NXE))
            reserved |= PTE_NX;
        if (e & PTE_PS && level > 1) {
            if (level > 3 || (level == 3 && !x86_has(cpu, F_PDPE1GB)))
                reserved |= PTE_PS;
            else
                reserved |= (BIT(shift) - 1) & ~(u64)0x1fff;
        }
        if (e & reserved)
            page_fault(w, PF_P | PF_RSVD);
        w->rights = (w->rights & e & (PTE_W | PTE_U)) | ((w->rights | e) & PTE_NX);
        if (level == 1 || e & PTE_PS)
            return finish(w, at, e, 8, e & address_bits & ~(BIT(shift) - 1), BIT(shift));
        pass(w, at, e);
        table = e & address_bits;
    }
}

static u64 walk_pae(struct walk *w)
{
    u64 e = w->cpu->pdpte[w->linear >> 30 & 3];
    u64 reserved = ~w->cpu->phys_mask & 0x7ffffffffffff000;

    if (!(e & PTE_P))
        page_fault(w, 0);
    return walk_wide(w, 2, e & w->cpu->phys_mask & ~PAGE_MASK, reserved);
}

static u64 walk(struct walk *w)
{
    struct x86 *cpu = w->cpu;

    if (!(cpu->cr0 & CR0_PG))
        return w->linear & ~PAGE_MASK;
    if (cpu->efer & EFER_LMA)
        return walk_wide(w, cpu->cr4 & CR4_LA57 ? 5 : 4,
                         cpu->cr3 & cpu->phys_mask & 0x000ffffffffff000,
                         ~cpu->phys_mask & 0x000ffffffffff000);
    if (cpu->cr4 & CR4_PAE)
        return walk_pae(w);
    return walk_legacy(w);
}

u64 x86_walk(struct x86 *cpu, u64 linear, enum tlb_kind kind, enum tlb_set set)
{
    struct walk w = {
        .cpu = cpu, .linear = linear, .kind = kind, .set = set, .rights = PTE_W | PTE_U,
    };
    u64 physical = walk(&w);

    if (cpu->cr0 & CR0_PG && (kind != TLB_CODE || cpu->counts_fetches))
        cpu->pmu[0].walks[kind]++;
    return physical;
}

u64 x86_walk_shadow(struct x86 *cpu, u64 linear, bool write, bool user)
{
    struct walk w = {
        .cpu = cpu, .linear = linear, .kind = write ? TLB_WRITE : TLB_READ,
        .set = user ? TLB_USER : TLB_SUPER, .rights = PTE_W | PTE_U, .shadow = true,
    };

    return walk(&w) & ~PAGE_MASK;
}

bool x86_register_canonical(const struct x86 *cpu, u64 linear)
{
    unsigned unused = x86_has(cpu, F_LA57) ? 7 : 16;

    return (u64)((s64)(linear << unused) >> unused) == linear;
}

/* SDM 3A 4.4.1: reserved bits are checked as the registers are loaded. */
void x86_load_pdptes(struct x86 *cpu, u64 cr3)
{
    u64 entry[4];

    for (unsigned i = 0; i < 4; i++) {
        entry[i] = x86_physical_read(cpu, (cr3 & 0xffffffe0) + 8 * i, 8);
        if (entry[i] & PTE_P && entry[i] & (~cpu->phys_mask | 0x1e6))
            x86_fault_code(cpu, V_GP, 0);
    }
    for (unsigned i = 0; i < 4; i++)
        cpu->pdpte[i] = entry[i];
}
