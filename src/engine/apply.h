/*
 * Another version of the program while the engine runs.
 *
 * Who applies saves a version and notes the change (CN_CHANGE_PROGRAM); that may be another
 * process.  A thread of the engine then prepares it: compiles it, has the log scanned for metrics
 * that are counted for the first time, loads daily values if the running ones do not fit.  The
 * engine's own thread takes it at the beginning of a round, under one lock with filling and
 * scoring, so that nobody sees half of it; until then the old version is active.  That it is active
 * is stored with the first scores that it gave: a crash before begins again.
 *
 * A version that does not compile is marked as failed and never replaces one that works.
 *
 * Not here: saving versions (program/version.h), what a change would do (engine/diff.h).
 */
#ifndef CAIRN_ENGINE_APPLY_H
#define CAIRN_ENGINE_APPLY_H

#include "engine/engine.h"

struct cn_sql_conn;

enum cn_version_state {
    CN_VERSION_ACTIVE,
    CN_VERSION_BUILDING, /* it is being prepared, or metrics of it are being counted */
    CN_VERSION_PAST,
    CN_VERSION_FAILED,
    CN_VERSION_STATE_COUNT
};

extern const char *const cn_version_state_names[CN_VERSION_STATE_COUNT];

/* What the engine is at. */
struct cn_apply_status {
    int64_t active;
    int64_t building; /* a version that is not active yet; 0: none */
    cn_str *metrics;  /* that are counted for it from the log, in the arena; often none */
    size_t metric_count;
    int64_t done_days; /* of the log */
    int64_t total_days;
};

/* Any thread. */
void cn_engine_apply_status(struct cn_engine *engine, struct cn_arena *arena,
                            struct cn_apply_status *status_out);

/* What is or became of the version; `failure` of its row. */
enum cn_version_state cn_apply_state_of(const struct cn_apply_status *status, int64_t version,
                                        bool has_failed);

/* Waits at most so long until the version is active, superseded or failed, or is known to wait for
 * a scan: CN_VERSION_BUILDING also if the time was not enough.  Any thread but the engine's. */
enum cn_version_state cn_engine_apply_wait(struct cn_engine *engine, int64_t version,
                                           int64_t wait_us);

/* The version that a database was evaluated with last: 0 if none was yet. */
CN_MUST_CHECK bool cn_apply_active_version(struct cn_sql_conn *conn, int64_t *version_out,
                                           struct cn_error *err);

#endif
