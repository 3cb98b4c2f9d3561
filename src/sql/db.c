#include "sql/db.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"
#include "base/workers.h"

#include "sql/driver.h"
#include "sql/pool.h"
#include "sql/postgres.h"
#include "sql/sqlite.h"
#include "sql/writer.h"

enum {
    READERS = 8, /* unless the options say otherwise */
    WRITERS = 4,
    RETRY_FOR_US = 5000000, /* no further attempt after that: who waits may as well be told */
    RETRY_FIRST_US = 2000,  /* doubled for each further attempt, with as much again at random */
};

struct cn_db {
    struct cn_db_options options; /* without url and connect, which are below */
    char *target;                 /* path or connection string */
    bool is_embedded;
    struct cn_sql_pool *readers;
    struct cn_sql_writer *writer;   /* embedded */
    struct cn_sql_pool *write_pool; /* PostgreSQL, write_max connections */
    size_t write_max;
    struct cn_workers *write_workers; /* PostgreSQL: runs what was posted */
};

static bool connect_one(void *arg, bool for_writing, struct cn_sql_conn **conn_out,
                        struct cn_error *err)
{
    struct cn_db *db = arg;
    struct cn_sql_conn *conn = NULL;
    bool ok = false;
    if (db->options.connect != NULL) {
        ok = db->options.connect(db->options.connect_arg, for_writing, &conn, err);
    } else if (!db->is_embedded) {
        ok = cn_postgres_open(db->target, &conn, err);
    } else if (for_writing) {
        ok = cn_sqlite_open(db->target, &conn, err);
    } else {
        ok = cn_sqlite_open_reader(db->target, &conn, err);
    }
    if (ok) {
        cn_sql_set_flush(conn, db->options.flush);
        *conn_out = conn;
    }
    return ok;
}

static bool read_url(struct cn_db *db, cn_str url, struct cn_error *err)
{
    cn_str target = url;
    if (cn_str_starts_with(url, CN_STR("sqlite:"))) {
        db->is_embedded = true;
        target = cn_str_slice(url, strlen("sqlite:"), url.len);
    } else if (!cn_str_starts_with(url, CN_STR("postgresql://")) &&
               !cn_str_starts_with(url, CN_STR("postgres://"))) {
        return cn_fail(err, CN_INVALID,
                       "a database is named sqlite:PATH or postgresql://..., not '%.*s'",
                       CN_STR_ARG(cn_str_slice(url, 0, 12))); /* the rest may hold a password */
    }
    db->target = cn_heap_resize(NULL, target.len + 1);
    memcpy(db->target, target.ptr, target.len);
    db->target[target.len] = '\0';
    return true;
}

static size_t or_else(size_t value, size_t fallback)
{
    return value > 0 ? value : fallback;
}

/* The first writing connection is made at once, so that a wrong name or password shows at start. */
static bool start_writing(struct cn_db *db, struct cn_error *err)
{
    const struct cn_db_options *options = &db->options;
    struct cn_sql_conn *conn = NULL;
    size_t queue_max = or_else(options->queue_max, CN_DB_QUEUE_MAX);
    if (db->is_embedded) {
        if (!connect_one(db, true, &conn, err)) {
            return false;
        }
        db->writer =
            cn_sql_writer_new(conn, queue_max, or_else(options->group_max, CN_DB_GROUP_MAX));
        return true;
    }
    size_t writers = or_else(options->writers, WRITERS);
    /* as many again for those who call cn_db_write() themselves */
    db->write_max = writers * 2;
    db->write_pool = cn_sql_pool_new(db->write_max, connect_one, db, true);
    if (!cn_sql_pool_take(db->write_pool, &conn, err)) {
        return false;
    }
    cn_sql_pool_give(db->write_pool, conn);
    db->write_workers = cn_workers_new("cn-pg-write", writers, queue_max);
    return true;
}

bool cn_db_open(const struct cn_db_options *options, struct cn_db **db_out, struct cn_error *err)
{
    assert(options->readers <= CN_DB_READERS_MAX);
    struct cn_db *db = cn_heap_resize(NULL, sizeof(*db));
    *db = (struct cn_db){ .options = *options, .is_embedded = options->connect_is_embedded };
    db->options.url = (cn_str){ 0 };
    if ((options->connect == NULL && !read_url(db, options->url, err)) || !start_writing(db, err)) {
        cn_db_close(db);
        return cn_error_context(err, "opening the database");
    }
    db->readers = cn_sql_pool_new(or_else(options->readers, READERS), connect_one, db, false);
    *db_out = db;
    return true;
}

void cn_db_close(struct cn_db *db)
{
    if (db == NULL) {
        return;
    }
    cn_workers_free(db->write_workers);
    cn_sql_pool_free(db->write_pool);
    cn_sql_pool_free(db->readers); /* before the writer: the last to close folds the log in */
    cn_sql_writer_free(db->writer);
    free(db->target);
    free(db);
}

bool cn_db_is_embedded(const struct cn_db *db)
{
    return db->is_embedded;
}

bool cn_db_connect_own(struct cn_db *db, struct cn_sql_conn **conn_out, struct cn_error *err)
{
    return connect_one(db, true, conn_out, err);
}

bool cn_db_is_writable(const struct cn_db *db)
{
    return db->writer == NULL || !cn_sql_writer_is_broken(db->writer);
}

/* A connection with `begin` done on it.  One whose server went away meanwhile fails at begin; it is
 * dropped and the next one tried, so that a restart of the server is not felt twice. */
static bool take_begun(struct cn_sql_pool *pool, size_t max,
                       bool (*begin)(struct cn_sql_conn *, struct cn_error *),
                       struct cn_sql_conn **conn_out, struct cn_error *err)
{
    for (size_t i = 0; i <= max; i++) {
        struct cn_sql_conn *conn = NULL;
        if (!cn_sql_pool_take(pool, &conn, err)) {
            return false;
        }
        if (begin(conn, err)) {
            *conn_out = conn;
            return true;
        }
        bool lost = !conn->driver->is_alive(conn);
        cn_sql_pool_give(pool, conn);
        if (!lost) {
            return false;
        }
    }
    return false;
}

/* One try.  *again_out: it failed before the commit, or lost a race at it, so that it has left no
 * trace and may be run again. */
static bool try_once(struct cn_db *db, cn_db_work *work, void *arg, bool *again_out,
                     struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    *again_out = false;
    if (!take_begun(db->write_pool, db->write_max, cn_sql_begin, &conn, err)) {
        return false;
    }
    bool worked = work(arg, conn, err);
    bool ok = worked && cn_sql_commit(conn, err);
    if (!ok) {
        /* a commit without an answer may have happened */
        *again_out = err->code == CN_UNAVAILABLE && (!worked || conn->driver->is_alive(conn));
        while (cn_sql_in_transaction(conn)) {
            cn_sql_rollback(conn);
        }
    }
    cn_sql_pool_give(db->write_pool, conn);
    return ok;
}

static void wait_before(int attempt)
{
    uint16_t random = 0;
    cn_random_bytes(&random, sizeof(random));
    useconds_t base = (useconds_t)RETRY_FIRST_US << attempt;
    (void)usleep(base + base * random / UINT16_MAX); /* cut short by a signal is as good */
}

static bool write_with_retries(struct cn_db *db, cn_db_work *work, void *arg, struct cn_error *err)
{
    bool again = true;
    int64_t give_up_us = cn_clock_monotonic_us() + RETRY_FOR_US;
    for (int attempt = 0; again && attempt < CN_DB_ATTEMPTS_MAX; attempt++) {
        if (attempt > 0) {
            wait_before(attempt - 1);
        }
        if (try_once(db, work, arg, &again, err)) {
            return true;
        }
        again = again && cn_clock_monotonic_us() < give_up_us;
    }
    return false;
}

struct waiting {
    struct cn_db_job job; /* first, so that done() finds us */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool is_answered;
    bool ok;
    struct cn_error err;
};

static void wake(struct cn_db_job *job, const struct cn_error *err)
{
    struct waiting *waiting = (struct waiting *)job;
    (void)pthread_mutex_lock(&waiting->lock);
    waiting->ok = err == NULL;
    if (err != NULL) {
        waiting->err = *err;
    }
    waiting->is_answered = true;
    (void)pthread_cond_signal(&waiting->answered); /* under the lock: the waiter frees both */
    (void)pthread_mutex_unlock(&waiting->lock);
}

static bool write_on_writer(struct cn_db *db, cn_db_work *work, void *arg, struct cn_error *err)
{
    struct waiting waiting = { .job = { .work = work, .arg = arg, .done = wake } };
    (void)pthread_mutex_init(&waiting.lock, NULL); /* cannot fail with default attributes */
    (void)pthread_cond_init(&waiting.answered, NULL);
    bool ok = cn_sql_writer_post(db->writer, &waiting.job, err);
    if (ok) {
        (void)pthread_mutex_lock(&waiting.lock);
        while (!waiting.is_answered) {
            (void)pthread_cond_wait(&waiting.answered, &waiting.lock);
        }
        (void)pthread_mutex_unlock(&waiting.lock);
        ok = waiting.ok;
        if (!ok) {
            *err = waiting.err;
        }
    }
    (void)pthread_cond_destroy(&waiting.answered);
    (void)pthread_mutex_destroy(&waiting.lock);
    return ok;
}

bool cn_db_write(struct cn_db *db, cn_db_work *work, void *arg, struct cn_error *err)
{
    return db->is_embedded ? write_on_writer(db, work, arg, err)
                           : write_with_retries(db, work, arg, err);
}

struct posted {
    struct cn_work work; /* first, so that run_posted() finds us */
    struct cn_db *db;
    struct cn_db_job *job;
};

static void run_posted(struct cn_work *work)
{
    struct posted *posted = (struct posted *)work;
    struct cn_error err;
    bool ok = write_with_retries(posted->db, posted->job->work, posted->job->arg, &err);
    posted->job->done(posted->job, ok ? NULL : &err);
    free(posted);
}

bool cn_db_post(struct cn_db *db, struct cn_db_job *job, struct cn_error *err)
{
    if (db->is_embedded) {
        return cn_sql_writer_post(db->writer, job, err);
    }
    struct posted *posted = cn_heap_resize(NULL, sizeof(*posted));
    *posted = (struct posted){ .work.run = run_posted, .db = db, .job = job };
    if (!cn_workers_submit(db->write_workers, &posted->work)) {
        free(posted);
        return cn_fail(err, CN_UNAVAILABLE, "too many writes are waiting");
    }
    return true;
}

size_t cn_db_waiting(struct cn_db *db)
{
    return db->is_embedded ? cn_sql_writer_waiting(db->writer)
                           : cn_workers_waiting(db->write_workers);
}

bool cn_db_read(struct cn_db *db, struct cn_sql_conn **conn_out, struct cn_error *err)
{
    return take_begun(db->readers, or_else(db->options.readers, READERS), cn_sql_read_begin,
                      conn_out, err);
}

void cn_db_release(struct cn_db *db, struct cn_sql_conn *conn)
{
    if (conn != NULL) {
        cn_sql_read_end(conn);
        cn_sql_pool_give(db->readers, conn);
    }
}
