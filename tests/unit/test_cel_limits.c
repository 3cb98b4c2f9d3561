/*
 * Hostile expressions: every one meets a limit, when it is checked or when it runs, and none takes
 * long, recurses deeply or allocates much.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include "base/buf.h"

#include "cel/check.h"
#include "cel/cost.h"
#include "cel/eval.h"
#include "tests/unit/cel_random.h"

enum {
    /* What an evaluation may allocate besides what it counts: texts of moments, rounding. */
    UNCOUNTED_BYTES = 16 << 20,
};

static bool no_columns(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                       struct cn_cel_value *value_out)
{
    (void)ctx;
    (void)column;
    (void)kind;
    (void)arena;
    (void)value_out;
    return false;
}

static const struct cn_cel_row no_row = { .load = no_columns };

static struct cn_cel_problem checked(struct cn_arena *arena, cn_str source,
                                     struct cn_cel_expr **expr_out)
{
    const struct cn_cel_schema schema = { .resolve = world_resolve, .list = world_list };
    const struct cn_cel_options options = { .want = CN_CEL_DYN };
    struct cn_cel_problems problems;
    cn_cel_problems_init(&problems, arena, source);
    if (cn_cel_check(arena, &schema, source, &options, expr_out, &problems)) {
        return (struct cn_cel_problem){ .message = CN_STR("") };
    }
    return problems.items[0];
}

/* The check refuses it as too large; its message begins like that. */
static void refused(const char *source, const char *message)
{
    struct cn_arena arena;
    struct cn_cel_expr *expr = NULL;
    cn_arena_init(&arena, 1 << 16);
    struct cn_cel_problem problem = checked(&arena, cn_str_of(source), &expr);
    if (!cn_str_starts_with(problem.message, cn_str_of(message))) {
        print_message("%s: %.*s\n", source, CN_STR_ARG(problem.message));
        fail();
    }
    cn_arena_deinit(&arena);
}

/* Runs what was never checked, and so never estimated. */
static struct cn_cel_value run_unchecked(struct cn_arena *arena, const char *source)
{
    const struct cn_cel_schema schema = { .resolve = world_resolve };
    struct cn_cel_problems problems;
    struct cn_cel_expr *expr = NULL;
    cn_cel_problems_init(&problems, arena, cn_str_of(source));
    if (!cn_cel_check_dialect(arena, &schema, cn_str_of(source), &cn_cel_dialect_rules, true, &expr,
                              &problems)) {
        fail_msg("%s: %.*s", source, CN_STR_ARG(problems.items[0].message));
    }
    struct cn_cel_value value = cn_cel_eval(expr, &no_row, arena);
    assert_in_range(arena->used_bytes, 0, CN_CEL_MEMORY_MAX_BYTES + UNCOUNTED_BYTES);
    return value;
}

static void stopped(const char *source)
{
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 16);
    struct cn_cel_value value = run_unchecked(&arena, source);
    if (value.kind != CN_CEL_ERROR || value.as.failure != CN_CEL_TOO_COSTLY) {
        cn_str text = cn_cel_value_text(&arena, &value);
        print_message("%s = %.*s\n", source, (int)(text.len < 200 ? text.len : 200), text.ptr);
        fail();
    }
    cn_arena_deinit(&arena);
}

/* Writes the text with each '#' as a number. */
static void put_numbered(struct cn_buf *buf, const char *text, int number)
{
    for (; *text != '\0'; text++) {
        if (*text == '#') {
            cn_buf_printf(buf, "%d", number);
        } else {
            cn_buf_add(buf, text, 1);
        }
    }
}

/* `open` so many times, the middle, `close` so many times. */
static cn_str nested(struct cn_buf *buf, const char *open, const char *middle, const char *close,
                     int times)
{
    cn_buf_init(buf, 1 << 20);
    for (int i = 0; i < times; i++) {
        put_numbered(buf, open, i);
    }
    put_numbered(buf, middle, times - 1);
    for (int i = 0; i < times; i++) {
        cn_buf_add_str(buf, cn_str_of(close));
    }
    return cn_buf_str(buf);
}

static void what_may_cost_too_much_is_refused_when_it_is_checked(void **state)
{
    (void)state;
    refused("tags.all(a, tags.all(b, tags.all(c, tags.all(e, a + b + c + e != ''))))",
            "may take over 1000000000 steps a row");
    refused("tags.map(a, tags.map(b, tags.map(c, a + b + c))).size() > 0", "may take ");
    refused("cel.bind(a, s + s, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(e, c + c, "
            "cel.bind(f, e + e, cel.bind(g, f + f, cel.bind(h, g + g, cel.bind(k, h + h, "
            "cel.bind(l, k + k, cel.bind(o, l + l, cel.bind(q, o + o, cel.bind(r, q + q, "
            "cel.bind(t, r + r, cel.bind(w, t + t, cel.bind(z, w + w, z.size() > "
            "1)))))))))))))))",
            "may take ");
    refused("s.replace('', s).replace('', s).replace('', s).size() > 1", "may take ");
    refused("'%s'.format([tags.map(a, tags.map(b, tags))]).size() > 1", "may take ");
}

static void useful_rules_are_not_refused(void **state)
{
    static const char *const rules[] = {
        "tags.exists(t, t == 'vip' || t.startsWith('bet')) && x >= 1000.0",
        "tags.all(a, tags.exists(b, a == b))",
        "tags.filter(t, t.matches('^[a-z]+$')).map(t, t.upperAscii()).join(', ')",
        "codes.transformList(n, c, c > n, c * 2).size() > 3",
        "x > 1.0 && logins.sum(28) < 0.7 * active_users",
    };
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(rules); i++) {
        struct cn_arena arena;
        struct cn_cel_expr *expr = NULL;
        cn_arena_init(&arena, 1 << 16);
        struct cn_cel_problem problem = checked(&arena, cn_str_of(rules[i]), &expr);
        if (expr == NULL) {
            fail_msg("%s: %.*s", rules[i], CN_STR_ARG(problem.message));
        }
        assert_in_range(cn_cel_expr_steps(expr), 1, CN_CEL_STEPS_MAX);
        cn_arena_deinit(&arena);
    }
}

#define TEN "[0,1,2,3,4,5,6,7,8,9]"

static void what_runs_too_long_or_too_large_is_stopped(void **state)
{
    (void)state;
    /* Ten to the power of eight. */
    stopped(TEN ".all(a, " TEN ".all(b, " TEN ".all(c, " TEN ".all(e, " TEN ".all(f, " TEN
                ".all(g, " TEN ".all(h, " TEN ".all(k, true))))))))");
    stopped(TEN ".map(a, " TEN ".map(b, " TEN ".map(c, " TEN ".map(e, " TEN ".map(f, " TEN
                ".map(g, a))))))");
    /* Text and lists that double. */
    stopped("cel.bind(v, 'xxxxxxxxxxxxxxxx', cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, v))))))))");
    stopped("cel.bind(v, [1,2,3,4,5,6,7,8], cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, v))))))");
    /* Values whose parts are shared, and are many when they are compared or written. */
    stopped("cel.bind(v, [1,2], cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], "
            "cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], "
            "cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], v == v)))))))");
    stopped("cel.bind(v, [1,2], cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], "
            "cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], "
            "cel.bind(v, [v,v,v,v,v,v,v,v], cel.bind(v, [v,v,v,v,v,v,v,v], "
            "'%s'.format([v]))))))))");
    stopped("cel.bind(v, 'aaaaaaaaaaaaaaaa', cel.bind(v, v.replace('', v), "
            "cel.bind(v, v.replace('', v), v.replace('', v))))");
    stopped(TEN ".map(a, " TEN ".map(b, " TEN ".map(c, " TEN
                ".map(e, '%.1000f'.format([1.0e300])))))");
    /* A map of many keys, which are compared pair by pair. */
    stopped("cel.bind(v, [1,2,3,4,5,6,7,8], cel.bind(v, v+v+v+v+v+v+v+v, "
            "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, "
            "v.transformMapEntry(i, x, {i: x})))))");
}

/* Time that a linear engine needs, and one that goes back would never have. */
static void patterns_cannot_explode(void **state)
{
    (void)state;
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 16);
    struct cn_cel_value value = run_unchecked(
        &arena, "cel.bind(v, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', "
                "cel.bind(v, v+v+v+v+v+v+v+v, cel.bind(v, v+v+v+v+v+v+v+v, (v + "
                "'!').matches('^(a+)+$'))))");
    assert_int_equal(value.kind, CN_CEL_BOOL);
    assert_false(value.as.flag);
    value = run_unchecked(&arena, "'a'.matches('((((a{100}){100}){100}){100})')");
    assert_int_equal(value.kind, CN_CEL_ERROR);
    cn_arena_deinit(&arena);
    refused("s.matches('((((a{100}){100}){100}){100})')", "not a valid regular expression");
    refused("s.matches('(a+)+$') && s.matches('(?P<n')", "not a valid regular expression");
}

static void huge_literals_are_refused(void **state)
{
    (void)state;
    refused("99999999999999999999", "the number does not fit in 64 bits");
    refused("18446744073709551616u", "the number does not fit in 64 bits");
    refused("0xFFFFFFFFFFFFFFFFFFFFFFFF", "the number does not fit in 64 bits");
    refused("1e999", "the number does not fit in a double");
    refused("'\\U00110000'", "the escape names no Unicode character");
    struct cn_buf buf;
    cn_str source = nested(&buf, "aaaaaaaa", "", "", 2500);
    struct cn_arena arena;
    struct cn_cel_expr *expr = NULL;
    cn_arena_init(&arena, 1 << 16);
    assert_int_equal(checked(&arena, source, &expr).kind, CN_CEL_PROBLEM_TOO_LARGE);
    cn_arena_deinit(&arena);
    cn_buf_deinit(&buf);
}

/* Each is nested as deep as the parser allows, or deeper. */
static void nothing_recurses_off_the_stack(void **state)
{
    static const struct {
        const char *open;
        const char *middle;
        const char *close;
    } shapes[] = {

        { "[", "1", "]" },
        { "{1:", "1", "}" },
        { "!", "p", "" },
        { "-", "x", "" },
        { "p?1:", "1", "" },
        { "[", "tags", "].map(a,a)" },
        { "optional.of(", "1", ")" },
        { "cel.bind(v#,[1],", "v#", ")" },
        { "[1].map(v#,", "v#", ")" },
        { "tags.exists(v#,", "p", ")" },
        { "optional.of(1).optMap(v#,", "v#", ")" },
        { "[?", "optional.none()", "]" },
        { "dyn(", "1", ")" },
    };
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(shapes); i++) {
        for (int times = 10; times <= 500; times += 10) {
            struct cn_buf buf;
            struct cn_arena arena;
            struct cn_cel_expr *expr = NULL;
            cn_str source = nested(&buf, shapes[i].open, shapes[i].middle, shapes[i].close, times);
            cn_arena_init(&arena, 1 << 16);
            struct cn_cel_problem problem = checked(&arena, source, &expr);
            if (expr != NULL) {
                struct cn_cel_value value = cn_cel_eval(expr, &no_row, &arena);
                assert_true(cn_cel_value_text(&arena, &value).len > 0);
            } else {
                assert_true(problem.message.len > 0);
            }
            if (times == 500 && problem.kind != CN_CEL_PROBLEM_TOO_LARGE) {
                fail_msg("%s: %.*s", shapes[i].open, CN_STR_ARG(problem.message));
            }
            cn_arena_deinit(&arena);
            cn_buf_deinit(&buf);
        }
    }
}

/* The property behind all of it. */
static void no_row_takes_more_steps_than_were_estimated(void **state)
{
    enum {
        PROGRAMS = 20000,
        ROWS = 20
    };
    (void)state;
    struct world *world = cn_heap_resize(NULL, sizeof(*world));
    struct cn_rng rng = { 11 };
    struct cn_arena arena;
    size_t tried = 0;
    world_init(world);
    cn_arena_init(&arena, 1 << 16);
    for (int i = 0; i < PROGRAMS; i++) {
        struct random_program program = { .rng = &rng };
        struct cn_cel_expr *expr = NULL;
        generate(&program, "bdiusme"[cn_rng_between(&rng, 0, 6)], (int)cn_rng_between(&rng, 1, 4));
        (void)checked(&arena, cn_str_of(program.text), &expr); /* NULL: was refused */
        for (size_t row = 0; expr != NULL && row < ROWS; row++, tried++) {
            struct cn_cel_batch_row at = { .batch = &world->batch, .row = row * 41 };
            struct cn_cel_row one = cn_cel_row_of_batch(&at);
            struct cn_cel_cache cache = { 0 };
            struct cn_cel_call call = { .arena = &arena,
                                        .bytes_left = CN_CEL_MEMORY_MAX_BYTES,
                                        .steps_left = SIZE_MAX,
                                        .cache = &cache };
            struct cn_cel_value value = cn_cel_eval_node(expr->root, &one, &call);
            size_t steps = SIZE_MAX - call.steps_left;
            if (steps > cn_cel_expr_steps(expr)) {
                print_message("%s\n  row %zu takes %zu steps, not %llu\n", program.text, at.row,
                              steps, (unsigned long long)cn_cel_expr_steps(expr));
                fail();
            }
            assert_true(value.kind != CN_CEL_ERROR || value.as.failure != CN_CEL_TOO_COSTLY);
            cn_cel_cache_deinit(&cache);
        }
        cn_arena_reset(&arena);
    }
    assert_true(tried > (size_t)PROGRAMS * ROWS * 8 / 10);
    cn_arena_deinit(&arena);
    world_deinit(world);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("what may cost too much is refused when it is checked",
                what_may_cost_too_much_is_refused_when_it_is_checked),
        CN_TEST("useful rules are not refused", useful_rules_are_not_refused),
        CN_TEST("what runs too long or too large is stopped",
                what_runs_too_long_or_too_large_is_stopped),
        CN_TEST("patterns cannot explode", patterns_cannot_explode),
        CN_TEST("huge literals are refused", huge_literals_are_refused),
        CN_TEST("nothing recurses off the stack", nothing_recurses_off_the_stack),
        CN_TEST("no row takes more steps than were estimated",
                no_row_takes_more_steps_than_were_estimated),
    };
    return cmocka_run_group_tests_name("cel_limits", tests, NULL, NULL);
}
