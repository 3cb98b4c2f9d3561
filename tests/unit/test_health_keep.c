#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "health/kernel.h"
#include "tests/unit/unit.h"

static void *on_line(size_t bytes)
{
    return memset(cn_heap_resize_lines(NULL, 0, bytes), 0, bytes);
}

/* Every third row is asked for, and the first 64 are said to be as they were. */
static void assert_kept(const struct cn_kernel_target *target, struct cn_kernel_result *result,
                        struct cn_kernel_state *block)
{
    enum {
        BEFORE = 77
    };
    int64_t points[CN_BLOCK_ROWS];
    int64_t status[CN_BLOCK_ROWS];
    uint64_t fired[CN_BLOCK_ROWS];
    uint64_t missing[CN_BLOCK_WORDS];
    uint64_t mask[CN_BLOCK_WORDS] = { 0 };
    memset(missing, 0xAA, sizeof(missing));
    for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
        points[i] = BEFORE;
        status[i] = BEFORE;
        fired[i] = BEFORE;
        result->points[i] = i % 5 == 0 ? -1 : (int32_t)i;
        result->fired[i] = i;
        block->new_status[i] = (int64_t)i * 2;
        mask[i / 64] |= i % 3 == 0 ? UINT64_C(1) << (i % 64) : 0;
    }
    block->points = points;
    block->status = status;
    block->fired = fired;
    block->missing = missing;
    target->keep(0xFFFE, result, mask, block);
    for (size_t i = 0; i < CN_BLOCK_ROWS; i++) {
        bool is_kept = i >= 64 && i % 3 == 0;
        int64_t shown = result->points[i] < 0 ? 0 : result->points[i];
        assert_int_equal(points[i], is_kept ? shown : BEFORE);
        assert_int_equal(status[i], is_kept ? block->new_status[i] : BEFORE);
        assert_int_equal(fired[i], is_kept ? result->fired[i] : BEFORE);
        assert_int_equal(missing[i / 64] >> (i % 64) & 1, is_kept ? i % 5 == 0 : i % 2 == 1);
    }
}

static void every_kernel_keeps_what_is_asked_for_and_nothing_else(void **state)
{
    (void)state;
    struct cn_kernel_target targets[3];
    size_t target_count = 0;
    struct cn_kernel_result *result = on_line(sizeof(*result));
    struct cn_kernel_state *block = on_line(sizeof(*block));
    cn_kernel_targets(targets, &target_count);
    for (size_t t = 0; t < target_count; t++) {
        assert_kept(&targets[t], result, block);
    }
    free(result);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every kernel keeps what is asked for and nothing else",
                every_kernel_keeps_what_is_asked_for_and_nothing_else),
    };
    return cmocka_run_group_tests_name("health_keep", tests, NULL, NULL);
}
