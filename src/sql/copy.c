#include "sql/copy.h"

#include <string.h>

static void add_number(struct cn_buf *buf, uint64_t value, size_t bytes)
{
    char big_endian[8];
    for (size_t i = 0; i < bytes; i++) {
        big_endian[i] = (char)(unsigned char)(value >> (8 * (bytes - 1 - i)));
    }
    cn_buf_add(buf, big_endian, bytes);
}

void cn_copy_begin(struct cn_buf *buf)
{
    static const char head[19] = "PGCOPY\n\377\r\n"; /* then no flags and no extension */
    cn_buf_clear(buf);
    cn_buf_add(buf, head, sizeof(head));
}

void cn_copy_row(struct cn_buf *buf, size_t columns)
{
    add_number(buf, columns, 2);
}

/* A column is its length, then its value. */
void cn_copy_i64(struct cn_buf *buf, int64_t value, size_t bytes)
{
    add_number(buf, bytes, 4);
    add_number(buf, (uint64_t)value, bytes);
}

void cn_copy_f64(struct cn_buf *buf, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    cn_copy_i64(buf, (int64_t)bits, sizeof(bits));
}

void cn_copy_str(struct cn_buf *buf, cn_str value)
{
    add_number(buf, value.len, 4);
    cn_buf_add_str(buf, value);
}

void cn_copy_null(struct cn_buf *buf)
{
    add_number(buf, UINT32_MAX, 4);
}

bool cn_copy_send(struct cn_sql_conn *conn, const char *sql, struct cn_buf *buf,
                  struct cn_error *err)
{
    add_number(buf, UINT16_MAX, 2); /* the trailer */
    if (buf->overflowed) {
        return cn_fail(err, CN_TOO_LARGE, "the rows of one statement are over %d bytes",
                       CN_COPY_MAX_BYTES);
    }
    return cn_sql_copy(conn, sql, cn_buf_str(buf), err);
}
