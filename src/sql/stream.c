#include "sql/stream.h"

#include "base/buf.h"
#include "base/str.h"

enum {
    TEXT_MAX_BYTES = 64 * 1024
};

static void add(struct cn_buf *text, const char *part)
{
    cn_buf_add_str(text, cn_str_of(part));
}

/* Ends the text and yields it, or NULL with *err. */
static const char *ended(struct cn_buf *text, struct cn_error *err)
{
    cn_buf_add(text, "", 1);
    if (text->overflowed) {
        (void)cn_fail(err, CN_INTERNAL, "a statement is over %d bytes", TEXT_MAX_BYTES);
        return NULL;
    }
    return text->data;
}

static bool open_cursor(struct cn_sql_stream *stream, const char *name, const char *select,
                        struct cn_error *err)
{
    struct cn_buf text;
    cn_buf_init(&text, TEXT_MAX_BYTES);
    add(&text, "DECLARE stream_");
    add(&text, name);
    add(&text, " NO SCROLL CURSOR FOR ");
    add(&text, select);
    const char *sql = ended(&text, err);
    bool ok = sql != NULL && cn_sql_exec(stream->conn, sql, err);
    cn_buf_clear(&text);
    add(&text, "FETCH FORWARD 1000 FROM stream_");
    add(&text, name);
    sql = ok ? ended(&text, err) : NULL;
    ok = sql != NULL && cn_sql_prepare(stream->conn, sql, &stream->stmt, err);
    cn_buf_deinit(&text);
    return ok;
}

bool cn_sql_stream_open(struct cn_sql_conn *conn, const char *name, const char *select,
                        struct cn_sql_stream *stream_out, struct cn_error *err)
{
    *stream_out = (struct cn_sql_stream){ .conn = conn, .has_cursor = !cn_sql_is_embedded(conn) };
    return stream_out->has_cursor ? open_cursor(stream_out, name, select, err)
                                  : cn_sql_prepare(conn, select, &stream_out->stmt, err);
}

bool cn_sql_stream_next(struct cn_sql_stream *stream, bool *row_out, struct cn_error *err)
{
    bool row = false;
    if (!cn_sql_step(stream->stmt, &row, err)) {
        return false;
    }
    if (!row && stream->in_batch) { /* the batch is at its end; perhaps not the cursor */
        cn_sql_reset(stream->stmt);
        if (!cn_sql_step(stream->stmt, &row, err)) {
            return false;
        }
    }
    stream->in_batch = row && stream->has_cursor;
    *row_out = row;
    return true;
}

/* The cursor goes with its transaction. */
void cn_sql_stream_close(struct cn_sql_stream *stream)
{
    cn_sql_finish(stream->stmt);
    *stream = (struct cn_sql_stream){ 0 };
}
