/*
 * Reading rollup rows account by account.  Only metric/ includes this header.
 *
 * What is hot and what is folded arrives through the same sink: rows of one account, metric and day
 * may come in two parts, which add up.
 */
#ifndef CAIRN_METRIC_LOAD_H
#define CAIRN_METRIC_LOAD_H

#include "metric/store.h"
#include "sql/sql.h"

struct cn_load_row {
    int64_t account_id;
    uint32_t metric;
    int32_t day;
    int64_t count;
    int64_t members;
    struct cn_delta_number number;
};

struct cn_load_sink {
    /* The first day on which the account was heard of; may come twice. */
    void (*first_day)(void *arg, int64_t account_id, int32_t day);
    void (*row)(void *arg, const struct cn_load_row *row);
    void (*member)(void *arg, const struct cn_load_row *of, uint64_t member);
    void *arg;
};

/* A metric, by the number of its rows. */
struct cn_load_metric {
    uint32_t metric;
    bool with_members;
};

struct cn_load {
    const struct cn_load_metric *metrics;
    size_t metric_count;
    const int64_t *account_ids; /* NULL: all */
    size_t account_count;
    int32_t first_day;
    int32_t last_day; /* both included */
    /* The newest row before first_day too, and the newest with members, of which 0 is given. */
    bool with_before;
};

CN_MUST_CHECK bool cn_load_rows(struct cn_sql_conn *conn, const struct cn_load *load,
                                const struct cn_load_sink *sink, struct cn_error *err);

#endif
