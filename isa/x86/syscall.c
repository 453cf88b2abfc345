/*
 * SYSENTER, SYSEXIT, SYSCALL, SYSRET: fixed segments, no tables. SDM 3A 5.8.7, 5.8.8; SDM 2.
 *
 * Intel's SYSCALL is there in 64-bit code alone, AMD's in 32-bit code too, of compatibility mode
 * (it goes to CSTAR) and of a 32-bit system; AMD's SYSENTER is not there in long mode (APM 3).
 * SYSRET to what is not canonical is refused by Intel's; on AMD's it is the user who faults there.
 */
#include "isa/x86/cet.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/debug.h"
#include "isa/x86/fault.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/transfer.h"

enum {
    FLAT_DATA = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED | SEG_G | SEG_DB,
    FLAT_CODE = SEG_P | SEG_S | SEG_CODE | SEG_READ | SEG_ACCESSED | SEG_G,
};

static void flat_segments(struct x86 *cpu, u16 cs, u16 ss, unsigned cpl, bool wide)
{
    u32 dpl = cpl << SEG_DPL_SHIFT;

    cpu->seg[CS] = (struct segment){
        cs, FLAT_CODE | dpl | (wide ? SEG_L : SEG_DB), 0xffffffff, 0
    };
    cpu->seg[SS] = (struct segment){ ss, FLAT_DATA | dpl, 0xffffffff, 0 };
    cpu->cpl = (u8)cpl;
}

void x86_sysenter(struct x86 *cpu)
{
    u16 cs = cpu->sysenter_cs & ERROR_SELECTOR;
    bool wide = x86_is_long(cpu);

    x86_require(cpu, !wide || !x86_is_amd(cpu));
    x86_protect(cpu, cpu->mode & MODE_PE && !selector_is_null(cs));
    x86_cet_system_enter(cpu);
    cpu->gpr[RSP] = wide ? cpu->sysenter_esp : (u32)cpu->sysenter_esp;
    cpu->rip = wide ? cpu->sysenter_eip : (u32)cpu->sysenter_eip;
    flat_segments(cpu, cs, (u16)(cs + 8), 0, wide);
    x86_set_flags(cpu, x86_flags(cpu) & ~(u32)(VM | IF | RF));
    x86_mode_update(cpu);
    x86_cet_arrived(cpu);
}

void x86_sysexit(struct x86 *cpu, unsigned size)
{
    u16 cs = cpu->sysenter_cs & ERROR_SELECTOR;
    bool wide = size == 8;
    u64 rip = wide ? cpu->gpr[RDX] : (u32)cpu->gpr[RDX];
    u64 sp = wide ? cpu->gpr[RCX] : (u32)cpu->gpr[RCX];

    x86_require(cpu, !x86_is_long(cpu) || !x86_is_amd(cpu));
    x86_protect(cpu, cpu->mode & MODE_PE && cpu->cpl == 0 && !selector_is_null(cs));
    x86_protect(cpu, !wide || (x86_canonical(cpu, rip) && x86_canonical(cpu, sp)));
    x86_cet_system_leave(cpu, wide);
    cs = (u16)((cs + (wide ? 32 : 16)) | 3);
    cpu->gpr[RSP] = sp;
    cpu->rip = rip;
    flat_segments(cpu, cs, (u16)(cs + 8), 3, wide);
    x86_mode_update(cpu);
}

/* TF counts as it is afterwards: masked, it does not trap here; come back, it does at once. */
static void trap_as_now(struct x86 *cpu)
{
    cpu->trap = false;
    if (cpu->eflags & TF)
        cpu->dr6_pending |= DR6_BS;
}

/* SCE, and who has it where. */
static void require_syscall(struct x86 *cpu)
{
    x86_require(cpu, cpu->efer & EFER_SCE
                && (x86_is_64(cpu) || (x86_is_amd(cpu) && cpu->mode & MODE_PE)));
}

/* AMD's, in a system without long mode. */
static void legacy_syscall(struct x86 *cpu, u16 cs)
{
    cpu->gpr[RCX] = (u32)cpu->rip;
    cpu->rip = (u32)cpu->star;
    flat_segments(cpu, cs, (u16)(cs + 8), 0, false);
    x86_set_flags(cpu, x86_flags(cpu) & ~(u32)(VM | IF | RF));
    x86_mode_update(cpu);
    x86_cet_arrived(cpu);
}

void x86_syscall(struct x86 *cpu)
{
    u16 cs = cpu->star >> 32 & ERROR_SELECTOR;
    u32 flags = x86_flags(cpu);

    require_syscall(cpu);
    x86_cet_system_enter(cpu);
    if (!x86_is_long(cpu)) {
        legacy_syscall(cpu, cs);
        return;
    }
    cpu->gpr[RCX] = cpu->rip;
    cpu->gpr[R11] = flags & ~(u32)RF;
    cpu->rip = x86_is_64(cpu) ? cpu->lstar : cpu->cstar;
    flat_segments(cpu, cs, (u16)(cs + 8), 0, true);
    x86_set_flags(cpu, flags & ~(u32)(cpu->fmask | RF));
    x86_mode_update(cpu);
    x86_cet_arrived(cpu);
    trap_as_now(cpu);
}

void x86_sysret(struct x86 *cpu, unsigned size)
{
    u32 user = FLAGS_ARITHMETIC | TF | IF | DF | IOPL | NT | AC | VIF | VIP | ID;
    u32 flags = x86_is_long(cpu) ? (u32)cpu->gpr[R11] & user : x86_flags(cpu) | IF;
    u16 base = (u16)(cpu->star >> 48), cs = (u16)((base + (size == 8 ? 16 : 0)) | 3);
    u64 rip = size == 8 ? cpu->gpr[RCX] : (u32)cpu->gpr[RCX];

    require_syscall(cpu);
    x86_protect(cpu, cpu->cpl == 0 && (x86_is_amd(cpu) || x86_canonical(cpu, rip)));
    x86_cet_system_leave(cpu, size == 8);
    cpu->rip = rip;
    flat_segments(cpu, cs, (u16)((base + 8) | 3), 3, size == 8);
    x86_set_flags(cpu, flags);
    x86_mode_update(cpu);
    trap_as_now(cpu);
}
