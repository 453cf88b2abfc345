#include "isa/x86/control.h"

#include "isa/x86/apic.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/fault.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/segment.h"
#include "isa/x86/xstate.h"

enum { CR3_PCID = 0xfff };
#define CR3_NO_FLUSH BIT(63)

/* ---- CR0 ---- */

static u32 cr0_bits(const struct x86 *cpu)
{
    u32 bits = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

    if (x86_has(cpu, F_I386))
        bits |= CR0_ET | CR0_PG;
    if (x86_has(cpu, F_I486))
        bits |= CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
    return bits;
}

/* The 286 reads its unused bits as 1; ET tells of a 387, and is wired to 1 from the 486 on. */
static u32 cr0_fixed(const struct x86 *cpu)
{
    if (!x86_has(cpu, F_I386))
        return x86_has(cpu, F_I286) ? 0xfff0 : 0;
    return x86_has(cpu, F_I486) ? CR0_ET : 0;
}

u64 x86_read_cr0(const struct x86 *cpu)
{
    return cpu->cr0 | cr0_fixed(cpu);
}

static bool pae_tables(const struct x86 *cpu, u32 cr0, u32 cr4)
{
    return cr0 & CR0_PG && cr4 & CR4_PAE && !(cpu->efer & EFER_LME);
}

/* Long mode begins and ends with paging: SDM 3A 9.8.5. */
static void check_long_mode(struct x86 *cpu, u32 cr0)
{
    bool enable = cr0 & ~cpu->cr0 & CR0_PG, disable = ~cr0 & cpu->cr0 & CR0_PG;
    u32 tss = cpu->seg[TR].attr >> SEG_TYPE_SHIFT & 15;

    if (enable && cpu->efer & EFER_LME) {
        x86_protect(cpu, cpu->cr4 & CR4_PAE);
        x86_protect(cpu, !(cpu->seg[CS].attr & SEG_L));
        x86_protect(cpu, tss != TYPE_TSS16 && tss != TYPE_TSS16_BUSY);
    }
    if (disable)
        x86_protect(cpu, !x86_is_64(cpu) && !(cpu->cr4 & CR4_PCIDE));
}

void x86_write_cr0(struct x86 *cpu, u64 value)
{
    u32 v = ((u32)value & cr0_bits(cpu)) | (x86_has(cpu, F_I486) ? CR0_ET : 0);
    u32 changed = v ^ cpu->cr0;

    x86_protect(cpu, value >> 32 == 0);
    x86_protect(cpu, !(v & CR0_PG && !(v & CR0_PE)));
    x86_protect(cpu, !(v & CR0_NW && !(v & CR0_CD)));
    x86_protect(cpu, v & CR0_WP || !(cpu->cr4 & CR4_CET));
    check_long_mode(cpu, v);
    if (changed & (CR0_PG | CR0_CD | CR0_NW) && pae_tables(cpu, v, cpu->cr4))
        x86_load_pdptes(cpu, cpu->cr3);
    cpu->cr0 = v;
    if (v & CR0_PG && cpu->efer & EFER_LME)
        cpu->efer |= EFER_LMA;
    else
        cpu->efer &= ~(u64)EFER_LMA;
    if (changed & (CR0_PG | CR0_WP))
        x86_tlb_flush(cpu, true);
    x86_mode_update(cpu);
}

/* ---- CR3, CR4, CR8 ---- */

/*
 * Entries are not told apart by PCID, so a load of CR3 forgets all but global pages, whatever bit
 * 63 says: that the processor may. SDM 3A 4.10.4.
 */
void x86_write_cr3(struct x86 *cpu, u64 value)
{
    bool keep = value & CR3_NO_FLUSH && cpu->cr4 & CR4_PCIDE;

    if (keep)
        value &= ~CR3_NO_FLUSH;
    if (cpu->efer & EFER_LMA)
        x86_protect(cpu, !(value & ~cpu->phys_mask));
    else if (pae_tables(cpu, cpu->cr0, cpu->cr4))
        x86_load_pdptes(cpu, value);
    cpu->cr3 = value;
    x86_tlb_flush(cpu, false);
}

static const struct { u32 bit; u8 feature; } cr4_features[] = {
    { CR4_VME | CR4_PVI, F_VME }, { CR4_TSD, F_TSC }, { CR4_DE, F_DE }, { CR4_PSE, F_PSE },
    { CR4_PAE, F_PAE }, { CR4_MCE, F_MCE }, { CR4_PGE, F_PGE }, { CR4_PCE, F_P6 },
    { CR4_OSFXSR, F_FXSR }, { CR4_OSXMMEXCPT, F_SSE }, { CR4_UMIP, F_UMIP }, { CR4_LA57, F_LA57 },
    { CR4_FSGSBASE, F_FSGSBASE }, { CR4_PCIDE, F_PCID }, { CR4_OSXSAVE, F_XSAVE },
    { CR4_SMEP, F_SMEP }, { CR4_SMAP, F_SMAP }, { CR4_PKE, F_PKU }, { CR4_PKS, F_PKS },
    { CR4_CET, F_CET_SS }, { CR4_CET, F_CET_IBT },
};

u32 x86_cr4_writable(const struct x86 *cpu)
{
    u32 bits = 0;

    for (unsigned i = 0; i < COUNT(cr4_features); i++)
        if (x86_has(cpu, (enum feature)cr4_features[i].feature))
            bits |= cr4_features[i].bit;
    return bits;
}

/* Bits whose change makes what the TLB remembers wrong: SDM 3A 4.10.4.1. */
enum {
    CR4_PAGING = CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP | CR4_LA57
        | CR4_PKE | CR4_PKS,
    CR4_RELOADS = CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP,
};

void x86_write_cr4(struct x86 *cpu, u64 value)
{
    u32 v = (u32)value, changed = v ^ cpu->cr4;
    bool long_mode = cpu->efer & EFER_LMA;

    x86_protect(cpu, !(value & ~(u64)x86_cr4_writable(cpu)));
    x86_protect(cpu, !(long_mode && changed & (CR4_LA57 | CR4_PAE)));
    x86_protect(cpu, !(v & CR4_CET) || cpu->cr0 & CR0_WP);
    if (changed & v & CR4_PCIDE)
        x86_protect(cpu, long_mode && !(cpu->cr3 & CR3_PCID));
    if (changed & CR4_RELOADS && pae_tables(cpu, cpu->cr0, v))
        x86_load_pdptes(cpu, cpu->cr3);
    cpu->cr4 = v;
    if (changed & CR4_PAGING)
        x86_tlb_flush(cpu, true);
    x86_mode_update(cpu);
}

void x86_write_cr8(struct x86 *cpu, u64 value)
{
    x86_protect(cpu, value < 16);
    x86_apic_set_tpr(cpu, (u8)(value << 4));
}

/* ---- Those of the vector units ---- */

/* SDM 1 13.3 */
void x86_write_xcr0(struct x86 *cpu, u64 value)
{
    x86_protect(cpu, value & XSTATE_X87 && !(value & ~x86_xcr0_supported(cpu)));
    x86_protect(cpu, !(value & XSTATE_AVX && !(value & XSTATE_SSE)));
    cpu->xcr0 = value;
    x86_mode_update(cpu);
}

void x86_set_pkru(struct x86 *cpu, u32 value)
{
    if (cpu->pkru != value && cpu->cr4 & CR4_PKE)
        x86_tlb_flush(cpu, true);
    cpu->pkru = value;
}
