/*
 * The scenarios of tests/golden/cel: a line "> expression" (more lines go on with "> "), then what
 * comes of it: "= value" or an "! line:column kind: message" a problem, with "~" and the repaired
 * expression where there is a fix.  A new scenario needs no C.
 *
 * CN_GOLDEN_UPDATE=1 rewrites the files; git diff then shows what changed.
 */
#include "tests/unit/unit.h"
/* after unit.h */
#include "base/buf.h"

#include "tests/unit/cel_data.h"
#include "tests/unit/cel_world.h"

/* What the columns of cel_world.h hold for every scenario; those not named here are missing. */
static bool load(void *ctx, uint32_t column, enum cn_cel_kind kind, struct cn_arena *arena,
                 struct cn_cel_value *value_out)
{
    (void)ctx;
    (void)kind;
    (void)arena;
    static const struct {
        const char *name;
        struct cn_cel_value value;
    } facts[] = {
        { "x", { .kind = CN_CEL_DOUBLE, .as.f64 = 2.5 } },
        { "i", { .kind = CN_CEL_INT, .as.i64 = 3 } },
        { "j", { .kind = CN_CEL_INT, .as.i64 = -7 } },
        { "u", { .kind = CN_CEL_UINT, .as.u64 = 7 } },
        { "p", { .kind = CN_CEL_BOOL, .as.flag = true } },
        { "q", { .kind = CN_CEL_BOOL, .as.flag = false } },
        { "s", { .kind = CN_CEL_STRING, .as.text = { "beta", 4 } } },
        { "m", { .kind = CN_CEL_TIMESTAMP, .as.time = { INT64_C(86400000000), 0 } } },
        { "d", { .kind = CN_CEL_DURATION, .as.time = { INT64_C(129600000000), 0 } } },
        { "active_users", { .kind = CN_CEL_DOUBLE, .as.f64 = 12.0 } },
        { "logins.sum(28)", { .kind = CN_CEL_DOUBLE, .as.f64 = 40.0 } },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(facts); i++) {
        if (strcmp(facts[i].name, world_columns[column].name) == 0) {
            *value_out = facts[i].value;
            return true;
        }
    }
    return false;
}

static void print_problem(struct cn_buf *out, cn_str source, const struct cn_cel_problem *problem)
{
    cn_buf_printf(out, "! %u:%u %s: %.*s\n", problem->line, problem->column,
                  cn_cel_problem_name(problem->kind), CN_STR_ARG(problem->message));
    if (problem->has_fix) {
        struct cn_buf fixed;
        cn_buf_init(&fixed, 1 << 16);
        cn_buf_add_str(&fixed, cn_str_slice(source, 0, problem->fix_offset));
        cn_buf_add_str(&fixed, problem->fix_text);
        cn_buf_add_str(&fixed,
                       cn_str_slice(source, problem->fix_offset + problem->fix_length, source.len));
        cn_str rest = cn_buf_str(&fixed);
        cn_str line;
        while (cn_str_split(&rest, '\n', &line)) {
            cn_buf_printf(out, "~ %.*s\n", CN_STR_ARG(line));
        }
        cn_buf_deinit(&fixed);
    }
}

static void run_case(struct cn_buf *out, cn_str source)
{
    const struct cn_cel_schema schema = { .resolve = world_resolve, .list = world_list };
    const struct cn_cel_options options = { .want = CN_CEL_DYN };
    const struct cn_cel_row row = { .load = load };
    struct cn_cel_problems problems;
    struct cn_cel_expr *expr = NULL;
    struct cn_arena arena;
    cn_arena_init(&arena, 1 << 14);
    cn_cel_problems_init(&problems, &arena, source);
    if (cn_cel_check(&arena, &schema, source, &options, &expr, &problems)) {
        struct cn_cel_value value = cn_cel_eval(expr, &row, &arena);
        cn_buf_add_str(out, CN_STR("= "));
        cn_buf_add_str(out, cn_cel_value_text(&arena, &value));
        cn_buf_add_str(out, CN_STR("\n"));
    }
    for (size_t i = 0; i < problems.count; i++) {
        print_problem(out, source, &problems.items[i]);
    }
    cn_arena_deinit(&arena);
}

static void run_file(const char *name)
{
    struct cn_arena arena;
    struct cn_buf out;
    struct cn_buf source;
    cn_arena_init(&arena, 1 << 16);
    cn_buf_init(&out, 1 << 20);
    cn_buf_init(&source, 1 << 16);
    cn_str text = read_test_file(&arena, name);
    cn_str rest = text;
    cn_str line;
    while (cn_str_split(&rest, '\n', &line)) {
        bool is_source = cn_str_starts_with(line, CN_STR("> "));
        if (source.len > 0 && !is_source) {
            run_case(&out, cn_buf_str(&source));
            cn_buf_clear(&source);
        }
        bool is_result = line.len > 0 && strchr("=!~", line.ptr[0]) != NULL;
        if (is_source) {
            cn_buf_add_str(&source, source.len > 0 ? CN_STR("\n") : CN_STR(""));
            cn_buf_add_str(&source, cn_str_slice(line, 2, line.len));
        }
        if (!is_result && (line.len > 0 || rest.len > 0)) {
            cn_buf_add_str(&out, line);
            cn_buf_add_str(&out, CN_STR("\n"));
        }
    }
    if (source.len > 0) {
        run_case(&out, cn_buf_str(&source));
    }
    if (getenv("CN_GOLDEN_UPDATE") != NULL) {
        write_test_file(name, cn_buf_str(&out));
    } else if (!cn_str_equal(cn_buf_str(&out), text)) {
        print_message("%s is not what comes of it now:\n%.*s", name, CN_STR_ARG(cn_buf_str(&out)));
        fail();
    }
    cn_buf_deinit(&source);
    cn_buf_deinit(&out);
    cn_arena_deinit(&arena);
}

static void values(void **state)
{
    (void)state;
    run_file("golden/cel/values.txt");
}

static void errors(void **state)
{
    (void)state;
    run_file("golden/cel/errors.txt");
}

static void problems(void **state)
{
    (void)state;
    run_file("golden/cel/problems.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("expressions have the values of golden/cel/values.txt", values),
        CN_TEST("errors travel as in golden/cel/errors.txt", errors),
        CN_TEST("problems have place, text and fix of golden/cel/problems.txt", problems),
    };
    return cmocka_run_group_tests_name("cel_golden", tests, NULL, NULL);
}
