/*
 * The documents that come from tables: docs/program.md and docs/functions.md.
 *
 * `cairn program reference` prints them; script/test compares them with the tree.
 */
#ifndef CAIRN_ENGINE_REFERENCE_H
#define CAIRN_ENGINE_REFERENCE_H

#include "base/buf.h"

/* The sections with their keys, and the names that expressions can read. */
void cn_engine_reference_program(struct cn_buf *out);

/* What the expression language has. */
void cn_engine_reference_functions(struct cn_buf *out);

#endif
