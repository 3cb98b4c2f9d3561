/* What the API answers where no engine runs: 503 for what only an engine knows, never a fault. */
#include <string.h>

#include "base/str.h"
#include "base/tz.h"

#include "api/accounts.h"
#include "api/core.h"
#include "tests/unit/unit.h"

struct place {
    struct cn_arena arena;
    struct cn_tz *tz;
    struct cn_api api; /* without an engine */
    struct cn_request req;
};

static void begin(struct place *place)
{
    struct cn_error err;
    *place = (struct place){ 0 };
    cn_arena_init(&place->arena, 4096);
    assert_true(cn_tz_load(CN_STR("UTC"), &place->tz, &err));
    place->api.options.tz = place->tz;
    place->req = (struct cn_request){
        .unit = { .arena = &place->arena, .tz = place->tz, .now = { (int64_t)86400 * 1000000 } },
        .api = &place->api,
    };
}

static void end(struct place *place)
{
    cn_arena_deinit(&place->arena);
    cn_tz_free(place->tz);
}

static void is_unavailable(const struct cn_error *err)
{
    assert_int_equal(err->code, CN_UNAVAILABLE);
    assert_string_equal(err->message, "nothing is evaluated here");
}

static void lists_that_an_engine_narrows_are_unavailable(void **state)
{
    static const struct cn_account_list_query queries[] = {
        { .moved = { "green-yellow", 12 },
          .moved_given = CN_GIVEN,
          .moved_from_given = CN_GIVEN,
          .moved_from = { 1000000 } },
        { .scorecard = { "mine", 4 }, .scorecard_given = CN_GIVEN },
        { .grade = { "A", 1 }, .grade_given = CN_GIVEN },
        { .overridden = true, .overridden_given = CN_GIVEN },
        { .answered = 3, .answered_given = CN_GIVEN },
        { .question = { "who", 3 }, .question_given = CN_GIVEN },
        { .unanswered = { "who", 3 }, .unanswered_given = CN_GIVEN },
    };
    static const struct cn_account_list_query of_records = { .q = { "acme", 4 },
                                                             .q_given = CN_GIVEN };
    struct place place;
    struct cn_account_filter filter;
    (void)state;
    begin(&place);
    for (size_t i = 0; i < CN_ARRAY_LEN(queries); i++) {
        struct cn_error err = { .code = CN_OK };
        assert_false(cn_account_filter_of(&place.req, &queries[i], &filter, &err));
        is_unavailable(&err);
    }
    struct cn_error err;
    assert_true(cn_account_filter_of(&place.req, &of_records, &filter, &err));
    end(&place);
}

static void *zeroed(struct place *place, const struct cn_fields *fields)
{
    return fields != NULL ? cn_arena_calloc(&place->arena, 1, fields->size) : NULL;
}

static void answers_of_an_engine_are_unavailable(void **state)
{
    static const char *const paths[] = {
        "/api/v1/health/migration",
        "/api/v1/segment-questions",
        "/api/v1/accounts/acct_0000000000001/questions",
        "/api/v1/program",
        "/api/v1/scorecards",
    };
    struct place place;
    (void)state;
    begin(&place);
    for (size_t i = 0; i < CN_ARRAY_LEN(paths); i++) {
        struct cn_route_match match;
        struct cn_response res = { 0 };
        struct cn_error err = { .code = CN_OK };
        cn_route_find(CN_GET, cn_str_of(paths[i]), &match);
        if (match.route == NULL) {
            fail_msg("no %s", paths[i]);
        }
        place.req.path = zeroed(&place, match.route->path_params);
        place.req.query = zeroed(&place, match.route->query);
        res.body = zeroed(&place, match.route->response);
        assert_false(match.route->handler(&place.req, &res, &err));
        is_unavailable(&err);
    }
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST(
            "where no engine runs, a list that only it can narrow is unavailable, others are not",
            lists_that_an_engine_narrows_are_unavailable),
        CN_TEST("where no engine runs, what only it knows is unavailable",
                answers_of_an_engine_are_unavailable),
    };
    return cmocka_run_group_tests_name("no_engine", tests, NULL, NULL);
}
