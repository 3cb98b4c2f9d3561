/*
 * The SQL of rollups.  Only metric/ includes this header.
 *
 * All functions run on the caller's connection and, where they write, in its transaction.
 */
#ifndef CAIRN_METRIC_STORE_H
#define CAIRN_METRIC_STORE_H

#include "base/map.h"

#include "metric/delta.h"
#include "metric/rollup.h"
#include "sql/sql.h"

enum {
    CN_STORE_MEMBERS_MIN = 100, /* least possible members_max: of the index in the migration */
};

enum cn_store_table {
    CN_STORE_HOT,
    CN_STORE_DAILY,
};

struct cn_store_metric {
    uint32_t metric;
    cn_str name; /* borrowed during the call */
    bool built;
};

typedef bool cn_store_each_metric(void *arg, const struct cn_store_metric *metric,
                                  struct cn_error *err);

CN_MUST_CHECK bool cn_store_metrics(struct cn_sql_conn *conn, cn_store_each_metric *each, void *arg,
                                    struct cn_error *err);

/* Adds it, or changes `built` if it is there. */
CN_MUST_CHECK bool cn_store_save_metric(struct cn_sql_conn *conn,
                                        const struct cn_store_metric *metric, struct cn_error *err);

CN_MUST_CHECK bool cn_store_mark_built(struct cn_sql_conn *conn, uint32_t metric,
                                       struct cn_error *err);

/* Metrics that are being built: all of them are as far. */
struct cn_store_build {
    uint32_t metric;
    int64_t after_seq; /* scanned up to here; -1: unknown */
    int64_t upto_seq;  /* to be scanned up to here */
};

typedef void cn_store_each_build(void *arg, const struct cn_store_build *build);

CN_MUST_CHECK bool cn_store_build(struct cn_sql_conn *conn, cn_store_each_build *each, void *arg,
                                  struct cn_error *err);
CN_MUST_CHECK bool cn_store_begin_build(struct cn_sql_conn *conn,
                                        const struct cn_store_build *build, struct cn_error *err);
CN_MUST_CHECK bool cn_store_save_build(struct cn_sql_conn *conn, int64_t after_seq,
                                       struct cn_error *err);
CN_MUST_CHECK bool cn_store_end_build(struct cn_sql_conn *conn, struct cn_error *err);

/* The account's rows were made anew while metrics are being built, also between two tries. */
CN_MUST_CHECK bool cn_store_note_rebuilt(struct cn_sql_conn *conn, int64_t account_id,
                                         struct cn_error *err);
CN_MUST_CHECK bool cn_store_rebuilt(struct cn_sql_conn *conn, struct cn_map *accounts,
                                    struct cn_error *err);

/* Zero if nothing was ever flushed. */
CN_MUST_CHECK bool cn_store_position(struct cn_sql_conn *conn,
                                     struct cn_rollup_position *position_out, struct cn_error *err);
CN_MUST_CHECK bool cn_store_save_position(struct cn_sql_conn *conn,
                                          struct cn_rollup_position position, struct cn_error *err);

/* Adds the deltas to the rows of the table and keeps at most members_max members of each. */
CN_MUST_CHECK bool cn_store_add(struct cn_sql_conn *conn, enum cn_store_table table,
                                const struct cn_deltas *deltas, int64_t members_max,
                                struct cn_error *err);

/* The same for metric_daily with many rows a statement, where each goes over a network. */
CN_MUST_CHECK bool cn_store_add_many(struct cn_sql_conn *conn, const struct cn_deltas *deltas,
                                     int64_t members_max, struct cn_error *err);

/* Of rows of metric_daily with too many members the smallest stay, whatever order they came in. */
CN_MUST_CHECK bool cn_store_trim(struct cn_sql_conn *conn, int64_t members_max,
                                 struct cn_error *err);

/* The number of the name, which is made if no process has made it yet and there are fewer than
 * names_max; 0 in *metric_out if there is no room.  CN_CONFLICT: two did at once, try again. */
CN_MUST_CHECK bool cn_store_learn_metric(struct cn_sql_conn *conn, cn_str name, size_t names_max,
                                         bool built, struct cn_store_metric *metric_out,
                                         struct cn_error *err);

/* Shared by writers, alone for a rebuild; held to the end of the transaction. */
CN_MUST_CHECK bool cn_store_lock_mapping(struct cn_sql_conn *conn, bool alone, int64_t *mapping_out,
                                         struct cn_error *err);

CN_MUST_CHECK bool cn_store_has_rows(struct cn_sql_conn *conn, bool *has_rows_out,
                                     struct cn_error *err);

/* The oldest day of rollup_hot from `from` on; *found_out is false if there is none. */
CN_MUST_CHECK bool cn_store_hot_day(struct cn_sql_conn *conn, int64_t from, bool *found_out,
                                    int64_t *day_out, struct cn_error *err);

/* Its oldest days before `before`, ascending, at most `max` of them. */
CN_MUST_CHECK bool cn_store_hot_days(struct cn_sql_conn *conn, int64_t before, int64_t *days_out,
                                     size_t max, size_t *count_out, struct cn_error *err);

enum {
    CN_STORE_FOLD_DAYS_MAX = 800,
    CN_STORE_FOLD_ROWS = 20000 /* a tenth of a second of the writer's time */
};

struct cn_store_fold {
    const int64_t *days; /* at least one */
    size_t day_count;
    int64_t from; /* the first account */
    size_t rows;  /* about how many, of all days together */
    int64_t members_max;
};

/* Moves what rollup_hot has of the days and of some accounts to metric_daily: of all days at once,
 * since an account's days lie together there.  *next_out is the account to go on from, INT64_MAX
 * after the last; *moved_out is how many rows were moved. */
CN_MUST_CHECK bool cn_store_fold(struct cn_sql_conn *conn, const struct cn_store_fold *fold,
                                 int64_t *next_out, int64_t *moved_out, struct cn_error *err);

/* Removes the rows of the account and of the days, or of the metric. */
CN_MUST_CHECK bool cn_store_drop_account(struct cn_sql_conn *conn, int64_t account_id,
                                         int64_t first_day, int64_t last_day, struct cn_error *err);
CN_MUST_CHECK bool cn_store_drop_metric(struct cn_sql_conn *conn, uint32_t metric,
                                        struct cn_error *err);

#endif
