/*
 * A log in a folder of its own, events that are known by a number, and checks of what it holds; for
 * the tests of the event log.  Event n has message id "m<n>" and user "u<n % USERS>".
 */
#ifndef CAIRN_TESTS_UNIT_EVENT_LOG_H
#define CAIRN_TESTS_UNIT_EVENT_LOG_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"

#include "event/log.h"
#include "tests/unit/folder.h"
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

static inline void note_answer(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
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

static inline void wait_answers(struct fixture *f)
{
    pthread_mutex_lock(&f->answers.lock);
    while (f->answers.count < f->sent) {
        pthread_cond_wait(&f->answers.changed, &f->answers.lock);
    }
    pthread_mutex_unlock(&f->answers.lock);
}

static inline cn_str text_of(struct cn_arena *arena, const char *prefix, int64_t n)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%s%lld", prefix, (long long)n);
    return cn_arena_str(arena, (cn_str){ text, (size_t)len });
}

/* Events m(first) to m(first + count - 1); user by number; a page of payload. */
static inline struct cn_event_batch *make_batch(int64_t first, size_t count, cn_time now)
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

static inline void append(struct fixture *f, int64_t first, size_t count)
{
    struct cn_event_batch *batch = make_batch(first, count, cn_now(&f->clock));
    f->sent++;
    assert_true(cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err));
}

static inline void append_and_wait(struct fixture *f, int64_t first, size_t count)
{
    append(f, first, count);
    wait_answers(f);
}

static inline void note_commit(void *arg, const struct cn_event_commit *commit)
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

static inline void open_log(struct fixture *f)
{
    assert_true(cn_event_log_open(&f->options, &f->log, &f->err));
}

static inline void close_log(struct fixture *f)
{
    cn_event_log_close(f->log);
    f->log = NULL;
}

static inline void reopen(struct fixture *f)
{
    close_log(f);
    open_log(f);
}

static inline void pass_hours(struct fixture *f, int64_t hours)
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

static inline int64_t number_of(const struct cn_event *event)
{
    int64_t n = 0;
    for (size_t i = 1; i < event->message_id.len; i++) {
        n = n * 10 + (event->message_id.ptr[i] - '0');
    }
    return n;
}

static inline void check_event(const struct cn_event *event)
{
    char text[64];
    int64_t n = number_of(event);
    int len = snprintf(text, sizeof(text), "{\"n\":1}%lld", (long long)n);
    assert_true(cn_str_equal(event->payload, (cn_str){ text, (size_t)len }));
    assert_true(cn_str_equal(event->name, CN_STR("Report Exported")));
    assert_int_equal(event->source_id, SOURCE);
    assert_true(event->at.us == event->received.us - n);
}

static inline bool check_scanned(void *arg, const struct cn_event *event)
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

static inline struct scanned scan(struct fixture *f, int64_t from, int64_t to)
{
    struct scanned scanned = { .next_seq = from, .limit = SIZE_MAX };
    assert_true(cn_event_log_scan(f->log, from, to, check_scanned, &scanned, &f->err));
    return scanned;
}

/* The log holds m0 to m(count - 1), each once, in an order without gaps. */
static inline void assert_holds(struct fixture *f, size_t count)
{
    struct scanned scanned = scan(f, 1, INT64_MAX);
    assert_int_equal(scanned.count, count);
    assert_true(scanned.numbers == (uint64_t)count * (count - 1) / 2);
    assert_true(cn_event_log_position(f->log) == (int64_t)count);
}

/* Each user's newest `limit` events, and all of them in order, are those of the scan. */
static inline void assert_subjects(struct fixture *f, size_t count)
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

static inline size_t count_segments(struct fixture *f, enum cn_segment_state state)
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

static inline void pack_all(struct fixture *f)
{
    cn_event_log_set_consumed(f->log, INT64_MAX);
    assert_true(cn_event_log_keep(f->log, &f->err));
    assert_int_equal(count_segments(f, CN_SEGMENT_SEALED), 0);
}

static inline int setup(void **state)
{
    struct fixture *f = cn_heap_resize(NULL, sizeof(*f));
    *f = (struct fixture){ 0 };
    temp_path(f->dir, sizeof(f->dir), "event");
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

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    delete_folder(f->dir);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

#define T(title, function) CN_TEST_WITH(title, function, setup, teardown)

#endif
