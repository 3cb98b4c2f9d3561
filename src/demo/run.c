#include "demo/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"

#include "book/departure.h"
#include "book/subject_map.h"
#include "book/user.h"
#include "book/workspace.h"
#include "demo/seed.h"
#include "demo/traffic.h"
#include "engine/backfill.h"
#include "net/client.h"
#include "signal/inbox.h"

enum {
    URL_MAX_BYTES = 256,
    ANSWER_MAX_BYTES = 4096,
    TIMEOUT_MS = 30000,
    RECORDS_AT_ONCE = 200,           /* accounts of one transaction */
    LIVE_LATE_MAX_US = 30 * 1000000, /* slots that were slept through further back are left out */
    RETRY_PAUSE_MS = 200,
    UNSENT_MAX = 50,   /* times that a batch may get no answer */
    BEHIND_MAX = 4000, /* events that may wait to be counted */
    ENGINE_PAUSE_MS = 10,
    RECORDS_PAUSE_MS = 60
};

struct cn_demo {
    struct cn_demo_options options;
    struct cn_http_client *client; /* of the thread that sends */
    char url[URL_MAX_BYTES];
    cn_time began; /* the moment that the world is told from */
    pthread_t thread;
    bool has_thread;
    _Atomic bool stopping;
    bool is_complete;  /* the self-service customers are there already */
    const char *label; /* of the progress, NULL: none */
    int64_t sent;
    int64_t total;
};

static void sleep_ms(int64_t ms)
{
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&pause, NULL); /* woken early, the caller just goes on sooner */
}

static void report(struct cn_demo *demo)
{
    if (demo->label != NULL) {
        demo->options.progress(demo->options.progress_arg, demo->label, demo->sent, demo->total);
    }
}

/* Lets the engine come close again, so that what people do meanwhile shows within a second. */
static void wait_for_engine(struct cn_demo *demo)
{
    struct cn_engine_stats stats;
    cn_engine_stats(demo->options.engine, &stats);
    while (stats.events_behind > BEHIND_MAX && !atomic_load(&demo->stopping)) {
        sleep_ms(ENGINE_PAUSE_MS);
        cn_engine_stats(demo->options.engine, &stats);
    }
}

/* Posts one batch, again when the server pushes back. */
static bool post(void *ctx, cn_str body, size_t events, struct cn_error *err)
{
    /* Basic authentication: base64 of CN_DEMO_WRITE_KEY and a colon. */
    static const char *const headers[] = { "authorization: Basic ZGVtby13cml0ZS1rZXk6",
                                           "content-type: application/json" };
    struct cn_demo *demo = ctx;
    struct cn_http_call call = { .method = "POST",
                                 .url = demo->url,
                                 .headers = headers,
                                 .header_count = CN_ARRAY_LEN(headers),
                                 .body = body,
                                 .timeout_ms = TIMEOUT_MS,
                                 .allows_private = true }; /* our own port */
    int status = 0;
    int unsent = 0;
    while (!atomic_load(&demo->stopping)) {
        struct cn_buf answer;
        cn_buf_init(&answer, ANSWER_MAX_BYTES);
        bool sent = cn_http_client_call(demo->client, &call, &status, &answer, err);
        cn_buf_deinit(&answer);
        if (!sent && (err->code != CN_UNAVAILABLE || ++unsent > UNSENT_MAX)) {
            return false;
        }
        if (!sent) { /* a machine that was busy or asleep: what came twice counts once */
            sleep_ms(RETRY_PAUSE_MS);
            continue;
        }
        if (status == 200) {
            demo->sent += (int64_t)events;
            report(demo);
            if (demo->label != NULL) { /* before that nobody looks */
                wait_for_engine(demo);
            }
            return true;
        }
        if (status != 429) {
            return cn_fail(err, CN_INTERNAL, "the tracking API answered %d", status);
        }
        int64_t seconds = cn_http_client_retry_after(demo->client);
        sleep_ms(seconds > 0 ? seconds * 1000 : RETRY_PAUSE_MS);
    }
    return cn_fail(err, CN_UNAVAILABLE, "the demo is being stopped");
}

static struct cn_demo_traffic traffic_of(struct cn_demo *demo, cn_time now)
{
    return (struct cn_demo_traffic){ .seed = demo->options.seed,
                                     .self_service = demo->options.self_service,
                                     .tz = demo->options.tz,
                                     .now = now,
                                     .send = post,
                                     .ctx = demo };
}

struct preparation {
    struct cn_demo_seed seed;
    struct cn_id_source *ids;
    cn_time known; /* when the records were written */
    enum cn_demo_book book;
    size_t from;
    size_t to;
    bool with_users;
};

static bool prepare_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct preparation *what = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    struct cn_unit unit = { .conn = conn,
                            .arena = &arena,
                            .ids = what->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = what->known,
                            .tz = what->seed.tz };
    bool ok = (!what->with_users || cn_demo_seed_users(&what->seed, &unit, err)) &&
              cn_demo_seed_accounts(&what->seed, &unit, what->book, what->from, what->to, err);
    cn_arena_deinit(&arena);
    return ok;
}

bool cn_demo_prepare(struct cn_db *db, struct cn_id_source *ids, const struct cn_tz *tz,
                     cn_time now, uint64_t seed, struct cn_error *err)
{
    /* Long enough ago that what happens to them from now on is news: see "signal.settle". */
    static const int64_t settled_us = (int64_t)2 * 3600 * 1000000;
    struct cn_id_source past;
    cn_id_source_init(&past, ids->node, 0);
    struct preparation what = { .seed = { seed, tz, now },
                                .ids = &past,
                                .known = { now.us - settled_us },
                                .book = CN_DEMO_ENTERPRISE,
                                .to = cn_demo_book_size(CN_DEMO_ENTERPRISE, 0),
                                .with_users = true };
    if (!cn_db_write(db, prepare_work, &what, err)) {
        return cn_error_context(err, "making the demo's records");
    }
    static const enum cn_demo_book others[] = { CN_DEMO_MID_MARKET, CN_DEMO_FORMER };
    what.with_users = false;
    for (size_t i = 0; i < CN_ARRAY_LEN(others); i++) {
        what.book = others[i];
        what.to = cn_demo_book_size(others[i], 0);
        if (!cn_db_write(db, prepare_work, &what, err)) {
            return cn_error_context(err, "making the demo's records");
        }
    }
    return true;
}

static void backfill_progress(void *arg, int64_t done, int64_t total)
{
    struct cn_demo *demo = arg;
    if (demo->label != NULL) {
        demo->options.progress(demo->options.progress_arg, demo->label, done, total);
    }
}

/* The accounts of these books, as far as they exist. */
static size_t accounts_of(struct cn_demo *demo, const enum cn_demo_book *books, size_t count,
                          struct cn_arena *arena, int64_t **ids_out)
{
    struct cn_subject_map *map = cn_engine_subjects(demo->options.engine);
    size_t most = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        most += cn_demo_book_size(books[i], demo->options.self_service);
    }
    *ids_out = cn_arena_array(arena, int64_t, most);
    for (size_t i = 0; i < count; i++) {
        for (size_t index = 0; index < cn_demo_book_size(books[i], demo->options.self_service);
             index++) {
            struct cn_demo_account account;
            cn_demo_account_make(demo->options.seed, books[i], index, &account);
            int64_t id = cn_subject_map_account(map, cn_str_of(account.key));
            if (id != 0) {
                (*ids_out)[n++] = id;
            }
        }
    }
    return n;
}

static bool backfill(struct cn_demo *demo, const enum cn_demo_book *books, size_t count,
                     int64_t days, struct cn_error *err)
{
    int64_t today = cn_tz_day(demo->options.tz, demo->began);
    int64_t *ids = NULL;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    bool ok = cn_engine_settle(demo->options.engine, err);
    size_t found = ok ? accounts_of(demo, books, count, &arena, &ids) : 0;
    struct cn_backfill what = { .account_ids = ids,
                                .count = found,
                                .first_day = today - days,
                                .last_day = today - 1,
                                .progress = backfill_progress,
                                .arg = demo };
    ok = ok && cn_engine_backfill(demo->options.engine, &what, err);
    cn_arena_deinit(&arena);
    return ok;
}

/* What was already true of the big accounts, as somebody would pick it from the list. */
static bool start_signals(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_demo *demo = arg;
    const struct cn_signal_filter filter = {
        .views = 1U << CN_SIGNAL_VIEW_ALREADY_TRUE,
        .severities = 1U << CN_SIGNAL_HIGH | 1U << CN_SIGNAL_CRITICAL,
        .limit = CN_SIGNAL_LIST_MAX,
    };
    const struct cn_signal_action start = { .verb = CN_SIGNAL_START };
    struct cn_signal_list list;
    struct cn_signal signal;
    struct cn_user user;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    struct cn_unit unit = { .conn = conn,
                            .arena = &arena,
                            .ids = demo->options.ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(demo->options.clock),
                            .tz = demo->options.tz };
    bool ok = cn_user_load_email(&unit, CN_STR(CN_DEMO_EMAIL), &user, err) &&
              cn_signal_list(&unit, &filter, &list, err);
    for (size_t i = 0; ok && i < list.count; i++) {
        struct cn_departure departure;
        bool has_left = false;
        ok = cn_departure_get(&unit, list.items[i].account_id, &departure, &has_left, err);
        if (!ok || has_left) {
            continue;
        }
        unit.user = user.id;
        ok = cn_signal_act(&unit, list.items[i].id, &start, &signal, err);
    }
    cn_arena_deinit(&arena);
    return ok;
}

static bool bring_small_books(struct cn_demo *demo, struct cn_error *err)
{
    static const enum cn_demo_book books[] = { CN_DEMO_ENTERPRISE, CN_DEMO_MID_MARKET,
                                               CN_DEMO_FORMER };
    struct cn_demo_traffic traffic = traffic_of(demo, demo->began);
    for (size_t i = 0; i < CN_ARRAY_LEN(books); i++) {
        if (!cn_demo_send_profiles(&traffic, books[i], err) ||
            !cn_demo_send_past(&traffic, books[i], CN_DEMO_HISTORY_DAYS, err)) {
            return false;
        }
    }
    if (!backfill(demo, books, CN_ARRAY_LEN(books), CN_DEMO_HISTORY_DAYS, err)) {
        return false;
    }
    cn_engine_hold(demo->options.engine, false);
    return cn_engine_settle(demo->options.engine, err) &&
           cn_db_write(demo->options.db, start_signals, demo, err) &&
           cn_engine_settle(demo->options.engine, err);
}

static bool bring_self_service(struct cn_demo *demo, struct cn_error *err)
{
    struct cn_demo_traffic traffic = traffic_of(demo, demo->began);
    size_t accounts = demo->options.self_service;
    if (accounts == 0) {
        return true;
    }
    demo->label = "Importing customers";
    demo->total = (int64_t)accounts;
    for (size_t from = 0; from < accounts; from += RECORDS_AT_ONCE) {
        struct preparation what = { .seed = { demo->options.seed, demo->options.tz, demo->began },
                                    .ids = demo->options.ids,
                                    .known = demo->began,
                                    .book = CN_DEMO_SELF_SERVICE,
                                    .from = from,
                                    .to = accounts - from < RECORDS_AT_ONCE
                                              ? accounts
                                              : from + RECORDS_AT_ONCE };
        if (atomic_load(&demo->stopping)) {
            return cn_fail(err, CN_UNAVAILABLE, "the demo is being stopped");
        }
        if (!cn_db_write(demo->options.db, prepare_work, &what, err)) {
            return false;
        }
        demo->sent = (int64_t)what.to;
        report(demo);
        sleep_ms(RECORDS_PAUSE_MS);
    }
    demo->label = "Streaming events";
    demo->sent = 0;
    demo->total = cn_demo_past_estimate(&traffic, CN_DEMO_SELF_SERVICE, CN_DEMO_SELF_SERVICE_DAYS);
    if (!cn_demo_send_profiles(&traffic, CN_DEMO_SELF_SERVICE, err) ||
        !cn_demo_send_past(&traffic, CN_DEMO_SELF_SERVICE, CN_DEMO_SELF_SERVICE_DAYS, err)) {
        return false;
    }
    demo->label = "Scoring the past";
    static const enum cn_demo_book book = CN_DEMO_SELF_SERVICE;
    return backfill(demo, &book, 1, CN_DEMO_SELF_SERVICE_DAYS, err);
}

static bool mark_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_demo *demo = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 4096);
    struct cn_unit unit = {
        .conn = conn, .arena = &arena, .scope = CN_SCOPE_ALL, .now = cn_now(demo->options.clock)
    };
    bool ok = cn_workspace_value_save(&unit, "demo", CN_STR("complete"), err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool go_on_living(struct cn_demo *demo, struct cn_error *err)
{
    cn_time now = cn_now(demo->options.clock);
    cn_time slot = cn_demo_next_slot(demo->options.tz, now);
    while (!atomic_load(&demo->stopping)) {
        struct cn_demo_traffic traffic = traffic_of(demo, slot);
        if (now.us < slot.us) {
            sleep_ms((slot.us - now.us) / 1000 + 1);
        } else if (now.us - slot.us > LIVE_LATE_MAX_US) {
            slot = cn_demo_next_slot(demo->options.tz, now);
        } else if (cn_demo_send_now(&traffic, err)) {
            slot = cn_demo_next_slot(demo->options.tz, slot);
        } else {
            return false;
        }
        now = cn_now(demo->options.clock);
    }
    return true;
}

static void *run(void *arg)
{
    struct cn_demo *demo = arg;
    struct cn_error err;
    bool ok = true;
    if (!demo->is_complete) {
        ok = bring_self_service(demo, &err) && cn_db_write(demo->options.db, mark_work, demo, &err);
        demo->label = NULL;
        demo->options.progress(demo->options.progress_arg, "", 0, 0);
    }
    if ((!ok || !go_on_living(demo, &err)) && !atomic_load(&demo->stopping)) {
        cn_log_error("demo", &err, "the demo's traffic ends");
    }
    return NULL;
}

/* A restart goes on with as many customers as the demo was made with. */
static bool save_size(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_demo *demo = arg;
    char text[24];
    const struct cn_unit unit = { .conn = conn, .scope = CN_SCOPE_ALL };
    (void)snprintf(text, sizeof(text), "%zu", demo->options.self_service); /* fits */
    return cn_workspace_value_save(&unit, "demo_self_service", cn_str_of(text), err);
}

/* Whether all of the world was brought in by an earlier run, and how large it is. */
static bool load_state(struct cn_demo *demo, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_arena arena;
    cn_str value = CN_STR("");
    if (!cn_db_read(demo->options.db, &conn, err)) {
        return false;
    }
    cn_arena_init(&arena, 4096);
    struct cn_unit unit = { .conn = conn, .arena = &arena, .scope = CN_SCOPE_ALL };
    bool ok = cn_workspace_value_load(&unit, "demo", &value, err);
    demo->is_complete = ok && value.len > 0;
    int64_t size = 0;
    ok = ok && cn_workspace_value_load(&unit, "demo_self_service", &value, err);
    demo->options.self_service =
        ok && cn_parse_i64(value, &size) ? (size_t)size : CN_DEMO_SELF_SERVICE_ACCOUNTS;
    cn_arena_deinit(&arena);
    cn_db_release(demo->options.db, conn);
    return ok;
}

bool cn_demo_start(const struct cn_demo_options *options, bool is_new, struct cn_demo **demo_out,
                   struct cn_error *err)
{
    struct cn_demo *demo = cn_heap_resize(NULL, sizeof(*demo));
    *demo = (struct cn_demo){ .options = *options, .began = cn_now(options->clock) };
    demo->client = cn_http_client_new();
    int len = snprintf(demo->url, sizeof(demo->url), "%s/v1/batch", options->url);
    bool ok = (len > 0 && (size_t)len < sizeof(demo->url)) ||
              cn_fail(err, CN_INVALID, "the server's address is too long");
    ok = ok &&
         (is_new ? cn_db_write(options->db, save_size, demo, err) && bring_small_books(demo, err)
                 : load_state(demo, err));
    if (!ok) {
        cn_demo_stop(demo);
        return cn_error_context(err, "starting the demo");
    }
    demo->sent = 0;
    if (pthread_create(&demo->thread, NULL, run, demo) != 0) {
        abort(); /* as when memory ends: nobody could do better */
    }
    demo->has_thread = true;
    *demo_out = demo;
    return true;
}

void cn_demo_stop(struct cn_demo *demo)
{
    if (demo == NULL) {
        return;
    }
    atomic_store(&demo->stopping, true);
    if (demo->has_thread) {
        (void)pthread_join(demo->thread, NULL); /* it is joinable and not us */
    }
    cn_http_client_free(demo->client);
    free(demo);
}
