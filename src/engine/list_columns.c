#include "engine/list_columns.h"

#include <stdlib.h>
#include <string.h>

#include "engine/shown.h"

void cn_list_columns_init(struct cn_list_columns *lists)
{
    cn_column_init(&lists->owner, CN_COLUMN_I64);
    cn_column_init(&lists->team, CN_COLUMN_I64);
    cn_column_init(&lists->overrides, CN_COLUMN_I64);
    lists->overridden = (struct cn_bitmap){ 0 };
    lists->drifts = NULL;
    lists->drift_count = 0;
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_init(&lists->weeks[i], CN_COLUMN_I64);
    }
}

void cn_list_columns_deinit(struct cn_list_columns *lists)
{
    cn_column_deinit(&lists->owner);
    cn_column_deinit(&lists->team);
    cn_column_deinit(&lists->overrides);
    cn_bitmap_deinit(&lists->overridden);
    free(lists->drifts);
    lists->drifts = NULL;
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_deinit(&lists->weeks[i]);
    }
}

void cn_list_columns_reserve(struct cn_list_columns *lists, size_t rows)
{
    cn_column_reserve(&lists->owner, rows);
    cn_column_reserve(&lists->team, rows);
    cn_column_reserve(&lists->overrides, rows);
    if (rows > lists->overridden.rows) {
        cn_bitmap_resize(&lists->overridden, rows);
    }
    if (rows > lists->drift_count) {
        lists->drifts = cn_heap_resize(lists->drifts, rows * sizeof(*lists->drifts));
        memset(&lists->drifts[lists->drift_count], 0,
               (rows - lists->drift_count) * sizeof(*lists->drifts));
        lists->drift_count = rows;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_reserve(&lists->weeks[i], rows);
    }
}

void cn_list_columns_clear(struct cn_list_columns *lists, uint32_t row)
{
    cn_column_set_missing(&lists->owner, row);
    cn_column_set_missing(&lists->team, row);
    cn_column_set_missing(&lists->overrides, row);
    cn_bitmap_remove(&lists->overridden, row);
    lists->drifts[row] = (struct cn_drift_sums){ 0 };
    for (size_t i = 0; i < CN_ARRAY_LEN(lists->weeks); i++) {
        cn_column_set_missing(&lists->weeks[i], row);
    }
}

static void set_or_missing(struct cn_column *column, uint32_t row, int64_t value)
{
    if (value != 0) {
        cn_column_set_i64(column, row, value);
    } else {
        cn_column_set_missing(column, row);
    }
}

void cn_engine_lists_refresh(struct cn_engine *engine, uint32_t row)
{
    int64_t owner = 0;
    int64_t team = 0;
    int64_t account = cn_frame_accounts(engine->frame)[row];
    if (cn_book_facts_owner(engine->facts, account, &owner, &team)) {
        set_or_missing(&engine->lists->owner, row, owner);
        set_or_missing(&engine->lists->team, row, team);
    }
    cn_engine_shown_refresh(engine, row, cn_now(engine->options.clock));
}

void cn_engine_set_trend(struct cn_engine *engine, uint32_t row)
{
    const struct cn_health_score score = cn_health_state_get(&engine->health, row);
    if (score.has_points && !cn_column_is_missing(&engine->past_points, row)) {
        cn_column_set_i64(&engine->trend, row, score.points - engine->past_points.as.i64[row]);
    } else {
        cn_column_set_missing(&engine->trend, row);
    }
}
