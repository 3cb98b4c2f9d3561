#include "health/scored.h"

#include <stdlib.h>

#include "health/family.h"
#include "health/status.h"

/* Evaluates the rule unless it is known already. */
static void evaluate(const struct cn_explain_at *at, const struct cn_cel_batch *batch, size_t row,
                     uint32_t rule, struct cn_arena *arena, struct cn_scored *scored)
{
    if (rule == CN_NO_RULE) {
        return;
    }
    const struct cn_cel_expr *expr = cn_rules_expr(at->model->rules, at->model->rule_numbers[rule]);
    struct cn_cel_value value = cn_cel_eval_batch_row(expr, batch, row, arena);
    scored->present[rule] = value.kind == CN_CEL_DOUBLE || value.kind == CN_CEL_BOOL;
    scored->values[rule] = value.kind == CN_CEL_BOOL ? value.as.flag : value.as.f64;
    if (!scored->present[rule]) {
        scored->values[rule] = 0;
    }
}

static bool is_true(const struct cn_scored *scored, uint32_t rule)
{
    return scored->present[rule] && scored->values[rule] != 0;
}

static int32_t choose(const struct cn_explain_at *at, const struct cn_cel_batch *batch, size_t row,
                      struct cn_arena *arena, struct cn_scored *scored)
{
    for (size_t i = 0; i < at->model->scorecard_count; i++) {
        uint32_t rule = at->model->scorecards[i].applies_rule;
        if (at->model->scorecards[i].is_shadow) {
            continue;
        }
        evaluate(at, batch, row, rule, arena, scored);
        if (rule == CN_NO_RULE || is_true(scored, rule)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void share_weights(struct cn_scored *scored)
{
    const struct cn_scorecard *card = scored->card;
    scored->share[0] = 1;
    scored->overall[0] = scored->own_share;
    for (uint32_t n = 1; n < card->node_count; n++) {
        uint32_t parent = card->nodes[n].parent;
        bool counts = scored->nodes[n].is_valid && scored->nodes[parent].is_valid;
        scored->share[n] =
            counts ? card->nodes[n].weight / scored->nodes[parent].weight_valid : 0.0;
        scored->overall[n] = scored->share[n] * scored->overall[parent];
    }
}

static void bend(struct cn_scored *scored)
{
    const struct cn_scorecard *card = scored->card;
    scored->points = scored->base;
    for (size_t i = 0; i < card->exception_count; i++) {
        if (!is_true(scored, card->exceptions[i].rule)) {
            continue;
        }
        scored->fired |= UINT64_C(1) << i;
        if (scored->has_points) {
            int32_t points = cn_health_bend(&card->exceptions[i], scored->points);
            scored->bent[i] = points - scored->points;
            scored->points = points;
        }
    }
}

static int by_account(const void *a, const void *b)
{
    int64_t x = ((const struct cn_scored_child *)a)->account_id;
    int64_t y = ((const struct cn_scored_child *)b)->account_id;
    return (x > y) - (x < y);
}

static void add_child(const struct cn_explain_at *at, size_t row, struct cn_family_sum *sum,
                      struct cn_scored *scored)
{
    enum cn_children take = scored->card->children;
    struct cn_health_score score = cn_health_state_get(at->scores, row);
    uint64_t weight = cn_family_row_weight(at->model, at->frame, take, row);
    int64_t account_id = cn_frame_accounts(at->frame)[row];
    cn_family_add(sum, take, account_id, weight, &score);
    if (score.has_points && weight > 0) {
        scored->children[scored->child_count++] =
            (struct cn_scored_child){ .account_id = account_id,
                                      .row = (uint32_t)row,
                                      .weight = weight,
                                      .score = (double)score.points / 1000 };
    }
}

/* What each child is of the parent's score. */
static void share_children(const struct cn_family_sum *sum, struct cn_scored *scored)
{
    for (size_t i = 0; i < scored->child_count; i++) {
        struct cn_scored_child *child = &scored->children[i];
        double part = (double)child->weight / (double)sum->weight;
        if (scored->card->children == CN_CHILDREN_LEAST) {
            part = child->account_id == sum->least_account ? 1 : 0;
        }
        child->overall = part * scored->children_share;
    }
    if (scored->child_count > 0) {
        qsort(scored->children, scored->child_count, sizeof(*scored->children), by_account);
    }
}

/* The children of the account join its own tree. */
static void take_children(const struct cn_explain_at *at, struct cn_arena *arena,
                          struct cn_scored *scored)
{
    struct cn_family_sum sum = { 0 };
    uint32_t parent = 0;
    size_t rows = cn_frame_rows(at->frame);
    scored->own = scored->base;
    scored->own_share = 1;
    if (scored->card->children == CN_CHILDREN_NONE || at->scores == NULL) {
        return;
    }
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        count += cn_family_parent(at->model, at->frame, row, &parent) && parent == at->row;
    }
    scored->children = cn_arena_array(arena, struct cn_scored_child, count + 1);
    for (size_t row = 0; row < rows; row++) {
        if (cn_family_parent(at->model, at->frame, row, &parent) && parent == at->row) {
            add_child(at, row, &sum, scored);
        }
    }
    struct cn_family_blend blend =
        cn_family_blend(scored->card, scored->own, scored->confidence, &sum);
    scored->own_share = blend.own_share;
    scored->children_share = blend.children_share;
    scored->children_score = blend.children / 1000;
    scored->base = blend.points;
    scored->confidence = blend.confidence;
    share_children(&sum, scored);
}

void cn_scored_make(const struct cn_explain_at *at, int32_t card_index, struct cn_arena *arena,
                    struct cn_scored *scored_out)
{
    const struct cn_health_model *model = at->model;
    size_t first = at->row - at->row % CN_BLOCK_ROWS;
    size_t row = at->row - first;
    const struct cn_cel_cells *cells = cn_frame_cells(at->frame, arena);
    struct cn_cel_batch batch =
        cn_frame_batch(at->frame, cells, cn_rules_strings(model->rules), first);
    struct cn_scored scored = { .values = cn_arena_array(arena, double, model->rule_count),
                                .present = cn_arena_array(arena, bool, model->rule_count) };
    scored.card_index = card_index >= 0 ? card_index : choose(at, &batch, row, arena, &scored);
    if (scored.card_index >= 0) {
        const struct cn_scorecard *card = &model->scorecards[scored.card_index];
        scored.card = card;
        for (uint32_t n = 0; n < card->node_count; n++) {
            evaluate(at, &batch, row, card->nodes[n].rule, arena, &scored);
            evaluate(at, &batch, row, card->nodes[n].age_rule, arena, &scored);
        }
        for (size_t i = 0; i < card->exception_count; i++) {
            evaluate(at, &batch, row, card->exceptions[i].rule, arena, &scored);
        }
        scored.nodes = cn_arena_array(arena, struct cn_tree_node, card->node_count);
        scored.share = cn_arena_array(arena, double, card->node_count);
        scored.overall = cn_arena_array(arena, double, card->node_count);
        scored.bent = cn_arena_array(arena, int32_t, card->exception_count);
        cn_tree_score(card, scored.values, scored.present, scored.nodes, &scored.base,
                      &scored.confidence);
        take_children(at, arena, &scored);
        scored.has_points = scored.base >= 0;
        share_weights(&scored);
        bend(&scored);
    }
    *scored_out = scored;
}

struct cn_health_score cn_scored_score(const struct cn_scored *scored, enum cn_band before)
{
    struct cn_health_score score = { .scorecard = scored->card_index, .fired = scored->fired };
    if (scored->card == NULL) {
        return score;
    }
    score.has_points = scored->has_points;
    score.points = scored->has_points ? scored->points : 0;
    score.confidence = scored->confidence;
    score.is_grey = !scored->has_points || scored->confidence < CN_CONFIDENCE_GREY;
    score.band =
        score.is_grey ? before : cn_health_next_band(&scored->card->bands, score.points, before);
    return score;
}
