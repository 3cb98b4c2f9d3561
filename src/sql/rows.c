#include "sql/rows.h"

#include <assert.h>
#include <string.h>

#include "sql/copy.h"

bool cn_sql_rows_begin(struct cn_sql_rows *rows, struct cn_sql_conn *conn, const char *sql,
                       const char *types, struct cn_error *err)
{
    *rows = (struct cn_sql_rows){ .types = types, .is_embedded = cn_sql_is_embedded(conn) };
    assert(strlen(types) <= CN_SQL_ROW_COLUMNS_MAX);
    for (size_t i = 0; types[i] != '\0'; i++) {
        cn_buf_init(&rows->columns[i], CN_COPY_MAX_BYTES);
    }
    return cn_sql_prepare(conn, sql, &rows->stmt, err);
}

static bool send_waiting(struct cn_sql_rows *rows, struct cn_error *err)
{
    if (rows->count == 0) {
        return true;
    }
    assert(rows->types[rows->column] == '\0');
    for (size_t i = 0; !rows->is_embedded && rows->types[i] != '\0'; i++) {
        const struct cn_buf *column = &rows->columns[i];
        if (column->overflowed) {
            return cn_fail(err, CN_TOO_LARGE, "the rows of one statement are over %d bytes",
                           CN_COPY_MAX_BYTES);
        }
        cn_sql_bind_list(rows->stmt, (int)i + 1, rows->types[i] == 't',
                         &(struct cn_sql_list){ .elements = cn_buf_str(column),
                                                .count = rows->count,
                                                .has_null = rows->has_null[i] });
    }
    bool ok = cn_sql_send(rows->stmt, err);
    for (size_t i = 0; rows->types[i] != '\0'; i++) {
        cn_buf_clear(&rows->columns[i]);
        rows->has_null[i] = false;
    }
    cn_map_clear(&rows->keys);
    rows->count = 0;
    return ok;
}

bool cn_sql_rows_next(struct cn_sql_rows *rows, uint64_t key, struct cn_error *err)
{
    bool was_new = true;
    if ((rows->is_embedded || rows->count == CN_SQL_ROWS_MAX ||
         cn_map_get(&rows->keys, key) != NULL) &&
        !send_waiting(rows, err)) {
        return false;
    }
    if (!rows->is_embedded) {
        (void)cn_map_put(&rows->keys, key, &was_new); /* only its key matters */
    }
    rows->count++;
    rows->column = 0;
    return true;
}

void cn_sql_rows_i64(struct cn_sql_rows *rows, int64_t value)
{
    const size_t column = rows->column++;
    assert(rows->types[column] == 'i');
    if (rows->is_embedded) {
        cn_sql_bind_i64(rows->stmt, (int)column + 1, value);
    } else {
        cn_copy_i64(&rows->columns[column], value, sizeof(value));
    }
}

void cn_sql_rows_str(struct cn_sql_rows *rows, cn_str value)
{
    const size_t column = rows->column++;
    assert(rows->types[column] == 't');
    if (rows->is_embedded) {
        cn_sql_bind_str(rows->stmt, (int)column + 1, value);
    } else {
        cn_copy_str(&rows->columns[column], value);
    }
}

void cn_sql_rows_null(struct cn_sql_rows *rows)
{
    const size_t column = rows->column++;
    assert(rows->types[column] != '\0');
    if (rows->is_embedded) {
        cn_sql_bind_null(rows->stmt, (int)column + 1);
    } else {
        cn_copy_null(&rows->columns[column]);
        rows->has_null[column] = true;
    }
}

bool cn_sql_rows_end(struct cn_sql_rows *rows, bool ok, struct cn_error *err)
{
    ok = ok && send_waiting(rows, err);
    cn_sql_finish(rows->stmt);
    cn_map_deinit(&rows->keys);
    for (size_t i = 0; rows->types[i] != '\0'; i++) {
        cn_buf_deinit(&rows->columns[i]);
    }
    return ok;
}
