/*
 * Who may use a row: the usual columns of the role matrix (CN_READERS is in book/unit.h), and pages
 * of lists.  Internal to api/.
 */
#ifndef CAIRN_API_ACCESS_H
#define CAIRN_API_ACCESS_H

#include "api/route.h"

/* clang-format off */
/* Changing it. */
#define CN_WRITERS { [CN_ROLE_ADMIN] = CN_SCOPE_ALL, [CN_ROLE_OPS] = CN_SCOPE_ALL, \
                     [CN_ROLE_LEADER] = CN_SCOPE_TEAM, [CN_ROLE_CSM] = CN_SCOPE_OWN }
/* Running the system: write keys, what was rejected, unmapped subjects. */
#define CN_OPERATORS { [CN_ROLE_ADMIN] = CN_SCOPE_ALL, [CN_ROLE_OPS] = CN_SCOPE_ALL }
/* Who works with Cairn, and what each may do: whoever gives roles could have any. */
#define CN_ADMINS { [CN_ROLE_ADMIN] = CN_SCOPE_ALL }
/* What is nobody's in particular: names of users, one's own session. */
#define CN_EVERYBODY { [CN_ROLE_ADMIN] = CN_SCOPE_ALL, [CN_ROLE_OPS] = CN_SCOPE_ALL, \
                       [CN_ROLE_LEADER] = CN_SCOPE_ALL, [CN_ROLE_CSM] = CN_SCOPE_ALL, \
                       [CN_ROLE_VIEWER] = CN_SCOPE_ALL }
/* clang-format on */

enum {
    CN_PAGE_MAX = 200
};

/* The query of a short list, which is loaded whole and then cut. */
struct cn_page_query {
    int64_t limit;
    enum cn_given limit_given;
    struct {
        int64_t value;
    } cursor;
    enum cn_given cursor_given;
};

#define CN_PAGE_ROWS(prefix)                                                              \
    CN_FIELD(struct cn_page_query, limit, CN_MAY(struct cn_page_query, limit, BE_ABSENT), \
             .min = 1, .max = CN_PAGE_MAX, .doc = "rows of a page, 200 unless given"),    \
        CN_FIELD_OF_ID(struct cn_page_query, cursor, prefix,                              \
                       CN_MAY(struct cn_page_query, cursor, BE_ABSENT),                   \
                       .doc = "next_cursor of the page before")

/* The end of a page: the id to go on after. */
struct cn_page_end {
    int64_t value;
};

/*
 * Cuts a list to the page that was asked for.  `list` points to what a CN_FIELD_LIST may be, { T
 * *items; size_t count; }, where each T has `item_size` bytes and begins with its 64-bit id; it
 * keeps its memory.  Fails with CN_MALFORMED if the cursor is not in the list.
 */
CN_MUST_CHECK bool cn_page_cut(const struct cn_page_query *query, size_t item_size, void *list,
                               struct cn_page_end *next_out, enum cn_given *next_given_out,
                               struct cn_error *err);

/* The path of an account, and of what hangs below it. */
struct cn_account_path {
    cn_account_id account_id;
    int64_t record_id; /* of the person, contract, ticket */
};
extern const struct cn_fields cn_account_path_fields;

/* Rows of the path of a record below an account: CN_RECORD_PATH_ROWS("person_id", ...). */
#define CN_RECORD_PATH_ROWS(name_, prefix, doc_)                                                 \
    CN_FIELD_OF_ID(struct cn_account_path, account_id, CN_ACCOUNT_PREFIX, .doc = "the account"), \
    {                                                                                            \
        .name = (name_), .type = CN_FIELD_ID,                                                    \
        .offset = offsetof(struct cn_account_path, record_id), .id_prefix = (prefix),            \
        .doc = (doc_)                                                                            \
    }

/* A path such as "/api/v1/accounts/acct_.../people/pers_...", in the arena; record 0: none. */
cn_str cn_account_location(struct cn_arena *arena, cn_account_id account, const char *part,
                           const char *prefix, int64_t record);

/* Fails with CN_NOT_FOUND unless the account is in the unit's scope. */
CN_MUST_CHECK bool cn_account_visible(const struct cn_unit *unit, cn_account_id id,
                                      struct cn_error *err);

/* The same for what it lived: that can be read after it became part of another. */
CN_MUST_CHECK bool cn_account_was_visible(const struct cn_unit *unit, cn_account_id id,
                                          struct cn_error *err);

#endif
