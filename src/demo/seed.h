/*
 * The demo world's records: users, a source, accounts with contracts, people and tickets, as a CRM
 * and a help desk would have delivered them.
 */
#ifndef CAIRN_DEMO_SEED_H
#define CAIRN_DEMO_SEED_H

#include "base/tz.h"

#include "book/unit.h"
#include "demo/world.h"

#define CN_DEMO_EMAIL     "demo@cairn.example"
#define CN_DEMO_PASSWORD  "cairn-demo"
#define CN_DEMO_WRITE_KEY "demo-write-key"

struct cn_demo_seed {
    uint64_t seed;
    const struct cn_tz *tz;
    cn_time now;
};

/* Users and the source that the demo's products send to. */
CN_MUST_CHECK bool cn_demo_seed_users(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                                      struct cn_error *err);

/* Accounts number `from` to `to` - 1 of a book, with all that belongs to them.  In the caller's
 * transaction; made again they stay as they are. */
CN_MUST_CHECK bool cn_demo_seed_accounts(const struct cn_demo_seed *seed,
                                         const struct cn_unit *unit, enum cn_demo_book book,
                                         size_t from, size_t to, struct cn_error *err);

#endif
