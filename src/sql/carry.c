#include "sql/carry.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

#include "sql/copy.h"
#include "sql/stream.h"

enum {
    TABLES_MAX = 256,
    COLUMNS_MAX = 128,
    TEXT_MAX_BYTES = 32 * 1024,
    ARENA_BLOCK_BYTES = 16 * 1024,
    COMMIT_ROWS = 50000, /* SQLite: rows of one transaction, so that its log stays small */
    TELL_ROWS = 5000,    /* between two calls of progress() */
    BATCH_BYTES = 4 << 20
};

enum column_type {
    TYPE_I16 = 2, /* the size of an integer is its number */
    TYPE_I32 = 4,
    TYPE_I64 = 8,
    TYPE_F64,
    TYPE_TEXT,
    TYPE_BYTES
};

struct column {
    cn_str name;
    enum column_type type;
};

struct table {
    const char *name;
    struct column *columns;
    size_t count;
    int64_t rows; /* copied so far */
};

/* ---- what there is ---- */

/* Names become part of statements, so they are what our migrations use and nothing else. */
static bool is_plain_name(cn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= CN_SQL_NAME_MAX_BYTES;
}

static const char *const sqlite_tables = "SELECT name FROM sqlite_schema"
                                         " WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                                         " ORDER BY name";
static const char *const postgres_tables =
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
    " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    " ORDER BY relname";

bool cn_sql_tables(struct cn_sql_conn *conn, struct cn_arena *arena, cn_str **names_out,
                   size_t *count_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    cn_str *names = cn_arena_array(arena, cn_str, TABLES_MAX);
    size_t count = 0;
    bool row = false;
    bool ok = cn_sql_prepare(conn, cn_sql_is_embedded(conn) ? sqlite_tables : postgres_tables,
                             &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    while (ok && row) {
        ok = count < TABLES_MAX || cn_fail(err, CN_INVALID, "there are over %d tables", TABLES_MAX);
        if (ok) {
            names[count++] = cn_arena_str(arena, cn_sql_column_str(stmt, 0));
            ok = cn_sql_step(stmt, &row, err);
        }
    }
    cn_sql_finish(stmt);
    if (ok) {
        *names_out = names;
        *count_out = count;
    }
    return ok;
}

static bool read_type(cn_str name, enum column_type *type_out)
{
    static const struct {
        const char *name;
        enum column_type type;
    } types[] = {
        { "smallint", TYPE_I16 },         { "integer", TYPE_I32 }, { "bigint", TYPE_I64 },
        { "double precision", TYPE_F64 }, { "text", TYPE_TEXT },   { "bytea", TYPE_BYTES },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(types); i++) {
        if (cn_str_equal(name, cn_str_of(types[i].name))) {
            *type_out = types[i].type;
            return true;
        }
    }
    return false;
}

static bool add_column(struct table *table, struct cn_sql_stmt *stmt, struct cn_arena *arena,
                       struct cn_error *err)
{
    struct column *column = &table->columns[table->count];
    cn_str name = cn_sql_column_str(stmt, 0);
    cn_str type = cn_sql_column_str(stmt, 1);
    if (table->count == COLUMNS_MAX || !is_plain_name(name) || !read_type(type, &column->type)) {
        return cn_fail(err, CN_INTERNAL, "cannot carry the column %.*s of type %.*s",
                       CN_STR_ARG(name), CN_STR_ARG(type));
    }
    column->name = cn_arena_str(arena, name);
    table->count++;
    return true;
}

/* PostgreSQL's columns with their types, which SQLite does not know. */
static bool list_columns(struct cn_sql_conn *postgres, struct cn_arena *arena, struct table *table,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    table->columns = cn_arena_array(arena, struct column, COLUMNS_MAX + 1);
    bool ok = cn_sql_prepare(postgres,
                             "SELECT column_name, data_type FROM information_schema.columns"
                             " WHERE table_schema = current_schema() AND table_name = $1"
                             " ORDER BY ordinal_position",
                             &stmt, err);
    if (ok) {
        cn_sql_bind_str(stmt, 1, cn_str_of(table->name));
        ok = cn_sql_step(stmt, &row, err);
    }
    while (ok && row) {
        ok = add_column(table, stmt, arena, err) && cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok && (table->count > 0 || cn_fail(err, CN_INVALID, "PostgreSQL has no such table"));
}

static bool count_with(struct cn_sql_conn *conn, const char *sql, const char *text,
                       int64_t *count_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(conn, sql, &stmt, err);
    if (ok && text != NULL) {
        cn_sql_bind_str(stmt, 1, cn_str_of(text));
    }
    ok = ok && cn_sql_step(stmt, &row, err);
    if (ok) {
        *count_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* That every column of PostgreSQL is there is seen when they are named. */
static bool check_columns(struct cn_sql_conn *sqlite, const struct table *table,
                          struct cn_error *err)
{
    int64_t count = 0;
    return count_with(sqlite, "SELECT count(*) FROM pragma_table_info($1)", table->name, &count,
                      err) &&
           ((size_t)count == table->count ||
            cn_fail(err, CN_INVALID, "SQLite has %lld columns, PostgreSQL %zu", (long long)count,
                    table->count));
}

/* ---- texts ---- */

static void add_text(struct cn_buf *buf, const char *text)
{
    cn_buf_add_str(buf, cn_str_of(text));
}

static void add_names(struct cn_buf *buf, const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        add_text(buf, i > 0 ? ", " : "");
        cn_buf_add_str(buf, table->columns[i].name);
    }
}

/* "a, b" or "$1, $2" between two texts. */
static const char *text_of(struct cn_arena *arena, const struct table *table, const char *before,
                           const char *after)
{
    struct cn_buf buf;
    cn_buf_init(&buf, TEXT_MAX_BYTES);
    add_text(&buf, before);
    add_names(&buf, table);
    add_text(&buf, after);
    assert(!buf.overflowed); /* COLUMNS_MAX names of CN_SQL_NAME_MAX_BYTES fit */
    const char *text = cn_arena_str(arena, cn_buf_str(&buf)).ptr;
    cn_buf_deinit(&buf);
    return text;
}

static const char *joined(struct cn_arena *arena, const char *a, const char *b, const char *c)
{
    struct cn_buf buf;
    cn_buf_init(&buf, TEXT_MAX_BYTES);
    add_text(&buf, a);
    add_text(&buf, b);
    add_text(&buf, c);
    const char *text = cn_arena_str(arena, cn_buf_str(&buf)).ptr;
    cn_buf_deinit(&buf);
    return text;
}

static const char *insert_text(struct cn_arena *arena, const struct table *table)
{
    struct cn_buf values;
    cn_buf_init(&values, TEXT_MAX_BYTES);
    add_text(&values, ") VALUES (");
    for (size_t i = 0; i < table->count; i++) {
        cn_buf_printf(&values, "%s$%zu", i > 0 ? ", " : "", i + 1);
    }
    cn_buf_add(&values, ")", 2); /* with its NUL */
    const char *text =
        text_of(arena, table, joined(arena, "INSERT INTO ", table->name, " ("), values.data);
    cn_buf_deinit(&values);
    return text;
}

/* ---- writing ---- */

struct writer {
    const struct cn_sql_carry *carry;
    struct table *table;
    struct cn_sql_stmt *insert; /* SQLite */
    const char *copy;           /* PostgreSQL */
    struct cn_buf rows;
};

static bool start_writing(struct writer *writer, struct cn_arena *arena, struct cn_error *err)
{
    struct cn_sql_conn *to = writer->carry->to;
    const struct table *table = writer->table;
    cn_buf_init(&writer->rows, CN_COPY_MAX_BYTES);
    if (!cn_sql_is_embedded(to)) {
        writer->copy = text_of(arena, table, joined(arena, "COPY ", table->name, " ("),
                               ") FROM STDIN (FORMAT binary)");
        cn_copy_begin(&writer->rows);
        return cn_sql_exec(to, joined(arena, "DELETE FROM ", table->name, ""), err);
    }
    return cn_sql_begin(to, err) &&
           cn_sql_exec(to, joined(arena, "DELETE FROM ", table->name, ""), err) &&
           cn_sql_prepare(to, insert_text(arena, table), &writer->insert, err);
}

static void copy_column(struct cn_buf *rows, struct cn_sql_stmt *from, int column,
                        enum column_type type)
{
    if (cn_sql_column_is_null(from, column)) {
        cn_copy_null(rows);
    } else if (type == TYPE_F64) {
        cn_copy_f64(rows, cn_sql_column_f64(from, column));
    } else if (type == TYPE_TEXT) {
        cn_copy_str(rows, cn_sql_column_str(from, column));
    } else if (type == TYPE_BYTES) {
        cn_copy_str(rows, cn_sql_column_blob(from, column));
    } else {
        cn_copy_i64(rows, cn_sql_column_i64(from, column), (size_t)type);
    }
}

static void bind_column(struct cn_sql_stmt *insert, struct cn_sql_stmt *from, int column,
                        enum column_type type)
{
    if (cn_sql_column_is_null(from, column)) {
        cn_sql_bind_null(insert, column + 1);
    } else if (type == TYPE_F64) {
        cn_sql_bind_f64(insert, column + 1, cn_sql_column_f64(from, column));
    } else if (type == TYPE_TEXT) {
        cn_sql_bind_str(insert, column + 1, cn_sql_column_str(from, column));
    } else if (type == TYPE_BYTES) {
        cn_sql_bind_blob(insert, column + 1, cn_sql_column_blob(from, column));
    } else {
        cn_sql_bind_i64(insert, column + 1, cn_sql_column_i64(from, column));
    }
}

static bool insert_row(struct writer *writer, struct cn_sql_stmt *from, struct cn_error *err)
{
    bool row = false;
    for (size_t i = 0; i < writer->table->count; i++) {
        bind_column(writer->insert, from, (int)i, writer->table->columns[i].type);
    }
    if (!cn_sql_step(writer->insert, &row, err)) {
        return false;
    }
    cn_sql_reset(writer->insert);
    return (writer->table->rows + 1) % COMMIT_ROWS != 0 ||
           (cn_sql_commit(writer->carry->to, err) && cn_sql_begin(writer->carry->to, err));
}

static bool copy_row(struct writer *writer, struct cn_sql_stmt *from, struct cn_error *err)
{
    cn_copy_row(&writer->rows, writer->table->count);
    for (size_t i = 0; i < writer->table->count; i++) {
        copy_column(&writer->rows, from, (int)i, writer->table->columns[i].type);
    }
    if (writer->rows.len < BATCH_BYTES) {
        return true;
    }
    bool ok = cn_copy_send(writer->carry->to, writer->copy, &writer->rows, err);
    cn_copy_begin(&writer->rows);
    return ok;
}

static bool write_row(struct writer *writer, struct cn_sql_stmt *from, struct cn_error *err)
{
    const struct cn_sql_carry *carry = writer->carry;
    bool ok = writer->copy != NULL ? copy_row(writer, from, err) : insert_row(writer, from, err);
    writer->table->rows++;
    if (carry->progress != NULL && writer->table->rows % TELL_ROWS == 0) {
        carry->progress(carry->progress_arg, writer->table->name, writer->table->rows);
    }
    return ok;
}

static bool stop_writing(struct writer *writer, bool ok, struct cn_error *err)
{
    cn_sql_finish(writer->insert);
    if (ok) {
        ok = writer->copy != NULL
                 ? cn_copy_send(writer->carry->to, writer->copy, &writer->rows, err)
                 : cn_sql_commit(writer->carry->to, err);
    }
    cn_buf_deinit(&writer->rows);
    return ok;
}

static bool copy_rows(const struct cn_sql_carry *carry, struct cn_arena *arena, struct table *table,
                      struct cn_error *err)
{
    const char *select = text_of(arena, table, "SELECT ", joined(arena, " FROM ", table->name, ""));
    struct cn_sql_stream stream = { 0 };
    struct writer writer = { .carry = carry, .table = table };
    bool row = false;
    bool ok = start_writing(&writer, arena, err) &&
              cn_sql_stream_open(carry->from, table->name, select, &stream, err) &&
              cn_sql_stream_next(&stream, &row, err);
    while (ok && row) {
        ok = write_row(&writer, stream.stmt, err) && cn_sql_stream_next(&stream, &row, err);
    }
    cn_sql_stream_close(&stream);
    return stop_writing(&writer, ok, err);
}

bool cn_sql_carry_table(const struct cn_sql_carry *carry, const char *name, int64_t *rows_out,
                        struct cn_error *err)
{
    bool to_sqlite = cn_sql_is_embedded(carry->to);
    struct cn_sql_conn *sqlite = to_sqlite ? carry->to : carry->from;
    struct cn_sql_conn *postgres = to_sqlite ? carry->from : carry->to;
    struct table table = { .name = name };
    struct cn_arena arena;
    int64_t there = 0;

    assert(to_sqlite != cn_sql_is_embedded(carry->from));
    cn_arena_init(&arena, ARENA_BLOCK_BYTES);
    bool ok = (is_plain_name(cn_str_of(name)) || cn_fail(err, CN_INTERNAL, "no plain name")) &&
              list_columns(postgres, &arena, &table, err) && check_columns(sqlite, &table, err) &&
              copy_rows(carry, &arena, &table, err) &&
              count_with(carry->to, joined(&arena, "SELECT count(*) FROM ", name, ""), NULL, &there,
                         err) &&
              (there == table.rows || cn_fail(err, CN_INTERNAL, "%lld rows became %lld",
                                              (long long)table.rows, (long long)there));
    cn_arena_deinit(&arena);
    if (!ok) {
        return cn_error_context(err, "carrying the table %s", name);
    }
    *rows_out = table.rows;
    return true;
}
