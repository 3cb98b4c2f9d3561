#include "base/clock.h"

static cn_time system_now(const struct cn_clock *clock)
{
    (void)clock;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    return (cn_time){ (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 };
}

const struct cn_clock cn_clock_system = { .now = system_now };

static cn_time fixed_now(const struct cn_clock *clock)
{
    return (cn_time){ atomic_load(&clock->fixed_us) };
}

void cn_clock_fixed(struct cn_clock *clock, cn_time at)
{
    clock->now = fixed_now;
    atomic_init(&clock->fixed_us, at.us);
}

int64_t cn_clock_monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct timespec cn_clock_until(int64_t us)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail with this clock */
    const int64_t ns = until.tv_nsec + us % 1000000 * 1000;
    until.tv_sec += us / 1000000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    return until;
}
