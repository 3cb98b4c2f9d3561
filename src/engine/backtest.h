/*
 * "Would it have told us?": a program over the past of accounts that left and of others that
 * stayed.
 *
 * Each day from half a year before the first departure is evaluated through the same pass as live
 * scoring, twice over: from what was known then, and from what was true then as we know it today.
 * An account that left is looked at 180, 90 and 30 days before, beside up to CN_BACKTEST_CONTROLS
 * others that were there at the same instant and did not leave, chosen by a hash: so time itself
 * tells nothing.
 *
 * The guard: a fact of which the value learned afterwards differs more often for those who left
 * than for the others was written because they left.  A score or signal that tells by such facts is
 * refused by name.
 *
 * What events counted is by their own time whichever way; one that was sent late is not left out.
 * A record that was overwritten since stands with its present value and the moment it was learned.
 *
 * Nothing is written.  The formulas are in health/backtest.h.
 */
#ifndef CAIRN_ENGINE_BACKTEST_H
#define CAIRN_ENGINE_BACKTEST_H

#include "base/diagnostics.h"

#include "book/departure.h"
#include "engine/engine.h"
#include "health/backtest.h"

enum {
    CN_BACKTEST_HORIZONS = 3,
    CN_BACKTEST_CONTROLS = 20, /* about, for a departure and horizon */
    CN_BACKTEST_BANDS = 5,     /* of the calibration, 20 points each */
    CN_BACKTEST_WINDOW = 180,  /* days before leaving in which a signal counts as a warning */
    CN_BACKTEST_SOON = 90,     /* days within which the calibration asks for leaving */
    CN_BACKTEST_LEFT_MAX = 2000,
    CN_BACKTEST_OTHERS_MAX = 5000, /* accounts beside those; a sample by hash */
    CN_BACKTEST_DAYS_MAX = 1100,
};

extern const int64_t cn_backtest_days[CN_BACKTEST_HORIZONS]; /* 180, 90, 30 */

enum cn_backtest_basis {
    CN_BACKTEST_KNOWN, /* what had been told by then */
    CN_BACKTEST_TRUE,  /* what was so then, whenever it was told: for a past that was imported */
    CN_BACKTEST_BASES
};

struct cn_backtest_lost {
    size_t count;
    double arr; /* at that instant, in major units */
};

struct cn_backtest_horizon {
    int64_t days;
    struct cn_backtest_auc auc;
    double lift_decile;
    double lift_quintile;
    double median_left; /* points */
    double median_stayed;
    struct cn_backtest_lost
        lost[CN_BAND_COUNT]; /* by the colour at that instant; _NONE: no score */
};

struct cn_backtest_band {
    int64_t from; /* points, up to from + 20 */
    size_t cases;
    size_t left; /* within CN_BACKTEST_SOON days */
    struct cn_backtest_estimate rate;
};

struct cn_backtest_signal {
    cn_str name;
    size_t raised;
    size_t right; /* the account left within the window */
    size_t wrong;
    size_t open;   /* the window is not over */
    size_t caught; /* departures with a warning */
    size_t missed;
    struct cn_backtest_estimate precision;
    struct cn_backtest_estimate recall;
    double lead[3];             /* days from the first warning to leaving: quartiles */
    struct cn_backtest_auc auc; /* having warned, against the others in the same window */
    cn_str refused;             /* the fact, or "" */
};

/* A name that rules read. */
struct cn_backtest_fact {
    cn_str name;
    size_t left_later; /* its value was learned later, of left_of looked at */
    size_t left_of;
    size_t stayed_later;
    size_t stayed_of;
    bool leaks;
    bool scores; /* scorecards read it */
    bool is_number;
    struct cn_backtest_auc auc; /* of the value alone, low is bad, 90 days before */
};

/* A part of the score. */
struct cn_backtest_measure {
    cn_str scorecard; /* accounts are compared within it */
    cn_str path;      /* "usage/breadth" */
    cn_str name;
    uint32_t depth; /* from 1 */
    bool is_group;
    struct cn_backtest_auc auc; /* of what it gives, 90 days before */
    cn_str refused;             /* the fact, or "" */
};

struct cn_backtest_account {
    int64_t id;
    cn_str name;
    int64_t left_on;
    struct {
        bool has_points;
        double points; /* as shown */
        enum cn_band band;
        double arr;
    } at[CN_BACKTEST_HORIZONS];
    int64_t warned; /* days before leaving that a signal first was raised; -1: none */
};

struct cn_backtest_report {
    enum cn_backtest_basis basis;
    size_t left; /* departures that could be looked at */
    struct {
        size_t too_old;    /* left longer ago than CN_BACKTEST_DAYS_MAX reaches */
        size_t too_many;   /* beyond the newest CN_BACKTEST_LEFT_MAX */
        size_t no_history; /* the account was not there 30 days before */
    } left_out;
    size_t others; /* accounts beside them */
    int64_t first_day;
    int64_t last_day;
    cn_str refused; /* the fact that the score tells by, or "" */
    struct cn_backtest_horizon horizons[CN_BACKTEST_HORIZONS];
    struct cn_backtest_band bands[CN_BACKTEST_BANDS];
    struct cn_backtest_signal *signals;
    size_t signal_count;
    struct cn_backtest_measure *measures; /* as in the scorecards' trees */
    size_t measure_count;
    struct cn_backtest_fact *facts;
    size_t fact_count;
    struct cn_backtest_account *accounts; /* that left, the newest first */
    size_t account_count;
    cn_str verdict; /* in a sentence */
};

struct cn_backtest_question {
    const struct cn_program_files *files;
    const struct cn_departure_list *departures; /* newest first: all that are known */
    const bool *asked;                          /* by departure: it is looked at; NULL: all are */
    enum cn_backtest_basis basis;
    /* Called now and then; false: stop.  May be NULL. */
    bool (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Any thread but the engine's; it goes on meanwhile.  The report lives in `arena`.  False with
 * problems if the program does not compile, with CN_UNAVAILABLE if `progress` said so, or as the
 * databases fail. */
CN_MUST_CHECK bool cn_engine_backtest(struct cn_engine *engine,
                                      const struct cn_backtest_question *question,
                                      struct cn_arena *arena, struct cn_backtest_report *report_out,
                                      struct cn_diagnostics *problems, struct cn_error *err);

#endif
