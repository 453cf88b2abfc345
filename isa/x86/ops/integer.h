/* isa/x86/ops/integer.h */
/* Operations of the integer family, by form: see operations.h. */
#pragma once

#define INTEGER_PLAIN(X)
#define INTEGER_WIDTH(X)
#define INTEGER_RM(X)
#define INTEGER_RM_W(X)
#define INTEGER_SHIFT2(X)
