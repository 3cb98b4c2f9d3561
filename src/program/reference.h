/*
 * The keys of every section for a reader: what docs/program.md is made of.
 *
 * Everything comes from the tables that the sections declare and are checked by (program/node.h).
 */
#ifndef CAIRN_PROGRAM_REFERENCE_H
#define CAIRN_PROGRAM_REFERENCE_H

#include "program/program.h"

/* Markdown: a heading a section, and below it one a table. */
void cn_program_reference(const struct cn_program_section *const *sections, size_t count,
                          struct cn_buf *out);

#endif
