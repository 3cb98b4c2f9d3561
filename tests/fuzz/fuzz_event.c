/*
 * Bodies of the tracking API: whatever is sent, the reader and the scanner agree, every event has a
 * subject and reads back from a block, and every rejection can be shown.
 */
#include <stdlib.h>

#include "base/str.h"
#include "base/utf8.h"

#include "event/block.h"
#include "event/parse.h"
#include "json/reader.h"
#include "json/scan.h"

enum {
    BODY_MAX = 1 << 14
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_reads_back(const struct cn_event_batch *batch)
{
    struct cn_buf block;
    struct cn_block_reader reader;
    struct cn_error err;
    cn_buf_init(&block, BODY_MAX * 4);
    cn_block_begin(&block, &batch->events[0]);
    for (size_t i = 0; i < batch->count; i++) {
        cn_block_add(&block, &batch->events[0], &batch->events[i]);
    }
    expect(cn_block_open(cn_buf_str(&block), &reader, &err));
    for (size_t i = 0; i < batch->count; i++) {
        const struct cn_event *event = &batch->events[i];
        struct cn_event back;
        expect(cn_block_next(&reader, &back, &err));
        expect(back.subject == event->subject && back.at.us == event->at.us);
        expect(cn_str_equal(back.payload, event->payload));
        expect(cn_str_equal(back.message_id, event->message_id));
    }
    cn_buf_deinit(&block);
}

static void check_batch(struct cn_json_parser *json, const struct cn_event_batch *batch)
{
    cn_json_value root;
    struct cn_error err;
    for (size_t i = 0; i < batch->count; i++) {
        const struct cn_event *event = &batch->events[i];
        expect(event->subject > 0 && event->message_id.len > 0);
        expect(cn_utf8_valid(event->name) && cn_utf8_valid(event->user_key));
        expect(event->payload.len == 0 || (cn_json_parse(json, event->payload, &root, &err) &&
                                           cn_json_kind(root) == CN_JSON_OBJECT));
    }
    for (size_t i = 0; i < batch->rejection_count; i++) {
        expect(cn_utf8_valid(batch->rejections[i].excerpt));
        expect(cn_utf8_valid(batch->rejections[i].reason) && batch->rejections[i].reason.len > 0);
    }
    if (batch->count > 0) {
        check_reads_back(batch);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > BODY_MAX) {
        return 0;
    }
    struct cn_event_parser *parser = cn_event_parser_new(BODY_MAX);
    struct cn_json_parser *json = cn_json_parser_new(BODY_MAX);
    cn_str body = { (const char *)data, size };
    struct cn_event_batch *batch;
    cn_json_value root;
    struct cn_error err;
    bool is_json = cn_json_parse(json, body, &root, &err);
    expect(is_json == (cn_json_scan(body).verdict == CN_JSON_IS_GOOD));
    for (unsigned call = CN_CALL_IDENTIFY; call <= CN_CALL_BATCH; call++) {
        const struct cn_event_limits *limits =
            size % 2 == 0 ? &cn_event_limits_default : &cn_event_limits_strict;
        if (cn_event_parse(parser, (enum cn_event_call)call, body, (cn_time){ 1795291200000000 },
                           limits, &batch, &err)) {
            check_batch(json, batch);
            cn_event_batch_release(batch);
        } else {
            expect(err.code == CN_MALFORMED && err.offset >= 0 && (size_t)err.offset <= size);
        }
    }
    cn_event_parser_free(parser);
    cn_json_parser_free(json);
    return 0;
}
