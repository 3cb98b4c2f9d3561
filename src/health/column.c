/* health.score, health.colour and the others as a column source.  One table row a column. */
#include "health/column.h"

#include <string.h>

#include "base/str.h"

#include "health/evaluate.h"
#include "health/status.h"

enum {
    REASONS_COMPARED_MAX = 200 /* for "did you mean" */
};

enum op {
    OP_SCORE,
    OP_COLOUR,
    OP_IS_GREY,
    OP_CONFIDENCE,
    OP_SCORECARD,
    OP_FIRED,
};

struct health_column {
    const char *name;
    const char *method;
    const char *usage;
    const char *doc;
    enum cn_column_type type;
    bool reads_state;
};

static const struct health_column table[] = {
    [OP_SCORE] = { "health.score", "", "health.score", "the score, 0 to 100; 100 is healthy",
                   CN_COLUMN_F64, false },
    [OP_COLOUR] = { "health.colour", "", "health.colour",
                    "\"red\", \"yellow\" or \"green\"; while grey, the one before", CN_COLUMN_STR,
                    true },
    [OP_IS_GREY] = { "health.is_grey", "", "health.is_grey",
                     "too little is known: the colour stands still", CN_COLUMN_BOOL, false },
    [OP_CONFIDENCE] = { "health.confidence", "", "health.confidence",
                        "how much of what the score needs is known, 0 to 1", CN_COLUMN_F64, false },
    [OP_SCORECARD] = { "health.scorecard", "", "health.scorecard",
                       "the name of the scorecard that applies", CN_COLUMN_STR, false },
    [OP_FIRED] = { "health", "fired", "health.fired(\"because\")",
                   "the exception with this reason has fired", CN_COLUMN_BOOL, false },
};

struct cn_health_columns {
    struct cn_column_source source;
    struct cn_program_tree tree; /* also once the program runs: a rule may be matched against it */
    uint32_t section;
    uint32_t unit;
    const struct cn_health_model *model; /* NULL until it is compiled */
};

/* A shadow decides nothing: nothing of it can be read. */
static bool is_live_card(const struct cn_node *root)
{
    return cn_node_get(root, "scorecard") != NULL &&
           !cn_str_equal(cn_node_text(root, "shadow"), CN_STR("true"));
}

static bool has_live_card(const struct cn_program_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (is_live_card(tree->roots[i])) {
            return true;
        }
    }
    return false;
}

/* Reason number `index` of the exceptions of scorecards, which may be compiled later; NULL: there
 * are no more. */
static const cn_str *reason_at(const struct cn_program_tree *tree, size_t index)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct cn_node *list =
            is_live_card(tree->roots[i]) ? cn_node_get(tree->roots[i], "exceptions") : NULL;
        for (size_t n = 0; list != NULL && list->kind == CN_NODE_LIST && n < list->count; n++) {
            const struct cn_node *reason = cn_node_get(&list->items[n], "because");
            if (reason != NULL && index-- == 0) {
                return &reason->text;
            }
        }
    }
    return NULL;
}

/* NULL: no exception has it. */
static const cn_str *find_reason(const struct cn_program_tree *tree, cn_str because)
{
    const cn_str *reason = NULL;
    for (size_t i = 0; (reason = reason_at(tree, i)) != NULL; i++) {
        if (cn_str_equal(*reason, because)) {
            return reason;
        }
    }
    return NULL;
}

static void unknown_reason(const struct cn_program_tree *tree, cn_str because, struct cn_error *err)
{
    cn_str names[REASONS_COMPARED_MAX];
    size_t count = 0;
    const cn_str *reason = NULL;
    while (count < REASONS_COMPARED_MAX && (reason = reason_at(tree, count)) != NULL) {
        names[count++] = *reason;
    }
    cn_str meant = cn_str_slice(cn_str_nearest(because, names, count), 0, 100);
    cn_fail(err, CN_INVALID, "no exception has the reason \"%.*s\"%s%.*s%s",
            CN_STR_ARG(cn_str_slice(because, 0, 100)), meant.len > 0 ? ", did you mean \"" : "",
            CN_STR_ARG(meant), meant.len > 0 ? "\"?" : "");
}

static enum cn_resolve resolve_fired(struct cn_health_columns *columns,
                                     const struct cn_column_request *request,
                                     struct cn_column_spec *spec, struct cn_error *err)
{
    if (request->arg_count != 1 || !request->args[0].is_text) {
        cn_fail(err, CN_INVALID, "use it as %s", table[OP_FIRED].usage);
        return CN_RESOLVE_WRONG;
    }
    cn_str because = request->args[0].text;
    const cn_str *reason = find_reason(&columns->tree, because);
    if (reason == NULL) {
        unknown_reason(&columns->tree, because, err);
        return CN_RESOLVE_WRONG;
    }
    spec->detail = reason;
    return CN_RESOLVE_FOUND;
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    struct cn_health_columns *columns = ctx;
    for (size_t i = 0; i < CN_ARRAY_LEN(table); i++) {
        if (!cn_str_equal(request->name, cn_str_of(table[i].name)) ||
            !cn_str_equal(request->method, cn_str_of(table[i].method))) {
            continue;
        }
        if (!has_live_card(&columns->tree)) {
            cn_fail(err, CN_INVALID,
                    "the program has no scorecard that counts, so %s would never have a value",
                    table[i].usage);
            return CN_RESOLVE_WRONG;
        }
        struct cn_column_spec spec = { .type = table[i].type,
                                       .pace = CN_PACE_TICK,
                                       .reads_state = table[i].reads_state,
                                       .unit = "",
                                       .op = (int32_t)i,
                                       .maker = columns->unit + 1 };
        enum cn_resolve found =
            i == OP_FIRED ? resolve_fired(columns, request, &spec, err) : CN_RESOLVE_FOUND;
        if (found == CN_RESOLVE_FOUND) {
            *spec_out = spec;
        }
        return found;
    }
    return CN_RESOLVE_UNKNOWN;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    if (index >= CN_ARRAY_LEN(table)) {
        return false;
    }
    *name_out = (struct cn_column_name){ .name = cn_str_of(table[index].name),
                                         .method = cn_str_of(table[index].method),
                                         .usage = cn_str_of(table[index].usage),
                                         .doc = cn_str_of(table[index].doc),
                                         .type = table[index].type };
    return true;
}

/* The colours, and the scorecards that count. */
static bool value(void *ctx, const struct cn_column_spec *spec, size_t index, cn_str *value_out)
{
    const struct cn_health_columns *columns = ctx;
    if (spec->op == OP_COLOUR && index < CN_BANDS - 1) { /* without a colour there is no value */
        *value_out = cn_str_of(cn_band_names[CN_BAND_NONE + 1 + index]);
        return true;
    }
    for (size_t i = 0; spec->op == OP_SCORECARD && i < columns->tree.count; i++) {
        if (is_live_card(columns->tree.roots[i]) && index-- == 0) {
            *value_out = cn_node_text(columns->tree.roots[i], "scorecard");
            return true;
        }
    }
    return false;
}

/* ---- filling ---- */

/* What a fill needs besides the row. */
struct filling {
    const struct cn_health_model *model;
    const struct cn_health_state *state;
    uint32_t bands[CN_BANDS]; /* interned */
    uint32_t *cards;          /* by scorecard: its interned name */
    uint64_t *masks;          /* by scorecard: the exceptions with the reason */
};

static void fill_number(enum op op, const struct cn_health_score *score, size_t row,
                        struct cn_column *column)
{
    int32_t thousandths = op == OP_SCORE ? score->points : score->confidence;
    if (op == OP_SCORE ? score->has_points : score->scorecard >= 0) {
        cn_column_set_f64(column, row, (double)thousandths / 1000);
    } else {
        cn_column_set_missing(column, row);
    }
}

static void fill_text(const struct filling *f, enum op op, const struct cn_health_score *score,
                      size_t row, struct cn_column *column)
{
    if (op == OP_COLOUR && score->band != CN_BAND_NONE) {
        cn_column_set_str(column, row, f->bands[score->band]);
    } else if (op == OP_SCORECARD && score->scorecard >= 0) {
        cn_column_set_str(column, row, f->cards[score->scorecard]);
    } else {
        cn_column_set_missing(column, row);
    }
}

static void fill_row(const struct filling *f, enum op op, size_t row, struct cn_column *column)
{
    struct cn_health_score score = cn_health_state_get(f->state, row);
    switch (op) {
    case OP_SCORE:
    case OP_CONFIDENCE:
        fill_number(op, &score, row, column);
        return;
    case OP_COLOUR:
    case OP_SCORECARD:
        fill_text(f, op, &score, row, column);
        return;
    case OP_IS_GREY:
        cn_column_set_bool(column, row, score.is_grey);
        return;
    case OP_FIRED:
        cn_column_set_bool(column, row,
                           score.scorecard >= 0 && (score.fired & f->masks[score.scorecard]) != 0);
        return;
    }
}

/* Of all rows, as a new day asks them. */
static void fill_all_scores(const struct cn_health_state *state, size_t count,
                            struct cn_column *column)
{
    const int64_t *restrict points = state->points.as.i64;
    double *restrict scores = column->as.f64;
    for (size_t row = 0; row < count; row++) {
        scores[row] = (double)(int32_t)points[row] / 1000;
    }
    if (count > 0) {
        memcpy(column->missing, state->points.missing, (count + 63) / 64 * sizeof(uint64_t));
    }
}

static void fill_all_colours(const struct filling *f, size_t count, struct cn_column *column)
{
    for (size_t first = 0; first < count; first += 64) {
        const size_t rows = count - first < 64 ? count - first : 64;
        const int64_t *status = f->state->status + first;
        uint64_t missing = rows < 64 ? ~UINT64_C(0) << rows : 0;
        for (size_t i = 0; i < rows; i++) {
            const enum cn_band band = cn_status_band(status[i]);
            column->as.str[first + i] = f->bands[band];
            missing |= (uint64_t)(band == CN_BAND_NONE) << i;
        }
        column->missing[first / 64] = missing;
    }
}

static uint64_t mask_of(const struct cn_scorecard *card, cn_str because)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < card->exception_count; i++) {
        if (cn_str_equal(card->exceptions[i].because, because)) {
            mask |= UINT64_C(1) << i;
        }
    }
    return mask;
}

static bool fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                 struct cn_column *column, struct cn_error *err)
{
    const struct cn_health_columns *columns = ctx;
    uint64_t masks[CN_SCORECARDS_MAX] = { 0 };
    uint32_t cards[CN_SCORECARDS_MAX] = { 0 };
    struct filling f = { .model = columns->model,
                         .state = cn_frame_bound(fill->frame, columns->section),
                         .cards = cards,
                         .masks = masks };
    if (f.model == NULL || f.state == NULL) {
        return cn_fail(err, CN_INTERNAL, "no scores are bound to the frame");
    }
    for (size_t i = 0; i < f.model->scorecard_count; i++) {
        const struct cn_scorecard *card = &f.model->scorecards[i];
        cards[i] = cn_intern(fill->strings, card->name);
        masks[i] = spec->op == OP_FIRED ? mask_of(card, *(const cn_str *)spec->detail) : 0;
    }
    for (size_t i = 0; i < CN_BANDS; i++) {
        f.bands[i] = cn_intern(fill->strings, cn_str_of(cn_band_names[i]));
    }
    if (fill->rows == NULL && spec->op == OP_SCORE) {
        fill_all_scores(f.state, fill->count, column);
        return true;
    }
    if (fill->rows == NULL && spec->op == OP_COLOUR) {
        fill_all_colours(&f, fill->count, column);
        return true;
    }
    for (size_t i = 0; i < fill->count; i++) {
        fill_row(&f, (enum op)spec->op, cn_fill_row(fill, i), column);
    }
    return true;
}

/* ---- making ---- */

void cn_health_prepare(struct cn_arena *arena, struct cn_rules *rules,
                       const struct cn_program_tree *tree, struct cn_health_env *env_out)
{
    struct cn_health_columns *columns = cn_arena_new(arena, struct cn_health_columns);
    uint32_t section = cn_rules_section(rules);
    uint32_t unit = cn_rules_unit(rules, &(struct cn_unit_spec){ .section = section,
                                                                 .name = CN_STR("health"),
                                                                 .part_of = CN_NO_UNIT });
    *columns = (struct cn_health_columns){
        .source = { .name = "health",
                    .ctx = columns,
                    .resolve = resolve,
                    .fill = fill,
                    .list = list,
                    .value = value },
        .tree = *tree,
        .section = section,
        .unit = unit,
    };
    *env_out = (struct cn_health_env){
        .rules = rules, .section = section, .unit = unit, .columns = columns
    };
}

const struct cn_column_source *cn_health_source(const struct cn_health_env *env)
{
    return &env->columns->source;
}

void cn_health_columns_fill_from(struct cn_health_columns *columns,
                                 const struct cn_health_model *model)
{
    columns->model = model;
}
