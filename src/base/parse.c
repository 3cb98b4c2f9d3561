#include "base/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool cn_parse_i64(cn_str text, int64_t *value_out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    int64_t value = 0; /* kept negative, because INT64_MIN has no positive twin */
    if (text.len == (negative ? 1 : 0)) {
        return false;
    }
    for (size_t i = negative ? 1 : 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, c - '0', &value)) {
            return false;
        }
    }
    if (!negative && __builtin_sub_overflow(0, value, &value)) {
        return false;
    }
    *value_out = value;
    return true;
}

static size_t skip_digits(cn_str text, size_t at)
{
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
        at++;
    }
    return at;
}

/* -? digits (. digits)? ([eE] [+-]? digits)?  and nothing else */
static bool is_number(cn_str text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    size_t end = skip_digits(text, at);
    if (end == at) {
        return false;
    }
    at = end;
    if (at < text.len && text.ptr[at] == '.') {
        end = skip_digits(text, at + 1);
        if (end == at + 1) {
            return false;
        }
        at = end;
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-')) {
            at++;
        }
        end = skip_digits(text, at);
        if (end == at) {
            return false;
        }
        at = end;
    }
    return at == text.len;
}

enum {
    NUMBER_MAX_BYTES = 400 /* a double needs at most 17 digits; 1 followed by 300 zeros is legal */
};

bool cn_parse_f64(cn_str text, double *value_out)
{
    char copy[NUMBER_MAX_BYTES];
    if (text.len >= sizeof(copy) || !is_number(text)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    double value = strtod(copy, NULL); /* is_number() has seen all of it; the locale is always C */
    if (!isfinite(value)) {
        return false;
    }
    *value_out = value;
    return true;
}

bool cn_parse_duration_ms(cn_str text, int64_t *value_out)
{
    static const struct {
        cn_str suffix;
        int64_t ms;
    } units[] = {
        /* "ms" before "s" and "m": the first suffix that fits counts */
        { { "ms", 2 }, 1 },      { { "s", 1 }, 1000 },     { { "m", 1 }, 60000 },
        { { "h", 1 }, 3600000 }, { { "d", 1 }, 86400000 },
    };
    if (cn_str_equal(text, CN_STR("0"))) {
        *value_out = 0;
        return true;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(units); i++) {
        if (cn_str_ends_with(text, units[i].suffix)) {
            int64_t value = 0;
            if (!cn_parse_i64(cn_str_slice(text, 0, text.len - units[i].suffix.len), &value) ||
                __builtin_mul_overflow(value, units[i].ms, &value)) {
                return false;
            }
            *value_out = value;
            return true;
        }
    }
    return false;
}
