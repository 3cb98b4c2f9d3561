/*
 * Why 9 less: for each measure mean weight x change of value + mean value x change of weight, which
 * adds up to the change of the score before exceptions whatever else happened, since w2 s2 - w1 s1
 * = (w1 + w2)/2 (s2 - s1) + (s1 + s2)/2 (w2 - w1).
 */
#include <string.h>

#include "health/items.h"
#include "health/split.h"

/* The value of a measure that does not count at one end is taken to be that of the other end: all
 * of its change is then a change of weight. */
static double leaf_change(const struct cn_scored *a, const struct cn_scored *b, uint32_t n)
{
    double wa = a->overall[n];
    double wb = b->overall[n];
    double sa = wa > 0 || wb == 0 ? a->nodes[n].score : b->nodes[n].score;
    double sb = wb > 0 || wa == 0 ? b->nodes[n].score : a->nodes[n].score;
    return ((wa + wb) / 2 * (sb - sa) + (sa + sb) / 2 * (wb - wa)) * 1000.0;
}

/* Whole thousandths for the measures, added up for the groups. */
static void node_changes(const struct cn_scored *a, const struct cn_scored *b,
                         struct cn_arena *arena, int32_t *changes)
{
    const struct cn_scorecard *card = b->card;
    double *ideals = cn_arena_array(arena, double, card->node_count);
    for (uint32_t n = 0; n < card->node_count; n++) {
        if (card->nodes[n].kind == CN_HEALTH_MEASURE) {
            ideals[n] = leaf_change(a, b, n);
        }
    }
    cn_split(b->base - a->base, ideals, card->node_count, arena, changes);
    for (size_t i = card->node_count; i > 1; i--) {
        changes[card->nodes[i - 1].parent] += changes[i - 1];
    }
}

static void add_rest(struct cn_explanation *explanation, int32_t rest)
{
    explanation->items[explanation->count++] = (struct cn_explain_item){
        .path = CN_STR("rest"),
        .depth = 1,
        .name = CN_STR("rules, scorecard or earlier facts changed"),
        .kind = CN_EXPLAIN_REST,
        .freshness = 1,
        .has_change = true,
        .change = rest,
    };
}

bool cn_health_explain_change(const struct cn_explain_at *before, const struct cn_explain_at *after,
                              struct cn_arena *arena, struct cn_explanation *explanation_out,
                              struct cn_error *err)
{
    struct cn_scored now;
    struct cn_scored then;
    struct cn_scored same_rules;
    struct cn_explain_at replayed = *before;
    struct cn_explanation out;
    replayed.model = after->model;
    cn_scored_make(after, -1, arena, &now);
    cn_scored_make(before, -1, arena, &then);
    bool had_points = before->shown != NULL ? before->shown->has_points : then.has_points;
    int32_t had = before->shown != NULL ? before->shown->points : then.points;
    if (!now.has_points || !had_points) {
        return cn_explain_items(after, &now, now.fired, arena, explanation_out, err);
    }
    cn_scored_make(&replayed, now.card_index, arena, &same_rules);
    const struct cn_scored *from = same_rules.has_points ? &same_rules : &now;
    if (!cn_explain_items(after, &now, now.fired | from->fired, arena, &out, err)) {
        return false;
    }
    int32_t *changes = cn_arena_array(arena, int32_t, now.card->node_count);
    node_changes(from, &now, arena, changes);
    for (uint32_t n = 1; n < now.card->node_count; n++) {
        out.items[n - 1].has_change = true;
        out.items[n - 1].change = changes[n];
    }
    size_t next = now.card->node_count - 1;
    for (size_t i = 0; i < now.card->exception_count; i++) {
        if (((now.fired | from->fired) >> i & 1) != 0) {
            out.items[next].has_change = true;
            out.items[next++].change = now.bent[i] - from->bent[i];
        }
    }
    if (from->points != had) {
        add_rest(&out, from->points - had);
    }
    out.has_change = true;
    out.change = now.points - had;
    *explanation_out = out;
    return true;
}
