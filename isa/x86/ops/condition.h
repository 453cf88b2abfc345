/* isa/x86/ops/condition.h */
/* The sixteen conditions of Jcc, SETcc and CMOVcc: SDM 1 appendix B. */
#pragma once
#include "isa/x86/flags.h"

static inline bool cond_o(const struct lazy_flags *f) { return lazy_overflow(f); }
static inline bool cond_b(const struct lazy_flags *f) { return lazy_carry(f); }
static inline bool cond_z(const struct lazy_flags *f) { return lazy_zero(f); }
static inline bool cond_be(const struct lazy_flags *f) { return lazy_carry(f) | lazy_zero(f); }
static inline bool cond_s(const struct lazy_flags *f) { return lazy_sign(f); }
static inline bool cond_p(const struct lazy_flags *f) { return lazy_parity(f); }
static inline bool cond_l(const struct lazy_flags *f) { return lazy_sign(f) ^ lazy_overflow(f); }
static inline bool cond_le(const struct lazy_flags *f) { return (u32)cond_l(f) | lazy_zero(f); }
static inline bool cond_no(const struct lazy_flags *f) { return !cond_o(f); }
static inline bool cond_nb(const struct lazy_flags *f) { return !cond_b(f); }
static inline bool cond_nz(const struct lazy_flags *f) { return !cond_z(f); }
static inline bool cond_nbe(const struct lazy_flags *f) { return !cond_be(f); }
static inline bool cond_ns(const struct lazy_flags *f) { return !cond_s(f); }
static inline bool cond_np(const struct lazy_flags *f) { return !cond_p(f); }
static inline bool cond_nl(const struct lazy_flags *f) { return !cond_l(f); }
static inline bool cond_nle(const struct lazy_flags *f) { return !cond_le(f); }
