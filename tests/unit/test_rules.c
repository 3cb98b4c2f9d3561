/* Rules that read what other rules make: strata, cycles, state, and passes over some rows. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "frame/rules.h"
#include "program/program.h"
#include "tests/unit/unit.h"

#define assert_str(actual, text) assert_true(cn_str_equal((actual), CN_STR(text)))

enum {
    ROWS = 2500, /* more than two blocks, the last not whole */
    UNITS_MAX = 16,
    SECTIONS = 2
};

/* ---- a source of facts ---- */

static enum cn_resolve facts_resolve(void *ctx, const struct cn_column_request *request,
                                     struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    (void)err;
    bool is_colour = cn_str_equal(request->name, CN_STR("tone"));
    if (cn_str_equal(request->name, CN_STR("parent_id"))) {
        *spec_out = (struct cn_column_spec){ .type = CN_COLUMN_I64, .op = 1, .unit = "" };
        return CN_RESOLVE_FOUND;
    }
    if (!is_colour && !cn_str_equal(request->name, CN_STR("x"))) {
        return CN_RESOLVE_UNKNOWN;
    }
    *spec_out =
        (struct cn_column_spec){ .type = CN_COLUMN_F64, .reads_state = is_colour, .unit = "" };
    return CN_RESOLVE_FOUND;
}

/* x is the account's number modulo 10; the parent of an odd account is the even one before it. */
static bool facts_fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                       struct cn_column *column, struct cn_error *err)
{
    const double *bonus = ctx;
    (void)err;
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        int64_t account = fill->accounts[row];
        if (account == 0 || (spec->op == 1 && account % 2 == 0)) {
            cn_column_set_missing(column, row);
        } else if (spec->op == 1) {
            cn_column_set_i64(column, row, account - 1);
        } else {
            cn_column_set_f64(column, row, (double)(account % 10) + *bonus);
        }
    }
    return true;
}

static bool facts_list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    *name_out = (struct cn_column_name){ .name = CN_STR("x") };
    return index == 0;
}

/* ---- two sections of conditions ---- */

/* Condition k of a section is true for the rows in truth[k]; is.NAME and n.NAME are columns. */
struct section {
    const char *name;
    uint32_t number;
    const char *conditions[UNITS_MAX];
    uint32_t units[UNITS_MAX];
    uint32_t rules[UNITS_MAX];
    size_t count;
    struct cn_column_source source;
    struct cn_bitmap truth[UNITS_MAX];
    size_t evaluated;
};

static enum cn_resolve made_resolve(void *ctx, const struct cn_column_request *request,
                                    struct cn_column_spec *spec_out, struct cn_error *err)
{
    const struct section *section = ctx;
    (void)err;
    for (size_t i = 0; i < section->count; i++) {
        char flag[64];
        char number[64];
        (void)snprintf(flag, sizeof(flag), "is.%s", section->conditions[i]);
        (void)snprintf(number, sizeof(number), "n.%s", section->conditions[i]);
        bool is_number = cn_str_equal(request->name, cn_str_of(number));
        if (is_number || cn_str_equal(request->name, cn_str_of(flag))) {
            *spec_out = (struct cn_column_spec){ .type = is_number ? CN_COLUMN_F64 : CN_COLUMN_BOOL,
                                                 .pace = CN_PACE_TICK,
                                                 .unit = "",
                                                 .index = (int32_t)i,
                                                 .maker = section->units[i] + 1 };
            return CN_RESOLVE_FOUND;
        }
    }
    return CN_RESOLVE_UNKNOWN;
}

static bool made_fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                      struct cn_column *column, struct cn_error *err)
{
    const struct section *section = ctx;
    (void)err;
    const struct section *bound = cn_frame_bound(fill->frame, section->number);
    assert_ptr_equal(bound, section);
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        bool is_true = cn_bitmap_has(&bound->truth[spec->index], row);
        if (column->type == CN_COLUMN_BOOL) {
            cn_column_set_bool(column, row, is_true);
        } else {
            cn_column_set_f64(column, row, is_true ? 1 : 0);
        }
    }
    return true;
}

static bool made_list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    (void)index;
    (void)name_out;
    return false;
}

static void take_block(void *ctx, const struct cn_rule_block *block)
{
    struct section *section = ctx;
    for (size_t i = 0; i < section->count; i++) {
        if (cn_rules_stratum(block->rules, section->units[i]) != block->stratum) {
            continue;
        }
        struct cn_cel_result result = cn_rule_result(block, section->rules[i]);
        for (size_t row = 0; row < block->count; row++) {
            uint64_t bit = UINT64_C(1) << (row % 64);
            size_t at = block->first + row;
            if ((block->gone[row / 64] & bit) != 0 || (block->rows[row / 64] & bit) != 0) {
                cn_bitmap_remove(&section->truth[i], at);
            }
            if ((block->rows[row / 64] & bit) != 0) {
                section->evaluated++;
                if ((result.truth[row / 64] & bit) != 0) {
                    cn_bitmap_add(&section->truth[i], at);
                }
            }
        }
    }
}

/* ---- the fixture ---- */

struct fixture {
    struct cn_arena arena;
    struct cn_interner *strings;
    struct cn_frame *frame;
    double bonus;
    struct cn_column_source facts;
    const struct cn_column_source *sources[1 + SECTIONS];
    struct cn_column_set columns;
    struct cn_rules *rules;
    struct section sections[SECTIONS];
    struct cn_diagnostics problems;
    struct cn_when when;
    struct cn_error err;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    cn_arena_init(&f->arena, (size_t)64 * 1024);
    f->strings = cn_interner_new();
    f->frame = cn_frame_new(f->strings);
    f->facts = (struct cn_column_source){ .name = "facts",
                                          .ctx = &f->bonus,
                                          .resolve = facts_resolve,
                                          .fill = facts_fill,
                                          .list = facts_list };
    f->sources[0] = &f->facts;
    cn_column_set_init(&f->columns, &f->arena, f->sources, 1 + SECTIONS);
    f->rules = cn_rules_new(&f->arena, &f->columns, f->strings);
    for (size_t i = 0; i < SECTIONS; i++) {
        struct section *section = &f->sections[i];
        section->name = i == 0 ? "segment" : "scorecard";
        section->number = cn_rules_section(f->rules);
        section->source = (struct cn_column_source){ .name = section->name,
                                                     .ctx = section,
                                                     .resolve = made_resolve,
                                                     .fill = made_fill,
                                                     .list = made_list };
        f->sources[1 + i] = &section->source;
    }
    cn_diagnostics_init(&f->problems, &f->arena);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < SECTIONS; i++) {
        for (size_t k = 0; k < UNITS_MAX; k++) {
            cn_bitmap_deinit(&f->sections[i].truth[k]);
        }
    }
    cn_frame_free(f->frame);
    cn_interner_free(f->strings);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static void declare(struct fixture *f, size_t in, const char *name)
{
    struct section *section = &f->sections[in];
    char text[80];
    (void)snprintf(text, sizeof(text), "%s %s", section->name, name);
    section->conditions[section->count] = name;
    section->units[section->count++] = cn_rules_unit(
        f->rules, &(struct cn_unit_spec){ .section = section->number,
                                          .name = cn_arena_str(&f->arena, cn_str_of(text)),
                                          .part_of = CN_NO_UNIT });
}

/* As in line 1 + k of the section's file. */
static void condition(struct fixture *f, size_t in, size_t k, const char *text)
{
    struct section *section = &f->sections[in];
    struct cn_node node = { .kind = CN_NODE_SCALAR,
                            .file = cn_arena_str(&f->arena, cn_str_of(section->name)),
                            .line = 1 + (int64_t)k,
                            .column = 7,
                            .text = cn_str_of(text),
                            .raw = cn_str_of(text) };
    section->rules[k] = cn_rules_add(f->rules, section->units[k], &node, CN_CEL_BOOL, &f->problems);
}

static void use(struct fixture *f)
{
    cn_frame_use(f->frame, &f->columns, NULL);
    for (int64_t account = 1; account <= ROWS; account++) {
        (void)cn_frame_add(f->frame, account);
    }
    for (size_t i = 0; i < SECTIONS; i++) {
        cn_frame_bind(f->frame, f->sections[i].number, &f->sections[i]);
        for (size_t k = 0; k < UNITS_MAX; k++) {
            cn_bitmap_resize(&f->sections[i].truth[k], ROWS);
        }
    }
}

static bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    struct fixture *f = arg;
    return cn_frame_fill(f->frame, stratum, cn_frame_dirty(f->frame), &f->when, CN_PACE_FACT, err);
}

/* The dirty rows, which are clean then. */
static void run(struct fixture *f)
{
    struct cn_rule_consumer consumers[SECTIONS];
    for (size_t i = 0; i < SECTIONS; i++) {
        f->sections[i].evaluated = 0;
        consumers[i] =
            (struct cn_rule_consumer){ f->sections[i].number, &f->sections[i], take_block };
    }
    struct cn_rule_pass pass = { .frame = f->frame,
                                 .rows = cn_frame_dirty(f->frame),
                                 .fill = fill_stratum,
                                 .arg = f,
                                 .consumers = consumers,
                                 .consumer_count = SECTIONS };
    assert_true(cn_rules_run(f->rules, &pass, &f->arena, &f->err));
    cn_bitmap_fill(cn_frame_dirty(f->frame), false);
}

static bool holds(const struct fixture *f, size_t in, size_t k, int64_t account)
{
    uint32_t row = 0;
    assert_true(cn_frame_find(f->frame, account, &row));
    return cn_bitmap_has(&f->sections[in].truth[k], row);
}

/* ---- tests ---- */

/* a segment -> a scorecard -> another segment, and declared the other way round */
static void chain(struct fixture *f)
{
    declare(f, 0, "last");
    declare(f, 0, "first");
    declare(f, 1, "middle");
    condition(f, 0, 0, "is.middle || x > 8.0");
    condition(f, 1, 0, "is.first && x < 5.0");
    condition(f, 0, 1, "x > 2.0");
    assert_true(cn_rules_finish(f->rules, &f->problems));
}

static void rules_are_evaluated_after_what_they_read_whatever_their_section(void **state)
{
    struct fixture *f = *state;
    chain(f);
    assert_int_equal(cn_rules_stratum(f->rules, f->sections[0].units[1]), 0);
    assert_int_equal(cn_rules_stratum(f->rules, f->sections[1].units[0]), 1);
    assert_int_equal(cn_rules_stratum(f->rules, f->sections[0].units[0]), 2);
    use(f);
    run(f);
    for (int64_t account = 1; account <= ROWS; account++) {
        int64_t x = account % 10;
        assert_int_equal(holds(f, 0, 1, account), x > 2);
        assert_int_equal(holds(f, 1, 0, account), x > 2 && x < 5);
        assert_int_equal(holds(f, 0, 0, account), (x > 2 && x < 5) || x > 8);
    }
}

static void only_wanted_rows_are_evaluated_and_gone_accounts_lose_their_state(void **state)
{
    struct fixture *f = *state;
    chain(f);
    use(f);
    run(f);
    f->bonus = -1; /* not looked at for rows that are clean */
    uint32_t row = 0;
    assert_true(cn_frame_find(f->frame, 1203, &row));
    cn_bitmap_add(cn_frame_dirty(f->frame), row);
    uint32_t gone = 0;
    assert_true(cn_frame_find(f->frame, 2404, &gone));
    assert_true(cn_frame_remove(f->frame, 2404));
    run(f);
    assert_int_equal(f->sections[0].evaluated, 2);
    assert_int_equal(f->sections[1].evaluated, 1);
    assert_false(holds(f, 0, 1, 1203)); /* 3 - 1 is not over 2 */
    assert_false(holds(f, 0, 0, 1203));
    assert_true(holds(f, 0, 1, 1213));
    assert_false(cn_bitmap_has(&f->sections[0].truth[1], gone));
    assert_false(cn_bitmap_has(&f->sections[1].truth[0], gone));
}

static void what_rules_make_is_read_of_the_parent_one_stratum_later(void **state)
{
    struct fixture *f = *state;
    declare(f, 0, "big");
    declare(f, 1, "of_big");
    condition(f, 0, 0, "x > 5.0");
    condition(f, 1, 0, "parent.value(\"n.big\") > 0.0");
    assert_true(cn_rules_finish(f->rules, &f->problems));
    assert_true(cn_column_set_compares(&f->columns));
    assert_true(cn_column_set_compares_made(&f->columns));
    use(f);
    run(f);
    assert_int_equal(cn_rules_stratum(f->rules, f->sections[1].units[0]), 2);
    for (int64_t account = 2; account <= ROWS; account++) {
        assert_int_equal(holds(f, 1, 0, account), account % 2 == 1 && (account - 1) % 10 > 5);
    }
    /* The parent alone is dirty: the child follows in the same pass. */
    f->bonus = -6;
    uint32_t row = 0;
    assert_true(cn_frame_find(f->frame, 108, &row));
    cn_bitmap_add(cn_frame_dirty(f->frame), row);
    assert_true(holds(f, 1, 0, 109));
    run(f);
    assert_false(holds(f, 1, 0, 109));
    assert_true(holds(f, 1, 0, 119));
}

static void a_cycle_names_its_members_with_their_places(void **state)
{
    struct fixture *f = *state;
    declare(f, 0, "vip");
    declare(f, 0, "plain");
    declare(f, 1, "mid");
    condition(f, 0, 0, "x > 1.0 && is.mid");
    condition(f, 0, 1, "is.vip");
    condition(f, 1, 0, "is.vip || x < 0.0");
    assert_int_equal(f->problems.count, 0);
    assert_false(cn_rules_finish(f->rules, &f->problems));
    assert_int_equal(f->problems.count, 1);
    assert_str(f->problems.items[0].message, "a cycle: segment vip reads is.mid (segment:1:7), "
                                             "scorecard mid reads is.vip (scorecard:1:7)");
    assert_int_equal(f->problems.items[0].place.line, 1);
}

static void what_reads_itself_through_the_parent_is_a_cycle_too(void **state)
{
    struct fixture *f = *state;
    declare(f, 0, "heir");
    condition(f, 0, 0, "parent.value(\"n.heir\") > 0.0");
    assert_false(cn_rules_finish(f->rules, &f->problems));
    assert_str(f->problems.items[0].message,
               "a cycle: segment heir reads parent.value(\"n.heir\") (segment:1:7)");
}

static void a_rank_of_what_rules_make_is_refused(void **state)
{
    struct fixture *f = *state;
    declare(f, 0, "big");
    condition(f, 0, 0, "peers.rank(\"n.big\") < 10.0");
    assert_int_equal(f->problems.count, 1);
    assert_str(f->problems.items[0].message,
               "rank compares facts of last night, \"n.big\" is made by rules");
}

static void what_rests_on_state_is_marked(void **state)
{
    struct fixture *f = *state;
    declare(f, 0, "toned");
    declare(f, 0, "pure");
    declare(f, 1, "after");
    condition(f, 0, 0, "tone > 1.0");
    condition(f, 0, 1, "x > 1.0");
    condition(f, 1, 0, "is.toned");
    assert_true(cn_rules_finish(f->rules, &f->problems));
    assert_true(cn_rules_reads_state(f->rules, f->sections[0].units[0]));
    assert_false(cn_rules_reads_state(f->rules, f->sections[0].units[1]));
    assert_true(cn_rules_reads_state(f->rules, f->sections[1].units[0]));
}

#define TEST(title, function) CN_TEST_WITH(title, function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("rules are evaluated after what they read whatever their section",
             rules_are_evaluated_after_what_they_read_whatever_their_section),
        TEST("only wanted rows are evaluated and gone accounts lose their state",
             only_wanted_rows_are_evaluated_and_gone_accounts_lose_their_state),
        TEST("what rules make is read of the parent one stratum later",
             what_rules_make_is_read_of_the_parent_one_stratum_later),
        TEST("a cycle names its members with their places",
             a_cycle_names_its_members_with_their_places),
        TEST("what reads itself through the parent is a cycle too",
             what_reads_itself_through_the_parent_is_a_cycle_too),
        TEST("a rank of what rules make is refused", a_rank_of_what_rules_make_is_refused),
        TEST("what rests on state is marked", what_rests_on_state_is_marked),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
