/*
 * The mapping of subjects to accounts, in memory: loaded from the database, kept up to date by
 * whoever applies facts (book/apply.h), asked for every event.
 *
 *   group subject ----------------------------------> account     its key is the external id
 *   user subject ---group calls---> external id ----> account     rule 2
 *               \---e-mail domain-> account_domain -> account     rule 3
 *   anonymous or former user subject ---links---> user subject    then as that
 *
 * Because a claim names an external id or a domain and not an account, it does not matter whether
 * the account was known before or after.  What stands for an account that became part of another
 * (book/merge.h) stands for that one, whatever the time.  Calls within one UTC hour count as one,
 * at the earliest.
 *
 * Any thread may ask; one thread at a time may change.  Changing tells which spans of which
 * subjects moved, from which account to which: the rollups of exactly those accounts are stale.
 */
#ifndef CAIRN_BOOK_SUBJECT_MAP_H
#define CAIRN_BOOK_SUBJECT_MAP_H

#include "base/arena.h"
#include "base/error.h"

#include "book/subject.h"

struct cn_sql_conn; /* sql/sql.h */
struct cn_subject_map;

#define CN_SUBJECT_GRAIN_US ((int64_t)3600 * 1000000)
#define CN_REATTRIBUTE_US   ((int64_t)30 * 86400 * 1000000) /* unless a setting says otherwise */
#define CN_SUBJECT_BEGIN_US INT64_MIN                       /* of a move: since ever */
#define CN_SUBJECT_END_US   INT64_MAX

enum {
    CN_SUBJECT_LINKS_MAX = 4, /* followed from an anonymous id to a user, one after the other */
};

/* Events of the subject at from <= t < to belong to another account than before. 0: to none. */
struct cn_subject_move {
    int64_t subject;
    int64_t from_us;
    int64_t to_us;
    int64_t old_account;
    int64_t new_account;
};

struct cn_subject_moves {
    struct cn_subject_move *items;
    size_t count;
    size_t capacity; /* of items, which live in `arena` */
    struct cn_arena *arena;
};

/* window_us: how far back an identify re-attributes what was not parked. */
struct cn_subject_map *cn_subject_map_new(int64_t window_us);
void cn_subject_map_free(struct cn_subject_map *map); /* NULL is allowed */

/* Reads everything into an empty map. */
CN_MUST_CHECK bool cn_subject_map_load(struct cn_subject_map *map, struct cn_sql_conn *conn,
                                       struct cn_error *err);

/* Reads what was stored about these accounts' external ids, domains and merges, by this process or
 * another, and adds what is new.  They must be all that the change table names, as `conn` sees it:
 * the map is then what was stored up to the version that `conn` sees, and has that version. */
CN_MUST_CHECK bool cn_subject_map_sync(struct cn_subject_map *map, struct cn_sql_conn *conn,
                                       const int64_t *account_ids, size_t count,
                                       struct cn_subject_moves *moves, struct cn_error *err);

/* Adds what was stored from the map's version up to `version`: an empty map that follows the
 * versions one after the other is what was known at each. */
CN_MUST_CHECK bool cn_subject_map_follow(struct cn_subject_map *map, struct cn_sql_conn *conn,
                                         int64_t version, struct cn_subject_moves *moves,
                                         struct cn_error *err);

/* Accounts of which the stored mapping changed after `version`, with those that events may have
 * belonged to before: what is derived under `version` is stale for exactly these, or fewer.  The
 * map has been loaded. */
CN_MUST_CHECK bool cn_subject_map_changed_since(struct cn_subject_map *map,
                                                struct cn_sql_conn *conn, int64_t version,
                                                struct cn_arena *arena, int64_t **accounts_out,
                                                size_t *count_out, struct cn_error *err);

/* Grows with every change of the mapping; stored with it.  The map has everything that was stored
 * up to its version. */
int64_t cn_subject_map_version(struct cn_subject_map *map);

/* The account that this one is part of by now: itself if it was never merged. */
int64_t cn_subject_map_survivor(struct cn_subject_map *map, int64_t account_id);

/* The account of the subject's events at `at`, 0 if none is known (a parked event). */
int64_t cn_subject_map_find(struct cn_subject_map *map, int64_t subject, cn_time at);

/* Whether its events belong to an account whatever their time: none of them is parked. */
bool cn_subject_map_is_placed(struct cn_subject_map *map, int64_t subject, struct cn_arena *arena);

/* The account of that external id, 0 if there is none. */
int64_t cn_subject_map_account(struct cn_subject_map *map, cn_str external_id);

/* The account of that domain, 0 if there is none. */
int64_t cn_subject_map_domain(struct cn_subject_map *map, cn_str domain);

/* How many subjects anything is known of. */
size_t cn_subject_map_count(struct cn_subject_map *map);

/* All subjects of which any event may belong to the account; in `arena`. */
size_t cn_subject_map_subjects(struct cn_subject_map *map, int64_t account_id,
                               struct cn_arena *arena, int64_t **subjects_out);

/* Changes.  Each adds the moves that it caused to *moves (NULL: not asked).  False if it changes
 * nothing, because it was known. */
bool cn_subject_map_add_account(struct cn_subject_map *map, cn_str external_id, int64_t account_id,
                                struct cn_subject_moves *moves);
bool cn_subject_map_add_domain(struct cn_subject_map *map, cn_str domain, int64_t account_id,
                               struct cn_subject_moves *moves);
bool cn_subject_map_add_merge(struct cn_subject_map *map, int64_t merged, int64_t survivor,
                              struct cn_subject_moves *moves);
bool cn_subject_map_add_group(struct cn_subject_map *map, int64_t subject, cn_str external_id,
                              cn_time at, struct cn_subject_moves *moves);
bool cn_subject_map_add_mail(struct cn_subject_map *map, int64_t subject, cn_str domain, cn_time at,
                             struct cn_subject_moves *moves);
bool cn_subject_map_add_link(struct cn_subject_map *map, int64_t subject, int64_t target,
                             cn_time at, struct cn_subject_moves *moves);
void cn_subject_map_set_version(struct cn_subject_map *map, int64_t version);

/* The version of what is stored. */
CN_MUST_CHECK bool cn_mapping_stored(struct cn_sql_conn *conn, int64_t *version_out,
                                     struct cn_error *err);

/* Whether adding would change anything: then it must be stored too. */
bool cn_subject_map_has_group(struct cn_subject_map *map, int64_t subject, cn_str external_id,
                              cn_time at);
bool cn_subject_map_has_mail(struct cn_subject_map *map, int64_t subject, cn_str domain,
                             cn_time at);
bool cn_subject_map_has_link(struct cn_subject_map *map, int64_t subject, int64_t target,
                             cn_time at);

#endif
