/*
 * Versions of the program that were compiled to explain the past, kept for the next explanation.
 * What a version compiles to is the same for ever, so nothing is dropped when another is applied:
 * what has not been used the longest makes room.
 *
 * Whoever takes a program has it alone until it is given back: loading the past of its metrics
 * changes it.  Any thread may call any function; compiling is its caller's, and holds nobody up.
 *
 * Not here: the running program, which is the engine's own.
 */
#ifndef CAIRN_ENGINE_COMPILED_H
#define CAIRN_ENGINE_COMPILED_H

#include "engine/program.h"

struct cn_compiled; /* opaque */

enum {
    CN_COMPILED_MAX = 4 /* programs that are kept */
};

struct cn_compiled *cn_compiled_new(void);

/* All programs must have been given back.  NULL is allowed. */
void cn_compiled_free(struct cn_compiled *compiled);

/* One of this version, from now on the caller's; NULL: none is kept. */
struct cn_engine_program *cn_compiled_take(struct cn_compiled *compiled, int64_t version);

/* Takes over a program that has its version, and drops what was loaded of the past for it. */
void cn_compiled_give(struct cn_compiled *compiled, struct cn_engine_program *program);

/* Those that are kept now. */
size_t cn_compiled_count(struct cn_compiled *compiled);

#endif
