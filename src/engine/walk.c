#include "engine/walk.h"

#include <stdlib.h>
#include <time.h>

#include "book/contract.h"

enum {
    PAUSE_NS = 200000
};

static struct cn_walk_account read_account(struct cn_sql_stmt *stmt, const struct cn_tz *tz)
{
    struct cn_walk_account account = { .id = cn_sql_column_i64(stmt, 0),
                                       .known_us = cn_sql_column_i64(stmt, 1) };
    account.true_us = account.known_us;
    if (!cn_sql_column_is_null(stmt, 2)) {
        const int64_t began = cn_tz_day_start(tz, cn_sql_column_i64(stmt, 2)).us;
        account.true_us = began < account.true_us ? began : account.true_us;
    }
    return account;
}

bool cn_walk_read_accounts(struct cn_sql_conn *conn, const struct cn_tz *tz,
                           struct cn_walk_accounts *accounts_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    size_t capacity = 0;
    struct cn_walk_accounts list = { 0 };
    if (!cn_sql_prepare(conn,
                        "SELECT account_id, created_us, (SELECT min(starts_on) FROM contract"
                        " WHERE contract.account_id = account.account_id"
                        " AND contract.status <> $1) FROM account ORDER BY account_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, CN_CONTRACT_DRAFT);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        if (list.count == capacity) {
            capacity = capacity > 0 ? capacity * 2 : 256;
            list.items = cn_heap_resize(list.items, capacity * sizeof(list.items[0]));
        }
        list.items[list.count++] = read_account(stmt, tz);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    *accounts_out = list;
    return ok;
}

void cn_walker_open(struct cn_engine *engine, const struct cn_engine_program *program, size_t count,
                    struct cn_walker *walker_out)
{
    struct cn_walker *walker = walker_out;
    *walker = (struct cn_walker){ .program = program,
                                  .tz = engine->options.tz,
                                  .frame = cn_frame_new(engine->strings) };
    walker->there_us = cn_heap_resize(NULL, (count + 1) * sizeof(walker->there_us[0]));
    cn_frame_use(walker->frame, &program->columns, NULL);
    cn_bitmap_resize(&walker->there, count);
    cn_health_state_init(&walker->health);
    cn_health_state_resize(&walker->health, count);
    cn_membership_init(&walker->segments);
    cn_membership_resize(&walker->segments, program->segments->count, count);
    cn_signal_states_init(&walker->signals, program->signals->rule_count);
    cn_signal_states_resize(&walker->signals, count);
    cn_arena_init(&walker->scratch, (size_t)256 * 1024);
}

void cn_walker_add(struct cn_walker *walker, int64_t account_id, int64_t there_us)
{
    const uint32_t row = cn_frame_add(walker->frame, account_id); /* the next one */
    walker->there_us[row] = there_us;
}

void cn_walker_close(struct cn_walker *walker)
{
    cn_arena_deinit(&walker->scratch);
    cn_signal_moves_deinit(&walker->moves);
    cn_signal_states_deinit(&walker->signals);
    cn_membership_deinit(&walker->segments);
    cn_health_state_deinit(&walker->health);
    cn_bitmap_deinit(&walker->there);
    cn_frame_free(walker->frame);
    free(walker->there_us);
}

static bool fill(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct cn_walker *walker = arg;
    return cn_frame_fill(walker->frame, stratum, &walker->there, &walker->when, CN_PACE_FACT, err);
}

static void let_in(struct cn_walker *walker)
{
    for (size_t row = 0; row < walker->there.rows; row++) {
        if (walker->there_us[row] <= walker->when.now.us) {
            cn_bitmap_add(&walker->there, row);
        }
    }
}

bool cn_walker_day(struct cn_walker *walker, int64_t day, bool as_true, struct cn_error *err)
{
    walker->when = cn_when_at(walker->tz, cn_tz_day_start(walker->tz, day), as_true);
    let_in(walker);
    const struct cn_signal_round round = { .model = walker->program->signals,
                                           .frame = walker->frame,
                                           .health = &walker->health,
                                           .now = walker->when.now,
                                           .when = &walker->when };
    const struct cn_engine_results results = { .health = &walker->health,
                                               .segments = &walker->segments,
                                               .signals = walker->asks_signals ? &round : NULL,
                                               .signal_states = &walker->signals,
                                               .signal_moves = &walker->moves };
    const struct cn_engine_pass pass = { .program = walker->program,
                                         .frame = walker->frame,
                                         .rows = &walker->there,
                                         .fill = fill,
                                         .arg = walker,
                                         .results = &results };
    cn_signal_moves_clear(&walker->moves);
    cn_arena_reset(&walker->scratch);
    return cn_engine_pass(&pass, &walker->scratch, err);
}

bool cn_walker_number(const struct cn_walker *walker, uint32_t column, size_t row,
                      double *number_out)
{
    const struct cn_column *values = cn_frame_column(walker->frame, column);
    if (cn_column_is_missing(values, row)) {
        return false;
    }
    switch (values->type) {
    case CN_COLUMN_F64:
        *number_out = values->as.f64[row];
        return true;
    case CN_COLUMN_I64:
        *number_out = (double)values->as.i64[row];
        return true;
    case CN_COLUMN_BOOL:
        *number_out = values->as.flag[row];
        return true;
    case CN_COLUMN_STR:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        break;
    }
    return false;
}

void cn_walk_pause(void)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    (void)nanosleep(&pause, NULL); /* woken early, it just goes on sooner */
}
