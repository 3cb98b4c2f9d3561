/*
 * How well a number, or a rule, told who would leave: pure functions over cases, no I/O.
 *
 * AUC       the chance that of an account that left and one that stayed the former had the lower
 *           score, a tie counting half: Mann and Whitney's U over m * n (Ann. Math. Stat. 18,
 * 1947). Interval  of the AUC: Newcombe's method 5 (Stat. Med. 25, 2006), which inverts the
 * variance of Hanley and McNeil (Radiology 143, 1982); unlike a plain standard error it is no point
 *           when the AUC is 1.
 * Lift      the rate of leaving in the worst share by score, over the rate of all.  Where the
 *           border falls into a tie, its accounts count in part, so the order of input is nothing.
 * Rates     have Wilson's interval (JASA 22, 1927).
 * Quartiles are those of Hyndman and Fan's type 7 (Am. Stat. 50, 1996).
 *
 * All intervals are of 95 % and take cases as independent of one another.
 *
 * Not here: which cases there are, and what was known of them (engine/backtest.h).
 */
#ifndef CAIRN_HEALTH_BACKTEST_H
#define CAIRN_HEALTH_BACKTEST_H

#include "base/base.h"

enum {
    CN_BACKTEST_LEFT_MIN = 10, /* of them and of others: with fewer nothing is claimed */
};

/* A score at one instant, and what became of the account.  Low is bad. */
struct cn_backtest_case {
    double score;
    bool left;
};

struct cn_backtest_estimate {
    double value;
    double low;
    double high;
};

enum cn_backtest_verdict {
    CN_BACKTEST_TOO_FEW,   /* to tell */
    CN_BACKTEST_NO_EFFECT, /* shown: the interval includes a half */
    CN_BACKTEST_TELLS,     /* low scores come before leaving */
    CN_BACKTEST_REVERSED,  /* high ones do */
    CN_BACKTEST_VERDICT_COUNT
};

extern const char *const cn_backtest_verdict_names[CN_BACKTEST_VERDICT_COUNT];

struct cn_backtest_auc {
    size_t left;
    size_t stayed;
    struct cn_backtest_estimate auc; /* a half, 0 to 1, if there is nobody to compare */
    enum cn_backtest_verdict verdict;
};

/* Sorts the cases by score. */
struct cn_backtest_auc cn_backtest_auc(struct cn_backtest_case *cases, size_t count);

/* Sorts, too.  `share` is above 0, at most 1; 0 if nobody left. */
double cn_backtest_lift(struct cn_backtest_case *cases, size_t count, double share);

/* Of `hits` among `of`; 0, from 0 to 1, of none. */
struct cn_backtest_estimate cn_backtest_rate(size_t hits, size_t of);

/* Sorts; `at` from 0 to 1.  0 of none. */
double cn_backtest_quantile(double *values, size_t count, double at);

#endif
