/*
 * Runs in a Linux guest: what perf_event_open() counts is compared with loops of known length. The
 * difference of two counts is that of the loops, to the last instruction; an interrupt comes with
 * each period. Says "counted" when all of it holds.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SHORT = 1000, LONG = 5001000, PERIOD = 100000 };

static volatile unsigned signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

/* Of this process, in user mode. */
static int event(uint64_t config, uint64_t period)
{
    struct perf_event_attr a = {
        .size = sizeof a, .type = PERF_TYPE_HARDWARE, .config = config, .disabled = 1,
        .exclude_kernel = 1, .exclude_hv = 1, .sample_period = period, .wakeup_events = 1,
    };

    return (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static uint64_t count(int fd, uint64_t rounds)
{
    uint64_t v = 0;

    ioctl(fd, PERF_EVENT_IOC_RESET, 0);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    __asm__ volatile("1: dec %0; jnz 1b" : "+r"(rounds));
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    return read(fd, &v, sizeof v) == sizeof v ? v : 0;
}

static int differs(const char *name, uint64_t config, uint64_t each)
{
    int fd = event(config, 0);
    uint64_t a = count(fd, SHORT), b = count(fd, LONG);

    printf("%s: %llu, %llu\n", name, (unsigned long long)a, (unsigned long long)b);
    close(fd);
    return fd < 0 || b - a != each * (LONG - SHORT);
}

static int samples_differ(void)
{
    int fd = event(PERF_COUNT_HW_INSTRUCTIONS, PERIOD);

    signal(SIGIO, on_signal);
    fcntl(fd, F_SETOWN, getpid());
    fcntl(fd, F_SETFL, O_ASYNC);
    count(fd, LONG);
    printf("interrupts: %u\n", signals);
    close(fd);
    return signals != 2 * LONG / PERIOD;
}

int main(void)
{
    int wrong = differs("instructions", PERF_COUNT_HW_INSTRUCTIONS, 2)
        + differs("cycles", PERF_COUNT_HW_CPU_CYCLES, 2)
        + differs("reference cycles", PERF_COUNT_HW_REF_CPU_CYCLES, 2)
        + differs("branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 1)
        + samples_differ();

    puts(wrong ? "wrong" : "counted");
    return wrong;
}
