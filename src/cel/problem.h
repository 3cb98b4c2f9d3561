/*
 * What is wrong with an expression: where, why, and a change that would repair it.
 *
 * A fix is an edit that a program can make: bytes of the source and the text to put there.
 *
 * A check collects the problems of a whole expression; only a syntax error ends it at the first.
 */
#ifndef CAIRN_CEL_PROBLEM_H
#define CAIRN_CEL_PROBLEM_H

#include "base/arena.h"

enum {
    CN_CEL_PROBLEMS_MAX = 20, /* kept an expression */
};

/* Names the kind of a problem to programs; the texts are of cn_cel_problem_name(). */
enum cn_cel_problem_kind {
    CN_CEL_PROBLEM_SYNTAX,
    CN_CEL_PROBLEM_TOO_LARGE, /* a limit of cel.h is exceeded */
    CN_CEL_PROBLEM_NAME,      /* unknown column, function or method */
    CN_CEL_PROBLEM_TYPE,
    CN_CEL_PROBLEM_ARGUMENT,    /* a constant that can never work: a bad pattern or moment */
    CN_CEL_PROBLEM_UNSUPPORTED, /* correct CEL that this version does not evaluate */
    CN_CEL_PROBLEM_KINDS
};

/* "syntax", "too-large", "unknown-name", "type", "argument", "unsupported". */
const char *cn_cel_problem_name(enum cn_cel_problem_kind kind);

struct cn_cel_problem {
    enum cn_cel_problem_kind kind;
    uint32_t offset; /* the offending text: bytes of the source */
    uint32_t length;
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in bytes */
    cn_str message;  /* with the fix in words: "no such name 'activ_users', did you mean ..." */
    bool has_fix;
    uint32_t fix_offset; /* replace these bytes of the source ... */
    uint32_t fix_length;
    cn_str fix_text; /* ... by this text */
};

struct cn_cel_problems {
    struct cn_arena *arena; /* holds the items and their text */
    cn_str source;
    struct cn_cel_problem *items;
    size_t count; /* of items */
    size_t total; /* found, at least count */
};

void cn_cel_problems_init(struct cn_cel_problems *problems, struct cn_arena *arena, cn_str source);

/* Adds one about `length` bytes at `offset`; the message is cut at 255 bytes.  Yields NULL if no
 * more are kept, else the problem, to which a fix may be added. */
struct cn_cel_problem *cn_cel_problem_add(struct cn_cel_problems *problems,
                                          enum cn_cel_problem_kind kind, uint32_t offset,
                                          uint32_t length, const char *fmt, ...) CN_PRINTF(5, 6);

#endif
