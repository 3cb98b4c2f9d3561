/*
 * A comparison of two programs as JSON: what the API answers and what is kept of a run.  One table,
 * so that they agree.
 *
 * Not here: what the figures are (engine/comparison.h).
 */
#ifndef CAIRN_API_COMPARISON_VIEW_H
#define CAIRN_API_COMPARISON_VIEW_H

#include "engine/comparison.h"
#include "json/field.h"

enum {
    CN_COMPARISON_MAX_BYTES = 4 * 1024 * 1024
};

struct cn_comparison_colour_view {
    int colour;
    int64_t count;
    double arr;
};

struct cn_comparison_standing_view {
    struct {
        struct cn_comparison_colour_view *items;
        size_t count;
    } colours;
    int64_t grey;
    int64_t scored;
    double mean;
    enum cn_given mean_given;
};

struct cn_comparison_day_view {
    int64_t day;
    struct cn_comparison_standing_view before;
    struct cn_comparison_standing_view after;
    int64_t moved;
};

struct cn_comparison_move_view {
    int was;
    int is;
    int64_t count;
    double arr;
};

struct cn_comparison_score_view {
    double points;
    enum cn_given points_given;
    int colour;
};

struct cn_comparison_account_view {
    cn_account_id id;
    cn_str name;
    double arr;
    double distance;
    int64_t days;
    int64_t widest_day;
    struct cn_comparison_score_view widest_before;
    struct cn_comparison_score_view widest_after;
    struct cn_comparison_score_view last_before;
    struct cn_comparison_score_view last_after;
};

struct cn_comparison_view {
    int64_t accounts;
    int64_t differ;
    struct {
        struct cn_comparison_day_view *items;
        size_t count;
    } days;
    struct {
        struct cn_comparison_move_view *items;
        size_t count;
    } moves;
    struct {
        struct cn_comparison_account_view *items;
        size_t count;
    } furthest;
    struct {
        cn_str *items;
        size_t count;
    } needs_scan;
};

extern const struct cn_fields cn_comparison_fields;

/* As a JSON object in `arena`.  Fails with CN_INTERNAL. */
CN_MUST_CHECK bool cn_comparison_write(const struct cn_comparison *comparison,
                                       struct cn_arena *arena, cn_str *json_out,
                                       struct cn_error *err);

/* What such a text says.  Fails with CN_INTERNAL if it is no such text. */
CN_MUST_CHECK bool cn_comparison_read(cn_str json, struct cn_arena *arena,
                                      struct cn_comparison_view *view_out, struct cn_error *err);

#endif
