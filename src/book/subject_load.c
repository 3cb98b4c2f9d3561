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

static void add_merge(struct cn_subject_map *map, struct cn_sql_stmt *stmt,
                      struct cn_subject_moves *moves)
{
    (void)cn_subject_map_add_merge(map, cn_sql_column_i64(stmt, 0), cn_sql_column_i64(stmt, 1),
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
    { "SELECT merged_id, survivor_id FROM account_merge", add_merge },
    { "SELECT ext_key, account_id FROM ident", add_ident },
    { "SELECT domain, account_id FROM account_domain", add_domain },
    { "SELECT subject, ext_key, at_us FROM subject_group", add_group },
    { "SELECT subject, domain, at_us FROM subject_domain", add_mail },
    { "SELECT subject, target, at_us FROM subject_link", add_link },
    { "SELECT value FROM counter WHERE name = 'mapping'", add_version },
};

static const struct part account_parts[] = {
    { "SELECT merged_id, survivor_id FROM account_merge WHERE merged_id {{in_ids $1}}", add_merge },
    { "SELECT ext_key, account_id FROM ident WHERE account_id {{in_ids $1}}", add_ident },
    { "SELECT domain, account_id FROM account_domain WHERE account_id {{in_ids $1}}", add_domain },
};

/* Of versions $1 < version <= $2: the mapping as it became known. */
static const struct part version_parts[] = {
    { "SELECT merged_id, survivor_id FROM account_merge WHERE version > $1 AND version <= $2",
      add_merge },
    { "SELECT ext_key, account_id FROM ident WHERE version > $1 AND version <= $2", add_ident },
    { "SELECT domain, account_id FROM account_domain WHERE version > $1 AND version <= $2",
      add_domain },
    { "SELECT subject, ext_key, at_us FROM subject_group WHERE version > $1 AND version <= $2",
      add_group },
    { "SELECT subject, domain, at_us FROM subject_domain WHERE version > $1 AND version <= $2",
      add_mail },
    { "SELECT subject, target, at_us FROM subject_link WHERE version > $1 AND version <= $2",
      add_link },
};

/* Subjects and accounts of which the mapping changed after version $1. */
static const char *const changed_subjects[] = {
    "SELECT subject FROM subject_group WHERE version > $1",
    "SELECT subject FROM subject_domain WHERE version > $1",
    "SELECT subject FROM subject_link WHERE version > $1",
};
static const char *const changed_accounts[] = {
    "SELECT account_id FROM ident WHERE version > $1",
    "SELECT account_id FROM account_domain WHERE version > $1",
    "SELECT merged_id FROM account_merge WHERE version > $1",
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

bool cn_mapping_stored(struct cn_sql_conn *conn, int64_t *version_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, "SELECT value FROM counter WHERE name = 'mapping'", &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *version_out = row ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_subject_map_follow(struct cn_subject_map *map, struct cn_sql_conn *conn, int64_t version,
                           struct cn_subject_moves *moves, struct cn_error *err)
{
    int64_t from = cn_subject_map_version(map);
    for (size_t i = 0; from < version && i < CN_ARRAY_LEN(version_parts); i++) {
        struct cn_sql_stmt *stmt = NULL;
        if (!cn_sql_prepare(conn, version_parts[i].sql, &stmt, err)) {
            return cn_error_context(err, "reading the mapping as it was known");
        }
        cn_sql_bind_i64(stmt, 1, from);
        cn_sql_bind_i64(stmt, 2, version);
        if (!add_rows(map, stmt, version_parts[i].add, moves, err)) {
            return cn_error_context(err, "reading the mapping as it was known");
        }
    }
    cn_subject_map_set_version(map, version);
    return true;
}

bool cn_subject_map_sync(struct cn_subject_map *map, struct cn_sql_conn *conn,
                         const int64_t *account_ids, size_t count, struct cn_subject_moves *moves,
                         struct cn_error *err)
{
    int64_t version = 0;
    if (!cn_mapping_stored(conn, &version, err)) {
        return cn_error_context(err, "following the mapping of subjects");
    }
    for (size_t i = 0; count > 0 && i < CN_ARRAY_LEN(account_parts); i++) {
        struct cn_sql_stmt *stmt = NULL;
        if (!cn_sql_prepare(conn, account_parts[i].sql, &stmt, err)) {
            return cn_error_context(err, "following the mapping of subjects");
        }
        cn_sql_bind_ids(stmt, 1, account_ids, count);
        if (!add_rows(map, stmt, account_parts[i].add, moves, err)) {
            return cn_error_context(err, "following the mapping of subjects");
        }
    }
    cn_subject_map_set_version(map, version);
    return true;
}

static void add_accounts_of(const struct cn_subject_map *map, uint32_t entry,
                            struct cn_arena *arena, struct cn_map *accounts)
{
    int64_t *edges = NULL;
    size_t count = cn_subject_edges(map, entry, arena, &edges);
    for (size_t i = 0; i < count; i++) {
        bool was_new = false;
        int64_t account_id = cn_subject_resolve(map, entry, (cn_time){ edges[i] });
        if (account_id != 0) {
            *cn_map_put(accounts, (uint64_t)account_id, &was_new) = 1;
        }
    }
}

/* The accounts of the subject, of all that follow it, and of the names that it was seen with, where
 * its events may have been before. */
static void add_subject(const struct cn_subject_map *map, int64_t subject, struct cn_arena *arena,
                        struct cn_map *accounts)
{
    const uint64_t *place = cn_map_get(&map->index, (uint64_t)subject);
    if (place == NULL) {
        return;
    }
    uint32_t root = (uint32_t)*place;
    uint32_t *entries = NULL;
    size_t count = cn_subject_followers(map, &root, 1, arena, &entries);
    for (size_t i = 0; i < count; i++) {
        const struct subject_entry *entry = &map->entries[entries[i]];
        bool was_new = false;
        add_accounts_of(map, entries[i], arena, accounts);
        for (uint32_t name = 0; name < entry->groups.count; name++) {
            int64_t account_id = map->keys.items[entry->groups.items[name].target].account_id;
            *cn_map_put(accounts, (uint64_t)account_id, &was_new) = 1;
        }
        for (uint32_t name = 0; name < entry->domains.count; name++) {
            int64_t account_id = map->domains.items[entry->domains.items[name].target].account_id;
            *cn_map_put(accounts, (uint64_t)account_id, &was_new) = 1;
        }
    }
}

static bool each_number(struct cn_sql_conn *conn, const char *sql, int64_t version,
                        struct cn_map *numbers, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool was_new = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, version);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        *cn_map_put(numbers, (uint64_t)cn_sql_column_i64(stmt, 0), &was_new) = 1;
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static size_t list_keys(const struct cn_map *set, struct cn_arena *arena, int64_t **items_out)
{
    int64_t *items = cn_arena_array(arena, int64_t, set->count + 1);
    size_t count = 0;
    size_t cursor = 0;
    uint64_t key = 0;
    uint64_t value = 0;
    while (cn_map_next(set, &cursor, &key, &value)) {
        if (key != 0) {
            items[count++] = (int64_t)key;
        }
    }
    *items_out = items;
    return count;
}

/* Whoever was seen with a name that only now has its account may come from another account. */
static void add_users(struct cn_subject_map *map, const struct cn_map *accounts,
                      struct cn_arena *arena, struct cn_map *subjects)
{
    int64_t *list = NULL;
    bool was_new = false;
    size_t count = list_keys(accounts, arena, &list);
    for (size_t i = 0; i < count; i++) {
        int64_t *users = NULL;
        size_t user_count = cn_subject_map_subjects(map, list[i], arena, &users);
        for (size_t user = 0; user < user_count; user++) {
            *cn_map_put(subjects, (uint64_t)users[user], &was_new) = 1;
        }
    }
}

/* What a merged account had is the survivor's. */
static void add_survivors(struct cn_subject_map *map, struct cn_arena *arena,
                          struct cn_map *accounts)
{
    int64_t *list = NULL;
    bool was_new = false;
    size_t count = list_keys(accounts, arena, &list);
    for (size_t i = 0; i < count; i++) {
        int64_t survivor = cn_subject_map_survivor(map, list[i]);
        *cn_map_put(accounts, (uint64_t)survivor, &was_new) = 1;
    }
}

bool cn_subject_map_changed_since(struct cn_subject_map *map, struct cn_sql_conn *conn,
                                  int64_t version, struct cn_arena *arena, int64_t **accounts_out,
                                  size_t *count_out, struct cn_error *err)
{
    struct cn_map subjects = { 0 };
    struct cn_map accounts = { 0 };
    int64_t *list = NULL;
    bool ok = true;
    for (size_t i = 0; i < CN_ARRAY_LEN(changed_subjects) && ok; i++) {
        ok = each_number(conn, changed_subjects[i], version, &subjects, err);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(changed_accounts) && ok; i++) {
        ok = each_number(conn, changed_accounts[i], version, &accounts, err);
    }
    if (ok) {
        add_survivors(map, arena, &accounts);
        add_users(map, &accounts, arena, &subjects);
        size_t count = list_keys(&subjects, arena, &list);
        (void)pthread_rwlock_rdlock(&map->lock);
        for (size_t i = 0; i < count; i++) {
            add_subject(map, list[i], arena, &accounts);
        }
        (void)pthread_rwlock_unlock(&map->lock);
        *count_out = list_keys(&accounts, arena, accounts_out);
    }
    cn_map_deinit(&subjects);
    cn_map_deinit(&accounts);
    return ok || cn_error_context(err, "asking what changed in the mapping of subjects");
}
