#include "signal/about.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static uint64_t key_of(size_t rule, size_t row)
{
    return (uint64_t)rule << 32 | row;
}

void cn_abouts_init(struct cn_abouts *abouts, size_t rule_count)
{
    *abouts = (struct cn_abouts){ .rule_count = rule_count };
    abouts->rows = cn_heap_resize(NULL, (rule_count + 1) * sizeof(abouts->rows[0]));
    for (size_t rule = 0; rule < rule_count; rule++) {
        abouts->rows[rule] = (struct cn_bitmap){ 0 };
    }
}

void cn_abouts_deinit(struct cn_abouts *abouts)
{
    for (size_t i = 0; i < abouts->count; i++) {
        free(abouts->lists[i].items);
    }
    for (size_t rule = 0; rule < abouts->rule_count; rule++) {
        cn_bitmap_deinit(&abouts->rows[rule]);
    }
    free(abouts->lists);
    free(abouts->rows);
    cn_map_deinit(&abouts->places);
    *abouts = (struct cn_abouts){ 0 };
}

void cn_abouts_resize(struct cn_abouts *abouts, size_t rows)
{
    for (size_t rule = 0; rule < abouts->rule_count; rule++) {
        cn_bitmap_resize(&abouts->rows[rule], rows);
    }
}

struct cn_about_list cn_abouts_of(const struct cn_abouts *abouts, size_t rule, size_t row)
{
    const uint64_t *place = cn_map_get(&abouts->places, key_of(rule, row));
    return place != NULL ? abouts->lists[*place] : (struct cn_about_list){ 0 };
}

/* Where the record is, or would be. */
static size_t place_in(const struct cn_about_list *list, int64_t about_id)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (list->items[middle].about_id < about_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct cn_about *cn_abouts_find(const struct cn_abouts *abouts, size_t rule, size_t row,
                                int64_t about_id)
{
    const struct cn_about_list list = cn_abouts_of(abouts, rule, row);
    size_t place = place_in(&list, about_id);
    return place < list.count && list.items[place].about_id == about_id ? &list.items[place] : NULL;
}

static struct cn_about_list *make_list(struct cn_abouts *abouts, size_t rule, size_t row)
{
    bool was_new = false;
    uint64_t *place = cn_map_put(&abouts->places, key_of(rule, row), &was_new);
    if (was_new) {
        if (abouts->count == abouts->capacity) {
            abouts->capacity = abouts->capacity == 0 ? 16 : abouts->capacity * 2;
            abouts->lists =
                cn_heap_resize(abouts->lists, abouts->capacity * sizeof(abouts->lists[0]));
        }
        *place = abouts->count;
        abouts->lists[abouts->count++] = (struct cn_about_list){ 0 };
    }
    cn_bitmap_add(&abouts->rows[rule], row);
    return &abouts->lists[*place];
}

struct cn_about *cn_abouts_put(struct cn_abouts *abouts, size_t rule, size_t row, int64_t about_id)
{
    struct cn_about_list *list = make_list(abouts, rule, row);
    size_t place = place_in(list, about_id);
    if (place < list->count && list->items[place].about_id == about_id) {
        return &list->items[place];
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 2 : list->capacity * 2;
        list->items = cn_heap_resize(list->items, list->capacity * sizeof(list->items[0]));
    }
    memmove(&list->items[place + 1], &list->items[place],
            (list->count - place) * sizeof(list->items[0]));
    list->count++;
    list->items[place] = (struct cn_about){ .about_id = about_id };
    return &list->items[place];
}

void cn_abouts_drop(struct cn_abouts *abouts, size_t rule, size_t row, int64_t about_id)
{
    const uint64_t *at = cn_map_get(&abouts->places, key_of(rule, row));
    if (at == NULL) {
        return;
    }
    struct cn_about_list *list = &abouts->lists[*at];
    size_t place = place_in(list, about_id);
    if (place == list->count || list->items[place].about_id != about_id) {
        return;
    }
    list->count--;
    memmove(&list->items[place], &list->items[place + 1],
            (list->count - place) * sizeof(list->items[0]));
    if (list->count == 0) {
        cn_bitmap_remove(&abouts->rows[rule], row);
    }
}

static void clear_list(struct cn_abouts *abouts, size_t rule, size_t row)
{
    const uint64_t *place = cn_map_get(&abouts->places, key_of(rule, row));
    if (place != NULL) {
        abouts->lists[*place].count = 0; /* the next account of the row has its room */
        cn_bitmap_remove(&abouts->rows[rule], row);
    }
}

void cn_abouts_clear(struct cn_abouts *abouts, size_t row)
{
    for (size_t rule = 0; rule < abouts->rule_count; rule++) {
        clear_list(abouts, rule, row);
    }
}

void cn_abouts_move(struct cn_abouts *abouts, size_t from, size_t into)
{
    for (size_t rule = 0; rule < abouts->rule_count; rule++) {
        /* The items stay where they are when the list of lists moves. */
        const struct cn_about_list list = cn_abouts_of(abouts, rule, from);
        for (size_t i = 0; i < list.count && into != from; i++) {
            const struct cn_about about = list.items[i];
            if (about.about_id != 0) {
                *cn_abouts_put(abouts, rule, into, about.about_id) = about;
            }
        }
        clear_list(abouts, rule, from);
    }
}
