/*
 * Colours for a scored block, what differs from what was known, and keeping it.
 *
 * Built once for each instruction set, like health/kernel.c.
 */
#include "health/kernel_impl.h"
#include "health/status.h"

/* cn_health_next_band(), and cn_status_pack(), for a row. */
INLINED int64_t next_status(const struct cn_health_bands *bands, int64_t points, int64_t confidence,
                            int64_t before)
{
    int64_t band = before & CN_STATUS_BAND;
    int64_t margin = bands->margin;
    int64_t yellow = bands->yellow + (band == CN_BAND_RED ? margin : 0);
    int64_t green =
        bands->green + (band == CN_BAND_RED ? margin : 0) + (band == CN_BAND_YELLOW ? margin : 0);
    int64_t next = points >= yellow ? CN_BAND_YELLOW : CN_BAND_RED;
    next = points >= green ? CN_BAND_GREEN : next;
    int64_t is_scored = points >= 0 ? CN_STATUS_POINTS : 0;
    int64_t is_sure = confidence >= CN_CONFIDENCE_GREY ? CN_STATUS_POINTS : 0;
    int64_t is_grey = (is_scored & is_sure) == 0 ? CN_STATUS_GREY : 0;
    next = is_grey != 0 ? band : next;
    return next | is_grey | is_scored | confidence << CN_STATUS_CONFIDENCE_SHIFT;
}

uint64_t KERNEL(finish)(const struct cn_health_bands *bands, const struct cn_kernel_result *result,
                        const uint64_t *mask, struct cn_kernel_state *state)
{
    const struct cn_health_bands limits = *bands; /* a copy cannot alias what is written */
    const int64_t *restrict points = state->points;
    const int64_t *restrict status = state->status;
    const uint64_t *restrict fired = state->fired;
    int64_t *restrict new_status = state->new_status;
    const int32_t *restrict scored = result->points;
    const int32_t *restrict confidence = result->confidence;
    const uint64_t *restrict exceptions = result->fired;
    const int32_t *restrict scorecard = result->scorecard;
    uint64_t words = 0;
    for (size_t w = 0; w < CN_BLOCK_WORDS; w++) {
        uint64_t differs = 0;
        prefetch_next(points + w * 64);
        prefetch_next(status + w * 64);
        prefetch_next(fired + w * 64);
        for (size_t b = 0; b < 64; b++) {
            size_t i = w * 64 + b;
            int64_t shown = scored[i] > 0 ? scored[i] : 0;
            uint64_t card = (uint64_t)(uint32_t)scorecard[i] << CN_STATUS_SCORECARD_SHIFT;
            new_status[i] =
                next_status(&limits, scored[i], confidence[i], status[i]) | (int64_t)card;
            uint64_t row = (uint64_t)(shown ^ points[i]) | (uint64_t)(new_status[i] ^ status[i]) |
                           (exceptions[i] ^ fired[i]);
            uint64_t counts = (uint64_t)0 - (mask[w] >> b & 1);
            differs |= row & counts;
        }
        words |= (uint64_t)(differs != 0) << w;
    }
    return words;
}

void KERNEL(keep)(uint64_t words, const struct cn_kernel_result *result, const uint64_t *mask,
                  struct cn_kernel_state *state)
{
    for (; words != 0; words &= words - 1) {
        size_t w = (size_t)__builtin_ctzll(words);
        const int32_t *restrict scored = result->points + w * 64;
        const uint64_t *restrict exceptions = result->fired + w * 64;
        const int64_t *restrict new_status = state->new_status + w * 64;
        int64_t *restrict points = state->points + w * 64;
        int64_t *restrict status = state->status + w * 64;
        uint64_t *restrict fired = state->fired + w * 64;
        uint64_t rows = mask[w];
        uint64_t none = 0;
        for (size_t b = 0; b < 64; b++) {
            bool is_kept = (rows & bit_of[b]) != 0;
            int64_t shown = scored[b] > 0 ? scored[b] : 0;
            none |= scored[b] < 0 ? bit_of[b] : 0;
            points[b] = is_kept ? shown : points[b];
            status[b] = is_kept ? new_status[b] : status[b];
            fired[b] = is_kept ? exceptions[b] : fired[b];
        }
        state->missing[w] = (state->missing[w] & ~rows) | (none & rows);
    }
}
