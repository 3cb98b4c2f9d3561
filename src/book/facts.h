/*
 * The dated rows of the book in memory, as the column source reads them.  Only book/facts.c and
 * book/column*.c include this header.
 */
#ifndef CAIRN_BOOK_FACTS_H
#define CAIRN_BOOK_FACTS_H

#include <pthread.h>

#include "base/map.h"

#include "book/column.h"
#include "book/contract.h"
#include "book/judgement.h"
#include "book/person.h"
#include "book/ticket.h"

#define CN_NEVER_US  INT64_MAX /* an end that is not there */
#define CN_NEVER_DAY INT64_MAX

/* What was told ahead of its moment (at > known) comes true by itself: see cn_book_facts_due(). */

struct fact_contract {
    int64_t id;
    int64_t starts_on;
    int64_t ends_on;
    int64_t notice_on; /* CN_NEVER_DAY: not said */
    int64_t arr_minor;
    int64_t seats; /* -1: not said */
    int64_t known_us;
    enum cn_contract_status status;
};

struct fact_person {
    int64_t id;
    int64_t created_us;
    int64_t left_us;
    int64_t left_known_us;
};

struct fact_role {
    int64_t person_id;
    int64_t from_us;
    int64_t to_us;
    int64_t known_us;
    int64_t to_known_us;
    enum cn_person_role_kind role;
};

struct fact_ticket {
    int64_t id;
    int64_t opened_us;
    int64_t solved_us;
    int64_t known_us;
    int64_t solved_known_us;
    enum cn_ticket_priority priority;
};

/* A judgement; rules read sentiments, lists show overrides. */
struct fact_sentiment {
    int64_t id;
    int64_t value;
    int64_t at_us;
    int64_t until_us;
    int64_t known_us;
    int64_t until_known_us;
};

/* It lies not after known_us. */
struct fact_touch {
    int64_t id;
    int64_t at_us;
    int64_t known_us;
    int64_t withdrawn_us;
    bool has_trigger;
};

/* From at_us on the trait had that value; in the order of time for each name. */
struct fact_trait {
    int64_t at_us;
    int64_t known_us;
    uint32_t name;  /* of facts->texts */
    uint32_t value; /* JSON scalar */
};

struct fact_list {
    void *items;
    uint32_t count;
    uint32_t capacity;
};

struct fact_account {
    int64_t account_id;
    int64_t owner_id;
    int64_t team_id;
    int64_t parent_id;
    int64_t created_us;
    int64_t due_us; /* when something that was told ahead comes true next, or CN_NEVER_US */
    bool is_absent; /* not there at the change that the facts were read as of */
    int64_t arr_minor;
    int64_t renewal_on;
    bool has_arr;
    bool has_renewal;
    bool is_gone; /* while it is read again: until it was found */
    uint8_t stage;
    uint32_t name; /* texts */
    uint32_t external_id;
    uint32_t currency;
    struct fact_list contracts;
    struct fact_list people;
    struct fact_list roles;
    struct fact_list tickets;
    struct fact_list traits;
    struct fact_list sentiments; /* in the order of time */
    struct fact_list overrides;  /* the same struct, the same order */
    struct fact_list touches;
};

struct cn_book_facts {
    const struct cn_tz *tz;
    struct cn_column_source source;
    pthread_rwlock_t lock; /* of all that follows: filled from several threads, refreshed by one */
    struct cn_map index;   /* account id to place in accounts */
    struct fact_account *accounts;
    size_t count;
    size_t capacity;
    int64_t *ids; /* ascending */
    size_t id_capacity;
    int64_t due_us;      /* the first of all accounts' */
    int64_t due_upto_us; /* up to here they were looked at */
    struct cn_str_map text_index;
    cn_str *texts; /* live in text_arena */
    size_t text_count;
    size_t text_capacity;
    struct cn_arena text_arena;
};

/* The number of a text, made if it is new.  The caller holds the lock for writing. */
uint32_t cn_facts_text(struct cn_book_facts *facts, cn_str text);

/* NULL if the account is not there.  The caller holds the lock. */
const struct fact_account *cn_facts_find(const struct cn_book_facts *facts, int64_t account_id);

/* The same for one account after another: rows tend to be in the order in which the accounts were
 * read.  *near begins at 0 and is where the last one was found. */
const struct fact_account *cn_facts_find_near(const struct cn_book_facts *facts, int64_t account_id,
                                              size_t *near);

/* Room at the end of the list for an item of `size` bytes, which all its items have. */
void *cn_facts_append(struct fact_list *list, size_t size);

/* Reads the parts of some accounts (NULL: all), with events of the log up to `log_seq`.  The caller
 * holds the lock for writing. */
CN_MUST_CHECK bool cn_facts_read(struct cn_book_facts *facts, struct cn_sql_conn *conn,
                                 const int64_t *account_ids, size_t count, int64_t log_seq,
                                 struct cn_error *err);

/* What comes true next, of these accounts (NULL: all).  The caller holds the lock for writing. */
void cn_facts_expect(struct cn_book_facts *facts, const int64_t *account_ids, size_t count);

/* What the value of the first row rests on, for explanations; `trait` is the name of one in
 * facts->texts, or -1.  The caller holds the lock. */
void cn_facts_rests_on(const struct cn_book_facts *facts, const struct cn_fill *what,
                       const char *rests_on, int32_t trait, struct cn_arena *arena,
                       struct cn_fact *fact);

extern const struct cn_column_source cn_book_column_source; /* without ctx */

#endif
