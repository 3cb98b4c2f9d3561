#include "cel/run_ahead.h"

#include <assert.h>

enum {
    LINE_BYTES = 64
};

size_t cn_cel_cell_bytes(enum cn_cel_kind kind)
{
    return kind == CN_CEL_BOOL     ? sizeof(uint8_t)
           : kind == CN_CEL_STRING ? sizeof(uint32_t)
                                   : sizeof(uint64_t);
}

void cn_cel_ahead_init(struct cn_cel_ahead *ahead, const struct cn_cel_plan *plan,
                       struct cn_arena *arena)
{
    *ahead = (struct cn_cel_ahead){ .plan = plan };
    ahead->columns = cn_arena_array(arena, uint32_t, plan->step_count + 1);
    for (uint32_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].op == CN_CEL_OP_COLUMN && plan->steps[i].kind != CN_CEL_LIST) {
            ahead->columns[ahead->column_count++] = i;
        }
    }
    ahead->parts = cn_arena_array(arena, struct cn_cel_ahead_part, 2 * ahead->column_count + 1);
}

static void add_part(struct cn_cel_ahead *ahead, const void *from, size_t bytes)
{
    ahead->parts[ahead->part_count++] = (struct cn_cel_ahead_part){ from, bytes / LINE_BYTES };
    ahead->quota += bytes / LINE_BYTES;
}

void cn_cel_ahead_begin(struct cn_cel_ahead *ahead, const struct cn_cel_batch *batch)
{
    const size_t first = batch->first + CN_CEL_BLOCK_ROWS;
    ahead->next = 0;
    ahead->part_count = 0;
    ahead->quota = 0;
    if (batch->rows < CN_CEL_BLOCK_ROWS || ahead->column_count == 0) {
        return; /* the last one */
    }
    for (size_t i = 0; i < ahead->column_count; i++) {
        const struct cn_cel_step *step = &ahead->plan->steps[ahead->columns[i]];
        assert(step->node->column < batch->column_count);
        const struct cn_cel_cells *cells = &batch->columns[step->node->column];
        const size_t bytes = cn_cel_cell_bytes(step->kind);
        add_part(ahead, (const uint8_t *)cells->values + first * bytes, CN_CEL_BLOCK_ROWS * bytes);
        if (cells->missing != NULL) {
            add_part(ahead, cells->missing + first / 64, CN_CEL_BLOCK_WORDS * sizeof(uint64_t));
        }
    }
    ahead->quota = ahead->quota / ahead->plan->step_count + 1;
}

void cn_cel_ahead_fetch(struct cn_cel_ahead *ahead)
{
    size_t left = ahead->quota;
    while (left > 0 && ahead->next < ahead->part_count) {
        struct cn_cel_ahead_part *part = &ahead->parts[ahead->next];
        const size_t lines = part->lines < left ? part->lines : left;
        for (size_t i = 0; i < lines; i++) {
            __builtin_prefetch(part->at + i * LINE_BYTES, 0, 2);
        }
        part->at += lines * LINE_BYTES;
        part->lines -= lines;
        left -= lines;
        ahead->next += part->lines == 0 ? 1 : 0;
    }
}
