#include "engine/parked.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"

#include "book/subject_map.h"
#include "sql/sql.h"

/* "There are others too": no subject is 0. */
static const int64_t others = 0;

struct change {
    int64_t subject;
    bool is_parked;
};

struct cn_parked {
    pthread_mutex_t lock; /* of everything; never held while waiting for the disk */
    struct cn_map subjects;
    size_t max_count;
    bool has_others; /* not listed, because there were too many */

    struct change *changes; /* not on disk yet, oldest first */
    size_t change_count;
    size_t change_capacity;
    size_t sent; /* of them are in a transaction that may have been committed */
};

struct cn_parked *cn_parked_new(size_t max_count)
{
    struct cn_parked *parked = cn_heap_resize(NULL, sizeof(*parked));
    *parked = (struct cn_parked){ .lock = PTHREAD_MUTEX_INITIALIZER,
                                  .max_count = max_count > 0 ? max_count : CN_PARKED_MAX };
    return parked;
}

void cn_parked_free(struct cn_parked *parked)
{
    if (parked == NULL) {
        return;
    }
    cn_map_deinit(&parked->subjects);
    free(parked->changes);
    (void)pthread_mutex_destroy(&parked->lock); /* nobody holds it */
    free(parked);
}

/* With the lock held. */
static void note(struct cn_parked *parked, int64_t subject, bool is_parked)
{
    if (parked->change_count == parked->change_capacity) {
        parked->change_capacity = parked->change_capacity == 0 ? 256 : parked->change_capacity * 2;
        parked->changes =
            cn_heap_resize(parked->changes, parked->change_capacity * sizeof(parked->changes[0]));
    }
    parked->changes[parked->change_count++] = (struct change){ subject, is_parked };
}

/* With the lock held.  False if it was known. */
static bool put(struct cn_parked *parked, int64_t subject)
{
    bool is_new = false;
    if (cn_map_get(&parked->subjects, (uint64_t)subject) != NULL) {
        return false;
    }
    if (parked->subjects.count >= parked->max_count) {
        is_new = !parked->has_others;
        parked->has_others = true;
        if (is_new) {
            note(parked, others, true);
        }
        return false;
    }
    (void)cn_map_put(&parked->subjects, (uint64_t)subject, &is_new); /* the key is all */
    return true;
}

void cn_parked_add(struct cn_parked *parked, int64_t subject)
{
    (void)pthread_mutex_lock(&parked->lock);
    if (put(parked, subject)) {
        note(parked, subject, true);
    }
    (void)pthread_mutex_unlock(&parked->lock);
}

void cn_parked_remove(struct cn_parked *parked, int64_t subject)
{
    (void)pthread_mutex_lock(&parked->lock);
    if (cn_map_remove(&parked->subjects, (uint64_t)subject)) {
        note(parked, subject, false);
    }
    (void)pthread_mutex_unlock(&parked->lock);
}

bool cn_parked_may_have(struct cn_parked *parked, int64_t subject)
{
    (void)pthread_mutex_lock(&parked->lock);
    bool may = parked->has_others || cn_map_get(&parked->subjects, (uint64_t)subject) != NULL;
    (void)pthread_mutex_unlock(&parked->lock);
    return may;
}

size_t cn_parked_count(struct cn_parked *parked)
{
    (void)pthread_mutex_lock(&parked->lock);
    size_t count = parked->subjects.count;
    (void)pthread_mutex_unlock(&parked->lock);
    return count;
}

bool cn_parked_load(struct cn_parked *parked, struct cn_sql_conn *conn, struct cn_subject_map *map,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_arena arena;
    bool row = false;
    cn_arena_init(&arena, (size_t)16 * 1024);
    bool ok = cn_sql_prepare(conn, "SELECT subject FROM parked_subject", &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    (void)pthread_mutex_lock(&parked->lock);
    while (ok && row) {
        int64_t subject = cn_sql_column_i64(stmt, 0);
        if (subject == others) {
            parked->has_others = true;
        } else if (cn_subject_map_is_placed(map, subject, &arena)) {
            note(parked, subject, false);
        } else {
            (void)put(parked, subject); /* more than the limit, which may be a smaller one now */
        }
        cn_arena_reset(&arena);
        ok = cn_sql_step(stmt, &row, err);
    }
    (void)pthread_mutex_unlock(&parked->lock);
    cn_arena_deinit(&arena);
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "reading the parked subjects");
}

/* A copy of what is not on disk, so that nobody waits for the disk. */
static struct change *take(struct cn_parked *parked, size_t *count_out)
{
    (void)pthread_mutex_lock(&parked->lock);
    struct change *copy =
        cn_heap_resize(NULL, (parked->change_count + 1) * sizeof(parked->changes[0]));
    for (size_t i = 0; i < parked->change_count; i++) {
        copy[i] = parked->changes[i];
    }
    *count_out = parked->sent = parked->change_count;
    (void)pthread_mutex_unlock(&parked->lock);
    return copy;
}

bool cn_parked_write(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    static const char add[] = "INSERT INTO parked_subject (subject) VALUES ($1)"
                              " ON CONFLICT (subject) DO NOTHING";
    static const char drop[] = "DELETE FROM parked_subject WHERE subject = $1";
    struct cn_parked *parked = arg;
    struct cn_sql_stmt *adding = NULL;
    struct cn_sql_stmt *dropping = NULL;
    size_t count = 0;
    struct change *changes = take(parked, &count);
    bool ok = count == 0 || (cn_sql_prepare(conn, add, &adding, err) &&
                             cn_sql_prepare(conn, drop, &dropping, err));
    for (size_t i = 0; ok && i < count; i++) {
        struct cn_sql_stmt *stmt = changes[i].is_parked ? adding : dropping;
        bool row = false;
        cn_sql_bind_i64(stmt, 1, changes[i].subject);
        ok = cn_sql_step(stmt, &row, err);
        cn_sql_reset(stmt);
    }
    cn_sql_finish(adding);
    cn_sql_finish(dropping);
    free(changes);
    return ok || cn_error_context(err, "writing the parked subjects");
}

void cn_parked_written(void *arg)
{
    struct cn_parked *parked = arg;
    (void)pthread_mutex_lock(&parked->lock);
    for (size_t i = parked->sent; i < parked->change_count; i++) {
        parked->changes[i - parked->sent] = parked->changes[i];
    }
    parked->change_count -= parked->sent;
    parked->sent = 0;
    (void)pthread_mutex_unlock(&parked->lock);
}
