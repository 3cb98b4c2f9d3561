/*
 * Accounts out of a seed, as a column source: what programs read of a million accounts, without a
 * database or a log.
 *
 * A value is a function of the row, the column, the day and the seed.  From a day to the next,
 * every account comes nearer to its renewal, and the usage of one in twenty is another one.
 */
#ifndef CAIRN_BENCH_CROWD_H
#define CAIRN_BENCH_CROWD_H

#include <stdio.h>

#include "frame/source.h"

struct crowd {
    int64_t day;
    uint64_t seed; /* with another one, every value is another */
    struct cn_column_source source;
};

/* The crowd on day 0; it must outlive what was compiled with its source. */
void crowd_init(struct crowd *crowd);

/* Accounts 1 to `count`, one a line: the id, then a field a column; empty where it is missing.  The
 * first line names the columns: "logins_sum". */
void crowd_write(const struct crowd *crowd, size_t count, FILE *out);

#endif
