/*
 * What another program would do to the accounts as they are now, in numbers and words.
 *
 * Counts are over the accounts that the asking unit sees; money is in major units of the reporting
 * currency.
 */
#ifndef CAIRN_ENGINE_DIFF_H
#define CAIRN_ENGINE_DIFF_H

#include "book/unit.h"
#include "engine/engine.h"
#include "segment/segment.h"

enum {
    CN_DIFF_ACCOUNTS_MAX = 50, /* listed, the largest first */
};

struct cn_diff_count {
    int64_t count;
    double arr;
};

struct cn_diff_colour {
    enum cn_band from; /* CN_BAND_NONE: no score */
    enum cn_band to;
    struct cn_diff_count of;
};

struct cn_diff_model {
    cn_str from; /* name of the scorecard, "" for none */
    cn_str to;
    struct cn_diff_count of;
};

struct cn_diff_score {
    bool has_points;
    double points;
    enum cn_band band;
    cn_str scorecard; /* or "" */
};

enum cn_diff_change {
    CN_DIFF_NEW,
    CN_DIFF_GONE,
    CN_DIFF_SAME, /* both programs have it, perhaps with another rule or under a former name */
    CN_DIFF_CHANGES
};

struct cn_diff_segment {
    enum cn_segment_kind kind;
    cn_str name;
    enum cn_diff_change change;
    int64_t before; /* accounts in it */
    int64_t after;
    struct cn_diff_count entered;
    struct cn_diff_count left;
};

struct cn_diff_signal {
    cn_str name;
    enum cn_diff_change change;
    bool asks_anew;              /* it is new, or asks something else: it may raise at once */
    struct cn_diff_count raises; /* a person would be told */
    struct cn_diff_count clears; /* raised, and would not be */
    struct cn_diff_count found;  /* already true when it is first asked: nobody is told */
};

struct cn_diff_names {
    cn_str *items;
    size_t count;
};

struct cn_diff_account {
    int64_t id;
    cn_str name;
    double arr;
    struct cn_diff_score before;
    struct cn_diff_score after;
    struct cn_diff_names entered; /* segments */
    struct cn_diff_names left;
    struct cn_diff_names raises; /* signals */
    struct cn_diff_names clears;
};

struct cn_diff {
    struct cn_diff_count rescored;  /* what people see of their score is another */
    struct cn_diff_colour *colours; /* those that occur, the most accounts first */
    size_t colour_count;
    struct cn_diff_model *models; /* the same */
    size_t model_count;
    struct cn_diff_segment *segments; /* of both programs, those that are gone last */
    size_t segment_count;
    struct cn_diff_signal *signals; /* the same */
    size_t signal_count;
    struct cn_diff_account *accounts; /* that change in any of that */
    size_t account_count;
    cn_str *needs_scan; /* metrics that the log has to be scanned for: what reads them is missing */
    size_t needs_scan_count;
    cn_str *words; /* sentences */
    size_t word_count;
};

struct cn_diff_question {
    const struct cn_unit *unit; /* whose accounts; its arena is used */
    const struct cn_program_files *files;
    cn_str currency;
    const cn_str *starts; /* signals that are to raise at once; names of others do nothing */
    size_t start_count;
};

/* False with problems if the program does not compile; or as the databases fail.  Any thread but
 * the engine's. */
CN_MUST_CHECK bool cn_engine_diff(struct cn_engine *engine, const struct cn_diff_question *question,
                                  struct cn_diff *diff_out, struct cn_diagnostics *problems,
                                  struct cn_error *err);

/* "12 accounts of $410,000". */
cn_str cn_diff_count_text(struct cn_arena *arena, const struct cn_diff_count *count,
                          cn_str currency);

#endif
