#include "book/row.h"

#include <string.h>

#include "base/time.h"

#include "json/writer.h"

enum {
    JSON_MAX_BYTES = 64 * 1024,
};

bool cn_row_prepare(const struct cn_unit *unit, const char *sql, struct cn_sql_stmt **stmt_out,
                    struct cn_error *err)
{
    if (!cn_sql_prepare(unit->conn, sql, stmt_out, err)) {
        return false;
    }
    cn_unit_bind_scope(unit, *stmt_out);
    return true;
}

bool cn_row_run(const struct cn_unit *unit, struct cn_sql_stmt *stmt, int64_t *changed_out,
                struct cn_error *err)
{
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    *changed_out = cn_sql_changes(unit->conn);
    return true;
}

void cn_row_bind_opt_i64(struct cn_sql_stmt *stmt, int n, enum cn_given given, int64_t value)
{
    if (given == CN_GIVEN) {
        cn_sql_bind_i64(stmt, n, value);
    } else {
        cn_sql_bind_null(stmt, n);
    }
}

void cn_row_bind_opt_str(struct cn_sql_stmt *stmt, int n, enum cn_given given, cn_str value)
{
    if (given == CN_GIVEN) {
        cn_sql_bind_str(stmt, n, value);
    } else {
        cn_sql_bind_null(stmt, n);
    }
}

enum cn_given cn_row_opt_i64(struct cn_sql_stmt *stmt, int column, int64_t *value_out)
{
    *value_out = cn_sql_column_i64(stmt, column);
    return cn_sql_column_is_null(stmt, column) ? CN_NULL : CN_GIVEN;
}

enum cn_given cn_row_opt_str(struct cn_arena *arena, struct cn_sql_stmt *stmt, int column,
                             cn_str *value_out)
{
    *value_out = cn_row_str(arena, stmt, column);
    return cn_sql_column_is_null(stmt, column) ? CN_NULL : CN_GIVEN;
}

cn_str cn_row_str(struct cn_arena *arena, struct cn_sql_stmt *stmt, int column)
{
    return cn_arena_str(arena, cn_sql_column_str(stmt, column));
}

void cn_row_currency(struct cn_sql_stmt *stmt, int column, char currency_out[4])
{
    cn_str text = cn_sql_column_str(stmt, column);
    memset(currency_out, 0, 4);
    if (text.len < 4) {
        memcpy(currency_out, text.ptr, text.len);
    }
}

enum cn_given cn_given_if(cn_str text)
{
    return text.len > 0 ? CN_GIVEN : CN_NULL;
}

void *cn_row_grow(struct cn_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity * 2 + 16;
    void *grown = cn_arena_calloc(arena, *capacity, size);
    if (count > 0) {
        memcpy(grown, items, count * size);
    }
    return grown;
}

/* The document in the arena; "" for text that is not UTF-8, which no border lets through. */
static cn_str keep(struct cn_arena *arena, struct cn_json_writer *out, struct cn_buf *buf)
{
    cn_str text = { "", 0 };
    struct cn_error ignored; /* see above */
    if (cn_json_finish(out, &text, &ignored)) {
        text = cn_arena_str(arena, text);
    }
    cn_buf_deinit(buf);
    return text;
}

cn_str cn_row_json_str(struct cn_arena *arena, enum cn_given given, cn_str value)
{
    struct cn_buf buf;
    struct cn_json_writer out;
    if (given != CN_GIVEN) {
        return (cn_str){ "", 0 };
    }
    cn_buf_init(&buf, JSON_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_json_str(&out, value);
    return keep(arena, &out, &buf);
}

cn_str cn_row_json_i64(struct cn_arena *arena, enum cn_given given, int64_t value)
{
    struct cn_buf buf;
    struct cn_json_writer out;
    if (given != CN_GIVEN) {
        return (cn_str){ "", 0 };
    }
    cn_buf_init(&buf, JSON_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_json_i64(&out, value);
    return keep(arena, &out, &buf);
}

cn_str cn_row_json_id(struct cn_arena *arena, const char *prefix, enum cn_given given,
                      int64_t value)
{
    char text[CN_ID_TEXT_BYTES] = "";
    if (given == CN_GIVEN) {
        cn_id_format(prefix, value, text);
    }
    return cn_row_json_str(arena, given, (cn_str){ text, strlen(text) });
}

cn_str cn_row_json_time(struct cn_arena *arena, enum cn_given given, cn_time value)
{
    char text[CN_TIME_TEXT_BYTES] = "";
    if (given == CN_GIVEN) {
        cn_time_format(value, text);
    }
    return cn_row_json_str(arena, given, (cn_str){ text, strlen(text) });
}

bool cn_row_not_found(const char *what, const char *prefix, int64_t id, struct cn_error *err)
{
    char text[CN_ID_TEXT_BYTES] = "";
    if (id > 0) {
        cn_id_format(prefix, id, text);
    }
    return cn_fail(err, CN_NOT_FOUND, "no %s %s", what, text);
}

static bool see_account(const struct cn_unit *unit, const char *sql, cn_account_id id,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    cn_sql_finish(stmt);
    return ok && (found || cn_row_no_account(unit, id, err));
}

bool cn_row_require_account(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    return see_account(unit, "SELECT 1 FROM account WHERE " CN_SEES_ACCOUNT " AND account_id = $4",
                       id, err);
}

bool cn_row_hold_account(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    return see_account(
        unit, "SELECT 1 FROM account WHERE " CN_SEES_ACCOUNT " AND account_id = $4 {{hold_row}}",
        id, err);
}
