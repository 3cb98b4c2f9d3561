/* What a walk through the past comes to; the walk itself is in backtest.c. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

#include "engine/backtest_cases.h"

enum {
    SENTENCE_MAX_BYTES = 600
};

void cn_backtest_add_case(struct backtest_cases *cases, double score, bool left)
{
    if (cases->count == cases->capacity) {
        cases->capacity = cases->capacity > 0 ? cases->capacity * 2 : 64;
        cases->items = cn_heap_resize(cases->items, cases->capacity * sizeof(cases->items[0]));
    }
    cases->items[cases->count++] = (struct cn_backtest_case){ score, left };
}

void cn_backtest_add_raise(struct backtest_raises *raises, const struct backtest_raise *raise)
{
    if (raises->count == raises->capacity) {
        raises->capacity = raises->capacity > 0 ? raises->capacity * 2 : 64;
        raises->items = cn_heap_resize(raises->items, raises->capacity * sizeof(raises->items[0]));
    }
    raises->items[raises->count++] = *raise;
}

void cn_backtest_add_pair(struct backtest_pairs *pairs, size_t departure, int64_t account_id)
{
    if (pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity > 0 ? pairs->capacity * 2 : 64;
        pairs->items = cn_heap_resize(pairs->items, pairs->capacity * sizeof(pairs->items[0]));
    }
    pairs->items[pairs->count++] = (struct backtest_pair){ departure, account_id };
}

/* ---- the guard ---- */

void cn_backtest_name_facts(struct backtest_collected *collected,
                            const struct cn_engine_program *program, struct cn_arena *arena)
{
    const struct cn_column_set *columns = &program->columns;
    collected->facts = cn_heap_resize(NULL, (columns->count + 1) * sizeof(collected->facts[0]));
    collected->values = cn_heap_resize(NULL, (columns->count + 1) * sizeof(collected->values[0]));
    for (size_t i = 0; i < columns->count; i++) {
        enum cn_column_type type = columns->items[i].spec.type;
        collected->values[i] = (struct backtest_cases){ 0 };
        collected->facts[i] = (struct cn_backtest_fact){
            .name = cn_arena_str(arena, columns->items[i].name),
            .is_number = type == CN_COLUMN_F64 || type == CN_COLUMN_I64 || type == CN_COLUMN_BOOL,
        };
    }
}

static void judge_facts(struct backtest_collected *collected,
                        const struct cn_engine_program *program)
{
    for (size_t i = 0; i < program->columns.count; i++) {
        struct cn_backtest_fact *fact = &collected->facts[i];
        struct cn_backtest_estimate left = cn_backtest_rate(fact->left_later, fact->left_of);
        struct cn_backtest_estimate stayed = cn_backtest_rate(fact->stayed_later, fact->stayed_of);
        fact->leaks = left.low > stayed.high;
        fact->auc = cn_backtest_auc(collected->values[i].items, collected->values[i].count);
    }
    for (size_t rule = 0; rule < program->health->rule_count; rule++) {
        size_t count = 0;
        const uint32_t *columns = cn_health_rule_columns(program->health, (uint32_t)rule, &count);
        for (size_t i = 0; i < count; i++) {
            collected->facts[columns[i]].scores = true;
        }
    }
}

bool cn_backtest_cheats(enum cn_backtest_basis basis, enum cn_backtest_verdict known,
                        enum cn_backtest_verdict as_true)
{
    bool tells = as_true == CN_BACKTEST_TELLS || as_true == CN_BACKTEST_REVERSED;
    return tells && (basis == CN_BACKTEST_TRUE || known != as_true);
}

static void judge_score(struct backtest_collected *collected, size_t columns,
                        struct cn_backtest_report *report)
{
    bool cheating = false;
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        struct cn_backtest_auc auc[CN_BACKTEST_BASES];
        for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
            struct backtest_cases *cases = &collected->scores[basis][h];
            auc[basis] = cn_backtest_auc(cases->items, cases->count);
        }
        report->horizons[h].auc = auc[report->basis];
        cheating |= cn_backtest_cheats(report->basis, auc[CN_BACKTEST_KNOWN].verdict,
                                       auc[CN_BACKTEST_TRUE].verdict);
    }
    report->refused = CN_STR("");
    for (size_t i = 0; cheating && i < columns; i++) {
        if (collected->facts[i].leaks && collected->facts[i].scores) {
            report->refused = collected->facts[i].name;
            return;
        }
    }
}

/* ---- horizons ---- */

static double median(const struct backtest_cases *cases, bool left)
{
    double *values = cn_heap_resize(NULL, (cases->count + 1) * sizeof(values[0]));
    size_t count = 0;
    for (size_t i = 0; i < cases->count; i++) {
        if (cases->items[i].left == left) {
            values[count++] = cases->items[i].score;
        }
    }
    double middle = cn_backtest_quantile(values, count, 0.5);
    free(values);
    return middle;
}

static void judge_horizons(struct backtest_collected *collected, struct cn_backtest_report *report)
{
    for (size_t h = 0; h < CN_BACKTEST_HORIZONS; h++) {
        struct cn_backtest_horizon *horizon = &report->horizons[h];
        struct backtest_cases *cases = &collected->scores[report->basis][h];
        horizon->days = cn_backtest_days[h];
        horizon->lift_decile = cn_backtest_lift(cases->items, cases->count, 0.1);
        horizon->lift_quintile = cn_backtest_lift(cases->items, cases->count, 0.2);
        horizon->median_left = median(cases, true);
        horizon->median_stayed = median(cases, false);
        for (size_t i = 0; i < collected->left_count; i++) {
            if (collected->seen[i]) {
                struct cn_backtest_lost *lost = &horizon->lost[collected->left[i].at[h].band];
                lost->count++;
                lost->arr += collected->left[i].at[h].arr;
            }
        }
    }
}

/* ---- signals ---- */

static int by_account(const void *a, const void *b)
{
    const struct backtest_raise *x = a;
    const struct backtest_raise *y = b;
    if (x->account_id != y->account_id) {
        return x->account_id < y->account_id ? -1 : 1;
    }
    return (x->day > y->day) - (x->day < y->day);
}

/* The first of the rule for the account in the window before the day; -1: none.  Sorted. */
static int64_t first_warning(const struct backtest_raises *raises, uint32_t rule,
                             int64_t account_id, int64_t left_on)
{
    size_t low = 0;
    size_t high = raises->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (raises->items[middle].account_id < account_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < raises->count && raises->items[low].account_id == account_id; low++) {
        int64_t day = raises->items[low].day;
        if (raises->items[low].rule == rule && day < left_on &&
            day >= left_on - CN_BACKTEST_WINDOW) {
            return day;
        }
    }
    return -1;
}

static void count_raises(const struct backtest_collected *collected,
                         const struct backtest_raises *raises, uint32_t rule,
                         struct cn_backtest_signal *signal)
{
    for (size_t i = 0; i < raises->count; i++) {
        const struct backtest_raise *raise = &raises->items[i];
        if (raise->rule != rule || raise->left_on <= raise->day) {
            continue; /* after leaving it is no news */
        }
        signal->raised++;
        if (raise->left_on - raise->day <= CN_BACKTEST_WINDOW) {
            signal->right++;
        } else if (raise->day + CN_BACKTEST_WINDOW > collected->today) {
            signal->open++;
        } else {
            signal->wrong++;
        }
    }
}

static struct cn_backtest_auc signal_auc(const struct backtest_collected *collected,
                                         const struct backtest_raises *raises, uint32_t rule)
{
    struct backtest_cases cases = { 0 };
    for (size_t i = 0; i < collected->left_count; i++) {
        const struct cn_backtest_account *left = &collected->left[i];
        if (collected->seen[i]) {
            bool warned = first_warning(raises, rule, left->id, left->left_on) >= 0;
            cn_backtest_add_case(&cases, warned ? 0 : 1, true);
        }
    }
    for (size_t i = 0; i < collected->pairs.count; i++) {
        const struct backtest_pair *pair = &collected->pairs.items[i];
        int64_t day = collected->left[pair->departure].left_on;
        bool warned = first_warning(raises, rule, pair->account_id, day) >= 0;
        cn_backtest_add_case(&cases, warned ? 0 : 1, false);
    }
    struct cn_backtest_auc auc = cn_backtest_auc(cases.items, cases.count);
    free(cases.items);
    return auc;
}

static void count_leads(struct backtest_collected *collected, const struct backtest_raises *raises,
                        uint32_t rule, struct cn_backtest_signal *signal)
{
    double *leads = cn_heap_resize(NULL, (collected->left_count + 1) * sizeof(leads[0]));
    for (size_t i = 0; i < collected->left_count; i++) {
        struct cn_backtest_account *left = &collected->left[i];
        int64_t day = first_warning(raises, rule, left->id, left->left_on);
        if (!collected->seen[i]) {
            continue;
        }
        if (day < 0) {
            signal->missed++;
            continue;
        }
        leads[signal->caught++] = (double)(left->left_on - day);
        left->warned = left->left_on - day > left->warned ? left->left_on - day : left->warned;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(signal->lead); i++) {
        signal->lead[i] = cn_backtest_quantile(leads, signal->caught, (double)(i + 1) / (double)4);
    }
    free(leads);
}

/* The fact by which the rule cheats, or "". */
static cn_str refuse(const struct backtest_collected *collected,
                     const struct cn_engine_program *program, size_t rule, struct cn_arena *arena)
{
    size_t count = 0;
    const uint32_t *columns = cn_signal_rule_columns(program->signals, rule, arena, &count);
    for (size_t i = 0; i < count; i++) {
        if (collected->facts[columns[i]].leaks) {
            return collected->facts[columns[i]].name;
        }
    }
    return CN_STR("");
}

static void judge_signals(struct backtest_collected *collected,
                          const struct cn_engine_program *program, struct cn_arena *arena,
                          struct cn_backtest_report *report)
{
    for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
        struct backtest_raises *raises = &collected->raises[basis];
        if (raises->count > 0) {
            qsort(raises->items, raises->count, sizeof(raises->items[0]), by_account);
        }
    }
    report->signal_count = program->signals->rule_count;
    report->signals = cn_arena_array(arena, struct cn_backtest_signal, report->signal_count + 1);
    for (uint32_t rule = 0; rule < report->signal_count; rule++) {
        struct cn_backtest_signal *signal = &report->signals[rule];
        const struct backtest_raises *raises = &collected->raises[report->basis];
        *signal = (struct cn_backtest_signal){
            .name = cn_arena_str(arena, program->signals->rules[rule].name),
            .auc = signal_auc(collected, raises, rule),
        };
        count_raises(collected, raises, rule, signal);
        count_leads(collected, raises, rule, signal);
        signal->precision = cn_backtest_rate(signal->right, signal->right + signal->wrong);
        signal->recall = cn_backtest_rate(signal->caught, signal->caught + signal->missed);
        struct cn_backtest_auc known =
            signal_auc(collected, &collected->raises[CN_BACKTEST_KNOWN], rule);
        struct cn_backtest_auc as_true =
            signal_auc(collected, &collected->raises[CN_BACKTEST_TRUE], rule);
        signal->refused = cn_backtest_cheats(report->basis, known.verdict, as_true.verdict)
                              ? refuse(collected, program, rule, arena)
                              : CN_STR("");
    }
}

/* ---- words ---- */

static cn_str sentence(const struct cn_backtest_report *report, struct cn_arena *arena)
{
    const struct cn_backtest_horizon *at = &report->horizons[1];
    struct cn_buf out;
    cn_buf_init(&out, SENTENCE_MAX_BYTES);
    if (report->refused.len > 0) {
        cn_buf_printf(&out,
                      "Refused: the score tells by \"%.*s\", which was learned only afterwards of "
                      "the accounts that left.",
                      CN_STR_ARG(report->refused));
    } else if (at->auc.verdict == CN_BACKTEST_TOO_FEW) {
        cn_buf_printf(&out,
                      "Too few to tell: %zu accounts that left had a score 90 days before, beside "
                      "%zu that stayed; it takes %d of each.",
                      at->auc.left, at->auc.stayed, CN_BACKTEST_LEFT_MIN);
    } else {
        static const char *const says[] = {
            [CN_BACKTEST_NO_EFFECT] = "No effect shown: 90 days before, the score did not tell who "
                                      "would leave",
            [CN_BACKTEST_TELLS] = "It would have told: 90 days before, accounts that left already "
                                  "scored lower than others",
            [CN_BACKTEST_REVERSED] = "It pointed the wrong way: 90 days before, accounts that left "
                                     "scored higher than others",
        };
        cn_buf_printf(&out, "%s (AUC %.2f, 95 %% interval %.2f to %.2f; %zu left, %zu stayed).",
                      says[at->auc.verdict], at->auc.auc.value, at->auc.auc.low, at->auc.auc.high,
                      at->auc.left, at->auc.stayed);
    }
    cn_str text = cn_arena_str(arena, cn_buf_str(&out));
    cn_buf_deinit(&out);
    return text;
}

static void list_facts(const struct backtest_collected *collected, size_t columns,
                       struct cn_arena *arena, struct cn_backtest_report *report)
{
    report->facts = cn_arena_array(arena, struct cn_backtest_fact, columns + 1);
    for (size_t i = 0; i < columns; i++) {
        if (collected->facts[i].left_of + collected->facts[i].stayed_of > 0) {
            report->facts[report->fact_count++] = collected->facts[i];
        }
    }
}

void cn_backtest_judge(struct backtest_collected *collected,
                       const struct cn_engine_program *program, struct cn_arena *arena,
                       struct cn_backtest_report *report)
{
    judge_facts(collected, program);
    judge_score(collected, program->columns.count, report);
    judge_horizons(collected, report);
    judge_signals(collected, program, arena, report);
    cn_backtest_judge_measures(collected, program->health, arena, report);
    for (size_t i = 0; i < CN_BACKTEST_BANDS; i++) {
        struct cn_backtest_band *band = &collected->bands[i];
        band->from = (int64_t)i * 100 / CN_BACKTEST_BANDS;
        band->rate = cn_backtest_rate(band->left, band->cases);
        report->bands[i] = *band;
    }
    list_facts(collected, program->columns.count, arena, report);
    report->accounts = cn_arena_array(arena, struct cn_backtest_account, collected->left_count + 1);
    for (size_t i = 0; i < collected->left_count; i++) {
        if (collected->seen[i]) {
            report->accounts[report->account_count++] = collected->left[i];
        }
    }
    report->left = report->account_count;
    report->left_out.no_history = collected->left_count - report->account_count;
    report->verdict = sentence(report, arena);
}
