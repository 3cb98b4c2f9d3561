/* The lines of child accounts in an explanation: each that counts now or counted before. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "health/items.h"
#include "health/split.h"

enum {
    TEXT_MAX_BYTES = 200
};

/* Both ends are sorted by account. */
static void unite(const struct cn_scored *scored, const struct cn_scored *other,
                  struct cn_arena *arena, struct cn_child_lines *lines)
{
    static const struct cn_scored nobody;
    const struct cn_scored *was = other != NULL ? other : &nobody;
    size_t room = scored->child_count + was->child_count + 1;
    size_t i = 0;
    size_t k = 0;
    lines->account = cn_arena_array(arena, int64_t, room);
    lines->line = cn_arena_array(arena, uint32_t, room);
    lines->is = cn_arena_array(arena, const struct cn_scored_child *, room);
    lines->was = cn_arena_array(arena, const struct cn_scored_child *, room);
    while (i < scored->child_count || k < was->child_count) {
        int64_t a = i < scored->child_count ? scored->children[i].account_id : INT64_MAX;
        int64_t b = k < was->child_count ? was->children[k].account_id : INT64_MAX;
        size_t n = lines->union_count++;
        lines->account[n] = a < b ? a : b;
        lines->is[n] = a <= b ? &scored->children[i++] : NULL;
        lines->was[n] = b <= a ? &was->children[k++] : NULL;
    }
}

struct ranked {
    double size;
    uint32_t child;
};

static int by_size(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->size != y->size) {
        return x->size > y->size ? -1 : 1;
    }
    return (x->child > y->child) - (x->child < y->child);
}

static double contribution(const struct cn_scored_child *child)
{
    return child != NULL ? child->overall * child->score * 1000.0 : 0;
}

/* Those that add or added most have a line of their own; the others share the last. */
static void rank(struct cn_child_lines *lines, struct cn_arena *arena)
{
    struct ranked *ranked = cn_arena_array(arena, struct ranked, lines->union_count + 1);
    for (uint32_t n = 0; n < lines->union_count; n++) {
        double is = contribution(lines->is[n]);
        double was = contribution(lines->was[n]);
        ranked[n] = (struct ranked){ is > was ? is : was, n };
    }
    qsort(ranked, lines->union_count, sizeof(*ranked), by_size);
    for (uint32_t i = 0; i < lines->union_count; i++) {
        lines->line[ranked[i].child] = i < CN_CHILD_LINES_MAX ? i : CN_CHILD_LINES_MAX;
    }
    lines->count =
        lines->union_count <= CN_CHILD_LINES_MAX ? lines->union_count : CN_CHILD_LINES_MAX + 1;
}

static cn_str how(const struct cn_scored *scored, struct cn_arena *arena)
{
    char text[TEXT_MAX_BYTES];
    switch (scored->card->children) {
    case CN_CHILDREN_MEAN:
        (void)snprintf(text, sizeof(text), "the mean of %zu child accounts", scored->child_count);
        break;
    case CN_CHILDREN_LEAST:
        (void)snprintf(text, sizeof(text), "the least of %zu child accounts", scored->child_count);
        break;
    case CN_CHILDREN_ARR:
        (void)snprintf(text, sizeof(text), "the mean of %zu child accounts, weighted by ARR",
                       scored->child_count);
        break;
    case CN_CHILDREN_NONE:
        text[0] = '\0';
        break;
    }
    return cn_arena_str(arena, cn_str_of(text));
}

static cn_str name_of(const struct cn_explain_at *at, const struct cn_scored_child *child,
                      struct cn_arena *arena)
{
    uint32_t column = 0;
    if (child != NULL && cn_column_set_has(cn_frame_columns(at->frame), CN_STR("name"), &column) &&
        column < cn_frame_column_count(at->frame)) {
        return cn_frame_value_text(at->frame, column, child->row, arena);
    }
    return CN_STR("an account");
}

static void start_line(const struct cn_explain_at *at, const struct cn_child_lines *lines, size_t n,
                       struct cn_arena *arena, struct cn_explain_item *item)
{
    const struct cn_scored_child *is = lines->is[n];
    bool is_rest = lines->line[n] == CN_CHILD_LINES_MAX;
    char text[TEXT_MAX_BYTES];
    if (is_rest) {
        (void)snprintf(text, sizeof(text), "children/others");
    } else {
        (void)snprintf(text, sizeof(text), "children/%u", lines->line[n] + 1);
    }
    *item = (struct cn_explain_item){
        .path = cn_arena_str(arena, cn_str_of(text)),
        .depth = 2,
        .name = is_rest ? CN_STR("other accounts") : name_of(at, is, arena),
        .kind = CN_EXPLAIN_CHILDREN,
        .freshness = 1,
        .has_value = is != NULL && !is_rest,
        .value = is != NULL && !is_rest ? is->score : 0,
        .account_id = is_rest ? 0 : lines->account[n],
        .reason = is == NULL ? CN_STR("does not count any more") : CN_STR(""),
    };
}

void cn_explain_children(const struct cn_explain_at *at, const struct cn_scored *scored,
                         const struct cn_scored *other, int32_t part, struct cn_arena *arena,
                         struct cn_explain_lines *lines_out)
{
    struct cn_child_lines *lines = &lines_out->child;
    struct cn_explanation *out = &lines_out->out;
    lines_out->children = CN_NO_LINE;
    unite(scored, other, arena, lines);
    if (lines->union_count == 0) {
        return;
    }
    rank(lines, arena);
    lines_out->children = (uint32_t)out->count;
    out->items[out->count++] = (struct cn_explain_item){
        .path = CN_STR("children"),
        .depth = 1,
        .name = CN_STR("child accounts"),
        .kind = CN_EXPLAIN_CHILDREN,
        .weight = scored->children_share,
        .has_value = scored->children_share > 0,
        .value = scored->children_score,
        .points = part,
        .freshness = 1,
        .reason = how(scored, arena),
    };
    double *ideals = cn_arena_array(arena, double, lines->union_count);
    int32_t *parts = cn_arena_array(arena, int32_t, lines->union_count);
    for (size_t n = 0; n < lines->union_count; n++) {
        ideals[n] = contribution(lines->is[n]);
    }
    cn_split(part, ideals, lines->union_count, arena, parts);
    lines->first = (uint32_t)out->count;
    for (size_t n = 0; n < lines->union_count; n++) {
        struct cn_explain_item *item = &out->items[lines->first + lines->line[n]];
        if (item->path.len == 0) {
            start_line(at, lines, n, arena, item);
        }
        item->points += parts[n];
        item->weight += lines->is[n] != NULL && scored->children_share > 0
                            ? lines->is[n]->overall / scored->children_share
                            : 0;
    }
    out->count += lines->count;
}

void cn_explain_child_changes(const struct cn_child_lines *lines, double *ideals)
{
    for (size_t n = 0; n < lines->union_count; n++) {
        const struct cn_scored_child *is = lines->is[n];
        const struct cn_scored_child *was = lines->was[n];
        double wa = was != NULL ? was->overall : 0;
        double wb = is != NULL ? is->overall : 0;
        double sa = was != NULL ? was->score : is->score;
        double sb = is != NULL ? is->score : was->score;
        ideals[n] = ((wa + wb) / 2 * (sb - sa) + (sa + sb) / 2 * (wb - wa)) * 1000.0;
    }
}
