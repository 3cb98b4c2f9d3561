/*
 * Replay as known: every lived score and placement, and every move of a signal, computed again from
 * what was known when it was written, and compared with what history says, bit for bit.
 *
 * Ticks (engine/tick.h) are gone through in their order.  For each the frame is brought to what it
 * was then: events of the log up to the tick's place, under the mapping of its version; records as
 * their field history has them at its change; time stands at its clock.  Then the engine's own code
 * scores, under the tick's program.
 *
 * The promise ends where its facts do: at ticks of another version of the engine, of other settings
 * or other time zone data, if segments of the log were dropped, and for accounts that were merged
 * or that others became part of.  Their rows are taken as they are and counted as not compared.
 *
 * Not here: rollups compared with the log (engine/replay.h).
 */
#ifndef CAIRN_ENGINE_KNOWN_H
#define CAIRN_ENGINE_KNOWN_H

#include "engine/engine.h"
#include "health/history.h"
#include "segment/history.h"
#include "signal/store.h"

/* A row that is not what was lived. */
struct cn_known_difference {
    int64_t tick;
    int64_t account_id;
    cn_time at;
    const struct cn_health_row *lived;    /* NULL: there is none */
    const struct cn_health_row *replayed; /* the same */
    /* It is of a placement instead of a score. */
    bool is_placement;
    const struct cn_placement_row *lived_placement;    /* NULL: there is none */
    const struct cn_placement_row *replayed_placement; /* the same */
    /* Of a signal: then the rows of a score are NULL. */
    const struct cn_signal_row *lived_signal; /* NULL: it did not move */
    const struct cn_signal_row *replayed_signal;
};

struct cn_known_report {
    int64_t ticks;
    int64_t rows;    /* lived ones, compared */
    int64_t signals; /* moves of signals, compared */
    int64_t differing;
    int64_t ticks_outside; /* not compared: the promise ends there */
    int64_t rows_outside;
    char why[200]; /* the first of those were not, or "" */
};

struct cn_known_options {
    struct cn_db *scratch;  /* an embedded database that is thrown away after */
    struct cn_rollup *into; /* an empty rollup in it */
    /* Called for each difference; the rows are valid during the call.  May be NULL. */
    void (*difference)(void *arg, const struct cn_known_difference *difference);
    void *arg;
};

/* The engine must have been started.  What arrives meanwhile is not looked at.  Fails as the
 * databases do, and with CN_INVALID if a version of the program no longer compiles. */
CN_MUST_CHECK bool cn_engine_replay_known(struct cn_engine *engine,
                                          const struct cn_known_options *options,
                                          struct cn_known_report *report_out, struct cn_error *err);

#endif
