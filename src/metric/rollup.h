/*
 * Rollups: for each account, metric and day the count, sum, minimum, maximum and last value, and
 * the members of distinct metrics.  They are derived from the event log alone, so that every order
 * of arrival, a crash and a replay give equal rows.
 *
 * Counted without being asked for: every event (`*`), every event name with its distinct users (up
 * to names_max names, further ones under "(other)"), and what the program's metrics read besides.
 *
 *   cn_rollup_add --> deltas in memory --flush, by seconds-->  rollup_hot --fold--> metric_daily
 *                                          with (P, M)        by day                by account
 *
 * Embedded, rollup.db is derived from the log and stores how far: after a crash, feed again what
 * comes after cn_rollup_position().  On PostgreSQL a flush goes to metric_daily, and how far the
 * rows go is kept by the companion, in the same transaction.
 *
 * A sum is exact: a value counts in whole millionths.  A value beyond +-1e9 is left out of sums
 * (and counted as refused), and a day whose positive or negative values add up to more than 9.2e12
 * is missing.  Members are exact up to members_max a day, then the smallest hashes are kept and the
 * count reads "at least".
 *
 * Any thread may call any function.  cn_rollup_add() never waits for the disk.
 *
 * Not here: windows and live values (metric/series.h), charts (metric/query.h).
 */
#ifndef CAIRN_METRIC_ROLLUP_H
#define CAIRN_METRIC_ROLLUP_H

#include "base/error.h"

#include "metric/definition.h"
#include "metric/fact.h"

struct cn_db;       /* sql/db.h */
struct cn_sql_conn; /* sql/sql.h */
struct cn_rollup;

enum {
    CN_ROLLUP_NAMES_MAX = 500,     /* unless the options say otherwise */
    CN_ROLLUP_MEMBERS_MAX = 50000, /* unless the options say otherwise */
};

struct cn_rollup_options {
    struct cn_db *db;    /* rollup.db, or the PostgreSQL database; set `rollup` is migrated */
    size_t names_max;    /* 0: CN_ROLLUP_NAMES_MAX */
    int64_t members_max; /* 0: CN_ROLLUP_MEMBERS_MAX */
};

/* How far the rows go: all events up to seq, under that version of the subjects' mapping. */
struct cn_rollup_position {
    int64_t seq;
    int64_t mapping;
};

/* Brings the tables up to date: the migration set `rollup`. */
CN_MUST_CHECK bool cn_rollup_migrate(struct cn_sql_conn *conn, cn_time now, struct cn_error *err);

/* Only looks: fails with CN_INVALID unless the tables are this program's. */
CN_MUST_CHECK bool cn_rollup_check(struct cn_sql_conn *conn, struct cn_error *err);

/* Rows that were copied from rollup.db to PostgreSQL, or from there to a new rollup.db: folds what
 * is hot and puts the position where this database keeps it.  `seq`: how far the rows go.  In the
 * caller's transaction. */
CN_MUST_CHECK bool cn_rollup_settle_copy(struct cn_sql_conn *conn, int64_t seq,
                                         struct cn_error *err);

/* How far the rows of an embedded rollup.db go. */
CN_MUST_CHECK bool cn_rollup_copied_seq(struct cn_sql_conn *conn, int64_t *seq_out,
                                        struct cn_error *err);

/* Reads the catalogue and the position.  `db` outlives the rollup. */
CN_MUST_CHECK bool cn_rollup_open(const struct cn_rollup_options *options,
                                  struct cn_rollup **rollup_out, struct cn_error *err);

/* Forgets what was not flushed.  NULL is allowed. */
void cn_rollup_close(struct cn_rollup *rollup);

/* What the program's metrics read is rolled up from now on; it copies what it needs.
 * *building_out counts metrics that began after events were there: their rows are incomplete until
 * cn_rollup_build(). */
CN_MUST_CHECK bool cn_rollup_use(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                                 size_t *building_out, struct cn_error *err);

/*
 * What somebody else derives of the same events and keeps in the same database: `write` runs in
 * each transaction of a flush, and `written` after its commit.  A transaction that failed is done
 * again.
 *
 * PostgreSQL: `begin` comes first in it.  It fails if another process derives now, remembers how
 * far the rows will go, for `write` to store, and says whether they do already: then a commit whose
 * answer was lost did it.
 */
struct cn_rollup_companion {
    bool (*write)(void *arg, struct cn_sql_conn *conn, struct cn_error *err);
    void (*written)(void *arg);
    void *arg;
    bool (*begin)(void *arg, struct cn_sql_conn *conn, int64_t seq, bool *done_out,
                  struct cn_error *err); /* NULL when embedded */
};

/* Before anything is added; it outlives the last flush. */
void cn_rollup_accompany(struct cn_rollup *rollup, const struct cn_rollup_companion *companion);

/* What is on disk. */
struct cn_rollup_position cn_rollup_position(struct cn_rollup *rollup);

/* Adds facts in memory.  `upto`: after these, everything up to it has been added. */
void cn_rollup_add(struct cn_rollup *rollup, const struct cn_metric_fact *facts, size_t count,
                   struct cn_rollup_position upto);

/* Writes what was added, with its position, in one transaction.  If it fails nothing is lost: the
 * next flush tries again. */
CN_MUST_CHECK bool cn_rollup_flush(struct cn_rollup *rollup, struct cn_error *err);

/* Moves rows of days before `closed_before` from rollup_hot to metric_daily, in transactions of
 * some accounts each; *rows_out: how many.  For the same thread as flush, when there is time: it
 * leaves the rest to the next call once much waits to be flushed, or another thread waits to write.
 * Does nothing on PostgreSQL. */
CN_MUST_CHECK bool cn_rollup_fold(struct cn_rollup *rollup, int64_t closed_before,
                                  int64_t *rows_out, struct cn_error *err);

/* Nothing more is folded, now or later: whoever stops does not wait for a flood's days.  Any
 * thread. */
void cn_rollup_stop_folding(struct cn_rollup *rollup);

/* Hands over facts of a scan; may be called any number of times. */
struct cn_rollup_sink {
    void (*add)(struct cn_rollup_sink *sink, const struct cn_metric_fact *facts, size_t count);
    int64_t after_seq; /* a build: only what comes after it */
    int64_t seq;       /* a build: up to where everything has been handed over, with this call; 0:
                          the scan does not say so, and a build begins again after a crash */
};

/* Scans the log up to and including `upto_seq`, in its order; facts that were not asked for are
 * ignored. */
typedef bool cn_rollup_scan(void *arg, int64_t upto_seq, struct cn_rollup_sink *sink,
                            struct cn_error *err);

struct cn_rollup_rebuild {
    const int64_t *account_ids;
    size_t account_count;
    int64_t first_day; /* both included */
    int64_t last_day;
    /* PostgreSQL: first in the transaction, which fails with it; may be NULL. */
    bool (*guard)(void *arg, struct cn_sql_conn *conn, struct cn_error *err);
    int64_t mapping; /* version under which `scan` gives accounts to facts */
    cn_rollup_scan *scan;
    void *arg;
};

/*
 * Makes the rows of these accounts and days anew from the log, in one transaction with whatever
 * waits to be flushed.  Facts that are added meanwhile wait for the next flush and must be under
 * the new mapping.  On PostgreSQL writers wait meanwhile, and the scan goes to the end of the log
 * (INT64_MAX) on a connection of its own.
 */
CN_MUST_CHECK bool cn_rollup_rebuild(struct cn_rollup *rollup, const struct cn_rollup_rebuild *what,
                                     struct cn_error *err);

/* Says which of the metrics have rows that are incomplete, or would be from cn_rollup_use() on:
 * they need a scan.  Changes nothing.  missing_out has metrics->count places. */
CN_MUST_CHECK bool cn_rollup_missing(struct cn_rollup *rollup, const struct cn_metric_list *metrics,
                                     bool *missing_out, size_t *count_out, struct cn_error *err);

struct cn_rollup_builder {
    /* PostgreSQL: as for a rebuild.  May be NULL. */
    bool (*guard)(void *arg, struct cn_sql_conn *conn, struct cn_error *err);
    /* PostgreSQL: how far the rows go, as the companion keeps it.  NULL when embedded. */
    bool (*position)(void *arg, struct cn_sql_conn *conn, int64_t *seq_out, struct cn_error *err);
    cn_rollup_scan *scan;
    void *arg;
    size_t part_rows; /* and members, of one transaction; 0: 200000 */
};

/* Fills the metrics that are building from a scan of the whole log, in parts; others add, flush and
 * rebuild meanwhile.  After a crash or a failure the metrics are still building, and the next call
 * for the same ones goes on after the last part; until then what comes is counted for them. */
CN_MUST_CHECK bool cn_rollup_build(struct cn_rollup *rollup, const struct cn_rollup_builder *with,
                                   struct cn_error *err);

/* PostgreSQL, where several processes give names their numbers: the event names among the facts get
 * theirs, outside of any transaction, before the facts are added. */
CN_MUST_CHECK bool cn_rollup_learn(struct cn_rollup *rollup, const struct cn_metric_fact *facts,
                                   size_t count, struct cn_error *err);

/* Copies the names of `from` to an empty rollup, so that a replay into it gives comparable rows. */
CN_MUST_CHECK bool cn_rollup_copy_names(struct cn_rollup *into, struct cn_rollup *from,
                                        struct cn_error *err);

struct cn_rollup_difference {
    int64_t rows;      /* compared */
    int64_t members;   /* compared */
    int64_t differing; /* of both */
    char first[160];   /* the first difference in words, or "" */
};

/* Compares row by row, both as flushed; what is folded and what is hot count alike. */
CN_MUST_CHECK bool cn_rollup_compare(struct cn_rollup *a, struct cn_rollup *b,
                                     struct cn_rollup_difference *difference_out,
                                     struct cn_error *err);

/* For gauges. */
struct cn_rollup_stats {
    size_t names;           /* event names that are counted on their own */
    size_t names_max;       /* of them */
    int64_t members_max;    /* counted of an account, metric and day */
    size_t waiting_rows;    /* rows and members that no flush has written yet */
    int64_t refused_values; /* since open: not numbers, or too large for a sum */
    char refused[160];      /* the newest of them and why, or "" */
    size_t building;        /* metrics whose rows are incomplete */
    bool is_folded;         /* no day that was over when cn_rollup_fold() last ran is hot */
};

void cn_rollup_stats(struct cn_rollup *rollup, struct cn_rollup_stats *stats_out);

#endif
