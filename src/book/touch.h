/*
 * Touches of an account: somebody of ours called, met or wrote to it.
 *
 * A touch has happened: it lies not in the future, and may be told late.  It is never changed; one
 * that was wrong is withdrawn, and stays as history.  `trigger` says what asked for it (a signal, a
 * campaign, the customer); where an account is to be looked after by the product alone, a touch
 * without one is leakage.
 *
 * Not here: how often an account is to be touched (segment/segment.h), the columns that rules read
 * (book/column.h).
 */
#ifndef CAIRN_BOOK_TOUCH_H
#define CAIRN_BOOK_TOUCH_H

#include "book/merge.h"
#include "book/person.h"

typedef struct cn_touch_id {
    int64_t value;
} cn_touch_id;
#define CN_TOUCH_PREFIX "toch"

/* Stored as numbers: only add at the end. */
enum cn_touch_kind {
    CN_TOUCH_CALL,
    CN_TOUCH_MEETING,
    CN_TOUCH_VISIT,
    CN_TOUCH_EMAIL,
    CN_TOUCH_CHAT,
    CN_TOUCH_KINDS
};

/* "call", "meeting", "visit", "email", "chat" */
extern const char *const cn_touch_kind_names[CN_TOUCH_KINDS];

enum {
    CN_TOUCH_TEXT_MAX_BYTES = 1000,
    CN_TOUCH_LIST_MAX = 1000 /* the newest */
};

struct cn_touch {
    cn_touch_id id;
    cn_account_id account_id;
    enum cn_touch_kind kind;
    cn_person_id person_id;
    enum cn_given person_id_given;
    cn_user_id user_id; /* 0: Cairn itself */
    cn_str note;
    cn_str trigger; /* "": nothing asked for it */
    cn_time at;
    cn_time known_at;
};

struct cn_touch_list {
    struct cn_touch *items;
    size_t count;
};

struct cn_touch_new {
    enum cn_touch_kind kind;
    cn_person_id person_id; /* 0: nobody in particular */
    cn_str note;
    cn_str trigger;
    cn_time at; /* 0: now */
};

/* All functions fail with CN_NOT_FOUND if the account is not in scope, or as sql/sql.h says. */

/* By the unit's user.  Fails with CN_INVALID if it is in the future or there is no such person. */
CN_MUST_CHECK bool cn_touch_create(const struct cn_unit *unit, cn_account_id account_id,
                                   const struct cn_touch_new *new_touch, struct cn_touch *touch_out,
                                   struct cn_error *err);

/* Those that are not withdrawn, the newest first. */
CN_MUST_CHECK bool cn_touch_list(const struct cn_unit *unit, cn_account_id account_id,
                                 struct cn_touch_list *list_out, struct cn_error *err);

/* It was none.  Fails with CN_NOT_FOUND, also if it is withdrawn already. */
CN_MUST_CHECK bool cn_touch_withdraw(const struct cn_unit *unit, cn_account_id account_id,
                                     cn_touch_id id, struct cn_error *err);

extern const struct cn_account_part cn_touch_part;

#endif
