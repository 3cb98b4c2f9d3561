/* The same question of each part of the score: which of them told?  Accounts are compared with
 * those of the same scorecard only: a part that maps otherwise in another one, or that large
 * customers use more, would tell of the scorecard and not of leaving. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "engine/backtest_cases.h"
#include "health/parts.h"

void cn_backtest_name_measures(struct backtest_collected *collected,
                               const struct cn_health_model *model, struct cn_arena *arena)
{
    size_t nodes = 0;
    for (size_t i = 0; i < model->scorecard_count; i++) {
        nodes += model->scorecards[i].node_count;
    }
    collected->measures = cn_arena_array(arena, struct backtest_measure, nodes + 1);
    collected->measure_of = cn_arena_array(arena, size_t, model->scorecard_count + 1);
    for (size_t i = 0; i < model->scorecard_count; i++) {
        const struct cn_scorecard *card = &model->scorecards[i];
        collected->measure_of[i] = collected->measure_count;
        for (size_t n = 1; !card->is_shadow && n < card->node_count; n++) {
            collected->measures[collected->measure_count++] =
                (struct backtest_measure){ .scorecard = i, .node = n };
        }
    }
}

void cn_backtest_look_at_measures(struct backtest_collected *collected,
                                  const struct cn_explain_at *at, enum cn_backtest_basis basis,
                                  bool left, struct cn_arena *scratch)
{
    struct cn_health_parts parts;
    cn_health_parts(at, scratch, &parts);
    if (parts.scorecard < 0) {
        return;
    }
    size_t count = at->model->scorecards[parts.scorecard].node_count;
    for (size_t n = 1; n < count; n++) {
        if (parts.counts[n]) {
            size_t measure = collected->measure_of[parts.scorecard] + n - 1;
            cn_backtest_add_case(&collected->measures[measure].cases[basis], parts.values[n], left);
        }
    }
}

/* The fact learned afterwards that the node, or a measure in it, reads; or "". */
static cn_str leak_in(const struct backtest_collected *collected,
                      const struct cn_health_model *model, const struct cn_scorecard *card,
                      size_t node)
{
    for (size_t n = node; n < card->nodes[node].end; n++) {
        size_t count = 0;
        if (card->nodes[n].kind != CN_HEALTH_MEASURE || card->nodes[n].rule == CN_NO_RULE) {
            continue;
        }
        const uint32_t *columns = cn_health_rule_columns(model, card->nodes[n].rule, &count);
        for (size_t i = 0; i < count; i++) {
            if (collected->facts[columns[i]].leaks) {
                return collected->facts[columns[i]].name;
            }
        }
    }
    return CN_STR("");
}

void cn_backtest_judge_measures(const struct backtest_collected *collected,
                                const struct cn_health_model *model, struct cn_arena *arena,
                                struct cn_backtest_report *report)
{
    report->measure_count = collected->measure_count;
    report->measures = cn_arena_array(arena, struct cn_backtest_measure, report->measure_count + 1);
    for (size_t i = 0; i < collected->measure_count; i++) {
        const struct backtest_measure *measure = &collected->measures[i];
        struct cn_backtest_auc auc[CN_BACKTEST_BASES];
        for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
            auc[basis] = cn_backtest_auc(measure->cases[basis].items, measure->cases[basis].count);
        }
        bool cheats = cn_backtest_cheats(report->basis, auc[CN_BACKTEST_KNOWN].verdict,
                                         auc[CN_BACKTEST_TRUE].verdict);
        const struct cn_scorecard *card = &model->scorecards[measure->scorecard];
        const struct cn_health_node *node = &card->nodes[measure->node];
        report->measures[i] = (struct cn_backtest_measure){
            .scorecard = cn_arena_str(arena, card->name),
            .path = cn_arena_str(arena, node->path),
            .name = cn_arena_str(arena, node->name),
            .depth = node->depth,
            .is_group = node->kind == CN_HEALTH_GROUP,
            .auc = auc[report->basis],
            .refused = cheats ? leak_in(collected, model, card, measure->node) : CN_STR(""),
        };
    }
}

void cn_backtest_drop_measures(struct backtest_collected *collected)
{
    for (size_t i = 0; i < collected->measure_count; i++) {
        for (size_t basis = 0; basis < CN_BACKTEST_BASES; basis++) {
            free(collected->measures[i].cases[basis].items);
        }
    }
    collected->measure_count = 0;
}
