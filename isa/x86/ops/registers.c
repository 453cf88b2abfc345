/* CPUID, model-specific registers, time, random numbers, FS and GS bases, protection keys. */
#include "isa/x86/control.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/msr.h"
#include "isa/x86/ops/body.h"
#include "isa/x86/paging.h"
#include "isa/x86/pmu.h"

enum { MICROCODE = 1 };                 /* the update that BIOS_SIGN_ID tells of */

static u64 edx_eax(const struct x86 *cpu)
{
    return cpu->gpr[RDX] << 32 | (u32)cpu->gpr[RAX];
}

static void put_edx_eax(struct x86 *cpu, u64 v)
{
    cpu->gpr[RAX] = (u32)v;
    cpu->gpr[RDX] = v >> 32;
}

/* CPUID.1 has the revision of the microcode put into its register: SDM 3A 10.11.7. */
PLAIN_OP(cpuid)
{
    struct cpuid r = x86_cpuid(cpu, (u32)cpu->gpr[RAX], (u32)cpu->gpr[RCX]);

    if ((u32)cpu->gpr[RAX] == 1 && x86_has(cpu, F_P6))
        cpu->bios_sign = (u64)MICROCODE << 32;
    cpu->gpr[RAX] = r.eax;
    cpu->gpr[RBX] = r.ebx;
    cpu->gpr[RCX] = r.ecx;
    cpu->gpr[RDX] = r.edx;
}

/* ---- Model-specific registers ---- */

PLAIN_OP(rdmsr)
{
    u64 v = 0;

    x86_protect(cpu, cpu->cpl == 0);
    x86_protect(cpu, x86_msr_read(cpu, (u32)cpu->gpr[RCX], &v));
    put_edx_eax(cpu, v);
}

END_OP(wrmsr)
{
    x86_protect(cpu, cpu->cpl == 0);
    x86_protect(cpu, x86_msr_write(cpu, (u32)cpu->gpr[RCX], edx_eax(cpu)));
}

/* ---- Time ---- */

static u64 time_stamp(struct x86 *cpu)
{
    x86_protect(cpu, cpu->cpl == 0 || !(cpu->cr4 & CR4_TSD));
    return x86_tsc(cpu);
}

PLAIN_OP(rdtsc)
{
    put_edx_eax(cpu, time_stamp(cpu));
}

PLAIN_OP(rdtscp)
{
    put_edx_eax(cpu, time_stamp(cpu));
    cpu->gpr[RCX] = cpu->tsc_aux;
}

PLAIN_OP(rdpid)
{
    GET_q(cpu, op->dst) = cpu->tsc_aux;
}

PLAIN_OP(rdpmc)
{
    u64 v;

    x86_protect(cpu, cpu->cpl == 0 || cpu->cr4 & CR4_PCE);
    x86_protect(cpu, x86_pmu_read(cpu, (u32)cpu->gpr[RCX], &v));
    put_edx_eax(cpu, v);
}

/* ---- Calls to whoever runs the machine ---- */

void x86_set_hypercall(struct device *dev, x86_hypercall *call, struct device *answerer)
{
    struct x86 *cpu = container_of(dev, struct x86, cpu.dev);

    cpu->hypercall = call;
    cpu->answerer = answerer;
}

END_OP(vmcall)
{
    enum { NOT_PERMITTED = -1 };
    bool wide = x86_is_64(cpu);
    u64 mask = wide ? UINT64_MAX : UINT32_MAX, result = (u64)NOT_PERMITTED;
    const u64 argument[4] = {
        cpu->gpr[RBX] & mask, cpu->gpr[RCX] & mask, cpu->gpr[RDX] & mask, cpu->gpr[RSI] & mask,
    };

    x86_require(cpu, cpu->hypercall);
    if (cpu->cpl == 0) {
        x86_publish_time(cpu);
        result = cpu->hypercall(cpu->answerer, cpu->gpr[RAX] & mask, argument);
        cpu->leave = true;
    }
    cpu->gpr[RAX] = wide ? result : (u32)result;
}

/* ---- Random numbers: splitmix64, by S. Vigna; the state is seeded at power-on ---- */

static u64 random_number(struct x86 *cpu)
{
    u64 z = cpu->random += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

#define RANDOM(name, w)                                                         \
    PLAIN_OP(name##_##w)                                                        \
    {                                                                           \
        PUT_##w(cpu, op->dst, (T_##w)random_number(cpu));                       \
        x86_set_arithmetic(cpu, CF);                                            \
    }
#define RANDOM_ALL(name) RANDOM(name, b) RANDOM(name, w) RANDOM(name, d) RANDOM(name, q)
RANDOM_ALL(rdrand)
RANDOM_ALL(rdseed)

/* ---- FS and GS ---- */

#define SEGMENT_BASE(name, segment, w)                                          \
    PLAIN_OP(rd##name##_##w)                                                    \
    {                                                                           \
        x86_require(cpu, cpu->cr4 & CR4_FSGSBASE);                              \
        PUT_##w(cpu, op->dst, (T_##w)cpu->seg[segment].base);                   \
    }                                                                           \
    PLAIN_OP(wr##name##_##w)                                                    \
    {                                                                           \
        u64 base = GET_##w(cpu, op->dst);                                       \
                                                                                \
        x86_require(cpu, cpu->cr4 & CR4_FSGSBASE);                              \
        x86_protect(cpu, x86_canonical(cpu, base));                             \
        cpu->seg[segment].base = base;                                          \
        x86_segment_update(cpu, segment);                                       \
    }
#define SEGMENT_BASES(name, segment) \
    SEGMENT_BASE(name, segment, d) SEGMENT_BASE(name, segment, q)               \
    void h_rd##name##_b(HANDLER_ARGS) { GO(h_raise, op); }                      \
    void h_wr##name##_b(HANDLER_ARGS) { GO(h_raise, op); }                      \
    void h_rd##name##_w(HANDLER_ARGS) { GO(h_rd##name##_d, op); }               \
    void h_wr##name##_w(HANDLER_ARGS) { GO(h_wr##name##_d, op); }
SEGMENT_BASES(fsbase, FS)
SEGMENT_BASES(gsbase, GS)

/* ---- Protection keys ---- */

PLAIN_OP(rdpkru)
{
    x86_require(cpu, cpu->cr4 & CR4_PKE);
    x86_protect(cpu, (u32)cpu->gpr[RCX] == 0);
    put_edx_eax(cpu, cpu->pkru);
}

PLAIN_OP(wrpkru)
{
    x86_require(cpu, cpu->cr4 & CR4_PKE);
    x86_protect(cpu, (u32)cpu->gpr[RCX] == 0 && (u32)cpu->gpr[RDX] == 0);
    x86_set_pkru(cpu, (u32)cpu->gpr[RAX]);
}
