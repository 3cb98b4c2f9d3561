/*
 * Only cel/ and its tests include this.  Text to syntax tree: lexer.re, grammar.y, macro.c.
 */
#ifndef CAIRN_CEL_PARSE_H
#define CAIRN_CEL_PARSE_H

#include "cel/ast.h"

struct cn_cel_dialect {
    size_t depth_max;   /* of the tree */
    bool optionals;     /* .?field, [?index], ?element */
    bool quoted_fields; /* m.`content-type` */
    bool has_names;     /* has(name), which the specification leaves out */
    bool extensions;    /* macros that are not of the core language */
};

/* What rules are written in. */
extern const struct cn_cel_dialect cn_cel_dialect_rules;

/* NULL if there is a problem, which is then added. */
struct cn_cel_node *cn_cel_parse(struct cn_arena *arena, cn_str source,
                                 const struct cn_cel_dialect *dialect,
                                 struct cn_cel_problems *problems);

#endif
