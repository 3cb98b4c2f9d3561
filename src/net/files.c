#include "net/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"

#include "net/coding.h"

struct file {
    cn_str text;
    cn_str gzipped; /* "" if there is no such file */
    const char *type;
    char etag[20];
    bool is_page;
    bool is_immutable;
};

struct cn_http_files {
    struct cn_str_map names; /* -> index of files */
    struct file *files;
};

static const struct {
    cn_str suffix;
    const char *type;
} types[] = {
    { CN_STR(".html"), "text/html; charset=utf-8" },
    { CN_STR(".js"), "text/javascript; charset=utf-8" },
    { CN_STR(".css"), "text/css; charset=utf-8" },
    { CN_STR(".json"), "application/json" },
    { CN_STR(".map"), "application/json" },
    { CN_STR(".webmanifest"), "application/manifest+json" },
    { CN_STR(".svg"), "image/svg+xml" },
    { CN_STR(".png"), "image/png" },
    { CN_STR(".ico"), "image/x-icon" },
    { CN_STR(".woff2"), "font/woff2" },
    { CN_STR(".txt"), "text/plain; charset=utf-8" },
};

static const char *type_of(cn_str name)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(types); i++) {
        if (cn_str_ends_with(name, types[i].suffix)) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static void fill(struct file *file, cn_str name, cn_str text)
{
    file->text = text;
    file->type = type_of(name);
    file->is_page = cn_str_ends_with(name, CN_STR(".html"));
    file->is_immutable = cn_str_starts_with(name, CN_STR("assets/"));
    (void)snprintf(file->etag, sizeof(file->etag), "\"%016llx\"",
                   (unsigned long long)cn_hash64(text));
}

struct cn_http_files *cn_http_files_new(const struct cn_embedded_file *files, size_t count)
{
    struct cn_http_files *set = cn_heap_resize(NULL, sizeof(*set));
    bool was_new = false;
    *set = (struct cn_http_files){ 0 };
    cn_str_map_init(&set->names);
    set->files = cn_heap_resize(NULL, (count + 1) * sizeof(set->files[0]));
    memset(set->files, 0, (count + 1) * sizeof(set->files[0]));
    for (size_t i = 0; i < count; i++) {
        cn_str name = cn_str_of(files[i].name);
        *cn_str_map_put(&set->names, name, &was_new) = i;
        fill(&set->files[i], name, cn_embedded_text(&files[i]));
    }
    for (size_t i = 0; i < count; i++) {
        cn_str name = cn_str_of(files[i].name);
        if (cn_str_ends_with(name, CN_STR(".gz"))) {
            const uint64_t *plain =
                cn_str_map_get(&set->names, cn_str_slice(name, 0, name.len - 3));
            if (plain != NULL) {
                set->files[*plain].gzipped = set->files[i].text;
            }
        }
    }
    return set;
}

void cn_http_files_free(struct cn_http_files *files)
{
    if (files != NULL) {
        cn_str_map_deinit(&files->names);
        free(files->files);
        free(files);
    }
}

void cn_http_add_page_headers(struct cn_http_exchange *exchange)
{
    /* The web app sets styles of elements by script, which a policy does not restrict; style
     * elements and attributes, and scripts, only come from files of ours. */
    cn_http_add_header(exchange, "content-security-policy",
                       CN_STR("default-src 'none'; script-src 'self'; style-src 'self'; "
                              "img-src 'self'; font-src 'self'; connect-src 'self'; "
                              "manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
                              "form-action 'self'; frame-ancestors 'none'"));
    cn_http_add_header(exchange, "referrer-policy", CN_STR("no-referrer"));
    cn_http_add_header(exchange, "x-frame-options", CN_STR("DENY"));
    cn_http_add_header(exchange, "cross-origin-opener-policy", CN_STR("same-origin"));
    cn_http_add_header(exchange, "permissions-policy",
                       CN_STR("camera=(), microphone=(), geolocation=()"));
}

bool cn_http_files_serve(const struct cn_http_files *files, struct cn_http_exchange *exchange,
                         cn_str path)
{
    cn_str name = cn_str_starts_with(path, CN_STR("/")) ? cn_str_slice(path, 1, path.len) : path;
    const uint64_t *index =
        cn_str_map_get(&files->names, name.len > 0 ? name : CN_STR("index.html"));
    cn_str seen;
    if (index == NULL) {
        return false;
    }
    const struct file *file = &files->files[*index];
    cn_http_add_header(exchange, "etag", cn_str_of(file->etag));
    cn_http_add_header(exchange, "cache-control",
                       file->is_immutable ? CN_STR("public, max-age=31536000, immutable")
                                          : CN_STR("no-cache"));
    if (cn_http_header(exchange, "if-none-match", &seen) &&
        cn_str_equal(seen, cn_str_of(file->etag))) {
        cn_http_reply_text(exchange, 304, CN_STR(""));
        return true;
    }
    cn_http_add_header(exchange, "content-type", cn_str_of(file->type));
    if (file->is_page) {
        cn_http_add_page_headers(exchange);
    }
    if (file->gzipped.len == 0) {
        cn_http_reply_text(exchange, 200, file->text);
        return true;
    }
    cn_http_add_header(exchange, "vary", CN_STR("accept-encoding"));
    if (cn_http_takes_gzip(exchange)) {
        cn_http_add_header(exchange, "content-encoding", CN_STR("gzip"));
        cn_http_reply_text(exchange, 200, file->gzipped);
    } else {
        cn_http_reply_text(exchange, 200, file->text);
    }
    return true;
}
