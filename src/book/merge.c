#include "book/merge.h"

#include "base/str.h"

#include "book/account_row.h"
#include "book/change.h"
#include "book/row.h"
#include "json/writer.h"

enum {
    CHILDREN_MAX = 10000,
    ANCESTORS_MAX = 64,
    JSON_MAX_BYTES = 8192,
};

/* What is taken first and last given back by a merge, and by whoever must not meet one. */
static bool lock_merges(const struct cn_unit *unit, int64_t by, struct cn_error *err)
{
    int64_t count = 0;
    return cn_counter_add(unit->conn, "merge", by, &count, err);
}

bool cn_merge_hold(const struct cn_unit *unit, struct cn_error *err)
{
    return lock_merges(unit, 0, err);
}

static bool next_survivor(const struct cn_unit *unit, int64_t id, int64_t *next_out,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT survivor_id FROM account_merge WHERE merged_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *next_out = found ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Ends, because a survivor is there when it becomes one and a merged account never again is. */
bool cn_merge_survivor(const struct cn_unit *unit, cn_account_id id, cn_account_id *survivor_out,
                       struct cn_error *err)
{
    int64_t next = id.value;
    while (next != 0) {
        id.value = next;
        if (!next_survivor(unit, id.value, &next, err)) {
            return cn_error_context(err, "following merges");
        }
    }
    *survivor_out = id;
    return true;
}

static bool is_visible(const struct cn_unit *unit, cn_account_id id, bool *visible_out,
                       struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_row_prepare(unit, "SELECT 1 FROM account WHERE " CN_SEES_ACCOUNT " AND account_id = $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, id.value);
    bool ok = cn_sql_step(stmt, visible_out, err);
    cn_sql_finish(stmt);
    return ok;
}

bool cn_row_no_account(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    cn_account_id survivor = id;
    bool visible = false;
    char text[CN_ID_TEXT_BYTES];
    if (!cn_merge_survivor(unit, id, &survivor, err)) {
        return false;
    }
    if (survivor.value != id.value && !is_visible(unit, survivor, &visible, err)) {
        return false;
    }
    if (!visible) {
        return cn_row_not_found("account", CN_ACCOUNT_PREFIX, id.value, err);
    }
    cn_id_format(CN_ACCOUNT_PREFIX, survivor.value, text);
    (void)cn_fail(err, CN_GONE, "the account has become part of %s", text);
    return cn_error_successor(err, text);
}

/* ---- the merge, step by step ---- */

static bool load_both(const struct cn_unit *unit, const struct cn_merge *merge,
                      struct cn_account *from, struct cn_account *into, struct cn_error *err)
{
    if (!cn_account_load(unit, merge->from, from, err)) {
        return false;
    }
    if (merge->version != 0 && merge->version != from->version) {
        return cn_fail(err, CN_STALE, "the account has changed since version %lld",
                       (long long)merge->version);
    }
    if (merge->from.value == merge->into.value) {
        (void)cn_fail(err, CN_INVALID, "an account is not merged into itself");
        return cn_error_field(err, "into");
    }
    if (!cn_account_load(unit, merge->into, into, err)) {
        if (err->code == CN_NOT_FOUND || err->code == CN_GONE) {
            err->code = CN_INVALID;
            (void)cn_error_field(err, "into");
        }
        return false;
    }
    return true;
}

/* Its version was not taken by anybody between, so nothing that was said of it is lost. */
static bool delete_record(const struct cn_unit *unit, const struct cn_account *from,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM account WHERE account_id = $1 AND version = $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from->id.value);
    cn_sql_bind_i64(stmt, 2, from->version);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the account has just changed"));
}

static bool store_row(const struct cn_unit *unit, const struct cn_merge *merge,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t version = 0;
    if (!cn_counter_add(unit->conn, "mapping", 1, &version, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO account_merge(merged_id, survivor_id, user_id, known_us,"
                        " version) VALUES($1, $2, $3, $4, $5)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, merge->from.value);
    cn_sql_bind_i64(stmt, 2, merge->into.value);
    cn_sql_bind_i64(stmt, 3, unit->user.value);
    cn_sql_bind_i64(stmt, 4, unit->now.us);
    cn_sql_bind_i64(stmt, 5, version);
    return cn_sql_run(stmt, err);
}

struct id_list {
    int64_t *items;
    size_t count;
};

static bool list_children(const struct cn_unit *unit, cn_account_id parent, struct id_list *list,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    size_t capacity = 0;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT account_id FROM account WHERE parent_id = $1 ORDER BY account_id"
                        " LIMIT $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, parent.value);
    cn_sql_bind_i64(stmt, 2, CHILDREN_MAX);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list->items =
            cn_row_grow(unit->arena, list->items, list->count, &capacity, sizeof(list->items[0]));
        list->items[list->count++] = cn_sql_column_i64(stmt, 0);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* `into` and those above it, as far as `from`, which is the end of the line. */
static bool list_line(const struct cn_unit *unit, const struct cn_account *into,
                      const struct cn_account *from, struct id_list *line, struct cn_error *err)
{
    struct cn_account at = *into;
    line->items = cn_arena_array(unit->arena, int64_t, ANCESTORS_MAX);
    line->items[line->count++] = at.id.value;
    while (at.parent_id_given == CN_GIVEN && at.parent_id.value != from->id.value &&
           line->count < ANCESTORS_MAX) {
        if (!cn_account_load(unit, at.parent_id, &at, err)) {
            return false;
        }
        line->items[line->count++] = at.id.value;
    }
    return true;
}

static bool is_in(const struct id_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == id) {
            return true;
        }
    }
    return false;
}

/* Accounts below `from` are below `into`; what is above `into` goes to where `from` was, so that
 * none is above itself. */
static bool move_children(const struct cn_unit *unit, const struct cn_account *from,
                          const struct cn_account *into, struct cn_error *err)
{
    struct id_list children = { 0 };
    struct id_list line = { 0 };
    if (!list_children(unit, from->id, &children, err) ||
        (children.count > 0 && !list_line(unit, into, from, &line, err))) {
        return false;
    }
    for (size_t i = 0; i < children.count; i++) {
        bool is_above = is_in(&line, children.items[i]);
        bool has_place = from->parent_id_given == CN_GIVEN && !is_in(&line, from->parent_id.value);
        struct cn_account moved;
        const struct cn_account_patch patch = {
            .parent_id = is_above ? from->parent_id : into->id,
            .parent_id_given = !is_above || has_place ? CN_GIVEN : CN_NULL,
        };
        if (!cn_account_update(unit, (cn_account_id){ children.items[i] }, 0, &patch, &moved,
                               err)) {
            return false;
        }
    }
    return true;
}

/* Which account it was, for the survivor's history. */
static cn_str merged_json(const struct cn_unit *unit, const struct cn_account *from)
{
    struct cn_arena *arena = unit->arena;
    struct cn_buf buf;
    cn_str id = cn_row_json_id(arena, CN_ACCOUNT_PREFIX, CN_GIVEN, from->id.value);
    cn_str external_id = cn_row_json_str(arena, CN_GIVEN, from->external_id);
    cn_str name = cn_row_json_str(arena, CN_GIVEN, from->name);
    cn_buf_init(&buf, JSON_MAX_BYTES);
    cn_buf_add_str(&buf, CN_STR("{\"id\":"));
    cn_buf_add_str(&buf, id);
    cn_buf_add_str(&buf, CN_STR(",\"external_id\":"));
    cn_buf_add_str(&buf, external_id);
    cn_buf_add_str(&buf, CN_STR(",\"name\":"));
    cn_buf_add_str(&buf, name);
    cn_buf_add_str(&buf, CN_STR("}"));
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}

/* What the survivor lacks and the merged account has. */
static struct cn_account_patch missing_of(const struct cn_account *from,
                                          const struct cn_account *into, bool has_contracts)
{
    struct cn_account_patch patch = { 0 };
    if (cn_str_equal(into->name, into->external_id) &&
        !cn_str_equal(from->name, from->external_id)) {
        patch.name = from->name;
        patch.name_given = CN_GIVEN;
    }
    if (into->domain_given != CN_GIVEN && from->domain_given == CN_GIVEN) {
        patch.domain = from->domain;
        patch.domain_given = CN_GIVEN;
    }
    if (into->owner_id_given != CN_GIVEN && from->owner_id_given == CN_GIVEN) {
        patch.owner_id = from->owner_id;
        patch.owner_id_given = CN_GIVEN;
    }
    if (into->team_id_given != CN_GIVEN && from->team_id_given == CN_GIVEN) {
        patch.team_id = from->team_id;
        patch.team_id_given = CN_GIVEN;
    }
    if (!has_contracts && into->arr_given != CN_GIVEN && from->arr_given == CN_GIVEN) {
        patch.arr = from->arr;
        patch.arr_given = CN_GIVEN;
    }
    if (into->renewal_on_given != CN_GIVEN && from->renewal_on_given == CN_GIVEN) {
        patch.renewal_on = from->renewal_on;
        patch.renewal_on_given = CN_GIVEN;
    }
    return patch;
}

static bool complete_survivor(const struct cn_unit *unit, const struct cn_account *from,
                              const struct cn_account *into, struct cn_error *err)
{
    struct cn_account updated;
    bool has_contracts = false; /* those of the merged account included */
    if (!cn_account_has_contracts(unit, into->id, &has_contracts, err)) {
        return false;
    }
    struct cn_account_patch patch = missing_of(from, into, has_contracts);
    const struct cn_account_derived *derived = &from->derived;
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = into->id,
                                                          .kind = CN_CHANGE_ACCOUNT,
                                                          .record_id = into->id.value,
                                                          .field = "merged",
                                                          .from = CN_STR(""),
                                                          .to = merged_json(unit, from) });
    return cn_account_update(unit, into->id, 0, &patch, &updated, err) &&
           cn_account_refresh(unit, into->id, err) &&
           (derived->last_activity_at_given != CN_GIVEN ||
            cn_account_save_activity(unit, into->id, derived->last_activity_at, err));
}

static bool move_parts(const struct cn_unit *unit, const struct cn_merge *merge,
                       struct cn_error *err)
{
    for (size_t i = 0; i < merge->part_count; i++) {
        if (!merge->parts[i]->move(unit, merge->from, merge->into, err)) {
            return cn_error_context(err, "moving %s", merge->parts[i]->name);
        }
    }
    return true;
}

static bool run(const struct cn_unit *unit, const struct cn_merge *merge,
                struct cn_account *survivor_out, struct cn_error *err)
{
    struct cn_account from = { 0 };
    struct cn_account into = { 0 };
    if (!lock_merges(unit, 1, err) || !load_both(unit, merge, &from, &into, err) ||
        !store_row(unit, merge, err) || !delete_record(unit, &from, err) ||
        !move_children(unit, &from, &into, err) || !move_parts(unit, merge, err)) {
        return false;
    }
    /* moving children may have changed its parent */
    if (!cn_account_load(unit, merge->into, &into, err) ||
        !complete_survivor(unit, &from, &into, err)) {
        return false;
    }
    cn_change_note(unit, from.id, CN_CHANGE_ACCOUNT);
    cn_change_note(unit, from.id, CN_CHANGE_MAPPING);
    cn_change_note(unit, into.id, CN_CHANGE_MAPPING);
    return cn_account_load(unit, merge->into, survivor_out, err);
}

bool cn_account_merge(const struct cn_unit *unit, const struct cn_merge *merge,
                      struct cn_account *survivor_out, struct cn_error *err)
{
    struct cn_account survivor;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "merging accounts");
    }
    if (!run(unit, merge, &survivor, err) || !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "merging accounts");
    }
    *survivor_out = survivor;
    return true;
}
