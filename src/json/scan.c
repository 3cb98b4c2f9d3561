#include "json/scan.h"

#include <string.h>

#include "base/parse.h"
#include "base/utf8.h"

#include "json/reader.h"

struct scan {
    cn_str text;
    size_t at;
    size_t depth;
    uint64_t in_object[CN_JSON_SCAN_DEPTH_MAX / 64]; /* a bit for each level */
    struct cn_json_fault result;
};

/* The first bad value; the scan goes on, since its grammar may turn out to be wrong as well. */
static void note_bad(struct scan *scan, size_t offset, const char *problem)
{
    if (scan->result.verdict == CN_JSON_IS_GOOD) {
        scan->result =
            (struct cn_json_fault){ .verdict = CN_JSON_HAS_BAD, offset, .problem = problem };
    }
}

static bool wrong(struct scan *scan, const char *problem)
{
    scan->result =
        (struct cn_json_fault){ .verdict = CN_JSON_IS_NOT, scan->at, .problem = problem };
    return false;
}

static char peek(const struct scan *scan)
{
    if (scan->at >= scan->text.len) {
        return '\0';
    }
    return scan->text.ptr[scan->at];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->text.len && strchr(" \t\r\n", scan->text.ptr[scan->at]) != NULL &&
           scan->text.ptr[scan->at] != '\0') {
        scan->at++;
    }
}

static bool digits(struct scan *scan)
{
    if (!is_digit(peek(scan))) {
        return wrong(scan, "digit expected");
    }
    while (is_digit(peek(scan))) {
        scan->at++;
    }
    return true;
}

/* Integers go to 2^64 - 1, other numbers as far as a double. */
static bool number_fits(cn_str number, bool is_integer)
{
    static const char most[] = "18446744073709551615";
    static const char least[] = "9223372036854775808";
    double ignored;
    if (!is_integer) {
        return cn_parse_f64(number, &ignored);
    }
    bool negative = number.ptr[0] == '-';
    const char *limit = negative ? least : most;
    size_t limit_len = strlen(limit);
    size_t len = number.len - (negative ? 1 : 0);
    return len < limit_len ||
           (len == limit_len && memcmp(number.ptr + (negative ? 1 : 0), limit, len) <= 0);
}

static bool number(struct scan *scan)
{
    size_t start = scan->at;
    bool is_integer = true;
    if (peek(scan) == '-') {
        scan->at++;
    }
    if (peek(scan) == '0') {
        scan->at++;
        if (is_digit(peek(scan))) {
            return wrong(scan, "number starts with 0");
        }
    } else if (!digits(scan)) {
        return false;
    }
    if (peek(scan) == '.') {
        is_integer = false;
        scan->at++;
        if (!digits(scan)) {
            return false;
        }
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        is_integer = false;
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-') {
            scan->at++;
        }
        if (!digits(scan)) {
            return false;
        }
    }
    if (!number_fits((cn_str){ scan->text.ptr + start, scan->at - start }, is_integer)) {
        note_bad(scan, start, "number out of range");
    }
    return true;
}

/* The four digits after \u, or false. */
static bool hex4(struct scan *scan, uint32_t *value_out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(scan);
        uint32_t digit;
        if (is_digit(c)) {
            digit = (uint32_t)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        } else {
            return wrong(scan, "hexadecimal digit expected");
        }
        value = value * 16 + digit;
        scan->at++;
    }
    *value_out = value;
    return true;
}

static bool is_between(uint32_t value, uint32_t low, uint32_t high)
{
    return value >= low && value <= high;
}

/* From the u on.  A high surrogate needs its low one. */
static bool unicode_escape(struct scan *scan)
{
    size_t start = scan->at - 1;
    uint32_t unit;
    scan->at++;
    if (!hex4(scan, &unit)) {
        return false;
    }
    if (is_between(unit, 0xdc00, 0xdfff)) {
        note_bad(scan, start, "surrogate without its other half");
    }
    if (!is_between(unit, 0xd800, 0xdbff)) {
        return true;
    }
    bool has_low = false;
    if (peek(scan) == '\\' && scan->at + 1 < scan->text.len &&
        scan->text.ptr[scan->at + 1] == 'u') {
        size_t back = scan->at;
        scan->at += 2;
        if (!hex4(scan, &unit)) {
            return false;
        }
        has_low = is_between(unit, 0xdc00, 0xdfff);
        scan->at = has_low ? scan->at : back;
    }
    if (!has_low) {
        note_bad(scan, start, "surrogate without its other half");
    }
    return true;
}

static bool string(struct scan *scan)
{
    size_t start = scan->at + 1;
    if (peek(scan) != '"') {
        return wrong(scan, "text in quotes expected");
    }
    scan->at++;
    while (peek(scan) != '"' || scan->at >= scan->text.len) {
        if (scan->at >= scan->text.len) {
            return wrong(scan, "text does not end");
        }
        unsigned char c = (unsigned char)scan->text.ptr[scan->at];
        if (c < 0x20) {
            return wrong(scan, "control character in text");
        }
        scan->at++;
        if (c != '\\') {
            continue;
        }
        char escape = peek(scan);
        if (escape == 'u') {
            if (!unicode_escape(scan)) {
                return false;
            }
        } else if (escape == '\0' || strchr("\"\\/bfnrt", escape) == NULL) {
            return wrong(scan, "unknown escape");
        } else {
            scan->at++;
        }
    }
    if (!cn_utf8_valid((cn_str){ scan->text.ptr + start, scan->at - start })) {
        note_bad(scan, start, "text is not utf-8");
    }
    scan->at++;
    return true;
}

static bool word(struct scan *scan)
{
    static const cn_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
    for (size_t i = 0; i < CN_ARRAY_LEN(words); i++) {
        if (scan->text.len - scan->at >= words[i].len &&
            memcmp(scan->text.ptr + scan->at, words[i].ptr, words[i].len) == 0) {
            scan->at += words[i].len;
            return true;
        }
    }
    return wrong(scan, "value expected");
}

static bool scalar(struct scan *scan)
{
    char c = peek(scan);
    if (c == '"') {
        return string(scan);
    }
    return c == '-' || is_digit(c) ? number(scan) : word(scan);
}

static bool is_in_object(const struct scan *scan)
{
    size_t level = scan->depth - 1;
    return (scan->in_object[level / 64] >> (level % 64) & 1) != 0;
}

static bool push(struct scan *scan, bool is_object)
{
    if (scan->depth == CN_JSON_SCAN_DEPTH_MAX) {
        return wrong(scan, "nested too deeply");
    }
    if (scan->depth == CN_JSON_READ_DEPTH_MAX) {
        note_bad(scan, scan->at, "nested too deeply");
    }
    uint64_t bit = (uint64_t)1 << (scan->depth % 64);
    uint64_t *bits = &scan->in_object[scan->depth / 64];
    *bits = is_object ? *bits | bit : *bits & ~bit;
    scan->depth++;
    scan->at++;
    return true;
}

/* The name of a member and its colon. */
static bool name(struct scan *scan)
{
    skip_blanks(scan);
    if (!string(scan)) {
        return false;
    }
    skip_blanks(scan);
    if (peek(scan) != ':') {
        return wrong(scan, "colon expected");
    }
    scan->at++;
    return true;
}

/* After a value: ends containers, up to the next value or the end of the document. */
static bool after_value(struct scan *scan)
{
    while (scan->depth > 0) {
        bool in_object = is_in_object(scan);
        skip_blanks(scan);
        char c = peek(scan);
        if (c == ',') {
            scan->at++;
            return !in_object || name(scan);
        }
        if (c != (in_object ? '}' : ']')) {
            return wrong(scan, "comma or end expected");
        }
        scan->at++;
        scan->depth--;
    }
    return true;
}

/* One value's start: a scalar whole, of a container the bracket and a first name. */
static bool value(struct scan *scan)
{
    skip_blanks(scan);
    char c = peek(scan);
    if (c != '{' && c != '[') {
        return scalar(scan) && after_value(scan);
    }
    if (!push(scan, c == '{')) {
        return false;
    }
    skip_blanks(scan);
    if (peek(scan) == (c == '{' ? '}' : ']')) {
        scan->at++;
        scan->depth--;
        return after_value(scan);
    }
    return c == '[' || name(scan);
}

struct cn_json_fault cn_json_scan(cn_str text)
{
    struct scan scan = { .text = text, .result.problem = "" };
    do {
        if (!value(&scan)) {
            return scan.result;
        }
    } while (scan.depth > 0);
    skip_blanks(&scan);
    if (scan.at < text.len) {
        (void)wrong(&scan, "text after the document"); /* always false */
    }
    return scan.result;
}

static cn_str after(cn_str text, size_t bytes)
{
    return (cn_str){ text.ptr + bytes, text.len - bytes };
}

static cn_str without_blanks(cn_str text)
{
    size_t n = 0;
    while (n < text.len && strchr(" \t\r\n,:", text.ptr[n]) != NULL) {
        n++;
    }
    return after(text, n);
}

/* Length of the string at the front of text, quotes included. */
static size_t string_length(cn_str text)
{
    size_t n = 1;
    while (n < text.len && text.ptr[n] != '"') {
        n += text.ptr[n] == '\\' ? 2 : 1;
    }
    return n + 1 < text.len ? n + 1 : text.len;
}

static size_t scalar_length(cn_str text)
{
    size_t n = 0;
    while (n < text.len && strchr(" \t\r\n,]}", text.ptr[n]) == NULL) {
        n++;
    }
    return n;
}

/* Length of the value at the front of a text whose grammar is right. */
static size_t value_length(cn_str text)
{
    size_t n = 0;
    size_t depth = 0;
    while (n < text.len) {
        char c = text.ptr[n];
        if (c == '"') {
            n += string_length(after(text, n));
        } else if (c == '{' || c == '[') {
            depth++;
            n++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) {
                return n; /* of what is around a scalar */
            }
            depth--;
            n++;
        } else if (depth == 0) {
            return n + scalar_length(after(text, n));
        } else {
            n++;
        }
        if (depth == 0) {
            return n;
        }
    }
    return n;
}

bool cn_json_pieces_of(cn_str text, struct cn_json_pieces *pieces_out)
{
    text = without_blanks(text);
    if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '[')) {
        return false;
    }
    *pieces_out =
        (struct cn_json_pieces){ .rest = after(text, 1), .in_object = text.ptr[0] == '{' };
    return true;
}

bool cn_json_pieces_next(struct cn_json_pieces *pieces, cn_str *name_out, cn_str *value_out)
{
    cn_str rest = without_blanks(pieces->rest);
    *name_out = CN_STR("");
    if (rest.len == 0 || rest.ptr[0] == '}' || rest.ptr[0] == ']') {
        return false;
    }
    if (pieces->in_object) {
        size_t len = string_length(rest);
        *name_out = (cn_str){ rest.ptr + 1, len - 2 };
        rest = without_blanks(after(rest, len));
    }
    size_t len = value_length(rest);
    *value_out = (cn_str){ rest.ptr, len };
    pieces->rest = after(rest, len);
    return true;
}
