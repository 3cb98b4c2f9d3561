/*
 * Answers that are remembered: a request that carries a key and comes again gets the answer that it
 * got, and changes nothing.  Saved in the transaction of what the request did.
 */
#ifndef CAIRN_BOOK_ANSWER_H
#define CAIRN_BOOK_ANSWER_H

#include "book/unit.h"

enum {
    CN_ANSWER_KEY_MAX_BYTES = 255
};

/* What makes two requests the same: unit->user, these, and within ttl_us. */
struct cn_answer_key {
    cn_str operation;    /* "createAccount" */
    cn_str key;          /* the client's */
    cn_str request_hash; /* of path and body: another one under the same key is a mistake */
    int64_t ttl_us;
};

struct cn_answer {
    int64_t status;
    int64_t version;
    cn_str location;
    cn_str body;
};

/* *found_out is false if there is none.  Fails with CN_INVALID if the request was another one. */
CN_MUST_CHECK bool cn_answer_find(const struct cn_unit *unit, const struct cn_answer_key *key,
                                  struct cn_answer *answer_out, bool *found_out,
                                  struct cn_error *err);

/* Fails with CN_CONFLICT if the same request is just being answered.  Deletes what is older than
 * ttl_us. */
CN_MUST_CHECK bool cn_answer_save(const struct cn_unit *unit, const struct cn_answer_key *key,
                                  const struct cn_answer *answer, struct cn_error *err);

#endif
