/*
 * Operations of system registers, caches, saved states, input and output, by form: see
 * operations.h.
 */
#pragma once

#define SYSTEM_PLAIN(X) \
    X(mov_from_cr) X(mov_to_cr) X(mov_from_dr) X(mov_to_dr) X(clts) X(invlpg) X(invpcid)        \
    X(invd) X(wbinvd) X(clflush) X(fence) X(cpuid) X(rdmsr) X(wrmsr) X(rdtsc) X(rdtscp) X(rdpmc) \
    X(endbr32) X(endbr64) X(saveprevssp) X(rstorssp) X(setssbsy) X(clrssbsy)                    \
    X(rdpid) X(vmcall) X(rdpkru) X(wrpkru) X(xgetbv) X(xsetbv) X(ldmxcsr) X(stmxcsr) X(ud)
#define SYSTEM_WIDTH(X) \
    X(in) X(in_dx) X(out) X(out_dx) X(ins) X(outs) X(rdrand) X(rdseed)                          \
    X(rdfsbase) X(rdgsbase) X(wrfsbase) X(wrgsbase) X(fxsave) X(fxrstor)                        \
    X(rdssp) X(incssp) X(wrss) X(wruss)                                                         \
    X(xsave) X(xsaveopt) X(xsavec) X(xsaves) X(xrstor) X(xrstors)
#define SYSTEM_RM(X) X(lmsw)
#define SYSTEM_RM_W(X) X(smsw)
