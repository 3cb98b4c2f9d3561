#include "base/workers.h"

#include <assert.h>

#include "base/arena.h"

struct cn_workers {
    struct cn_queue queue;
    pthread_t *threads;
    size_t thread_count;
};

static void *run_worker(void *arg)
{
    struct cn_workers *workers = arg;
    void *item = NULL;
    while (cn_queue_pop(&workers->queue, &item, 1, -1) == 1) {
        struct cn_work *work = item;
        work->run(work);
    }
    return NULL;
}

struct cn_workers *cn_workers_new(const char *name, size_t threads, size_t queue_capacity)
{
    assert(threads > 0);
    struct cn_workers *workers = cn_heap_resize(NULL, sizeof(*workers));
    *workers = (struct cn_workers){ .thread_count = threads };
    cn_queue_init(&workers->queue, queue_capacity);
    workers->threads = cn_heap_resize(NULL, threads * sizeof(workers->threads[0]));
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&workers->threads[i], NULL, run_worker, workers) != 0) {
            (void)fputs("cannot start a thread\n", stderr); /* as for memory: no caller can help */
            abort();
        }
        (void)pthread_setname_np(workers->threads[i], name); /* only for those who look */
    }
    return workers;
}

bool cn_workers_submit(struct cn_workers *workers, struct cn_work *work)
{
    return cn_queue_try_push(&workers->queue, work);
}

size_t cn_workers_waiting(struct cn_workers *workers)
{
    return cn_queue_count(&workers->queue);
}

void cn_workers_free(struct cn_workers *workers)
{
    if (workers == NULL) {
        return;
    }
    cn_queue_close(&workers->queue);
    for (size_t i = 0; i < workers->thread_count; i++) {
        (void)pthread_join(workers->threads[i], NULL);
    }
    cn_queue_deinit(&workers->queue);
    free(workers->threads);
    free(workers);
}
