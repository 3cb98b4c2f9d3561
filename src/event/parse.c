#include "event/parse.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

#include "event/decode.h"
#include "json/reader.h"
#include "json/scan.h"

#define KIB ((size_t)1024)

struct cn_event_parser {
    struct cn_json_parser *json;
};

const struct cn_event_limits cn_event_limits_default = {
    .body_max_bytes = 4 * KIB * KIB,
    .event_max_bytes = 256 * KIB,
    .batch_max_events = 50000,
    .past_max_us = 400LL * 86400 * 1000000,
    .future_max_us = 24LL * 3600 * 1000000,
    .needs_user = false,
};

const struct cn_event_limits cn_event_limits_strict = {
    .body_max_bytes = 500 * KIB,
    .event_max_bytes = 32 * KIB,
    .batch_max_events = 2500,
    .past_max_us = 400LL * 86400 * 1000000,
    .future_max_us = 24LL * 3600 * 1000000,
    .needs_user = true,
};

bool cn_event_call_parse(cn_str name, enum cn_event_call *call_out)
{
    static const struct {
        cn_str name;
        enum cn_event_call call;
    } calls[] = {
        { { "identify", 8 }, CN_CALL_IDENTIFY }, { { "i", 1 }, CN_CALL_IDENTIFY },
        { { "track", 5 }, CN_CALL_TRACK },       { { "t", 1 }, CN_CALL_TRACK },
        { { "page", 4 }, CN_CALL_PAGE },         { { "p", 1 }, CN_CALL_PAGE },
        { { "screen", 6 }, CN_CALL_SCREEN },     { { "s", 1 }, CN_CALL_SCREEN },
        { { "group", 5 }, CN_CALL_GROUP },       { { "g", 1 }, CN_CALL_GROUP },
        { { "alias", 5 }, CN_CALL_ALIAS },       { { "a", 1 }, CN_CALL_ALIAS },
        { { "batch", 5 }, CN_CALL_BATCH },       { { "b", 1 }, CN_CALL_BATCH },
        { { "import", 6 }, CN_CALL_BATCH },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(calls); i++) {
        if (cn_str_equal(calls[i].name, name)) {
            *call_out = calls[i].call;
            return true;
        }
    }
    return false;
}

struct cn_event_parser *cn_event_parser_new(size_t body_max_bytes)
{
    struct cn_event_parser *parser = cn_heap_resize(NULL, sizeof(*parser));
    *parser = (struct cn_event_parser){ .json = cn_json_parser_new(body_max_bytes) };
    return parser;
}

void cn_event_parser_free(struct cn_event_parser *parser)
{
    if (parser != NULL) {
        cn_json_parser_free(parser->json);
        free(parser);
    }
}

static bool fail_at(struct cn_error *err, int offset, const char *message)
{
    (void)cn_fail(err, CN_MALFORMED, "%s", message); /* always false */
    err->offset = offset;
    return false;
}

/* Makes room for `count` events; the excess over the limit is rejected, one by one. */
static void make_room(struct cn_decoding *decoding, size_t count)
{
    decoding->capacity = count;
    if (count > 0) {
        decoding->batch->events = cn_arena_array(&decoding->batch->arena, struct cn_event, count);
    }
}

/* False after a rejection. */
static bool check_place(struct cn_decoding *decoding, bool is_object)
{
    if (decoding->index >= decoding->limits->batch_max_events) {
        cn_decode_reject(decoding, "", "batch has more than %zu events",
                         decoding->limits->batch_max_events);
        return false;
    }
    if (!is_object) {
        cn_decode_reject(decoding, "", "event is not an object");
        return false;
    }
    return true;
}

static bool decode_batch(struct cn_decoding *decoding, struct cn_json_walk *walk,
                         struct cn_error *err)
{
    struct cn_json_walk at_events;
    cn_json_value events;
    cn_str name;
    cn_json_value value;
    bool has_events;
    cn_decode_envelope(decoding, walk, &at_events, &events, &has_events);
    if (!has_events || cn_json_kind(events) != CN_JSON_ARRAY) {
        return fail_at(err, 0, has_events ? "batch is not an array" : "batch is missing");
    }
    make_room(decoding, cn_json_count(events));
    struct cn_json_walk each = cn_json_walk_into(&at_events, events);
    for (; cn_json_walk_next(&each, &name, &value); decoding->index++) {
        bool is_object = cn_json_kind(value) == CN_JSON_OBJECT;
        decoding->raw = cn_json_walk_raw(&each);
        if (check_place(decoding, is_object)) {
            struct cn_json_walk inner = cn_json_walk_into(&each, value);
            cn_decode_event(decoding, &inner);
        }
    }
    return true;
}

/* The body without its events, so that one of them does not spoil the rest. */
static bool decode_envelope_alone(struct cn_event_parser *parser, struct cn_decoding *decoding,
                                  cn_str body, cn_str *events_out, struct cn_error *err)
{
    struct cn_json_pieces pieces;
    struct cn_buf rest;
    cn_str name;
    cn_str text;
    cn_json_value root;
    if (!cn_json_pieces_of(body, &pieces) || !pieces.in_object) {
        return fail_at(err, 0, "body is not an object");
    }
    cn_buf_init(&rest, body.len + 2);
    cn_buf_add(&rest, "{", 1);
    *events_out = CN_STR("");
    while (cn_json_pieces_next(&pieces, &name, &text)) {
        if (cn_str_equal(name, CN_STR("batch"))) {
            *events_out = text;
            continue;
        }
        cn_buf_add(&rest, rest.len > 1 ? ",\"" : "\"", rest.len > 1 ? 2 : 1);
        cn_buf_add_str(&rest, name);
        cn_buf_add(&rest, "\":", 2);
        cn_buf_add_str(&rest, text);
    }
    cn_buf_add(&rest, "}", 1);
    bool ok = !rest.overflowed && cn_json_parse(parser->json, cn_buf_str(&rest), &root, err);
    if (ok) {
        struct cn_json_walk walk = cn_json_walk_root(parser->json, root);
        struct cn_json_walk ignored;
        cn_json_value ignored_value;
        bool has_events;
        cn_decode_envelope(decoding, &walk, &ignored, &ignored_value, &has_events);
    }
    cn_buf_deinit(&rest);
    return ok;
}

static void decode_alone(struct cn_event_parser *parser, struct cn_decoding *decoding)
{
    cn_json_value root;
    struct cn_error err;
    bool is_object = decoding->raw.len > 0 && decoding->raw.ptr[0] == '{';
    if (!check_place(decoding, is_object)) {
        return;
    }
    if (!cn_json_parse(parser->json, decoding->raw, &root, &err)) {
        cn_decode_reject(decoding, "", "%s at byte %d", err.message, err.offset);
        return;
    }
    struct cn_json_walk walk = cn_json_walk_root(parser->json, root);
    cn_decode_event(decoding, &walk);
}

/* The body is JSON but for some values: each event stands or falls alone. */
static bool decode_piecewise(struct cn_event_parser *parser, struct cn_decoding *decoding,
                             cn_str body, struct cn_error *err)
{
    struct cn_json_pieces pieces;
    cn_str events;
    cn_str name;
    size_t count = 0;
    if (decoding->call != CN_CALL_BATCH) {
        make_room(decoding, 1);
        decoding->raw = cn_str_trim(body);
        decode_alone(parser, decoding);
        return true;
    }
    struct cn_error first = *err;
    if (!decode_envelope_alone(parser, decoding, body, &events, err)) {
        *err = first;
        return false;
    }
    if (!cn_json_pieces_of(events, &pieces) || pieces.in_object) {
        return fail_at(err, 0, events.len > 0 ? "batch is not an array" : "batch is missing");
    }
    struct cn_json_pieces counted = pieces;
    while (cn_json_pieces_next(&counted, &name, &decoding->raw)) {
        count++;
    }
    make_room(decoding, count);
    for (; cn_json_pieces_next(&pieces, &name, &decoding->raw); decoding->index++) {
        decode_alone(parser, decoding);
    }
    return true;
}

static bool decode(struct cn_event_parser *parser, struct cn_decoding *decoding, cn_str body,
                   struct cn_error *err)
{
    cn_json_value root;
    if (!cn_json_parse(parser->json, body, &root, err)) {
        return err->code == CN_MALFORMED && cn_json_scan(body).verdict == CN_JSON_HAS_BAD &&
               decode_piecewise(parser, decoding, body, err);
    }
    if (cn_json_kind(root) != CN_JSON_OBJECT) {
        return fail_at(err, 0, "body is not an object");
    }
    struct cn_json_walk walk = cn_json_walk_root(parser->json, root);
    if (decoding->call == CN_CALL_BATCH) {
        return decode_batch(decoding, &walk, err);
    }
    make_room(decoding, 1);
    decoding->raw = cn_str_trim(body);
    cn_decode_event(decoding, &walk);
    return true;
}

bool cn_event_parse(struct cn_event_parser *parser, enum cn_event_call call, cn_str body,
                    cn_time received, const struct cn_event_limits *limits,
                    struct cn_event_batch **batch_out, struct cn_error *err)
{
    if (body.len > limits->body_max_bytes) {
        return cn_fail(err, CN_TOO_LARGE, "body of %zu bytes is over %zu", body.len,
                       limits->body_max_bytes);
    }
    /* All of one event is in one block that the allocator keeps at hand for each thread. */
    struct cn_event_batch *batch = cn_event_batch_new(body.len + body.len / 2 + 256);
    struct cn_decoding decoding = { .batch = batch, .limits = limits, .call = call };
    cn_str none = CN_STR("");
    decoding.envelope =
        (struct cn_envelope){ .write_key = none, .group_key = none, .email = none, .traits = none };
    batch->received = received;
    struct cn_error why;
    if (!decode(parser, &decoding, body, &why)) {
        cn_event_batch_release(batch);
        *err = why;
        return false;
    }
    batch->write_key = cn_arena_str(&batch->arena, decoding.envelope.write_key);
    *batch_out = batch;
    return true;
}
