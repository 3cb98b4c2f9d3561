/*
 * What a user says of an account beside what is computed: a sentiment, which rules can read, and an
 * override, a score set by hand that stands beside the computed one.
 *
 * Both are 0 to 100 (100 is healthy), have a reason and an author, and end by themselves: at their
 * moment, or when a newer one of their kind takes their place.  One is current if its moment has
 * come and its end has not; of several, after a merge, the newest.  They stay as history, and the
 * field history of the account says who said and who ended what.
 *
 * Not here: the column `sentiment` (book/column.h).
 */
#ifndef CAIRN_BOOK_JUDGEMENT_H
#define CAIRN_BOOK_JUDGEMENT_H

#include "book/merge.h"

typedef struct cn_judgement_id {
    int64_t value;
} cn_judgement_id;
#define CN_JUDGEMENT_PREFIX "judg"

/* Stored as numbers. */
enum cn_judgement_kind {
    CN_JUDGEMENT_SENTIMENT,
    CN_JUDGEMENT_OVERRIDE,
    CN_JUDGEMENT_KINDS
};

enum {
    CN_JUDGEMENT_REASON_MAX_BYTES = 1000,
    CN_JUDGEMENT_DAYS_MAX = 366,
    CN_JUDGEMENT_LIST_MAX = 200
};

/* "sentiment", "override" */
extern const char *const cn_judgement_names[CN_JUDGEMENT_KINDS];
/* How long one lasts unless it is said. */
extern const int64_t cn_judgement_days[CN_JUDGEMENT_KINDS];

struct cn_judgement {
    cn_judgement_id id;
    cn_account_id account_id;
    enum cn_judgement_kind kind;
    int64_t value;
    cn_str reason;
    cn_user_id author_id; /* 0: Cairn itself */
    cn_time at;
    cn_time until;
};

struct cn_judgement_list {
    struct cn_judgement *items;
    size_t count;
};

struct cn_judgement_new {
    enum cn_judgement_kind kind;
    int64_t value;
    cn_str reason;
    cn_time until; /* 0: after the usual days */
};

/* Stores it from now on and ends the one before.  Fails with CN_NOT_FOUND, with CN_INVALID if
 * `until` is not within CN_JUDGEMENT_DAYS_MAX days from now or the reason is blank, or as sql/sql.h
 * says. */
CN_MUST_CHECK bool cn_judgement_create(const struct cn_unit *unit, cn_account_id account_id,
                                       const struct cn_judgement_new *new_judgement,
                                       struct cn_judgement *judgement_out, struct cn_error *err);

/* Of an account in scope, newest first. */
CN_MUST_CHECK bool cn_judgement_list(const struct cn_unit *unit, cn_account_id account_id,
                                     struct cn_judgement_list *list_out, struct cn_error *err);

/* The one of the kind that is current at that moment; *found_out is false if there is none. */
CN_MUST_CHECK bool cn_judgement_at(const struct cn_unit *unit, cn_account_id account_id,
                                   enum cn_judgement_kind kind, cn_time at,
                                   struct cn_judgement *judgement_out, bool *found_out,
                                   struct cn_error *err);

/* Takes it back: it ends now.  Nothing if it has ended.  Fails with CN_NOT_FOUND. */
CN_MUST_CHECK bool cn_judgement_end(const struct cn_unit *unit, cn_account_id account_id,
                                    cn_judgement_id id, struct cn_error *err);

extern const struct cn_account_part cn_judgement_part;

#endif
