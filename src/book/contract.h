/*
 * Contracts of an account.  Days are numbers in the workspace's zone; a contract runs from
 * starts_on to ends_on, both included, and renews on the day after.
 */
#ifndef CAIRN_BOOK_CONTRACT_H
#define CAIRN_BOOK_CONTRACT_H

#include "book/unit.h"

typedef struct cn_contract_id {
    int64_t value;
} cn_contract_id;
#define CN_CONTRACT_PREFIX "ctr"

/* Stored as numbers: only add at the end. */
enum cn_contract_status {
    CN_CONTRACT_DRAFT,
    CN_CONTRACT_ACTIVE,
    CN_CONTRACT_ENDED,
    CN_CONTRACT_CANCELLED,
    CN_CONTRACT_STATUS_COUNT
};

extern const char *const cn_contract_status_names[CN_CONTRACT_STATUS_COUNT];

enum {
    CN_CONTRACT_LIST_MAX = 1000,
    CN_CONTRACT_SEATS_MAX = 1000000000, /* those of all contracts are added up */
};

struct cn_contract {
    cn_contract_id id;
    cn_account_id account_id;
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str name;
    struct cn_money arr;
    int64_t starts_on;
    int64_t ends_on;
    int64_t notice_on; /* last day to give notice, or it renews by itself */
    enum cn_given notice_on_given;
    int64_t seats;
    enum cn_given seats_given;
    enum cn_contract_status status;
    int64_t version;
};

struct cn_contract_list {
    struct cn_contract *items;
    size_t count;
};

struct cn_contract_new {
    cn_str external_id; /* "": none */
    cn_str name;
    struct cn_money arr;
    int64_t starts_on;
    int64_t ends_on;
    int64_t notice_on;
    enum cn_given notice_on_given;
    int64_t seats;
    enum cn_given seats_given;
    enum cn_contract_status status;
};

struct cn_contract_patch {
    cn_str name;
    enum cn_given name_given;
    struct cn_money arr;
    enum cn_given arr_given;
    int64_t starts_on;
    enum cn_given starts_on_given;
    int64_t ends_on;
    enum cn_given ends_on_given;
    int64_t notice_on;
    enum cn_given notice_on_given;
    int64_t seats;
    enum cn_given seats_given;
    enum cn_contract_status status;
    enum cn_given status_given;
};

/* All functions fail with CN_NOT_FOUND if the account is not in scope, and with CN_INVALID
 * (err->field) if a contract ends before it starts, notice is not within it, or another one that is
 * active or ended runs on one of its days in another currency.  Writing sets the account's arr and
 * renewal. */

/* With an external id that the account has already, that contract is updated. */
CN_MUST_CHECK bool cn_contract_create(const struct cn_unit *unit, cn_account_id account_id,
                                      const struct cn_contract_new *new_contract,
                                      struct cn_contract *contract_out, struct cn_error *err);

CN_MUST_CHECK bool cn_contract_load(const struct cn_unit *unit, cn_account_id account_id,
                                    cn_contract_id id, struct cn_contract *contract_out,
                                    struct cn_error *err);

/* Newest start first. */
CN_MUST_CHECK bool cn_contract_list(const struct cn_unit *unit, cn_account_id account_id,
                                    struct cn_contract_list *list_out, struct cn_error *err);

CN_MUST_CHECK bool cn_contract_update(const struct cn_unit *unit, cn_account_id account_id,
                                      cn_contract_id id, int64_t version,
                                      const struct cn_contract_patch *patch,
                                      struct cn_contract *contract_out, struct cn_error *err);

/* Whether all contracts of the account that run on the same day are in one currency; fails with
 * CN_INVALID if not, and names two. */
CN_MUST_CHECK bool cn_contract_check_currencies(const struct cn_unit *unit,
                                                cn_account_id account_id, struct cn_error *err);

#endif
