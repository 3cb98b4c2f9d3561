/*
 * Two programs over the same past: how the scores of a book, a portfolio or a segment would have
 * run under each, day by day, and which accounts differ most.
 *
 * Both are evaluated at each midnight of the range through the pass that live scoring goes through,
 * from what was so then (as a back-fill does) or from what had been told by then.  Colours have a
 * memory, so both begin CN_COMPARISON_WARM_DAYS before the first day that is shown.
 *
 * Which accounts are compared is as of now: who owns them, and which segment of the running program
 * they are in today.  Overrides by hand are left out on both sides: they are of no program.
 *
 * Nothing is written; the running engine goes on meanwhile, and nothing waits.  A metric that a
 * program counts and the log was not scanned for is missing, and named.  Events that arrive while
 * it runs are known to both or to neither where both programs count the same; else compare again
 * after an import.
 */
#ifndef CAIRN_ENGINE_COMPARISON_H
#define CAIRN_ENGINE_COMPARISON_H

#include "book/account_list.h"
#include "engine/backtest.h"

enum {
    CN_COMPARISON_SIDES = 2,
    CN_COMPARISON_DAYS_MAX = 400, /* from the first to the last */
    CN_COMPARISON_WARM_DAYS = 30,
    CN_COMPARISON_ACCOUNTS_MAX = 100, /* listed */
    CN_COMPARISON_SCANS_MAX = 100,    /* metrics named */
};

enum cn_comparison_side {
    CN_COMPARISON_BEFORE,
    CN_COMPARISON_AFTER
};

struct cn_comparison_colour {
    int64_t count;
    double arr; /* then, of accounts in the reporting currency, in major units */
};

/* One program at one midnight. */
struct cn_comparison_standing {
    struct cn_comparison_colour colours[CN_BAND_COUNT]; /* _NONE: no score */
    int64_t grey;   /* for want of facts; each is in the colour that it is frozen in, too */
    int64_t scored; /* accounts with points */
    double mean;    /* points, of those */
};

struct cn_comparison_day {
    int64_t day;
    struct cn_comparison_standing sides[CN_COMPARISON_SIDES];
    int64_t moved; /* accounts of another colour, or with a score on one side alone */
};

struct cn_comparison_score {
    bool has_points;
    double points;
    enum cn_band band; /* _NONE: no score */
};

struct cn_comparison_account {
    int64_t id;
    cn_str name;
    double arr;      /* on the last day that it had one */
    double distance; /* points between both, the mean over the days shown on which both had them */
    int64_t days;    /* that is of so many */
    int64_t widest_day;                                     /* on which they were farthest apart */
    struct cn_comparison_score widest[CN_COMPARISON_SIDES]; /* then */
    struct cn_comparison_score last[CN_COMPARISON_SIDES];   /* on the last day */
};

struct cn_comparison {
    int64_t accounts;               /* compared */
    int64_t differ;                 /* of those: another score or colour on some day shown */
    struct cn_comparison_day *days; /* oldest first; the last one is the range's */
    size_t day_count;
    /* From which colour to which on the last day; _NONE: no score. */
    struct cn_comparison_colour moves[CN_BAND_COUNT][CN_BAND_COUNT];
    struct cn_comparison_account *furthest; /* apart, the farthest first */
    size_t furthest_count;
    cn_str *needs_scan; /* metrics that are missing, of either program */
    size_t needs_scan_count;
};

struct cn_comparison_question {
    const struct cn_program_files *files[CN_COMPARISON_SIDES];
    enum cn_backtest_basis basis;
    int64_t first_day; /* both included; at most CN_COMPARISON_DAYS_MAX, until today */
    int64_t last_day;
    int64_t step_days;   /* 1: each day is shown, 7: one a week; all are evaluated */
    cn_user_id owner_id; /* 0: any */
    /* At most CN_SEGMENT_NAME_MAX_BYTES.  "": any; one that the running program does not have:
     * nobody. */
    cn_str segment;
    cn_str currency; /* the reporting one */
    /* Called now and then; false: stop.  May be NULL. */
    bool (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Any thread but the engine's.  What is told lives in `arena`.  False with problems if a program
 * does not compile, with CN_UNAVAILABLE if `progress` said so, or as the databases fail. */
CN_MUST_CHECK bool cn_engine_compare(struct cn_engine *engine,
                                     const struct cn_comparison_question *question,
                                     struct cn_arena *arena, struct cn_comparison *comparison_out,
                                     struct cn_diagnostics *problems, struct cn_error *err);

#endif
