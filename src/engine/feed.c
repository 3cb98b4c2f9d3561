/* From the log to the book and the rollups. */
#include <stdlib.h>

#include "base/log.h"

#include "book/change.h"
#include "engine/apply_state.h"
#include "engine/state.h"

enum {
    BOOK_EVENTS = 4096,        /* of one transaction of the book */
    CHUNK_EVENTS = 4096,       /* fed at once while catching up */
    RETRY_PAUSE_NS = 500000000 /* while the database cannot be written */
};

static struct cn_book_fact book_fact(const struct cn_event *event)
{
    static const enum cn_book_fact_type types[CN_EVENT_TYPES] = {
        [CN_EVENT_IDENTIFY] = CN_BOOK_FACT_IDENTIFY, [CN_EVENT_GROUP] = CN_BOOK_FACT_GROUP,
        [CN_EVENT_ALIAS] = CN_BOOK_FACT_ALIAS,       [CN_EVENT_TRACK] = CN_BOOK_FACT_OTHER,
        [CN_EVENT_PAGE] = CN_BOOK_FACT_OTHER,        [CN_EVENT_SCREEN] = CN_BOOK_FACT_OTHER,
    };
    bool has_traits = event->type == CN_EVENT_IDENTIFY || event->type == CN_EVENT_GROUP;
    return (struct cn_book_fact){ .type = types[event->type],
                                  .user_key = event->user_key,
                                  .anonymous_key = event->anonymous_key,
                                  .group_key = event->group_key,
                                  .previous_key = event->previous_key,
                                  .email = event->email,
                                  .traits = has_traits ? event->payload : CN_STR(""),
                                  .at = event->at,
                                  .received = event->received,
                                  .tie = (int64_t)(event->id.hi >> 1),
                                  .seq = event->seq };
}

struct application {
    struct cn_engine *engine;
    struct cn_book_batch *batch;
    struct cn_book_fact *facts;
    size_t count;
    int64_t last_seq;
};

static bool apply(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct application *what = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    struct cn_unit unit = cn_engine_unit(what->engine, conn, &arena);
    bool done = false;
    /* If it is done, the batch holds the result of the attempt that was committed. */
    bool ok = cn_engine_guard(what->engine, &unit, err) &&
              cn_engine_is_done(&unit, "book", what->last_seq, &done, err);
    ok = ok && (done || (cn_book_batch_apply(what->batch, &unit, what->facts, what->count, err) &&
                         cn_position_save(&unit, "book", what->last_seq, err)));
    cn_arena_deinit(&arena);
    return ok;
}

/* What was acknowledged is in the log and must not be skipped: tries until it is written. */
static bool write_patiently(struct cn_engine *engine, cn_db_work *work, void *what,
                            struct cn_error *err)
{
    bool said = false;
    while (!cn_db_write(engine->options.db, work, what, err)) {
        bool can_pass = err->code == CN_UNAVAILABLE || err->code == CN_STORAGE_FULL;
        if (!can_pass || atomic_load(&engine->stopping)) {
            return false;
        }
        if (!said) {
            cn_log_error("engine", err, "the database cannot be written; events wait in the log");
            said = true;
        }
        struct timespec pause = { .tv_nsec = RETRY_PAUSE_NS };
        (void)nanosleep(&pause, NULL); /* woken early, it just tries sooner */
    }
    return true;
}

/* Whether anything was counted for the subject before it moved.  Most moves are of new subjects;
 * one of which that cannot be read may have something. */
static bool has_counted(struct cn_engine *engine, const struct cn_subject_move *move)
{
    struct cn_event *events = NULL;
    struct cn_error err;
    size_t count = 0;
    if (engine->position.seq == 0 ||
        (move->old_account == 0 && !cn_parked_may_have(engine->parked, move->subject))) {
        return false;
    }
    return !cn_event_log_read_subject(engine->log, &engine->scratch, move->subject,
                                      engine->position.seq + 1, 1, &events, &count, &err) ||
           count > 0;
}

void cn_engine_note_moves(struct cn_engine *engine, const struct cn_subject_moves *moves)
{
    const struct cn_subject_move *last = NULL;
    for (size_t i = 0; i < moves->count; i++) {
        const struct cn_subject_move *move = &moves->items[i];
        bool is_noted = last != NULL && move->new_account != 0 &&
                        last->old_account == move->old_account &&
                        last->new_account == move->new_account;
        if (is_noted || !has_counted(engine, move)) {
            continue;
        }
        last = move;
        if (move->old_account != 0) {
            cn_id_list_add(&engine->stale, move->old_account);
        }
        if (move->new_account != 0) {
            cn_id_list_add(&engine->stale, move->new_account);
        } else {
            cn_parked_add(engine->parked, move->subject);
        }
    }
    /* After all: a subject may move in pieces, and some of them may stay parked. */
    for (size_t i = 0; i < moves->count; i++) {
        const struct cn_subject_move *move = &moves->items[i];
        if (move->old_account == 0 && move->new_account != 0 &&
            cn_parked_may_have(engine->parked, move->subject) &&
            cn_subject_map_is_placed(engine->subjects, move->subject, &engine->scratch)) {
            cn_parked_remove(engine->parked, move->subject);
        }
    }
}

bool cn_engine_follow(struct cn_engine *engine, struct cn_error *err)
{
    struct cn_id_list *list = &engine->stale;
    if (list->count == 0) {
        return true;
    }
    qsort(list->items, list->count, sizeof(list->items[0]), cn_order_i64);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->items[i] != list->items[i - 1]) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
    if (!cn_engine_rebuild(engine, list->items, kept, err)) {
        return false;
    }
    for (size_t i = 0; i < kept; i++) {
        cn_id_list_add(&engine->touched, list->items[i]);
    }
    list->count = 0;
    return true;
}

/* The rollups say it at once: a book that is older than they are is told by it. */
void cn_engine_note_mapping(struct cn_engine *engine)
{
    int64_t version = cn_subject_map_version(engine->subjects);
    if (version == engine->position.mapping) {
        return;
    }
    engine->position.mapping = version;
    cn_rollup_add(engine->options.rollup, NULL, 0,
                  (struct cn_rollup_position){ engine->position.seq, version });
}

/* The first consumer: what events say about the book. */
static bool feed_book(struct cn_engine *engine, const struct cn_event *const *events, size_t count,
                      struct cn_error *err)
{
    struct application what = { .engine = engine };
    what.facts = cn_arena_array(&engine->scratch, struct cn_book_fact, count);
    for (size_t i = 0; i < count; i++) {
        struct cn_book_fact fact = book_fact(events[i]);
        if (events[i]->seq > engine->position.book &&
            cn_book_fact_is_news(&engine->book_options, &fact)) {
            what.facts[what.count++] = fact;
        }
        what.last_seq = events[i]->seq;
    }
    if (what.last_seq <= engine->position.book) {
        return true;
    }
    if (what.count == 0) { /* its position is saved with the next news */
        engine->position.book = what.last_seq;
        return true;
    }
    what.batch = cn_book_batch_new(&engine->book_options);
    bool ok = write_patiently(engine, apply, &what, err);
    if (ok) {
        const struct cn_book_result *result = cn_book_batch_publish(what.batch);
        engine->position.book = what.last_seq;
        for (size_t i = 0; i < result->touched_count; i++) {
            cn_id_list_add(&engine->touched, result->touched[i]);
        }
        cn_engine_note_moves(engine, &result->moves);
        ok = cn_engine_follow(engine, err);
    }
    cn_book_batch_free(what.batch);
    return ok;
}

/* A transaction each: what one new account costs grows with those before it in the same one. */
static bool feed_book_in_parts(struct cn_engine *engine, const struct cn_event *const *events,
                               size_t count, struct cn_error *err)
{
    bool ok = true;
    for (size_t from = 0; ok && from < count; from += BOOK_EVENTS) {
        size_t left = count - from;
        ok = feed_book(engine, events + from, left < BOOK_EVENTS ? left : BOOK_EVENTS, err);
    }
    return ok;
}

/* The accounts' newest activity, and what is to be scored again. */
static void mark_rows(struct cn_engine *engine, const struct cn_metric_fact *facts, size_t count)
{
    (void)pthread_rwlock_wrlock(&engine->lock);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = cn_engine_row(engine, facts[i].account_id);
        cn_bitmap_add(cn_frame_dirty(engine->frame), row);
        cn_bitmap_add(&engine->active, row);
        engine->ranking.has_late |= facts[i].day < engine->day;
        if (cn_column_is_missing(&engine->last_activity, row) ||
            engine->last_activity.as.i64[row] < facts[i].at.us) {
            cn_column_set_i64(&engine->last_activity, row, facts[i].at.us);
            cn_bitmap_add(&engine->activity.moved, row);
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

/* The second consumer: counts. */
static bool feed_metrics(struct cn_engine *engine, const struct cn_event *const *events,
                         size_t count, struct cn_error *err)
{
    struct cn_metric_fact *facts = cn_arena_array(&engine->scratch, struct cn_metric_fact, count);
    size_t fact_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->seq <= engine->position.seq) {
            continue;
        }
        int64_t account = cn_subject_map_find(engine->subjects, events[i]->subject, events[i]->at);
        if (account == 0) {
            cn_parked_add(engine->parked, events[i]->subject);
        } else if (cn_metric_fact_from(events[i], account, engine->options.tz,
                                       &facts[fact_count])) {
            fact_count++;
        }
    }
    int64_t last = events[count - 1]->seq;
    if (last <= engine->position.seq) {
        return true;
    }
    /* On PostgreSQL event names get their numbers beforehand.  The flusher writes what is added. */
    if (!cn_db_is_embedded(engine->options.db) &&
        !cn_rollup_learn(engine->options.rollup, facts, fact_count, err)) {
        return false;
    }
    struct cn_rollup_position upto = { last, engine->position.mapping };
    cn_rollup_add(engine->options.rollup, facts, fact_count, upto);
    cn_series_follow(engine->series, facts, fact_count, upto);
    cn_apply_note_facts(engine->apply, facts, fact_count);
    mark_rows(engine, facts, fact_count);
    engine->position.seq = last;
    return true;
}

bool cn_engine_feed(struct cn_engine *engine, const struct cn_event *const *events, size_t count,
                    struct cn_error *err)
{
    if (count == 0) {
        return true;
    }
    if (!feed_book_in_parts(engine, events, count, err)) {
        return cn_error_context(err, "applying events to the book");
    }
    cn_engine_note_mapping(engine);
    return feed_metrics(engine, events, count, err) || cn_error_context(err, "counting events");
}

struct gathering {
    struct cn_arena *arena;
    struct cn_event *events; /* [CHUNK_EVENTS], text in the arena */
    size_t count;
};

static bool gather(void *arg, const struct cn_event *event)
{
    struct gathering *gathering = arg;
    struct cn_arena *arena = gathering->arena;
    struct cn_event copy = *event;
    copy.message_id = cn_arena_str(arena, event->message_id);
    copy.name = cn_arena_str(arena, event->name);
    copy.user_key = cn_arena_str(arena, event->user_key);
    copy.anonymous_key = cn_arena_str(arena, event->anonymous_key);
    copy.group_key = cn_arena_str(arena, event->group_key);
    copy.previous_key = cn_arena_str(arena, event->previous_key);
    copy.email = cn_arena_str(arena, event->email);
    copy.payload = cn_arena_str(arena, event->payload);
    gathering->events[gathering->count++] = copy;
    return gathering->count < CHUNK_EVENTS;
}

bool cn_engine_read_ahead(struct cn_engine *engine, int64_t from, int64_t to,
                          struct cn_arena *arena, const struct cn_event ***events_out,
                          size_t *count_out, struct cn_error *err)
{
    struct gathering gathering = { .arena = arena };
    gathering.events = cn_arena_array(arena, struct cn_event, CHUNK_EVENTS);
    if (from < to && !cn_event_log_scan(engine->log, from + 1, to, gather, &gathering, err)) {
        return cn_error_context(err, "reading the event log");
    }
    const struct cn_event **events =
        cn_arena_array(arena, const struct cn_event *, gathering.count + 1);
    for (size_t i = 0; i < gathering.count; i++) {
        events[i] = &gathering.events[i];
    }
    *events_out = events;
    *count_out = gathering.count;
    return true;
}

bool cn_engine_catch_up(struct cn_engine *engine, struct cn_error *err)
{
    int64_t end = cn_event_log_position(engine->log);
    int64_t from =
        engine->position.seq < engine->position.book ? engine->position.seq : engine->position.book;
    while (from < end) {
        if (atomic_load(&engine->stopping)) {
            return cn_fail(err, CN_UNAVAILABLE, "the engine is being stopped");
        }
        const struct cn_event **events = NULL;
        size_t count = 0;
        cn_arena_reset(&engine->scratch);
        if (!cn_engine_read_ahead(engine, from, end, &engine->scratch, &events, &count, err) ||
            !cn_engine_feed(engine, events, count, err)) {
            return false;
        }
        from = count > 0 ? events[count - 1]->seq : end;
    }
    return true;
}
