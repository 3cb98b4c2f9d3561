/*
 * A load generator for the tracking API and for GETs: prints one line of JSON with rate, latency
 * and CPU time per operation.  The same one drives Cairn and what it is measured against.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/str.h"

#include "bench/load/client.h"
#include "bench/load/workload.h"

struct options {
    const char *address; /* "127.0.0.1:7117" */
    const char *path;
    const char *key;
    const char *run_tag;
    const char *acks;   /* file to write */
    const char *resend; /* such a file to read: send these again */
    const char *gets;   /* file of paths: GET these instead */
    const char *header; /* of GETs */
    const char *pids;   /* "123,456" */
    int64_t batch;
    int64_t connections;
    int64_t seconds;
    int64_t warmup;
    int64_t accounts;
    int64_t users;
    int64_t seed;
    int64_t first;
    int64_t identify;
    int64_t group;
    int64_t alias;
    int64_t loose;
    int64_t late;
    int64_t random_ids;
    int64_t rate;
    int64_t at;
};

struct option {
    const char *name;
    const char **text;
    int64_t *number;
    const char *doc;
};

enum {
    NUMBERS_MAX_BYTES = 1 << 30,
    PIDS_MAX = 8
};

/* Numbers between commas; yields how many, 0 if one is none. */
static size_t parse_pids(const char *text, int64_t *pids_out)
{
    cn_str rest = cn_str_of(text);
    cn_str piece;
    size_t count = 0;
    while (count < PIDS_MAX && cn_str_split(&rest, ',', &piece)) {
        if (!cn_parse_i64(piece, &pids_out[count++])) {
            return 0;
        }
    }
    return count;
}

/* Sets the option that the two words name. */
static bool set_option(const struct option *rows, size_t count, const char *name, const char *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, rows[i].name) != 0) {
            continue;
        }
        if (rows[i].text != NULL) {
            *rows[i].text = value;
            return true;
        }
        return cn_parse_i64(cn_str_of(value), rows[i].number) && *rows[i].number >= 0;
    }
    return false;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    const struct option rows[] = {
        { "--address", &options->address, NULL, "IP:PORT of the server" },
        { "--path", &options->path, NULL, "where batches are posted" },
        { "--key", &options->key, NULL, "write key" },
        { "--run", &options->run_tag, NULL, "part of every message id" },
        { "--acks", &options->acks, NULL, "file for the numbers of acknowledged requests" },
        { "--resend", &options->resend, NULL, "such a file: send these requests again" },
        { "--gets", &options->gets, NULL, "file of paths to GET, one a line" },
        { "--header", &options->header, NULL, "further header of GETs" },
        { "--batch", NULL, &options->batch, "events a request" },
        { "--connections", NULL, &options->connections, "kept busy" },
        { "--seconds", NULL, &options->seconds, "measured" },
        { "--warmup", NULL, &options->warmup, "seconds before, not measured" },
        { "--accounts", NULL, &options->accounts, "that events are of" },
        { "--users", NULL, &options->users, "of an account" },
        { "--seed", NULL, &options->seed, "of the events" },
        { "--first", NULL, &options->first, "number of the first request" },
        { "--identify", NULL, &options->identify, "per cent of events" },
        { "--group", NULL, &options->group, "per cent of events" },
        { "--alias", NULL, &options->alias, "per cent of events" },
        { "--late", NULL, &options->late, "per cent of events that happened days before" },
        { "--loose", NULL, &options->loose, "per cent of events without a group key" },
        { "--rate", NULL, &options->rate, "events a second at most; 0: any" },
        { "--at", NULL, &options->at, "when all events happened, in seconds since 1970; 0: now" },
        { "--random-ids", NULL, &options->random_ids, "1: message ids in no order" },
        { "--pids", &options->pids, NULL,
          "processes, \"1,2\", whose CPU time counts, children too" },
    };
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && set_option(rows, CN_ARRAY_LEN(rows), argv[i], argv[i + 1])) {
            continue;
        }
        (void)fprintf(stderr, "cairn-load: %s?\n", argv[i]);
        for (size_t k = 0; k < CN_ARRAY_LEN(rows); k++) {
            (void)fprintf(stderr, "  %-14s %s\n", rows[k].name, rows[k].doc);
        }
        return false;
    }
    return options->address != NULL && options->batch > 0 && options->connections > 0 &&
           options->accounts > 0 && options->users > 0;
}

static bool parse_address(const char *text, struct sockaddr_in *server_out)
{
    cn_str rest = cn_str_of(text);
    cn_str host;
    char ip[INET_ADDRSTRLEN];
    int64_t port = 0;
    if (!cn_str_split(&rest, ':', &host) || host.len >= sizeof(ip) || !cn_parse_i64(rest, &port) ||
        port < 1 || port > UINT16_MAX) {
        return false;
    }
    memcpy(ip, host.ptr, host.len);
    ip[host.len] = '\0';
    *server_out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    return inet_pton(AF_INET, ip, &server_out->sin_addr) == 1;
}

static bool read_file(const char *path, struct cn_buf *out)
{
    char piece[64 * 1024];
    size_t n = 0;
    FILE *file = fopen(path, "re");
    cn_buf_init(out, NUMBERS_MAX_BYTES);
    if (file == NULL) {
        return false;
    }
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        cn_buf_add(out, piece, n);
    }
    (void)fclose(file); /* only read from */
    return !out->overflowed;
}

static void print_result(const struct cn_load_result *result, size_t batch)
{
    double seconds = (double)result->elapsed_us / 1e6;
    double events = (double)(result->requests * batch);
    double per_event = events > 0 ? 1 / events : 0;
    printf("{\"requests\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"failed\":%" PRIu64 ",\"last_failure\":%d,\"lost\":%" PRIu64 ",\"next\":%" PRIu64 ",",
           result->requests, result->acknowledged, result->refused, result->failed,
           result->last_failure, result->lost, result->next);
    printf("\"seconds\":%.3f,\"per_second\":%.1f,\"requests_per_second\":%.1f,", seconds,
           seconds > 0 ? events / seconds : 0,
           seconds > 0 ? (double)result->requests / seconds : 0);
    printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,",
           (double)cn_load_histogram_percentile(&result->latency, 50) / 1e3,
           (double)cn_load_histogram_percentile(&result->latency, 99) / 1e3,
           (double)result->latency.max_us / 1e3);
    printf("\"server_cpu_us\":%.3f,\"load_cpu_us\":%.3f}\n",
           (double)result->server_cpu_us * per_event, (double)result->own_cpu_us * per_event);
}

static bool make_workload(const struct options *options, struct cn_load_workload *workload)
{
    if (options->gets != NULL) {
        struct cn_buf paths;
        if (!read_file(options->gets, &paths)) {
            return false;
        }
        cn_load_workload_init_gets(workload, cn_str_of(options->address), cn_buf_str(&paths),
                                   cn_str_of(options->header));
        cn_buf_deinit(&paths);
        return workload->count > 0;
    }
    struct cn_load_plan plan = {
        .host = cn_str_of(options->address),
        .path = cn_str_of(options->path),
        .write_key = cn_str_of(options->key),
        .run = cn_str_of(options->run_tag),
        .batch = (size_t)options->batch,
        .accounts = (uint64_t)options->accounts,
        .users = (uint64_t)options->users,
        .seed = (uint64_t)options->seed,
        .identify_per_cent = options->identify,
        .group_per_cent = options->group,
        .alias_per_cent = options->alias,
        .loose_per_cent = options->loose,
        .late_per_cent = options->late,
        .random_ids = options->random_ids != 0,
        .at = options->at > 0 ? (cn_time){ options->at * 1000000 } : cn_now(&cn_clock_system),
        .sent = cn_now(&cn_clock_system),
    };
    cn_load_workload_init(workload, &plan);
    return true;
}

int main(int argc, char **argv)
{
    struct options options = { .path = "/v1/batch",
                               .key = "",
                               .run_tag = "0",
                               .batch = 100,
                               .connections = 32,
                               .seconds = 10,
                               .accounts = 10000,
                               .users = 20,
                               .seed = 1 };
    struct cn_load_run run = { 0 };
    int64_t pids[PIDS_MAX];
    if (!parse_options(argc, argv, &options) || !parse_address(options.address, &run.server)) {
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */

    struct cn_load_workload workload = { 0 };
    struct cn_buf numbers = { 0 };
    struct cn_load_result result = { 0 };
    struct cn_error err;
    if (!make_workload(&options, &workload) ||
        (options.resend != NULL && !read_file(options.resend, &numbers))) {
        (void)fprintf(stderr, "cairn-load: cannot read a file\n");
        return 2;
    }
    run.workload = &workload;
    run.connections = (size_t)options.connections;
    run.warmup_us = options.warmup * 1000000;
    run.measured_us = options.seconds * 1000000;
    run.interval_us = options.rate > 0 ? options.batch * 1000000 / options.rate : 0;
    run.pids = pids;
    run.pid_count = parse_pids(options.pids, pids);
    run.first = (uint64_t)options.first;
    run.numbers = options.resend != NULL ? (const void *)numbers.data : NULL;
    run.number_count = numbers.len / sizeof(uint64_t);
    run.acks = options.acks != NULL ? fopen(options.acks, "ae") : NULL;

    bool ok = cn_load_run(&run, &result, &err);
    if (ok) {
        print_result(&result, workload.batch);
    } else {
        (void)fprintf(stderr, "cairn-load: %s\n", err.message);
    }
    if (run.acks != NULL && fclose(run.acks) != 0) {
        (void)fprintf(stderr, "cairn-load: cannot write %s\n", options.acks);
        ok = false;
    }
    cn_buf_deinit(&numbers);
    cn_load_workload_deinit(&workload);
    return ok ? 0 : 1;
}
