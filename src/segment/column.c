/* segment.vip, coverage, stage and the others as a column source.  One table row a column. */
#include "segment/column.h"

#include "base/str.h"

#include "program/node.h"
#include "segment/evaluate.h"

enum op {
    OP_ANSWERED,
    OP_COVERAGE,
    OP_CADENCE,
    OP_STAGE,
    OP_DAYS_IN_STAGE,
    OP_WINDOW,
    OP_STALLED,
    OP_COLUMNS,
    OP_SEGMENT = OP_COLUMNS, /* segment.NAME */
    OP_HAS,                  /* segment.has("NAME") */
};

struct segment_column {
    const char *name;
    const char *doc;
    enum cn_column_type type;
    const char *unit;
};

static const struct segment_column table[OP_COLUMNS] = {
    [OP_ANSWERED] = { "segment.answered",
                      "of the seven questions of segmentation, those that are answered",
                      CN_COLUMN_F64, "questions" },
    [OP_COVERAGE] = { "coverage", "the coverage model", CN_COLUMN_STR, "" },
    [OP_CADENCE] = { "cadence_days",
                     "days between two touches: the shorter of the coverage model's and the "
                     "colour's",
                     CN_COLUMN_F64, "days" },
    [OP_STAGE] = { "stage", "the lifecycle stage; without `lifecycle`, that of the record",
                   CN_COLUMN_STR, "" },
    [OP_DAYS_IN_STAGE] = { "days_in_stage", "days since the stage began", CN_COLUMN_F64, "days" },
    [OP_WINDOW] = { "in_renewal_window", "the renewal is to be worked on", CN_COLUMN_BOOL, "" },
    [OP_STALLED] = { "is_stalled", "a stage has not reached its goals in time", CN_COLUMN_BOOL,
                     "" },
};

static const char has_usage[] = "segment.has(\"key-account\")";

/* The unit that makes it; CN_NO_UNIT: the program has none of it. */
static uint32_t maker_of(const struct cn_segment_model *model, enum op op)
{
    uint32_t index = 0;
    switch (op) {
    case OP_ANSWERED:
        return model->answered_unit;
    case OP_COVERAGE:
        return model->coverage_unit;
    case OP_CADENCE:
        return model->cadence_unit;
    case OP_STAGE:
    case OP_DAYS_IN_STAGE:
        return model->stage_unit;
    case OP_WINDOW:
        return cn_segment_find(model, CN_SEGMENT_FLAG, CN_STR("renewal-window"), &index)
                   ? model->items[index].unit
                   : CN_NO_UNIT;
    case OP_STALLED:
        return cn_segment_find(model, CN_SEGMENT_FLAG, CN_STR("stalled"), &index)
                   ? model->items[index].unit
                   : CN_NO_UNIT;
    case OP_SEGMENT:
    case OP_HAS:
        break;
    }
    return CN_NO_UNIT;
}

static struct cn_column_spec spec_of(enum op op, enum cn_column_type type, const char *unit,
                                     uint32_t maker)
{
    return (struct cn_column_spec){
        .type = type, .pace = CN_PACE_TICK, .unit = unit, .op = (int32_t)op, .maker = maker + 1
    };
}

static enum cn_resolve resolve_segment(const struct cn_segment_model *model, cn_str name,
                                       struct cn_column_spec *spec_out)
{
    uint32_t index = 0;
    if (!cn_segment_find(model, CN_SEGMENT_PLAIN, name, &index) ||
        !cn_str_equal(model->items[index].name, name)) {
        return CN_RESOLVE_UNKNOWN;
    }
    *spec_out = spec_of(OP_SEGMENT, CN_COLUMN_BOOL, "", model->items[index].unit);
    spec_out->index = (int32_t)index;
    return CN_RESOLVE_FOUND;
}

static void unknown_segment(const struct cn_segment_model *model, cn_str name, struct cn_error *err)
{
    cn_str names[CN_SEGMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == CN_SEGMENT_PLAIN) {
            names[count++] = model->items[i].name;
        }
    }
    cn_str meant = cn_str_nearest(name, names, count);
    cn_fail(err, CN_INVALID, "there is no segment \"%.*s\"%s%.*s%s",
            CN_STR_ARG(cn_str_slice(name, 0, 100)), meant.len > 0 ? ", did you mean \"" : "",
            CN_STR_ARG(meant), meant.len > 0 ? "\"?" : "");
}

static enum cn_resolve resolve_has(const struct cn_segment_model *model,
                                   const struct cn_column_request *request,
                                   struct cn_column_spec *spec_out, struct cn_error *err)
{
    if (request->arg_count != 1 || !request->args[0].is_text) {
        cn_fail(err, CN_INVALID, "use it as %s", has_usage);
        return CN_RESOLVE_WRONG;
    }
    if (resolve_segment(model, request->args[0].text, spec_out) == CN_RESOLVE_UNKNOWN) {
        unknown_segment(model, request->args[0].text, err);
        return CN_RESOLVE_WRONG;
    }
    return CN_RESOLVE_FOUND;
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    static const cn_str prefix = { "segment.", 8 };
    const struct cn_segment_model *model = ctx;
    if (cn_str_equal(request->name, CN_STR("segment")) &&
        cn_str_equal(request->method, CN_STR("has"))) {
        return resolve_has(model, request, spec_out, err);
    }
    if (request->method.len > 0) {
        return CN_RESOLVE_UNKNOWN;
    }
    for (size_t i = 0; i < OP_COLUMNS; i++) {
        uint32_t maker = maker_of(model, (enum op)i);
        if (maker != CN_NO_UNIT && cn_str_equal(request->name, cn_str_of(table[i].name))) {
            *spec_out = spec_of((enum op)i, table[i].type, table[i].unit, maker);
            return CN_RESOLVE_FOUND;
        }
    }
    return cn_str_starts_with(request->name, prefix)
               ? resolve_segment(model, cn_str_slice(request->name, prefix.len, request->name.len),
                                 spec_out)
               : CN_RESOLVE_UNKNOWN;
}

/* Segment number `index` of those without a hyphen, which stand in an expression by name. */
static bool list_segment(const struct cn_segment_model *model, size_t index,
                         struct cn_column_name *name_out)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct cn_segment *item = &model->items[i];
        if (item->kind == CN_SEGMENT_PLAIN && item->column_name.len > 0 && index-- == 0) {
            *name_out = (struct cn_column_name){ .name = item->column_name,
                                                 .usage = item->column_name,
                                                 .doc = item->doc,
                                                 .type = CN_COLUMN_BOOL };
            return true;
        }
    }
    return false;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    if (index < OP_COLUMNS) {
        *name_out = (struct cn_column_name){ .name = cn_str_of(table[index].name),
                                             .usage = cn_str_of(table[index].name),
                                             .doc = cn_str_of(table[index].doc),
                                             .type = table[index].type,
                                             .unit = table[index].unit };
        return true;
    }
    if (index == OP_COLUMNS) {
        *name_out = (struct cn_column_name){ .name = CN_STR("segment"),
                                             .method = CN_STR("has"),
                                             .usage = cn_str_of(has_usage),
                                             .doc = CN_STR("the account is in that segment"),
                                             .type = CN_COLUMN_BOOL };
        return true;
    }
    return list_segment(ctx, index - OP_COLUMNS - 1, name_out);
}

/* The coverage models and the stages are those of the program. */
static bool value(void *ctx, const struct cn_column_spec *spec, size_t index, cn_str *value_out)
{
    const struct cn_segment_model *model = ctx;
    enum cn_segment_kind kind = spec->op == OP_COVERAGE ? CN_SEGMENT_COVERAGE : CN_SEGMENT_STAGE;
    if (spec->op != OP_COVERAGE && spec->op != OP_STAGE) {
        return false;
    }
    for (size_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == kind && index-- == 0) {
            *value_out = model->items[i].name;
            return true;
        }
    }
    return false;
}

/* ---- filling ---- */

/* The item of the kind that the row is in, or NULL. */
static const struct cn_segment *item_of(const struct cn_segment_model *model,
                                        const struct cn_membership *state,
                                        enum cn_segment_kind kind, size_t row)
{
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->items[i].kind == kind && cn_membership_has(state, i, row)) {
            return &model->items[i];
        }
    }
    return NULL;
}

static void fill_name(const struct cn_segment_model *model, const struct cn_membership *state,
                      const struct cn_fill *fill, enum cn_segment_kind kind,
                      struct cn_column *column)
{
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        const struct cn_segment *item = item_of(model, state, kind, row);
        if (item != NULL) {
            cn_column_set_str(column, row, item->interned);
        } else {
            cn_column_set_missing(column, row);
        }
    }
}

static void fill_flag(const struct cn_membership *state, const struct cn_fill *fill, uint32_t index,
                      struct cn_column *column)
{
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        cn_column_set_bool(column, row, cn_membership_has(state, index, row));
    }
}

static void copy(const struct cn_column *from, const struct cn_fill *fill, struct cn_column *column)
{
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        if (cn_column_is_missing(from, row)) {
            cn_column_set_missing(column, row);
        } else {
            cn_column_set_f64(column, row, from->as.f64[row]);
        }
    }
}

static void fill_answered(const struct cn_segment_model *model, const struct cn_membership *state,
                          const struct cn_fill *fill, struct cn_column *column)
{
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        cn_column_set_f64(column, row, (double)cn_segment_answered(model, state, row));
    }
}

static bool fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                 struct cn_column *column, struct cn_error *err)
{
    const struct cn_segment_model *model = ctx;
    const struct cn_membership *state = cn_frame_bound(fill->frame, model->section);
    uint32_t index = (uint32_t)spec->index;
    if (state == NULL) {
        return cn_fail(err, CN_INTERNAL, "no segments are bound to the frame");
    }
    switch ((enum op)spec->op) {
    case OP_ANSWERED:
        fill_answered(model, state, fill, column);
        return true;
    case OP_COVERAGE:
        fill_name(model, state, fill, CN_SEGMENT_COVERAGE, column);
        return true;
    case OP_STAGE:
        fill_name(model, state, fill, CN_SEGMENT_STAGE, column);
        return true;
    case OP_CADENCE:
        copy(&state->cadence_days, fill, column);
        return true;
    case OP_DAYS_IN_STAGE:
        copy(&state->days_in_stage, fill, column);
        return true;
    case OP_WINDOW:
    case OP_STALLED:
        if (cn_segment_find(model, CN_SEGMENT_FLAG,
                            spec->op == OP_WINDOW ? CN_STR("renewal-window") : CN_STR("stalled"),
                            &index)) {
            fill_flag(state, fill, index, column);
        }
        return true;
    case OP_SEGMENT:
    case OP_HAS:
        fill_flag(state, fill, index, column);
        return true;
    }
    return true;
}

struct cn_column_source *cn_segment_columns(struct cn_arena *arena,
                                            const struct cn_segment_model *model)
{
    struct cn_column_source *source = cn_arena_new(arena, struct cn_column_source);
    *source = (struct cn_column_source){ .name = "segment",
                                         .ctx = (void *)(uintptr_t)model, /* only read */
                                         .resolve = resolve,
                                         .fill = fill,
                                         .list = list,
                                         .value = value };
    return source;
}

const struct cn_column_source *cn_segment_source(const struct cn_segment_env *env)
{
    return env->source;
}
