/* What is stored of signals, read back: at a start, and by replay. */
#include <string.h>

#include "base/str.h"

#include "signal/store.h"

enum {
    HASH_DIGITS = 16,
    HEX = 16
};

/* ---- which rules answered ---- */

static bool parse_hash(cn_str text, uint64_t *hash_out)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) {
            return false;
        }
        hash = hash * HEX + (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    *hash_out = hash;
    return text.len == HASH_DIGITS;
}

static bool is_of(const struct cn_signal_rule *rule, cn_str name, uint64_t key)
{
    return name.len > 0 && key == cn_signal_rule_key(name, rule->hash);
}

/* A rule that has answered, of which nothing else is stored, is clear.  False if some of the rules
 * are not there any more, or have another name: should they come back, they are asked anew. */
static bool answered(const struct cn_signal_load *load, uint32_t row, cn_str rules)
{
    static const struct cn_signal_mark clear = { .state = CN_SIGNAL_CLEAR };
    cn_str piece;
    uint64_t key = 0;
    bool all_known = true;
    while (cn_str_split(&rules, ' ', &piece)) {
        bool is_known = !parse_hash(piece, &key);
        for (size_t i = 0; !is_known && i < load->model->rule_count; i++) {
            const struct cn_signal_rule *rule = &load->model->rules[i];
            bool is_renamed = is_of(rule, rule->was, key);
            is_known = is_of(rule, rule->name, key);
            if (is_known || is_renamed) {
                cn_signal_states_set(load->states, i, row, &clear);
            }
        }
        all_known &= is_known;
    }
    return all_known;
}

static bool load_answered(struct cn_sql_conn *conn, const struct cn_signal_load *load,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, "SELECT account_id, rules FROM signal_answered", &stmt, err)) {
        return false;
    }
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        uint32_t place = 0;
        if (load->find(load->arg, cn_sql_column_i64(stmt, 0), &place)) {
            if (!answered(load, place, cn_sql_column_str(stmt, 1)) && load->outdated != NULL) {
                load->outdated(load->arg, place);
            }
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- the newest signal of each rule ---- */

/* By its name, else by what it was called. */
static bool find_rule(const struct cn_signal_model *model, cn_str name, size_t *rule_out)
{
    if (cn_signal_rule_find(model, name, rule_out)) {
        return true;
    }
    for (size_t i = 0; i < model->rule_count; i++) {
        if (cn_str_equal(model->rules[i].was, name)) {
            *rule_out = i;
            return true;
        }
    }
    return false;
}

static struct cn_signal_row read_current(struct cn_sql_stmt *stmt)
{
    return (struct cn_signal_row){
        .account_id = cn_sql_column_i64(stmt, 0),
        .signal_id = cn_sql_column_i64(stmt, 1),
        .rule = cn_sql_column_str(stmt, 2),
        .rule_hash = (uint64_t)cn_sql_column_i64(stmt, 3),
        .mark = { .state = (enum cn_signal_state)cn_sql_column_i64(stmt, 4),
                  .was_raised = cn_sql_column_i64(stmt, 5) != 0,
                  .cleared_at = { cn_sql_column_i64(stmt, 6) } },
        .about_id = cn_sql_column_i64(stmt, 7),
    };
}

/* False: the rule is not about such records any more. */
static bool put_mark(const struct cn_signal_load *load, size_t rule, uint32_t place,
                     const struct cn_signal_row *row, const struct cn_signal_mark *mark)
{
    if (cn_signal_rule_is_each(&load->model->rules[rule])) {
        struct cn_about *about = cn_abouts_put(&load->states->abouts, rule, place, row->about_id);
        about->mark = *mark;
        about->signal_id = row->signal_id;
        return true;
    }
    if (row->about_id != 0) {
        return false;
    }
    cn_signal_states_set_id(load->states, rule, place, row->signal_id);
    cn_signal_states_set(load->states, rule, place, mark);
    return true;
}

static void put_current(const struct cn_signal_load *load, const struct cn_signal_row *row,
                        uint32_t place)
{
    size_t rule = 0;
    struct cn_signal_mark mark = row->mark;
    bool is_there = find_rule(load->model, row->rule, &rule);
    if (is_there && load->model->rules[rule].hash != row->rule_hash) {
        cn_signal_forget(&mark);
    }
    if (!(is_there && mark.state != CN_SIGNAL_UNKNOWN && put_mark(load, rule, place, row, &mark)) &&
        load->orphan != NULL) {
        load->orphan(load->arg, row);
    }
}

static bool load_current(struct cn_sql_conn *conn, const struct cn_signal_load *load,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT account_id, signal_id, rule, rule_hash, state, was_raised,"
                        " cleared_us, about_id FROM signal WHERE is_current = 1",
                        &stmt, err)) {
        return false;
    }
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_signal_row current = read_current(stmt);
        uint32_t place = 0;
        if (load->find(load->arg, current.account_id, &place)) {
            put_current(load, &current, place);
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_signal_states_load(struct cn_sql_conn *conn, const struct cn_signal_load *load,
                           struct cn_error *err)
{
    return (load_answered(conn, load, err) && load_current(conn, load, err)) ||
           cn_error_context(err, "loading signals");
}

bool cn_signal_each_start(struct cn_sql_conn *conn, int64_t account_id,
                          void (*each)(void *arg, const struct cn_signal_start *start), void *arg,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT account_id, signal_id, rule, start_by, about_id FROM signal"
                        " WHERE ($1 = 0 OR account_id = $1) AND is_current = 1 AND state = $2"
                        " AND start_us IS NOT NULL ORDER BY account_id, signal_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, account_id);
    cn_sql_bind_i64(stmt, 2, CN_SIGNAL_BASELINE);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_signal_start start = { .account_id = cn_sql_column_i64(stmt, 0),
                                         .signal_id = cn_sql_column_i64(stmt, 1),
                                         .rule = cn_sql_column_str(stmt, 2),
                                         .user_id = cn_sql_column_i64(stmt, 3),
                                         .about_id = cn_sql_column_i64(stmt, 4) };
        each(arg, &start);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* ---- for replay ---- */

bool cn_signal_each_lived(struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
                          void (*each)(void *arg, const struct cn_signal_row *row), void *arg,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT account_id, signal_id, event_id, rule, kind, state, at_us, tick,"
                        " program_version, about_id FROM signal_event WHERE tick >= $1"
                        " AND tick <= $2 AND kind < $3"
                        " ORDER BY tick, account_id, rule, about_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first_tick);
    cn_sql_bind_i64(stmt, 2, last_tick);
    cn_sql_bind_i64(stmt, 3, CN_SIGNAL_EVENT_ENDED);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_signal_row lived = {
            .account_id = cn_sql_column_i64(stmt, 0),
            .signal_id = cn_sql_column_i64(stmt, 1),
            .event_id = cn_sql_column_i64(stmt, 2),
            .rule = cn_sql_column_str(stmt, 3),
            .kind = (enum cn_signal_event_kind)cn_sql_column_i64(stmt, 4),
            .mark.state = (enum cn_signal_state)cn_sql_column_i64(stmt, 5),
            .at = { cn_sql_column_i64(stmt, 6) },
            .tick = cn_sql_column_i64(stmt, 7),
            .program_version = cn_sql_column_i64(stmt, 8),
            .about_id = cn_sql_column_i64(stmt, 9),
        };
        each(arg, &lived);
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_signal_save_decision(struct cn_sql_conn *conn, const struct cn_signal_decision *decision,
                             struct cn_error *err)
{
    const struct cn_hold_span *hold = &decision->hold;
    const struct cn_signal_start *start = &decision->start;
    struct cn_sql_stmt *stmt = NULL;
    bool is_hold = hold->hold_id != 0;
    if (!cn_sql_prepare(conn,
                        "INSERT INTO tick_decision(account_id, tick, record_id, rule, kind,"
                        " from_us, until_us, about_id) VALUES($1, $2, $3, $4, $5, $6, $7, $8)"
                        " ON CONFLICT (account_id, tick, record_id) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, is_hold ? hold->account_id : start->account_id);
    cn_sql_bind_i64(stmt, 2, decision->tick);
    cn_sql_bind_i64(stmt, 3, is_hold ? hold->hold_id : start->signal_id);
    cn_sql_bind_str(stmt, 4, is_hold ? CN_STR("") : start->rule);
    cn_sql_bind_str(stmt, 5, cn_str_of(hold->kind));
    cn_sql_bind_i64(stmt, 6, hold->from_us);
    cn_sql_bind_i64(stmt, 7, hold->until_us);
    cn_sql_bind_i64(stmt, 8, is_hold ? 0 : start->about_id);
    return cn_sql_run(stmt, err) || cn_error_context(err, "saving what people decided");
}

static struct cn_signal_decision read_decision(struct cn_sql_stmt *stmt)
{
    struct cn_signal_decision decision = { .tick = cn_sql_column_i64(stmt, 1) };
    cn_str rule = cn_sql_column_str(stmt, 3);
    cn_str kind = cn_str_slice(cn_sql_column_str(stmt, 4), 0, CN_SIGNAL_HOLD_KIND_MAX_BYTES);
    int64_t account_id = cn_sql_column_i64(stmt, 0);
    int64_t record_id = cn_sql_column_i64(stmt, 2);
    if (rule.len > 0) {
        decision.start = (struct cn_signal_start){ .account_id = account_id,
                                                   .signal_id = record_id,
                                                   .about_id = cn_sql_column_i64(stmt, 7),
                                                   .rule = rule };
    } else {
        decision.hold = (struct cn_hold_span){ .account_id = account_id,
                                               .hold_id = record_id,
                                               .from_us = cn_sql_column_i64(stmt, 5),
                                               .until_us = cn_sql_column_i64(stmt, 6) };
        memcpy(decision.hold.kind, kind.ptr, kind.len);
    }
    return decision;
}

bool cn_signal_each_decision(struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
                             void (*each)(void *arg, const struct cn_signal_decision *decision),
                             void *arg, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT account_id, tick, record_id, rule, kind, from_us, until_us,"
                        " about_id"
                        " FROM tick_decision WHERE tick >= $1 AND tick <= $2"
                        " ORDER BY tick, account_id, record_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first_tick);
    cn_sql_bind_i64(stmt, 2, last_tick);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_signal_decision decision = read_decision(stmt);
        each(arg, &decision);
    }
    cn_sql_finish(stmt);
    return ok;
}
