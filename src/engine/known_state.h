/* A replay as known while it runs; for engine/known*.c only. */
#ifndef CAIRN_ENGINE_KNOWN_STATE_H
#define CAIRN_ENGINE_KNOWN_STATE_H

#include "engine/known.h"
#include "engine/state.h"

/* That an account's record or traits changed under that number. */
struct known_touch {
    int64_t number;
    int64_t account_id;
};

struct known_touches {
    struct known_touch *items; /* by number; on the heap */
    size_t count;
    size_t capacity;
    size_t next;
};

/* Lived moves of signals and what people decided, by tick. */
struct known_signals {
    struct cn_signal_row *rows; /* on the heap; text in the page's arena */
    size_t count;
    size_t capacity;
    size_t next;
    struct cn_signal_decision *decisions;
    size_t decision_count;
    size_t decision_capacity;
    size_t next_decision;
};

/* Lived rows and handed colours of a stretch of ticks, by tick and account. */
struct known_page {
    struct cn_arena arena;
    struct cn_tick *ticks;
    size_t tick_count;
    struct cn_pending lived;
    size_t next_row;
    struct cn_placed placed;
    struct cn_colour_list colours;
    size_t next_colour;
    struct known_signals signals;
};

struct known {
    struct cn_engine *live;
    struct cn_engine *then; /* never started; its database is the scratch one */
    const struct cn_known_options *options;
    struct cn_known_report report;
    struct known_touches changes; /* of records, by change */
    struct known_touches traits;  /* by place in the log */
    struct cn_map merged;         /* accounts that a merge changed: their past is not compared */
    struct known_page page;

    struct cn_arena events_arena; /* events read ahead */
    const struct cn_event **events;
    size_t event_count;
    size_t next_event;
    int64_t since_flush;
};

/* Begins and ends; what `options` names must outlive it. */
void cn_known_open(struct known *known, struct cn_engine *engine,
                   const struct cn_known_options *options);
void cn_known_close(struct known *known);

/* Goes through all ticks up to that number; with facts up to the last's, or further. */
CN_MUST_CHECK bool cn_known_replay(struct known *known, const struct cn_tick *last,
                                   struct cn_error *err);

/* Reads which accounts changed between the first tick and the last. */
CN_MUST_CHECK bool cn_known_touches_load(struct known *known, const struct cn_tick *first,
                                         const struct cn_tick *last, struct cn_error *err);

/* The program of the tick, if it is another one than before. */
CN_MUST_CHECK bool cn_known_use_program(struct known *known, const struct cn_tick *tick,
                                        struct cn_error *err);

/* Brings mapping, rollups, series and records to what they were at the tick. */
CN_MUST_CHECK bool cn_known_advance(struct known *known, const struct cn_tick *tick,
                                    struct cn_error *err);

/* Compares what moved with the page's rows of the tick; what was lived stands. */
void cn_known_compare(struct known *known, const struct cn_tick *tick);

/* The same for placements; is_inside: the promise reaches this tick. */
void cn_known_compare_placed(struct known *known, const struct cn_tick *tick, bool is_inside);
/* Reads the signals' part of the page. */
CN_MUST_CHECK bool cn_known_load_signals(struct known *known, struct cn_sql_conn *conn,
                                         int64_t first, int64_t last, struct cn_error *err);

/* What people had decided before the tick. */
void cn_known_take_decisions(struct known *known, const struct cn_tick *tick);

/* The same as cn_known_compare() for signals that moved; why: the promise does not reach here. */
void cn_known_compare_signals(struct known *known, const struct cn_tick *tick, const char *why);

/* What belonged to a merged account is its survivor's now, also in the past. */
bool cn_known_is_merged(const struct known *known, int64_t account_id);

/* The place of the scorecard in the program that is used, or -1. */
int32_t cn_known_scorecard(const struct known *known, cn_str name);

#endif
