#include "engine/scorecards.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

#include "engine/list_columns.h"

enum {
    MINOR_UNITS = 100
};

struct board {
    const struct cn_engine *engine;
    struct cn_arena *arena;
    struct cn_scorecard_board *out;
};

static int64_t arr_of(const struct cn_engine *engine, size_t row)
{
    const struct cn_column *arr =
        cn_frame_column(engine->frame, engine->program->list_columns[CN_LIST_ARR]);
    return cn_column_is_missing(arr, row) ? 0 : llround(arr->as.f64[row] * MINOR_UNITS);
}

static int64_t distance(const struct cn_shadow_mover *mover)
{
    int64_t difference = (int64_t)mover->shadow.points - mover->live.points;
    return difference < 0 ? -difference : difference;
}

/* Keeps the most different, first those. */
static void add_mover(struct cn_scorecard_use *use, const struct cn_shadow_mover *mover)
{
    size_t at = use->mover_count;
    while (at > 0 && distance(&use->movers[at - 1]) < distance(mover)) {
        at--;
    }
    if (at == CN_SHADOW_MOVERS_MAX) {
        return;
    }
    if (use->mover_count < CN_SHADOW_MOVERS_MAX) {
        use->mover_count++;
    }
    for (size_t i = use->mover_count - 1; i > at; i--) {
        use->movers[i] = use->movers[i - 1];
    }
    use->movers[at] = *mover;
}

static void count_use(const struct board *b, size_t row, const struct cn_health_score *score,
                      struct cn_scorecard_use *use)
{
    use->accounts++;
    use->arr_minor += arr_of(b->engine, row);
    use->bands[score->band]++;
}

static void compare(const struct board *b, size_t row, const struct cn_health_score *live,
                    const struct cn_health_score *shadow, struct cn_scorecard_use *use)
{
    if (!live->has_points || !shadow->has_points) {
        return;
    }
    struct cn_shadow_mover mover = { .account_id = cn_frame_accounts(b->engine->frame)[row],
                                     .live = *live,
                                     .shadow = *shadow };
    use->both++;
    use->moves[live->band][shadow->band]++;
    use->difference += (int64_t)shadow->points - live->points;
    use->distance += distance(&mover);
    if (distance(&mover) > 0) {
        add_mover(use, &mover);
    }
}

static void add_row(const struct board *b, size_t row)
{
    const struct cn_health_state *health = &b->engine->health;
    struct cn_health_score live = cn_health_state_get(health, row);
    b->out->accounts++;
    if (live.scorecard >= 0) {
        count_use(b, row, &live, &b->out->items[live.scorecard]);
    } else {
        b->out->unscored++;
    }
    for (size_t i = 0; i < health->shadow_count; i++) {
        struct cn_health_score shadow = cn_health_state_get(&health->shadows[i], row);
        if (shadow.scorecard >= 0) {
            count_use(b, row, &shadow, &b->out->items[shadow.scorecard]);
            compare(b, row, &live, &shadow, &b->out->items[shadow.scorecard]);
        }
    }
}

static void name_movers(const struct board *b, struct cn_scorecard_use *use)
{
    uint32_t column = b->engine->program->list_columns[CN_LIST_NAME];
    for (size_t i = 0; i < use->mover_count; i++) {
        uint32_t row = 0;
        if (cn_frame_find(b->engine->frame, use->movers[i].account_id, &row)) {
            use->movers[i].name = cn_frame_value_text(b->engine->frame, column, row, b->arena);
        }
    }
}

static struct cn_health_node *copy_nodes(const struct cn_scorecard *card, struct cn_arena *arena)
{
    struct cn_health_node *nodes =
        cn_arena_array(arena, struct cn_health_node, card->node_count + 1);
    for (size_t i = 0; i < card->node_count; i++) {
        const struct cn_health_node *node = &card->nodes[i];
        nodes[i] = *node;
        nodes[i].name = cn_arena_str(arena, node->name);
        nodes[i].path = cn_arena_str(arena, node->path);
        nodes[i].text = cn_arena_str(arena, node->text);
        nodes[i].xs = cn_arena_array(arena, double, node->point_count + 1);
        nodes[i].ys = cn_arena_array(arena, double, node->point_count + 1);
        for (size_t p = 0; p < node->point_count; p++) {
            nodes[i].xs[p] = node->xs[p];
            nodes[i].ys[p] = node->ys[p];
        }
    }
    return nodes;
}

static struct cn_health_exception *copy_exceptions(const struct cn_scorecard *card,
                                                   struct cn_arena *arena)
{
    struct cn_health_exception *copies =
        cn_arena_array(arena, struct cn_health_exception, card->exception_count + 1);
    for (size_t i = 0; i < card->exception_count; i++) {
        copies[i] = card->exceptions[i];
        copies[i].because = cn_arena_str(arena, card->exceptions[i].because);
        copies[i].text = cn_arena_str(arena, card->exceptions[i].text);
    }
    return copies;
}

static struct cn_grade *copy_grades(const struct cn_scorecard *card, struct cn_arena *arena)
{
    struct cn_grade *copies = cn_arena_array(arena, struct cn_grade, card->grade_count + 1);
    for (size_t i = 0; i < card->grade_count; i++) {
        copies[i] = (struct cn_grade){ .name = cn_arena_str(arena, card->grades[i].name),
                                       .from = card->grades[i].from };
    }
    return copies;
}

/* The program may be another by the time that the caller reads. */
static const struct cn_scorecard *copy_of(const struct cn_scorecard *card, struct cn_arena *arena)
{
    struct cn_scorecard *copy = cn_arena_new(arena, struct cn_scorecard);
    *copy = (struct cn_scorecard){ .name = cn_arena_str(arena, card->name),
                                   .doc = cn_arena_str(arena, card->doc),
                                   .priority = card->priority,
                                   .is_shadow = card->is_shadow,
                                   .applies_text = cn_arena_str(arena, card->applies_text),
                                   .children = card->children,
                                   .children_share = card->children_share,
                                   .nodes = copy_nodes(card, arena),
                                   .node_count = card->node_count,
                                   .exceptions = copy_exceptions(card, arena),
                                   .exception_count = card->exception_count,
                                   .bands = card->bands,
                                   .grades = copy_grades(card, arena),
                                   .grade_count = card->grade_count };
    return copy;
}

void cn_engine_scorecard_board(struct cn_engine *engine, const struct cn_unit *unit,
                               struct cn_arena *arena, struct cn_scorecard_board *board_out)
{
    struct cn_scorecard_board board = { 0 };
    struct cn_bitmap seen = { 0 };
    size_t row = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    const struct cn_health_model *model = engine->program->health;
    struct board b = { .engine = engine, .arena = arena, .out = &board };
    board.count = model->scorecard_count;
    board.items = cn_arena_array(arena, struct cn_scorecard_use, board.count + 1);
    for (size_t i = 0; i < board.count; i++) {
        board.items[i].movers = cn_arena_array(arena, struct cn_shadow_mover, CN_SHADOW_MOVERS_MAX);
        board.items[i].card = copy_of(&model->scorecards[i], arena);
    }
    cn_bitmap_copy(&seen, cn_frame_live(engine->frame));
    cn_engine_match_scope(engine, unit, &seen);
    for (size_t from = 0; cn_bitmap_next(&seen, from, &row); from = row + 1) {
        if (row < engine->health.rows) {
            add_row(&b, row);
        }
    }
    for (size_t i = 0; i < board.count; i++) {
        name_movers(&b, &board.items[i]);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    cn_bitmap_deinit(&seen);
    *board_out = board;
}

static int32_t scorecard_of(const struct cn_health_state *state, size_t row)
{
    return row < state->rows ? cn_health_state_get(state, row).scorecard : -1;
}

/* The card scores the account, live or as a shadow; -1: none does. */
static bool is_scored_by(const struct cn_engine *engine, size_t row, int32_t card)
{
    bool found = scorecard_of(&engine->health, row) == card;
    for (size_t i = 0; card >= 0 && i < engine->health.shadow_count; i++) {
        found |= scorecard_of(&engine->health.shadows[i], row) == card;
    }
    return found;
}

bool cn_engine_scored_by(struct cn_engine *engine, cn_str name, struct cn_arena *arena,
                         int64_t **ids_out, size_t *count_out)
{
    size_t row = 0;
    size_t count = 0;
    int32_t card = -1;
    (void)pthread_rwlock_rdlock(&engine->lock);
    const struct cn_health_model *model = engine->program->health;
    for (size_t i = 0; i < model->scorecard_count; i++) {
        card = cn_str_equal(model->scorecards[i].name, name) ? (int32_t)i : card;
    }
    bool found = card >= 0 || cn_str_equal(name, CN_STR("none"));
    const struct cn_bitmap *live = cn_frame_live(engine->frame);
    int64_t *ids = cn_arena_array(arena, int64_t, cn_bitmap_count(live) + 1);
    for (size_t from = 0; found && cn_bitmap_next(live, from, &row); from = row + 1) {
        if (is_scored_by(engine, row, card)) {
            ids[count++] = cn_frame_accounts(engine->frame)[row];
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    qsort(ids, count, sizeof(*ids), cn_order_i64);
    *ids_out = ids;
    *count_out = count;
    return found;
}
