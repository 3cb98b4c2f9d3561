/*
 * The rule under an editor's cursor, and the accounts that it matches now.
 *
 * What it reads is as the files say, whatever of it was applied: metrics, and the scores, segments
 * and colours that other rules make.  The rest of the program may be full of mistakes while it is
 * being written; then only the expression itself and the metrics must be right, and what other
 * rules make is as the running program has it, which is said.
 */
#ifndef CAIRN_ENGINE_MATCHES_H
#define CAIRN_ENGINE_MATCHES_H

#include "book/unit.h"
#include "engine/engine.h"

enum {
    CN_MATCHES_LISTED = 10, /* the largest first */
};

enum cn_rule_kind {
    CN_RULE_SIGNAL,
    CN_RULE_SEGMENT,
    CN_RULE_MEASURE,
    CN_RULE_EXCEPTION,
    CN_RULE_APPLIES_WHEN,
    CN_RULE_LIFECYCLE,
    CN_RULE_COVERAGE,
    CN_RULE_OTHER,
    CN_RULE_KIND_COUNT
};

extern const char *const cn_rule_kind_names[CN_RULE_KIND_COUNT];

struct cn_rule_at {
    enum cn_rule_kind kind;
    cn_str name;                /* of the measure, signal, ...: what people call it */
    const struct cn_node *node; /* the expression's scalar */
    const char *result;         /* "bool", "double", or "" for anything */
};

/* The rule at a line and column (bytes, from 1) of a file that parses.  False if none is there.
 * Everything is in `arena`. */
bool cn_program_rule_at(const struct cn_program_file *file, int64_t line, int64_t column,
                        struct cn_arena *arena, struct cn_rule_at *rule_out);

struct cn_match_account {
    int64_t id;
    cn_str name;
    double arr;
    cn_str value_text;
    struct cn_fact *why; /* what the rule reads of the account */
    size_t why_count;
};

struct cn_matches {
    bool has_rule;
    struct cn_rule_at rule;
    cn_str type;      /* of the expression's value */
    bool reads_state; /* a colour, a signal: it exists as known only */
    int64_t of;       /* accounts that the unit sees */
    int64_t matches;  /* true, or for a value that is no bool: there is one */
    int64_t unknown;  /* missing, or an error */
    double arr;       /* of those that match */
    struct cn_match_account *accounts;
    size_t account_count;
    cn_str *needs_scan; /* metrics that it reads, also through others, and that are counted only
                           when the log has been scanned: then nothing is matched */
    size_t needs_scan_count;
    bool is_partly_running; /* the files have mistakes elsewhere: what other rules make is the
                               running program's */
};

struct cn_match_question {
    const struct cn_unit *unit; /* whose accounts; its arena is used */
    const struct cn_program_files *files;
    cn_str file;
    int64_t line;
    int64_t column;
};

/* What is wrong with the rule is in `problems`: then it matches nothing.  Fails as the databases
 * do.  Any thread but the engine's. */
CN_MUST_CHECK bool cn_engine_matches(struct cn_engine *engine,
                                     const struct cn_match_question *question,
                                     struct cn_matches *matches_out,
                                     struct cn_diagnostics *problems, struct cn_error *err);

#endif
