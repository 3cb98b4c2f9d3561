#include "frame/schema.h"

_Static_assert((int)CN_BLOCK_ROWS == (int)CN_CEL_BLOCK_ROWS, "a block of the frame is one of cel/");

static const enum cn_cel_kind kinds[] = {
    [CN_COLUMN_F64] = CN_CEL_DOUBLE,     [CN_COLUMN_I64] = CN_CEL_INT,
    [CN_COLUMN_BOOL] = CN_CEL_BOOL,      [CN_COLUMN_STR] = CN_CEL_STRING,
    [CN_COLUMN_TIME] = CN_CEL_TIMESTAMP, [CN_COLUMN_SPAN] = CN_CEL_DURATION,
};

static bool read_arg(const struct cn_cel_value *value, struct cn_column_arg *arg)
{
    if (value->kind == CN_CEL_STRING) {
        *arg = (struct cn_column_arg){ .is_text = true, .text = value->as.text };
    } else if (value->kind == CN_CEL_INT) {
        *arg = (struct cn_column_arg){ .number = (double)value->as.i64 };
    } else if (value->kind == CN_CEL_DOUBLE) {
        *arg = (struct cn_column_arg){ .number = value->as.f64 };
    } else {
        return false;
    }
    return true;
}

static enum cn_cel_resolve resolve(void *ctx, const struct cn_cel_reference *reference,
                                   struct cn_cel_column *column_out, struct cn_error *err)
{
    struct cn_column_set *set = ctx;
    struct cn_column_request request = { .name = reference->name, .method = reference->method };
    uint32_t index = 0;
    if (reference->arg_count > CN_COLUMN_ARGS_MAX) {
        cn_fail(err, CN_INVALID, "more than %d arguments", CN_COLUMN_ARGS_MAX);
        return CN_CEL_WRONG;
    }
    for (size_t i = 0; i < reference->arg_count; i++) {
        if (!read_arg(&reference->args[i], &request.args[request.arg_count++])) {
            cn_fail(err, CN_INVALID, "an argument must be a number or a text");
            return CN_CEL_WRONG;
        }
    }
    if (!cn_column_set_find(set, &request, &index, err)) {
        return err->code == CN_NOT_FOUND ? CN_CEL_UNKNOWN : CN_CEL_WRONG;
    }
    *column_out = (struct cn_cel_column){ index, kinds[set->items[index].spec.type] };
    return CN_CEL_FOUND;
}

static bool list(void *ctx, size_t index, cn_str *name_out)
{
    struct cn_column_name name;
    if (!cn_column_set_list(ctx, index, &name)) {
        return false;
    }
    *name_out = name.name;
    return true;
}

static bool value(void *ctx, uint32_t column, size_t index, cn_str *value_out)
{
    const struct cn_column_set *set = ctx;
    const struct cn_column_def *def = &set->items[column];
    return def->source->value != NULL &&
           def->source->value(def->source->ctx, &def->spec, index, value_out);
}

struct cn_cel_schema cn_frame_schema(struct cn_column_set *set)
{
    return (struct cn_cel_schema){ .ctx = set, .resolve = resolve, .list = list, .value = value };
}

static uint32_t intern(void *ctx, cn_str text)
{
    return cn_intern(ctx, text);
}

static cn_str text_of(void *ctx, uint32_t number)
{
    return cn_interned(ctx, number);
}

struct cn_cel_strings cn_frame_cel_strings(struct cn_interner *strings)
{
    return (struct cn_cel_strings){ .ctx = strings, .intern = intern, .text = text_of };
}

struct cn_cel_cells *cn_frame_cells(const struct cn_frame *frame, struct cn_arena *arena)
{
    size_t count = cn_frame_column_count(frame);
    struct cn_cel_cells *cells = cn_arena_array(arena, struct cn_cel_cells, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct cn_column *column = cn_frame_column(frame, i);
        cells[i] = (struct cn_cel_cells){ column->as.any, column->missing };
    }
    return cells;
}

struct cn_cel_batch cn_frame_batch(const struct cn_frame *frame, const struct cn_cel_cells *cells,
                                   const struct cn_cel_strings *strings, size_t first)
{
    size_t rows = cn_frame_rows(frame) - first;
    return (struct cn_cel_batch){
        .columns = cells,
        .column_count = cn_frame_column_count(frame),
        .first = first,
        .rows = rows < CN_BLOCK_ROWS ? rows : CN_BLOCK_ROWS,
        .strings = strings,
    };
}
