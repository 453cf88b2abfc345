/* The components of XSAVE's state and where they lie: SDM 1 chapter 13. */
#pragma once
#include "isa/x86/state.h"

enum { XSTATE_X87 = 1 << 0, XSTATE_SSE = 1 << 1, XSTATE_AVX = 1 << 2, XSTATE_PKRU = 1 << 9,
       XSTATE_CET_USER = 1 << 11, XSTATE_CET_SUPERVISOR = 1 << 12 };
enum { XSAVE_LEGACY = 512, XSAVE_HEADER = 64, XSAVE_COMPONENTS = 13 };
#define XSAVE_COMPACT BIT(63)           /* of XCOMP_BV */

struct xcomponent { u16 offset, size; bool align; };

/* Size 0: none of that number, or it lies in the legacy region. */
struct xcomponent x86_xcomponent(unsigned n);
/* Bits of XCR0 and of IA32_XSS that the model has. */
u64 x86_xcr0_supported(const struct x86 *);
u64 x86_xss_supported(const struct x86 *);
/* Bytes that an image with these components takes. */
u32 x86_xsave_size(u64 components, bool compact);
/* Where component n lies in a compacted image with these components. */
u32 x86_xsave_compact_offset(u64 components, unsigned n);
