#include "base/str.h"

#include <string.h>

cn_str cn_str_of(const char *text)
{
    return text != NULL ? (cn_str){ text, strlen(text) } : CN_STR("");
}

bool cn_str_equal(cn_str a, cn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c + ('a' - 'A'));
    }
    return c;
}

bool cn_str_equal_nocase(cn_str a, cn_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int cn_str_compare(cn_str a, cn_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool cn_str_starts_with(cn_str text, cn_str prefix)
{
    return cn_str_equal(cn_str_slice(text, 0, prefix.len), prefix);
}

bool cn_str_ends_with(cn_str text, cn_str suffix)
{
    return text.len >= suffix.len &&
           cn_str_equal(cn_str_slice(text, text.len - suffix.len, text.len), suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

cn_str cn_str_trim(cn_str text)
{
    size_t from = 0;
    size_t to = text.len;
    while (from < to && is_blank(text.ptr[from])) {
        from++;
    }
    while (to > from && is_blank(text.ptr[to - 1])) {
        to--;
    }
    return cn_str_slice(text, from, to);
}

cn_str cn_str_slice(cn_str text, size_t from, size_t to)
{
    if (to > text.len) {
        to = text.len;
    }
    if (from > to) {
        from = to;
    }
    return (cn_str){ from > 0 ? text.ptr + from : text.ptr, to - from };
}

bool cn_str_split(cn_str *rest, char separator, cn_str *piece_out)
{
    if (rest->len == 0) {
        return false;
    }
    const char *at = memchr(rest->ptr, separator, rest->len);
    if (at == NULL) {
        *piece_out = *rest;
        *rest = (cn_str){ rest->ptr + rest->len, 0 };
    } else {
        size_t len = (size_t)(at - rest->ptr);
        *piece_out = (cn_str){ rest->ptr, len };
        *rest = (cn_str){ at + 1, rest->len - len - 1 };
    }
    return true;
}

bool cn_str_equal_secret(cn_str a, cn_str b)
{
    unsigned differs = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        differs |= (unsigned)(unsigned char)(a.ptr[i] ^ b.ptr[i]);
    }
    return differs == 0;
}

enum {
    DISTANCE_MAX_BYTES = 64, /* longer names are never suggested */
    NEAR_DISTANCE_MAX = 3
};

size_t cn_str_distance(cn_str a, cn_str b, size_t limit)
{
    if (a.len > DISTANCE_MAX_BYTES || b.len > DISTANCE_MAX_BYTES) {
        return cn_str_equal(a, b) ? 0 : limit + 1;
    }
    size_t row[DISTANCE_MAX_BYTES + 1];
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[b.len] <= limit ? row[b.len] : limit + 1;
}

cn_str cn_str_nearest(cn_str text, const cn_str *names, size_t count)
{
    size_t limit = text.len / 3 < NEAR_DISTANCE_MAX ? text.len / 3 : NEAR_DISTANCE_MAX;
    size_t best = limit + 1;
    cn_str nearest = CN_STR("");
    for (size_t i = 0; i < count; i++) {
        size_t distance = cn_str_distance(text, names[i], limit);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
