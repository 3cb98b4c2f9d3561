#include "api/backtest_view.h"

#include <math.h>

#include "base/buf.h"
#include "base/str.h"

#include "api/accounts.h"

enum {
    NAME_MAX = 1000,
    SENTENCE_MAX = 2000,
    LIST_MAX = 20000
};

#define COUNT .max = INT64_MAX

/* ---- figures ---- */

static const struct cn_field estimate_rows[] = {
    CN_FIELD(struct cn_backtest_estimate, value, .doc = "as measured, 0 to 1"),
    CN_FIELD(struct cn_backtest_estimate, low, .doc = "lower end of the interval of 95 %"),
    CN_FIELD(struct cn_backtest_estimate, high, .doc = "its upper end"),
};
static const struct cn_fields estimate_fields =
    CN_FIELDS("BacktestEstimate", struct cn_backtest_estimate, estimate_rows);

static const struct cn_names verdicts = { cn_backtest_verdict_names, CN_BACKTEST_VERDICT_COUNT };

/* How well a number told who would leave. */
struct told_view {
    struct cn_backtest_estimate auc;
    int64_t left;
    int64_t stayed;
    enum cn_backtest_verdict verdict;
};
static const struct cn_field told_rows[] = {
    CN_FIELD_OF_OBJECT(struct told_view, auc, &estimate_fields,
                       .doc = "the chance that of one that left and one that stayed the former had "
                              "the lower value; 0.5 is chance"),
    CN_FIELD(struct told_view, left, COUNT, .doc = "departures with a value"),
    CN_FIELD(struct told_view, stayed, COUNT, .doc = "accounts beside them"),
    CN_FIELD_OF_ENUM(struct told_view, verdict, &verdicts,
                     .doc = "too_few: fewer than 10 on either side; no_effect: the interval "
                            "includes 0.5; reversed: it points the wrong way"),
};
static const struct cn_fields told_fields = CN_FIELDS("BacktestTold", struct told_view, told_rows);

struct lost_view {
    int colour;
    enum cn_given colour_given;
    int64_t count;
    double arr;
};
static const struct cn_field lost_rows[] = {
    CN_FIELD_OF_ENUM(struct lost_view, colour, &cn_band_views,
                     CN_MAY(struct lost_view, colour, BE_NULL), .doc = "then; null: no score"),
    CN_FIELD(struct lost_view, count, COUNT, .doc = "accounts that left"),
    CN_FIELD(struct lost_view, arr, .doc = "their ARR at that instant, in major units"),
};
static const struct cn_fields lost_fields = CN_FIELDS("BacktestLost", struct lost_view, lost_rows);
static const struct cn_field lost_item = { .type = CN_FIELD_OBJECT, .object = &lost_fields };

struct horizon_view {
    int64_t days;
    struct told_view told;
    double lift_decile;
    double lift_quintile;
    double median_left;
    double median_stayed;
    struct {
        struct lost_view *items;
        size_t count;
    } lost;
};
static const struct cn_field horizon_rows[] = {
    CN_FIELD(struct horizon_view, days, COUNT, .doc = "before leaving"),
    CN_FIELD_OF_OBJECT(struct horizon_view, told, &told_fields, .doc = "by the score"),
    CN_FIELD(struct horizon_view, lift_decile,
             .doc = "departures in the worst tenth, over what chance would put there"),
    CN_FIELD(struct horizon_view, lift_quintile, .doc = "in the worst fifth"),
    CN_FIELD(struct horizon_view, median_left, .doc = "score of those that left"),
    CN_FIELD(struct horizon_view, median_stayed, .doc = "score of the others"),
    CN_FIELD_OF_LIST(struct horizon_view, lost, &lost_item, .max = CN_BAND_COUNT,
                     .doc = "who left, by colour"),
};
static const struct cn_fields horizon_fields =
    CN_FIELDS("BacktestHorizon", struct horizon_view, horizon_rows);
static const struct cn_field horizon_item = { .type = CN_FIELD_OBJECT, .object = &horizon_fields };

struct band_view {
    int64_t from;
    int64_t to;
    int64_t cases;
    int64_t left;
    struct cn_backtest_estimate rate;
};
static const struct cn_field band_rows[] = {
    CN_FIELD(struct band_view, from, .min = 0, .max = 100, .doc = "points"),
    CN_FIELD(struct band_view, to, .min = 0, .max = 100, .doc = "points, not included but 100"),
    CN_FIELD(struct band_view, cases, COUNT, .doc = "accounts, one instant a month"),
    CN_FIELD(struct band_view, left, COUNT, .doc = "that left within 90 days"),
    CN_FIELD_OF_OBJECT(struct band_view, rate, &estimate_fields, .doc = "how many that is"),
};
static const struct cn_fields band_fields = CN_FIELDS("BacktestBand", struct band_view, band_rows);
static const struct cn_field band_item = { .type = CN_FIELD_OBJECT, .object = &band_fields };

/* ---- signals and facts ---- */

static const struct cn_field days_item = { .type = CN_FIELD_F64 };

struct signal_view {
    cn_str name;
    cn_str refused;
    struct told_view told;
    int64_t raised;
    int64_t right;
    int64_t false_alarms;
    int64_t open;
    int64_t caught;
    int64_t missed;
    struct cn_backtest_estimate precision;
    struct cn_backtest_estimate recall;
    struct {
        double *items;
        size_t count;
    } lead_days;
};
#define SIGNAL(member, ...) CN_FIELD(struct signal_view, member, __VA_ARGS__)
static const struct cn_field signal_rows[] = {
    SIGNAL(name, .max = NAME_MAX, .doc = "of the signal"),
    SIGNAL(refused, .max = NAME_MAX, .doc = "the fact by which it cheats, or nothing"),
    CN_FIELD_OF_OBJECT(struct signal_view, told, &told_fields, .doc = "by having warned"),
    SIGNAL(raised, COUNT, .doc = "times, before leaving"),
    SIGNAL(right, COUNT, .doc = "times that the account left within 180 days"),
    SIGNAL(false_alarms, COUNT, .doc = "times that it did not"),
    SIGNAL(open, COUNT, .doc = "times of which the 180 days are not over"),
    SIGNAL(caught, COUNT, .doc = "departures with a warning"),
    SIGNAL(missed, COUNT, .doc = "departures without"),
    CN_FIELD_OF_OBJECT(struct signal_view, precision, &estimate_fields,
                       .doc = "right, of right and false alarms"),
    CN_FIELD_OF_OBJECT(struct signal_view, recall, &estimate_fields,
                       .doc = "caught, of all departures"),
    CN_FIELD_OF_LIST(struct signal_view, lead_days, &days_item, .max = 3,
                     .doc = "from the first warning to leaving: quartiles; none without one"),
};
static const struct cn_fields signal_fields =
    CN_FIELDS("BacktestSignal", struct signal_view, signal_rows);
static const struct cn_field signal_item = { .type = CN_FIELD_OBJECT, .object = &signal_fields };

struct measure_view {
    cn_str scorecard;
    cn_str path;
    cn_str name;
    int64_t depth;
    bool is_group;
    struct told_view told;
    cn_str refused;
};
static const struct cn_field measure_rows[] = {
    CN_FIELD(struct measure_view, scorecard, .max = NAME_MAX,
             .doc = "accounts are compared with those of the same scorecard"),
    CN_FIELD(struct measure_view, path, .max = NAME_MAX, .doc = "usage/breadth"),
    CN_FIELD(struct measure_view, name, .max = NAME_MAX, .doc = "its last member"),
    CN_FIELD(struct measure_view, depth, COUNT, .doc = "in the tree, from 1"),
    CN_FIELD(struct measure_view, is_group, .doc = "it has parts of its own, which follow"),
    CN_FIELD_OF_OBJECT(struct measure_view, told, &told_fields,
                       .doc = "by what it gives, 90 days before"),
    CN_FIELD(struct measure_view, refused, .max = NAME_MAX,
             .doc = "the fact by which it cheats, or nothing"),
};
static const struct cn_fields measure_fields =
    CN_FIELDS("BacktestMeasure", struct measure_view, measure_rows);
static const struct cn_field measure_item = { .type = CN_FIELD_OBJECT, .object = &measure_fields };

struct leak_view {
    cn_str name;
    int64_t left_later;
    int64_t left_of;
    int64_t stayed_later;
    int64_t stayed_of;
    bool scores;
};
static const struct cn_field leak_rows[] = {
    CN_FIELD(struct leak_view, name, .max = NAME_MAX, .doc = "as rules name it"),
    CN_FIELD(struct leak_view, left_later, COUNT, .doc = "of those that left: learned later"),
    CN_FIELD(struct leak_view, left_of, COUNT, .doc = "of so many looked at"),
    CN_FIELD(struct leak_view, stayed_later, COUNT, .doc = "of the others: learned later"),
    CN_FIELD(struct leak_view, stayed_of, COUNT, .doc = "of so many looked at"),
    CN_FIELD(struct leak_view, scores, .doc = "scorecards read it"),
};
static const struct cn_fields leak_fields = CN_FIELDS("BacktestLeak", struct leak_view, leak_rows);
static const struct cn_field leak_item = { .type = CN_FIELD_OBJECT, .object = &leak_fields };

/* ---- accounts ---- */

struct instant_view {
    int64_t days;
    double points;
    enum cn_given points_given;
    int colour;
    enum cn_given colour_given;
    double arr;
};
static const struct cn_field instant_rows[] = {
    CN_FIELD(struct instant_view, days, COUNT, .doc = "before leaving"),
    CN_FIELD(struct instant_view, points, CN_MAY(struct instant_view, points, BE_NULL), .min = 0,
             .max = 100, .doc = "as it was shown; null: no score"),
    CN_FIELD_OF_ENUM(struct instant_view, colour, &cn_band_views,
                     CN_MAY(struct instant_view, colour, BE_NULL), .doc = "then; null: no score"),
    CN_FIELD(struct instant_view, arr, .doc = "at that instant, in major units"),
};
static const struct cn_fields instant_fields =
    CN_FIELDS("BacktestInstant", struct instant_view, instant_rows);
static const struct cn_field instant_item = { .type = CN_FIELD_OBJECT, .object = &instant_fields };

struct account_view {
    cn_account_id id;
    cn_str name;
    int64_t left_on;
    struct {
        struct instant_view *items;
        size_t count;
    } at;
    int64_t warned;
    enum cn_given warned_given;
};
static const struct cn_field account_rows[] = {
    CN_FIELD_OF_ID(struct account_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct account_view, name, .max = NAME_MAX, .doc = "its display name"),
    CN_FIELD_OF_DATE(struct account_view, left_on, .doc = "the day it left"),
    CN_FIELD_OF_LIST(struct account_view, at, &instant_item, .max = CN_BACKTEST_HORIZONS,
                     .doc = "180, 90 and 30 days before"),
    CN_FIELD(struct account_view, warned, CN_MAY(struct account_view, warned, BE_NULL), COUNT,
             .doc = "days before leaving that a signal first warned; null: none did"),
};
static const struct cn_fields account_fields =
    CN_FIELDS("BacktestAccount", struct account_view, account_rows);
static const struct cn_field account_item = { .type = CN_FIELD_OBJECT, .object = &account_fields };

/* ---- a report ---- */

struct left_out_view {
    int64_t too_old;
    int64_t too_many;
    int64_t no_history;
};
static const struct cn_field left_out_rows[] = {
    CN_FIELD(struct left_out_view, too_old, COUNT, .doc = "left more than about 2.5 years ago"),
    CN_FIELD(struct left_out_view, too_many, COUNT, .doc = "beyond the newest 2,000"),
    CN_FIELD(struct left_out_view, no_history, COUNT,
             .doc = "the account was not known 30 days before it left"),
};
static const struct cn_fields left_out_fields =
    CN_FIELDS("BacktestLeftOut", struct left_out_view, left_out_rows);

static const struct cn_names bases = { cn_backtest_basis_names, CN_BACKTEST_BASES };

struct cn_backtest_report_view {
    int64_t version;
    enum cn_given version_given;
    cn_str verdict;
    cn_str refused;
    enum cn_backtest_basis basis;
    int64_t left;
    struct left_out_view left_out;
    int64_t others;
    int64_t first_day;
    int64_t last_day;
    struct {
        struct horizon_view *items;
        size_t count;
    } horizons;
    struct {
        struct band_view *items;
        size_t count;
    } calibration;
    struct {
        struct signal_view *items;
        size_t count;
    } signals;
    struct {
        struct measure_view *items;
        size_t count;
    } measures;
    struct {
        struct leak_view *items;
        size_t count;
    } learned_later;
    struct {
        struct account_view *items;
        size_t count;
    } accounts;
};
#define REPORT(member, ...) CN_FIELD(struct cn_backtest_report_view, member, __VA_ARGS__)
#define LIST(member, item, ...) \
    CN_FIELD_OF_LIST(struct cn_backtest_report_view, member, &(item), .max = LIST_MAX, __VA_ARGS__)
static const struct cn_field report_rows[] = {
    REPORT(version, CN_MAY(struct cn_backtest_report_view, version, BE_NULL), .min = 1,
           .max = INT64_MAX, .doc = "of the program; null: files that were never a version"),
    REPORT(verdict, .max = SENTENCE_MAX, .doc = "in a sentence"),
    REPORT(refused, .max = NAME_MAX, .doc = "the fact by which the score cheats, or nothing"),
    CN_FIELD_OF_ENUM(struct cn_backtest_report_view, basis, &bases,
                     .doc = "known: what had been told by then; true: whenever it was told"),
    REPORT(left, COUNT, .doc = "departures that were looked at"),
    CN_FIELD_OF_OBJECT(struct cn_backtest_report_view, left_out, &left_out_fields,
                       .doc = "departures that were not, and why"),
    REPORT(others, COUNT, .doc = "accounts beside them; of many, a sample of about 5,000"),
    CN_FIELD_OF_DATE(struct cn_backtest_report_view, first_day, .doc = "evaluated from this day"),
    CN_FIELD_OF_DATE(struct cn_backtest_report_view, last_day, .doc = "up to this day"),
    LIST(horizons, horizon_item, .doc = "180, 90 and 30 days before"),
    LIST(calibration, band_item, .doc = "how many left within 90 days, by score"),
    LIST(signals, signal_item, .doc = "each signal of the program"),
    LIST(measures, measure_item, .doc = "each part of the score: which of them told"),
    LIST(learned_later, leak_item,
         .doc = "facts learned afterwards more often of those that left: what tells by them is "
                "refused"),
    LIST(accounts, account_item, .doc = "that left, the newest first"),
};
static const struct cn_fields report_fields =
    CN_FIELDS("BacktestReport", struct cn_backtest_report_view, report_rows);
const struct cn_field cn_backtest_report_item = { .type = CN_FIELD_OBJECT,
                                                  .object = &report_fields };

/* ---- making views ---- */

static double cents(double arr)
{
    return round(arr * 100) / 100;
}

static enum cn_given colour_of(enum cn_band band, int *colour_out)
{
    *colour_out = band != CN_BAND_NONE ? (int)band - 1 : 0;
    return band != CN_BAND_NONE ? CN_GIVEN : CN_NULL;
}

static struct told_view told_of(const struct cn_backtest_auc *auc)
{
    return (struct told_view){ auc->auc, (int64_t)auc->left, (int64_t)auc->stayed, auc->verdict };
}

static void view_horizons(const struct cn_backtest_report *report, struct cn_arena *arena,
                          struct cn_backtest_report_view *view)
{
    view->horizons.count = CN_BACKTEST_HORIZONS;
    view->horizons.items = cn_arena_array(arena, struct horizon_view, CN_BACKTEST_HORIZONS);
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        const struct cn_backtest_horizon *at = &report->horizons[h];
        struct lost_view *lost = cn_arena_array(arena, struct lost_view, CN_BAND_COUNT);
        for (size_t i = 0; i < CN_BAND_COUNT; i++) {
            lost[i] = (struct lost_view){ .count = (int64_t)at->lost[i].count,
                                          .arr = cents(at->lost[i].arr) };
            lost[i].colour_given = colour_of((enum cn_band)i, &lost[i].colour);
        }
        view->horizons.items[h] = (struct horizon_view){ .days = at->days,
                                                         .told = told_of(&at->auc),
                                                         .lift_decile = at->lift_decile,
                                                         .lift_quintile = at->lift_quintile,
                                                         .median_left = at->median_left,
                                                         .median_stayed = at->median_stayed,
                                                         .lost = { lost, CN_BAND_COUNT } };
    }
}

static void view_bands(const struct cn_backtest_report *report, struct cn_arena *arena,
                       struct cn_backtest_report_view *view)
{
    view->calibration.count = CN_BACKTEST_BANDS;
    view->calibration.items = cn_arena_array(arena, struct band_view, CN_BACKTEST_BANDS);
    for (size_t i = 0; i < CN_BACKTEST_BANDS; i++) {
        const struct cn_backtest_band *band = &report->bands[i];
        view->calibration.items[i] = (struct band_view){ .from = band->from,
                                                         .to = band->from + 100 / CN_BACKTEST_BANDS,
                                                         .cases = (int64_t)band->cases,
                                                         .left = (int64_t)band->left,
                                                         .rate = band->rate };
    }
}

static void view_signals(const struct cn_backtest_report *report, struct cn_arena *arena,
                         struct cn_backtest_report_view *view)
{
    view->signals.count = report->signal_count;
    view->signals.items = cn_arena_array(arena, struct signal_view, report->signal_count + 1);
    for (size_t i = 0; i < report->signal_count; i++) {
        struct cn_backtest_signal *signal = &report->signals[i];
        size_t leads = signal->caught > 0 ? CN_ARRAY_LEN(signal->lead) : 0;
        view->signals.items[i] = (struct signal_view){
            .name = signal->name,
            .refused = signal->refused,
            .told = told_of(&signal->auc),
            .raised = (int64_t)signal->raised,
            .right = (int64_t)signal->right,
            .false_alarms = (int64_t)signal->wrong,
            .open = (int64_t)signal->open,
            .caught = (int64_t)signal->caught,
            .missed = (int64_t)signal->missed,
            .precision = signal->precision,
            .recall = signal->recall,
            .lead_days = { signal->lead, leads },
        };
    }
}

static void view_measures(const struct cn_backtest_report *report, struct cn_arena *arena,
                          struct cn_backtest_report_view *view)
{
    view->measures.count = report->measure_count;
    view->measures.items = cn_arena_array(arena, struct measure_view, report->measure_count + 1);
    for (size_t i = 0; i < report->measure_count; i++) {
        const struct cn_backtest_measure *measure = &report->measures[i];
        view->measures.items[i] = (struct measure_view){ .scorecard = measure->scorecard,
                                                         .path = measure->path,
                                                         .name = measure->name,
                                                         .depth = (int64_t)measure->depth,
                                                         .is_group = measure->is_group,
                                                         .told = told_of(&measure->auc),
                                                         .refused = measure->refused };
    }
}

static void view_leaks(const struct cn_backtest_report *report, struct cn_arena *arena,
                       struct cn_backtest_report_view *view)
{
    view->learned_later.items = cn_arena_array(arena, struct leak_view, report->fact_count + 1);
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct cn_backtest_fact *fact = &report->facts[i];
        if (fact->leaks) {
            view->learned_later.items[view->learned_later.count++] =
                (struct leak_view){ .name = fact->name,
                                    .left_later = (int64_t)fact->left_later,
                                    .left_of = (int64_t)fact->left_of,
                                    .stayed_later = (int64_t)fact->stayed_later,
                                    .stayed_of = (int64_t)fact->stayed_of,
                                    .scores = fact->scores };
        }
    }
}

static void view_accounts(const struct cn_backtest_report *report, struct cn_arena *arena,
                          struct cn_backtest_report_view *view)
{
    view->accounts.count = report->account_count;
    view->accounts.items = cn_arena_array(arena, struct account_view, report->account_count + 1);
    for (size_t i = 0; i < report->account_count; i++) {
        const struct cn_backtest_account *account = &report->accounts[i];
        struct instant_view *at = cn_arena_array(arena, struct instant_view, CN_BACKTEST_HORIZONS);
        for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
            at[h] = (struct instant_view){ .days = cn_backtest_days[h],
                                           .points = account->at[h].points,
                                           .points_given =
                                               account->at[h].has_points ? CN_GIVEN : CN_NULL,
                                           .arr = cents(account->at[h].arr) };
            at[h].colour_given = colour_of(account->at[h].band, &at[h].colour);
        }
        view->accounts.items[i] =
            (struct account_view){ .id = { account->id },
                                   .name = account->name,
                                   .left_on = account->left_on,
                                   .at = { at, CN_BACKTEST_HORIZONS },
                                   .warned = account->warned,
                                   .warned_given = account->warned >= 0 ? CN_GIVEN : CN_NULL };
    }
}

static void view_report(const struct cn_backtest_report *report, int64_t version,
                        struct cn_arena *arena, struct cn_backtest_report_view *view)
{
    *view = (struct cn_backtest_report_view){
        .version = version,
        .version_given = version > 0 ? CN_GIVEN : CN_NULL,
        .verdict = report->verdict,
        .refused = report->refused,
        .basis = report->basis,
        .left = (int64_t)report->left,
        .left_out = { (int64_t)report->left_out.too_old, (int64_t)report->left_out.too_many,
                      (int64_t)report->left_out.no_history },
        .others = (int64_t)report->others,
        .first_day = report->first_day,
        .last_day = report->last_day,
    };
    view_horizons(report, arena, view);
    view_bands(report, arena, view);
    view_signals(report, arena, view);
    view_measures(report, arena, view);
    view_leaks(report, arena, view);
    view_accounts(report, arena, view);
}

bool cn_backtest_reports_write(const struct cn_backtest_report *reports, const int64_t *versions,
                               size_t count, struct cn_arena *arena, cn_str *json_out,
                               struct cn_error *err)
{
    struct cn_buf buf;
    struct cn_json_writer out;
    struct cn_backtest_report_view view;
    cn_str text;
    cn_buf_init(&buf, CN_BACKTEST_REPORTS_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_json_array_begin(&out);
    for (size_t i = 0; i < count; i++) {
        view_report(&reports[i], versions[i], arena, &view);
        cn_json_write_struct(&out, &report_fields, &view);
    }
    cn_json_array_end(&out);
    bool ok = cn_json_finish(&out, &text, err);
    if (ok) {
        *json_out = cn_arena_str(arena, text);
    }
    cn_buf_deinit(&buf);
    return ok;
}

static bool read_all(cn_json_value root, struct cn_arena *arena,
                     struct cn_backtest_report_list *list, struct cn_error *err)
{
    struct cn_diagnostics problems;
    cn_json_value value;
    cn_str name;
    cn_diagnostics_init(&problems, arena);
    if (cn_json_kind(root) != CN_JSON_ARRAY) {
        return cn_fail(err, CN_INTERNAL, "reports of a back-test are no list");
    }
    list->items = cn_arena_array(arena, struct cn_backtest_report_view, cn_json_count(root) + 1);
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        struct cn_backtest_report_view *view = &list->items[list->count];
        *view = (struct cn_backtest_report_view){ 0 };
        if (!cn_json_read_struct(arena, &report_fields, value, view, &problems)) {
            return cn_fail(err, CN_INTERNAL, "a report of a back-test is in another form: %.*s",
                           CN_STR_ARG(problems.items[0].message));
        }
        list->count++;
    }
    return true;
}

bool cn_backtest_reports_read(cn_str json, struct cn_arena *arena,
                              struct cn_backtest_report_list *list_out, struct cn_error *err)
{
    struct cn_backtest_report_list list = { 0 };
    cn_json_value root;
    if (json.len == 0) {
        *list_out = list;
        return true;
    }
    struct cn_json_parser *parser = cn_json_parser_new(json.len);
    bool ok = cn_json_parse(parser, json, &root, err) && read_all(root, arena, &list, err);
    cn_json_parser_free(parser);
    if (ok) {
        *list_out = list;
    }
    return ok;
}
