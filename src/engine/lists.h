/*
 * Lists of accounts from the live frame: filtered, searched, sorted, with the exact total.  For
 * embedded mode; they take about a millisecond for 100,000 accounts and no database.
 *
 * Any thread.
 */
#ifndef CAIRN_ENGINE_LISTS_H
#define CAIRN_ENGINE_LISTS_H

#include "book/account_list.h"
#include "engine/engine.h"
#include "metric/query.h"

/* As cn_account_list(), from memory: of an account, what lists show is filled in.  unit->conn is
 * not used. */
CN_MUST_CHECK bool cn_engine_list(struct cn_engine *engine, const struct cn_unit *unit,
                                  const struct cn_account_filter *filter,
                                  struct cn_account_list *list_out, struct cn_error *err);

/* Score, trend, activity and tickets as they are now, which the stored record may trail; leaves
 * *derived alone for an account that the engine does not know. */
void cn_engine_current(struct cn_engine *engine, cn_account_id id, struct cn_arena *arena,
                       struct cn_account_derived *derived);

/* Puts what was counted today, which may not be flushed yet, into charts that end with today. */
void cn_engine_live_charts(struct cn_engine *engine, cn_account_id id,
                           struct cn_chart_list *charts);

enum {
    CN_SPARK_WEEKS = 12
};

/* Points week by week, oldest first; the last is the live score. */
struct cn_engine_spark {
    double points[CN_SPARK_WEEKS];
    size_t count;
};

/* One for each id; empty for an account that the engine does not know. */
void cn_engine_sparks(struct cn_engine *engine, const cn_account_id *ids, size_t count,
                      struct cn_engine_spark *sparks_out);

#endif
