/* isa/x86/ops/system.h */
/* Operations of segments, control transfers, system registers and input and output, by form: see operations.h. */
#pragma once

#define SYSTEM_PLAIN(X)
#define SYSTEM_WIDTH(X)
#define SYSTEM_RM(X)
#define SYSTEM_RM_W(X)
