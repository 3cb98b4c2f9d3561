/*
 * A fixed set of threads behind a bounded queue, for work that may wait.
 */
#ifndef CAIRN_BASE_WORKERS_H
#define CAIRN_BASE_WORKERS_H

#include "base/queue.h"

struct cn_workers;

/* What one piece of work is; embed it in your own struct. */
struct cn_work {
    void (*run)(struct cn_work *work);
};

/* `name` shows in ps and gdb, at most 15 bytes. */
struct cn_workers *cn_workers_new(const char *name, size_t threads, size_t queue_capacity);

/* False, without waiting, if the queue is full or the workers are stopping. */
CN_MUST_CHECK bool cn_workers_submit(struct cn_workers *workers, struct cn_work *work);

size_t cn_workers_waiting(struct cn_workers *workers);

enum {
    CN_WORKERS_SHARES_MAX = 64
};

/* How many threads cn_workers_each() can have at work: the caller's is one of them. */
size_t cn_workers_hands(const struct cn_workers *workers); /* NULL is allowed: 1 */

/* Calls `run` once with each index below `count`, which is at most CN_WORKERS_SHARES_MAX: with 0 on
 * this thread, with the others on the workers' threads, or on this one if their queue is full.
 * Returns when all have.  Not for the workers themselves.  `workers` may be NULL. */
void cn_workers_each(struct cn_workers *workers, size_t count, void (*run)(void *arg, size_t index),
                     void *arg);

/* Runs what is queued, then stops the threads.  NULL is allowed. */
void cn_workers_free(struct cn_workers *workers);

#endif
