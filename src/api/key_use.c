#include "api/key_use.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"

struct cn_key_uses {
    const struct cn_api_options *options;
    pthread_mutex_t lock;  /* of what follows; never held while writing */
    struct cn_map noted;   /* a key's id: microseconds.  As many as there are keys */
    struct cn_map writing; /* the same; does not change while its writer reads it */
};

struct cn_key_uses *cn_key_uses_new(const struct cn_api_options *options)
{
    struct cn_key_uses *uses = cn_heap_resize(NULL, sizeof(*uses));
    memset(uses, 0, sizeof(*uses));
    uses->options = options;
    (void)pthread_mutex_init(&uses->lock, NULL);
    return uses;
}

void cn_key_uses_free(struct cn_key_uses *uses)
{
    if (uses == NULL) {
        return;
    }
    cn_map_deinit(&uses->noted);
    cn_map_deinit(&uses->writing);
    (void)pthread_mutex_destroy(&uses->lock);
    free(uses);
}

void cn_key_uses_note(struct cn_key_uses *uses, cn_key_id key, cn_time at)
{
    bool was_new = false;
    (void)pthread_mutex_lock(&uses->lock);
    if (cn_map_get(&uses->writing, (uint64_t)key.value) == NULL) {
        uint64_t *place = cn_map_put(&uses->noted, (uint64_t)key.value, &was_new);
        *place = was_new ? (uint64_t)at.us : *place;
    }
    (void)pthread_mutex_unlock(&uses->lock);
}

bool cn_key_uses_get(struct cn_key_uses *uses, cn_key_id key, cn_time *at_out)
{
    (void)pthread_mutex_lock(&uses->lock);
    const uint64_t *place = cn_map_get(&uses->noted, (uint64_t)key.value);
    place = place != NULL ? place : cn_map_get(&uses->writing, (uint64_t)key.value);
    if (place != NULL) {
        at_out->us = (int64_t)*place;
    }
    (void)pthread_mutex_unlock(&uses->lock);
    return place != NULL;
}

/* May run again, from its start. */
static bool write_all(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_key_uses *uses = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 4096);
    const struct cn_unit unit = { .conn = conn,
                                  .arena = &arena,
                                  .ids = uses->options->ids,
                                  .scope = CN_SCOPE_ALL,
                                  .now = cn_now(uses->options->clock) };
    bool ok = true;
    size_t cursor = 0;
    uint64_t key = 0;
    uint64_t at = 0;
    while (ok && cn_map_next(&uses->writing, &cursor, &key, &at)) {
        ok = cn_api_key_used(&unit, (cn_key_id){ (int64_t)key }, (cn_time){ (int64_t)at }, err);
    }
    cn_arena_deinit(&arena);
    return ok;
}

static void swap(struct cn_key_uses *uses)
{
    struct cn_map noted = uses->noted;
    uses->noted = uses->writing;
    uses->writing = noted;
}

void cn_key_uses_write(struct cn_key_uses *uses)
{
    struct cn_error err;
    (void)pthread_mutex_lock(&uses->lock);
    swap(uses);
    const bool has_any = uses->writing.count > 0;
    (void)pthread_mutex_unlock(&uses->lock);
    const bool ok = !has_any || cn_db_write(uses->options->db, write_all, uses, &err);
    if (!ok) {
        cn_log_error("api", &err, "writing when API keys were last used");
    }
    (void)pthread_mutex_lock(&uses->lock);
    if (!ok) {
        swap(uses); /* what was noted meanwhile are uses of other keys, noted again when used */
    }
    cn_map_clear(&uses->writing);
    (void)pthread_mutex_unlock(&uses->lock);
}
