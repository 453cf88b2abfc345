/* Operations of segments, far transfers, interrupts and EFLAGS, by form: see operations.h. */
#pragma once

#define TRANSFER_PLAIN(X)                                                               \
    X(clc) X(stc) X(cmc) X(cld) X(std) X(cli) X(sti) X(lahf) X(sahf) X(clac) X(stac)    \
    X(hlt) X(pause) X(int_n) X(int3) X(into) X(icebp) X(syscall) X(sysenter) X(swapgs)  \
    X(rsm) X(sgdt) X(sidt)
#define TRANSFER_WIDTH(X)                                                               \
    X(pushf) X(popf) X(iret) X(retf) X(jmp_far) X(call_far) X(jmp_far_ind) X(call_far_ind) \
    X(push_seg) X(pop_seg) X(les) X(lds) X(lss) X(lfs) X(lgs) X(lgdt) X(lidt)           \
    X(sysret) X(sysexit)
#define TRANSFER_RM(X)      X(mov_to_seg) X(mov_cs) X(arpl) X(lldt) X(ltr) X(verr) X(verw)
#define TRANSFER_RM_W(X)    X(mov_from_seg) X(sldt) X(str) X(lar) X(lsl)
