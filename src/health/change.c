/*
 * Why 9 less: for each measure mean weight x change of value + mean value x change of weight, which
 * adds up to the change of the score before exceptions whatever else happened, since w2 s2 - w1 s1
 * = (w1 + w2)/2 (s2 - s1) + (s1 + s2)/2 (w2 - w1).
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "health/items.h"
#include "health/split.h"

enum {
    NAME_MAX_BYTES = 300,
    WHOLE_POINT = 1000
};

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

/* The same for what the floor or cap of a group added, which weighs what the group does. */
static double bound_change(const struct cn_scored *a, const struct cn_scored *b, uint32_t n)
{
    double wa = a->overall[n];
    double wb = b->overall[n];
    double sa = a->nodes[n].bound;
    double sb = b->nodes[n].bound;
    return ((wa + wb) / 2 * (sb - sa) + (sa + sb) / 2 * (wb - wa)) * 1000.0;
}

struct changes {
    int32_t *nodes;    /* by node; groups have those of their parts */
    int32_t *bounds;   /* by node */
    int32_t *children; /* by child */
    int32_t all_children;
};

/* Whole thousandths for the measures, bounds and children, added up for the groups. */
static struct changes split_change(const struct cn_scored *a, const struct cn_scored *b,
                                   const struct cn_child_lines *children, struct cn_arena *arena)
{
    const struct cn_scorecard *card = b->card;
    const size_t count = card->node_count;
    const size_t all = count * 2 + children->union_count;
    double *ideals = cn_arena_array(arena, double, all);
    int32_t *parts = cn_arena_array(arena, int32_t, all);
    struct changes changes = { .nodes = cn_arena_array(arena, int32_t, count),
                               .bounds = parts + count,
                               .children = parts + count * 2 };
    for (uint32_t n = 0; n < count; n++) {
        if (card->nodes[n].kind == CN_HEALTH_MEASURE) {
            ideals[n] = leaf_change(a, b, n);
        } else {
            ideals[count + n] = bound_change(a, b, n);
        }
    }
    cn_explain_child_changes(children, ideals + count * 2);
    cn_split(b->base - a->base, ideals, all, arena, parts);
    for (size_t i = 0; i < count; i++) {
        changes.nodes[i] = parts[i] + changes.bounds[i];
    }
    for (size_t i = count; i > 1; i--) {
        changes.nodes[card->nodes[i - 1].parent] += changes.nodes[i - 1];
    }
    for (size_t i = 0; i < children->union_count; i++) {
        changes.all_children += changes.children[i];
    }
    return changes;
}

/* One account at both moments.  A change goes in steps: from what history shows of the earlier
 * moment to its facts as they are known now (`then`), under the rules of now (`ruled`), under the
 * scorecard that applies now (`carded`), to the facts of the later moment with the sentiment of the
 * earlier one (`unsaid`), to those with its own (`now`), to what history shows of that. */
struct ends {
    const struct cn_explain_at *before;
    const struct cn_explain_at *after;
    struct cn_explain_at replayed;
    struct cn_scored then;
    struct cn_scored ruled;
    struct cn_scored carded;
    struct cn_scored now;
    struct cn_scored unsaid;    /* `now` with the sentiment of then, if that is another one */
    const struct cn_scored *to; /* that, or `now` */
    int32_t sentiment;
    const struct cn_scored *from; /* `carded`, or `now` if there is no such score */
    int32_t had;
    int32_t has;
    /* What the steps add that are no facts. */
    int32_t rest;
    int32_t rules;
    int32_t scorecard;
};

static bool has_points(const struct cn_explain_at *at, const struct cn_scored *scored,
                       int32_t *points_out)
{
    *points_out = at->shown != NULL ? at->shown->points : scored->points;
    return at->shown != NULL ? at->shown->has_points : scored->has_points;
}

/* False: without a score at one of the moments there is no change. */
static bool score_ends(struct ends *ends, struct cn_arena *arena)
{
    const struct cn_explain_at *before = ends->before;
    cn_scored_make(before, -1, arena, &ends->then);
    if (!has_points(before, &ends->then, &ends->had) ||
        !has_points(ends->after, &ends->now, &ends->has) || !ends->now.has_points) {
        return false;
    }
    ends->replayed = *before;
    ends->replayed.model = ends->after->model;
    if (before->replay != NULL) {
        ends->replayed.frame = before->replay;
        ends->replayed.row = before->replay_row;
        ends->replayed.scores = before->replay_scores;
    }
    cn_scored_make(&ends->replayed, -1, arena, &ends->ruled);
    cn_scored_make(&ends->replayed, ends->now.card_index, arena, &ends->carded);
    ends->from = ends->carded.has_points ? &ends->carded : &ends->now;
    ends->to = ends->carded.has_points &&
                       cn_explain_unsaid(before, ends->after, &ends->now, arena, &ends->unsaid)
                   ? &ends->unsaid
                   : &ends->now;
    ends->sentiment = ends->now.points - ends->to->points;
    return true;
}

/* A step that has no score of its own is part of the next. */
static void take_steps(struct ends *ends)
{
    int32_t at = ends->had;
    if (ends->then.has_points) {
        ends->rest += ends->then.points - at;
        at = ends->then.points;
    }
    if (ends->ruled.has_points) {
        if (ends->before->model != ends->after->model) {
            ends->rules = ends->ruled.points - at;
        } else {
            ends->rest += ends->ruled.points - at;
        }
        at = ends->ruled.points;
    }
    if (ends->carded.has_points && ends->ruled.card_index != ends->now.card_index) {
        ends->scorecard = ends->carded.points - at;
        at = ends->carded.points;
    }
    ends->rest += ends->from->points - at + ends->has - ends->now.points;
}

static struct cn_explain_item *add_line(struct cn_explanation *out, enum cn_explain_kind kind,
                                        const char *name, int32_t change, struct cn_arena *arena)
{
    struct cn_explain_item *item = &out->items[out->count++];
    *item = (struct cn_explain_item){ .path = cn_str_of(cn_explain_kind_names[kind]),
                                      .depth = 1,
                                      .name = cn_arena_str(arena, cn_str_of(name)),
                                      .kind = kind,
                                      .freshness = 1,
                                      .has_change = true,
                                      .change = change };
    return item;
}

static void add_rules(const struct ends *ends, struct cn_arena *arena, struct cn_explanation *out)
{
    char name[NAME_MAX_BYTES] = "the rules were changed";
    if (ends->before->version > 0 && ends->after->version > 0) {
        (void)snprintf(name, sizeof(name), "the rules were changed: version %lld to %lld",
                       (long long)ends->before->version, (long long)ends->after->version);
    }
    (void)add_line(out, CN_EXPLAIN_RULES, name, ends->rules, arena);
    if (ends->then.has_points && ends->ruled.has_points) {
        out->count += cn_explain_rules(&ends->then, &ends->ruled, arena, &out->items[out->count]);
    }
}

static void add_lines(const struct ends *ends, struct cn_arena *arena, struct cn_explanation *out)
{
    char name[NAME_MAX_BYTES];
    if (ends->rules != 0) {
        add_rules(ends, arena, out);
    }
    if (ends->scorecard != 0) {
        (void)snprintf(name, sizeof(name), "another scorecard applies: %.*s, not %.*s",
                       CN_STR_ARG(ends->now.card->name), CN_STR_ARG(ends->ruled.card->name));
        (void)add_line(out, CN_EXPLAIN_SCORECARD, name, ends->scorecard, arena);
    }
    const int32_t points = ends->has - ends->now.points;
    if (ends->rest != 0 || points != 0) {
        const bool is_rounding = abs(ends->rest) < WHOLE_POINT && abs(points) < WHOLE_POINT;
        struct cn_explain_item *item = add_line(
            out, CN_EXPLAIN_REST, is_rounding ? "rounding" : "facts told later", ends->rest, arena);
        item->points = points;
        item->reason = is_rounding ? CN_STR("history has a row for each whole point")
                                   : CN_STR("told or corrected after the score was shown");
    }
}

/* The items of `out` with room for the lines that may follow. */
static void make_room(const struct ends *ends, struct cn_arena *arena, struct cn_explanation *out)
{
    enum {
        LINES = 4 + CN_SAID_LINES /* rules and what is left of them, scorecard, rest */
    };
    const struct cn_scored *scored[] = { &ends->then, &ends->ruled };
    size_t room = out->count + LINES;
    for (size_t i = 0; i < CN_ARRAY_LEN(scored); i++) {
        const struct cn_scorecard *card = scored[i]->card;
        room += card != NULL ? card->node_count * 2 + card->exception_count : 0;
    }
    struct cn_explain_item *items = cn_arena_array(arena, struct cn_explain_item, room);
    memcpy(items, out->items, out->count * sizeof(*items));
    out->items = items;
}

static struct cn_explain_item *changed(struct cn_explanation *out, uint32_t line, int32_t change)
{
    struct cn_explain_item *item = &out->items[line];
    item->has_change = true;
    item->change = change;
    return item;
}

/* Bounds and exceptions that are there with the old sentiment alone have no line: what they did is
 * part of what the new one does. */
static void keep_unlined(struct ends *ends, const struct cn_explain_lines *lines,
                         struct changes *changes)
{
    const struct cn_scorecard *card = ends->now.card;
    for (uint32_t n = 1; n < card->node_count; n++) {
        const int32_t bound = lines->bound[n] == CN_NO_LINE ? changes->bounds[n] : 0;
        ends->sentiment += bound;
        for (uint32_t above = n; bound != 0 && above > 0; above = card->nodes[above].parent) {
            changes->nodes[above] -= bound;
        }
    }
    for (size_t i = 0; i < card->exception_count; i++) {
        if (lines->exception[i] == CN_NO_LINE) {
            ends->sentiment += ends->to->bent[i] - ends->from->bent[i];
        }
    }
}

/* What the tree's own rows changed by, and what they were. */
static bool change_items(struct ends *ends, struct cn_arena *arena, struct cn_explain_lines *lines,
                         struct cn_error *err)
{
    const struct cn_scorecard *card = ends->now.card;
    struct cn_explanation *out = &lines->out;
    struct cn_explain_lines was = { 0 };
    if (ends->from == &ends->carded &&
        !cn_explain_items(&ends->replayed, &ends->carded, NULL, arena, &was, err)) {
        return false;
    }
    struct changes changes = split_change(ends->from, ends->to, &lines->child, arena);
    keep_unlined(ends, lines, &changes);
    for (uint32_t n = 1; n < card->node_count; n++) {
        struct cn_explain_item *item = changed(out, lines->node[n], changes.nodes[n]);
        if (was.node != NULL) {
            item->was_text = was.out.items[was.node[n]].raw_text;
        }
        if (lines->bound[n] != CN_NO_LINE) {
            (void)changed(out, lines->bound[n], changes.bounds[n]);
        }
    }
    if (lines->children != CN_NO_LINE) {
        (void)changed(out, lines->children, changes.all_children);
    }
    for (size_t i = 0; i < lines->child.union_count; i++) {
        struct cn_explain_item *item = &out->items[lines->child.first + lines->child.line[i]];
        item->has_change = true;
        item->change += changes.children[i];
    }
    for (size_t i = 0; i < card->exception_count; i++) {
        if (lines->exception[i] != CN_NO_LINE) {
            (void)changed(out, lines->exception[i], ends->to->bent[i] - ends->from->bent[i]);
        }
    }
    return true;
}

bool cn_health_explain_change(const struct cn_explain_at *before, const struct cn_explain_at *after,
                              struct cn_arena *arena, struct cn_explanation *explanation_out,
                              struct cn_error *err)
{
    struct ends ends = { .before = before, .after = after };
    struct cn_explain_lines lines;
    struct cn_explanation *out = &lines.out;
    cn_scored_make(after, -1, arena, &ends.now);
    bool has_change = score_ends(&ends, arena);
    if (!cn_explain_items(after, &ends.now, has_change ? ends.from : NULL, arena, &lines, err)) {
        return false;
    }
    if (!has_change) {
        out->effective = out->score.points;
        out->effective_band = out->score.band;
        if (ends.now.has_points) {
            cn_explain_override(after, arena, out);
        }
        cn_explain_grade(ends.now.card, arena, out);
        *explanation_out = *out;
        return true;
    }
    take_steps(&ends);
    make_room(&ends, arena, out);
    if (!change_items(&ends, arena, &lines, err)) {
        return false;
    }
    add_lines(&ends, arena, out);
    if (after->shown != NULL) {
        out->score = *after->shown;
        out->score.scorecard = ends.now.card_index;
    }
    out->has_change = true;
    cn_explain_said_lines(before, after, ends.sentiment, ends.had, ends.has, arena, out);
    cn_explain_grade(ends.now.card, arena, out);
    *explanation_out = *out;
    return true;
}
