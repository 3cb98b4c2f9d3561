/*
 * Grades: the score in a company's own words, A to F or gold to bronze.
 *
 * A view of the score and nothing else: nothing is computed from a grade, rules cannot read it, and
 * history does not keep it.  A grade is of the whole point that people see (cn_health_display()),
 * so that 84.6, which is shown as 85, has the grade that begins at 85; the two never contradict
 * each other.
 *
 *   grades: {A: 85, B: 70, C: 50, D: 30, F: 0}      name: its lower edge, [lower, next higher)
 *
 * Not here: the colours, which are state and rise with a margin (health/evaluate.h).
 */
#ifndef CAIRN_HEALTH_GRADE_H
#define CAIRN_HEALTH_GRADE_H

#include "health/evaluate.h"

/* Reads the key "grades" of a scorecard, whose shape has been checked, into card->grades, in
 * `arena`; their names are borrowed from the tree.  Adds each mistake at its place: too many, a
 * name too long, edges out of 0 to 100, out of order (an overlap), or not down to 0 (a gap). */
CN_MUST_CHECK bool cn_health_read_grades(const struct cn_node *yaml, struct cn_arena *arena,
                                         struct cn_scorecard *card,
                                         struct cn_diagnostics *problems);

/* The grade of a score by that scorecard, borrowed from it; "" without points or without grades. */
cn_str cn_health_grade(const struct cn_scorecard *card, const struct cn_health_score *score);

#endif
