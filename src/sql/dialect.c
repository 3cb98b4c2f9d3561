#include "sql/dialect.h"

#include <string.h>

#include "base/str.h"

static const char *const names[CN_FRAGMENT_COUNT] = {
    [CN_FRAGMENT_SKIP_LOCKED] = "skip_locked",
    [CN_FRAGMENT_HOLD_ROW] = "hold_row",
    [CN_FRAGMENT_IN_IDS] = "in_ids",
    [CN_FRAGMENT_ROWS] = "rows",
    [CN_FRAGMENT_SET_ROWS] = "set_rows",
    [CN_FRAGMENT_TABLE_SUFFIX] = "table_suffix",
    [CN_FRAGMENT_MIGRATION_LOCK] = "migration_lock",
};

/* One name of a list, the `n`th of it, as the mark wants it. */
static void add_name(char mark, cn_str name, int n, struct cn_buf *out)
{
    if (mark == '#') {
        cn_buf_printf(out, "%s$%d", n > 1 ? ", " : "", n);
        return;
    }
    if ((mark == '^') != (n == 1)) {
        return;
    }
    cn_buf_printf(out, "%s%.*s", n > 2 ? ", " : "", CN_STR_ARG(name));
    if (mark == '@') {
        cn_buf_printf(out, " = $%d", n);
    } else if (mark == '&') {
        cn_buf_printf(out, " = k.%.*s", CN_STR_ARG(name));
    }
}

static void add_fragment(const char *text, cn_str argument, struct cn_buf *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '?') {
            cn_buf_add_str(out, argument);
        } else if (strchr("#^~@&", *text) != NULL) {
            cn_str rest = argument;
            cn_str name = { 0 };
            for (int n = 1; cn_str_split(&rest, ',', &name); n++) {
                add_name(*text, cn_str_trim(name), n, out);
            }
        } else {
            cn_buf_add(out, text, 1);
        }
    }
}

static bool expand_one(const char *const *fragments, cn_str inside, struct cn_buf *out,
                       struct cn_error *err)
{
    cn_str argument = cn_str_trim(inside);
    cn_str name = { 0 };
    (void)cn_str_split(&argument, ' ', &name); /* an empty {{}} is an unknown name below */
    for (int i = 0; i < CN_FRAGMENT_COUNT; i++) {
        if (cn_str_equal(name, cn_str_of(names[i]))) {
            add_fragment(fragments[i], cn_str_trim(argument), out);
            return true;
        }
    }
    return cn_fail(err, CN_INTERNAL, "no SQL fragment '%.*s'", CN_STR_ARG(name));
}

bool cn_sql_expand(const char *const *fragments, cn_str sql, struct cn_buf *out,
                   struct cn_error *err)
{
    while (sql.len > 0) {
        const char *open = memmem(sql.ptr, sql.len, "{{", 2);
        if (open == NULL) {
            cn_buf_add_str(out, sql);
            break;
        }
        size_t before = (size_t)(open - sql.ptr);
        const char *close = memmem(open, sql.len - before, "}}", 2);
        if (close == NULL) {
            return cn_fail(err, CN_INTERNAL, "unclosed SQL fragment");
        }
        cn_buf_add(out, sql.ptr, before);
        cn_str inside = { open + 2, (size_t)(close - open - 2) };
        if (!expand_one(fragments, inside, out, err)) {
            return false;
        }
        sql = cn_str_slice(sql, (size_t)(close + 2 - sql.ptr), sql.len);
    }
    return !out->overflowed || cn_fail(err, CN_INTERNAL, "SQL text is too long");
}
