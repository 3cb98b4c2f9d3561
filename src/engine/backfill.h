/*
 * The past, evaluated as true: after an import, and in the demo, each past midnight is scored from
 * the facts that were true then.  Rows of history that it writes are marked as back-filled; it
 * raises nothing and replaces back-filled rows that were there.  What was lived stays.
 */
#ifndef CAIRN_ENGINE_BACKFILL_H
#define CAIRN_ENGINE_BACKFILL_H

#include "engine/engine.h"

struct cn_backfill {
    const int64_t *account_ids; /* NULL: all */
    size_t count;
    int64_t first_day; /* both included, in the workspace's zone; before today */
    int64_t last_day;
    /* Called now and then with days done and all of them.  May be NULL. */
    void (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Any thread; the engine goes on meanwhile.  The colour runs forward from the first day to the live
 * one.  Everything of the log must have been counted and flushed (cn_engine_settle()). */
CN_MUST_CHECK bool cn_engine_backfill(struct cn_engine *engine, const struct cn_backfill *what,
                                      struct cn_error *err);

#endif
