/* One pass over a frame: stratum by stratum, block by block. */
#include <assert.h>
#include <string.h>

#include "frame/rules_state.h"

struct cn_cel_result cn_rule_result(const struct cn_rule_block *block, uint32_t rule)
{
    assert(rule < block->rules->count);
    return cn_cel_run_result(block->run, block->rules->items[rule].output);
}

/* The block's rows that are wanted, split by whether their account is there; false if there are
 * none. */
static bool select_rows(struct cn_rule_block *block, const struct cn_bitmap *rows)
{
    const struct cn_bitmap *live = cn_frame_live(block->frame);
    uint64_t any = 0;
    size_t words = (block->count + 63) / 64;
    memset(block->rows, 0, sizeof(block->rows));
    memset(block->gone, 0, sizeof(block->gone));
    for (size_t w = 0; w < words; w++) {
        size_t at = block->first / 64 + w;
        uint64_t word = rows != NULL ? rows->words[at] : ~UINT64_C(0);
        if (w == words - 1 && block->count % 64 != 0) {
            word &= (UINT64_C(1) << (block->count % 64)) - 1;
        }
        block->rows[w] = word & live->words[at];
        block->gone[w] = word & ~live->words[at];
        any |= word;
    }
    return any != 0;
}

static void run_stratum(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                        uint32_t stratum, struct cn_arena *arena)
{
    const struct rule_stratum *part = &rules->strata[stratum];
    const struct cn_cel_cells *cells = cn_frame_cells(pass->frame, arena);
    size_t row_count = cn_frame_rows(pass->frame);
    struct cn_cel_run *run = cn_cel_run_new(part->plan);
    struct cn_rule_block block = {
        .rules = rules, .frame = pass->frame, .run = run, .stratum = stratum
    };
    for (size_t first = 0; first < row_count; first += CN_BLOCK_ROWS) {
        struct cn_cel_batch batch = cn_frame_batch(pass->frame, cells, &rules->strings, first);
        block.first = first;
        block.count = batch.rows;
        if (!select_rows(&block, pass->rows)) {
            continue;
        }
        cn_cel_run_block(run, &batch);
        for (size_t i = 0; i < pass->consumer_count; i++) {
            const struct cn_rule_consumer *consumer = &pass->consumers[i];
            if ((part->sections >> consumer->section & 1) != 0) {
                consumer->block(consumer->ctx, &block);
            }
        }
    }
    cn_cel_run_free(run);
    for (size_t i = 0; i < pass->consumer_count; i++) {
        const struct cn_rule_consumer *consumer = &pass->consumers[i];
        if (consumer->end != NULL && (part->sections >> consumer->section & 1) != 0) {
            consumer->end(consumer->ctx, pass->frame, stratum);
        }
    }
}

static bool has_work(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                     uint32_t stratum)
{
    for (size_t i = 0; i < pass->consumer_count; i++) {
        if ((rules->strata[stratum].sections >> pass->consumers[i].section & 1) != 0) {
            return true;
        }
    }
    return false;
}

bool cn_rules_run(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                  struct cn_arena *arena, struct cn_error *err)
{
    for (uint32_t stratum = 0; stratum < rules->stratum_count; stratum++) {
        if (pass->fill != NULL && !pass->fill(pass->arg, stratum, err)) {
            return false;
        }
        if (pass->rows != NULL && pass->rows->rows != cn_frame_rows(pass->frame)) {
            return cn_fail(err, CN_INTERNAL, "%zu rows to evaluate, %zu in the frame",
                           pass->rows->rows, cn_frame_rows(pass->frame));
        }
        if (has_work(rules, pass, stratum)) {
            run_stratum(rules, pass, stratum, arena);
        }
    }
    return true;
}
