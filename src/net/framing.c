#include "net/framing.h"

#include <string.h>

#include "base/str.h"

enum state {
    STATE_START, /* before a request line; empty lines are skipped */
    STATE_START_LF,
    STATE_LINE,
    STATE_LINE_LF,
    STATE_FIELD, /* first byte of a field line */
    STATE_NAME,
    STATE_VALUE,
    STATE_VALUE_LF,
    STATE_END_LF, /* of a header or a trailer */
    STATE_BODY,
    STATE_CHUNK_SIZE,
    STATE_CHUNK_EXTENSION,
    STATE_CHUNK_SIZE_LF,
    STATE_CHUNK_DATA,
    STATE_CHUNK_CR,
    STATE_CHUNK_LF,
    STATE_BAD
};

static void refuse(struct cn_framing *framing, const char *why)
{
    framing->why = why;
    framing->bad_request = framing->requests - 1;
    framing->state = STATE_BAD;
}

static bool is_token(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void begin_request(struct cn_framing *framing)
{
    framing->requests++;
    framing->has_length = false;
    framing->has_coding = false;
    framing->has_host = false;
    framing->in_trailer = false;
    framing->length = 0;
    memset(framing->version, 0, sizeof(framing->version));
    framing->state = STATE_LINE;
}

/* Only the last bytes of a request line matter. */
static void add_to_line(struct cn_framing *framing, const char *text, size_t len)
{
    const size_t kept = sizeof(framing->version);
    const size_t added = len < kept ? len : kept;
    memmove(framing->version, framing->version + added, kept - added);
    memcpy(framing->version + kept - added, text + len - added, added);
}

static void add_value_byte(struct cn_framing *framing, char c)
{
    if (framing->value_len == 0 && (c == ' ' || c == '\t')) {
        return;
    }
    if (framing->value_len < sizeof(framing->value)) {
        framing->value[framing->value_len] = lower(c);
    }
    framing->value_len++;
}

static void add_to_value(struct cn_framing *framing, const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && framing->value_len < sizeof(framing->value)) {
        add_value_byte(framing, text[i++]);
    }
    framing->value_len += len - i;
}

static bool is_named(const struct cn_framing *framing, cn_str name)
{
    return framing->name_len == name.len && memcmp(framing->name, name.ptr, name.len) == 0;
}

static cn_str value_of(const struct cn_framing *framing)
{
    return cn_str_trim((cn_str){ framing->value, framing->value_len < sizeof(framing->value)
                                                     ? framing->value_len
                                                     : sizeof(framing->value) });
}

static void end_length(struct cn_framing *framing)
{
    cn_str text = value_of(framing);
    if (framing->has_length) {
        refuse(framing, "content-length is given twice");
        return;
    }
    if (text.len == 0 || text.len > 18) {
        refuse(framing, "content-length is not a number");
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            refuse(framing, "content-length is not a number");
            return;
        }
        framing->length = framing->length * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    framing->has_length = true;
}

/* A field line has ended; only those that say where the body ends matter here. */
static void end_field(struct cn_framing *framing)
{
    framing->state = STATE_FIELD;
    if (framing->in_trailer) {
        return;
    }
    if (is_named(framing, CN_STR("content-length"))) {
        end_length(framing);
    } else if (is_named(framing, CN_STR("transfer-encoding"))) {
        if (framing->has_coding || !cn_str_equal(value_of(framing), CN_STR("chunked"))) {
            refuse(framing, "the only transfer coding known is chunked");
            return;
        }
        framing->has_coding = true;
    } else if (is_named(framing, CN_STR("host"))) {
        if (framing->has_host) {
            refuse(framing, "host is given twice");
            return;
        }
        framing->has_host = true;
    }
}

static void end_header(struct cn_framing *framing)
{
    const bool is_new = memcmp(framing->version, "HTTP/1.1", 8) == 0;
    if (framing->in_trailer) {
        framing->state = STATE_START;
    } else if (framing->has_length && framing->has_coding) {
        refuse(framing, "both content-length and transfer-encoding are given");
    } else if (is_new && !framing->has_host) {
        refuse(framing, "host is missing");
    } else if (framing->has_coding && !is_new) {
        refuse(framing, "transfer-encoding needs HTTP/1.1");
    } else if (framing->has_coding) {
        framing->state = STATE_CHUNK_SIZE;
        framing->left = 0;
        framing->digits = 0;
    } else {
        framing->left = framing->length;
        framing->state = framing->left > 0 ? STATE_BODY : STATE_START;
    }
}

static void on_field(struct cn_framing *framing, char c)
{
    if (c == '\r') {
        framing->state = STATE_END_LF;
    } else if (is_token((unsigned char)c)) {
        framing->name[0] = lower(c);
        framing->name_len = 1;
        framing->value_len = 0;
        framing->state = STATE_NAME;
    } else {
        refuse(framing, c == '\n' ? "a line ends in a bare LF" : "a field has no proper name");
    }
}

static void add_name_byte(struct cn_framing *framing, char c)
{
    if (framing->name_len < sizeof(framing->name)) {
        framing->name[framing->name_len] = lower(c);
    }
    framing->name_len++;
}

/* Its tokens were taken by on_bytes(). */
static void on_name(struct cn_framing *framing, char c)
{
    if (c == ':') {
        framing->state = STATE_VALUE;
    } else {
        refuse(framing,
               c == ' ' || c == '\t' ? "a space before a colon" : "a field has no proper name");
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void on_chunk_size(struct cn_framing *framing, char c)
{
    const int digit = hex_digit(c);
    if (digit >= 0 && framing->digits < 15) {
        framing->left = framing->left * 16 + (uint64_t)digit;
        framing->digits++;
    } else if (framing->digits > 0 && c == '\r') {
        framing->state = STATE_CHUNK_SIZE_LF;
    } else if (framing->digits > 0 && c == ';') {
        framing->state = STATE_CHUNK_EXTENSION;
    } else {
        refuse(framing, "a chunk has no proper size");
    }
}

static void begin_chunk(struct cn_framing *framing)
{
    if (framing->left > 0) {
        framing->state = STATE_CHUNK_DATA;
    } else {
        framing->in_trailer = true;
        framing->state = STATE_FIELD;
    }
}

/* A state in which exactly one byte may come. */
static bool expect(struct cn_framing *framing, char c, char wanted)
{
    if (c != wanted) {
        refuse(framing, wanted == '\n' ? "a CR without its LF" : "a chunk is longer than it says");
    }
    return c == wanted;
}

static void on_text(struct cn_framing *framing, char c, int next_state)
{
    if (c == '\r') {
        framing->state = next_state;
    } else if (c == '\n') {
        refuse(framing, "a line ends in a bare LF");
    } else if (c == '\0') {
        refuse(framing, "a NUL byte in the header");
    } else if (framing->state == STATE_LINE) {
        add_to_line(framing, &c, 1);
    } else if (framing->state == STATE_VALUE) {
        add_to_value(framing, &c, 1);
    }
}

/* Bytes before the first that on_text() does not simply take. */
static size_t plain_text(const char *bytes, size_t len)
{
    static const char ends[] = { '\r', '\n', '\0' };
    for (size_t i = 0; i < CN_ARRAY_LEN(ends); i++) {
        const char *end = memchr(bytes, ends[i], len);
        len = end != NULL ? (size_t)(end - bytes) : len;
    }
    return len;
}

static void on_line_end(struct cn_framing *framing, char c)
{
    const int state = framing->state;
    if (!expect(framing, c, '\n')) {
        return;
    }
    switch (state) {
    case STATE_START_LF:
        framing->state = STATE_START;
        break;
    case STATE_LINE_LF:
        framing->state = STATE_FIELD;
        break;
    case STATE_VALUE_LF:
        end_field(framing);
        break;
    case STATE_END_LF:
        end_header(framing);
        break;
    case STATE_CHUNK_SIZE_LF:
        begin_chunk(framing);
        break;
    default: /* STATE_CHUNK_LF */
        framing->left = 0;
        framing->digits = 0;
        framing->state = STATE_CHUNK_SIZE;
        break;
    }
}

static void on_start(struct cn_framing *framing, char c)
{
    if (c == '\r') {
        framing->state = STATE_START_LF;
        return;
    }
    begin_request(framing);
    on_text(framing, c, STATE_LINE_LF);
}

static void on_byte(struct cn_framing *framing, char c)
{
    switch (framing->state) {
    case STATE_START:
        on_start(framing, c);
        break;
    case STATE_LINE:
        on_text(framing, c, STATE_LINE_LF);
        break;
    case STATE_FIELD:
        on_field(framing, c);
        break;
    case STATE_NAME:
        on_name(framing, c);
        break;
    case STATE_VALUE:
        on_text(framing, c, STATE_VALUE_LF);
        break;
    case STATE_CHUNK_SIZE:
        on_chunk_size(framing, c);
        break;
    case STATE_CHUNK_EXTENSION:
        on_text(framing, c, STATE_CHUNK_SIZE_LF);
        break;
    case STATE_CHUNK_CR:
        if (expect(framing, c, '\r')) {
            framing->state = STATE_CHUNK_LF;
        }
        break;
    default:
        on_line_end(framing, c);
        break;
    }
}

/* Takes at once what needs no look at each byte; how many those are. */
static size_t on_bytes(struct cn_framing *framing, const char *bytes, size_t len)
{
    size_t taken = 0;
    switch (framing->state) {
    case STATE_BODY:
    case STATE_CHUNK_DATA:
        taken = framing->left < len ? (size_t)framing->left : len;
        framing->left -= taken;
        if (framing->left == 0) {
            framing->state = framing->state == STATE_BODY ? STATE_START : STATE_CHUNK_CR;
        }
        break;
    case STATE_LINE:
        taken = plain_text(bytes, len);
        add_to_line(framing, bytes, taken);
        break;
    case STATE_NAME:
        while (taken < len && is_token((unsigned char)bytes[taken])) {
            add_name_byte(framing, bytes[taken++]);
        }
        break;
    case STATE_VALUE:
        taken = plain_text(bytes, len);
        add_to_value(framing, bytes, taken);
        break;
    default:
        break;
    }
    return taken;
}

void cn_framing_feed(struct cn_framing *framing, const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && framing->state != STATE_BAD) {
        const size_t taken = on_bytes(framing, bytes + i, len - i);
        if (taken == 0) {
            on_byte(framing, bytes[i]);
        }
        i += taken > 0 ? taken : 1;
    }
}

bool cn_framing_is_between(const struct cn_framing *framing)
{
    return framing->state == STATE_START;
}

const char *cn_framing_problem(const struct cn_framing *framing, int64_t index)
{
    return framing->why != NULL && index >= framing->bad_request ? framing->why : NULL;
}
