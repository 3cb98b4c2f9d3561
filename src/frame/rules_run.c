/* One pass over a frame: stratum by stratum, block by block, on one thread or several. */
#include <assert.h>
#include <string.h>

#include "frame/rules_state.h"

struct cn_cel_result cn_rule_result(const struct cn_rule_block *block, uint32_t rule)
{
    assert(rule < block->rules->count);
    return cn_cel_run_result(block->run, block->rules->items[rule].output);
}

/* The block's rows that are wanted, split by whether their account is there. */
static void select_rows(struct cn_rule_block *block, const struct cn_bitmap *rows)
{
    const struct cn_bitmap *live = cn_frame_live(block->frame);
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
    }
}

/* The blocks of a stratum with rows that are wanted, or a stretch of them that one thread has. */
struct share {
    const struct cn_rules *rules;
    const struct cn_rule_pass *pass;
    const struct cn_cel_cells *cells;
    const struct cn_rule_consumer *consumers;
    const size_t *firsts; /* row of the frame at which each begins */
    size_t count;
    uint32_t stratum;
};

enum {
    SHARE_BLOCKS_MIN = 8 /* fewer are evaluated sooner than another thread is there */
};

static bool is_of(const struct cn_rules *rules, uint32_t stratum,
                  const struct cn_rule_consumer *consumer)
{
    return (rules->strata[stratum].sections >> consumer->section & 1) != 0;
}

static void run_share(void *arg, size_t index)
{
    const struct share *share = &((const struct share *)arg)[index];
    const struct cn_rules *rules = share->rules;
    const struct cn_rule_pass *pass = share->pass;
    struct cn_cel_run *run = cn_cel_run_new(rules->strata[share->stratum].plan);
    struct cn_rule_block block = {
        .rules = rules, .frame = pass->frame, .run = run, .stratum = share->stratum
    };
    for (size_t i = 0; i < share->count; i++) {
        struct cn_cel_batch batch =
            cn_frame_batch(pass->frame, share->cells, &rules->strings, share->firsts[i]);
        block.first = share->firsts[i];
        block.count = batch.rows;
        select_rows(&block, pass->rows);
        cn_cel_run_block(run, &batch);
        for (size_t c = 0; c < pass->consumer_count; c++) {
            if (is_of(rules, share->stratum, &share->consumers[c])) {
                share->consumers[c].block(share->consumers[c].ctx, &block);
            }
        }
    }
    cn_cel_run_free(run);
}

/* Rows of a set of the frame's; a block begins with a word. */
static bool has_rows(const struct cn_bitmap *rows, size_t first)
{
    uint64_t any = 0;
    for (size_t w = first / 64; w < first / 64 + CN_RULE_WORDS && w * 64 < rows->rows; w++) {
        any |= rows->words[w];
    }
    return any != 0;
}

static size_t list_blocks(const struct cn_rule_pass *pass, size_t *firsts)
{
    size_t count = 0;
    for (size_t first = 0; first < cn_frame_rows(pass->frame); first += CN_BLOCK_ROWS) {
        if (pass->rows == NULL || has_rows(pass->rows, first)) {
            firsts[count++] = first;
        }
    }
    return count;
}

/* How many threads share the stratum. */
static size_t count_shares(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                           uint32_t stratum, size_t blocks)
{
    size_t count = cn_workers_hands(pass->workers);
    for (size_t i = 0; i < pass->consumer_count; i++) {
        if (is_of(rules, stratum, &pass->consumers[i]) && pass->consumers[i].fork == NULL) {
            return 1;
        }
    }
    count = count < CN_WORKERS_SHARES_MAX ? count : CN_WORKERS_SHARES_MAX;
    count = count < blocks / SHARE_BLOCKS_MIN ? count : blocks / SHARE_BLOCKS_MIN;
    return count > 0 ? count : 1;
}

static const struct cn_rule_consumer *fork_consumers(const struct cn_rules *rules,
                                                     const struct cn_rule_pass *pass,
                                                     uint32_t stratum, struct cn_arena *arena)
{
    struct cn_rule_consumer *forked =
        cn_arena_array(arena, struct cn_rule_consumer, pass->consumer_count);
    for (size_t i = 0; i < pass->consumer_count; i++) {
        forked[i] = pass->consumers[i];
        if (is_of(rules, stratum, &forked[i])) {
            forked[i].ctx = forked[i].fork(forked[i].ctx, arena);
        }
    }
    return forked;
}

static void join_consumers(const struct cn_rule_pass *pass, const struct share *share)
{
    for (size_t i = 0; i < pass->consumer_count; i++) {
        const struct cn_rule_consumer *consumer = &pass->consumers[i];
        if (is_of(share->rules, share->stratum, consumer) && consumer->join != NULL) {
            consumer->join(consumer->ctx, share->consumers[i].ctx);
        }
    }
}

/* Where the share that begins with block `from` ends: at `to` or a little later, as a stretch of
 * rows is not parted. */
static size_t end_of(const size_t *firsts, size_t blocks, size_t from, size_t to)
{
    to = to > from ? to : from;
    while (to > from && to < blocks &&
           firsts[to] / CN_STRETCH_ROWS == firsts[to - 1] / CN_STRETCH_ROWS) {
        to++;
    }
    return to;
}

static void run_stratum(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                        uint32_t stratum, struct cn_arena *arena)
{
    struct share shares[CN_WORKERS_SHARES_MAX];
    size_t *firsts = cn_arena_array(arena, size_t, cn_frame_rows(pass->frame) / CN_BLOCK_ROWS + 1);
    const size_t blocks = list_blocks(pass, firsts);
    const size_t count = count_shares(rules, pass, stratum, blocks);
    for (size_t i = 0, from = 0; i < count; i++) {
        const size_t to = end_of(firsts, blocks, from, blocks * (i + 1) / count);
        shares[i] = (struct share){
            .rules = rules,
            .pass = pass,
            .cells = cn_frame_cells(pass->frame, arena),
            .consumers = i == 0 ? pass->consumers : fork_consumers(rules, pass, stratum, arena),
            .firsts = firsts + from,
            .count = to - from,
            .stratum = stratum,
        };
        from = to;
    }
    cn_workers_each(pass->workers, count, run_share, shares);
    for (size_t i = 1; i < count; i++) {
        join_consumers(pass, &shares[i]);
    }
    for (size_t i = 0; i < pass->consumer_count; i++) {
        const struct cn_rule_consumer *consumer = &pass->consumers[i];
        if (consumer->end != NULL && is_of(rules, stratum, consumer)) {
            consumer->end(consumer->ctx, pass->frame, stratum);
        }
    }
}

static bool has_work(const struct cn_rules *rules, const struct cn_rule_pass *pass,
                     uint32_t stratum)
{
    for (size_t i = 0; i < pass->consumer_count; i++) {
        if (is_of(rules, stratum, &pass->consumers[i])) {
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
