#include "cel/value.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "cel/semantics.h"
#include "cel/text.h"

static const struct cn_cel_type dyn = { .kind = CN_CEL_DYN };
static const struct cn_cel_type plain_types[CN_CEL_KINDS] = {
    [CN_CEL_ERROR] = { .kind = CN_CEL_ERROR },
    [CN_CEL_DYN] = { .kind = CN_CEL_DYN },
    [CN_CEL_NULL] = { .kind = CN_CEL_NULL },
    [CN_CEL_BOOL] = { .kind = CN_CEL_BOOL },
    [CN_CEL_INT] = { .kind = CN_CEL_INT },
    [CN_CEL_UINT] = { .kind = CN_CEL_UINT },
    [CN_CEL_DOUBLE] = { .kind = CN_CEL_DOUBLE },
    [CN_CEL_STRING] = { .kind = CN_CEL_STRING },
    [CN_CEL_BYTES] = { .kind = CN_CEL_BYTES },
    [CN_CEL_TIMESTAMP] = { .kind = CN_CEL_TIMESTAMP },
    [CN_CEL_DURATION] = { .kind = CN_CEL_DURATION },
    [CN_CEL_LIST] = { .kind = CN_CEL_LIST, .element = &dyn },
    [CN_CEL_MAP] = { .kind = CN_CEL_MAP, .element = &dyn, .key = &dyn },
    [CN_CEL_TYPE] = { .kind = CN_CEL_TYPE },
    [CN_CEL_OPTIONAL] = { .kind = CN_CEL_OPTIONAL, .element = &dyn },
};

static const char *const kind_names[] = {
    [CN_CEL_ERROR] = "error",
    [CN_CEL_DYN] = "dyn",
    [CN_CEL_NULL] = "null_type",
    [CN_CEL_BOOL] = "bool",
    [CN_CEL_INT] = "int",
    [CN_CEL_UINT] = "uint",
    [CN_CEL_DOUBLE] = "double",
    [CN_CEL_STRING] = "string",
    [CN_CEL_BYTES] = "bytes",
    [CN_CEL_TIMESTAMP] = "timestamp",
    [CN_CEL_DURATION] = "duration",
    [CN_CEL_LIST] = "list",
    [CN_CEL_MAP] = "map",
    [CN_CEL_TYPE] = "type",
    [CN_CEL_OPTIONAL] = "optional_type",
};
_Static_assert(CN_ARRAY_LEN(kind_names) == CN_CEL_KINDS, "every kind has a name");

static const char *const failure_texts[] = {
    [CN_CEL_NO_FAILURE] = "none",
    [CN_CEL_NO_VALUE] = "no such value",
    [CN_CEL_NO_OVERLOAD] = "no such overload",
    [CN_CEL_NO_FUNCTION] = "no such function",
    [CN_CEL_NO_NAME] = "no such name",
    [CN_CEL_NO_KEY] = "no such key",
    [CN_CEL_NO_INDEX] = "index out of range",
    [CN_CEL_OVERFLOW] = "number out of range",
    [CN_CEL_DIVIDE_BY_ZERO] = "divide by zero",
    [CN_CEL_MODULUS_BY_ZERO] = "modulus by zero",
    [CN_CEL_BAD_CONVERSION] = "conversion failed",
    [CN_CEL_BAD_ARGUMENT] = "bad argument",
    [CN_CEL_OUT_OF_RANGE] = "time out of range",
    [CN_CEL_TOO_COSTLY] = "limit exceeded",
    [CN_CEL_UNSUPPORTED] = "not supported",
    [CN_CEL_NO_OPTIONAL] = "optional without a value",
    [CN_CEL_TWICE] = "key occurs twice",
};
_Static_assert(CN_ARRAY_LEN(failure_texts) == CN_CEL_FAILURES, "every failure has a text");

const struct cn_cel_type *cn_cel_type_of(enum cn_cel_kind kind)
{
    return &plain_types[kind];
}

const char *cn_cel_kind_name(enum cn_cel_kind kind)
{
    return kind_names[kind];
}

const char *cn_cel_failure_text(enum cn_cel_failure failure)
{
    return failure_texts[failure];
}

enum {
    TYPE_TEXT_MAX_BYTES = 200,
    VALUE_TEXT_MAX_BYTES = 64 * 1024,
    WRITE_DEPTH_MAX = 100,
    EQUAL_DEPTH_MAX = 500,
};

/* NOLINTNEXTLINE(misc-no-recursion): types nest at most CN_CEL_TYPE_DEPTH_MAX deep */
static void write_type(struct cn_buf *out, const struct cn_cel_type *type)
{
    cn_buf_add_str(out, cn_str_of(kind_names[type->kind]));
    if (type->element == NULL) {
        return;
    }
    cn_buf_add(out, "(", 1);
    if (type->key != NULL) {
        write_type(out, type->key);
        cn_buf_add(out, ", ", 2);
    }
    write_type(out, type->element);
    cn_buf_add(out, ")", 1);
}

cn_str cn_cel_type_text(struct cn_arena *arena, const struct cn_cel_type *type)
{
    struct cn_buf out;
    cn_buf_init(&out, TYPE_TEXT_MAX_BYTES);
    write_type(&out, type);
    cn_str text = cn_arena_str(arena, cn_buf_str(&out));
    cn_buf_deinit(&out);
    return text;
}

/* NOLINTNEXTLINE(misc-no-recursion): types nest at most CN_CEL_TYPE_DEPTH_MAX deep */
bool cn_cel_type_equal(const struct cn_cel_type *a, const struct cn_cel_type *b)
{
    if (a == b) {
        return true;
    }
    if (a == NULL || b == NULL || a->kind != b->kind) {
        return false;
    }
    return cn_cel_type_equal(a->element, b->element) && cn_cel_type_equal(a->key, b->key);
}

static bool equal_numbers(const struct cn_cel_value *a, const struct cn_cel_value *b)
{
    switch (a->kind * CN_CEL_KINDS + b->kind) {
    case CN_CEL_INT *CN_CEL_KINDS + CN_CEL_INT:
        return cn_cel_eq_i64(a->as.i64, b->as.i64);
    case CN_CEL_INT *CN_CEL_KINDS + CN_CEL_UINT:
        return cn_cel_eq_i64_u64(a->as.i64, b->as.u64);
    case CN_CEL_INT *CN_CEL_KINDS + CN_CEL_DOUBLE:
        return cn_cel_eq_i64_f64(a->as.i64, b->as.f64);
    case CN_CEL_UINT *CN_CEL_KINDS + CN_CEL_INT:
        return cn_cel_eq_u64_i64(a->as.u64, b->as.i64);
    case CN_CEL_UINT *CN_CEL_KINDS + CN_CEL_UINT:
        return cn_cel_eq_u64(a->as.u64, b->as.u64);
    case CN_CEL_UINT *CN_CEL_KINDS + CN_CEL_DOUBLE:
        return cn_cel_eq_u64_f64(a->as.u64, b->as.f64);
    case CN_CEL_DOUBLE *CN_CEL_KINDS + CN_CEL_INT:
        return cn_cel_eq_f64_i64(a->as.f64, b->as.i64);
    case CN_CEL_DOUBLE *CN_CEL_KINDS + CN_CEL_UINT:
        return cn_cel_eq_f64_u64(a->as.f64, b->as.u64);
    case CN_CEL_DOUBLE *CN_CEL_KINDS + CN_CEL_DOUBLE:
        return cn_cel_eq_f64(a->as.f64, b->as.f64);
    default:
        return false;
    }
}

static bool is_number(enum cn_cel_kind kind)
{
    return kind == CN_CEL_INT || kind == CN_CEL_UINT || kind == CN_CEL_DOUBLE;
}

/* A comparison that may take only so much. */
struct comparison {
    size_t steps_left;
    unsigned depth_left;
    bool is_over;
};

static bool take_steps(struct comparison *comparison, size_t steps)
{
    if (steps > comparison->steps_left) {
        comparison->is_over = true;
        return false;
    }
    comparison->steps_left -= steps;
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): at most EQUAL_DEPTH_MAX deep */
static bool equal(struct comparison *comparison, const struct cn_cel_value *a,
                  const struct cn_cel_value *b);

static bool equal_lists(struct comparison *comparison, const struct cn_cel_list *a,
                        const struct cn_cel_list *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!equal(comparison, &a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool equal_maps(struct comparison *comparison, const struct cn_cel_map *a,
                       const struct cn_cel_map *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;
        for (size_t j = 0; j < b->count && !found && !comparison->is_over; j++) {
            found = equal(comparison, &a->keys[i], &b->keys[j]) &&
                    equal(comparison, &a->values[i], &b->values[j]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool equal_nested(struct comparison *comparison, const struct cn_cel_value *a,
                         const struct cn_cel_value *b)
{
    if (comparison->depth_left == 0) {
        comparison->is_over = true;
        return false;
    }
    comparison->depth_left--;
    bool same = false;
    if (a->kind == CN_CEL_LIST) {
        same = equal_lists(comparison, &a->as.list, &b->as.list);
    } else if (a->kind == CN_CEL_MAP) {
        same = equal_maps(comparison, &a->as.map, &b->as.map);
    } else {
        same = a->as.inner == b->as.inner || (a->as.inner != NULL && b->as.inner != NULL &&
                                              equal(comparison, a->as.inner, b->as.inner));
    }
    comparison->depth_left++;
    return same;
}

static bool equal(struct comparison *comparison, const struct cn_cel_value *a,
                  const struct cn_cel_value *b)
{
    if (!take_steps(comparison, 1)) {
        return false;
    }
    if (is_number(a->kind) && is_number(b->kind)) {
        return equal_numbers(a, b);
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case CN_CEL_NULL:
        return true;
    case CN_CEL_BOOL:
        return a->as.flag == b->as.flag;
    case CN_CEL_STRING:
    case CN_CEL_BYTES:
        return a->as.text.len == b->as.text.len && take_steps(comparison, a->as.text.len / 64) &&
               cn_str_equal(a->as.text, b->as.text);
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        return cn_cel_order_time(a->as.time, b->as.time) == 0;
    case CN_CEL_LIST:
    case CN_CEL_MAP:
    case CN_CEL_OPTIONAL:
        return equal_nested(comparison, a, b);
    case CN_CEL_TYPE:
        return a->as.type->kind == b->as.type->kind;
    case CN_CEL_ERROR:
    case CN_CEL_DYN:
    case CN_CEL_INT:
    case CN_CEL_UINT:
    case CN_CEL_DOUBLE:
    case CN_CEL_KINDS:
        break;
    }
    return false;
}
/* NOLINTEND(misc-no-recursion) */

bool cn_cel_equal_within(const struct cn_cel_value *a, const struct cn_cel_value *b,
                         size_t *steps_left, bool *equal_out)
{
    struct comparison comparison = { .steps_left = *steps_left, .depth_left = EQUAL_DEPTH_MAX };
    bool same = equal(&comparison, a, b);
    *steps_left = comparison.steps_left;
    if (comparison.is_over) {
        return false;
    }
    *equal_out = same;
    return true;
}

bool cn_cel_equal(const struct cn_cel_value *a, const struct cn_cel_value *b)
{
    size_t steps = SIZE_MAX;
    bool same = false;
    return cn_cel_equal_within(a, b, &steps, &same) && same;
}

static void write_text(struct cn_buf *out, const struct cn_cel_value *value)
{
    bool is_bytes = value->kind == CN_CEL_BYTES;
    cn_buf_add_str(out, is_bytes ? CN_STR("b\"") : CN_STR("\""));
    for (size_t i = 0; i < value->as.text.len; i++) {
        unsigned char c = (unsigned char)value->as.text.ptr[i];
        if (c == '"' || c == '\\') {
            cn_buf_printf(out, "\\%c", c);
        } else if (c == '\n') {
            cn_buf_add(out, "\\n", 2);
        } else if (c < 0x20 || c == 0x7F || (is_bytes && c >= 0x80)) {
            cn_buf_printf(out, "\\x%02x", c);
        } else {
            cn_buf_add(out, (const char *)&value->as.text.ptr[i], 1);
        }
    }
    cn_buf_add(out, "\"", 1);
}

static void write_number(struct cn_buf *out, const struct cn_cel_value *value)
{
    char text[CN_CEL_NUMBER_TEXT_BYTES];
    if (value->kind == CN_CEL_INT) {
        cn_buf_printf(out, "%lld", (long long)value->as.i64);
    } else if (value->kind == CN_CEL_UINT) {
        cn_buf_printf(out, "%lluu", (unsigned long long)value->as.u64);
    } else {
        cn_str number = cn_cel_write_double(value->as.f64, text);
        cn_buf_add_str(out, number);
        if (isfinite(value->as.f64) && memchr(number.ptr, '.', number.len) == NULL &&
            memchr(number.ptr, 'e', number.len) == NULL) {
            cn_buf_add(out, ".0", 2);
        }
    }
}

static void write_time(struct cn_buf *out, struct cn_arena *arena, const struct cn_cel_value *value)
{
    cn_str text = value->kind == CN_CEL_TIMESTAMP ? cn_cel_write_timestamp(arena, value->as.time)
                                                  : cn_cel_write_duration(arena, value->as.time);
    cn_buf_printf(out, "%s(\"%.*s\")", kind_names[value->kind], CN_STR_ARG(text));
}

/* NOLINTBEGIN(misc-no-recursion): at most WRITE_DEPTH_MAX deep */
static void write_value(struct cn_buf *out, struct cn_arena *arena,
                        const struct cn_cel_value *value, int depth);

static void write_items(struct cn_buf *out, struct cn_arena *arena,
                        const struct cn_cel_value *value, int depth)
{
    bool is_map = value->kind == CN_CEL_MAP;
    size_t count = is_map ? value->as.map.count : value->as.list.count;
    cn_buf_add(out, is_map ? "{" : "[", 1);
    for (size_t i = 0; i < count && !out->overflowed; i++) {
        cn_buf_add_str(out, i > 0 ? CN_STR(", ") : CN_STR(""));
        if (is_map) {
            write_value(out, arena, &value->as.map.keys[i], depth + 1);
            cn_buf_add(out, ": ", 2);
        }
        write_value(out, arena, is_map ? &value->as.map.values[i] : &value->as.list.items[i],
                    depth + 1);
    }
    cn_buf_add(out, is_map ? "}" : "]", 1);
}

static void write_value(struct cn_buf *out, struct cn_arena *arena,
                        const struct cn_cel_value *value, int depth)
{
    if (depth == WRITE_DEPTH_MAX) {
        cn_buf_add_str(out, CN_STR("..."));
        return;
    }
    switch (value->kind) {
    case CN_CEL_ERROR:
        cn_buf_printf(out, "error: %s", failure_texts[value->as.failure]);
        break;
    case CN_CEL_NULL:
        cn_buf_add_str(out, CN_STR("null"));
        break;
    case CN_CEL_BOOL:
        cn_buf_add_str(out, value->as.flag ? CN_STR("true") : CN_STR("false"));
        break;
    case CN_CEL_INT:
    case CN_CEL_UINT:
    case CN_CEL_DOUBLE:
        write_number(out, value);
        break;
    case CN_CEL_STRING:
    case CN_CEL_BYTES:
        write_text(out, value);
        break;
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        write_time(out, arena, value);
        break;
    case CN_CEL_LIST:
    case CN_CEL_MAP:
        write_items(out, arena, value, depth);
        break;
    case CN_CEL_TYPE:
        cn_buf_add_str(out, cn_str_of(kind_names[value->as.type->kind]));
        break;
    case CN_CEL_OPTIONAL:
        cn_buf_add_str(out, value->as.inner ? CN_STR("optional.of(") : CN_STR("optional.none("));
        if (value->as.inner != NULL) {
            write_value(out, arena, value->as.inner, depth + 1);
        }
        cn_buf_add(out, ")", 1);
        break;
    case CN_CEL_DYN:
    case CN_CEL_KINDS:
        break;
    }
}
/* NOLINTEND(misc-no-recursion) */

cn_str cn_cel_value_text(struct cn_arena *arena, const struct cn_cel_value *value)
{
    struct cn_buf out;
    cn_buf_init(&out, VALUE_TEXT_MAX_BYTES);
    write_value(&out, arena, value, 0);
    cn_str text = cn_arena_str(arena, cn_buf_str(&out));
    cn_buf_deinit(&out);
    return text;
}
