/*
 * A case on the host: the registers are loaded, IRETQ goes to the code with TF set, and the
 * signal that follows -- the trap behind the instruction, or its fault -- brings the registers
 * back. The handler does not return from the signal but to the caller of enter(). Nothing but the
 * handler runs with the case's FS base; it puts back the C library's first.
 */
#define _GNU_SOURCE
#include "tests/insn/native.h"

#include <string.h>

#if defined __x86_64__ && defined __linux__
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "isa/x86/state.h"

struct entry {
    u64 gpr[16];                        /* 0 */
    u64 rip, cs, rflags, rsp, ss;       /* 128 */
    u64 fs_base, gs_base;               /* 168 */
    u64 es, ds, fs, gs, pad;            /* 184 */
    u64 unused[4];
    u8  fx[FX_WHOLE];                   /* 256 */
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct entry, rip) == 128 && offsetof(struct entry, fs_base) == 168
               && offsetof(struct entry, es) == 184 && offsetof(struct entry, fx) == 256,
               "the assembly below counts on it");

static struct entry entry;
static struct insn_result *result;
static const struct insn_case *running;
static u8 *code_view, *data_view;
static u8 pristine[DATA_BYTES];
static unsigned ticks;

u64 native_rsp, native_fs_base;
struct { u64 es, ds, fs, gs, fs_base, gs_base; } native_left;

void native_enter(struct entry *);
void native_handler(int, siginfo_t *, void *);
__attribute__((used)) void native_caught(int, siginfo_t *, ucontext_t *);

__asm__(
    ".text\n"
    ".globl native_enter\n"
    "native_enter:\n"
    "   push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "   mov %rsp, native_rsp(%rip)\n"
    "   rdfsbase %rax\n mov %rax, native_fs_base(%rip)\n"
    "   mov $7, %eax\n xor %edx, %edx\n xrstor64 256(%rdi)\n"
    "   mov 184(%rdi), %eax\n mov %eax, %es\n mov 192(%rdi), %eax\n mov %eax, %ds\n"
    "   mov 200(%rdi), %eax\n mov %eax, %fs\n mov 208(%rdi), %eax\n mov %eax, %gs\n"
    "   cmpl $0x33, 136(%rdi)\n jne 1f\n"
    "   mov 168(%rdi), %rax\n wrfsbase %rax\n mov 176(%rdi), %rax\n wrgsbase %rax\n"
    "1: lea 128(%rdi), %rsp\n"
    "   mov 0(%rdi), %rax\n mov 8(%rdi), %rcx\n mov 16(%rdi), %rdx\n mov 24(%rdi), %rbx\n"
    "   mov 40(%rdi), %rbp\n mov 48(%rdi), %rsi\n mov 64(%rdi), %r8\n mov 72(%rdi), %r9\n"
    "   mov 80(%rdi), %r10\n mov 88(%rdi), %r11\n mov 96(%rdi), %r12\n mov 104(%rdi), %r13\n"
    "   mov 112(%rdi), %r14\n mov 120(%rdi), %r15\n mov 56(%rdi), %rdi\n"
    "   iretq\n"
    ".globl native_handler\n"
    "native_handler:\n"
    "   pushfq\n andl $~0x44000, (%rsp)\n popfq\n"
    "   mov %es, %eax\n mov %rax, native_left(%rip)\n"
    "   mov %ds, %eax\n mov %rax, native_left+8(%rip)\n"
    "   mov %fs, %eax\n mov %rax, native_left+16(%rip)\n"
    "   mov %gs, %eax\n mov %rax, native_left+24(%rip)\n"
    "   rdfsbase %rax\n mov %rax, native_left+32(%rip)\n"
    "   rdgsbase %rax\n mov %rax, native_left+40(%rip)\n"
    "   mov native_fs_base(%rip), %rax\n wrfsbase %rax\n"
    "   call native_caught\n"
    "   mov native_rsp(%rip), %rsp\n"
    "   pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "   ret\n");

static void store_registers(struct registers *out, const ucontext_t *uc)
{
    static const u8 from[16] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
        REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    };
    const greg_t *g = uc->uc_mcontext.gregs;

    for (unsigned i = 0; i < 16; i++)
        out->gpr[i] = (u64)g[from[i]];
    out->rip = (u64)g[REG_RIP];
    out->rflags = (u64)g[REG_EFL];
    out->sel[ES] = (u16)native_left.es;
    out->sel[CS] = (u16)g[REG_CSGSFS];
    out->sel[SS] = (u16)((u64)g[REG_CSGSFS] >> 48);
    out->sel[DS] = (u16)native_left.ds;
    out->sel[FS] = (u16)native_left.fs;
    out->sel[GS] = (u16)native_left.gs;
    out->fs_base = native_left.fs_base;
    out->gs_base = native_left.gs_base;
    memcpy(out->fx, uc->uc_mcontext.fpregs, FX_WHOLE);
    if (!(out->fx[FX_HEADER] & 4))      /* as they are initially */
        memset(out->fx + FX_YMM, 0, FX_WHOLE - FX_YMM);
}

void native_caught(int signal, siginfo_t *info, ucontext_t *uc)
{
    struct insn_result *r = result;
    u64 trap = (u64)uc->uc_mcontext.gregs[REG_TRAPNO];

    if (!running)
        _exit(3);                       /* our own fault */
    store_registers(&r->out, uc);
    r->error = (u32)uc->uc_mcontext.gregs[REG_ERR];
    r->cr2 = trap == V_PF ? (u64)uc->uc_mcontext.gregs[REG_CR2] : 0;
    r->vector = signal == SIGALRM ? HUNG : (u8)trap;
    if (trap == V_DB && !running->through)
        r->vector = NO_VECTOR;
    if (trap == V_BP && running->through) {
        r->vector = NO_VECTOR;
        r->out.rip--;
    }
    if (r->vector == NO_VECTOR)
        r->error = 0;
}

/* A case that takes seconds never ends: the kernel found nothing in its exception, say. */
static void watch(int signal, siginfo_t *info, void *uc)
{
    const struct insn_case *c = *(const struct insn_case *volatile *)&running;

    if (c && ++ticks > 2)
        native_handler(signal, info, uc);
}

static u8 *map_twice(const char *name, const u64 *at, unsigned count, size_t bytes, int rights)
{
    int fd = memfd_create(name, 0);
    void *view;

    if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
        return NULL;
    for (unsigned i = 0; i < count; i++)
        if (mmap((void *)(uintptr_t)at[i], bytes, rights,
                 MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd, 0)
            != (void *)(uintptr_t)at[i])
            return NULL;
    view = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return view == MAP_FAILED ? NULL : view;
}

static bool catch_signals(void)
{
    static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
    static u8 stack[1 << 16] __attribute__((aligned(64)));
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction act = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    struct itimerval each = { { 1, 0 }, { 1, 0 } };

    if (sigaltstack(&alternate, NULL) < 0)
        return false;
    act.sa_sigaction = native_handler;
    for (unsigned i = 0; i < COUNT(signals); i++)
        if (sigaction(signals[i], &act, NULL) < 0)
            return false;
    act.sa_sigaction = watch;
    return sigaction(SIGALRM, &act, NULL) == 0 && setitimer(ITIMER_REAL, &each, NULL) == 0;
}

/* Present, not only mapped: the error code of a page fault tells. */
static void protect(u8 *page)
{
    mprotect(page, DATA_BYTES - DATA_WRITABLE, PROT_READ);
    *(volatile u8 *)page;
}

/* Linux shows the number of the processor in a descriptor: LSL of 7Bh. */
static void stay_on_first(void)
{
    cpu_set_t first;

    CPU_ZERO(&first);
    CPU_SET(0, &first);
    sched_setaffinity(0, sizeof first, &first);
}

bool native_open(const char **why)
{
    static const u64 code[] = { CODE_AT }, data[] = { DATA_LOW, DATA_MID, DATA_HIGH };

    *why = "the processor has no AVX";
    if (!__builtin_cpu_supports("avx"))
        return false;
    code_view = map_twice("code", code, 1, CODE_BYTES, PROT_READ | PROT_EXEC);
    data_view = map_twice("data", data, COUNT(data), DATA_BYTES, PROT_READ | PROT_WRITE);
    if (!code_view || !data_view) {
        *why = "the addresses it needs are taken (or below vm.mmap_min_addr)";
        return false;
    }
    for (unsigned i = 0; i < COUNT(data); i++)
        protect((u8 *)(uintptr_t)(data[i] + DATA_WRITABLE));
    memset(code_view, 0xcc, CODE_BYTES);
    insn_data_fill(pristine);
    memcpy(data_view, pristine, DATA_BYTES);
    stay_on_first();
    *why = "the signals cannot be caught";
    return catch_signals();
}

static void load_entry(const struct insn_case *c)
{
    const struct registers *in = &c->in;

    memcpy(entry.gpr, in->gpr, sizeof entry.gpr);
    entry.rip = in->rip;
    entry.cs = c->bits == 64 ? SEL_CODE64 : SEL_CODE32;
    entry.rflags = in->rflags | (c->through ? 0 : TF);
    entry.rsp = in->gpr[RSP];
    entry.ss = in->sel[SS];
    entry.es = in->sel[ES];
    entry.ds = in->sel[DS];
    entry.fs = in->sel[FS];
    entry.gs = in->sel[GS];
    entry.fs_base = in->fs_base;
    entry.gs_base = in->gs_base;
    memcpy(entry.fx, in->fx, sizeof entry.fx);
}

void native_run(const struct insn_case *c, struct insn_result *r)
{
    u8 *at = code_view + (c->in.rip - CODE_AT);

    memcpy(at, c->code, c->length);
    if (c->shadowed)
        at[c->length] = 0x90;
    insn_data_patch(data_view, c);
    load_entry(c);
    result = r;
    ticks = 0;
    running = c;
    native_enter(&entry);
    running = NULL;
    memset(at, 0xcc, c->length + 1u);
    insn_data_collect(data_view, pristine, c, r);
}

#else

bool native_open(const char **why)
{
    *why = "only x86-64 Linux can";
    return false;
}

void native_run(const struct insn_case *c, struct insn_result *r)
{
}
#endif
