#include "book/user.h"

#include "base/str.h"

#include "book/fold.h"
#include "book/row.h"
#include "book/secret.h"

#define COLUMNS "user_id, email, name, role, scope, team_id, disabled_us, created_us, version"

enum {
    HASH_COLUMN = 9, /* after COLUMNS, where it is selected */
};

static struct cn_user read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
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

struct cn_unit cn_user_reader(const struct cn_unit *unit, const struct cn_user *user)
{
    static const enum cn_scope readers[CN_ROLE_COUNT] = CN_READERS;
    struct cn_unit reader = *unit;
    reader.user = user->id;
    reader.team = user->team_id;
    reader.scope = cn_scope_within(user->scope, readers[user->role], user->team_id);
    return reader;
}

static bool check_password(cn_str password, struct cn_error *err)
{
    if (password.len >= CN_PASSWORD_MIN_BYTES && password.len <= CN_PASSWORD_MAX_BYTES) {
        return true;
    }
    (void)cn_fail(err, CN_INVALID, "a password has %d to %d bytes", CN_PASSWORD_MIN_BYTES,
                  CN_PASSWORD_MAX_BYTES);
    return cn_error_field(err, "password");
}

bool cn_user_hash_password(struct cn_arena *arena, cn_str password, cn_str *hash_out,
                           struct cn_error *err)
{
    char hash[CN_PASSWORD_HASH_BYTES];
    if (!check_password(password, err) || !cn_password_hash(password, hash, err)) {
        return false;
    }
    *hash_out = cn_arena_str(arena, cn_str_of(hash));
    return true;
}

bool cn_user_take_password_hash(struct cn_arena *arena, cn_str hash, cn_str *hash_out,
                                struct cn_error *err)
{
    if (!cn_password_hash_valid(hash)) {
        (void)cn_fail(
            err, CN_INVALID,
            "this is no hash of Argon2 as text: $argon2id$v=19$m=65536,t=2,p=1$SALT$HASH");
        return cn_error_field(err, "password");
    }
    *hash_out = cn_arena_str(arena, hash);
    return true;
}

static bool address_taken(struct cn_error *err)
{
    (void)cn_fail(err, CN_CONFLICT, "there is a user of that address already");
    return cn_error_field(err, "email");
}

static bool insert(const struct cn_unit *unit, int64_t id, const struct cn_user_new *new_user,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO app_user(user_id, email, email_folded, name, role, scope,"
                        " team_id, password_hash, created_us, version)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)"
                        " ON CONFLICT (email_folded) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    cn_sql_bind_str(stmt, 2, new_user->email);
    cn_sql_bind_str(stmt, 3, cn_fold(unit->arena, new_user->email));
    cn_sql_bind_str(stmt, 4, new_user->name);
    cn_sql_bind_i64(stmt, 5, new_user->role);
    cn_sql_bind_i64(stmt, 6, new_user->scope);
    cn_sql_bind_i64(stmt, 7, new_user->team_id.value);
    cn_sql_bind_str(stmt, 8, new_user->password_hash);
    cn_sql_bind_i64(stmt, 9, unit->now.us);
    if (!cn_row_run(unit, stmt, &changed, err)) {
        return false;
    }
    return changed == 1 || address_taken(err);
}

bool cn_user_create(const struct cn_unit *unit, const struct cn_user_new *new_user,
                    struct cn_user *user_out, struct cn_error *err)
{
    const cn_user_id id = { cn_id_next(unit->ids, unit->now) };
    return insert(unit, id.value, new_user, err) && cn_user_load(unit, id, user_out, err);
}

static bool finish_one(const struct cn_unit *unit, struct cn_sql_stmt *stmt,
                       struct cn_user *user_out, struct cn_error *err)
{
    bool found = false;
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *user_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_fail(err, CN_NOT_FOUND, "no such user"));
}

bool cn_user_load(const struct cn_unit *unit, cn_user_id id, struct cn_user *user_out,
                  struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "SELECT " COLUMNS " FROM app_user WHERE user_id = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    return finish_one(unit, stmt, user_out, err);
}

bool cn_user_load_email(const struct cn_unit *unit, cn_str email, struct cn_user *user_out,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "SELECT " COLUMNS " FROM app_user WHERE email_folded = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_fold(unit->arena, email));
    return finish_one(unit, stmt, user_out, err);
}

bool cn_user_list(const struct cn_unit *unit, struct cn_user_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_user_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM app_user ORDER BY name, user_id LIMIT $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_USER_LIST_MAX);
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

static bool end_sessions(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM session WHERE user_id = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    return cn_sql_run(stmt, err);
}

static bool revoke_keys(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE api_key SET revoked_us = $2"
                        " WHERE user_id = $1 AND revoked_us IS NULL",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, unit->now.us);
    return cn_sql_run(stmt, err);
}

/* Until the transaction ends nobody else takes the role from an admin: two who do it to each other
 * at once would leave none. */
static bool hold_admins(const struct cn_unit *unit, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "UPDATE app_user SET role = role WHERE role = $1", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_ROLE_ADMIN);
    return cn_sql_run(stmt, err);
}

static bool is_acting_admin(const struct cn_user *user)
{
    return user->role == CN_ROLE_ADMIN && !user->is_disabled;
}

static bool check_admin_remains(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT 1 FROM app_user WHERE role = $1 AND user_id <> $2"
                        " AND disabled_us IS NULL LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_ROLE_ADMIN);
    cn_sql_bind_i64(stmt, 2, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    cn_sql_finish(stmt);
    return ok && (found || cn_fail(err, CN_CONFLICT,
                                   "the last admin stays one: make another "
                                   "admin first"));
}

static bool check_address_free(const struct cn_unit *unit, cn_user_id id, cn_str email,
                               struct cn_error *err)
{
    struct cn_user other = { 0 };
    struct cn_error none;
    if (!cn_user_load_email(unit, email, &other, &none)) {
        if (none.code != CN_NOT_FOUND) {
            *err = none;
            return false;
        }
        return true;
    }
    return other.id.value == id.value || address_taken(err);
}

static struct cn_user patched(const struct cn_user *old, const struct cn_user_patch *patch)
{
    struct cn_user user = *old;
    if (patch->email_given == CN_GIVEN) {
        user.email = patch->email;
    }
    if (patch->name_given == CN_GIVEN) {
        user.name = patch->name;
    }
    if (patch->role_given == CN_GIVEN) {
        user.role = patch->role;
    }
    if (patch->scope_given == CN_GIVEN) {
        user.scope = patch->scope;
    }
    if (patch->team_id_given != CN_ABSENT) {
        user.team_id = patch->team_id_given == CN_GIVEN ? patch->team_id : (cn_team_id){ 0 };
    }
    if (patch->is_disabled_given == CN_GIVEN) {
        user.is_disabled = patch->is_disabled;
    }
    return user;
}

/* An empty hash leaves the password as it is. */
static bool store(const struct cn_unit *unit, const struct cn_user *user, cn_str hash,
                  struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE app_user SET email = $3, email_folded = $4, name = $5, role = $6,"
                        " scope = $7, team_id = $8, version = version + 1,"
                        " password_hash = CASE WHEN $9 = '' THEN password_hash ELSE $9 END,"
                        " disabled_us = CASE WHEN $10 = 0 THEN NULL"
                        " ELSE COALESCE(disabled_us, $11) END"
                        " WHERE user_id = $1 AND version = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, user->id.value);
    cn_sql_bind_i64(stmt, 2, user->version);
    cn_sql_bind_str(stmt, 3, user->email);
    cn_sql_bind_str(stmt, 4, cn_fold(unit->arena, user->email));
    cn_sql_bind_str(stmt, 5, user->name);
    cn_sql_bind_i64(stmt, 6, user->role);
    cn_sql_bind_i64(stmt, 7, user->scope);
    cn_sql_bind_i64(stmt, 8, user->team_id.value);
    cn_sql_bind_str(stmt, 9, hash);
    cn_sql_bind_i64(stmt, 10, user->is_disabled);
    cn_sql_bind_i64(stmt, 11, unit->now.us);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the user was changed meanwhile"));
}

/* What would break a rule between users. */
static bool check_change(const struct cn_unit *unit, const struct cn_user *old,
                         const struct cn_user *user, struct cn_error *err)
{
    if (is_acting_admin(old) && !is_acting_admin(user) &&
        !check_admin_remains(unit, user->id, err)) {
        return false;
    }
    return cn_str_equal(old->email, user->email) ||
           check_address_free(unit, user->id, user->email, err);
}

static bool change(const struct cn_unit *unit, cn_user_id id, int64_t version,
                   const struct cn_user_patch *patch, struct cn_error *err)
{
    struct cn_user old = { 0 };
    const bool may_take = patch->role_given == CN_GIVEN || patch->is_disabled_given == CN_GIVEN;
    if ((may_take && !hold_admins(unit, err)) || !cn_user_load(unit, id, &old, err)) {
        return false;
    }
    if (version != 0 && version != old.version) {
        return cn_fail(err, CN_STALE, "the user is at version %lld", (long long)old.version);
    }
    const struct cn_user user = patched(&old, patch);
    const cn_str hash = patch->password_given == CN_GIVEN ? patch->password_hash : CN_STR("");
    const bool must_sign_in = user.is_disabled || hash.len > 0;
    return check_change(unit, &old, &user, err) && store(unit, &user, hash, err) &&
           (!must_sign_in || end_sessions(unit, id, err)) &&
           (!user.is_disabled || revoke_keys(unit, id, err));
}

bool cn_user_update(const struct cn_unit *unit, cn_user_id id, int64_t version,
                    const struct cn_user_patch *patch, struct cn_user *user_out,
                    struct cn_error *err)
{
    if (!cn_sql_begin(unit->conn, err)) {
        return false;
    }
    if (!change(unit, id, version, patch, err) || !cn_user_load(unit, id, user_out, err) ||
        !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "changing a user");
    }
    return true;
}

bool cn_user_set_password(const struct cn_unit *unit, cn_user_id id, cn_str password_hash,
                          struct cn_error *err)
{
    const struct cn_user_patch patch = { .password_hash = password_hash,
                                         .password_given = CN_GIVEN };
    struct cn_user unused;
    return cn_user_update(unit, id, 0, &patch, &unused, err);
}

bool cn_user_disable(const struct cn_unit *unit, cn_user_id id, struct cn_error *err)
{
    const struct cn_user_patch patch = { .is_disabled = true, .is_disabled_given = CN_GIVEN };
    struct cn_user unused;
    return cn_user_update(unit, id, 0, &patch, &unused, err);
}

bool cn_user_authenticate(const struct cn_unit *unit, cn_str email, cn_str password,
                          struct cn_user *user_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_user user = { 0 };
    cn_str hash = { "", 0 };
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS ", password_hash FROM app_user WHERE email_folded = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, cn_fold(unit->arena, email));
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        user = read_row(unit->arena, stmt);
        hash = cn_row_str(unit->arena, stmt, HASH_COLUMN);
    }
    cn_sql_finish(stmt);
    if (!ok) {
        return false;
    }
    bool fits = password.len <= CN_PASSWORD_MAX_BYTES && cn_password_fits(password, hash);
    if (!fits || user.is_disabled) {
        return cn_fail(err, CN_UNAUTHENTICATED, "wrong address or password");
    }
    *user_out = user;
    return true;
}

static bool find_team(const struct cn_unit *unit, cn_str name, int64_t *id_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT team_id FROM team WHERE name = $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, name);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *id_out = found ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_team_ensure(const struct cn_unit *unit, cn_str name, cn_team_id *team_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO team(team_id, name, created_us) VALUES($1, $2, $3)"
                        " ON CONFLICT (name) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, cn_id_next(unit->ids, unit->now));
    cn_sql_bind_str(stmt, 2, name);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    return cn_sql_run(stmt, err) && find_team(unit, name, &team_out->value, err);
}

bool cn_team_list(const struct cn_unit *unit, struct cn_team_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_team_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn, "SELECT team_id, name FROM team ORDER BY name", &stmt, err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = (struct cn_team){ .id.value = cn_sql_column_i64(stmt, 0),
                                                     .name = cn_row_str(unit->arena, stmt, 1) };
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}
