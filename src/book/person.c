#include "book/person.h"

#include "base/str.h"

#include "book/change.h"
#include "book/fold.h"
#include "book/person_role.h"
#include "book/row.h"

#define COLUMNS "person_id, name, email, title, user_key, left_us, created_us, version, account_id"

static struct cn_person read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_person person = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .name = cn_row_str(arena, stmt, 1),
        .created_at.us = cn_sql_column_i64(stmt, 6),
        .version = cn_sql_column_i64(stmt, 7),
        .account_id.value = cn_sql_column_i64(stmt, 8),
    };
    person.email_given = cn_row_opt_str(arena, stmt, 2, &person.email);
    person.title_given = cn_row_opt_str(arena, stmt, 3, &person.title);
    person.user_key_given = cn_row_opt_str(arena, stmt, 4, &person.user_key);
    person.left_at_given = cn_row_opt_i64(stmt, 5, &person.left_at.us);
    return person;
}

bool cn_person_load(const struct cn_unit *unit, cn_account_id account_id, cn_person_id id,
                    struct cn_person *person_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_person person = { 0 };
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM person WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND person_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        person = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    if (!ok || !found) {
        return ok && cn_row_not_found("person", CN_PERSON_PREFIX, id.value, err);
    }
    if (!cn_person_roles_load(unit, account_id, &person, 1, err)) {
        return false;
    }
    *person_out = person;
    return true;
}

bool cn_person_list(const struct cn_unit *unit, cn_account_id account_id,
                    struct cn_person_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_person_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM person WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY CASE WHEN left_us IS NULL THEN 0 ELSE 1 END,"
                        " name, person_id LIMIT $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_PERSON_LIST_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = read_row(unit->arena, stmt);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    ok = ok && cn_person_roles_load(unit, account_id, list.items, list.count, err);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

static void bind_record(const struct cn_unit *unit, const struct cn_person *person,
                        struct cn_sql_stmt *stmt)
{
    cn_sql_bind_i64(stmt, 1, person->account_id.value);
    cn_sql_bind_i64(stmt, 2, person->id.value);
    cn_sql_bind_i64(stmt, 3, person->version);
    cn_sql_bind_str(stmt, 4, person->name);
    cn_row_bind_opt_str(stmt, 5, person->email_given, person->email);
    cn_row_bind_opt_str(stmt, 6, person->email_given, cn_fold(unit->arena, person->email));
    cn_row_bind_opt_str(stmt, 7, person->title_given, person->title);
    cn_row_bind_opt_str(stmt, 8, person->user_key_given, person->user_key);
    cn_row_bind_opt_i64(stmt, 9, person->left_at_given, person->left_at.us);
    cn_row_bind_opt_i64(stmt, 10, person->left_at_given, unit->now.us);
}

static bool insert(const struct cn_unit *unit, const struct cn_person *person, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO person(account_id, person_id, version, name, email,"
                        " email_folded, title, user_key, left_us, left_known_us, created_us)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                        " ON CONFLICT (account_id, user_key) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, person, stmt);
    cn_sql_bind_i64(stmt, 11, person->created_at.us);
    if (!cn_row_run(unit, stmt, &changed, err)) {
        return false;
    }
    if (changed == 0) {
        (void)cn_fail(err, CN_CONFLICT, "there is a person of that user key already");
        return cn_error_field(err, "user_key");
    }
    return true;
}

/* When leaving was known stays as it was while that does not change. */
static bool save(const struct cn_unit *unit, const struct cn_person *person, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE person SET name = $4, email = $5, email_folded = $6, title = $7,"
                        " user_key = $8, left_known_us = CASE WHEN left_us = $9"
                        " THEN left_known_us ELSE $10 END, left_us = $9, version = version + 1"
                        " WHERE account_id = $1 AND person_id = $2 AND version = $3",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, person, stmt);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the person has changed since version %lld",
                                    (long long)person->version));
}

static void note_field(const struct cn_unit *unit, const struct cn_person *person,
                       const char *field, cn_str from, cn_str to)
{
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = person->account_id,
                                                          .kind = CN_CHANGE_PERSON,
                                                          .record_id = person->id.value,
                                                          .field = field,
                                                          .from = from,
                                                          .to = to });
}

/* old: zeroed for a new person. */
static void note_differences(const struct cn_unit *unit, const struct cn_person *old,
                             const struct cn_person *new)
{
    struct cn_arena *arena = unit->arena;
    note_field(unit, new, "name",
               cn_row_json_str(arena, old->id.value != 0 ? CN_GIVEN : CN_NULL, old->name),
               cn_row_json_str(arena, CN_GIVEN, new->name));
    note_field(unit, new, "email", cn_row_json_str(arena, old->email_given, old->email),
               cn_row_json_str(arena, new->email_given, new->email));
    note_field(unit, new, "title", cn_row_json_str(arena, old->title_given, old->title),
               cn_row_json_str(arena, new->title_given, new->title));
    note_field(unit, new, "user_key", cn_row_json_str(arena, old->user_key_given, old->user_key),
               cn_row_json_str(arena, new->user_key_given, new->user_key));
    note_field(unit, new, "left_at", cn_row_json_time(arena, old->left_at_given, old->left_at),
               cn_row_json_time(arena, new->left_at_given, new->left_at));
    note_field(unit, new, "roles", cn_person_roles_json(arena, &old->roles),
               cn_person_roles_json(arena, &new->roles));
    cn_change_note(unit, new->account_id, CN_CHANGE_PERSON);
}

/* Stores the record, new if old has no id, with its roles, inside the transaction. */
static bool store(const struct cn_unit *unit, const struct cn_person *old, struct cn_person *new,
                  struct cn_error *err)
{
    if (!(old->id.value == 0 ? insert(unit, new, err) : save(unit, new, err)) ||
        !cn_person_roles_save(unit, &old->roles, new, err)) {
        return false;
    }
    note_differences(unit, old, new);
    return true;
}

bool cn_person_create(const struct cn_unit *unit, cn_account_id account_id,
                      const struct cn_person_new *new_person, struct cn_person *person_out,
                      struct cn_error *err)
{
    const struct cn_person nothing = { 0 };
    struct cn_person person = {
        .id.value = cn_id_next(unit->ids, unit->now),
        .account_id = account_id,
        .name = new_person->name,
        .email = new_person->email,
        .email_given = cn_given_if(new_person->email),
        .title = new_person->title,
        .title_given = cn_given_if(new_person->title),
        .user_key = new_person->user_key,
        .user_key_given = cn_given_if(new_person->user_key),
        .roles = new_person->roles,
        .left_at_given = CN_NULL,
        .created_at = unit->now,
        .version = 1,
    };
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "creating a person");
    }
    if (!cn_row_hold_account(unit, account_id, err) || !store(unit, &nothing, &person, err) ||
        !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "creating a person");
    }
    *person_out = person;
    return true;
}

/* Who has left holds no role any more. */
static void end_roles(const struct cn_unit *unit, struct cn_person *person)
{
    struct cn_person_role_list ended = {
        .items = cn_arena_array(unit->arena, struct cn_person_role, person->roles.count + 1),
        .count = person->roles.count,
    };
    for (size_t i = 0; i < ended.count; i++) {
        ended.items[i] = person->roles.items[i];
        if (ended.items[i].to_given != CN_GIVEN || ended.items[i].to.us > person->left_at.us) {
            ended.items[i].to = person->left_at;
            ended.items[i].to_given = CN_GIVEN;
        }
    }
    person->roles = ended;
}

static void apply(const struct cn_unit *unit, const struct cn_person_patch *patch,
                  struct cn_person *person)
{
    if (patch->name_given == CN_GIVEN) {
        person->name = patch->name;
    }
    if (patch->email_given != CN_ABSENT) {
        person->email = patch->email;
        person->email_given = patch->email_given;
    }
    if (patch->title_given != CN_ABSENT) {
        person->title = patch->title;
        person->title_given = patch->title_given;
    }
    if (patch->roles_given == CN_GIVEN) {
        person->roles = patch->roles;
    }
    if (patch->left_at_given != CN_ABSENT) {
        person->left_at = patch->left_at;
        person->left_at_given = patch->left_at_given;
    }
    if (patch->left_at_given == CN_GIVEN) {
        end_roles(unit, person);
    }
}

bool cn_person_update(const struct cn_unit *unit, cn_account_id account_id, cn_person_id id,
                      int64_t version, const struct cn_person_patch *patch,
                      struct cn_person *person_out, struct cn_error *err)
{
    struct cn_person old = { 0 };
    struct cn_person person;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "updating a person");
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        !cn_person_load(unit, account_id, id, &old, err)) {
        goto fail;
    }
    person = old;
    person.version = version != 0 ? version : old.version;
    apply(unit, patch, &person);
    if (!store(unit, &old, &person, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    person.version++;
    *person_out = person;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "updating a person");
}

/* By user key, else by address; id 0 if there is none. */
static bool find_known(const struct cn_unit *unit, cn_account_id account_id, cn_str user_key,
                       cn_str email, struct cn_person *person_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS " FROM person WHERE account_id = $1"
                        " AND (user_key = $2 OR (user_key IS NULL AND email_folded = $3))"
                        " ORDER BY CASE WHEN user_key IS NULL THEN 1 ELSE 0 END, person_id LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_str folded = cn_fold(unit->arena, email);
    cn_sql_bind_i64(stmt, 1, account_id.value);
    cn_sql_bind_str(stmt, 2, user_key);
    cn_row_bind_opt_str(stmt, 3, cn_given_if(folded), folded);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *person_out = found ? read_row(unit->arena, stmt) : (struct cn_person){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool take_over(cn_str value, cn_str *member, enum cn_given *given)
{
    if (value.len == 0 || (*given == CN_GIVEN && cn_str_equal(value, *member))) {
        return false;
    }
    *member = value;
    *given = CN_GIVEN;
    return true;
}

bool cn_person_identify(const struct cn_unit *unit, cn_account_id account_id, cn_str user_key,
                        cn_str email, cn_str name, bool *changed_out, struct cn_error *err)
{
    struct cn_person old = { 0 };
    enum cn_given name_given = CN_GIVEN;
    if (!find_known(unit, account_id, user_key, email, &old, err)) {
        return false;
    }
    struct cn_person person = old;
    bool changed = take_over(user_key, &person.user_key, &person.user_key_given);
    changed = take_over(email, &person.email, &person.email_given) || changed;
    changed = take_over(name, &person.name, &name_given) || changed;
    if (old.id.value == 0) {
        person.id.value = cn_id_next(unit->ids, unit->now);
        person.account_id = account_id;
        person.version = 1;
        person.created_at = unit->now;
        person.title_given = CN_NULL;
        person.left_at_given = CN_NULL;
        person.name = name.len > 0 ? name : email.len > 0 ? email : user_key;
    }
    *changed_out = changed;
    /* the roles of neither are loaded, so they stay as they are */
    return !changed || store(unit, &old, &person, err) ||
           cn_error_context(err, "identifying a person");
}
