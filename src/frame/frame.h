/*
 * A snapshot of all accounts by column: what rules are evaluated over and lists are sorted from.
 *
 * Rows are dense numbers from 0; an account keeps its row while it lives, and a freed row is used
 * again. The engine owns the live frame and is the only one to change it; an as-of question fills a
 * frame of its own.  Knows no domain: account ids are numbers, values come from column sources.
 *
 * Not here: what is evaluated (health/, segment/, signal/), when (engine/).
 */
#ifndef CAIRN_FRAME_FRAME_H
#define CAIRN_FRAME_FRAME_H

#include "base/tz.h"

#include "frame/columns.h"

struct cn_frame;

enum {
    CN_FRAME_STATES = 8
};

/* The moment that values are wanted for. */
struct cn_when {
    cn_time now;
    int64_t day;       /* of `now`, in the workspace's zone */
    cn_time day_start; /* its first moment; needed by columns over other accounts' rows */
    bool as_true;      /* see frame/source.h */
    bool all_known;    /* the same */
};

struct cn_when cn_when_at(const struct cn_tz *tz, cn_time now, bool as_true);

/* `strings` must outlive the frame; several frames may share it. */
struct cn_frame *cn_frame_new(struct cn_interner *strings);
void cn_frame_free(struct cn_frame *frame); /* NULL is allowed */

/* Room for that many rows in all, for who knows how many come. */
void cn_frame_reserve(struct cn_frame *frame, size_t rows);

/* The row of the account, made if it is new; new rows are in the dirty set. */
uint32_t cn_frame_add(struct cn_frame *frame, int64_t account_id);
bool cn_frame_find(const struct cn_frame *frame, int64_t account_id, uint32_t *row_out);

/* Brings what finds the account into the cache, for who finds many: a little before each. */
void cn_frame_prefetch(const struct cn_frame *frame, int64_t account_id);

/* Frees the row: its values become missing and its account id 0.  False if there was none. */
bool cn_frame_remove(struct cn_frame *frame, int64_t account_id);

/* Rows in use and free: rows are 0 to count - 1. */
size_t cn_frame_rows(const struct cn_frame *frame);

/* The account id of each row, 0 for a free one.  Borrowed until the next add. */
const int64_t *cn_frame_accounts(const struct cn_frame *frame);

/* The rows in use. */
const struct cn_bitmap *cn_frame_live(const struct cn_frame *frame);

/* Rows that wait for being filled and evaluated.  The caller adds and clears. */
struct cn_bitmap *cn_frame_dirty(struct cn_frame *frame);

struct cn_interner *cn_frame_strings(const struct cn_frame *frame);

/* What a section of the program (number: cn_rules_section()) knows of the frame's rows: its column
 * source fills from there.  Must outlive the binding; NULL ends it. */
void cn_frame_bind(struct cn_frame *frame, uint32_t section, const void *state);
const void *cn_frame_bound(const struct cn_frame *frame, uint32_t section);

/* Keeps exactly the columns of `set`, which must outlive the frame or the next call.  A column that
 * was there before by the same name, source and type stays filled; *is_new_out, of set->count, if
 * not NULL, tells which are empty. */
void cn_frame_use(struct cn_frame *frame, const struct cn_column_set *set, bool *is_new_out);

const struct cn_column_set *cn_frame_columns(const struct cn_frame *frame);

/* Those that the set had when it was taken into use: what joins it later is not filled. */
size_t cn_frame_column_count(const struct cn_frame *frame);

/* Column number `index` of the set.  Borrowed until the next add or use. */
struct cn_column *cn_frame_column(const struct cn_frame *frame, uint32_t index);

/* Fills the columns of one stratum for `rows` (NULL: all) of which the pace is at least `pace`:
 * CN_PACE_FACT for changed accounts, CN_PACE_DAY at midnight, CN_PACE_TICK each moment.  Columns
 * over other accounts' rows are computed for all rows, and rows whose value changed join the dirty
 * set. */
CN_MUST_CHECK bool cn_frame_fill(struct cn_frame *frame, uint32_t stratum,
                                 const struct cn_bitmap *rows, const struct cn_when *when,
                                 enum cn_column_pace pace, struct cn_error *err);

/* Fills the columns of the stratum that move with every moment (CN_PACE_TICK), for all rows.  Rows
 * of which a value is another one than before, in any bit, join the dirty set: to them alone a
 * moment that passes has done something.  Columns that rules make are left out, since what they
 * hold moves with rows that are evaluated: cn_frame_fill() of the dirty ones fills them.  Fails as
 * a source does. */
CN_MUST_CHECK bool cn_frame_fill_moment(struct cn_frame *frame, uint32_t stratum,
                                        const struct cn_when *when, struct cn_error *err);

/* One column, whatever its pace. */
CN_MUST_CHECK bool cn_frame_fill_column(struct cn_frame *frame, uint32_t index,
                                        const struct cn_bitmap *rows, const struct cn_when *when,
                                        struct cn_error *err);

/* The value of one cell with its unit, for people: "87 days", "45,000 USD", "no", "missing". */
cn_str cn_frame_value_text(const struct cn_frame *frame, uint32_t index, uint32_t row,
                           struct cn_arena *arena);

/* A number as people write it: at most three decimals, thousands separated, then the unit, a plural
 * that becomes singular for one: "1 ticket". */
cn_str cn_number_text(struct cn_arena *arena, double value, const char *unit);

/* The same with what it rests on, asked of the source. */
CN_MUST_CHECK bool cn_frame_fact(const struct cn_frame *frame, uint32_t index, uint32_t row,
                                 const struct cn_when *when, struct cn_arena *arena,
                                 struct cn_fact *fact_out, struct cn_error *err);

/* The ids of the records that the cell counts (spec.counts), ascending, in the arena; how many.  0
 * if it counts none. */
size_t cn_frame_records(const struct cn_frame *frame, uint32_t index, uint32_t row,
                        const struct cn_when *when, struct cn_arena *arena, int64_t **ids_out);

#endif
