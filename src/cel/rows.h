/*
 * Only the function_*.c files include this: how rows of the function table are written.
 */
#ifndef CAIRN_CEL_ROWS_H
#define CAIRN_CEL_ROWS_H

#include "cel/function.h"
#include "cel/op.h"

struct cn_cel_function_list {
    const char *title; /* of the reference */
    const struct cn_cel_function *rows;
    size_t count;
};

extern const struct cn_cel_function_list cn_cel_operator_functions;
extern const struct cn_cel_function_list cn_cel_number_functions;
extern const struct cn_cel_function_list cn_cel_text_functions;
extern const struct cn_cel_function_list cn_cel_string_functions;
extern const struct cn_cel_function_list cn_cel_optional_functions;
extern const struct cn_cel_function_list cn_cel_macros;
extern const struct cn_cel_function_list cn_cel_convert_functions;
extern const struct cn_cel_function_list cn_cel_time_functions;

/* function.c: all of them; NULL past the last. */
const struct cn_cel_function_list *cn_cel_function_list_at(size_t index);

/* function_format.c: text.format(list) */
struct cn_cel_value cn_cel_format(struct cn_cel_call *call, const struct cn_cel_value *args,
                                  size_t count);

/* A function of the table; those without use for call or count say so. */
#define CN_CEL_RUN(name)                                                                       \
    static struct cn_cel_value name(struct cn_cel_call *call, const struct cn_cel_value *args, \
                                    size_t count)
#define CN_CEL_UNUSED \
    do {              \
        (void)call;   \
        (void)count;  \
    } while (0)

#define CN_CEL_OVERLOADS(list) .overloads = (list), .overload_count = CN_ARRAY_LEN(list)

/* Overloads of one and two arguments. */
#define CN_CEL_TAKES_1(a, result_, run_, op_)                                            \
    {                                                                                    \
        .args = { (a) }, .arg_count = 1, .result = (result_), .run = (run_), .op = (op_) \
    }
#define CN_CEL_TAKES_2(a, b, result_, run_, op_)                                              \
    {                                                                                         \
        .args = { (a), (b) }, .arg_count = 2, .result = (result_), .run = (run_), .op = (op_) \
    }

/* clang-format off */
/* Wrappers run_<OP> around the definitions of op.h, and rows that use them. */
#define CN_CEL_WRAP_BINARY(op_, define, a, b, r)                                                   \
    static struct cn_cel_value run_##op_(struct cn_cel_call *call,                                 \
                                         const struct cn_cel_value *args, size_t count)            \
    {                                                                                              \
        (void)call;                                                                                \
        (void)count;                                                                               \
        struct cn_cel_value out = { .kind = CN_CEL_K_##r };                                        \
        enum cn_cel_failure failure =                                                              \
            define(args[0].as.CN_CEL_M_##a, args[1].as.CN_CEL_M_##b, &out.as.CN_CEL_M_##r);        \
        return failure != CN_CEL_NO_FAILURE ? cn_cel_failed(failure) : out;                        \
    }
#define CN_CEL_WRAP_UNARY(op_, define, a, r)                                                       \
    static struct cn_cel_value run_##op_(struct cn_cel_call *call,                                 \
                                         const struct cn_cel_value *args, size_t count)            \
    {                                                                                              \
        (void)call;                                                                                \
        (void)count;                                                                               \
        struct cn_cel_value out = { .kind = CN_CEL_K_##r };                                        \
        enum cn_cel_failure failure = define(args[0].as.CN_CEL_M_##a, &out.as.CN_CEL_M_##r);       \
        return failure != CN_CEL_NO_FAILURE ? cn_cel_failed(failure) : out;                        \
    }
#define CN_CEL_WRAP_TEST(op_, define, a)                                                           \
    static struct cn_cel_value run_##op_(struct cn_cel_call *call,                                 \
                                         const struct cn_cel_value *args, size_t count)            \
    {                                                                                              \
        (void)call;                                                                                \
        (void)count;                                                                               \
        return cn_cel_bool(define(args[0].as.CN_CEL_M_##a));                                       \
    }
#define CN_CEL_ROW_BINARY(op_, a, b, r) \
    CN_CEL_TAKES_2(CN_CEL_K_##a, CN_CEL_K_##b, CN_CEL_K_##r, run_##op_, CN_CEL_OP_##op_)
#define CN_CEL_ROW_UNARY(op_, a, r) \
    CN_CEL_TAKES_1(CN_CEL_K_##a, CN_CEL_K_##r, run_##op_, CN_CEL_OP_##op_)
/* clang-format on */

#endif
