/*
 * Why an account's score is what it is, and what changed since.
 */
#ifndef CAIRN_ENGINE_EXPLAIN_H
#define CAIRN_ENGINE_EXPLAIN_H

#include "engine/engine.h"
#include "health/explain.h"

struct cn_engine_explanation {
    cn_time at;
    struct cn_explanation now; /* with changes, if there is a `previous` */
    bool has_previous;
    cn_time previous_at;
    struct cn_health_score previous;
};

/*
 * Explains the account as it stands now; since.us not 0: and what changed since the beginning of
 * that moment's day, as it was true then.  Everything is in `arena`.  Any thread.  Fails with
 * CN_NOT_FOUND if the engine does not know the account, with CN_UNAVAILABLE while the engine has
 * not begun to score after a start, for which it waits some seconds.
 */
CN_MUST_CHECK bool cn_engine_explain(struct cn_engine *engine, int64_t account_id, cn_time since,
                                     struct cn_arena *arena,
                                     struct cn_engine_explanation *explanation_out,
                                     struct cn_error *err);

#endif
