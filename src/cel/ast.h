/*
 * Only cel/ includes this.  The syntax tree, in the arena of the parse.
 *
 * Every node knows its bytes of the source.  The parser expands macros as the specification says;
 * the checker adds types and, where the kinds of the operands are known, the overload.
 */
#ifndef CAIRN_CEL_AST_H
#define CAIRN_CEL_AST_H

#include "cel/cel.h"
#include "cel/function.h"

enum cn_cel_node_kind {
    CN_CEL_NODE_CONST,         /* value */
    CN_CEL_NODE_IDENT,         /* name; a leading dot is part of it */
    CN_CEL_NODE_COLUMN,        /* column: what a name, path or method call turned out to be */
    CN_CEL_NODE_SELECT,        /* args[0] . name */
    CN_CEL_NODE_HAS,           /* has(args[0].name), or has(args[0]) with name "" */
    CN_CEL_NODE_CALL,          /* name(args); if has_target, args[0].name(args...) */
    CN_CEL_NODE_LIST,          /* [args] */
    CN_CEL_NODE_MAP,           /* {args}, each an ENTRY */
    CN_CEL_NODE_MESSAGE,       /* name{args}, each an ENTRY whose key is a field's name */
    CN_CEL_NODE_ENTRY,         /* args[0] : args[1], or name : args[0] */
    CN_CEL_NODE_COMPREHENSION, /* name, name2, accumulator; args by enum cn_cel_fold */
};

enum cn_cel_fold {
    CN_CEL_FOLD_RANGE,
    CN_CEL_FOLD_INIT,
    CN_CEL_FOLD_CONDITION,
    CN_CEL_FOLD_STEP,
    CN_CEL_FOLD_RESULT,
    CN_CEL_FOLD_PARTS
};

struct cn_cel_node {
    enum cn_cel_node_kind kind;
    uint32_t offset; /* of the node's text in the source */
    uint32_t length;
    uint32_t mark; /* where a complaint points: the operator of a binary one */
    uint16_t depth;
    bool has_target;
    bool has_second;  /* of a macro before it is expanded: args[2] is a variable, too */
    bool is_optional; /* .?name, [?index], ?key: value */
    bool is_element;  /* of a list literal: ?element */
    bool is_quoted;   /* a SELECT whose name was in back quotes */
    bool is_parenthesised;
    cn_str name;
    cn_str name2;       /* of a COMPREHENSION: the second variable, or "" */
    cn_str accumulator; /* of a COMPREHENSION */
    struct cn_cel_node **args;
    uint32_t arg_count;
    uint32_t
        folded_count; /* of a CONST that was a LIST or MAP: args that are still there to point to */
    uint32_t column;  /* of a COLUMN, and of a HAS of one */
    uint32_t size_max; /* of a COLUMN, as the schema declares it */
    struct cn_cel_value value;
    const struct cn_cel_type *type; /* set by the checker */
    const struct cn_cel_function *function;
    const struct cn_cel_overload *overload; /* NULL: chosen when evaluated */
    struct cn_cel_node *next;               /* in the lists of the parser */
};

struct cn_cel_expr {
    struct cn_cel_node *root;
    cn_str source;
    uint32_t *columns;
    size_t column_count;
    uint64_t steps; /* that an evaluation may take */
};

#endif
