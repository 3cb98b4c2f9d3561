/*
 * Regular expressions: RE2 behind a C interface.  regex.cc is the only file that sees it.
 *
 * Matching takes time linear in the text, whatever the pattern.
 */
#ifndef CAIRN_CEL_REGEX_H
#define CAIRN_CEL_REGEX_H

#include "base/base.h"

struct cn_cel_regex;

/* NULL if the pattern is not valid or would need too much memory. */
struct cn_cel_regex *cn_cel_regex_new(cn_str pattern);
void cn_cel_regex_free(struct cn_cel_regex *regex); /* NULL is allowed */

/* True if the pattern matches some part of the text.  Any thread. */
bool cn_cel_regex_matches(const struct cn_cel_regex *regex, cn_str text);

#endif
