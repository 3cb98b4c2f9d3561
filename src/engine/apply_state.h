/* What the files of engine/ do of applying; for them only. */
#ifndef CAIRN_ENGINE_APPLY_STATE_H
#define CAIRN_ENGINE_APPLY_STATE_H

#include "engine/apply.h"
#include "engine/state.h"

struct cn_apply *cn_apply_new(struct cn_engine *engine);
void cn_apply_free(struct cn_apply *apply);

/* The thread that prepares; it begins with looking for a version that the start did not take. */
void cn_apply_start(struct cn_apply *apply);
void cn_apply_stop(struct cn_apply *apply);

/* That version was saved: the thread looks.  Any thread. */
void cn_apply_news(struct cn_apply *apply, int64_t version);

/* Facts of these accounts were counted, or their rollups made anew.  On the engine's thread. */
void cn_apply_note_facts(struct cn_apply *apply, const struct cn_metric_fact *facts, size_t count);
void cn_apply_note_accounts(struct cn_apply *apply, const int64_t *account_ids, size_t count);

/* On the engine's thread, before a round: true if a version is to be taken, and then everything is
 * ready for cn_apply_take(), with apply's write lock held; cn_apply_done() ends it. */
CN_MUST_CHECK bool cn_apply_begin(struct cn_apply *apply, bool *takes_out, struct cn_error *err);

/* Puts it in the place of the old one.  Under the engine's write lock, which also covers the round
 * that fills and scores. */
void cn_apply_take(struct cn_apply *apply);

/* After the round, in which it was taken, whether that succeeded or not. */
void cn_apply_done(struct cn_apply *apply);

/* After what it scored was stored, with cn_apply_store() in the transaction: it is active. */
CN_MUST_CHECK bool cn_apply_store(const struct cn_apply *apply, const struct cn_unit *unit,
                                  struct cn_error *err);
void cn_apply_stored(struct cn_apply *apply);

/* At a start: the version that runs, the one that is stored as active, the newest that there is. */
void cn_apply_begin_with(struct cn_apply *apply, int64_t active, int64_t stored, int64_t newest);

/* Whoever works with the running program or its series without the engine's lock holds this: no
 * other version is taken meanwhile.  Not for long on a thread that serves people. */
void cn_engine_keep_program(struct cn_engine *engine);
void cn_engine_let_program(struct cn_engine *engine);

/* What versions after `after`, up to the program's, raise at once: it knows then.  `scratch` is the
 * calling thread's. */
CN_MUST_CHECK bool cn_engine_load_starts(struct cn_db *db, struct cn_arena *scratch,
                                         struct cn_engine_program *program, int64_t after,
                                         struct cn_error *err);

/* Scores name their scorecard by its place, which another program has elsewhere. */
void cn_engine_move_scores(struct cn_engine *engine, const struct cn_health_model *from,
                           const struct cn_health_model *to);

#endif
