/* Accounts that left, many at once: see book/departure.h. */
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/map.h"
#include "base/str.h"
#include "base/tz.h"
#include "base/utf8.h"

#include "book/departure.h"
#include "book/row.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* spreadsheets write it */

enum {
    CELLS = 3, /* account, day, reason */
    CELL_MAX_BYTES = 2000
};

struct line {
    int64_t number; /* in the file, of its beginning: a quoted cell may have lines of its own */
    int64_t next;
    cn_str cells[CELLS];
    size_t count;
};

struct taken {
    cn_account_id account_id;
    int64_t left_on;
    cn_str reason;
};

/* Reads a cell from *at on, as RFC 4180 quotes it, and moves *at behind it. */
static cn_str read_cell(struct cn_arena *arena, cn_str csv, size_t *at)
{
    struct cn_buf out;
    bool quoted = false;
    cn_buf_init(&out, CELL_MAX_BYTES);
    for (; *at < csv.len; (*at)++) {
        char c = csv.ptr[*at];
        if (c == '"' && quoted && *at + 1 < csv.len && csv.ptr[*at + 1] == '"') {
            (*at)++;
            cn_buf_add(&out, "\"", 1);
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == '\n')) {
            break;
        } else if (c != '\r') {
            cn_buf_add(&out, &c, 1);
        }
    }
    cn_str text = cn_arena_str(arena, cn_str_trim(cn_buf_str(&out)));
    cn_buf_deinit(&out);
    return text;
}

static int64_t lines_in(cn_str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '\n';
    }
    return count;
}

/* The next line; false at the end. */
static bool read_line(struct cn_arena *arena, cn_str csv, size_t *at, struct line *line)
{
    const size_t begin = *at;
    line->number = line->next;
    line->count = 0;
    if (*at >= csv.len) {
        return false;
    }
    for (;;) {
        cn_str cell = read_cell(arena, csv, at);
        if (line->count < CELLS) {
            line->cells[line->count++] = cell;
        }
        bool ends = *at >= csv.len || csv.ptr[*at] == '\n';
        (*at)++;
        if (ends) {
            line->next += lines_in(cn_str_slice(csv, begin, *at));
            return true;
        }
    }
}

static bool find_account(const struct cn_unit *unit, cn_str text, cn_account_id *id_out,
                         struct cn_error *err)
{
    int64_t id = 0;
    if (cn_id_parse(CN_ACCOUNT_PREFIX, text, &id)) {
        id_out->value = id;
        return cn_row_require_account(unit, *id_out, err);
    }
    return cn_departure_find(unit, text, id_out, err);
}

/* An account left on one day: of two lines the second would replace the first unseen. */
static bool is_first(struct cn_map *lines, cn_account_id account_id, int64_t number,
                     struct cn_error *err)
{
    bool was_new = false;
    uint64_t *line = cn_map_put(lines, (uint64_t)account_id.value, &was_new);
    if (!was_new) {
        return cn_fail(err, CN_INVALID, "this account is in line %lld already", (long long)*line);
    }
    *line = (uint64_t)number;
    return true;
}

/* Spreadsheets of many countries write them instead of commas. */
static bool has_semicolon(cn_str text)
{
    return text.len > 0 && memchr(text.ptr, ';', text.len) != NULL;
}

/* False with CN_INVALID or CN_NOT_FOUND: the line is wrong.  *lines knows where accounts are. */
static bool take_line(const struct cn_unit *unit, const struct line *line, struct cn_map *lines,
                      struct taken *taken, struct cn_error *err)
{
    *taken = (struct taken){ .reason = line->count > 2 ? line->cells[2] : CN_STR("") };
    if (line->count == 1 && has_semicolon(line->cells[0])) {
        return cn_fail(err, CN_INVALID,
                       "it takes an account and a day such as 2026-03-31, with a comma between");
    }
    if (line->count < 2 || !cn_date_parse(line->cells[1], &taken->left_on)) {
        return cn_fail(err, CN_INVALID, "it takes an account and a day such as 2026-03-31");
    }
    if (taken->left_on > cn_unit_day(unit)) {
        return cn_fail(err, CN_INVALID, "an account that left did so today or before");
    }
    if (taken->reason.len > CN_DEPARTURE_REASON_MAX_BYTES) {
        return cn_fail(err, CN_INVALID, "the reason is longer than %d bytes",
                       CN_DEPARTURE_REASON_MAX_BYTES);
    }
    return find_account(unit, line->cells[0], &taken->account_id, err) &&
           is_first(lines, taken->account_id, line->number, err);
}

static void add_problem(const struct cn_unit *unit, struct cn_departure_import *import,
                        size_t *capacity, int64_t line, const char *text)
{
    import->problems = cn_row_grow(unit->arena, import->problems, import->problem_count, capacity,
                                   sizeof(import->problems[0]));
    import->problems[import->problem_count++] =
        (struct cn_departure_problem){ line, cn_arena_str(unit->arena, cn_str_of(text)) };
}

/* Names of columns: where the day belongs there is not even a digit. */
static bool is_heading(const struct line *line)
{
    bool is_word = line->number == 1 && line->count > 1;
    for (size_t i = 0; is_word && i < line->cells[1].len; i++) {
        is_word = line->cells[1].ptr[i] < '0' || line->cells[1].ptr[i] > '9';
    }
    return is_word;
}

static bool is_empty(const struct line *line)
{
    return line->count == 1 && line->cells[0].len == 0;
}

struct reading {
    const struct cn_unit *unit;
    struct cn_map lines; /* by account id */
    struct taken *taken;
    size_t count;
    struct cn_departure_import import;
};

/* Reads all lines; what is wrong with them is a problem each. */
static bool read_lines(struct reading *r, cn_str csv, struct cn_error *err)
{
    struct line line = { .next = 1 };
    size_t capacity = 0;
    size_t problem_capacity = 0;
    size_t at = cn_str_starts_with(csv, CN_STR(BYTE_ORDER_MARK)) ? strlen(BYTE_ORDER_MARK) : 0;
    while (read_line(r->unit->arena, csv, &at, &line)) {
        if (is_heading(&line) || is_empty(&line)) {
            continue;
        }
        r->taken = cn_row_grow(r->unit->arena, r->taken, r->count, &capacity, sizeof(r->taken[0]));
        if (take_line(r->unit, &line, &r->lines, &r->taken[r->count], err)) {
            r->count++;
        } else if (err->code == CN_INVALID || err->code == CN_NOT_FOUND) {
            add_problem(r->unit, &r->import, &problem_capacity, line.number, err->message);
        } else {
            return false;
        }
    }
    return true;
}

bool cn_departure_take_csv(const struct cn_unit *unit, cn_str csv,
                           struct cn_departure_import *import_out, struct cn_error *err)
{
    struct reading r = { .unit = unit };
    if (!cn_utf8_valid(csv)) {
        return cn_fail(err, CN_INVALID, "the file is not UTF-8");
    }
    const bool ok = read_lines(&r, csv, err);
    cn_map_deinit(&r.lines);
    if (!ok) {
        return false;
    }
    if (r.count + r.import.problem_count == 0) {
        return cn_fail(err, CN_INVALID, "there is no line with an account and a day in it");
    }
    for (size_t i = 0; r.import.problem_count == 0 && i < r.count; i++) {
        const struct taken *one = &r.taken[i];
        if (!cn_departure_set(unit, one->account_id, one->left_on, one->reason, err)) {
            return false;
        }
        r.import.marked++;
    }
    *import_out = r.import;
    return true;
}
