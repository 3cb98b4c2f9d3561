/*
 * A program beside the running one, over the accounts as they are now: for what it would do
 * (engine/diff.h) and what a rule matches (engine/matches.h).  For engine/ only.
 *
 * It has a frame of its own, of which the rows are all accounts; records are shared with the
 * running engine, daily values too if they fit.  The running engine goes on meanwhile, but takes no
 * other version.
 */
#ifndef CAIRN_ENGINE_CANDIDATE_H
#define CAIRN_ENGINE_CANDIDATE_H

#include "engine/state.h"

/* An account in the running engine. */
struct cn_candidate_account {
    struct cn_health_score score;
    int64_t owner;
    int64_t team;
};

struct cn_candidate {
    struct cn_engine *engine;
    struct cn_frame *frame;
    struct cn_candidate_account *accounts; /* by row of the frame */
    size_t count;
    struct cn_health_state health; /* of the rows: the running engine's, at first */
    struct cn_membership segments; /* of the rows under the running program */
    struct cn_series *series;      /* its own; NULL: the running one, or none */
    struct cn_when when;
};

/* Keeps the running program and copies what is known of the accounts.  cn_candidate_close() ends
 * it. */
void cn_candidate_open(struct cn_engine *engine, struct cn_candidate *candidate_out);
void cn_candidate_close(struct cn_candidate *candidate);

/* Where signals of the running program stand for the rows; *states_out is to be ended. */
void cn_candidate_copy_signals(const struct cn_candidate *candidate,
                               struct cn_signal_states *states_out);

/* The scores stand on their scorecards by name, as when a program with these is taken. */
void cn_candidate_move_scores(struct cn_candidate *candidate, const struct cn_health_model *to);

/* Whether the unit sees the account of a row of the engine's frame.  Under its lock. */
bool cn_candidate_sees(const struct cn_engine *engine, const struct cn_unit *unit, uint32_t row);

/* Gives the source daily values of these metrics: the running ones if they fit, else loaded. */
CN_MUST_CHECK bool cn_candidate_use_metrics(struct cn_candidate *candidate,
                                            const struct cn_metric_list *metrics,
                                            struct cn_metric_source *source, struct cn_error *err);

/* Of a column that is a number; 0 if it is missing. */
double cn_candidate_number(const struct cn_candidate *candidate, uint32_t column, uint32_t row);

/* Rows of the accounts that the unit sees, the largest by `by` first, on the heap. */
uint32_t *cn_candidate_largest(const struct cn_candidate *candidate, const struct cn_bitmap *rows,
                               uint32_t by);

#endif
