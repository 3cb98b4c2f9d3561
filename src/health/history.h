/*
 * The history of health: a row when the displayed point, the colour, the fired exceptions or the
 * scorecard changed, holding from its moment until the next.
 *
 * Rows are lived (computed then) or back-filled (computed later for a past midnight, as true).
 * Points and confidence are thousandths.  Statements run on the caller's connection and
 * transaction.
 */
#ifndef CAIRN_HEALTH_HISTORY_H
#define CAIRN_HEALTH_HISTORY_H

#include "base/embedded.h"

#include "health/evaluate.h"
#include "sql/sql.h"

/* Of the set "main". */
extern const struct cn_embedded_file cn_health_migrations[];
extern const size_t cn_health_migrations_count;

struct cn_health_row {
    int64_t account_id;
    cn_time at;
    struct cn_health_score score; /* its `scorecard` is not stored: see the name */
    cn_str scorecard;             /* name; "" for none */
    cn_str because;               /* exceptions that fired, joined by "; " */
    bool is_backfilled;
    int64_t program_version;
    int64_t tick; /* that computed a lived row; 0: back-filled, or from before ticks were kept */
};

/* For health/ only: what a row is read from, `tick` being the column of that or a number, and the
 * row. Its text is the statement's until the next step, or is kept in `arena`. */
#define CN_HEALTH_ROW_COLUMNS(tick)                                                         \
    "h.account_id, h.at_us, h.points, h.band, h.grey, h.confidence, h.scorecard, h.fired, " \
    "h.because, h.backfilled, h.program_version, " tick
struct cn_health_row cn_health_row_read(struct cn_sql_stmt *stmt);
struct cn_health_row cn_health_row_keep(struct cn_sql_stmt *stmt, struct cn_arena *arena);

struct cn_health_row_list {
    struct cn_health_row *items;
    size_t count;
};

/* Writes the rows; one that is there already for its account and moment is replaced, but a lived
 * one by none that is back-filled. */
CN_MUST_CHECK bool cn_health_history_save(struct cn_sql_conn *conn,
                                          const struct cn_health_row *rows, size_t count,
                                          struct cn_error *err);

/* The row of a change, for saving; text is allocated from `arena`. */
struct cn_health_row cn_health_history_row(const struct cn_health_model *model, int64_t account_id,
                                           cn_time at, const struct cn_health_score *score,
                                           struct cn_arena *arena);

/* Calls `each` for the lived rows of the ticks from first to last, by tick and account. */
CN_MUST_CHECK bool cn_health_history_each_lived(
    struct cn_sql_conn *conn, int64_t first_tick, int64_t last_tick,
    void (*each)(void *arg, const struct cn_health_row *row), void *arg, struct cn_error *err);

struct cn_health_range {
    int64_t account_id;
    cn_time from;
    cn_time to;
    size_t limit; /* the newest are kept */
};

/* The account's rows with from <= at < to, oldest first, preceded by the row that held at `from`.
 */
CN_MUST_CHECK bool cn_health_history_load(struct cn_sql_conn *conn,
                                          const struct cn_health_range *range,
                                          struct cn_arena *arena,
                                          struct cn_health_row_list *list_out,
                                          struct cn_error *err);

/* The row that held at that moment; *found_out is false if there was none yet. */
CN_MUST_CHECK bool cn_health_history_at(struct cn_sql_conn *conn, int64_t account_id, cn_time at,
                                        struct cn_arena *arena, struct cn_health_row *row_out,
                                        bool *found_out, struct cn_error *err);

/* A part of the history. */
struct cn_health_stretch {
    cn_time from;
    cn_time to;
    int64_t after; /* accounts with a greater id, 0: from the first on */
    int64_t upto;  /* and no greater than this; INT64_MAX: to the last */
};

/* Calls `each` for the rows of the stretch's accounts in the book with from <= at <= to, oldest
 * first, preceded by the one that held at `from`; one account after the other.  `each` may keep
 * nothing that the row points to. */
CN_MUST_CHECK bool cn_health_history_each_since(
    struct cn_sql_conn *conn, const struct cn_health_stretch *stretch,
    void (*each)(void *arg, const struct cn_health_row *row), void *arg, struct cn_error *err);

/* Calls `each` for the row of every account that held at that moment, by account id, also of
 * accounts that are gone since.  `each` may keep nothing that the row points to. */
CN_MUST_CHECK bool cn_health_history_all_at(struct cn_sql_conn *conn, cn_time at,
                                            void (*each)(void *arg,
                                                         const struct cn_health_row *row),
                                            void *arg, struct cn_error *err);

/* Removes back-filled rows with from <= at < to, of one account or (0) of all, before they are
 * computed anew. */
CN_MUST_CHECK bool cn_health_history_forget(struct cn_sql_conn *conn, int64_t account_id,
                                            cn_time from, cn_time to, struct cn_error *err);

#endif
