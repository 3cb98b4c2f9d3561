#include "sql/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/queue.h"

#include "sql/driver.h"

struct member {
    struct cn_db_job *job;
    bool ok;
    struct cn_error err;
};

struct cn_sql_writer {
    struct cn_sql_conn *conn;
    struct cn_queue queue; /* of struct cn_db_job */
    pthread_t thread;
    _Atomic bool is_broken;
    size_t group_max;
    struct member *members; /* [group_max] */
    size_t count;           /* members of the group that is open */
    void **popped;          /* [group_max] */
};

static void answer(struct cn_sql_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++) {
        struct member *member = &writer->members[i];
        member->job->done(member->job, member->ok ? NULL : &member->err);
    }
    writer->count = 0;
}

/* The group did not become durable: whoever had not failed already fails with this. */
static void fail_group(struct cn_sql_writer *writer, const struct cn_error *err)
{
    cn_sql_group_rollback(writer->conn);
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->members[i].ok) {
            writer->members[i].ok = false;
            writer->members[i].err = *err;
        }
    }
    if (writer->conn->sync_failed && !atomic_exchange(&writer->is_broken, true)) {
        cn_log_error("sql", err, "a sync failed; nothing more is written until a restart");
    }
}

/* Runs one member in its savepoint.  False if that took the whole transaction with it, as SQLite
 * may do on a full disk or an I/O error. */
static bool run_member(struct cn_sql_writer *writer, struct cn_db_job *job)
{
    struct cn_sql_conn *conn = writer->conn;
    struct member *member = &writer->members[writer->count++];
    *member = (struct member){ .job = job };
    member->ok = cn_sql_begin(conn, &member->err) && job->work(job->arg, conn, &member->err) &&
                 cn_sql_commit(conn, &member->err);
    if (member->ok) {
        return true;
    }
    while (cn_sql_in_transaction(conn)) {
        cn_sql_rollback(conn);
    }
    return conn->driver->has_transaction(conn) && !conn->sync_failed;
}

/* Runs the jobs from *next on until all are done or the group is lost; true: commit it. */
static bool run_popped(struct cn_sql_writer *writer, size_t popped, size_t *next)
{
    while (*next < popped) {
        if (!run_member(writer, writer->popped[(*next)++])) {
            return false;
        }
    }
    return true;
}

/* Opens a group, runs jobs from *next on, and what has come meanwhile, commits, answers. */
static void run_group(struct cn_sql_writer *writer, size_t *popped, size_t *next)
{
    struct cn_error err;
    bool ok = cn_sql_group_begin(writer->conn, &err);
    if (!ok) {
        while (*next < *popped) { /* none has run */
            writer->members[writer->count++] =
                (struct member){ .job = writer->popped[(*next)++], .ok = true };
        }
    }
    while (ok && *next < *popped) {
        ok = run_popped(writer, *popped, next);
        if (!ok) {
            err = writer->members[writer->count - 1].err;
        } else if (writer->count < writer->group_max) {
            *popped =
                cn_queue_pop(&writer->queue, writer->popped, writer->group_max - writer->count, 0);
            *next = 0;
        }
    }
    if (!ok || !cn_sql_group_commit(writer->conn, &err)) {
        fail_group(writer, &err);
    }
    answer(writer);
}

static void refuse(struct cn_sql_writer *writer, size_t popped)
{
    for (size_t i = 0; i < popped; i++) {
        struct cn_db_job *job = writer->popped[i];
        struct cn_error err;
        (void)cn_fail(&err, CN_UNAVAILABLE, "writing has stopped after a failed sync");
        job->done(job, &err);
    }
}

static void *run(void *arg)
{
    struct cn_sql_writer *writer = arg;
    size_t popped = 0;
    while ((popped = cn_queue_pop(&writer->queue, writer->popped, writer->group_max, -1)) > 0) {
        size_t next = 0;
        while (next < popped && !atomic_load(&writer->is_broken)) {
            run_group(writer, &popped, &next);
        }
        for (size_t i = next; i < popped; i++) {
            writer->popped[i - next] = writer->popped[i];
        }
        refuse(writer, popped - next);
    }
    return NULL;
}

struct cn_sql_writer *cn_sql_writer_new(struct cn_sql_conn *conn, size_t queue_max,
                                        size_t group_max)
{
    struct cn_sql_writer *writer = cn_heap_resize(NULL, sizeof(*writer));
    *writer = (struct cn_sql_writer){
        .conn = conn,
        .group_max = group_max,
        .members = cn_heap_resize(NULL, group_max * sizeof(struct member)),
        .popped = cn_heap_resize(NULL, group_max * sizeof(void *)),
    };
    cn_queue_init(&writer->queue, queue_max);
    if (pthread_create(&writer->thread, NULL, run, writer) != 0) {
        abort(); /* as when memory ends: without this thread nothing works */
    }
    (void)pthread_setname_np(writer->thread, "cn-writer"); /* only for people who look */
    return writer;
}

void cn_sql_writer_free(struct cn_sql_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    cn_queue_close(&writer->queue);
    (void)pthread_join(writer->thread, NULL); /* it is joinable and not us */
    cn_queue_deinit(&writer->queue);
    cn_sql_close(writer->conn);
    free(writer->members);
    free(writer->popped);
    free(writer);
}

bool cn_sql_writer_post(struct cn_sql_writer *writer, struct cn_db_job *job, struct cn_error *err)
{
    if (atomic_load(&writer->is_broken)) {
        return cn_fail(err, CN_UNAVAILABLE, "writing has stopped after a failed sync");
    }
    return cn_queue_try_push(&writer->queue, job) ||
           cn_fail(err, CN_UNAVAILABLE, "too many writes are waiting");
}

size_t cn_sql_writer_waiting(struct cn_sql_writer *writer)
{
    return cn_queue_count(&writer->queue);
}

bool cn_sql_writer_is_broken(const struct cn_sql_writer *writer)
{
    return atomic_load(&writer->is_broken);
}
