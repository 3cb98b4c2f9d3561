/* The event log on files when things go wrong: torn files, kills, no room, failed writes. */
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sql/sqlite.h"
#include "sql/test_vfs.h"
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

/* A crash between the rename of a merged file and the deletion of what it was merged from. */
static void what_was_merged_is_deleted_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    char copy[80];
    char from[160];
    char to[160];
    for (int64_t i = 0; i < 10; i++) {
        append_and_wait(f, i * 10, 10);
        pass_hours(f, 12);
    }
    pass_hours(f, 24);
    append_and_wait(f, 100, 1);
    cn_event_log_set_consumed(f->log, 100);
    for (int i = 0; i < 10; i++) {
        bool packed;
        assert_true(cn_event_log_pack(f->log, &packed, &f->err));
        assert_true(packed);
    }
    (void)snprintf(copy, sizeof(copy), "%s-copy", f->dir);
    copy_folder(f->dir, copy);
    assert_true(cn_event_log_keep(f->log, &f->err));
    assert_true(count_segments(f, CN_SEGMENT_PACKED) < 10);
    close_log(f);
    for (int64_t seq = 1; seq <= 91; seq += 10) {
        (void)snprintf(from, sizeof(from), "%s/%020lld.pack", copy, (long long)seq);
        (void)snprintf(to, sizeof(to), "%020lld.pack", (long long)seq);
        copy_file(from, to, f->dir);
    }
    delete_folder(copy);
    open_log(f);
    assert_true(count_segments(f, CN_SEGMENT_PACKED) < 10);
    assert_holds(f, 101);
    assert_subjects(f, 101);
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

enum {
    NUMBERS = 4000000
};

/* Kills a child that appends from `first` on; yields the last batch that was acknowledged, or -1.
 * With a journal (or -1) its disk forgets what was not synced. */
static int64_t kill_at_random(struct fixture *f, struct cn_rng *rng, int64_t first, int64_t most,
                              int journal)
{
    int ends[2];
    int64_t acked = -1;
    int64_t last = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct cn_vfs_faults faults = { .writes_left = -1, .journal = journal };
        if (journal >= 0) {
            faults.steps_left = cn_rng_between(rng, 1, most);
            (void)cn_test_vfs_install(&faults);
        }
        run_child(f, first, ends[1]);
    }
    close(ends[1]);
    /* With a journal it kills itself, in the middle of a commit. */
    int64_t stop_after = journal >= 0 ? INT64_MAX : first + 50 * cn_rng_between(rng, 1, most);
    while (acked < stop_after && read(ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
        last = acked;
    }
    kill(pid, SIGKILL);
    while (read(ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
        last = acked;
    }
    close(ends[0]);
    int status;
    assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    return last;
}

/* Everything up to the acknowledged batch is there once; what was in flight is sent again.  Yields
 * the number to go on from. */
static int64_t check_acknowledged(struct fixture *f, unsigned char *times, int64_t first,
                                  int64_t acked)
{
    int64_t sure = acked >= 0 ? acked + 50 : first;
    int64_t next = sure + 100 - sure % 100;
    memset(times, 0, NUMBERS);
    assert_true(cn_event_log_scan(f->log, 1, INT64_MAX, note_number, times, &f->err));
    for (int64_t i = 0; i < next + 100; i++) {
        bool was_sent = i % 100 < 70;
        assert_true(times[i] <= (was_sent ? 1 : 0));
        assert_true(i >= sure || times[i] == (was_sent ? 1 : 0));
    }
    for (int64_t i = sure; i < next; i++) {
        if (i % 100 < 70 && times[i] == 0) {
            append_and_wait(f, i, 1);
        }
    }
    return next;
}

static void nothing_acknowledged_is_lost_when_killed(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 99 };
    unsigned char *times = cn_heap_resize(NULL, NUMBERS);
    int64_t next = 0;
    close_log(f);
    f->options.on_commit = NULL;
    for (int round = 0; round < 8; round++) {
        int64_t from = next;
        int64_t acked = kill_at_random(f, &rng, from, 150, -1);
        open_log(f);
        next = check_acknowledged(f, times, from, acked);
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

static bool count_any(void *arg, const struct cn_event *event)
{
    size_t *count = arg;
    (*count)++;
    return event->seq > 0;
}

/* Overwrites some bytes of the file `name` somewhere. */
static void damage(const char *dir, const char *name, struct cn_rng *rng)
{
    char path[160];
    struct stat about;
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &about) == 0);
    for (int i = 0; i < 200; i++) {
        uint64_t bytes = cn_rng_next(rng);
        off_t at = (off_t)cn_rng_between(rng, 0, about.st_size - 8);
        assert_int_equal(pwrite(fd, &bytes, sizeof(bytes), at), sizeof(bytes));
    }
    close(fd);
}

/* Refused with an error, or read as far as it goes; never a crash. */
static void damaged_files_are_refused(void **state)
{
    static const char *const names[] = { "00000000000000000001.pack", "00000000000000000301.raw",
                                         "00000000000000000001.ids" };
    struct fixture *f = *state;
    struct cn_rng rng = { 31 };
    char copy[80];
    char broken[96];
    size_t refused = 0;
    append_and_wait(f, 0, 300);
    pass_hours(f, 1);
    append_and_wait(f, 300, 300);
    pack_all(f);
    close_log(f);
    (void)snprintf(copy, sizeof(copy), "%s-copy", f->dir);
    copy_folder(f->dir, copy);
    f->options.on_commit = NULL;
    for (int round = 0; round < 30; round++) {
        int64_t subject = cn_subject_of(CN_SUBJECT_USER, CN_STR("u7"));
        size_t count = 0;
        (void)snprintf(broken, sizeof(broken), "%s-broken", f->dir);
        copy_folder(copy, broken);
        damage(broken, names[round % 3], &rng);
        f->options.dir = broken;
        if (!cn_event_log_open(&f->options, &f->log, &f->err)) {
            refused++;
            f->log = NULL;
        } else if (!cn_event_log_scan(f->log, 1, INT64_MAX, count_any, &count, &f->err) ||
                   !cn_event_log_scan_subject(f->log, subject, 1, INT64_MAX, count_any, &count,
                                              &f->err)) {
            refused++;
        }
        close_log(f);
        delete_folder(broken);
    }
    assert_true(refused > 10);
    delete_folder(copy);
    f->options.dir = f->dir;
    open_log(f);
}

/* 2^60 events of 16 bytes are as many bytes as none, and 2^63 - 1 of them end before they begin. */
static void counts_that_would_wrap_are_refused(void **state)
{
    static const char *const claims[] = { "UPDATE block SET n = n + 1152921504606846976",
                                          "UPDATE block SET n = 9223372036854775807",
                                          "UPDATE block SET n = -n" };
    struct fixture *f = *state;
    char copy[80];
    char path[160];
    append_and_wait(f, 0, 300);
    close_log(f);
    f->options.on_commit = NULL;
    (void)snprintf(copy, sizeof(copy), "%s-copy", f->dir);
    for (size_t i = 0; i < CN_ARRAY_LEN(claims); i++) {
        struct cn_sql_conn *conn;
        copy_folder(f->dir, copy);
        (void)snprintf(path, sizeof(path), "%s/%020d.raw", copy, 1);
        assert_true(cn_sqlite_open(path, &conn, &f->err));
        assert_true(cn_sql_exec(conn, claims[i], &f->err));
        cn_sql_close(conn);
        f->options.dir = copy;
        assert_false(cn_event_log_open(&f->options, &f->log, &f->err));
        assert_int_equal(f->err.code, CN_INTERNAL);
        f->log = NULL;
        delete_folder(copy);
    }
    f->options.dir = f->dir;
    open_log(f);
}

/* ---- faults of the disk ---- */

static void a_full_disk_loses_nothing_and_recovers(void **state)
{
    struct fixture *f = *state;
    struct cn_vfs_faults faults = { .writes_left = -1, .journal = -1 };
    close_log(f);
    struct cn_test_vfs *vfs = cn_test_vfs_install(&faults);
    open_log(f);
    append_and_wait(f, 0, 1000);
    for (int64_t room = 0; room < 12; room++) {
        f->answers.failed = 0;
        atomic_store(&faults.writes_left, room);
        append_and_wait(f, 1000, 300);
        if (f->answers.failed == 1) {
            assert_int_equal(f->answers.code, CN_STORAGE_FULL);
            assert_true(cn_event_log_position(f->log) == 1000);
            assert_holds(f, 1000); /* reading goes on */
            assert_subjects(f, 1000);
        }
    }
    atomic_store(&faults.writes_left, -1);
    append_and_wait(f, 1000, 300);
    append_and_wait(f, 1300, 5);
    assert_int_equal(f->answers.accepted, 1305);
    assert_holds(f, 1305);
    assert_subjects(f, 1305);
    reopen(f);
    assert_holds(f, 1305);
    close_log(f);
    cn_test_vfs_remove(vfs);
    open_log(f);
}

static void a_failed_sync_stops_intake_until_the_restart(void **state)
{
    struct fixture *f = *state;
    struct cn_vfs_faults faults = { .writes_left = -1, .journal = -1 };
    struct cn_event_log_stats stats;
    close_log(f);
    struct cn_test_vfs *vfs = cn_test_vfs_install(&faults);
    open_log(f);
    append_and_wait(f, 0, 100);
    atomic_store(&faults.sync_fails, true);
    append_and_wait(f, 100, 100);
    assert_int_equal(f->answers.failed, 1);
    assert_int_equal(f->answers.code, CN_UNAVAILABLE);
    atomic_store(&faults.sync_fails, false);
    struct cn_event_batch *batch = make_batch(100, 1, cn_now(&f->clock));
    assert_false(cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err));
    assert_int_equal(f->err.code, CN_UNAVAILABLE);
    cn_event_batch_release(batch);
    cn_event_log_stats(f->log, &stats);
    assert_true(stats.is_stopped);
    assert_holds(f, 100);
    assert_subjects(f, 100);
    f->options.on_commit = NULL; /* what was not acknowledged may be there */
    reopen(f);
    append_and_wait(f, 0, 200);
    assert_holds(f, 200);
    close_log(f);
    cn_test_vfs_remove(vfs);
    open_log(f);
}

static void no_power_loss_takes_what_was_acknowledged(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 4 };
    char path[128];
    unsigned char *times = cn_heap_resize(NULL, NUMBERS);
    size_t lost = 0;
    close_log(f);
    f->options.on_commit = NULL;
    for (int64_t round = 0, next = 0; round < 12; round++) {
        size_t damaged;
        (void)snprintf(path, sizeof(path), "%s-journal", f->dir);
        int journal = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
        assert_true(journal >= 0);
        int64_t from = next;
        int64_t acked = kill_at_random(f, &rng, from, 250, journal);
        lost += cn_vfs_lose_power(journal, &rng, &damaged);
        close(journal);
        assert_int_equal(unlink(path), 0);
        open_log(f);
        next = check_acknowledged(f, times, from, acked);
        close_log(f);
    }
    assert_true(lost > 0);
    free(times);
    open_log(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("files copied in mid-write open again", files_copied_in_mid_write_open_again),
        T("what was merged is deleted at the next start",
          what_was_merged_is_deleted_at_the_next_start),
        T("reliability 9: damaged files are refused", damaged_files_are_refused),
        T("reliability 9: counts that would wrap are refused", counts_that_would_wrap_are_refused),
        T("half a pack is thrown away", half_a_pack_is_thrown_away),
        T("nothing acknowledged is lost when killed", nothing_acknowledged_is_lost_when_killed),
        T("reliability 21: a full queue says so at once", a_full_queue_says_so_at_once),
        T("reliability 7: a group that cannot be written is undone",
          a_group_that_cannot_be_written_is_undone),
        T("reliability 6: a full disk loses nothing and recovers",
          a_full_disk_loses_nothing_and_recovers),
        T("reliability 8: a failed sync stops intake until the restart",
          a_failed_sync_stops_intake_until_the_restart),
        T("no power loss takes what was acknowledged", no_power_loss_takes_what_was_acknowledged),
    };
    return cmocka_run_group_tests_name("event_crash", tests, NULL, NULL);
}
