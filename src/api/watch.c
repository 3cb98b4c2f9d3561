/* Which accounts a stream is told of, and whose turn it is. */
#include <stdlib.h>

#include "base/str.h"

#include "api/stream_hub.h"

enum {
    ROUND_ACCOUNTS_MAX = 250 /* those that nobody watches wait for the next round */
};

/* With the lock held.  NULL unless the user has a stream of that id. */
static struct cn_stream *find_stream(struct cn_stream *first, cn_stream_id id, cn_user_id user)
{
    while (first != NULL && (first->id.value != id.value || first->unit.user.value != user.value)) {
        first = first->next;
    }
    return first;
}

bool cn_stream_watch(struct cn_stream_hub *hub, cn_stream_id id, cn_user_id user,
                     const cn_account_id *accounts, size_t count)
{
    const size_t bytes = (count > 0 ? count : 1) * sizeof(int64_t);
    int64_t *wanted = cn_heap_resize(NULL, bytes);
    for (size_t i = 0; i < count; i++) {
        wanted[i] = accounts[i].value;
    }
    (void)pthread_mutex_lock(&hub->lock);
    struct cn_stream *stream = find_stream(hub->streams, id, user);
    if (stream == NULL) {
        stream = find_stream(hub->arrivals, id, user);
    }
    if (stream != NULL) {
        int64_t *old = stream->wanted;
        stream->wanted = wanted;
        stream->wanted_count = count;
        stream->has_wanted = true;
        wanted = old;
    }
    (void)pthread_mutex_unlock(&hub->lock);
    free(wanted);
    return stream != NULL;
}

bool cn_stream_take_wanted(struct cn_stream_hub *hub, struct cn_stream *stream)
{
    bool was_new = false;
    (void)pthread_mutex_lock(&hub->lock);
    const bool has_wanted = stream->has_wanted;
    int64_t *ids = stream->wanted;
    const size_t count = stream->wanted_count;
    stream->wanted = NULL;
    stream->has_wanted = false;
    (void)pthread_mutex_unlock(&hub->lock);
    if (!has_wanted) {
        return false;
    }
    struct cn_map before = stream->watched;
    stream->watched = (struct cn_map){ 0 };
    stream->watches = true;
    for (size_t i = 0; i < count; i++) {
        (void)cn_map_put(&stream->watched, (uint64_t)ids[i], &was_new);
        if (cn_map_get(&before, (uint64_t)ids[i]) == NULL) {
            cn_waiting_put(&hub->urgent, ids[i]);
        }
    }
    cn_map_deinit(&before);
    free(ids);
    return true;
}

void cn_stream_gather_watched(struct cn_stream_hub *hub)
{
    cn_map_clear(&hub->watched);
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        size_t cursor = 0;
        uint64_t id = 0;
        uint64_t value = 0;
        bool was_new = false;
        while (cn_map_next(&stream->watched, &cursor, &id, &value)) {
            (void)cn_map_put(&hub->watched, id, &was_new);
        }
    }
}

void cn_stream_sort_in(struct cn_stream_hub *hub, int64_t id)
{
    const bool is_watched = cn_map_get(&hub->watched, (uint64_t)id) != NULL;
    bool is_for_all = false;
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        if (!stream->watches) {
            is_for_all = true;
        } else if (!is_watched || cn_map_get(&stream->watched, (uint64_t)id) == NULL) {
            stream->has_others = true;
        }
    }
    if (is_watched) {
        cn_waiting_put(&hub->urgent, id);
    } else if (is_for_all) {
        cn_waiting_put(&hub->backlog, id);
    }
}

int64_t *cn_stream_take_turns(struct cn_stream_hub *hub, struct cn_arena *arena, size_t *count_out)
{
    const size_t most = cn_waiting_count(&hub->urgent) + ROUND_ACCOUNTS_MAX;
    int64_t *ids = cn_arena_array(arena, int64_t, most);
    size_t count = 0;
    while (cn_waiting_take(&hub->urgent, &ids[count])) {
        cn_waiting_drop(&hub->backlog, ids[count]);
        count++;
    }
    for (size_t i = 0; i < ROUND_ACCOUNTS_MAX && cn_waiting_take(&hub->backlog, &ids[count]); i++) {
        count++;
    }
    *count_out = count;
    return ids;
}
