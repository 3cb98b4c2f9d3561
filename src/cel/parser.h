/*
 * Only the parser's files include this (lexer.re, grammar.y, build.c, literal.c, macro.c, parse.c):
 * what they share.
 *
 * The grammar's actions call the builders below.  After the first problem builders go on returning
 * nodes, so that the grammar has no error cases; the tree is then thrown away.
 */
#ifndef CAIRN_CEL_PARSER_H
#define CAIRN_CEL_PARSER_H

#include "cel/parse.h"

struct cn_cel_token {
    uint32_t offset;
    uint32_t length;
};

struct cn_cel_nodes {
    struct cn_cel_node *first;
    struct cn_cel_node *last;
    uint32_t count;
};

struct cn_cel_parser {
    struct cn_arena *arena;
    cn_str source;
    struct cn_cel_dialect dialect;
    struct cn_cel_problems *problems;
    struct cn_cel_node *root;
    size_t node_count;
    uint32_t at; /* the token that the grammar is given */
    bool failed;
};

/* lexer.re: the next token at *offset, which moves past it.  Codes are those of grammar.h, 0 at the
 * end, -1 where no token is. */
int cn_cel_lex(cn_str source, size_t *offset, struct cn_cel_token *token_out);

/* grammar.y: runs lexer and grammar over the source. */
void cn_cel_run_grammar(struct cn_cel_parser *parser);

/* build.c.  A problem; only the first is kept, later ones yield NULL. */
struct cn_cel_problem *cn_cel_fail_at(struct cn_cel_parser *parser, enum cn_cel_problem_kind kind,
                                      uint32_t offset, uint32_t length, const char *fmt, ...)
    CN_PRINTF(5, 6);
void cn_cel_fail_token(struct cn_cel_parser *parser, struct cn_cel_token token);

cn_str cn_cel_token_text(const struct cn_cel_parser *parser, struct cn_cel_token token);

/* A node that covers `from` to `to`, with room for `count` arguments.  cn_cel_finish_node() is to
 * follow when they are set: it computes the depth. */
struct cn_cel_node *cn_cel_new_node(struct cn_cel_parser *parser, enum cn_cel_node_kind kind,
                                    struct cn_cel_token from, struct cn_cel_token to,
                                    uint32_t count);
struct cn_cel_node *cn_cel_finish_node(struct cn_cel_parser *parser, struct cn_cel_node *node);

/* What a node covers. */
struct cn_cel_token cn_cel_node_token(const struct cn_cel_node *node);

struct cn_cel_nodes cn_cel_nodes_add(struct cn_cel_nodes list, struct cn_cel_node *node);

struct cn_cel_node *cn_cel_new_ident(struct cn_cel_parser *parser, struct cn_cel_token token,
                                     cn_str name);
struct cn_cel_node *cn_cel_build_ident(struct cn_cel_parser *parser, bool has_dot,
                                       struct cn_cel_token token);
struct cn_cel_node *cn_cel_build_operator(struct cn_cel_parser *parser, const char *name,
                                          struct cn_cel_token mark, struct cn_cel_node *a,
                                          struct cn_cel_node *b);
struct cn_cel_node *cn_cel_build_unary(struct cn_cel_parser *parser, const char *name,
                                       struct cn_cel_token mark, struct cn_cel_node *a);
struct cn_cel_node *cn_cel_build_ternary(struct cn_cel_parser *parser, struct cn_cel_token mark,
                                         struct cn_cel_node *a, struct cn_cel_node *b,
                                         struct cn_cel_node *c);
/* `a || b || c` as a balanced tree. */
struct cn_cel_node *cn_cel_build_balanced(struct cn_cel_parser *parser, const char *name,
                                          struct cn_cel_nodes terms);
struct cn_cel_node *cn_cel_build_select(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                        struct cn_cel_token field, bool is_optional);
struct cn_cel_node *cn_cel_build_index(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                       struct cn_cel_node *index, struct cn_cel_token end,
                                       bool is_optional);
struct cn_cel_node *cn_cel_build_call(struct cn_cel_parser *parser, struct cn_cel_node *target,
                                      struct cn_cel_token name, struct cn_cel_nodes args,
                                      struct cn_cel_token end);
struct cn_cel_node *cn_cel_build_function(struct cn_cel_parser *parser, bool has_dot,
                                          struct cn_cel_token name, struct cn_cel_nodes args,
                                          struct cn_cel_token end);
struct cn_cel_node *cn_cel_build_list(struct cn_cel_parser *parser, enum cn_cel_node_kind kind,
                                      struct cn_cel_token begin, struct cn_cel_nodes items,
                                      struct cn_cel_token end);
struct cn_cel_node *cn_cel_build_message(struct cn_cel_parser *parser, struct cn_cel_node *name,
                                         struct cn_cel_nodes fields, struct cn_cel_token end);
struct cn_cel_node *cn_cel_build_entry(struct cn_cel_parser *parser, struct cn_cel_node *key,
                                       struct cn_cel_node *value, bool is_optional);
struct cn_cel_node *cn_cel_build_field(struct cn_cel_parser *parser, struct cn_cel_token name,
                                       struct cn_cel_node *value, bool is_optional);
struct cn_cel_node *cn_cel_mark_optional(struct cn_cel_parser *parser, struct cn_cel_token mark,
                                         struct cn_cel_node *node);

/* literal.c.  `sign` covers the "-" before the number, or has length 0. */
struct cn_cel_node *cn_cel_build_int(struct cn_cel_parser *parser, struct cn_cel_token sign,
                                     struct cn_cel_token token);
struct cn_cel_node *cn_cel_build_uint(struct cn_cel_parser *parser, struct cn_cel_token token);
struct cn_cel_node *cn_cel_build_double(struct cn_cel_parser *parser, struct cn_cel_token sign,
                                        struct cn_cel_token token);
struct cn_cel_node *cn_cel_build_text(struct cn_cel_parser *parser, struct cn_cel_token token,
                                      bool is_bytes);
struct cn_cel_node *cn_cel_build_const(struct cn_cel_parser *parser, struct cn_cel_token token,
                                       struct cn_cel_value value);

/* macro.c: what the call stands for, if it is a macro; else the call itself. */
struct cn_cel_node *cn_cel_expand(struct cn_cel_parser *parser, struct cn_cel_node *node);

#endif
