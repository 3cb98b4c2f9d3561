/* The tree of one account: what each part contributes, and on which facts it rests. */
#include "health/explain.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "health/grade.h"
#include "health/items.h"
#include "health/split.h"

const char *const cn_explain_kind_names[CN_EXPLAIN_KINDS] = { "group",     "measure",   "exception",
                                                              "bound",     "children",  "rules",
                                                              "scorecard", "judgement", "rest" };

enum {
    REASON_MAX_BYTES = 200,
    BECAUSE_MAX_BYTES = 2000
};

/* From the top: what a group got is split among its children and its floor or cap. */
static void split_group(const struct cn_scored *scored, uint32_t g, double *ideals, int32_t *parts,
                        struct cn_arena *arena, int32_t *points, int32_t *bounds)
{
    const struct cn_scorecard *card = scored->card;
    double whole = scored->nodes[g].score;
    double scale = whole > 0 ? (double)points[g] / whole : scored->overall[g] * 1000.0;
    size_t count = 0;
    for (uint32_t n = g + 1; n < card->nodes[g].end; n = card->nodes[n].end) {
        ideals[count++] = scored->share[n] * scored->nodes[n].score * scale;
    }
    ideals[count] = scored->nodes[g].bound * scale;
    cn_split(points[g], ideals, count + 1, arena, parts);
    bounds[g] = parts[count];
    count = 0;
    for (uint32_t n = g + 1; n < card->nodes[g].end; n = card->nodes[n].end) {
        points[n] = parts[count++];
    }
}

void cn_explain_contribute(const struct cn_scored *scored, struct cn_arena *arena, int32_t *points,
                           int32_t *bounds)
{
    const struct cn_scorecard *card = scored->card;
    double *ideals = cn_arena_array(arena, double, card->node_count + 1);
    int32_t *parts = cn_arena_array(arena, int32_t, card->node_count + 1);
    double shares[] = { scored->own_share * (double)scored->own,
                        scored->children_share * scored->children_score * 1000.0 };
    int32_t halves[2] = { scored->base, 0 };
    if (scored->children_share > 0) {
        shares[0] = scored->own_share > 0 ? shares[0] : 0;
        cn_split(scored->base, shares, 2, arena, halves);
    }
    points[0] = halves[0];
    for (uint32_t g = 0; g < card->node_count; g++) {
        if (card->nodes[g].kind == CN_HEALTH_GROUP && scored->nodes[g].is_valid) {
            split_group(scored, g, ideals, parts, arena, points, bounds);
        }
    }
}

static cn_str reason_of(const struct cn_health_node *node, const struct cn_tree_node *got,
                        struct cn_arena *arena)
{
    char text[REASON_MAX_BYTES] = "";
    if (node->kind == CN_HEALTH_GROUP) {
        if (!got->is_valid && got->count < node->needs) {
            (void)snprintf(text, sizeof(text), "%u of the %u parts that it needs: left out",
                           got->count, node->needs);
            return cn_arena_str(arena, cn_str_of(text));
        }
        return got->is_valid ? CN_STR("") : CN_STR("too little data: left out");
    }
    if (got->has_data && got->freshness < 1) {
        (void)snprintf(text, sizeof(text), "data is %.0f days old, counts in full for %.0f",
                       got->age_days, node->validity_days);
        return cn_arena_str(arena, cn_str_of(text));
    }
    if (got->has_data) {
        return CN_STR("");
    }
    switch (node->missing) {
    case CN_MISSING_SKIP:
        return CN_STR("no data: left out");
    case CN_MISSING_ZERO:
        return CN_STR("no data: counts as 0");
    case CN_MISSING_NEUTRAL:
        (void)snprintf(text, sizeof(text), "no data: counts as %g", node->neutral);
        return cn_arena_str(arena, cn_str_of(text));
    case CN_MISSING_BLOCK:
        return CN_STR("no data: no score without it");
    }
    return CN_STR("");
}

static bool add_facts(const struct cn_explain_at *at, uint32_t rule, struct cn_arena *arena,
                      struct cn_explain_item *item, struct cn_error *err)
{
    size_t count = 0;
    if (rule == CN_NO_RULE) {
        return true;
    }
    const uint32_t *columns = cn_health_rule_columns(at->model, rule, &count);
    struct cn_fact *facts = cn_arena_array(arena, struct cn_fact, item->fact_count + count);
    if (item->fact_count > 0) {
        memcpy(facts, item->facts, item->fact_count * sizeof(*facts));
    }
    item->facts = facts;
    for (size_t i = 0; i < count; i++) {
        if (!cn_frame_fact(at->frame, columns[i], at->row, &at->when, arena,
                           &facts[item->fact_count], err)) {
            return false;
        }
        item->fact_count++;
    }
    return true;
}

/* What a single fact says in its own unit says more than the bare number. */
static cn_str raw_text(const struct cn_explain_at *at, const struct cn_health_node *node,
                       const struct cn_explain_item *item, struct cn_arena *arena)
{
    size_t count = 0;
    (void)cn_health_rule_columns(at->model, node->rule, &count); /* only how many */
    if (count == 1) {
        const struct cn_column_set *set = cn_frame_columns(at->frame);
        uint32_t column = cn_health_rule_columns(at->model, node->rule, &count)[0];
        bool is_number = set->items[column].spec.type == CN_COLUMN_F64;
        if (!is_number || cn_str_equal(set->items[column].name, cn_str_trim(node->text))) {
            assert(item->fact_count > 0);
            return item->facts[0].value_text;
        }
    }
    return item->has_raw ? cn_number_text(arena, item->raw, "") : CN_STR("missing");
}

static bool make_node(const struct cn_explain_at *at, const struct cn_scored *scored, uint32_t n,
                      struct cn_arena *arena, struct cn_explain_item *item, struct cn_error *err)
{
    const struct cn_health_node *node = &scored->card->nodes[n];
    const struct cn_tree_node *got = &scored->nodes[n];
    *item = (struct cn_explain_item){
        .path = node->path,
        .depth = node->depth,
        .name = node->name,
        .kind = node->kind == CN_HEALTH_GROUP ? CN_EXPLAIN_GROUP : CN_EXPLAIN_MEASURE,
        .weight = scored->share[n],
        .has_value = got->is_valid,
        .value = got->score,
        .freshness = got->freshness,
        .reason = reason_of(node, got, arena),
        .rule = node->text,
    };
    if (node->kind == CN_HEALTH_GROUP) {
        return true;
    }
    item->has_raw = scored->present[node->rule];
    item->raw = got->raw;
    if (!add_facts(at, node->rule, arena, item, err) ||
        !add_facts(at, node->age_rule, arena, item, err)) {
        return false;
    }
    item->raw_text = raw_text(at, node, item, arena);
    return true;
}

static cn_str exception_reason(const struct cn_health_exception *exception, bool has_fired,
                               int32_t bent, struct cn_arena *arena)
{
    static const char *const verbs[] = { "caps at", "lifts to", "sets to" };
    char text[REASON_MAX_BYTES];
    if (!has_fired) {
        return CN_STR("no longer true");
    }
    (void)snprintf(text, sizeof(text), "%s %g%s", verbs[exception->kind],
                   (double)exception->points / 1000, bent == 0 ? ", without effect" : "");
    return cn_arena_str(arena, cn_str_of(text));
}

static bool make_exception(const struct cn_explain_at *at, const struct cn_scored *scored,
                           size_t index, struct cn_arena *arena, struct cn_explain_item *item,
                           struct cn_error *err)
{
    const struct cn_health_exception *exception = &scored->card->exceptions[index];
    char path[32];
    (void)snprintf(path, sizeof(path), "exceptions/%zu", index + 1);
    bool has_fired = (scored->fired >> index & 1) != 0;
    *item = (struct cn_explain_item){
        .path = cn_arena_str(arena, cn_str_of(path)),
        .depth = 1,
        .name = exception->because,
        .kind = CN_EXPLAIN_EXCEPTION,
        .points = scored->bent[index],
        .freshness = 1,
        .reason = exception_reason(exception, has_fired, scored->bent[index], arena),
        .rule = exception->text,
    };
    return add_facts(at, exception->rule, arena, item, err);
}

cn_str cn_health_because(const struct cn_scorecard *card, uint64_t fired, struct cn_arena *arena)
{
    struct cn_buf buf;
    cn_buf_init(&buf, BECAUSE_MAX_BYTES);
    for (size_t i = 0; i < card->exception_count; i++) {
        if ((fired >> i & 1) != 0) {
            cn_buf_add_str(&buf, buf.len > 0 ? CN_STR("; ") : CN_STR(""));
            cn_buf_add_str(&buf, card->exceptions[i].because);
        }
    }
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}

/* What the floor or the cap of a group did, below the group. */
static struct cn_explain_item make_bound(const struct cn_scored *scored, uint32_t n, bool is_floor,
                                         struct cn_arena *arena)
{
    const struct cn_health_node *node = &scored->card->nodes[n];
    const char *name = is_floor ? "floor" : "cap";
    char text[REASON_MAX_BYTES];
    struct cn_buf path;
    cn_buf_init(&path, BECAUSE_MAX_BYTES);
    cn_buf_add_str(&path, node->path);
    cn_buf_add_str(&path, CN_STR("/"));
    cn_buf_add_str(&path, cn_str_of(name));
    if (scored->nodes[n].bound == 0) {
        (void)snprintf(text, sizeof(text), "no longer needed");
    } else {
        (void)snprintf(text, sizeof(text),
                       is_floor ? "the group is at least %g" : "the group is at most %g",
                       is_floor ? node->floor : node->cap);
    }
    struct cn_explain_item item = { .path = cn_arena_str(arena, cn_buf_str(&path)),
                                    .depth = node->depth + 1,
                                    .name = cn_arena_str(arena, cn_str_of(name)),
                                    .kind = CN_EXPLAIN_BOUND,
                                    .freshness = 1,
                                    .reason = cn_arena_str(arena, cn_str_of(text)) };
    cn_buf_deinit(&path);
    return item;
}

/* Of a group that had a floor at the one moment and a cap at the other, the one of `scored`. */
static bool has_bound(const struct cn_scored *scored, const struct cn_scored *other, uint32_t n,
                      bool *is_floor_out)
{
    double bound = scored->nodes[n].bound;
    if (bound == 0 && other != NULL) {
        bound = other->nodes[n].bound;
    }
    *is_floor_out = bound > 0;
    return bound != 0;
}

/* *own_out: what the account's own tree contributes. */
static bool add_nodes(const struct cn_explain_at *at, const struct cn_scored *scored,
                      const struct cn_scored *other, struct cn_arena *arena,
                      struct cn_explain_lines *lines, int32_t *own_out, struct cn_error *err)
{
    const struct cn_scorecard *card = scored->card;
    struct cn_explanation *out = &lines->out;
    int32_t *points = cn_arena_array(arena, int32_t, card->node_count);
    int32_t *bounds = cn_arena_array(arena, int32_t, card->node_count);
    bool is_floor = false;
    if (scored->has_points) {
        cn_explain_contribute(scored, arena, points, bounds);
    }
    *own_out = points[0];
    for (uint32_t n = 1; n < card->node_count; n++) {
        lines->node[n] = (uint32_t)out->count;
        if (!make_node(at, scored, n, arena, &out->items[out->count], err)) {
            return false;
        }
        out->items[out->count++].points = points[n];
        if (has_bound(scored, other, n, &is_floor)) {
            lines->bound[n] = (uint32_t)out->count;
            out->items[out->count] = make_bound(scored, n, is_floor, arena);
            out->items[out->count++].points = bounds[n];
        }
    }
    return true;
}

/* None is known yet. */
static uint32_t *new_lines(struct cn_arena *arena, size_t count)
{
    uint32_t *lines = cn_arena_array(arena, uint32_t, count + 1);
    memset(lines, 0xFF, (count + 1) * sizeof(*lines));
    return lines;
}

bool cn_explain_items(const struct cn_explain_at *at, const struct cn_scored *scored,
                      const struct cn_scored *other, struct cn_arena *arena,
                      struct cn_explain_lines *lines_out, struct cn_error *err)
{
    struct cn_explain_lines lines = { .out.score = cn_scored_score(scored, at->band_before) };
    struct cn_explanation *out = &lines.out;
    const struct cn_scorecard *card = scored->card;
    if (card == NULL) {
        *lines_out = lines;
        return true;
    }
    uint64_t exceptions = scored->fired | (other != NULL ? other->fired : 0);
    out->scorecard = card->name;
    out->because = cn_health_because(card, scored->fired, arena);
    out->items =
        cn_arena_array(arena, struct cn_explain_item,
                       card->node_count * 2 + card->exception_count + CN_CHILD_LINES_MAX + 4);
    lines.node = new_lines(arena, card->node_count);
    lines.bound = new_lines(arena, card->node_count);
    lines.exception = new_lines(arena, card->exception_count);
    int32_t own = 0;
    if (!add_nodes(at, scored, other, arena, &lines, &own, err)) {
        return false;
    }
    cn_explain_children(at, scored, other, scored->has_points ? scored->base - own : 0, arena,
                        &lines);
    for (size_t i = 0; i < card->exception_count; i++) {
        if ((exceptions >> i & 1) == 0) {
            continue;
        }
        lines.exception[i] = (uint32_t)out->count;
        if (!make_exception(at, scored, i, arena, &out->items[out->count], err)) {
            return false;
        }
        out->count++;
    }
    *lines_out = lines;
    return true;
}

void cn_explain_grade(const struct cn_scorecard *card, struct cn_arena *arena,
                      struct cn_explanation *out)
{
    const struct cn_health_score first = { .has_points = out->score.has_points,
                                           .points = out->effective,
                                           .band = out->effective_band };
    out->grade = card != NULL ? cn_arena_str(arena, cn_health_grade(card, &first)) : CN_STR("");
}

bool cn_health_explain_by(const struct cn_explain_at *at, int32_t scorecard, struct cn_arena *arena,
                          struct cn_explanation *explanation_out, struct cn_error *err)
{
    struct cn_scored scored;
    struct cn_explain_lines lines;
    cn_scored_make(at, scorecard, arena, &scored);
    if (!cn_explain_items(at, &scored, NULL, arena, &lines, err)) {
        return false;
    }
    lines.out.effective = lines.out.score.points;
    lines.out.effective_band = lines.out.score.band;
    if (scored.has_points && scorecard < 0) {
        cn_explain_override(at, arena, &lines.out);
    }
    cn_explain_grade(scored.card, arena, &lines.out);
    *explanation_out = lines.out;
    return true;
}

bool cn_health_explain(const struct cn_explain_at *at, struct cn_arena *arena,
                       struct cn_explanation *explanation_out, struct cn_error *err)
{
    return cn_health_explain_by(at, -1, arena, explanation_out, err);
}
