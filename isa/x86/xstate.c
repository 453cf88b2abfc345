#include "isa/x86/xstate.h"

#include "isa/x86/cpuid.h"

/* SDM 1 13.5: offsets of the standard format. */
struct xcomponent x86_xcomponent(unsigned n)
{
    switch (n) {
    case 2:  return (struct xcomponent){ 576, 256, false };
    case 9:  return (struct xcomponent){ 2688, 8, false };
    case 11: return (struct xcomponent){ 0, 16, false };
    case 12: return (struct xcomponent){ 0, 24, false };
    default: return (struct xcomponent){ 0, 0, false };
    }
}

u64 x86_xcr0_supported(const struct x86 *cpu)
{
    u64 bits = 0;

    if (!x86_has(cpu, F_XSAVE))
        return 0;
    bits = XSTATE_X87;
    if (x86_has(cpu, F_SSE))
        bits |= XSTATE_SSE;
    if (x86_has(cpu, F_AVX))
        bits |= XSTATE_AVX;
    if (x86_has(cpu, F_PKU))
        bits |= XSTATE_PKRU;
    return bits;
}

/* Control-flow enforcement; there is no processor trace. */
u64 x86_xss_supported(const struct x86 *cpu)
{
    if (!x86_has(cpu, F_XSAVES) || !(x86_has(cpu, F_CET_SS) || x86_has(cpu, F_CET_IBT)))
        return 0;
    return XSTATE_CET_USER | XSTATE_CET_SUPERVISOR;
}

u32 x86_xsave_compact_offset(u64 components, unsigned n)
{
    u32 at = XSAVE_LEGACY + XSAVE_HEADER;

    for (unsigned i = 2; i <= n; i++) {
        struct xcomponent c = x86_xcomponent(i);

        if (!(components >> i & 1))
            continue;
        if (c.align)
            at = (at + 63) & ~63u;
        if (i < n)
            at += c.size;
    }
    return at;
}

u32 x86_xsave_size(u64 components, bool compact)
{
    u32 end = XSAVE_LEGACY + XSAVE_HEADER;

    if (compact)
        return x86_xsave_compact_offset(components, XSAVE_COMPONENTS);
    for (unsigned i = 2; i < XSAVE_COMPONENTS; i++) {
        struct xcomponent c = x86_xcomponent(i);

        if (components >> i & 1 && c.offset + c.size > end)
            end = c.offset + c.size;
    }
    return end;
}
