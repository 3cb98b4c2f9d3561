#include "engine/compiled.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct cn_compiled {
    pthread_mutex_t lock;
    struct cn_engine_program *items[CN_COMPILED_MAX]; /* the one given back last comes first */
    size_t count;
};

struct cn_compiled *cn_compiled_new(void)
{
    struct cn_compiled *compiled = cn_heap_resize(NULL, sizeof(*compiled));
    *compiled = (struct cn_compiled){ 0 };
    (void)pthread_mutex_init(&compiled->lock, NULL);
    return compiled;
}

void cn_compiled_free(struct cn_compiled *compiled)
{
    if (compiled == NULL) {
        return;
    }
    for (size_t i = 0; i < compiled->count; i++) {
        cn_engine_program_free(compiled->items[i]);
    }
    (void)pthread_mutex_destroy(&compiled->lock);
    free(compiled);
}

/* Under the lock. */
static struct cn_engine_program *take_at(struct cn_compiled *compiled, size_t place)
{
    struct cn_engine_program *program = compiled->items[place];
    compiled->count--;
    memmove(&compiled->items[place], &compiled->items[place + 1],
            (compiled->count - place) * sizeof(compiled->items[0]));
    return program;
}

struct cn_engine_program *cn_compiled_take(struct cn_compiled *compiled, int64_t version)
{
    struct cn_engine_program *program = NULL;
    (void)pthread_mutex_lock(&compiled->lock);
    for (size_t i = 0; program == NULL && i < compiled->count; i++) {
        if (compiled->items[i]->version == version) {
            program = take_at(compiled, i);
        }
    }
    (void)pthread_mutex_unlock(&compiled->lock);
    return program;
}

void cn_compiled_give(struct cn_compiled *compiled, struct cn_engine_program *program)
{
    struct cn_engine_program *oldest = NULL;
    cn_metric_source_drop(program->metric_source);
    (void)pthread_mutex_lock(&compiled->lock);
    if (compiled->count == CN_COMPILED_MAX) {
        oldest = take_at(compiled, CN_COMPILED_MAX - 1);
    }
    memmove(&compiled->items[1], &compiled->items[0], compiled->count * sizeof(compiled->items[0]));
    compiled->items[0] = program;
    compiled->count++;
    (void)pthread_mutex_unlock(&compiled->lock);
    cn_engine_program_free(oldest);
}

size_t cn_compiled_count(struct cn_compiled *compiled)
{
    (void)pthread_mutex_lock(&compiled->lock);
    size_t count = compiled->count;
    (void)pthread_mutex_unlock(&compiled->lock);
    return count;
}
