/*
 * Operators.
 */
#include "base/str.h"

#include "cel/rows.h"

/* clang-format off */
CN_CEL_WRAP_BINARY(ADD_F64, cn_cel_add_f64, F64, F64, F64)
CN_CEL_WRAP_BINARY(SUB_F64, cn_cel_sub_f64, F64, F64, F64)
CN_CEL_WRAP_BINARY(MUL_F64, cn_cel_mul_f64, F64, F64, F64)
CN_CEL_WRAP_BINARY(DIV_F64, cn_cel_div_f64, F64, F64, F64)
CN_CEL_CHECKED_ARITHMETIC_OPS(CN_CEL_WRAP_BINARY)
CN_CEL_TIME_OPS(CN_CEL_WRAP_BINARY)
CN_CEL_WRAP_UNARY(NEG_F64, cn_cel_neg_f64, F64, F64)
CN_CEL_WRAP_UNARY(NEG_I64, cn_cel_neg_i64, I64, I64)

/* Four operators of each pair of kinds; > and >= are < and <= the other way round, in blocks too. */
#define WRAP_COMPARE(name, expression)                                                             \
    static struct cn_cel_value run_##name(struct cn_cel_call *call,                                \
                                          const struct cn_cel_value *args, size_t count)           \
    {                                                                                              \
        (void)call;                                                                                \
        (void)count;                                                                               \
        return cn_cel_bool(expression);                                                            \
    }
#define WRAP_COMPARES(upper, lower, a, b)                                                          \
    WRAP_COMPARE(LT_##upper, cn_cel_lt_##lower(args[0].as.CN_CEL_M_##a, args[1].as.CN_CEL_M_##b))  \
    WRAP_COMPARE(LE_##upper, cn_cel_le_##lower(args[0].as.CN_CEL_M_##a, args[1].as.CN_CEL_M_##b))  \
    WRAP_COMPARE(GT_##upper, cn_cel_lt_##lower(args[1].as.CN_CEL_M_##a, args[0].as.CN_CEL_M_##b))  \
    WRAP_COMPARE(GE_##upper, cn_cel_le_##lower(args[1].as.CN_CEL_M_##a, args[0].as.CN_CEL_M_##b))
CN_CEL_COMPARE_OPS(WRAP_COMPARES)
WRAP_COMPARE(LT_TIME, cn_cel_order_time(args[0].as.time, args[1].as.time) < 0)
WRAP_COMPARE(LE_TIME, cn_cel_order_time(args[0].as.time, args[1].as.time) <= 0)
WRAP_COMPARE(GT_TIME, cn_cel_order_time(args[0].as.time, args[1].as.time) > 0)
WRAP_COMPARE(GE_TIME, cn_cel_order_time(args[0].as.time, args[1].as.time) >= 0)
WRAP_COMPARE(LT_TEXT, cn_str_compare(args[0].as.text, args[1].as.text) < 0)
WRAP_COMPARE(LE_TEXT, cn_str_compare(args[0].as.text, args[1].as.text) <= 0)
WRAP_COMPARE(GT_TEXT, cn_str_compare(args[0].as.text, args[1].as.text) > 0)
WRAP_COMPARE(GE_TEXT, cn_str_compare(args[0].as.text, args[1].as.text) >= 0)
WRAP_COMPARE(LT_BOOL, args[0].as.flag < args[1].as.flag)
WRAP_COMPARE(LE_BOOL, args[0].as.flag <= args[1].as.flag)
WRAP_COMPARE(GT_BOOL, args[0].as.flag > args[1].as.flag)
WRAP_COMPARE(GE_BOOL, args[0].as.flag >= args[1].as.flag)

#define FORWARD(upper, lower, a, b, name) \
    CN_CEL_TAKES_2(CN_CEL_K_##a, CN_CEL_K_##b, CN_CEL_BOOL, run_##name##_##upper, CN_CEL_OP_##name##_##upper),
#define BACKWARD(upper, lower, a, b, name, op_)                                                    \
    { .args = { CN_CEL_K_##b, CN_CEL_K_##a }, .arg_count = 2, .result = CN_CEL_BOOL,               \
      .run = run_##name##_##upper, .op = CN_CEL_OP_##op_##_##upper, .is_swapped = true },
#define LT_ROW(upper, lower, a, b) FORWARD(upper, lower, a, b, LT)
#define LE_ROW(upper, lower, a, b) FORWARD(upper, lower, a, b, LE)
#define GT_ROW(upper, lower, a, b) BACKWARD(upper, lower, a, b, GT, LT)
#define GE_ROW(upper, lower, a, b) BACKWARD(upper, lower, a, b, GE, LE)
#define SAME_KIND(kind, run_, op_, swapped)                                                        \
    { .args = { (kind), (kind) }, .arg_count = 2, .result = CN_CEL_BOOL, .run = (run_),            \
      .op = CN_CEL_OP_##op_, .is_swapped = (swapped) }
#define OTHER_KINDS(name, base, swapped)                                                           \
    SAME_KIND(CN_CEL_TIMESTAMP, run_##name##_TIME, base##_I64, swapped),                           \
    SAME_KIND(CN_CEL_DURATION, run_##name##_TIME, base##_I64, swapped),                            \
    SAME_KIND(CN_CEL_STRING, run_##name##_TEXT, base##_STR, swapped),                              \
    SAME_KIND(CN_CEL_BYTES, run_##name##_TEXT, NONE, swapped),                                     \
    SAME_KIND(CN_CEL_BOOL, run_##name##_BOOL, base##_BOOL, swapped)

static const struct cn_cel_overload lt_rows[] = { CN_CEL_COMPARE_OPS(LT_ROW) OTHER_KINDS(LT, LT, false) };
static const struct cn_cel_overload le_rows[] = { CN_CEL_COMPARE_OPS(LE_ROW) OTHER_KINDS(LE, LE, false) };
static const struct cn_cel_overload gt_rows[] = { CN_CEL_COMPARE_OPS(GT_ROW) OTHER_KINDS(GT, LT, true) };
static const struct cn_cel_overload ge_rows[] = { CN_CEL_COMPARE_OPS(GE_ROW) OTHER_KINDS(GE, LE, true) };
/* clang-format on */

CN_CEL_RUN(join_text)
{
    CN_CEL_UNUSED;
    cn_str a = args[0].as.text;
    cn_str b = args[1].as.text;
    size_t len = a.len + b.len;
    char *text = cn_cel_take(call, len + 1, 1);
    if (text == NULL || !cn_cel_charge_text(call, len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, b.ptr, b.len);
    return (struct cn_cel_value){ .kind = args[0].kind, .as.text = { text, len } };
}

CN_CEL_RUN(join_lists)
{
    CN_CEL_UNUSED;
    struct cn_cel_value list = args[0];
    return cn_cel_append(call, &list, args[1].as.list.items, args[1].as.list.count)
               ? list
               : cn_cel_failed(CN_CEL_TOO_COSTLY);
}

static struct cn_cel_value swap_add(struct cn_cel_call *call, const struct cn_cel_value *args,
                                    size_t count)
{
    struct cn_cel_value swapped[] = { args[1], args[0] };
    return run_ADD_MOMENT(call, swapped, count);
}

static struct cn_cel_value run_not(struct cn_cel_call *call, const struct cn_cel_value *args,
                                   size_t count)
{
    (void)call;
    (void)count;
    return cn_cel_bool(!args[0].as.flag);
}

static const struct cn_cel_overload add_rows[] = {
    CN_CEL_ROW_BINARY(ADD_F64, F64, F64, F64),
    CN_CEL_ROW_BINARY(ADD_I64, I64, I64, I64),
    CN_CEL_ROW_BINARY(ADD_U64, U64, U64, U64),
    CN_CEL_TAKES_2(CN_CEL_STRING, CN_CEL_STRING, CN_CEL_STRING, join_text, 0),
    CN_CEL_TAKES_2(CN_CEL_BYTES, CN_CEL_BYTES, CN_CEL_BYTES, join_text, 0),
    { .args = { CN_CEL_LIST, CN_CEL_LIST },
      .arg_count = 2,
      .result = CN_CEL_LIST,
      .shape = CN_CEL_SHAPE_JOINED,
      .run = join_lists },
    CN_CEL_ROW_BINARY(ADD_MOMENT, MOMENT, SPAN, MOMENT),
    { .args = { CN_CEL_DURATION, CN_CEL_TIMESTAMP },
      .arg_count = 2,
      .result = CN_CEL_TIMESTAMP,
      .run = swap_add,
      .op = CN_CEL_OP_ADD_MOMENT,
      .is_swapped = true },
    CN_CEL_ROW_BINARY(ADD_SPAN, SPAN, SPAN, SPAN),
};

static const struct cn_cel_overload sub_rows[] = {
    CN_CEL_ROW_BINARY(SUB_F64, F64, F64, F64),
    CN_CEL_ROW_BINARY(SUB_I64, I64, I64, I64),
    CN_CEL_ROW_BINARY(SUB_U64, U64, U64, U64),
    CN_CEL_ROW_BINARY(SUB_MOMENT, MOMENT, SPAN, MOMENT),
    CN_CEL_ROW_BINARY(DIFF_MOMENT, MOMENT, MOMENT, SPAN),
    CN_CEL_ROW_BINARY(SUB_SPAN, SPAN, SPAN, SPAN),
};

static const struct cn_cel_overload mul_rows[] = {
    CN_CEL_ROW_BINARY(MUL_F64, F64, F64, F64),
    CN_CEL_ROW_BINARY(MUL_I64, I64, I64, I64),
    CN_CEL_ROW_BINARY(MUL_U64, U64, U64, U64),
};

static const struct cn_cel_overload div_rows[] = {
    CN_CEL_ROW_BINARY(DIV_F64, F64, F64, F64),
    CN_CEL_ROW_BINARY(DIV_I64, I64, I64, I64),
    CN_CEL_ROW_BINARY(DIV_U64, U64, U64, U64),
};

static const struct cn_cel_overload mod_rows[] = {
    CN_CEL_ROW_BINARY(MOD_I64, I64, I64, I64),
    CN_CEL_ROW_BINARY(MOD_U64, U64, U64, U64),
};

static const struct cn_cel_overload neg_rows[] = {
    CN_CEL_ROW_UNARY(NEG_F64, F64, F64),
    CN_CEL_ROW_UNARY(NEG_I64, I64, I64),
};

static const struct cn_cel_overload not_rows[] = {
    CN_CEL_TAKES_1(CN_CEL_BOOL, CN_CEL_BOOL, run_not, CN_CEL_OP_NOT),
};

#define OPERATOR(name_, usage_, doc_) \
    .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_OPERATOR

static const struct cn_cel_function rows[] = {
    { OPERATOR("_&&_", "a && b",
               "Both are true; an error on one side does not matter if the other "
               "is false"),
      .special = CN_CEL_AND, .signature = "bool && bool -> bool" },
    { OPERATOR("_||_", "a || b",
               "At least one is true; an error on one side does not matter if "
               "the other is true"),
      .special = CN_CEL_OR, .signature = "bool || bool -> bool" },
    { OPERATOR("_?_:_", "test ? a : b", "a if the test is true, else b"), .special = CN_CEL_CHOOSE,
      .signature = "bool ? T : T -> T" },
    { OPERATOR("!_", "!a", "True if a is false"), CN_CEL_OVERLOADS(not_rows) },
    { OPERATOR("_==_", "a == b", "Equal; numbers by value whatever their types"),
      .special = CN_CEL_EQ, .signature = "T == U -> bool" },
    { OPERATOR("_!=_", "a != b", "Not equal"), .special = CN_CEL_NE,
      .signature = "T != U -> bool" },
    { OPERATOR("_<_", "a < b", "Less; text by code points"), CN_CEL_OVERLOADS(lt_rows) },
    { OPERATOR("_<=_", "a <= b", "Less or equal"), CN_CEL_OVERLOADS(le_rows) },
    { OPERATOR("_>_", "a > b", "Greater"), CN_CEL_OVERLOADS(gt_rows) },
    { OPERATOR("_>=_", "a >= b", "Greater or equal"), CN_CEL_OVERLOADS(ge_rows) },
    { OPERATOR("@in", "a in list", "The list has an element equal to a; the map has the key a"),
      .special = CN_CEL_IN, .signature = "T in list(T) -> bool\nK in map(K, V) -> bool" },
    { OPERATOR("_+_", "a + b", "Sum; text, bytes and lists one after the other"),
      CN_CEL_OVERLOADS(add_rows) },
    { OPERATOR("_-_", "a - b", "Difference"), CN_CEL_OVERLOADS(sub_rows) },
    { OPERATOR("_*_", "a * b", "Product"), CN_CEL_OVERLOADS(mul_rows) },
    { OPERATOR("_/_", "a / b", "Quotient; of ints towards 0, where division by 0 is an error"),
      CN_CEL_OVERLOADS(div_rows) },
    { OPERATOR("_%_", "a % b", "Remainder, with the sign of a"), CN_CEL_OVERLOADS(mod_rows) },
    { OPERATOR("-_", "-a", "Negative"), CN_CEL_OVERLOADS(neg_rows) },
    { OPERATOR("_[_]", "a[b]", "Element number b of a list, from 0; value of the key b of a map"),
      .special = CN_CEL_INDEX, .signature = "list(T)[int] -> T\nmap(K, V)[K] -> V" },
    { .name = "@not_strictly_false", .form = CN_CEL_OPERATOR, .special = CN_CEL_NOT_FALSE },
    { .name = "_[?_]",
      .usage = "a[?b]",
      .doc = "The same as an optional, which holds nothing if a has no b",
      .form = CN_CEL_OPERATOR,
      .special = CN_CEL_OPTIONAL_INDEX,
      .signature = "list(T)[?int] -> optional_type(T)\nmap(K, V)[?K] -> optional_type(V)" },
    { .name = "cel.@mapInsert", .form = CN_CEL_GLOBAL, .special = CN_CEL_INSERT },
};

const struct cn_cel_function_list cn_cel_operator_functions = { "Operators", rows,
                                                                CN_ARRAY_LEN(rows) };
