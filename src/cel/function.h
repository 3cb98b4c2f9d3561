/*
 * The functions and operators of the language as one table: it drives the checker, both evaluators
 * and the reference documentation.  A new function is a row here and a C function.
 */
#ifndef CAIRN_CEL_FUNCTION_H
#define CAIRN_CEL_FUNCTION_H

#include "cel/call.h"
#include "cel/value.h"

enum {
    CN_CEL_ARGS_MAX = 4, /* of an overload; a variadic one repeats its last */
};

/* args are never errors and are of the overload's kinds. */
typedef struct cn_cel_value cn_cel_function_run(struct cn_cel_call *call,
                                                const struct cn_cel_value *args, size_t count);

/* What the type of a result has besides its kind. */
enum cn_cel_shape {
    CN_CEL_SHAPE_PLAIN,
    CN_CEL_SHAPE_TEXTS,    /* a list of texts */
    CN_CEL_SHAPE_OPTIONAL, /* an optional of what args[0] is */
    CN_CEL_SHAPE_INNER,    /* what the list or optional args[0] holds */
    CN_CEL_SHAPE_JOINED,   /* what both arguments have in common */
};

struct cn_cel_overload {
    enum cn_cel_kind args[CN_CEL_ARGS_MAX]; /* CN_CEL_DYN takes any */
    uint8_t arg_count;
    bool is_variadic; /* one or more of args[0] */
    enum cn_cel_kind result;
    enum cn_cel_shape shape;
    cn_cel_function_run *run;
    uint16_t op;     /* operation on blocks (cel/op.h), 0: row by row only */
    bool is_swapped; /* the operation takes its operands the other way round */
};

enum cn_cel_form {
    CN_CEL_GLOBAL = 1, /* size(x) */
    CN_CEL_MEMBER = 2, /* x.size() */
    CN_CEL_OPERATOR = 4,
    CN_CEL_MACRO = 8, /* expanded by the parser: here for the documentation */
};

/* What is not strict, or takes operands of any kinds: checker and evaluators know these. */
enum cn_cel_special {
    CN_CEL_PLAIN,
    CN_CEL_AND,
    CN_CEL_OR,
    CN_CEL_CHOOSE,
    CN_CEL_EQ,
    CN_CEL_NE,
    CN_CEL_IN,
    CN_CEL_INDEX,
    CN_CEL_NOT_FALSE,      /* of the expansion of all() and exists() */
    CN_CEL_OPTIONAL_INDEX, /* all[?key] */
    CN_CEL_OPTIONAL_OR,    /* a.or(b) */
    CN_CEL_OPTIONAL_ELSE,  /* a.orValue(b) */
    CN_CEL_INSERT,         /* of the expansion of transformMap() */
};

struct cn_cel_function {
    const char *name;  /* "_+_", "size", "math.abs" */
    const char *usage; /* "x.startsWith(prefix)"; NULL: only macros are expanded to it */
    const char *doc;
    const char *signature; /* where no overload says it, a line each: "optional(T).or(...) -> T" */
    unsigned form;         /* enum cn_cel_form, or-ed */
    enum cn_cel_special special;
    const struct cn_cel_overload *overloads;
    size_t overload_count;
};

/* All of them, by index; NULL past the last. */
const struct cn_cel_function *cn_cel_function_at(size_t index);

/* NULL if there is none of that name and any of those forms. */
const struct cn_cel_function *cn_cel_function_find(cn_str name, unsigned forms);

/* The overload for arguments of these kinds, of which none is CN_CEL_DYN; NULL if there is none. */
const struct cn_cel_overload *cn_cel_overload_find(const struct cn_cel_function *function,
                                                   const struct cn_cel_value *args, size_t count);

#endif
