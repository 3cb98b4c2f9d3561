/* Rows and partitions of the log's tables; for event/postgres.c and event/carry.c only. */
#ifndef CAIRN_EVENT_PG_ROWS_H
#define CAIRN_EVENT_PG_ROWS_H

#include "base/buf.h"

#include "event/store.h"
#include "sql/db.h"

/* The partition of a table for a day, if it is not there. */
CN_MUST_CHECK bool cn_pg_add_partition(struct cn_sql_conn *conn, const char *table, int64_t day,
                                       struct cn_error *err);
CN_MUST_CHECK bool cn_pg_drop_partition(struct cn_sql_conn *conn, const char *table, int64_t day,
                                        struct cn_error *err);

/* Makes the log ready for events that are stored on that day. */
CN_MUST_CHECK bool cn_pg_add_log_day(struct cn_sql_conn *conn, int64_t day, struct cn_error *err);

/* Inserts numbered events. */
CN_MUST_CHECK bool cn_pg_insert_events(struct cn_sql_conn *conn,
                                       const struct cn_event *const *events, size_t count,
                                       int64_t day, struct cn_error *err);

/* Inserts the ids of a group, as event/pg_seen.h encodes them, under its last number. */
CN_MUST_CHECK bool cn_pg_insert_ids(struct cn_sql_conn *conn, int64_t last_seq, int64_t day,
                                    const struct cn_buf *ids, struct cn_error *err);

/* Visits the events of a range, of one subject or (0) of all.  No connection is held while the
 * visitor runs. */
CN_MUST_CHECK bool cn_pg_scan(struct cn_db *db, const struct cn_subject_range *range,
                              cn_event_visitor *visit, void *arg, struct cn_error *err);

/* The days that have partitions, oldest first. */
CN_MUST_CHECK bool cn_pg_days(struct cn_db *db, struct cn_arena *arena,
                              struct cn_segment_info **segments_out, size_t *count_out,
                              struct cn_error *err);

#endif
