#include "book/subject_entry.h"
#include "sql/sql.h"

/* What each row says goes to the map with `add`. */
typedef void add_row(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                     struct cn_subject_moves *moves);

static void add_ident(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                      struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_account(map, cn_sql_column_str(stmt, 0), cn_sql_column_i64(stmt, 1),
                                     moves); /* known ones change nothing */
}

static void add_domain(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                       struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_domain(map, cn_sql_column_str(stmt, 0), cn_sql_column_i64(stmt, 1),
                                    moves); /* as above */
}

static void add_group(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                      struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_group(map, cn_sql_column_i64(stmt, 0), cn_sql_column_str(stmt, 1),
                                   (cn_time){ cn_sql_column_i64(stmt, 2) }, moves); /* as above */
}

static void add_mail(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                     struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_mail(map, cn_sql_column_i64(stmt, 0), cn_sql_column_str(stmt, 1),
                                  (cn_time){ cn_sql_column_i64(stmt, 2) }, moves); /* as above */
}

static void add_link(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                     struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_link(map, cn_sql_column_i64(stmt, 0), cn_sql_column_i64(stmt, 1),
                                  (cn_time){ cn_sql_column_i64(stmt, 2) }, moves); /* as above */
}

static void add_version(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                        struct cn_subject_moves *moves)
{
    (void)moves;
    cn_subject_map_set_version(map, cn_sql_column_i64(stmt, 0));
}

static bool add_rows(struct cn_subject_map *map, struct cn_sql_stmt *stmt, add_row *add,
                     struct cn_subject_moves *moves, struct cn_error *err)
{
    bool row = false;
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        add(map, stmt, moves);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

struct part {
    const char *sql;
    add_row *add;
};

static const struct part all_parts[] = {
    { "SELECT ext_key, account_id FROM ident", add_ident },
    { "SELECT domain, account_id FROM account_domain", add_domain },
    { "SELECT subject, ext_key, at_us FROM subject_group", add_group },
    { "SELECT subject, domain, at_us FROM subject_domain", add_mail },
    { "SELECT subject, target, at_us FROM subject_link", add_link },
    { "SELECT value FROM counter WHERE name = 'mapping'", add_version },
};

static const struct part account_parts[] = {
    { "SELECT ext_key, account_id FROM ident WHERE account_id {{in_ids $1}}", add_ident },
    { "SELECT domain, account_id FROM account_domain WHERE account_id {{in_ids $1}}", add_domain },
};

bool cn_subject_map_load(struct cn_subject_map *map, struct cn_sql_conn *conn, struct cn_error *err)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(all_parts); i++) {
        struct cn_sql_stmt *stmt = NULL;
        if (!cn_sql_prepare(conn, all_parts[i].sql, &stmt, err) ||
            !add_rows(map, stmt, all_parts[i].add, NULL, err)) {
            return cn_error_context(err, "loading the mapping of subjects");
        }
    }
    return true;
}

bool cn_subject_map_sync(struct cn_subject_map *map, struct cn_sql_conn *conn,
                         const int64_t *account_ids, size_t count, struct cn_subject_moves *moves,
                         struct cn_error *err)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(account_parts); i++) {
        struct cn_sql_stmt *stmt = NULL;
        if (!cn_sql_prepare(conn, account_parts[i].sql, &stmt, err)) {
            return cn_error_context(err, "following the mapping of subjects");
        }
        cn_sql_bind_ids(stmt, 1, account_ids, count);
        if (!add_rows(map, stmt, account_parts[i].add, moves, err)) {
            return cn_error_context(err, "following the mapping of subjects");
        }
    }
    return true;
}
