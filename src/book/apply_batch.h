/*
 * A batch of facts while it is applied.  Only book/apply*.c include this header.
 */
#ifndef CAIRN_BOOK_APPLY_BATCH_H
#define CAIRN_BOOK_APPLY_BATCH_H

#include "base/map.h"

#include "book/apply.h"
#include "json/reader.h"

enum pending_kind {
    PENDING_ACCOUNT,
    PENDING_DOMAIN,
    PENDING_GROUP,
    PENDING_MAIL,
    PENDING_LINK,
};

/* One addition to the mapping: stored in the transaction, then added in memory. */
struct pending {
    enum pending_kind kind;
    int64_t subject;
    int64_t target; /* account of an external id or domain, or the subject linked to */
    cn_str text;    /* external id or domain; lives in the batch's arena */
    int64_t at_us;
};

struct cn_book_batch {
    struct cn_book_batch_options options;
    struct cn_arena arena; /* of the batch: what publish and its result need */
    struct pending *pending;
    size_t pending_count;
    size_t pending_capacity;
    struct cn_map pending_index; /* hash of subject, target and hour to place in pending */
    struct cn_str_map accounts;  /* external ids looked up in this batch */
    struct cn_map touched;
    struct cn_map created;
    int64_t version;         /* of the mapping that the batch makes; 0: it changes nothing */
    struct cn_map survivors; /* of merges that the map may not have yet */
    struct cn_json_parser *parser;
    struct cn_book_result result;
};

/* Additions to the mapping, if they are news. */
void cn_batch_see_group(struct cn_book_batch *batch, int64_t subject, cn_str external_id,
                        cn_time at);
void cn_batch_see_mail(struct cn_book_batch *batch, int64_t subject, cn_str domain, cn_time at);
void cn_batch_see_link(struct cn_book_batch *batch, int64_t subject, int64_t target, cn_time at);
void cn_batch_name(struct cn_book_batch *batch, enum pending_kind kind, cn_str text,
                   int64_t account_id);

/* Reads the merges that the map may not have yet; none comes before the transaction ends. */
CN_MUST_CHECK bool cn_batch_learn_merges(struct cn_book_batch *batch, const struct cn_unit *unit,
                                         struct cn_error *err);

/* The account that this one is part of, as the transaction sees it; 0 of 0. */
int64_t cn_batch_survivor(const struct cn_book_batch *batch, int64_t account_id);

/* The unit, under the version of the mapping that the whole batch makes.  That is taken when first
 * asked for, outside of any savepoint, and once: PostgreSQL looks through every version of a row
 * that a transaction has changed many times. */
CN_MUST_CHECK bool cn_batch_unit(struct cn_book_batch *batch, const struct cn_unit *unit,
                                 struct cn_unit *own_out, struct cn_error *err);

/* Writes what is pending, under that version of the mapping. */
CN_MUST_CHECK bool cn_batch_store(struct cn_book_batch *batch, const struct cn_unit *unit,
                                  struct cn_error *err);

#endif
