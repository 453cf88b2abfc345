/*
 * Runs in a Linux guest: four processes that keep numbers of their own in all YMM registers while
 * they take turns, and one that gets signals whose handler clears them. Says "kept" when every
 * register was found as it was left, and there were turns and signals enough.
 */
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4, ROUNDS = 400, TURNS = 300, SIGNALS = 50 };

static volatile unsigned signals;

/* Registers filled, some time passed and the processor left to others, registers stored. */
static void hold(const uint8_t in[512], uint8_t out[512], long spin)
{
    __asm__ volatile(
        "vmovdqu (%0), %%ymm0\n vmovdqu 32(%0), %%ymm1\n vmovdqu 64(%0), %%ymm2\n"
        "vmovdqu 96(%0), %%ymm3\n vmovdqu 128(%0), %%ymm4\n vmovdqu 160(%0), %%ymm5\n"
        "vmovdqu 192(%0), %%ymm6\n vmovdqu 224(%0), %%ymm7\n vmovdqu 256(%0), %%ymm8\n"
        "vmovdqu 288(%0), %%ymm9\n vmovdqu 320(%0), %%ymm10\n vmovdqu 352(%0), %%ymm11\n"
        "vmovdqu 384(%0), %%ymm12\n vmovdqu 416(%0), %%ymm13\n vmovdqu 448(%0), %%ymm14\n"
        "vmovdqu 480(%0), %%ymm15\n"
        "1: dec %1\n jnz 1b\n"
        "mov %3, %%eax\n syscall\n"
        "vmovdqu %%ymm0, (%2)\n vmovdqu %%ymm1, 32(%2)\n vmovdqu %%ymm2, 64(%2)\n"
        "vmovdqu %%ymm3, 96(%2)\n vmovdqu %%ymm4, 128(%2)\n vmovdqu %%ymm5, 160(%2)\n"
        "vmovdqu %%ymm6, 192(%2)\n vmovdqu %%ymm7, 224(%2)\n vmovdqu %%ymm8, 256(%2)\n"
        "vmovdqu %%ymm9, 288(%2)\n vmovdqu %%ymm10, 320(%2)\n vmovdqu %%ymm11, 352(%2)\n"
        "vmovdqu %%ymm12, 384(%2)\n vmovdqu %%ymm13, 416(%2)\n vmovdqu %%ymm14, 448(%2)\n"
        "vmovdqu %%ymm15, 480(%2)\n"
        : "+r"(in), "+r"(spin), "+r"(out)
        : "i"(SYS_sched_yield)
        : "rax", "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
          "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void on_signal(int number)
{
    (void)number;
    __asm__ volatile("vzeroall" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    signals++;
}

/* Numbers of eight bytes that tell process, round and lane. */
static int lost(unsigned who, long spin)
{
    uint64_t in[64], out[64];
    int bad = 0;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < 64; i++)
            in[i] = (uint64_t)(who + 1) << 56 | round << 16 | i;
        memset(out, 0, sizeof out);
        hold((const uint8_t *)in, (uint8_t *)out, spin);
        bad += memcmp(in, out, sizeof in) != 0;
    }
    return bad;
}

/* A process that has a processor for itself need not give turns. */
static int take_turns(void)
{
    struct rusage usage;
    long turns = 0;
    int failed = 0, status;

    for (unsigned i = 0; i < PROCESSES; i++)
        if (!fork())
            _exit(lost(i, 20000 + 7000 * (long)i) != 0);
    while (wait4(-1, &status, 0, &usage) > 0) {
        failed += status != 0;
        turns += usage.ru_nvcsw + usage.ru_nivcsw;
    }
    printf("%d of %d processes lost, %ld turns\n", failed, PROCESSES, turns);
    return failed || turns < TURNS;
}

static int get_signals(void)
{
    struct itimerval each = { { 0, 4000 }, { 0, 4000 } }, never = { { 0, 0 }, { 0, 0 } };
    int bad;

    signal(SIGALRM, on_signal);
    setitimer(ITIMER_REAL, &each, NULL);
    bad = lost(PROCESSES, 1000000);
    setitimer(ITIMER_REAL, &never, NULL);
    printf("signals: %d lost, %u signals\n", bad, signals);
    return bad || signals < SIGNALS;
}

/* Sums of bytes: whole vectors of the compiler's making, and one after the other. */
__attribute__((target("avx2"))) static uint64_t sum(const uint8_t *p, size_t n)
{
    __m256i s = _mm256_setzero_si256();

    for (size_t i = 0; i < n; i += 32)
        s = _mm256_add_epi64(s, _mm256_sad_epu8(_mm256_loadu_si256((const void *)(p + i)),
                                                _mm256_setzero_si256()));
    return (uint64_t)_mm256_extract_epi64(s, 0) + (uint64_t)_mm256_extract_epi64(s, 1)
        + (uint64_t)_mm256_extract_epi64(s, 2) + (uint64_t)_mm256_extract_epi64(s, 3);
}

int main(void)
{
    static uint8_t bytes[4096];
    uint64_t expected = 0;

    for (unsigned i = 0; i < sizeof bytes; i++)
        expected += bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    if (!__builtin_cpu_supports("avx2") || sum(bytes, sizeof bytes) != expected)
        return puts("no AVX2, or wrong sums"), 1;
    if (take_turns() | get_signals())
        return puts("lost"), 1;
    puts("kept");
    return 0;
}
