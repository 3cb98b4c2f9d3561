#include "book/source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/random.h"
#include "base/str.h"

#include "book/row.h"
#include "book/secret.h"
#include "sql/db.h"

#define COLUMNS "source_id, name, write_key_hint, created_us"

static struct cn_source read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    return (struct cn_source){
        .id.value = cn_sql_column_i64(stmt, 0),
        .name = cn_row_str(arena, stmt, 1),
        .write_key_hint = cn_row_str(arena, stmt, 2),
        .created_at.us = cn_sql_column_i64(stmt, 3),
    };
}

static bool finish_one(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                       struct cn_source *source_out, bool *found_out, struct cn_error *err)
{
    bool found = false;
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *source_out = read_row(unit->arena, stmt);
    }
    if (ok) {
        *found_out = found;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* An enabled source of that name. */
static bool find_name(const struct cn_unit *unit, cn_str name, struct cn_source *source_out,
                      bool *found_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM source WHERE name = $1 AND disabled_us IS NULL"
                        " ORDER BY source_id LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, name);
    return finish_one(unit, stmt, source_out, found_out, err);
}

static bool find_key(const struct cn_unit *unit, const char *hash, struct cn_source *source_out,
                     bool *found_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "SELECT " COLUMNS " FROM source WHERE write_key_hash = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(hash));
    return finish_one(unit, stmt, source_out, found_out, err);
}

static bool name_taken(const struct cn_source *source, struct cn_error *err)
{
    char id[CN_ID_TEXT_BYTES];
    cn_id_format(CN_SOURCE_PREFIX, source->id.value, id);
    (void)cn_fail(err, CN_CONFLICT, "source %s has this name; its write key ends in %.*s", id,
                  CN_STR_ARG(source->write_key_hint));
    return cn_error_field(err, "name");
}

/* Adds it unless its name or its key is another's: then *added_out is false. */
static bool insert(const struct cn_unit *unit, cn_str name, cn_str write_key, const char *hash,
                   bool *added_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO source(source_id, name, claimed_name, write_key_hash,"
                        " write_key_hint, created_us) VALUES($1, $2, $2, $3, $4, $5)"
                        " ON CONFLICT DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, cn_id_next(unit->ids, unit->now));
    cn_sql_bind_str(stmt, 2, name);
    cn_sql_bind_str(stmt, 3, cn_str_of(hash));
    cn_sql_bind_str(stmt, 4, cn_secret_hint(write_key));
    cn_sql_bind_i64(stmt, 5, unit->now.us);
    if (!cn_row_run(unit, stmt, &changed, err)) {
        return false;
    }
    *added_out = changed == 1;
    return true;
}

bool cn_source_ensure(const struct cn_unit *unit, cn_str name, cn_str write_key,
                      struct cn_source *source_out, struct cn_error *err)
{
    char hash[CN_SECRET_HASH_BYTES];
    struct cn_source source;
    bool found = false;
    bool added = false;
    cn_secret_hash(write_key, hash);
    if (!find_key(unit, hash, &source, &found, err)) {
        return false;
    }
    if (found) {
        *source_out = source;
        return true;
    }
    /* Names that were given twice before they were claimed are found by looking alone. */
    if (!find_name(unit, name, &source, &found, err)) {
        return false;
    }
    if (found) {
        return name_taken(&source, err);
    }
    if (!insert(unit, name, write_key, hash, &added, err) ||
        !(added ? find_key(unit, hash, &source, &found, err)
                : find_name(unit, name, &source, &found, err))) {
        return false;
    }
    if (!found) {
        return cn_fail(err, CN_UNAVAILABLE, "a source like it was made in this moment");
    }
    if (!added) {
        return name_taken(&source, err);
    }
    *source_out = source;
    return true;
}

bool cn_source_create(const struct cn_unit *unit, cn_str name,
                      char write_key_out[CN_WRITE_KEY_BYTES], struct cn_source *source_out,
                      struct cn_error *err)
{
    char key[CN_WRITE_KEY_BYTES];
    cn_secret_make("wk_", key, sizeof(key));
    if (!cn_source_ensure(unit, name, cn_str_of(key), source_out, err)) {
        return false;
    }
    memcpy(write_key_out, key, sizeof(key));
    return true;
}

bool cn_source_load(const struct cn_unit *unit, cn_source_id id, struct cn_source *source_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT " COLUMNS " FROM source WHERE source_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    return finish_one(unit, stmt, source_out, &found, err) &&
           (found || cn_fail(err, CN_NOT_FOUND, "no such source"));
}

bool cn_source_list(const struct cn_unit *unit, struct cn_source_list *list_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_source_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM source WHERE disabled_us IS NULL"
                        " ORDER BY source_id LIMIT $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_SOURCES_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = read_row(unit->arena, stmt);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_source_disable(const struct cn_unit *unit, cn_source_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(
            unit->conn,
            "UPDATE source SET disabled_us = $2, claimed_name = NULL WHERE source_id = $1"
            " AND disabled_us IS NULL",
            &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_row_not_found("source", CN_SOURCE_PREFIX, id.value, err));
}

enum {
    PLAIN_KEYS = 64,
    PLAIN_KEY_MAX_BYTES = 64, /* a longer one is hashed each time */
};

/* A key that was found, as it was sent: its SHA-256 costs more than all else that is asked. */
struct plain_key {
    char text[PLAIN_KEY_MAX_BYTES];
    size_t len; /* 0: none */
    int64_t source_id;
};

/* Immutable once published, but for the plain keys; freed by whoever lets go last. */
struct table {
    struct cn_str_map keys;             /* hash of the write key to source id */
    int references;                     /* under the cache's lock */
    struct plain_key plain[PLAIN_KEYS]; /* under the cache's lock; gone with the table */
};

struct cn_source_cache {
    struct cn_db *db;
    uint64_t seed; /* unknown outside: the time that a guess takes says nothing of a key */
    pthread_mutex_t lock;
    struct table *table; /* NULL before the first load */
    int64_t loaded_us;
    bool is_loading; /* one thread at a time; others go on with the table they have */
};

struct cn_source_cache *cn_source_cache_new(struct cn_db *db)
{
    struct cn_source_cache *cache = cn_heap_resize(NULL, sizeof(*cache));
    *cache = (struct cn_source_cache){ .db = db };
    cn_random_bytes(&cache->seed, sizeof(cache->seed));
    (void)pthread_mutex_init(&cache->lock, NULL); /* cannot fail with default attributes */
    return cache;
}

static void free_table(struct table *table)
{
    if (table != NULL) {
        cn_str_map_deinit(&table->keys);
        explicit_bzero(table->plain, sizeof(table->plain));
        free(table);
    }
}

void cn_source_cache_free(struct cn_source_cache *cache)
{
    if (cache != NULL) {
        free_table(cache->table);
        (void)pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
}

static bool load_rows(struct cn_sql_conn *conn, struct table *table, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool was_new = false;
    if (!cn_sql_prepare(conn,
                        "SELECT write_key_hash, source_id FROM source WHERE disabled_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        *cn_str_map_put(&table->keys, cn_sql_column_str(stmt, 0), &was_new) =
            (uint64_t)cn_sql_column_i64(stmt, 1);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static struct table *load_table(struct cn_db *db, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct table *table = cn_heap_resize(NULL, sizeof(*table));
    *table = (struct table){ .references = 1 };
    cn_str_map_init(&table->keys);
    bool ok = cn_db_read(db, &conn, err) && load_rows(conn, table, err);
    cn_db_release(db, conn);
    if (!ok) {
        free_table(table);
        return NULL;
    }
    return table;
}

static void let_go(struct cn_source_cache *cache, struct table *table)
{
    (void)pthread_mutex_lock(&cache->lock);
    bool last = table != NULL && --table->references == 0;
    (void)pthread_mutex_unlock(&cache->lock);
    if (last) {
        free_table(table);
    }
}

/* Replaces the table; a failed load keeps the old one for another second. */
static void reload(struct cn_source_cache *cache, cn_time now, struct cn_error *err)
{
    struct table *fresh = load_table(cache->db, err);
    struct table *old = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    if (fresh != NULL) {
        old = cache->table;
        cache->table = fresh;
    }
    cache->loaded_us = now.us;
    cache->is_loading = false;
    (void)pthread_mutex_unlock(&cache->lock);
    let_go(cache, old);
}

/* With the lock held.  True: the caller is the one that reloads. */
static bool is_reload_due(struct cn_source_cache *cache, cn_time now)
{
    int64_t age = now.us - cache->loaded_us;
    bool due = cache->table == NULL || age >= CN_SOURCE_CACHE_US || age < 0;
    due = due && (!cache->is_loading || cache->table == NULL);
    cache->is_loading = cache->is_loading || due;
    return due;
}

static struct plain_key *plain_key_of(struct cn_source_cache *cache, struct table *table,
                                      cn_str write_key)
{
    return &table->plain[cn_hash128_of(write_key, cache->seed).lo % PLAIN_KEYS];
}

/* With the lock held. */
static bool is_plain(struct cn_source_cache *cache, cn_str write_key, cn_source_id *id_out)
{
    if (cache->table == NULL || write_key.len == 0) {
        return false;
    }
    const struct plain_key *plain = plain_key_of(cache, cache->table, write_key);
    if (!cn_str_equal_secret((cn_str){ plain->text, plain->len }, write_key)) {
        return false;
    }
    id_out->value = plain->source_id;
    return true;
}

static void keep_plain(struct cn_source_cache *cache, struct table *table, cn_str write_key,
                       int64_t source_id)
{
    if (write_key.len > PLAIN_KEY_MAX_BYTES) {
        return;
    }
    (void)pthread_mutex_lock(&cache->lock);
    struct plain_key *plain = plain_key_of(cache, table, write_key);
    *plain = (struct plain_key){ .len = write_key.len, .source_id = source_id };
    memcpy(plain->text, write_key.ptr, write_key.len);
    (void)pthread_mutex_unlock(&cache->lock);
}

static bool find_hashed(struct cn_source_cache *cache, struct table *table, cn_str write_key,
                        cn_source_id *id_out)
{
    char hash[CN_SECRET_HASH_BYTES];
    cn_secret_hash(write_key, hash);
    const uint64_t *id = cn_str_map_get(&table->keys, cn_str_of(hash));
    if (id == NULL) {
        return false;
    }
    id_out->value = (int64_t)*id;
    keep_plain(cache, table, write_key, id_out->value);
    return true;
}

bool cn_source_find(struct cn_source_cache *cache, cn_str write_key, cn_time now,
                    cn_source_id *id_out, struct cn_error *err)
{
    struct cn_error load_error;
    (void)pthread_mutex_lock(&cache->lock);
    if (is_reload_due(cache, now)) {
        (void)pthread_mutex_unlock(&cache->lock);
        (void)cn_fail(&load_error, CN_UNAVAILABLE, "the sources have not been read yet");
        reload(cache, now, &load_error);
        (void)pthread_mutex_lock(&cache->lock);
    }
    const bool is_known = is_plain(cache, write_key, id_out);
    struct table *table = cache->table;
    if (table != NULL && !is_known) {
        table->references++;
    }
    (void)pthread_mutex_unlock(&cache->lock);
    if (is_known) {
        return true;
    }
    if (table == NULL) {
        *err = load_error;
        err->code = CN_UNAVAILABLE;
        return false;
    }
    const bool is_found = find_hashed(cache, table, write_key, id_out);
    let_go(cache, table);
    return is_found || cn_fail(err, CN_UNAUTHENTICATED, "unknown write key");
}

void cn_source_cache_expire(struct cn_source_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    cache->loaded_us = 0;
    (void)pthread_mutex_unlock(&cache->lock);
}
