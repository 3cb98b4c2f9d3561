/*
 * Scores as people are shown them: computed, or set by hand while an override lasts and the setting
 * health.effective says that it stands first.  Rules never read this.  For engine/ only.
 */
#ifndef CAIRN_ENGINE_SHOWN_H
#define CAIRN_ENGINE_SHOWN_H

#include "engine/list_columns.h"

struct cn_shown_score {
    struct cn_health_score score; /* that stands first */
    struct cn_health_score computed;
    bool has_override;
    int32_t override; /* thousandths */
    bool is_by_hand;  /* `score` is the override */
};

struct cn_shown_score cn_engine_shown(const struct cn_engine *engine, size_t row);

/* The whole point that people see; 0 by no scorecard. */
int64_t cn_engine_shown_whole(const struct cn_engine *engine, const struct cn_health_score *score);

/* What its scorecard calls the score, as people see it; borrowed from the program, "" without. */
cn_str cn_engine_shown_grade(const struct cn_engine *engine, const struct cn_health_score *score);

struct cn_json_writer;

/* The computed score of the row, as the evidence of a signal keeps it; null without one. */
void cn_engine_write_health(struct cn_json_writer *out, const struct cn_engine *engine,
                            uint32_t row);

/* Days between two touches by coverage model and the colour shown, 0: none.  What rules read as
 * cadence_days goes by the computed colour. */
double cn_engine_shown_cadence(const struct cn_engine *engine, size_t row);

/* Adds the rows with one of the bands of `mask`, as shown, to `into`. */
void cn_engine_shown_where_band(const struct cn_engine *engine, unsigned mask,
                                struct cn_bitmap *into);

/* What a list by score is sorted by; `scratch` is an empty column of I64. */
const struct cn_column *cn_engine_shown_points(const struct cn_engine *engine,
                                               struct cn_column *scratch);

/* The accounts of the rows, ascending, in `arena`; the number of them. */
size_t cn_engine_ids(const struct cn_engine *engine, const struct cn_bitmap *rows,
                     struct cn_arena *arena, int64_t **ids_out);

/* The override of a row whose record changed, at that moment. */
void cn_engine_shown_refresh(struct cn_engine *engine, uint32_t row, cn_time now);

/* Overrides that have ended since: their rows are told. */
void cn_engine_shown_end(struct cn_engine *engine, cn_time now);

#endif
