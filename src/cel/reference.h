/*
 * The functions, operators and macros of the language for a reader: what completion shows and what
 * docs/functions.md is made of.
 *
 * Everything comes from the table of cel/function.h.
 */
#ifndef CAIRN_CEL_REFERENCE_H
#define CAIRN_CEL_REFERENCE_H

#include "base/buf.h"

#include "cel/function.h"

/* "string.startsWith(string) -> bool", "int + int -> int".  `overload` is one of the function's. */
void cn_cel_signature(const struct cn_cel_function *function,
                      const struct cn_cel_overload *overload, struct cn_buf *out);

/* Markdown: all of them, by subject, with every signature. */
void cn_cel_reference(struct cn_buf *out);

#endif
