/*
 * Support tickets of an account, as a help desk reports them.
 */
#ifndef CAIRN_BOOK_TICKET_H
#define CAIRN_BOOK_TICKET_H

#include "book/unit.h"

typedef struct cn_ticket_id {
    int64_t value;
} cn_ticket_id;
#define CN_TICKET_PREFIX "tick"

/* Stored as numbers: only add at the end. */
enum cn_ticket_priority {
    CN_TICKET_LOW,
    CN_TICKET_NORMAL,
    CN_TICKET_HIGH,
    CN_TICKET_CRITICAL,
    CN_TICKET_PRIORITY_COUNT
};

enum cn_ticket_status {
    CN_TICKET_OPEN,
    CN_TICKET_PENDING,
    CN_TICKET_SOLVED,
    CN_TICKET_CLOSED,
    CN_TICKET_STATUS_COUNT
};

extern const char *const cn_ticket_priority_names[CN_TICKET_PRIORITY_COUNT];
extern const char *const cn_ticket_status_names[CN_TICKET_STATUS_COUNT];

enum {
    CN_TICKET_LIST_MAX = 1000,
};

/* Open or pending counts as open; a ticket that is opened again continues its clock. */
struct cn_ticket {
    cn_ticket_id id;
    cn_account_id account_id;
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str subject;
    enum cn_ticket_priority priority;
    enum cn_ticket_status status;
    cn_time opened_at;
    cn_time first_response_at;
    enum cn_given first_response_at_given;
    cn_time solved_at;
    enum cn_given solved_at_given;
    int64_t version;
};

struct cn_ticket_list {
    struct cn_ticket *items;
    size_t count;
};

struct cn_ticket_new {
    cn_str external_id; /* "": none */
    cn_str subject;
    enum cn_ticket_priority priority;
    enum cn_ticket_status status;
    cn_time opened_at; /* 0: now */
    cn_time solved_at; /* 0: now, if the status says solved */
};

struct cn_ticket_patch {
    cn_str subject;
    enum cn_given subject_given;
    enum cn_ticket_priority priority;
    enum cn_given priority_given;
    enum cn_ticket_status status; /* solving without solved_at means now; opening clears it */
    enum cn_given status_given;
    cn_time first_response_at;
    enum cn_given first_response_at_given;
    cn_time solved_at;
    enum cn_given solved_at_given;
};

/* All functions fail with CN_NOT_FOUND if the account is not in scope.  Writing sets the account's
 * number of open tickets. */

/* With an external id that the account has already, that ticket is updated. */
CN_MUST_CHECK bool cn_ticket_create(const struct cn_unit *unit, cn_account_id account_id,
                                    const struct cn_ticket_new *new_ticket,
                                    struct cn_ticket *ticket_out, struct cn_error *err);

CN_MUST_CHECK bool cn_ticket_load(const struct cn_unit *unit, cn_account_id account_id,
                                  cn_ticket_id id, struct cn_ticket *ticket_out,
                                  struct cn_error *err);

/* Open ones first, then by the time they were opened, newest first. */
CN_MUST_CHECK bool cn_ticket_list(const struct cn_unit *unit, cn_account_id account_id,
                                  struct cn_ticket_list *list_out, struct cn_error *err);

CN_MUST_CHECK bool cn_ticket_update(const struct cn_unit *unit, cn_account_id account_id,
                                    cn_ticket_id id, int64_t version,
                                    const struct cn_ticket_patch *patch,
                                    struct cn_ticket *ticket_out, struct cn_error *err);

#endif
