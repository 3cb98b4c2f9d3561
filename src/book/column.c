#include "book/column.h"

#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#include "book/account.h"
#include "book/column_at.h"

enum {
    WINDOW_DAYS_MAX = 3650,
    AGE_HOURS_MAX = WINDOW_DAYS_MAX * 24,
    MINOR_UNITS = 100, /* in a major one */
};

/* ---- contracts ---- */

struct figures {
    int64_t arr_minor;
    int64_t seats;
    int64_t count;
    int64_t seats_count;
};

static void add_figures(struct figures *figures, const struct fact_contract *contract)
{
    figures->count++;
    figures->arr_minor += contract->arr_minor;
    if (contract->seats >= 0) {
        figures->seats_count++;
        figures->seats += contract->seats;
    }
}

static bool is_signed(const struct at *at, const struct fact_contract *contract)
{
    return (contract->status == CN_CONTRACT_ACTIVE || contract->status == CN_CONTRACT_ENDED) &&
           is_known(at, contract->known_us);
}

/* The last day up to the one that is asked about on which a contract runs that counts: the day
 * itself, or when the last of those that await renewal was over.  CN_NEVER_DAY: there is none. */
static int64_t last_running_day(const struct at *at)
{
    const struct fact_contract *contracts = at->account->contracts.items;
    int64_t last = CN_NEVER_DAY;
    for (uint32_t i = 0; i < at->account->contracts.count; i++) {
        const struct fact_contract *contract = &contracts[i];
        if (!is_signed(at, contract) || contract->starts_on > at->day) {
            continue;
        }
        if (contract->ends_on >= at->day) {
            return at->day;
        }
        if (contract->status == CN_CONTRACT_ACTIVE &&
            (last == CN_NEVER_DAY || contract->ends_on > last)) {
            last = contract->ends_on;
        }
    }
    return last;
}

/* Of the contracts that run on the day, else of those that ended last and await renewal: what they
 * renewed was over before and does not count again. */
static struct figures contract_figures(const struct at *at)
{
    const struct fact_contract *contracts = at->account->contracts.items;
    const int64_t day = last_running_day(at);
    struct figures figures = { 0 };
    for (uint32_t i = 0; day != CN_NEVER_DAY && i < at->account->contracts.count; i++) {
        const struct fact_contract *contract = &contracts[i];
        bool counts =
            is_signed(at, contract) && (contract->status == CN_CONTRACT_ACTIVE || day == at->day);
        if (counts && contract->starts_on <= day && contract->ends_on >= day) {
            add_figures(&figures, contract);
        }
    }
    return figures;
}

/* A draft is none yet: the record's own figures stand. */
static bool has_signed_contract(const struct at *at)
{
    const struct fact_contract *contracts = at->account->contracts.items;
    for (uint32_t i = 0; i < at->account->contracts.count; i++) {
        if (contracts[i].status != CN_CONTRACT_DRAFT) {
            return true;
        }
    }
    return false;
}

static bool value_arr(const struct at *at, double *value_out)
{
    struct figures figures = contract_figures(at);
    bool has_contracts = has_signed_contract(at);
    int64_t minor = has_contracts ? figures.arr_minor : at->account->arr_minor;
    *value_out = (double)minor / MINOR_UNITS;
    return has_contracts ? figures.count > 0 : at->account->has_arr;
}

static bool value_seats(const struct at *at, double *value_out)
{
    struct figures figures = contract_figures(at);
    *value_out = (double)figures.seats;
    return figures.seats_count > 0;
}

/* The contract that ends last.  As known, a renewal that was signed ahead counts; as true only what
 * has begun. */
static const struct fact_contract *last_contract(const struct at *at)
{
    const struct fact_contract *contracts = at->account->contracts.items;
    const struct fact_contract *last = NULL;
    for (uint32_t i = 0; i < at->account->contracts.count; i++) {
        const struct fact_contract *contract = &contracts[i];
        bool counts = is_signed(at, contract) && (!at->as_true || contract->starts_on <= at->day) &&
                      (contract->status == CN_CONTRACT_ACTIVE || contract->ends_on >= at->day);
        if (counts && (last == NULL || contract->ends_on > last->ends_on)) {
            last = contract;
        }
    }
    return last;
}

static bool value_days_to_renewal(const struct at *at, double *value_out)
{
    const struct fact_contract *contract = last_contract(at);
    bool found = contract != NULL;
    int64_t last = found ? contract->ends_on : 0;
    if (!has_signed_contract(at) && at->account->has_renewal) {
        last = at->account->renewal_on;
        found = true;
    }
    *value_out = (double)(last - at->day);
    return found;
}

static bool value_days_to_notice(const struct at *at, double *value_out)
{
    const struct fact_contract *contract = last_contract(at);
    bool found = contract != NULL && contract->notice_on != CN_NEVER_DAY;
    *value_out = found ? (double)(contract->notice_on - at->day) : 0;
    return found;
}

static bool value_tenure_days(const struct at *at, double *value_out)
{
    const struct fact_contract *contracts = at->account->contracts.items;
    int64_t first = cn_tz_day(at->facts->tz, (cn_time){ at->account->created_us });
    bool found = false;
    for (uint32_t i = 0; i < at->account->contracts.count; i++) {
        if (is_signed(at, &contracts[i]) && (!found || contracts[i].starts_on < first)) {
            first = contracts[i].starts_on;
            found = true;
        }
    }
    *value_out = first < at->day ? (double)(at->day - first) : 0;
    return true;
}

/* ---- people ---- */

static bool has_role(const struct at *at, enum cn_person_role_kind kind)
{
    const struct fact_role *roles = at->account->roles.items;
    for (uint32_t i = 0; i < at->account->roles.count; i++) {
        const struct fact_role *role = &roles[i];
        if (role->role == kind && has_happened(at, role->from_us, role->known_us) &&
            !has_happened(at, role->to_us, role->to_known_us)) {
            return true;
        }
    }
    return false;
}

static bool value_has_champion(const struct at *at, double *value_out)
{
    *value_out = has_role(at, CN_PERSON_CHAMPION);
    return true;
}

static bool value_has_sponsor(const struct at *at, double *value_out)
{
    *value_out = has_role(at, CN_PERSON_SPONSOR);
    return true;
}

static bool value_days_since_champion_left(const struct at *at, double *value_out)
{
    const struct fact_role *roles = at->account->roles.items;
    bool found = false;
    int64_t last = 0;
    for (uint32_t i = 0; i < at->account->roles.count; i++) {
        const struct fact_role *role = &roles[i];
        if (role->role == CN_PERSON_CHAMPION && is_known(at, role->known_us) &&
            has_happened(at, role->to_us, role->to_known_us) && (!found || role->to_us > last)) {
            last = role->to_us;
            found = true;
        }
    }
    if (!found || has_role(at, CN_PERSON_CHAMPION)) {
        return false;
    }
    *value_out = (double)(at->day - cn_tz_day(at->facts->tz, (cn_time){ last }));
    return true;
}

static bool value_people(const struct at *at, double *value_out)
{
    const struct fact_person *people = at->account->people.items;
    int64_t count = 0;
    for (uint32_t i = 0; i < at->account->people.count; i++) {
        count += has_happened(at, people[i].created_us, people[i].created_us) &&
                 !has_happened(at, people[i].left_us, people[i].left_known_us);
    }
    *value_out = (double)count;
    return true;
}

/* ---- text and traits ---- */

/* NULL text: missing. */
static cn_str text_of(const struct at *at, char scratch[CN_ID_TEXT_BYTES]);

/* The JSON scalar of the trait at that moment; "" if there is none. */
static cn_str trait_json(const struct at *at)
{
    const struct fact_trait *traits = at->account->traits.items;
    const struct fact_trait *found = NULL;
    for (uint32_t i = 0; i < at->account->traits.count; i++) {
        if (traits[i].name == (uint32_t)at->spec->index &&
            has_happened(at, traits[i].at_us, traits[i].known_us)) {
            found = &traits[i]; /* the list is in the order of time */
        }
    }
    return found != NULL ? at->facts->texts[found->value] : (cn_str){ "", 0 };
}

static bool value_trait_number(const struct at *at, double *value_out)
{
    return cn_parse_f64(trait_json(at), value_out);
}

static bool value_trait_flag(const struct at *at, double *value_out)
{
    cn_str json = trait_json(at);
    *value_out = cn_str_equal(json, CN_STR("true"));
    return *value_out != 0 || cn_str_equal(json, CN_STR("false"));
}

enum op {
    OP_NAME,
    OP_EXTERNAL_ID,
    OP_STAGE,
    OP_OWNER,
    OP_CURRENCY,
    OP_PARENT_ID, /* a number: the account's own */
    OP_VALUES,    /* numbers and truths from here on */
};

struct op_row {
    const char *name;
    const char *method; /* "" without */
    const char *usage;
    enum cn_column_type type;
    enum cn_column_pace pace;
    const char *unit;
    bool (*value)(const struct at *at, double *value_out); /* NULL: a text */
    const char *rests_on;
    const char *doc;
};

static const struct op_row ops[] = {
    [OP_NAME] = { "name", "", "name", CN_COLUMN_STR, CN_PACE_FACT, "", NULL, "account record",
                  "what the account is called" },
    [OP_EXTERNAL_ID] = { "external_id", "", "external_id", CN_COLUMN_STR, CN_PACE_FACT, "", NULL,
                         "account record", "the customer's id in your own systems" },
    [OP_STAGE] = { "stage", "", "stage", CN_COLUMN_STR, CN_PACE_FACT, "", NULL, "account record",
                   "lifecycle stage" },
    [OP_OWNER] = { "owner", "", "owner", CN_COLUMN_STR, CN_PACE_FACT, "", NULL, "account record",
                   "id of the user who owns the account" },
    [OP_CURRENCY] = { "currency", "", "currency", CN_COLUMN_STR, CN_PACE_FACT, "", NULL,
                      "account record", "currency of arr" },
    [OP_PARENT_ID] = { "parent_id", "", "parent_id", CN_COLUMN_I64, CN_PACE_FACT, "", NULL,
                       "account record", "number of the parent account; see parent and children" },
    { "arr", "", "arr", CN_COLUMN_F64, CN_PACE_DAY, "", value_arr, "contracts",
      "annual recurring revenue, in major units" },
    { "seats", "", "seats", CN_COLUMN_F64, CN_PACE_DAY, "seats", value_seats, "contracts",
      "seats of the contracts that run" },
    { "days_to_renewal", "", "days_to_renewal", CN_COLUMN_F64, CN_PACE_DAY, "days",
      value_days_to_renewal, "contracts", "days until the last contract ends; below 0: overdue" },
    { "days_to_notice", "", "days_to_notice", CN_COLUMN_F64, CN_PACE_DAY, "days",
      value_days_to_notice, "contracts",
      "days until the last day to give notice on that contract; below 0: it has passed" },
    { "tenure_days", "", "tenure_days", CN_COLUMN_F64, CN_PACE_DAY, "days", value_tenure_days,
      "contracts", "days since the first contract began" },
    { "has_champion", "", "has_champion", CN_COLUMN_BOOL, CN_PACE_DAY, "", value_has_champion,
      "people", "somebody is champion" },
    { "has_sponsor", "", "has_sponsor", CN_COLUMN_BOOL, CN_PACE_DAY, "", value_has_sponsor,
      "people", "somebody is sponsor" },
    { "days_since_champion_left", "", "days_since_champion_left", CN_COLUMN_F64, CN_PACE_DAY,
      "days", value_days_since_champion_left, "people",
      "days since the last champion left; missing while there is one" },
    { "people", "", "people", CN_COLUMN_F64, CN_PACE_DAY, "people", value_people, "people",
      "people who have not left" },
    { "sentiment", "", "sentiment", CN_COLUMN_F64, CN_PACE_DAY, "", cn_value_sentiment,
      "a user's judgement", "how the customer feels, 0 to 100; missing once it has ended" },
    { "sentiment_age_days", "", "sentiment_age_days", CN_COLUMN_F64, CN_PACE_DAY, "days",
      cn_value_sentiment_age_days, "a user's judgement",
      "days since the current sentiment was said" },
    { "days_since_touch", "", "days_since_touch", CN_COLUMN_F64, CN_PACE_DAY, "days",
      cn_value_days_since_touch, "touches",
      "days since somebody last called, met or wrote to the account; missing without any" },
    { "touches", "made", "touches.made(days)", CN_COLUMN_F64, CN_PACE_DAY, "touches",
      cn_value_touches_made, "touches", "touches in so many days, today included" },
    { "touches", "unasked", "touches.unasked(days)", CN_COLUMN_F64, CN_PACE_DAY, "touches",
      cn_value_touches_unasked, "touches",
      "touches that nothing asked for in so many days, today included" },
    { "open_tickets", "", "open_tickets", CN_COLUMN_F64, CN_PACE_FACT, "tickets",
      cn_value_open_tickets, "tickets", "tickets that are not solved" },
    { "critical_tickets_open", "", "critical_tickets_open", CN_COLUMN_F64, CN_PACE_FACT, "tickets",
      cn_value_critical_tickets_open, "tickets", "critical tickets that are not solved" },
    { "oldest_ticket_hours", "", "oldest_ticket_hours", CN_COLUMN_F64, CN_PACE_TICK, "hours",
      cn_value_oldest_ticket_hours, "tickets", "age of the oldest open ticket; 0 without" },
    { "oldest_critical_hours", "", "oldest_critical_hours", CN_COLUMN_F64, CN_PACE_TICK, "hours",
      cn_value_oldest_critical_hours, "tickets",
      "age of the oldest open critical ticket; 0 without" },
    { "tickets", "escalated", "tickets.escalated(days)", CN_COLUMN_F64, CN_PACE_DAY, "tickets",
      cn_value_tickets_escalated, "tickets",
      "tickets of high or critical priority opened in so many days, today included" },
    { "tickets", "open_for", "tickets.open_for(hours)", CN_COLUMN_F64, CN_PACE_TICK, "tickets",
      cn_value_tickets_open_for, "tickets",
      "tickets that have been open for so many hours or more" },
    { "tickets", "critical_for", "tickets.critical_for(hours)", CN_COLUMN_F64, CN_PACE_TICK,
      "tickets", cn_value_tickets_critical_for, "tickets",
      "critical tickets that have been open for so many hours or more" },
    { "tickets", "opened", "tickets.opened(days)", CN_COLUMN_F64, CN_PACE_DAY, "tickets",
      cn_value_tickets_opened, "tickets", "tickets opened in so many days, today included" },
    { "trait.", "", "trait.plan", CN_COLUMN_STR, CN_PACE_FACT, "", NULL, "group calls",
      "a trait of the account, as text" },
    { "trait.", "number", "trait.employees.number()", CN_COLUMN_F64, CN_PACE_FACT, "",
      value_trait_number, "group calls", "a trait that is a number" },
    { "trait.", "flag", "trait.is_paying.flag()", CN_COLUMN_BOOL, CN_PACE_FACT, "",
      value_trait_flag, "group calls", "a trait that is true or false" },
};

static bool is_trait(const struct op_row *op)
{
    return strcmp(op->name, "trait.") == 0;
}

/* A string without its quotes; what is escaped stays so, which equal texts have in common. */
static cn_str trait_text(const struct at *at)
{
    cn_str json = trait_json(at);
    if (json.len == 0 || cn_str_equal(json, CN_STR("null"))) {
        return (cn_str){ NULL, 0 };
    }
    return json.ptr[0] == '"' ? cn_str_slice(json, 1, json.len - 1) : json;
}

static cn_str text_of(const struct at *at, char scratch[CN_ID_TEXT_BYTES])
{
    switch (at->spec->op) {
    case OP_NAME:
        return at->facts->texts[at->account->name];
    case OP_EXTERNAL_ID:
        return at->facts->texts[at->account->external_id];
    case OP_STAGE:
        return cn_str_of(cn_stage_names[at->account->stage]);
    case OP_OWNER:
        if (at->account->owner_id == 0) {
            return (cn_str){ NULL, 0 };
        }
        cn_id_format(CN_USER_PREFIX, at->account->owner_id, scratch);
        return cn_str_of(scratch);
    case OP_CURRENCY:
        return at->facts->texts[at->account->currency];
    default:
        return trait_text(at);
    }
}

/* ---- the source ---- */

static bool takes_days(const struct op_row *op)
{
    return op->value == cn_value_tickets_opened || op->value == cn_value_tickets_escalated ||
           op->value == cn_value_touches_made || op->value == cn_value_touches_unasked;
}

static bool takes_hours(const struct op_row *op)
{
    return op->value == cn_value_tickets_open_for || op->value == cn_value_tickets_critical_for;
}

static bool check_args(const struct op_row *op, const struct cn_column_request *request,
                       struct cn_column_spec *spec, struct cn_error *err)
{
    const bool is_of_days = takes_days(op);
    const int most = is_of_days ? WINDOW_DAYS_MAX : AGE_HOURS_MAX;
    if (!is_of_days && !takes_hours(op)) {
        return request->arg_count == 0 ||
               cn_fail(err, CN_INVALID, "%s takes no arguments", op->usage);
    }
    double number = request->arg_count == 1 ? request->args[0].number : 0;
    if (request->arg_count != 1 || request->args[0].is_text || number < 1 || number > most ||
        number != (double)(int64_t)number) {
        return cn_fail(err, CN_INVALID, "%s takes a whole number of %s from 1 to %d", op->usage,
                       is_of_days ? "days" : "hours", most);
    }
    spec->args[0] = (int64_t)number;
    return true;
}

static bool names_op(const struct op_row *op, cn_str name)
{
    return is_trait(op) ? cn_str_starts_with(name, CN_STR("trait.")) && name.len > strlen("trait.")
                        : cn_str_equal(name, cn_str_of(op->name));
}

static int32_t trait_index(struct cn_book_facts *facts, cn_str name)
{
    (void)pthread_rwlock_wrlock(&facts->lock);
    uint32_t index = cn_facts_text(facts, cn_str_slice(name, strlen("trait."), name.len));
    (void)pthread_rwlock_unlock(&facts->lock);
    return (int32_t)index;
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    const struct op_row *named = NULL;
    for (size_t i = 0; i < CN_ARRAY_LEN(ops); i++) {
        const struct op_row *op = &ops[i];
        if (!names_op(op, request->name)) {
            continue;
        }
        named = op;
        if (cn_str_equal(request->method, cn_str_of(op->method))) {
            struct cn_column_spec spec = {
                .type = op->type, .pace = op->pace, .unit = op->unit, .op = (int32_t)i
            };
            spec.counts = takes_hours(op) ? "ticket" : NULL;
            if (!check_args(op, request, &spec, err)) {
                return CN_RESOLVE_WRONG;
            }
            spec.index = is_trait(op) ? trait_index(ctx, request->name) : 0;
            *spec_out = spec;
            return CN_RESOLVE_FOUND;
        }
    }
    if (named == NULL) {
        return CN_RESOLVE_UNKNOWN;
    }
    (void)cn_fail(err, CN_INVALID, "'%.*s' is not used like that: write %s",
                  CN_STR_ARG(request->name), named->usage);
    return CN_RESOLVE_WRONG;
}

static void fill_text(const struct at *at, struct cn_interner *strings, struct cn_column *column,
                      size_t row)
{
    char scratch[CN_ID_TEXT_BYTES];
    cn_str text = text_of(at, scratch);
    if (text.ptr == NULL) {
        cn_column_set_missing(column, row);
    } else {
        cn_column_set_str(column, row, cn_intern(strings, text));
    }
}

static void fill_parent(const struct fact_account *account, struct cn_column *column, size_t row)
{
    if (account->parent_id != 0) {
        cn_column_set_i64(column, row, account->parent_id);
    } else {
        cn_column_set_missing(column, row);
    }
}

static void fill_value(const struct at *at, struct cn_column *column, size_t row)
{
    double value = 0;
    if (!ops[at->spec->op].value(at, &value)) {
        cn_column_set_missing(column, row);
    } else if (column->type == CN_COLUMN_BOOL) {
        cn_column_set_bool(column, row, value != 0);
    } else {
        cn_column_set_f64(column, row, value);
    }
}

static struct at at_of(const struct cn_book_facts *facts, const struct cn_column_spec *spec,
                       const struct cn_fill *what)
{
    return (struct at){ .facts = facts,
                        .spec = spec,
                        .now_us = what->now.us,
                        .day = what->day,
                        .as_true = what->as_true,
                        .all_known = what->all_known };
}

static bool fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *what,
                 struct cn_column *column, struct cn_error *err)
{
    struct cn_book_facts *facts = ctx;
    struct at at = at_of(facts, spec, what);
    size_t near = 0;
    (void)err; /* what is in memory does not fail */
    (void)pthread_rwlock_rdlock(&facts->lock);
    for (size_t i = 0; i < what->count; i++) {
        size_t row = cn_fill_row(what, i);
        at.account = cn_facts_find_near(facts, what->accounts[row], &near);
        if (at.account == NULL) {
            cn_column_set_missing(column, row);
        } else if (spec->op == OP_PARENT_ID) {
            fill_parent(at.account, column, row);
        } else if (ops[spec->op].value == NULL) {
            fill_text(&at, what->strings, column, row);
        } else {
            fill_value(&at, column, row);
        }
    }
    (void)pthread_rwlock_unlock(&facts->lock);
    return true;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx; /* the same for every book */
    if (index >= CN_ARRAY_LEN(ops)) {
        return false;
    }
    *name_out = (struct cn_column_name){ .name = cn_str_of(ops[index].name),
                                         .method = cn_str_of(ops[index].method),
                                         .usage = cn_str_of(ops[index].usage),
                                         .doc = cn_str_of(ops[index].doc),
                                         .type = ops[index].type,
                                         .unit = ops[index].unit };
    return true;
}

static bool explain(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *what,
                    struct cn_arena *arena, struct cn_fact *fact, struct cn_error *err)
{
    struct cn_book_facts *facts = ctx;
    (void)err; /* what is in memory does not fail */
    (void)pthread_rwlock_rdlock(&facts->lock);
    const struct op_row *op = &ops[spec->op];
    cn_facts_rests_on(facts, what, op->rests_on, is_trait(op) ? spec->index : -1, arena, fact);
    (void)pthread_rwlock_unlock(&facts->lock);
    return true;
}

static size_t records(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *what,
                      struct cn_arena *arena, int64_t **ids_out)
{
    struct cn_book_facts *facts = ctx;
    struct at at = at_of(facts, spec, what);
    const enum cn_ticket_priority at_least =
        ops[spec->op].value == cn_value_tickets_critical_for ? CN_TICKET_CRITICAL : CN_TICKET_LOW;
    (void)pthread_rwlock_rdlock(&facts->lock);
    at.account = cn_facts_find(facts, what->accounts[cn_fill_row(what, 0)]);
    size_t count = at.account != NULL ? cn_column_tickets(&at, at_least, arena, ids_out) : 0;
    (void)pthread_rwlock_unlock(&facts->lock);
    return count;
}

const struct cn_column_source cn_book_column_source = {
    .name = "book",
    .resolve = resolve,
    .fill = fill,
    .list = list,
    .explain = explain,
    .records = records,
};
