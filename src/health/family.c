/* What children add to the score of their parent. */
#include "health/family.h"

#include <stdlib.h>

#include "health/kernel.h"

/* In cents; beyond that one child is all that counts anyway. */
#define WEIGHT_MAX 1e14

enum {
    WORDS_AHEAD = 2 /* of 64 rows, whose parents are looked for next */
};

uint64_t cn_family_weight(enum cn_children take, bool has_arr, double arr)
{
    if (take != CN_CHILDREN_ARR) {
        return 1;
    }
    if (!has_arr || !(arr > 0)) {
        return 0;
    }
    double cents = arr * 100.0 + 0.5;
    return (uint64_t)(cents < WEIGHT_MAX ? cents : WEIGHT_MAX);
}

void cn_family_add(struct cn_family_sum *sum, enum cn_children take, int64_t account_id,
                   uint64_t weight, const struct cn_health_score *child)
{
    sum->children++;
    sum->weight_all += weight;
    sum->known += (cn_u128)weight * (uint32_t)child->confidence;
    if (!child->has_points || weight == 0) {
        return;
    }
    bool is_least = sum->scored == 0 || child->points < sum->least ||
                    (child->points == sum->least && account_id < sum->least_account);
    sum->scored++;
    sum->weight += weight;
    sum->points += (cn_u128)weight * (uint32_t)child->points;
    if (is_least) {
        sum->least = child->points;
        sum->least_account = account_id;
    }
    (void)take;
}

static double mean_of(cn_u128 total, cn_u128 weight)
{
    return weight == 0 ? 0 : (double)total / (double)weight;
}

struct cn_family_blend cn_family_blend(const struct cn_scorecard *card, int32_t own_points,
                                       int32_t own_confidence, const struct cn_family_sum *sum)
{
    struct cn_family_blend blend = { .points = own_points, .confidence = own_confidence };
    if (own_points == CN_POINTS_BLOCKED) {
        return blend;
    }
    if (sum->children > 0) {
        double known = mean_of(sum->known, sum->weight_all);
        double share = card->children_share;
        blend.confidence = (int32_t)((1.0 - share) * (double)own_confidence + share * known + 0.5);
    }
    if (sum->scored == 0) {
        blend.own_share = own_points >= 0 ? 1 : 0;
        return blend;
    }
    blend.children = card->children == CN_CHILDREN_LEAST ? (double)sum->least
                                                         : mean_of(sum->points, sum->weight);
    blend.children_share = own_points >= 0 ? card->children_share : 1;
    blend.own_share = 1.0 - blend.children_share;
    double own = own_points >= 0 ? blend.own_share * (double)own_points : 0;
    blend.points = (int32_t)(own + blend.children_share * blend.children + 0.5);
    return blend;
}

bool cn_family_parent(const struct cn_health_model *model, const struct cn_frame *frame, size_t row,
                      uint32_t *parent_out)
{
    const struct cn_column *parents = cn_frame_column(frame, model->parent_column);
    return cn_frame_accounts(frame)[row] != 0 && !cn_column_is_missing(parents, row) &&
           cn_frame_find(frame, parents->as.i64[row], parent_out) && *parent_out != row;
}

uint64_t cn_family_row_weight(const struct cn_health_model *model, const struct cn_frame *frame,
                              enum cn_children take, size_t row)
{
    const struct cn_column *arr = cn_frame_column(frame, model->arr_column);
    bool has_arr = !cn_column_is_missing(arr, row);
    return cn_family_weight(take, has_arr, has_arr ? arr->as.f64[row] : 0);
}

struct families {
    const struct cn_health_model *model;
    const struct cn_frame *frame;
    struct cn_health_state *state;
    const struct cn_health_state *scores;
    struct cn_family_member *members;
    size_t count;
};

static enum cn_children take_of(const struct families *f, size_t row)
{
    return f->model->scorecards[f->state->own[row].scorecard].children;
}

/* A cycle, which the book refuses, ends at the greatest depth. */
static uint32_t depth_of(const struct families *f, uint32_t row)
{
    uint32_t depth = 0;
    uint32_t parent = 0;
    while (depth < CN_ACCOUNT_LEVELS_MAX && cn_family_parent(f->model, f->frame, row, &parent)) {
        row = parent;
        depth++;
    }
    return depth;
}

/* The deepest first: no child comes after its parent. */
static int by_depth(const void *a, const void *b)
{
    const struct cn_family_member *x = a;
    const struct cn_family_member *y = b;
    if (x->depth != y->depth) {
        return x->depth > y->depth ? -1 : 1;
    }
    return (x->account_id > y->account_id) - (x->account_id < y->account_id);
}

static void collect(struct families *f, struct cn_arena *arena)
{
    const int64_t *accounts = cn_frame_accounts(f->frame);
    size_t row = 0;
    f->members =
        cn_arena_array(arena, struct cn_family_member, cn_bitmap_count(&f->state->parents));
    for (size_t from = 0; cn_bitmap_next(&f->state->parents, from, &row); from = row + 1) {
        if (accounts[row] != 0) {
            f->members[f->count++] = (struct cn_family_member){ .row = (uint32_t)row,
                                                                .depth = depth_of(f, (uint32_t)row),
                                                                .account_id = accounts[row] };
        }
    }
    if (f->count > 0) {
        qsort(f->members, f->count, sizeof(*f->members), by_depth);
    }
    for (size_t i = 0; i < f->count; i++) {
        f->state->own[f->members[i].row].member = (uint32_t)i;
    }
}

/* A child whose parent takes children. */
struct child {
    uint32_t row;
    uint32_t parent;
};

static bool find_taker(const struct families *f, size_t row, uint32_t *parent_out)
{
    return cn_family_parent(f->model, f->frame, row, parent_out) &&
           cn_bitmap_has(&f->state->parents, *parent_out);
}

/* The child's score joins the sum of its parent, if that waits for it. */
static void give(struct families *f, const struct child *child)
{
    struct cn_family_member *member = &f->members[f->state->own[child->parent].member];
    enum cn_children take = take_of(f, child->parent);
    struct cn_health_score score = cn_health_state_get(f->scores, child->row);
    if (!member->is_done) {
        cn_family_add(&member->sum, take, cn_frame_accounts(f->frame)[child->row],
                      cn_family_row_weight(f->model, f->frame, take, child->row), &score);
    }
}

/* The rows of the word that have a parent, some time before they give: what finds the parents is
 * far apart in memory. */
static void prefetch_word(const struct families *f, size_t w)
{
    const struct cn_column *parents = cn_frame_column(f->frame, f->model->parent_column);
    for (uint64_t word = ~parents->missing[w]; word != 0; word &= word - 1) {
        const size_t row = w * 64 + (size_t)__builtin_ctzll(word);
        cn_frame_prefetch(f->frame, parents->as.i64[row]);
        __builtin_prefetch(&f->scores->status[row]);
        __builtin_prefetch(&f->scores->fired[row]);
        __builtin_prefetch(&f->scores->points.as.i64[row]);
    }
}

/* Those of the word's rows of `among` that have a parent that takes them; how many. */
static size_t find_children(const struct families *f, size_t w, uint64_t among,
                            struct child children[64])
{
    const struct cn_column *parents = cn_frame_column(f->frame, f->model->parent_column);
    size_t count = 0;
    for (uint64_t word = ~parents->missing[w] & among; word != 0; word &= word - 1) {
        struct child *child = &children[count];
        child->row = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(word));
        if (find_taker(f, child->row, &child->parent)) {
            __builtin_prefetch(&f->state->own[child->parent]);
            count++;
        }
    }
    return count;
}

/* The children that are no parents themselves, whose scores are there; or all, of other scores. */
static void give_all(struct families *f)
{
    const size_t words = (cn_frame_rows(f->frame) + 63) / 64;
    struct child children[64];
    for (size_t w = 0; w < words; w++) {
        const uint64_t among = f->scores == f->state ? ~f->state->parents.words[w] : ~UINT64_C(0);
        if (w + WORDS_AHEAD < words) {
            prefetch_word(f, w + WORDS_AHEAD);
        }
        const size_t count = find_children(f, w, among, children);
        for (size_t i = 0; i < count; i++) {
            give(f, &children[i]);
        }
    }
}

void cn_family_each(const struct cn_health_model *model, const struct cn_frame *frame,
                    struct cn_health_state *state, const struct cn_health_state *scores,
                    struct cn_arena *arena,
                    void (*each)(void *arg, const struct cn_family_member *member), void *arg)
{
    struct families f = { .model = model, .frame = frame, .state = state, .scores = scores };
    collect(&f, arena);
    if (f.count > 0) {
        give_all(&f);
    }
    for (size_t i = 0; i < f.count; i++) {
        struct child child = { .row = f.members[i].row };
        f.members[i].is_done = true;
        each(arg, &f.members[i]);
        if (scores == state && find_taker(&f, child.row, &child.parent)) {
            give(&f, &child);
        }
    }
}
