/* Accounts that left, many at once: see book/departure.h. */
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
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
    int64_t number;
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

/* The next line; false at the end. */
static bool read_line(struct cn_arena *arena, cn_str csv, size_t *at, struct line *line)
{
    line->number++;
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

/* False with CN_INVALID or CN_NOT_FOUND: the line is wrong. */
static bool take_line(const struct cn_unit *unit, const struct line *line, struct taken *taken,
                      struct cn_error *err)
{
    *taken = (struct taken){ .reason = line->count > 2 ? line->cells[2] : CN_STR("") };
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
    return find_account(unit, line->cells[0], &taken->account_id, err);
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

bool cn_departure_take_csv(const struct cn_unit *unit, cn_str csv,
                           struct cn_departure_import *import_out, struct cn_error *err)
{
    struct cn_departure_import import = { 0 };
    struct line line = { 0 };
    struct taken *taken = NULL;
    size_t count = 0;
    size_t capacity = 0;
    size_t problem_capacity = 0;
    size_t at = cn_str_starts_with(csv, CN_STR(BYTE_ORDER_MARK)) ? strlen(BYTE_ORDER_MARK) : 0;
    if (!cn_utf8_valid(csv)) {
        return cn_fail(err, CN_INVALID, "the file is not UTF-8");
    }
    while (read_line(unit->arena, csv, &at, &line)) {
        if (is_heading(&line) || is_empty(&line)) {
            continue;
        }
        taken = cn_row_grow(unit->arena, taken, count, &capacity, sizeof(taken[0]));
        if (take_line(unit, &line, &taken[count], err)) {
            count++;
        } else if (err->code == CN_INVALID || err->code == CN_NOT_FOUND) {
            add_problem(unit, &import, &problem_capacity, line.number, err->message);
        } else {
            return false;
        }
    }
    if (count + import.problem_count == 0) {
        return cn_fail(err, CN_INVALID, "there is no line with an account and a day in it");
    }
    for (size_t i = 0; import.problem_count == 0 && i < count; i++) {
        if (!cn_departure_set(unit, taken[i].account_id, taken[i].left_on, taken[i].reason, err)) {
            return false;
        }
        import.marked++;
    }
    *import_out = import;
    return true;
}
