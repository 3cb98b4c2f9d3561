#include "base/queue.h"

#include <assert.h>

#include "base/arena.h"
#include "base/clock.h"

void cn_queue_init(struct cn_queue *queue, size_t capacity)
{
    assert(capacity > 0);
    *queue = (struct cn_queue){ .capacity = capacity };
    queue->items = cn_heap_resize(NULL, capacity * sizeof(queue->items[0]));
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr); /* these inits cannot fail on Linux */
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->not_empty, &attr);
    (void)pthread_cond_init(&queue->not_full, &attr);
    (void)pthread_condattr_destroy(&attr);
}

void cn_queue_deinit(struct cn_queue *queue)
{
    if (queue->items == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&queue->not_full);
    (void)pthread_cond_destroy(&queue->not_empty);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    queue->items = NULL;
}

static bool push_locked(struct cn_queue *queue, void *item)
{
    if (queue->closed || queue->count == queue->capacity) {
        return false;
    }
    queue->items[(queue->head + queue->count) % queue->capacity] = item;
    queue->count++;
    return true;
}

bool cn_queue_try_push_quietly(struct cn_queue *queue, void *item)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool pushed = push_locked(queue, item);
    (void)pthread_mutex_unlock(&queue->lock);
    return pushed;
}

void cn_queue_wake(struct cn_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (queue->count > 0) {
        (void)pthread_cond_signal(&queue->not_empty);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

bool cn_queue_try_push(struct cn_queue *queue, void *item)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool pushed = push_locked(queue, item);
    if (pushed) {
        (void)pthread_cond_signal(&queue->not_empty);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return pushed;
}

bool cn_queue_push(struct cn_queue *queue, void *item)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == queue->capacity) {
        (void)pthread_cond_wait(&queue->not_full, &queue->lock);
    }
    bool pushed = push_locked(queue, item);
    if (pushed) {
        (void)pthread_cond_signal(&queue->not_empty);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return pushed;
}

static void wait_for_item(struct cn_queue *queue, int64_t timeout_us)
{
    const struct timespec until = cn_clock_until(timeout_us);
    while (!queue->closed && queue->count == 0) {
        int rc = timeout_us < 0 ? pthread_cond_wait(&queue->not_empty, &queue->lock)
                                : pthread_cond_timedwait(&queue->not_empty, &queue->lock, &until);
        if (rc != 0) {
            return;
        }
    }
}

size_t cn_queue_pop(struct cn_queue *queue, void **items_out, size_t max, int64_t timeout_us)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (queue->count == 0 && !queue->closed && timeout_us != 0) {
        wait_for_item(queue, timeout_us);
    }
    size_t taken = 0;
    while (taken < max && queue->count > 0) {
        items_out[taken++] = queue->items[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
        queue->count--;
    }
    if (taken > 0) {
        (void)pthread_cond_broadcast(&queue->not_full);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return taken;
}

void cn_queue_close(struct cn_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->not_empty);
    (void)pthread_cond_broadcast(&queue->not_full);
    (void)pthread_mutex_unlock(&queue->lock);
}

size_t cn_queue_count(struct cn_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    (void)pthread_mutex_unlock(&queue->lock);
    return count;
}

bool cn_queue_is_closed(struct cn_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    (void)pthread_mutex_unlock(&queue->lock);
    return closed;
}
