/*
 * What an expression may refer to: the caller resolves names to columns of its rows.
 *
 * `arr`, `trait.plan` and `logins.sum(28)` are each one column: a name, maybe dotted, with or
 * without a method and constant arguments.  Functions of the language come before methods of the
 * same name.
 */
#ifndef CAIRN_CEL_SCHEMA_H
#define CAIRN_CEL_SCHEMA_H

#include "base/error.h"

#include "cel/value.h"

struct cn_cel_reference {
    cn_str name;                     /* "arr", "trait.plan", "logins" */
    cn_str method;                   /* "sum", or "" without parentheses */
    const struct cn_cel_value *args; /* constants: INT, DOUBLE, STRING, BOOL, ... */
    size_t arg_count;
};

enum cn_cel_resolve {
    CN_CEL_UNKNOWN, /* no such name */
    CN_CEL_FOUND,
    CN_CEL_WRONG, /* the name is known, but not like that: *err says why */
};

struct cn_cel_column {
    uint32_t id; /* the caller's; index of the column in a batch */
    enum cn_cel_kind kind;
    enum cn_cel_kind element; /* of a LIST: what it is a list of */
    /* Bytes of a STRING, elements of a LIST, for the estimate of costs; 0: 256 bytes, 64
     * elements.  A row with more evaluates too, as long as it stays within the limits. */
    uint32_t size_max;
};

struct cn_cel_schema {
    void *ctx;

    enum cn_cel_resolve (*resolve)(void *ctx, const struct cn_cel_reference *reference,
                                   struct cn_cel_column *column_out, struct cn_error *err);

    /* Name number `index`, for "did you mean"; false past the last.  "trait." stands for all names
     * that begin like that.  May be NULL. */
    bool (*list)(void *ctx, size_t index, cn_str *name_out);

    /* Text number `index` of those that the STRING column can hold; false past the last.  Without
     * any it may hold whatever there is.  May be NULL: so may all. */
    bool (*value)(void *ctx, uint32_t column, size_t index, cn_str *value_out);
};

#endif
