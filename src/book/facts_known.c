/*
 * The facts as they were known at a change: read as they are now, then what was changed later is
 * undone by the field history, and for what has a moment of its own the history says when it was
 * told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"

#include "book/account.h"
#include "book/change.h"
#include "book/facts.h"
#include "json/reader.h"

enum {
    VALUE_MAX_BYTES = 64 * 1024
};

/* One line of history, taken back (`value` is what was before) or made. */
struct line {
    struct cn_book_facts *facts;
    struct cn_json_parser *parser;
    struct fact_account *account;
    int64_t kind;
    int64_t record_id;
    cn_str field;
    cn_str value;     /* JSON; "" for none */
    bool was_none;    /* before the line */
    int64_t known_us; /* of the value; 0: not known here, a later line says */
};

static bool is_field(const struct line *line, const char *name)
{
    return cn_str_equal(line->field, cn_str_of(name));
}

/* What cannot be read counts as none: the book writes only what can. */
static bool parse(const struct line *line, enum cn_json_kind kind, cn_json_value *value_out)
{
    struct cn_error err;
    return line->value.len > 0 && cn_json_parse(line->parser, line->value, value_out, &err) &&
           cn_json_kind(*value_out) == kind;
}

static bool number_of(const struct line *line, int64_t *number_out)
{
    cn_json_value value;
    bool has = parse(line, CN_JSON_I64, &value);
    *number_out = has ? cn_json_get_i64(value) : 0;
    return has;
}

static cn_str text_of(const struct line *line)
{
    cn_json_value value;
    return parse(line, CN_JSON_STR, &value) ? cn_json_get_str(value) : (cn_str){ "", 0 };
}

static int64_t id_of(const struct line *line, const char *prefix)
{
    int64_t id = 0;
    return cn_id_parse(prefix, text_of(line), &id) ? id : 0;
}

static int64_t time_or_never(cn_str text)
{
    cn_time time;
    return cn_time_parse(text, &time) ? time.us : CN_NEVER_US;
}

static int64_t place_of(cn_str text, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i + 1 < count && !cn_str_equal(text, cn_str_of(names[i]))) {
        i++;
    }
    return (int64_t)i;
}

/* ---- the fields of each kind of record ---- */

static void set_arr(const struct line *line)
{
    struct fact_account *account = line->account;
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    account->has_arr = parse(line, CN_JSON_OBJECT, &root);
    account->arr_minor = 0;
    account->currency = cn_facts_text(line->facts, (cn_str){ "", 0 });
    if (!account->has_arr) {
        return;
    }
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_str_equal(name, CN_STR("minor"))) {
            account->arr_minor = cn_json_get_i64(value);
        } else if (cn_str_equal(name, CN_STR("currency"))) {
            account->currency = cn_facts_text(line->facts, cn_json_get_str(value));
        }
    }
}

/* An item is taken out by moving those behind it. */
static void take_out(struct fact_list *list, uint32_t place, size_t size)
{
    char *at = (char *)list->items + place * size;
    memmove(at, at + size, (list->count - place - 1) * size);
    list->count--;
}

/* Said later: it was not there.  Ended later: it had its old end. */
static void set_sentiment(const struct line *line)
{
    struct fact_list *list = &line->account->sentiments;
    struct fact_sentiment *sentiments = list->items;
    for (uint32_t i = 0; i < list->count; i++) {
        if (sentiments[i].id != line->record_id) {
            continue;
        }
        if (is_field(line, "sentiment")) {
            take_out(list, i, sizeof(*sentiments));
        } else {
            sentiments[i].until_us = time_or_never(text_of(line));
            sentiments[i].until_known_us = sentiments[i].known_us;
        }
        return;
    }
}

/* Told later: it was not there.  Withdrawn later: it was one. */
static void set_touch(const struct line *line)
{
    struct fact_list *list = &line->account->touches;
    struct fact_touch *touches = list->items;
    for (uint32_t i = 0; i < list->count; i++) {
        if (touches[i].id != line->record_id) {
            continue;
        }
        if (is_field(line, "touch")) {
            take_out(list, i, sizeof(*touches));
        } else {
            touches[i].withdrawn_us = CN_NEVER_US;
        }
        return;
    }
}

static void set_account(const struct line *line)
{
    struct fact_account *account = line->account;
    if (is_field(line, "name")) {
        account->is_absent = line->value.len == 0;
        account->name = cn_facts_text(line->facts, text_of(line));
    } else if (is_field(line, "owner_id")) {
        account->owner_id = id_of(line, CN_USER_PREFIX);
    } else if (is_field(line, "team_id")) {
        account->team_id = id_of(line, CN_TEAM_PREFIX);
    } else if (is_field(line, "parent_id")) {
        account->parent_id = id_of(line, CN_ACCOUNT_PREFIX);
    } else if (is_field(line, "stage")) {
        account->stage = (uint8_t)place_of(text_of(line), cn_stage_names, CN_STAGE_COUNT);
    } else if (is_field(line, "arr")) {
        set_arr(line);
    } else if (is_field(line, "renewal_on")) {
        account->has_renewal = number_of(line, &account->renewal_on);
    } else if (is_field(line, "sentiment") || is_field(line, "judgement_until")) {
        set_sentiment(line);
    } else if (is_field(line, "touch") || is_field(line, "touch_withdrawn")) {
        set_touch(line);
    }
}

static void set_contract(const struct line *line)
{
    struct fact_list *list = &line->account->contracts;
    struct fact_contract *contract = list->items;
    uint32_t i = 0;
    while (i < list->count && contract[i].id != line->record_id) {
        i++;
    }
    if (i == list->count) {
        return;
    }
    contract += i;
    if (is_field(line, "name") && line->value.len == 0) {
        take_out(list, i, sizeof(*contract));
    } else if (is_field(line, "arr_minor")) {
        (void)number_of(line, &contract->arr_minor); /* always one */
    } else if (is_field(line, "starts_on")) {
        (void)number_of(line, &contract->starts_on); /* the same */
    } else if (is_field(line, "ends_on")) {
        (void)number_of(line, &contract->ends_on); /* the same */
    } else if (is_field(line, "notice_on")) {
        contract->notice_on =
            number_of(line, &contract->notice_on) ? contract->notice_on : CN_NEVER_DAY;
    } else if (is_field(line, "seats")) {
        contract->seats = number_of(line, &contract->seats) ? contract->seats : -1;
    } else if (is_field(line, "status")) {
        contract->status = (enum cn_contract_status)place_of(
            text_of(line), cn_contract_status_names, CN_CONTRACT_STATUS_COUNT);
    }
}

static void set_ticket(const struct line *line)
{
    struct fact_list *list = &line->account->tickets;
    struct fact_ticket *ticket = list->items;
    uint32_t i = 0;
    while (i < list->count && ticket[i].id != line->record_id) {
        i++;
    }
    if (i == list->count) {
        return;
    }
    ticket += i;
    if (is_field(line, "subject") && line->value.len == 0) {
        take_out(list, i, sizeof(*ticket));
    } else if (is_field(line, "priority")) {
        ticket->priority = (enum cn_ticket_priority)place_of(
            text_of(line), cn_ticket_priority_names, CN_TICKET_PRIORITY_COUNT);
    } else if (is_field(line, "solved_at")) {
        ticket->solved_us = time_or_never(text_of(line));
        ticket->solved_known_us = line->known_us;
    }
}

static void forget_roles(struct fact_list *list, int64_t person_id)
{
    for (uint32_t i = list->count; i > 0; i--) {
        if (((struct fact_role *)list->items)[i - 1].person_id == person_id) {
            take_out(list, i - 1, sizeof(struct fact_role));
        }
    }
}

static const struct fact_role *find_role(const struct fact_role *roles, uint32_t count,
                                         const struct fact_role *wanted)
{
    for (uint32_t i = 0; i < count; i++) {
        if (roles[i].person_id == wanted->person_id && roles[i].role == wanted->role &&
            roles[i].from_us == wanted->from_us) {
            return &roles[i];
        }
    }
    return NULL;
}

static struct fact_role read_role(const struct line *line, cn_json_value item)
{
    struct fact_role role = { .person_id = line->record_id,
                              .to_us = CN_NEVER_US,
                              .known_us = line->known_us,
                              .to_known_us = line->known_us };
    cn_str name;
    cn_json_value value;
    struct cn_json_iter iter = cn_json_iterate(item);
    while (cn_json_next(&iter, &name, &value)) {
        cn_str text = cn_json_kind(value) == CN_JSON_STR ? cn_json_get_str(value) : CN_STR("");
        if (cn_str_equal(name, CN_STR("role"))) {
            role.role = (enum cn_person_role_kind)place_of(text, cn_person_role_names,
                                                           CN_PERSON_ROLE_COUNT);
        } else if (cn_str_equal(name, CN_STR("from"))) {
            role.from_us = time_or_never(text);
        } else if (cn_str_equal(name, CN_STR("to"))) {
            role.to_us = time_or_never(text);
        }
    }
    return role;
}

/* All roles of the person; what was the same before was known before. */
static void set_roles(const struct line *line)
{
    struct fact_list *list = &line->account->roles;
    cn_json_value root;
    cn_json_value item;
    cn_str name;
    if (line->was_none || line->value.len == 0) {
        forget_roles(list, line->record_id);
    }
    if (!parse(line, CN_JSON_ARRAY, &root)) {
        return;
    }
    uint32_t before = list->count;
    struct fact_role *old = cn_heap_resize(NULL, (before + 1) * sizeof(*old));
    if (before > 0) {
        memcpy(old, list->items, before * sizeof(*old));
    }
    forget_roles(list, line->record_id);
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &item)) {
        struct fact_role role = read_role(line, item);
        const struct fact_role *was = find_role(old, before, &role);
        if (was != NULL) {
            role.known_us = was->known_us;
            role.to_known_us = was->to_us == role.to_us ? was->to_known_us : role.to_known_us;
        }
        *(struct fact_role *)cn_facts_append(list, sizeof(role)) = role;
    }
    free(old);
}

static void set_person(const struct line *line)
{
    struct fact_list *list = &line->account->people;
    struct fact_person *person = list->items;
    uint32_t i = 0;
    while (i < list->count && person[i].id != line->record_id) {
        i++;
    }
    if (i == list->count) {
        return;
    }
    person += i;
    if (is_field(line, "name") && line->value.len == 0) {
        forget_roles(&line->account->roles, line->record_id);
        take_out(list, i, sizeof(*person));
    } else if (is_field(line, "left_at")) {
        person->left_us = time_or_never(text_of(line));
        person->left_known_us = line->known_us;
    } else if (is_field(line, "roles")) {
        set_roles(line);
    }
}

static void set_field(const struct line *line)
{
    switch (line->kind) {
    case CN_CHANGE_ACCOUNT:
        set_account(line);
        break;
    case CN_CHANGE_CONTRACT:
        set_contract(line);
        break;
    case CN_CHANGE_PERSON:
        set_person(line);
        break;
    case CN_CHANGE_TICKET:
        set_ticket(line);
        break;
    default: /* says nothing of what is kept here */
        break;
    }
}

/* Fields of which it matters when they were told. */
static bool has_moment(const struct line *line)
{
    return is_field(line, "solved_at") || is_field(line, "left_at") || is_field(line, "roles");
}

/* ---- the history ---- */

#define LINES \
    "account_id, kind, record_id, field, from_value, to_value, known_us FROM field_history"

static const char undo_all[] = "SELECT " LINES " WHERE seq > $1 ORDER BY seq DESC, history_id DESC";
static const char undo_some[] = "SELECT " LINES " WHERE account_id {{in_ids $1}} AND seq > $2"
                                " ORDER BY seq DESC, history_id DESC";
static const char redo_all[] = "SELECT " LINES " WHERE seq <= $1 AND field IN ('solved_at',"
                               " 'left_at', 'roles') ORDER BY seq, history_id";
static const char redo_some[] = "SELECT " LINES " WHERE account_id {{in_ids $1}} AND seq <= $2"
                                " AND field IN ('solved_at', 'left_at', 'roles')"
                                " ORDER BY seq, history_id";

struct reading {
    struct cn_book_facts *facts;
    struct cn_sql_conn *conn;
    const int64_t *account_ids; /* NULL: all */
    size_t count;
    int64_t change;
    struct cn_json_parser *parser;
};

static void take_line(const struct reading *reading, struct cn_sql_stmt *stmt, bool is_undo)
{
    const uint64_t *place =
        cn_map_get(&reading->facts->index, (uint64_t)cn_sql_column_i64(stmt, 0));
    int value = is_undo ? 4 : 5;
    if (place == NULL) {
        return;
    }
    struct line line = {
        .facts = reading->facts,
        .parser = reading->parser,
        .account = &reading->facts->accounts[*place],
        .kind = cn_sql_column_i64(stmt, 1),
        .record_id = cn_sql_column_i64(stmt, 2),
        .field = cn_sql_column_str(stmt, 3),
        .value =
            cn_sql_column_is_null(stmt, value) ? (cn_str){ "", 0 } : cn_sql_column_str(stmt, value),
        .was_none = !is_undo && cn_sql_column_is_null(stmt, 4),
        .known_us = is_undo ? 0 : cn_sql_column_i64(stmt, 6),
    };
    if (is_undo || has_moment(&line)) {
        set_field(&line);
    }
}

static bool read_lines(const struct reading *reading, const char *all, const char *some,
                       bool is_undo, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(reading->conn, reading->account_ids == NULL ? all : some, &stmt, err)) {
        return false;
    }
    if (reading->account_ids != NULL) {
        cn_sql_bind_ids(stmt, 1, reading->account_ids, reading->count);
    }
    cn_sql_bind_i64(stmt, reading->account_ids != NULL ? 2 : 1, reading->change);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        take_line(reading, stmt, is_undo);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool read_known(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                       const int64_t *account_ids, size_t count,
                       const struct cn_book_moment *moment, struct cn_error *err)
{
    struct reading reading = { .facts = facts,
                               .conn = conn,
                               .account_ids = account_ids,
                               .count = count,
                               .change = moment->change,
                               .parser = cn_json_parser_new(VALUE_MAX_BYTES) };
    (void)pthread_rwlock_wrlock(&facts->lock);
    bool ok = cn_facts_read(facts, conn, account_ids, count, moment->log, err) &&
              read_lines(&reading, undo_all, undo_some, true, err) &&
              read_lines(&reading, redo_all, redo_some, false, err);
    cn_facts_expect(facts, account_ids, count);
    (void)pthread_rwlock_unlock(&facts->lock);
    cn_json_parser_free(reading.parser);
    return ok || cn_error_context(err, "reading records as they were known");
}

bool cn_book_facts_load_known(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                              const struct cn_book_moment *moment, struct cn_error *err)
{
    return read_known(facts, conn, NULL, 0, moment, err);
}

bool cn_book_facts_refresh_known(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                                 const int64_t *account_ids, size_t count,
                                 const struct cn_book_moment *moment, struct cn_error *err)
{
    return read_known(facts, conn, account_ids, count, moment, err);
}

bool cn_book_facts_has(struct cn_book_facts *facts, int64_t account_id)
{
    (void)pthread_rwlock_rdlock(&facts->lock);
    const struct fact_account *account = cn_facts_find(facts, account_id);
    bool has = account != NULL && !account->is_absent;
    (void)pthread_rwlock_unlock(&facts->lock);
    return has;
}
