/* Operations of floating point that are encoded with VEX, by form: see operations.h. */
#pragma once

#define AVX_ARITHMETIC_VEX(X)                                                   \
    X(vaddps) X(vaddpd) X(vmulps) X(vmulpd) X(vsubps) X(vsubpd) X(vminps) X(vminpd) \
    X(vdivps) X(vdivpd) X(vmaxps) X(vmaxpd) X(vsqrtps) X(vsqrtpd) X(vrsqrtps) X(vrcpps) \
    X(vcmpps) X(vcmppd) X(vhaddpd) X(vhaddps) X(vhsubpd) X(vhsubps) X(vaddsubpd) \
    X(vaddsubps) X(vroundps) X(vroundpd) X(vdpps)
#define AVX_ARITHMETIC_VEC(X)                                                   \
    X(vaddss) X(vaddsd) X(vmulss) X(vmulsd) X(vsubss) X(vsubsd) X(vminss) X(vminsd) \
    X(vdivss) X(vdivsd) X(vmaxss) X(vmaxsd) X(vsqrtss) X(vsqrtsd) X(vrsqrtss) X(vrcpss) \
    X(vcmpss) X(vcmpsd) X(vroundss) X(vroundsd) X(vdppd)
#define AVX_CONVERT_VEX(X)                                                      \
    X(vcvtps2pd) X(vcvtpd2ps) X(vcvtdq2ps) X(vcvtps2dq) X(vcvttps2dq) X(vcvtdq2pd) \
    X(vcvtpd2dq) X(vcvttpd2dq) X(vcvtph2ps) X(vcvtps2ph)
#define AVX_CONVERT_VEC(X)                                                      \
    X(vcvtsi2ss) X(vcvtsi2ss_q) X(vcvtsi2sd) X(vcvtsi2sd_q) X(vcvtss2sd) X(vcvtsd2ss)

/* In the three orders of operands. */
#define FMA_ORDERS(X, name, suffix) \
    X(v##name##132##suffix) X(v##name##213##suffix) X(v##name##231##suffix)
#define FMA_PACKED(X, name) FMA_ORDERS(X, name, ps) FMA_ORDERS(X, name, pd)
#define FMA_SCALAR(X, name) FMA_ORDERS(X, name, ss) FMA_ORDERS(X, name, sd)
#define FMA_VEX(X)                                                              \
    FMA_PACKED(X, fmadd) FMA_PACKED(X, fmsub) FMA_PACKED(X, fnmadd) FMA_PACKED(X, fnmsub) \
    FMA_PACKED(X, fmaddsub) FMA_PACKED(X, fmsubadd)
#define FMA_VEC(X) \
    FMA_SCALAR(X, fmadd) FMA_SCALAR(X, fmsub) FMA_SCALAR(X, fnmadd) FMA_SCALAR(X, fnmsub)

#define AVX_FLOAT_VEX(X) AVX_ARITHMETIC_VEX(X) AVX_CONVERT_VEX(X) FMA_VEX(X)
#define AVX_FLOAT_VEC(X) AVX_ARITHMETIC_VEC(X) AVX_CONVERT_VEC(X) FMA_VEC(X)
