#include "sql/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"

#include "sql/driver.h"

struct cn_sql_pool {
    cn_db_connect *connect;
    void *connect_arg;
    bool for_writing;
    size_t max;
    pthread_mutex_t lock; /* of what follows; never held during I/O */
    pthread_cond_t given;
    struct cn_sql_conn **idle; /* a stack, so that few connections do most of the work */
    size_t idle_count;
    size_t open_count; /* idle, borrowed or being made */
};

struct cn_sql_pool *cn_sql_pool_new(size_t max, cn_db_connect *connect, void *connect_arg,
                                    bool for_writing)
{
    struct cn_sql_pool *pool = cn_heap_resize(NULL, sizeof(*pool));
    *pool = (struct cn_sql_pool){
        .connect = connect,
        .connect_arg = connect_arg,
        .for_writing = for_writing,
        .max = max,
        .idle = cn_heap_resize(NULL, max * sizeof(struct cn_sql_conn *)),
    };
    pthread_condattr_t attr;
    (void)pthread_mutex_init(&pool->lock, NULL); /* these cannot fail with default attributes */
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->given, &attr);
    (void)pthread_condattr_destroy(&attr);
    return pool;
}

void cn_sql_pool_free(struct cn_sql_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    assert(pool->idle_count == pool->open_count);
    for (size_t i = 0; i < pool->idle_count; i++) {
        cn_sql_close(pool->idle[i]);
    }
    free(pool->idle);
    (void)pthread_cond_destroy(&pool->given);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* True: *conn_out is an idle connection, or NULL with leave to make one. */
static bool reserve(struct cn_sql_pool *pool, struct cn_sql_conn **conn_out)
{
    const struct timespec end = cn_clock_until((int64_t)CN_DB_READ_WAIT_MS * 1000);
    bool ok = true;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0 && pool->open_count == pool->max && ok) {
        ok = pthread_cond_timedwait(&pool->given, &pool->lock, &end) != ETIMEDOUT;
    }
    ok = pool->idle_count > 0 || pool->open_count < pool->max;
    if (ok && pool->idle_count > 0) {
        *conn_out = pool->idle[--pool->idle_count];
    } else if (ok) {
        *conn_out = NULL;
        pool->open_count++;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return ok;
}

static void give_up_place(struct cn_sql_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->open_count--;
    (void)pthread_cond_signal(&pool->given);
    (void)pthread_mutex_unlock(&pool->lock);
}

bool cn_sql_pool_take(struct cn_sql_pool *pool, struct cn_sql_conn **conn_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!reserve(pool, &conn)) {
        return cn_fail(err, CN_UNAVAILABLE, "all %zu database connections are busy", pool->max);
    }
    if (conn != NULL && !conn->driver->is_alive(conn)) {
        cn_sql_close(conn);
        conn = NULL;
    }
    if (conn == NULL && !pool->connect(pool->connect_arg, pool->for_writing, &conn, err)) {
        give_up_place(pool);
        return false;
    }
    *conn_out = conn;
    return true;
}

/* Whether the next can have it.  A rollback may have been cancelled like any other statement; what
 * it left would fail everything after it. */
static bool is_clean(struct cn_sql_conn *conn)
{
    struct cn_error ignored; /* then the connection goes */
    return conn->driver->is_alive(conn) && (!conn->driver->has_transaction(conn) ||
                                            (conn->driver->exec(conn, "ROLLBACK", &ignored) &&
                                             !conn->driver->has_transaction(conn)));
}

void cn_sql_pool_give(struct cn_sql_pool *pool, struct cn_sql_conn *conn)
{
    if (!is_clean(conn)) {
        cn_sql_close(conn);
        give_up_place(pool);
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->idle[pool->idle_count++] = conn;
    (void)pthread_cond_signal(&pool->given);
    (void)pthread_mutex_unlock(&pool->lock);
}
