/*
 * JSON Schemas (draft 2020-12) of the program's files, so that editors complete and check them.
 *
 * They come from the tables of keys that the sections declare (program/node.h).  They know less
 * than `cairn program check`: nothing of expressions, nothing that lies in two places at once.  Of
 * a key that holds an expression, "x-cel-result" says what must come out: "bool", "double", "any".
 */
#ifndef CAIRN_PROGRAM_SCHEMA_H
#define CAIRN_PROGRAM_SCHEMA_H

#include "json/writer.h"
#include "program/program.h"

/* Of a file that has the keys of these sections and no others. */
void cn_program_schema_write(const struct cn_program_section *const *sections, size_t count,
                             struct cn_json_writer *out);

#endif
