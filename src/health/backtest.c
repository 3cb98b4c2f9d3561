#include "health/backtest.h"

#include <math.h>
#include <stdlib.h>

#define Z95 1.959963984540054

enum {
    HALVINGS = 60 /* to the last bit that matters */
};

const char *const cn_backtest_verdict_names[CN_BACKTEST_VERDICT_COUNT] = {
    [CN_BACKTEST_TOO_FEW] = "too_few",
    [CN_BACKTEST_NO_EFFECT] = "no_effect",
    [CN_BACKTEST_TELLS] = "tells",
    [CN_BACKTEST_REVERSED] = "reversed",
};

static int by_score(const void *a, const void *b)
{
    const struct cn_backtest_case *x = a;
    const struct cn_backtest_case *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort_cases(struct cn_backtest_case *cases, size_t count)
{
    if (count > 0) {
        qsort(cases, count, sizeof(cases[0]), by_score);
    }
}

/* One past the last case of the same score; how many of them left. */
static size_t tie_end(const struct cn_backtest_case *cases, size_t count, size_t from,
                      size_t *left_out)
{
    size_t end = from;
    *left_out = 0;
    while (end < count && cases[end].score <= cases[from].score) {
        *left_out += cases[end++].left;
    }
    return end;
}

/* How far, in standard errors, the measured AUC is from this one. */
static double distance(double measured, double truth, double m, double n)
{
    double pairs = (m + n) / 2 - 1;
    double variance = truth * (1 - truth) *
                      (1 + pairs * (1 - truth) / (2 - truth) + pairs * truth / (1 + truth)) /
                      (m * n);
    return variance > 0 ? fabs(measured - truth) / sqrt(variance) : HUGE_VAL;
}

static double limit(double measured, double end, double m, double n)
{
    double inside = measured;
    double outside = end;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (inside + outside) / 2;
        if (distance(measured, middle, m, n) <= Z95) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    return (inside + outside) / 2;
}

static enum cn_backtest_verdict judge(const struct cn_backtest_auc *auc)
{
    if (auc->left < CN_BACKTEST_LEFT_MIN || auc->stayed < CN_BACKTEST_LEFT_MIN) {
        return CN_BACKTEST_TOO_FEW;
    }
    if (auc->auc.low > 0.5) {
        return CN_BACKTEST_TELLS;
    }
    return auc->auc.high < 0.5 ? CN_BACKTEST_REVERSED : CN_BACKTEST_NO_EFFECT;
}

struct cn_backtest_auc cn_backtest_auc(struct cn_backtest_case *cases, size_t count)
{
    struct cn_backtest_auc auc = { .auc = { 0.5, 0, 1 } };
    double below = 0; /* pairs in which the one that left is lower */
    size_t left_before = 0;
    sort_cases(cases, count);
    for (size_t i = 0; i < count;) {
        size_t left = 0;
        size_t end = tie_end(cases, count, i, &left);
        double stayed = (double)(end - i - left);
        below += stayed * ((double)left_before + (double)left / 2);
        left_before += left;
        i = end;
    }
    auc.left = left_before;
    auc.stayed = count - left_before;
    if (auc.left > 0 && auc.stayed > 0) {
        double m = (double)auc.left;
        double n = (double)auc.stayed;
        auc.auc.value = below / (m * n);
        auc.auc.low = limit(auc.auc.value, 0, m, n);
        auc.auc.high = limit(auc.auc.value, 1, m, n);
    }
    auc.verdict = judge(&auc);
    return auc;
}

double cn_backtest_lift(struct cn_backtest_case *cases, size_t count, double share)
{
    double room = share * (double)count;
    double caught = 0;
    size_t all = 0;
    sort_cases(cases, count);
    for (size_t i = 0; i < count;) {
        size_t left = 0;
        size_t end = tie_end(cases, count, i, &left);
        double size = (double)(end - i);
        double taken = room < size ? room : size;
        caught += (double)left * taken / size;
        room -= taken;
        all += left;
        i = end;
    }
    return all > 0 ? caught / (share * (double)all) : 0;
}

struct cn_backtest_estimate cn_backtest_rate(size_t hits, size_t of)
{
    if (of == 0) {
        return (struct cn_backtest_estimate){ 0, 0, 1 };
    }
    double n = (double)of;
    double p = (double)hits / n;
    double scale = 1 + Z95 * Z95 / n;
    double centre = (p + Z95 * Z95 / (2 * n)) / scale;
    double half = Z95 * sqrt(p * (1 - p) / n + Z95 * Z95 / (4 * n * n)) / scale;
    return (struct cn_backtest_estimate){ p, fmax(0, centre - half), fmin(1, centre + half) };
}

double cn_backtest_quantile(double *values, size_t count, double at)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof(values[0]), by_value);
    double place = at * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (place - (double)below) * (values[above] - values[below]);
}
