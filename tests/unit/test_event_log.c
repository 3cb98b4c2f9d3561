/* The event log on files: order, duplicates, segments, subjects, packing. */
#include "tests/unit/event_log.h"

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
    assert_int_equal(stats.ids.in_files, 200);
    assert_int_equal(stats.ids.in_memory, 110);
}

/* Nobody consumes and nobody packs, as when the engine is far behind. */
static void ids_of_what_is_sealed_leave_memory_at_once(void **state)
{
    enum {
        SOON_MS = 10000
    };
    struct fixture *f = *state;
    struct cn_event_log_stats stats = { .ids.in_memory = INT64_MAX };
    close_log(f);
    f->options.segment_max_events = 250;
    f->options.is_kept_by_caller = false;
    open_log(f);
    for (int64_t i = 0; i < 10; i++) {
        append_and_wait(f, i * 100, 100);
    }
    for (int ms = 0; ms < SOON_MS && stats.ids.in_memory > 200; ms++) {
        (void)usleep(1000);
        cn_event_log_stats(f->log, &stats);
    }
    assert_int_equal(stats.ids.in_memory, 200);
    assert_int_equal(stats.ids.in_files, 800);
    append_and_wait(f, 0, 1000);
    assert_int_equal(f->answers.duplicates, 1000);
    assert_holds(f, 1000);
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
    assert_true(stats.ids.in_memory + stats.ids.in_files <= 50);
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

/* Four segments a day for forty days become a month and some days. */
static void packed_segments_are_merged_into_days_and_months(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    for (int i = 0; i < 160; i++) {
        append_and_wait(f, (int64_t)count, 60);
        count += 60;
        pass_hours(f, 6);
    }
    cn_event_log_set_consumed(f->log, INT64_MAX);
    assert_true(cn_event_log_keep(f->log, &f->err));
    size_t packed = count_segments(f, CN_SEGMENT_PACKED);
    assert_true(packed > 20 && packed < 45);
    assert_holds(f, count);
    assert_subjects(f, count);
    reopen(f);
    assert_int_equal(count_segments(f, CN_SEGMENT_PACKED), packed);
    assert_holds(f, count);
    assert_subjects(f, count);
    append_and_wait(f, (int64_t)count - 60, 61);
    assert_holds(f, count + 1);
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

struct keeping {
    struct fixture *f;
    _Atomic bool goes_on;
};

static void *run_keeping(void *arg)
{
    struct keeping *keeping = arg;
    struct cn_error err;
    while (atomic_load(&keeping->goes_on)) {
        if (!cn_event_log_keep(keeping->f->log, &err)) {
            abort();
        }
    }
    return NULL;
}

static void segments_are_packed_and_merged_while_they_are_read(void **state)
{
    struct fixture *f = *state;
    struct keeping keeping = { .f = f, .goes_on = true };
    pthread_t thread;
    size_t count = 0;
    cn_event_log_set_consumed(f->log, INT64_MAX);
    assert_int_equal(pthread_create(&thread, NULL, run_keeping, &keeping), 0);
    for (int i = 0; i < 60; i++) {
        append_and_wait(f, (int64_t)count, 120);
        count += 120;
        assert_holds(f, count);
        assert_subjects(f, count);
        cn_arena_reset(&f->arena);
        pass_hours(f, 8);
    }
    atomic_store(&keeping.goes_on, false);
    pthread_join(thread, NULL);
    assert_holds(f, count);
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
        T("reliability 15: ids of sealed segments leave memory at once, however far the engine is "
          "behind",
          ids_of_what_is_sealed_leave_memory_at_once),
        T("ids are rebuilt from events if their file is lost",
          ids_are_rebuilt_from_events_if_their_file_is_lost),
        T("ids beyond the window are forgotten", ids_beyond_the_window_are_forgotten),
        T("segments are cut at hours and bounds", segments_are_cut_at_hours_and_bounds),
        T("subjects read the same from open, sealed and packed segments",
          subjects_read_the_same_from_open_sealed_and_packed),
        T("spans of a large segment are packed one by one",
          spans_of_a_large_segment_are_packed_one_by_one),
        T("packed segments are merged into days and months",
          packed_segments_are_merged_into_days_and_months),
        T("dropped segments are gone", dropped_segments_are_gone),
        T("bodies may be compressed", bodies_may_be_compressed),
        T("many threads append and read at once", many_threads_append_and_read_at_once),
        T("segments are packed and merged while they are read",
          segments_are_packed_and_merged_while_they_are_read),
    };
    return cmocka_run_group_tests_name("event_log", tests, NULL, NULL);
}
