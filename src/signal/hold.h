/*
 * Holds: for that time signals of a kind are not to bother an account, for a reason.  An expansion
 * that was put off for six months is a hold of kind "expansion"; one of kind "all" stands for every
 * kind.
 *
 * Not here: which rules heed them (signal/rule.h).
 */
#ifndef CAIRN_SIGNAL_HOLD_H
#define CAIRN_SIGNAL_HOLD_H

#include "base/map.h"

#include "book/unit.h"
#include "signal/rule.h"

typedef struct cn_hold_id {
    int64_t value;
} cn_hold_id;
#define CN_HOLD_PREFIX "hold"

enum {
    CN_HOLD_REASON_MAX_BYTES = 1000,
    CN_HOLD_LIST_MAX = 1000,
};

struct cn_hold {
    cn_hold_id id;
    cn_account_id account_id;
    cn_str kind;
    cn_str reason;
    cn_time from;
    cn_time until;
    enum cn_given until_given; /* CN_NULL: until it is ended */
    cn_time ended_at;          /* before `until`, by a person */
    enum cn_given ended_at_given;
    cn_user_id created_by; /* 0: Cairn itself */
    cn_time created_at;
};

struct cn_hold_list {
    struct cn_hold *items;
    size_t count;
};

struct cn_hold_new {
    cn_str kind;
    cn_str reason;
    cn_time from;  /* 0: now */
    cn_time until; /* 0: until it is ended */
};

/* All fail with CN_NOT_FOUND if the account is not in scope. */

/* Fails with CN_INVALID (field until) if it ends before it begins. */
CN_MUST_CHECK bool cn_hold_create(const struct cn_unit *unit, cn_account_id account_id,
                                  const struct cn_hold_new *new_hold, struct cn_hold *hold_out,
                                  struct cn_error *err);

/* Newest first, those that are over too. */
CN_MUST_CHECK bool cn_hold_list(const struct cn_unit *unit, cn_account_id account_id,
                                struct cn_hold_list *list_out, struct cn_error *err);

/* From now on; one that is over stays as it is. */
CN_MUST_CHECK bool cn_hold_end(const struct cn_unit *unit, cn_account_id account_id, cn_hold_id id,
                               struct cn_hold *hold_out, struct cn_error *err);

/* ---- in memory, for evaluation ---- */

/* Numbers only, of one hold. */
struct cn_hold_span {
    int64_t account_id;
    int64_t hold_id;
    int64_t from_us;
    int64_t until_us; /* INT64_MAX: without end */
    char kind[CN_SIGNAL_HOLD_KIND_MAX_BYTES + 1];
};

/* What runs or is to come.  A zeroed struct is empty. */
struct cn_hold_set {
    struct cn_hold_span *items; /* on the heap */
    size_t count;
    size_t capacity;
};

void cn_hold_set_deinit(struct cn_hold_set *set);

/* In the place of the one of that id. */
void cn_hold_set_put(struct cn_hold_set *set, const struct cn_hold_span *span);

/* Takes out what was over by then. */
void cn_hold_set_prune(struct cn_hold_set *set, cn_time now);

void cn_hold_set_forget(struct cn_hold_set *set, int64_t account_id);

/* Whether the hold runs and the rule heeds it. */
bool cn_hold_stops(const struct cn_hold_span *span, const struct cn_signal_rule *rule, cn_time now);

/* Calls `each` for the holds of an account, or of all (0), that are not over at `now`. */
CN_MUST_CHECK bool cn_hold_each(struct cn_sql_conn *conn, int64_t account_id, cn_time now,
                                void (*each)(void *arg, const struct cn_hold_span *span), void *arg,
                                struct cn_error *err);

#endif
