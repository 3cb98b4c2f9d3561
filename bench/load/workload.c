#include "bench/load/workload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/random.h"
#include "base/str.h"
#include "base/time.h"

enum {
    REQUEST_MAX_BYTES = 8 * 1024 * 1024,
    RENDERED_EVENTS = 40000, /* of a run; request n has the events of request n mod count */
    REQUESTS_MAX = 20000
};

static const char *const event_names[] = { "Signed In",      "Report Opened", "Report Shared",
                                           "Dashboard Seen", "Export Run",    "Filter Saved",
                                           "Invite Sent",    "Search Run" };

static void encode_base64(struct cn_buf *out, cn_str text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < text.len; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (i + k < text.len ? (unsigned char)text.ptr[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            const char *digit = i + k > text.len ? "=" : &digits[bits >> (18 - 6 * k) & 63];
            cn_buf_add(out, digit, 1);
        }
    }
}

/* Events of users whose account has to be concluded from what is known of the user. */
static void add_loose_user(struct cn_buf *body, const struct cn_load_plan *plan, struct cn_rng *rng,
                           uint64_t user)
{
    static const char *const keys[] = { "userId\":\"user", "anonymousId\":\"anonymous",
                                        "userId\":\"former" };
    int64_t last = plan->alias_per_cent > 0 ? 2 : 1;
    cn_buf_printf(body, "\"%s-%" PRIu64 "\"", keys[cn_rng_between(rng, 0, last)], user);
}

static void add_track(struct cn_buf *body, const struct cn_load_plan *plan, struct cn_rng *rng,
                      uint64_t user, uint64_t account)
{
    size_t name = cn_rng_next(rng) % CN_ARRAY_LEN(event_names);
    cn_buf_printf(body,
                  "\"type\":\"track\",\"event\":\"%s\",\"properties\":{\"duration\":%" PRIi64
                  ",\"feature\":\"feature-%" PRIi64 "\"},",
                  event_names[name], cn_rng_between(rng, 1, 900), cn_rng_between(rng, 1, 40));
    if (cn_rng_between(rng, 0, 99) < plan->loose_per_cent) {
        add_loose_user(body, plan, rng, user);
        return;
    }
    cn_buf_printf(
        body, "\"userId\":\"user-%" PRIu64 "\",\"context\":{\"groupId\":\"account-%" PRIu64 "\"}",
        user, account);
}

static void add_event(struct cn_buf *body, const struct cn_load_plan *plan, struct cn_rng *rng,
                      const char *at, size_t *id_at)
{
    uint64_t account = cn_rng_next(rng) % plan->accounts;
    uint64_t user = account * plan->users + cn_rng_next(rng) % plan->users;
    int64_t kind = cn_rng_between(rng, 0, 99);
    char late[CN_TIME_TEXT_BYTES];

    if (plan->late_per_cent > 0 && cn_rng_between(rng, 0, 99) < plan->late_per_cent) {
        int64_t days = 10 * cn_rng_between(rng, 1, CN_LOAD_LATE_DAYS / 10);
        cn_time_format((cn_time){ plan->at.us - days * 86400 * 1000000 }, late);
        at = late;
    }
    cn_buf_printf(body, "{\"messageId\":\"load-%.*s-", CN_STR_ARG(plan->run));
    *id_at = body->len;
    cn_buf_printf(body, "%016x\",\"timestamp\":\"%s\",", 0U, at);
    if (kind < plan->identify_per_cent) {
        cn_buf_printf(body,
                      "\"type\":\"identify\",\"userId\":\"user-%" PRIu64
                      "\",\"anonymousId\":\"anonymous-%" PRIu64
                      "\",\"traits\":{\"email\":\"user-%" PRIu64 "@account-%" PRIu64
                      ".example\",\"plan\":\"team\"}",
                      user, user, user, account);
    } else if (kind < plan->identify_per_cent + plan->group_per_cent) {
        uint64_t moved = (account + cn_rng_next(rng) % 3) % plan->accounts;
        cn_buf_printf(body,
                      "\"type\":\"group\",\"userId\":\"user-%" PRIu64
                      "\",\"groupId\":\"account-%" PRIu64
                      "\",\"traits\":{\"name\":\"Account %" PRIu64 "\",\"seats\":%" PRIi64 "}",
                      user, moved, moved, cn_rng_between(rng, 5, 500));
    } else if (kind < plan->identify_per_cent + plan->group_per_cent + plan->alias_per_cent) {
        cn_buf_printf(body,
                      "\"type\":\"alias\",\"userId\":\"user-%" PRIu64
                      "\",\"previousId\":\"former-%" PRIu64 "\"",
                      user, user);
    } else {
        add_track(body, plan, rng, user, account);
    }
    cn_buf_add(body, "}", 1);
}

/* Head and body go into one text; the ids' places are moved behind the head. */
static void render(struct cn_load_request *request, const struct cn_load_plan *plan,
                   struct cn_rng *rng, const char *at)
{
    char sent[CN_TIME_TEXT_BYTES];
    struct cn_buf body;
    struct cn_buf whole;
    cn_buf_init(&body, REQUEST_MAX_BYTES);
    cn_buf_init(&whole, REQUEST_MAX_BYTES);
    request->id_at = cn_heap_resize(NULL, plan->batch * sizeof(*request->id_at));

    cn_buf_add_str(&body, cn_str_of("{\"batch\":["));
    for (size_t i = 0; i < plan->batch; i++) {
        if (i > 0) {
            cn_buf_add(&body, ",", 1);
        }
        add_event(&body, plan, rng, at, &request->id_at[i]);
    }
    /* Now, whenever the events happened: they would else be taken for those of a wrong clock. */
    cn_time_format(plan->sent, sent);
    cn_buf_printf(&body, "],\"sentAt\":\"%s\"}", sent);

    cn_buf_printf(&whole, "POST %.*s HTTP/1.1\r\nHost: %.*s\r\n", CN_STR_ARG(plan->path),
                  CN_STR_ARG(plan->host));
    cn_buf_add_str(&whole, cn_str_of("Content-Type: application/json\r\nAuthorization: Basic "));
    struct cn_buf login;
    cn_buf_init(&login, 1024);
    cn_buf_printf(&login, "%.*s:", CN_STR_ARG(plan->write_key));
    encode_base64(&whole, cn_buf_str(&login));
    cn_buf_deinit(&login);
    cn_buf_printf(&whole, "\r\nContent-Length: %zu\r\n\r\n", body.len);
    size_t head = whole.len;
    cn_buf_add_str(&whole, cn_buf_str(&body));
    assert(!whole.overflowed);
    for (size_t i = 0; i < plan->batch; i++) {
        request->id_at[i] += head;
    }
    request->bytes = whole.data; /* taken */
    request->len = whole.len;
    cn_buf_deinit(&body);
}

static void measure(struct cn_load_workload *workload)
{
    for (size_t i = 0; i < workload->count; i++) {
        if (workload->requests[i].len > workload->max_len) {
            workload->max_len = workload->requests[i].len;
        }
    }
}

void cn_load_workload_init(struct cn_load_workload *workload, const struct cn_load_plan *plan)
{
    struct cn_rng rng = { plan->seed };
    char at[CN_TIME_TEXT_BYTES];
    cn_time_format(plan->at, at);
    size_t count = RENDERED_EVENTS / plan->batch + 1;
    *workload = (struct cn_load_workload){ .batch = plan->batch,
                                           .random_ids = plan->random_ids,
                                           .count = count < REQUESTS_MAX ? count : REQUESTS_MAX };
    workload->requests = cn_heap_resize(NULL, workload->count * sizeof(*workload->requests));
    for (size_t i = 0; i < workload->count; i++) {
        render(&workload->requests[i], plan, &rng, at);
    }
    measure(workload);
}

void cn_load_workload_init_gets(struct cn_load_workload *workload, cn_str host, cn_str paths,
                                cn_str header)
{
    *workload = (struct cn_load_workload){ .batch = 1 };
    cn_str path;
    while (cn_str_split(&paths, '\n', &path)) {
        if (path.len == 0 || workload->count == REQUESTS_MAX) {
            continue;
        }
        struct cn_buf text;
        cn_buf_init(&text, REQUEST_MAX_BYTES);
        cn_buf_add_str(&text, cn_str_of("GET "));
        cn_buf_add_str(&text, path);
        cn_buf_printf(&text, " HTTP/1.1\r\nHost: %.*s\r\n", CN_STR_ARG(host));
        if (header.len > 0) {
            cn_buf_add_str(&text, header);
            cn_buf_add(&text, "\r\n", 2);
        }
        cn_buf_add(&text, "\r\n", 2);
        workload->requests =
            cn_heap_resize(workload->requests, (workload->count + 1) * sizeof(*workload->requests));
        workload->requests[workload->count++] =
            (struct cn_load_request){ .bytes = text.data, .len = text.len };
    }
    measure(workload);
}

void cn_load_workload_deinit(struct cn_load_workload *workload)
{
    for (size_t i = 0; i < workload->count; i++) {
        free(workload->requests[i].bytes);
        free(workload->requests[i].id_at);
    }
    free(workload->requests);
    *workload = (struct cn_load_workload){ 0 };
}

/* A one-to-one map (the last steps of SplitMix64), so that scattered ids are still unique. */
static uint64_t scatter(uint64_t n)
{
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9U;
    n = (n ^ n >> 27) * 0x94d049bb133111ebU;
    return n ^ n >> 31;
}

size_t cn_load_render(const struct cn_load_workload *workload, uint64_t number, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const struct cn_load_request *request = &workload->requests[number % workload->count];
    memcpy(out, request->bytes, request->len);
    for (size_t i = 0; request->id_at != NULL && i < workload->batch; i++) {
        uint64_t sequence = number * workload->batch + i;
        sequence = workload->random_ids ? scatter(sequence) : sequence;
        char *last = out + request->id_at[i] + CN_LOAD_ID_DIGITS - 1;
        for (size_t k = 0; k < CN_LOAD_ID_DIGITS; k++) {
            *last-- = digits[sequence & 15];
            sequence >>= 4;
        }
    }
    return request->len;
}
