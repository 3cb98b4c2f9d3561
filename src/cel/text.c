#include "cel/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

unsigned cn_cel_hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

bool cn_cel_code_point_valid(uint32_t code)
{
    return code < 0xD800 || (code > 0xDFFF && code <= 0x10FFFF);
}

size_t cn_cel_put_code_point(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(lead[len] | code);
    return len;
}

int64_t cn_cel_count_code_points(cn_str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

size_t cn_cel_code_point_at(cn_str text, int64_t index)
{
    size_t at = 0;
    if (index < 0) {
        return SIZE_MAX;
    }
    for (; index > 0 && at < text.len; index--) {
        do {
            at++;
        } while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80);
    }
    return index > 0 ? SIZE_MAX : at;
}

uint32_t cn_cel_take_code_point(cn_str text, size_t *at)
{
    unsigned char first = (unsigned char)text.ptr[(*at)++];
    uint32_t code = first < 0x80   ? first
                    : first < 0xE0 ? first & 0x1F
                    : first < 0xF0 ? first & 0x0F
                                   : first & 0x07;
    while (*at < text.len && ((unsigned char)text.ptr[*at] & 0xC0) == 0x80) {
        code = code << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3F);
    }
    return code;
}

bool cn_cel_read_double(cn_str text, double *value_out)
{
    char padded[CN_CEL_NUMBER_TEXT_BYTES * 4];
    bool negative = text.len > 0 && text.ptr[0] == '-';
    if (text.len > negative && text.ptr[negative] == '.' && text.len + 1 < sizeof(padded)) {
        padded[0] = '-';
        padded[1] = '0';
        memcpy(padded + 2, text.ptr + negative, text.len - negative);
        cn_str whole = { padded, text.len - negative + 2 };
        return cn_parse_f64(negative ? whole : cn_str_slice(whole, 1, whole.len), value_out);
    }
    return cn_parse_f64(text, value_out);
}

/* `digits` without a point, of which the first stands before it, times ten to `exponent`. */
static size_t lay_out(const char *digits, size_t count, int exponent, char *out)
{
    size_t len = 0;
    if (exponent < -6 || exponent > 20) {
        out[len++] = digits[0];
        if (count > 1) {
            out[len++] = '.';
            memcpy(out + len, digits + 1, count - 1);
            len += count - 1;
        }
        return len +
               (size_t)snprintf(out + len, CN_CEL_NUMBER_TEXT_BYTES - len, "e%+03d", exponent);
    }
    if (exponent < 0) {
        out[len++] = '0';
        out[len++] = '.';
        for (int i = exponent + 1; i < 0; i++) {
            out[len++] = '0';
        }
        memcpy(out + len, digits, count);
        return len + count;
    }
    for (size_t i = 0; i < count || i <= (size_t)exponent; i++) {
        if (i == (size_t)exponent + 1) {
            out[len++] = '.';
        }
        out[len] = '0';
        if (i < count) {
            out[len] = digits[i];
        }
        len++;
    }
    return len;
}

cn_str cn_cel_write_double(double value, char out[CN_CEL_NUMBER_TEXT_BYTES])
{
    if (isnan(value)) {
        return CN_STR("NaN");
    }
    if (isinf(value)) {
        return value > 0 ? CN_STR("+Inf") : CN_STR("-Inf");
    }
    char shortest[CN_CEL_NUMBER_TEXT_BYTES];
    for (int digits = 0; digits <= 16; digits++) {
        double back = 0;
        int len = snprintf(shortest, sizeof(shortest), "%.*e", digits, value);
        if (cn_parse_f64((cn_str){ shortest, (size_t)len }, &back) && back == value) {
            break;
        }
    }
    char digits[20] = "";
    size_t count = 0;
    const char *at = shortest;
    size_t len = *at == '-';
    out[0] = '-';
    for (at += len; *at != 'e'; at++) {
        if (*at != '.') {
            digits[count++] = *at;
        }
    }
    int64_t exponent = 0;
    at += at[1] == '+' ? 2 : 1;
    if (!cn_parse_i64(cn_str_of(at), &exponent)) {
        return CN_STR("NaN");
    }
    return (cn_str){ out, len + lay_out(digits, count, (int)exponent, out + len) };
}
