#include "api/backtest_runner.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#include "api/backtest_view.h"
#include "api/comparison_view.h"
#include "book/departure.h"

enum {
    NICE = 15, /* the engine has less */
    WAIT_US = 200000,
    PAUSE_NS = 50000000,
};

struct job {
    struct job *next;
    struct cn_arena arena; /* holds the files; what the run makes joins them */
    struct cn_backtest_run run;
    struct cn_program_files files[CN_BACKTEST_VERSIONS];
    size_t count;
    bool ends; /* somebody stopped it; under the runner's lock */
};

struct cn_backtest_runner {
    const struct cn_api_options *options;
    cn_backtest_id first; /* runs before it are of a server that is gone */
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool is_started;
    bool is_stopping;
    struct job *waiting; /* the first one runs */
    size_t taken;        /* places in the queue, also of those that are not in it yet */
    int64_t done;
    int64_t total;
};

static struct cn_unit unit_of(const struct cn_backtest_runner *runner, struct cn_arena *arena,
                              struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = arena,
                             .ids = runner->options->ids,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(runner->options->clock),
                             .tz = runner->options->tz };
}

/* ---- writing rows ---- */

enum step {
    STEP_ABANDON,
    STEP_BEGIN,
    STEP_END
};

struct writing {
    const struct cn_backtest_runner *runner;
    struct cn_arena *arena;
    enum step step;
    cn_backtest_id id;
    cn_str reports;
    cn_str failure;
};

static bool write_row(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct writing *writing = arg;
    const struct cn_unit unit = unit_of(writing->runner, writing->arena, conn);
    switch (writing->step) {
    case STEP_ABANDON:
        return cn_backtest_run_abandon(&unit, writing->id, err);
    case STEP_BEGIN:
        return cn_backtest_run_begin(&unit, writing->id, err);
    case STEP_END:
        return cn_backtest_run_end(&unit, writing->id, writing->reports, writing->failure, err);
    }
    return true;
}

static bool write_step(struct writing *writing, struct cn_error *err)
{
    return cn_db_write(writing->runner->options->db, write_row, writing, err);
}

/* ---- one run ---- */

static bool is_stopping(struct cn_backtest_runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool stops = runner->is_stopping;
    (void)pthread_mutex_unlock(&runner->lock);
    return stops;
}

static bool goes_on(struct cn_backtest_runner *runner, const struct job *job)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool ok = !runner->is_stopping && !job->ends;
    (void)pthread_mutex_unlock(&runner->lock);
    return ok;
}

struct part {
    struct cn_backtest_runner *runner;
    const struct job *job;
    int64_t index; /* of the versions that are tested */
    int64_t count;
};

static bool on_progress(void *arg, int64_t done, int64_t total)
{
    const struct part *part = arg;
    struct cn_backtest_runner *runner = part->runner;
    (void)pthread_mutex_lock(&runner->lock);
    bool ok = !runner->is_stopping && !part->job->ends;
    runner->done = part->index * total + done;
    runner->total = part->count * total;
    (void)pthread_mutex_unlock(&runner->lock);
    return ok;
}

/* Which are of the asked days. */
static const bool *choose_asked(struct job *job, const struct cn_departure_list *list)
{
    const struct cn_backtest_run *run = &job->run;
    bool *asked = cn_arena_array(&job->arena, bool, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        int64_t day = list->items[i].left_on;
        asked[i] = (run->left_from_given != CN_GIVEN || day >= run->left_from) &&
                   (run->left_to_given != CN_GIVEN || day <= run->left_to);
    }
    return asked;
}

static bool load_departures(struct cn_backtest_runner *runner, struct job *job,
                            struct cn_departure_list *list_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(runner->options->db, &conn, err)) {
        return false;
    }
    const struct cn_unit unit = unit_of(runner, &job->arena, conn);
    bool ok = cn_departure_list(&unit, list_out, err);
    cn_db_release(runner->options->db, conn);
    return ok;
}

/* Until the engine has begun.  Where it could not, or is being stopped, it answers at once. */
static bool wait_for_engine(struct cn_backtest_runner *runner, const struct job *job,
                            struct cn_error *err)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    while (!cn_engine_has_begun(runner->options->engine.live, WAIT_US)) {
        if (!goes_on(runner, job)) {
            return cn_fail(err, CN_UNAVAILABLE, "it was stopped");
        }
        (void)nanosleep(&pause, NULL); /* woken early, it just looks sooner */
    }
    return true;
}

static bool test_all(struct cn_backtest_runner *runner, struct job *job, cn_str *reports_out,
                     struct cn_error *err)
{
    const int64_t versions[CN_BACKTEST_VERSIONS] = { job->run.version, job->run.against };
    struct cn_backtest_report reports[CN_BACKTEST_VERSIONS];
    struct cn_departure_list departures;
    struct cn_diagnostics problems;
    struct cn_engine *engine = runner->options->engine.live;
    if (!wait_for_engine(runner, job, err) || !load_departures(runner, job, &departures, err)) {
        return false;
    }
    const bool *asked = choose_asked(job, &departures);
    for (size_t i = 0; i < job->count; i++) {
        struct part part = { runner, job, (int64_t)i, (int64_t)job->count };
        const struct cn_backtest_question question = { .files = &job->files[i],
                                                       .departures = &departures,
                                                       .asked = asked,
                                                       .basis = job->run.basis,
                                                       .progress = on_progress,
                                                       .arg = &part };
        cn_diagnostics_init(&problems, &job->arena);
        if (!cn_engine_backtest(engine, &question, &job->arena, &reports[i], &problems, err)) {
            return false;
        }
    }
    return cn_backtest_reports_write(reports, versions, job->count, &job->arena, reports_out, err);
}

static bool compare(struct cn_backtest_runner *runner, struct job *job, cn_str *json_out,
                    struct cn_error *err)
{
    struct part part = { runner, job, 0, 1 };
    const struct cn_comparison_question question = {
        .files = { [CN_COMPARISON_BEFORE] = &job->files[1],
                   [CN_COMPARISON_AFTER] = &job->files[0] },
        .basis = job->run.basis,
        .first_day = job->run.first_day,
        .last_day = job->run.last_day,
        .step_days = job->run.step_days,
        .owner_id = job->run.owner_id,
        .segment = job->run.segment,
        .currency = runner->options->currency,
        .progress = on_progress,
        .arg = &part,
    };
    struct cn_comparison comparison;
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, &job->arena);
    return wait_for_engine(runner, job, err) &&
           cn_engine_compare(runner->options->engine.live, &question, &job->arena, &comparison,
                             &problems, err) &&
           cn_comparison_write(&comparison, &job->arena, json_out, err);
}

static bool do_job(struct cn_backtest_runner *runner, struct job *job, cn_str *reports_out,
                   struct cn_error *err)
{
    return job->run.kind == CN_BACKTEST_COMPARISON ? compare(runner, job, reports_out, err)
                                                   : test_all(runner, job, reports_out, err);
}

static const cn_str own_failure = { "an error of Cairn: see the server's log", 39 };

/* What may be told of a failure to whoever asked. */
static cn_str failure_of(const struct cn_error *err)
{
    return err->code == CN_INTERNAL || err->code == CN_STORAGE_FULL ? own_failure
                                                                    : cn_str_of(err->message);
}

static bool may_pass(const struct cn_error *err)
{
    return err->code == CN_UNAVAILABLE || err->code == CN_STORAGE_FULL;
}

/* Again while the database is away: until it is kept the run would seem to go on.  What cannot be
 * kept at all becomes a failure. */
static void keep_end(struct cn_backtest_runner *runner, struct writing *writing)
{
    const struct timespec pause = { .tv_sec = 1 };
    struct cn_error err;
    bool was_told = false;
    while (!write_step(writing, &err)) {
        if (!was_told) {
            cn_log_error("api", &err, "keeping what a run over the past came to");
        }
        if (!may_pass(&err)) {
            if (cn_str_equal(writing->failure, own_failure)) {
                return;
            }
            writing->reports = CN_STR("");
            writing->failure = own_failure;
            continue;
        }
        was_told = true;
        if (is_stopping(runner)) { /* the next start says that it was interrupted */
            return;
        }
        (void)nanosleep(&pause, NULL); /* woken early, it just tries sooner */
    }
}

static void run_job(struct cn_backtest_runner *runner, struct job *job)
{
    struct cn_error err = { 0 };
    struct writing writing = {
        .runner = runner, .arena = &job->arena, .step = STEP_BEGIN, .id = job->run.id
    };
    if (!write_step(&writing, &err) || !do_job(runner, job, &writing.reports, &err)) {
        writing.failure = failure_of(&err);
        if (err.code == CN_INTERNAL) {
            cn_log_error("api", &err, "a run over the past failed");
        }
    }
    writing.step = STEP_END;
    keep_end(runner, &writing);
}

static void free_job(struct job *job)
{
    cn_arena_deinit(&job->arena);
    free(job);
}

/* The one that is to run; it stays at the head of the queue meanwhile.  NULL: it is time to end. */
static struct job *next_job(struct cn_backtest_runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    while (runner->waiting == NULL && !runner->is_stopping) {
        (void)pthread_cond_wait(&runner->changed, &runner->lock);
    }
    struct job *job = runner->is_stopping ? NULL : runner->waiting;
    runner->done = 0;
    runner->total = 0;
    (void)pthread_mutex_unlock(&runner->lock);
    return job;
}

static void take_off(struct cn_backtest_runner *runner, struct job *job)
{
    (void)pthread_mutex_lock(&runner->lock);
    runner->waiting = job->next;
    runner->taken--;
    (void)pthread_mutex_unlock(&runner->lock);
    free_job(job);
}

static void *run_all(void *arg)
{
    struct cn_backtest_runner *runner = arg;
    struct job *job = NULL;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* helps, is not needed */
    while ((job = next_job(runner)) != NULL) {
        run_job(runner, job);
        take_off(runner, job);
    }
    return NULL;
}

/* ---- from outside ---- */

struct cn_backtest_runner *cn_backtest_runner_new(const struct cn_api_options *options)
{
    struct cn_backtest_runner *runner = cn_heap_resize(NULL, sizeof(*runner));
    *runner = (struct cn_backtest_runner){ .options = options };
    (void)pthread_mutex_init(&runner->lock, NULL);
    (void)pthread_cond_init(&runner->changed, NULL);
    if (options->engine.live != NULL) {
        struct cn_error err;
        struct cn_arena arena;
        runner->first.value = cn_id_next(options->ids, cn_now(options->clock));
        cn_arena_init(&arena, 4096);
        struct writing writing = {
            .runner = runner, .arena = &arena, .step = STEP_ABANDON, .id = runner->first
        };
        if (!write_step(&writing, &err)) {
            cn_log_error("api", &err, "ending runs over the past of an earlier start");
        }
        cn_arena_deinit(&arena);
        if (pthread_create(&runner->thread, NULL, run_all, runner) != 0) {
            (void)fputs("cannot start a thread\n", stderr); /* as for memory: no caller can help */
            abort();
        }
        (void)pthread_setname_np(runner->thread, "backtest"); /* only for those who look */
        runner->is_started = true;
    }
    return runner;
}

void cn_backtest_runner_free(struct cn_backtest_runner *runner)
{
    if (runner == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&runner->lock);
    runner->is_stopping = true;
    (void)pthread_cond_broadcast(&runner->changed);
    (void)pthread_mutex_unlock(&runner->lock);
    if (runner->is_started) {
        (void)pthread_join(runner->thread, NULL);
    }
    while (runner->waiting != NULL) { /* their rows are abandoned at the next start */
        struct job *job = runner->waiting;
        runner->waiting = job->next;
        free_job(job);
    }
    (void)pthread_cond_destroy(&runner->changed);
    (void)pthread_mutex_destroy(&runner->lock);
    free(runner);
}

static void copy_files(struct cn_arena *arena, const struct cn_program_files *files,
                       struct cn_program_files *copy_out)
{
    copy_out->count = files->count;
    copy_out->items = cn_arena_array(arena, struct cn_program_file, files->count + 1);
    for (size_t i = 0; i < files->count; i++) {
        copy_out->items[i] = files->items[i];
        copy_out->items[i].name = cn_arena_str(arena, files->items[i].name);
        copy_out->items[i].text = cn_arena_str(arena, files->items[i].text);
    }
}

/* A place in the queue: before the row is written, so that a full queue leaves none behind. */
static bool take_place(struct cn_backtest_runner *runner, struct cn_error *err)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool runs = runner->is_started && !runner->is_stopping;
    bool has_room = runner->taken < CN_BACKTEST_WAITING_MAX;
    runner->taken += runs && has_room;
    (void)pthread_mutex_unlock(&runner->lock);
    if (!runs) {
        return cn_fail(err, CN_UNAVAILABLE, "nothing is evaluated here at the moment");
    }
    return has_room ||
           cn_fail(err, CN_TOO_MANY, "%d back-tests and comparisons wait already: try again later",
                   CN_BACKTEST_WAITING_MAX);
}

static void enqueue(struct cn_backtest_runner *runner, struct job *job)
{
    (void)pthread_mutex_lock(&runner->lock);
    struct job **end = &runner->waiting;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = job;
    (void)pthread_cond_signal(&runner->changed);
    (void)pthread_mutex_unlock(&runner->lock);
}

struct adding {
    const struct cn_unit *unit;
    const struct cn_backtest_run *run;
};

static bool add_row(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct adding *adding = arg;
    struct cn_unit unit = *adding->unit;
    unit.conn = conn;
    return cn_backtest_run_add(&unit, adding->run, err);
}

bool cn_backtest_runner_ask(struct cn_backtest_runner *runner, const struct cn_unit *unit,
                            const struct cn_backtest_run *run, const struct cn_program_files *files,
                            size_t count, struct cn_error *err)
{
    struct adding adding = { unit, run };
    if (!take_place(runner, err)) {
        return false;
    }
    if (!cn_db_write(runner->options->db, add_row, &adding, err)) {
        (void)pthread_mutex_lock(&runner->lock);
        runner->taken--;
        (void)pthread_mutex_unlock(&runner->lock);
        return false;
    }
    struct job *job = cn_heap_resize(NULL, sizeof(*job));
    *job = (struct job){ .run = *run, .count = count };
    cn_arena_init(&job->arena, (size_t)64 * 1024);
    job->run.segment = cn_arena_str(&job->arena, run->segment);
    for (size_t i = 0; i < count; i++) {
        copy_files(&job->arena, &files[i], &job->files[i]);
    }
    enqueue(runner, job);
    return true;
}

void cn_backtest_runner_stop(struct cn_backtest_runner *runner, cn_backtest_id id)
{
    (void)pthread_mutex_lock(&runner->lock);
    for (struct job *job = runner->waiting; job != NULL; job = job->next) {
        job->ends = job->ends || job->run.id.value == id.value;
    }
    (void)pthread_mutex_unlock(&runner->lock);
}

void cn_backtest_runner_progress(struct cn_backtest_runner *runner, cn_backtest_id id,
                                 int64_t *done_out, int64_t *total_out)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool is_it = runner->waiting != NULL && runner->waiting->run.id.value == id.value;
    *done_out = is_it ? runner->done : 0;
    *total_out = is_it ? runner->total : 0;
    (void)pthread_mutex_unlock(&runner->lock);
}
