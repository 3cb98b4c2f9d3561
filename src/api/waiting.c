#include "api/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    CAPACITY_MIN = 64
};

void cn_waiting_deinit(struct cn_waiting *waiting)
{
    cn_map_deinit(&waiting->known);
    free(waiting->ids);
    *waiting = (struct cn_waiting){ 0 };
}

/* Makes place for one more, first where others were taken from. */
static void make_place(struct cn_waiting *waiting)
{
    if (waiting->end < waiting->capacity) {
        return;
    }
    const size_t count = waiting->end - waiting->head;
    if (waiting->head >= waiting->capacity / 2 && waiting->head > 0) {
        memmove(waiting->ids, waiting->ids + waiting->head, count * sizeof(*waiting->ids));
        waiting->head = 0;
        waiting->end = count;
        return;
    }
    waiting->capacity = waiting->capacity == 0 ? CAPACITY_MIN : 2 * waiting->capacity;
    waiting->ids = cn_heap_resize(waiting->ids, waiting->capacity * sizeof(*waiting->ids));
}

void cn_waiting_put(struct cn_waiting *waiting, int64_t id)
{
    bool was_new = false;
    (void)cn_map_put(&waiting->known, (uint64_t)id, &was_new);
    if (was_new) {
        make_place(waiting);
        waiting->ids[waiting->end++] = id;
    }
}

bool cn_waiting_take(struct cn_waiting *waiting, int64_t *id_out)
{
    while (waiting->head < waiting->end) {
        const int64_t id = waiting->ids[waiting->head++];
        if (cn_map_remove(&waiting->known, (uint64_t)id)) {
            *id_out = id;
            return true;
        }
    }
    waiting->head = 0;
    waiting->end = 0;
    return false;
}

void cn_waiting_drop(struct cn_waiting *waiting, int64_t id)
{
    (void)cn_map_remove(&waiting->known, (uint64_t)id);
}

void cn_waiting_clear(struct cn_waiting *waiting)
{
    cn_map_clear(&waiting->known);
    waiting->head = 0;
    waiting->end = 0;
}

size_t cn_waiting_count(const struct cn_waiting *waiting)
{
    return waiting->known.count;
}
