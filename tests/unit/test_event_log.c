/* The event log on files: order, duplicates, restarts, packing, failures. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"

#include "event/log.h"
#include "tests/unit/unit.h"

enum {
    USERS = 50,
    SOURCE = 7
};

static const int64_t us_per_hour = 3600LL * 1000000;

struct answers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t count;
    size_t accepted;
    size_t duplicates;
    size_t failed;
    enum cn_code code;
};

struct fixture {
    char dir[64];
    struct cn_clock clock;
    struct cn_event_log_options options;
    struct cn_event_log *log;
    struct answers answers;
    size_t sent; /* batches */
    struct cn_arena arena;
    int64_t committed_to; /* by the commit hook */
    struct cn_error err;
};

static void note_answer(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
{
    struct answers *answers = arg;
    pthread_mutex_lock(&answers->lock);
    answers->count++;
    answers->accepted += batch->accepted;
    answers->duplicates += batch->duplicates;
    if (err != NULL) {
        answers->failed++;
        answers->code = err->code;
    }
    pthread_cond_broadcast(&answers->changed);
    pthread_mutex_unlock(&answers->lock);
}

static void wait_answers(struct fixture *f)
{
    pthread_mutex_lock(&f->answers.lock);
    while (f->answers.count < f->sent) {
        pthread_cond_wait(&f->answers.changed, &f->answers.lock);
    }
    pthread_mutex_unlock(&f->answers.lock);
}

static cn_str text_of(struct cn_arena *arena, const char *prefix, int64_t n)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%s%lld", prefix, (long long)n);
    return cn_arena_str(arena, (cn_str){ text, (size_t)len });
}

/* Events m(first) to m(first + count - 1); user by number; a page of payload. */
static struct cn_event_batch *make_batch(int64_t first, size_t count, cn_time now)
{
    struct cn_event_batch *batch = cn_event_batch_new(4096);
    batch->received = now;
    batch->count = count;
    batch->events = cn_arena_array(&batch->arena, struct cn_event, count);
    for (size_t i = 0; i < count; i++) {
        int64_t n = first + (int64_t)i;
        struct cn_event *event = &batch->events[i];
        *event = (struct cn_event){
            .type = CN_EVENT_TRACK,
            .message_id = text_of(&batch->arena, "m", n),
            .name = CN_STR("Report Exported"),
            .user_key = text_of(&batch->arena, "u", n % USERS),
            .at = { now.us - n },
            .received = now,
            .payload = text_of(&batch->arena, "{\"n\":1}", n),
        };
        event->subject = cn_subject_of(CN_SUBJECT_USER, event->user_key);
    }
    cn_event_batch_set_source(batch, SOURCE);
    return batch;
}

static void append(struct fixture *f, int64_t first, size_t count)
{
    struct cn_event_batch *batch = make_batch(first, count, cn_now(&f->clock));
    f->sent++;
    assert_true(cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err));
}

static void append_and_wait(struct fixture *f, int64_t first, size_t count)
{
    append(f, first, count);
    wait_answers(f);
}

static void note_commit(void *arg, const struct cn_event_commit *commit)
{
    struct fixture *f = arg;
    int64_t next = commit->first_seq;
    assert_true(commit->first_seq == f->committed_to + 1);
    for (size_t b = 0; b < commit->batch_count; b++) {
        for (size_t i = 0; i < commit->batches[b]->count; i++) {
            int64_t seq = commit->batches[b]->events[i].seq;
            if (seq != 0) {
                assert_true(seq == next);
                next++;
            }
        }
    }
    assert_true(next == commit->last_seq + 1);
    f->committed_to = commit->last_seq;
}

static void open_log(struct fixture *f)
{
    assert_true(cn_event_log_open(&f->options, &f->log, &f->err));
}

static void close_log(struct fixture *f)
{
    cn_event_log_close(f->log);
    f->log = NULL;
}

static void reopen(struct fixture *f)
{
    close_log(f);
    open_log(f);
}

static void pass_hours(struct fixture *f, int64_t hours)
{
    f->clock.fixed_us += hours * us_per_hour;
}

struct scanned {
    int64_t next_seq;
    size_t count;
    uint64_t numbers; /* sum of the events' n */
    int64_t subject;
    size_t limit;
};

static int64_t number_of(const struct cn_event *event)
{
    int64_t n = 0;
    for (size_t i = 1; i < event->message_id.len; i++) {
        n = n * 10 + (event->message_id.ptr[i] - '0');
    }
    return n;
}

static void check_event(const struct cn_event *event)
{
    char text[64];
    int64_t n = number_of(event);
    int len = snprintf(text, sizeof(text), "{\"n\":1}%lld", (long long)n);
    assert_true(cn_str_equal(event->payload, (cn_str){ text, (size_t)len }));
    assert_true(cn_str_equal(event->name, CN_STR("Report Exported")));
    assert_int_equal(event->source_id, SOURCE);
    assert_true(event->at.us == event->received.us - n);
}

static bool check_scanned(void *arg, const struct cn_event *event)
{
    struct scanned *scanned = arg;
    check_event(event);
    assert_true(scanned->subject == 0 || event->subject == scanned->subject);
    assert_true(scanned->subject != 0 ? event->seq >= scanned->next_seq
                                      : event->seq == scanned->next_seq);
    scanned->next_seq = event->seq + 1;
    scanned->count++;
    scanned->numbers += (uint64_t)number_of(event);
    return scanned->count < scanned->limit;
}

static struct scanned scan(struct fixture *f, int64_t from, int64_t to)
{
    struct scanned scanned = { .next_seq = from, .limit = SIZE_MAX };
    assert_true(cn_event_log_scan(f->log, from, to, check_scanned, &scanned, &f->err));
    return scanned;
}

/* The log holds m0 to m(count - 1), each once, in an order without gaps. */
static void assert_holds(struct fixture *f, size_t count)
{
    struct scanned scanned = scan(f, 1, INT64_MAX);
    assert_int_equal(scanned.count, count);
    assert_true(scanned.numbers == (uint64_t)count * (count - 1) / 2);
    assert_true(cn_event_log_position(f->log) == (int64_t)count);
}

/* Each user's newest `limit` events, and all of them in order, are those of the scan. */
static void assert_subjects(struct fixture *f, size_t count)
{
    for (int64_t user = 0; user < USERS; user += 7) {
        cn_str key = text_of(&f->arena, "u", user);
        int64_t subject = cn_subject_of(CN_SUBJECT_USER, key);
        size_t expected = (count + USERS - 1 - (size_t)user) / USERS;
        struct scanned scanned = { .subject = subject, .limit = SIZE_MAX };
        assert_true(cn_event_log_scan_subject(f->log, subject, 1, INT64_MAX, check_scanned,
                                              &scanned, &f->err));
        assert_int_equal(scanned.count, expected);
        struct cn_event *events;
        size_t read;
        assert_true(
            cn_event_log_read_subject(f->log, &f->arena, subject, 0, 5, &events, &read, &f->err));
        assert_int_equal(read, expected < 5 ? expected : 5);
        for (size_t i = 0; i < read; i++) {
            assert_true(events[i].subject == subject);
            check_event(&events[i]);
            assert_true(i == 0 || events[i].seq < events[i - 1].seq);
        }
        if (read == 5) {
            struct cn_event *older;
            assert_true(cn_event_log_read_subject(f->log, &f->arena, subject, events[2].seq, 2,
                                                  &older, &read, &f->err));
            assert_int_equal(read, 2);
            assert_true(older[0].seq == events[3].seq && older[1].seq == events[4].seq);
        }
    }
}

static size_t count_segments(struct fixture *f, enum cn_segment_state state)
{
    struct cn_segment_info *segments;
    size_t count;
    size_t found = 0;
    assert_true(cn_event_log_segments(f->log, &f->arena, &segments, &count, &f->err));
    for (size_t i = 0; i < count; i++) {
        found += segments[i].state == state;
        assert_true(i == 0 || segments[i].first_seq == segments[i - 1].last_seq + 1);
    }
    return found;
}

static void pack_all(struct fixture *f)
{
    cn_event_log_set_consumed(f->log, INT64_MAX);
    assert_true(cn_event_log_keep(f->log, &f->err));
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 0);
}

typedef void each_file(const char *path, const char *name, const char *to);

static void for_each_file(const char *dir, each_file *run, const char *to)
{
    DIR *stream = opendir(dir);
    assert_non_null(stream);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        char path[512];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
            run(path, entry->d_name, to);
        }
    }
    closedir(stream);
}

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

static void delete_file(const char *path, const char *name, const char *to)
{
    (void)name;
    (void)to;
    assert_int_equal(remove(path), 0);
}

static void delete_folder(const char *dir)
{
    for_each_file(dir, delete_file, "");
    assert_int_equal(rmdir(dir), 0);
}

/* ---- tests ---- */

static void an_empty_log_has_nothing(void **state)
{
    struct fixture *f = *state;
    struct cn_event *events;
    size_t count = 7;
    assert_true(cn_event_log_position(f->log) == 0);
    assert_int_equal(scan(f, 1, INT64_MAX).count, 0);
    assert_true(cn_event_log_read_subject(f->log, &f->arena, 1, 0, 10, &events, &count, &f->err));
    assert_int_equal(count, 0);
    reopen(f);
    assert_true(cn_event_log_position(f->log) == 0);
}

static void events_are_stored_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    append(f, 0, 1);
    append(f, 1, 100);
    append(f, 101, 3);
    append(f, 104, 31);
    append(f, 135, 2500);
    wait_answers(f);
    assert_int_equal(f->answers.accepted, 2635);
    assert_int_equal(f->answers.failed, 0);
    assert_true(f->committed_to == 2635);
    assert_holds(f, 2635);
    assert_subjects(f, 2635);
    reopen(f);
    assert_holds(f, 2635);
    assert_subjects(f, 2635);
    append_and_wait(f, 2635, 5);
    assert_holds(f, 2640);
}

static void a_scan_takes_any_range_and_stops_when_told(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = 0; i < 40; i++) {
        append_and_wait(f, i * 25, 25);
    }
    assert_int_equal(scan(f, 1, 1).count, 1);
    assert_int_equal(scan(f, 999, 5000).count, 2);
    assert_int_equal(scan(f, 30, 300).count, 271);
    assert_int_equal(scan(f, 2000, 3000).count, 0);
    struct scanned few = { .next_seq = 10, .limit = 3 };
    assert_true(cn_event_log_scan(f->log, 10, INT64_MAX, check_scanned, &few, &f->err));
    assert_int_equal(few.count, 3);
}

static void duplicates_are_dropped(void **state)
{
    struct fixture *f = *state;
    append_and_wait(f, 0, 100);
    append_and_wait(f, 0, 100);
    append_and_wait(f, 50, 100);
    append_and_wait(f, 149, 2);
    append_and_wait(f, 150, 1);
    assert_int_equal(f->answers.accepted, 151);
    assert_int_equal(f->answers.duplicates, 152);
    assert_holds(f, 151);
    assert_subjects(f, 151);
    assert_true(f->committed_to == 151);
    /* The same id of another source is another event. */
    struct cn_event_batch *other = make_batch(0, 1, cn_now(&f->clock));
    cn_event_batch_set_source(other, SOURCE + 1);
    f->sent++;
    assert_true(cn_event_log_append(f->log, other, note_answer, &f->answers, &f->err));
    wait_answers(f);
    assert_int_equal(f->answers.accepted, 152);
}

static void a_batch_may_repeat_itself(void **state)
{
    struct fixture *f = *state;
    struct cn_event_batch *batch = make_batch(0, 40, cn_now(&f->clock));
    batch->events[39] = batch->events[0];
    batch->events[20] = batch->events[1];
    f->sent++;
    assert_true(cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err));
    wait_answers(f);
    assert_int_equal(f->answers.accepted, 38);
    assert_int_equal(f->answers.duplicates, 2);
    assert_int_equal(scan(f, 1, INT64_MAX).count, 38);
}

static void duplicates_are_known_across_segments_and_restarts(void **state)
{
    struct fixture *f = *state;
    append_and_wait(f, 0, 100);
    pass_hours(f, 1);
    append_and_wait(f, 100, 100);
    pass_hours(f, 1);
    append_and_wait(f, 200, 100);
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 2);
    append_and_wait(f, 0, 300); /* from sets in memory */
    assert_int_equal(f->answers.duplicates, 300);
    assert_true(cn_event_log_keep(f->log, &f->err));
    append_and_wait(f, 0, 300); /* from sorted files */
    assert_int_equal(f->answers.duplicates, 600);
    reopen(f);
    append_and_wait(f, 0, 300); /* from files that were found */
    assert_int_equal(f->answers.duplicates, 900);
    pack_all(f);
    reopen(f);
    append_and_wait(f, 0, 310);
    assert_int_equal(f->answers.duplicates, 1200);
    assert_int_equal(f->answers.accepted, 310);
    assert_holds(f, 310);
    struct cn_event_log_stats stats;
    cn_event_log_stats(f->log, &stats);
    assert_int_equal(stats.ids_in_files, 200);
    assert_int_equal(stats.ids_in_memory, 110);
}

static void ids_are_rebuilt_from_events_if_their_file_is_lost(void **state)
{
    struct fixture *f = *state;
    append_and_wait(f, 0, 100);
    pass_hours(f, 1);
    append_and_wait(f, 100, 100);
    pack_all(f);
    close_log(f);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%020d.ids", f->dir, 1);
    assert_int_equal(truncate(path, 100), 0);
    open_log(f);
    append_and_wait(f, 0, 200);
    assert_int_equal(f->answers.duplicates, 200);
}

static void ids_beyond_the_window_are_forgotten(void **state)
{
    struct fixture *f = *state;
    append_and_wait(f, 0, 100);
    assert_true(cn_event_log_keep(f->log, &f->err));
    for (int64_t hour = 1; hour <= 50; hour++) {
        pass_hours(f, 1);
        append_and_wait(f, 100 + hour, 1);
        append_and_wait(f, 100 + hour - (hour < 48 ? hour : 47), 1); /* up to 47 hours old */
        assert_true(cn_event_log_keep(f->log, &f->err));
    }
    assert_int_equal(f->answers.duplicates, 49);
    struct cn_event_log_stats stats;
    cn_event_log_stats(f->log, &stats);
    assert_true(stats.ids_in_memory + stats.ids_in_files <= 50);
}

static void segments_are_cut_at_hours_and_bounds(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    f->options.segment_max_events = 250;
    open_log(f);
    for (int64_t i = 0; i < 10; i++) {
        append_and_wait(f, i * 100, 100);
    }
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 4);
    pass_hours(f, 1);
    append_and_wait(f, 1000, 1);
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 5);
    cn_event_log_seal(f->log);
    append_and_wait(f, 1001, 1);
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 6);
    assert_holds(f, 1002);
    assert_subjects(f, 1002);
    reopen(f);
    assert_holds(f, 1002);
    assert_subjects(f, 1002);
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 6);
}

static void subjects_read_the_same_from_open_sealed_and_packed(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    for (int hour = 0; hour < 4; hour++) {
        append_and_wait(f, (int64_t)count, 700);
        count += 700;
        append_and_wait(f, (int64_t)count, 20);
        count += 20;
        pass_hours(f, 1);
    }
    assert_holds(f, count);
    assert_subjects(f, count);
    cn_event_log_set_consumed(f->log, 1500); /* two of four have been passed */
    assert_true(cn_event_log_keep(f->log, &f->err));
    assert_int_equal(count_segments(f, CN_SEGMENT_PACKED), 2);
    assert_holds(f, count);
    assert_subjects(f, count);
    reopen(f);
    assert_holds(f, count);
    assert_subjects(f, count);
    pack_all(f);
    assert_int_equal(count_segments(f, CN_SEGMENT_PACKED), 3);
    assert_holds(f, count);
    assert_subjects(f, count);
    struct scanned part = { .next_seq = 700, .limit = SIZE_MAX };
    assert_true(cn_event_log_scan(f->log, 700, 1500, check_scanned, &part, &f->err));
    assert_int_equal(part.count, 801);
}

static void spans_of_a_large_segment_are_packed_one_by_one(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    while (count < 140000) { /* a span is 131,072 */
        append(f, (int64_t)count, 2500);
        count += 2500;
    }
    wait_answers(f);
    pass_hours(f, 1);
    append_and_wait(f, (int64_t)count, 1);
    pack_all(f);
    assert_holds(f, count + 1);
    assert_subjects(f, count + 1);
}

static void dropped_segments_are_gone(void **state)
{
    struct fixture *f = *state;
    size_t dropped = 7;
    append_and_wait(f, 0, 100);
    pass_hours(f, 1);
    cn_time then = cn_now(&f->clock);
    append_and_wait(f, 100, 100);
    pass_hours(f, 1);
    append_and_wait(f, 200, 100);
    pack_all(f);
    assert_true(cn_event_log_drop(f->log, then, &dropped, &f->err));
    assert_int_equal(dropped, 1);
    assert_int_equal(scan(f, 101, INT64_MAX).count, 200);
    assert_true(cn_event_log_position(f->log) == 300);
    reopen(f);
    assert_int_equal(scan(f, 101, INT64_MAX).count, 200);
    assert_true(cn_event_log_drop(f->log, (cn_time){ INT64_MAX }, &dropped, &f->err));
    assert_int_equal(dropped, 1);
    reopen(f);
    assert_true(cn_event_log_position(f->log) == 300);
    append_and_wait(f, 300, 1);
    assert_true(cn_event_log_position(f->log) == 301);
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

static void bodies_may_be_compressed(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    f->options.is_compressed = true;
    open_log(f);
    append_and_wait(f, 0, 1000);
    append_and_wait(f, 1000, 5);
    assert_holds(f, 1005);
    assert_subjects(f, 1005);
    close_log(f);
    f->options.is_compressed = false;
    open_log(f);
    append_and_wait(f, 1005, 5);
    assert_holds(f, 1010);
}

struct appender {
    struct fixture *f;
    int64_t first;
    pthread_t thread;
};

static void *run_appender(void *arg)
{
    struct appender *appender = arg;
    for (int64_t i = 0; i < 100; i++) {
        struct cn_event_batch *batch =
            make_batch(appender->first + i * 10, 10, cn_now(&appender->f->clock));
        struct cn_error err;
        if (!cn_event_log_append(appender->f->log, batch, note_answer, &appender->f->answers,
                                 &err)) {
            abort();
        }
    }
    return NULL;
}

static void many_threads_append_and_read_at_once(void **state)
{
    struct fixture *f = *state;
    struct appender appenders[4];
    for (size_t i = 0; i < CN_ARRAY_LEN(appenders); i++) {
        /* Two pairs send the same events. */
        appenders[i] = (struct appender){ .f = f, .first = (int64_t)(i / 2) * 1000 };
        assert_int_equal(pthread_create(&appenders[i].thread, NULL, run_appender, &appenders[i]),
                         0);
    }
    f->sent = 400;
    for (int i = 0; i < 20; i++) {
        int64_t position = cn_event_log_position(f->log);
        assert_int_equal(scan(f, 1, position).count, position);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(appenders); i++) {
        pthread_join(appenders[i].thread, NULL);
    }
    wait_answers(f);
    assert_int_equal(f->answers.accepted, 2000);
    assert_int_equal(f->answers.duplicates, 2000);
    assert_holds(f, 2000);
    assert_subjects(f, 2000);
}

static int setup(void **state)
{
    struct fixture *f = cn_heap_resize(NULL, sizeof(*f));
    *f = (struct fixture){ .dir = "/tmp/cairn-event-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
    cn_clock_fixed(&f->clock, (cn_time){ 1795291200000000 });
    pthread_mutex_init(&f->answers.lock, NULL);
    pthread_cond_init(&f->answers.changed, NULL);
    cn_arena_init(&f->arena, 65536);
    f->options = (struct cn_event_log_options){ .dir = f->dir,
                                                .clock = &f->clock,
                                                .on_commit = note_commit,
                                                .on_commit_arg = f,
                                                .is_kept_by_caller = true };
    open_log(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    delete_folder(f->dir);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

#define T(title, function) CN_TEST_WITH(title, function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("an empty log has nothing", an_empty_log_has_nothing),
        T("events are stored once and in order", events_are_stored_once_and_in_order),
        T("a scan takes any range and stops when told", a_scan_takes_any_range_and_stops_when_told),
        T("duplicates are dropped", duplicates_are_dropped),
        T("a batch may repeat itself", a_batch_may_repeat_itself),
        T("duplicates are known across segments and restarts",
          duplicates_are_known_across_segments_and_restarts),
        T("ids are rebuilt from events if their file is lost",
          ids_are_rebuilt_from_events_if_their_file_is_lost),
        T("ids beyond the window are forgotten", ids_beyond_the_window_are_forgotten),
        T("segments are cut at hours and bounds", segments_are_cut_at_hours_and_bounds),
        T("subjects read the same from open, sealed and packed segments",
          subjects_read_the_same_from_open_sealed_and_packed),
        T("spans of a large segment are packed one by one",
          spans_of_a_large_segment_are_packed_one_by_one),
        T("dropped segments are gone", dropped_segments_are_gone),
        T("files copied in mid-write open again", files_copied_in_mid_write_open_again),
        T("half a pack is thrown away", half_a_pack_is_thrown_away),
        T("nothing acknowledged is lost when killed", nothing_acknowledged_is_lost_when_killed),
        T("a full queue says so at once", a_full_queue_says_so_at_once),
        T("a group that cannot be written is undone", a_group_that_cannot_be_written_is_undone),
        T("bodies may be compressed", bodies_may_be_compressed),
        T("many threads append and read at once", many_threads_append_and_read_at_once),
    };
    return cmocka_run_group_tests_name("event_log", tests, NULL, NULL);
}
