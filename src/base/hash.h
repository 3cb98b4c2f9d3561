/*
 * Fast hashes for tables and identities (XXH3).  Not for secrets: see OpenSSL and libsodium there.
 */
#ifndef CAIRN_BASE_HASH_H
#define CAIRN_BASE_HASH_H

#include "base/base.h"

struct cn_hash128 {
    uint64_t hi;
    uint64_t lo;
};

uint64_t cn_hash64(cn_str text);

/* The same hash of a text that comes in pieces.  cn_hash64_end() frees the state. */
struct cn_hash64_state;
struct cn_hash64_state *cn_hash64_begin(void);
void cn_hash64_add(struct cn_hash64_state *state, cn_str piece);
uint64_t cn_hash64_end(struct cn_hash64_state *state);

/* `seed` separates kinds and sources: the same text under two seeds gives unrelated hashes. */
struct cn_hash128 cn_hash128_of(cn_str text, uint64_t seed);

#endif
