/*
 * What shadows make of accounts, kept as history beside the live one; nothing stands on it.  For
 * engine/ only.
 */
#ifndef CAIRN_ENGINE_SHADOWS_H
#define CAIRN_ENGINE_SHADOWS_H

#include "engine/state.h"

/* Adds a row for what moved, as of `at`, to those that wait in `pending`; `shown` NULL: of all rows
 * of the frame.  Empties the changes. */
void cn_shadows_remember(const struct cn_engine_program *program, const struct cn_frame *frame,
                         const struct cn_bitmap *shown, cn_time at, bool is_backfilled,
                         struct cn_health_changes *changes, struct cn_pending *pending);

/* Stores those that wait, but for accounts that are gone, and once a day drops what is too old. */
CN_MUST_CHECK bool cn_shadows_store(struct cn_engine *engine, const struct cn_unit *unit,
                                    struct cn_error *err);

/* They have been committed. */
void cn_shadows_stored(struct cn_engine *engine);

/* The state goes on from what was said last. */
CN_MUST_CHECK bool cn_shadows_load(struct cn_engine *engine, struct cn_error *err);

#endif
