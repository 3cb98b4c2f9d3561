/*
 * What happened in the book: numbered changes for those who follow, field history for people.
 *
 * A write notes its changes while it runs; they are written just before the outermost commit, since
 * taking numbers keeps other writers of this node waiting.  cn_book_flush belongs in
 * cn_db_options.flush of every connection that the book is written on.
 *
 * Changes are kept for CN_CHANGE_KEPT_DAYS; field history stays.
 */
#ifndef CAIRN_BOOK_CHANGE_H
#define CAIRN_BOOK_CHANGE_H

#include "book/unit.h"

enum {
    CN_CHANGE_KEPT_DAYS = 7,
    CN_CHANGE_LIST_MAX = 10000,
};

/* Stored as numbers: only add at the end. */
enum cn_change_kind {
    CN_CHANGE_ACCOUNT, /* the record itself or its traits */
    CN_CHANGE_PERSON,  /* people and their roles */
    CN_CHANGE_CONTRACT,
    CN_CHANGE_TICKET,
    CN_CHANGE_SCORE,    /* score, trend and the other derived columns */
    CN_CHANGE_ACTIVITY, /* events arrived (PostgreSQL only) */
    CN_CHANGE_MAPPING,  /* subjects moved to or from the account */
    CN_CHANGE_PROGRAM,  /* account 0: another version of the program is active */
    CN_CHANGE_SIGNAL,   /* a signal moved, or somebody worked on it */
    CN_CHANGE_DECISION, /* about signals, by a person: a hold, a start of what was already true */
    CN_CHANGE_COUNT
};

extern const char *const cn_change_names[CN_CHANGE_COUNT];

struct cn_change {
    int node;
    int64_t seq;
    cn_account_id account_id;
    enum cn_change_kind kind;
    cn_time at;
};

struct cn_change_list {
    struct cn_change *items;
    size_t count;
};

/* One changed field; values are JSON, "" for none. */
struct cn_field_change {
    cn_account_id account_id;
    enum cn_change_kind kind;
    int64_t record_id; /* of the person, contract, ...; the account's own id for its fields */
    const char *field; /* static text */
    cn_str from;
    cn_str to;
    cn_time true_at; /* when it became true; 0: now */
};

/* Writes what units noted; see above. */
bool cn_book_flush(struct cn_sql_conn *conn, void *const *items, size_t count,
                   struct cn_error *err);

/* Inside a transaction.  Noting the same account and kind again in one transaction is one change.
 */
void cn_change_note(const struct cn_unit *unit, cn_account_id account_id, enum cn_change_kind kind);

/* The same with a field's history.  Nothing if from equals to. */
void cn_field_change_note(const struct cn_unit *unit, const struct cn_field_change *change);

/* Changes of a node after `after`, in their order, at most `limit`.  Fails with CN_GONE if some of
 * them are no longer kept. */
CN_MUST_CHECK bool cn_change_list(const struct cn_unit *unit, int node, int64_t after,
                                  int64_t limit, struct cn_change_list *list_out,
                                  struct cn_error *err);

/* The newest number of the node, 0 if there is none. */
CN_MUST_CHECK bool cn_change_newest(const struct cn_unit *unit, int node, int64_t *seq_out,
                                    struct cn_error *err);

/* Deletes what is older than CN_CHANGE_KEPT_DAYS. */
CN_MUST_CHECK bool cn_change_prune(const struct cn_unit *unit, struct cn_error *err);

struct cn_history_row {
    enum cn_change_kind kind;
    int64_t record_id;
    cn_str field;
    cn_str from; /* JSON or "" */
    cn_str to;
    cn_user_id user_id;
    cn_time true_at;
    cn_time known_at;
    int64_t seq;
};

struct cn_history_list {
    struct cn_history_row *items;
    size_t count;
};

/* Of one account in scope, newest first. */
CN_MUST_CHECK bool cn_history_list(const struct cn_unit *unit, cn_account_id account_id,
                                   int64_t limit, struct cn_history_list *list_out,
                                   struct cn_error *err);

/* How far a consumer has come: 0 if it never saved.  Saving belongs in the transaction that it
 * speaks of. */
CN_MUST_CHECK bool cn_position_load(const struct cn_unit *unit, const char *consumer,
                                    int64_t *position_out, struct cn_error *err);
CN_MUST_CHECK bool cn_position_save(const struct cn_unit *unit, const char *consumer,
                                    int64_t position, struct cn_error *err);

/* Adds one to the consumer's position and gives the new one. */
CN_MUST_CHECK bool cn_position_advance(const struct cn_unit *unit, const char *consumer,
                                       int64_t *position_out, struct cn_error *err);

/* PostgreSQL alone: keeps others from changing the position until the transaction ends, if it is
 * `position`.  Several may hold it. */
CN_MUST_CHECK bool cn_position_hold(const struct cn_unit *unit, const char *consumer,
                                    int64_t position, bool *holds_out, struct cn_error *err);

/* Adds to a counter and gives the new value; makes it if it is not there. */
CN_MUST_CHECK bool cn_counter_add(struct cn_sql_conn *conn, const char *name, int64_t by,
                                  int64_t *value_out, struct cn_error *err);

#endif
