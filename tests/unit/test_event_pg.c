/* The event log on PostgreSQL; only when CAIRN_TEST_PG_URL names a server. */
#include "event/carry.h"
#include "event/migrations.h"
#include "sql/db.h"
#include "sql/migrate.h"
#include "tests/unit/event_log.h"

static const int64_t us_per_day = 86400LL * 1000000;

struct pg_fixture {
    struct fixture log; /* first, so that it may be used as one */
    int hooks;
    bool hook_fails;
};

static const char *server(void)
{
    return getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static bool make_tables(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_sql_exec(conn,
                       "DROP SCHEMA IF EXISTS event_test CASCADE; CREATE SCHEMA event_test;"
                       "SET search_path TO event_test",
                       err) &&
           cn_migrate(conn, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count,
                      (cn_time){ 0 }, err);
}

static bool drop_tables(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_sql_exec(conn, "DROP SCHEMA IF EXISTS event_test CASCADE", err);
}

static bool run_hook(void *arg, struct cn_sql_conn *conn, const struct cn_event_commit *commit,
                     struct cn_error *err)
{
    struct pg_fixture *f = arg;
    (void)conn;
    f->hooks++;
    assert_true(commit->last_seq >= commit->first_seq);
    return !f->hook_fails || cn_fail(err, CN_INTERNAL, "the hook does not want it");
}

static void events_are_stored_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(scan(f, 1, INT64_MAX).count, 0);
    append(f, 0, 1);
    append(f, 1, 300);
    append(f, 301, 16);
    wait_answers(f);
    assert_int_equal(f->answers.accepted, 317);
    assert_int_equal(f->answers.failed, 0);
    assert_holds(f, 317);
    assert_subjects(f, 317);
    reopen(f);
    append_and_wait(f, 317, 1500);
    assert_holds(f, 1817);
    assert_subjects(f, 1817);
    assert_int_equal(scan(f, 1000, 1499).count, 500);
    assert_true(((struct pg_fixture *)*state)->hooks >= 2);
}

static void duplicates_are_dropped_within_two_days(void **state)
{
    struct fixture *f = *state;
    append_and_wait(f, 0, 100);
    append_and_wait(f, 50, 100);
    assert_int_equal(f->answers.duplicates, 50);
    reopen(f);
    f->clock.fixed_us += us_per_day;
    append_and_wait(f, 0, 150);
    assert_int_equal(f->answers.duplicates, 200);
    f->clock.fixed_us += us_per_day;
    append_and_wait(f, 0, 150); /* each repetition is a claim of its own */
    assert_int_equal(f->answers.duplicates, 350);
    assert_holds(f, 150);
    struct cn_event_batch *batch = make_batch(150, 40, cn_now(&f->clock));
    batch->events[39] = batch->events[0];
    f->sent++;
    assert_true(cn_event_log_append(f->log, batch, note_answer, &f->answers, &f->err));
    wait_answers(f);
    assert_int_equal(f->answers.duplicates, 351);
    assert_int_equal(f->answers.accepted, 189);
    f->clock.fixed_us += 6 * us_per_day;
    append_and_wait(f, 0, 10);
    assert_int_equal(f->answers.accepted, 199);
}

/* Numbers that were taken before the other day was looked at are given back: none is missing. */
static void ids_of_another_day_by_another_clock_are_found(void **state)
{
    struct fixture *f = *state;
    for (int64_t ahead = 0; ahead <= 2; ahead++) {
        int64_t first = 100 * ahead;
        f->clock.fixed_us += ahead * us_per_day; /* a process whose clock is ahead */
        append_and_wait(f, first, 50);
        f->clock.fixed_us -= ahead * us_per_day;
        append_and_wait(f, first, 100);
        assert_int_equal(f->answers.duplicates, 50 * (ahead + 1));
        assert_int_equal(f->answers.accepted, first + 100);
        assert_true(cn_event_log_position(f->log) == first + 100);
        assert_int_equal(scan(f, 1, INT64_MAX).count, first + 100);
    }
    f->clock.fixed_us += 3 * us_per_day;
    append_and_wait(f, 0, 50);
    assert_int_equal(f->answers.accepted, 350);
}

/* The hooks of a fixture know of one process. */
static void open_two(struct fixture *f, struct fixture *other)
{
    close_log(f);
    f->options.on_commit = NULL;
    *other = (struct fixture){ .options = f->options };
    cn_clock_fixed(&other->clock, cn_now(&f->clock));
    other->options.clock = &other->clock;
    pthread_mutex_init(&other->answers.lock, NULL);
    pthread_cond_init(&other->answers.changed, NULL);
    open_log(f);
    open_log(other);
}

static void close_other(struct fixture *other)
{
    close_log(other);
    pthread_cond_destroy(&other->answers.changed);
    pthread_mutex_destroy(&other->answers.lock);
}

/* Each finds out what the other stored while it holds the row of event_position, or before. */
static void what_two_processes_are_sent_is_stored_once(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    open_two(f, &other);
    for (int64_t round = 0; round < 4; round++) {
        append_and_wait(f, round * 300, 200);
        append_and_wait(&other, round * 300 + 100, 200); /* half of them are not new */
        append_and_wait(&other, round * 300, 100);       /* none is */
        append_and_wait(f, round * 300, 300);            /* none is */
    }
    assert_int_equal(f->answers.accepted, 800);
    assert_int_equal(other.answers.accepted, 400);
    assert_int_equal(other.answers.duplicates, 800);
    assert_int_equal(scan(f, 1, INT64_MAX).count, 1200);
    assert_true(cn_event_log_position(f->log) == 1200);
    close_other(&other);
}

/* Who asked how far the log goes has not read the ids of what the other stored. */
static void duplicates_alone_say_nothing_of_another_process(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    open_two(f, &other);
    append_and_wait(f, 0, 10);
    append_and_wait(&other, 100, 20);
    assert_true(cn_event_log_position(f->log) == 30);
    append_and_wait(f, 0, 10); /* none is new */
    append_and_wait(f, 100, 20);
    assert_int_equal(f->answers.accepted, 10);
    assert_int_equal(f->answers.duplicates, 30);
    assert_int_equal(scan(f, 1, INT64_MAX).count, 30);
    close_other(&other);
}

/* Two that append at the same moment, the same events in another order. */
static void what_two_processes_are_sent_at_once_is_stored_once(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    open_two(f, &other);
    for (int64_t part = 0; part < 50; part++) {
        append(f, part * 40, 40);
        append(&other, (49 - part) * 40, 40);
    }
    wait_answers(f);
    wait_answers(&other);
    assert_int_equal(f->answers.accepted + other.answers.accepted, 2000);
    assert_int_equal(f->answers.duplicates + other.answers.duplicates, 2000);
    assert_int_equal(scan(f, 1, INT64_MAX).count, 2000);
    assert_true(cn_event_log_position(f->log) == 2000);
    close_other(&other);
}

static void finished_ids_go_to_files_that_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct cn_event_log_stats stats;
    char dir[64];
    temp_path(dir, sizeof(dir), "seen");
    assert_non_null(mkdtemp(dir));
    close_log(f);
    f->options.scratch_dir = dir;
    f->options.segment_max_events = 100;
    open_log(f);
    for (int64_t n = 0; n < 1000; n += 50) {
        append_and_wait(f, n, 50);
    }
    assert_true(cn_event_log_keep(f->log, &f->err));
    cn_event_log_stats(f->log, &stats);
    assert_int_equal(stats.ids.in_memory + stats.ids.in_files, 1000);
    assert_in_range(stats.ids.in_files, 800, 950);
    append_and_wait(f, 0, 1000);
    assert_int_equal(f->answers.duplicates, 1000);
    reopen(f); /* reads them all again */
    cn_event_log_stats(f->log, &stats);
    assert_int_equal(stats.ids.in_memory + stats.ids.in_files, 1000);
    assert_true(stats.ids.in_files > 0);
    append_and_wait(f, 0, 1000);
    assert_int_equal(f->answers.duplicates, 2000);
    close_log(f);
    assert_int_equal(rmdir(dir), 0);
    f->options.scratch_dir = NULL;
    open_log(f);
}

static void a_longer_window_is_kept(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    f->options.dedup_window_us = 5 * us_per_day;
    open_log(f);
    append_and_wait(f, 0, 20);
    for (int64_t day = 1; day <= 5; day++) {
        f->clock.fixed_us += us_per_day;
        append_and_wait(f, 100 * day, 10);
    }
    append_and_wait(f, 0, 10);
    reopen(f);
    append_and_wait(f, 10, 10);
    assert_int_equal(f->answers.duplicates, 20);
    f->clock.fixed_us += us_per_day;
    append_and_wait(f, 0, 20);
    assert_int_equal(f->answers.duplicates, 20);
}

/* The tables as they were, in which an id claimed a row. */
static bool make_old_tables(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct fixture *f = arg;
    int64_t day = cn_now(&f->clock).us / us_per_day;
    char text[1024];
    struct cn_sql_stmt *stmt = NULL;
    (void)snprintf(text, sizeof(text),
                   "CREATE TABLE event_seen_d%lld PARTITION OF event_seen"
                   " FOR VALUES FROM (%lld) TO (%lld);"
                   "CREATE TABLE event_seen_d%lld PARTITION OF event_seen"
                   " FOR VALUES FROM (%lld) TO (%lld);"
                   "INSERT INTO event_day VALUES (%lld), (%lld), (3);"
                   "UPDATE event_position SET seq = 40000",
                   (long long)day - 1, (long long)day - 1, (long long)day, (long long)day,
                   (long long)day, (long long)day + 1, (long long)day - 1, (long long)day);
    bool ok = cn_sql_exec(conn,
                          "DROP SCHEMA IF EXISTS event_test CASCADE; CREATE SCHEMA event_test;"
                          "SET search_path TO event_test",
                          err) &&
              cn_migrate(conn, "eventpg", cn_eventpg_migrations, 1, (cn_time){ 0 }, err) &&
              cn_sql_exec(conn, text, err) &&
              cn_sql_prepare(conn, "INSERT INTO event_seen VALUES ($1, $2, $3)", &stmt, err);
    for (int64_t n = 0; ok && n < 40000; n++) {
        (void)snprintf(text, sizeof(text), "m%lld", (long long)n);
        struct cn_hash128 id = cn_event_id(SOURCE, cn_str_of(text));
        cn_sql_bind_i64(stmt, 1, (int64_t)id.hi);
        cn_sql_bind_i64(stmt, 2, (int64_t)id.lo);
        cn_sql_bind_i64(stmt, 3, n < 1000 ? day - 1 : day);
        ok = cn_sql_send(stmt, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool bring_up_to_date(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count,
                      (cn_time){ 0 }, err);
}

static void ids_of_before_are_known_after_an_upgrade(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    assert_true(cn_db_write(f->options.db, make_old_tables, f, &f->err));
    assert_true(cn_db_write(f->options.db, bring_up_to_date, NULL, &f->err));
    f->committed_to = 40000;
    open_log(f);
    append_and_wait(f, 0, 40000);
    assert_int_equal(f->answers.duplicates, 40000);
    append_and_wait(f, 39990, 20);
    assert_int_equal(f->answers.accepted, 10);
    assert_true(cn_event_log_position(f->log) == 40010);
    f->clock.fixed_us += 2 * us_per_day; /* the first of them have left the window */
    append_and_wait(f, 999, 2);
    assert_int_equal(f->answers.accepted, 11);
    f->clock.fixed_us += us_per_day;
    append_and_wait(f, 39999, 1);
    assert_int_equal(f->answers.accepted, 12);
}

static void the_hook_belongs_to_the_transaction(void **state)
{
    struct pg_fixture *pg = *state;
    struct fixture *f = *state;
    append_and_wait(f, 0, 10);
    pg->hook_fails = true;
    append_and_wait(f, 10, 10);
    assert_int_equal(f->answers.failed, 1);
    assert_holds(f, 10);
    pg->hook_fails = false;
    append_and_wait(f, 10, 10);
    assert_int_equal(f->answers.accepted, 20);
    assert_holds(f, 20);
}

static void old_days_are_dropped(void **state)
{
    struct fixture *f = *state;
    size_t dropped = 7;
    struct cn_segment_info *segments;
    size_t count;
    append_and_wait(f, 0, 10);
    f->clock.fixed_us += us_per_day;
    append_and_wait(f, 10, 10);
    assert_true(cn_event_log_segments(f->log, &f->arena, &segments, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(segments[0].first_seq == 1 && segments[1].last_seq == 20);
    assert_true(cn_event_log_drop(f->log, cn_now(&f->clock), &dropped, &f->err));
    assert_int_equal(dropped, 1);
    assert_int_equal(scan(f, 11, INT64_MAX).count, 10);
    assert_true(cn_event_log_position(f->log) == 20);
    assert_true(cn_event_log_drop(f->log, (cn_time){ INT64_MAX }, &dropped, &f->err));
    assert_int_equal(dropped, 0);
}

struct carry_to {
    struct cn_event_carry carry;
    int64_t events;
};

static bool carry_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct carry_to *to = arg;
    return cn_event_carry_to_postgres(&to->carry, conn, &to->events, err);
}

/* Four days of segments, some of them packed, with batches that share blocks. */
static void fill_files(struct fixture *files)
{
    int64_t n = 0;
    for (int day = 0; day < 4; day++) {
        append_and_wait(files, n, 900);
        append_and_wait(files, n + 900, 3);
        pass_hours(files, 1);
        append_and_wait(files, n + 903, 97);
        n += 1000;
        if (day == 1) {
            cn_event_log_seal(files->log);
            pack_all(files);
        }
        pass_hours(files, 23);
    }
    files->clock.fixed_us -= 24 * us_per_hour; /* the last of them an hour ago */
    pass_hours(files, 2);
}

static void open_files(struct fixture *files, const char *dir)
{
    files->options.dir = dir;
    open_log(files);
}

static void a_log_is_carried_from_files_and_back(void **state)
{
    struct fixture *pg = *state;
    void *files_state = NULL;
    assert_int_equal(setup(&files_state), 0);
    struct fixture *files = files_state;
    char back[80];
    int64_t carried = 0;
    fill_files(files);
    pg->clock.fixed_us = files->clock.fixed_us;

    struct carry_to to = { .carry = { .from = files->log, .now = cn_now(&files->clock) } };
    close_log(pg);
    assert_true(cn_db_write(pg->options.db, carry_work, &to, &pg->err));
    assert_int_equal(to.events, 4000);
    pg->options.dedup_window_us = 5 * us_per_day;
    open_log(pg);
    assert_holds(pg, 4000);
    assert_subjects(pg, 4000);
    append_and_wait(pg, 0, 1000); /* of a window longer than the usual */
    assert_int_equal(pg->answers.duplicates, 1000);
    close_log(pg);
    pg->options.dedup_window_us = 0;
    open_log(pg);
    append_and_wait(pg, 2000, 2000); /* of that */
    assert_int_equal(pg->answers.duplicates, 3000);
    pg->committed_to = 4000;
    append_and_wait(pg, 4000, 500);
    assert_holds(pg, 4500);

    /* Back, without the days that were dropped meanwhile. */
    size_t dropped = 0;
    cn_time before = { pg->clock.fixed_us - 2 * us_per_day };
    assert_true(cn_event_log_drop(pg->log, before, &dropped, &pg->err));
    assert_true(dropped > 0);
    (void)snprintf(back, sizeof(back), "%s-back", files->dir);
    struct cn_event_carry carry = { .from = pg->log, .now = cn_now(&pg->clock) };
    assert_true(cn_event_carry_to_files(&carry, back, &carried, &pg->err));
    assert_in_range(carried, 1500, 3500);
    close_log(files);
    open_files(files, back);
    assert_int_equal(cn_event_log_position(files->log), 4500);
    assert_int_equal(scan(files, 4501 - carried, INT64_MAX).count, carried);
    files->committed_to = 4500;
    size_t seen = files->answers.duplicates;
    append_and_wait(files, 3000, 1500);
    assert_int_equal(files->answers.duplicates - seen, 1500);
    append_and_wait(files, 4500, 10);
    assert_int_equal(cn_event_log_position(files->log), 4510);
    assert_true(count_segments(files, CN_SEGMENT_SEALED) >= 1);
    close_log(files);
    delete_folder(back);
    open_files(files, files->dir);
    assert_int_equal(teardown(&files_state), 0);
}

static void an_empty_log_is_carried_with_its_number(void **state)
{
    struct fixture *pg = *state;
    char dir[64];
    char back[96];
    int64_t carried = 7;
    size_t dropped = 0;
    append_and_wait(pg, 0, 30);
    pg->clock.fixed_us += 3 * us_per_day;
    assert_true(cn_event_log_drop(pg->log, cn_now(&pg->clock), &dropped, &pg->err));
    temp_path(dir, sizeof(dir), "event");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(back, sizeof(back), "%s/events", dir);
    struct cn_event_carry carry = { .from = pg->log, .now = cn_now(&pg->clock) };
    assert_true(cn_event_carry_to_files(&carry, back, &carried, &pg->err));
    assert_int_equal(carried, 0);
    struct cn_event_log_options options = { .dir = back,
                                            .clock = &pg->clock,
                                            .is_kept_by_caller = true };
    struct cn_event_log *log = NULL;
    assert_true(cn_event_log_open(&options, &log, &pg->err));
    assert_int_equal(cn_event_log_position(log), 30);
    cn_event_log_close(log);
    delete_folder(back);
    assert_int_equal(rmdir(dir), 0);
}

static int pg_setup(void **state)
{
    struct pg_fixture *pg = cn_heap_resize(NULL, sizeof(*pg));
    struct fixture *f = &pg->log;
    char url[512];
    *pg = (struct pg_fixture){ 0 };
    (void)snprintf(url, sizeof(url), "%s%soptions=-csearch_path%%3Devent_test", server(),
                   strchr(server(), '?') != NULL ? "&" : "?");
    struct cn_db_options db = { .url = cn_str_of(url) };
    cn_clock_fixed(&f->clock, (cn_time){ 1795291200000000 });
    pthread_mutex_init(&f->answers.lock, NULL);
    pthread_cond_init(&f->answers.changed, NULL);
    cn_arena_init(&f->arena, 65536);
    assert_true(cn_db_open(&db, &f->options.db, &f->err));
    assert_true(cn_db_write(f->options.db, make_tables, NULL, &f->err));
    f->options.clock = &f->clock;
    f->options.on_commit = note_commit;
    f->options.on_commit_arg = f;
    f->options.in_commit = run_hook;
    f->options.in_commit_arg = pg;
    f->options.is_kept_by_caller = true;
    open_log(f);
    *state = pg;
    return 0;
}

static int pg_teardown(void **state)
{
    struct fixture *f = *state;
    close_log(f);
    assert_true(cn_db_write(f->options.db, drop_tables, NULL, &f->err));
    cn_db_close(f->options.db);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

#define P(title, function) CN_TEST_WITH(title, function, pg_setup, pg_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        P("PostgreSQL: events are stored once and in order", events_are_stored_once_and_in_order),
        P("PostgreSQL: duplicates are dropped within two days",
          duplicates_are_dropped_within_two_days),
        P("PostgreSQL: a duplicate is found though another process's clock was days ahead",
          ids_of_another_day_by_another_clock_are_found),
        P("PostgreSQL: what two processes are sent one after the other is stored once",
          what_two_processes_are_sent_is_stored_once),
        P("reliability 5: PostgreSQL: a group without a new event does not hide what another "
          "stored",
          duplicates_alone_say_nothing_of_another_process),
        P("PostgreSQL: what two processes are sent at once is stored once",
          what_two_processes_are_sent_at_once_is_stored_once),
        P("PostgreSQL: ids that are complete go to files that leave nothing behind",
          finished_ids_go_to_files_that_leave_nothing),
        P("PostgreSQL: a longer window than two days is kept", a_longer_window_is_kept),
        P("PostgreSQL: ids that claimed rows before are known after an upgrade",
          ids_of_before_are_known_after_an_upgrade),
        P("PostgreSQL: the hook belongs to the transaction", the_hook_belongs_to_the_transaction),
        P("PostgreSQL: old days are dropped", old_days_are_dropped),
        P("PostgreSQL: a log is carried from files and back, with its numbers and what was seen",
          a_log_is_carried_from_files_and_back),
        P("PostgreSQL: an empty log is carried with its number",
          an_empty_log_is_carried_with_its_number),
    };
    return server() != NULL ? cmocka_run_group_tests_name("event_pg", tests, NULL, NULL) : 0;
}
