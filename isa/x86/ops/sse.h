/* Operations of MMX, SSE to SSE4.2, AES, SHA, PCLMULQDQ and GFNI, by form: see operations.h. */
#pragma once

/*
 * Lists that several families have, under names of their own: p is what goes before. First packed
 * integers, lane by lane: for MMX registers as for XMM.
 */
#define PACKED_LANES(X, p)                                                      \
    X(p##paddb) X(p##paddw) X(p##paddd) X(p##paddq) X(p##psubb) X(p##psubw) X(p##psubd) \
    X(p##psubq) X(p##paddsb) X(p##paddsw) X(p##psubsb) X(p##psubsw) X(p##paddusb) X(p##paddusw) \
    X(p##psubusb) X(p##psubusw) X(p##pavgb) X(p##pavgw) X(p##pabsb) X(p##pabsw) X(p##pabsd) \
    X(p##psignb) X(p##psignw) X(p##psignd) X(p##psadbw) X(p##pcmpeqb) X(p##pcmpeqw) \
    X(p##pcmpeqd) X(p##pcmpgtb) X(p##pcmpgtw) X(p##pcmpgtd) X(p##pminub) X(p##pmaxub) \
    X(p##pminsw) X(p##pmaxsw) X(p##pand) X(p##pandn) X(p##por) X(p##pxor) X(p##pmullw) \
    X(p##pmuludq) X(p##pmulhw) X(p##pmulhuw) X(p##pmulhrsw) X(p##pmaddwd) X(p##pmaddubsw)
/* ... whose results come from all of the first operand, then all of the second. */
#define PACKED_PAIRS(X, p)                                                      \
    X(p##packsswb) X(p##packuswb) X(p##packssdw) X(p##phaddw) X(p##phaddd) X(p##phaddsw) \
    X(p##phsubw) X(p##phsubd) X(p##phsubsw)
/* ... from the lower or upper halves of both. */
#define PACKED_LOW(X, p) X(p##punpcklbw) X(p##punpcklwd) X(p##punpckldq)
#define PACKED_HIGH(X)  X(punpckhbw, punpcklbw) X(punpckhwd, punpcklwd) X(punpckhdq, punpckldq)
/* Shifts, by a register and by an immediate. */
#define PACKED_SHIFTS(X, p)                                                     \
    X(p##psllw) X(p##pslld) X(p##psllq) X(p##psrlw) X(p##psrld) X(p##psrlq) X(p##psraw) \
    X(p##psrad)
/* In XMM registers only. */
#define XMM_LANES(X, p)                                                         \
    X(p##pcmpeqq) X(p##pcmpgtq) X(p##pminsb) X(p##pmaxsb) X(p##pminuw) X(p##pmaxuw) X(p##pminud) \
    X(p##pmaxud) X(p##pminsd) X(p##pmaxsd) X(p##pmulld) X(p##pmuldq) X(p##packusdw) \
    X(p##punpckhbw) X(p##punpckhwd) X(p##punpckhdq) X(p##punpcklqdq) X(p##punpckhqdq)
#define WIDENINGS(X, p)                                                         \
    X(p##pmovsxbw) X(p##pmovsxbd) X(p##pmovsxbq) X(p##pmovsxwd) X(p##pmovsxwq) X(p##pmovsxdq) \
    X(p##pmovzxbw) X(p##pmovzxbd) X(p##pmovzxbq) X(p##pmovzxwd) X(p##pmovzxwq) X(p##pmovzxdq)

#define SSE_FLOAT_VEC(X)                                                        \
    X(addss) X(addsd) X(addps) X(addpd) X(subss) X(subsd) X(subps) X(subpd)     \
    X(mulss) X(mulsd) X(mulps) X(mulpd) X(divss) X(divsd) X(divps) X(divpd)     \
    X(minss) X(minsd) X(minps) X(minpd) X(maxss) X(maxsd) X(maxps) X(maxpd)     \
    X(sqrtss) X(sqrtsd) X(sqrtps) X(sqrtpd) X(rsqrtss) X(rsqrtps) X(rcpss) X(rcpps) \
    X(cmpss) X(cmpsd) X(cmpps) X(cmppd) X(ucomiss) X(ucomisd) X(comiss) X(comisd) \
    X(haddps) X(haddpd) X(hsubps) X(hsubpd) X(addsubps) X(addsubpd)             \
    X(roundss) X(roundsd) X(roundps) X(roundpd) X(dpps) X(dppd)                 \
    X(cvtsi2ss) X(cvtsi2ss_q) X(cvtsi2sd) X(cvtsi2sd_q)                         \
    X(cvtss2si) X(cvtss2si_q) X(cvtsd2si) X(cvtsd2si_q)                         \
    X(cvttss2si) X(cvttss2si_q) X(cvttsd2si) X(cvttsd2si_q)                     \
    X(cvtss2sd) X(cvtsd2ss) X(cvtps2pd) X(cvtpd2ps) X(cvtdq2ps) X(cvtdq2pd)     \
    X(cvtps2dq) X(cvttps2dq) X(cvtpd2dq) X(cvttpd2dq)

#define SSE_MOVE_VEC(X)                                                         \
    X(movaps) X(movaps_store) X(movups) X(movups_store) X(movss) X(movss_store) \
    X(movsd) X(movsd_store) X(movq) X(movq_store) X(movd) X(movd_store)         \
    X(movd_q) X(movd_q_store) X(movlps) X(movlps_store) X(movhps) X(movhps_store) \
    X(movhlps) X(movlhps) X(movsldup) X(movshdup) X(movddup)                    \
    X(movmskps) X(movmskpd) X(pmovmskb)

#define SSE_SHUFFLE_VEC(X)                                                      \
    X(shufps) X(shufpd) X(pshufd) X(pshuflw) X(pshufhw) X(pshufb) X(palignr)    \
    X(blendps) X(blendpd) X(pblendw) X(pblendvb) X(blendvps) X(blendvpd)        \
    X(pinsrb) X(pinsrw) X(pinsrd) X(pinsrq) X(insertps)                         \
    X(pextrb) X(pextrw) X(pextrw_store) X(pextrd) X(pextrq)                     \
    X(ptest) X(phminposuw) X(mpsadbw)

#define SSE_CRYPTO_VEC(X)                                                       \
    X(aesenc) X(aesenclast) X(aesdec) X(aesdeclast) X(aesimc) X(aeskeygenassist) \
    X(pclmulqdq) X(sha1nexte) X(sha1msg1) X(sha1msg2) X(sha1rnds4)              \
    X(sha256rnds2) X(sha256msg1) X(sha256msg2)                                  \
    X(gf2p8mulb) X(gf2p8affineqb) X(gf2p8affineinvqb)

#define SSE_STRING_VEC(X)                                                       \
    X(pcmpestrm) X(pcmpestri) X(pcmpestrm_q) X(pcmpestri_q) X(pcmpistrm) X(pcmpistri)

#define SSE_VEC(X)                                                              \
    PACKED_LANES(X, ) PACKED_PAIRS(X, ) PACKED_LOW(X, ) PACKED_SHIFTS(X, ) XMM_LANES(X, ) \
    WIDENINGS(X, ) \
    SSE_FLOAT_VEC(X) SSE_MOVE_VEC(X) SSE_SHUFFLE_VEC(X) SSE_CRYPTO_VEC(X) SSE_STRING_VEC(X)

#define SSE_PLAIN(X)                                                            \
    X(psllw_imm) X(pslld_imm) X(psllq_imm) X(psrlw_imm) X(psrld_imm) X(psrlq_imm) \
    X(psraw_imm) X(psrad_imm) X(psrldq) X(pslldq)                               \
    X(mmx_psllw_imm) X(mmx_pslld_imm) X(mmx_psllq_imm) X(mmx_psrlw_imm) X(mmx_psrld_imm) \
    X(mmx_psrlq_imm) X(mmx_psraw_imm) X(mmx_psrad_imm)                          \
    X(movnti_d) X(movnti_q) X(maskmovdqu) X(maskmovq) X(movdq2q) X(movq2dq) X(emms) \
    X(mmx_movntq) X(mmx_pmovmskb) X(mmx_pextrw)

#define SSE_RM(X)                                                               \
    PACKED_LANES(X, mmx_) PACKED_PAIRS(X, mmx_) PACKED_LOW(X, mmx_) PACKED_SHIFTS(X, mmx_) \
    X(mmx_punpckhbw) X(mmx_punpckhwd) X(mmx_punpckhdq)                          \
    X(mmx_pshufb) X(mmx_pshufw) X(mmx_palignr) X(mmx_pinsrw) \
    X(mmx_movd) X(mmx_movd_q) X(mmx_movd_store) X(mmx_movd_q_store) X(mmx_movq) X(mmx_movq_store) \
    X(cvtpi2ps) X(cvtpi2pd) X(cvtps2pi) X(cvttps2pi) X(cvtpd2pi) X(cvttpd2pi)

#define SSE_RM_W(X) X(crc32)
