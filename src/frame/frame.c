#include "frame/frame.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/str.h"
#include "base/time.h"

#include "frame/rows.h"

struct cn_frame {
    struct cn_interner *strings;
    struct cn_map row_of; /* account id to row */
    int64_t *accounts;
    size_t rows;
    size_t capacity;
    uint32_t *free_rows;
    size_t free_count;
    size_t free_capacity;
    struct cn_bitmap live;
    struct cn_bitmap dirty;
    const struct cn_column_set *set;
    struct cn_column *columns;
    size_t column_count; /* of the set when it was taken into use */
    const void *states[CN_FRAME_STATES];
    struct cn_column spare; /* what was there before: see replace() */
};

struct cn_when cn_when_at(const struct cn_tz *tz, cn_time now, bool as_true)
{
    int64_t day = cn_tz_day(tz, now);
    return (struct cn_when){
        .now = now, .day = day, .day_start = cn_tz_day_start(tz, day), .as_true = as_true
    };
}

struct cn_frame *cn_frame_new(struct cn_interner *strings)
{
    struct cn_frame *frame = cn_heap_resize(NULL, sizeof(*frame));
    memset(frame, 0, sizeof(*frame));
    frame->strings = strings;
    return frame;
}

static void free_columns(struct cn_frame *frame)
{
    for (size_t i = 0; i < frame->column_count; i++) {
        cn_column_deinit(&frame->columns[i]);
    }
    free(frame->columns);
}

void cn_frame_free(struct cn_frame *frame)
{
    if (frame == NULL) {
        return;
    }
    free_columns(frame);
    cn_column_deinit(&frame->spare);
    cn_map_deinit(&frame->row_of);
    cn_bitmap_deinit(&frame->live);
    cn_bitmap_deinit(&frame->dirty);
    free(frame->free_rows);
    free(frame->accounts);
    free(frame);
}

void cn_frame_reserve(struct cn_frame *frame, size_t rows)
{
    if (rows > frame->capacity) {
        const size_t twice = frame->capacity == 0 ? CN_BLOCK_ROWS : frame->capacity * 2;
        frame->capacity = rows > twice ? rows : twice;
        frame->accounts =
            cn_heap_resize(frame->accounts, frame->capacity * sizeof(*frame->accounts));
    }
    for (size_t i = 0; i < frame->column_count; i++) {
        cn_column_reserve(&frame->columns[i], rows);
    }
}

static uint32_t new_row(struct cn_frame *frame)
{
    if (frame->free_count > 0) {
        return frame->free_rows[--frame->free_count];
    }
    cn_frame_reserve(frame, frame->rows + 1);
    uint32_t row = (uint32_t)frame->rows++;
    cn_bitmap_resize(&frame->live, frame->rows);
    cn_bitmap_resize(&frame->dirty, frame->rows);
    return row;
}

uint32_t cn_frame_add(struct cn_frame *frame, int64_t account_id)
{
    bool is_new = false;
    assert(account_id != 0);
    uint64_t *slot = cn_map_put(&frame->row_of, (uint64_t)account_id, &is_new);
    if (is_new) {
        uint32_t row = new_row(frame);
        *slot = row;
        frame->accounts[row] = account_id;
        cn_bitmap_add(&frame->live, row);
        cn_bitmap_add(&frame->dirty, row);
    }
    return (uint32_t)*slot;
}

bool cn_frame_find(const struct cn_frame *frame, int64_t account_id, uint32_t *row_out)
{
    const uint64_t *slot = cn_map_get(&frame->row_of, (uint64_t)account_id);
    if (slot == NULL) {
        return false;
    }
    *row_out = (uint32_t)*slot;
    return true;
}

void cn_frame_prefetch(const struct cn_frame *frame, int64_t account_id)
{
    cn_map_prefetch(&frame->row_of, (uint64_t)account_id);
}

bool cn_frame_remove(struct cn_frame *frame, int64_t account_id)
{
    uint32_t row = 0;
    if (!cn_frame_find(frame, account_id, &row)) {
        return false;
    }
    (void)cn_map_remove(&frame->row_of, (uint64_t)account_id); /* was just found */
    frame->accounts[row] = 0;
    cn_bitmap_remove(&frame->live, row);
    cn_bitmap_add(&frame->dirty, row); /* so that its score goes */
    for (size_t i = 0; i < frame->column_count; i++) {
        cn_column_set_missing(&frame->columns[i], row);
    }
    if (frame->free_count == frame->free_capacity) {
        frame->free_capacity = frame->free_capacity == 0 ? 64 : frame->free_capacity * 2;
        frame->free_rows =
            cn_heap_resize(frame->free_rows, frame->free_capacity * sizeof(*frame->free_rows));
    }
    frame->free_rows[frame->free_count++] = row;
    return true;
}

size_t cn_frame_rows(const struct cn_frame *frame)
{
    return frame->rows;
}

const int64_t *cn_frame_accounts(const struct cn_frame *frame)
{
    return frame->accounts;
}

const struct cn_bitmap *cn_frame_live(const struct cn_frame *frame)
{
    return &frame->live;
}

struct cn_bitmap *cn_frame_dirty(struct cn_frame *frame)
{
    return &frame->dirty;
}

struct cn_interner *cn_frame_strings(const struct cn_frame *frame)
{
    return frame->strings;
}

void cn_frame_bind(struct cn_frame *frame, uint32_t section, const void *state)
{
    assert(section < CN_FRAME_STATES);
    frame->states[section] = state;
}

const void *cn_frame_bound(const struct cn_frame *frame, uint32_t section)
{
    assert(section < CN_FRAME_STATES);
    return frame->states[section];
}

const struct cn_column_set *cn_frame_columns(const struct cn_frame *frame)
{
    return frame->set;
}

size_t cn_frame_column_count(const struct cn_frame *frame)
{
    return frame->column_count;
}

struct cn_column *cn_frame_column(const struct cn_frame *frame, uint32_t index)
{
    assert(index < frame->column_count);
    return &frame->columns[index];
}

static bool find_kept(const struct cn_frame *frame, const struct cn_column_def *def,
                      size_t *index_out)
{
    for (size_t i = 0; i < frame->column_count; i++) {
        const struct cn_column_def *old = &frame->set->items[i];
        if (old->source == def->source && old->spec.type == def->spec.type &&
            cn_str_equal(old->name, def->name)) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

void cn_frame_use(struct cn_frame *frame, const struct cn_column_set *set, bool *is_new_out)
{
    struct cn_column *columns = cn_heap_resize(NULL, (set->count + 1) * sizeof(*columns));
    for (size_t i = 0; i < set->count; i++) {
        size_t kept = 0;
        bool is_kept = find_kept(frame, &set->items[i], &kept);
        if (is_kept) {
            columns[i] = frame->columns[kept];
            cn_column_init(&frame->columns[kept], columns[i].type);
        } else {
            cn_column_init(&columns[i], set->items[i].spec.type);
            cn_column_reserve(&columns[i], frame->rows);
        }
        if (is_new_out != NULL) {
            is_new_out[i] = !is_kept;
        }
    }
    free_columns(frame);
    frame->columns = columns;
    frame->column_count = set->count;
    frame->set = set;
}

/* A fill's description; `list`, from the heap, is the caller's to free. */
static struct cn_fill fill_of(const struct cn_frame *frame, const struct cn_bitmap *rows,
                              const struct cn_when *when, uint32_t **list_out)
{
    struct cn_fill fill = { .frame = frame,
                            .strings = frame->strings,
                            .accounts = frame->accounts,
                            .count = frame->rows,
                            .now = when->now,
                            .day = when->day,
                            .as_true = when->as_true,
                            .all_known = when->all_known };
    *list_out = NULL;
    if (rows != NULL) {
        assert(rows->rows == frame->rows);
        size_t count = cn_bitmap_count(rows);
        *list_out = cn_heap_resize(NULL, (count + 1) * sizeof(**list_out));
        fill.count = cn_bitmap_list(rows, *list_out);
        fill.rows = *list_out;
    }
    return fill;
}

static bool fill_from_source(const struct cn_column_def *def, const struct cn_fill *fill,
                             struct cn_column *column, struct cn_error *err)
{
    cn_column_reserve(column, fill->rows != NULL ? 0 : fill->count);
    if (!def->source->fill(def->source->ctx, &def->spec, fill, column, err)) {
        return cn_error_context(err, "filling column %.*s", CN_STR_ARG(def->name));
    }
    return true;
}

/* The rows of a word of which the value is another one, or there or not, by bit. */
static uint64_t differing(const struct cn_column *old, const struct cn_column *column, size_t w)
{
    const size_t bytes = cn_column_value_bytes(column->type);
    const uint8_t *before = (const uint8_t *)old->as.any + w * 64 * bytes;
    const uint8_t *after = (const uint8_t *)column->as.any + w * 64 * bytes;
    const uint64_t either = ~(old->missing[w] & column->missing[w]);
    uint64_t rows = old->missing[w] ^ column->missing[w];
    if (memcmp(before, after, 64 * bytes) == 0) {
        return rows;
    }
    for (uint64_t word = either; word != 0; word &= word - 1) {
        const size_t b = (size_t)__builtin_ctzll(word);
        rows |= (uint64_t)(memcmp(before + b * bytes, after + b * bytes, bytes) != 0) << b;
    }
    return rows;
}

/* Rows where the two differ, in any bit of what is there, join the dirty set. */
static void note_changes(struct cn_frame *frame, const struct cn_column *before,
                         const struct cn_column *after)
{
    for (size_t w = 0; w < (frame->rows + 63) / 64; w++) {
        frame->dirty.words[w] |= differing(before, after, w) & frame->live.words[w];
    }
}

/* For what is made anew to be compared with what is there: nothing in it yet. */
static struct cn_column take_spare(struct cn_frame *frame, enum cn_column_type type)
{
    struct cn_column column = frame->spare;
    if (column.type != type) {
        cn_column_deinit(&column);
        cn_column_init(&column, type);
    }
    cn_column_init(&frame->spare, type);
    cn_column_reserve(&column, frame->rows);
    if (column.capacity > 0) {
        memset(column.missing, 0xFF, column.capacity / 8);
    }
    return column;
}

/* What was made anew takes the place of what was there. */
static void replace(struct cn_frame *frame, struct cn_column *column, const struct cn_column *made)
{
    note_changes(frame, column, made);
    frame->spare = *column;
    *column = *made;
}

/* Over all rows; what it is over is either there already or, for ranks, filled for last night. */
static bool fill_over_rows(struct cn_frame *frame, const struct cn_column_def *def,
                           const struct cn_when *when, struct cn_column *column,
                           struct cn_error *err)
{
    struct cn_column last_night;
    const struct cn_column *of = NULL;
    const struct cn_column *parents = NULL;
    bool ok = true;
    if (cn_rows_is_of_yesterday(def) && when->day_start.us == 0) {
        return cn_fail(err, CN_INTERNAL, "%.*s needs the beginning of the day",
                       CN_STR_ARG(def->name));
    }
    cn_column_init(&last_night, CN_COLUMN_F64);
    if (cn_rows_is_of_yesterday(def)) {
        const struct cn_column_def *input = &frame->set->items[def->inputs[0]];
        struct cn_when then = { .now = { when->day_start.us - 1 },
                                .day = when->day - 1,
                                .as_true = when->as_true };
        uint32_t *list = NULL;
        struct cn_fill fill = fill_of(frame, NULL, &then, &list);
        cn_column_init(&last_night, input->spec.type);
        cn_column_reserve(&last_night, frame->rows);
        ok = fill_from_source(input, &fill, &last_night, err);
        of = &last_night;
    } else {
        of = &frame->columns[def->inputs[0]];
        parents = &frame->columns[def->inputs[def->input_count - 1]];
    }
    if (ok) {
        struct cn_column result = take_spare(frame, CN_COLUMN_F64);
        cn_rows_compute(frame, def, of, parents, &result);
        replace(frame, column, &result);
    }
    cn_column_deinit(&last_night);
    return ok;
}

bool cn_frame_fill(struct cn_frame *frame, uint32_t stratum, const struct cn_bitmap *rows,
                   const struct cn_when *when, enum cn_column_pace pace, struct cn_error *err)
{
    uint32_t *list = NULL;
    bool ok = true;
    struct cn_fill fill = fill_of(frame, rows, when, &list);
    for (size_t i = 0; ok && i < frame->column_count; i++) {
        const struct cn_column_def *def = &frame->set->items[i];
        bool at_day_only = def->source == &cn_rows_source && cn_rows_is_of_yesterday(def);
        if (def->stratum != stratum || def->spec.pace < pace ||
            (at_day_only && pace == CN_PACE_FACT && rows != NULL)) {
            continue;
        }
        if (def->source == &cn_rows_source) {
            ok = fill_over_rows(frame, def, when, &frame->columns[i], err);
        } else {
            ok = fill_from_source(def, &fill, &frame->columns[i], err);
        }
    }
    free(list);
    return ok;
}

/* What rules make moves with the rows that are evaluated, which are filled as dirty ones. */
static bool moves_with_time(const struct cn_column_def *def, uint32_t stratum)
{
    return def->stratum == stratum && def->spec.pace == CN_PACE_TICK && def->spec.maker == 0;
}

bool cn_frame_fill_moment(struct cn_frame *frame, uint32_t stratum, const struct cn_when *when,
                          struct cn_error *err)
{
    uint32_t *list = NULL;
    bool ok = true;
    const struct cn_fill fill = fill_of(frame, NULL, when, &list);
    for (size_t i = 0; ok && i < frame->column_count; i++) {
        const struct cn_column_def *def = &frame->set->items[i];
        struct cn_column *column = &frame->columns[i];
        if (!moves_with_time(def, stratum)) {
            continue;
        }
        if (def->source == &cn_rows_source) {
            ok = fill_over_rows(frame, def, when, column, err);
            continue;
        }
        struct cn_column made = take_spare(frame, def->spec.type);
        ok = fill_from_source(def, &fill, &made, err);
        if (ok) {
            replace(frame, column, &made);
        } else {
            frame->spare = made;
        }
    }
    return ok;
}

bool cn_frame_fill_column(struct cn_frame *frame, uint32_t index, const struct cn_bitmap *rows,
                          const struct cn_when *when, struct cn_error *err)
{
    uint32_t *list = NULL;
    const struct cn_column_def *def = &frame->set->items[index];
    struct cn_fill fill = fill_of(frame, rows, when, &list);
    bool ok = def->source == &cn_rows_source
                  ? fill_over_rows(frame, def, when, &frame->columns[index], err)
                  : fill_from_source(def, &fill, &frame->columns[index], err);
    free(list);
    return ok;
}

/* Units are plurals: of one thing the last letter goes. */
static int unit_bytes(const char *unit, bool is_one)
{
    size_t len = strnlen(unit, 20);
    return (int)(is_one && len > 2 && unit[len - 1] == 's' ? len - 1 : len);
}

cn_str cn_number_text(struct cn_arena *arena, double value, const char *unit)
{
    char digits[64];
    char out[128];
    size_t len = 0;
    (void)snprintf(digits, sizeof(digits), "%.3f", fabs(value) < 1e15 ? fabs(value) : 0.0);
    size_t end = strlen(digits);
    while (digits[end - 1] == '0') {
        end--;
    }
    end -= digits[end - 1] == '.' ? 1 : 0;
    size_t whole = strcspn(digits, ".");
    if (value < 0) {
        out[len++] = '-';
    }
    for (size_t i = 0; i < end; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            out[len++] = ',';
        }
        out[len++] = digits[i];
    }
    if (fabs(value) >= 1e15) {
        len = (size_t)snprintf(out, sizeof(out), "%.6g", value);
    }
    if (unit[0] != '\0') {
        bool is_one = end == 1 && digits[0] == '1';
        const char *shown = is_one && strcmp(unit, "people") == 0 ? "person" : unit;
        len += (size_t)snprintf(out + len, sizeof(out) - len, " %.*s", unit_bytes(shown, is_one),
                                shown);
    }
    return cn_arena_str(arena, (cn_str){ out, len });
}

cn_str cn_frame_value_text(const struct cn_frame *frame, uint32_t index, uint32_t row,
                           struct cn_arena *arena)
{
    const struct cn_column *column = cn_frame_column(frame, index);
    const char *unit = frame->set->items[index].spec.unit;
    char text[CN_TIME_TEXT_BYTES];
    if (cn_column_is_missing(column, row)) {
        return CN_STR("missing");
    }
    unit = unit != NULL ? unit : "";
    switch (column->type) {
    case CN_COLUMN_F64:
        return cn_number_text(arena, column->as.f64[row], unit);
    case CN_COLUMN_I64:
        return cn_number_text(arena, (double)column->as.i64[row], unit);
    case CN_COLUMN_BOOL:
        return column->as.flag[row] != 0 ? CN_STR("yes") : CN_STR("no");
    case CN_COLUMN_STR:
        return cn_interned(frame->strings, column->as.str[row]);
    case CN_COLUMN_TIME:
        cn_time_format((cn_time){ column->as.i64[row] }, text);
        return cn_arena_str(arena, cn_str_of(text));
    case CN_COLUMN_SPAN:
        return cn_number_text(arena, (double)column->as.i64[row] / 3.6e9, "hours");
    }
    return CN_STR("");
}

/* To ask a source about one row. */
static struct cn_fill fill_one(const struct cn_frame *frame, const uint32_t *row,
                               const struct cn_when *when)
{
    return (struct cn_fill){ .frame = frame,
                             .strings = frame->strings,
                             .accounts = frame->accounts,
                             .rows = row,
                             .count = 1,
                             .now = when->now,
                             .day = when->day,
                             .as_true = when->as_true,
                             .all_known = when->all_known };
}

bool cn_frame_fact(const struct cn_frame *frame, uint32_t index, uint32_t row,
                   const struct cn_when *when, struct cn_arena *arena, struct cn_fact *fact_out,
                   struct cn_error *err)
{
    const struct cn_column_def *def = &frame->set->items[index];
    struct cn_fact fact = { .name = def->name,
                            .value_text = cn_frame_value_text(frame, index, row, arena),
                            .source = cn_str_of(def->source->name) };
    const struct cn_fill fill = fill_one(frame, &row, when);
    if (def->source->explain != NULL &&
        !def->source->explain(def->source->ctx, &def->spec, &fill, arena, &fact, err)) {
        return false;
    }
    *fact_out = fact;
    return true;
}

size_t cn_frame_records(const struct cn_frame *frame, uint32_t index, uint32_t row,
                        const struct cn_when *when, struct cn_arena *arena, int64_t **ids_out)
{
    const struct cn_column_def *def = &frame->set->items[index];
    const struct cn_fill fill = fill_one(frame, &row, when);
    return def->spec.counts != NULL && def->source->records != NULL
               ? def->source->records(def->source->ctx, &def->spec, &fill, arena, ids_out)
               : 0;
}
