/* The tracking API's bodies: dialects as real SDKs send them, and everything that is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/embedded.h"
#include "base/str.h"
#include "base/subject.h"
#include "base/utf8.h"

#include "event/parse.h"
#include "json/reader.h"
#include "tests/unit/unit.h"

extern const struct cn_embedded_file cn_samples[];
extern const size_t cn_samples_count;

enum {
    BODY_MAX = 8 * 1024 * 1024
};

/* 2026-11-21T20:00:00Z */
static const cn_time received = { 1795291200000000 };

struct fixture {
    struct cn_event_parser *parser;
    struct cn_json_parser *json;
    struct cn_event_batch *batch;
    struct cn_error err;
};

static bool parse_with(struct fixture *f, enum cn_event_call call, cn_str body,
                       const struct cn_event_limits *limits)
{
    cn_event_batch_release(f->batch);
    f->batch = NULL;
    return cn_event_parse(f->parser, call, body, received, limits, &f->batch, &f->err);
}

static bool parse(struct fixture *f, enum cn_event_call call, const char *body)
{
    return parse_with(f, call, cn_str_of(body), &cn_event_limits_default);
}

static void assert_str(cn_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

/* One rejection, nothing else. */
static void assert_rejected(struct fixture *f, const char *pointer, const char *reason)
{
    assert_int_equal(f->batch->count, 0);
    assert_int_equal(f->batch->rejection_count, 1);
    assert_str(f->batch->rejections[0].pointer, pointer);
    assert_str(f->batch->rejections[0].reason, reason);
}

static void single_calls_are_read(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(f, CN_CALL_TRACK,
                      "{\"userId\":\"u1\",\"event\":\"Report Exported\",\"messageId\":\"m1\","
                      "\"writeKey\":\"wk\",\"context\":{\"groupId\":\"acme\",\"traits\":"
                      "{\"email\":\" jane@acme.example \"}},"
                      "\"properties\": {\"rows\": 3, \"a\":[1,{\"b\":null}]} }"));
    assert_int_equal(f->batch->count, 1);
    const struct cn_event *event = &f->batch->events[0];
    assert_int_equal(event->type, CN_EVENT_TRACK);
    assert_str(event->name, "Report Exported");
    assert_str(event->user_key, "u1");
    assert_str(event->group_key, "acme");
    assert_str(event->message_id, "m1");
    assert_str(event->email, "jane@acme.example");
    assert_str(event->payload, "{\"rows\": 3, \"a\":[1,{\"b\":null}]}");
    assert_str(f->batch->write_key, "wk");
    assert_true(event->at.us == received.us);
    assert_true(event->subject == cn_subject_of(CN_SUBJECT_GROUP, CN_STR("acme")));

    assert_true(parse(f, CN_CALL_IDENTIFY,
                      "{\"userId\":7,\"traits\":{\"email\":\"a@b.example\",\"plan\":\"pro\"}}"));
    assert_str(f->batch->events[0].user_key, "7");
    assert_str(f->batch->events[0].email, "a@b.example");
    assert_str(f->batch->events[0].payload, "{\"email\":\"a@b.example\",\"plan\":\"pro\"}");
    assert_true(f->batch->events[0].message_id.len > 30);

    assert_true(parse(f, CN_CALL_ALIAS, "{\"userId\":\"u1\",\"previousId\":\"anon\"}"));
    assert_str(f->batch->events[0].previous_key, "anon");
    assert_true(parse(f, CN_CALL_PAGE, "{\"anonymousId\":\"x\",\"category\":\"App\"}"));
    assert_str(f->batch->events[0].name, "App");
    assert_true(f->batch->events[0].subject == cn_subject_of(CN_SUBJECT_ANONYMOUS, CN_STR("x")));
    assert_true(
        parse(f, CN_CALL_PAGE, "{\"anonymousId\":\"x\",\"category\":\"App\",\"name\":\"Home\"}"));
    assert_str(f->batch->events[0].name, "Home");
}

static void numbers_as_keys_keep_their_digits(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(f, CN_CALL_GROUP,
                      "{\"userId\":18446744073709551615,\"groupId\":-12 , \"traits\":null}"));
    assert_str(f->batch->events[0].user_key, "18446744073709551615");
    assert_str(f->batch->events[0].group_key, "-12");
    assert_str(f->batch->events[0].payload, "");
    assert_true(parse(f, CN_CALL_TRACK,
                      "{\"event\":\"e\",\"userId\":1.50\n,\"context\":{\"groupId\":42}}"));
    assert_str(f->batch->events[0].user_key, "1.50");
    assert_str(f->batch->events[0].group_key, "42");
}

static void identify_takes_traits_of_the_context(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(f, CN_CALL_IDENTIFY,
                      "{\"userId\":\"u\",\"context\":{\"a\":[[],{}],\"traits\":{\"email\":\"e@x\"}"
                      ",\"b\":1}}"));
    assert_str(f->batch->events[0].payload, "{\"email\":\"e@x\"}");
    assert_str(f->batch->events[0].email, "e@x");
    /* A group call's traits are the group's, never the user's. */
    assert_true(parse(f, CN_CALL_GROUP,
                      "{\"userId\":\"u\",\"groupId\":\"g\",\"context\":{\"traits\":{\"email\":"
                      "\"e@x\"}}}"));
    assert_str(f->batch->events[0].payload, "");
    assert_str(f->batch->events[0].email, "e@x");
}

static void batch_level_members_hold_for_every_event(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(
        f, CN_CALL_BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},"
        "{\"type\":\"track\",\"event\":\"b\",\"userId\":\"u\",\"context\":{\"groupId\":\"own\"}},"
        "{\"type\":\"identify\",\"userId\":\"u\"}],"
        "\"context\":{\"groupId\":\"all\",\"traits\":{\"email\":\"e@x\"}},\"writeKey\":\"wk\","
        "\"integrations\":{\"All\":true}}"));
    assert_int_equal(f->batch->count, 3);
    assert_str(f->batch->events[0].group_key, "all");
    assert_str(f->batch->events[1].group_key, "own");
    assert_str(f->batch->events[2].payload, "{\"email\":\"e@x\"}");
    assert_str(f->batch->events[2].email, "e@x");
    assert_str(f->batch->write_key, "wk");
}

static void event_time_is_corrected_by_the_clock_of_the_sender(void **state)
{
    struct fixture *f = *state;
    /* Their clock is an hour slow; the event was ten seconds before it was sent. */
    assert_true(parse(f, CN_CALL_BATCH,
                      "{\"sentAt\":\"2026-11-21T19:00:00.000Z\",\"batch\":[{\"type\":\"track\","
                      "\"event\":\"e\",\"userId\":\"u\",\"timestamp\":"
                      "\"2026-11-21T18:59:50.000Z\"}]}"));
    assert_true(f->batch->events[0].at.us == received.us - 10000000);
    /* The event's own sentAt counts before the batch's; originalTimestamp is used as timestamp. */
    assert_true(parse(f, CN_CALL_BATCH,
                      "{\"sentAt\":\"2020-01-01T00:00:00Z\",\"batch\":[{\"type\":\"track\","
                      "\"event\":\"e\",\"userId\":\"u\",\"originalTimestamp\":"
                      "\"2026-11-21T18:59:50Z\",\"sentAt\":\"2026-11-21T18:59:51+00:00\"}]}"));
    assert_true(f->batch->events[0].at.us == received.us - 1000000);
    /* Without sentAt a timestamp is what it says. */
    assert_true(parse(f, CN_CALL_TRACK,
                      "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":"
                      "\"2026-11-21T12:00:00+02:00\"}"));
    assert_true(f->batch->events[0].at.us == received.us - 10 * 3600000000LL);
}

static void what_is_missing_rejects_the_event_alone(void **state)
{
    static const struct {
        enum cn_event_call call;
        const char *body;
        const char *pointer;
        const char *reason;
    } cases[] = {
        { CN_CALL_TRACK, "{\"userId\":\"u\"}", "/event", "event is missing" },
        { CN_CALL_TRACK, "{\"event\":\"e\"}", "/userId", "userId and anonymousId are missing" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"\"}", "/userId",
          "userId and anonymousId are missing" },
        { CN_CALL_TRACK, "{\"event\":\"\",\"userId\":\"u\"}", "/event", "event is missing" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":true}", "/userId", "userId is not text" },
        { CN_CALL_TRACK, "{\"event\":{},\"userId\":\"u\"}", "/event", "event is not text" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"a\\u0000b\"}", "/userId",
          "userId holds the character U+0000" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"properties\":[1]}", "/properties",
          "properties is not an object" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":\"soon\"}", "/timestamp",
          "timestamp is not a time" },
        { CN_CALL_IDENTIFY, "{\"userId\":\"u\",\"traits\":\"x\"}", "/traits",
          "traits is not an object" },
        { CN_CALL_GROUP, "{\"userId\":\"u\"}", "/groupId", "groupId is missing" },
        { CN_CALL_ALIAS, "{\"userId\":\"u\"}", "/previousId", "previousId is missing" },
        { CN_CALL_ALIAS, "{\"previousId\":\"u\",\"anonymousId\":\"a\"}", "/userId",
          "userId is missing" },
        { CN_CALL_BATCH, "{\"batch\":[{\"userId\":\"u\"}]}", "/batch/0/type", "type is missing" },
        { CN_CALL_BATCH, "{\"batch\":[{\"type\":\"sing\"}]}", "/batch/0/type",
          "type \"sing\" is unknown" },
        { CN_CALL_BATCH, "{\"batch\":[3]}", "/batch/0", "event is not an object" },
        { CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"n\":1e999}", "",
          "not json: number out of range at byte 30" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        assert_true(parse(f, cases[i].call, cases[i].body));
        assert_rejected(f, cases[i].pointer, cases[i].reason);
        assert_true(f->batch->rejections[0].excerpt.len > 0);
    }
}

static void absurd_times_are_rejected(void **state)
{
    struct fixture *f = *state;
    assert_true(
        parse(f, CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":\"1969-12-31\"}"));
    assert_rejected(f, "/timestamp", "timestamp is not a time");
    assert_true(
        parse(f, CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":\"2025-01-01\"}"));
    assert_rejected(f, "/timestamp", "timestamp is more than 400 days ago: intake.max_age");
    assert_true(
        parse(f, CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":\"2026-11-23\"}"));
    assert_rejected(f, "/timestamp", "timestamp is more than 1 day in the future: intake.future");
    assert_true(
        parse(f, CN_CALL_TRACK, "{\"event\":\"e\",\"userId\":\"u\",\"timestamp\":1795291100}"));
    assert_int_equal(f->batch->count, 1);
    assert_true(f->batch->events[0].at.us == received.us - 100000000);
}

static void one_bad_event_does_not_spoil_its_batch(void **state)
{
    struct fixture *f = *state;
    static const char body[] =
        "{\"sentAt\":\"2026-11-21T20:00:00Z\",\"batch\":["
        "{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},"
        "{\"type\":\"track\",\"event\":\"b\",\"userId\":\"u\",\"properties\":{\"n\":1e999}},"
        "{\"type\":\"track\",\"event\":\"c\",\"userId\":\"u\",\"properties\":{\"n\":"
        "1180591620717411303424}},"
        "{\"type\":\"track\",\"event\":\"d\xff\",\"userId\":\"u\"},"
        "{\"type\":\"track\",\"event\":\"\\ud800\",\"userId\":\"u\"},"
        "{\"type\":\"track\",\"event\":\"e \\\"]}\\\"\",\"userId\":\"u\"}"
        "],\"context\":{\"groupId\":\"g\"},\"writeKey\":\"wk\"}";
    assert_true(parse(f, CN_CALL_BATCH, body));
    assert_int_equal(f->batch->count, 2);
    assert_str(f->batch->events[0].name, "a");
    assert_str(f->batch->events[0].group_key, "g");
    assert_str(f->batch->events[1].name, "e \"]}\"");
    assert_str(f->batch->write_key, "wk");
    assert_int_equal(f->batch->rejection_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct cn_rejection *rejection = &f->batch->rejections[i];
        assert_int_equal(rejection->index, i + 1);
        assert_true(cn_str_starts_with(rejection->reason, CN_STR("not json: ")));
        assert_true(cn_utf8_valid(rejection->excerpt));
    }
    assert_str(f->batch->rejections[0].pointer, "/batch/1");
}

static void deep_nesting_is_rejected_alone(void **state)
{
    struct fixture *f = *state;
    struct cn_buf body;
    cn_buf_init(&body, BODY_MAX);
    cn_buf_add_str(&body,
                   CN_STR("{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},"
                          "{\"type\":\"track\",\"event\":\"b\",\"userId\":\"u\",\"x\":"));
    for (int i = 0; i < 100; i++) {
        cn_buf_add(&body, "[", 1);
    }
    for (int i = 0; i < 100; i++) {
        cn_buf_add(&body, "]", 1);
    }
    cn_buf_add_str(&body, CN_STR("}]}"));
    assert_true(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_default));
    assert_int_equal(f->batch->count, 1);
    assert_int_equal(f->batch->rejection_count, 1);
    cn_buf_clear(&body);
    for (int i = 0; i < 100000; i++) {
        cn_buf_add(&body, "[", 1);
    }
    assert_false(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_default));
    assert_int_equal(f->err.code, CN_MALFORMED);
    cn_buf_deinit(&body);
}

static void what_is_not_json_fails_with_its_place(void **state)
{
    static const struct {
        const char *body;
        int offset;
    } cases[] = {
        { "", 0 },
        { "{", 1 },
        { "{\"batch\":[1,]}", 12 },
        { "{\"batch\":[{\"a\":01}]}", 16 },
        { "{'batch':[]}", 1 },
        { "{\"batch\":[]} x", 13 },
        { "{\"batch\":[nul]}", 10 },
        { "{\"batch\":[\"\\x\"]}", 12 },
        { "[]", 0 },
        { "{}", 0 },
        { "{\"batch\":{}}", 0 },
        { "nope", 0 },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        assert_false(parse(f, CN_CALL_BATCH, cases[i].body));
        assert_int_equal(f->err.code, CN_MALFORMED);
        assert_int_equal(f->err.offset, cases[i].offset);
        assert_null(f->batch);
    }
}

static void limits_hold(void **state)
{
    struct fixture *f = *state;
    struct cn_buf body;
    cn_buf_init(&body, BODY_MAX);
    /* 2,501 events */
    cn_buf_add_str(&body, CN_STR("{\"batch\":["));
    for (int i = 0; i < 2501; i++) {
        cn_buf_printf(&body, "%s{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u%d\"}",
                      i > 0 ? "," : "", i);
    }
    cn_buf_add_str(&body, CN_STR("]}"));
    assert_true(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_strict));
    assert_int_equal(f->batch->count, 2500);
    assert_int_equal(f->batch->rejection_count, 1);
    assert_str(f->batch->rejections[0].reason, "batch has more than 2500 events");
    assert_true(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_default));
    assert_int_equal(f->batch->count, 2501);
    assert_int_equal(f->batch->rejection_count, 0);

    /* A 205 KB event is taken unless in strict mode. */
    cn_buf_clear(&body);
    cn_buf_add_str(&body,
                   CN_STR("{\"batch\":[{\"type\":\"track\",\"event\":\"big\",\"userId\":\"u\","
                          "\"properties\":{\"x\":\""));
    for (int i = 0; i < 205 * 1024 / 8; i++) {
        cn_buf_add(&body, "xxxxxxxx", 8);
    }
    cn_buf_add_str(&body,
                   CN_STR("\"}},{\"type\":\"track\",\"event\":\"small\",\"userId\":\"u\"}]}"));
    assert_true(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_default));
    assert_int_equal(f->batch->count, 2);
    assert_true(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &cn_event_limits_strict));
    assert_int_equal(f->batch->count, 1);
    assert_str(f->batch->events[0].name, "small");
    assert_true(cn_str_starts_with(f->batch->rejections[0].reason, CN_STR("event of 209")));

    struct cn_event_limits small = cn_event_limits_default;
    small.body_max_bytes = 1000;
    assert_false(parse_with(f, CN_CALL_BATCH, cn_buf_str(&body), &small));
    assert_int_equal(f->err.code, CN_TOO_LARGE);
    cn_buf_deinit(&body);

    /* A group without a user is taken unless in strict mode. */
    assert_true(
        parse_with(f, CN_CALL_GROUP, CN_STR("{\"groupId\":\"g\"}"), &cn_event_limits_strict));
    assert_rejected(f, "/userId", "userId and anonymousId are missing");
    assert_true(parse(f, CN_CALL_GROUP, "{\"groupId\":\"g\"}"));
    assert_int_equal(f->batch->count, 1);
}

static void ids_follow_from_source_and_message(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(f, CN_CALL_BATCH,
                      "{\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u\","
                      "\"messageId\":\"m\"},{\"type\":\"track\",\"event\":\"f\",\"userId\":\"v\","
                      "\"messageId\":\"m\"}]}"));
    cn_event_batch_set_source(f->batch, 5);
    const struct cn_event *events = f->batch->events;
    assert_memory_equal(&events[0].id, &events[1].id, sizeof(events[0].id));
    struct cn_hash128 other = cn_event_id(6, CN_STR("m"));
    assert_memory_not_equal(&events[0].id, &other, sizeof(other));
    assert_int_equal(events[0].source_id, 5);
}

/* ---- captured traffic ---- */

struct seen_types {
    int types[CN_EVENT_TYPES];
    int with_group;
    int with_email;
    int requests;
};

static void take_request(struct fixture *f, cn_str path, cn_str body, struct seen_types *seen)
{
    enum cn_event_call call;
    size_t slash = path.len;
    while (slash > 0 && path.ptr[slash - 1] != '/') {
        slash--;
    }
    assert_true(cn_event_call_parse(cn_str_slice(path, slash, path.len), &call));
    assert_true(parse_with(f, call, body, &cn_event_limits_strict));
    assert_int_equal(f->batch->rejection_count, 0);
    assert_true(f->batch->count > 0);
    seen->requests++;
    for (size_t i = 0; i < f->batch->count; i++) {
        const struct cn_event *event = &f->batch->events[i];
        seen->types[event->type]++;
        seen->with_group += event->group_key.len > 0;
        seen->with_email += event->email.len > 0;
        assert_true(event->subject > 0);
        assert_true(event->message_id.len >= 36);
        assert_true(event->payload.len == 0 || event->payload.ptr[0] == '{');
    }
}

static struct seen_types take_sample(struct fixture *f, const char *name)
{
    struct seen_types seen = { 0 };
    for (size_t i = 0; i < cn_samples_count; i++) {
        cn_json_value root;
        cn_str member;
        cn_json_value request;
        cn_json_value value;
        if (strcmp(cn_samples[i].name, name) != 0) {
            continue;
        }
        assert_true(cn_json_parse(f->json, cn_embedded_text(&cn_samples[i]), &root, &f->err));
        struct cn_json_walk requests = cn_json_walk_root(f->json, root);
        while (cn_json_walk_next(&requests, &member, &request)) {
            struct cn_json_walk members = cn_json_walk_into(&requests, request);
            cn_str path = CN_STR("");
            cn_str method = CN_STR("");
            while (cn_json_walk_next(&members, &member, &value)) {
                if (cn_str_equal(member, CN_STR("path"))) {
                    path = cn_json_get_str(value);
                } else if (cn_str_equal(member, CN_STR("method"))) {
                    method = cn_json_get_str(value);
                } else if (cn_str_equal(member, CN_STR("body")) &&
                           cn_str_equal(method, CN_STR("POST"))) {
                    take_request(f, path, cn_json_walk_raw(&members), &seen);
                }
            }
        }
    }
    assert_true(seen.requests > 0);
    return seen;
}

static void traffic_of_real_sdks_is_taken_whole(void **state)
{
    struct fixture *f = *state;
    struct seen_types node = take_sample(f, "segment-node-basic.json");
    for (int i = 0; i < CN_EVENT_TYPES; i++) {
        assert_true(node.types[i] > 0);
    }
    assert_true(node.with_group >= 2);
    assert_true(node.with_email >= 1);
    struct seen_types rudder = take_sample(f, "rudder-node-basic.json");
    assert_true(rudder.types[CN_EVENT_GROUP] == 1 && rudder.types[CN_EVENT_TRACK] >= 1);
    struct seen_types plain = take_sample(f, "rudder-node-basic-nogzip.json");
    assert_memory_equal(plain.types, rudder.types, sizeof(plain.types));
    struct seen_types customerio = take_sample(f, "customerio-cdp-node-basic.json");
    assert_true(customerio.types[CN_EVENT_ALIAS] == 1 && customerio.requests == 1);
    struct seen_types browser = take_sample(f, "analytics-next-browser-ok.json");
    assert_true(browser.types[CN_EVENT_PAGE] >= 1 && browser.types[CN_EVENT_SCREEN] >= 1);
    struct seen_types batched = take_sample(f, "analytics-next-browser-batch.json");
    assert_true(batched.types[CN_EVENT_TRACK] >= 1);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .parser = cn_event_parser_new(BODY_MAX),
                          .json = cn_json_parser_new(BODY_MAX) };
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cn_event_batch_release(f->batch);
    cn_event_parser_free(f->parser);
    cn_json_parser_free(f->json);
    return 0;
}

#define T(title, function) CN_TEST_WITH(title, function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("single calls are read", single_calls_are_read),
        T("numbers as keys keep their digits", numbers_as_keys_keep_their_digits),
        T("identify takes traits of the context", identify_takes_traits_of_the_context),
        T("batch-level members hold for every event", batch_level_members_hold_for_every_event),
        T("event time is corrected by the clock of the sender",
          event_time_is_corrected_by_the_clock_of_the_sender),
        T("what is missing rejects the event alone", what_is_missing_rejects_the_event_alone),
        T("reliability 13: absurd times are rejected", absurd_times_are_rejected),
        T("one bad event does not spoil its batch", one_bad_event_does_not_spoil_its_batch),
        T("reliability 19: deep nesting is rejected alone", deep_nesting_is_rejected_alone),
        T("what is not JSON fails with its place", what_is_not_json_fails_with_its_place),
        T("reliability 39: limits on body, event and batch hold", limits_hold),
        T("ids follow from source and message", ids_follow_from_source_and_message),
        T("traffic of real SDKs is taken whole", traffic_of_real_sdks_is_taken_whole),
    };
    return cmocka_run_group_tests_name("event_parse", tests, NULL, NULL);
}
