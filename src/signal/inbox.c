#include "signal/inbox.h"

#include <string.h>

#include "base/str.h"

#include "book/row.h"

const char *const cn_signal_view_names[CN_SIGNAL_VIEW_COUNT] = {
    [CN_SIGNAL_VIEW_OPEN] = "open",         [CN_SIGNAL_VIEW_SNOOZED] = "snoozed",
    [CN_SIGNAL_VIEW_RESOLVED] = "resolved", [CN_SIGNAL_VIEW_CLEARED] = "cleared",
    [CN_SIGNAL_VIEW_HELD] = "held",         [CN_SIGNAL_VIEW_ALREADY_TRUE] = "already_true",
};

const char *const cn_signal_outcome_names[CN_SIGNAL_OUTCOME_COUNT] = {
    [CN_SIGNAL_USEFUL] = "useful",
    [CN_SIGNAL_NOT_USEFUL] = "not_useful",
};

/* enum cn_signal_view of a row, at the moment $4; 6: in none, such as a baseline that is over. */
#define PLACE                                                                                      \
    "CASE WHEN s.resolved_us IS NOT NULL THEN 2"                                                   \
    " WHEN s.state = 3 AND s.snoozed_us > $4 THEN 1 WHEN s.state = 3 THEN 0 WHEN s.state = 4 THEN" \
    " 5 WHEN s.state = 2 THEN 4 WHEN s.state = 1 AND s.raised_us IS NOT NULL THEN 3 ELSE 6 END"
_Static_assert(CN_SIGNAL_VIEW_OPEN == 0 && CN_SIGNAL_VIEW_SNOOZED == 1 &&
                   CN_SIGNAL_VIEW_RESOLVED == 2 && CN_SIGNAL_VIEW_CLEARED == 3 &&
                   CN_SIGNAL_VIEW_ALREADY_TRUE == 4 && CN_SIGNAL_VIEW_HELD == 5 &&
                   CN_SIGNAL_CLEAR == 1 && CN_SIGNAL_BASELINE == 2 && CN_SIGNAL_RAISED == 3 &&
                   CN_SIGNAL_HELD == 4,
               "numbers in PLACE");

/* In scope and as asked for, whatever the view and severity: $5 rule, $6 assignee, $7 account,
 * $8 raised since. */
#define MATCHES                                                                  \
    CN_SEES_ACCOUNT                                                              \
    " AND ($5 = '' OR s.rule = $5) AND ($6 = 0 OR s.assignee_id = $6"            \
    " OR ($6 = -1 AND s.assignee_id IS NULL)) AND ($7 = 0 OR s.account_id = $7)" \
    " AND ($8 = 0 OR s.raised_us >= $8)"

/* Beside MATCHES, where an account is asked for: "$7 = 0 OR" keeps an index from being used. */
#define OF_ACCOUNT " AND s.account_id = $7"

#define FROM_BOTH " FROM signal AS s JOIN account AS a ON a.account_id = s.account_id"

#define FROM_ALL                                                                          \
    FROM_BOTH " LEFT JOIN ticket AS t ON s.about_id <> 0 AND t.account_id = s.account_id" \
              " AND t.ticket_id = s.about_id"

#define COLUMNS                                                                                \
    "s.signal_id, s.account_id, a.name, s.rule, s.because, s.severity, s.owner, s.state,"      \
    " s.since_us, s.first_us, s.raised_us, s.cleared_us, s.assignee_id, s.told, s.start_us,"   \
    " s.acknowledged_us, s.snoozed_us, s.resolved_us, s.outcome, s.outcome_reason, s.version," \
    " s.program_version, " PLACE " AS place, s.about_id, t.subject"

static struct cn_signal read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_signal signal = {
        .id = { cn_sql_column_i64(stmt, 0) },
        .account_id = { cn_sql_column_i64(stmt, 1) },
        .account_name = cn_arena_str(arena, cn_sql_column_str(stmt, 2)),
        .rule = cn_arena_str(arena, cn_sql_column_str(stmt, 3)),
        .because = cn_arena_str(arena, cn_sql_column_str(stmt, 4)),
        .severity = (enum cn_signal_severity)cn_sql_column_i64(stmt, 5),
        .owner = (enum cn_signal_owner)cn_sql_column_i64(stmt, 6),
        .state = (enum cn_signal_state)cn_sql_column_i64(stmt, 7),
        .since = { cn_sql_column_i64(stmt, 8) },
        .first_at = { cn_sql_column_i64(stmt, 9) },
        .over_budget = cn_sql_column_i64(stmt, 13) == 2,
        .is_starting = !cn_sql_column_is_null(stmt, 14),
        .outcome_given = cn_sql_column_is_null(stmt, 18) ? CN_NULL : CN_GIVEN,
        .outcome = (enum cn_signal_outcome)cn_sql_column_i64(stmt, 18),
        .outcome_reason = cn_arena_str(arena, cn_sql_column_str(stmt, 19)),
        .version = cn_sql_column_i64(stmt, 20),
        .program_version = cn_sql_column_i64(stmt, 21),
    };
    int64_t place = cn_sql_column_i64(stmt, 22);
    signal.view =
        place < CN_SIGNAL_VIEW_COUNT ? (enum cn_signal_view)place : CN_SIGNAL_VIEW_CLEARED;
    signal.ticket_id.value = cn_sql_column_i64(stmt, 23);
    signal.ticket_id_given = signal.ticket_id.value != 0 ? CN_GIVEN : CN_NULL;
    signal.ticket_subject = cn_arena_str(arena, cn_sql_column_str(stmt, 24));
    signal.raised_at_given = cn_row_opt_i64(stmt, 10, &signal.raised_at.us);
    signal.cleared_at_given = cn_row_opt_i64(stmt, 11, &signal.cleared_at.us);
    signal.assignee_id_given = cn_row_opt_i64(stmt, 12, &signal.assignee_id.value);
    signal.acknowledged_at_given = cn_row_opt_i64(stmt, 15, &signal.acknowledged_at.us);
    signal.snoozed_until_given = cn_row_opt_i64(stmt, 16, &signal.snoozed_until.us);
    signal.resolved_at_given = cn_row_opt_i64(stmt, 17, &signal.resolved_at.us);
    return signal;
}

static void bind_filter(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                        struct cn_sql_stmt *stmt)
{
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, unit->now.us);
    cn_sql_bind_str(stmt, 5, filter->rule);
    cn_sql_bind_i64(stmt, 6, filter->without_assignee ? -1 : filter->assignee_id.value);
    cn_sql_bind_i64(stmt, 7, filter->account_id.value);
    cn_sql_bind_i64(stmt, 8, filter->raised_since.us);
}

static void count_cell(const struct cn_signal_filter *filter, struct cn_signal_list *list,
                       int64_t place, int64_t severity, int64_t count)
{
    bool has_view = filter->views == 0 || (filter->views >> place & 1) != 0;
    bool has_severity = filter->severities == 0 || (filter->severities >> severity & 1) != 0;
    list->by_view[place] += has_severity ? count : 0;
    list->by_severity[severity] += has_view ? count : 0;
    list->total += has_view && has_severity ? count : 0;
}

/* Rows of place, severity and how many.  Ends the statement. */
static bool add_counts(const struct cn_signal_filter *filter, struct cn_sql_stmt *stmt,
                       struct cn_signal_list *list, struct cn_error *err)
{
    bool row = false;
    bool ok = false;
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        int64_t place = cn_sql_column_i64(stmt, 0);
        int64_t severity = cn_sql_column_i64(stmt, 1);
        if (place < CN_SIGNAL_VIEW_COUNT && severity < CN_SIGNAL_SEVERITY_COUNT) {
            count_cell(filter, list, place, severity, cn_sql_column_i64(stmt, 2));
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

#define COUNT_MOVED(more)                                                            \
    "SELECT place, severity, count(*) FROM (SELECT " PLACE                           \
    " AS place, s.severity AS severity" FROM_BOTH " WHERE s.state IN (1, 3, 4)" more \
    " AND " MATCHES ") AS placed GROUP BY place, severity"

static bool count_moved(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                        struct cn_signal_list *list, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        filter->account_id.value != 0 ? COUNT_MOVED(OF_ACCOUNT) : COUNT_MOVED(""),
                        &stmt, err)) {
        return false;
    }
    bind_filter(unit, filter, stmt);
    return add_counts(filter, stmt, list, err);
}

#define COUNT_ALREADY_TRUE(state)                                                  \
    "SELECT 4, s.severity, count(*)" FROM_BOTH " WHERE " state " = 2 AND " MATCHES \
    " AND $4 = $4 GROUP BY s.severity"

/* Of an account it is a few rows of all in this state: "+ 0" keeps the index of states from being
 * used.  After an import this is most of the table.  It was never raised, and so never resolved,
 * and nobody is asked to look at it; where nobody asks for a part of it an index has the number. */
static bool count_already_true(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                               struct cn_signal_list *list, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool is_all = unit->scope == CN_SCOPE_ALL && filter->rule.len == 0 &&
                  filter->assignee_id.value == 0 && !filter->without_assignee &&
                  filter->account_id.value == 0 && filter->raised_since.us == 0;
    if (filter->assignee_id.value != 0 || filter->raised_since.us != 0) {
        return true;
    }
    const char *sql =
        is_all ? "SELECT 4, severity, count(*) FROM signal WHERE state = 2 GROUP BY severity"
        : filter->account_id.value != 0 ? COUNT_ALREADY_TRUE("s.account_id = $7 AND s.state + 0")
                                        : COUNT_ALREADY_TRUE("s.state");
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    if (!is_all) {
        bind_filter(unit, filter, stmt);
    }
    return add_counts(filter, stmt, list, err);
}

#define PAGE_WHERE(states)                                                                        \
    "SELECT * FROM (SELECT " COLUMNS FROM_ALL " WHERE " states " AND " MATCHES                    \
    ") AS placed WHERE place < 6 AND ($9 = 0 OR CASE place WHEN 0 THEN $9 & 1 WHEN 1 THEN $9 & 2" \
    " WHEN 2 THEN $9 & 4 WHEN 3 THEN $9 & 8 WHEN 4 THEN $9 & 16 ELSE $9 & 32 END <> 0)"           \
    " AND ($10 = 0 OR CASE severity WHEN 0 THEN $10 & 1 WHEN 1 THEN $10 & 2 WHEN 2 THEN $10 & 4"  \
    " ELSE $10 & 8 END <> 0)"                                                                     \
    " AND ($12 = 0 OR severity < $11 OR (severity = $11 AND signal_id < $12))"                    \
    " ORDER BY severity DESC, signal_id DESC LIMIT $13"

/* Only the rows of states that the views can hold are read; of all, an index gives the order. */
static const char *page_sql(const struct cn_signal_filter *filter)
{
    const unsigned views = filter->views;
    const unsigned raised = 1U << CN_SIGNAL_VIEW_OPEN | 1U << CN_SIGNAL_VIEW_SNOOZED;
    const unsigned already_true = 1U << CN_SIGNAL_VIEW_ALREADY_TRUE;
    if (filter->account_id.value != 0) {
        return PAGE_WHERE("s.state IN (1, 2, 3, 4)" OF_ACCOUNT);
    }
    if (views != 0 && (views & ~raised) == 0) {
        return PAGE_WHERE("s.state = 3");
    }
    if (views != 0 && (views & already_true) == 0) {
        return PAGE_WHERE("s.state IN (1, 3, 4)");
    }
    return views == already_true ? PAGE_WHERE("s.state = 2") : PAGE_WHERE("s.state <> 0");
}

static bool load_page(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                      const struct cn_signal *after, struct cn_signal_list *list,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(unit->conn, page_sql(filter), &stmt, err)) {
        return false;
    }
    list->items = cn_arena_array(unit->arena, struct cn_signal, (size_t)filter->limit + 1);
    bind_filter(unit, filter, stmt);
    cn_sql_bind_i64(stmt, 9, filter->views);
    cn_sql_bind_i64(stmt, 10, filter->severities);
    cn_sql_bind_i64(stmt, 11, after != NULL ? (int64_t)after->severity : 0);
    cn_sql_bind_i64(stmt, 12, after != NULL ? after->id.value : 0);
    cn_sql_bind_i64(stmt, 13, filter->limit);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && (int64_t)list->count < filter->limit) {
        list->items[list->count++] = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_signal_list(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                    struct cn_signal_list *list_out, struct cn_error *err)
{
    struct cn_signal_list list = { 0 };
    struct cn_signal after = { 0 };
    if (filter->after.value != 0 && !cn_signal_load(unit, filter->after, &after, err)) {
        return err->code == CN_NOT_FOUND
                   ? cn_fail(err, CN_MALFORMED, "the signal that the page ended with is gone")
                   : false;
    }
    if (!count_moved(unit, filter, &list, err) || !count_already_true(unit, filter, &list, err) ||
        !load_page(unit, filter, filter->after.value != 0 ? &after : NULL, &list, err)) {
        return cn_error_context(err, "listing signals");
    }
    *list_out = list;
    return true;
}

bool cn_signal_load(const struct cn_unit *unit, cn_signal_id id, struct cn_signal *signal_out,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    char text[CN_ID_TEXT_BYTES] = "";
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT " COLUMNS FROM_ALL " WHERE " CN_SEES_ACCOUNT
                        " AND s.signal_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, unit->now.us);
    cn_sql_bind_i64(stmt, 5, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *signal_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    if (ok && !found && id.value > 0) {
        cn_id_format(CN_SIGNAL_PREFIX, id.value, text);
    }
    return ok && (found || cn_fail(err, CN_NOT_FOUND, "no signal %s", text));
}

/* The newest first: of a kind, or of any (CN_SIGNAL_STAYS). */
static bool list_events(const struct cn_unit *unit, const struct cn_signal *signal, int64_t kind,
                        size_t max, struct cn_signal_event_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_signal_event_list list = { 0 };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT kind, at_us, user_id, program_version, note, evidence"
                        " FROM signal_event WHERE account_id = $1 AND signal_id = $2"
                        " AND ($3 = 0 OR kind = $3) ORDER BY event_id DESC LIMIT $4",
                        &stmt, err)) {
        return false;
    }
    list.items = cn_arena_array(unit->arena, struct cn_signal_event, max);
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    cn_sql_bind_i64(stmt, 3, kind);
    cn_sql_bind_i64(stmt, 4, (int64_t)max);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < max) {
        int64_t found = cn_sql_column_i64(stmt, 0);
        list.items[list.count++] = (struct cn_signal_event){
            .kind = found < CN_SIGNAL_EVENT_COUNT ? (enum cn_signal_event_kind)found
                                                  : CN_SIGNAL_EVENT_ENDED,
            .at = { cn_sql_column_i64(stmt, 1) },
            .user_id = { cn_sql_column_i64(stmt, 2) },
            .program_version = cn_sql_column_i64(stmt, 3),
            .note = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 4)),
            .evidence = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 5)),
        };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

static bool has_raise(const struct cn_signal_event_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].kind == CN_SIGNAL_EVENT_RAISED) {
            return true;
        }
    }
    return false;
}

bool cn_signal_events(const struct cn_unit *unit, const struct cn_signal *signal,
                      struct cn_signal_event_list *list_out, struct cn_error *err)
{
    struct cn_signal_event_list list;
    struct cn_signal_event_list raise = { 0 };
    if (!list_events(unit, signal, CN_SIGNAL_STAYS, CN_SIGNAL_EVENTS_MAX, &list, err) ||
        (list.count == CN_SIGNAL_EVENTS_MAX && !has_raise(&list) &&
         !list_events(unit, signal, CN_SIGNAL_EVENT_RAISED, 1, &raise, err))) {
        return false;
    }
    if (raise.count > 0) {
        list.items[list.count - 1] = raise.items[0]; /* it says why; before all others */
    }
    for (size_t i = 0; i < list.count / 2; i++) {
        const struct cn_signal_event event = list.items[i];
        list.items[i] = list.items[list.count - 1 - i];
        list.items[list.count - 1 - i] = event;
    }
    *list_out = list;
    return true;
}

bool cn_signal_precisions(const struct cn_unit *unit, cn_time since,
                          struct cn_signal_precision_list *list_out, struct cn_error *err)
{
    static const char sql[] =
        "SELECT s.rule, count(*), count(CASE WHEN s.outcome = $5 THEN 1 END),"
        " count(CASE WHEN s.outcome = $6 THEN 1 END)" FROM_BOTH " WHERE " CN_SEES_ACCOUNT
        " AND s.raised_us >= $4 GROUP BY s.rule ORDER BY s.rule LIMIT $7";
    struct cn_sql_stmt *stmt = NULL;
    struct cn_signal_precision_list list = { 0 };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    list.items = cn_arena_array(unit->arena, struct cn_signal_precision, CN_SIGNALS_MAX);
    cn_unit_bind_scope(unit, stmt);
    cn_sql_bind_i64(stmt, 4, since.us);
    cn_sql_bind_i64(stmt, 5, CN_SIGNAL_USEFUL);
    cn_sql_bind_i64(stmt, 6, CN_SIGNAL_NOT_USEFUL);
    cn_sql_bind_i64(stmt, 7, CN_SIGNALS_MAX);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < CN_SIGNALS_MAX) {
        list.items[list.count++] = (struct cn_signal_precision){
            .rule = cn_arena_str(unit->arena, cn_sql_column_str(stmt, 0)),
            .raised = cn_sql_column_i64(stmt, 1),
            .useful = cn_sql_column_i64(stmt, 2),
            .not_useful = cn_sql_column_i64(stmt, 3),
        };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}
