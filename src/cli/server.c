#include "cli/server.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/workers.h"

#include "book/subject_map.h"
#include "cli/web.h"
#include "engine/boards.h"
#include "engine/explain.h"
#include "engine/lists.h"
#include "engine/parts.h"
#include "engine/portfolio.h"
#include "metric/rollup.h"
#include "net/server.h"

enum {
    PROGRESS_EVERY_US = 500000 /* pages need no more */
};

struct cn_progress_board {
    pthread_mutex_t lock;
    const char *label; /* static text */
    int64_t done;
    int64_t total;
    int64_t told_us; /* monotonic, when streams were told last */
};

static void publish(void *arg, const int64_t *account_ids, size_t count)
{
    struct cn_server *server = arg;
    struct cn_api *api = atomic_load(&server->api);
    for (size_t i = 0; api != NULL && i < count; i++) {
        cn_api_publish_account(api, (cn_account_id){ account_ids[i] });
    }
    cn_notify_wake(&server->notify);
}

static void publish_program(void *arg)
{
    struct cn_api *api = atomic_load(&((struct cn_server *)arg)->api);
    if (api != NULL) {
        cn_api_publish_program(api);
    }
}

static void begun(void *arg)
{
    struct cn_server *server = arg;
    struct cn_api *api = atomic_load(&server->api);
    if (api != NULL) {
        cn_api_set_ready(api, true);
    }
}

static bool open_log(struct cn_server *server, struct cn_error *err)
{
    struct cn_workspace *workspace = server->workspace;
    const struct cn_config *config = &workspace->config;
    char dir[PATH_MAX];
    int len = snprintf(dir, sizeof(dir), "%s/events", workspace->dir);
    if (len < 0 || (size_t)len >= sizeof(dir)) {
        return cn_fail(err, CN_INVALID, "the path of the data folder is too long");
    }
    struct cn_event_log_options options = {
        .dir = cn_db_is_embedded(workspace->db) ? dir : NULL,
        .db = workspace->db,
        .clock = workspace->clock,
        .scratch_dir = workspace->dir,
        .on_commit = cn_engine_on_commit,
        .on_commit_arg = server->engine,
        .queue_batches = (size_t)config->intake_queue_max,
        .queue_bytes = config->intake_queue_max_bytes,
        .dedup_window_us = config->intake_dedupe_ms * 1000,
    };
    return cn_event_log_open(&options, &server->log, err);
}

/* The log's ids take about as long to read as all that the engine loads: each has a thread. */
struct opening {
    struct cn_server *server;
    struct cn_error err;
    bool ok;
};

static void *run_opening(void *arg)
{
    struct opening *opening = arg;
    opening->ok = open_log(opening->server, &opening->err);
    return NULL;
}

static bool open_log_and_engine(struct cn_server *server, struct cn_error *err)
{
    struct opening opening = { .server = server };
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_opening, &opening) != 0) {
        abort(); /* out of memory, as in base/arena.c */
    }
    (void)pthread_setname_np(thread, "cn-open"); /* for ps alone */
    bool ok = cn_engine_prepare(server->engine, err);
    (void)pthread_join(thread, NULL); /* it is ours and runs, or has ended */
    if (ok && !opening.ok) {
        *err = opening.err;
    }
    return ok && opening.ok && cn_engine_start(server->engine, server->log, err);
}

/* Ends cn_server_wait(), or what a command does, as soon as it listens to signals. */
static void lose(void *arg)
{
    (void)arg;
    (void)kill(getpid(), SIGTERM); /* cannot fail: it is us */
}

/* Who shares scoring with the engine's own thread; NULL: nobody. */
static struct cn_workers *open_scorers(const struct cn_config *config)
{
    enum {
        CORES_MAX = 8
    };
    cpu_set_t ours; /* of the machine's, those that we may use; none if it has more than 1,024 */
    CPU_ZERO(&ours);
    (void)sched_getaffinity(0, sizeof(ours), &ours);
    const size_t cores = (size_t)CPU_COUNT(&ours);
    const size_t usual = cores < CORES_MAX ? cores : CORES_MAX;
    const size_t threads = config->engine_threads > 0 ? (size_t)config->engine_threads : usual;
    return threads > 1 ? cn_workers_new("cn-score", threads - 1, threads) : NULL;
}

bool cn_server_open(struct cn_workspace *workspace, bool held, struct cn_server *server_out,
                    struct cn_error *err)
{
    const struct cn_config *config = &workspace->config;
    struct cn_server *server = server_out;
    *server = (struct cn_server){ .workspace = workspace };
    server->board = cn_heap_resize(NULL, sizeof(*server->board));
    *server->board = (struct cn_progress_board){ .label = "" };
    (void)pthread_mutex_init(&server->board->lock, NULL); /* cannot fail on Linux */
    struct cn_rollup_options rollup = { .db = workspace->rollup_db,
                                        .names_max = (size_t)config->metric_names_max,
                                        .members_max = config->metric_members_max };
    if (!cn_lease_take(workspace->db, lose, server, &server->lease, err) ||
        !cn_notify_open(workspace, &server->notify, err) ||
        !cn_rollup_open(&rollup, &server->rollup, err)) {
        cn_server_close(server);
        return false;
    }
    int len = snprintf(server->series_path, sizeof(server->series_path), "%s/series.cache",
                       workspace->dir);
    bool keeps_series =
        cn_db_is_embedded(workspace->db) && len > 0 && (size_t)len < sizeof(server->series_path);
    server->intake = cn_intake_new(workspace->db, workspace->clock);
    server->scorers = open_scorers(config);
    server->engine = cn_engine_new(&(struct cn_engine_options){
        .db = workspace->db,
        .rollup = server->rollup,
        .rollup_db = workspace->rollup_db,
        .tz = workspace->tz,
        .clock = workspace->clock,
        .ids = &workspace->ids,
        .creates_accounts = cn_str_equal(config->intake_unknown_account, CN_STR("create")),
        .reattribute_us = config->intake_reattribute_ms * 1000,
        .signal_settle_us = config->signal_settle_ms * 1000,
        .signal_budget = config->signal_daily_budget,
        .shows_overrides = cn_str_equal(config->health_effective, CN_STR("override")),
        .tell = &server->notify.tell,
        .tick_us = config->engine_tick_ms * 1000,
        .keep_us = config->engine_keep_ms * 1000,
        .workers = server->scorers,
        .parked_max = (size_t)config->intake_parked_max,
        .scratch_dir = workspace->dir,
        .series_path = keeps_series ? server->series_path : NULL,
        .publish = publish,
        .publish_program = publish_program,
        .begun = begun,
        .publish_arg = server,
    });
    cn_engine_hold(server->engine, held);
    if (!open_log_and_engine(server, err)) {
        cn_server_close(server);
        return false;
    }
    return true;
}

/* The engine as the API sees it. */

static bool face_list(void *arg, const struct cn_unit *unit, const struct cn_account_filter *filter,
                      struct cn_account_list *list_out, struct cn_error *err)
{
    return cn_engine_list(((struct cn_server *)arg)->engine, unit, filter, list_out, err);
}

static void face_portfolio(void *arg, const struct cn_unit *unit,
                           const struct cn_portfolio_filter *filter,
                           struct cn_portfolio *portfolio_out)
{
    cn_engine_portfolio(((struct cn_server *)arg)->engine, unit, filter, portfolio_out);
}

static void face_current(void *arg, cn_account_id id, struct cn_arena *arena,
                         struct cn_account_derived *derived)
{
    cn_engine_current(((struct cn_server *)arg)->engine, id, arena, derived);
}

static void face_sparks(void *arg, const cn_account_id *ids, size_t count,
                        struct cn_spark *sparks_out)
{
    enum {
        AT_ONCE = 64
    };
    _Static_assert((int)CN_SPARK_WEEKS == (int)CN_SPARK_POINTS, "one spark line");
    struct cn_engine_spark sparks[AT_ONCE];
    for (size_t from = 0; from < count; from += AT_ONCE) {
        size_t n = count - from < AT_ONCE ? count - from : AT_ONCE;
        cn_engine_sparks(((struct cn_server *)arg)->engine, ids + from, n, sparks);
        for (size_t i = 0; i < n; i++) {
            sparks_out[from + i].count = sparks[i].count;
            memcpy(sparks_out[from + i].points, sparks[i].points, sizeof(sparks[i].points));
        }
    }
}

static bool face_explain(void *arg, cn_account_id id, const struct cn_explain_ask *ask,
                         struct cn_arena *arena, struct cn_account_explanation *explanation_out,
                         struct cn_error *err)
{
    struct cn_engine_explanation explanation;
    if (!cn_engine_explain(((struct cn_server *)arg)->engine, id.value, ask, arena, &explanation,
                           err)) {
        return false;
    }
    *explanation_out = (struct cn_account_explanation){
        .at = explanation.at,
        .now = explanation.now,
        .has_previous = explanation.has_previous,
        .previous_at = explanation.previous_at,
        .previous = explanation.previous,
        .version = explanation.version,
        .previous_version = explanation.previous_version,
        .shadows = explanation.shadows,
        .shadow_count = explanation.shadow_count,
    };
    return true;
}

static bool face_charts(void *arg, cn_account_id id, int64_t first_day, int64_t last_day,
                        struct cn_arena *arena, struct cn_chart_list *list_out,
                        struct cn_error *err)
{
    const struct cn_server *server = arg;
    if (!cn_metric_charts(server->rollup, cn_engine_metrics(server->engine), id.value, first_day,
                          last_day, arena, list_out, err)) {
        return false;
    }
    cn_engine_live_charts(server->engine, id, list_out);
    return true;
}

static void face_standings(void *arg, const cn_account_id *ids, size_t count,
                           struct cn_arena *arena, struct cn_standing *standings_out)
{
    cn_engine_standings(((struct cn_server *)arg)->engine, ids, count, arena, standings_out);
}

static void face_segments(void *arg, const struct cn_unit *unit, struct cn_arena *arena,
                          struct cn_segment_board *board_out)
{
    cn_engine_segment_board(((struct cn_server *)arg)->engine, unit, arena, board_out);
}

static bool face_overlap(void *arg, const struct cn_unit *unit, const struct cn_overlap_ask *ask,
                         struct cn_arena *arena, struct cn_overlap *overlap_out,
                         struct cn_error *err)
{
    return cn_engine_overlap(((struct cn_server *)arg)->engine, unit, ask, arena, overlap_out, err);
}

static void face_coverage(void *arg, const struct cn_unit *unit, struct cn_arena *arena,
                          struct cn_coverage_board *board_out)
{
    cn_engine_coverage_board(((struct cn_server *)arg)->engine, unit, arena, board_out);
}

static void face_wake(void *arg)
{
    cn_engine_wake(((struct cn_server *)arg)->engine);
}

static void face_wake_sender(void *arg)
{
    cn_notify_wake(&((struct cn_server *)arg)->notify);
}

static void face_progress(void *arg, struct cn_arena *arena, struct cn_progress *progress_out)
{
    struct cn_progress_board *board = ((struct cn_server *)arg)->board;
    (void)arena;
    (void)pthread_mutex_lock(&board->lock);
    *progress_out = (struct cn_progress){ .label = cn_str_of(board->label),
                                          .done = board->done,
                                          .total = board->total };
    (void)pthread_mutex_unlock(&board->lock);
}

void cn_server_set_progress(struct cn_server *server, const char *label, int64_t done,
                            int64_t total)
{
    struct cn_progress_board *board = server->board;
    (void)pthread_mutex_lock(&board->lock);
    board->label = label;
    board->done = done;
    board->total = total;
    int64_t now_us = cn_clock_monotonic_us();
    bool is_due = total == 0 || now_us - board->told_us >= PROGRESS_EVERY_US;
    if (is_due) {
        board->told_us = now_us;
    }
    (void)pthread_mutex_unlock(&board->lock);
    struct cn_api *api = atomic_load(&server->api);
    if (api != NULL && is_due) {
        struct cn_progress progress = { .label = cn_str_of(label), .done = done, .total = total };
        cn_api_publish_progress(api, &progress);
    }
}

static void write_gauges(void *arg, struct cn_gauges *out)
{
    const struct cn_server *server = arg;
    struct cn_rollup_stats rollup;
    struct cn_engine_stats engine;
    cn_rollup_stats(server->rollup, &rollup);
    cn_engine_stats(server->engine, &engine);
    cn_gauge(out, "cairn_engine_accounts", CN_GAUGE, "Accounts that are evaluated",
             (double)engine.accounts);
    cn_gauge(out, "cairn_engine_inbox_batches", CN_GAUGE,
             "Committed batches that wait to be counted", (double)engine.inbox);
    cn_gauge(out, "cairn_engine_events_behind", CN_GAUGE,
             "Events in the log that are not counted yet", (double)engine.events_behind);
    cn_gauge(out, "cairn_engine_parked_subjects", CN_GAUGE,
             "Subjects with events that belong to no account; intake.parked_max are listed",
             (double)engine.parked_subjects);
    cn_gauge(out, "cairn_engine_series_bytes", CN_GAUGE, "Memory of the daily values",
             (double)engine.series_bytes);
    cn_gauge(out, "cairn_metric_names", CN_GAUGE, "Event names that are counted on their own",
             (double)rollup.names);
    cn_gauge(out, "cairn_metric_names_max", CN_GAUGE,
             "Limit of that: setting metric.names_max; further names count as (other)",
             (double)rollup.names_max);
    cn_gauge(out, "cairn_metric_waiting_rows", CN_GAUGE, "Rows and members that wait to be flushed",
             (double)rollup.waiting_rows);
    cn_gauge(out, "cairn_metric_folded", CN_GAUGE,
             "1: what was counted for days that are over was moved to where it stays",
             rollup.is_folded ? 1 : 0);
    cn_gauge(out, "cairn_metric_refused_values_total", CN_COUNTER,
             "Values that were no numbers or too large for a sum", (double)rollup.refused_values);
}

bool cn_server_check(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_config config;
    cn_workspace_doubt(env);
    return cn_workspace_config(env, &config, err) && cn_http_check_listen(config.http_listen, err);
}

bool cn_server_listen(struct cn_server *server, const struct cn_api_demo *demo,
                      struct cn_error *err)
{
    struct cn_workspace *workspace = server->workspace;
    server->gauges = (struct cn_gauge_source){ .write = write_gauges, .arg = server };
    struct cn_api_options options = {
        .config = &workspace->config,
        .clock = workspace->clock,
        .ids = &workspace->ids,
        .db = workspace->db,
        .tz = workspace->tz,
        .workspace_name = workspace->name,
        .currency = workspace->currency,
        .events = server->log,
        .intake = server->intake,
        .subjects = cn_engine_subjects(server->engine),
        .engine = { .arg = server,
                    .live = server->engine,
                    .list = face_list,
                    .portfolio = face_portfolio,
                    .current = face_current,
                    .sparks = face_sparks,
                    .explain = face_explain,
                    .charts = face_charts,
                    .standings = face_standings,
                    .segments = face_segments,
                    .overlap = face_overlap,
                    .coverage = face_coverage,
                    .wake = face_wake,
                    .progress = face_progress },
        .notices = { .arg = server,
                     .tell = &server->notify.tell,
                     .link_key = &server->notify.messages.key,
                     .wake = face_wake_sender },
        .account_parts = cn_account_parts,
        .account_part_count = cn_account_part_count,
        .demo = demo,
        .web = cn_web_files,
        .web_count = cn_web_files_count,
        .gauges = &server->gauges,
        .gauge_count = 1,
    };
    struct cn_api *api = NULL;
    if (!cn_api_start(&options, &api, err)) {
        return false;
    }
    atomic_store(&server->api, api);
    if (!cn_notify_start(&server->notify, cn_api_port(api), err)) {
        return false;
    }
    if (cn_engine_has_begun(server->engine, 0)) { /* else begun() says so */
        cn_api_set_ready(api, true);
    }
    return true;
}

void cn_server_announce(const struct cn_server *server, FILE *out)
{
    cn_str listen = server->workspace->config.http_listen;
    size_t host = listen.len;
    while (host > 0 && listen.ptr[host - 1] != ':') {
        host--;
    }
    /* Who does not read it does not need it. */
    (void)fprintf(out, "{\"listening\":\"http://%.*s%u\"}\n", (int)host, listen.ptr,
                  (unsigned)cn_api_port(server->api));
    (void)fflush(out);
}

void cn_server_block_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set); /* none of these can fail with valid signals */
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

bool cn_server_wait(const struct cn_server *server, struct cn_error *err)
{
    sigset_t set;
    int received = 0;
    (void)sigemptyset(&set); /* as above */
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    while (sigwait(&set, &received) != 0) {
    }
    return !cn_lease_is_lost(server->lease) ||
           cn_fail(err, CN_CONFLICT, "another cairn has taken over the database");
}

void cn_server_close(struct cn_server *server)
{
    /* First the engine's threads, which tell the API what moved; what arrives from then on is in
     * the log and counted at the next start. */
    if (server->engine != NULL) {
        cn_engine_stop(server->engine);
    }
    cn_api_stop(atomic_exchange(&server->api, NULL));
    cn_notify_stop(&server->notify);
    cn_event_log_close(server->log);
    cn_engine_free(server->engine);
    cn_workers_free(server->scorers);
    cn_intake_free(server->intake);
    cn_rollup_close(server->rollup);
    cn_lease_release(server->lease);
    if (server->board != NULL) {
        (void)pthread_mutex_destroy(&server->board->lock);
        free(server->board);
    }
    *server = (struct cn_server){ .workspace = server->workspace };
}
