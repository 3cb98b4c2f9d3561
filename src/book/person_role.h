/*
 * The roles of people, as book/person.c keeps them.  Only book/ includes this header.
 */
#ifndef CAIRN_BOOK_PERSON_ROLE_H
#define CAIRN_BOOK_PERSON_ROLE_H

#include "book/person.h"

/* Fills in the roles of `count` people of one account. */
CN_MUST_CHECK bool cn_person_roles_load(const struct cn_unit *unit, cn_account_id account_id,
                                        struct cn_person *people, size_t count,
                                        struct cn_error *err);

/* Makes the stored roles, which are `old`, those of the person.  Fails with CN_INVALID (field
 * roles) for one that ends before it begins, or twice the same. */
CN_MUST_CHECK bool cn_person_roles_save(const struct cn_unit *unit,
                                        const struct cn_person_role_list *old,
                                        const struct cn_person *person, struct cn_error *err);

/* For history; "" for none. */
cn_str cn_person_roles_json(struct cn_arena *arena, const struct cn_person_role_list *roles);

#endif
