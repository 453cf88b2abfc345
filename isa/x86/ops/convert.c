/* CBW CWDE CDQE, CWD CDQ CQO, XLAT, SALC: SDM 2. */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/forms.h"

#define A GPR_OFFSET(RAX)
#define D GPR_OFFSET(RDX)

BODY(cbw_w) { PUT_w(cpu, A, (s8)GET_b(cpu, A)); return true; }
BODY(cbw_d) { PUT_d(cpu, A, (s16)GET_w(cpu, A)); return true; }
BODY(cbw_q) { PUT_q(cpu, A, (u64)(s64)(s32)GET_d(cpu, A)); return true; }
UNUSED_HANDLER(cbw_b)
FAST_HANDLER(cbw_w)
FAST_HANDLER(cbw_d)
FAST_HANDLER(cbw_q)

BODY(cwd_w) { PUT_w(cpu, D, (s16)GET_w(cpu, A) >> 15); return true; }
BODY(cwd_d) { PUT_d(cpu, D, (s32)GET_d(cpu, A) >> 31); return true; }
BODY(cwd_q) { PUT_q(cpu, D, (u64)((s64)GET_q(cpu, A) >> 63)); return true; }
UNUSED_HANDLER(cwd_b)
FAST_HANDLER(cwd_w)
FAST_HANDLER(cwd_d)
FAST_HANDLER(cwd_q)

BODY(xlat)
{
    u64 at = (cpu->gpr[RBX] + GET_b(cpu, A)) & address_mask(op), linear;
    u8 *host;

    if (slow) {
        PUT_b(cpu, A, x86_read(cpu, op_segment(op), at, 1));
        return true;
    }
    if (!ea_at(cpu, op, at, 1, TLB_READ, &linear) || !tlb_find(tlb, TLB_READ, linear, 1, &host))
        return false;
    PUT_b(cpu, A, *host);
    return true;
}
HANDLER_WITH_TWIN(xlat)

/* Not in Intel's manuals, in all of its processors: AL is filled with CF. */
BODY(salc) { PUT_b(cpu, A, -lazy_carry(lazy)); return true; }
FAST_HANDLER(salc)
