/*
 * What each source sent: counters for the sources page, and the visible list of rejected events.
 *
 * Counters live in memory and start at zero with the process.  The list is the table
 * `rejected` of cairn.db, the newest CN_REJECTED_MAX of each source; it is written in batches, and
 * what does not fit into the batch under a flood of bad events is counted but not listed.  Any
 * thread.
 */
#ifndef CAIRN_EVENT_REJECTED_H
#define CAIRN_EVENT_REJECTED_H

#include "base/clock.h"

#include "event/event.h"

struct cn_db;       /* sql/db.h */
struct cn_sql_conn; /* sql/sql.h */
struct cn_intake;

enum {
    CN_REJECTED_MAX = 10000, /* listed per source */
    CN_INTAKE_MINUTES = 60,
};

struct cn_intake *cn_intake_new(struct cn_db *db, const struct cn_clock *clock);
void cn_intake_free(struct cn_intake *intake); /* writes what waits; NULL is allowed */

/* Counts what became of a stored batch: its accepted, duplicates and rejections. */
void cn_intake_count(struct cn_intake *intake, const struct cn_event_batch *batch);

/* Lists the batch's rejections.  Copies them; never waits. */
void cn_intake_reject(struct cn_intake *intake, const struct cn_event_batch *batch);

/* Writes what cn_intake_reject() gathered; for a timer, about each second.  Never waits. */
void cn_intake_flush(struct cn_intake *intake);

struct cn_intake_counts {
    int64_t source_id;
    int64_t events; /* accepted */
    int64_t duplicates;
    int64_t rejected;
    cn_time last_event_at;
    int64_t per_minute[CN_INTAKE_MINUTES]; /* accepted; the last is the current minute */
};

/* All zero for a source that sent nothing. */
void cn_intake_counts(struct cn_intake *intake, int64_t source_id,
                      struct cn_intake_counts *counts_out);

struct cn_rejected {
    int64_t source_id;
    cn_time at;
    cn_str reason;
    cn_str pointer;
    cn_str excerpt;
};

/* The newest first, into arena. */
CN_MUST_CHECK bool cn_rejected_list(struct cn_sql_conn *conn, struct cn_arena *arena,
                                    int64_t source_id, size_t limit, struct cn_rejected **list_out,
                                    size_t *count_out, struct cn_error *err);

#endif
