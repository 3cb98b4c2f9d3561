/*
 * The seven questions of segmentation: who answers which, and what an answer rests on.
 *
 * An account answers a question if it is in a segment of a model that answers it.  The answer rests
 * on the facts that the segment's condition reads: it comes from where they come from, is as old as
 * the oldest of them, and its confidence is the mean of what each is worth: 0 if it is missing,
 * else 1, but for a model with a `validity`, of which a fact counts in full while it is not older
 * and half as much for each such time more (a fact of no known date: a half).  A condition that
 * reads no fact says nothing: 0.
 *
 * What answers rest on is read fact by fact, so that of many accounts a sample stands for all.  Any
 * thread.
 */
#ifndef CAIRN_ENGINE_QUESTIONS_H
#define CAIRN_ENGINE_QUESTIONS_H

#include "book/unit.h"
#include "engine/engine.h"
#include "frame/source.h"
#include "segment/segment.h"

enum {
    CN_QUESTION_SAMPLE = 100, /* accounts a question, evenly of those that answer it */
    CN_QUESTION_FACTS_MAX = 64,
};

/* What one account answers. */
struct cn_answered {
    enum cn_segment_question question;
    bool is_answered;
    cn_str segment;
    cn_str model;
    cn_str rule; /* the condition */
    struct cn_fact *facts;
    size_t fact_count;
    cn_time as_of; /* of the oldest fact; 0: no date is known */
    double confidence;
};

/* Which kind of thing a rule reads: where a fact comes from, without an account. */
struct cn_question_fact {
    cn_str name;   /* "arr", "seats_used.last()" */
    cn_str source; /* "book", "metric", "segment", ...: the column source */
};

/* What the answers of a question rest on. */
struct cn_question_ground {
    struct cn_question_fact *facts; /* by name */
    size_t fact_count;
    size_t sampled;    /* accounts; 0: nobody answers it */
    cn_time as_of;     /* the median of theirs; 0: no date is known */
    cn_time oldest;    /* of theirs */
    double confidence; /* the mean of theirs */
};

/* By question, from CN_QUESTION_NONE + 1; of the accounts in the unit's scope; all in `arena`.
 * Fails as the sources' explain do. */
CN_MUST_CHECK bool cn_engine_question_grounds(struct cn_engine *engine, const struct cn_unit *unit,
                                              struct cn_arena *arena,
                                              struct cn_question_ground grounds_out[CN_QUESTIONS],
                                              struct cn_error *err);

/* The seven of one account, by question.  Fails with CN_NOT_FOUND if the engine does not know it,
 * or as above. */
CN_MUST_CHECK bool cn_engine_answers(struct cn_engine *engine, cn_account_id id,
                                     struct cn_arena *arena,
                                     struct cn_answered answers_out[CN_QUESTIONS],
                                     struct cn_error *err);

/* Accounts by what they answer. */
struct cn_question_ask {
    enum cn_segment_question question; /* CN_QUESTION_NONE: by number */
    bool is_open;                      /* those that do not answer it */
    unsigned answered;                 /* so many of the seven */
};

/* Those accounts, ascending, of any scope; in `arena`. */
void cn_engine_question_members(struct cn_engine *engine, const struct cn_question_ask *ask,
                                struct cn_arena *arena, int64_t **ids_out, size_t *count_out);

#endif
