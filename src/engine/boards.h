/*
 * Where accounts stand, and how many stand there, from the live state; a few milliseconds for
 * 100,000 accounts and no database.  Any thread.  Results are in the given arena.
 *
 * Accounts out of the unit's scope are not counted.
 */
#ifndef CAIRN_ENGINE_BOARDS_H
#define CAIRN_ENGINE_BOARDS_H

#include "book/unit.h"
#include "engine/engine.h"
#include "segment/board.h"

/* One for each id; zeroed for an account that the engine does not know. */
void cn_engine_standings(struct cn_engine *engine, const cn_account_id *ids, size_t count,
                         struct cn_arena *arena, struct cn_standing *standings_out);

void cn_engine_segment_board(struct cn_engine *engine, const struct cn_unit *unit,
                             struct cn_arena *arena, struct cn_segment_board *board_out);

/* Fails with CN_MALFORMED if a segment is unknown. */
CN_MUST_CHECK bool cn_engine_overlap(struct cn_engine *engine, const struct cn_unit *unit,
                                     const struct cn_overlap_ask *ask, struct cn_arena *arena,
                                     struct cn_overlap *overlap_out, struct cn_error *err);

void cn_engine_coverage_board(struct cn_engine *engine, const struct cn_unit *unit,
                              struct cn_arena *arena, struct cn_coverage_board *board_out);

#endif
