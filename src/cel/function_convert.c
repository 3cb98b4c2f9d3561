/*
 * Conversions between types.
 */
#include <math.h>
#include <stdio.h>

#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"

#include "cel/rows.h"

/* clang-format off */
CN_CEL_WRAP_UNARY(I64_TO_F64, cn_cel_i64_to_f64, I64, F64)
CN_CEL_WRAP_UNARY(U64_TO_F64, cn_cel_u64_to_f64, U64, F64)
CN_CEL_WRAP_UNARY(F64_TO_I64, cn_cel_f64_to_i64, F64, I64)
CN_CEL_WRAP_UNARY(U64_TO_I64, cn_cel_u64_to_i64, U64, I64)
CN_CEL_WRAP_UNARY(F64_TO_U64, cn_cel_f64_to_u64, F64, U64)
CN_CEL_WRAP_UNARY(I64_TO_U64, cn_cel_i64_to_u64, I64, U64)
CN_CEL_WRAP_UNARY(MOMENT_TO_I64, cn_cel_moment_to_i64, MOMENT, I64)

/* clang-format on */

CN_CEL_RUN(same)
{
    CN_CEL_UNUSED;
    return args[0];
}

CN_CEL_RUN(text_to_int)
{
    CN_CEL_UNUSED;
    int64_t value = 0;
    if (!cn_parse_i64(args[0].as.text, &value)) {
        return cn_cel_failed(CN_CEL_BAD_CONVERSION);
    }
    return cn_cel_int(value);
}

CN_CEL_RUN(text_to_uint)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return cn_cel_failed(CN_CEL_BAD_CONVERSION);
        }
    }
    return text.len > 0 ? cn_cel_uint(value) : cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(text_to_double)
{
    CN_CEL_UNUSED;
    static const struct {
        const char *text;
        double value;
    } names[] = { { "NaN", NAN },           { "Infinity", INFINITY },
                  { "+Inf", INFINITY },     { "Inf", INFINITY },
                  { "inf", INFINITY },      { "-Infinity", -INFINITY },
                  { "-Inf", -INFINITY },    { "-inf", -INFINITY },
                  { "infinity", INFINITY }, { "-infinity", -INFINITY } };
    double value = 0;
    if (cn_cel_read_double(args[0].as.text, &value)) {
        return cn_cel_double(value);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        if (cn_str_equal(args[0].as.text, cn_str_of(names[i].text))) {
            return cn_cel_double(names[i].value);
        }
    }
    return cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(text_to_bool)
{
    CN_CEL_UNUSED;
    static const struct {
        const char *text;
        bool value;
    } names[] = { { "true", true },   { "True", true }, { "TRUE", true },   { "t", true },
                  { "T", true },      { "1", true },    { "false", false }, { "False", false },
                  { "FALSE", false }, { "f", false },   { "F", false },     { "0", false } };
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        if (cn_str_equal(args[0].as.text, cn_str_of(names[i].text))) {
            return cn_cel_bool(names[i].value);
        }
    }
    return cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(text_to_bytes)
{
    CN_CEL_UNUSED;
    return (struct cn_cel_value){ .kind = CN_CEL_BYTES, .as.text = args[0].as.text };
}

CN_CEL_RUN(bytes_to_text)
{
    CN_CEL_UNUSED;
    return cn_utf8_valid(args[0].as.text) ? cn_cel_string(args[0].as.text)
                                          : cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(int_to_text)
{
    CN_CEL_UNUSED;
    char text[CN_CEL_NUMBER_TEXT_BYTES];
    int len = args[0].kind == CN_CEL_INT
                  ? snprintf(text, sizeof(text), "%lld", (long long)args[0].as.i64)
                  : snprintf(text, sizeof(text), "%llu", (unsigned long long)args[0].as.u64);
    return cn_cel_make_text(call, CN_CEL_STRING, (cn_str){ text, (size_t)len });
}

CN_CEL_RUN(double_to_text)
{
    CN_CEL_UNUSED;
    char text[CN_CEL_NUMBER_TEXT_BYTES];
    return cn_cel_make_text(call, CN_CEL_STRING, cn_cel_write_double(args[0].as.f64, text));
}

CN_CEL_RUN(bool_to_text)
{
    CN_CEL_UNUSED;
    return cn_cel_string(args[0].as.flag ? CN_STR("true") : CN_STR("false"));
}

CN_CEL_RUN(moment_to_text)
{
    CN_CEL_UNUSED;
    return cn_cel_string(cn_cel_write_timestamp(call->arena, args[0].as.time));
}

CN_CEL_RUN(span_to_text)
{
    CN_CEL_UNUSED;
    return cn_cel_string(cn_cel_write_duration(call->arena, args[0].as.time));
}

CN_CEL_RUN(text_to_moment)
{
    CN_CEL_UNUSED;
    struct cn_cel_value out = { .kind = CN_CEL_TIMESTAMP };
    return cn_cel_read_timestamp(args[0].as.text, &out.as.time)
               ? out
               : cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(int_to_moment)
{
    CN_CEL_UNUSED;
    struct cn_cel_value out = { .kind = CN_CEL_TIMESTAMP };
    if (__builtin_mul_overflow(args[0].as.i64, 1000000, &out.as.time.us) ||
        !cn_cel_timestamp_fits(out.as.time)) {
        return cn_cel_failed(CN_CEL_OUT_OF_RANGE);
    }
    return out;
}

CN_CEL_RUN(text_to_span)
{
    CN_CEL_UNUSED;
    struct cn_cel_value out = { .kind = CN_CEL_DURATION };
    return cn_cel_read_duration(args[0].as.text, &out.as.time)
               ? out
               : cn_cel_failed(CN_CEL_BAD_CONVERSION);
}

CN_CEL_RUN(type_of)
{
    CN_CEL_UNUSED;
    return (struct cn_cel_value){ .kind = CN_CEL_TYPE, .as.type = cn_cel_type_of(args[0].kind) };
}

#define FROM(kind, result_, run_) CN_CEL_TAKES_1(kind, result_, run_, 0)

static const struct cn_cel_overload int_rows[] = {
    FROM(CN_CEL_INT, CN_CEL_INT, same),
    CN_CEL_ROW_UNARY(F64_TO_I64, F64, I64),
    CN_CEL_ROW_UNARY(U64_TO_I64, U64, I64),
    FROM(CN_CEL_STRING, CN_CEL_INT, text_to_int),
    FROM(CN_CEL_TIMESTAMP, CN_CEL_INT, run_MOMENT_TO_I64),
};
static const struct cn_cel_overload uint_rows[] = {
    FROM(CN_CEL_UINT, CN_CEL_UINT, same),
    CN_CEL_ROW_UNARY(F64_TO_U64, F64, U64),
    CN_CEL_ROW_UNARY(I64_TO_U64, I64, U64),
    FROM(CN_CEL_STRING, CN_CEL_UINT, text_to_uint),
};
static const struct cn_cel_overload double_rows[] = {
    FROM(CN_CEL_DOUBLE, CN_CEL_DOUBLE, same),
    CN_CEL_ROW_UNARY(I64_TO_F64, I64, F64),
    CN_CEL_ROW_UNARY(U64_TO_F64, U64, F64),
    FROM(CN_CEL_STRING, CN_CEL_DOUBLE, text_to_double),
};
static const struct cn_cel_overload bool_rows[] = {
    FROM(CN_CEL_BOOL, CN_CEL_BOOL, same),
    FROM(CN_CEL_STRING, CN_CEL_BOOL, text_to_bool),
};
static const struct cn_cel_overload string_rows[] = {
    FROM(CN_CEL_STRING, CN_CEL_STRING, same),
    FROM(CN_CEL_INT, CN_CEL_STRING, int_to_text),
    FROM(CN_CEL_UINT, CN_CEL_STRING, int_to_text),
    FROM(CN_CEL_DOUBLE, CN_CEL_STRING, double_to_text),
    FROM(CN_CEL_BOOL, CN_CEL_STRING, bool_to_text),
    FROM(CN_CEL_BYTES, CN_CEL_STRING, bytes_to_text),
    FROM(CN_CEL_TIMESTAMP, CN_CEL_STRING, moment_to_text),
    FROM(CN_CEL_DURATION, CN_CEL_STRING, span_to_text),
};
static const struct cn_cel_overload bytes_rows[] = {
    FROM(CN_CEL_BYTES, CN_CEL_BYTES, same),
    FROM(CN_CEL_STRING, CN_CEL_BYTES, text_to_bytes),
};
static const struct cn_cel_overload timestamp_rows[] = {
    FROM(CN_CEL_TIMESTAMP, CN_CEL_TIMESTAMP, same),
    FROM(CN_CEL_STRING, CN_CEL_TIMESTAMP, text_to_moment),
    FROM(CN_CEL_INT, CN_CEL_TIMESTAMP, int_to_moment),
};
static const struct cn_cel_overload duration_rows[] = {
    FROM(CN_CEL_DURATION, CN_CEL_DURATION, same),
    FROM(CN_CEL_STRING, CN_CEL_DURATION, text_to_span),
};
static const struct cn_cel_overload type_rows[] = { FROM(CN_CEL_DYN, CN_CEL_TYPE, type_of) };
static const struct cn_cel_overload dyn_rows[] = { FROM(CN_CEL_DYN, CN_CEL_DYN, same) };

#define CONVERSION(name_, usage_, doc_, list)                                     \
    {                                                                             \
        .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_GLOBAL, \
        CN_CEL_OVERLOADS(list)                                                    \
    }

static const struct cn_cel_function rows[] = {
    CONVERSION("int", "int(x)", "A number without its fraction, a text, seconds of a moment",
               int_rows),
    CONVERSION("uint", "uint(x)", "The same for numbers from 0", uint_rows),
    CONVERSION("double", "double(x)", "A number or a text as double", double_rows),
    CONVERSION("bool", "bool(x)", "\"true\" or \"false\" as bool", bool_rows),
    CONVERSION("string", "string(x)", "The value as text", string_rows),
    CONVERSION("bytes", "bytes(x)", "The bytes of a text", bytes_rows),
    CONVERSION("timestamp", "timestamp(x)", "A moment: \"2026-03-01T09:30:00Z\", or seconds",
               timestamp_rows),
    CONVERSION("duration", "duration(x)", "A span: \"48h\", \"1h30m\", \"1.5s\"; a day is \"24h\"",
               duration_rows),
    CONVERSION("type", "type(x)", "The type of the value", type_rows),
    CONVERSION("dyn", "dyn(x)", "The value, its type checked when it is evaluated", dyn_rows),
};

const struct cn_cel_function_list cn_cel_convert_functions = { "Conversions and types", rows,
                                                               CN_ARRAY_LEN(rows) };
