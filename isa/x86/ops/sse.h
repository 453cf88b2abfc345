/* isa/x86/ops/sse.h */
/* Operations of MMX, SSE to SSE4.2, AES, SHA and PCLMULQDQ, by form: see operations.h. */
#pragma once

#define SSE_PLAIN(X)
#define SSE_RM(X)
#define SSE_VEC(X)
