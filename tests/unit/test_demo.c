#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include "demo/traffic.h"
#include "json/reader.h"
#include "tests/unit/unit.h"

enum {
    SEED = 7
};

static void the_books_are_those_of_the_sources(void **state)
{
    (void)state;
    int64_t total = 0;
    for (size_t i = 0; i < cn_demo_book_size(CN_DEMO_ENTERPRISE, 0); i++) {
        struct cn_demo_account account;
        cn_demo_account_make(SEED, CN_DEMO_ENTERPRISE, i, &account);
        assert_in_range(account.arr_minor, 15000000, 80000000);
        total += account.arr_minor;
    }
    assert_int_equal(cn_demo_book_size(CN_DEMO_ENTERPRISE, 0), 15);
    assert_int_equal(total, 420000000);
    assert_int_equal(cn_demo_book_size(CN_DEMO_MID_MARKET, 0), 65);
    for (size_t i = 0; i < 65; i++) {
        struct cn_demo_account account;
        cn_demo_account_make(SEED, CN_DEMO_MID_MARKET, i, &account);
        assert_in_range(account.arr_minor, 2500000, 7500000);
    }
    for (size_t i = 0; i < 8000; i += 7) {
        struct cn_demo_account account;
        cn_demo_account_make(SEED, CN_DEMO_SELF_SERVICE, i, &account);
        assert_in_range(account.arr_minor, 1, 999999);
    }
}

static void techcorp_is_as_described(void **state)
{
    (void)state;
    struct cn_demo_account account;
    cn_demo_account_make(SEED, CN_DEMO_MID_MARKET, 0, &account);
    assert_string_equal(account.key, "techcorp");
    assert_string_equal(account.name, "TechCorp");
    assert_int_equal(account.arr_minor, 4500000);
    assert_in_range(account.tenure_days, 270, 280);
    assert_false(account.has_sponsor);
    struct cn_demo_person champion;
    cn_demo_person_make(&account, 0, &champion);
    assert_string_equal(champion.title, "Director of Analytics");
}

static void a_day_is_the_same_every_time_and_in_order(void **state)
{
    (void)state;
    struct cn_demo_account account;
    cn_demo_account_make(SEED, CN_DEMO_ENTERPRISE, 3, &account);
    struct cn_demo_event first[CN_DEMO_DAY_EVENTS_MAX];
    struct cn_demo_event again[CN_DEMO_DAY_EVENTS_MAX];
    for (int64_t days_ago = 0; days_ago < 60; days_ago++) {
        size_t count = cn_demo_day(&account, days_ago, 2, first);
        assert_int_equal(cn_demo_day(&account, days_ago, 2, again), count);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(first[i].second, again[i].second);
            assert_true(i == 0 || first[i - 1].second <= first[i].second);
            assert_true(first[i].user < account.users);
            assert_true(first[i].name < cn_demo_event_name_count);
        }
    }
    assert_int_equal(cn_demo_day(&account, account.tenure_days, 2, first), 0);
}

static int64_t events_between(const struct cn_demo_account *account, int64_t from, int64_t to)
{
    struct cn_demo_event events[CN_DEMO_DAY_EVENTS_MAX];
    int64_t total = 0;
    for (int64_t days_ago = from; days_ago < to; days_ago++) {
        total += (int64_t)cn_demo_day(account, days_ago, 3, events);
    }
    return total;
}

static void falling_accounts_fall(void **state)
{
    (void)state;
    size_t falling = 0;
    for (size_t i = 0; i < 65; i++) {
        struct cn_demo_account account;
        cn_demo_account_make(SEED, CN_DEMO_MID_MARKET, i, &account);
        if (account.shape == CN_DEMO_FALLING && account.tenure_days > 120) {
            falling++;
            assert_true(events_between(&account, 0, 20) * 2 < events_between(&account, 70, 90));
        }
    }
    assert_int_equal(falling, 5);
}

static void those_that_left_mostly_faded_and_are_silent_since(void **state)
{
    (void)state;
    size_t faded = 0;
    for (size_t i = 0; i < cn_demo_book_size(CN_DEMO_FORMER, 0); i++) {
        struct cn_demo_account account;
        cn_demo_account_make(SEED, CN_DEMO_FORMER, i, &account);
        int64_t left = account.left_days;
        /* Half a year before it left is within what is kept. */
        assert_in_range(left, 1, CN_DEMO_HISTORY_DAYS - 180);
        assert_int_equal(events_between(&account, 0, left), 0);
        assert_true(events_between(&account, left + 150, left + 180) > 0);
        bool fades = events_between(&account, left, left + 20) * 2 <
                     events_between(&account, left + 150, left + 170);
        assert_int_equal(fades, account.shape == CN_DEMO_LEAVING);
        faded += fades;
    }
    assert_in_range(faded, 18, 22); /* some are content until the end */
}

struct sink {
    struct cn_json_parser *parser;
    size_t events;
    size_t batches;
};

static bool count_batch(void *ctx, cn_str body, size_t events, struct cn_error *err)
{
    struct sink *sink = ctx;
    cn_json_value root;
    assert_true(cn_json_parse(sink->parser, body, &root, err));
    struct cn_json_iter iter = cn_json_iterate(root);
    cn_str name;
    cn_json_value batch;
    assert_true(cn_json_next(&iter, &name, &batch));
    assert_true(cn_str_equal(name, CN_STR("batch")));
    assert_int_equal(cn_json_count(batch), events);
    sink->events += events;
    sink->batches++;
    return true;
}

static void batches_are_json_and_none_is_too_large(void **state)
{
    (void)state;
    struct cn_error err;
    struct cn_tz *tz = NULL;
    assert_true(cn_tz_load(CN_STR("Europe/Berlin"), &tz, &err));
    struct sink sink = { .parser = cn_json_parser_new(4 * 1024 * 1024) };
    struct cn_demo_traffic traffic = { .seed = SEED,
                                       .self_service = 10,
                                       .tz = tz,
                                       .now = { 1795442400000000 },
                                       .send = count_batch,
                                       .ctx = &sink };
    assert_true(cn_demo_send_profiles(&traffic, CN_DEMO_MID_MARKET, &err));
    size_t profiles = sink.events;
    assert_in_range(profiles, 65 * 10, 65 * 18);
    assert_true(cn_demo_send_past(&traffic, CN_DEMO_MID_MARKET, 90, &err));
    size_t past = sink.events - profiles;
    assert_true(past > 65 * 90 * 5);
    assert_true(sink.batches >= sink.events / CN_DEMO_BATCH_EVENTS);
    int64_t estimate = cn_demo_past_estimate(&traffic, CN_DEMO_MID_MARKET, 90);
    assert_true(estimate > 0);
    assert_true(cn_demo_send_now(&traffic, &err));
    assert_int_equal(sink.events, profiles + past + CN_DEMO_LIVE_EVENTS);
    cn_json_parser_free(sink.parser);
    cn_tz_free(tz);
}

struct copy {
    struct cn_buf body;
};

static bool keep_body(void *ctx, cn_str body, size_t events, struct cn_error *err)
{
    struct copy *copy = ctx;
    (void)err;
    assert_int_equal(events, CN_DEMO_LIVE_EVENTS);
    cn_buf_clear(&copy->body);
    cn_buf_add_str(&copy->body, body);
    return true;
}

/* What is sent at the moment. */
static cn_str live_body(struct copy *copy, uint64_t seed, const struct cn_tz *tz, cn_time now)
{
    struct cn_error err;
    struct cn_demo_traffic traffic = {
        .seed = seed, .self_service = 10, .tz = tz, .now = now, .send = keep_body, .ctx = copy
    };
    assert_true(cn_demo_send_now(&traffic, &err));
    return cn_buf_str(&copy->body);
}

static void live_traffic_is_a_function_of_seed_and_time(void **state)
{
    (void)state;
    struct cn_error err;
    struct cn_tz *tz = NULL;
    struct copy first = { 0 };
    struct copy other = { 0 };
    assert_true(cn_tz_load(CN_STR("UTC"), &tz, &err));
    const cn_time now = cn_demo_next_slot(tz, (cn_time){ 1795442400000000 });
    const cn_time next = cn_demo_next_slot(tz, now);
    cn_buf_init(&first.body, (size_t)1024 * 1024);
    cn_buf_init(&other.body, (size_t)1024 * 1024);
    assert_int_equal(next.us - now.us, CN_DEMO_LIVE_PAUSE_MS * 1000);
    cn_str body = live_body(&first, SEED, tz, now);
    assert_true(cn_str_equal(body, live_body(&other, SEED, tz, now)));
    assert_false(cn_str_equal(body, live_body(&other, SEED, tz, next)));
    assert_false(cn_str_equal(body, live_body(&other, SEED + 1, tz, now)));
    cn_buf_deinit(&first.body);
    cn_buf_deinit(&other.body);
    cn_tz_free(tz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("the demo books are those of the source documents",
                the_books_are_those_of_the_sources),
        CN_TEST("003-28 TechCorp of the demo is as described", techcorp_is_as_described),
        CN_TEST("a day of the demo is the same every time and in order",
                a_day_is_the_same_every_time_and_in_order),
        CN_TEST("falling accounts of the demo fall", falling_accounts_fall),
        CN_TEST("those that left mostly faded before, and are silent since",
                those_that_left_mostly_faded_and_are_silent_since),
        CN_TEST("demo batches are JSON and none is too large",
                batches_are_json_and_none_is_too_large),
        CN_TEST("live traffic of the demo is a function of seed and time",
                live_traffic_is_a_function_of_seed_and_time),
    };
    return cmocka_run_group_tests_name("demo", tests, NULL, NULL);
}
