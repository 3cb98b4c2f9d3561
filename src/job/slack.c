#include "job/slack.h"

#include <string.h>

#include "base/str.h"

#include "json/reader.h"
#include "json/writer.h"

enum {
    BODY_MAX_BYTES = 256 * 1024,
    ANSWER_MAX_BYTES = 16 * 1024,
    REASON_MAX_BYTES = 100,
};

static void key(struct cn_json_writer *out, const char *name)
{
    cn_json_key(out, cn_str_of(name));
}

static bool write_body(const struct cn_slack_message *message, struct cn_buf *buf,
                       struct cn_error *err)
{
    struct cn_json_writer out;
    cn_str unused;
    cn_json_writer_init(&out, buf);
    cn_json_object_begin(&out);
    key(&out, "text");
    cn_json_str(&out, message->text);
    key(&out, "blocks");
    cn_json_raw(&out, message->blocks);
    if (message->to.len > 0) {
        key(&out, "channel");
        cn_json_str(&out, message->to);
        key(&out, "unfurl_links");
        cn_json_bool(&out, false);
        key(&out, "metadata");
        cn_json_object_begin(&out);
        key(&out, "event_type");
        cn_json_str(&out, CN_STR("cairn_message"));
        key(&out, "event_payload");
        cn_json_object_begin(&out);
        key(&out, "id");
        cn_json_str(&out, message->id);
        cn_json_object_end(&out);
        cn_json_object_end(&out);
    }
    cn_json_object_end(&out);
    return cn_json_finish(&out, &unused, err);
}

/* The word that Slack gives as the reason, as far as it is one. */
static const char *reason_of(struct cn_arena *arena, cn_str text)
{
    cn_str word = cn_str_trim(text);
    size_t len = 0;
    while (len < word.len && len < REASON_MAX_BYTES &&
           ((word.ptr[len] >= 'a' && word.ptr[len] <= 'z') || word.ptr[len] == '_')) {
        len++;
    }
    return len > 0 ? cn_arena_str(arena, cn_str_slice(word, 0, len)).ptr : "no reason given";
}

/* {"ok":false,"error":"..."}: *reason_out is NULL if it is ok. */
static bool read_answer(struct cn_arena *arena, cn_str body, const char **reason_out,
                        struct cn_error *err)
{
    struct cn_json_parser *parser = cn_json_parser_new(ANSWER_MAX_BYTES);
    struct cn_json_iter iter;
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    bool is_ok = false;
    const char *reason = "no reason given";
    bool ok = cn_json_parse(parser, body, &root, err) && cn_json_kind(root) == CN_JSON_OBJECT;
    if (ok) {
        iter = cn_json_iterate(root);
        while (cn_json_next(&iter, &name, &value)) {
            if (cn_str_equal(name, CN_STR("ok")) && cn_json_kind(value) == CN_JSON_BOOL) {
                is_ok = cn_json_get_bool(value);
            } else if (cn_str_equal(name, CN_STR("error")) && cn_json_kind(value) == CN_JSON_STR) {
                reason = reason_of(arena, cn_json_get_str(value));
            }
        }
        *reason_out = is_ok ? NULL : reason;
    }
    cn_json_parser_free(parser);
    return ok || cn_fail(err, CN_UNAVAILABLE, "Slack answered something else than JSON");
}

/* Those pass, or end when somebody puts the settings right. */
static bool is_passing(const char *reason)
{
    static const char *const passing[] = {
        "ratelimited",     "rate_limited",        "internal_error",    "fatal_error",
        "request_timeout", "service_unavailable", "team_added_to_org", "invalid_auth",
        "not_authed",      "token_revoked",       "token_expired",     "account_inactive",
        "missing_scope",   "no reason given",
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(passing); i++) {
        if (strcmp(passing[i], reason) == 0) {
            return true;
        }
    }
    return false;
}

static bool judge_api(struct cn_arena *arena, cn_str body, struct cn_error *err)
{
    const char *reason = NULL;
    if (!read_answer(arena, body, &reason, err)) {
        return false;
    }
    return reason == NULL || cn_fail(err, is_passing(reason) ? CN_UNAVAILABLE : CN_INVALID,
                                     "Slack refuses: %s", reason);
}

static bool judge(struct cn_arena *arena, int status, cn_str body, bool is_api,
                  struct cn_error *err)
{
    if (status == 429) {
        return cn_fail(err, CN_TOO_MANY, "Slack answers 429: too many messages");
    }
    if (status >= 500) {
        return cn_fail(err, CN_UNAVAILABLE, "Slack answers %d", status);
    }
    if (status < 200 || status >= 300) {
        return cn_fail(err, CN_INVALID, "Slack answers %d: %s", status, reason_of(arena, body));
    }
    return !is_api || judge_api(arena, body, err);
}

bool cn_slack_send(struct cn_http_client *client, const struct cn_slack *slack,
                   struct cn_arena *arena, const struct cn_slack_message *message,
                   int64_t *wait_s_out, struct cn_error *err)
{
    bool is_api = message->to.len > 0;
    const char *headers[2] = { "Content-Type: application/json; charset=utf-8" };
    struct cn_buf text;
    struct cn_buf body;
    struct cn_buf answer;
    int status = 0;
    *wait_s_out = 0;
    cn_buf_init(&text, 8192);
    cn_buf_init(&body, BODY_MAX_BYTES);
    cn_buf_init(&answer, ANSWER_MAX_BYTES);
    cn_buf_add_str(&text, CN_STR("Authorization: Bearer "));
    cn_buf_add_str(&text, slack->bot_token);
    headers[1] = cn_arena_str(arena, cn_buf_str(&text)).ptr;
    cn_buf_clear(&text);
    cn_buf_add_str(&text, is_api ? slack->api_url : slack->webhook_url);
    cn_buf_add_str(&text, is_api ? CN_STR("/chat.postMessage") : CN_STR(""));
    bool ok = write_body(message, &body, err);
    if (ok) {
        const struct cn_http_call call = {
            .method = "POST",
            .url = cn_arena_str(arena, cn_buf_str(&text)).ptr,
            .headers = headers,
            .header_count = is_api ? 2 : 1,
            .body = cn_buf_str(&body),
            .timeout_ms = slack->timeout_ms,
            .allows_private = slack->allows_private,
            .ca_file = slack->ca_file,
        };
        ok = cn_http_client_call(client, &call, &status, &answer, err);
    }
    if (ok) {
        int64_t wait_s = cn_http_client_retry_after(client);
        *wait_s_out = status == 429 && wait_s == 0 ? 1 : wait_s;
        ok = judge(arena, status, cn_buf_str(&answer), is_api, err);
    }
    cn_buf_deinit(&text);
    cn_buf_deinit(&body);
    cn_buf_deinit(&answer);
    return ok;
}
