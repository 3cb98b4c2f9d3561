/*
 * Lists of accounts from SQL: filter, search, sort, pages and the exact total, in the caller's
 * scope.  Serves PostgreSQL, and embedded mode where the frame does not.
 */
#ifndef CAIRN_BOOK_ACCOUNT_LIST_H
#define CAIRN_BOOK_ACCOUNT_LIST_H

#include "book/account.h"
#include "book/user.h"

enum {
    CN_ACCOUNT_LIST_MAX = 200, /* rows of one page, unless streamed */
    CN_ACCOUNT_QUERY_MAX_BYTES = 200,
    CN_ACCOUNT_PLACEMENTS_MAX = 16, /* in one filter; as many segments as are compared at once */
};

enum cn_account_sort {
    CN_SORT_NAME,
    CN_SORT_SCORE,
    CN_SORT_TREND,
    CN_SORT_ARR,
    CN_SORT_RENEWAL,
    CN_SORT_OWNER, /* by name */
    CN_SORT_LAST_ACTIVITY,
    CN_SORT_OPEN_TICKETS,
    CN_SORT_CREATED,
    CN_SORT_COUNT
};

/* "name", "score", "trend", "arr", "renewal_at", "owner", "last_activity_at", "open_tickets",
 * "created_at". */
extern const char *const cn_account_sort_names[CN_SORT_COUNT];

struct cn_account_filter {
    cn_str query;        /* words that the name, external id or domain contains; "": any */
    unsigned bands;      /* 1 << enum cn_band, or 0: any */
    cn_user_id owner_id; /* 0: any */
    bool without_owner;
    /* Sets that they are all in, as segment/ writes them: "segment:vip", "coverage:mid"; with "!"
     * in front, not in. */
    const cn_str *placements;
    size_t placement_count;
    int64_t renewal_until; /* last day of a renewal, overdue ones included; 0: any */
    int64_t risk_until;    /* red, or yellow with a renewal until this day; 0: any */
    const int64_t *only;   /* these accounts, ascending; NULL: any */
    size_t only_count;
    enum cn_account_sort sort; /* accounts without a value come last either way */
    bool descending;
    const struct cn_user_list *users; /* all, by name: CN_SORT_OWNER from the frame needs them */
    int64_t limit;
    int64_t offset;
    cn_account_id after; /* the last account of the page before, or 0; instead of offset */
};

struct cn_account_list {
    struct cn_account *items;
    size_t count;
    int64_t total; /* of all that match */
};

/* Fails with CN_MALFORMED if `after` is not an account any more, or as sql/sql.h says. */
CN_MUST_CHECK bool cn_account_list(const struct cn_unit *unit,
                                   const struct cn_account_filter *filter,
                                   struct cn_account_list *list_out, struct cn_error *err);

#endif
