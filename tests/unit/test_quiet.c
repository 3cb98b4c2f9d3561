#include "base/str.h"
#include "base/time.h"

#include "signal/quiet.h"
#include "tests/unit/unit.h"

static cn_time at(const char *text)
{
    cn_time time = { 0 };
    assert_true(cn_time_parse(cn_str_of(text), &time));
    return time;
}

static void assert_time(cn_time got, const char *want)
{
    char text[CN_TIME_TEXT_BYTES];
    cn_time_format(got, text);
    assert_string_equal(text, want);
}

static struct cn_tz *berlin(void)
{
    struct cn_tz *tz = NULL;
    struct cn_error err;
    assert_true(cn_tz_load(CN_STR("Europe/Berlin"), &tz, &err));
    return tz;
}

static void quiet_hours_hold_over_midnight(void **state)
{
    (void)state;
    struct cn_tz *tz = berlin();
    const int64_t from = 22 * 60;
    const int64_t until = 7 * 60;
    assert_time(cn_quiet_end(tz, from, until, at("2026-01-10T20:59:59Z")), "2026-01-10T20:59:59Z");
    assert_time(cn_quiet_end(tz, from, until, at("2026-01-10T21:00:00Z")), "2026-01-11T06:00:00Z");
    assert_time(cn_quiet_end(tz, from, until, at("2026-01-11T05:59:59Z")), "2026-01-11T06:00:00Z");
    assert_time(cn_quiet_end(tz, from, until, at("2026-01-11T06:00:00Z")), "2026-01-11T06:00:00Z");
    assert_time(cn_quiet_end(tz, 12 * 60, 13 * 60, at("2026-01-11T11:30:00Z")),
                "2026-01-11T12:00:00Z");
    assert_time(cn_quiet_end(tz, 12 * 60, 13 * 60, at("2026-01-11T12:00:00Z")),
                "2026-01-11T12:00:00Z");
    cn_tz_free(tz);
}

static void quiet_hours_end_by_the_clock_on_the_wall_when_it_changes(void **state)
{
    (void)state;
    struct cn_tz *tz = berlin();
    const int64_t from = 22 * 60;
    const int64_t until = 7 * 60;
    /* 29 March 2026: 02:00 is 03:00; the night is an hour shorter.  25 October: an hour longer. */
    assert_time(cn_quiet_end(tz, from, until, at("2026-03-28T21:00:00Z")), "2026-03-29T05:00:00Z");
    assert_time(cn_quiet_end(tz, from, until, at("2026-03-29T04:59:00Z")), "2026-03-29T05:00:00Z");
    assert_time(cn_quiet_end(tz, from, until, at("2026-10-24T20:00:00Z")), "2026-10-25T06:00:00Z");
    /* An end that the clock skips is the moment after the gap. */
    assert_time(cn_quiet_end(tz, from, 2 * 60 + 30, at("2026-03-29T00:30:00Z")),
                "2026-03-29T01:00:00Z");
    assert_time(cn_quiet_end(tz, from, 2 * 60 + 30, at("2026-03-29T01:00:00Z")),
                "2026-03-29T01:00:00Z");
    /* One that comes twice is the first that is still ahead. */
    assert_time(cn_quiet_end(tz, from, 2 * 60 + 30, at("2026-10-24T22:00:00Z")),
                "2026-10-25T00:30:00Z");
    assert_time(cn_quiet_end(tz, from, 2 * 60 + 30, at("2026-10-25T01:10:00Z")),
                "2026-10-25T01:30:00Z");
    cn_tz_free(tz);
}

/* Minute by minute over both changes: quiet is what the clock says, and its end is never in it. */
static void an_end_of_quiet_hours_is_ahead_and_not_quiet(void **state)
{
    (void)state;
    static const char *const nights[] = { "2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z" };
    struct cn_tz *tz = berlin();
    for (int64_t until = 0; until < 9 * 60; until += 10) {
        for (size_t n = 0; n < 2; n++) {
            cn_time now = at(nights[n]);
            for (int i = 0; i < 24 * 60; i++, now.us += (int64_t)60 * 1000000) {
                cn_time end = cn_quiet_end(tz, 22 * 60, until, now);
                assert_true(end.us >= now.us);
                assert_true(end.us - now.us <= (int64_t)12 * 3600 * 1000000);
                assert_true(cn_quiet_end(tz, 22 * 60, until, end).us == end.us);
            }
        }
    }
    cn_tz_free(tz);
}

static void a_daily_moment_comes_once_a_day(void **state)
{
    (void)state;
    struct cn_tz *tz = berlin();
    assert_time(cn_daily_before(tz, 8 * 60, at("2026-03-29T05:59:59Z")), "2026-03-28T07:00:00Z");
    assert_time(cn_daily_before(tz, 8 * 60, at("2026-03-29T06:00:00Z")), "2026-03-29T06:00:00Z");
    /* 02:30 comes twice in October and not in March: once a day all the same. */
    const char *const starts[] = { "2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z" };
    for (size_t n = 0; n < 2; n++) {
        cn_time now = at(starts[n]);
        cn_time last = cn_daily_before(tz, 2 * 60 + 30, now);
        int changes = 0;
        for (int i = 0; i < 5 * 24 * 60; i++, now.us += (int64_t)60 * 1000000) {
            cn_time moment = cn_daily_before(tz, 2 * 60 + 30, now);
            changes += moment.us != last.us;
            assert_true(moment.us >= last.us);
            last = moment;
        }
        assert_int_equal(changes, 5);
    }
    cn_tz_free(tz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("quiet hours hold over midnight", quiet_hours_hold_over_midnight),
        CN_TEST("quiet hours end by the clock on the wall when it changes",
                quiet_hours_end_by_the_clock_on_the_wall_when_it_changes),
        CN_TEST("an end of quiet hours is ahead and not quiet",
                an_end_of_quiet_hours_is_ahead_and_not_quiet),
        CN_TEST("a daily moment comes once a day", a_daily_moment_comes_once_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
