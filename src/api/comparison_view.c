#include "api/comparison_view.h"

#include "base/buf.h"
#include "base/str.h"

#include "api/program_view.h"

enum {
    NAME_MAX = 1000,
    MOVES_MAX = CN_BAND_COUNT * CN_BAND_COUNT
};

#define COUNT .max = INT64_MAX

static const char *const shade_texts[] = { "none", "red", "yellow", "green" };
static const struct cn_names shades = { shade_texts, CN_ARRAY_LEN(shade_texts) };
_Static_assert(CN_ARRAY_LEN(shade_texts) == CN_BAND_COUNT, "every colour has a name");

static const struct cn_field colour_rows[] = {
    CN_FIELD_OF_ENUM(struct cn_comparison_colour_view, colour, &shades,
                     .doc = "none: without a score"),
    CN_FIELD(struct cn_comparison_colour_view, count, COUNT, .doc = "accounts of it"),
    CN_FIELD(struct cn_comparison_colour_view, arr,
             .doc = "their ARR then, in major units of the reporting currency; what is in another "
                    "currency is not added"),
};
static const struct cn_fields colour_fields =
    CN_FIELDS("ComparisonColour", struct cn_comparison_colour_view, colour_rows);
static const struct cn_field colour_item = { .type = CN_FIELD_OBJECT, .object = &colour_fields };

static const struct cn_field standing_rows[] = {
    CN_FIELD_OF_LIST(struct cn_comparison_standing_view, colours, &colour_item,
                     .max = CN_BAND_COUNT, .doc = "the worst first, what has no score last"),
    CN_FIELD(struct cn_comparison_standing_view, grey, COUNT,
             .doc = "shown grey for want of facts; each counts in its frozen colour, too"),
    CN_FIELD(struct cn_comparison_standing_view, scored, COUNT, .doc = "accounts with a score"),
    CN_FIELD(struct cn_comparison_standing_view, mean,
             CN_MAY(struct cn_comparison_standing_view, mean, BE_NULL), .min = 0, .max = 100,
             .doc = "score of those; null: there are none"),
};
static const struct cn_fields standing_fields =
    CN_FIELDS("ComparisonStanding", struct cn_comparison_standing_view, standing_rows);

static const struct cn_field day_rows[] = {
    CN_FIELD_OF_DATE(struct cn_comparison_day_view, day, .doc = "at its beginning"),
    CN_FIELD_OF_OBJECT(struct cn_comparison_day_view, before, &standing_fields,
                       .doc = "under the program that was before"),
    CN_FIELD_OF_OBJECT(struct cn_comparison_day_view, after, &standing_fields,
                       .doc = "under the other"),
    CN_FIELD(struct cn_comparison_day_view, moved, COUNT,
             .doc = "accounts of another colour, or with a score under one of them alone"),
};
static const struct cn_fields day_fields =
    CN_FIELDS("ComparisonDay", struct cn_comparison_day_view, day_rows);
static const struct cn_field day_item = { .type = CN_FIELD_OBJECT, .object = &day_fields };

static const struct cn_field move_rows[] = {
    CN_FIELD_OF_ENUM(struct cn_comparison_move_view, was, &shades,
                     .doc = "under the program that was before; none: without a score"),
    CN_FIELD_OF_ENUM(struct cn_comparison_move_view, is, &shades, .doc = "under the other"),
    CN_FIELD(struct cn_comparison_move_view, count, COUNT, .doc = "accounts"),
    CN_FIELD(struct cn_comparison_move_view, arr, .doc = "their ARR, in major units"),
};
static const struct cn_fields move_fields =
    CN_FIELDS("ComparisonMove", struct cn_comparison_move_view, move_rows);
static const struct cn_field move_item = { .type = CN_FIELD_OBJECT, .object = &move_fields };

static const struct cn_field score_rows[] = {
    CN_FIELD(struct cn_comparison_score_view, points,
             CN_MAY(struct cn_comparison_score_view, points, BE_NULL), .min = 0, .max = 100,
             .doc = "0 to 100, 100 is healthy; null: no score"),
    CN_FIELD_OF_ENUM(struct cn_comparison_score_view, colour, &shades, .doc = "none: no score"),
};
static const struct cn_fields score_fields =
    CN_FIELDS("ComparisonScore", struct cn_comparison_score_view, score_rows);

#define ACCOUNT(member, ...) CN_FIELD(struct cn_comparison_account_view, member, __VA_ARGS__)
#define SCORE(member, ...) \
    CN_FIELD_OF_OBJECT(struct cn_comparison_account_view, member, &score_fields, __VA_ARGS__)
static const struct cn_field account_rows[] = {
    CN_FIELD_OF_ID(struct cn_comparison_account_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    ACCOUNT(name, .max = NAME_MAX, .doc = "display name"),
    ACCOUNT(arr, .doc = "on the last day, in major units"),
    ACCOUNT(distance, .min = 0, .max = 100,
            .doc = "points between both programs on the scale of 0 to 100, 100 is healthy: the "
                   "mean over the days shown"),
    ACCOUNT(days, COUNT, .doc = "shown, on which both gave a score"),
    CN_FIELD_OF_DATE(struct cn_comparison_account_view, widest_day,
                     .doc = "on which they were farthest apart"),
    SCORE(widest_before, .doc = "then, under the program that was before"),
    SCORE(widest_after, .doc = "then, under the other"),
    SCORE(last_before, .doc = "on the last day, under the program that was before"),
    SCORE(last_after, .doc = "on the last day, under the other"),
};
static const struct cn_fields account_fields =
    CN_FIELDS("ComparisonAccount", struct cn_comparison_account_view, account_rows);
static const struct cn_field account_item = { .type = CN_FIELD_OBJECT, .object = &account_fields };

#define RESULT(member, ...) CN_FIELD(struct cn_comparison_view, member, __VA_ARGS__)
static const struct cn_field result_rows[] = {
    RESULT(accounts, COUNT, .doc = "that were compared"),
    RESULT(differ, COUNT, .doc = "of those: another score or colour on some day shown"),
    CN_FIELD_OF_LIST(struct cn_comparison_view, days, &day_item, .max = CN_COMPARISON_DAYS_MAX,
                     .doc = "oldest first"),
    CN_FIELD_OF_LIST(struct cn_comparison_view, moves, &move_item, .max = MOVES_MAX,
                     .doc = "colours on the last day; those that do not occur are left out"),
    CN_FIELD_OF_LIST(struct cn_comparison_view, furthest, &account_item,
                     .max = CN_COMPARISON_ACCOUNTS_MAX,
                     .doc = "the accounts that differ most, the farthest apart first"),
    CN_FIELD_OF_LIST(struct cn_comparison_view, needs_scan, &cn_program_text_item,
                     .max = CN_COMPARISON_SCANS_MAX,
                     .doc = "metrics that the log was not scanned for: what reads them is missing"),
};
const struct cn_fields cn_comparison_fields =
    CN_FIELDS("ComparisonResult", struct cn_comparison_view, result_rows);

/* ---- writing ---- */

/* The worst first, what has no score last. */
static const enum cn_band order[CN_BAND_COUNT] = { CN_BAND_RED, CN_BAND_YELLOW, CN_BAND_GREEN,
                                                   CN_BAND_NONE };

static void view_standing(const struct cn_comparison_standing *standing, struct cn_arena *arena,
                          struct cn_comparison_standing_view *view)
{
    *view = (struct cn_comparison_standing_view){
        .grey = standing->grey,
        .scored = standing->scored,
        .mean = cn_program_cents(standing->mean),
        .mean_given = standing->scored > 0 ? CN_GIVEN : CN_NULL,
    };
    view->colours.count = CN_BAND_COUNT;
    view->colours.items = cn_arena_array(arena, struct cn_comparison_colour_view, CN_BAND_COUNT);
    for (size_t i = 0; i < CN_BAND_COUNT; i++) {
        const struct cn_comparison_colour *colour = &standing->colours[order[i]];
        view->colours.items[i] =
            (struct cn_comparison_colour_view){ (int)order[i], colour->count,
                                                cn_program_cents(colour->arr) };
    }
}

static struct cn_comparison_score_view score_view(const struct cn_comparison_score *score)
{
    return (struct cn_comparison_score_view){ .points = score->points,
                                              .points_given =
                                                  score->has_points ? CN_GIVEN : CN_NULL,
                                              .colour = (int)score->band };
}

static void view_days(const struct cn_comparison *comparison, struct cn_arena *arena,
                      struct cn_comparison_view *view)
{
    view->days.count = comparison->day_count;
    view->days.items =
        cn_arena_array(arena, struct cn_comparison_day_view, comparison->day_count + 1);
    for (size_t i = 0; i < comparison->day_count; i++) {
        const struct cn_comparison_day *day = &comparison->days[i];
        struct cn_comparison_day_view *into = &view->days.items[i];
        into->day = day->day;
        into->moved = day->moved;
        view_standing(&day->sides[CN_COMPARISON_BEFORE], arena, &into->before);
        view_standing(&day->sides[CN_COMPARISON_AFTER], arena, &into->after);
    }
}

static void view_moves(const struct cn_comparison *comparison, struct cn_arena *arena,
                       struct cn_comparison_view *view)
{
    view->moves.items = cn_arena_array(arena, struct cn_comparison_move_view, MOVES_MAX);
    for (size_t was = 0; was < CN_BAND_COUNT; was++) {
        for (size_t is = 0; is < CN_BAND_COUNT; is++) {
            const struct cn_comparison_colour *move = &comparison->moves[order[was]][order[is]];
            if (move->count > 0) {
                view->moves.items[view->moves.count++] =
                    (struct cn_comparison_move_view){ (int)order[was], (int)order[is], move->count,
                                                      cn_program_cents(move->arr) };
            }
        }
    }
}

static void view_accounts(const struct cn_comparison *comparison, struct cn_arena *arena,
                          struct cn_comparison_view *view)
{
    view->furthest.count = comparison->furthest_count;
    view->furthest.items =
        cn_arena_array(arena, struct cn_comparison_account_view, comparison->furthest_count + 1);
    for (size_t i = 0; i < comparison->furthest_count; i++) {
        const struct cn_comparison_account *account = &comparison->furthest[i];
        view->furthest.items[i] = (struct cn_comparison_account_view){
            .id = { account->id },
            .name = account->name,
            .arr = cn_program_cents(account->arr),
            .distance = cn_program_cents(account->distance),
            .days = account->days,
            .widest_day = account->widest_day,
            .widest_before = score_view(&account->widest[CN_COMPARISON_BEFORE]),
            .widest_after = score_view(&account->widest[CN_COMPARISON_AFTER]),
            .last_before = score_view(&account->last[CN_COMPARISON_BEFORE]),
            .last_after = score_view(&account->last[CN_COMPARISON_AFTER]),
        };
    }
}

bool cn_comparison_write(const struct cn_comparison *comparison, struct cn_arena *arena,
                         cn_str *json_out, struct cn_error *err)
{
    struct cn_comparison_view view = { .accounts = comparison->accounts,
                                       .differ = comparison->differ,
                                       .needs_scan = { comparison->needs_scan,
                                                       comparison->needs_scan_count } };
    struct cn_buf buf;
    struct cn_json_writer out;
    cn_str text;
    view_days(comparison, arena, &view);
    view_moves(comparison, arena, &view);
    view_accounts(comparison, arena, &view);
    cn_buf_init(&buf, CN_COMPARISON_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    cn_json_write_struct(&out, &cn_comparison_fields, &view);
    bool ok = cn_json_finish(&out, &text, err);
    if (ok) {
        *json_out = cn_arena_str(arena, text);
    }
    cn_buf_deinit(&buf);
    return ok;
}

static bool read_view(cn_json_value root, struct cn_arena *arena, struct cn_comparison_view *view,
                      struct cn_error *err)
{
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, arena);
    return cn_json_read_struct(arena, &cn_comparison_fields, root, view, &problems) ||
           cn_fail(err, CN_INTERNAL, "a comparison is in another form: %.*s",
                   CN_STR_ARG(problems.items[0].message));
}

bool cn_comparison_read(cn_str json, struct cn_arena *arena, struct cn_comparison_view *view_out,
                        struct cn_error *err)
{
    struct cn_comparison_view view = { 0 };
    cn_json_value root;
    struct cn_json_parser *parser = cn_json_parser_new(json.len);
    bool ok = cn_json_parse(parser, json, &root, err) && read_view(root, arena, &view, err);
    cn_json_parser_free(parser);
    if (ok) {
        *view_out = view;
    }
    return ok;
}
