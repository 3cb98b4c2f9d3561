#include "book/session.h"

#include "base/str.h"

#include "book/row.h"
#include "book/secret.h"

#define USER_COLUMNS                                                                       \
    "u.user_id, u.email, u.name, u.role, u.scope, u.team_id, u.disabled_us, u.created_us," \
    " u.version"
#define SESSION_COLUMNS \
    "s.session_id, s.user_id, s.created_us, s.seen_us, s.expires_us, s.address, s.agent"
#define KEY_COLUMNS                                                                  \
    "k.key_id, k.user_id, k.name, k.key_hint, k.scopes, k.created_us, k.expires_us," \
    " k.revoked_us, k.last_used_us"

enum {
    USER_COLUMN_COUNT = 9,
};

/* The user in columns 0 to 8. */
static struct cn_user read_user(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_user user = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .email = cn_row_str(arena, stmt, 1),
        .name = cn_row_str(arena, stmt, 2),
        .role = (enum cn_role)cn_sql_column_i64(stmt, 3),
        .scope = (enum cn_scope)cn_sql_column_i64(stmt, 4),
        .team_id.value = cn_sql_column_i64(stmt, 5),
        .is_disabled = !cn_sql_column_is_null(stmt, 6),
        .created_at.us = cn_sql_column_i64(stmt, 7),
        .version = cn_sql_column_i64(stmt, 8),
    };
    user.team_id_given = user.team_id.value != 0 ? CN_GIVEN : CN_NULL;
    return user;
}

static struct cn_session read_session(struct cn_arena *arena, struct cn_sql_stmt *stmt, int first)
{
    return (struct cn_session){
        .id.value = cn_sql_column_i64(stmt, first),
        .user_id.value = cn_sql_column_i64(stmt, first + 1),
        .created_at.us = cn_sql_column_i64(stmt, first + 2),
        .seen_at.us = cn_sql_column_i64(stmt, first + 3),
        .expires_at.us = cn_sql_column_i64(stmt, first + 4),
        .address = cn_row_str(arena, stmt, first + 5),
        .agent = cn_row_str(arena, stmt, first + 6),
    };
}

static struct cn_api_key read_key(struct cn_arena *arena, struct cn_sql_stmt *stmt, int first)
{
    struct cn_api_key key = {
        .id.value = cn_sql_column_i64(stmt, first),
        .user_id.value = cn_sql_column_i64(stmt, first + 1),
        .name = cn_row_str(arena, stmt, first + 2),
        .hint = cn_row_str(arena, stmt, first + 3),
        .scopes = (unsigned)cn_sql_column_i64(stmt, first + 4),
        .created_at.us = cn_sql_column_i64(stmt, first + 5),
        .is_revoked = !cn_sql_column_is_null(stmt, first + 7),
    };
    key.expires_at_given = cn_row_opt_i64(stmt, first + 6, &key.expires_at.us);
    key.last_used_at_given = cn_row_opt_i64(stmt, first + 8, &key.last_used_at.us);
    return key;
}

bool cn_session_create(const struct cn_unit *unit, const struct cn_session_new *new_session,
                       char token_out[CN_TOKEN_BYTES], struct cn_session *session_out,
                       struct cn_error *err)
{
    char token[CN_TOKEN_BYTES];
    char hash[CN_SECRET_HASH_BYTES];
    struct cn_sql_stmt *stmt = NULL;
    struct cn_session session = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .user_id = new_session->user_id,
        .created_at = unit->now,
        .seen_at = unit->now,
        .expires_at.us = unit->now.us + new_session->max_age_us,
        .address = new_session->address,
        .agent = new_session->agent,
    };
    cn_secret_make("cs_", token, sizeof(token));
    cn_secret_hash(cn_str_of(token), hash);
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO session(token_hash, session_id, user_id, created_us, seen_us,"
                        " expires_us, address, agent) VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(hash));
    cn_sql_bind_i64(stmt, 2, session.id.value);
    cn_sql_bind_i64(stmt, 3, session.user_id.value);
    cn_sql_bind_i64(stmt, 4, session.created_at.us);
    cn_sql_bind_i64(stmt, 5, session.seen_at.us);
    cn_sql_bind_i64(stmt, 6, session.expires_at.us);
    cn_sql_bind_str(stmt, 7, session.address);
    cn_sql_bind_str(stmt, 8, session.agent);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(token); i++) {
        token_out[i] = token[i];
    }
    *session_out = session;
    return true;
}

bool cn_session_check(const struct cn_unit *unit, cn_str token, int64_t idle_us,
                      struct cn_user *user_out, struct cn_session *session_out, bool *touch_out,
                      struct cn_error *err)
{
    char hash[CN_SECRET_HASH_BYTES];
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    cn_secret_hash(token, hash);
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " USER_COLUMNS ", " SESSION_COLUMNS
                        " FROM session s JOIN app_user u ON u.user_id = s.user_id"
                        " WHERE s.token_hash = $1 AND s.expires_us > $2 AND s.seen_us > $3"
                        " AND u.disabled_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(hash));
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    cn_sql_bind_i64(stmt, 3, unit->now.us - idle_us);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *user_out = read_user(unit->arena, stmt);
        *session_out = read_session(unit->arena, stmt, USER_COLUMN_COUNT);
        *touch_out =
            unit->now.us - session_out->seen_at.us > CN_SESSION_SEEN_EVERY_S * (int64_t)1000000;
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_fail(err, CN_UNAUTHENTICATED, "sign in first"));
}

bool cn_session_touch(const struct cn_unit *unit, cn_session_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "UPDATE session SET seen_us = $2 WHERE session_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    return cn_sql_run(stmt, err);
}

bool cn_session_list(const struct cn_unit *unit, cn_user_id user_id, int64_t idle_us,
                     struct cn_session_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_session_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " SESSION_COLUMNS " FROM session s WHERE s.user_id = $1"
                        " AND s.expires_us > $2 AND s.seen_us > $3"
                        " ORDER BY s.seen_us DESC, s.session_id LIMIT $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user_id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    cn_sql_bind_i64(stmt, 3, unit->now.us - idle_us);
    cn_sql_bind_i64(stmt, 4, CN_SESSION_LIST_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = read_session(unit->arena, stmt, 0);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

/* Whether the statement finds a row. */
static bool finish_exists(struct cn_sql_stmt *stmt, bool *exists_out, struct cn_error *err)
{
    bool found = false;
    bool ok = cn_sql_step(stmt, &found, err);
    cn_sql_finish(stmt);
    if (ok) {
        *exists_out = found;
    }
    return ok;
}

bool cn_session_exists(const struct cn_unit *unit, cn_user_id user_id, cn_session_id id,
                       bool *exists_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT 1 FROM session WHERE session_id = $1 AND user_id = $2"
                        " AND expires_us > $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, user_id.value);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    return finish_exists(stmt, exists_out, err);
}

bool cn_session_revoke(const struct cn_unit *unit, cn_user_id user_id, cn_session_id id,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM session WHERE session_id = $1 AND user_id = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, user_id.value);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_row_not_found("session", CN_SESSION_PREFIX, id.value, err));
}

bool cn_session_revoke_others(const struct cn_unit *unit, cn_user_id user_id, cn_session_id kept,
                              struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM session WHERE user_id = $1 AND session_id <> $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user_id.value);
    cn_sql_bind_i64(stmt, 2, kept.value);
    return cn_sql_run(stmt, err);
}

bool cn_session_prune(const struct cn_unit *unit, int64_t idle_us, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM session WHERE expires_us <= $1 OR seen_us <= $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->now.us);
    cn_sql_bind_i64(stmt, 2, unit->now.us - idle_us);
    return cn_sql_run(stmt, err);
}

/* Until the transaction ends nobody disables the user, nor makes another key of theirs. */
static bool hold_user(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE app_user SET role = role"
                        " WHERE user_id = $1 AND disabled_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_CONFLICT, "whose key it would be is disabled"));
}

static bool check_room(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT count(*) FROM api_key WHERE user_id = $1 AND revoked_us IS NULL"
                        " AND (expires_us IS NULL OR expires_us > $2)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    bool ok = cn_sql_step(stmt, &row, err);
    const int64_t count = ok && row ? cn_sql_column_i64(stmt, 0) : 0;
    cn_sql_finish(stmt);
    return ok && (count < CN_API_KEYS_OF_USER_MAX ||
                  cn_fail(err, CN_CONFLICT, "a user has at most %d API keys: revoke one first",
                          CN_API_KEYS_OF_USER_MAX));
}

bool cn_api_key_create(const struct cn_unit *unit, const struct cn_api_key_new *new_key,
                       char token_out[CN_TOKEN_BYTES], struct cn_api_key *key_out,
                       struct cn_error *err)
{
    char token[CN_TOKEN_BYTES];
    char hash[CN_SECRET_HASH_BYTES];
    struct cn_sql_stmt *stmt = NULL;
    cn_secret_make("ck_", token, sizeof(token));
    cn_secret_hash(cn_str_of(token), hash);
    struct cn_api_key key = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .user_id = new_key->user_id,
        .name = new_key->name,
        .hint = cn_arena_str(unit->arena, cn_secret_hint(cn_str_of(token))),
        .scopes = new_key->scopes,
        .created_at = unit->now,
        .expires_at = new_key->expires_at,
        .expires_at_given = new_key->expires_at.us != 0 ? CN_GIVEN : CN_NULL,
    };
    if (!hold_user(unit, new_key->user_id, err) || !check_room(unit, new_key->user_id, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO api_key(key_id, user_id, name, key_hash, key_hint, scopes,"
                        " created_us, expires_us) VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, key.id.value);
    cn_sql_bind_i64(stmt, 2, key.user_id.value);
    cn_sql_bind_str(stmt, 3, key.name);
    cn_sql_bind_str(stmt, 4, cn_str_of(hash));
    cn_sql_bind_str(stmt, 5, key.hint);
    cn_sql_bind_i64(stmt, 6, key.scopes);
    cn_sql_bind_i64(stmt, 7, key.created_at.us);
    cn_row_bind_opt_i64(stmt, 8, key.expires_at_given, key.expires_at.us);
    if (!cn_sql_run(stmt, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(token); i++) {
        token_out[i] = token[i];
    }
    *key_out = key;
    return true;
}

bool cn_api_key_check(const struct cn_unit *unit, cn_str token, struct cn_user *user_out,
                      struct cn_api_key *key_out, struct cn_error *err)
{
    char hash[CN_SECRET_HASH_BYTES];
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    cn_secret_hash(token, hash);
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " USER_COLUMNS ", " KEY_COLUMNS
                        " FROM api_key k JOIN app_user u ON u.user_id = k.user_id"
                        " WHERE k.key_hash = $1 AND k.revoked_us IS NULL"
                        " AND (k.expires_us IS NULL OR k.expires_us > $2)"
                        " AND u.disabled_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_str_of(hash));
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *user_out = read_user(unit->arena, stmt);
        *key_out = read_key(unit->arena, stmt, USER_COLUMN_COUNT);
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_fail(err, CN_UNAUTHENTICATED, "unknown or expired key"));
}

bool cn_api_key_list(const struct cn_unit *unit, cn_user_id user_id,
                     struct cn_api_key_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_api_key_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " KEY_COLUMNS " FROM api_key k WHERE k.revoked_us IS NULL"
                        " AND ($1 = 0 OR k.user_id = $1) ORDER BY k.key_id DESC LIMIT $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user_id.value);
    cn_sql_bind_i64(stmt, 2, CN_API_KEY_LIST_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = read_key(unit->arena, stmt, 0);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

bool cn_api_key_revoke(const struct cn_unit *unit, cn_user_id user_id, cn_key_id id,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE api_key SET revoked_us = $2"
                        " WHERE key_id = $1 AND revoked_us IS NULL"
                        " AND ($3 = 0 OR user_id = $3)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    cn_sql_bind_i64(stmt, 3, user_id.value);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_row_not_found("key", CN_KEY_PREFIX, id.value, err));
}

bool cn_api_key_exists(const struct cn_unit *unit, cn_key_id id, bool *exists_out,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT 1 FROM api_key WHERE key_id = $1 AND revoked_us IS NULL"
                        " AND (expires_us IS NULL OR expires_us > $2)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    return finish_exists(stmt, exists_out, err);
}

bool cn_api_key_used(const struct cn_unit *unit, cn_key_id id, cn_time at, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE api_key SET last_used_us = $2 WHERE key_id = $1"
                        " AND (last_used_us IS NULL OR last_used_us < $2)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, at.us);
    return cn_sql_run(stmt, err);
}
