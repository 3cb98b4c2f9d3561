#include "program/problem.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

enum {
    SHOWN_MAX_BYTES = 96,    /* of a line */
    SHOWN_BEFORE_BYTES = 32, /* what is at fault, of a line that is longer */
};

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

/* The line, from 1, of the file of that name; "" if there is none. */
static cn_str line_of(const struct cn_program_files *files, cn_str source, int64_t line)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        if (!cn_str_equal(files->items[i].name, source)) {
            continue;
        }
        cn_str rest = files->items[i].text;
        if (cn_str_starts_with(rest, CN_STR("\xEF\xBB\xBF"))) {
            rest = cn_str_slice(rest, 3, rest.len);
        }
        cn_str text;
        while (line > 0 && cn_str_split(&rest, '\n', &text)) {
            if (--line == 0) {
                return cn_str_ends_with(text, CN_STR("\r")) ? cn_str_slice(text, 0, text.len - 1)
                                                            : text;
            }
        }
        return CN_STR("");
    }
    return CN_STR("");
}

/* That column, which counts bytes, in characters. */
static int64_t characters(cn_str line, int64_t column)
{
    int64_t count = column;
    for (size_t i = 0; i < line.len && (int64_t)i + 1 < column; i++) {
        count -= is_continuation(line.ptr[i]);
    }
    return count;
}

/* Just past the word at the column, or the sign. */
static int64_t word_end(cn_str line, int64_t column)
{
    static const char signs[] = " ,:[]{}";
    size_t begin = (size_t)column - 1;
    size_t at = begin;
    while (at < line.len && memchr(signs, line.ptr[at], sizeof(signs) - 1) == NULL) {
        at++;
    }
    return (int64_t)(at > begin ? at : begin + 1) + 1;
}

/* ---- the terminal ---- */

/* Characters that would do something, or are none, are not printed. */
static void add_shown(struct cn_buf *out, cn_str text)
{
    bool is_text = cn_utf8_valid(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_c1 = c == 0xC2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xA0;
        bool is_safe = c >= ' ' && c != 0x7F && (is_text || c < 0x80) && !is_c1;
        cn_buf_add(out, c == '\t' ? " " : is_safe ? &text.ptr[i] : "?", 1);
        i += is_c1; /* two bytes are one character */
    }
}

static size_t character_start(cn_str line, size_t at)
{
    while (at > 0 && at < line.len && is_continuation(line.ptr[at])) {
        at--;
    }
    return at;
}

/* The line, or the part of it around what is at fault, and "~" below that. */
static void print_line(const struct cn_diagnostic *item, cn_str line, struct cn_buf *out)
{
    if (line.len == 0 || item->place.column < 1 || (size_t)item->place.column > line.len + 1) {
        return;
    }
    size_t fault = (size_t)item->place.column - 1;
    size_t begin = line.len > SHOWN_MAX_BYTES && fault > SHOWN_BEFORE_BYTES
                       ? character_start(line, fault - SHOWN_BEFORE_BYTES)
                       : 0;
    size_t end = line.len - begin > SHOWN_MAX_BYTES ? character_start(line, begin + SHOWN_MAX_BYTES)
                                                    : line.len;
    int64_t fault_end = item->end_line == 0                 ? word_end(line, item->place.column)
                        : item->end_line > item->place.line ? (int64_t)end + 1
                                                            : item->end_column;
    cn_str before = cn_str_slice(line, begin, fault);
    cn_str marked =
        cn_str_slice(line, fault, (size_t)fault_end - 1 < end ? (size_t)fault_end - 1 : end);
    int64_t spaces = characters(before, (int64_t)before.len + 1) - 1;
    int64_t marks = characters(marked, (int64_t)marked.len + 1) - 1;
    cn_buf_add_str(out, begin > 0 ? CN_STR("  ..") : CN_STR("    "));
    add_shown(out, cn_str_slice(line, begin, end));
    cn_buf_add_str(out, end < line.len ? CN_STR("..\n") : CN_STR("\n"));
    for (int64_t i = 0; i < 4 + spaces; i++) {
        cn_buf_add_str(out, CN_STR(" "));
    }
    for (int64_t i = 0; i < (marks > 0 ? marks : 1); i++) { /* what is missing has no length */
        cn_buf_add_str(out, CN_STR("~"));
    }
    cn_buf_add_str(out, CN_STR("\n"));
}

/* "    fix 3:20: 2.0 instead of 2"; texts of more than a line are not shown. */
static void print_fix(const struct cn_fix *fix, struct cn_buf *out)
{
    if (fix->line == 0 || memchr(fix->instead_of.ptr, '\n', fix->instead_of.len) != NULL) {
        return;
    }
    cn_buf_printf(out, "    fix %lld:%lld: ", (long long)fix->line, (long long)fix->column);
    cn_buf_add_str(out, fix->text);
    cn_buf_add_str(out, CN_STR(" instead of "));
    cn_buf_add_str(out, fix->instead_of);
    cn_buf_add_str(out, CN_STR("\n"));
}

void cn_program_show_problems(const struct cn_diagnostics *problems,
                              const struct cn_program_files *files, struct cn_buf *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct cn_diagnostic *item = &problems->items[i];
        cn_buf_add_str(out, item->place.source);
        cn_buf_printf(out, ":%lld:%lld: ", (long long)item->place.line,
                      (long long)item->place.column);
        cn_buf_add_str(out, item->message);
        cn_buf_add_str(out, CN_STR("\n"));
        print_line(item, line_of(files, item->place.source, item->place.line), out);
        print_fix(&item->fix, out);
    }
    if (problems->total > problems->count) {
        cn_buf_printf(out, "and %zu more\n", problems->total - problems->count);
    }
}

void cn_program_print_problems(const struct cn_diagnostics *problems, struct cn_buf *out)
{
    cn_program_show_problems(problems, NULL, out);
}

/* ---- editors ---- */

static void point(const struct cn_program_files *files, cn_str source, int64_t line,
                  int64_t *column)
{
    *column = characters(line_of(files, source, line), *column);
}

void cn_program_points(struct cn_diagnostics *problems, const struct cn_program_files *files)
{
    for (size_t i = 0; i < problems->count; i++) {
        struct cn_diagnostic *item = &problems->items[i];
        cn_str source = item->place.source;
        if (item->end_line == 0 && item->place.line > 0) {
            item->end_line = item->place.line;
            item->end_column =
                word_end(line_of(files, source, item->place.line), item->place.column);
        }
        point(files, source, item->place.line, &item->place.column);
        point(files, source, item->end_line, &item->end_column);
        if (item->fix.line != 0) {
            point(files, source, item->fix.line, &item->fix.column);
            point(files, source, item->fix.end_line, &item->fix.end_column);
        }
    }
}
