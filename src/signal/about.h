/*
 * Where the records of accounts stand with rules that are about records (`each`): a mark for every
 * record that was found or raised.  A record without one is clear, once the rule has answered for
 * its account.  Record 0 is the account itself: what was raised before the rule was about records.
 *
 * Few accounts have any, and each of them few: those that are over are dropped.  Part of
 * signal/states.h; one thread at a time.
 */
#ifndef CAIRN_SIGNAL_ABOUT_H
#define CAIRN_SIGNAL_ABOUT_H

#include "base/map.h"

#include "frame/bitmap.h"
#include "signal/state.h"

struct cn_about {
    int64_t about_id;
    int64_t signal_id; /* of its newest signal; 0: it is not stored yet */
    struct cn_signal_mark mark;
};

/* Of a rule and a row, by about_id. */
struct cn_about_list {
    struct cn_about *items;
    size_t count;
    size_t capacity;
};

struct cn_abouts {
    struct cn_map places; /* rule << 32 | row: place in lists */
    struct cn_about_list *lists;
    size_t count;
    size_t capacity;
    struct cn_bitmap *rows; /* by rule: those that have a list */
    size_t rule_count;
};

void cn_abouts_init(struct cn_abouts *abouts, size_t rule_count);
void cn_abouts_deinit(struct cn_abouts *abouts);
void cn_abouts_resize(struct cn_abouts *abouts, size_t rows);

/* An empty list if there is none.  Borrowed until the next put or move. */
struct cn_about_list cn_abouts_of(const struct cn_abouts *abouts, size_t rule, size_t row);

/* The mark of that record; NULL without.  Borrowed likewise. */
struct cn_about *cn_abouts_find(const struct cn_abouts *abouts, size_t rule, size_t row,
                                int64_t about_id);

/* Made if it is new: unknown.  Borrowed likewise. */
struct cn_about *cn_abouts_put(struct cn_abouts *abouts, size_t rule, size_t row, int64_t about_id);

/* The record is as if it had never been found; nothing if there is no mark of it. */
void cn_abouts_drop(struct cn_abouts *abouts, size_t rule, size_t row, int64_t about_id);

/* The row is free. */
void cn_abouts_clear(struct cn_abouts *abouts, size_t row);

/* The records of one row are those of another one now. */
void cn_abouts_move(struct cn_abouts *abouts, size_t from, size_t into);

#endif
