/*
 * Text as numbers: each distinct text of a frame gets one, so that comparing for equality is
 * comparing integers.  0 is "".  Numbers are never taken back while the interner lives.
 *
 * Any thread may intern and read; a text is immutable once interned and borrowed until the interner
 * is freed.
 */
#ifndef CAIRN_FRAME_INTERN_H
#define CAIRN_FRAME_INTERN_H

#include "base/base.h"

struct cn_interner;

struct cn_interner *cn_interner_new(void);
void cn_interner_free(struct cn_interner *interner); /* NULL is allowed */

uint32_t cn_intern(struct cn_interner *interner, cn_str text);
cn_str cn_interned(const struct cn_interner *interner, uint32_t number);

enum {
    CN_INTERNED_ORDER_PARTS = 2
};

/* Orders as people expect lists of names: ASCII letters without case first, then by bytes.  Eight
 * bytes of the text a part, as a number; what is equal in all needs cn_interned_compare(). */
uint64_t cn_interned_order(const struct cn_interner *interner, uint32_t number, int part);

/* <0, 0, >0 in that same order. */
int cn_interned_compare(const struct cn_interner *interner, uint32_t a, uint32_t b);

#endif
