/*
 * Functions that take text apart and put it together: the "strings" and "encoders" extensions.
 * Positions and lengths are code points.  text.format() is in function_format.c.
 */
#include "base/str.h"

#include "cel/rows.h"

static struct cn_cel_value text_of(struct cn_cel_call *call, cn_str text)
{
    return cn_cel_make_text(call, CN_CEL_STRING, text);
}

CN_CEL_RUN(char_at)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    size_t at = cn_cel_code_point_at(text, args[1].as.i64);
    if (at == SIZE_MAX) {
        return cn_cel_failed(CN_CEL_NO_INDEX);
    }
    size_t end = at;
    if (at < text.len) {
        (void)cn_cel_take_code_point(text, &end); /* moves `end` */
    }
    return cn_cel_string(cn_str_slice(text, at, end));
}

/* Byte of the first `part` from byte `from` on; SIZE_MAX: none. */
static size_t find(cn_str text, cn_str part, size_t from)
{
    if (part.len == 0) {
        return from;
    }
    const char *found =
        from > text.len ? NULL : memmem(text.ptr + from, text.len - from, part.ptr, part.len);
    return found != NULL ? (size_t)(found - text.ptr) : SIZE_MAX;
}

/* Byte of the last `part` that begins at byte `from` or before. */
static size_t find_last(cn_str text, cn_str part, size_t from)
{
    if (part.len > text.len) {
        return SIZE_MAX;
    }
    size_t last = from < text.len - part.len ? from : text.len - part.len;
    for (size_t at = last + 1; at-- > 0;) {
        if (memcmp(text.ptr + at, part.ptr, part.len) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* The position of a byte. */
static struct cn_cel_value position(cn_str text, size_t at)
{
    return cn_cel_int(at == SIZE_MAX ? -1 : cn_cel_count_code_points(cn_str_slice(text, 0, at)));
}

CN_CEL_RUN(index_of)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    size_t from = count > 2 ? cn_cel_code_point_at(text, args[2].as.i64) : 0;
    if (from == SIZE_MAX) {
        return cn_cel_failed(CN_CEL_NO_INDEX);
    }
    if (!cn_cel_charge_text(call, text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    return position(text, find(text, args[1].as.text, from));
}

CN_CEL_RUN(last_index_of)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    cn_str part = args[1].as.text;
    size_t from = count > 2 ? cn_cel_code_point_at(text, args[2].as.i64) : text.len;
    if (from == SIZE_MAX) {
        return cn_cel_failed(CN_CEL_NO_INDEX);
    }
    /* memcmp() at each byte ends early but for periodic text: count the worst. */
    if (!cn_cel_charge(call, text.len / 64 * (part.len / 64 + 1))) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    return position(text, find_last(text, part, from));
}

CN_CEL_RUN(substring)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    size_t from = cn_cel_code_point_at(text, args[1].as.i64);
    size_t to = count > 2 ? cn_cel_code_point_at(text, args[2].as.i64) : text.len;
    if (from == SIZE_MAX || to == SIZE_MAX || from > to) {
        return cn_cel_failed(CN_CEL_NO_INDEX);
    }
    return cn_cel_string(cn_str_slice(text, from, to));
}

/* A copy with each ASCII letter from `first` on changed to its other case. */
static struct cn_cel_value change_case(struct cn_cel_call *call, cn_str text, char first)
{
    struct cn_cel_value out = text_of(call, text);
    char *copy = (char *)(uintptr_t)out.as.text.ptr; /* our own, just made */
    for (size_t i = 0; out.kind != CN_CEL_ERROR && i < text.len; i++) {
        if (copy[i] >= first && copy[i] <= first + ('z' - 'a')) {
            copy[i] ^= 0x20;
        }
    }
    return out;
}

CN_CEL_RUN(lower_ascii)
{
    CN_CEL_UNUSED;
    return change_case(call, args[0].as.text, 'A');
}

CN_CEL_RUN(upper_ascii)
{
    CN_CEL_UNUSED;
    return change_case(call, args[0].as.text, 'a');
}

/* Where the next of at most `limit` pieces ends: before a separator, or at the end.  An empty one
 * is between any two characters. */
static size_t piece_end(cn_str text, cn_str separator, size_t at)
{
    if (separator.len > 0) {
        size_t found = find(text, separator, at);
        return found == SIZE_MAX ? text.len : found;
    }
    if (at < text.len) {
        (void)cn_cel_take_code_point(text, &at); /* moves `at` */
    }
    return at;
}

/* Text that is written twice: without `out` it only counts. */
struct sink {
    char *out;
    size_t len;
};

static void put(struct sink *sink, cn_str text)
{
    if (sink->out != NULL && text.len > 0) {
        memcpy(sink->out + sink->len, text.ptr, text.len);
    }
    sink->len += text.len;
}

static void put_replaced(struct sink *sink, const struct cn_cel_value *args, uint64_t left)
{
    cn_str text = args[0].as.text;
    cn_str old = args[1].as.text;
    cn_str with = args[2].as.text;
    size_t at = 0;
    if (old.len == 0 && left > 0) { /* before each character and at the end */
        put(sink, with);
        left--;
    }
    while (left > 0 && at < text.len) {
        size_t end = piece_end(text, old, at);
        if (old.len > 0 && end == text.len) {
            break;
        }
        put(sink, cn_str_slice(text, at, end));
        put(sink, with);
        left--;
        at = end + old.len;
    }
    put(sink, cn_str_slice(text, at, text.len));
}

CN_CEL_RUN(replace)
{
    uint64_t left = count > 3 && args[3].as.i64 >= 0 ? (uint64_t)args[3].as.i64 : UINT64_MAX;
    struct sink sink = { 0 };
    if (!cn_cel_charge_text(call, args[0].as.text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    put_replaced(&sink, args, left);
    size_t len = sink.len;
    sink = (struct sink){ .out = cn_cel_take(call, len + 1, 1) };
    if (sink.out == NULL || !cn_cel_charge_text(call, len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    put_replaced(&sink, args, left);
    return cn_cel_string((cn_str){ sink.out, len });
}

CN_CEL_RUN(split)
{
    cn_str text = args[0].as.text;
    cn_str separator = args[1].as.text;
    uint64_t left = count > 2 && args[2].as.i64 >= 0 ? (uint64_t)args[2].as.i64 : UINT64_MAX;
    struct cn_cel_value out = { .kind = CN_CEL_LIST };
    if (!cn_cel_charge_text(call, text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    /* "" split by "" is [], by anything else [""]. */
    bool is_open = left > 0 && (text.len > 0 || separator.len > 0);
    for (size_t at = 0; is_open; left--) {
        size_t end = left == 1 ? text.len : piece_end(text, separator, at);
        struct cn_cel_value piece = cn_cel_string(cn_str_slice(text, at, end));
        if (!cn_cel_append(call, &out, &piece, 1)) {
            return cn_cel_failed(CN_CEL_TOO_COSTLY);
        }
        is_open = end < text.len;
        at = end + separator.len;
    }
    return out;
}

CN_CEL_RUN(join)
{
    const struct cn_cel_list *list = &args[0].as.list;
    cn_str separator = count > 1 ? args[1].as.text : CN_STR("");
    struct sink sink = { 0 };
    for (int round = 0; round < 2; round++) {
        sink.len = 0;
        for (size_t i = 0; i < list->count; i++) {
            if (list->items[i].kind != CN_CEL_STRING) {
                return cn_cel_failed(CN_CEL_NO_OVERLOAD);
            }
            put(&sink, i > 0 ? separator : CN_STR(""));
            put(&sink, list->items[i].as.text);
        }
        if (round == 0) {
            sink.out = cn_cel_take(call, sink.len + 1, 1);
            if (sink.out == NULL || !cn_cel_charge(call, list->count) ||
                !cn_cel_charge_text(call, sink.len)) {
                return cn_cel_failed(CN_CEL_TOO_COSTLY);
            }
        }
    }
    return cn_cel_string((cn_str){ sink.out, sink.len });
}

/* Unicode's White_Space. */
static bool is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

CN_CEL_RUN(trim)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    size_t from = text.len;
    size_t to = 0;
    if (!cn_cel_charge_text(call, text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    for (size_t at = 0; at < text.len;) {
        size_t begin = at;
        if (!is_space(cn_cel_take_code_point(text, &at))) {
            from = from < begin ? from : begin;
            to = at;
        }
    }
    return cn_cel_string(from < to ? cn_str_slice(text, from, to) : CN_STR(""));
}

CN_CEL_RUN(reverse)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    struct cn_cel_value out = text_of(call, text);
    char *copy = (char *)(uintptr_t)out.as.text.ptr; /* our own, just made */
    for (size_t at = 0; out.kind != CN_CEL_ERROR && at < text.len;) {
        size_t begin = at;
        (void)cn_cel_take_code_point(text, &at); /* moves `at` */
        memcpy(copy + text.len - at, text.ptr + begin, at - begin);
    }
    return out;
}

static void put_quoted(struct sink *sink, cn_str text)
{
    static const char codes[] = "\a\b\f\n\r\t\v\\\"";
    static const char letters[] = "abfnrtv\\\"";
    put(sink, CN_STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        const char *code = memchr(codes, text.ptr[i], sizeof(codes) - 1);
        if (code != NULL) {
            put(sink, CN_STR("\\"));
            put(sink, (cn_str){ &letters[code - codes], 1 });
        } else {
            put(sink, (cn_str){ &text.ptr[i], 1 });
        }
    }
    put(sink, CN_STR("\""));
}

CN_CEL_RUN(quote)
{
    CN_CEL_UNUSED;
    struct sink sink = { .out = cn_cel_take(call, args[0].as.text.len * 2 + 2, 1) };
    if (sink.out == NULL || !cn_cel_charge_text(call, args[0].as.text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    put_quoted(&sink, args[0].as.text);
    return cn_cel_string((cn_str){ sink.out, sink.len });
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

CN_CEL_RUN(base64_encode)
{
    CN_CEL_UNUSED;
    cn_str bytes = args[0].as.text;
    char *out = cn_cel_take(call, bytes.len / 3 * 4 + 5, 1);
    size_t len = 0;
    if (out == NULL || !cn_cel_charge_text(call, bytes.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (k < have ? (unsigned char)bytes.ptr[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            out[len] = '=';
            if (k <= have) {
                out[len] = base64_digits[bits >> (18 - 6 * k) & 63];
            }
            len++;
        }
    }
    return cn_cel_string((cn_str){ out, len });
}

/* With or without "=" at the end. */
CN_CEL_RUN(base64_decode)
{
    CN_CEL_UNUSED;
    cn_str text = args[0].as.text;
    char *out = cn_cel_take(call, text.len / 4 * 3 + 3, 1);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    if (out == NULL || !cn_cel_charge_text(call, text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    size_t end = text.len;
    while (text.len % 4 == 0 && end > 0 && end + 2 > text.len && text.ptr[end - 1] == '=') {
        end--;
    }
    for (size_t i = 0; i < end; i++) {
        const char *digit = memchr(base64_digits, text.ptr[i], sizeof(base64_digits) - 1);
        if (digit == NULL) {
            return cn_cel_failed(CN_CEL_BAD_ARGUMENT);
        }
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (char)(bits >> held & 0xFF);
        }
    }
    bool is_whole = end % 4 != 1 && (bits & ((1U << held) - 1)) == 0;
    return is_whole ? (struct cn_cel_value){ .kind = CN_CEL_BYTES, .as.text = { out, len } }
                    : cn_cel_failed(CN_CEL_BAD_ARGUMENT);
}

#define S CN_CEL_STRING
#define I CN_CEL_INT
#define TAKES(count_, result_, run_, ...)                                                  \
    {                                                                                      \
        .args = { __VA_ARGS__ }, .arg_count = (count_), .result = (result_), .run = (run_) \
    }
#define MAKES_TEXTS(count_, run_, ...)                                         \
    {                                                                          \
        .args = { __VA_ARGS__ }, .arg_count = (count_), .result = CN_CEL_LIST, \
        .shape = CN_CEL_SHAPE_TEXTS, .run = (run_)                             \
    }

static const struct cn_cel_overload char_at_rows[] = { TAKES(2, S, char_at, S, I) };
static const struct cn_cel_overload index_of_rows[] = { TAKES(2, I, index_of, S, S),
                                                        TAKES(3, I, index_of, S, S, I) };
static const struct cn_cel_overload last_index_of_rows[] = { TAKES(2, I, last_index_of, S, S),
                                                             TAKES(3, I, last_index_of, S, S, I) };
static const struct cn_cel_overload substring_rows[] = { TAKES(2, S, substring, S, I),
                                                         TAKES(3, S, substring, S, I, I) };
static const struct cn_cel_overload lower_ascii_rows[] = { TAKES(1, S, lower_ascii, S) };
static const struct cn_cel_overload upper_ascii_rows[] = { TAKES(1, S, upper_ascii, S) };
static const struct cn_cel_overload replace_rows[] = { TAKES(3, S, replace, S, S, S),
                                                       TAKES(4, S, replace, S, S, S, I) };
static const struct cn_cel_overload split_rows[] = { MAKES_TEXTS(2, split, S, S),
                                                     MAKES_TEXTS(3, split, S, S, I) };
static const struct cn_cel_overload join_rows[] = { TAKES(1, S, join, CN_CEL_LIST),
                                                    TAKES(2, S, join, CN_CEL_LIST, S) };
static const struct cn_cel_overload trim_rows[] = { TAKES(1, S, trim, S) };
static const struct cn_cel_overload reverse_rows[] = { TAKES(1, S, reverse, S) };
static const struct cn_cel_overload quote_rows[] = { TAKES(1, S, quote, S) };
static const struct cn_cel_overload format_rows[] = { TAKES(2, S, cn_cel_format, S, CN_CEL_LIST) };
static const struct cn_cel_overload encode_rows[] = { TAKES(1, S, base64_encode, CN_CEL_BYTES) };
static const struct cn_cel_overload decode_rows[] = { TAKES(1, CN_CEL_BYTES, base64_decode, S) };

#define MEMBER(name_, usage_, doc_, list)                                         \
    {                                                                             \
        .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_MEMBER, \
        CN_CEL_OVERLOADS(list)                                                    \
    }
#define GLOBAL(name_, usage_, doc_, list)                                         \
    {                                                                             \
        .name = (name_), .usage = (usage_), .doc = (doc_), .form = CN_CEL_GLOBAL, \
        CN_CEL_OVERLOADS(list)                                                    \
    }

static const struct cn_cel_function rows[] = {
    MEMBER("charAt", "x.charAt(i)", "Character number i, from 0; \"\" at the end", char_at_rows),
    MEMBER("indexOf", "x.indexOf(part[, from])", "Where the part is for the first time, or -1",
           index_of_rows),
    MEMBER("lastIndexOf", "x.lastIndexOf(part[, from])",
           "Where the part is for the last time, at `from` or before, or -1", last_index_of_rows),
    MEMBER("substring", "x.substring(from[, to])", "Characters from `from` up to, without, `to`",
           substring_rows),
    MEMBER("lowerAscii", "x.lowerAscii()", "ASCII letters as small ones", lower_ascii_rows),
    MEMBER("upperAscii", "x.upperAscii()", "ASCII letters as capitals", upper_ascii_rows),
    MEMBER("replace", "x.replace(old, new[, count])", "Each `old`, or so many of them, as `new`",
           replace_rows),
    MEMBER("split", "x.split(separator[, count])", "The pieces between separators, at most `count`",
           split_rows),
    MEMBER("join", "list.join([separator])", "The texts of a list one after the other", join_rows),
    MEMBER("trim", "x.trim()", "Without blanks at both ends", trim_rows),
    MEMBER("reverse", "x.reverse()", "The characters from last to first", reverse_rows),
    MEMBER("format", "x.format(list)",
           "%s, %d, %f, %e, %b, %o, %x, %X as the values of the list; %.2f for two decimals",
           format_rows),
    GLOBAL("strings.quote", "strings.quote(x)", "In quotes, with escapes", quote_rows),
    GLOBAL("base64.encode", "base64.encode(x)", "Bytes as base64", encode_rows),
    GLOBAL("base64.decode", "base64.decode(x)", "The bytes of base64", decode_rows),
};

const struct cn_cel_function_list cn_cel_string_functions = { "More of text, bytes and encoders",
                                                              rows, CN_ARRAY_LEN(rows) };
