/* isa/x86/ops/x87.h */
/* Operations of the x87 unit, by form: see operations.h. */
#pragma once

#define X87_PLAIN(X) \
    X(fadd) X(fmul) X(fsub) X(fsubr) X(fdiv) X(fdivr)                           \
    X(fadd_to) X(fmul_to) X(fsub_to) X(fsubr_to) X(fdiv_to) X(fdivr_to)         \
    X(faddp) X(fmulp) X(fsubp) X(fsubrp) X(fdivp) X(fdivrp)                     \
    X(fiadd_m16) X(fimul_m16) X(fisub_m16) X(fisubr_m16) X(fidiv_m16) X(fidivr_m16) \
    X(fiadd_m32) X(fimul_m32) X(fisub_m32) X(fisubr_m32) X(fidiv_m32) X(fidivr_m32) \
    X(fcom) X(fcomp) X(fcompp) X(fucom) X(fucomp) X(fucompp)                    \
    X(fcomi) X(fcomip) X(fucomi) X(fucomip) X(ficom_m16) X(ficom_m32)           \
    X(ficomp_m16) X(ficomp_m32) X(ftst) X(fxam)                                 \
    X(fld) X(fst) X(fstp) X(fstp_quiet) X(fxch) X(fcmov) X(fld_constant) X(fld_m80) X(fstp_m80) \
    X(fild_m16) X(fild_m32) X(fild_m64) X(fist_m16) X(fist_m32)                 \
    X(fistp_m16) X(fistp_m32) X(fistp_m64) X(fisttp_m16) X(fisttp_m32) X(fisttp_m64) \
    X(fbld) X(fbstp)                                                            \
    X(fchs) X(fabs) X(fsqrt) X(frndint) X(f2xm1) X(fyl2x) X(fyl2xp1) X(fpatan)  \
    X(fptan) X(fsin) X(fcos) X(fsincos) X(fprem) X(fprem1) X(fscale) X(fxtract) \
    X(fnop) X(fnop_old) X(fincstp) X(fdecstp) X(ffree) X(ffreep) X(fwait) X(esc)           \
    X(fninit) X(fnclex) X(fldcw) X(fnstcw) X(fnstsw) X(fnstsw_ax)

/* Operand size 16 or 32: the images in memory. */
#define X87_WIDTH(X) X(fldenv) X(fnstenv) X(frstor) X(fnsave)

#define X87_RM(X)

/* Memory operands that are worth fast addressing; there is no register form. */
#define X87_VEC(X) \
    X(fadd_m32) X(fmul_m32) X(fsub_m32) X(fsubr_m32) X(fdiv_m32) X(fdivr_m32)   \
    X(fadd_m64) X(fmul_m64) X(fsub_m64) X(fsubr_m64) X(fdiv_m64) X(fdivr_m64)   \
    X(fcom_m32) X(fcomp_m32) X(fcom_m64) X(fcomp_m64)                           \
    X(fld_m32) X(fld_m64) X(fst_m32) X(fst_m64) X(fstp_m32) X(fstp_m64)
