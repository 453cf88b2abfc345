/* Bits: BT BTS BTR BTC, BSF BSR, TZCNT LZCNT POPCNT, BSWAP, MOVBE, ADCX ADOX. SDM 2. */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/forms.h"

/* ---- One bit ---- */

/*
 * In memory a bit number from a register is signed and reaches as far as it says; what is accessed
 * is the operand-sized unit that holds the bit. An immediate is taken modulo the width. Only CF
 * changes.
 */
#define BIT_UNIT(w, n)  ((op_offset(cpu, op) + (u64)((s64)(S_##w)(n) >> LOG_##w) * sizeof(T_##w)) \
                         & address_mask(op))
#define LOG_w 4
#define LOG_d 5
#define LOG_q 6

#define BITOP_bt(v, m)  (v)
#define BITOP_bts(v, m) ((v) | (m))
#define BITOP_btr(v, m) ((v) & ~(m))
#define BITOP_btc(v, m) ((v) ^ (m))

#define BIT_REGISTER(name, form, w, number)                                     \
    BODY(name##form##_##w##_r)                                                  \
    {                                                                           \
        unsigned n_ = (unsigned)(number) & (BITS_##w - 1);                      \
        T_##w v_ = GET_##w(cpu, op->dst), m_ = (T_##w)((T_##w)1 << n_);         \
                                                                                \
        flags_set_carry(lazy, (u32)(v_ >> n_) & 1);                              \
        (void)m_;                                                               \
        PUT_BIT_##name(w, (T_##w)BITOP_##name(v_, m_));                         \
        return true;                                                            \
    }                                                                           \
    FAST_HANDLER(name##form##_##w##_r)
#define PUT_BIT_bt(w, v)    (void)(v)
#define PUT_BIT_bts(w, v)   PUT_##w(cpu, op->dst, v)
#define PUT_BIT_btr(w, v)   PUT_##w(cpu, op->dst, v)
#define PUT_BIT_btc(w, v)   PUT_##w(cpu, op->dst, v)

#define BIT_TEST(form, w, number, unit)                                         \
    BODY(bt##form##_##w##_m)                                                    \
    {                                                                           \
        u64 linear_, at_ = (unit);                                              \
        u8 *host_;                                                              \
        T_##w v_;                                                               \
                                                                                \
        if (slow) {                                                             \
            v_ = (T_##w)x86_read(cpu, op_segment(op), at_, sizeof v_);          \
        } else {                                                                \
            if (!ea_at(cpu, op, at_, sizeof v_, TLB_READ, &linear_)             \
                || !tlb_find(tlb, TLB_READ, linear_, sizeof v_, &host_))        \
                return false;                                                   \
            memcpy(&v_, host_, sizeof v_);                                      \
        }                                                                       \
        flags_set_carry(lazy, (u32)(v_ >> ((number) & (BITS_##w - 1))) & 1);     \
        return true;                                                            \
    }                                                                           \
    HANDLER_WITH_TWIN(bt##form##_##w##_m)

#define BIT_CHANGE(name, form, w, number, unit)                                 \
    BODY(name##form##_##w##_m)                                                  \
    {                                                                           \
        unsigned n_ = (unsigned)(number) & (BITS_##w - 1);                      \
        u64 linear_, at_ = (unit);                                              \
        u8 *host_;                                                              \
        T_##w v_, new_, m_ = (T_##w)((T_##w)1 << n_);                           \
                                                                                \
        if (slow) {                                                             \
            v_ = (T_##w)x86_rmw_read(cpu, op_segment(op), at_, sizeof v_);      \
            x86_rmw_write(cpu, sizeof v_, (T_##w)BITOP_##name(v_, m_));         \
        } else {                                                                \
            if (!ea_at(cpu, op, at_, sizeof v_, TLB_WRITE, &linear_)            \
                || !tlb_find(tlb, TLB_WRITE, linear_, sizeof v_, &host_))       \
                return false;                                                   \
            memcpy(&v_, host_, sizeof v_);                                      \
            new_ = (T_##w)BITOP_##name(v_, m_);                                 \
            memcpy(host_, &new_, sizeof v_);                                    \
        }                                                                       \
        flags_set_carry(lazy, (u32)(v_ >> n_) & 1);                              \
        return true;                                                            \
    }                                                                           \
    HANDLER_WITH_TWIN(name##form##_##w##_m)

#define BIT_TEST_FORMS(name, w)                                                 \
    BIT_REGISTER(bt, , w, GET_##w(cpu, op->src))                                \
    BIT_REGISTER(bt, _imm, w, op->imm)                                          \
    BIT_TEST(, w, GET_##w(cpu, op->src), BIT_UNIT(w, GET_##w(cpu, op->src)))    \
    BIT_TEST(_imm, w, op->imm, op_offset(cpu, op))
#define BIT_CHANGE_FORMS(name, w)                                               \
    BIT_REGISTER(name, , w, GET_##w(cpu, op->src))                              \
    BIT_REGISTER(name, _imm, w, op->imm)                                        \
    BIT_CHANGE(name, , w, GET_##w(cpu, op->src), BIT_UNIT(w, GET_##w(cpu, op->src))) \
    BIT_CHANGE(name, _imm, w, op->imm, op_offset(cpu, op))
WIDTHS_WDQ(BIT_TEST_FORMS, )
WIDTHS_WDQ(BIT_CHANGE_FORMS, bts)
WIDTHS_WDQ(BIT_CHANGE_FORMS, btr)
WIDTHS_WDQ(BIT_CHANGE_FORMS, btc)
NO_BYTE_RM(bt) NO_BYTE_RM(bts) NO_BYTE_RM(btr) NO_BYTE_RM(btc)
NO_BYTE_RM(bt_imm) NO_BYTE_RM(bts_imm) NO_BYTE_RM(btr_imm) NO_BYTE_RM(btc_imm)

/* ---- Finding and counting bits ---- */

static inline unsigned lowest(u64 v) { return (unsigned)__builtin_ctzll(v); }
static inline unsigned highest(u64 v) { return 63 - (unsigned)__builtin_clzll(v); }

/* A source of 0 leaves all of the destination alone; ZF is what the manual defines. */
#define SCAN(w, find)                                                           \
    if (b_)                                                                     \
        PUT_##w(cpu, op->dst, find(b_));                                        \
    FLAGS_AS(lazy, (u64)b_ << TOP_##w, 0, 0, TOP_##w);
#define SOURCE_bsf(w, b_) SCAN(w, lowest)
#define SOURCE_bsr(w, b_) SCAN(w, highest)

/* ZF: the result is 0; CF: the source is. */
#define COUNTED(w, b_, result)                                                  \
    T_##w r_ = (T_##w)(result);                                                 \
    PUT_##w(cpu, op->dst, r_);                                                  \
    FLAGS_AS(lazy, (u64)r_ << TOP_##w, 0, 0, TOP_##w | (b_ == 0 ? CF << KIND_FIX : 0));
#define SOURCE_tzcnt(w, b_) COUNTED(w, b_, b_ ? lowest(b_) : BITS_##w)
#define SOURCE_lzcnt(w, b_) COUNTED(w, b_, b_ ? BITS_##w - 1 - highest(b_) : BITS_##w)

/* All flags are clear, but ZF where the source is 0: with x = y = 0 and no parity but that of 0. */
#define SOURCE_popcnt(w, b_)                                                    \
    PUT_##w(cpu, op->dst, (T_##w)__builtin_popcountll(b_));                     \
    FLAGS_AS(lazy, b_ ? 1 : 0, 0, 0, b_ ? 0 : PF << KIND_FIX);

#define OF_SOURCE(name, w)                                                      \
    BODY(name##_##w##_r)                                                        \
    {                                                                           \
        T_##w b_ = GET_##w(cpu, op->src);                                       \
                                                                                \
        SOURCE_##name(w, b_)                                                    \
        return true;                                                            \
    }                                                                           \
    BODY(name##_##w##_m)                                                        \
    {                                                                           \
        T_##w b_;                                                               \
                                                                                \
        LOAD(b_, gen);                                                          \
        SOURCE_##name(w, b_)                                                    \
        return true;                                                            \
    }                                                                           \
    RM_HANDLERS(name, w)
#define OF_SOURCES(name) NO_BYTE_RM(name) WIDTHS_WDQ(OF_SOURCE, name)
OF_SOURCES(bsf)
OF_SOURCES(bsr)
OF_SOURCES(tzcnt)
OF_SOURCES(lzcnt)
OF_SOURCES(popcnt)

/* ---- Bytes turned round ---- */

/* The 16-bit form is undefined in the manual; processors clear the register's word. */
BODY(bswap_w) { PUT_w(cpu, op->dst, 0); return true; }
BODY(bswap_d) { PUT_d(cpu, op->dst, __builtin_bswap32(GET_d(cpu, op->dst))); return true; }
BODY(bswap_q) { PUT_q(cpu, op->dst, __builtin_bswap64(GET_q(cpu, op->dst))); return true; }
UNUSED_HANDLER(bswap_b)
FAST_HANDLER(bswap_w)
FAST_HANDLER(bswap_d)
FAST_HANDLER(bswap_q)

#define SWAP_w __builtin_bswap16
#define SWAP_d __builtin_bswap32
#define SWAP_q __builtin_bswap64
#define MOVBE(name, w)                                                          \
    BODY(movbe_load_##w)                                                        \
    {                                                                           \
        T_##w v_;                                                               \
                                                                                \
        LOAD(v_, gen);                                                          \
        PUT_##w(cpu, op->dst, SWAP_##w(v_));                                    \
        return true;                                                            \
    }                                                                           \
    BODY(movbe_store_##w)                                                       \
    {                                                                           \
        T_##w v_ = SWAP_##w(GET_##w(cpu, op->src));                             \
                                                                                \
        STORE(v_, gen);                                                         \
        return true;                                                            \
    }                                                                           \
    HANDLER_WITH_TWIN(movbe_load_##w) HANDLER_WITH_TWIN(movbe_store_##w)
UNUSED_HANDLER(movbe_load_b)
UNUSED_HANDLER(movbe_store_b)
WIDTHS_WDQ(MOVBE, )

/* ---- Additions with a carry of their own ---- */

#define CARRY_IN_adcx   lazy_carry(lazy)
#define CARRY_IN_adox   lazy_overflow(lazy)
#define CARRY_OUT_adcx(c) flags_set_carry(lazy, c)
#define CARRY_OUT_adox(c) flags_set_carry_overflow(lazy, lazy_carry(lazy), c)

#define ADD_EXTENDED(name, form, w, T, source)                                  \
    BODY(name##_##w##_##form)                                                   \
    {                                                                           \
        T a_ = (T)GET_q(cpu, op->dst), b_, sum_;                                \
        bool c_;                                                                \
                                                                                \
        source;                                                                 \
        c_ = __builtin_add_overflow(a_, b_, &sum_);                             \
        c_ |= __builtin_add_overflow(sum_, (T)CARRY_IN_##name, &sum_);          \
        CARRY_OUT_##name(c_);                                                   \
        PUT_q(cpu, op->dst, sum_);                                              \
        return true;                                                            \
    }
/* 66h is part of ADCX: it does not make the operand a word. */
#define ADD_EXTENDED_FORMS(name, w, T)                                          \
    ADD_EXTENDED(name, r, w, T, b_ = (T)GET_q(cpu, op->src))                    \
    ADD_EXTENDED(name, m, w, T, LOAD(b_, gen))                                  \
    RM_HANDLERS(name, w)
#define ADX(name)                                                               \
    NO_BYTE_RM(name) ADD_EXTENDED_FORMS(name, w, u32)                           \
    ADD_EXTENDED_FORMS(name, d, u32) ADD_EXTENDED_FORMS(name, q, u64)
ADX(adcx)
ADX(adox)
