/*
 * Questions about cn_str and small text work that allocates nothing.
 */
#ifndef CAIRN_BASE_STR_H
#define CAIRN_BASE_STR_H

#include "base/base.h"

/* A borrowed view of a NUL-terminated text; NULL gives "". */
cn_str cn_str_of(const char *text);

bool cn_str_equal(cn_str a, cn_str b);
bool cn_str_equal_nocase(cn_str a, cn_str b); /* ASCII letters only */
int cn_str_compare(cn_str a, cn_str b);       /* by bytes, as SQL orders text; <0, 0, >0 */
bool cn_str_starts_with(cn_str text, cn_str prefix);
bool cn_str_ends_with(cn_str text, cn_str suffix);

/* Without leading and trailing blanks, tabs and line ends. */
cn_str cn_str_trim(cn_str text);

/* The part of text from `from` to `to`, both cut to its length. */
cn_str cn_str_slice(cn_str text, size_t from, size_t to);

/* Takes the next piece off the front of *rest, up to `separator` or the end; false at the end.
 * "a,,b" gives "a", "", "b"; "" gives nothing. */
bool cn_str_split(cn_str *rest, char separator, cn_str *piece_out);

/* True if they are equal; takes the same time wherever they differ.  For secrets. */
bool cn_str_equal_secret(cn_str a, cn_str b);

/* How many single-byte edits lead from a to b, or `limit` + 1 if more.  For "did you mean". */
size_t cn_str_distance(cn_str a, cn_str b, size_t limit);

/* The one of `names` that text may have been meant to be, a few edits away; "" if none is near. */
cn_str cn_str_nearest(cn_str text, const cn_str *names, size_t count);

#endif
