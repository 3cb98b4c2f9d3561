#include "event/event.h"

#include <stdlib.h>

#include "base/str.h"

static const char *const type_names[CN_EVENT_TYPES] = {
    [CN_EVENT_IDENTIFY] = "identify", [CN_EVENT_TRACK] = "track", [CN_EVENT_PAGE] = "page",
    [CN_EVENT_SCREEN] = "screen",     [CN_EVENT_GROUP] = "group", [CN_EVENT_ALIAS] = "alias",
};

struct cn_event_batch *cn_event_batch_new(size_t arena_bytes)
{
    struct cn_event_batch *batch = cn_heap_resize(NULL, sizeof(*batch));
    *batch = (struct cn_event_batch){ .references = 1 };
    cn_arena_init(&batch->arena, arena_bytes < 1024 ? 1024 : arena_bytes);
    return batch;
}

void cn_event_batch_retain(struct cn_event_batch *batch)
{
    atomic_fetch_add_explicit(&batch->references, 1, memory_order_relaxed);
}

void cn_event_batch_release(struct cn_event_batch *batch)
{
    if (batch != NULL &&
        atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) == 1) {
        cn_arena_deinit(&batch->arena);
        free(batch);
    }
}

void cn_event_batch_set_source(struct cn_event_batch *batch, int64_t source_id)
{
    batch->source_id = source_id;
    for (size_t i = 0; i < batch->count; i++) {
        struct cn_event *event = &batch->events[i];
        event->source_id = source_id;
        event->id = cn_event_id(source_id, event->message_id);
    }
}

struct cn_hash128 cn_event_id(int64_t source_id, cn_str message_id)
{
    return cn_hash128_of(message_id, (uint64_t)source_id);
}

const char *cn_event_type_name(enum cn_event_type type)
{
    return type_names[type];
}

bool cn_event_type_parse(cn_str name, enum cn_event_type *type_out)
{
    for (size_t i = 0; i < CN_EVENT_TYPES; i++) {
        if (cn_str_equal(name, cn_str_of(type_names[i]))) {
            *type_out = (enum cn_event_type)i;
            return true;
        }
    }
    return false;
}
