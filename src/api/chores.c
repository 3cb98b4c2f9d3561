#include "api/chores.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#include "api/key_use.h"
#include "book/account.h"
#include "book/change.h"
#include "book/session.h"

enum {
    PRUNE_EVERY_S = 600,
    USES_EVERY_S = 60,
    TURN_EVERY_S = 60 /* how late after midnight figures may follow contracts */
};

struct cn_chores {
    const struct cn_api_options *options;
    struct cn_key_uses *key_uses;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool is_stopping;
};

static bool prune(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_api_options *options = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 4096);
    const struct cn_unit unit = { .conn = conn,
                                  .arena = &arena,
                                  .ids = options->ids,
                                  .scope = CN_SCOPE_ALL,
                                  .now = cn_now(options->clock) };
    bool ok = cn_session_prune(&unit, options->config->session_idle_ms * 1000, err) &&
              cn_change_prune(&unit, err);
    cn_arena_deinit(&arena);
    return ok;
}

struct turn {
    const struct cn_api_options *options;
    cn_time now; /* of all its pages, which midnight may pass */
    int64_t begun_after;
    int64_t after;
    bool is_done;
};

static bool turn_some(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct turn *turn = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    const struct cn_unit unit = { .conn = conn,
                                  .arena = &arena,
                                  .ids = turn->options->ids,
                                  .tz = turn->options->tz,
                                  .scope = CN_SCOPE_ALL,
                                  .now = turn->now };
    turn->after = turn->begun_after; /* it may be run again */
    bool ok = cn_account_refresh_turned(&unit, &turn->after, &turn->is_done, err);
    cn_arena_deinit(&arena);
    return ok;
}

/* What a record says of its contracts follows the day.  *day_done: the last one that was. */
static void turn_day(const struct cn_api_options *options, int64_t *day_done)
{
    struct turn turn = { .options = options, .now = cn_now(options->clock) };
    const int64_t day = cn_tz_day(options->tz, turn.now);
    struct cn_error err;
    while (*day_done != day && !turn.is_done) {
        turn.begun_after = turn.after;
        if (!cn_db_write(options->db, turn_some, &turn, &err)) {
            cn_log_error("api", &err, "following contracts that begin and end");
            return; /* tried again in a minute */
        }
    }
    *day_done = day;
}

/* Sleeps for a second; false if it is time to stop. */
static bool wait_a_second(struct cn_chores *chores)
{
    const struct timespec until = cn_clock_until(1000000);
    int rc = 0;
    (void)pthread_mutex_lock(&chores->lock);
    while (!chores->is_stopping && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&chores->stop, &chores->lock, &until);
    }
    const bool goes_on = !chores->is_stopping;
    (void)pthread_mutex_unlock(&chores->lock);
    return goes_on;
}

static void *run_chores(void *arg)
{
    struct cn_chores *chores = arg;
    /* Read only; cn_db_write() takes what it hands on without const. */
    void *options = (void *)(uintptr_t)chores->options;
    struct cn_error err;
    int64_t day_done = INT64_MIN;
    for (int64_t second = 1; wait_a_second(chores); second++) {
        cn_intake_flush(chores->options->intake);
        if (second % TURN_EVERY_S == 1) {
            turn_day(chores->options, &day_done);
        }
        if (second % PRUNE_EVERY_S == 0 &&
            !cn_db_write(chores->options->db, prune, options, &err)) {
            cn_log_error("api", &err, "deleting what has ended");
        }
        if (second % USES_EVERY_S == 0) {
            cn_key_uses_write(chores->key_uses);
        }
    }
    cn_key_uses_write(chores->key_uses);
    return NULL;
}

struct cn_chores *cn_chores_new(const struct cn_api_options *options, struct cn_key_uses *key_uses)
{
    struct cn_chores *chores = cn_heap_resize(NULL, sizeof(*chores));
    pthread_condattr_t attributes;
    *chores = (struct cn_chores){ .options = options, .key_uses = key_uses };
    (void)pthread_mutex_init(&chores->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&chores->stop, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&chores->thread, NULL, run_chores, chores) != 0) {
        (void)fputs("cannot start a thread\n", stderr); /* as for memory: no caller can help */
        abort();
    }
    (void)pthread_setname_np(chores->thread, "chores"); /* only for those who look */
    return chores;
}

void cn_chores_free(struct cn_chores *chores)
{
    if (chores == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&chores->lock);
    chores->is_stopping = true;
    (void)pthread_cond_broadcast(&chores->stop);
    (void)pthread_mutex_unlock(&chores->lock);
    (void)pthread_join(chores->thread, NULL);
    (void)pthread_cond_destroy(&chores->stop);
    (void)pthread_mutex_destroy(&chores->lock);
    free(chores);
}
