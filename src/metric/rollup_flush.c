/*
 * Writing: flush, fold, rebuild.  What the rows are is in rollup.c; rollup_build.c builds.
 */
#include <stdlib.h>

#include "base/str.h"

#include "metric/rollup.h"
#include "metric/rollup_impl.h"

enum {
    FLUSH_FIRST_ROWS = 300000 /* and members; waiting, they take some 100 bytes each */
};

/* Names that were met since the last flush, copied so that the lock is not held meanwhile. */
struct new_names {
    struct cn_arena arena;
    struct cn_store_metric *items;
    size_t count;
    size_t upto; /* metrics in the catalogue */
};

struct flush {
    struct cn_rollup *rollup;
    struct new_names names;
    cn_rollup_also *also;
    void *also_arg;
    struct cn_fresh_members fresh; /* shared */
};

void cn_rollup_lock_writes(struct cn_rollup *rollup)
{
    atomic_fetch_add(&rollup->wanted, 1);
    pthread_mutex_lock(&rollup->write_lock);
    atomic_fetch_sub(&rollup->wanted, 1);
}

static bool same_position(struct cn_rollup_position a, struct cn_rollup_position b)
{
    return a.seq == b.seq && a.mapping == b.mapping;
}

void cn_rollup_take(struct cn_rollup *rollup)
{
    if (rollup->has_waiting) {
        return; /* a flush that failed goes first */
    }
    pthread_mutex_lock(&rollup->lock);
    struct cn_deltas empty = rollup->waiting;
    rollup->waiting = rollup->deltas;
    rollup->deltas = empty;
    rollup->taken_rows = rollup->waiting.count + rollup->waiting.member_count;
    rollup->waiting_upto = rollup->upto;
    rollup->has_waiting = rollup->waiting.count > 0 || !same_position(rollup->upto, rollup->stored);
    pthread_mutex_unlock(&rollup->lock);
}

static void copy_names(struct cn_rollup *rollup, struct new_names *names)
{
    cn_arena_init(&names->arena, 4096);
    pthread_mutex_lock(&rollup->lock);
    names->upto = rollup->metric_count;
    names->items = cn_arena_array(&names->arena, struct cn_store_metric,
                                  names->upto - rollup->stored_metrics + 1);
    for (size_t i = rollup->stored_metrics; i < names->upto; i++) {
        const struct cn_rollup_metric *metric = &rollup->metrics[i];
        names->items[names->count++] =
            (struct cn_store_metric){ .metric = metric->metric,
                                      .name = cn_arena_str(&names->arena, metric->name),
                                      .built = metric->built };
    }
    pthread_mutex_unlock(&rollup->lock);
}

/* Runs in the writer's transaction.  If the position is on disk already, a commit whose answer was
 * lost did it. */
static bool write_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct flush *flush = arg;
    struct cn_rollup *rollup = flush->rollup;
    struct cn_rollup_position on_disk;
    if (rollup->is_shared) { /* its names have their numbers, see cn_rollup_learn() */
        return cn_rollup_write_shared(rollup, conn, &flush->fresh, err);
    }
    if (!cn_store_position(conn, &on_disk, err)) {
        return false;
    }
    if (!same_position(on_disk, rollup->stored)) {
        return same_position(on_disk, rollup->waiting_upto) ||
               cn_fail(err, CN_INTERNAL, "the rollups were written by another process");
    }
    for (size_t i = 0; i < flush->names.count; i++) {
        if (!cn_store_save_metric(conn, &flush->names.items[i], err)) {
            return false;
        }
    }
    if (flush->also != NULL && !flush->also(flush->also_arg, conn, err)) {
        return false;
    }
    if (rollup->companion.write != NULL &&
        !rollup->companion.write(rollup->companion.arg, conn, err)) {
        return false;
    }
    return cn_store_add(conn, CN_STORE_HOT, &rollup->waiting, rollup->members_max, err) &&
           cn_store_save_position(conn, rollup->waiting_upto, err);
}

bool cn_rollup_write_waiting(struct cn_rollup *rollup, cn_rollup_also *also, void *arg,
                             struct cn_error *err)
{
    struct flush flush = { .rollup = rollup, .also = also, .also_arg = arg };
    copy_names(rollup, &flush.names);
    bool ok = cn_db_write(rollup->db, write_work, &flush, err);
    if (ok && rollup->companion.written != NULL) {
        rollup->companion.written(rollup->companion.arg);
    }
    if (ok) {
        cn_rollup_written_shared(rollup, &flush.fresh);
        pthread_mutex_lock(&rollup->lock);
        rollup->stored = rollup->waiting_upto;
        rollup->stored_metrics = flush.names.upto;
        rollup->taken_rows = 0;
        pthread_mutex_unlock(&rollup->lock);
        cn_deltas_clear(&rollup->waiting);
        rollup->has_waiting = false;
    }
    cn_fresh_members_deinit(&flush.fresh);
    cn_arena_deinit(&flush.names.arena);
    return ok;
}

bool cn_rollup_flush_all(struct cn_rollup *rollup, struct cn_error *err)
{
    bool is_retry = rollup->has_waiting;
    cn_rollup_take(rollup);
    if (rollup->has_waiting && !cn_rollup_write_waiting(rollup, NULL, NULL, err)) {
        return false;
    }
    if (!is_retry) {
        return true;
    }
    cn_rollup_take(rollup);
    return !rollup->has_waiting || cn_rollup_write_waiting(rollup, NULL, NULL, err);
}

bool cn_rollup_flush(struct cn_rollup *rollup, struct cn_error *err)
{
    cn_rollup_lock_writes(rollup);
    bool ok = cn_rollup_flush_all(rollup, err);
    pthread_mutex_unlock(&rollup->write_lock);
    return ok || cn_error_context(err, "flushing the rollups");
}

struct fold {
    struct cn_store_fold part;
    int64_t days[CN_STORE_FOLD_DAYS_MAX];
    int64_t next;
    int64_t moved;
};

static bool fold_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct fold *fold = arg;
    return cn_store_fold(conn, &fold->part, &fold->next, &fold->moved, err);
}

static bool find_days(struct cn_rollup *rollup, int64_t closed_before, struct fold *fold,
                      struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(rollup->db, &conn, err)) {
        return false;
    }
    bool ok = cn_store_hot_days(conn, closed_before, fold->days, CN_ARRAY_LEN(fold->days),
                                &fold->part.day_count, err);
    cn_db_release(rollup->db, conn);
    return ok;
}

/* A flood of late events leaves much to fold; the next call goes on with it.  Each folds a part at
 * least when somebody waits, so that it comes to an end. */
static bool has_better_to_do(struct cn_rollup *rollup, int64_t rows)
{
    pthread_mutex_lock(&rollup->lock);
    bool much_waits = rollup->deltas.count + rollup->deltas.member_count > FLUSH_FIRST_ROWS;
    pthread_mutex_unlock(&rollup->lock);
    return much_waits || (rows > 0 && atomic_load(&rollup->wanted) > 0) ||
           atomic_load(&rollup->is_folding_over);
}

/* *is_done_out: nothing is left. */
static bool fold_days(struct cn_rollup *rollup, int64_t closed_before, bool *is_done_out,
                      int64_t *rows_out, struct cn_error *err)
{
    struct fold fold = { .part = { .days = fold.days,
                                   .rows = CN_STORE_FOLD_ROWS,
                                   .members_max = rollup->members_max } };
    for (;;) {
        if (!find_days(rollup, closed_before, &fold, err)) {
            return false;
        }
        *is_done_out = fold.part.day_count == 0;
        if (*is_done_out) {
            return true;
        }
        for (fold.next = INT64_MIN; fold.next != INT64_MAX;) {
            fold.part.from = fold.next;
            if (has_better_to_do(rollup, *rows_out)) {
                return true;
            }
            if (!cn_db_write(rollup->db, fold_work, &fold, err)) {
                return false;
            }
            *rows_out += fold.moved;
        }
    }
}

bool cn_rollup_fold(struct cn_rollup *rollup, int64_t closed_before, int64_t *rows_out,
                    struct cn_error *err)
{
    bool is_done = false;
    int64_t rows = 0;
    pthread_mutex_lock(&rollup->write_lock);
    bool ok = fold_days(rollup, closed_before, &is_done, &rows, err);
    pthread_mutex_unlock(&rollup->write_lock);
    atomic_store(&rollup->is_folded, is_done);
    if (!ok) {
        return cn_error_context(err, "folding the rollups");
    }
    *rows_out = rows;
    return true;
}

void cn_rollup_stop_folding(struct cn_rollup *rollup)
{
    atomic_store(&rollup->is_folding_over, true);
}

/* The sink is the first member of its collector. */
void cn_rollup_collect(struct cn_rollup_sink *sink, const struct cn_metric_fact *facts,
                       size_t count)
{
    struct cn_rollup_collector *collector = (struct cn_rollup_collector *)sink;
    pthread_mutex_lock(&collector->rollup->lock);
    cn_rollup_accumulate(collector->rollup, &collector->deltas, facts, count, &collector->filter);
    pthread_mutex_unlock(&collector->rollup->lock);
}

static bool is_affected(const struct cn_rollup_scope *scope, int64_t account_id, int64_t day)
{
    return day >= scope->first_day && day <= scope->last_day &&
           bsearch(&account_id, scope->accounts, scope->account_count, sizeof(account_id),
                   cn_order_i64) != NULL;
}

static bool keep_affected_fact(void *arg, const struct cn_metric_fact *fact)
{
    return is_affected(arg, fact->account_id, fact->day);
}

static bool keep_other_row(void *arg, const struct cn_delta *row)
{
    return !is_affected(arg, row->account_id, row->day);
}

bool cn_rollup_drop(struct cn_sql_conn *conn, const struct cn_rollup_scope *scope,
                    struct cn_error *err)
{
    bool is_whole = scope->first_day <= INT32_MIN && scope->last_day >= INT32_MAX;
    for (size_t i = 0; i < scope->account_count; i++) {
        if (!cn_store_drop_account(conn, scope->accounts[i], scope->first_day, scope->last_day,
                                   err) ||
            (is_whole && !cn_store_note_rebuilt(conn, scope->accounts[i], err))) {
            return false;
        }
    }
    return is_whole || cn_store_save_build(conn, -1, err);
}

/* What a rebuild writes before the deltas that wait. */
struct rebuild {
    struct cn_rollup *rollup;
    const struct cn_rollup_scope *scope; /* rows to drop */
    const struct cn_deltas *deltas;      /* rows to put there instead */
};

static bool write_rebuilt(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct rebuild *rebuild = arg;
    return cn_rollup_drop(conn, rebuild->scope, err) &&
           cn_store_add(conn, CN_STORE_HOT, rebuild->deltas, rebuild->rollup->members_max, err);
}

/* Writes `rebuild` instead of the rows that wait and are made anew by it.  If that fails, what
 * waited waits on, under the old mapping. */
static bool replace_waiting(struct rebuild *rebuild, cn_delta_keep *keep, void *keep_arg,
                            int64_t mapping, struct cn_error *err)
{
    struct cn_rollup *rollup = rebuild->rollup;
    struct cn_deltas all = rollup->waiting;
    struct cn_rollup_position upto = rollup->waiting_upto;
    rollup->waiting = cn_deltas_filter(&all, keep, keep_arg);
    rollup->waiting_upto.mapping = mapping;
    if (!cn_rollup_write_waiting(rollup, write_rebuilt, rebuild, err)) {
        cn_deltas_deinit(&rollup->waiting);
        rollup->waiting = all;
        rollup->waiting_upto = upto;
        return false;
    }
    cn_deltas_deinit(&all);
    pthread_mutex_lock(&rollup->lock);
    if (rollup->upto.mapping < mapping) {
        rollup->upto.mapping = mapping;
    }
    pthread_mutex_unlock(&rollup->lock);
    return true;
}

/* Flushes, so that nothing older waits, and takes off what came since. */
static bool take_boundary(struct cn_rollup *rollup, struct cn_error *err)
{
    if (!cn_rollup_flush_all(rollup, err)) {
        return false;
    }
    cn_rollup_take(rollup);
    rollup->has_waiting = true; /* a rebuild is written even if nothing came */
    return true;
}

static bool rebuild_accounts(struct cn_rollup *rollup, const struct cn_rollup_rebuild *what,
                             struct cn_rollup_scope *scope, struct cn_error *err)
{
    struct cn_rollup_collector collector = {
        .sink = { .add = cn_rollup_collect },
        .rollup = rollup,
        .filter = { .keep_fact = keep_affected_fact, .arg = scope },
    };
    struct rebuild rebuild = { .rollup = rollup, .scope = scope, .deltas = &collector.deltas };
    bool ok = false;
    if (rollup->is_shared) {
        ok = cn_rollup_flush_all(rollup, err) &&
             cn_rollup_rebuild_shared(&collector, scope, what->mapping, what->scan, what->arg, err);
    } else {
        ok = take_boundary(rollup, err) &&
             what->scan(what->arg, rollup->waiting_upto.seq, &collector.sink, err) &&
             replace_waiting(&rebuild, keep_other_row, scope, what->mapping, err);
    }
    if (ok) {
        cn_rollup_note_rebuilt(rollup, scope);
    }
    cn_deltas_deinit(&collector.deltas);
    return ok;
}

bool cn_rollup_rebuild(struct cn_rollup *rollup, const struct cn_rollup_rebuild *what,
                       struct cn_error *err)
{
    struct cn_rollup_scope scope = {
        .accounts = cn_heap_resize(NULL, (what->account_count + 1) * sizeof(int64_t)),
        .account_count = what->account_count,
        .first_day = what->first_day,
        .last_day = what->last_day,
        .guard = what->guard,
    };
    for (size_t i = 0; i < what->account_count; i++) {
        scope.accounts[i] = what->account_ids[i];
    }
    qsort(scope.accounts, scope.account_count, sizeof(scope.accounts[0]), cn_order_i64);
    cn_rollup_lock_writes(rollup);
    bool ok = rebuild_accounts(rollup, what, &scope, err);
    pthread_mutex_unlock(&rollup->write_lock);
    free(scope.accounts);
    return ok || cn_error_context(err, "rebuilding rollups");
}
