/*
 * text.format(list): printf-like clauses, as the "strings" extension has them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

#include "cel/rows.h"

enum {
    PRECISION_MAX = 1000,
    PRECISION_DEFAULT = 6,
    NESTED_MAX = 100, /* lists in lists */
    /* The whole digits of a double, its point and sign. */
    NUMBER_BYTES = 320 + PRECISION_MAX,
};

/* One clause: what it writes to, and how. */
struct clause {
    struct cn_cel_call *call;
    struct cn_buf *out;
    int precision; /* -1: none was given */
    char letter;
};

static void put_bits(struct cn_buf *out, uint64_t bits, unsigned shift, bool is_upper)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[64];
    size_t at = sizeof(text);
    do {
        text[--at] = digits[bits & ((1U << shift) - 1)];
        bits >>= shift;
    } while (bits != 0);
    cn_buf_add(out, text + at, sizeof(text) - at);
}

/* An int or uint to the base 2 to the power of `shift`. */
static bool put_whole(const struct clause *clause, const struct cn_cel_value *value, unsigned shift)
{
    bool is_negative = value->kind == CN_CEL_INT && value->as.i64 < 0;
    if (value->kind != CN_CEL_INT && value->kind != CN_CEL_UINT) {
        return false;
    }
    if (is_negative) {
        cn_buf_add(clause->out, "-", 1);
    }
    put_bits(clause->out, is_negative ? 0 - value->as.u64 : value->as.u64, shift,
             clause->letter == 'X');
    return true;
}

static bool put_hex(const struct clause *clause, const struct cn_cel_value *value)
{
    if (value->kind != CN_CEL_STRING && value->kind != CN_CEL_BYTES) {
        return put_whole(clause, value, 4);
    }
    for (size_t i = 0; i < value->as.text.len; i++) {
        unsigned char byte = (unsigned char)value->as.text.ptr[i];
        put_bits(clause->out, byte >> 4, 4, clause->letter == 'X');
        put_bits(clause->out, byte & 15, 4, clause->letter == 'X');
    }
    return true;
}

static bool put_binary(const struct clause *clause, const struct cn_cel_value *value)
{
    if (value->kind == CN_CEL_BOOL) {
        cn_buf_add(clause->out, value->as.flag ? "1" : "0", 1);
        return true;
    }
    return put_whole(clause, value, 1);
}

/* What no clause writes as digits; false if the number has some. */
static bool put_special(struct cn_buf *out, double value)
{
    if (isfinite(value)) {
        return false;
    }
    cn_buf_add_str(out, isnan(value)  ? CN_STR("NaN")
                        : value > 0.0 ? CN_STR("Infinity")
                                      : CN_STR("-Infinity"));
    return true;
}

static bool put_fixed(const struct clause *clause, const struct cn_cel_value *value)
{
    char text[NUMBER_BYTES];
    int precision = clause->precision >= 0 ? clause->precision : PRECISION_DEFAULT;
    double number = value->kind == CN_CEL_DOUBLE ? value->as.f64
                    : value->kind == CN_CEL_INT  ? (double)value->as.i64
                                                 : (double)value->as.u64;
    if (value->kind != CN_CEL_DOUBLE && value->kind != CN_CEL_INT && value->kind != CN_CEL_UINT) {
        return false;
    }
    if (put_special(clause->out, number)) {
        return true;
    }
    int len = clause->letter == 'e' ? snprintf(text, sizeof(text), "%.*e", precision, number)
                                    : snprintf(text, sizeof(text), "%.*f", precision, number);
    cn_buf_add(clause->out, text, (size_t)len);
    return true;
}

static bool put_decimal(const struct clause *clause, const struct cn_cel_value *value)
{
    if (value->kind == CN_CEL_INT) {
        cn_buf_printf(clause->out, "%lld", (long long)value->as.i64);
    } else if (value->kind == CN_CEL_UINT) {
        cn_buf_printf(clause->out, "%llu", (unsigned long long)value->as.u64);
    } else {
        return value->kind == CN_CEL_DOUBLE && put_special(clause->out, value->as.f64);
    }
    return true;
}

static void put_type(struct cn_buf *out, enum cn_cel_kind kind)
{
    cn_buf_add_str(out, kind == CN_CEL_TIMESTAMP  ? CN_STR("google.protobuf.Timestamp")
                        : kind == CN_CEL_DURATION ? CN_STR("google.protobuf.Duration")
                                                  : cn_str_of(cn_cel_kind_name(kind)));
}

static bool put_plain(const struct clause *clause, const struct cn_cel_value *value)
{
    char text[CN_CEL_NUMBER_TEXT_BYTES];
    struct cn_buf *out = clause->out;
    switch ((int)value->kind) {
    case CN_CEL_NULL:
        cn_buf_add_str(out, CN_STR("null"));
        return true;
    case CN_CEL_BOOL:
        cn_buf_add_str(out, value->as.flag ? CN_STR("true") : CN_STR("false"));
        return true;
    case CN_CEL_STRING:
    case CN_CEL_BYTES:
        cn_buf_add_str(out, value->as.text);
        return true;
    case CN_CEL_DOUBLE:
        if (!put_special(out, value->as.f64)) {
            cn_buf_add_str(out, cn_cel_write_double(value->as.f64, text));
        }
        return true;
    case CN_CEL_TIMESTAMP:
        cn_buf_add_str(out, cn_cel_write_timestamp(clause->call->arena, value->as.time));
        return true;
    case CN_CEL_DURATION:
        cn_buf_add_str(out, cn_cel_write_duration(clause->call->arena, value->as.time));
        return true;
    case CN_CEL_TYPE:
        put_type(out, value->as.type->kind);
        return true;
    default:
        return put_decimal(clause, value);
    }
}

/* A key of a map as text, and where its value is. */
struct key {
    cn_str text;
    size_t index;
};

static int compare_keys(const void *a, const void *b)
{
    return cn_str_compare(((const struct key *)a)->text, ((const struct key *)b)->text);
}

/* NOLINTBEGIN(misc-no-recursion): at most NESTED_MAX deep */
static bool put_text(const struct clause *clause, const struct cn_cel_value *value, int depth);

static bool put_list(const struct clause *clause, const struct cn_cel_list *list, int depth)
{
    bool ok = true;
    cn_buf_add(clause->out, "[", 1);
    for (size_t i = 0; ok && i < list->count; i++) {
        cn_buf_add_str(clause->out, i > 0 ? CN_STR(", ") : CN_STR(""));
        ok = put_text(clause, &list->items[i], depth);
    }
    cn_buf_add(clause->out, "]", 1);
    return ok;
}

/* In the order of the keys' text. */
static bool put_map(const struct clause *clause, const struct cn_cel_map *map, int depth)
{
    struct key *keys = cn_cel_take(clause->call, map->count, sizeof(*keys));
    size_t start = clause->out->len;
    if (keys == NULL || !cn_cel_charge(clause->call, map->count * 8)) {
        return false;
    }
    for (size_t i = 0; i < map->count; i++) {
        size_t before = clause->out->len;
        if (!put_text(clause, &map->keys[i], depth)) {
            return false;
        }
        cn_str text = cn_str_slice(cn_buf_str(clause->out), before, clause->out->len);
        struct cn_cel_value copy = cn_cel_make_text(clause->call, CN_CEL_STRING, text);
        if (copy.kind == CN_CEL_ERROR) {
            return false;
        }
        keys[i] = (struct key){ copy.as.text, i };
    }
    clause->out->len = start;
    qsort(keys, map->count, sizeof(*keys), compare_keys);
    cn_buf_add(clause->out, "{", 1);
    for (size_t i = 0; i < map->count; i++) {
        cn_buf_add_str(clause->out, i > 0 ? CN_STR(", ") : CN_STR(""));
        cn_buf_add_str(clause->out, keys[i].text);
        cn_buf_add_str(clause->out, CN_STR(": "));
        if (!put_text(clause, &map->values[keys[i].index], depth)) {
            return false;
        }
    }
    cn_buf_add(clause->out, "}", 1);
    return true;
}

static bool put_text(const struct clause *clause, const struct cn_cel_value *value, int depth)
{
    if (depth == NESTED_MAX || clause->out->overflowed || !cn_cel_charge(clause->call, 1)) {
        return false;
    }
    if (value->kind == CN_CEL_LIST) {
        return put_list(clause, &value->as.list, depth + 1);
    }
    if (value->kind == CN_CEL_MAP) {
        return put_map(clause, &value->as.map, depth + 1);
    }
    return put_plain(clause, value);
}
/* NOLINTEND(misc-no-recursion) */

static bool put_value(const struct clause *clause, const struct cn_cel_value *value)
{
    switch (clause->letter) {
    case 's':
        return put_text(clause, value, 0);
    case 'd':
        return put_decimal(clause, value);
    case 'f':
    case 'e':
        return put_fixed(clause, value);
    case 'b':
        return put_binary(clause, value);
    case 'o':
        return put_whole(clause, value, 3);
    case 'x':
    case 'X':
        return put_hex(clause, value);
    default:
        return false;
    }
}

/* ".3f", "d" at *at, which moves past it. */
static bool read_clause(cn_str text, size_t *at, struct clause *clause)
{
    clause->precision = -1;
    if (*at < text.len && text.ptr[*at] == '.') {
        clause->precision = 0;
        size_t begin = ++*at;
        for (; *at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9'; (*at)++) {
            clause->precision = clause->precision * 10 + (text.ptr[*at] - '0');
            if (clause->precision > PRECISION_MAX) {
                return false;
            }
        }
        if (*at == begin) {
            return false;
        }
    }
    if (*at == text.len) {
        return false;
    }
    clause->letter = text.ptr[(*at)++];
    return true;
}

static bool put_all(struct clause *clause, cn_str text, const struct cn_cel_list *list)
{
    size_t next = 0;
    for (size_t at = 0; at < text.len && !clause->out->overflowed;) {
        if (text.ptr[at] != '%') {
            size_t begin = at;
            while (at < text.len && text.ptr[at] != '%') {
                at++;
            }
            cn_buf_add_str(clause->out, cn_str_slice(text, begin, at));
            continue;
        }
        at++;
        if (at < text.len && text.ptr[at] == '%') {
            cn_buf_add(clause->out, "%", 1);
            at++;
            continue;
        }
        if (!read_clause(text, &at, clause) || next == list->count ||
            !cn_cel_charge(clause->call, 1) || !put_value(clause, &list->items[next++])) {
            return false;
        }
    }
    return true;
}

struct cn_cel_value cn_cel_format(struct cn_cel_call *call, const struct cn_cel_value *args,
                                  size_t count)
{
    (void)count;
    struct cn_buf out;
    struct cn_cel_value result = cn_cel_failed(CN_CEL_BAD_ARGUMENT);
    cn_buf_init(&out, call->bytes_left);
    struct clause clause = { .call = call, .out = &out };
    bool ok = put_all(&clause, args[0].as.text, &args[1].as.list);
    if (out.overflowed || call->steps_left == 0) {
        result = cn_cel_failed(CN_CEL_TOO_COSTLY);
    } else if (ok && !cn_utf8_valid(cn_buf_str(&out))) {
        result = cn_cel_failed(CN_CEL_BAD_ARGUMENT); /* of bytes that are no text */
    } else if (ok) {
        result = cn_cel_make_text(call, CN_CEL_STRING, cn_buf_str(&out));
    }
    cn_buf_deinit(&out);
    return result;
}
