/* Versions are rows that are only ever inserted; the number is claimed by the primary key. */
#include "program/version.h"

#include <string.h>

#include "base/str.h"

static bool insert_version(struct cn_sql_conn *conn, const struct cn_program_version *version,
                           struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO program_version (version, author_id, at_us, hash, note, rolls_back)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, version->number);
    cn_sql_bind_i64(stmt, 2, version->author_id);
    cn_sql_bind_i64(stmt, 3, version->at.us);
    cn_sql_bind_str(stmt, 4, version->hash);
    cn_sql_bind_str(stmt, 5, version->note);
    cn_sql_bind_i64(stmt, 6, version->rolls_back);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    if (cn_sql_changes(conn) == 0) {
        return cn_fail(err, CN_CONFLICT, "someone else saved version %lld of the program",
                       (long long)version->number);
    }
    return true;
}

static bool insert_file(struct cn_sql_conn *conn, int64_t number,
                        const struct cn_program_file *file, struct cn_error *err)
{
    static const char sql[] = "INSERT INTO program_file (version, name, body) VALUES ($1, $2, $3)";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, number);
    cn_sql_bind_str(stmt, 2, file->name);
    cn_sql_bind_str(stmt, 3, file->text);
    return cn_sql_run(stmt, err);
}

static bool insert_start(struct cn_sql_conn *conn, int64_t number, cn_str rule,
                         struct cn_error *err)
{
    static const char sql[] =
        "INSERT INTO program_start (version, rule) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, number);
    cn_sql_bind_str(stmt, 2, rule);
    return cn_sql_run(stmt, err);
}

static bool insert_parts(struct cn_sql_conn *conn, const struct cn_program_version *version,
                         const struct cn_program_files *files, struct cn_error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < files->count; i++) {
        ok = insert_file(conn, version->number, &files->items[i], err);
    }
    for (size_t i = 0; ok && i < version->start_count; i++) {
        ok = insert_start(conn, version->number, version->starts[i], err);
    }
    return ok || cn_error_context(err, "saving the program");
}

/* Nobody applied another version since the author looked. */
static bool check_base(struct cn_sql_conn *conn, int64_t base, struct cn_error *err)
{
    static const char sql[] = "SELECT coalesce(max(version), 0) FROM program_version"
                              " WHERE version NOT IN (SELECT version FROM program_failure)";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (base == 0) {
        return true;
    }
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    int64_t newest = ok && row ? cn_sql_column_i64(stmt, 0) : 0;
    cn_sql_finish(stmt);
    return ok && (newest == base ||
                  cn_fail(err, CN_CONFLICT,
                          "version %lld of the program was applied meanwhile; this is a change of "
                          "version %lld",
                          (long long)newest, (long long)base));
}

bool cn_program_version_save(struct cn_sql_conn *conn, struct cn_arena *arena,
                             const struct cn_program_files *files,
                             const struct cn_program_version *draft,
                             struct cn_program_version *version_out, struct cn_error *err)
{
    char hash[CN_PROGRAM_HASH_TEXT_BYTES];
    struct cn_program_version_list newest;
    cn_program_hash(files, hash);
    if (!check_base(conn, draft->base, err) ||
        !cn_program_version_list(conn, arena, 0, 1, &newest, err)) {
        return false;
    }
    if (newest.count > 0 && draft->start_count == 0 &&
        cn_str_equal(newest.items[0].hash, cn_str_of(hash))) {
        *version_out = newest.items[0];
        return true;
    }
    struct cn_program_version version = *draft;
    version.failure = CN_STR("");
    version.number = newest.count > 0 ? newest.items[0].number + 1 : 1;
    version.hash = cn_arena_str(arena, cn_str_of(hash));
    version.note = cn_arena_str(arena, draft->note);
    if (!insert_version(conn, &version, err) || !insert_parts(conn, &version, files, err)) {
        return false;
    }
    *version_out = version;
    return true;
}

#define HEAD                                                                          \
    "SELECT v.version, v.author_id, v.at_us, v.hash, v.note, v.rolls_back, coalesce(" \
    "(SELECT f.message FROM program_failure f WHERE f.version = v.version), '')"      \
    " FROM program_version v"

static struct cn_program_version read_head(struct cn_sql_stmt *stmt, struct cn_arena *arena)
{
    return (struct cn_program_version){
        .number = cn_sql_column_i64(stmt, 0),
        .author_id = cn_sql_column_i64(stmt, 1),
        .at = { cn_sql_column_i64(stmt, 2) },
        .hash = cn_arena_str(arena, cn_sql_column_str(stmt, 3)),
        .note = cn_arena_str(arena, cn_sql_column_str(stmt, 4)),
        .rolls_back = cn_sql_column_i64(stmt, 5),
        .failure = cn_arena_str(arena, cn_sql_column_str(stmt, 6)),
    };
}

bool cn_program_version_list(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t before,
                             size_t limit, struct cn_program_version_list *list_out,
                             struct cn_error *err)
{
    static const char sql[] = HEAD " WHERE v.version < $2 ORDER BY v.version DESC LIMIT $1";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_program_version_list list = { 0 };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    list.items = cn_arena_array(arena, struct cn_program_version, limit);
    cn_sql_bind_i64(stmt, 1, (int64_t)limit);
    cn_sql_bind_i64(stmt, 2, before > 0 ? before : INT64_MAX);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < limit) {
        list.items[list.count++] = read_head(stmt, arena);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

static bool load_head(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t number,
                      struct cn_program_version *version_out, struct cn_error *err)
{
    static const char sql[] =
        HEAD " WHERE v.version = $1 OR $1 = 0 ORDER BY v.version DESC LIMIT 1";
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, number);
    if (!cn_sql_step(stmt, &row, err)) {
        goto done;
    }
    if (!row && number == 0) {
        cn_fail(err, CN_NOT_FOUND, "the workspace has no program yet: start the server once");
        goto done;
    }
    if (!row) {
        cn_fail(err, CN_NOT_FOUND, "the program has no version %lld", (long long)number);
        goto done;
    }
    *version_out = read_head(stmt, arena);
    ok = true;

done:
    cn_sql_finish(stmt);
    return ok;
}

static bool load_files(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t number,
                       struct cn_program_files *files_out, struct cn_error *err)
{
    static const char sql[] =
        "SELECT name, body FROM program_file WHERE version = $1 ORDER BY name";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_program_files files = { 0 };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    files.items = cn_arena_array(arena, struct cn_program_file, CN_PROGRAM_FILES_MAX);
    cn_sql_bind_i64(stmt, 1, number);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && files.count < CN_PROGRAM_FILES_MAX) {
        files.items[files.count++] = (struct cn_program_file){
            .name = cn_arena_str(arena, cn_sql_column_str(stmt, 0)),
            .text = cn_arena_str(arena, cn_sql_column_str(stmt, 1)),
        };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *files_out = files;
    }
    return ok;
}

bool cn_program_version_load(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t number,
                             struct cn_program_version *version_out,
                             struct cn_program_files *files_out, struct cn_error *err)
{
    struct cn_program_version version;
    struct cn_program_files files;
    if (!load_head(conn, arena, number, &version, err) ||
        !load_files(conn, arena, version.number, &files, err)) {
        return false;
    }
    *version_out = version;
    *files_out = files;
    return true;
}

bool cn_program_starts_load(struct cn_sql_conn *conn, struct cn_arena *arena, int64_t after,
                            int64_t upto, struct cn_program_start_list *list_out,
                            struct cn_error *err)
{
    /* The version that said so last is whose word it is. */
    static const char sql[] = "SELECT s.rule, v.author_id FROM program_start s"
                              " JOIN program_version v ON v.version = s.version"
                              " WHERE s.version > $1 AND s.version <= $2"
                              " AND s.version NOT IN (SELECT version FROM program_failure)"
                              " ORDER BY s.rule, s.version DESC";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_program_start_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, after);
    cn_sql_bind_i64(stmt, 2, upto);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        cn_str rule = cn_sql_column_str(stmt, 0);
        if (list.count > 0 && cn_str_equal(list.items[list.count - 1].rule, rule)) {
            continue;
        }
        if (list.count == capacity) {
            capacity = capacity == 0 ? 8 : capacity * 2;
            struct cn_program_start *items =
                cn_arena_array(arena, struct cn_program_start, capacity);
            for (size_t i = 0; i < list.count; i++) {
                items[i] = list.items[i];
            }
            list.items = items;
        }
        list.items[list.count++] =
            (struct cn_program_start){ .rule = cn_arena_str(arena, rule),
                                       .author_id = cn_sql_column_i64(stmt, 1) };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_program_version_fail(struct cn_sql_conn *conn, int64_t number, cn_time at, cn_str message,
                             struct cn_error *err)
{
    static const char sql[] = "INSERT INTO program_failure (version, at_us, message)"
                              " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, number);
    cn_sql_bind_i64(stmt, 2, at.us);
    cn_sql_bind_str(stmt, 3, message);
    return cn_sql_run(stmt, err);
}

size_t cn_program_compare(const struct cn_program_files *before,
                          const struct cn_program_files *after, struct cn_arena *arena,
                          struct cn_program_file_change **changes_out)
{
    struct cn_program_file_change *changes =
        cn_arena_array(arena, struct cn_program_file_change, before->count + after->count + 1);
    size_t count = 0;
    size_t b = 0;
    size_t a = 0;
    while (b < before->count || a < after->count) {
        int order = 0;
        if (b == before->count) {
            order = 1;
        } else if (a < after->count) {
            order = cn_str_compare(before->items[b].name, after->items[a].name);
        } else {
            order = -1;
        }
        if (order != 0 || !cn_str_equal(before->items[b].text, after->items[a].text)) {
            changes[count++] = (struct cn_program_file_change){
                .name = order <= 0 ? before->items[b].name : after->items[a].name,
                .was_there = order <= 0,
                .is_there = order >= 0,
            };
        }
        b += order <= 0;
        a += order >= 0;
    }
    *changes_out = changes;
    return count;
}
