/*
 * One instruction of user code with all that it may depend upon, and what became of it. The same
 * cases run on the host's own processor (native.c) and on ours (play.c).
 *
 * Memory is as follows, the same in both: two pages of code that are full of INT3, three pages of
 * data, the last of them read-only, seen at three addresses. All else is not mapped.
 */
#pragma once
#include "isa/x86/opcode.h"

enum { CODE_AT = 0x10000000, CODE_BYTES = 0x2000 };
enum { DATA_LOW = 0x8000, DATA_MID = 0x20000000, DATA_PAGES = 3, DATA_BYTES = 0x3000 };
#define DATA_HIGH       UINT64_C(0x555500000000)
#define DATA_WRITABLE   0x2000          /* of its bytes */

enum { SEL_CODE32 = 0x23, SEL_DATA = 0x2b, SEL_CODE64 = 0x33 };
enum { NO_VECTOR = 0xff, HUNG = 0xfe };

/*
 * In the image that FXSAVE64 makes: SDM 1 table 10-2. With the upper halves of YMM registers
 * behind its header it is one of XSAVE: 13.4.
 */
enum {
    FX_FCW = 0, FX_FSW = 2, FX_FTW = 4, FX_FOP = 6, FX_FIP = 8, FX_FDP = 16, FX_MXCSR = 24,
    FX_ST = 32, FX_XMM = 160, FX_USED = 416, FX_BYTES = 512,
    FX_HEADER = 512, FX_YMM = 576, FX_WHOLE = 832,
};

struct registers {
    u64 gpr[16], rip, rflags;
    u16 sel[6];                         /* by enum segment_name */
    u64 fs_base, gs_base;               /* 64-bit code only */
    u8  fx[FX_WHOLE];
};

struct patch { u16 at, count; u8 bytes[FX_BYTES]; };
enum { PATCHES = 4 };

struct insn_case {
    const struct row *row;
    u8                bits;             /* 32 or 64 */
    bool              through;          /* runs until it is past the instruction: REP */
    bool              shadowed;         /* the next one is run too, a NOP: MOV SS, POP SS */
    u8                length, code[16];
    struct registers  in;
    unsigned          patches;
    struct patch      patch[PATCHES];   /* of data, before */
};

enum { DELTAS = 640 };

struct insn_result {
    u8               vector;            /* the fault's, NO_VECTOR, HUNG */
    u32              error;
    u64              cr2;               /* of a page fault */
    struct registers out;
    unsigned         changed;           /* bytes of data; beyond DELTAS only their hash is kept */
    u64              hash;
    struct { u16 at; u8 value; } delta[DELTAS];
};

/* What data holds before patches. */
void insn_data_fill(u8 *data);
void insn_data_patch(u8 *data, const struct insn_case *);
/* Notes in the result how data differs from what it was, and undoes it. */
void insn_data_collect(u8 *data, const u8 *pristine, const struct insn_case *,
                       struct insn_result *);

/* Where the next instruction is. */
u64 insn_end(const struct insn_case *);
