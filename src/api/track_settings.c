#include "api/track_settings.h"

#include <string.h>

#include "base/str.h"

#include "json/writer.h"

static void write_settings(struct cn_json_writer *out, cn_str key, cn_str host, cn_str protocol)
{
    static const char rest[] = "{\"track\":{\"__default\":{\"enabled\":true,\"integrations\":{}}}}";
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("integrations"));
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("Segment.io"));
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("apiKey"));
    cn_json_str(out, key);
    cn_json_key(out, CN_STR("apiHost"));
    cn_json_str(out, host);
    cn_json_key(out, CN_STR("protocol"));
    cn_json_str(out, protocol);
    cn_json_object_end(out);
    cn_json_object_end(out);
    cn_json_key(out, CN_STR("plan"));
    cn_json_raw(out, cn_str_of(rest));
    cn_json_key(out, CN_STR("edgeFunction"));
    cn_json_raw(out, CN_STR("{}"));
    cn_json_key(out, CN_STR("analyticsNextEnabled"));
    cn_json_bool(out, true);
    cn_json_key(out, CN_STR("middlewareSettings"));
    cn_json_raw(out, CN_STR("{}"));
    cn_json_key(out, CN_STR("enabledMiddleware"));
    cn_json_raw(out, CN_STR("{}"));
    cn_json_key(out, CN_STR("metrics"));
    cn_json_raw(out, CN_STR("{\"sampleRate\":0}"));
    cn_json_key(out, CN_STR("legacyVideoPluginsEnabled"));
    cn_json_bool(out, false);
    cn_json_key(out, CN_STR("remotePlugins"));
    cn_json_raw(out, CN_STR("[]"));
    cn_json_object_end(out);
}

/* Where browsers reach us: "host/v1", and by what. */
static cn_str api_host(cn_str url, struct cn_http_exchange *exchange, cn_str *protocol_out)
{
    cn_str host = CN_STR("localhost");
    struct cn_buf text;
    *protocol_out = CN_STR("http");
    if (url.len > 0) {
        const char *slashes = memmem(url.ptr, url.len, "://", 3);
        const size_t at = slashes != NULL ? (size_t)(slashes - url.ptr) : 0;
        *protocol_out = slashes != NULL ? cn_str_slice(url, 0, at) : CN_STR("https");
        host = cn_str_slice(url, slashes != NULL ? at + 3 : 0, url.len);
        host = cn_str_ends_with(host, CN_STR("/")) ? cn_str_slice(host, 0, host.len - 1) : host;
    } else {
        (void)cn_http_header(exchange, "host", &host); /* only HTTP/1.0 lacks it */
    }
    cn_buf_init(&text, 1024);
    cn_buf_add_str(&text, host);
    cn_buf_add_str(&text, CN_STR("/v1"));
    cn_str result = cn_arena_str(cn_http_arena(exchange), cn_buf_str(&text));
    cn_buf_deinit(&text);
    return result;
}

bool cn_track_settings(cn_str public_url, struct cn_http_exchange *exchange, cn_str key,
                       struct cn_buf *buf, cn_str *json_out, struct cn_error *err)
{
    struct cn_json_writer out;
    cn_str protocol;
    cn_str host = api_host(public_url, exchange, &protocol);
    cn_json_writer_init(&out, buf);
    write_settings(&out, key, host, protocol);
    return cn_json_finish(&out, json_out, err);
}
