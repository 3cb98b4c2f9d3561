/* Where in the file a part of a node's text stands, and the edits that would repair it. */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "program/node.h"

enum {
    FIX_MAX_BYTES = 64 * 1024 /* what is larger has no fix */
};

/* Where the first character of the text stands in `raw`. */
static size_t skip_opening(cn_str raw)
{
    if (raw.len > 0 && (raw.ptr[0] == '"' || raw.ptr[0] == '\'')) {
        return 1;
    }
    if (raw.len > 0 && (raw.ptr[0] == '|' || raw.ptr[0] == '>')) {
        const char *end = memchr(raw.ptr, '\n', raw.len);
        return end != NULL ? (size_t)(end - raw.ptr) + 1 : raw.len;
    }
    return 0;
}

/* Where in `raw` the byte of the text is, or just past the text. */
static size_t raw_offset(const struct cn_node *node, size_t offset)
{
    cn_str raw = node->raw;
    size_t text_at = 0;
    size_t i = skip_opening(raw);
    for (; i < raw.len && text_at < node->text.len; i++) {
        char wanted = node->text.ptr[text_at];
        bool is_fold = raw.ptr[i] == '\n' && wanted == ' '; /* a folded line end */
        if ((raw.ptr[i] == wanted || is_fold) && text_at++ == offset) {
            return i;
        }
    }
    return i;
}

static struct cn_place place_in_raw(const struct cn_node *node, size_t raw_at)
{
    struct cn_place place = cn_node_place(node);
    for (size_t i = 0; i < raw_at && i < node->raw.len; i++) {
        bool is_end = node->raw.ptr[i] == '\n';
        place.column = is_end ? 1 : place.column + 1;
        place.line += is_end;
    }
    return place;
}

struct cn_place cn_node_place_at(const struct cn_node *node, int64_t offset)
{
    return place_in_raw(node, raw_offset(node, (size_t)offset));
}

/* Just past the last of `length` bytes. */
static size_t raw_end(const struct cn_node *node, size_t offset, size_t length)
{
    return length == 0 ? raw_offset(node, offset) : raw_offset(node, offset + length - 1) + 1;
}

void cn_node_mark(const struct cn_node *node, size_t offset, size_t length,
                  struct cn_diagnostics *problems)
{
    struct cn_place end = place_in_raw(node, raw_end(node, offset, length));
    cn_diagnose_end(problems, end.line, end.column);
}

void cn_node_mark_value(const struct cn_node *node, struct cn_diagnostics *problems)
{
    if (node->kind == CN_NODE_SCALAR && node->raw.len > 0) {
        struct cn_place end = place_in_raw(node, node->raw.len);
        cn_diagnose_end(problems, end.line, end.column);
    }
}

void cn_node_mark_key(const struct cn_node *node, struct cn_diagnostics *problems)
{
    if (node->key_line != 0 && !node->is_key_quoted) {
        cn_diagnose_end(problems, node->key_line, node->key_column + (int64_t)node->key.len);
    }
}

void cn_node_fix_key(const struct cn_node *node, cn_str text, struct cn_diagnostics *problems)
{
    if (text.len > 0 && !node->is_key_quoted && node->key_line != 0) {
        cn_diagnose_fix(problems, &(struct cn_fix){ .line = node->key_line,
                                                    .column = node->key_column,
                                                    .instead_of = node->key,
                                                    .text = text });
    }
}

/* Within a plain scalar, wherever that is: what YAML would read as the end of it stays out. */
static bool fits_plain(cn_str text, bool is_first)
{
    static const char indicators[] = "!&*-?|>%@`\"'=~";
    static const char enders[] = ",[]{}#\n\r\t";
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(enders, text.ptr[i], sizeof(enders) - 1) != NULL ||
            (text.ptr[i] == ':' && (i + 1 == text.len || text.ptr[i + 1] == ' '))) {
            return false;
        }
    }
    return !is_first ||
           (text.len > 0 && memchr(indicators, text.ptr[0], sizeof(indicators) - 1) == NULL);
}

static void add_double_quoted(cn_str text, struct cn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\') {
            cn_buf_add_str(out, CN_STR("\\"));
            cn_buf_add(out, &text.ptr[i], 1);
        } else if (c < ' ') {
            cn_buf_printf(out, "\\x%02x", c);
        } else {
            cn_buf_add(out, &text.ptr[i], 1);
        }
    }
}

static void add_single_quoted(cn_str text, struct cn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        cn_buf_add(out, &text.ptr[i], 1);
        if (text.ptr[i] == '\'') {
            cn_buf_add_str(out, CN_STR("'"));
        }
    }
}

/* Quote or sign of a block with which it begins; a letter of a plain one. */
static char style_of(const struct cn_node *node)
{
    if (node->raw.len == 0) {
        return '\0';
    }
    return node->raw.ptr[0];
}

/* The text as it would stand inside the scalar; false if it cannot. */
static bool add_inside(const struct cn_node *node, size_t offset, cn_str text, struct cn_buf *out)
{
    char style = style_of(node);
    if (style == '"') {
        add_double_quoted(text, out);
        return true;
    }
    if (memchr(text.ptr, '\n', text.len) != NULL) {
        return false;
    }
    if (style == '\'') {
        add_single_quoted(text, out);
        return true;
    }
    cn_buf_add_str(out, text);
    return style == '|' || style == '>' || fits_plain(text, offset == 0);
}

/* The scalar as a whole; false for blocks, which end where YAML says. */
static bool add_whole(const struct cn_node *node, size_t offset, size_t length, cn_str text,
                      struct cn_buf *out)
{
    char style = style_of(node);
    cn_buf_clear(out);
    cn_buf_add_str(out, CN_STR("\""));
    add_double_quoted(cn_str_slice(node->text, 0, offset), out);
    add_double_quoted(text, out);
    add_double_quoted(cn_str_slice(node->text, offset + length, node->text.len), out);
    cn_buf_add_str(out, CN_STR("\""));
    return style != '|' && style != '>';
}

void cn_node_fix(const struct cn_node *node, size_t offset, size_t length, cn_str text,
                 struct cn_diagnostics *problems)
{
    struct cn_buf out;
    size_t from = raw_offset(node, offset);
    size_t to = raw_end(node, offset, length);
    bool is_literal = cn_str_equal(cn_str_slice(node->raw, from, to),
                                   cn_str_slice(node->text, offset, offset + length));
    bool ok = true;
    cn_buf_init(&out, FIX_MAX_BYTES);
    if (!is_literal || !add_inside(node, offset, text, &out)) {
        ok = add_whole(node, offset, length, text, &out);
        from = 0;
        to = node->raw.len;
    }
    if (ok && !out.overflowed) {
        struct cn_place begin = place_in_raw(node, from);
        struct cn_place end = place_in_raw(node, to);
        cn_diagnose_fix(problems, &(struct cn_fix){ .line = begin.line,
                                                    .column = begin.column,
                                                    .end_line = end.line,
                                                    .end_column = end.column,
                                                    .instead_of = cn_str_slice(node->raw, from, to),
                                                    .text = cn_buf_str(&out) });
    }
    cn_buf_deinit(&out);
}
