/*
 * Carries a whole event log from one store to an empty other one, each event with its sequence
 * number, and so that an event which was seen is a duplicate there too.
 *
 * Events are streamed; memory is bounded by one batch.
 *
 * Not here: everything else of a workspace (cli/cmd_move.c).
 */
#ifndef CAIRN_EVENT_CARRY_H
#define CAIRN_EVENT_CARRY_H

#include "event/log.h"

struct cn_event_carry {
    struct cn_event_log *from; /* nobody appends to it meanwhile */
    cn_time now;
    int64_t dedup_window_us; /* for how long before that ids are carried to PostgreSQL */

    /* Tells how many events have been carried.  May be NULL. */
    void (*progress)(void *arg, int64_t events);
    void *progress_arg;
};

/* The tables of set `eventpg`, which an embedded workspace has as files. */
extern const char *const cn_event_carry_tables[];
extern const size_t cn_event_carry_table_count;

/* To PostgreSQL, in the caller's transaction; the set `eventpg` has been migrated there.
 * *events_out is how many there were. */
CN_MUST_CHECK bool cn_event_carry_to_postgres(const struct cn_event_carry *carry,
                                              struct cn_sql_conn *to, int64_t *events_out,
                                              struct cn_error *err);

/* To the files of an embedded log, in a folder that is not there yet. */
CN_MUST_CHECK bool cn_event_carry_to_files(const struct cn_event_carry *carry, const char *dir,
                                           int64_t *events_out, struct cn_error *err);

#endif
