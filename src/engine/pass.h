/*
 * A pass of the program's rules over a frame, with what the sections know of its rows; for engine/
 * only.  Whoever adds a section that evaluates adds its state here.
 */
#ifndef CAIRN_ENGINE_PASS_H
#define CAIRN_ENGINE_PASS_H

#include "engine/program.h"
#include "health/evaluate.h"
#include "segment/evaluate.h"
#include "signal/evaluate.h"

/* What sections know of the rows of a frame, and where they put what moved.  The states have the
 * frame's rows. */
struct cn_engine_results {
    struct cn_health_state *health;
    struct cn_health_changes *health_changes; /* may be NULL */
    struct cn_health_changes *shadow_changes; /* may be NULL */
    struct cn_membership *segments;           /* says itself what moved */
    const struct cn_signal_round *signals;    /* NULL: signals are not asked */
    struct cn_signal_states *signal_states;
    struct cn_signal_moves *signal_moves;
    const struct cn_rule_consumer *asked; /* of one more expression (engine/asked.h), or NULL */
};

struct cn_engine_pass {
    const struct cn_engine_program *program;
    struct cn_frame *frame;
    const struct cn_bitmap *rows; /* as in frame/rules.h */
    bool (*fill)(void *arg, uint32_t stratum, struct cn_error *err);
    void *arg;
    const struct cn_engine_results *results;
    struct cn_workers *workers; /* as in frame/rules.h */
};

/* Binds the states to the frame and evaluates.  `arena` is scratch for the call. */
CN_MUST_CHECK bool cn_engine_pass(const struct cn_engine_pass *pass, struct cn_arena *arena,
                                  struct cn_error *err);

#endif
