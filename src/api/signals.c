/* /api/v1/signals: the inbox, the HTTP face of signal/inbox.h. */
#include "api/signals.h"

#include "base/str.h"

#include "api/access.h"
#include "api/resources.h"
#include "book/user.h"
#include "signal/task.h"

enum {
    PAGE_USUAL = 50,
    TEXT_MAX = 4000,
    LIST_TEXT_MAX = 200,
    PRECISION_DAYS = 90
};

static const int64_t day_us = (int64_t)86400 * 1000000;

static const struct cn_names severities = { cn_signal_severity_names, CN_SIGNAL_SEVERITY_COUNT };
static const struct cn_names owners = { cn_signal_owner_names, CN_SIGNAL_OWNER_COUNT };
static const struct cn_names views = { cn_signal_view_names, CN_SIGNAL_VIEW_COUNT };
const struct cn_names cn_signal_outcomes = { cn_signal_outcome_names, CN_SIGNAL_OUTCOME_COUNT };
static const struct cn_names events = { cn_signal_event_names, CN_SIGNAL_EVENT_COUNT };

/* ---- a signal ---- */

#define ROW(member, ...)  CN_FIELD(struct cn_signal, member, __VA_ARGS__)
#define ID(member, ...)   CN_FIELD_OF_ID(struct cn_signal, member, __VA_ARGS__)
#define ENUM(member, ...) CN_FIELD_OF_ENUM(struct cn_signal, member, __VA_ARGS__)
#define MAY(member)       CN_MAY(struct cn_signal, member, BE_NULL)
#define SIGNAL_ROWS                                                                              \
    ID(id, CN_SIGNAL_PREFIX, .doc = "the signal"),                                               \
        ID(account_id, CN_ACCOUNT_PREFIX, .doc = "the account"),                                 \
        ROW(account_name, .max = TEXT_MAX, .doc = "what it is called"),                          \
        ROW(rule, .max = LIST_TEXT_MAX, .doc = "the signal's name in the program"),              \
        ROW(because, .max = TEXT_MAX, .doc = "the reason, in a few words"),                      \
        ID(ticket_id, CN_TICKET_PREFIX, MAY(ticket_id), .doc = "null: it is about the account"), \
        ROW(ticket_subject, .max = TEXT_MAX, .doc = "what that ticket says; empty without"),     \
        ENUM(severity, &severities, .doc = "how urgent"),                                        \
        ENUM(owner, &owners, .doc = "who is asked: the account's owner or the team's leader"),   \
        { .name = "state",                                                                       \
          .type = CN_FIELD_ENUM,                                                                 \
          .offset = offsetof(struct cn_signal, view),                                            \
          .names = &views,                                                                       \
          .doc = "open asks for somebody; already_true was so when it was first asked, and can " \
                 "be started" },                                                                 \
        ROW(since, .doc = "when its condition changed last"),                                    \
        ROW(first_at, .doc = "when it was found or became true"),                                \
        ROW(raised_at, MAY(raised_at), .doc = "null: it was not"),                               \
        ROW(cleared_at, MAY(cleared_at), .doc = "null: its condition holds"),                    \
        ID(assignee_id, CN_USER_PREFIX, MAY(assignee_id), .doc = "who is to look at it"),        \
        ROW(over_budget, .doc = "nobody was told: the assignee's budget of the day was spent"),  \
        ROW(is_starting, .doc = "somebody started it a moment ago"),                             \
        ROW(acknowledged_at, MAY(acknowledged_at), .doc = "somebody has seen it"),               \
        ROW(snoozed_until, MAY(snoozed_until), .doc = "it is to ask again then"),                \
        ROW(resolved_at, MAY(resolved_at), .doc = "somebody said what came of it"),              \
        ENUM(outcome, &cn_signal_outcomes, MAY(outcome), .doc = "whether it was useful"),        \
        ROW(outcome_reason, .max = TEXT_MAX, .doc = "why"),                                      \
        ROW(program_version, .min = 0, .max = INT64_MAX,                                         \
            .doc = "of the program that found or raised it"),                                    \
        ROW(version, .min = 1, .max = INT64_MAX, .doc = "grows with every change")

static const struct cn_field signal_rows[] = { SIGNAL_ROWS };
const struct cn_fields cn_signal_fields = CN_FIELDS("Signal", struct cn_signal, signal_rows);
static const struct cn_field signal_item = { .type = CN_FIELD_OBJECT, .object = &cn_signal_fields };

struct event_view {
    enum cn_signal_event_kind kind;
    cn_time at;
    cn_user_id user_id;
    enum cn_given user_id_given;
    int64_t program_version;
    cn_str note;
    cn_str evidence;
    enum cn_given evidence_given;
};
#define EVENT(member, ...) CN_FIELD(struct event_view, member, __VA_ARGS__)
static const struct cn_field event_rows[] = {
    CN_FIELD_OF_ENUM(struct event_view, kind, &events, .doc = "what happened"),
    EVENT(at, .doc = "when"),
    CN_FIELD_OF_ID(struct event_view, user_id, CN_USER_PREFIX,
                   CN_MAY(struct event_view, user_id, BE_NULL), .doc = "null: Cairn itself"),
    EVENT(program_version, .min = 0, .max = INT64_MAX, .doc = "of the program"),
    EVENT(note, .max = TEXT_MAX, .doc = "what the person said"),
    CN_FIELD_OF_RAW(struct event_view, evidence, CN_MAY(struct event_view, evidence, BE_NULL),
                    .doc = "what raised it, frozen then: when, clear, each, ticket_id, values "
                           "(name, value_text, source, at), health"),
};
static const struct cn_fields event_fields =
    CN_FIELDS("SignalEvent", struct event_view, event_rows);
static const struct cn_field event_item = { .type = CN_FIELD_OBJECT, .object = &event_fields };

static const struct cn_field task_rows[] = {
    CN_FIELD(struct cn_signal_task, number, .min = 1, .max = CN_SIGNAL_TASKS_MAX,
             .doc = "its place in the list"),
    CN_FIELD(struct cn_signal_task, text, .max = CN_SIGNAL_TASK_MAX_BYTES,
             .doc = "what is to be done"),
    CN_FIELD(struct cn_signal_task, done_at, CN_MAY(struct cn_signal_task, done_at, BE_NULL),
             .doc = "null: it is open"),
    CN_FIELD_OF_ID(struct cn_signal_task, done_by, CN_USER_PREFIX,
                   CN_MAY(struct cn_signal_task, done_by, BE_NULL), .doc = "who did it"),
};
static const struct cn_fields task_fields =
    CN_FIELDS("SignalTask", struct cn_signal_task, task_rows);
static const struct cn_field task_item = { .type = CN_FIELD_OBJECT, .object = &task_fields };

struct detail_view {
    struct cn_signal signal;
    struct cn_signal_task_list tasks;
    struct {
        struct event_view *items;
        size_t count;
    } history;
};
static const struct cn_field detail_rows[] = {
    SIGNAL_ROWS, /* the signal comes first in the struct */
    CN_FIELD_OF_LIST(struct detail_view, tasks, &task_item, .max = CN_SIGNAL_TASKS_MAX,
                     .doc = "what its rule said was to be done when it was raised"),
    CN_FIELD_OF_LIST(struct detail_view, history, &event_item, .max = CN_SIGNAL_EVENTS_MAX,
                     .doc = "all that happened to it, oldest first"),
};
const struct cn_fields cn_signal_detail_fields =
    CN_FIELDS("SignalDetail", struct detail_view, detail_rows);
_Static_assert(offsetof(struct detail_view, signal) == 0, "the rows of a signal fit a detail");

static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct cn_signal_path, signal_id, CN_SIGNAL_PREFIX, .doc = "the signal"),
};
const struct cn_fields cn_signal_path_fields =
    CN_FIELDS("SignalPath", struct cn_signal_path, path_rows);

bool cn_signal_detail(const struct cn_request *req, cn_signal_id id, struct cn_response *res,
                      struct cn_error *err)
{
    struct detail_view *view = res->body;
    struct cn_signal_event_list list;
    if (!cn_signal_load(&req->unit, id, &view->signal, err) ||
        !cn_signal_tasks(&req->unit, &view->signal, &view->tasks, err) ||
        !cn_signal_events(&req->unit, &view->signal, &list, err)) {
        return false;
    }
    view->history.items = cn_arena_array(req->unit.arena, struct event_view, list.count + 1);
    view->history.count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        const struct cn_signal_event *event = &list.items[i];
        view->history.items[i] = (struct event_view){
            .kind = event->kind,
            .at = event->at,
            .user_id = event->user_id,
            .user_id_given = event->user_id.value != 0 ? CN_GIVEN : CN_NULL,
            .program_version = event->program_version,
            .note = event->note,
            .evidence = event->evidence,
            .evidence_given = event->evidence.len > 0 ? CN_GIVEN : CN_NULL,
        };
    }
    return true;
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_signal_path *path = req->path;
    return cn_signal_detail(req, path->signal_id, res, err);
}

/* ---- the inbox ---- */

struct query {
    cn_str state;
    enum cn_given state_given;
    cn_str severity;
    enum cn_given severity_given;
    cn_str rule;
    enum cn_given rule_given;
    cn_str assignee;
    enum cn_given assignee_given;
    cn_time raised_since;
    enum cn_given raised_since_given;
    int64_t limit;
    enum cn_given limit_given;
    cn_signal_id cursor;
    enum cn_given cursor_given;
};
#define QUERY(member, ...) \
    CN_FIELD(struct query, member, CN_MAY(struct query, member, BE_ABSENT), __VA_ARGS__)
static const struct cn_field query_rows[] = {
    QUERY(state, .min = 1, .max = LIST_TEXT_MAX,
          .doc = "open, snoozed, resolved, cleared, already_true, held; several with commas; any "
                 "unless given"),
    QUERY(severity, .min = 1, .max = LIST_TEXT_MAX,
          .doc = "critical, high, medium, low; several with commas; any unless given"),
    QUERY(rule, .min = 1, .max = LIST_TEXT_MAX, .doc = "of that name"),
    QUERY(assignee, .min = 1, .max = LIST_TEXT_MAX, .doc = "id of a user, \"me\" or \"none\""),
    QUERY(raised_since, .doc = "only those raised at that moment or later"),
    QUERY(limit, .min = 1, .max = CN_SIGNAL_LIST_MAX, .doc = "rows of a page, 50 unless given"),
    CN_FIELD_OF_ID(struct query, cursor, CN_SIGNAL_PREFIX, CN_MAY(struct query, cursor, BE_ABSENT),
                   .doc = "next_cursor of the page before"),
};
static const struct cn_fields query_fields = CN_FIELDS("SignalQuery", struct query, query_rows);

struct count_view {
    cn_str name;
    int64_t count;
};
static const struct cn_field count_rows[] = {
    CN_FIELD(struct count_view, name, .max = LIST_TEXT_MAX, .doc = "a state or severity"),
    CN_FIELD(struct count_view, count, .min = 0, .max = INT64_MAX, .doc = "signals"),
};
static const struct cn_fields count_fields =
    CN_FIELDS("SignalCount", struct count_view, count_rows);
static const struct cn_field count_item = { .type = CN_FIELD_OBJECT, .object = &count_fields };

struct counts {
    struct count_view *items;
    size_t count;
};

struct page {
    struct {
        struct cn_signal *items;
        size_t count;
    } data;
    int64_t total;
    struct counts by_state;
    struct counts by_severity;
    cn_signal_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct page, data, &signal_item, .max = CN_SIGNAL_LIST_MAX,
                     .doc = "the most urgent first, then the newest"),
    CN_FIELD(struct page, total, .min = 0, .max = INT64_MAX, .doc = "of all that match"),
    CN_FIELD_OF_LIST(struct page, by_state, &count_item, .max = CN_SIGNAL_VIEW_COUNT,
                     .doc = "of all that match, whatever their state"),
    CN_FIELD_OF_LIST(struct page, by_severity, &count_item, .max = CN_SIGNAL_SEVERITY_COUNT,
                     .doc = "of all that match, whatever their severity"),
    CN_FIELD_OF_ID(struct page, next_cursor, CN_SIGNAL_PREFIX,
                   CN_MAY(struct page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("SignalList", struct page, page_rows);

/* "open,snoozed" to bits. */
static bool parse_names(const char *field, cn_str text, const struct cn_names *names,
                        unsigned *bits_out, struct cn_error *err)
{
    cn_str piece;
    unsigned bits = 0;
    while (cn_str_split(&text, ',', &piece)) {
        size_t i = 0;
        while (i < names->count && !cn_str_equal(piece, cn_str_of(names->texts[i]))) {
            i++;
        }
        if (i == names->count) {
            struct cn_buf known;
            cn_buf_init(&known, 256);
            cn_names_add(&known, names);
            cn_fail(err, CN_MALFORMED, "%s: \"%.*s\" is not one of: %.*s", field, CN_STR_ARG(piece),
                    CN_STR_ARG(cn_buf_str(&known)));
            cn_buf_deinit(&known);
            return false;
        }
        bits |= 1U << i;
    }
    *bits_out = bits;
    return true;
}

static bool parse_assignee(const struct cn_request *req, cn_str text,
                           struct cn_signal_filter *filter, struct cn_error *err)
{
    if (cn_str_equal(text, CN_STR("none"))) {
        filter->without_assignee = true;
        return true;
    }
    if (cn_str_equal(text, CN_STR("me"))) {
        filter->assignee_id = req->caller->user;
        return true;
    }
    return cn_id_parse(CN_USER_PREFIX, text, &filter->assignee_id.value) ||
           cn_fail(err, CN_MALFORMED, "an assignee is the id of a user, me or none");
}

static bool filter_of(const struct cn_request *req, struct cn_signal_filter *filter_out,
                      struct cn_error *err)
{
    const struct query *query = req->query;
    struct cn_signal_filter filter = {
        .rule = query->rule,
        .limit = query->limit_given == CN_GIVEN ? query->limit : PAGE_USUAL,
        .after = query->cursor,
    };
    if (query->state_given == CN_GIVEN &&
        !parse_names("state", query->state, &views, &filter.views, err)) {
        return cn_error_field(err, "state");
    }
    if (query->severity_given == CN_GIVEN &&
        !parse_names("severity", query->severity, &severities, &filter.severities, err)) {
        return cn_error_field(err, "severity");
    }
    if (query->assignee_given == CN_GIVEN && !parse_assignee(req, query->assignee, &filter, err)) {
        return cn_error_field(err, "assignee");
    }
    if (query->raised_since_given == CN_GIVEN) {
        filter.raised_since = query->raised_since;
    }
    *filter_out = filter;
    return true;
}

static struct counts counts_of(struct cn_arena *arena, const struct cn_names *names,
                               const int64_t *values)
{
    struct counts counts = { cn_arena_array(arena, struct count_view, names->count), names->count };
    for (size_t i = 0; i < names->count; i++) {
        counts.items[i] = (struct count_view){ cn_str_of(names->texts[i]), values[i] };
    }
    return counts;
}

static bool list_page(const struct cn_request *req, const struct cn_signal_filter *filter,
                      struct page *page, struct cn_error *err)
{
    struct cn_signal_list list;
    if (!cn_signal_list(&req->unit, filter, &list, err)) {
        return false;
    }
    page->data.items = list.items;
    page->data.count = list.count;
    page->total = list.total;
    page->by_state = counts_of(req->unit.arena, &views, list.by_view);
    page->by_severity = counts_of(req->unit.arena, &severities, list.by_severity);
    page->next_cursor_given = (int64_t)list.count == filter->limit ? CN_GIVEN : CN_NULL;
    if (page->next_cursor_given == CN_GIVEN) {
        page->next_cursor = list.items[list.count - 1].id;
    }
    return true;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct cn_signal_filter filter = { 0 };
    return filter_of(req, &filter, err) && list_page(req, &filter, res->body, err);
}

static bool handle_account_list(const struct cn_request *req, struct cn_response *res,
                                struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_signal_filter filter = { 0 };
    if (!filter_of(req, &filter, err) || !cn_account_visible(&req->unit, path->account_id, err)) {
        return false;
    }
    filter.account_id = path->account_id;
    return list_page(req, &filter, res->body, err);
}

/* ---- how good the rules are ---- */

struct precision_query {
    int64_t days;
    enum cn_given days_given;
};
static const struct cn_field precision_query_rows[] = {
    CN_FIELD(struct precision_query, days, CN_MAY(struct precision_query, days, BE_ABSENT),
             .min = 1, .max = 3650, .doc = "how far back, 90 unless given"),
};
static const struct cn_fields precision_query_fields =
    CN_FIELDS("SignalRuleQuery", struct precision_query, precision_query_rows);

struct precision_view {
    cn_str rule;
    int64_t raised;
    int64_t useful;
    int64_t not_useful;
    double precision;
    enum cn_given precision_given;
};
static const struct cn_field precision_rows[] = {
    CN_FIELD(struct precision_view, rule, .max = LIST_TEXT_MAX, .doc = "the signal's name"),
    CN_FIELD(struct precision_view, raised, .min = 0, .max = INT64_MAX, .doc = "signals"),
    CN_FIELD(struct precision_view, useful, .min = 0, .max = INT64_MAX, .doc = "of them"),
    CN_FIELD(struct precision_view, not_useful, .min = 0, .max = INT64_MAX, .doc = "of them"),
    CN_FIELD(struct precision_view, precision, CN_MAY(struct precision_view, precision, BE_NULL),
             .doc = "useful ones of those with an outcome, 0 to 1; null: none has one"),
};
static const struct cn_fields precision_fields =
    CN_FIELDS("SignalRule", struct precision_view, precision_rows);
static const struct cn_field precision_item = { .type = CN_FIELD_OBJECT,
                                                .object = &precision_fields };

struct precisions {
    struct {
        struct precision_view *items;
        size_t count;
    } data;
};
static const struct cn_field precisions_rows[] = {
    CN_FIELD_OF_LIST(struct precisions, data, &precision_item, .max = CN_SIGNALS_MAX,
                     .doc = "by name"),
};
static const struct cn_fields precisions_fields =
    CN_FIELDS("SignalRuleList", struct precisions, precisions_rows);

static bool handle_precision(const struct cn_request *req, struct cn_response *res,
                             struct cn_error *err)
{
    const struct precision_query *query = req->query;
    struct precisions *view = res->body;
    struct cn_signal_precision_list list;
    int64_t days = query->days_given == CN_GIVEN ? query->days : PRECISION_DAYS;
    cn_time since = { req->unit.now.us - days * day_us };
    if (!cn_signal_precisions(&req->unit, since, &list, err)) {
        return false;
    }
    view->data.items = cn_arena_array(req->unit.arena, struct precision_view, list.count + 1);
    view->data.count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        const struct cn_signal_precision *item = &list.items[i];
        int64_t said = item->useful + item->not_useful;
        view->data.items[i] = (struct precision_view){
            .rule = item->rule,
            .raised = item->raised,
            .useful = item->useful,
            .not_useful = item->not_useful,
            .precision = said > 0 ? (double)item->useful / (double)said : 0,
            .precision_given = said > 0 ? CN_GIVEN : CN_NULL,
        };
    }
    return true;
}

/* ---- rows ---- */

static const struct cn_route signal_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/signals",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listSignals",
      .doc = "What asks for attention: the inbox" },
    { .method = CN_GET,
      .path = "/api/v1/signal-rules",
      .access = CN_READERS,
      .query = &precision_query_fields,
      .response = &precisions_fields,
      .success_status = 200,
      .handler = handle_precision,
      .operation = "listSignalRules",
      .doc = "How many signals of each rule were useful, by what people said afterwards" },
    { .method = CN_GET,
      .path = "/api/v1/signals/{signal_id}",
      .access = CN_READERS,
      .path_params = &cn_signal_path_fields,
      .response = &cn_signal_detail_fields,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getSignal",
      .doc = "One signal with its evidence and history" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/signals",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_account_list,
      .operation = "listAccountSignals",
      .doc = "The account's signals" },
};

const struct cn_route_table cn_api_signals = CN_ROUTE_TABLE(signal_routes);
