/*
 * The running server: every part made, in the order in which they need one another, and taken down
 * the other way round.
 *
 *   workspace -> lease -> rollup, intake, engine, event log -> API -> sender
 *
 * Not here: what the parts do.
 */
#ifndef CAIRN_CLI_SERVER_H
#define CAIRN_CLI_SERVER_H

#include "api/api.h"
#include "cli/notify.h"
#include "cli/workspace.h"
#include "engine/engine.h"
#include "sql/lease.h"

enum {
    CN_SERVER_PATH_BYTES = 1024
};

/* Parts of a running server; those that were not made yet are NULL. */
struct cn_server {
    struct cn_workspace *workspace;
    struct cn_lease *lease; /* PostgreSQL: we alone derive state */
    struct cn_rollup *rollup;
    struct cn_intake *intake;
    struct cn_workers *scorers; /* share rounds with the engine; NULL: nobody does */
    struct cn_engine *engine;
    struct cn_event_log *log;
    struct cn_api *_Atomic api; /* the engine tells it what moved */
    struct cn_notify notify;    /* the engine wakes it */
    struct cn_progress_board *board;
    struct cn_gauge_source gauges;
    char series_path[CN_SERVER_PATH_BYTES];
};

/* Takes the lease of the database, opens the log and starts the engine, `held` if a past is to be
 * imported first (cn_engine_hold()). Nothing listens yet.  On failure the server is stopped. */
CN_MUST_CHECK bool cn_server_open(struct cn_workspace *workspace, bool held,
                                  struct cn_server *server_out, struct cn_error *err);

/* Before anything is begun: whether the command's settings say where to listen. */
CN_MUST_CHECK bool cn_server_check(const struct cn_command_env *env, struct cn_error *err);

/* Listens.  demo: NULL unless it is one; it must outlive the server, which must not move from here
 * on. */
CN_MUST_CHECK bool cn_server_listen(struct cn_server *server, const struct cn_api_demo *demo,
                                    struct cn_error *err);

/* Prints {"listening":"http://ADDRESS:PORT"} and flushes, for whoever started us. */
void cn_server_announce(const struct cn_server *server, FILE *out);

/* Waits for SIGINT or SIGTERM; cn_server_block_signals() must have come before any thread.  Fails
 * with CN_CONFLICT when another process has taken over the database. */
void cn_server_block_signals(void);
CN_MUST_CHECK bool cn_server_wait(const struct cn_server *server, struct cn_error *err);

/* Takes down what was made, writing what is derived.  May be called twice. */
void cn_server_close(struct cn_server *server);

/* What goes on in the background, for pages to show.  total 0: nothing.  Any thread. */
void cn_server_set_progress(struct cn_server *server, const char *label, int64_t done,
                            int64_t total);

#endif
