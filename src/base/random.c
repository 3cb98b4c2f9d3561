#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>

void cn_random_bytes(void *bytes_out, size_t len)
{
    unsigned char *at = bytes_out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            (void)fputs("the kernel gives no random bytes\n", stderr);
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

uint64_t cn_rng_next(struct cn_rng *rng)
{
    rng->state += 0x9e3779b97f4a7c15U;
    uint64_t z = rng->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

int64_t cn_rng_between(struct cn_rng *rng, int64_t lo, int64_t hi)
{
    assert(lo <= hi);
    uint64_t span = (uint64_t)hi - (uint64_t)lo + 1; /* 0: all 64 bits */
    uint64_t value = cn_rng_next(rng);
    return (int64_t)((uint64_t)lo + (span == 0 ? value : value % span));
}

double cn_rng_unit(struct cn_rng *rng)
{
    return (double)(cn_rng_next(rng) >> 11) * 0x1p-53;
}
