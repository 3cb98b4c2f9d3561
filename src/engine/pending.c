/* What a round keeps until it is stored. */
#include <stdlib.h>

#include "engine/state.h"

void cn_pending_add(struct cn_pending *pending, const struct cn_health_row *row)
{
    if (pending->count == pending->capacity) {
        pending->capacity = pending->capacity == 0 ? 256 : pending->capacity * 2;
        pending->rows = cn_heap_resize(pending->rows, pending->capacity * sizeof(pending->rows[0]));
    }
    pending->rows[pending->count++] = *row;
}

void cn_pending_add_tick(struct cn_pending *pending, const struct cn_tick *tick)
{
    if (pending->tick_count == pending->tick_capacity) {
        pending->tick_capacity = pending->tick_capacity == 0 ? 8 : pending->tick_capacity * 2;
        pending->ticks =
            cn_heap_resize(pending->ticks, pending->tick_capacity * sizeof(pending->ticks[0]));
    }
    pending->ticks[pending->tick_count++] = *tick;
}

void cn_colour_list_add(struct cn_colour_list *list, const struct cn_tick_colour *colour)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 256 : list->capacity * 2;
        list->items = cn_heap_resize(list->items, list->capacity * sizeof(list->items[0]));
    }
    list->items[list->count++] = *colour;
}
