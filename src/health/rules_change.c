/* What other rules make of the same facts, measure by measure: the same measure is the one of the
 * same path, the same exception the one that gives the same reason. */
#include "base/buf.h"
#include "base/str.h"

#include "health/items.h"

enum {
    TEXT_MAX_BYTES = 300,
    PATH_MAX_BYTES = 2000
};

static const struct cn_health_node *node_of(const struct cn_scorecard *card,
                                            enum cn_health_kind kind, cn_str path,
                                            uint32_t *index_out)
{
    for (uint32_t n = 1; n < card->node_count; n++) {
        if (card->nodes[n].kind == kind && cn_str_equal(card->nodes[n].path, path)) {
            *index_out = n;
            return &card->nodes[n];
        }
    }
    return NULL;
}

static bool exception_of(const struct cn_scorecard *card, cn_str because, size_t *index_out)
{
    for (size_t i = 0; i < card->exception_count; i++) {
        if (cn_str_equal(card->exceptions[i].because, because)) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

static struct cn_explain_item line_of(cn_str path, cn_str name, int32_t change,
                                      struct cn_arena *arena)
{
    struct cn_buf buf;
    cn_buf_init(&buf, PATH_MAX_BYTES);
    cn_buf_add_str(&buf, CN_STR("rules/"));
    cn_buf_add_str(&buf, path);
    struct cn_explain_item item = { .path = cn_arena_str(arena, cn_buf_str(&buf)),
                                    .depth = 2,
                                    .name = name,
                                    .kind = CN_EXPLAIN_RULES,
                                    .freshness = 1,
                                    .has_change = true,
                                    .change = change };
    cn_buf_deinit(&buf);
    return item;
}

static cn_str what_changed(const struct cn_health_node *then, double weight_then,
                           const struct cn_health_node *now, double weight_now,
                           struct cn_arena *arena)
{
    char text[TEXT_MAX_BYTES];
    if (then == NULL) {
        return CN_STR("a new measure");
    }
    if (!cn_str_equal(then->text, now->text)) {
        (void)snprintf(text, sizeof(text), "was %.*s",
                       CN_STR_ARG(cn_str_slice(then->text, 0, TEXT_MAX_BYTES / 2)));
        return cn_arena_str(arena, cn_str_of(text));
    }
    if (weight_then != weight_now) {
        (void)snprintf(text, sizeof(text), "weighs %.1f %% of the score, was %.1f %%",
                       weight_now * 100, weight_then * 100);
        return cn_arena_str(arena, cn_str_of(text));
    }
    return CN_STR("mapped otherwise");
}

/* Both ends, with what their nodes contribute. */
struct contributed {
    const struct cn_scored *then;
    const struct cn_scored *now;
    int32_t *was;
    int32_t *was_bound;
    int32_t *is;
    int32_t *is_bound;
};

static size_t add_measures(const struct contributed *c, struct cn_arena *arena,
                           struct cn_explain_item *items)
{
    size_t count = 0;
    uint32_t o = 0;
    const struct cn_scored *then = c->then;
    const struct cn_scored *now = c->now;
    for (uint32_t n = 1; n < now->card->node_count; n++) {
        const struct cn_health_node *node = &now->card->nodes[n];
        if (node->kind != CN_HEALTH_MEASURE) {
            continue;
        }
        const struct cn_health_node *old = node_of(then->card, node->kind, node->path, &o);
        const int32_t change = c->is[n] - (old != NULL ? c->was[o] : 0);
        if (change != 0) {
            items[count] = line_of(node->path, node->name, change, arena);
            items[count].rule = node->text;
            items[count++].reason =
                what_changed(old, old != NULL ? then->overall[o] : 0, node, now->overall[n], arena);
        }
    }
    for (uint32_t n = 1; n < then->card->node_count; n++) {
        const struct cn_health_node *node = &then->card->nodes[n];
        if (node->kind == CN_HEALTH_MEASURE && c->was[n] != 0 &&
            node_of(now->card, node->kind, node->path, &o) == NULL) {
            items[count] = line_of(node->path, node->name, -c->was[n], arena);
            items[count].rule = node->text;
            items[count++].reason = CN_STR("no longer a measure");
        }
    }
    return count;
}

static size_t add_bounds(const struct contributed *c, struct cn_arena *arena,
                         struct cn_explain_item *items)
{
    size_t count = 0;
    uint32_t o = 0;
    for (uint32_t n = 1; n < c->now->card->node_count; n++) {
        const struct cn_health_node *node = &c->now->card->nodes[n];
        const bool is_new = node_of(c->then->card, CN_HEALTH_GROUP, node->path, &o) == NULL;
        const int32_t change = c->is_bound[n] - (is_new ? 0 : c->was_bound[o]);
        if (node->kind == CN_HEALTH_GROUP && change != 0) {
            items[count] = line_of(node->path, node->name, change, arena);
            items[count++].reason = CN_STR("what the group's floor or cap does");
        }
    }
    for (uint32_t n = 1; n < c->then->card->node_count; n++) {
        const struct cn_health_node *node = &c->then->card->nodes[n];
        if (c->was_bound[n] != 0 &&
            node_of(c->now->card, CN_HEALTH_GROUP, node->path, &o) == NULL) {
            items[count] = line_of(node->path, node->name, -c->was_bound[n], arena);
            items[count++].reason = CN_STR("no longer a group");
        }
    }
    return count;
}

static size_t add_exceptions(const struct cn_scored *then, const struct cn_scored *now,
                             struct cn_arena *arena, struct cn_explain_item *items)
{
    size_t count = 0;
    size_t o = 0;
    for (size_t i = 0; i < now->card->exception_count; i++) {
        const struct cn_health_exception *exception = &now->card->exceptions[i];
        const bool is_new = !exception_of(then->card, exception->because, &o);
        const int32_t change = now->bent[i] - (is_new ? 0 : then->bent[o]);
        if (change != 0) {
            items[count] = line_of(exception->because, exception->because, change, arena);
            items[count].rule = exception->text;
            items[count++].reason = is_new ? CN_STR("a new exception") : CN_STR("bends otherwise");
        }
    }
    for (size_t i = 0; i < then->card->exception_count; i++) {
        const struct cn_health_exception *exception = &then->card->exceptions[i];
        if (then->bent[i] != 0 && !exception_of(now->card, exception->because, &o)) {
            items[count] = line_of(exception->because, exception->because, -then->bent[i], arena);
            items[count].rule = exception->text;
            items[count++].reason = CN_STR("no longer an exception");
        }
    }
    return count;
}

size_t cn_explain_rules(const struct cn_scored *then, const struct cn_scored *now,
                        struct cn_arena *arena, struct cn_explain_item *items_out)
{
    struct contributed c = { .then = then,
                             .now = now,
                             .was = cn_arena_array(arena, int32_t, then->card->node_count),
                             .was_bound = cn_arena_array(arena, int32_t, then->card->node_count),
                             .is = cn_arena_array(arena, int32_t, now->card->node_count),
                             .is_bound = cn_arena_array(arena, int32_t, now->card->node_count) };
    cn_explain_contribute(then, arena, c.was, c.was_bound);
    cn_explain_contribute(now, arena, c.is, c.is_bound);
    size_t count = add_measures(&c, arena, items_out);
    count += add_bounds(&c, arena, &items_out[count]);
    count += add_exceptions(then, now, arena, &items_out[count]);
    int32_t left = now->points - then->points;
    for (size_t i = 0; i < count; i++) {
        left -= items_out[i].change;
    }
    if (left != 0) { /* two exceptions of one reason */
        items_out[count++] = line_of(CN_STR("other"), CN_STR("other rules"), left, arena);
    }
    return count;
}
