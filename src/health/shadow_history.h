/*
 * What shadow scorecards made of accounts over time: a table of its own, so that no list of live
 * scores ever holds one.
 *
 * At most one row a day for an account and a shadow, the last change of the day, and none where
 * nothing changed that people see (the displayed point, the colour, the exceptions): two years of
 * three shadows are at most 2,190 rows an account, about 200 bytes each.  Rows are dropped after
 * CN_SHADOW_DAYS.  A row holds until the next.
 *
 * Rows are struct cn_health_row with the shadow's name as scorecard; ticks are not kept.
 * Statements run on the caller's connection and transaction.
 */
#ifndef CAIRN_HEALTH_SHADOW_HISTORY_H
#define CAIRN_HEALTH_SHADOW_HISTORY_H

#include "base/tz.h"

#include "health/history.h"

enum {
    CN_SHADOW_DAYS = 731
};

/* Writes the rows, each in place of that of its day; a lived one is replaced by none that is
 * back-filled. */
CN_MUST_CHECK bool cn_shadow_history_save(struct cn_sql_conn *conn, const struct cn_tz *tz,
                                          const struct cn_health_row *rows, size_t count,
                                          struct cn_error *err);

/* The row of a change of a shadow, for saving: its name is in the model, text in `arena`. */
struct cn_health_row cn_shadow_history_row(const struct cn_health_model *model, int64_t account_id,
                                           cn_time at, const struct cn_health_change *change,
                                           struct cn_arena *arena);

/* The account's rows of all shadows with from <= at < to, by name and time, those of each preceded
 * by the one that held at `from`. */
CN_MUST_CHECK bool cn_shadow_history_load(struct cn_sql_conn *conn,
                                          const struct cn_health_range *range,
                                          struct cn_arena *arena,
                                          struct cn_health_row_list *list_out,
                                          struct cn_error *err);

/* Calls `each` for the newest row of each account and shadow.  `each` may keep nothing that the row
 * points to. */
CN_MUST_CHECK bool cn_shadow_history_each_newest(struct cn_sql_conn *conn,
                                                 void (*each)(void *arg,
                                                              const struct cn_health_row *row),
                                                 void *arg, struct cn_error *err);

/* Removes the account's back-filled rows of these days, before they are computed anew. */
CN_MUST_CHECK bool cn_shadow_history_forget(struct cn_sql_conn *conn, int64_t account_id,
                                            int64_t first_day, int64_t last_day,
                                            struct cn_error *err);

/* Drops what is older than CN_SHADOW_DAYS, but for the newest row of each. */
CN_MUST_CHECK bool cn_shadow_history_prune(struct cn_sql_conn *conn, int64_t today,
                                           struct cn_error *err);

/* Drops all rows of the account: it became part of another. */
CN_MUST_CHECK bool cn_shadow_history_drop(struct cn_sql_conn *conn, int64_t account_id,
                                          struct cn_error *err);

#endif
