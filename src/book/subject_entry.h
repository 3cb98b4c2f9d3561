/*
 * What the map knows of one subject.  Only book/subject_*.c include this header.
 *
 * Keys, domains and links are kept as numbers of the map's tables, so that an entry is a few short
 * arrays whatever its texts are.
 */
#ifndef CAIRN_BOOK_SUBJECT_ENTRY_H
#define CAIRN_BOOK_SUBJECT_ENTRY_H

#include <pthread.h>

#include "base/map.h"

#include "book/subject_map.h"

/* Seen at `at` (the earliest of its hour) to belong to target: an index into the map's keys or
 * domains, or for a link the index of another entry. */
struct sighting {
    int64_t at_us;
    uint32_t target;
};

struct sightings {
    struct sighting *items;
    uint32_t count;
    uint32_t capacity;
};

struct subject_entry {
    int64_t subject;
    int64_t key;   /* of a group subject: its index among the keys; else -1 */
    bool is_mixed; /* groups and domains name more than one */
    struct sightings groups;
    struct sightings domains;
    struct sightings links;
    uint32_t *linked_from; /* entries that link here */
    uint32_t linked_count;
    uint32_t linked_capacity;
};

/* An external id or a domain, and the account that it stands for; 0: none yet. */
struct subject_name {
    cn_str text; /* lives in the map's arena */
    int64_t account_id;
    uint32_t *users; /* entries that were seen with it */
    uint32_t user_count;
    uint32_t user_capacity;
};

struct subject_names {
    struct cn_str_map index; /* text to place in items */
    struct subject_name *items;
    size_t count;
    size_t capacity;
};

/* The names that stand for one account. */
struct account_names {
    uint32_t *keys;
    uint32_t key_count;
    uint32_t key_capacity;
    uint32_t *domains;
    uint32_t domain_count;
    uint32_t domain_capacity;
};

struct cn_subject_map {
    int64_t window_us;
    pthread_rwlock_t lock; /* of all that follows */
    struct cn_map index;   /* subject to place in entries */
    struct subject_entry *entries;
    size_t count;
    size_t capacity;
    struct subject_names keys;
    struct subject_names domains;
    struct cn_map accounts; /* account id to place in account_names */
    struct account_names *account_names;
    size_t account_count;
    size_t account_capacity;
    struct cn_map survivors; /* merged account to the one that it became part of */
    struct cn_arena arena;   /* texts of names */
    int64_t version;
};

/* The account of the entry's events at t.  The caller holds the lock. */
int64_t cn_subject_resolve(const struct cn_subject_map *map, uint32_t entry, cn_time t);

/* What the entry itself says at t, on which it and all that lead to it depend: its own account, and
 * the subject that it links to; 0 is none. */
struct subject_local {
    int64_t account_id;
    int64_t link;
};
struct subject_local cn_subject_local(const struct cn_subject_map *map, uint32_t entry, cn_time t);

/* The moments at which any of this may change, ascending and distinct, beginning with
 * CN_SUBJECT_BEGIN_US; in `arena`. */
size_t cn_subject_edges(const struct cn_subject_map *map, uint32_t entry, struct cn_arena *arena,
                        int64_t **edges_out);

/* The account that this one is part of by now.  The caller holds the lock. */
int64_t cn_subject_survivor(const struct cn_subject_map *map, int64_t account_id);

/* Entries that were seen with the account's names, some perhaps twice; in `arena`, with room for
 * `spare` more. */
size_t cn_subject_users(const struct cn_subject_map *map, const struct account_names *names,
                        size_t spare, struct cn_arena *arena, uint32_t **entries_out);

/* These entries and all that lead to them by links, each once; in `arena`. */
size_t cn_subject_followers(const struct cn_subject_map *map, const uint32_t *roots, size_t count,
                            struct cn_arena *arena, uint32_t **entries_out);

#endif
