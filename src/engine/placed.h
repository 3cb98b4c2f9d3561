/* Placements on their way through the engine: from a round to history; for the files of engine/
 * only. */
#ifndef CAIRN_ENGINE_PLACED_H
#define CAIRN_ENGINE_PLACED_H

#include "engine/state.h"

/* Copies the row and its text. */
void cn_placed_add(struct cn_placed *placed, const struct cn_placement_row *row);
void cn_placed_clear(struct cn_placed *placed);
void cn_placed_deinit(struct cn_placed *placed);

/* The rows of what moved in a round, as of its tick, kept until they are stored.  How many. */
size_t cn_placed_remember(struct cn_engine *engine, const struct cn_tick *tick);

/* In the transaction that stores scores. */
CN_MUST_CHECK bool cn_placed_save(const struct cn_unit *unit, const struct cn_placed *placed,
                                  struct cn_error *err);

/* At a start: what was told of each account until `at`. */
CN_MUST_CHECK bool cn_placed_load(struct cn_engine *engine, struct cn_sql_conn *conn, cn_time at,
                                  struct cn_error *err);

#endif
