#include "engine/asked.h"

#include "base/str.h"
#include "base/time.h"

static bool has_bit(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

struct cn_asked_value cn_asked_value_of(const struct cn_cel_result *result, size_t i)
{
    struct cn_asked_value value = { .has_value = !has_bit(result->errors, i) };
    if (!value.has_value) {
        return value;
    }
    if (result->kind == CN_CEL_BOOL) {
        value.truth = has_bit(result->truth, i);
    } else if (result->kind == CN_CEL_DOUBLE) {
        value.number = ((const double *)result->values)[i];
    } else if (result->kind == CN_CEL_STRING) {
        value.text = ((const uint32_t *)result->values)[i];
    } else {
        value.whole = ((const int64_t *)result->values)[i];
    }
    return value;
}

static void take_block(void *ctx, const struct cn_rule_block *block)
{
    struct cn_asked *asked = ctx;
    const struct cn_cel_result result = cn_rule_result(block, asked->what->rule);
    asked->kind = result.kind;
    for (size_t i = 0; i < block->count; i++) {
        if (has_bit(block->rows, i)) {
            asked->values[block->first + i] = cn_asked_value_of(&result, i);
        }
    }
}

struct cn_rule_consumer cn_asked_consumer(struct cn_asked *asked)
{
    return (struct cn_rule_consumer){ .section = asked->what->section,
                                      .ctx = asked,
                                      .block = take_block };
}

cn_str cn_asked_text(const struct cn_interner *strings, enum cn_cel_kind kind,
                     const struct cn_asked_value *value, struct cn_arena *arena)
{
    char text[CN_TIME_TEXT_BYTES];
    if (!value->has_value) {
        return CN_STR("missing");
    }
    if (kind == CN_CEL_BOOL) {
        return value->truth ? CN_STR("yes") : CN_STR("no");
    }
    if (kind == CN_CEL_DOUBLE) {
        return cn_number_text(arena, value->number, "");
    }
    if (kind == CN_CEL_STRING) {
        return cn_arena_str(arena, cn_interned(strings, value->text));
    }
    if (kind == CN_CEL_TIMESTAMP) {
        cn_time_format((cn_time){ value->whole }, text);
        return cn_arena_str(arena, cn_str_of(text));
    }
    return kind == CN_CEL_DURATION ? cn_number_text(arena, (double)value->whole / 3.6e9, "hours")
                                   : cn_number_text(arena, (double)value->whole, "");
}
