/*
 * What tests of health share: a program over the columns of fake_columns.h, a frame, and accounts
 * 1, 2, ... in rows 0, 1, ...
 */
#ifndef CAIRN_TESTS_UNIT_HEALTH_FIXTURE_H
#define CAIRN_TESTS_UNIT_HEALTH_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "health/explain.h"
#include "segment/evaluate.h"
#include "tests/unit/fake_columns.h"
#include "tests/unit/unit.h"

/* What of the program is neither health nor segments. */
static inline bool compile_nothing(const struct cn_section_input *input, void **compiled_out,
                                   struct cn_diagnostics *problems)
{
    (void)input;
    (void)problems;
    *compiled_out = NULL;
    return true;
}

static const struct cn_program_section metrics = { "metrics", CN_SECTION_KEY, "", compile_nothing };
static const struct cn_program_section signals = { "signals", CN_SECTION_KEY, "", compile_nothing };
static const struct cn_program_section test_cases = { "tests", CN_SECTION_KEY, "",
                                                      compile_nothing };
static const struct cn_program_section *const sections[] = {
    &metrics,
    &signals,
    &test_cases,
    &cn_segment_model_section,
    &cn_segment_section,
    &cn_coverage_section,
    &cn_lifecycle_section,
    &cn_health_section,
};

struct fixture {
    struct cn_arena arena;
    struct cn_arena scratch;
    struct cn_interner *strings;
    struct cn_frame *frame;
    struct fake_table table;
    struct cn_column_source source;
    const struct cn_column_source *sources[3];
    struct cn_column_set columns;
    struct cn_diagnostics problems;
    struct cn_rules *rules;
    struct cn_health_model *model;
    const struct cn_segment_model *segments;
    struct cn_membership membership;
    struct cn_health_state health;
    struct cn_health_changes changes;
    struct cn_when when;
    struct cn_error err;
};

static inline int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    cn_arena_init(&f->arena, 64 * 1024);
    cn_arena_init(&f->scratch, 64 * 1024);
    f->strings = cn_interner_new();
    f->frame = cn_frame_new(f->strings);
    f->source = fake_source(&f->table);
    f->sources[0] = &f->source;
    for (size_t c = 0; c < FAKE_COLUMNS; c++) {
        for (size_t row = 0; row < FAKE_ROWS_MAX; row++) {
            f->table.cells[c][row] = NAN;
        }
    }
    cn_column_set_init(&f->columns, &f->arena, f->sources, 1);
    cn_diagnostics_init(&f->problems, &f->arena);
    cn_health_state_init(&f->health);
    cn_membership_init(&f->membership);
    *state = f;
    return 0;
}

static inline int end(void **state)
{
    struct fixture *f = *state;
    cn_health_state_deinit(&f->health);
    cn_membership_deinit(&f->membership);
    cn_health_changes_deinit(&f->changes);
    cn_frame_free(f->frame);
    cn_interner_free(f->strings);
    cn_arena_deinit(&f->arena);
    cn_arena_deinit(&f->scratch);
    free(f);
    return 0;
}

static inline bool compile_sections(struct fixture *f, const struct cn_program_tree *tree,
                                    void **model_out)
{
    struct cn_health_env health;
    struct cn_segment_env segments;
    bool ok = true;
    f->rules = cn_rules_new(&f->arena, &f->columns, f->strings);
    cn_health_prepare(&f->arena, f->rules, tree, &health);
    cn_segment_prepare(&f->arena, f->rules, f->strings, tree, &segments);
    f->sources[1] = cn_health_source(&health);
    f->sources[2] = cn_segment_source(&segments);
    f->columns.source_count = 3;
    for (size_t i = 1; i < CN_ARRAY_LEN(sections); i++) {
        void *env = sections[i] == &cn_health_section ? (void *)&health : (void *)&segments;
        ok &= cn_program_compile(&f->arena, tree, sections[i], env, model_out, &f->problems);
    }
    f->segments = segments.model;
    return cn_rules_finish(f->rules, &f->problems) && ok;
}

static inline bool compile(struct fixture *f, const struct cn_program_files *files)
{
    struct cn_program_tree tree;
    void *model = NULL;
    bool ok =
        cn_program_parse(&f->arena, files, sections, CN_ARRAY_LEN(sections), &tree, &f->problems);
    ok &= compile_sections(f, &tree, &model);
    if (ok) {
        f->model = model; /* of health, which comes last */
        cn_frame_use(f->frame, &f->columns, NULL);
    }
    return ok;
}

static inline void compile_text(struct fixture *f, const char *text)
{
    struct cn_program_file file = { CN_STR("a.yaml"), cn_str_of(text) };
    struct cn_program_files files = { &file, 1 };
    if (!compile(f, &files)) {
        fail_msg("%.*s", CN_STR_ARG(f->problems.items[0].message));
    }
}

static inline void compile_shipped(struct fixture *f)
{
    struct cn_program_files files;
    cn_program_shipped(&f->arena, &files);
    if (!compile(f, &files)) {
        fail_msg("%.*s:%lld: %.*s", CN_STR_ARG(f->problems.items[0].place.source),
                 (long long)f->problems.items[0].place.line,
                 CN_STR_ARG(f->problems.items[0].message));
    }
}

/* Accounts 1 to count. */
static inline void add_accounts(struct fixture *f, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        (void)cn_frame_add(f->frame, (int64_t)i);
    }
}

struct filling {
    struct fixture *f;
    const struct cn_bitmap *rows;
};

static inline bool fill_stratum(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct filling *filling = arg;
    return cn_frame_fill(filling->f->frame, stratum, filling->rows, &filling->f->when, CN_PACE_FACT,
                         err);
}

static inline void evaluate(struct fixture *f, const struct cn_bitmap *rows)
{
    size_t count = cn_frame_rows(f->frame);
    struct filling filling = { f, rows };
    f->changes.count = 0;
    cn_health_state_resize(&f->health, count);
    cn_membership_resize(&f->membership, f->segments->count, count);
    cn_health_bind(f->model, f->frame, &f->health);
    cn_segment_bind(f->segments, f->frame, &f->membership);
    const struct cn_rule_consumer consumers[] = {
        cn_health_consumer_with(f->model, &f->health, &f->changes, NULL, cn_frame_dirty(f->frame),
                                &f->scratch),
        cn_segment_consumer(f->segments, &f->membership, &f->scratch),
    };
    const struct cn_rule_pass pass = { .frame = f->frame,
                                       .rows = rows,
                                       .fill = fill_stratum,
                                       .arg = &filling,
                                       .consumers = consumers,
                                       .consumer_count = CN_ARRAY_LEN(consumers) };
    assert_true(cn_rules_run(f->rules, &pass, &f->scratch, &f->err));
    cn_arena_reset(&f->scratch);
}

static inline void set(struct fixture *f, size_t row, enum fake_column column, double value)
{
    f->table.cells[column][row] = value;
}

static inline struct cn_health_score score_of(struct fixture *f, size_t row)
{
    evaluate(f, NULL);
    return cn_health_state_get(&f->health, row);
}

static inline struct cn_explanation explain(struct fixture *f, uint32_t row)
{
    struct cn_explanation explanation;
    struct cn_explain_at at = {
        .model = f->model, .frame = f->frame, .row = row, .when = f->when, .scores = &f->health
    };
    assert_true(cn_health_explain(&at, &f->arena, &explanation, &f->err));
    return explanation;
}

static inline const struct cn_explain_item *find_item(const struct cn_explanation *explanation,
                                                      const char *path)
{
    for (size_t i = 0; i < explanation->count; i++) {
        if (cn_str_equal(explanation->items[i].path, cn_str_of(path))) {
            return &explanation->items[i];
        }
    }
    return NULL;
}

static inline const struct cn_explain_item *item_of(const struct cn_explanation *explanation,
                                                    const char *path)
{
    static const struct cn_explain_item none;
    const struct cn_explain_item *item = find_item(explanation, path);
    assert_non_null(item);
    return item != NULL ? item : &none; /* gcc does not know that the assertion ends the test */
}

/* The rows below a row add up to it, those of depth 1 to the whole. */
static inline void assert_adds_up(const struct cn_explanation *why, bool of_change)
{
    int64_t top = 0;
    for (size_t i = 0; i < why->count; i++) {
        int64_t below = 0;
        bool has_children = false;
        const struct cn_explain_item *item = &why->items[i];
        for (size_t k = i + 1; k < why->count && why->items[k].depth > item->depth; k++) {
            if (why->items[k].depth == item->depth + 1) {
                has_children = true;
                below += of_change ? why->items[k].change : why->items[k].points;
            }
        }
        int64_t own = of_change ? item->change : item->points;
        if (has_children) {
            assert_int_equal(own, below);
        }
        top += item->depth == 1 ? own : 0;
    }
    assert_int_equal(top, of_change ? why->change : why->effective);
}

static inline void assert_str(cn_str got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

/* formulas.md 3.2 with a policy for the CSAT that is missing. */
#define H1_GROUPS(csat_policy)                                                     \
    "groups:\n"                                                                    \
    "  - name: usage\n"                                                            \
    "    weight: 50\n"                                                             \
    "    measures:\n"                                                              \
    "      - {name: logins, weight: 60, score: logins}\n"                          \
    "      - {name: breadth, weight: 40, score: breadth}\n"                        \
    "  - name: support\n"                                                          \
    "    weight: 20\n"                                                             \
    "    measures:\n"                                                              \
    "      - {name: csat, weight: 50, score: csat, missing: " csat_policy "}\n"    \
    "      - {name: tickets, weight: 50, value: tickets, map: {0: 0, 100: 100}}\n" \
    "  - name: relationship\n"                                                     \
    "    weight: 30\n"                                                             \
    "    measures:\n"                                                              \
    "      - {name: sponsor, weight: 100, score: sponsor}\n"

static inline void set_h1(struct fixture *f)
{
    add_accounts(f, 1);
    set(f, 0, FAKE_LOGINS, 80);
    set(f, 0, FAKE_BREADTH, 40);
    set(f, 0, FAKE_TICKETS, 70);
    set(f, 0, FAKE_SPONSOR, 20);
}

#define TEST(title, function) CN_TEST_WITH(title, function, begin, end)

#endif
