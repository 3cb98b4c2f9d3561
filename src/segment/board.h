/*
 * Segments and coverage as they are shown: counts and ARR over the accounts that somebody may see.
 * Colours, and cadences that go by them, are of the score that stands first (health.effective).
 * Only the shapes; the engine fills them from its live state (engine/boards.h).
 */
#ifndef CAIRN_SEGMENT_BOARD_H
#define CAIRN_SEGMENT_BOARD_H

#include "book/account.h"
#include "book/fate.h"
#include "segment/segment.h"

/* Where one account stands. */
struct cn_standing {
    cn_str coverage; /* "" without */
    cn_str stage;
    cn_str *segments; /* names, by name */
    size_t segment_count;
    cn_str *flags; /* "renewal-window", "stalled", "unsegmented" */
    size_t flag_count;
    cn_str *gaps; /* "high/sponsor" */
    size_t gap_count;
    double days_in_stage; /* of a stage */
    double cadence_days;  /* 0: none */
    unsigned answered;    /* of the seven questions */
};

struct cn_board_sum {
    int64_t accounts;
    int64_t arr_minor; /* of those that have ARR, in the reporting currency */
};

struct cn_board_set {
    enum cn_segment_kind kind;
    cn_str name;
    cn_str doc;
    cn_str rule;  /* the condition, or "" */
    cn_str model; /* of a segment, or "" */
    bool is_primary;
    enum cn_segment_question question;
    bool reads_state; /* it rests on a colour or a signal: exists only as known */
    struct cn_board_sum sum;
    cn_str stage;                             /* of a goal, else "" */
    struct cn_board_sum in_stage;             /* of a goal: those of the stage who reached it */
    struct cn_board_sum bands[CN_BAND_COUNT]; /* the same by colour; CN_BAND_NONE: no score */
};

struct cn_segment_board {
    struct cn_board_set *items; /* by kind, then as in the program */
    size_t count;
    struct cn_board_sum all;
    int64_t overridden;              /* accounts with an override in force */
    struct cn_board_sum unsegmented; /* in no segment of the primary model, if there is one */
    bool has_primary;
    int64_t answered[8]; /* accounts that answer 0, 1, ... 7 of the seven questions */
    /* Accounts in a segment of some model that answers the question. */
    struct cn_board_sum questions[CN_QUESTIONS];
    char currency[4]; /* "" if no account has ARR */
};

/* Some accounts, and what became of them. */
struct cn_board_fate {
    struct cn_board_sum sum;
    struct cn_board_sum bands[CN_BAND_COUNT]; /* the same by colour; CN_BAND_NONE: no score */
    struct cn_board_sum at_risk;              /* as book/portfolio.h says */
    struct cn_board_sum fates[CN_FATE_COUNT];
};

/* Accounts that are in exactly these of the sets that were asked for (a bit each), at least one. */
struct cn_overlap_part {
    uint32_t in;
    struct cn_board_fate fate;
};

enum {
    CN_OVERLAP_MAX = 16
};

struct cn_overlap_ask {
    cn_str names[CN_OVERLAP_MAX]; /* of segments */
    size_t count;
    int64_t risk_until; /* a yellow account is at risk if it renews until this day */
    struct cn_fate_accounts fates[CN_FATE_COUNT];
};

struct cn_overlap {
    struct cn_overlap_part *parts; /* the largest first */
    size_t part_count;
    struct cn_board_fate pairs[CN_OVERLAP_MAX][CN_OVERLAP_MAX]; /* in both, whatever else */
    struct cn_board_fate together;                              /* in all of them */
    char currency[4];
};

/* How often accounts are to be touched, and whether they were. */
struct cn_board_touches {
    double per_week; /* expected */
    int64_t overdue; /* accounts whose last touch is longer ago than their cadence */
    int64_t unasked; /* touches of 30 days that nothing asked for */
};

/* What one owner, or all of a pool, have of one coverage model. */
struct cn_coverage_row {
    int64_t owner; /* user; 0: nobody.  Of a pool: 0 */
    uint32_t item; /* of `models` */
    struct cn_board_sum sum;
    struct cn_board_touches touches;
};

/* What accounts of a model have to have, and how many do not. */
struct cn_coverage_gap {
    cn_str name; /* "high/sponsor" */
    cn_str doc;
    cn_str rule; /* it is there */
    struct cn_board_sum sum;
};

struct cn_coverage_model_row {
    cn_str name;
    cn_str doc;
    const struct cn_coverage *coverage; /* lives in the arena of the answer */
    struct cn_board_sum sum;
    int64_t owners; /* who have accounts of it */
    struct cn_coverage_gap *gaps;
    size_t gap_count;
    struct cn_board_touches touches;
};

/* Its accounts for each of who have some; 0 where nobody has any. */
static inline double cn_coverage_ratio(const struct cn_coverage_model_row *row)
{
    return row->owners > 0 ? (double)row->sum.accounts / (double)row->owners : 0;
}

struct cn_coverage_board {
    struct cn_coverage_model_row *models;
    size_t model_count;
    struct cn_coverage_row *rows; /* by owner, then model */
    size_t row_count;
    struct cn_board_sum without; /* in no coverage model: no ARR */
    int64_t overridden;          /* accounts with an override in force */
    char currency[4];
};

#endif
