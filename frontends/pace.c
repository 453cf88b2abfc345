#include "frontends/pace.h"

#include <time.h>

/*
 * A slice is what the host does between two looks at its own affairs. A machine that
 * cannot keep up is not hurried afterwards: what it is behind is forgotten.
 */
enum {
    SLICE_HOST = 5000000, SLICE_LEAST = 20000, SLICE_MOST = 16000000,
    BEHIND_MOST = 100000000,        /* of a machine slower than real time */
    AWAY_MOST = 1000000000,         /* of any: the program was stopped, or a menu was open */
    WORTH_A_RUN = 1000000,
};

u64 host_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * SECOND + (u64)t.tv_nsec;
}

void pace_begin(struct pace *p, bool real, u64 virtual_now)
{
    u64 now = host_now();

    *p = (struct pace){
        .real = real, .host = now, .virtual = virtual_now, .slice = MILLISECOND,
        .told_host = now, .told_virtual = virtual_now,
    };
}

u64 pace_until(const struct pace *p, u64 virtual_now)
{
    u64 due = p->virtual + (host_now() - p->host);

    if (!p->real)
        return virtual_now + p->slice;
    if (due < virtual_now + WORTH_A_RUN)
        return virtual_now;
    return due - virtual_now < p->slice ? due : virtual_now + p->slice;
}

static void forget_delay(struct pace *p, u64 virtual_now, u64 most)
{
    u64 host = host_now();

    if (p->virtual + (host - p->host) > virtual_now + most) {
        p->host = host;
        p->virtual = virtual_now;
    }
}

void pace_learn(struct pace *p, u64 virtual_now, u64 virtual_passed, u64 host_passed)
{
    u64 slice;

    if (virtual_passed < SLICE_LEAST || host_passed == 0)
        return;
    slice = (u64)((double)virtual_passed * SLICE_HOST / (double)host_passed);
    if (slice > p->slice * 2)               /* what was cheap once may not be so again */
        slice = p->slice * 2;
    p->slice = slice < SLICE_LEAST ? SLICE_LEAST : slice > SLICE_MOST ? SLICE_MOST : slice;
    forget_delay(p, virtual_now, host_passed > virtual_passed ? BEHIND_MOST : AWAY_MOST);
}

int pace_sleep_ms(const struct pace *p, u64 when)
{
    u64 now = p->virtual + (host_now() - p->host);

    if (when <= now + MILLISECOND)
        return 1;
    if (when - now > 60 * SECOND)
        return 60 * 1000;
    return (int)((when - now) / MILLISECOND);
}

bool pace_speed(struct pace *p, u64 virtual_now, u32 *permille)
{
    u64 host = host_now(), passed = host - p->told_host;

    if (passed < SECOND)
        return false;
    *permille = (u32)((virtual_now - p->told_virtual) * 1000 / passed);
    p->told_host = host;
    p->told_virtual = virtual_now;
    return true;
}
