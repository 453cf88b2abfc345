/* Operations of MMX, SSE to SSE4.2, AES, SHA, PCLMULQDQ and GFNI, by form: see operations.h. */
#pragma once

/* Packed integers, lane by lane: for MMX registers as for XMM. */
#define PACKED_LANES(X)                                                         \
    X(paddb) X(paddw) X(paddd) X(paddq) X(psubb) X(psubw) X(psubd) X(psubq)     \
    X(paddsb) X(paddsw) X(psubsb) X(psubsw) X(paddusb) X(paddusw) X(psubusb) X(psubusw) \
    X(pavgb) X(pavgw) X(pabsb) X(pabsw) X(pabsd) X(psignb) X(psignw) X(psignd) X(psadbw) \
    X(pcmpeqb) X(pcmpeqw) X(pcmpeqd) X(pcmpgtb) X(pcmpgtw) X(pcmpgtd)           \
    X(pminub) X(pmaxub) X(pminsw) X(pmaxsw) X(pand) X(pandn) X(por) X(pxor)     \
    X(pmullw) X(pmuludq) X(pmulhw) X(pmulhuw) X(pmulhrsw) X(pmaddwd) X(pmaddubsw)
/* ... whose results come from all of the first operand, then all of the second. */
#define PACKED_PAIRS(X)                                                         \
    X(packsswb) X(packuswb) X(packssdw)                                         \
    X(phaddw) X(phaddd) X(phaddsw) X(phsubw) X(phsubd) X(phsubsw)
/* ... from the lower or upper halves of both. */
#define PACKED_LOW(X)   X(punpcklbw) X(punpcklwd) X(punpckldq)
#define PACKED_HIGH(X)  X(punpckhbw, punpcklbw) X(punpckhwd, punpcklwd) X(punpckhdq, punpckldq)
/* Shifts, by a register and by an immediate. */
#define PACKED_SHIFTS(X) X(psllw) X(pslld) X(psllq) X(psrlw) X(psrld) X(psrlq) X(psraw) X(psrad)
/* In XMM registers only. */
#define XMM_LANES(X)                                                            \
    X(pcmpeqq) X(pcmpgtq) X(pminsb) X(pmaxsb) X(pminuw) X(pmaxuw) X(pminud) X(pmaxud) \
    X(pminsd) X(pmaxsd) X(pmulld) X(pmuldq) X(packusdw)                         \
    X(punpckhbw) X(punpckhwd) X(punpckhdq) X(punpcklqdq) X(punpckhqdq)
#define WIDENINGS(X)                                                            \
    X(pmovsxbw) X(pmovsxbd) X(pmovsxbq) X(pmovsxwd) X(pmovsxwq) X(pmovsxdq)     \
    X(pmovzxbw) X(pmovzxbd) X(pmovzxbq) X(pmovzxwd) X(pmovzxwq) X(pmovzxdq)

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
    PACKED_LANES(X) PACKED_PAIRS(X) PACKED_LOW(X) PACKED_SHIFTS(X) XMM_LANES(X) WIDENINGS(X) \
    SSE_FLOAT_VEC(X) SSE_MOVE_VEC(X) SSE_SHUFFLE_VEC(X) SSE_CRYPTO_VEC(X) SSE_STRING_VEC(X)

#define SSE_PLAIN(X)                                                            \
    X(psllw_imm) X(pslld_imm) X(psllq_imm) X(psrlw_imm) X(psrld_imm) X(psrlq_imm) \
    X(psraw_imm) X(psrad_imm) X(psrldq) X(pslldq)                               \
    X(mmx_psllw_imm) X(mmx_pslld_imm) X(mmx_psllq_imm) X(mmx_psrlw_imm) X(mmx_psrld_imm) \
    X(mmx_psrlq_imm) X(mmx_psraw_imm) X(mmx_psrad_imm)                          \
    X(movnti_d) X(movnti_q) X(maskmovdqu) X(maskmovq) X(movdq2q) X(movq2dq) X(emms) \
    X(mmx_movntq) X(mmx_pmovmskb) X(mmx_pextrw)

#define SSE_RM(X)                                                               \
    X(mmx_paddb) X(mmx_paddw) X(mmx_paddd) X(mmx_paddq) X(mmx_psubb) X(mmx_psubw) X(mmx_psubd) \
    X(mmx_psubq) X(mmx_paddsb) X(mmx_paddsw) X(mmx_psubsb) X(mmx_psubsw) X(mmx_paddusb) \
    X(mmx_paddusw) X(mmx_psubusb) X(mmx_psubusw) X(mmx_pavgb) X(mmx_pavgw) X(mmx_pabsb) \
    X(mmx_pabsw) X(mmx_pabsd) X(mmx_psignb) X(mmx_psignw) X(mmx_psignd) X(mmx_psadbw) \
    X(mmx_pcmpeqb) X(mmx_pcmpeqw) X(mmx_pcmpeqd) X(mmx_pcmpgtb) X(mmx_pcmpgtw) X(mmx_pcmpgtd) \
    X(mmx_pminub) X(mmx_pmaxub) X(mmx_pminsw) X(mmx_pmaxsw) X(mmx_pand) X(mmx_pandn) X(mmx_por) \
    X(mmx_pxor) X(mmx_pmullw) X(mmx_pmuludq) X(mmx_pmulhw) X(mmx_pmulhuw) X(mmx_pmulhrsw) \
    X(mmx_pmaddwd) X(mmx_pmaddubsw)                                             \
    X(mmx_packsswb) X(mmx_packuswb) X(mmx_packssdw) X(mmx_phaddw) X(mmx_phaddd) X(mmx_phaddsw) \
    X(mmx_phsubw) X(mmx_phsubd) X(mmx_phsubsw)                                  \
    X(mmx_punpcklbw) X(mmx_punpcklwd) X(mmx_punpckldq)                          \
    X(mmx_punpckhbw) X(mmx_punpckhwd) X(mmx_punpckhdq)                          \
    X(mmx_psllw) X(mmx_pslld) X(mmx_psllq) X(mmx_psrlw) X(mmx_psrld) X(mmx_psrlq) \
    X(mmx_psraw) X(mmx_psrad) X(mmx_pshufb) X(mmx_pshufw) X(mmx_palignr) X(mmx_pinsrw) \
    X(mmx_movd) X(mmx_movd_q) X(mmx_movd_store) X(mmx_movd_q_store) X(mmx_movq) X(mmx_movq_store) \
    X(cvtpi2ps) X(cvtpi2pd) X(cvtps2pi) X(cvttps2pi) X(cvtpd2pi) X(cvttpd2pi)

#define SSE_RM_W(X) X(crc32)
