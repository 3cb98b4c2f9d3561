/*
 * A bounded queue of pointers between threads: many may push, many may pop.
 */
#ifndef CAIRN_BASE_QUEUE_H
#define CAIRN_BASE_QUEUE_H

#include <pthread.h>

#include "base/base.h"

struct cn_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    void **items; /* a ring */
    size_t capacity;
    size_t head;
    size_t count;
    bool closed;
};

void cn_queue_init(struct cn_queue *queue, size_t capacity);
void cn_queue_deinit(struct cn_queue *queue); /* must be empty and unused */

/* False, without waiting, if it is full or closed. */
CN_MUST_CHECK bool cn_queue_try_push(struct cn_queue *queue, void *item);

/* The same without waking whoever waits for items: for many in a row, and cn_queue_wake() after. */
CN_MUST_CHECK bool cn_queue_try_push_quietly(struct cn_queue *queue, void *item);

/* Wakes a waiter if there are items. */
void cn_queue_wake(struct cn_queue *queue);

/* Waits for room.  False if it is closed. */
CN_MUST_CHECK bool cn_queue_push(struct cn_queue *queue, void *item);

/* Waits for up to timeout_us (-1: for ever) and takes up to max items in their order.  0 after the
 * timeout, or when the queue is closed and empty. */
size_t cn_queue_pop(struct cn_queue *queue, void **items_out, size_t max, int64_t timeout_us);

/* No more pushes; what is in it can still be popped.  Wakes everybody. */
void cn_queue_close(struct cn_queue *queue);

size_t cn_queue_count(struct cn_queue *queue);
bool cn_queue_is_closed(struct cn_queue *queue);

#endif
