/*
 * How fast tracking bodies are parsed and events are stored.  Prints a line of JSON a figure.
 *
 *   event_bench FOLDER [EVENTS]      FOLDER must not exist; it is filled with log segments
 *   event_bench postgresql://... [EVENTS]      an empty database
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/str.h"

#include "event/log.h"
#include "event/migrations.h"
#include "event/parse.h"
#include "sql/db.h"
#include "sql/migrate.h"

enum {
    BODY_MAX = 4 * 1024 * 1024,
    SOURCE = 3,
    IN_FLIGHT = 64,
    DEFAULT_EVENTS = 500000,
};

static void give_up(const struct cn_error *err)
{
    (void)fprintf(stderr, "%s\n", err->message);
    abort();
}

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail with these arguments */
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* About 250 bytes an event, as SDKs send it, with random ids, users and accounts. */
static void make_body(struct cn_rng *rng, size_t events, struct cn_buf *body)
{
    cn_buf_clear(body);
    cn_buf_add_str(body, CN_STR("{\"batch\":["));
    for (size_t i = 0; i < events; i++) {
        cn_buf_printf(
            body,
            "%s{\"type\":\"track\",\"event\":\"Report Exported\",\"userId\":\"user-%" PRId64
            "\",\"context\":{\"groupId\":\"account-%" PRId64 "\"},\"properties\":{\"rows\":%" PRId64
            ",\"format\":\"csv\"},\"messageId\":\"%08" PRIx64 "-%012" PRIx64
            "\",\"timestamp\":\"2026-11-21T19:15:08.354Z\",\"integrations\":{}}",
            i > 0 ? "," : "", cn_rng_between(rng, 1, 50000), cn_rng_between(rng, 1, 10000),
            cn_rng_between(rng, 0, 100000), cn_rng_next(rng), cn_rng_next(rng));
    }
    cn_buf_add_str(body, CN_STR("],\"sentAt\":\"2026-11-21T19:15:08.400Z\"}"));
}

static cn_time received(void)
{
    return (cn_time){ 1795288508500000 };
}

static void bench_parse(struct cn_event_parser *parser, size_t batch_events, size_t total)
{
    struct cn_rng rng = { 1 };
    struct cn_buf body;
    struct cn_error err;
    cn_buf_init(&body, BODY_MAX);
    make_body(&rng, batch_events, &body);
    int64_t start = cn_clock_monotonic_us();
    size_t done = 0;
    while (done < total) {
        struct cn_event_batch *batch;
        if (!cn_event_parse(parser, CN_CALL_BATCH, cn_buf_str(&body), received(),
                            &cn_event_limits_default, &batch, &err) ||
            batch->count != batch_events) {
            abort();
        }
        cn_event_batch_set_source(batch, SOURCE);
        done += batch->count;
        cn_event_batch_release(batch);
    }
    double ns = (double)(cn_clock_monotonic_us() - start) * 1e3 / (double)done;
    printf(
        "{\"bench\":\"event_parse\",\"batch\":%zu,\"bytes_per_event\":%zu,\"ns_per_event\":%.0f}\n",
        batch_events, body.len / batch_events, ns);
    cn_buf_deinit(&body);
}

struct flight {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    size_t in_flight;
    size_t failed;
};

static void land(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
{
    struct flight *flight = arg;
    (void)batch;
    pthread_mutex_lock(&flight->lock);
    flight->in_flight--;
    flight->failed += err != NULL;
    pthread_cond_signal(&flight->landed);
    pthread_mutex_unlock(&flight->lock);
}

static void wait_until(struct flight *flight, size_t most)
{
    pthread_mutex_lock(&flight->lock);
    while (flight->in_flight > most) {
        pthread_cond_wait(&flight->landed, &flight->lock);
    }
    pthread_mutex_unlock(&flight->lock);
}

/* Bodies are made before the clock starts; parsing is part of what is measured. */
static void bench_append(struct cn_event_parser *parser, struct cn_event_log_options options,
                         size_t batch_events, size_t total)
{
    struct cn_rng rng = { batch_events };
    struct flight flight = { .lock = PTHREAD_MUTEX_INITIALIZER,
                             .landed = PTHREAD_COND_INITIALIZER };
    struct cn_event_log *log;
    struct cn_error err;
    size_t bodies = total / batch_events;
    struct cn_buf *made = cn_heap_resize(NULL, bodies * sizeof(*made));
    if (!cn_event_log_open(&options, &log, &err)) {
        give_up(&err);
    }
    for (size_t i = 0; i < bodies; i++) {
        cn_buf_init(&made[i], BODY_MAX);
        make_body(&rng, batch_events, &made[i]);
    }
    int64_t start = cn_clock_monotonic_us();
    double cpu = cpu_seconds();
    for (size_t i = 0; i < bodies; i++) {
        struct cn_event_batch *batch;
        wait_until(&flight, IN_FLIGHT - 1);
        if (!cn_event_parse(parser, CN_CALL_BATCH, cn_buf_str(&made[i]), received(),
                            &cn_event_limits_default, &batch, &err)) {
            abort();
        }
        cn_event_batch_set_source(batch, SOURCE);
        pthread_mutex_lock(&flight.lock);
        flight.in_flight++;
        pthread_mutex_unlock(&flight.lock);
        if (!cn_event_log_append(log, batch, land, &flight, &err)) {
            abort();
        }
    }
    wait_until(&flight, 0);
    double seconds = (double)(cn_clock_monotonic_us() - start) / 1e6;
    cpu = cpu_seconds() - cpu;
    struct cn_event_log_stats stats;
    cn_event_log_stats(log, &stats);
    printf("{\"bench\":\"event_append\",\"batch\":%zu,\"synced\":%s,\"events_per_s\":%.0f,"
           "\"cpu_us_per_event\":%.2f,\"commits\":%" PRId64 ",\"failed\":%zu}\n",
           batch_events, options.is_unsynced ? "false" : "true", (double)stats.events / seconds,
           cpu * 1e6 / (double)stats.events, stats.groups, flight.failed);
    for (size_t i = 0; i < bodies; i++) {
        cn_buf_deinit(&made[i]);
    }
    free(made);
    cn_event_log_close(log);
}

static bool count_event(void *arg, const struct cn_event *event)
{
    size_t *count = arg;
    (void)event;
    (*count)++;
    return true;
}

static void bench_reading(const char *dir)
{
    struct cn_event_log_options options = { .dir = dir,
                                            .clock = &cn_clock_system,
                                            .is_kept_by_caller = true };
    struct cn_event_log *log;
    struct cn_error err;
    size_t scanned = 0;
    int64_t start = cn_clock_monotonic_us();
    if (!cn_event_log_open(&options, &log, &err)) {
        give_up(&err);
    }
    int64_t opened = cn_clock_monotonic_us();
    if (!cn_event_log_scan(log, 1, INT64_MAX, count_event, &scanned, &err)) {
        give_up(&err);
    }
    int64_t end = cn_clock_monotonic_us();
    printf("{\"bench\":\"event_open\",\"events\":%zu,\"ms\":%.0f}\n", scanned,
           (double)(opened - start) / 1e3);
    printf("{\"bench\":\"event_scan\",\"events\":%zu,\"events_per_s\":%.0f}\n", scanned,
           (double)scanned * 1e6 / (double)(end - opened));
    cn_event_log_close(log);
}

static void bench_files(struct cn_event_parser *parser, const char *dir, size_t events)
{
    char other[512];
    struct cn_event_log_options options = { .dir = dir, .clock = &cn_clock_system };
    bench_append(parser, options, 100, events);
    bench_reading(dir);
    options.dir = other;
    (void)snprintf(other, sizeof(other), "%s-one", dir);
    bench_append(parser, options, 1, events / 10);
    (void)snprintf(other, sizeof(other), "%s-unsynced", dir);
    options.is_unsynced = true;
    bench_append(parser, options, 100, events);
}

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count,
                      (cn_time){ 0 }, err);
}

static void bench_postgres(struct cn_event_parser *parser, const char *url, size_t events)
{
    struct cn_db_options db_options = { .url = cn_str_of(url) };
    struct cn_event_log_options options = { .clock = &cn_clock_system };
    struct cn_error err;
    if (!cn_db_open(&db_options, &options.db, &err) ||
        !cn_db_write(options.db, migrate, NULL, &err)) {
        give_up(&err);
    }
    bench_append(parser, options, 100, events);
    bench_append(parser, options, 1, events / 10);
    cn_db_close(options.db);
}

int main(int argc, char **argv)
{
    int64_t events = DEFAULT_EVENTS;
    cn_heap_tune();
    if (argc < 2 || (argc > 2 && !cn_parse_i64(cn_str_of(argv[2]), &events))) {
        (void)fprintf(stderr, "usage: event_bench FOLDER [EVENTS]\n");
        return 2;
    }
    struct cn_event_parser *parser = cn_event_parser_new(BODY_MAX);
    bench_parse(parser, 100, (size_t)events);
    bench_parse(parser, 1, (size_t)events / 10);
    if (cn_str_starts_with(cn_str_of(argv[1]), CN_STR("postgresql:"))) {
        bench_postgres(parser, argv[1], (size_t)events);
    } else {
        bench_files(parser, argv[1], (size_t)events);
    }
    cn_event_parser_free(parser);
    return 0;
}
