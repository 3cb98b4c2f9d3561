/*
 * The program's own test cases: facts that are given, and what must come of them.
 *
 *   tests:
 *     - name: without a champion the score is at most 49
 *       given: {arr: 50000, "logins.sum(28)": 30, has_champion: false}
 *       expect: {scorecard: mid-touch, score: 49, colour: red, exceptions: [no champion]}
 *
 * `segments` and `signals` name all segments that it is in, and all signals of which the condition
 * holds; `coverage` and `stage` the coverage model and the lifecycle stage; `shadows` the scores of
 * scorecards that decide nothing.  `children` are accounts of which it is the parent, each with
 * facts of its own: then parent.* and children.* and the scores of families are computed.
 *
 * A fact is named as rules read it; what is not given is missing.  A case is evaluated by the same
 * code as accounts are, over a frame of which the columns hold the given values.
 */
#ifndef CAIRN_ENGINE_CASES_H
#define CAIRN_ENGINE_CASES_H

#include "health/evaluate.h"
#include "program/program.h"
#include "segment/segment.h"
#include "signal/rule.h"

struct cn_engine_program;

enum {
    CN_CASES_MAX = 10000,
    CN_CASE_CHILDREN_MAX = 1000,   /* of one test */
    CN_CASES_CHILDREN_MAX = 20000, /* of all of a program */
};

/* A whole number that is given is at most this, as far as a double holds each of them. */
#define CN_CASE_WHOLE_MAX ((int64_t)1 << 53)

/* A value of a column. */
struct cn_case_given {
    uint32_t column;
    double number; /* of the numeric types; hours of a span; 0 or 1 */
    cn_str text;   /* of a text */
    cn_time at;    /* of a moment */
};

/* Facts of an account. */
struct cn_case_facts {
    struct cn_case_given *items;
    size_t count;
};

struct cn_case {
    cn_str file;
    int64_t line;
    cn_str name;
    enum cn_band band_before;
    struct cn_case_facts given;
    struct cn_case_facts *children;
    size_t child_count;
    const struct cn_node *expect; /* a map that was checked */
};

struct cn_case_list {
    struct cn_case *items;
    size_t count;
};

/* What the section is compiled against. */
struct cn_case_env {
    const struct cn_column_set *columns; /* those that rules read */
    const struct cn_health_model *health;
    const struct cn_segment_model *segments;
    const struct cn_signal_model *signals;
};

/* The program section `tests`; what is compiled is a struct cn_case_list. */
extern const struct cn_program_section cn_case_section;

/* ---- running ---- */

struct cn_case_difference {
    cn_str what; /* "score" */
    cn_str expected;
    cn_str got;
};

struct cn_case_result {
    const struct cn_case *of;
    struct cn_case_difference *differences; /* none: it passed */
    size_t difference_count;
};

struct cn_case_results {
    struct cn_case_result *items; /* in the order of the files */
    size_t count;
    size_t failed;
};

/* Evaluates the program's cases; everything is in `arena`.  Fails with CN_INTERNAL only. */
CN_MUST_CHECK bool cn_cases_run(const struct cn_engine_program *program,
                                struct cn_interner *strings, struct cn_arena *arena,
                                struct cn_case_results *results_out, struct cn_error *err);

/* The same from the files, against nothing but the names that there are.  False with problems if
 * they do not compile. */
struct cn_case_report {
    struct cn_case_results results;
};
CN_MUST_CHECK bool cn_program_test(const struct cn_program_files *files, struct cn_arena *arena,
                                   struct cn_case_report *report_out,
                                   struct cn_diagnostics *problems, struct cn_error *err);

#endif
