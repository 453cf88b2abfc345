/* isa/x86/ops/x87.h */
/* Operations of the x87 unit, by form: see operations.h. */
#pragma once

#define X87_PLAIN(X)
#define X87_RM(X)
