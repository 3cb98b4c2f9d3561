/*
 * Values of literals: numbers, and text with its escapes.
 */
#include "base/str.h"

#include "cel/parser.h"
#include "cel/text.h"

struct cn_cel_node *cn_cel_build_const(struct cn_cel_parser *parser, struct cn_cel_token token,
                                       struct cn_cel_value value)
{
    struct cn_cel_node *node = cn_cel_new_node(parser, CN_CEL_NODE_CONST, token, token, 0);
    node->value = value;
    return node;
}

/* Decimal, or hexadecimal after "0x".  The lexer has seen that all are digits. */
static bool read_digits(cn_str text, uint64_t *value_out)
{
    unsigned base = 10;
    uint64_t value = 0;
    if (cn_str_starts_with(text, CN_STR("0x"))) {
        base = 16;
        text = cn_str_slice(text, 2, text.len);
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = cn_cel_hex_digit(text.ptr[i]);
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *value_out = value;
    return true;
}

static struct cn_cel_token signed_token(struct cn_cel_token sign, struct cn_cel_token token)
{
    if (sign.length == 0) {
        return token;
    }
    return (struct cn_cel_token){ sign.offset, token.offset + token.length - sign.offset };
}

struct cn_cel_node *cn_cel_build_int(struct cn_cel_parser *parser, struct cn_cel_token sign,
                                     struct cn_cel_token token)
{
    bool negative = sign.length > 0;
    struct cn_cel_token whole = signed_token(sign, token);
    uint64_t magnitude = 0;
    if (!read_digits(cn_cel_token_text(parser, token), &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + negative) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, whole.offset, whole.length,
                       "the number does not fit in 64 bits");
        magnitude = 0;
    }
    int64_t value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return cn_cel_build_const(parser, whole, cn_cel_int(value));
}

struct cn_cel_node *cn_cel_build_uint(struct cn_cel_parser *parser, struct cn_cel_token token)
{
    cn_str text = cn_cel_token_text(parser, token);
    uint64_t value = 0;
    if (!read_digits(cn_str_slice(text, 0, text.len - 1), &value)) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length,
                       "the number does not fit in 64 bits");
    }
    return cn_cel_build_const(parser, token, cn_cel_uint(value));
}

struct cn_cel_node *cn_cel_build_double(struct cn_cel_parser *parser, struct cn_cel_token sign,
                                        struct cn_cel_token token)
{
    double value = 0;
    struct cn_cel_token whole = signed_token(sign, token);
    if (!cn_cel_read_double(cn_cel_token_text(parser, token), &value)) {
        cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, whole.offset, whole.length,
                       "the number does not fit in a double");
    }
    return cn_cel_build_const(parser, whole, cn_cel_double(sign.length > 0 ? -value : value));
}

/* Where the text of a literal begins and ends, without prefixes and quotes. */
static cn_str inner_text(cn_str token, bool *is_raw_out)
{
    size_t at = 0;
    *is_raw_out = false;
    for (; token.ptr[at] != '"' && token.ptr[at] != '\''; at++) {
        *is_raw_out |= token.ptr[at] == 'r' || token.ptr[at] == 'R';
    }
    char quote = token.ptr[at];
    size_t quotes =
        token.len - at >= 6 && token.ptr[at + 1] == quote && token.ptr[at + 2] == quote ? 3 : 1;
    return cn_str_slice(token, at + quotes, token.len - quotes);
}

static const struct {
    char letter;
    char value;
} escapes[] = {
    { 'a', '\a' }, { 'b', '\b' }, { 'f', '\f' },  { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' },
    { 'v', '\v' }, { '"', '"' },  { '\'', '\'' }, { '`', '`' },  { '?', '?' },  { '\\', '\\' },
};

/* The escape whose letter is at *at, which moves past it.  *is_byte_out: \x and \ooo. */
static uint32_t read_escape(cn_str text, size_t *at, bool *is_byte_out)
{
    char letter = text.ptr[(*at)++];
    for (size_t i = 0; i < CN_ARRAY_LEN(escapes); i++) {
        if (escapes[i].letter == letter) {
            return (unsigned char)escapes[i].value;
        }
    }
    bool is_octal = letter >= '0' && letter <= '3';
    size_t digits = is_octal ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 2;
    uint32_t code = is_octal ? (uint32_t)(letter - '0') : 0;
    *is_byte_out = letter != 'u' && letter != 'U';
    for (; digits > 0; digits--) {
        code = code * (is_octal ? 8 : 16) + cn_cel_hex_digit(text.ptr[(*at)++]);
    }
    return code;
}

struct cn_cel_node *cn_cel_build_text(struct cn_cel_parser *parser, struct cn_cel_token token,
                                      bool is_bytes)
{
    bool is_raw = false;
    cn_str text = inner_text(cn_cel_token_text(parser, token), &is_raw);
    char *out = cn_arena_array(parser->arena, char, text.len + 1); /* escapes never grow */
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        if (is_raw || text.ptr[at] != '\\') {
            /* "Newlines": a carriage return in a long text counts as a line end. */
            bool is_return = text.ptr[at] == '\r';
            if (is_return) {
                out[len++] = '\n';
            } else {
                out[len++] = text.ptr[at];
            }
            at += is_return && at + 1 < text.len && text.ptr[at + 1] == '\n' ? 2 : 1;
            continue;
        }
        bool is_byte = false;
        at++;
        uint32_t code = read_escape(text, &at, &is_byte);
        if (is_bytes && is_byte) {
            out[len++] = (char)code;
        } else if (!cn_cel_code_point_valid(code)) {
            cn_cel_fail_at(parser, CN_CEL_PROBLEM_SYNTAX, token.offset, token.length,
                           "the escape names no Unicode character");
        } else {
            len += cn_cel_put_code_point(code, out + len);
        }
    }
    struct cn_cel_value value = cn_cel_string((cn_str){ out, len });
    value.kind = is_bytes ? CN_CEL_BYTES : CN_CEL_STRING;
    return cn_cel_build_const(parser, token, value);
}
