/*
 * Compares two rollups row by row: proof that what was kept live equals a replay.
 */
#include <stdio.h>
#include <string.h>

#include "metric/rollup.h"
#include "metric/rollup_impl.h"
#include "metric/store_sql.h"
#include "sql/stream.h"

enum {
    KEYS_OF_ROWS = 3,
    KEYS_OF_MEMBERS = 4,
};

/* A row or a member: its key, and what a row says. */
struct item {
    int64_t key[KEYS_OF_MEMBERS];
    int64_t count;
    bool has_number;
    struct cn_delta_number number;
};

/* One table in the order of account, metric, day (and member). */
struct cursor {
    struct cn_sql_stream rows;
    bool has_item;
    struct item item;
};

/* The two tables of one rollup as one stream in which each key comes once. */
struct stream {
    struct cursor cursors[2];
    int key_count;
    bool has_item;
    struct item item;
};

static const char *const row_tables[] = {
    "SELECT " COLUMNS " FROM metric_daily ORDER BY account_id, metric, day",
    "SELECT " COLUMNS " FROM rollup_hot ORDER BY account_id, metric, day",
};

static const char *const member_tables[] = {
    "SELECT account_id, metric, day, member FROM metric_member"
    " ORDER BY account_id, metric, day, member",
    "SELECT account_id, metric, day, member FROM rollup_hot_member"
    " ORDER BY account_id, metric, day, member",
};

static bool next_of(struct cursor *cursor, int key_count, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = cursor->rows.stmt;
    if (!cn_sql_stream_next(&cursor->rows, &cursor->has_item, err)) {
        return false;
    }
    if (!cursor->has_item) {
        return true;
    }
    cursor->item = (struct item){ 0 };
    for (int i = 0; i < key_count; i++) {
        cursor->item.key[i] = cn_sql_column_i64(stmt, i);
    }
    if (key_count == KEYS_OF_ROWS) {
        cursor->item.count = cn_sql_column_i64(stmt, 3);
        cursor->item.has_number = !cn_sql_column_is_null(stmt, 5);
        cursor->item.number = (struct cn_delta_number){
            .plus = cn_sql_column_i64(stmt, 5),
            .minus = cn_sql_column_i64(stmt, 6),
            .min = cn_sql_column_f64(stmt, 7),
            .max = cn_sql_column_f64(stmt, 8),
            .last = cn_sql_column_f64(stmt, 9),
            .last_at = cn_sql_column_i64(stmt, 10),
            .last_tie = cn_sql_column_i64(stmt, 11),
        };
    }
    return true;
}

static int compare_keys(const struct item *a, const struct item *b, int key_count)
{
    for (int i = 0; i < key_count; i++) {
        if (a->key[i] != b->key[i]) {
            return a->key[i] < b->key[i] ? -1 : 1;
        }
    }
    return 0;
}

static void merge(struct item *into, const struct item *other)
{
    into->count += other->count;
    if (into->has_number && other->has_number) {
        cn_delta_number_merge(&into->number, &other->number);
    }
}

static bool next(struct stream *stream, struct cn_error *err)
{
    struct cursor *a = &stream->cursors[0];
    struct cursor *b = &stream->cursors[1];
    stream->has_item = a->has_item || b->has_item;
    if (!stream->has_item) {
        return true;
    }
    int order = a->has_item && b->has_item ? compare_keys(&a->item, &b->item, stream->key_count)
                                           : (a->has_item ? -1 : 1);
    stream->item = order <= 0 ? a->item : b->item;
    if (order == 0) {
        merge(&stream->item, &b->item);
    }
    return (order > 0 || next_of(a, stream->key_count, err)) &&
           (order < 0 || next_of(b, stream->key_count, err));
}

static bool open_stream(struct stream *stream, struct cn_sql_conn *conn, const char *const *tables,
                        int key_count, struct cn_error *err)
{
    static const char *const names[] = { "folded", "hot", "folded_member", "hot_member" };
    const char *const *name = key_count == KEYS_OF_ROWS ? names : names + 2;
    stream->key_count = key_count;
    for (int i = 0; i < 2; i++) {
        if (!cn_sql_stream_open(conn, name[i], tables[i], &stream->cursors[i].rows, err) ||
            !next_of(&stream->cursors[i], key_count, err)) {
            return false;
        }
    }
    return next(stream, err);
}

static void close_stream(struct stream *stream)
{
    cn_sql_stream_close(&stream->cursors[0].rows);
    cn_sql_stream_close(&stream->cursors[1].rows);
}

static bool is_equal(const struct item *a, const struct item *b)
{
    const struct cn_delta_number *x = &a->number;
    const struct cn_delta_number *y = &b->number;
    return a->count == b->count && a->has_number == b->has_number && x->plus == y->plus &&
           x->minus == y->minus && x->min == y->min && x->max == y->max && x->last == y->last &&
           x->last_at == y->last_at && x->last_tie == y->last_tie;
}

static void differ(struct cn_rollup_difference *difference, const struct item *item,
                   const char *how)
{
    difference->differing++;
    if (difference->differing == 1) {
        (void)snprintf(difference->first, sizeof(difference->first),
                       "account %lld, metric %lld, day %lld: %s", (long long)item->key[0],
                       (long long)item->key[1], (long long)item->key[2], how); /* may be cut */
    }
}

static bool compare_streams(struct stream *a, struct stream *b,
                            struct cn_rollup_difference *difference, int64_t *compared,
                            struct cn_error *err)
{
    while (a->has_item || b->has_item) {
        int order = a->has_item && b->has_item ? compare_keys(&a->item, &b->item, a->key_count)
                                               : (a->has_item ? -1 : 1);
        (*compared)++;
        if (order < 0) {
            differ(difference, &a->item, "only in the first");
        } else if (order > 0) {
            differ(difference, &b->item, "only in the second");
        } else if (!is_equal(&a->item, &b->item)) {
            differ(difference, &a->item, "has other values");
        }
        if ((order <= 0 && !next(a, err)) || (order >= 0 && !next(b, err))) {
            return false;
        }
    }
    return true;
}

static bool compare_tables(struct cn_sql_conn *a, struct cn_sql_conn *b, bool of_members,
                           struct cn_rollup_difference *difference, struct cn_error *err)
{
    const char *const *tables = of_members ? member_tables : row_tables;
    int key_count = of_members ? KEYS_OF_MEMBERS : KEYS_OF_ROWS;
    int64_t *compared = of_members ? &difference->members : &difference->rows;
    struct stream left = { 0 };
    struct stream right = { 0 };
    bool ok = open_stream(&left, a, tables, key_count, err) &&
              open_stream(&right, b, tables, key_count, err) &&
              compare_streams(&left, &right, difference, compared, err);
    close_stream(&left);
    close_stream(&right);
    return ok;
}

bool cn_rollup_compare(struct cn_rollup *a, struct cn_rollup *b,
                       struct cn_rollup_difference *difference_out, struct cn_error *err)
{
    struct cn_rollup_difference difference = { 0 };
    struct cn_sql_conn *left = NULL;
    struct cn_sql_conn *right = NULL;
    bool ok = cn_db_read(a->db, &left, err) && cn_db_read(b->db, &right, err) &&
              compare_tables(left, right, false, &difference, err) &&
              compare_tables(left, right, true, &difference, err);
    cn_db_release(a->db, left);
    cn_db_release(b->db, right);
    if (!ok) {
        return cn_error_context(err, "comparing rollups");
    }
    *difference_out = difference;
    return true;
}
