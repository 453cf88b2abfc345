/* isa/x86/ops/transfer.h */
/* Operations of segment registers, far transfers, interrupts and EFLAGS, by form: see operations.h. */
#pragma once

#define TRANSFER_PLAIN(X)
#define TRANSFER_WIDTH(X)
#define TRANSFER_RM(X)
#define TRANSFER_RM_W(X)
