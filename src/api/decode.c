#include "api/decode.h"

#include <assert.h>

#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool cn_url_decode(struct cn_arena *arena, cn_str text, bool in_query, cn_str *text_out)
{
    char *out = cn_arena_array(arena, char, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            if (text.len - i < 3) {
                return false;
            }
            const int hi = hex_digit(text.ptr[i + 1]);
            const int lo = hex_digit(text.ptr[i + 2]);
            if (hi < 0 || lo < 0) {
                return false;
            }
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (c == '+' && in_query) {
            c = ' ';
        }
        if (c == '\0') {
            return false;
        }
        out[len++] = c;
    }
    *text_out = (cn_str){ out, len };
    return cn_utf8_valid(*text_out);
}

static const struct cn_field *find_field(const struct cn_fields *fields, cn_str name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (cn_str_equal(cn_str_of(fields->rows[i].name), name)) {
            return &fields->rows[i];
        }
    }
    return NULL;
}

bool cn_decode_path(struct cn_arena *arena, const struct cn_route_match *match,
                    const void **struct_out, struct cn_error *err)
{
    const struct cn_fields *fields = match->route->path_params;
    cn_str pattern = cn_str_of(match->route->path);
    cn_str part;
    cn_str text;
    size_t count = 0;
    struct cn_diagnostics problems;
    if (fields == NULL) {
        *struct_out = NULL;
        return true;
    }
    cn_diagnostics_init(&problems, arena);
    void *params = cn_arena_calloc(arena, 1, fields->size);
    while (cn_str_split(&pattern, '/', &part)) {
        if (!cn_str_starts_with(part, CN_STR("{"))) {
            continue;
        }
        const struct cn_field *field = find_field(fields, cn_str_slice(part, 1, part.len - 1));
        assert(field != NULL);
        if (!cn_url_decode(arena, match->params[count], false, &text) ||
            !cn_field_read_text(arena, field, text, params, &problems)) {
            const cn_str name = cn_str_of(field->name); /* account_id: no such account */
            const size_t tail = cn_str_ends_with(name, CN_STR("_id")) ? strlen("_id") : 0;
            return cn_fail(err, CN_NOT_FOUND, "there is no such %.*s",
                           CN_STR_ARG(cn_str_slice(name, 0, name.len - tail)));
        }
        count++;
    }
    *struct_out = params;
    return true;
}

static bool wrong_parameter(struct cn_diagnostics *problems, cn_str name, const char *what)
{
    char pointer[80] = "/";
    const size_t len = name.len < sizeof(pointer) - 2 ? name.len : sizeof(pointer) - 2;
    memcpy(pointer + 1, name.ptr, len);
    const cn_str shown = { pointer, len + 1 };
    const struct cn_place place = { .pointer = cn_utf8_valid(shown) ? shown : CN_STR("/") };
    return cn_diagnose(problems, &place, "%s", what);
}

static bool read_parameter(struct cn_arena *arena, const struct cn_fields *fields, cn_str pair,
                           void *params, uint64_t *seen, struct cn_diagnostics *problems)
{
    const char *equals = memchr(pair.ptr, '=', pair.len);
    const size_t at = equals != NULL ? (size_t)(equals - pair.ptr) : pair.len;
    cn_str name = cn_str_slice(pair, 0, at);
    cn_str text = cn_str_slice(pair, at + 1, pair.len);
    if (!cn_url_decode(arena, name, true, &name)) {
        return wrong_parameter(problems, CN_STR(""), "a name that is not encoded well");
    }
    const struct cn_field *field = fields != NULL ? find_field(fields, name) : NULL;
    if (field == NULL) {
        return wrong_parameter(problems, name, "unknown parameter");
    }
    const uint64_t bit = (uint64_t)1 << (field - fields->rows);
    if ((*seen & bit) != 0) {
        return wrong_parameter(problems, name, "given twice");
    }
    *seen |= bit;
    if (!cn_url_decode(arena, text, true, &text)) {
        return wrong_parameter(problems, name, "not encoded well, or not UTF-8");
    }
    return cn_field_read_text(arena, field, text, params, problems);
}

bool cn_decode_query(struct cn_arena *arena, const struct cn_fields *fields, cn_str query,
                     const void **struct_out, struct cn_diagnostics *problems, struct cn_error *err)
{
    void *params = fields != NULL ? cn_arena_calloc(arena, 1, fields->size) : NULL;
    uint64_t seen = 0;
    cn_str pair;
    bool ok = true;
    while (cn_str_split(&query, '&', &pair)) {
        if (pair.len > 0) {
            ok = read_parameter(arena, fields, pair, params, &seen, problems) && ok;
        }
    }
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        if ((fields->rows[i].may & CN_MAY_BE_ABSENT) == 0 && (seen & (uint64_t)1 << i) == 0) {
            ok = wrong_parameter(problems, cn_str_of(fields->rows[i].name), "missing");
        }
    }
    *struct_out = params;
    return ok || cn_fail(err, CN_MALFORMED, "a parameter of the address is wrong");
}

bool cn_decode_body(struct cn_arena *arena, struct cn_json_parser *parser,
                    const struct cn_fields *fields, cn_str body, const void **struct_out,
                    struct cn_diagnostics *problems, struct cn_error *err)
{
    cn_json_value root;
    void *out = cn_arena_calloc(arena, 1, fields->size);
    if (!cn_json_parse(parser, body, &root, err)) {
        return false;
    }
    if (!cn_json_read_struct(arena, fields, root, out, problems)) {
        return cn_diagnostics_none(problems, err);
    }
    *struct_out = out;
    return true;
}

bool cn_header_item(cn_str *rest, cn_str *item_out)
{
    cn_str item;
    while (cn_str_split(rest, ',', &item)) {
        cn_str params = item;
        cn_str name = CN_STR("");
        cn_str param;
        bool is_refused = false;
        (void)cn_str_split(&params, ';', &name); /* an empty item has an empty name */
        while (cn_str_split(&params, ';', &param)) {
            param = cn_str_trim(param);
            is_refused = is_refused || cn_str_equal_nocase(param, CN_STR("q=0")) ||
                         cn_str_equal_nocase(param, CN_STR("q=0.0"));
        }
        name = cn_str_trim(name);
        if (!is_refused && name.len > 0) {
            *item_out = name;
            return true;
        }
    }
    return false;
}

bool cn_accepts(cn_str accept, cn_str media_type)
{
    cn_str item;
    const char *slash = memchr(media_type.ptr, '/', media_type.len);
    assert(slash != NULL);
    if (accept.len == 0) {
        return true;
    }
    while (cn_header_item(&accept, &item)) {
        const size_t kind = (size_t)(slash - media_type.ptr) + 1;
        if (cn_str_equal(item, CN_STR("*/*")) || cn_str_equal_nocase(item, media_type) ||
            (item.len == kind + 1 && item.ptr[kind] == '*' &&
             cn_str_equal_nocase(cn_str_slice(item, 0, kind), cn_str_slice(media_type, 0, kind)))) {
            return true;
        }
    }
    return false;
}

bool cn_is_media_type(cn_str content_type, cn_str media_type)
{
    cn_str part = CN_STR("");
    (void)cn_str_split(&content_type, ';', &part); /* nothing there is an empty type */
    if (!cn_str_equal_nocase(cn_str_trim(part), media_type)) {
        return false;
    }
    while (cn_str_split(&content_type, ';', &part)) {
        part = cn_str_trim(part);
        if (part.len > 0 && !cn_str_equal_nocase(part, CN_STR("charset=utf-8")) &&
            !cn_str_equal_nocase(part, CN_STR("charset=\"utf-8\""))) {
            return false;
        }
    }
    return true;
}

bool cn_parse_etag(cn_str text, int64_t *version_out)
{
    return text.len > 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"' &&
           cn_parse_i64(cn_str_slice(text, 1, text.len - 1), version_out) && *version_out > 0;
}

bool cn_cookie(cn_str header, cn_str name, cn_str *value_out)
{
    cn_str pair;
    while (cn_str_split(&header, ';', &pair)) {
        pair = cn_str_trim(pair);
        if (pair.len > name.len && cn_str_starts_with(pair, name) && pair.ptr[name.len] == '=') {
            *value_out = cn_str_slice(pair, name.len + 1, pair.len);
            return true;
        }
    }
    return false;
}

bool cn_is_own_origin(cn_str origin, cn_str host, cn_str public_url)
{
    static const cn_str schemes[] = { { "http://", 7 }, { "https://", 8 } };
    if (public_url.len > 0) {
        const bool has_slash = cn_str_ends_with(public_url, CN_STR("/"));
        if (cn_str_equal_nocase(
                origin, cn_str_slice(public_url, 0, public_url.len - (has_slash ? 1 : 0)))) {
            return true;
        }
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(schemes); i++) {
        if (cn_str_starts_with(origin, schemes[i]) && host.len > 0 &&
            cn_str_equal_nocase(cn_str_slice(origin, schemes[i].len, origin.len), host)) {
            return true;
        }
    }
    return false;
}
