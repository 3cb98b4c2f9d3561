/*
 * People: who works for an account, and the roles they have or had there, with dates.
 *
 * Not here: our own users (book/user.h).
 */
#ifndef CAIRN_BOOK_PERSON_H
#define CAIRN_BOOK_PERSON_H

#include "book/unit.h"

typedef struct cn_person_id {
    int64_t value;
} cn_person_id;
#define CN_PERSON_PREFIX "pers"

/* Stored as numbers: only add at the end. */
enum cn_person_role_kind {
    CN_PERSON_CHAMPION,
    CN_PERSON_SPONSOR,
    CN_PERSON_ADMIN,
    CN_PERSON_USER,
    CN_PERSON_ROLE_COUNT
};

extern const char *const cn_person_role_names[CN_PERSON_ROLE_COUNT];

enum {
    CN_PERSON_ROLES_MAX = 50, /* of one person, past ones included */
    CN_PERSON_LIST_MAX = 1000,
};

struct cn_person_role {
    enum cn_person_role_kind role;
    cn_time from;
    cn_time to;
    enum cn_given to_given; /* CN_NULL: still */
};

struct cn_person_role_list {
    struct cn_person_role *items;
    size_t count;
};

struct cn_person {
    cn_person_id id;
    cn_account_id account_id;
    cn_str name;
    cn_str email;
    enum cn_given email_given;
    cn_str title;
    enum cn_given title_given;
    cn_str user_key; /* as events send it */
    enum cn_given user_key_given;
    struct cn_person_role_list roles; /* by role, then from */
    cn_time left_at;                  /* left the company */
    enum cn_given left_at_given;
    cn_time created_at;
    int64_t version;
};

struct cn_person_list {
    struct cn_person *items;
    size_t count;
};

struct cn_person_new {
    cn_str name;
    cn_str email;    /* "": unknown */
    cn_str title;    /* "": unknown */
    cn_str user_key; /* "": unknown */
    struct cn_person_role_list roles;
};

struct cn_person_patch {
    cn_str name;
    enum cn_given name_given;
    cn_str email;
    enum cn_given email_given;
    cn_str title;
    enum cn_given title_given;
    struct cn_person_role_list roles; /* all of them, replacing what there is */
    enum cn_given roles_given;
    cn_time left_at; /* ends the roles that are still held */
    enum cn_given left_at_given;
};

/* All functions fail with CN_NOT_FOUND if the account is not in scope. */

CN_MUST_CHECK bool cn_person_create(const struct cn_unit *unit, cn_account_id account_id,
                                    const struct cn_person_new *new_person,
                                    struct cn_person *person_out, struct cn_error *err);

CN_MUST_CHECK bool cn_person_load(const struct cn_unit *unit, cn_account_id account_id,
                                  cn_person_id id, struct cn_person *person_out,
                                  struct cn_error *err);

/* By name, those who left last. */
CN_MUST_CHECK bool cn_person_list(const struct cn_unit *unit, cn_account_id account_id,
                                  struct cn_person_list *list_out, struct cn_error *err);

/* version 0: whatever it is at; else CN_STALE. */
CN_MUST_CHECK bool cn_person_update(const struct cn_unit *unit, cn_account_id account_id,
                                    cn_person_id id, int64_t version,
                                    const struct cn_person_patch *patch,
                                    struct cn_person *person_out, struct cn_error *err);

/*
 * The person of that account whom events know by `user_key`: made if there is none (of the same
 * e-mail address neither).  What is "" is left as it is.  *changed_out: made or changed.
 */
CN_MUST_CHECK bool cn_person_identify(const struct cn_unit *unit, cn_account_id account_id,
                                      cn_str user_key, cn_str email, cn_str name, bool *changed_out,
                                      struct cn_error *err);

#endif
