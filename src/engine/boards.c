#include "engine/boards.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "engine/list_columns.h"
#include "engine/shown.h"

enum {
    MINOR_UNITS = 100,
    QUESTIONS = 7
};

static const double days_of_week = 7;

/* What the caller may see, with the columns that sums need.  Under the lock. */
struct view {
    const struct cn_engine *engine;
    const struct cn_segment_model *model;
    const struct cn_column *arr;
    struct cn_arena *arena;
    struct cn_bitmap seen;
};

static void begin(struct view *view, struct cn_engine *engine, const struct cn_unit *unit,
                  struct cn_arena *arena)
{
    *view = (struct view){ .engine = engine,
                           .model = engine->program->segments,
                           .arr = cn_frame_column(engine->frame,
                                                  engine->program->list_columns[CN_LIST_ARR]),
                           .arena = arena };
    cn_bitmap_copy(&view->seen, cn_frame_live(engine->frame));
    cn_engine_match_scope(engine, unit, &view->seen);
}

static void end(struct view *view)
{
    cn_bitmap_deinit(&view->seen);
}

static void add_row(const struct view *view, size_t row, struct cn_board_sum *sum)
{
    sum->accounts++;
    if (!cn_column_is_missing(view->arr, row)) {
        sum->arr_minor += llround(view->arr->as.f64[row] * MINOR_UNITS);
    }
}

/* Of the members of a set that the caller sees; NULL: of all that they see.  `bands` may be NULL.
 */
static struct cn_board_sum sum_of(const struct view *view, const struct cn_bitmap *members,
                                  struct cn_board_sum *bands)
{
    struct cn_board_sum sum = { 0 };
    struct cn_bitmap both = { 0 };
    size_t row = 0;
    cn_bitmap_copy(&both, &view->seen);
    if (members != NULL) {
        cn_bitmap_and(&both, members);
    }
    for (size_t from = 0; cn_bitmap_next(&both, from, &row); from = row + 1) {
        add_row(view, row, &sum);
        if (bands != NULL) {
            add_row(view, row, &bands[cn_engine_shown(view->engine, row).score.band]);
        }
    }
    cn_bitmap_deinit(&both);
    return sum;
}

static int64_t count_overridden(const struct view *view)
{
    const struct cn_bitmap *overridden = &view->engine->lists->overridden;
    int64_t count = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(overridden, from, &row); from = row + 1) {
        count += cn_bitmap_has(&view->seen, row);
    }
    return count;
}

/* That of the first account that has ARR. */
static void currency_of(const struct view *view, char currency_out[4])
{
    const struct cn_engine *engine = view->engine;
    const struct cn_column *column =
        cn_frame_column(engine->frame, engine->program->list_columns[CN_LIST_CURRENCY]);
    size_t row = 0;
    memset(currency_out, 0, 4);
    for (size_t from = 0; cn_bitmap_next(&view->seen, from, &row); from = row + 1) {
        if (!cn_column_is_missing(column, row) && !cn_column_is_missing(view->arr, row)) {
            cn_str text = cn_interned(engine->strings, column->as.str[row]);
            memcpy(currency_out, text.ptr, text.len < 3 ? text.len : 3);
            return;
        }
    }
}

/* ---- one account ---- */

static void stand(const struct cn_engine *engine, uint32_t row, struct cn_arena *arena,
                  struct cn_standing *standing)
{
    const struct cn_segment_model *model = engine->program->segments;
    const struct cn_membership *members = &engine->segments;
    *standing = (struct cn_standing){ .segments = cn_arena_array(arena, cn_str, model->count),
                                      .flags = cn_arena_array(arena, cn_str, model->count),
                                      .gaps = cn_arena_array(arena, cn_str, model->count),
                                      .answered = cn_segment_answered(model, members, row) };
    for (size_t i = 0; i < model->count; i++) {
        const struct cn_segment *item = &model->items[model->order[i]];
        if (!cn_membership_has(members, model->order[i], row)) {
            continue;
        }
        cn_str name = cn_arena_str(arena, item->name);
        if (item->kind == CN_SEGMENT_PLAIN) {
            standing->segments[standing->segment_count++] = name;
        } else if (item->kind == CN_SEGMENT_FLAG) {
            standing->flags[standing->flag_count++] = name;
        } else if (item->kind == CN_SEGMENT_GAP) {
            standing->gaps[standing->gap_count++] = name;
        } else if (item->kind == CN_SEGMENT_COVERAGE) {
            standing->coverage = name;
        } else if (item->kind == CN_SEGMENT_STAGE) {
            standing->stage = name;
        }
    }
    if (!cn_column_is_missing(&members->days_in_stage, row)) {
        standing->days_in_stage = members->days_in_stage.as.f64[row];
    }
    standing->cadence_days = cn_engine_shown_cadence(engine, row);
}

void cn_engine_standings(struct cn_engine *engine, const cn_account_id *ids, size_t count,
                         struct cn_arena *arena, struct cn_standing *standings_out)
{
    (void)pthread_rwlock_rdlock(&engine->lock);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = 0;
        standings_out[i] = (struct cn_standing){ 0 };
        if (cn_frame_find(engine->frame, ids[i].value, &row) && row < engine->segments.rows) {
            stand(engine, row, arena, &standings_out[i]);
        }
    }
    (void)pthread_rwlock_unlock(&engine->lock);
}

/* ---- all segments ---- */

static void fill_set(const struct view *view, uint32_t index, struct cn_board_set *set)
{
    const struct cn_segment_model *model = view->model;
    const struct cn_segment *item = &model->items[index];
    *set = (struct cn_board_set){
        .kind = item->kind,
        .name = cn_arena_str(view->arena, item->name),
        .doc = cn_arena_str(view->arena, item->doc),
        .rule = cn_arena_str(view->arena, item->text),
        .reads_state = cn_rules_reads_state(model->rules, item->unit),
    };
    const struct cn_bitmap *members = view->engine->segments.members;
    set->sum = sum_of(view, &members[index], set->bands);
    if (item->kind == CN_SEGMENT_GOAL) {
        struct cn_bitmap both = { 0 };
        cn_bitmap_copy(&both, &members[index]);
        cn_bitmap_and(&both, &members[item->within]);
        set->stage = cn_arena_str(view->arena, model->items[item->within].name);
        set->in_stage = sum_of(view, &both, NULL);
        cn_bitmap_deinit(&both);
    }
    if (item->group != CN_SEGMENT_NO_GROUP && item->kind == CN_SEGMENT_PLAIN) {
        const struct cn_segment_group *group = &model->groups[item->group];
        set->model = cn_arena_str(view->arena, group->name);
        set->is_primary = group->is_primary;
        set->question = group->question;
    }
}

static void count_answers(const struct view *view, struct cn_segment_board *board)
{
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(&view->seen, from, &row); from = row + 1) {
        unsigned answered = cn_segment_answered(view->model, &view->engine->segments, row);
        board->answered[answered <= QUESTIONS ? answered : QUESTIONS]++;
    }
}

static bool answers(const struct cn_segment_model *model, uint32_t item, int question)
{
    const struct cn_segment *segment = &model->items[item];
    return segment->kind == CN_SEGMENT_PLAIN && segment->group != CN_SEGMENT_NO_GROUP &&
           (int)model->groups[segment->group].question == question;
}

/* An account in two models that answer the same question answers it once. */
static struct cn_board_sum sum_question(const struct view *view, int question)
{
    struct cn_bitmap answered = { 0 };
    struct cn_board_sum sum = { 0 };
    bool is_any = false;
    for (uint32_t i = 0; i < view->model->count; i++) {
        const struct cn_bitmap *members = &view->engine->segments.members[i];
        if (!answers(view->model, i, question)) {
            continue;
        }
        if (is_any) {
            cn_bitmap_or(&answered, members);
        } else {
            cn_bitmap_copy(&answered, members);
        }
        is_any = true;
    }
    if (is_any) {
        sum = sum_of(view, &answered, NULL);
    }
    cn_bitmap_deinit(&answered);
    return sum;
}

void cn_engine_segment_board(struct cn_engine *engine, const struct cn_unit *unit,
                             struct cn_arena *arena, struct cn_segment_board *board_out)
{
    struct view view;
    uint32_t unsegmented = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    begin(&view, engine, unit, arena);
    const struct cn_segment_model *model = view.model;
    struct cn_segment_board board = {
        .items = cn_arena_array(arena, struct cn_board_set, model->count),
        .all = sum_of(&view, NULL, NULL),
        .has_primary = cn_segment_find(model, CN_SEGMENT_FLAG, CN_STR("unsegmented"), &unsegmented),
    };
    board.overridden = count_overridden(&view);
    currency_of(&view, board.currency);
    for (int kind = 0; kind < CN_SEGMENT_KINDS; kind++) {
        for (uint32_t i = 0; i < model->count; i++) {
            if ((int)model->items[i].kind == kind) {
                fill_set(&view, i, &board.items[board.count++]);
            }
        }
    }
    if (board.has_primary) {
        board.unsegmented = sum_of(&view, &engine->segments.members[unsegmented], NULL);
    }
    count_answers(&view, &board);
    for (int question = CN_QUESTION_NONE + 1; question < CN_QUESTIONS; question++) {
        board.questions[question] = sum_question(&view, question);
    }
    end(&view);
    (void)pthread_rwlock_unlock(&engine->lock);
    *board_out = board;
}

/* ---- overlaps ---- */

static int by_size(const void *a, const void *b)
{
    const struct cn_overlap_part *x = a;
    const struct cn_overlap_part *y = b;
    if (x->fate.sum.accounts != y->fate.sum.accounts) {
        return x->fate.sum.accounts > y->fate.sum.accounts ? -1 : 1;
    }
    return (x->in > y->in) - (x->in < y->in);
}

static void add_sum(struct cn_board_sum *sum, const struct cn_board_sum *part)
{
    sum->accounts += part->accounts;
    sum->arr_minor += part->arr_minor;
}

static void add_fate(struct cn_board_fate *fate, const struct cn_board_fate *part)
{
    add_sum(&fate->sum, &part->sum);
    for (int band = 0; band < CN_BAND_COUNT; band++) {
        add_sum(&fate->bands[band], &part->bands[band]);
    }
    add_sum(&fate->at_risk, &part->at_risk);
    for (int i = 0; i < CN_FATE_COUNT; i++) {
        add_sum(&fate->fates[i], &part->fates[i]);
    }
}

/* What is in both of two of the part's sets, for all two of them. */
static void add_pairs(struct cn_overlap *overlap, const struct cn_overlap_part *part, size_t count)
{
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < count; b++) {
            if ((part->in >> a & part->in >> b & 1) != 0) {
                add_fate(&overlap->pairs[a][b], &part->fate);
            }
        }
    }
}

/* Pairs and the whole are sums of the exact parts. */
static void sum_parts(struct cn_overlap *overlap, size_t count)
{
    for (size_t i = 0; i < overlap->part_count; i++) {
        const struct cn_overlap_part *part = &overlap->parts[i];
        add_pairs(overlap, part, count);
        if (part->in == (1U << count) - 1) {
            overlap->together = part->fate;
        }
    }
}

/* Which rows those lists show that the numbers lead to. */
struct fated {
    struct cn_bitmap at_risk;
    struct cn_bitmap fates[CN_FATE_COUNT];
};

static void add_fated(const struct view *view, const struct fated *fated, size_t row,
                      struct cn_board_fate *fate)
{
    add_row(view, row, &fate->sum);
    add_row(view, row, &fate->bands[cn_engine_shown(view->engine, row).score.band]);
    if (cn_bitmap_has(&fated->at_risk, row)) {
        add_row(view, row, &fate->at_risk);
    }
    for (int i = 0; i < CN_FATE_COUNT; i++) {
        if (cn_bitmap_has(&fated->fates[i], row)) {
            add_row(view, row, &fate->fates[i]);
        }
    }
}

static void find_parts(const struct view *view, const uint32_t *sets, size_t count,
                       const struct fated *fated, struct cn_overlap *overlap)
{
    const size_t all = (size_t)1 << count;
    const size_t seen = cn_bitmap_count(&view->seen);
    uint32_t *places = cn_arena_array(view->arena, uint32_t, all); /* in parts, from 1 */
    size_t row = 0;
    overlap->parts =
        cn_arena_array(view->arena, struct cn_overlap_part, (seen < all ? seen : all) + 1);
    for (size_t from = 0; cn_bitmap_next(&view->seen, from, &row); from = row + 1) {
        uint32_t in = 0;
        for (size_t i = 0; i < count; i++) {
            in |= (uint32_t)cn_membership_has(&view->engine->segments, sets[i], row) << i;
        }
        if (in == 0) {
            continue;
        }
        if (places[in] == 0) {
            overlap->parts[overlap->part_count++].in = in;
            places[in] = (uint32_t)overlap->part_count;
        }
        add_fated(view, fated, row, &overlap->parts[places[in] - 1].fate);
    }
    qsort(overlap->parts, overlap->part_count, sizeof(overlap->parts[0]), by_size);
}

static void overlap_locked(struct cn_engine *engine, const struct cn_unit *unit,
                           const struct cn_overlap_ask *ask, const uint32_t *sets,
                           struct cn_arena *arena, struct cn_overlap *overlap)
{
    const struct cn_account_filter at_risk = { .risk_until = ask->risk_until };
    struct fated fated = { 0 };
    struct view view;
    begin(&view, engine, unit, arena);
    cn_engine_match(engine, unit, &at_risk, &fated.at_risk);
    for (int i = 0; i < CN_FATE_COUNT; i++) {
        const struct cn_fate_accounts *of = &ask->fates[i];
        const struct cn_account_filter only = { .only = of->ids, .only_count = of->count };
        cn_engine_match(engine, unit, &only, &fated.fates[i]);
    }
    currency_of(&view, overlap->currency);
    find_parts(&view, sets, ask->count, &fated, overlap);
    sum_parts(overlap, ask->count);
    cn_bitmap_deinit(&fated.at_risk);
    for (int i = 0; i < CN_FATE_COUNT; i++) {
        cn_bitmap_deinit(&fated.fates[i]);
    }
    end(&view);
}

bool cn_engine_overlap(struct cn_engine *engine, const struct cn_unit *unit,
                       const struct cn_overlap_ask *ask, struct cn_arena *arena,
                       struct cn_overlap *overlap_out, struct cn_error *err)
{
    uint32_t sets[CN_OVERLAP_MAX];
    bool ok = true;
    memset(overlap_out, 0, sizeof(*overlap_out));
    (void)pthread_rwlock_rdlock(&engine->lock);
    for (size_t i = 0; ok && i < ask->count; i++) {
        ok =
            cn_segment_find(engine->program->segments, CN_SEGMENT_PLAIN, ask->names[i], &sets[i]) ||
            cn_fail(err, CN_MALFORMED, "segments: there is no \"%.*s\"", CN_STR_ARG(ask->names[i]));
    }
    if (ok) {
        overlap_locked(engine, unit, ask, sets, arena, overlap_out);
    }
    (void)pthread_rwlock_unlock(&engine->lock);
    return ok;
}

/* ---- coverage ---- */

struct load {
    int64_t owner;
    uint32_t model;
    size_t row;
};

static int by_owner(const void *a, const void *b)
{
    const struct load *x = a;
    const struct load *y = b;
    if (x->owner != y->owner) {
        return x->owner < y->owner ? -1 : 1;
    }
    if (x->model != y->model) {
        return x->model < y->model ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

/* What the model needs, with the accounts that lack it. */
static void list_gaps(const struct view *view, uint32_t model, struct cn_coverage_model_row *row)
{
    row->gaps = cn_arena_array(view->arena, struct cn_coverage_gap, view->model->count);
    for (uint32_t i = 0; i < view->model->count; i++) {
        const struct cn_segment *item = &view->model->items[i];
        if (item->kind == CN_SEGMENT_GAP && item->within == model) {
            row->gaps[row->gap_count++] = (struct cn_coverage_gap){
                .name = cn_arena_str(view->arena, item->name),
                .doc = cn_arena_str(view->arena, item->doc),
                .rule = cn_arena_str(view->arena, item->text),
                .sum = sum_of(view, &view->engine->segments.members[i], NULL),
            };
        }
    }
}

/* The models, and which set each of them is. */
static void list_models(const struct view *view, struct cn_coverage_board *board, uint32_t *sets)
{
    for (uint32_t i = 0; i < view->model->count; i++) {
        const struct cn_segment *item = &view->model->items[i];
        if (item->coverage == NULL) {
            continue;
        }
        struct cn_coverage *copy = cn_arena_new(view->arena, struct cn_coverage);
        *copy = *item->coverage;
        for (size_t c = 0; c < CN_SEGMENT_COLOURS; c++) {
            copy->colour_focus[c] = cn_arena_str(view->arena, copy->colour_focus[c]);
        }
        struct cn_coverage_model_row *row = &board->models[board->model_count];
        *row = (struct cn_coverage_model_row){ .name = cn_arena_str(view->arena, item->name),
                                               .doc = cn_arena_str(view->arena, item->doc),
                                               .coverage = copy };
        list_gaps(view, i, row);
        sets[board->model_count++] = i;
    }
}

static struct load *list_loads(const struct view *view, struct cn_coverage_board *board,
                               const uint32_t *sets, size_t *count_out)
{
    const struct cn_column *owners = &view->engine->lists->owner;
    struct load *loads = cn_arena_array(view->arena, struct load, cn_bitmap_count(&view->seen) + 1);
    size_t count = 0;
    size_t row = 0;
    for (size_t from = 0; cn_bitmap_next(&view->seen, from, &row); from = row + 1) {
        uint32_t m = 0;
        while (m < board->model_count &&
               !cn_membership_has(&view->engine->segments, sets[m], row)) {
            m++;
        }
        if (m == board->model_count) {
            add_row(view, row, &board->without);
            continue;
        }
        int64_t owner = cn_column_is_missing(owners, row) ? 0 : owners->as.i64[row];
        loads[count++] = (struct load){ owner, m, row };
    }
    qsort(loads, count, sizeof(*loads), by_owner);
    *count_out = count;
    return loads;
}

/* Overdue is who was not touched for longer than the cadence that holds today; who never was, since
 * they are a customer. */
static void add_touches(const struct view *view, size_t row, struct cn_board_touches *touches)
{
    const struct cn_engine *engine = view->engine;
    const uint32_t *columns = engine->program->list_columns;
    const double cadence = cn_engine_shown_cadence(engine, row);
    const struct cn_column *since =
        cn_frame_column(engine->frame, columns[CN_LIST_DAYS_SINCE_TOUCH]);
    if (cn_column_is_missing(since, row)) {
        since = cn_frame_column(engine->frame, columns[CN_LIST_TENURE_DAYS]);
    }
    const struct cn_column *unasked =
        cn_frame_column(engine->frame, columns[CN_LIST_UNASKED_TOUCHES]);
    if (cadence > 0) {
        touches->per_week += days_of_week / cadence;
        touches->overdue += !cn_column_is_missing(since, row) && since->as.f64[row] > cadence;
    }
    if (!cn_column_is_missing(unasked, row)) {
        touches->unasked += (int64_t)unasked->as.f64[row];
    }
}

static void sum_loads(const struct view *view, const struct load *loads, size_t count,
                      struct cn_coverage_board *board)
{
    board->rows = cn_arena_array(view->arena, struct cn_coverage_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct load *load = &loads[i];
        struct cn_coverage_model_row *model = &board->models[load->model];
        bool is_new =
            i == 0 || loads[i - 1].owner != load->owner || loads[i - 1].model != load->model;
        if (is_new) {
            board->rows[board->row_count++] =
                (struct cn_coverage_row){ .owner = load->owner, .item = load->model };
            model->owners += load->owner != 0;
        }
        struct cn_coverage_row *row = &board->rows[board->row_count - 1];
        add_row(view, load->row, &row->sum);
        add_row(view, load->row, &model->sum);
        add_touches(view, load->row, &row->touches);
        add_touches(view, load->row, &model->touches);
    }
}

void cn_engine_coverage_board(struct cn_engine *engine, const struct cn_unit *unit,
                              struct cn_arena *arena, struct cn_coverage_board *board_out)
{
    struct view view;
    uint32_t sets[CN_SEGMENTS_MAX];
    size_t count = 0;
    (void)pthread_rwlock_rdlock(&engine->lock);
    begin(&view, engine, unit, arena);
    struct cn_coverage_board board = { .models = cn_arena_array(arena, struct cn_coverage_model_row,
                                                                view.model->count) };
    board.overridden = count_overridden(&view);
    currency_of(&view, board.currency);
    list_models(&view, &board, sets);
    const struct load *loads = list_loads(&view, &board, sets, &count);
    sum_loads(&view, loads, count, &board);
    end(&view);
    (void)pthread_rwlock_unlock(&engine->lock);
    *board_out = board;
}
