/*
 * The engine: takes what arrived, brings derived state up to date, evaluates, stores and tells.
 *
 *   event log --on_commit--> inbox --> book (identify, group, claims) --> rollups, series
 *   change table (records) ----------> rows to fill again                     |
 *                                                  frame --> health --> history, lists, publish
 *
 * One thread, niced, owns the live frame and does all of this in order; a second one writes rollups
 * each second and packs the log.  Accounts that changed are scored at once, those on which time
 * does something each tick, and all of them at midnight.
 *
 * Questions (lists, explanations) may be asked on any thread.
 *
 * Not here: how a rule is evaluated (cel/, health/), who may see what (book/unit.h, api/).
 */
#ifndef CAIRN_ENGINE_ENGINE_H
#define CAIRN_ENGINE_ENGINE_H

#include "base/clock.h"
#include "base/id.h"
#include "base/tz.h"

#include "engine/program.h"
#include "event/log.h"
#include "health/evaluate.h"
#include "sql/db.h"

struct cn_engine;
struct cn_subject_map;  /* book/subject_map.h */
struct cn_tell_options; /* signal/tell.h */
struct cn_workers;      /* base/workers.h */

struct cn_engine_options {
    struct cn_db *db;
    struct cn_rollup *rollup;
    struct cn_db *rollup_db; /* of it */
    const struct cn_tz *tz;
    const struct cn_clock *clock;
    struct cn_id_source *ids;
    bool creates_accounts;    /* for unknown group keys; else their events are parked */
    int64_t reattribute_us;   /* how far back an identify reaches */
    int64_t signal_settle_us; /* after an account is made its records still arrive: what becomes
                                 true is a baseline */
    int64_t signal_budget;    /* signals a day that tell one person; 0: any number */
    const struct cn_tell_options *tell; /* signal/tell.h; NULL: signals tell nobody */
    int64_t tick_us;            /* longest time until time-dependent rules are evaluated again */
    int64_t round_us;           /* rounds follow one another no sooner, so that a flood is scored in
                                   bulk; 0: 50 ms */
    const char *series_path;    /* embedded: where daily values are kept over a restart, or NULL */
    int64_t keep_us;            /* longest time until they are kept again */
    struct cn_workers *workers; /* they share a round of many accounts; NULL: its thread alone */
    const char *scratch_dir; /* for databases that are thrown away after a question; NULL: none */
    size_t inbox_max;        /* committed batches that may wait; 0: 65536 */
    bool shows_overrides;    /* a score set by hand stands first, see engine/shown.h */
    size_t parked_max;       /* parked subjects that are listed; 0: CN_PARKED_MAX */

    /* Tells which accounts moved: score, activity or record.  On the engine's thread, so it must be
     * quick.  May be NULL. */
    void (*publish)(void *arg, const int64_t *account_ids, size_t count);
    /* Another version of the program is active, or comes nearer to it.  Any thread of the engine's.
     * May be NULL. */
    void (*publish_program)(void *arg);
    /* What a start left to the engine's thread is done, see cn_engine_start().  On that thread; may
     * be NULL. */
    void (*begun)(void *arg);

    void *publish_arg; /* of all these */
};

/* Prepares an engine; nothing runs yet.  What `options` names must outlive it. */
struct cn_engine *cn_engine_new(const struct cn_engine_options *options);

/* Ends the threads and writes what is derived; the log is no longer used after.  Commits that still
 * come are left to the next start. */
void cn_engine_stop(struct cn_engine *engine);

/* After cn_engine_stop(), and after the log that calls cn_engine_on_commit() was closed.  NULL is
 * allowed. */
void cn_engine_free(struct cn_engine *engine);

/* For the event log's options: on_commit with the engine as its argument. */
void cn_engine_on_commit(void *arg, const struct cn_event_commit *commit);

/*
 * Loads the active program and all state but what the log alone has, which may be opened meanwhile.
 * Fails as the database does; CN_INVALID if the program does not compile.
 */
CN_MUST_CHECK bool cn_engine_prepare(struct cn_engine *engine, struct cn_error *err);

/*
 * Prepares, unless that is done, and starts the threads.  What a crash left undone, in the log or
 * of accounts to be counted anew, is the thread's first work: until then lists and accounts show
 * what was stored last, nothing is scored, and cn_engine_settle() waits.  `log` must outlive the
 * engine.  Fails as cn_engine_prepare(), and if the log has lost what was counted.
 */
CN_MUST_CHECK bool cn_engine_start(struct cn_engine *engine, struct cn_event_log *log,
                                   struct cn_error *err);

/*
 * Loads what questions are answered from (engine/diff.h, engine/matches.h) and scores it, without a
 * log and without writing anything: for commands beside a running server, or without one.  In the
 * place of cn_engine_start(); cn_engine_free() ends it.
 */
CN_MUST_CHECK bool cn_engine_look(struct cn_engine *engine, struct cn_error *err);

/*
 * Scores nothing until it is let go: while an import brings in a past, scores of half of it would
 * be lived history.  Events and records are still taken and counted.  Before cn_engine_start() or
 * after.
 */
void cn_engine_hold(struct cn_engine *engine, bool held);

/* Whether that first work is done and all has been scored once; waits for it at most so long.  Any
 * thread. */
bool cn_engine_has_begun(struct cn_engine *engine, int64_t wait_us);

/* Records have changed: look now instead of at the next tick.  Any thread. */
void cn_engine_wake(struct cn_engine *engine);

/* Which subjects belong to which accounts.  Borrowed; may be asked on any thread. */
struct cn_subject_map *cn_engine_subjects(struct cn_engine *engine);

/* Of the running program.  Borrowed for as long as a request may take. */
const struct cn_metric_list *cn_engine_metrics(struct cn_engine *engine);

/* For gauges.  Any thread. */
struct cn_engine_stats {
    size_t accounts;
    size_t inbox;          /* committed batches that wait */
    int64_t events_behind; /* in the log, not counted yet */
    size_t series_bytes;
    size_t parked_subjects;
};
void cn_engine_stats(struct cn_engine *engine, struct cn_engine_stats *stats_out);

/* Waits until everything that was committed to the log and the change table before the call has
 * been counted, and, unless the engine is held, scored and stored.  Fails if the engine is stopped,
 * or cannot do its first work and trying again would not help.  For commands and tests. */
CN_MUST_CHECK bool cn_engine_settle(struct cn_engine *engine, struct cn_error *err);

#endif
