#include "book/person_role.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "base/time.h"

#include "book/row.h"

enum {
    JSON_MAX_BYTES = 16 * 1024,
};

const char *const cn_person_role_names[CN_PERSON_ROLE_COUNT] = {
    [CN_PERSON_CHAMPION] = "champion",
    [CN_PERSON_SPONSOR] = "sponsor",
    [CN_PERSON_ADMIN] = "admin",
    [CN_PERSON_USER] = "user",
};

/* Appends to the roles of the person; those of one person come one after the other. */
static void add_role(struct cn_arena *arena, struct cn_person *person, struct cn_person_role role)
{
    if (person->roles.items == NULL) {
        person->roles.items = cn_arena_array(arena, struct cn_person_role, CN_PERSON_ROLES_MAX);
    }
    if (person->roles.count < CN_PERSON_ROLES_MAX) {
        person->roles.items[person->roles.count++] = role;
    }
}

bool cn_person_roles_load(const struct cn_unit *unit, cn_account_id account_id,
                          struct cn_person *people, size_t count, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_map index = { 0 };
    bool row = false;
    bool was_new = false;
    for (size_t i = 0; i < count; i++) {
        *cn_map_put(&index, (uint64_t)people[i].id.value, &was_new) = i;
    }
    bool ok = cn_sql_prepare(unit->conn,
                             "SELECT person_id, role, from_us, to_us FROM person_role"
                             " WHERE account_id = $1 ORDER BY person_id, role, from_us",
                             &stmt, err);
    if (ok) {
        cn_sql_bind_i64(stmt, 1, account_id.value);
        ok = cn_sql_step(stmt, &row, err);
    }
    while (ok && row) {
        const uint64_t *place = cn_map_get(&index, (uint64_t)cn_sql_column_i64(stmt, 0));
        struct cn_person_role role = {
            .role = (enum cn_person_role_kind)cn_sql_column_i64(stmt, 1),
            .from.us = cn_sql_column_i64(stmt, 2),
        };
        role.to_given = cn_row_opt_i64(stmt, 3, &role.to.us);
        if (place != NULL) {
            add_role(unit->arena, &people[*place], role);
        }
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    cn_map_deinit(&index);
    return ok;
}

static const struct cn_person_role *find_role(const struct cn_person_role_list *roles,
                                              const struct cn_person_role *wanted)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (roles->items[i].role == wanted->role && roles->items[i].from.us == wanted->from.us) {
            return &roles->items[i];
        }
    }
    return NULL;
}

static bool check_roles(const struct cn_person_role_list *roles, struct cn_error *err)
{
    bool good = roles->count <= CN_PERSON_ROLES_MAX;
    for (size_t i = 0; i < roles->count && good; i++) {
        const struct cn_person_role *role = &roles->items[i];
        good = (role->to_given != CN_GIVEN || role->to.us >= role->from.us) &&
               find_role(roles, role) == role;
    }
    if (!good) {
        (void)cn_fail(err, CN_INVALID, "a role ends before it begins, or is there twice");
        return cn_error_field(err, "roles");
    }
    return true;
}

static bool delete_role(const struct cn_unit *unit, const struct cn_person *person,
                        const struct cn_person_role *role, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "DELETE FROM person_role WHERE account_id = $1 AND person_id = $2"
                        " AND role = $3 AND from_us = $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, person->account_id.value);
    cn_sql_bind_i64(stmt, 2, person->id.value);
    cn_sql_bind_i64(stmt, 3, role->role);
    cn_sql_bind_i64(stmt, 4, role->from.us);
    return cn_sql_run(stmt, err);
}

/* When an end was known stays as it was while that does not change. */
static bool put_role(const struct cn_unit *unit, const struct cn_person *person,
                     const struct cn_person_role *role, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO person_role(account_id, person_id, role, from_us, to_us,"
                        " known_us, to_known_us) VALUES($1, $2, $3, $4, $5, $6, $7)"
                        " ON CONFLICT (account_id, person_id, role, from_us) DO UPDATE"
                        " SET to_known_us = CASE WHEN person_role.to_us = excluded.to_us"
                        " THEN person_role.to_known_us ELSE excluded.to_known_us END,"
                        " to_us = excluded.to_us",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, person->account_id.value);
    cn_sql_bind_i64(stmt, 2, person->id.value);
    cn_sql_bind_i64(stmt, 3, role->role);
    cn_sql_bind_i64(stmt, 4, role->from.us);
    cn_row_bind_opt_i64(stmt, 5, role->to_given, role->to.us);
    cn_sql_bind_i64(stmt, 6, unit->now.us);
    cn_row_bind_opt_i64(stmt, 7, role->to_given, unit->now.us);
    return cn_sql_run(stmt, err);
}

bool cn_person_roles_save(const struct cn_unit *unit, const struct cn_person_role_list *old,
                          const struct cn_person *person, struct cn_error *err)
{
    const struct cn_person_role_list *roles = &person->roles;
    if (!check_roles(roles, err)) {
        return false;
    }
    for (size_t i = 0; i < old->count; i++) {
        if (find_role(roles, &old->items[i]) == NULL &&
            !delete_role(unit, person, &old->items[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < roles->count; i++) {
        if (!put_role(unit, person, &roles->items[i], err)) {
            return false;
        }
    }
    return true;
}

cn_str cn_person_roles_json(struct cn_arena *arena, const struct cn_person_role_list *roles)
{
    struct cn_buf buf;
    char from[CN_TIME_TEXT_BYTES];
    char to[CN_TIME_TEXT_BYTES];
    if (roles->count == 0) {
        return (cn_str){ "", 0 };
    }
    cn_buf_init(&buf, JSON_MAX_BYTES);
    for (size_t i = 0; i < roles->count; i++) {
        const struct cn_person_role *role = &roles->items[i];
        cn_time_format(role->from, from);
        cn_time_format(role->to, to);
        bool ended = role->to_given == CN_GIVEN;
        cn_buf_printf(&buf, "%s{\"role\":\"%s\",\"from\":\"%s\",\"to\":%s%s%s}", i > 0 ? "," : "[",
                      cn_person_role_names[role->role], from, ended ? "\"" : "",
                      ended ? to : "null", ended ? "\"" : "");
    }
    cn_buf_add(&buf, "]", 1);
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}
