/* isa/x86/state.h */
/*
 * An x86 processor. What it remembers stands in X86_STATE and is saved, loaded and hashed from
 * there; the members beside it are derived from those, or belong to the run.
 */
#pragma once
#include <setjmp.h>

#include "core/cpu.h"
#include "core/space.h"
#include "core/state.h"
#include "isa/x86/flags.h"
#include "isa/x86/fpu/softfloat.h"
#include "isa/x86/op.h"
#include "isa/x86/pmu_state.h"
#include "isa/x86/tlb.h"
#include "isa/x86/x86.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, ZERO };
enum segment_name { ES, CS, SS, DS, FS, GS, LDTR, TR, SEGMENTS };

/* Exceptions: SDM 3A 6.3.1. */
enum vector {
    V_DE, V_DB, V_NMI, V_BP, V_OF, V_BR, V_UD, V_NM, V_DF, V_TS = 10, V_NP, V_SS, V_GP, V_PF,
    V_MF = 16, V_AC, V_MC, V_XM, V_VE, V_CP,
    V_NONE = 0xff,                  /* unwound to try the instruction again */
};

enum {
    CR0_PE = 1 << 0, CR0_MP = 1 << 1, CR0_EM = 1 << 2, CR0_TS = 1 << 3, CR0_ET = 1 << 4,
    CR0_NE = 1 << 5, CR0_WP = 1 << 16, CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30,
};
#define CR0_PG (1u << 31)
enum {
    CR4_VME = 1 << 0, CR4_PVI = 1 << 1, CR4_TSD = 1 << 2, CR4_DE = 1 << 3, CR4_PSE = 1 << 4,
    CR4_PAE = 1 << 5, CR4_MCE = 1 << 6, CR4_PGE = 1 << 7, CR4_PCE = 1 << 8, CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10, CR4_UMIP = 1 << 11, CR4_LA57 = 1 << 12, CR4_SMXE = 1 << 14,
    CR4_FSGSBASE = 1 << 16, CR4_PCIDE = 1 << 17, CR4_OSXSAVE = 1 << 18, CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21, CR4_PKE = 1 << 22, CR4_CET = 1 << 23, CR4_PKS = 1 << 24,
};
enum { EFER_SCE = 1 << 0, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NXE = 1 << 11 };

/* Descriptor bits, as in its second doubleword: SDM 3A 3.4.5. */
enum {
    SEG_ACCESSED = 1 << 8, SEG_WRITE = 1 << 9 /* data */, SEG_READ = 1 << 9 /* code */,
    SEG_DOWN = 1 << 10 /* data */, SEG_CONFORMING = 1 << 10 /* code */, SEG_CODE = 1 << 11,
    SEG_S = 1 << 12, SEG_DPL = 3 << 13, SEG_P = 1 << 15, SEG_AVL = 1 << 20, SEG_L = 1 << 21,
    SEG_DB = 1 << 22, SEG_G = 1 << 23,
    SEG_TYPE = 0xf00, SEG_TYPE_SHIFT = 8, SEG_DPL_SHIFT = 13,
    SEG_ATTRIBUTES = 0x00f0ff00,
};

/*
 * What decoding depends upon, apart from the code's bytes. The base of CS stands in the upper half
 * of struct x86.mode (64-bit code has none).
 */
enum mode {
    MODE_16 = 0, MODE_32 = 1, MODE_64 = 2, MODE_CODE = 3,
    MODE_STACK32 = 1 << 2,          /* SS.B */
    MODE_FLAT_DS = 1 << 3,          /* base 0, limit 4 GB, readable and writable, expand-up */
    MODE_FLAT_ES = 1 << 4,
    MODE_FLAT_SS = 1 << 5,
    MODE_TS = 1 << 6,               /* CR0.TS */
    MODE_EM = 1 << 7,               /* CR0.EM */
    MODE_SSE = 1 << 8,              /* CR4.OSFXSR */
    MODE_AVX = 1 << 9,              /* CR4.OSXSAVE and XCR0 has SSE and AVX */
    MODE_LONG = 1 << 10,            /* EFER.LMA: 64-bit or compatibility */
    MODE_PE = 1 << 11,              /* CR0.PE */
    MODE_V86 = 1 << 12,
    MODE_STEP = 1 << 13,            /* blocks of one instruction */
    MODE_TIMING = 3, MODE_TIMING_SHIFT = 14,    /* which timing model the blocks' costs are of */
    MODE_BRANCHES = 1 << 16,        /* branches are marked: see branches.h */
    MODE_SHADOW = 1 << 17,          /* the shadow stack is on at this level: see cet.h */
    MODE_TRACK = 1 << 18,           /* indirect branches are tracked */
    MODE_ENDBR = 1 << 19,           /* ... and this is behind one */
    MODE_LIMIT_SHIFT = 24,          /* index into struct x86.cs_limit */
};

/* A segment register and its hidden part; LDTR and TR too. */
#define SEGMENT_STATE(ONE, MANY, PART)                                       \
    ONE (u16, selector, "visible part")                                      \
    ONE (u32, attr,     "descriptor bits 8-23, see SEG_*; 0 when null")      \
    ONE (u32, limit,    "last valid offset, in bytes")                       \
    ONE (u64, base,     "linear address")
struct segment { STATE_MEMBERS(SEGMENT_STATE) };

#define TABLE_STATE(ONE, MANY, PART)                                         \
    ONE (u64, base,     "linear address")                                    \
    ONE (u16, limit,    "last valid offset")
struct table_register { STATE_MEMBERS(TABLE_STATE) };

#define VECTOR_STATE(ONE, MANY, PART)                                        \
    MANY(u64, q, 4,     "YMM register, XMM in the first two")
struct vreg { STATE_MEMBERS(VECTOR_STATE) };

#define F80_STATE(ONE, MANY, PART)                                           \
    ONE (u64, man, "significand")                                            \
    ONE (u16, se, "sign and exponent")

#define TLB_PAGE_STATE(ONE, MANY, PART)                                      \
    ONE (u64, linear,   "page, PAGE_VALID")                                  \
    ONE (u64, physical, "page, PAGE_GLOBAL, PAGE_LARGE")

/* What decides over the cost of the next instruction: see timing.h. All 0: at rest. */
#define PIPE_STATE(ONE, MANY, PART)                                          \
    ONE (u16,  written,  "general registers that the last clock wrote")      \
    ONE (u16,  before,   "... and the one before it, while U waits")         \
    ONE (u16,  open,     "clocks of the instruction in U that may yet pair") \
    ONE (u8,   x87,      "clocks until the x87 result")                      \
    ONE (bool, exchange, "FXCH may follow for nothing")                      \
    ONE (bool, repeating, "a REP has paid for its beginning")
struct pipe { STATE_MEMBERS(PIPE_STATE) };

/* The local APIC: see apic.h. Registers are as SDM 3A 10.4 lays them out. */
#define APIC_STATE(ONE, MANY, PART)                                          \
    ONE (u8,   id,          "of an xAPIC; an x2APIC's is its number")        \
    ONE (u8,   tpr,         "task priority; CR8 is its upper half")          \
    ONE (u32,  logical,     "LDR of an xAPIC")                               \
    ONE (u32,  format,      "DFR")                                           \
    ONE (u32,  svr,         "spurious vector, software enable")              \
    MANY(u32,  isr, 8,      "in service") MANY(u32, tmr, 8, "level-triggered") \
    MANY(u32,  irr, 8,      "requested")                                     \
    ONE (u32,  esr,         "errors until the last write of ESR")            \
    ONE (u32,  errors,      "... and since")                                 \
    MANY(u32,  lvt, 6,      "local vector table, enum lvt")                  \
    ONE (u64,  icr,         "interrupt command; destination in the upper half") \
    ONE (bool, extint,      "told by a message to ask the interrupt controller") \
    ONE (u32,  divide,      "timer: divide configuration")                   \
    ONE (u32,  initial,     "... initial count")                             \
    ONE (u32,  count,       "... current count at `since`")                  \
    ONE (u64,  since,       "... ns")
struct apic { STATE_MEMBERS(APIC_STATE) };

#define X86_STATE(ONE, MANY, PART)                                           \
    MANY(u64,  gpr, 17,     "RAX RCX RDX RBX RSP RBP RSI RDI R8-R15, and zero") \
    ONE (u64,  rip,         "offset in CS of the next instruction")          \
    ONE (u32,  eflags,      "with the arithmetic flags when settled")        \
    ONE (u8,   cpl,         "current privilege level")                       \
    ONE (u8,   activity,    "running, halted, waiting for SIPI, shut down")  \
    ONE (u8,   shadow,      "interrupts held back for one instruction, SHADOW_*") \
    ONE (u8,   pins,        "levels of the input pins, bit X86_*")           \
    ONE (bool, nmi_pending, "NMI edge seen")                                 \
    ONE (bool, nmi_blocked, "until IRET")                                    \
    ONE (bool, smi_pending, "SMI edge seen")                                 \
    ONE (bool, init_pending, "INIT edge seen")                               \
    ONE (bool, in_smm,      "system management mode")                        \
    ONE (bool, smm_nmi,     "... and NMIs were blocked before it")           \
    ONE (u16,  sipi,        "start-up vector and 100h, or 0")                \
    ONE (u64,  cycles,      "of the core clock since power-on")              \
    ONE (u64,  idle,        "... of these, while it slept or others had their turns") \
    ONE (u64,  rounds,      "iterations of instructions that were not over then") \
    PART(struct pmu, pmu, 1, PMU_STATE)                                      \
    PART(struct branches, branches, 1, BRANCH_STATE)                         \
    PART(struct pipe, pipe, 1, PIPE_STATE)                                   \
    PART(struct segment, seg, 8, SEGMENT_STATE)                              \
    PART(struct table_register, gdtr, 1, TABLE_STATE)                        \
    PART(struct table_register, idtr, 1, TABLE_STATE)                        \
    ONE (u32,  cr0,  "control registers") ONE (u64, cr2, "page-fault address") \
    ONE (u64,  cr3,  "page tables") ONE (u32, cr4, "features switched on")   \
    PART(struct apic, apic, 1, APIC_STATE)                                   \
    MANY(u64,  dr, 8,       "debug registers")                               \
    MANY(u64,  pdpte, 4,    "PAE page-directory pointers, loaded with CR3")  \
    ONE (u32,  dr6_pending, "debug conditions of the instruction under way") \
    ONE (u64,  efer, "") ONE (u64, star, "") ONE (u64, lstar, "") ONE (u64, cstar, "") \
    ONE (u64,  fmask, "") ONE (u64, kernel_gs_base, "")                      \
    ONE (u32,  sysenter_cs, "") ONE (u64, sysenter_esp, "") ONE (u64, sysenter_eip, "") \
    ONE (u64,  tsc_offset, "added to the count of cycles") ONE (u32, tsc_aux, "") \
    ONE (u64,  tsc_adjust, "what software has added to the counter")         \
    ONE (u64,  pat, "") ONE (u64, apic_base, "") ONE (u64, misc_enable, "")  \
    MANY(u64,  mtrr_base, 8, "") MANY(u64, mtrr_mask, 8, "")                 \
    MANY(u64,  mtrr_fixed, 11, "250 258 259 268-26f") ONE (u64, mtrr_def_type, "") \
    ONE (u64,  debugctl, "") ONE (u64, bios_sign, "") ONE (u64, feature_control, "") \
    ONE (u64,  tsc_deadline, "") ONE (u32, pkru, "") ONE (u32, pkrs, "")     \
    ONE (u64,  spec_ctrl, "") ONE (u64, xss, "") ONE (u64, mcg_status, "")   \
    MANY(u64,  mc, 16, "machine-check banks") ONE (u32, smbase, "")          \
    ONE (u64,  xcr0,  "state components enabled")                            \
    ONE (u64,  random, "state of RDRAND, from the machine's seed")           \
    ONE (u64,  ssp, "shadow-stack pointer") ONE (u64, u_cet, "") ONE (u64, s_cet, "") \
    MANY(u64,  pl_ssp, 4, "shadow stacks of the privilege levels") ONE (u64, ssp_table, "") \
    PART(struct f80, st, 8, F80_STATE)                                       \
    ONE (u16,  fcw, "x87 control word") ONE (u16, fsw, "status word, TOP in ftop") \
    ONE (u8,   ftop, "top of stack") ONE (u8, ftag, "bit n: physical register n is not empty") \
    ONE (u16,  fop, "last opcode, 11 bits") ONE (u16, fcs, "") ONE (u64, fip, "") \
    ONE (u16,  fds, "") ONE (u64, fdp, "last operand")                       \
    PART(struct vreg, v, 16, VECTOR_STATE)                                   \
    ONE (u32,  mxcsr, "SSE control and status")                              \
    PART(struct tlb_page, page, TLB_SETS * TLB_KINDS * TLB_SIZE, TLB_PAGE_STATE)

enum activity { RUNNING, HALTED, WAIT_FOR_SIPI, SHUTDOWN };
enum { SHADOW_STI = 1, SHADOW_SS = 2 };

/* What the fast path of a segmented access needs, for each segment register. */
struct seg_fast {
    u64 base;                       /* 0 where 64-bit mode ignores it */
    s64 read_last, write_last;      /* greatest offset of a last byte; -1: look closer */
};

/* A physical page (PAGE_MASK set, so that 0 is none), and its bytes on the host, or NULL. */
struct physical_entry { u64 page; u8 *host, *flags; };
enum { PHYSICAL_CACHE = 256 };

struct x86_shared;

struct x86 {
    struct cpu        cpu;
    STATE_MEMBERS(X86_STATE)

    /* Derived, or of this run. */
    struct lazy_flags lazy;         /* the arithmetic flags while running */
    u64               mode;         /* enum mode, CS base above */
    u64               lin_mask;     /* of linear addresses: 4 GB but in 64-bit code */
    struct seg_fast   fast[6];
    struct tlb       *tlb;          /* of the present privilege */
    struct op        *op;           /* what called out, published by the slow path */
    s64               budget;       /* ... with this left */
    s64               start;        /* budget when the loop last entered a block */
    bool              leave;        /* after this instruction, back to the loop */
    struct op        *link_from;    /* stub of a branch whose target the loop is to find */
    u64               link_generation;
    u64               hz;           /* cycles a second */
    u32               cores;        /* of a package, a power of 2; 0: all CPUs are in one */
    const struct timing *timing;    /* NULL: an instruction is a cycle */
    struct { u64 count; u16 task; u8 cpl; } timed;      /* when the block under way began */
    bool              observed;     /* the loop is to tell pmu.c: counters count, or branches are */
    bool              marks_branches;   /* ... marked */
    u64               count_until;  /* cycle before which no counter can be full */
    u8                count_level;  /* where the instructions since `seen` run, LEVEL_* */
    u8                countings;
    bool              counts_fetches;   /* translations for code: instructions go one at a time */
    struct counting   counting[PMU_COUNTERS];
    struct { u64 from, taken; u8 kind; bool begun; } branch;    /* the one under way */
    struct { handler fn; struct op *op; s64 budget; } next; /* of dispatch/loop */
    u64               a20_mask;     /* of physical addresses */
    u64               phys_mask;    /* MAXPHYADDR */
    struct space     *mem;          /* cpu.memory, or what SMM sees */
    struct space     *smm_mem;      /* ... if that differs */
    struct space_watcher watcher, smm_watcher;
    bool              intr;         /* an interrupt waits for IF: see apic.h */
    struct space     *view;         /* of one with an APIC: its page on the machine's memory */
    struct region     apic_page, messages;  /* in that; MSIs, for all CPUs */
    struct event      apic_timer;
    char              vendor[13];   /* as CPUID tells it */
    x86_hypercall    *hypercall;    /* NULL where they are undefined */
    struct device    *answerer;
    u32               apic_hz;      /* what its timer counts before division */
    struct x86_shared *shared;      /* decoder and blocks, one for all CPUs of a machine */
    struct physical_entry physical[2][PHYSICAL_CACHE];  /* for reading, for writing */
    struct space     *physical_space;   /* ... of this space */
    struct tlb        tlbs[TLB_SETS];
    u64               large_pages;  /* bit n: gigabytes n mod 64 may hold pieces of large pages */
    struct tlb       *tlb_none;     /* all empty: every access takes the slow path */
    struct tlb_log    log[TLB_SETS][TLB_KINDS];
    u32               cs_limit[256]; /* limits of CS seen, index in the mode */
    unsigned          cs_limits;
    const struct model *model;
    u64               features[4];  /* bits F_*: what CPUID says and the decoder allows */
    struct fp_env     fenv;         /* x87: from fcw; no flags between instructions */
    struct f80        fpu_operand;  /* from memory, on its way to the arithmetic */
    bool              fpu_selectors;    /* FCS and FDS are kept: older models */
    struct line       shutdown;     /* shut down, as the bus cycle of that name tells */
    struct line       ferr;         /* an unmasked x87 exception waits, and CR0.NE is clear */

    jmp_buf           unwind;       /* faults leave by it */
    u8                fault_vector; /* while unwinding */
    bool              fault_has_code;
    u32               fault_code;
    struct { u8 vector, from; bool active; } delivering;    /* an event under way, enum source */
    bool              switched;     /* past a task switch: rip is the new task's */
    bool              trap;         /* single-step trap behind the instruction under way */
    struct fault_note { u64 rip, cr2; u32 code; u8 vector; } faults[3];    /* latest first */
    struct { u64 first, second; u8 split; } rmw;        /* between x86_rmw_read and _write */
};

_Static_assert(offsetof(struct x86, gpr) + 17 * 8 <= 256, "registers are named by a byte");

#define GPR_OFFSET(n) (offsetof(struct x86, gpr) + 8 * (n))
