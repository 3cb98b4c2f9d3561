/*
 * Subjects: what an event belongs to before anybody knows the account.
 *
 * A subject is a hash of the group key, else the user key, else the anonymous id, as they were
 * sent.  It never changes; which account it belongs to is a dated conclusion of book/.
 */
#ifndef CAIRN_BASE_SUBJECT_H
#define CAIRN_BASE_SUBJECT_H

#include "base/base.h"

enum cn_subject_kind {
    CN_SUBJECT_GROUP,
    CN_SUBJECT_USER,
    CN_SUBJECT_ANONYMOUS
};

/* Positive; the same key of two kinds gives unrelated subjects.  0 for an empty key: no subject. */
int64_t cn_subject_of(enum cn_subject_kind kind, cn_str key);

/* The subject of an event with these keys; "" is none. */
int64_t cn_subject_of_keys(cn_str group_key, cn_str user_key, cn_str anonymous_key);

#endif
