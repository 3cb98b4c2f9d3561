#include "event/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    ARENA_MIN_BYTES = 512,
    BLOCK_MAX_BYTES = 1 << 30,
};

static const char *const type_names[CN_EVENT_TYPES] = {
    [CN_EVENT_IDENTIFY] = "identify", [CN_EVENT_TRACK] = "track", [CN_EVENT_PAGE] = "page",
    [CN_EVENT_SCREEN] = "screen",     [CN_EVENT_GROUP] = "group", [CN_EVENT_ALIAS] = "alias",
};

struct cn_event_batch *cn_event_batch_new(size_t arena_bytes)
{
    struct cn_arena arena;
    arena_bytes += sizeof(struct cn_event_batch);
    cn_arena_init(&arena, arena_bytes < ARENA_MIN_BYTES ? ARENA_MIN_BYTES : arena_bytes);
    struct cn_event_batch *batch = cn_arena_new(&arena, struct cn_event_batch);
    *batch = (struct cn_event_batch){ .arena = arena, .references = 1 };
    cn_buf_init(&batch->block, BLOCK_MAX_BYTES);
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
        struct cn_arena arena = batch->arena; /* the batch is in it */
        cn_buf_deinit(&batch->block);
        cn_arena_deinit(&arena);
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

void cn_event_keep_texts(struct cn_arena *arena, struct cn_event *event)
{
    cn_str *texts[] = { &event->message_id,    &event->name,      &event->user_key,
                        &event->anonymous_key, &event->group_key, &event->previous_key,
                        &event->email,         &event->payload };
    size_t bytes = 0;
    for (size_t i = 0; i < CN_ARRAY_LEN(texts); i++) {
        bytes += texts[i]->len;
    }
    char *to = cn_arena_calloc(arena, bytes + 1, 1);
    for (size_t i = 0; i < CN_ARRAY_LEN(texts); i++) {
        size_t len = texts[i]->len;
        if (len > 0) {
            memcpy(to, texts[i]->ptr, len);
        }
        texts[i]->ptr = to;
        to += len;
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
