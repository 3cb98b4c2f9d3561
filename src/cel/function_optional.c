/*
 * Optionals: values that may not be there.
 */
#include "cel/access.h"
#include "cel/rows.h"

CN_CEL_RUN(of)
{
    CN_CEL_UNUSED;
    return cn_cel_optional_of(call, &args[0]);
}

CN_CEL_RUN(none)
{
    CN_CEL_UNUSED;
    (void)args;
    return cn_cel_none();
}

/* What its type begins with: 0, "", [], null, none. */
static bool is_zero(const struct cn_cel_value *value)
{
    switch ((int)value->kind) {
    case CN_CEL_NULL:
        return true;
    case CN_CEL_BOOL:
        return !value->as.flag;
    case CN_CEL_INT:
    case CN_CEL_UINT:
        return value->as.u64 == 0;
    case CN_CEL_DOUBLE:
        return value->as.f64 == 0.0;
    case CN_CEL_STRING:
    case CN_CEL_BYTES:
        return value->as.text.len == 0;
    case CN_CEL_TIMESTAMP:
    case CN_CEL_DURATION:
        return value->as.time.us == 0 && value->as.time.ns == 0;
    case CN_CEL_LIST:
        return value->as.list.count == 0;
    case CN_CEL_MAP:
        return value->as.map.count == 0;
    case CN_CEL_OPTIONAL:
        return value->as.inner == NULL;
    default:
        return false;
    }
}

CN_CEL_RUN(of_non_zero)
{
    CN_CEL_UNUSED;
    return is_zero(&args[0]) ? cn_cel_none() : cn_cel_optional_of(call, &args[0]);
}

CN_CEL_RUN(has_value)
{
    CN_CEL_UNUSED;
    return cn_cel_bool(args[0].as.inner != NULL);
}

CN_CEL_RUN(value_of)
{
    CN_CEL_UNUSED;
    return args[0].as.inner != NULL ? *args[0].as.inner : cn_cel_failed(CN_CEL_NO_OPTIONAL);
}

#define TAKES_ONE(kind, result_, shape_, run_)                                                    \
    {                                                                                             \
        .args = { (kind) }, .arg_count = 1, .result = (result_), .shape = (shape_), .run = (run_) \
    }

static const struct cn_cel_overload of_rows[] = { TAKES_ONE(CN_CEL_DYN, CN_CEL_OPTIONAL,
                                                            CN_CEL_SHAPE_OPTIONAL, of) };
static const struct cn_cel_overload none_rows[] = {
    { .result = CN_CEL_OPTIONAL, .shape = CN_CEL_SHAPE_OPTIONAL, .run = none }
};
static const struct cn_cel_overload non_zero_rows[] = { TAKES_ONE(
    CN_CEL_DYN, CN_CEL_OPTIONAL, CN_CEL_SHAPE_OPTIONAL, of_non_zero) };
static const struct cn_cel_overload has_value_rows[] = { TAKES_ONE(CN_CEL_OPTIONAL, CN_CEL_BOOL,
                                                                   CN_CEL_SHAPE_PLAIN, has_value) };
static const struct cn_cel_overload value_rows[] = { TAKES_ONE(CN_CEL_OPTIONAL, CN_CEL_DYN,
                                                               CN_CEL_SHAPE_INNER, value_of) };

static const struct cn_cel_function rows[] = {
    { .name = "optional.of",
      .usage = "optional.of(x)",
      .doc = "An optional that holds x",
      .form = CN_CEL_GLOBAL,
      CN_CEL_OVERLOADS(of_rows) },
    { .name = "optional.none",
      .usage = "optional.none()",
      .doc = "An optional that holds nothing",
      .form = CN_CEL_GLOBAL,
      CN_CEL_OVERLOADS(none_rows) },
    { .name = "optional.ofNonZeroValue",
      .usage = "optional.ofNonZeroValue(x)",
      .doc = "An optional that holds x, or nothing if x is 0, \"\", [], null or the like",
      .form = CN_CEL_GLOBAL,
      CN_CEL_OVERLOADS(non_zero_rows) },
    { .name = "hasValue",
      .usage = "x.hasValue()",
      .doc = "The optional holds something",
      .form = CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(has_value_rows) },
    { .name = "value",
      .usage = "x.value()",
      .doc = "What the optional holds; an error if that is nothing",
      .form = CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(value_rows) },
    { .name = "or",
      .usage = "x.or(y)",
      .doc = "The optional x, or y if x holds nothing",
      .form = CN_CEL_MEMBER,
      .special = CN_CEL_OPTIONAL_OR,
      .signature = "optional_type(T).or(optional_type(T)) -> optional_type(T)" },
    { .name = "orValue",
      .usage = "x.orValue(y)",
      .doc = "What the optional holds, or y if that is nothing",
      .form = CN_CEL_MEMBER,
      .special = CN_CEL_OPTIONAL_ELSE,
      .signature = "optional_type(T).orValue(T) -> T" },
};

const struct cn_cel_function_list cn_cel_optional_functions = { "Optionals", rows,
                                                                CN_ARRAY_LEN(rows) };
