/* Adding to rollups, writing and folding them, for their tests. */
#ifndef CAIRN_TESTS_UNIT_ROLLUP_WORLD_H
#define CAIRN_TESTS_UNIT_ROLLUP_WORLD_H

#include "metric/rollup.h"
#include "tests/unit/metric_world.h"

static inline struct cn_rollup_position at(int64_t seq)
{
    return (struct cn_rollup_position){ .seq = seq, .mapping = 1 };
}

/* Adds facts from..to, which are events from + 1..to of the log. */
static inline void add(struct store *store, const struct world *world, size_t from, size_t to)
{
    cn_rollup_add(store->rollup, &world->facts[from], to - from, at((int64_t)to));
}

static inline void flush(struct store *store)
{
    struct cn_error err;
    must(cn_rollup_flush(store->rollup, &err), &err);
}

static inline int64_t fold(struct store *store, int64_t closed_before)
{
    struct cn_error err;
    int64_t rows = 0;
    must(cn_rollup_fold(store->rollup, closed_before, &rows, &err), &err);
    return rows;
}

static inline int64_t number(struct store *store, const char *sql)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    bool row = false;
    must(cn_db_read(store->db, &conn, &err), &err);
    must(cn_sql_prepare(conn, sql, &stmt, &err), &err);
    must(cn_sql_step(stmt, &row, &err), &err);
    assert_true(row);
    int64_t value = cn_sql_column_i64(stmt, 0);
    cn_sql_finish(stmt);
    cn_db_release(store->db, conn);
    return value;
}

static inline bool scan_plain(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                              struct cn_error *err)
{
    const struct world *world = arg;
    (void)err;
    sink->add(sink, world->facts, (size_t)upto_seq);
    return true;
}

#endif
