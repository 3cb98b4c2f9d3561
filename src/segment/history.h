/*
 * The history of placements: a row when the sets that an account is in changed, holding from its
 * moment until the next.  Entries and exits are the differences of two rows.
 *
 * Rows are lived or back-filled, as those of health (health/history.h).  Statements run on the
 * caller's connection and transaction.
 */
#ifndef CAIRN_SEGMENT_HISTORY_H
#define CAIRN_SEGMENT_HISTORY_H

#include "base/embedded.h"

#include "book/account.h"
#include "segment/segment.h"
#include "sql/sql.h"

/* Of the set "main". */
extern const struct cn_embedded_file cn_placement_migrations[];
extern const size_t cn_placement_migrations_count;

struct cn_placement_row {
    int64_t account_id;
    cn_time at;
    cn_str placement;
    bool is_backfilled;
    int64_t program_version;
    int64_t tick; /* that computed a lived row; 0: back-filled */
};

/* Writes the rows; one that is there for its account and moment is replaced, but a lived one by
 * none that is back-filled. */
CN_MUST_CHECK bool cn_placement_save(struct cn_sql_conn *conn, const struct cn_placement_row *rows,
                                     size_t count, struct cn_error *err);

/* The same with the accounts' own copies, for lists: each row is its account's newest.  Those of
 * accounts that are gone are left out. */
CN_MUST_CHECK bool cn_placement_save_current(const struct cn_unit *unit,
                                             const struct cn_placement_row *rows, size_t count,
                                             struct cn_error *err);

/* Calls `each` for the lived rows of the ticks from first to last, by tick and account. */
CN_MUST_CHECK bool cn_placement_each_lived(
    struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
    void (*each)(void *arg, const struct cn_placement_row *row), void *arg, struct cn_error *err);

/* Calls `each` for the newest lived row of every account until that moment, by account. */
CN_MUST_CHECK bool cn_placement_all_at(struct cn_sql_conn *conn, cn_time at,
                                       void (*each)(void *arg, const struct cn_placement_row *row),
                                       void *arg, struct cn_error *err);

/* Calls `each` for what held then of every account that there is, or was then (only 0), or of that
 * one: lived or back-filled, in no order.  One look-up in the table's key each. */
CN_MUST_CHECK bool cn_placement_each_held(struct cn_sql_conn *conn, cn_time at, int64_t only,
                                          void (*each)(void *arg, int64_t account_id,
                                                       cn_str placement),
                                          void *arg, struct cn_error *err);

/* Removes the account's back-filled rows with from <= at < to. */
CN_MUST_CHECK bool cn_placement_forget(struct cn_sql_conn *conn, int64_t account_id, cn_time from,
                                       cn_time to, struct cn_error *err);

/* "|kind:name|" stands in the placement. */
bool cn_placement_holds(cn_str placement, cn_str kind, cn_str name);

/* An entry into a set, or an exit. */
struct cn_placement_event {
    cn_time at;
    enum cn_segment_kind kind;
    cn_str name;
    bool is_entry;
    bool is_backfilled;
    int64_t program_version;
};

struct cn_placement_range {
    int64_t account_id;
    cn_time from; /* included */
    cn_time to;
    size_t limit; /* the newest are kept */
};

struct cn_placement_events {
    struct cn_placement_event *items;
    size_t count;
};

/* What the account entered and left, newest first; in `arena`. */
CN_MUST_CHECK bool cn_placement_events_load(struct cn_sql_conn *conn,
                                            const struct cn_placement_range *range,
                                            struct cn_arena *arena,
                                            struct cn_placement_events *events_out,
                                            struct cn_error *err);

#endif
