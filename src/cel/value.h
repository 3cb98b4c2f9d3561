/*
 * Types and values of the expression language.
 *
 * A type is a kind with up to two parameters (the element of a list, key and value of a map, what
 * an optional holds).  A value knows its kind and may be an error: errors travel through an
 * expression like values, since `error || true` is true.
 *
 * Text and lists are borrowed: they live as long as the arena of the evaluation, the program or the
 * row that they came from.  Values are small and are passed by const pointer.
 */
#ifndef CAIRN_CEL_VALUE_H
#define CAIRN_CEL_VALUE_H

#include "base/arena.h"

enum cn_cel_kind {
    CN_CEL_ERROR, /* of a value only: evaluation failed */
    CN_CEL_DYN,   /* of a type only: known when it is evaluated */
    CN_CEL_NULL,
    CN_CEL_BOOL,
    CN_CEL_INT,
    CN_CEL_UINT,
    CN_CEL_DOUBLE,
    CN_CEL_STRING,
    CN_CEL_BYTES,
    CN_CEL_TIMESTAMP,
    CN_CEL_DURATION,
    CN_CEL_LIST,
    CN_CEL_MAP,
    CN_CEL_TYPE,
    CN_CEL_OPTIONAL,
    CN_CEL_KINDS
};

struct cn_cel_type {
    enum cn_cel_kind kind;
    const struct cn_cel_type *element; /* of a list, an optional, or the values of a map */
    const struct cn_cel_type *key;     /* of a map */
    unsigned depth;                    /* how far it nests */
};

/* The type of a kind without parameters; static storage.  LIST, MAP and OPTIONAL hold DYN. */
const struct cn_cel_type *cn_cel_type_of(enum cn_cel_kind kind);

/* "int", "list"; static storage. */
const char *cn_cel_kind_name(enum cn_cel_kind kind);

/* "list(double)", "map(string, dyn)", written to the arena. */
cn_str cn_cel_type_text(struct cn_arena *arena, const struct cn_cel_type *type);

bool cn_cel_type_equal(const struct cn_cel_type *a, const struct cn_cel_type *b);

/* Why an evaluation has no value. */
enum cn_cel_failure {
    CN_CEL_NO_FAILURE,
    CN_CEL_NO_VALUE,    /* the column has no value in this row */
    CN_CEL_NO_OVERLOAD, /* operands of kinds that the function does not take */
    CN_CEL_NO_FUNCTION,
    CN_CEL_NO_NAME, /* unknown variable, of an expression that was not checked */
    CN_CEL_NO_KEY,
    CN_CEL_NO_INDEX,
    CN_CEL_OVERFLOW,
    CN_CEL_DIVIDE_BY_ZERO,
    CN_CEL_MODULUS_BY_ZERO,
    CN_CEL_BAD_CONVERSION,
    CN_CEL_BAD_ARGUMENT,
    CN_CEL_OUT_OF_RANGE, /* a moment outside the years 1 to 9999, a span over 292 years */
    CN_CEL_TOO_COSTLY,   /* over a limit on steps or memory (cel/cel.h) */
    CN_CEL_UNSUPPORTED,
    CN_CEL_NO_OPTIONAL, /* the value of an optional that has none */
    CN_CEL_TWICE,       /* a key of a map */
    CN_CEL_FAILURES
};

/* "no such value", "divide by zero"; static storage. */
const char *cn_cel_failure_text(enum cn_cel_failure failure);

/* A moment or a span: microseconds, and nanoseconds that they do not cover (0 to 999).  Columns
 * have whole microseconds; text may name nanoseconds. */
struct cn_cel_time {
    int64_t us;
    int32_t ns;
};

struct cn_cel_value;

struct cn_cel_list {
    const struct cn_cel_value *items;
    size_t count;
};

struct cn_cel_map {
    const struct cn_cel_value *keys;
    const struct cn_cel_value *values;
    size_t count;
};

struct cn_cel_value {
    enum cn_cel_kind kind;
    union {
        uint32_t offset;   /* of an ERROR: where in the source */
        uint32_t capacity; /* of a LIST or MAP that grows: see cel/call.h; else 0 */
    };
    union {
        bool flag;
        int64_t i64;
        uint64_t u64;
        double f64;
        cn_str text; /* CN_CEL_STRING (valid UTF-8), CN_CEL_BYTES */
        struct cn_cel_time time;
        struct cn_cel_list list;
        struct cn_cel_map map;
        const struct cn_cel_type *type;
        const struct cn_cel_value *inner; /* CN_CEL_OPTIONAL; NULL: none */
        enum cn_cel_failure failure;
    } as;
};

static inline struct cn_cel_value cn_cel_bool(bool flag)
{
    return (struct cn_cel_value){ .kind = CN_CEL_BOOL, .as.flag = flag };
}

static inline struct cn_cel_value cn_cel_int(int64_t i64)
{
    return (struct cn_cel_value){ .kind = CN_CEL_INT, .as.i64 = i64 };
}

static inline struct cn_cel_value cn_cel_uint(uint64_t u64)
{
    return (struct cn_cel_value){ .kind = CN_CEL_UINT, .as.u64 = u64 };
}

static inline struct cn_cel_value cn_cel_double(double f64)
{
    return (struct cn_cel_value){ .kind = CN_CEL_DOUBLE, .as.f64 = f64 };
}

static inline struct cn_cel_value cn_cel_string(cn_str text)
{
    return (struct cn_cel_value){ .kind = CN_CEL_STRING, .as.text = text };
}

static inline struct cn_cel_value cn_cel_moment(enum cn_cel_kind kind, int64_t us, int32_t ns)
{
    return (struct cn_cel_value){ .kind = kind, .as.time = { .us = us, .ns = ns } };
}

/* An optional that holds nothing. */
static inline struct cn_cel_value cn_cel_none(void)
{
    return (struct cn_cel_value){ .kind = CN_CEL_OPTIONAL };
}

static inline struct cn_cel_value cn_cel_failed(enum cn_cel_failure failure)
{
    return (struct cn_cel_value){ .kind = CN_CEL_ERROR, .as.failure = failure };
}

/* CEL's `==`: numbers by value whatever their kinds (ints as doubles next to a double), NaN equal
 * to nothing, values of other different kinds are not equal.  Neither may be an error. */
bool cn_cel_equal(const struct cn_cel_value *a, const struct cn_cel_value *b);

/* The same within a limit: false, and *equal_out untouched, if it would take more than *steps_left
 * (one a value, one for 64 bytes of text), which is lowered by what it took, or nest too deeply. */
bool cn_cel_equal_within(const struct cn_cel_value *a, const struct cn_cel_value *b,
                         size_t *steps_left, bool *equal_out);

/* The value as an expression would write it: 1.5, "text", timestamp("...").  An error gives its
 * text.  Cut at 64 KiB, and 100 levels deep. */
cn_str cn_cel_value_text(struct cn_arena *arena, const struct cn_cel_value *value);

#endif
