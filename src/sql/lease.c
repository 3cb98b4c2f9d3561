#include "sql/lease.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

#include "sql/driver.h"

enum {
    LOOK_S = 1,                    /* between two looks at the connection */
    PREDECESSOR_WAIT_US = 3000000, /* the server notices a killed client in milliseconds */
    TRY_PAUSE_NS = 50000000
};

struct cn_lease {
    struct cn_db *db;
    struct cn_sql_conn *conn; /* holds the lock; NULL: lost with its connection */
    void (*lost)(void *arg);
    void *lost_arg;
    _Atomic bool is_lost;
    pthread_t thread;
    pthread_mutex_t lock; /* of is_closing */
    pthread_cond_t closing;
    bool is_closing;
};

/* A client whose machine is gone is noticed within seconds; on a local socket these do nothing. */
static const char *const session = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1;"
                                   "SET tcp_keepalives_count = 3; SET statement_timeout = '5s'";

/* One lock a schema, since a schema may be a workspace. */
static bool try_lock(struct cn_sql_conn *conn, bool *taken_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = cn_sql_prepare(conn,
                             "SELECT CASE WHEN pg_try_advisory_lock(7210432,"
                             " hashtext(current_schema())) THEN 1 ELSE 0 END",
                             &stmt, err) &&
              cn_sql_step(stmt, &row, err);
    if (ok) {
        *taken_out = row && cn_sql_column_i64(stmt, 0) == 1;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool connect_and_try(struct cn_lease *lease, bool *taken_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_connect_own(lease->db, &conn, err)) {
        return false;
    }
    if (!cn_sql_exec(conn, session, err) || !try_lock(conn, taken_out, err)) {
        cn_sql_close(conn);
        return false;
    }
    if (*taken_out) {
        lease->conn = conn;
    } else {
        cn_sql_close(conn);
    }
    return true;
}

/* ---- looking after it ---- */

static bool wait_a_little(struct cn_lease *lease)
{
    const struct timespec until = cn_clock_until((int64_t)LOOK_S * 1000000);
    (void)pthread_mutex_lock(&lease->lock);
    int rc = 0;
    while (!lease->is_closing && rc == 0) {
        rc = pthread_cond_timedwait(&lease->closing, &lease->lock, &until);
    }
    bool goes_on = !lease->is_closing;
    (void)pthread_mutex_unlock(&lease->lock);
    return goes_on;
}

/* False if the lease is lost for good. */
static bool look(struct cn_lease *lease)
{
    struct cn_error err;
    bool taken = false;
    if (lease->conn != NULL) {
        if (cn_sql_exec(lease->conn, "SELECT 1", &err) ||
            lease->conn->driver->is_alive(lease->conn)) {
            return true;
        }
        cn_sql_close(lease->conn);
        lease->conn = NULL;
    }
    /* While the database is away nobody else can take it either. */
    return !connect_and_try(lease, &taken, &err) || taken;
}

static void *run(void *arg)
{
    struct cn_lease *lease = arg;
    while (wait_a_little(lease)) {
        if (!look(lease)) {
            atomic_store(&lease->is_lost, true);
            cn_log(CN_LOG_ERROR, "sql", "another cairn has taken over the database");
            lease->lost(lease->lost_arg);
            break;
        }
    }
    return NULL;
}

static void start_thread(struct cn_lease *lease)
{
    pthread_condattr_t attributes;
    (void)pthread_mutex_init(&lease->lock, NULL); /* these cannot fail with these attributes */
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lease->closing, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&lease->thread, NULL, run, lease) != 0) {
        abort(); /* out of memory, as in base/arena.c */
    }
    (void)pthread_setname_np(lease->thread, "cn-lease"); /* for ps alone */
}

/* ---- what callers use ---- */

static bool take(struct cn_lease *lease, struct cn_error *err)
{
    int64_t give_up_us = cn_clock_monotonic_us() + PREDECESSOR_WAIT_US;
    for (;;) {
        bool taken = false;
        if (!connect_and_try(lease, &taken, err)) {
            return false;
        }
        if (taken) {
            return true;
        }
        if (cn_clock_monotonic_us() >= give_up_us) {
            return cn_fail(err, CN_CONFLICT,
                           "another cairn serves this database; stop it first, or use its web page "
                           "and API");
        }
        struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
        (void)nanosleep(&pause, NULL); /* woken early, it just tries sooner */
    }
}

bool cn_lease_take(struct cn_db *db, void (*lost)(void *arg), void *arg,
                   struct cn_lease **lease_out, struct cn_error *err)
{
    if (cn_db_is_embedded(db)) {
        *lease_out = NULL;
        return true;
    }
    struct cn_lease *lease = cn_heap_resize(NULL, sizeof(*lease));
    *lease = (struct cn_lease){ .db = db, .lost = lost, .lost_arg = arg };
    if (!take(lease, err)) {
        free(lease);
        return false;
    }
    start_thread(lease);
    *lease_out = lease;
    return true;
}

void cn_lease_release(struct cn_lease *lease)
{
    if (lease == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&lease->lock);
    lease->is_closing = true;
    (void)pthread_cond_signal(&lease->closing);
    (void)pthread_mutex_unlock(&lease->lock);
    (void)pthread_join(lease->thread, NULL); /* it is ours and runs, or has ended */
    cn_sql_close(lease->conn);
    (void)pthread_cond_destroy(&lease->closing);
    (void)pthread_mutex_destroy(&lease->lock);
    free(lease);
}

bool cn_lease_is_lost(const struct cn_lease *lease)
{
    return lease != NULL && atomic_load(&lease->is_lost);
}
