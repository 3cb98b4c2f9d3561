#include "base/hash.h"
#include "base/str.h"

#include "event/event.h"
#include "metric/column.h"
#include "metric/definition.h"
#include "metric/query.h"
#include "tests/unit/metric_world.h"

struct compiled {
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_metric_list *list;
    bool ok;
};

static void compile(struct compiled *out, const char *text)
{
    struct cn_node *root = NULL;
    cn_arena_init(&out->arena, 4096);
    cn_diagnostics_init(&out->problems, &out->arena);
    assert_true(
        cn_node_parse(&out->arena, CN_STR("metrics.yaml"), cn_str_of(text), &root, &out->problems));
    const struct cn_node *nodes[] = { cn_node_get(root, "metrics") };
    struct cn_section_input input = { .arena = &out->arena, .nodes = nodes, .count = 1 };
    void *compiled = NULL;
    out->list = NULL;
    out->ok = cn_metric_section.compile(&input, &compiled, &out->problems);
    out->list = compiled;
}

static void every_form_of_a_metric_is_read(void **state)
{
    (void)state;
    struct compiled c;
    compile(&c, "metrics:\n"
                "  logins:        {event: Signed In, count: events}\n"
                "  active_users:  {event: \"*\", count: distinct users}\n"
                "  spend:         {event: Order Placed, sum: amount, unit: USD}\n"
                "  features_used: {distinct: event names, event: \"*\", doc: breadth}\n"
                "  regions:       {distinct: region, event: Report Opened}\n"
                "  seats_used:    {trait: seats_used, keep: last}\n"
                "  seats_low:     {trait: seats_used, keep: min}\n");
    assert_true(c.ok);
    assert_int_equal(c.list->count, 7);
    const struct cn_metric *spend = cn_metric_find(c.list, CN_STR("spend"), NULL);
    assert_int_equal(spend->kind, CN_METRIC_SUM);
    assert_true(cn_str_equal(spend->property, CN_STR("amount")));
    assert_true(cn_str_equal(spend->unit, CN_STR("USD")));
    const struct cn_metric *features = cn_metric_find(c.list, CN_STR("features_used"), NULL);
    assert_int_equal(features->member, CN_MEMBER_NAME);
    assert_true(cn_str_equal(features->doc, CN_STR("breadth")));
    const struct cn_metric *regions = cn_metric_find(c.list, CN_STR("regions"), NULL);
    assert_int_equal(regions->member, CN_MEMBER_VALUE);
    const struct cn_metric *low = cn_metric_find(c.list, CN_STR("seats_low"), NULL);
    assert_int_equal(low->kind, CN_METRIC_MIN);
    assert_true(low->of_trait);
    assert_null(cn_metric_find(c.list, CN_STR("login"), NULL));
    cn_arena_deinit(&c.arena);
}

static void a_wrong_metric_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        const char *problem;
        int64_t column;
    } cases[] = {
        { "m: {count: events}", "m needs event", 3 },
        { "m: {event: A}", "this metric needs one of \"count\"", 3 },
        { "m: {event: A, count: events, sum: b}", "\"sum\" cannot stand beside \"count\"", 32 },
        { "m: {event: A, count: evnts}", "events", 24 },
        { "m: {event: A, sum: b, keep: last}", "keep belongs to a trait", 25 },
        { "m: {trait: a, event: A}", "a trait has no event", 17 },
        { "m: {distinct: event names, event: A}", "told apart with event", 17 },
        { "m: {event: A, cuont: events}", "cuont", 17 },
        { "a-b: {event: A, count: events}", "subtraction", 3 },
        { "m: {event: \"\", count: events}", "must be a text", 14 },
        { "m: {event: A, sum: [b]}", "", 22 },
        { "m: text", "", 6 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct compiled c;
        char text[200];
        snprintf(text, sizeof(text), "metrics:\n  %s\n", cases[i].definition);
        compile(&c, text);
        assert_false(c.ok);
        assert_null(c.list);
        assert_true(c.problems.count > 0);
        char message[256];
        snprintf(message, sizeof(message), "%.*s", CN_STR_ARG(c.problems.items[0].message));
        if (strstr(message, cases[i].problem) == NULL ||
            c.problems.items[0].place.column != cases[i].column) {
            fail_msg("%s: %s at column %d", cases[i].definition, message,
                     (int)c.problems.items[0].place.column);
        }
        assert_int_equal(c.problems.items[0].place.line, 2);
        cn_arena_deinit(&c.arena);
    }
}

static void the_shipped_metrics_compile(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_program_files files;
    struct cn_node *root = NULL;
    struct cn_metric_list *list = NULL;
    cn_arena_init(&arena, 4096);
    cn_diagnostics_init(&problems, &arena);
    cn_program_shipped(&arena, &files);
    for (size_t i = 0; i < files.count; i++) {
        if (!cn_str_equal(files.items[i].name, CN_STR("metrics.yaml"))) {
            continue;
        }
        assert_true(
            cn_node_parse(&arena, files.items[i].name, files.items[i].text, &root, &problems));
        const struct cn_node *nodes[] = { cn_node_get(root, "metrics") };
        struct cn_section_input input = { .arena = &arena, .nodes = nodes, .count = 1 };
        assert_true(cn_metrics_compile(&input, &list, &problems));
    }
    assert_non_null(list);
    assert_non_null(cn_metric_find(list, CN_STR("logins"), NULL));
    cn_arena_deinit(&arena);
}

static void a_name_has_one_definition_in_all_files(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_diagnostics problems;
    struct cn_metric_list *list = NULL;
    const struct cn_node *nodes[2];
    static const char *const files[] = { "a.yaml", "b.yaml" };
    cn_arena_init(&arena, 4096);
    cn_diagnostics_init(&problems, &arena);
    for (size_t i = 0; i < 2; i++) {
        struct cn_node *root = NULL;
        assert_true(cn_node_parse(&arena, cn_str_of(files[i]),
                                  CN_STR("metrics:\n  m: {event: A, count: events}\n"), &root,
                                  &problems));
        nodes[i] = cn_node_get(root, "metrics");
    }
    struct cn_section_input input = { .arena = &arena, .nodes = nodes, .count = 2 };
    assert_false(cn_metrics_compile(&input, &list, &problems));
    assert_null(list);
    assert_true(cn_str_equal(problems.items[0].place.source, CN_STR("b.yaml")));
    assert_true(cn_str_equal(problems.items[0].message, CN_STR("m is defined in a.yaml already")));
    cn_arena_deinit(&arena);
}

static void an_event_becomes_a_fact_of_its_day(void **state)
{
    (void)state;
    struct cn_tz *tz = NULL;
    struct cn_error err;
    struct cn_metric_fact fact;
    must(cn_tz_load(CN_STR("America/New_York"), &tz, &err), &err);
    struct cn_event event = {
        .type = CN_EVENT_TRACK,
        .name = CN_STR("Signed In"),
        .user_key = CN_STR("u1"),
        .at = { INT64_C(20000) * WORLD_DAY_US + 1 }, /* still the day before in New York */
        .id = { 7, 8 },
    };
    assert_true(cn_metric_fact_from(&event, 5, tz, &fact));
    assert_int_equal(fact.day, 19999);
    assert_int_equal(fact.account_id, 5);
    assert_int_equal(fact.kind, CN_FACT_EVENT);
    uint64_t known = fact.user;
    event.user_key = CN_STR("");
    event.anonymous_key = CN_STR("u1");
    assert_true(cn_metric_fact_from(&event, 5, tz, &fact));
    assert_true(fact.user != known && fact.user != 0);
    event.type = CN_EVENT_GROUP;
    assert_true(cn_metric_fact_from(&event, 5, tz, &fact));
    assert_int_equal(fact.kind, CN_FACT_TRAITS);
    event.type = CN_EVENT_IDENTIFY;
    assert_false(cn_metric_fact_from(&event, 5, tz, &fact));
    cn_tz_free(tz);
}

struct columns {
    struct store store;
    struct world world;
    struct cn_tz *tz;
    struct cn_metric_source *source;
    const struct cn_column_source *columns;
};

static int columns_setup(void **state)
{
    static struct columns c;
    struct cn_error err;
    c = (struct columns){ 0 };
    store_open(&c.store);
    world_init(&c.world, 11, 2000, WORLD_LAST_DAY);
    cn_rollup_add(c.store.rollup, c.world.facts, c.world.count,
                  (struct cn_rollup_position){ .seq = 2000, .mapping = 1 });
    must(cn_rollup_flush(c.store.rollup, &err), &err);
    must(cn_tz_load(CN_STR("UTC"), &c.tz, &err), &err);
    struct cn_metric_source_options options = { .metrics = &world_list,
                                                .rollup = c.store.rollup,
                                                .tz = c.tz };
    c.source = cn_metric_source_new(&options);
    c.columns = cn_metric_source_columns(c.source);
    *state = &c;
    return 0;
}

static int columns_teardown(void **state)
{
    struct columns *c = *state;
    cn_metric_source_free(c->source);
    cn_tz_free(c->tz);
    world_deinit(&c->world);
    store_remove(&c->store);
    return 0;
}

static enum cn_resolve resolve(struct columns *c, const char *name, const char *method,
                               size_t arg_count, double first, double second,
                               struct cn_column_spec *spec, struct cn_error *err)
{
    struct cn_column_request request = { .name = cn_str_of(name),
                                         .method = cn_str_of(method),
                                         .args = { { .number = first }, { .number = second } },
                                         .arg_count = arg_count };
    return c->columns->resolve(c->columns->ctx, &request, spec, err);
}

static void a_window_resolves_to_a_column_or_says_why_not(void **state)
{
    struct columns *c = *state;
    struct cn_column_spec spec;
    struct cn_error err;
    assert_int_equal(resolve(c, "logins", "sum", 1, 28, 0, &spec, &err), CN_RESOLVE_FOUND);
    assert_int_equal(spec.type, CN_COLUMN_F64);
    assert_int_equal(spec.pace, CN_PACE_DAY);
    assert_int_equal(cn_metric_source_reach(c->source), 28);
    assert_int_equal(resolve(c, "active_users", "change", 1, 28, 0, &spec, &err), CN_RESOLVE_FOUND);
    assert_int_equal(cn_metric_source_reach(c->source), 56);
    assert_int_equal(resolve(c, "logins", "days_since", 0, 0, 0, &spec, &err), CN_RESOLVE_FOUND);
    assert_string_equal(spec.unit, "days");
    assert_int_equal(resolve(c, "arr", "", 0, 0, 0, &spec, &err), CN_RESOLVE_UNKNOWN);

    static const struct {
        const char *name;
        const char *method;
        size_t arg_count;
        double first;
        const char *message;
    } wrong[] = {
        { "logins", "", 0, 0, "logins is a metric: ask for a window, such as logins.sum(28)" },
        { "logins", "smu", 1, 28, "a metric has no smu (did you mean sum?)" },
        { "logins", "percentile", 1, 28, "a metric has no percentile" },
        { "active_users", "sum", 1, 28,
          "sum does not suit active_users; try active_users.distinct(28)" },
        { "seats_used", "sum", 1, 28, "sum does not suit seats_used; try seats_used.last()" },
        { "logins", "sum", 0, 0, "logins.sum is used as sum(days), sum(days, back)" },
        { "logins", "sum", 1, 2.5, "days must be a whole number from 1 to 731" },
        { "logins", "change", 1, 400, "logins.change would look back 800 days, of 731 at most" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(wrong); i++) {
        assert_int_equal(resolve(c, wrong[i].name, wrong[i].method, wrong[i].arg_count,
                                 wrong[i].first, 0, &spec, &err),
                         CN_RESOLVE_WRONG);
        assert_string_equal(err.message, wrong[i].message);
    }
    struct cn_column_name name;
    size_t count = 0;
    while (c->columns->list(c->columns->ctx, count, &name)) {
        assert_true(name.usage.len > 0 && name.doc.len > 0);
        count++;
    }
    assert_true(count > 50);
}

static double filled(struct columns *c, const struct cn_column_spec *spec, int64_t account,
                     int64_t day, bool at_midnight)
{
    struct cn_column column;
    struct cn_error err;
    int64_t accounts[] = { 0, account };
    struct cn_fill fill = { .accounts = accounts,
                            .count = 2,
                            .now = { day * WORLD_DAY_US + (at_midnight ? 0 : 1) },
                            .day = day };
    cn_column_init(&column, CN_COLUMN_F64);
    cn_column_reserve(&column, 2);
    must(c->columns->fill(c->columns->ctx, spec, &fill, &column, &err), &err);
    assert_true(cn_column_is_missing(&column, 0));
    double value = cn_column_is_missing(&column, 1) ? -1 : column.as.f64[1];
    cn_column_deinit(&column);
    return value;
}

static double counted(const struct world *world, int64_t account, int64_t from, int64_t to)
{
    double count = 0;
    for (size_t i = 0; i < world->count; i++) {
        const struct cn_metric_fact *fact = &world->facts[i];
        count += fact->account_id == account && fact->day >= from && fact->day <= to &&
                 cn_str_equal(fact->name, CN_STR("Signed In"));
    }
    return count;
}

static void live_and_past_days_fill_the_same_way(void **state)
{
    struct columns *c = *state;
    struct cn_column_spec spec;
    struct cn_error err;
    assert_int_equal(resolve(c, "logins", "sum", 1, 28, 0, &spec, &err), CN_RESOLVE_FOUND);
    struct cn_series_options options = { .metrics = &world_list,
                                         .first_day = WORLD_LAST_DAY,
                                         .last_day = WORLD_LAST_DAY,
                                         .reach_days = cn_metric_source_reach(c->source) };
    struct cn_series *live = cn_series_new(&options);
    cn_series_add(live, c->world.facts, c->world.count);
    cn_metric_source_set_series(c->source, live);
    assert_true(filled(c, &spec, 2, WORLD_LAST_DAY, false) ==
                counted(&c->world, 2, WORLD_LAST_DAY - 27, WORLD_LAST_DAY));
    cn_metric_source_set_series(c->source, NULL);
    for (int64_t day = WORLD_LAST_DAY - 30; day <= WORLD_LAST_DAY; day += 10) {
        assert_true(filled(c, &spec, 2, day, false) == counted(&c->world, 2, day - 27, day));
        assert_true(filled(c, &spec, 2, day, true) == counted(&c->world, 2, day - 27, day - 1));
    }
    must(cn_metric_source_prepare(c->source, WORLD_LAST_DAY - 40, WORLD_LAST_DAY, NULL, 0, &err),
         &err);
    for (int64_t day = WORLD_LAST_DAY - 40; day <= WORLD_LAST_DAY; day++) {
        assert_true(filled(c, &spec, 3, day, true) == counted(&c->world, 3, day - 27, day - 1));
    }
    cn_series_free(live);
}

/* What only the live series knows tells which of the two was asked. */
static void last_night_is_filled_from_what_is_live(void **state)
{
    struct columns *c = *state;
    struct cn_column_spec spec;
    struct cn_error err;
    const int64_t today = WORLD_LAST_DAY;
    assert_int_equal(resolve(c, "logins", "sum", 1, 28, 0, &spec, &err), CN_RESOLVE_FOUND);
    struct cn_series_options options = { .metrics = &world_list,
                                         .first_day = WORLD_LAST_DAY - 2,
                                         .last_day = WORLD_LAST_DAY - 1,
                                         .reach_days = cn_metric_source_reach(c->source) };
    struct cn_metric_fact unflushed = {
        .account_id = 2, .day = today - 1, .name = CN_STR("Signed In"), .user = 5, .tie = 77
    };
    struct cn_bitmap stale = { 0 };
    struct cn_series *live = cn_series_new(&options);
    cn_series_add(live, c->world.facts, c->world.count);
    cn_series_add(live, &unflushed, 1);
    cn_series_advance(live, (int32_t)today, NULL, &stale);
    cn_metric_source_set_series(c->source, live);
    for (int64_t day = today - 1; day <= today; day++) {
        assert_true(filled(c, &spec, 2, day, false) == counted(&c->world, 2, day - 27, day) + 1);
    }
    assert_true(filled(c, &spec, 2, today - 2, false) ==
                counted(&c->world, 2, today - 29, today - 2));
    cn_metric_source_set_series(c->source, NULL);
    cn_series_free(live);
}

static void an_explanation_says_which_events_and_when(void **state)
{
    struct columns *c = *state;
    struct cn_column_spec spec;
    struct cn_error err;
    struct cn_arena arena;
    struct cn_fact fact = { 0 };
    int64_t account = 2;
    struct cn_fill fill = { .accounts = &account,
                            .count = 1,
                            .now = { WORLD_LAST_DAY * WORLD_DAY_US + 1 },
                            .day = WORLD_LAST_DAY };
    cn_arena_init(&arena, 1024);
    assert_int_equal(resolve(c, "logins", "sum", 1, 28, 0, &spec, &err), CN_RESOLVE_FOUND);
    must(c->columns->explain(c->columns->ctx, &spec, &fill, &arena, &fact, &err), &err);
    char text[100];
    snprintf(text, sizeof(text), "%.*s", CN_STR_ARG(fact.source));
    assert_string_equal(text, "Signed In, 2024-11-16 to 2024-12-13");
    assert_true(fact.at.us > (WORLD_LAST_DAY - 28) * WORLD_DAY_US);
    assert_true(fact.at.us <= WORLD_LAST_DAY * WORLD_DAY_US);
    cn_arena_deinit(&arena);
}

static void a_chart_has_every_day(void **state)
{
    struct columns *c = *state;
    struct cn_chart_list list;
    struct cn_error err;
    struct cn_arena arena;
    cn_arena_init(&arena, 4096);
    must(cn_metric_charts(c->store.rollup, &world_list, 2, WORLD_LAST_DAY - 29, WORLD_LAST_DAY,
                          &arena, &list, &err),
         &err);
    assert_int_equal(list.count, world_list.count);
    const struct cn_chart *logins = &list.items[4];
    assert_true(cn_str_equal(logins->metric->name, CN_STR("logins")));
    assert_int_equal(logins->count, 30);
    for (size_t i = 0; i < logins->count; i++) {
        int64_t day = WORLD_LAST_DAY - 29 + (int64_t)i;
        assert_int_equal(logins->days[i].day, day);
        assert_false(logins->days[i].is_missing);
        assert_true(logins->days[i].value == counted(&c->world, 2, day, day));
    }
    assert_false(cn_metric_charts(c->store.rollup, &world_list, 2, 0, 9999, &arena, &list, &err));
    assert_int_equal(err.code, CN_INVALID);
    cn_arena_deinit(&arena);
}

#define WITH_COLUMNS(title, function) CN_TEST_WITH(title, function, columns_setup, columns_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every form of a metric is read", every_form_of_a_metric_is_read),
        CN_TEST("a wrong metric is refused at its place", a_wrong_metric_is_refused_at_its_place),
        CN_TEST("the shipped metrics compile", the_shipped_metrics_compile),
        CN_TEST("a name has one definition in all files", a_name_has_one_definition_in_all_files),
        CN_TEST("an event becomes a fact of its day", an_event_becomes_a_fact_of_its_day),
        WITH_COLUMNS("a window resolves to a column or says why not",
                     a_window_resolves_to_a_column_or_says_why_not),
        WITH_COLUMNS("live and past days fill the same way", live_and_past_days_fill_the_same_way),
        WITH_COLUMNS("last night is filled from what is live",
                     last_night_is_filled_from_what_is_live),
        WITH_COLUMNS("an explanation says which events and when",
                     an_explanation_says_which_events_and_when),
        WITH_COLUMNS("a chart has every day", a_chart_has_every_day),
    };
    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
