#include "book/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "book/row.h"

struct cn_book_facts *cn_book_facts_new(const struct cn_tz *tz)
{
    struct cn_book_facts *facts = cn_heap_resize(NULL, sizeof(*facts));
    *facts = (struct cn_book_facts){
        .tz = tz, .source = cn_book_column_source, .due_us = CN_NEVER_US, .due_upto_us = INT64_MIN
    };
    facts->source.ctx = facts;
    (void)pthread_rwlock_init(&facts->lock, NULL); /* cannot fail with default attributes */
    cn_str_map_init(&facts->text_index);
    cn_arena_init(&facts->text_arena, (size_t)64 * 1024);
    return facts;
}

static void clear_account(struct fact_account *account)
{
    account->contracts.count = 0;
    account->people.count = 0;
    account->roles.count = 0;
    account->tickets.count = 0;
    account->traits.count = 0;
    account->sentiments.count = 0;
    account->overrides.count = 0;
    account->touches.count = 0;
}

static void free_account(struct fact_account *account)
{
    free(account->contracts.items);
    free(account->people.items);
    free(account->roles.items);
    free(account->tickets.items);
    free(account->traits.items);
    free(account->sentiments.items);
    free(account->overrides.items);
    free(account->touches.items);
}

static void free_accounts(struct cn_book_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        free_account(&facts->accounts[i]);
    }
    facts->count = 0;
    cn_map_clear(&facts->index);
}

void cn_book_facts_free(struct cn_book_facts *facts)
{
    if (facts == NULL) {
        return;
    }
    free_accounts(facts);
    free(facts->accounts);
    free(facts->ids);
    free(facts->texts);
    cn_map_deinit(&facts->index);
    cn_str_map_deinit(&facts->text_index);
    cn_arena_deinit(&facts->text_arena);
    (void)pthread_rwlock_destroy(&facts->lock);
    free(facts);
}

uint32_t cn_facts_text(struct cn_book_facts *facts, cn_str text)
{
    bool was_new = false;
    uint64_t *place = cn_str_map_put(&facts->text_index, text, &was_new);
    if (was_new) {
        *place = facts->text_count;
        if (facts->text_count == facts->text_capacity) {
            facts->text_capacity = facts->text_capacity * 2 + 64;
            facts->texts =
                cn_heap_resize(facts->texts, facts->text_capacity * sizeof(facts->texts[0]));
        }
        facts->texts[facts->text_count++] = cn_arena_str(&facts->text_arena, text);
    }
    return (uint32_t)*place;
}

const struct fact_account *cn_facts_find(const struct cn_book_facts *facts, int64_t account_id)
{
    const uint64_t *place = cn_map_get(&facts->index, (uint64_t)account_id);
    return place != NULL ? &facts->accounts[*place] : NULL;
}

const struct fact_account *cn_facts_find_near(const struct cn_book_facts *facts, int64_t account_id,
                                              size_t *near)
{
    const size_t next = *near + 1;
    if (next < facts->count && facts->accounts[next].account_id == account_id) {
        *near = next;
        return &facts->accounts[next];
    }
    const struct fact_account *found = cn_facts_find(facts, account_id);
    *near = found != NULL ? (size_t)(found - facts->accounts) : *near;
    return found;
}

static struct fact_account *account_of(struct cn_book_facts *facts, int64_t account_id)
{
    bool was_new = false;
    uint64_t *place = cn_map_put(&facts->index, (uint64_t)account_id, &was_new);
    if (was_new) {
        *place = facts->count;
        if (facts->count == facts->capacity) {
            facts->capacity = facts->capacity * 2 + 64;
            facts->accounts =
                cn_heap_resize(facts->accounts, facts->capacity * sizeof(facts->accounts[0]));
        }
        facts->accounts[facts->count++] = (struct fact_account){ .account_id = account_id };
    }
    return &facts->accounts[*place];
}

void *cn_facts_append(struct fact_list *list, size_t size)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity + list->capacity / 2 + 2;
        list->items = cn_heap_resize(list->items, list->capacity * size);
    }
    return (char *)list->items + (size_t)list->count++ * size;
}

static int64_t or_never(struct cn_sql_stmt *stmt, int column)
{
    return cn_sql_column_is_null(stmt, column) ? CN_NEVER_US : cn_sql_column_i64(stmt, column);
}

static void read_account(struct cn_book_facts *facts, struct fact_account *account,
                         struct cn_sql_stmt *stmt)
{
    clear_account(account);
    account->is_gone = false;
    account->owner_id = cn_sql_column_i64(stmt, 1);
    account->team_id = cn_sql_column_i64(stmt, 2);
    account->created_us = cn_sql_column_i64(stmt, 3);
    account->is_absent = false;
    account->has_arr = cn_row_opt_i64(stmt, 4, &account->arr_minor) == CN_GIVEN;
    account->has_renewal = cn_row_opt_i64(stmt, 5, &account->renewal_on) == CN_GIVEN;
    account->stage = (uint8_t)cn_sql_column_i64(stmt, 6);
    account->name = cn_facts_text(facts, cn_sql_column_str(stmt, 7));
    account->external_id = cn_facts_text(facts, cn_sql_column_str(stmt, 8));
    account->currency = cn_facts_text(facts, cn_sql_column_str(stmt, 9));
    account->parent_id = cn_sql_column_i64(stmt, 10); /* 0 for none */
}

static void read_contract(struct cn_book_facts *facts, struct fact_account *account,
                          struct cn_sql_stmt *stmt)
{
    (void)facts;
    struct fact_contract *contract = cn_facts_append(&account->contracts, sizeof(*contract));
    *contract = (struct fact_contract){
        .starts_on = cn_sql_column_i64(stmt, 1),
        .ends_on = cn_sql_column_i64(stmt, 2),
        .arr_minor = cn_sql_column_i64(stmt, 3),
        .seats = cn_sql_column_is_null(stmt, 4) ? -1 : cn_sql_column_i64(stmt, 4),
        .status = (enum cn_contract_status)cn_sql_column_i64(stmt, 5),
        .known_us = cn_sql_column_i64(stmt, 6),
        .id = cn_sql_column_i64(stmt, 7),
        .notice_on = cn_sql_column_is_null(stmt, 8) ? CN_NEVER_DAY : cn_sql_column_i64(stmt, 8),
    };
}

static void read_person(struct cn_book_facts *facts, struct fact_account *account,
                        struct cn_sql_stmt *stmt)
{
    (void)facts;
    struct fact_person *person = cn_facts_append(&account->people, sizeof(*person));
    *person = (struct fact_person){ .created_us = cn_sql_column_i64(stmt, 1),
                                    .left_us = or_never(stmt, 2),
                                    .left_known_us = or_never(stmt, 3),
                                    .id = cn_sql_column_i64(stmt, 4) };
}

static void read_role(struct cn_book_facts *facts, struct fact_account *account,
                      struct cn_sql_stmt *stmt)
{
    (void)facts;
    struct fact_role *role = cn_facts_append(&account->roles, sizeof(*role));
    *role = (struct fact_role){ .role = (enum cn_person_role_kind)cn_sql_column_i64(stmt, 1),
                                .from_us = cn_sql_column_i64(stmt, 2),
                                .to_us = or_never(stmt, 3),
                                .known_us = cn_sql_column_i64(stmt, 4),
                                .to_known_us = or_never(stmt, 5),
                                .person_id = cn_sql_column_i64(stmt, 6) };
}

static void read_ticket(struct cn_book_facts *facts, struct fact_account *account,
                        struct cn_sql_stmt *stmt)
{
    (void)facts;
    struct fact_ticket *ticket = cn_facts_append(&account->tickets, sizeof(*ticket));
    *ticket = (struct fact_ticket){ .priority = (enum cn_ticket_priority)cn_sql_column_i64(stmt, 1),
                                    .opened_us = cn_sql_column_i64(stmt, 2),
                                    .solved_us = or_never(stmt, 3),
                                    .known_us = cn_sql_column_i64(stmt, 4),
                                    .solved_known_us = or_never(stmt, 5),
                                    .id = cn_sql_column_i64(stmt, 6) };
}

/* Observations of the same value one after the other are one. */
static void read_trait(struct cn_book_facts *facts, struct fact_account *account,
                       struct cn_sql_stmt *stmt)
{
    struct fact_list *list = &account->traits;
    uint32_t name = cn_facts_text(facts, cn_sql_column_str(stmt, 1));
    uint32_t value = cn_facts_text(facts, cn_sql_column_str(stmt, 2));
    const struct fact_trait *last =
        list->count > 0 ? (const struct fact_trait *)list->items + list->count - 1 : NULL;
    if (last != NULL && last->name == name && last->value == value) {
        return;
    }
    struct fact_trait *trait = cn_facts_append(list, sizeof(*trait));
    *trait = (struct fact_trait){ .name = name,
                                  .value = value,
                                  .at_us = cn_sql_column_i64(stmt, 3),
                                  .known_us = cn_sql_column_i64(stmt, 4) };
}

static void read_sentiment(struct cn_book_facts *facts, struct fact_account *account,
                           struct cn_sql_stmt *stmt)
{
    (void)facts;
    bool is_override = cn_sql_column_i64(stmt, 7) == CN_JUDGEMENT_OVERRIDE;
    struct fact_sentiment *sentiment = cn_facts_append(
        is_override ? &account->overrides : &account->sentiments, sizeof(*sentiment));
    *sentiment = (struct fact_sentiment){ .id = cn_sql_column_i64(stmt, 1),
                                          .value = cn_sql_column_i64(stmt, 2),
                                          .at_us = cn_sql_column_i64(stmt, 3),
                                          .until_us = cn_sql_column_i64(stmt, 4),
                                          .known_us = cn_sql_column_i64(stmt, 5),
                                          .until_known_us = cn_sql_column_i64(stmt, 6) };
}

static void read_touch(struct cn_book_facts *facts, struct fact_account *account,
                       struct cn_sql_stmt *stmt)
{
    (void)facts;
    struct fact_touch *touch = cn_facts_append(&account->touches, sizeof(*touch));
    *touch = (struct fact_touch){ .id = cn_sql_column_i64(stmt, 1),
                                  .at_us = cn_sql_column_i64(stmt, 2),
                                  .known_us = cn_sql_column_i64(stmt, 3),
                                  .withdrawn_us = or_never(stmt, 4),
                                  .has_trigger = cn_sql_column_i64(stmt, 5) != 0 };
}

struct part {
    const char *all;  /* account_id is column 0 */
    const char *some; /* the same of a list of accounts */
    void (*read)(struct cn_book_facts *facts, struct fact_account *account,
                 struct cn_sql_stmt *stmt);
};

/* `since` is a column or 0: rows of events after a place in the log are left out. */
#define PART(columns, table, since, order, read_)                                                 \
    {                                                                                             \
        .all = "SELECT account_id, " columns " FROM " table " WHERE CAST($1 AS bigint) >= " since \
               " ORDER BY account_id" order,                                                      \
        .some = "SELECT account_id, " columns " FROM " table " WHERE account_id {{in_ids $1}}"    \
                " AND CAST($2 AS bigint) >= " since " ORDER BY account_id" order,                 \
        .read = (read_),                                                                          \
    }

/* The account first: it empties the lists that the others fill. */
static const struct part parts[] = {
    PART("owner_id, team_id, created_us, arr_minor, renewal_on, stage, name, external_id,"
         " currency, parent_id",
         "account", "0", "", read_account),
    PART("starts_on, ends_on, arr_minor, seats, status, known_us, contract_id, notice_on",
         "contract", "0", "", read_contract),
    PART("created_us, left_us, left_known_us, person_id", "person", "0", "", read_person),
    PART("role, from_us, to_us, known_us, to_known_us, person_id", "person_role", "0", "",
         read_role),
    PART("priority, opened_us, solved_us, known_us, solved_known_us, ticket_id", "ticket", "0", "",
         read_ticket),
    PART("judgement_id, value, at_us, until_us, known_us, until_known_us, kind", "judgement", "0",
         ", at_us, judgement_id", read_sentiment),
    PART("touch_id, at_us, known_us, withdrawn_us, CASE WHEN trigger_text = '' THEN 0 ELSE 1 END",
         "touch", "0", "", read_touch),
    PART("name, value, at_us, known_us", "account_trait", "log_seq", ", name, at_us, tie",
         read_trait),
};

static bool read_part(struct cn_book_facts *facts, const struct part *part,
                      struct cn_sql_stmt *stmt, struct cn_error *err)
{
    bool row = false;
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        int64_t account_id = cn_sql_column_i64(stmt, 0);
        /* only the first part makes accounts: a row that came after it waits for its own change */
        if (part == parts || cn_facts_find(facts, account_id) != NULL) {
            part->read(facts, account_of(facts, account_id), stmt);
        }
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static void list_ids(struct cn_book_facts *facts)
{
    bool sorted = true;
    if (facts->id_capacity < facts->count) {
        facts->id_capacity = facts->capacity;
        facts->ids = cn_heap_resize(facts->ids, facts->id_capacity * sizeof(facts->ids[0]));
    }
    for (size_t i = 0; i < facts->count; i++) {
        facts->ids[i] = facts->accounts[i].account_id;
        sorted = sorted && (i == 0 || facts->ids[i - 1] < facts->ids[i]);
    }
    if (!sorted) {
        qsort(facts->ids, facts->count, sizeof(facts->ids[0]), cn_order_i64);
    }
}

bool cn_facts_read(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                   const int64_t *account_ids, size_t count, int64_t log_seq, struct cn_error *err)
{
    bool ok = true;
    size_t before = facts->count;
    if (account_ids == NULL) {
        free_accounts(facts);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(parts) && ok; i++) {
        struct cn_sql_stmt *stmt = NULL;
        ok = cn_sql_prepare(conn, account_ids == NULL ? parts[i].all : parts[i].some, &stmt, err);
        if (ok && account_ids != NULL) {
            cn_sql_bind_ids(stmt, 1, account_ids, count);
        }
        if (ok) {
            cn_sql_bind_i64(stmt, account_ids != NULL ? 2 : 1, log_seq);
            ok = read_part(facts, &parts[i], stmt, err);
        }
    }
    if (account_ids == NULL || facts->count != before) {
        list_ids(facts);
    }
    return ok || cn_error_context(err, "reading accounts");
}

bool cn_book_facts_load(struct cn_book_facts *facts, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)pthread_rwlock_wrlock(&facts->lock);
    bool ok = cn_facts_read(facts, conn, NULL, 0, INT64_MAX, err);
    cn_facts_expect(facts, NULL, 0);
    (void)pthread_rwlock_unlock(&facts->lock);
    return ok;
}

static void mark_gone(struct cn_book_facts *facts, const int64_t *account_ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t *place = cn_map_get(&facts->index, (uint64_t)account_ids[i]);
        if (place != NULL) {
            facts->accounts[*place].is_gone = true;
        }
    }
}

/* Those that were not found again; the last account takes the place of one that goes. */
static void remove_gone(struct cn_book_facts *facts, const int64_t *account_ids, size_t count)
{
    size_t before = facts->count;
    for (size_t i = 0; i < count; i++) {
        const uint64_t *found = cn_map_get(&facts->index, (uint64_t)account_ids[i]);
        bool was_new = false;
        if (found == NULL || !facts->accounts[*found].is_gone) {
            continue;
        }
        uint64_t place = *found;
        free_account(&facts->accounts[place]);
        facts->accounts[place] = facts->accounts[--facts->count];
        *cn_map_put(&facts->index, (uint64_t)facts->accounts[place].account_id, &was_new) = place;
        (void)cn_map_remove(&facts->index, (uint64_t)account_ids[i]); /* it was there */
    }
    if (facts->count != before) {
        list_ids(facts);
    }
}

bool cn_book_facts_refresh(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                           const int64_t *account_ids, size_t count, struct cn_error *err)
{
    (void)pthread_rwlock_wrlock(&facts->lock);
    mark_gone(facts, account_ids, count);
    bool ok = cn_facts_read(facts, conn, account_ids, count, INT64_MAX, err);
    if (ok) {
        remove_gone(facts, account_ids, count);
    }
    cn_facts_expect(facts, account_ids, count);
    (void)pthread_rwlock_unlock(&facts->lock);
    return ok;
}

const int64_t *cn_book_facts_accounts(const struct cn_book_facts *facts, size_t *count_out)
{
    *count_out = facts->count;
    return facts->ids;
}

bool cn_book_facts_owner(const struct cn_book_facts *facts, int64_t account_id, int64_t *owner_out,
                         int64_t *team_out)
{
    const struct fact_account *account = cn_facts_find(facts, account_id);
    if (account == NULL) {
        return false;
    }
    *owner_out = account->owner_id;
    *team_out = account->team_id;
    return true;
}

bool cn_book_facts_override(const struct cn_book_facts *facts, int64_t account_id, cn_time now,
                            int64_t *value_out)
{
    const struct fact_account *account = cn_facts_find(facts, account_id);
    bool found = false;
    for (uint32_t i = 0; account != NULL && i < account->overrides.count; i++) {
        const struct fact_sentiment *override =
            &((const struct fact_sentiment *)account->overrides.items)[i];
        if (override->at_us <= now.us && now.us < override->until_us) {
            *value_out = override->value; /* of several the newest */
            found = true;
        }
    }
    return found;
}

const struct cn_column_source *cn_book_facts_source(struct cn_book_facts *facts)
{
    return &facts->source;
}
