/*
 * Any expression, evaluated as of a past moment under any version of the program: as it was true
 * then, or as it was known then.
 *
 * As true: by the time of events and the validity of records, whenever they arrived; what it gives
 * is the same for every order of arrival.  Events are known by whole days there: an expression that
 * rests on a metric is evaluated at the beginning of the day.  A colour or a signal is state, which
 * exists as known only.
 *
 * As known: what the engine would have answered at that moment.  The ticks up to it are gone
 * through (engine/known.h), then the events, records and claims that had arrived by then are taken,
 * and the expression is evaluated on what comes of it.  That counts the log from its beginning into
 * a database that is thrown away after: one question at a time.
 *
 * A score is `health.score`, a segment `segment.has("vip")`, a stage `stage`: names of the program
 * like all others.
 */
#ifndef CAIRN_ENGINE_ASOF_H
#define CAIRN_ENGINE_ASOF_H

#include "book/unit.h"
#include "engine/engine.h"

struct cn_asof_question {
    const struct cn_unit *unit;           /* whose accounts; its arena is used */
    const struct cn_program_files *files; /* NULL: those of the version */
    int64_t version;                      /* 0: as known that of then, as true the running one */
    cn_str expression;                    /* or the condition of this signal: */
    cn_str signal;
    cn_time at; /* 0: now */
    bool as_true;
    const int64_t *account_ids; /* NULL: all */
    size_t account_count;
};

struct cn_asof_value {
    int64_t account_id;
    cn_str name; /* of the account, as of then */
    bool has_value;
    bool is_number;
    double number;
    cn_str text; /* "yes", "1,200", "missing" */
};

struct cn_asof {
    cn_time at;      /* the moment that it is evaluated for */
    int64_t version; /* of the program; 0: the files that were given */
    cn_str type;
    bool reads_state; /* it exists as known only */
    bool is_known;    /* false: nothing was known yet */
    int64_t tick;     /* as known: the last one before */
    cn_str limit;     /* as known: why the promise of replay does not hold for all of it, or "" */
    struct cn_asof_value *values; /* in the order of account ids */
    size_t count;
    int64_t missing; /* of them */
};

/*
 * What is wrong with the expression or the program is in `problems`, and then there are no values.
 * Fails as the databases do; CN_INVALID: the moment is in the future, there is no such version or
 * signal, a metric of the version is not counted, or the log does not reach back; CN_UNAVAILABLE:
 * another question as known is being answered.  Any thread but the engine's.
 */
CN_MUST_CHECK bool cn_engine_asof(struct cn_engine *engine, const struct cn_asof_question *question,
                                  struct cn_asof *asof_out, struct cn_diagnostics *problems,
                                  struct cn_error *err);

#endif
