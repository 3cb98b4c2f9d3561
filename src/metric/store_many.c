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
    KEY_PARAMS = 3,
    COUNT_PARAMS = 5,
    NUMBER_PARAMS = 12,
    MEMBER_PARAMS = 4,
    ARRAY_ROWS = 8192, /* of one statement that takes its rows as arrays */
};

/* Of rows with numbers.  Few sizes, so that few statements are prepared. */
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

static const char number_head[] = "INSERT INTO metric_daily (" COLUMNS ") VALUES ";
static const char number_tail[] =
    " ON CONFLICT (account_id, metric, day) DO UPDATE SET " ADD_COUNTS(
        "metric_daily") ", " ADD_NUMBERS("metric_daily");

static bool prepare_numbers(struct cn_sql_conn *conn, size_t rows, struct cn_sql_stmt **stmt_out,
                            struct cn_error *err)
{
    struct cn_buf text;
    int param = 0;
    cn_buf_init(&text, TEXT_MAX_BYTES);
    cn_buf_add_str(&text, cn_str_of(number_head));
    for (size_t row = 0; row < rows; row++) {
        for (int i = 0; i < NUMBER_PARAMS; i++) {
            cn_buf_printf(&text, "%s$%d", i > 0 ? ", " : (row > 0 ? ", (" : "("), ++param);
        }
        cn_buf_add(&text, ")", 1);
    }
    /* The end is longer than what cn_buf_printf() takes. */
    cn_buf_add_str(&text, cn_str_of(number_tail));
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

/* Columns of rows that one statement takes as arrays. */
struct columns {
    int64_t *items[COUNT_PARAMS];
    size_t count;
};

static void columns_init(struct columns *columns, int width)
{
    *columns = (struct columns){ 0 };
    for (int i = 0; i < width; i++) {
        columns->items[i] = cn_heap_resize(NULL, ARRAY_ROWS * sizeof(columns->items[i][0]));
    }
}

static void columns_deinit(struct columns *columns)
{
    for (int i = 0; i < COUNT_PARAMS; i++) {
        free(columns->items[i]);
    }
}

static void columns_add_key(struct columns *columns, const struct cn_delta *row)
{
    columns->items[0][columns->count] = row->account_id;
    columns->items[1][columns->count] = row->metric;
    columns->items[2][columns->count] = row->day;
}

static bool columns_prepare(const struct columns *columns, struct cn_sql_conn *conn,
                            const char *sql, struct cn_sql_stmt **stmt_out, struct cn_error *err)
{
    if (!cn_sql_prepare(conn, sql, stmt_out, err)) {
        return false;
    }
    for (int i = 0; i < COUNT_PARAMS && columns->items[i] != NULL; i++) {
        cn_sql_bind_ids(*stmt_out, i + 1, columns->items[i], columns->count);
    }
    return true;
}

static int compare_row(const struct cn_delta *row, const int64_t key[KEY_PARAMS])
{
    const int64_t own[KEY_PARAMS] = { row->account_id, row->metric, row->day };
    for (int i = 0; i < KEY_PARAMS; i++) {
        if (own[i] != key[i]) {
            return own[i] < key[i] ? -1 : 1;
        }
    }
    return 0;
}

/* A member that was not there before, of the row with the key that was returned. */
static void note_new(struct many *many, struct cn_sql_stmt *stmt)
{
    const int64_t key[KEY_PARAMS] = { cn_sql_column_i64(stmt, 0), cn_sql_column_i64(stmt, 1),
                                      cn_sql_column_i64(stmt, 2) };
    size_t from = 0;
    size_t to = many->list.row_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_row(row_at(many, middle), key) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from < many->list.row_count && compare_row(row_at(many, from), key) == 0) {
        many->new_members[from]++;
    }
}

static bool send_members(struct many *many, const struct columns *columns, struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO metric_member (account_id, metric, day, member)"
        " SELECT k.account_id, CAST(k.metric AS integer), CAST(k.day AS integer), k.member"
        " FROM unnest($1, $2, $3, $4) AS k(account_id, metric, day, member)"
        " ON CONFLICT (account_id, metric, day, member) DO NOTHING"
        " RETURNING account_id, metric, day";
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    bool ok =
        columns_prepare(columns, many->conn, sql, &stmt, err) && cn_sql_step(stmt, &found, err);
    while (ok && found) {
        note_new(many, stmt);
        ok = cn_sql_step(stmt, &found, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool add_members(struct many *many, struct cn_error *err)
{
    struct columns columns;
    bool ok = true;
    columns_init(&columns, MEMBER_PARAMS);
    for (size_t i = 0; ok && i < many->list.member_count; i++) {
        columns_add_key(&columns, row_at(many, many->list.members[i].row));
        columns.items[3][columns.count++] = (int64_t)many->list.members[i].member;
        if (columns.count == ARRAY_ROWS || i + 1 == many->list.member_count) {
            ok = send_members(many, &columns, err);
            columns.count = 0;
        }
    }
    columns_deinit(&columns);
    return ok;
}

static bool send_counts(const struct many *many, const struct columns *columns,
                        struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO metric_daily (" COUNT_COLUMNS ")"
        " SELECT k.account_id, CAST(k.metric AS integer), CAST(k.day AS integer), k.count,"
        " CAST(k.members AS integer)"
        " FROM unnest($1, $2, $3, $4, $5) AS k(account_id, metric, day, count, members)"
        " ON CONFLICT (account_id, metric, day) DO UPDATE SET " ADD_COUNTS("metric_daily");
    struct cn_sql_stmt *stmt = NULL;
    return columns_prepare(columns, many->conn, sql, &stmt, err) && cn_sql_run(stmt, err);
}

static bool add_counts(const struct many *many, const size_t *places, size_t count,
                       struct cn_error *err)
{
    struct columns columns;
    bool ok = true;
    columns_init(&columns, COUNT_PARAMS);
    for (size_t i = 0; ok && i < count; i++) {
        const struct cn_delta *row = row_at(many, places[i]);
        columns_add_key(&columns, row);
        columns.items[3][columns.count] = row->count;
        columns.items[4][columns.count++] = many->new_members[places[i]];
        if (columns.count == ARRAY_ROWS || i + 1 == count) {
            ok = send_counts(many, &columns, err);
            columns.count = 0;
        }
    }
    columns_deinit(&columns);
    return ok;
}

static void bind_numbers(const struct many *many, struct cn_sql_stmt *stmt, int first, size_t place)
{
    const struct cn_delta *row = row_at(many, place);
    const struct cn_delta_number *number = &many->deltas->numbers[row->number - 1];
    bind_key(stmt, first, row);
    cn_sql_bind_i64(stmt, first + 3, row->count);
    cn_sql_bind_i64(stmt, first + 4, many->new_members[place]);
    cn_sql_bind_i64(stmt, first + 5, number->plus);
    cn_sql_bind_i64(stmt, first + 6, number->minus);
    cn_sql_bind_f64(stmt, first + 7, number->min);
    cn_sql_bind_f64(stmt, first + 8, number->max);
    cn_sql_bind_f64(stmt, first + 9, number->last);
    cn_sql_bind_i64(stmt, first + 10, number->last_at);
    cn_sql_bind_i64(stmt, first + 11, number->last_tie);
}

static bool add_numbers(const struct many *many, const size_t *places, size_t count,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    for (size_t done = 0; done < count;) {
        size_t size = next_size(count - done);
        if (!prepare_numbers(many->conn, size, &stmt, err)) {
            return false;
        }
        for (size_t i = 0; i < size; i++) {
            bind_numbers(many, stmt, (int)i * NUMBER_PARAMS + 1, places[done + i]);
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
    size_t counts = 0;
    size_t numbers = many->list.row_count;
    for (size_t place = 0; place < many->list.row_count; place++) {
        if (row_at(many, place)->number == 0) {
            places[counts++] = place;
        }
    }
    for (size_t place = many->list.row_count; place > 0; place--) {
        if (row_at(many, place - 1)->number != 0) {
            places[--numbers] = place - 1;
        }
    }
    return add_members(many, err) && add_counts(many, places, counts, err) &&
           add_numbers(many, &places[numbers], many->list.row_count - numbers, err);
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
