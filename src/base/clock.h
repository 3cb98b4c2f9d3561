/*
 * The injected clock.  Code that needs to know what time it is is handed one; only main() and tests
 * make one.  Durations for timeouts and benches come from cn_clock_monotonic_us().
 */
#ifndef CAIRN_BASE_CLOCK_H
#define CAIRN_BASE_CLOCK_H

#include <stdatomic.h>
#include <time.h>

#include "base/base.h"

struct cn_clock {
    cn_time (*now)(const struct cn_clock *clock);
    _Atomic int64_t fixed_us; /* of cn_clock_fixed() only */
};

/* The system's clock. */
extern const struct cn_clock cn_clock_system;

/* A clock that stands still until its fixed_us is stored to.  Any thread may read it. */
void cn_clock_fixed(struct cn_clock *clock, cn_time at);

static inline cn_time cn_now(const struct cn_clock *clock)
{
    return clock->now(clock);
}

/* Microseconds of a clock that is never set; comparable within one process only. */
int64_t cn_clock_monotonic_us(void);

/* The moment so many microseconds from now by that clock, for pthread_cond_timedwait(). */
struct timespec cn_clock_until(int64_t us);

#endif
