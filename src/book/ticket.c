#include "book/ticket.h"

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "book/row.h"

#define COLUMNS                                                                        \
    "ticket_id, external_id, subject, priority, status, opened_us, first_response_us," \
    " solved_us, version, account_id"

const char *const cn_ticket_priority_names[CN_TICKET_PRIORITY_COUNT] = {
    [CN_TICKET_LOW] = "low",
    [CN_TICKET_NORMAL] = "normal",
    [CN_TICKET_HIGH] = "high",
    [CN_TICKET_CRITICAL] = "critical",
};

const char *const cn_ticket_status_names[CN_TICKET_STATUS_COUNT] = {
    [CN_TICKET_OPEN] = "open",
    [CN_TICKET_PENDING] = "pending",
    [CN_TICKET_SOLVED] = "solved",
    [CN_TICKET_CLOSED] = "closed",
};

static struct cn_ticket read_row(struct cn_arena *arena, struct cn_sql_stmt *stmt)
{
    struct cn_ticket ticket = {
        .id.value = cn_sql_column_i64(stmt, 0),
        .subject = cn_row_str(arena, stmt, 2),
        .priority = (enum cn_ticket_priority)cn_sql_column_i64(stmt, 3),
        .status = (enum cn_ticket_status)cn_sql_column_i64(stmt, 4),
        .opened_at.us = cn_sql_column_i64(stmt, 5),
        .version = cn_sql_column_i64(stmt, 8),
        .account_id.value = cn_sql_column_i64(stmt, 9),
    };
    ticket.external_id_given = cn_row_opt_str(arena, stmt, 1, &ticket.external_id);
    ticket.first_response_at_given = cn_row_opt_i64(stmt, 6, &ticket.first_response_at.us);
    ticket.solved_at_given = cn_row_opt_i64(stmt, 7, &ticket.solved_at.us);
    return ticket;
}

bool cn_ticket_load(const struct cn_unit *unit, cn_account_id account_id, cn_ticket_id id,
                    struct cn_ticket *ticket_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM ticket WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND ticket_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, id.value);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *ticket_out = read_row(unit->arena, stmt);
    }
    cn_sql_finish(stmt);
    return ok && (found || cn_row_not_found("ticket", CN_TICKET_PREFIX, id.value, err));
}

bool cn_ticket_list(const struct cn_unit *unit, cn_account_id account_id,
                    struct cn_ticket_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_ticket_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!cn_row_require_account(unit, account_id, err) ||
        !cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM ticket WHERE " CN_SEES_CHILD
                        " AND account_id = $4 ORDER BY CASE WHEN status <= $5 THEN 0 ELSE 1 END,"
                        " opened_us DESC, ticket_id LIMIT $6",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_i64(stmt, 5, CN_TICKET_PENDING);
    cn_sql_bind_i64(stmt, 6, CN_TICKET_LIST_MAX);
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

static void bind_record(const struct cn_unit *unit, const struct cn_ticket *ticket,
                        struct cn_sql_stmt *stmt)
{
    cn_sql_bind_i64(stmt, 1, ticket->account_id.value);
    cn_sql_bind_i64(stmt, 2, ticket->id.value);
    cn_sql_bind_i64(stmt, 3, ticket->version);
    cn_sql_bind_str(stmt, 4, ticket->subject);
    cn_sql_bind_i64(stmt, 5, ticket->priority);
    cn_sql_bind_i64(stmt, 6, ticket->status);
    cn_row_bind_opt_i64(stmt, 7, ticket->first_response_at_given, ticket->first_response_at.us);
    cn_row_bind_opt_i64(stmt, 8, ticket->solved_at_given, ticket->solved_at.us);
    cn_row_bind_opt_i64(stmt, 9, ticket->solved_at_given, unit->now.us);
}

static bool insert(const struct cn_unit *unit, const struct cn_ticket *ticket, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO ticket(account_id, ticket_id, version, subject, priority,"
                        " status, first_response_us, solved_us, solved_known_us, external_id,"
                        " opened_us, known_us)"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, ticket, stmt);
    cn_row_bind_opt_str(stmt, 10, ticket->external_id_given, ticket->external_id);
    cn_sql_bind_i64(stmt, 11, ticket->opened_at.us);
    cn_sql_bind_i64(stmt, 12, unit->now.us);
    return cn_sql_run(stmt, err);
}

/* When a solution was known stays as it was while the ticket stays solved. */
static bool save(const struct cn_unit *unit, const struct cn_ticket *ticket, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE ticket SET subject = $4, priority = $5, status = $6,"
                        " first_response_us = $7, solved_known_us = CASE WHEN solved_us = $8"
                        " THEN solved_known_us ELSE $9 END, solved_us = $8, version = version + 1"
                        " WHERE account_id = $1 AND ticket_id = $2 AND version = $3",
                        &stmt, err)) {
        return false;
    }
    bind_record(unit, ticket, stmt);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_STALE, "the ticket has changed since version %lld",
                                    (long long)ticket->version));
}

static void note_field(const struct cn_unit *unit, const struct cn_ticket *ticket,
                       const char *field, cn_str from, cn_str to)
{
    cn_field_change_note(unit, &(struct cn_field_change){ .account_id = ticket->account_id,
                                                          .kind = CN_CHANGE_TICKET,
                                                          .record_id = ticket->id.value,
                                                          .field = field,
                                                          .from = from,
                                                          .to = to });
}

/* old: zeroed for a new ticket. */
static void note_differences(const struct cn_unit *unit, const struct cn_ticket *old,
                             const struct cn_ticket *new)
{
    struct cn_arena *arena = unit->arena;
    enum cn_given was = old->id.value != 0 ? CN_GIVEN : CN_NULL;
    note_field(unit, new, "subject", cn_row_json_str(arena, was, old->subject),
               cn_row_json_str(arena, CN_GIVEN, new->subject));
    note_field(
        unit, new, "priority",
        cn_row_json_str(arena, was, cn_str_of(cn_ticket_priority_names[old->priority])),
        cn_row_json_str(arena, CN_GIVEN, cn_str_of(cn_ticket_priority_names[new->priority])));
    note_field(unit, new, "status",
               cn_row_json_str(arena, was, cn_str_of(cn_ticket_status_names[old->status])),
               cn_row_json_str(arena, CN_GIVEN, cn_str_of(cn_ticket_status_names[new->status])));
    note_field(unit, new, "first_response_at",
               cn_row_json_time(arena, old->first_response_at_given, old->first_response_at),
               cn_row_json_time(arena, new->first_response_at_given, new->first_response_at));
    note_field(unit, new, "solved_at",
               cn_row_json_time(arena, old->solved_at_given, old->solved_at),
               cn_row_json_time(arena, new->solved_at_given, new->solved_at));
    cn_change_note(unit, new->account_id, CN_CHANGE_TICKET);
}

/* The ticket of that external id, or id 0. */
static bool find_external(const struct cn_unit *unit, cn_account_id account_id, cn_str external_id,
                          struct cn_ticket *ticket_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_row_prepare(unit,
                        "SELECT " COLUMNS " FROM ticket WHERE " CN_SEES_CHILD
                        " AND account_id = $4 AND external_id = $5",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 4, account_id.value);
    cn_sql_bind_str(stmt, 5, external_id);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *ticket_out = found ? read_row(unit->arena, stmt) : (struct cn_ticket){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

/* A solved ticket has a time of it, an open one has none. */
static void settle_solved(const struct cn_unit *unit, struct cn_ticket *ticket)
{
    bool is_open = ticket->status == CN_TICKET_OPEN || ticket->status == CN_TICKET_PENDING;
    if (is_open) {
        ticket->solved_at.us = 0;
        ticket->solved_at_given = CN_NULL;
    } else if (ticket->solved_at_given != CN_GIVEN) {
        ticket->solved_at = unit->now;
        ticket->solved_at_given = CN_GIVEN;
    }
}

static bool check_times(const struct cn_ticket *ticket, struct cn_error *err)
{
    if (ticket->solved_at_given == CN_GIVEN && ticket->solved_at.us < ticket->opened_at.us) {
        (void)cn_fail(err, CN_INVALID, "a ticket is not solved before it is opened");
        return cn_error_field(err, "solved_at");
    }
    return true;
}

static bool store(const struct cn_unit *unit, const struct cn_ticket *old,
                  const struct cn_ticket *new, struct cn_error *err)
{
    if (!check_times(new, err) ||
        !(old->id.value == 0 ? insert(unit, new, err) : save(unit, new, err))) {
        return false;
    }
    note_differences(unit, old, new);
    return cn_account_refresh(unit, new->account_id, err);
}

bool cn_ticket_create(const struct cn_unit *unit, cn_account_id account_id,
                      const struct cn_ticket_new *new_ticket, struct cn_ticket *ticket_out,
                      struct cn_error *err)
{
    struct cn_ticket old = { 0 };
    struct cn_ticket ticket = { 0 };
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "creating a ticket");
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        (new_ticket->external_id.len > 0 &&
         !find_external(unit, account_id, new_ticket->external_id, &old, err))) {
        goto fail;
    }
    ticket = old;
    ticket.account_id = account_id;
    ticket.external_id = new_ticket->external_id;
    ticket.external_id_given = cn_given_if(new_ticket->external_id);
    ticket.subject = new_ticket->subject;
    ticket.priority = new_ticket->priority;
    ticket.status = new_ticket->status;
    if (old.id.value == 0) {
        ticket.id.value = cn_id_next(unit->ids, unit->now);
        ticket.version = 1;
        ticket.opened_at = new_ticket->opened_at.us != 0 ? new_ticket->opened_at : unit->now;
        ticket.first_response_at_given = CN_NULL;
    }
    if (new_ticket->solved_at.us != 0) {
        ticket.solved_at = new_ticket->solved_at;
        ticket.solved_at_given = CN_GIVEN;
    }
    settle_solved(unit, &ticket);
    if (!store(unit, &old, &ticket, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    ticket.version += old.id.value != 0;
    *ticket_out = ticket;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "creating a ticket");
}

static void apply(const struct cn_ticket_patch *patch, struct cn_ticket *ticket)
{
    if (patch->subject_given == CN_GIVEN) {
        ticket->subject = patch->subject;
    }
    if (patch->priority_given == CN_GIVEN) {
        ticket->priority = patch->priority;
    }
    if (patch->status_given == CN_GIVEN) {
        ticket->status = patch->status;
    }
    if (patch->first_response_at_given != CN_ABSENT) {
        ticket->first_response_at = patch->first_response_at;
        ticket->first_response_at_given = patch->first_response_at_given;
    }
    if (patch->solved_at_given != CN_ABSENT) {
        ticket->solved_at = patch->solved_at;
        ticket->solved_at_given = patch->solved_at_given;
    }
}

bool cn_ticket_update(const struct cn_unit *unit, cn_account_id account_id, cn_ticket_id id,
                      int64_t version, const struct cn_ticket_patch *patch,
                      struct cn_ticket *ticket_out, struct cn_error *err)
{
    struct cn_ticket old = { 0 };
    struct cn_ticket ticket;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "updating a ticket");
    }
    if (!cn_row_hold_account(unit, account_id, err) ||
        !cn_ticket_load(unit, account_id, id, &old, err)) {
        goto fail;
    }
    ticket = old;
    ticket.version = version != 0 ? version : old.version;
    apply(patch, &ticket);
    settle_solved(unit, &ticket);
    if (!store(unit, &old, &ticket, err) || !cn_sql_commit(unit->conn, err)) {
        goto fail;
    }
    ticket.version++;
    *ticket_out = ticket;
    return true;

fail:
    cn_sql_rollback(unit->conn);
    return cn_error_context(err, "updating a ticket");
}
