/*
 * Only the checker's files include this (check.c, check_name.c, check_type.c,
 * check_value.c, type.c, fold.c).
 */
#ifndef CAIRN_CEL_CHECKER_H
#define CAIRN_CEL_CHECKER_H

#include "cel/ast.h"

/* A variable of a comprehension. */
struct cn_cel_scope {
    cn_str name;
    const struct cn_cel_type *type;
    const struct cn_cel_scope *outer;
};

struct cn_cel_checker {
    struct cn_arena *arena;
    const struct cn_cel_schema *schema;
    struct cn_cel_problems *problems;
    const struct cn_cel_scope *scope;
    cn_str source;
    bool is_dynamic;          /* all types are dyn, and unknown names are left to the evaluation */
    struct cn_cel_call spare; /* what folding may still take */
};

/* check.c: gives the node its type, after those below it.  A node with a problem has type dyn, so
 * that one mistake is one problem. */
void cn_cel_check_node(struct cn_cel_checker *checker, struct cn_cel_node *node);

/* A problem that points to all of the node, or to its operator or name. */
struct cn_cel_problem *cn_cel_complain(struct cn_cel_checker *checker, struct cn_cel_node *node,
                                       enum cn_cel_problem_kind kind, const char *fmt, ...)
    CN_PRINTF(4, 5);
struct cn_cel_problem *cn_cel_complain_mark(struct cn_cel_checker *checker,
                                            struct cn_cel_node *node, uint32_t length,
                                            enum cn_cel_problem_kind kind, const char *fmt, ...)
    CN_PRINTF(5, 6);

/* The node's text in the source. */
cn_str cn_cel_node_text(const struct cn_cel_checker *checker, const struct cn_cel_node *node);

/* Offers to replace the node's text by before + text + after; problem may be NULL. */
void cn_cel_offer(struct cn_cel_checker *checker, struct cn_cel_problem *problem,
                  const struct cn_cel_node *node, const char *before, cn_str text,
                  const char *after);

/* check_name.c */
void cn_cel_check_ident(struct cn_cel_checker *checker, struct cn_cel_node *node);
void cn_cel_check_select(struct cn_cel_checker *checker, struct cn_cel_node *node);
void cn_cel_check_has(struct cn_cel_checker *checker, struct cn_cel_node *node);
/* The call of something that is no member function: a method of a column. */
void cn_cel_check_method(struct cn_cel_checker *checker, struct cn_cel_node *node);
void cn_cel_unknown_function(struct cn_cel_checker *checker, struct cn_cel_node *node,
                             uint32_t length);
/* "a.b.c" of a chain of names, else "". */
cn_str cn_cel_node_path(struct cn_arena *arena, const struct cn_cel_node *node);
bool cn_cel_is_variable(const struct cn_cel_checker *checker, cn_str name);

/* check_value.c: `text` is compared with, or looked up in, `column`; either may be something else,
 * then there is nothing to say.  Lists and maps are compared by their elements and keys. */
void cn_cel_check_values(struct cn_cel_checker *checker, const struct cn_cel_node *column,
                         struct cn_cel_node *text);

/* check_name.c: keeps the nearest name so far; *best is the distance that it must be below. */
void cn_cel_compare_names(cn_str wanted, cn_str name, size_t *best, cn_str *name_out);
/* A third of it may be wrong, and a name of one or two letters is nothing else's mistake. */
size_t cn_cel_first_limit(cn_str wanted);

/* check_type.c: the operands have their types. */
void cn_cel_type_call(struct cn_cel_checker *checker, struct cn_cel_node *node);

/* type.c.  What an empty list holds, until it is seen what; its kind is DYN. */
extern const struct cn_cel_type cn_cel_type_open;

const struct cn_cel_type *cn_cel_list_type(struct cn_arena *arena,
                                           const struct cn_cel_type *element);
const struct cn_cel_type *cn_cel_optional_type(struct cn_arena *arena,
                                               const struct cn_cel_type *inner);
const struct cn_cel_type *cn_cel_map_type(struct cn_arena *arena, const struct cn_cel_type *key,
                                          const struct cn_cel_type *value);

/* What values of both types have in common. */
const struct cn_cel_type *cn_cel_join_types(struct cn_arena *arena, const struct cn_cel_type *a,
                                            const struct cn_cel_type *b);

/* fold.c: makes the node a constant if it can be computed now, without much work. */
void cn_cel_fold(struct cn_cel_checker *checker, struct cn_cel_node *node);

static inline bool cn_cel_is_const(const struct cn_cel_node *node)
{
    return node->kind == CN_CEL_NODE_CONST;
}

#endif
