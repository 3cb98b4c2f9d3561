#include <string.h>

#include "base/str.h"

#include "book/account_row.h"
#include "book/change.h"
#include "book/contract.h"
#include "book/row.h"
#include "book/ticket.h"
#include "sql/rows.h"

bool cn_account_hold(const struct cn_unit *unit, const int64_t *account_ids, size_t count,
                     struct cn_map *held_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT account_id FROM account WHERE account_id {{in_ids $1}}"
                        " ORDER BY account_id {{hold_row}}",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_ids(stmt, 1, account_ids, count);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        bool was_new = false;
        (void)cn_map_put(held_out, (uint64_t)cn_sql_column_i64(stmt, 0), &was_new);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "holding accounts");
}

static void add_opt_i64(struct cn_sql_rows *rows, enum cn_given given, int64_t value)
{
    if (given == CN_GIVEN) {
        cn_sql_rows_i64(rows, value);
    } else {
        cn_sql_rows_null(rows);
    }
}

static void add_derived(struct cn_sql_rows *rows, const struct cn_account_derived *derived)
{
    add_opt_i64(rows, derived->points_given, derived->points);
    cn_sql_rows_i64(rows, derived->band);
    cn_sql_rows_i64(rows, derived->grey);
    cn_sql_rows_i64(rows, derived->confidence);
    add_opt_i64(rows, derived->trend_given, derived->trend);
    cn_sql_rows_str(rows, derived->scorecard);
    add_opt_i64(rows, derived->last_activity_at_given, derived->last_activity_at.us);
}

bool cn_account_save_derived(const struct cn_unit *unit, const int64_t *account_ids, size_t count,
                             cn_account_derive *derive, void *arg, struct cn_error *err)
{
    static const char sql[] =
        "UPDATE account {{set_rows account_id, score, band, grey, confidence, trend, scorecard,"
        " last_activity_us}}";
    struct cn_sql_rows rows;
    if (count == 0) {
        return true;
    }
    bool ok = cn_sql_rows_begin(&rows, unit->conn, sql, "iiiiiiti", err);
    for (size_t i = 0; ok && i < count; i++) {
        struct cn_account_derived derived = { 0 };
        derive(arg, account_ids[i], &derived);
        ok = cn_sql_rows_next(&rows, (uint64_t)account_ids[i], err);
        if (ok) {
            cn_sql_rows_i64(&rows, account_ids[i]);
            add_derived(&rows, &derived);
            cn_change_note(unit, (cn_account_id){ account_ids[i] }, CN_CHANGE_SCORE);
        }
    }
    return cn_sql_rows_end(&rows, ok, err) || cn_error_context(err, "saving scores");
}

bool cn_account_save_placements(const struct cn_unit *unit, const int64_t *account_ids,
                                const cn_str *placements, size_t count, struct cn_error *err)
{
    static const char sql[] = "UPDATE account {{set_rows account_id, placement}}";
    struct cn_sql_rows rows;
    if (count == 0) {
        return true;
    }
    bool ok = cn_sql_rows_begin(&rows, unit->conn, sql, "it", err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = cn_sql_rows_next(&rows, (uint64_t)account_ids[i], err);
        if (ok) {
            cn_sql_rows_i64(&rows, account_ids[i]);
            cn_sql_rows_str(&rows, placements[i]);
            cn_change_note(unit, (cn_account_id){ account_ids[i] }, CN_CHANGE_SCORE);
        }
    }
    return cn_sql_rows_end(&rows, ok, err) || cn_error_context(err, "saving placements");
}

bool cn_account_save_activity(const struct cn_unit *unit, cn_account_id id,
                              cn_time last_activity_at, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE account SET last_activity_us = $2 WHERE account_id = $1"
                        " AND (last_activity_us IS NULL OR last_activity_us < $2)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, last_activity_at.us);
    if (!cn_row_run(unit, stmt, &changed, err)) {
        return cn_error_context(err, "saving activity");
    }
    if (changed > 0) {
        cn_change_note(unit, id, CN_CHANGE_ACTIVITY);
    }
    return true;
}

bool cn_account_save_activities(struct cn_sql_conn *conn, const struct cn_account_activity *items,
                                size_t count, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool ok = true;
    if (count == 0) {
        return true;
    }
    if (!cn_sql_prepare(conn,
                        "UPDATE account SET last_activity_us = $2 WHERE account_id = $1"
                        " AND (last_activity_us IS NULL OR last_activity_us < $2)",
                        &stmt, err)) {
        return false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        cn_sql_bind_i64(stmt, 1, items[i].id.value);
        cn_sql_bind_i64(stmt, 2, items[i].last_activity_at.us);
        ok = cn_sql_send(stmt, err);
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "saving activity");
}

bool cn_account_each_activity(const struct cn_unit *unit,
                              void (*each)(void *arg, cn_account_id id, cn_time last_activity_at),
                              void *arg, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(unit->conn,
                             "SELECT account_id, last_activity_us FROM account"
                             " WHERE last_activity_us IS NOT NULL",
                             &stmt, err);
    while (ok && (ok = cn_sql_step(stmt, &row, err)) && row) {
        each(arg, (cn_account_id){ cn_sql_column_i64(stmt, 0) },
             (cn_time){ cn_sql_column_i64(stmt, 1) });
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "reading activity");
}

/* What the contracts say, as rules read it (column.c): those that run today, else those that ended
 * last and await renewal. */
struct summary {
    int64_t signed_count; /* not counting drafts */
    int64_t counted;      /* whose ARR is in arr_minor */
    int64_t arr_minor;
    int64_t renewal_on;
    enum cn_given renewal_on_given;
    char currency[4];
};

#define RUNS "(status IN ($3, $5) AND starts_on <= $4 AND ends_on >= $4)"
#define WAITS                                                                        \
    "(status = $3 AND ends_on < $4 AND ends_on = (SELECT max(ends_on) FROM contract" \
    " WHERE account_id = $1 AND status = $3 AND ends_on < $4))"

static bool summarise(const struct cn_unit *unit, cn_account_id id, struct summary *summary_out,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(
            unit->conn,
            "SELECT count(*), count(*) FILTER (WHERE " RUNS "),"
            " count(*) FILTER (WHERE " WAITS "),"
            " CAST(coalesce(sum(arr_minor) FILTER (WHERE " RUNS "),"
            " sum(arr_minor) FILTER (WHERE " WAITS ")) AS bigint),"
            " max(ends_on) FILTER (WHERE status = $3 OR (status = $5 AND ends_on >= $4)),"
            " coalesce(max(currency) FILTER (WHERE " RUNS "),"
            " max(currency) FILTER (WHERE " WAITS "),"
            " max(currency) FILTER (WHERE status = $3), max(currency))"
            " FROM contract WHERE account_id = $1 AND status <> $2",
            &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, CN_CONTRACT_DRAFT);
    cn_sql_bind_i64(stmt, 3, CN_CONTRACT_ACTIVE);
    cn_sql_bind_i64(stmt, 4, cn_unit_day(unit));
    cn_sql_bind_i64(stmt, 5, CN_CONTRACT_ENDED);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        const int64_t running = cn_sql_column_i64(stmt, 1);
        *summary_out = (struct summary){
            .signed_count = cn_sql_column_i64(stmt, 0),
            .counted = running > 0 ? running : cn_sql_column_i64(stmt, 2),
            .arr_minor = cn_sql_column_i64(stmt, 3),
        };
        summary_out->renewal_on_given = cn_row_opt_i64(stmt, 4, &summary_out->renewal_on);
        cn_row_currency(stmt, 5, summary_out->currency);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* What contracts make of the record's own figures is history too: what rules read of an account can
 * then be known as of any change. */
static void note_figures(const struct cn_unit *unit, const struct cn_account *old,
                         const struct cn_account *new)
{
    struct cn_field_change change = { .account_id = new->id,
                                      .kind = CN_CHANGE_ACCOUNT,
                                      .record_id = new->id.value };
    change.field = "arr";
    change.from = cn_account_json_money(unit, old);
    change.to = cn_account_json_money(unit, new);
    cn_field_change_note(unit, &change);
    change.field = "renewal_on";
    change.from = cn_row_json_i64(unit->arena, old->renewal_on_given, old->renewal_on);
    change.to = cn_row_json_i64(unit->arena, new->renewal_on_given, new->renewal_on);
    cn_field_change_note(unit, &change);
}

static bool has_figures_of(const struct cn_account *a, const struct cn_account *b)
{
    return a->arr_given == b->arr_given && a->arr.minor == b->arr.minor &&
           strcmp(a->arr.currency, b->arr.currency) == 0 &&
           a->renewal_on_given == b->renewal_on_given && a->renewal_on == b->renewal_on;
}

static bool save_figures(const struct cn_unit *unit, const struct cn_account *account,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE account SET arr_minor = $2, currency = $3, renewal_on = $4"
                        " WHERE account_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account->id.value);
    cn_row_bind_opt_i64(stmt, 2, account->arr_given, account->arr.minor);
    cn_sql_bind_str(stmt, 3, cn_str_of(account->arr.currency));
    cn_row_bind_opt_i64(stmt, 4, account->renewal_on_given, account->renewal_on);
    return cn_sql_run(stmt, err);
}

bool cn_account_has_contracts(const struct cn_unit *unit, cn_account_id id, bool *has_out,
                              struct cn_error *err)
{
    struct summary summary;
    if (!summarise(unit, id, &summary, err)) {
        return false;
    }
    *has_out = summary.signed_count > 0;
    return true;
}

static bool refresh_contracts(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    struct summary summary;
    struct cn_account old;
    if (!summarise(unit, id, &summary, err)) {
        return false;
    }
    if (summary.signed_count == 0) {
        return true; /* the record's own figures stand */
    }
    if (!cn_account_load(unit, id, &old, err)) {
        return false;
    }
    struct cn_account new = old;
    new.arr.minor = summary.arr_minor;
    new.arr_given = summary.counted > 0 ? CN_GIVEN : CN_NULL;
    memcpy(new.arr.currency, summary.currency, sizeof(new.arr.currency));
    new.renewal_on = summary.renewal_on;
    new.renewal_on_given = summary.renewal_on_given;
    if (has_figures_of(&new, &old)) {
        return true;
    }
    if (!save_figures(unit, &new, err)) {
        return false;
    }
    note_figures(unit, &old, &new);
    return true;
}

static bool refresh_tickets(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE account SET open_tickets = (SELECT count(*) FROM ticket"
                        " WHERE ticket.account_id = $1 AND ticket.status <= $2)"
                        " WHERE account_id = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, id.value);
    cn_sql_bind_i64(stmt, 2, CN_TICKET_PENDING);
    return cn_sql_run(stmt, err);
}

bool cn_account_refresh(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    return (refresh_contracts(unit, id, err) && refresh_tickets(unit, id, err)) ||
           cn_error_context(err, "refreshing an account");
}

/* ---- what contracts say by the clock alone ---- */

/* Accounts after `after` of which a contract began, or was over, between the day `from`, 0: ever,
 * and today, whichever is earlier: a clock may have been set back. */
static bool list_turned(const struct cn_unit *unit, int64_t from, int64_t after, int64_t **ids_out,
                        size_t *count_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    size_t count = 0;
    const int64_t today = cn_unit_day(unit);
    int64_t *ids = cn_arena_array(unit->arena, int64_t, CN_TURNED_AT_ONCE);
    if (!cn_sql_prepare(unit->conn,
                        "SELECT DISTINCT account_id FROM contract WHERE account_id > $1"
                        " AND ($5 = 0 OR (starts_on > $2 AND starts_on <= $3)"
                        " OR (ends_on >= $2 AND ends_on < $3)) ORDER BY account_id LIMIT $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, after);
    cn_sql_bind_i64(stmt, 2, from < today ? from : today);
    cn_sql_bind_i64(stmt, 3, from < today ? today : from);
    cn_sql_bind_i64(stmt, 4, CN_TURNED_AT_ONCE);
    cn_sql_bind_i64(stmt, 5, from);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row && count < CN_TURNED_AT_ONCE) {
        ids[count++] = cn_sql_column_i64(stmt, 0);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    *ids_out = ids;
    *count_out = count;
    return ok;
}

bool cn_account_refresh_turned(const struct cn_unit *unit, int64_t *after, bool *done_out,
                               struct cn_error *err)
{
    int64_t from = 0; /* the day of the last time, 0: there was none */
    int64_t *ids = NULL;
    size_t count = 0;
    struct cn_map held = { 0 };
    if (!cn_counter_add(unit->conn, "figures-day", 0, &from, err) ||
        !list_turned(unit, from, *after, &ids, &count, err)) {
        return cn_error_context(err, "looking for contracts that begin or end");
    }
    /* A merge deletes the record that it moves: whoever is not there any more is left out. */
    bool ok = count == 0 || cn_account_hold(unit, ids, count, &held, err);
    for (size_t i = 0; ok && i < count; i++) {
        if (cn_map_get(&held, (uint64_t)ids[i]) != NULL) {
            ok = refresh_contracts(unit, (cn_account_id){ ids[i] }, err);
        }
        *after = ids[i];
    }
    cn_map_deinit(&held);
    *done_out = count < CN_TURNED_AT_ONCE;
    if (ok && *done_out) {
        ok = cn_counter_add(unit->conn, "figures-day", cn_unit_day(unit) - from, &from, err);
    }
    return ok || cn_error_context(err, "refreshing accounts whose contracts begin or end");
}
