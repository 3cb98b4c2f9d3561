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

size_t cn_workers_hands(const struct cn_workers *workers)
{
    return workers != NULL ? workers->thread_count + 1 : 1;
}

/* What a call of cn_workers_each() is about. */
struct sharing {
    pthread_mutex_t lock;
    pthread_cond_t is_done;
    size_t left; /* shares that workers have and have not ended */
    void (*run)(void *arg, size_t index);
    void *arg;
};

struct share {
    struct cn_work work;
    struct sharing *sharing;
    size_t index;
};

static void run_share(struct cn_work *work)
{
    struct share *share = (struct share *)work;
    struct sharing *sharing = share->sharing;
    sharing->run(sharing->arg, share->index);
    pthread_mutex_lock(&sharing->lock);
    sharing->left--;
    pthread_cond_signal(&sharing->is_done); /* held: with the lock it may be gone */
    pthread_mutex_unlock(&sharing->lock);
}

static void give_out(struct cn_workers *workers, struct share *share)
{
    struct sharing *sharing = share->sharing;
    pthread_mutex_lock(&sharing->lock);
    sharing->left++;
    pthread_mutex_unlock(&sharing->lock);
    if (workers == NULL || !cn_workers_submit(workers, &share->work)) {
        run_share(&share->work);
    }
}

void cn_workers_each(struct cn_workers *workers, size_t count, void (*run)(void *arg, size_t index),
                     void *arg)
{
    struct sharing sharing = { .run = run, .arg = arg };
    struct share shares[CN_WORKERS_SHARES_MAX];
    assert(count <= CN_ARRAY_LEN(shares));
    pthread_mutex_init(&sharing.lock, NULL);
    pthread_cond_init(&sharing.is_done, NULL);
    for (size_t i = 1; i < count; i++) {
        shares[i] = (struct share){ { run_share }, &sharing, i };
        give_out(workers, &shares[i]);
    }
    if (count > 0) {
        run(arg, 0);
    }
    pthread_mutex_lock(&sharing.lock);
    while (sharing.left > 0) {
        pthread_cond_wait(&sharing.is_done, &sharing.lock);
    }
    pthread_mutex_unlock(&sharing.lock);
    pthread_cond_destroy(&sharing.is_done);
    pthread_mutex_destroy(&sharing.lock);
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
