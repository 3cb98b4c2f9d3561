#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "base/tz.h"

#include "tests/unit/unit.h"

static cn_time at(const char *text)
{
    cn_time time = { 0 };
    assert_true(cn_time_parse((cn_str){ text, strlen(text) }, &time));
    return time;
}

static struct cn_tz *zone(const char *name)
{
    struct cn_tz *tz = NULL;
    struct cn_error err;
    assert_true(cn_tz_load((cn_str){ name, strlen(name) }, &tz, &err));
    return tz;
}

static void dates_and_days_are_inverse(void **state)
{
    (void)state;
    assert_int_equal(cn_day_from_date(1970, 1, 1), 0);
    assert_int_equal(cn_day_from_date(2026, 11, 23), 20780);
    for (int64_t day = -800000; day < 800000; day += 97) {
        struct cn_civil date = cn_date_from_day(day);
        assert_int_equal(cn_day_from_date(date.year, date.month, date.day), day);
    }
}

static void offsets_follow_the_database_and_its_footer(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *at;
        int64_t offset;
    } cases[] = {
        { "UTC", "2026-07-01T00:00:00Z", 0 },
        { "Europe/Berlin", "2026-03-29T00:59:59Z", 3600 },
        { "Europe/Berlin", "2026-03-29T01:00:00Z", 7200 },
        { "Europe/Berlin", "2026-10-25T00:59:59Z", 7200 },
        { "Europe/Berlin", "2026-10-25T01:00:00Z", 3600 },
        { "Europe/Berlin", "2099-07-01T00:00:00Z", 7200 },
        { "America/New_York", "2038-12-01T00:00:00Z", -18000 },
        { "Australia/Sydney", "2050-01-01T00:00:00Z", 39600 },
        { "Australia/Sydney", "2050-07-01T00:00:00Z", 36000 },
        { "Asia/Kathmandu", "2026-01-01T00:00:00Z", 20700 },
        { "America/Sao_Paulo", "2018-11-04T02:59:59Z", -10800 },
        { "America/Sao_Paulo", "2018-11-04T03:00:00Z", -7200 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_tz *tz = zone(cases[i].zone);
        assert_int_equal(cn_tz_offset(tz, at(cases[i].at)), cases[i].offset);
        cn_tz_free(tz);
    }
}

static void a_day_starts_at_its_first_moment(void **state)
{
    (void)state;
    static const char *const names[] = { "UTC",
                                         "Europe/Berlin",
                                         "America/New_York",
                                         "America/Sao_Paulo",
                                         "Australia/Lord_Howe",
                                         "Pacific/Chatham" };
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        struct cn_tz *tz = zone(names[i]);
        for (int64_t day = 14000; day < 30000; day++) {
            cn_time start = cn_tz_day_start(tz, day);
            assert_int_equal(cn_tz_day(tz, start), day);
            assert_int_equal(cn_tz_day(tz, (cn_time){ start.us - 1 }), day - 1);
        }
        cn_tz_free(tz);
    }
    struct cn_tz *tz = zone("America/Sao_Paulo"); /* midnight did not happen on that day */
    int64_t day = cn_day_from_date(2018, 11, 4);
    assert_int_equal(cn_tz_day_start(tz, day).us, at("2018-11-04T03:00:00Z").us);
    assert_int_equal(cn_tz_civil(tz, cn_tz_day_start(tz, day)).hour, 1);
    cn_tz_free(tz);
}

static void refuses_what_is_no_zone(void **state)
{
    (void)state;
    static const char *const names[] = { "", "Mars/Olympus", "../../etc/passwd", "/etc/localtime",
                                         "zone.tab" };
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        struct cn_tz *tz = NULL;
        struct cn_error err;
        assert_false(cn_tz_load((cn_str){ names[i], strlen(names[i]) }, &tz, &err));
        assert_int_equal(err.code, CN_INVALID);
        assert_null(tz);
    }
}

static void dates_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const char *const wrong[] = { "2026-02-29", "2026-13-01",  "2026-00-10", "2026-1-1",
                                         "2026-01-00", "2026-01-01 ", "2026/01/01", "" };
    char text[CN_DATE_TEXT_BYTES];
    int64_t day = 7;
    for (size_t i = 0; i < CN_ARRAY_LEN(wrong); i++) {
        assert_false(cn_date_parse(cn_str_of(wrong[i]), &day));
        assert_int_equal(day, 7);
    }
    for (int64_t d = -1000; d < 40000; d += 13) {
        cn_date_format(d, text);
        assert_true(cn_date_parse(cn_str_of(text), &day));
        assert_int_equal(day, d);
    }
    cn_date_format(cn_day_from_date(2028, 2, 29), text);
    assert_string_equal(text, "2028-02-29");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("dates and day numbers are inverse", dates_and_days_are_inverse),
        CN_TEST("reliability 13: offsets follow the zone database and its footer",
                offsets_follow_the_database_and_its_footer),
        CN_TEST("reliability 13: a day starts at its first moment in any zone",
                a_day_starts_at_its_first_moment),
        CN_TEST("refuses what is no zone", refuses_what_is_no_zone),
        CN_TEST("dates are read as they are written", dates_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests_name("tz", tests, NULL, NULL);
}
