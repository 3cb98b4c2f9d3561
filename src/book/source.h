/*
 * Sources: what sends events, each with a write key.
 *
 * Keys are stored hashed and shown once.  Intake asks struct cn_source_cache, which holds all
 * sources in memory, reads them again at most once a second and never waits for the database with
 * its lock held.  A key that was found is known by its text until they are read again, so that it
 * is hashed once a second and not with each request.
 *
 * Not here: what arrived and what was rejected (event/).
 */
#ifndef CAIRN_BOOK_SOURCE_H
#define CAIRN_BOOK_SOURCE_H

#include "book/unit.h"

struct cn_db; /* sql/db.h */

typedef struct cn_source_id {
    int64_t value;
} cn_source_id;
#define CN_SOURCE_PREFIX "src"

enum {
    CN_SOURCES_MAX = 1000,
    CN_WRITE_KEY_BYTES = 36, /* with the NUL */
    CN_SOURCE_CACHE_US = 1000000,
};

struct cn_source {
    cn_source_id id;
    cn_str name;
    cn_str write_key_hint; /* its last four characters */
    cn_time created_at;
};

struct cn_source_list {
    struct cn_source *items;
    size_t count;
};

/* A new source with a random key, of which write_key_out is the only copy.  Fails with CN_CONFLICT
 * if an enabled one has the name. */
CN_MUST_CHECK bool cn_source_create(const struct cn_unit *unit, cn_str name,
                                    char write_key_out[CN_WRITE_KEY_BYTES],
                                    struct cn_source *source_out, struct cn_error *err);

/* The same with a given key, for the demo; an existing source of that key is returned, also a
 * disabled one. */
CN_MUST_CHECK bool cn_source_ensure(const struct cn_unit *unit, cn_str name, cn_str write_key,
                                    struct cn_source *source_out, struct cn_error *err);

CN_MUST_CHECK bool cn_source_load(const struct cn_unit *unit, cn_source_id id,
                                  struct cn_source *source_out, struct cn_error *err);
/* Those that are enabled, the oldest first, at most CN_SOURCES_MAX. */
CN_MUST_CHECK bool cn_source_list(const struct cn_unit *unit, struct cn_source_list *list_out,
                                  struct cn_error *err);

/* Its key is refused from then on, by a cache within CN_SOURCE_CACHE_US, and its name is free.
 * Fails with CN_NOT_FOUND if there is none that is enabled. */
CN_MUST_CHECK bool cn_source_disable(const struct cn_unit *unit, cn_source_id id,
                                     struct cn_error *err);

struct cn_source_cache;

/* `db` outlives the cache. */
struct cn_source_cache *cn_source_cache_new(struct cn_db *db);
void cn_source_cache_free(struct cn_source_cache *cache); /* NULL is allowed */

/*
 * The source of that write key.  Any thread.  Fails with CN_UNAUTHENTICATED if there is none that
 * is enabled, and with CN_UNAVAILABLE only if the sources could never be read; a database that is
 * gone later does not make keys unknown.
 */
CN_MUST_CHECK bool cn_source_find(struct cn_source_cache *cache, cn_str write_key, cn_time now,
                                  cn_source_id *id_out, struct cn_error *err);

/* Read the sources again at the next question: after one was made or disabled in this process. */
void cn_source_cache_expire(struct cn_source_cache *cache);

#endif
