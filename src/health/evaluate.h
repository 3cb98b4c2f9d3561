/*
 * Scoring accounts: all rows of a frame, or those that changed, a block at a time.
 *
 * The score of an account is a function of its columns; its colour is state, since rising takes a
 * margin.  The state of all accounts is a set of columns over the frame's rows, so that lists can
 * sort and filter by it.  cn_health_evaluate() moves it on and reports what moved.
 *
 * Points and confidence are integers of a thousandth (of a point; of 1).  The same state gives the
 * same result on every machine and in blocks of any size.
 */
#ifndef CAIRN_HEALTH_EVALUATE_H
#define CAIRN_HEALTH_EVALUATE_H

#include "book/account.h"
#include "frame/frame.h"
#include "health/scorecard.h"

enum {
    CN_BANDS = CN_BAND_COUNT, /* the colours themselves are in book/account.h, which stores them */
    CN_CONFIDENCE_GREY = 500  /* below this the colour is frozen and shown grey */
};

/* What an account's health is. */
struct cn_health_score {
    bool has_points;
    int32_t points;
    enum cn_band band;
    bool is_grey;
    int32_t confidence;
    int32_t scorecard; /* index in the model; -1: none applies */
    uint64_t fired;    /* bit i: exception i of the scorecard */
};

/* The tree of an account's own, where the scorecard takes children. */
struct cn_health_own {
    int32_t points; /* before children and exceptions; below 0: none */
    int32_t confidence;
    int32_t scorecard;
    uint32_t member; /* scratch of health/family.c */
    uint64_t fired;  /* exceptions that are true */
};

/* The health of all rows, packed, since a round of all rows reads and compares all of it. */
struct cn_health_state {
    struct cn_column points; /* I64, missing where there is none; for lists: read only */
    int64_t *status;         /* band, grey, confidence and scorecard: see cn_health_state_get() */
    uint64_t *fired;
    size_t rows;
    size_t capacity;
    struct cn_health_own *own;       /* NULL unless a scorecard takes children */
    struct cn_bitmap parents;        /* the rows of which `own` says something */
    struct cn_health_state *shadows; /* by cn_scorecard.shadow; scorecard -1: it does not apply */
    size_t shadow_count;
};

void cn_health_state_init(struct cn_health_state *state);
void cn_health_state_deinit(struct cn_health_state *state);
void cn_health_state_resize(struct cn_health_state *state, size_t rows);

/* Makes room for what the model needs besides scores: shadows, and own trees of parents. */
void cn_health_state_prepare(struct cn_health_state *state, const struct cn_health_model *model);

/* Another model goes on with this state: shadows of the same name keep theirs. */
void cn_health_state_move_shadows(struct cn_health_state *state, const struct cn_health_model *from,
                                  const struct cn_health_model *to);

struct cn_health_score cn_health_state_get(const struct cn_health_state *state, size_t row);

/* Those that are grey of the 64 rows of a word of a set, by bit. */
uint64_t cn_health_state_grey(const struct cn_health_state *state, size_t word);

/* Puts a known score there: from history at start, or from another model (scorecard -1). */
void cn_health_state_set(struct cn_health_state *state, size_t row,
                         const struct cn_health_score *score);

/* The point that a person sees: rounded, but never across the border of the band that the score is
 * in (49.6 in red shows 49). */
int64_t cn_health_display(const struct cn_scorecard *card, const struct cn_health_score *score);

struct cn_health_change {
    uint32_t row;
    struct cn_health_score before;
    struct cn_health_score after;
    bool is_history; /* displayed point, band, grey, fired exceptions or scorecard changed */
    uint32_t shadow; /* of a shadow's score: which one */
};

struct cn_health_changes {
    /* On the heap.  Block after block; ascending by row if a scorecard takes children. */
    struct cn_health_change *items;
    size_t count;
    size_t capacity;
};

void cn_health_changes_deinit(struct cn_health_changes *changes);

/* Health as a consumer of the program's rules (frame/rules.h): the pass moves `state` on and adds
 * to `changes` (may be NULL) each row that is different in anything.  Free rows lose their score.
 * Valid while `arena` is; `state` has the frame's rows. */
struct cn_rule_consumer cn_health_consumer(const struct cn_health_model *model,
                                           struct cn_health_state *state,
                                           struct cn_health_changes *changes,
                                           struct cn_arena *arena);

/* The same, what moved in shadows is added to `shadow_changes` (may be NULL; in no order), and
 * parents whose score moved with their children join `dirty` (may be NULL): rules that read it are
 * then evaluated for them, too. */
struct cn_rule_consumer cn_health_consumer_with(const struct cn_health_model *model,
                                                struct cn_health_state *state,
                                                struct cn_health_changes *changes,
                                                struct cn_health_changes *shadow_changes,
                                                struct cn_bitmap *dirty, struct cn_arena *arena);

/* Where the columns health.score and the others are filled from. */
void cn_health_bind(const struct cn_health_model *model, struct cn_frame *frame,
                    const struct cn_health_state *state);

/*
 * Health alone: scores `rows` of the frame (NULL: all live ones) whose columns are filled, moves
 * `state` on and adds to `changes` (may be NULL) each row that is different in anything.  Blocks
 * without a member of `rows` cost nothing.  `arena` is scratch for the call.
 *
 * Free rows lose their score.  Fails with CN_INTERNAL only.
 */
CN_MUST_CHECK bool cn_health_evaluate(const struct cn_health_model *model,
                                      const struct cn_frame *frame, const struct cn_bitmap *rows,
                                      struct cn_health_state *state,
                                      struct cn_health_changes *changes, struct cn_arena *arena,
                                      struct cn_error *err);

/* The next colour: what bands say of the points, given the colour before. */
enum cn_band cn_health_next_band(const struct cn_health_bands *bands, int32_t points,
                                 enum cn_band before);

/* Adds the rows with one of the bands of `mask` (1 << enum cn_band) to `into`. */
void cn_health_where_band(struct cn_bitmap *into, const struct cn_health_state *state,
                          unsigned mask);

#endif
