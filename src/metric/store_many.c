/*
 * Rollup rows over a network: many rows a statement, and what several processes must agree on.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

#include "metric/store.h"
#include "metric/store_sql.h"

enum {
    TEXT_MAX_BYTES = 64 * 1024,
    COUNT_PARAMS = 5,
    NUMBER_PARAMS = 12,
    MEMBER_PARAMS = 4,
};

/* Few sizes, so that few statements are prepared. */
static const size_t sizes[] = { 128, 16, 1 };

static size_t next_size(size_t left)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(sizes); i++) {
        if (sizes[i] <= left) {
            return sizes[i];
        }
    }
    return 0;
}

/* The start and the end of a statement, with the places of its rows between them. */
struct shape {
    const char *head;
    const char *tail;
    int params; /* of a row */
};

/* Of a row that is counted only, of one with numbers, of a member. */
static const struct shape count_shape = {
    .head = "INSERT INTO metric_daily (" COUNT_COLUMNS ") VALUES ",
    .tail = " ON CONFLICT (account_id, metric, day) DO UPDATE SET " ADD_COUNTS("metric_daily"),
    .params = COUNT_PARAMS,
};
static const struct shape number_shape = {
    .head = "INSERT INTO metric_daily (" COLUMNS ") VALUES ",
    .tail = " ON CONFLICT (account_id, metric, day) DO UPDATE SET " ADD_COUNTS(
        "metric_daily") ", " ADD_NUMBERS("metric_daily"),
    .params = NUMBER_PARAMS,
};
static const struct shape member_shape = {
    .head = "INSERT INTO metric_member (account_id, metric, day, member) VALUES ",
    .tail = " ON CONFLICT (account_id, metric, day, member) DO NOTHING"
            " RETURNING account_id, metric, day",
    .params = MEMBER_PARAMS,
};

static bool prepare_many(struct cn_sql_conn *conn, const struct shape *shape, size_t rows,
                         struct cn_sql_stmt **stmt_out, struct cn_error *err)
{
    struct cn_buf text;
    int param = 0;
    cn_buf_init(&text, TEXT_MAX_BYTES);
    cn_buf_printf(&text, "%s", shape->head);
    for (size_t row = 0; row < rows; row++) {
        for (int i = 0; i < shape->params; i++) {
            cn_buf_printf(&text, "%s$%d", i > 0 ? ", " : (row > 0 ? ", (" : "("), ++param);
        }
        cn_buf_add(&text, ")", 1);
    }
    /* The end is longer than what cn_buf_printf() takes. */
    cn_buf_add_str(&text, cn_str_of(shape->tail));
    cn_buf_add(&text, "", 1);
    bool ok = !text.overflowed ? cn_sql_prepare(conn, text.data, stmt_out, err)
                               : cn_fail(err, CN_INTERNAL, "statement for %zu rows", rows);
    cn_buf_deinit(&text);
    return ok;
}

struct many {
    struct cn_sql_conn *conn;
    const struct cn_deltas *deltas;
    struct cn_delta_list list;
    int64_t *new_members; /* of each place in the list */
};

static const struct cn_delta *row_at(const struct many *many, size_t place)
{
    return &many->deltas->rows[many->list.rows[place]];
}

static void bind_key(struct cn_sql_stmt *stmt, int first, const struct cn_delta *row)
{
    cn_sql_bind_i64(stmt, first, row->account_id);
    cn_sql_bind_i64(stmt, first + 1, row->metric);
    cn_sql_bind_i64(stmt, first + 2, row->day);
}

/* A member that was not there before, of one of the rows from `place` on. */
static void note_new(struct many *many, struct cn_sql_stmt *stmt, size_t place)
{
    for (; place < many->list.row_count; place++) {
        const struct cn_delta *row = row_at(many, place);
        if (row->account_id == cn_sql_column_i64(stmt, 0) &&
            row->metric == (uint32_t)cn_sql_column_i64(stmt, 1) &&
            row->day == (int32_t)cn_sql_column_i64(stmt, 2)) {
            many->new_members[place]++;
            return;
        }
    }
}

static bool add_members(struct many *many, const struct cn_delta_member *members, size_t count,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    bool ok = prepare_many(many->conn, &member_shape, count, &stmt, err);
    for (size_t i = 0; ok && i < count; i++) {
        int first = (int)i * MEMBER_PARAMS + 1;
        bind_key(stmt, first, row_at(many, members[i].row));
        cn_sql_bind_i64(stmt, first + 3, (int64_t)members[i].member);
    }
    while (ok && found) {
        ok = cn_sql_step(stmt, &found, err);
        if (ok && found) {
            note_new(many, stmt, members[0].row);
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

static void bind_row(const struct many *many, struct cn_sql_stmt *stmt, int first, size_t place)
{
    const struct cn_delta *row = row_at(many, place);
    bind_key(stmt, first, row);
    cn_sql_bind_i64(stmt, first + 3, row->count);
    cn_sql_bind_i64(stmt, first + 4, many->new_members[place]);
    if (row->number != 0) {
        const struct cn_delta_number *number = &many->deltas->numbers[row->number - 1];
        cn_sql_bind_i64(stmt, first + 5, number->plus);
        cn_sql_bind_i64(stmt, first + 6, number->minus);
        cn_sql_bind_f64(stmt, first + 7, number->min);
        cn_sql_bind_f64(stmt, first + 8, number->max);
        cn_sql_bind_f64(stmt, first + 9, number->last);
        cn_sql_bind_i64(stmt, first + 10, number->last_at);
        cn_sql_bind_i64(stmt, first + 11, number->last_tie);
    }
}

static bool add_rows(const struct many *many, const struct shape *shape, const size_t *places,
                     size_t count, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    for (size_t done = 0; done < count;) {
        size_t size = next_size(count - done);
        if (!prepare_many(many->conn, shape, size, &stmt, err)) {
            return false;
        }
        for (size_t i = 0; i < size; i++) {
            bind_row(many, stmt, (int)i * shape->params + 1, places[done + i]);
        }
        if (!cn_sql_run(stmt, err)) {
            return false;
        }
        done += size;
    }
    return true;
}

/* Rows without numbers first, then those with: all processes do it in this order. */
static bool add_all(struct many *many, size_t *places, struct cn_error *err)
{
    for (size_t done = 0; done < many->list.member_count;) {
        size_t size = next_size(many->list.member_count - done);
        if (!add_members(many, &many->list.members[done], size, err)) {
            return false;
        }
        done += size;
    }
    for (int with_number = 0; with_number < 2; with_number++) {
        size_t count = 0;
        for (size_t place = 0; place < many->list.row_count; place++) {
            if ((row_at(many, place)->number != 0) == (with_number != 0)) {
                places[count++] = place;
            }
        }
        if (!add_rows(many, with_number != 0 ? &number_shape : &count_shape, places, count, err)) {
            return false;
        }
    }
    return true;
}

bool cn_store_add_many(struct cn_sql_conn *conn, const struct cn_deltas *deltas,
                       int64_t members_max, struct cn_error *err)
{
    struct many many = { .conn = conn, .deltas = deltas };
    if (deltas->count == 0) {
        return true;
    }
    cn_deltas_sort(deltas, CN_ORDER_BY_ACCOUNT, &many.list);
    size_t *places = cn_heap_resize(NULL, deltas->count * sizeof(places[0]));
    many.new_members = cn_heap_resize(NULL, deltas->count * sizeof(many.new_members[0]));
    for (size_t i = 0; i < deltas->count; i++) {
        many.new_members[i] = 0;
    }
    bool ok = add_all(&many, places, err) &&
              (many.list.member_count == 0 || cn_store_trim(conn, members_max, err));
    free(many.new_members);
    free(places);
    cn_delta_list_deinit(&many.list);
    return ok;
}

/* The first column of the first row, if there is one. */
static bool read_metric(struct cn_sql_conn *conn, cn_str name, struct cn_store_metric *metric_out,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(conn, "SELECT metric, built FROM rollup_metric WHERE name = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, name);
    bool ok = cn_sql_step(stmt, &found, err);
    *metric_out = (struct cn_store_metric){ .name = name };
    if (ok && found) {
        metric_out->metric = (uint32_t)cn_sql_column_i64(stmt, 0);
        metric_out->built = cn_sql_column_i64(stmt, 1) != 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_learn_metric(struct cn_sql_conn *conn, cn_str name, size_t names_max, bool built,
                           struct cn_store_metric *metric_out, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO rollup_metric (metric, name, built)"
        " SELECT coalesce(max(metric), 15) + 1, CAST($1 AS text), CAST($2 AS smallint)"
        " FROM rollup_metric WHERE true"
        " HAVING coalesce(sum(CASE WHEN name LIKE 'event:%' THEN 1 ELSE 0 END), 0)"
        "   < CAST($3 AS bigint)"
        " ON CONFLICT (name) DO NOTHING";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, name);
    cn_sql_bind_i64(stmt, 2, built);
    cn_sql_bind_i64(stmt, 3, (int64_t)names_max);
    return cn_sql_run(stmt, err) && read_metric(conn, name, metric_out, err);
}

bool cn_store_lock_mapping(struct cn_sql_conn *conn, bool alone, int64_t *mapping_out,
                           struct cn_error *err)
{
    static const char shared[] = "SELECT mapping FROM rollup_position WHERE id = 1 FOR SHARE";
    static const char exclusive[] = "SELECT mapping FROM rollup_position WHERE id = 1 FOR UPDATE";
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    bool ok = cn_sql_prepare(conn, alone ? exclusive : shared, &stmt, err) &&
              cn_sql_step(stmt, &found, err) &&
              (found || cn_fail(err, CN_INTERNAL, "the rollups have no position"));
    if (ok) {
        *mapping_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_store_has_rows(struct cn_sql_conn *conn, bool *has_rows_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool ok = cn_sql_prepare(conn, "SELECT 1 FROM metric_daily LIMIT 1", &stmt, err) &&
              cn_sql_step(stmt, has_rows_out, err);
    cn_sql_finish(stmt);
    return ok;
}
