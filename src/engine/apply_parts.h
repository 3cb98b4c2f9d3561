/* What an applying is made of; for engine/apply*.c only. */
#ifndef CAIRN_ENGINE_APPLY_PARTS_H
#define CAIRN_ENGINE_APPLY_PARTS_H

#include <pthread.h>

#include "engine/apply_state.h"

struct apply_retired {
    struct cn_engine_program *program;
    int64_t at_us;
};

/* A version that is ready. */
struct apply_prepared {
    struct cn_engine_program *program; /* NULL: none */
    struct cn_series *series;          /* NULL: the running one fits */
};

struct cn_apply {
    struct cn_engine *engine;
    pthread_t thread;
    bool has_thread;
    pthread_rwlock_t use; /* of the running program and series; taken before engine->lock */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_stopping;
    int64_t announced; /* the newest version that was told of */
    int64_t looked;    /* the newest that was dealt with */
    struct apply_prepared ready;
    int64_t active;
    int64_t preparing;
    int64_t failed; /* the newest that failed */
    struct cn_arena names_arena;
    cn_str *names; /* of metrics that are counted */
    size_t name_count;
    cn_time first_received;
    int64_t done_days;
    int64_t total_days;
    struct cn_map touched; /* accounts with facts since daily values were begun to be loaded */

    _Atomic bool collects; /* them */
    bool is_taking;        /* the engine's thread alone, as the two below */
    struct apply_prepared taking;
    int64_t stored; /* version that is stored as active */
    struct apply_retired *retired;
    size_t retired_count;
};

void cn_apply_lock(struct cn_apply *apply);
void cn_apply_unlock(struct cn_apply *apply);

/* The server says so to those who look. */
void cn_apply_tell(struct cn_apply *apply);

/* Brings the series to what was counted until now for accounts that had facts meanwhile. */
CN_MUST_CHECK bool cn_apply_load_touched(struct cn_apply *apply, struct cn_series *series,
                                         size_t *count_out, struct cn_error *err);

#endif
