/* The event log on files when things go wrong: torn files, kills, no room, failed writes. */
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/event_log.h"

static void copy_file(const char *path, const char *name, const char *to)
{
    char copy[512];
    struct stat about;
    (void)snprintf(copy, sizeof(copy), "%s/%s", to, name);
    int in = open(path, O_RDONLY);
    int out = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0 && fstat(in, &about) == 0);
    while (sendfile(out, in, NULL, (size_t)about.st_size + 1) > 0) {
    }
    close(in);
    close(out);
}

/* Copies the folder as a crash would leave it. */
static void copy_folder(const char *from, const char *to)
{
    assert_int_equal(mkdir(to, 0700), 0);
    for_each_file(from, copy_file, to);
}

static void files_copied_in_mid_write_open_again(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 5 };
    char copy[80];
    append_and_wait(f, 0, 1000);
    append_and_wait(f, 1000, 7);
    (void)snprintf(copy, sizeof(copy), "%s-copy", f->dir);
    copy_folder(f->dir, copy);
    close_log(f);
    /* Tear the end of SQLite's log: what is left is a prefix of the commits. */
    char wal[160];
    struct stat about;
    (void)snprintf(wal, sizeof(wal), "%s/%020d.raw-wal", copy, 1);
    assert_int_equal(stat(wal, &about), 0);
    for (int round = 0; round < 20; round++) {
        char torn[96];
        (void)snprintf(torn, sizeof(torn), "%s-torn", f->dir);
        copy_folder(copy, torn);
        (void)snprintf(wal, sizeof(wal), "%s/%020d.raw-wal", torn, 1);
        assert_int_equal(truncate(wal, (off_t)cn_rng_between(&rng, 0, about.st_size)), 0);
        f->options.dir = torn;
        f->options.on_commit = NULL;
        open_log(f);
        size_t held = (size_t)cn_event_log_position(f->log);
        assert_true(held == 0 || held == 1000 || held == 1007);
        if (held > 0) {
            assert_holds(f, held);
            assert_subjects(f, held);
        }
        f->answers.accepted = 0;
        append_and_wait(f, 0, 1007);
        assert_int_equal(f->answers.accepted, 1007 - held);
        assert_holds(f, 1007);
        close_log(f);
        delete_folder(torn);
    }
    delete_folder(copy);
    f->options.dir = f->dir;
    open_log(f);
}

static void half_a_pack_is_thrown_away(void **state)
{
    struct fixture *f = *state;
    char path[160];
    append_and_wait(f, 0, 500);
    pass_hours(f, 1);
    append_and_wait(f, 500, 1);
    (void)snprintf(path, sizeof(path), "%s/%020d.pack.tmp", f->dir, 1);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
    reopen(f);
    assert_int_equal(access(path, F_OK), -1);
    assert_holds(f, 501);
    pack_all(f);
    (void)snprintf(path, sizeof(path), "%s/%020d.raw", f->dir, 1);
    assert_int_equal(access(path, F_OK), -1);
    assert_holds(f, 501);
}

/* A child appends and tells which batches were acknowledged; the parent kills it at random. */
static void run_child(const struct fixture *parent, int64_t first, int out)
{
    struct fixture child = { .options = parent->options };
    cn_clock_fixed(&child.clock, cn_now(&parent->clock));
    child.options.clock = &child.clock;
    child.options.on_commit = NULL;
    child.options.is_kept_by_caller = false;
    child.options.segment_max_events = 3000;
    pthread_mutex_init(&child.answers.lock, NULL);
    pthread_cond_init(&child.answers.changed, NULL);
    if (!cn_event_log_open(&child.options, &child.log, &child.err)) {
        _exit(1);
    }
    cn_event_log_set_consumed(child.log, INT64_MAX);
    for (int64_t i = first;; i += 50) {
        struct cn_event_batch *batch = make_batch(i, i % 100 == 0 ? 50 : 20, cn_now(&child.clock));
        child.sent++;
        if (!cn_event_log_append(child.log, batch, note_answer, &child.answers, &child.err)) {
            _exit(2);
        }
        wait_answers(&child);
        if (child.answers.failed > 0 || write(out, &i, sizeof(i)) != sizeof(i)) {
            _exit(3);
        }
    }
}

static bool note_number(void *arg, const struct cn_event *event)
{
    unsigned char *times = arg;
    times[number_of(event)]++;
    return true;
}

static void nothing_acknowledged_is_lost_when_killed(void **state)
{
    enum {
        ROUNDS = 12,
        NUMBERS = 4000000
    };
    struct fixture *f = *state;
    struct cn_rng rng = { 99 };
    unsigned char *times = cn_heap_resize(NULL, NUMBERS);
    int64_t next = 0;
    close_log(f);
    f->options.on_commit = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        int64_t acked = -1;
        int64_t first = next;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            run_child(f, first, ends[1]);
        }
        close(ends[1]);
        int64_t stop_after = first + 50 * cn_rng_between(&rng, 1, 300);
        while (acked < stop_after && read(ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
            next = acked + 50;
        }
        kill(pid, SIGKILL);
        while (read(ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
            next = acked + 50;
        }
        close(ends[0]);
        int status;
        assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));

        open_log(f);
        memset(times, 0, NUMBERS);
        assert_true(cn_event_log_scan(f->log, 1, INT64_MAX, note_number, times, &f->err));
        for (int64_t i = 0; i < next; i++) {
            bool was_sent = i % 100 < 50 || i % 100 < 70;
            assert_int_equal(times[i], was_sent ? 1 : 0);
        }
        next += 100 - next % 100; /* what was in flight may be stored or not, but once */
        for (int64_t i = 0; i < next + 100; i++) {
            assert_true(times[i] <= 1);
        }
        for (int64_t i = acked + 50; i < next; i++) {
            bool is_stored = times[i] == 1;
            bool was_sent = i % 100 < 70;
            if (was_sent && !is_stored) {
                append_and_wait(f, i, 1);
            }
        }
        close_log(f);
    }
    free(times);
    open_log(f);
}

static void a_full_queue_says_so_at_once(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    f->options.queue_bytes = 1;
    open_log(f);
    bool was_full = false;
    for (int64_t i = 0; i < 20000 && !was_full; i++) {
        struct cn_event_batch *batch = make_batch(i, 1, cn_now(&f->clock));
        if (cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err)) {
            f->sent++;
        } else {
            was_full = true;
            assert_int_equal(f->err.code, CN_TOO_MANY);
            cn_event_batch_release(batch);
        }
    }
    assert_true(was_full);
    wait_answers(f);
    assert_int_equal(f->answers.accepted, f->sent);
}

static void a_group_that_cannot_be_written_is_undone(void **state)
{
    struct fixture *f = *state;
    char path[128];
    append_and_wait(f, 0, 40);
    append_and_wait(f, 40, 1);
    pass_hours(f, 1);
    /* A folder in the place of the next segment's file: nothing can be stored in this hour. */
    (void)snprintf(path, sizeof(path), "%s/%020d.raw", f->dir, 42);
    assert_int_equal(mkdir(path, 0700), 0);
    append_and_wait(f, 41, 40);
    append_and_wait(f, 81, 1);
    assert_int_equal(f->answers.failed, 2);
    assert_int_equal(f->answers.code, CN_UNAVAILABLE);
    assert_true(cn_event_log_position(f->log) == 41);
    assert_holds(f, 41);
    assert_subjects(f, 41);
    assert_int_equal(rmdir(path), 0);
    append_and_wait(f, 41, 41);
    assert_int_equal(f->answers.failed, 2);
    assert_int_equal(f->answers.accepted, 82);
    assert_holds(f, 82);
    assert_subjects(f, 82);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("files copied in mid-write open again", files_copied_in_mid_write_open_again),
        T("half a pack is thrown away", half_a_pack_is_thrown_away),
        T("nothing acknowledged is lost when killed", nothing_acknowledged_is_lost_when_killed),
        T("a full queue says so at once", a_full_queue_says_so_at_once),
        T("a group that cannot be written is undone", a_group_that_cannot_be_written_is_undone),
    };
    return cmocka_run_group_tests_name("event_crash", tests, NULL, NULL);
}
