/*
 * Why an account's score is what it is, and what changed between two moments.
 */
#ifndef CAIRN_ENGINE_EXPLAIN_H
#define CAIRN_ENGINE_EXPLAIN_H

#include "engine/engine.h"
#include "health/explain.h"

/* Two moments; 0: now, and no comparison. */
struct cn_explain_ask {
    cn_time at;
    cn_time since;
    cn_str scorecard; /* a shadow: explain by that one, now; "": by the one that applies */
};

/* The account by a scorecard that is a shadow. */
struct cn_shadow_score {
    cn_str scorecard;
    struct cn_health_score score;
    cn_str because; /* the exceptions that fired */
    bool has_difference;
    int32_t difference; /* less the score that counts, thousandths */
};

struct cn_engine_explanation {
    cn_time at;
    int64_t version;           /* of the program that the score is of */
    struct cn_explanation now; /* with changes, if there is a `previous` */
    bool has_previous;
    cn_time previous_at;
    struct cn_health_score previous;
    int64_t previous_version;
    struct cn_shadow_score *shadows; /* of now alone: those that apply */
    size_t shadow_count;
};

/*
 * Explains the account as it stands at ask->at, and what changed since ask->since.  A past moment
 * is the beginning of its day: its facts as true, under the version of the program that made what
 * history shows of it.  Both ends are the scores that history shows, if it has any; live, it is the
 * current one.  Everything is in `arena`.  Any thread.  Fails with CN_NOT_FOUND if the engine does
 * not know the account or the shadow does not apply, with CN_UNAVAILABLE while the engine has not
 * begun to score after a start, for which it waits some seconds.
 */
CN_MUST_CHECK bool cn_engine_explain(struct cn_engine *engine, int64_t account_id,
                                     const struct cn_explain_ask *ask, struct cn_arena *arena,
                                     struct cn_engine_explanation *explanation_out,
                                     struct cn_error *err);

#endif
