/*
 * Running the demo: brings the world in through the front door, and keeps it alive.
 *
 * Records of the small books are written as an import would; everything that their products did is
 * posted to the tracking API.  Then the past is evaluated, so that trends and charts have a year
 * behind them.  The self-service customers follow in the background, with progress, and live
 * traffic goes on until the end.
 */
#ifndef CAIRN_DEMO_RUN_H
#define CAIRN_DEMO_RUN_H

#include "base/clock.h"
#include "base/id.h"
#include "base/tz.h"

#include "engine/engine.h"
#include "sql/db.h"

struct cn_demo;

struct cn_demo_options {
    uint64_t seed;
    size_t self_service; /* customers of that kind, of a new demo; an older one keeps its number */
    struct cn_db *db;
    struct cn_engine *engine;
    const struct cn_tz *tz;
    const struct cn_clock *clock;
    struct cn_id_source *ids;
    const char *url; /* of the server, without a path: "http://127.0.0.1:7117" */
    /* What is going on; total 0: nothing.  Label is static text. */
    void (*progress)(void *arg, const char *label, int64_t done, int64_t total);
    void *progress_arg;
};

/* Users, source and the records of the two small books; for a new workspace, before the server is
 * started. */
CN_MUST_CHECK bool cn_demo_prepare(struct cn_db *db, struct cn_id_source *ids,
                                   const struct cn_tz *tz, cn_time now, uint64_t seed,
                                   struct cn_error *err);

/* Brings in the small books' year; returns when it is scored.  What `options` names must outlive
 * the demo.  The server must listen already, and
 * the engine of a new workspace be held; it is let go. */
CN_MUST_CHECK bool cn_demo_start(const struct cn_demo_options *options, bool is_new,
                                 struct cn_demo **demo_out, struct cn_error *err);

/* Ends the background traffic.  NULL is allowed. */
void cn_demo_stop(struct cn_demo *demo);

#endif
