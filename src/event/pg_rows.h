/* Rows of the table event_log; for event/postgres.c only. */
#ifndef CAIRN_EVENT_PG_ROWS_H
#define CAIRN_EVENT_PG_ROWS_H

#include "event/store.h"
#include "sql/db.h"

/* Inserts numbered events. */
CN_MUST_CHECK bool cn_pg_insert_events(struct cn_sql_conn *conn,
                                       const struct cn_event *const *events, size_t count,
                                       int64_t day, struct cn_error *err);

/* Visits the events of a range, of one subject or (0) of all.  No connection is held while the
 * visitor runs. */
CN_MUST_CHECK bool cn_pg_scan(struct cn_db *db, const struct cn_subject_range *range,
                              cn_event_visitor *visit, void *arg, struct cn_error *err);

/* The days that have partitions, oldest first. */
CN_MUST_CHECK bool cn_pg_days(struct cn_db *db, struct cn_arena *arena,
                              struct cn_segment_info **segments_out, size_t *count_out,
                              struct cn_error *err);

#endif
