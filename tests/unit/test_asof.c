/*
 * Any expression as of a past moment.  As known it is what was lived then, bit for bit; as true it
 * is what a back-fill computes, and reads no state.  CAIRN_SEEDS is how many worlds are tried (3).
 */
#include <math.h>

#include "engine/asof.h"
#include "health/history.h"
#include "tests/unit/spine_lived.h"

enum {
    MOMENTS = 5, /* of each world */
    ROWS_MAX = 20000
};

static struct cn_unit everybody(struct spine *spine)
{
    return (struct cn_unit){ .arena = &spine->arena, .scope = CN_SCOPE_ALL };
}

static struct cn_asof ask(struct spine *spine, const char *expression, cn_time at, bool as_true)
{
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_asof answer = { 0 };
    struct cn_unit unit = everybody(spine);
    const struct cn_asof_question question = {
        .unit = &unit, .expression = cn_str_of(expression), .at = at, .as_true = as_true
    };
    cn_diagnostics_init(&problems, &spine->arena);
    if (!cn_engine_asof(spine->engine, &question, &answer, &problems, &err)) {
        fail_msg("%s", err.message);
    }
    if (problems.total > 0) {
        fail_msg("%.*s", CN_STR_ARG(problems.items[0].message));
    }
    return answer;
}

/* ---- as known ---- */

struct lived {
    struct cn_health_row *rows; /* by account and time */
    size_t count;
};

static void keep(void *arg, const struct cn_health_row *row)
{
    struct lived *lived = arg;
    assert_true(lived->count < ROWS_MAX);
    lived->rows[lived->count++] = *row;
}

static void load_lived(struct spine *spine, struct lived *lived)
{
    struct cn_error err;
    struct cn_sql_conn *conn = NULL;
    lived->rows = cn_arena_array(&spine->arena, struct cn_health_row, ROWS_MAX);
    lived->count = 0;
    assert_true(cn_db_read(spine->db, &conn, &err));
    assert_true(cn_health_history_each_lived(conn, 1, INT64_MAX, keep, lived, &err));
    cn_db_release(spine->db, conn);
}

/* The newest row of the account that was lived by then, or NULL. */
static const struct cn_health_row *find_lived(const struct lived *lived, int64_t account_id,
                                              cn_time at)
{
    const struct cn_health_row *found = NULL;
    for (size_t i = 0; i < lived->count; i++) {
        const struct cn_health_row *row = &lived->rows[i];
        if (row->account_id == account_id && row->at.us <= at.us &&
            (found == NULL || row->at.us > found->at.us)) {
            found = row;
        }
    }
    return found;
}

static void assert_lived(struct spine *spine, const struct lived *lived, cn_time at, uint64_t seed)
{
    static const char *const colours[] = { "", "red", "yellow", "green" };
    const struct cn_asof score = ask(spine, "health.score", at, false);
    const struct cn_asof colour = ask(spine, "health.colour", at, false);
    assert_true(score.is_known);
    assert_int_equal(score.limit.len, 0);
    assert_int_equal(score.count, colour.count);
    assert_true(score.count > 0);
    assert_true(colour.reads_state);
    for (size_t i = 0; i < score.count; i++) {
        const struct cn_asof_value *value = &score.values[i];
        const struct cn_health_row *row = find_lived(lived, value->account_id, at);
        bool has_points = row != NULL && row->score.has_points;
        /* A row says when the rounded point moves: one that is older is near, not equal. */
        double allowed = row != NULL && row->at.us == at.us ? 0 : 1;
        double points = has_points ? (double)row->score.points / 1000 : 0;
        if (value->has_value != has_points ||
            (has_points && !(fabs(value->number - points) <= allowed))) {
            fail_msg("seed %llu, tick %lld, account %lld: lived %d, as known %.*s",
                     (unsigned long long)seed, (long long)score.tick, (long long)value->account_id,
                     has_points ? row->score.points : -1, CN_STR_ARG(value->text));
        }
        if (has_points && colour.values[i].has_value) {
            assert_string_equal(colour.values[i].text.ptr, colours[row->score.band]);
        }
    }
}

static void try_known(uint64_t seed, const char *schema)
{
    struct spine spine;
    struct lived lived;
    struct cn_rng rng = { seed };
    lived_begin(&spine, schema, seed % 2 == 1);
    lived_go(&spine, &rng);
    /* A tick of the same microsecond as the one before is written as one later. */
    atomic_fetch_add(&spine.clock.fixed_us, 1000000);
    load_lived(&spine, &lived);
    assert_true(lived.count > 20);
    for (int i = 0; i < MOMENTS; i++) {
        const struct cn_health_row *row = &lived.rows[pick(&rng, (int64_t)lived.count)];
        assert_lived(&spine, &lived, row->at, seed);
    }
    const struct cn_asof before =
        ask(&spine, "health.score", (cn_time){ lived.rows[0].at.us - DAY_S * INT64_C(1000000000) },
            false);
    assert_false(before.is_known);
    assert_int_equal(before.count, 0);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

static void as_known_is_what_was_lived(void **state)
{
    (void)state;
    for (int64_t seed = lived_first_seed(); seed <= lived_seeds(); seed++) {
        try_known((uint64_t)seed, NULL);
    }
}

static void as_known_on_postgresql_is_what_was_lived(void **state)
{
    (void)state;
    if (spine_server() == NULL) {
        skip();
    }
    for (int64_t seed = lived_first_seed(); seed <= (lived_seeds() + 1) / 2; seed++) {
        try_known((uint64_t)seed, "asof_test");
    }
}

/* ---- what is known, and what is true ---- */

static const struct cn_program_file one_metric = {
    WORLD_TEXT("metrics.yaml"), WORLD_TEXT("metrics:\n"
                                           "  logins: {event: Signed In, count: events}\n")
};
static const struct cn_program_file other_metric = {
    WORLD_TEXT("metrics.yaml"), WORLD_TEXT("metrics:\n"
                                           "  spend: {event: Ordered, sum: amount}\n")
};

static void send_event(struct spine *spine, const char *name, int number, cn_time at)
{
    char text[CN_TIME_TEXT_BYTES];
    char body[400];
    cn_time_format(at, text);
    (void)snprintf(body, sizeof(body),
                   "{\"batch\":[{\"type\":\"track\",\"messageId\":\"n%d\",\"event\":\"%s\","
                   "\"userId\":\"u1\",\"properties\":{\"amount\":7},\"timestamp\":\"%s\","
                   "\"context\":{\"groupId\":\"g1\"}}]}",
                   number, name, text);
    append_body(spine, body);
    settle(spine);
}

static void pass_time(struct spine *spine, int64_t seconds)
{
    int64_t now = atomic_load(&spine->clock.fixed_us);
    atomic_store(&spine->clock.fixed_us, now + seconds * 1000000);
    settle(spine);
}

static double number_at(struct spine *spine, const char *expression, cn_time at, bool as_true)
{
    const struct cn_asof answer = ask(spine, expression, at, as_true);
    assert_int_equal(answer.count, 1);
    return answer.values[0].has_value ? answer.values[0].number : -1;
}

/* An event that is late by three days counts for the past as true, and not as known. */
static void what_came_late_was_true_and_not_known(void **state)
{
    const char *const schemas[] = { NULL, "asof_late_test" };
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(schemas) && (i == 0 || spine_server() != NULL); i++) {
        struct spine spine;
        spine_init(&spine, schemas[i]);
        open_stores(&spine);
        use_program(&spine, &one_metric, 1);
        close_stores(&spine);
        start(&spine);
        const cn_time first = cn_now(&spine.clock);
        send_event(&spine, "Signed In", 1, first);
        pass_time(&spine, 5 * (int64_t)DAY_S);
        const cn_time then = cn_now(&spine.clock);
        /* It moves no score: no tick of its own says so. */
        send_event(&spine, "Signed In", 2, (cn_time){ then.us - 60000000 });
        pass_time(&spine, 3 * (int64_t)DAY_S);
        send_event(&spine, "Signed In", 3, (cn_time){ then.us - 2 * DAY_S * INT64_C(1000000) });
        const cn_time after = { then.us + 1000000 };
        assert_float_equal(number_at(&spine, "logins.sum(28)", after, false), 2, 0);
        const cn_time midnight = cn_tz_day_start(spine.tz, cn_tz_day(spine.tz, after) + 1);
        assert_float_equal(number_at(&spine, "logins.sum(28)", midnight, false), 2, 0);
        assert_float_equal(number_at(&spine, "logins.sum(28)", midnight, true), 3, 0);
        assert_float_equal(number_at(&spine, "logins.sum(28)", (cn_time){ 0 }, false), 3, 0);
        stop(&spine);
        assert_int_equal(spine_deinit(&spine), 0);
    }
}

/* A version of which nothing was counted then is counted from the log. */
static void another_version_is_evaluated_as_known(void **state)
{
    struct spine spine;
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_asof answer = { 0 };
    (void)state;
    spine_init(&spine, NULL);
    open_stores(&spine);
    use_program(&spine, &one_metric, 1);
    close_stores(&spine);
    start(&spine);
    send_event(&spine, "Ordered", 1, cn_now(&spine.clock));
    send_event(&spine, "Signed In", 2, cn_now(&spine.clock));
    pass_time(&spine, 2 * (int64_t)DAY_S);
    const cn_time then = cn_now(&spine.clock);
    pass_time(&spine, 2 * (int64_t)DAY_S);
    send_event(&spine, "Ordered", 3, then);
    struct cn_unit unit = everybody(&spine);
    const struct cn_program_files files = { (struct cn_program_file *)(uintptr_t)&other_metric, 1 };
    struct cn_asof_question question = { .unit = &unit,
                                         .files = &files,
                                         .expression = CN_STR("spend.sum(28)"),
                                         .at = { then.us + 1000000 } };
    cn_diagnostics_init(&problems, &spine.arena);
    assert_float_equal(number_at(&spine, "logins.sum(28)", then, false), 1, 0);
    assert_true(cn_engine_asof(spine.engine, &question, &answer, &problems, &err));
    assert_int_equal(problems.total, 0);
    assert_int_equal(answer.count, 1);
    assert_true(answer.values[0].has_value);
    assert_float_equal(answer.values[0].number, 7, 0);
    question.as_true = true;
    assert_false(cn_engine_asof(spine.engine, &question, &answer, &problems, &err));
    assert_non_null(strstr(err.message, "metric spend is not counted"));
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

static void state_is_not_evaluated_as_true(void **state)
{
    struct spine spine;
    struct cn_error err;
    struct cn_diagnostics problems;
    struct cn_asof answer = { 0 };
    (void)state;
    lived_begin(&spine, NULL, false);
    struct cn_unit unit = everybody(&spine);
    struct cn_asof_question question = { .unit = &unit,
                                         .expression = CN_STR("health.colour == 'red'"),
                                         .at = cn_now(&spine.clock),
                                         .as_true = true };
    cn_diagnostics_init(&problems, &spine.arena);
    assert_true(cn_engine_asof(spine.engine, &question, &answer, &problems, &err));
    assert_int_equal(problems.total, 1);
    assert_true(answer.reads_state);
    assert_non_null(strstr(problems.items[0].message.ptr, "as known only"));
    question.at.us += 1;
    assert_false(cn_engine_asof(spine.engine, &question, &answer, &problems, &err));
    assert_int_equal(err.code, CN_INVALID);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("any expression as known is what was lived then, bit for bit",
                as_known_is_what_was_lived),
        CN_TEST("any expression as known on PostgreSQL is what was lived then, bit for bit",
                as_known_on_postgresql_is_what_was_lived),
        CN_TEST("what came late was true and not known, on both databases",
                what_came_late_was_true_and_not_known),
        CN_TEST("another version of the program is evaluated as known",
                another_version_is_evaluated_as_known),
        CN_TEST("a colour or a signal is not evaluated as true", state_is_not_evaluated_as_true),
    };
    return cmocka_run_group_tests_name("asof", tests, NULL, NULL);
}
