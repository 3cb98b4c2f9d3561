/* Shares of a whole in whole numbers. */
#include "health/split.h"

#include <math.h>
#include <stdlib.h>

struct remainder {
    double rest;
    size_t index;
};

/* Largest first; among equals the earlier. */
static int by_rest(const void *a, const void *b)
{
    const struct remainder *x = a;
    const struct remainder *y = b;
    if (x->rest != y->rest) {
        return x->rest > y->rest ? -1 : 1;
    }
    return (x->index > y->index) - (x->index < y->index);
}

void cn_split(int32_t total, const double *ideals, size_t count, struct cn_arena *arena,
              int32_t *parts_out)
{
    struct remainder *rests = cn_arena_array(arena, struct remainder, count);
    int64_t left = total;
    size_t moving = 0; /* an ideal of exactly 0 gets nothing */
    for (size_t i = 0; i < count; i++) {
        double whole = floor(ideals[i]);
        parts_out[i] = (int32_t)whole;
        left -= (int64_t)whole;
        if (ideals[i] != 0) {
            rests[moving++] = (struct remainder){ ideals[i] - whole, i };
        }
    }
    if (moving == 0) {
        return;
    }
    qsort(rests, moving, sizeof(*rests), by_rest);
    for (size_t i = 0; left > 0; i = (i + 1) % moving) {
        parts_out[rests[i].index]++;
        left--;
    }
    for (size_t i = moving; left<0; i = i> 1 ? i - 1 : moving) {
        parts_out[rests[i - 1].index]--;
        left++;
    }
}
