/*
 * The newest activity of accounts, stored a stretch at a time: an account may have events all the
 * while, and its record is not written for each.  The position up to which all activity is stored
 * is a consumer's, so that after a crash the rest is read from the log.  With it goes the book's,
 * which is else stored with news only: a start would read the log from the last news on.
 */
#include "book/account.h"
#include "book/change.h"
#include "engine/state.h"

enum {
    ROWS_AT_ONCE = 2000,   /* of one transaction, each second */
    STRETCH_US = 10000000, /* between the beginnings of two */
};

struct saving {
    struct cn_engine *engine;
    struct cn_account_activity *items;
    size_t count;
    int64_t position; /* 0: the stretch goes on */
    int64_t book;     /* with it */
};

static bool save_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct saving *saving = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    struct cn_unit unit = cn_engine_unit(saving->engine, conn, &arena);
    bool ok =
        cn_engine_guard(saving->engine, &unit, err) &&
        cn_account_save_activities(conn, saving->items, saving->count, err) &&
        (saving->position == 0 || (cn_position_save(&unit, "activity", saving->position, err) &&
                                   cn_position_save(&unit, "book", saving->book, err)));
    cn_arena_deinit(&arena);
    return ok;
}

/* What moved until now is the next stretch. */
static void begin_stretch(struct cn_engine *engine)
{
    struct cn_activity *activity = &engine->activity;
    struct cn_bitmap done = activity->saving;
    activity->saving = activity->moved;
    activity->moved = done;
    activity->upto_seq = engine->position.seq;
    activity->is_done = false;
    activity->begun_us = cn_clock_monotonic_us();
}

/* The next rows of the stretch; the place behind the last of them. */
static size_t next_rows(struct cn_engine *engine, struct saving *saving)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    size_t from = 0;
    size_t row = 0;
    saving->items = cn_arena_array(&engine->scratch, struct cn_account_activity, ROWS_AT_ONCE);
    while (saving->count < ROWS_AT_ONCE && cn_bitmap_next(&engine->activity.saving, from, &row)) {
        from = row + 1;
        if (accounts[row] != 0) {
            saving->items[saving->count++] =
                (struct cn_account_activity){ { accounts[row] },
                                              { engine->last_activity.as.i64[row] } };
        }
    }
    return from;
}

static bool save_some(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_bitmap *left = &engine->activity.saving;
    struct saving saving = { .engine = engine };
    size_t row = 0;
    size_t end = next_rows(engine, &saving);
    if (!cn_bitmap_next(left, end, &row)) {
        saving.position = engine->activity.upto_seq;
        saving.book = engine->position.book;
    }
    if (!cn_db_write(engine->options.db, save_work, &saving, err)) {
        return cn_error_context(err, "keeping activity");
    }
    for (size_t from = 0; cn_bitmap_next(left, from, &row) && row < end; from = row + 1) {
        cn_bitmap_remove(left, row);
    }
    engine->activity.is_done = saving.position != 0;
    return true;
}

/* Whether anything came since the last stretch; not all that comes is activity. */
static bool has_news(const struct cn_engine *engine)
{
    return !cn_bitmap_is_empty(&engine->activity.moved) ||
           engine->position.seq > engine->activity.upto_seq;
}

bool cn_engine_keep_activity(struct cn_engine *engine, bool all, struct cn_error *err)
{
    struct cn_activity *activity = &engine->activity;
    bool is_due = cn_clock_monotonic_us() - activity->begun_us >= STRETCH_US;
    bool ok = true;
    do {
        if (activity->is_done) {
            if (!has_news(engine) || !(all || is_due)) {
                return true;
            }
            begin_stretch(engine);
        }
        ok = save_some(engine, err);
    } while (ok && all);
    return ok;
}

static bool recall(void *arg, const struct cn_event *event)
{
    struct cn_engine *engine = arg;
    struct cn_metric_fact fact;
    uint32_t row = 0;
    int64_t account = cn_subject_map_find(engine->subjects, event->subject, event->at);
    if (account != 0 && cn_metric_fact_from(event, account, engine->options.tz, &fact) &&
        cn_frame_find(engine->frame, account, &row) &&
        (cn_column_is_missing(&engine->last_activity, row) ||
         engine->last_activity.as.i64[row] < event->at.us)) {
        (void)pthread_rwlock_wrlock(&engine->lock);
        cn_column_set_i64(&engine->last_activity, row, event->at.us);
        cn_bitmap_add(&engine->activity.moved, row);
        (void)pthread_rwlock_unlock(&engine->lock);
    }
    return true;
}

bool cn_engine_recall_activity(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    int64_t stored = 0;
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    struct cn_unit unit = cn_engine_unit(engine, conn, &engine->scratch);
    bool ok = cn_position_load(&unit, "activity", &stored, err);
    cn_db_release(engine->options.db, conn);
    engine->activity.is_done = true;
    engine->activity.upto_seq = stored;
    /* What comes after the position is counted, and seen, when it is fed. */
    return ok &&
           (stored >= engine->position.seq ||
            cn_event_log_scan(engine->log, stored + 1, engine->position.seq, recall, engine, err));
}
