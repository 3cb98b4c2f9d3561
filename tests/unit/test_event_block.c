/* How events and their times are written and read: blocks, timestamps. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"

#include "event/block.h"
#include "event/timestamp.h"
#include "tests/unit/unit.h"

enum {
    BODY_MAX = 8 * 1024 * 1024
};

static cn_str random_text(struct cn_rng *rng, struct cn_arena *arena)
{
    size_t len = (size_t)cn_rng_between(rng, 0, 3) * (size_t)cn_rng_between(rng, 0, 90);
    char *text = cn_arena_calloc(arena, len + 1, 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)cn_rng_between(rng, 0, 255);
    }
    return (cn_str){ text, len };
}

static struct cn_event random_event(struct cn_rng *rng, struct cn_arena *arena)
{
    struct cn_event event = {
        .type = (enum cn_event_type)cn_rng_between(rng, 0, CN_EVENT_TYPES - 1),
        .source_id = (int64_t)cn_rng_next(rng),
        .at = { (int64_t)cn_rng_next(rng) },
        .received = { (int64_t)cn_rng_next(rng) },
        .message_id = random_text(rng, arena),
        .name = random_text(rng, arena),
        .user_key = random_text(rng, arena),
        .anonymous_key = random_text(rng, arena),
        .group_key = random_text(rng, arena),
        .previous_key = random_text(rng, arena),
        .email = random_text(rng, arena),
        .payload = random_text(rng, arena),
    };
    event.id = cn_event_id(event.source_id, event.message_id);
    event.subject = cn_subject_of_keys(event.group_key, event.user_key, event.anonymous_key);
    return event;
}

static void assert_same_event(const struct cn_event *a, const struct cn_event *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(a->source_id == b->source_id && a->at.us == b->at.us);
    assert_true(a->received.us == b->received.us && a->subject == b->subject);
    assert_true(cn_str_equal(a->message_id, b->message_id) && cn_str_equal(a->name, b->name));
    assert_true(cn_str_equal(a->user_key, b->user_key));
    assert_true(cn_str_equal(a->anonymous_key, b->anonymous_key));
    assert_true(cn_str_equal(a->group_key, b->group_key));
    assert_true(cn_str_equal(a->previous_key, b->previous_key));
    assert_true(cn_str_equal(a->email, b->email) && cn_str_equal(a->payload, b->payload));
    assert_memory_equal(&a->id, &b->id, sizeof(a->id));
}

static void blocks_read_back_as_they_were_written(void **state)
{
    enum {
        COUNT = 300
    };
    struct cn_error err;
    (void)state;
    struct cn_rng rng = { 42 };
    struct cn_arena arena;
    struct cn_buf block;
    struct cn_buf packed;
    struct cn_buf expanded;
    struct cn_block_reader reader;
    struct cn_event back;
    cn_str text;
    cn_arena_init(&arena, 65536);
    cn_buf_init(&block, BODY_MAX);
    cn_buf_init(&packed, BODY_MAX);
    cn_buf_init(&expanded, BODY_MAX);
    struct cn_event *events = cn_arena_array(&arena, struct cn_event, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        events[i] = random_event(&rng, &arena);
    }
    cn_block_begin(&block, &events[0]);
    for (size_t i = 0; i < COUNT; i++) {
        cn_block_add(&block, &events[0], &events[i]);
    }
    struct cn_compressor *compressor = cn_compressor_new(1);
    cn_compress(compressor, cn_buf_str(&block), &packed);
    cn_compressor_free(compressor);
    assert_true(packed.len < block.len + 1000);
    assert_true(cn_codec_expand(CN_CODEC_ZSTD, cn_buf_str(&packed), &expanded, &text, &err));
    assert_true(cn_str_equal(text, cn_buf_str(&block)));
    assert_true(cn_block_open(text, &reader, &err));
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(cn_block_next(&reader, &back, &err));
        assert_same_event(&events[i], &back);
    }
    assert_false(cn_block_next(&reader, &back, &err));
    assert_true(cn_block_open(text, &reader, &err));
    assert_true(cn_block_skip(&reader, 200, &err));
    assert_true(cn_block_next(&reader, &back, &err));
    assert_same_event(&events[200], &back);
    /* Cut anywhere, or with any byte changed, it is read or refused, never overrun. */
    for (size_t i = 0; i < 2000; i++) {
        char *copy = cn_arena_calloc(&arena, 64, 1);
        memcpy(copy, text.ptr, 64);
        copy[cn_rng_between(&rng, 0, 63)] = (char)cn_rng_next(&rng);
        if (cn_block_open((cn_str){ copy, (size_t)cn_rng_between(&rng, 0, 64) }, &reader, &err)) {
            while (cn_block_next(&reader, &back, &err)) {
                assert_in_range(back.type, 0, CN_EVENT_ALIAS);
            }
        }
    }
    cn_buf_deinit(&block);
    cn_buf_deinit(&packed);
    cn_buf_deinit(&expanded);
    cn_arena_deinit(&arena);
}

static void times_of_all_shapes_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        { "1970-01-01", 0 },
        { "2026-11-21T20:00:00Z", 1795291200000000 },
        { "2026-11-21T20:00:00.123Z", 1795291200123000 },
        { "2026-11-21T20:00:00.1234567Z", 1795291200123456 },
        { "2026-11-21 20:00Z", 1795291200000000 },
        { "2026-11-21T22:00:00+02:00", 1795291200000000 },
        { "2026-11-21T14:30:00-0530", 1795291200000000 },
        { "2026-11-21T21:00:00+01", 1795291200000000 },
        { "2026-11-21T20:00:00", 1795291200000000 },
        { "2024-02-29T00:00:00Z", 1709164800000000 },
        { "2000-03-01T00:00:00Z", 951868800000000 },
    };
    static const char *const bad[] = { "",
                                       "2026",
                                       "2026-11-21T",
                                       "2026-11-21T24:00:00Z",
                                       "2026-13-01",
                                       "2026-02-29",
                                       "2026-11-00",
                                       "2026-11-21T20:00:00.Z",
                                       "2026-11-21T20:00:00ZZ",
                                       "21.11.2026",
                                       "+2026-11-21",
                                       "2026-11-21T20:00:00+2",
                                       "1969-12-31" };
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(good); i++) {
        cn_time time = { -1 };
        assert_true(cn_timestamp_parse(cn_str_of(good[i].text), &time));
        assert_true(time.us == good[i].us);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(bad); i++) {
        cn_time time = { 7 };
        assert_false(cn_timestamp_parse(cn_str_of(bad[i]), &time));
        assert_true(time.us == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("blocks read back as they were written", blocks_read_back_as_they_were_written),
        CN_TEST("times of all shapes are read", times_of_all_shapes_are_read),
    };
    return cmocka_run_group_tests_name("event_block", tests, NULL, NULL);
}
