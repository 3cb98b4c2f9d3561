/*
 * The requests of a run, rendered before it starts, so that sending one costs a copy and the
 * patching of its message ids.
 *
 * A request is named by its number: number n of a run has the same bytes whenever it is sent, which
 * is how a later run sends again what an earlier one had acknowledged.
 */
#ifndef CAIRN_BENCH_LOAD_WORKLOAD_H
#define CAIRN_BENCH_LOAD_WORKLOAD_H

#include "base/base.h"
#include "base/error.h"

enum {
    CN_LOAD_ID_DIGITS = 16, /* of the sequence number in a message id */
};

struct cn_load_plan {
    cn_str host; /* of the Host header */
    cn_str path;
    cn_str write_key;
    cn_str run; /* part of every message id */
    size_t batch;
    uint64_t accounts;
    uint64_t users; /* of an account */
    uint64_t seed;
    int64_t identify_per_cent;
    int64_t group_per_cent; /* of which each moves a user among three accounts */
    int64_t alias_per_cent; /* of former ids, which loose events then have too */
    int64_t loose_per_cent; /* of the other events: no group key, and half of them anonymous */
    int64_t late_per_cent;  /* of all events: of tens of days before */
    bool random_ids;        /* else message ids grow, as those of SDKs that begin with the time */
    cn_time at;             /* of the other events */
    cn_time sent;           /* what requests say that they were sent at */
};

struct cn_load_request {
    char *bytes;
    size_t len;
    size_t *id_at; /* where the sequence digits of each event are; NULL if there are none */
};

struct cn_load_workload {
    struct cn_load_request *requests;
    size_t count;
    size_t batch; /* events in a request */
    bool random_ids;
    size_t max_len; /* of a request */
};

enum {
    CN_LOAD_LATE_DAYS = 40
};

/* Renders batch requests of the tracking API. */
void cn_load_workload_init(struct cn_load_workload *workload, const struct cn_load_plan *plan);

/* Renders a GET for each line of `paths`, with `header` ("Cookie: ...") unless it is empty. */
void cn_load_workload_init_gets(struct cn_load_workload *workload, cn_str host, cn_str paths,
                                cn_str header);

void cn_load_workload_deinit(struct cn_load_workload *workload);

/* Writes request `number` to `out`, which holds max_len bytes; yields its length. */
size_t cn_load_render(const struct cn_load_workload *workload, uint64_t number, char *out);

#endif
