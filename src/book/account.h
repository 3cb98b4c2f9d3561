/*
 * Accounts: the customers.  The only code that knows the columns of `account`.  What a caller's
 * scope does not show is CN_NOT_FOUND, so that nobody learns what exists.
 *
 * Score, band, trend and activity are derived: cn_account_save_derived() alone writes them and
 * leaves the record's version as it is.
 *
 * Not here: lists (book/account_list.h), traits (book/trait.h), people, contracts, tickets, how
 * scores come about (health/), anything of HTTP (api/).
 */
#ifndef CAIRN_BOOK_ACCOUNT_H
#define CAIRN_BOOK_ACCOUNT_H

#include "base/map.h"

#include "book/unit.h"

enum {
    CN_ACCOUNT_NAME_MAX_BYTES = 200,
    CN_ACCOUNT_KEY_MAX_BYTES = 512, /* external ids, as group keys of events */
    CN_ACCOUNT_LEVELS_MAX = 20,     /* of accounts below each other */
    CN_TURNED_AT_ONCE = 200,        /* of cn_account_refresh_turned() */
};

/* Minor units of the ARR of one account or contract: sums of thousands are still integers. */
#define CN_ARR_MAX INT64_C(1000000000000000)

/* Stored as numbers: only add at the end. */
enum cn_stage {
    CN_STAGE_ONBOARDING,
    CN_STAGE_ADOPTION,
    CN_STAGE_GROWTH,
    CN_STAGE_RENEWAL,
    CN_STAGE_CHURNED,
    CN_STAGE_COUNT
};

extern const char *const cn_stage_names[CN_STAGE_COUNT];

/* NONE until a first score exists. */
enum cn_band {
    CN_BAND_NONE,
    CN_BAND_RED,
    CN_BAND_YELLOW,
    CN_BAND_GREEN,
    CN_BAND_COUNT
};

extern const char *const cn_band_names[CN_BAND_COUNT];

/* What is shown of an account's health and activity; points in thousandths, 52000 is 52. */
struct cn_account_derived {
    int64_t points;
    enum cn_given points_given; /* CN_NULL: no score */
    enum cn_band band;
    bool grey;
    int64_t confidence; /* thousandths */
    /* From the engine's memory alone, not stored: a score set by hand beside the computed one,
     * whether it is what `points` and `band` show, and how that is told. */
    int64_t computed; /* thousandths */
    enum cn_given computed_given;
    int64_t override;
    enum cn_given override_given;
    bool is_by_hand;
    int64_t whole; /* `points` as a whole point, as people see it */
    enum cn_given whole_given;
    cn_str grade;  /* of `whole`; "" without: health/grade.h */
    int64_t trend; /* points against 28 days ago, thousandths */
    enum cn_given trend_given;
    /* health/drift.h; from the engine's memory alone, not stored. */
    int drift_way;
    int64_t drift; /* thousandths */
    int64_t noise;
    cn_str scorecard; /* "" without */
    cn_time last_activity_at;
    enum cn_given last_activity_at_given;
    int64_t open_tickets; /* by cn_account_refresh() alone */
};

struct cn_account {
    cn_account_id id;
    cn_str external_id;
    cn_str name;
    cn_str domain;
    enum cn_given domain_given; /* CN_NULL: unknown; likewise below */
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_team_id team_id;
    enum cn_given team_id_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    enum cn_stage stage;
    struct cn_money arr; /* annual recurring revenue, of its active contracts if it has any */
    enum cn_given arr_given;
    int64_t renewal_on; /* day on which the last active contract ends */
    enum cn_given renewal_on_given;
    cn_time created_at;
    int64_t version; /* grows with every change of the record */
    struct cn_account_derived derived;
};

struct cn_account_new {
    cn_str name;
    cn_str external_id;  /* the customer's id in the vendor's own systems, unique; "": its own id */
    cn_str domain;       /* "": unknown */
    cn_user_id owner_id; /* 0: nobody */
    cn_team_id team_id;  /* 0: the owner's */
    cn_account_id parent_id; /* 0: none */
    enum cn_stage stage;
    struct cn_money arr;
    enum cn_given arr_given;
    cn_time created_at; /* 0: now */
};

/* What is CN_ABSENT stays as it is; CN_NULL clears. */
struct cn_account_patch {
    cn_str name;
    enum cn_given name_given;
    cn_str domain;
    enum cn_given domain_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_team_id team_id;
    enum cn_given team_id_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    enum cn_stage stage;
    enum cn_given stage_given;
    struct cn_money arr;
    enum cn_given arr_given;
    int64_t renewal_on;
    enum cn_given renewal_on_given;
};

/* Stores a new account.  Fails with CN_CONFLICT if external_id or domain is taken (err->field says
 * which), with CN_INVALID if owner, team or parent is unknown, or as sql/sql.h says. */
CN_MUST_CHECK bool cn_account_create(const struct cn_unit *unit,
                                     const struct cn_account_new *new_account,
                                     struct cn_account *account_out, struct cn_error *err);

/* For import and demo: creates it, or updates the account of that external id.  *created_out may be
 * NULL. */
CN_MUST_CHECK bool cn_account_upsert(const struct cn_unit *unit,
                                     const struct cn_account_new *new_account,
                                     struct cn_account *account_out, bool *created_out,
                                     struct cn_error *err);

/* Fails with CN_NOT_FOUND or as sql/sql.h says. */
CN_MUST_CHECK bool cn_account_load(const struct cn_unit *unit, cn_account_id id,
                                   struct cn_account *account_out, struct cn_error *err);

/* The account is there and in scope (else as above), and is not merged before the transaction ends:
 * for whoever writes what belongs to it. */
CN_MUST_CHECK bool cn_account_keep(const struct cn_unit *unit, cn_account_id id,
                                   struct cn_error *err);

/* The account of that external id, if it is in scope; else CN_NOT_FOUND. */
CN_MUST_CHECK bool cn_account_load_external(const struct cn_unit *unit, cn_str external_id,
                                            struct cn_account *account_out, struct cn_error *err);

/* The same of a domain that it has or once had, as cn_domain_normal() writes it. */
CN_MUST_CHECK bool cn_account_load_domain(const struct cn_unit *unit, cn_str domain,
                                          struct cn_account *account_out, struct cn_error *err);

/*
 * Applies a patch with its history, in one transaction.  Fails with CN_NOT_FOUND, with CN_STALE if
 * the account is no longer at `version` (0: whatever it is at), with CN_CONFLICT if the domain is
 * taken, or as sql/sql.h says; then nothing has changed.
 */
CN_MUST_CHECK bool cn_account_update(const struct cn_unit *unit, cn_account_id id, int64_t version,
                                     const struct cn_account_patch *patch,
                                     struct cn_account *account_out, struct cn_error *err);

/* Adds those of the accounts that are there to *held_out; they stay until the transaction ends. */
CN_MUST_CHECK bool cn_account_hold(const struct cn_unit *unit, const int64_t *account_ids,
                                   size_t count, struct cn_map *held_out, struct cn_error *err);

/* What to show of an account. */
typedef void cn_account_derive(void *arg, int64_t account_id,
                               struct cn_account_derived *derived_out);

/* Writes the derived columns of accounts that are held, and notes CN_CHANGE_SCORE of each; no
 * version, no history.  The score's own history is health/history.h. */
CN_MUST_CHECK bool cn_account_save_derived(const struct cn_unit *unit, const int64_t *account_ids,
                                           size_t count, cn_account_derive *derive, void *arg,
                                           struct cn_error *err);

/* Only the text that lists filter segments by, of accounts that are held; of one that is there
 * twice the last.  Notes CN_CHANGE_SCORE.  What it says is segment/'s: see segment/evaluate.h. */
CN_MUST_CHECK bool cn_account_save_placements(const struct cn_unit *unit,
                                              const int64_t *account_ids, const cn_str *placements,
                                              size_t count, struct cn_error *err);

/* Only last_activity_at, if that is later than what is stored; notes CN_CHANGE_ACTIVITY. */
CN_MUST_CHECK bool cn_account_save_activity(const struct cn_unit *unit, cn_account_id id,
                                            cn_time last_activity_at, struct cn_error *err);

/* The same of many accounts, without a change for those who follow: the engine's own memory. */
struct cn_account_activity {
    cn_account_id id;
    cn_time last_activity_at;
};
CN_MUST_CHECK bool cn_account_save_activities(struct cn_sql_conn *conn,
                                              const struct cn_account_activity *items, size_t count,
                                              struct cn_error *err);

/* Calls `each` for every account with activity, for starting up. */
CN_MUST_CHECK bool cn_account_each_activity(const struct cn_unit *unit,
                                            void (*each)(void *arg, cn_account_id id,
                                                         cn_time last_activity_at),
                                            void *arg, struct cn_error *err);

/* Sets arr and renewal from the contracts that are active on the unit's day and the number of open
 * tickets; called by book/contract.c and book/ticket.c. */
CN_MUST_CHECK bool cn_account_refresh(const struct cn_unit *unit, cn_account_id id,
                                      struct cn_error *err);

/*
 * Sets arr and renewal of accounts of which a contract began or was over since the last time, by
 * the clock alone: at most CN_TURNED_AT_ONCE of those after the account *after, which it sets to
 * the last one. *done_out: there are no more.  Inside a transaction; *after and *done_out are only
 * to be taken over if that commits.  The unit's day is the same until it is done.  The first time
 * it is for every account that has contracts.
 */
CN_MUST_CHECK bool cn_account_refresh_turned(const struct cn_unit *unit, int64_t *after,
                                             bool *done_out, struct cn_error *err);

#endif
