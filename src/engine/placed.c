#include "engine/placed.h"

#include <stdlib.h>

#include "base/str.h"

void cn_placed_add(struct cn_placed *placed, const struct cn_placement_row *row)
{
    if (placed->capacity == 0) {
        cn_arena_init(&placed->arena, (size_t)256 * 1024);
    }
    if (placed->count == placed->capacity) {
        placed->capacity = placed->capacity == 0 ? 256 : placed->capacity * 2;
        placed->rows = cn_heap_resize(placed->rows, placed->capacity * sizeof(placed->rows[0]));
    }
    placed->rows[placed->count] = *row;
    placed->rows[placed->count++].placement = cn_arena_str(&placed->arena, row->placement);
}

void cn_placed_clear(struct cn_placed *placed)
{
    if (placed->capacity > 0) {
        placed->count = 0;
        placed->next = 0;
        cn_arena_reset(&placed->arena);
    }
}

void cn_placed_deinit(struct cn_placed *placed)
{
    if (placed->capacity > 0) {
        cn_arena_deinit(&placed->arena);
    }
    free(placed->rows);
    *placed = (struct cn_placed){ 0 };
}

size_t cn_placed_remember(struct cn_engine *engine, const struct cn_tick *tick)
{
    const int64_t *accounts = cn_frame_accounts(engine->frame);
    size_t count = 0;
    for (size_t i = 0; i < engine->moved.count; i++) {
        const struct cn_segment_change *change = &engine->moved.items[i];
        if (accounts[change->row] != 0) {
            cn_placed_add(&engine->placed,
                          &(struct cn_placement_row){ .account_id = accounts[change->row],
                                                      .at = tick->at,
                                                      .placement = change->placement,
                                                      .program_version = tick->program_version,
                                                      .tick = tick->number });
            count++;
        }
    }
    return count;
}

bool cn_placed_save(const struct cn_unit *unit, const struct cn_placed *placed,
                    struct cn_error *err)
{
    return placed->count == 0 || cn_placement_save_current(unit, placed->rows, placed->count, err);
}

static void set_placement(void *arg, const struct cn_placement_row *row)
{
    struct cn_engine *engine = arg;
    uint32_t index = 0;
    if (cn_frame_find(engine->frame, row->account_id, &index)) {
        cn_membership_set(&engine->segments, engine->program->segments, index, row->placement);
    }
}

bool cn_placed_load(struct cn_engine *engine, struct cn_sql_conn *conn, cn_time at,
                    struct cn_error *err)
{
    return cn_placement_all_at(conn, at, set_placement, engine, err);
}
