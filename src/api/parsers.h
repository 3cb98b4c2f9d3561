/*
 * JSON parsers that are kept: one has buffers that grow with what it read.  Internal to api/.
 */
#ifndef CAIRN_API_PARSERS_H
#define CAIRN_API_PARSERS_H

#include "json/reader.h"

struct cn_parsers;

struct cn_parsers *cn_parsers_new(size_t max_bytes);
void cn_parsers_free(
    struct cn_parsers *parsers); /* all must have been given back; NULL is allowed */

/* One for a text of so many bytes.  A parser has all its memory from the beginning: for what is
 * longer than max_bytes one is made as large as that, and not kept.  Any thread. */
struct cn_json_parser *cn_parsers_take(struct cn_parsers *parsers, size_t bytes);
void cn_parsers_give(struct cn_parsers *parsers, struct cn_json_parser *parser, size_t bytes);

#endif
