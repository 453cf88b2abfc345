/* Operations that are encoded with VEX: AVX, AVX2 and what came with them; see operations.h. */
#pragma once
#include "isa/x86/ops/sse.h"

/* One value for each half: avx_int.c, or beside the form without VEX. */
#define AVX_LANES_VEX(X)                                                        \
    PACKED_LANES(X, v) PACKED_PAIRS(X, v) PACKED_LOW(X, v) PACKED_SHIFTS(X, v)  \
    XMM_LANES(X, v) WIDENINGS(X, v) X(vpsllvd) X(vpsllvq) X(vpsrlvd) X(vpsrlvq) X(vpsravd)

#define AVX_MOVE_VEX(X)                                                         \
    X(vmovaps) X(vmovaps_store) X(vmovups) X(vmovups_store)                     \
    X(vmovsldup) X(vmovshdup) X(vmovddup)                                       \
    X(vpbroadcastb) X(vpbroadcastw) X(vpbroadcastd) X(vpbroadcastq)             \
    X(vpmaskmovd) X(vpmaskmovq) X(vpmaskmovd_store) X(vpmaskmovq_store)
#define AVX_MOVE_VEC(X)                                                         \
    X(vmovss) X(vmovsd) X(vmovq) X(vmovq_store) X(vmovd) X(vmovd_q) X(vmovlps) X(vmovhps) \
    X(vbroadcastf128) X(vinsertf128) X(vextractf128)
#define AVX_MOVE_PLAIN(X)                                                       \
    X(vmovss_merge) X(vmovsd_merge) X(vmovss_back) X(vmovsd_back) X(vmovhlps) X(vmovlhps)

#define AVX_SHUFFLE_VEX(X)                                                      \
    X(vshufps) X(vshufpd) X(vpshufd) X(vpshuflw) X(vpshufhw) X(vpshufb) X(vpalignr) \
    X(vblendps) X(vblendpd) X(vpblendw) X(vpblendvb) X(vblendvps) X(vblendvpd)  \
    X(vpermilps) X(vpermilpd) X(vpermilps_imm) X(vpermilpd_imm)                 \
    X(vptest) X(vtestps) X(vtestpd) X(vmpsadbw)
#define AVX_SHUFFLE_VEC(X)                                                      \
    X(vperm2f128) X(vpermd) X(vpermq) X(vphminposuw)                            \
    X(vpinsrb) X(vpinsrw) X(vpinsrd) X(vpinsrq) X(vinsertps) X(vpcmpistrm) X(vpcmpestrm) \
    X(vpcmpestrm_q)

#define AVX_CRYPTO_VEX(X)                                                       \
    X(vaesenc) X(vaesenclast) X(vaesdec) X(vaesdeclast) X(vpclmulqdq) \
    X(vgf2p8mulb) X(vgf2p8affineqb) X(vgf2p8affineinvqb)
#define AVX_CRYPTO_VEC(X) X(vaesimc) X(vaeskeygenassist)

#define AVX_LENGTH(X)                                                           \
    X(vzero) X(vbroadcastss) X(vbroadcastsd) X(vpmovmskb) X(vmovmskps) X(vmovmskpd) \
    X(vpsllw_imm) X(vpslld_imm) X(vpsllq_imm) X(vpsrlw_imm) X(vpsrld_imm) X(vpsrlq_imm) \
    X(vpsraw_imm) X(vpsrad_imm) X(vpsrldq) X(vpslldq)                           \
    X(vpgatherdd) X(vpgatherdq) X(vpgatherqd) X(vpgatherqq)

#define AVX_VEX(X)      AVX_LANES_VEX(X) AVX_MOVE_VEX(X) AVX_SHUFFLE_VEX(X) AVX_CRYPTO_VEX(X)
#define AVX_VEC(X)      AVX_MOVE_VEC(X) AVX_SHUFFLE_VEC(X) AVX_CRYPTO_VEC(X)
#define AVX_PLAIN(X)    AVX_MOVE_PLAIN(X)
