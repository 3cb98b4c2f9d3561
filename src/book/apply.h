/*
 * What events say about the book: traits, people, who belongs where, new accounts.
 *
 * The first consumer of the event log hands over every event's facts, in the order of the log, in
 * batches of one transaction each:
 *
 *   batch = cn_book_batch_new(...)
 *   in a transaction: cn_book_batch_apply(batch, unit, facts, n)   then cn_position_save(...)
 *   after its commit: cn_book_batch_publish(batch, ...)            the mapping in memory follows
 *   cn_book_batch_free(batch)
 *
 * Applying the same facts again changes nothing, and the order of arrival does not matter to what
 * is true: a crash between commit and publish is healed by loading the map again.
 *
 * Not here: the events themselves (event/), their counts (metric/).
 */
#ifndef CAIRN_BOOK_APPLY_H
#define CAIRN_BOOK_APPLY_H

#include "book/subject_map.h"
#include "book/unit.h"

enum cn_book_fact_type {
    CN_BOOK_FACT_IDENTIFY,
    CN_BOOK_FACT_GROUP,
    CN_BOOK_FACT_ALIAS,
    CN_BOOK_FACT_OTHER, /* a track, page or screen call: only its group key may be news */
};

/* The members of an event that say something about the book; absent text is "". */
struct cn_book_fact {
    enum cn_book_fact_type type;
    cn_str user_key;
    cn_str anonymous_key;
    cn_str group_key;
    cn_str previous_key;
    cn_str email;
    cn_str traits; /* raw JSON object or "" */
    cn_time at;
    cn_time received;
    int64_t tie; /* from the hash of the message id: orders facts of the same moment */
    int64_t seq; /* of the event in the log */
};

enum cn_unknown_account {
    CN_UNKNOWN_CREATE, /* a group key that nobody knows makes an account */
    CN_UNKNOWN_PARK,   /* its events wait until somebody makes one */
};

struct cn_book_batch_options {
    struct cn_subject_map *map;
    enum cn_unknown_account unknown_account;
};

struct cn_book_batch;

struct cn_book_batch *cn_book_batch_new(const struct cn_book_batch_options *options);
void cn_book_batch_free(struct cn_book_batch *batch); /* NULL is allowed */

/* Whether the event can be news to the book: most are not and need not be handed over.  Never false
 * for one that is. */
bool cn_book_fact_is_news(const struct cn_book_batch_options *options,
                          const struct cn_book_fact *fact);

/* Inside a transaction; `unit` has scope all.  A trait that breaks a limit is left out. May be
 * called again from the start when the transaction is (PostgreSQL). */
CN_MUST_CHECK bool cn_book_batch_apply(struct cn_book_batch *batch, const struct cn_unit *unit,
                                       const struct cn_book_fact *facts, size_t count,
                                       struct cn_error *err);

struct cn_book_result {
    struct cn_subject_moves moves;
    const int64_t *touched; /* accounts of which the record, traits or people changed; sorted */
    size_t touched_count;
    const int64_t *created; /* those among them that are new */
    size_t created_count;
};

/* After the commit: adds to the map what the batch stored.  Its version is the caller's to set, who
 * knows what others stored meanwhile.  The result lives as long as the batch. */
const struct cn_book_result *cn_book_batch_publish(struct cn_book_batch *batch);

#endif
