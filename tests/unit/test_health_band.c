/* Which colour a number of points has, how it is shown, and where the state keeps both. */
#include "health/evaluate.h"
#include "health/status.h"
#include "tests/unit/unit.h"

static const struct cn_health_bands bands = { 50000, 75000, 3000 };

static void a_colour_falls_at_once_and_rises_with_a_margin(void **state)
{
    (void)state;
    static const struct {
        enum cn_band before;
        int32_t points;
        enum cn_band after;
    } cases[] = {
        { CN_BAND_NONE, 49999, CN_BAND_RED },      { CN_BAND_NONE, 50000, CN_BAND_YELLOW },
        { CN_BAND_NONE, 74999, CN_BAND_YELLOW },   { CN_BAND_NONE, 75000, CN_BAND_GREEN },
        { CN_BAND_YELLOW, 49999, CN_BAND_RED },    { CN_BAND_YELLOW, 50000, CN_BAND_YELLOW },
        { CN_BAND_RED, 52999, CN_BAND_RED },       { CN_BAND_RED, 53000, CN_BAND_YELLOW },
        { CN_BAND_RED, 77999, CN_BAND_YELLOW },    { CN_BAND_RED, 78000, CN_BAND_GREEN },
        { CN_BAND_YELLOW, 77999, CN_BAND_YELLOW }, { CN_BAND_YELLOW, 78000, CN_BAND_GREEN },
        { CN_BAND_GREEN, 75000, CN_BAND_GREEN },   { CN_BAND_GREEN, 74999, CN_BAND_YELLOW },
        { CN_BAND_GREEN, 49999, CN_BAND_RED },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        assert_int_equal(cn_health_next_band(&bands, cases[i].points, cases[i].before),
                         cases[i].after);
    }
}

static void from_50_to_49_and_back_turns_red_once(void **state)
{
    (void)state;
    enum cn_band band = CN_BAND_YELLOW;
    int turned_red = 0;
    static const int32_t points[] = { 50000, 49000, 50000, 49000, 52000, 49999 };
    for (size_t i = 0; i < CN_ARRAY_LEN(points); i++) {
        enum cn_band next = cn_health_next_band(&bands, points[i], band);
        turned_red += next == CN_BAND_RED && band != CN_BAND_RED;
        band = next;
    }
    assert_int_equal(turned_red, 1);
}

static void the_display_rounds_towards_the_band(void **state)
{
    (void)state;
    const struct cn_scorecard card = { .bands = bands };
    static const struct {
        int32_t points;
        enum cn_band band;
        int64_t shown;
    } cases[] = {
        { 49600, CN_BAND_RED, 49 },    { 49400, CN_BAND_RED, 49 },    { 48600, CN_BAND_RED, 49 },
        { 52900, CN_BAND_RED, 52 },    { 50400, CN_BAND_YELLOW, 50 }, { 74999, CN_BAND_YELLOW, 74 },
        { 77900, CN_BAND_YELLOW, 77 }, { 77900, CN_BAND_GREEN, 78 },  { 99700, CN_BAND_GREEN, 100 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_health_score score = { .has_points = true,
                                         .points = cases[i].points,
                                         .band = cases[i].band };
        assert_int_equal(cn_health_display(&card, &score), cases[i].shown);
    }
}

static void a_state_gives_back_what_was_put(void **state)
{
    (void)state;
    struct cn_health_state health;
    struct cn_bitmap match = { 0 };
    struct cn_health_score score = { true, 52123, CN_BAND_YELLOW, true, 900, 7, 5 };
    struct cn_health_score none = { .scorecard = -1 };
    cn_health_state_init(&health);
    cn_health_state_resize(&health, 3000);
    cn_health_state_set(&health, 2000, &score);
    cn_health_state_resize(&health, 5000);
    struct cn_health_score got = cn_health_state_get(&health, 2000);
    assert_true(got.has_points && got.is_grey);
    assert_int_equal(got.points, score.points);
    assert_int_equal(got.band, score.band);
    assert_int_equal(got.confidence, score.confidence);
    assert_int_equal(got.scorecard, score.scorecard);
    assert_int_equal(got.fired, score.fired);
    got = cn_health_state_get(&health, 4000);
    assert_int_equal(got.scorecard, none.scorecard);
    assert_false(got.has_points);
    cn_bitmap_resize(&match, 5000);
    cn_health_where_band(&match, &health, 1U << CN_BAND_YELLOW | 1U << CN_BAND_RED);
    assert_int_equal(cn_bitmap_count(&match), 1);
    cn_bitmap_deinit(&match);
    cn_health_state_deinit(&health);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("capabilities 17: a colour falls at once and rises with a margin",
                a_colour_falls_at_once_and_rises_with_a_margin),
        CN_TEST("003-34 from 50 to 49 and back turns red once",
                from_50_to_49_and_back_turns_red_once),
        CN_TEST("the display rounds towards the band", the_display_rounds_towards_the_band),
        CN_TEST("a state gives back what was put", a_state_gives_back_what_was_put),
    };
    return cmocka_run_group_tests_name("health_band", tests, NULL, NULL);
}
