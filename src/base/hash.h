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

/* `seed` separates kinds and sources: the same text under two seeds gives unrelated hashes. */
struct cn_hash128 cn_hash128_of(cn_str text, uint64_t seed);

#endif
