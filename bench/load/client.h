/*
 * Keeps a number of HTTP/1.1 connections busy with the requests of a workload: each sends the next
 * request as soon as it has the answer to its last.  One thread, epoll.
 *
 * Understands just what it needs: a status and a Content-Length.  An answer of 429 is waited out
 * and the request sent again; a lost connection ends that connection.
 */
#ifndef CAIRN_BENCH_LOAD_CLIENT_H
#define CAIRN_BENCH_LOAD_CLIENT_H

#include <netinet/in.h>
#include <stdio.h>

#include "base/base.h"
#include "base/error.h"

#include "bench/load/histogram.h"
#include "bench/load/workload.h"

struct cn_load_run {
    const struct cn_load_workload *workload;
    struct sockaddr_in server;
    size_t connections;
    int64_t warmup_us;   /* not measured */
    int64_t measured_us; /* after which nothing new is sent */
    const int64_t *pids; /* whose CPU time is taken, with that of their descendants */
    size_t pid_count;
    int64_t interval_us;     /* between the beginnings of requests at least; 0: none */
    uint64_t first;          /* number of the first request */
    const uint64_t *numbers; /* these and no others, if not NULL */
    size_t number_count;
    FILE *acks; /* gets the number of each acknowledged request, 8 bytes each; may be NULL */
};

/* Of the measured time, but for the counts of what went wrong. */
struct cn_load_result {
    uint64_t requests; /* answered with 2xx */
    int64_t elapsed_us;
    int64_t server_cpu_us;
    int64_t own_cpu_us;
    uint64_t acknowledged; /* requests of the whole run that were answered with 2xx */
    uint64_t refused;      /* 429 */
    uint64_t failed;       /* any other answer */
    uint64_t lost;         /* connections */
    uint64_t next;         /* number of the first request that was not sent */
    int last_failure;      /* status */
    struct cn_load_histogram latency;
};

/* Fails with CN_UNAVAILABLE if no connection can be made at all. */
CN_MUST_CHECK bool cn_load_run(const struct cn_load_run *run, struct cn_load_result *result_out,
                               struct cn_error *err);

#endif
