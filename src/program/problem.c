#include "program/problem.h"

#include <string.h>

#include "base/str.h"

enum {
    LINE_MAX_BYTES = 200 /* longer ones are not shown */
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

/* Just past the word at the column, or the sign. */
static int64_t word_end(cn_str line, int64_t column)
{
    size_t begin = (size_t)column - 1;
    size_t at = begin;
    while (at < line.len && memchr(" ,:[]{}", line.ptr[at], 7) == NULL) {
        at++;
    }
    return (int64_t)(at > begin ? at : begin + 1) + 1;
}

/* ---- the terminal ---- */

/* A character that would do something is not printed. */
static void add_shown(struct cn_buf *out, cn_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        cn_buf_add(out, c == '\t' ? " " : c < ' ' || c == 0x7F ? "?" : &line.ptr[i], 1);
    }
}

/* The line, and "~" below what is at fault in it. */
static void print_line(const struct cn_diagnostic *item, cn_str line, struct cn_buf *out)
{
    int64_t end = item->end_line == 0 ? word_end(line, item->place.column) : item->end_column;
    if (line.len == 0 || line.len > LINE_MAX_BYTES || item->place.column < 1) {
        return;
    }
    if (item->end_line > item->place.line || end > (int64_t)line.len + 1) {
        end = (int64_t)line.len + 1;
    }
    cn_buf_add_str(out, CN_STR("    "));
    add_shown(out, line);
    cn_buf_add_str(out, CN_STR("\n    "));
    for (size_t i = 0; i < line.len + 1 && (int64_t)i + 1 < end; i++) {
        bool is_before = (int64_t)i + 1 < item->place.column;
        if (i == line.len || !is_continuation(line.ptr[i])) {
            cn_buf_add_str(out, is_before ? CN_STR(" ") : CN_STR("~"));
        }
    }
    if (end <= item->place.column) { /* what is at fault is not there */
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

static int64_t characters(cn_str line, int64_t column)
{
    int64_t count = column;
    for (size_t i = 0; i < line.len && (int64_t)i + 1 < column; i++) {
        count -= is_continuation(line.ptr[i]);
    }
    return count;
}

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
