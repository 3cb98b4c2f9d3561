/* What lists need beyond the program's columns; for the files of engine/ only. */
#ifndef CAIRN_ENGINE_LIST_COLUMNS_H
#define CAIRN_ENGINE_LIST_COLUMNS_H

#include "engine/lists.h"
#include "engine/state.h"
#include "health/drift.h"

struct cn_list_columns {
    struct cn_column owner; /* I64, as all of these; a user, missing for nobody */
    struct cn_column team;
    struct cn_column overrides;   /* set by hand, thousandths; missing without */
    struct cn_bitmap overridden;  /* the rows that have one */
    struct cn_drift_sums *drifts; /* a row: of the past weeks, without the live score */
    size_t drift_count;
    struct cn_column weeks[CN_SPARK_WEEKS - 1]; /* thousandths: 11 weeks ago, ..., 1 week ago */
};

void cn_list_columns_init(struct cn_list_columns *lists);
void cn_list_columns_deinit(struct cn_list_columns *lists);
void cn_list_columns_reserve(struct cn_list_columns *lists, size_t rows);

/* All of a row whose account is gone. */
void cn_list_columns_clear(struct cn_list_columns *lists, uint32_t row);

/* Owner and team of a row whose record changed.  Under the write lock. */
void cn_engine_lists_refresh(struct cn_engine *engine, uint32_t row);

/* The trend of a row whose score moved.  Under the write lock. */
void cn_engine_set_trend(struct cn_engine *engine, uint32_t row);

/* Takes away what the unit may not see.  Under a lock. */
void cn_engine_match_scope(const struct cn_engine *engine, const struct cn_unit *unit,
                           struct cn_bitmap *match);

/* What is derived of the row's account; *derived is zeroed.  Under a lock, or on the engine's
 * thread. */
void cn_engine_derive(const struct cn_engine *engine, uint32_t row, struct cn_arena *arena,
                      struct cn_account_derived *derived);

/* The rows that the filter lets through, in the unit's scope.  `match` is set.  Under a lock. */
void cn_engine_match(const struct cn_engine *engine, const struct cn_unit *unit,
                     const struct cn_account_filter *filter, struct cn_bitmap *match);

/* What scores were 28 days ago and on each of the last weeks; trends follow. */
CN_MUST_CHECK bool cn_engine_load_past(struct cn_engine *engine, cn_time now, struct cn_error *err);

/* The same for a new day, a little at a time, so that no event waits for it: begins it, and goes on
 * for some milliseconds.  On the engine's thread. */
void cn_engine_begin_past(struct cn_engine *engine, cn_time now);
CN_MUST_CHECK bool cn_engine_go_on_with_past(struct cn_engine *engine, struct cn_error *err);

/* Ends what was begun. */
void cn_engine_drop_past(struct cn_engine *engine);

/* As cn_engine_load_past(), and the last scores of all accounts, from which the engine goes on: at
 * a start, once the newest tick is known. */
CN_MUST_CHECK bool cn_engine_load_scores(struct cn_engine *engine, cn_time now,
                                         struct cn_error *err);

#endif
