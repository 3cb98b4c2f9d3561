/* /api/v1/program/diff: what a program would do to the accounts, before it is applied. */
#include "base/str.h"

#include "api/access.h"
#include "api/accounts.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "engine/diff.h"
#include "program/version.h"

enum {
    TEXT_MAX = CN_PROGRAM_LINE_MAX,
    LIST_MAX = CN_PROGRAM_TEXTS_MAX
};

struct diff_body {
    struct cn_program_file_list files;
    enum cn_given files_given;
    int64_t version;
    enum cn_given version_given;
    struct cn_program_texts start;
    enum cn_given start_given;
};
static const struct cn_field diff_body_rows[] = {
    CN_FIELD_OF_LIST(struct diff_body, files, &cn_program_file_item,
                     CN_MAY(struct diff_body, files, BE_ABSENT), .max = CN_PROGRAM_FILES_MAX,
                     .doc = "the whole program"),
    CN_FIELD(struct diff_body, version, CN_MAY(struct diff_body, version, BE_ABSENT), .min = 1,
             .max = INT64_MAX, .doc = "or the version that would be rolled back to"),
    CN_PROGRAM_STARTS(struct diff_body,
                      .doc = "signals that would be raised at once; names of others do nothing"),
};
static const struct cn_fields diff_body_fields =
    CN_FIELDS("ProgramDiffOf", struct diff_body, diff_body_rows);

enum file_change {
    FILE_ADDED,
    FILE_REMOVED,
    FILE_CHANGED
};
static const char *const change_names[] = { "added", "removed", "changed" };
static const struct cn_names changes = { change_names, CN_ARRAY_LEN(change_names) };

struct file_view {
    cn_str name;
    enum file_change change;
};
static const struct cn_field file_rows[] = {
    CN_FIELD(struct file_view, name, .max = CN_PROGRAM_NAME_MAX, .doc = "the file"),
    CN_FIELD_OF_ENUM(struct file_view, change, &changes, .doc = "what became of it"),
};
static const struct cn_fields file_fields =
    CN_FIELDS("ProgramFileChange", struct file_view, file_rows);
static const struct cn_field file_item = { .type = CN_FIELD_OBJECT, .object = &file_fields };

struct count_view {
    int64_t count;
    double arr;
};
static const struct cn_field count_rows[] = {
    CN_FIELD(struct count_view, count, .max = INT64_MAX, .doc = "accounts"),
    CN_FIELD(struct count_view, arr, .doc = "their ARR in major units"),
};
static const struct cn_fields count_fields =
    CN_FIELDS("ProgramDiffCount", struct count_view, count_rows);

struct colour_view {
    int from;
    enum cn_given from_given;
    int to;
    enum cn_given to_given;
    int64_t count;
    double arr;
};
static const struct cn_field colour_rows[] = {
    CN_FIELD_OF_ENUM(struct colour_view, from, &cn_band_views,
                     CN_MAY(struct colour_view, from, BE_NULL), .doc = "null: no score"),
    CN_FIELD_OF_ENUM(struct colour_view, to, &cn_band_views,
                     CN_MAY(struct colour_view, to, BE_NULL), .doc = "null: no score"),
    CN_FIELD(struct colour_view, count, .max = INT64_MAX, .doc = "accounts"),
    CN_FIELD(struct colour_view, arr, .doc = "their ARR in major units"),
};
static const struct cn_fields colour_fields =
    CN_FIELDS("ProgramColourChange", struct colour_view, colour_rows);
static const struct cn_field colour_item = { .type = CN_FIELD_OBJECT, .object = &colour_fields };

struct model_view {
    cn_str from;
    enum cn_given from_given;
    cn_str to;
    enum cn_given to_given;
    int64_t count;
    double arr;
};
static const struct cn_field model_rows[] = {
    CN_FIELD(struct model_view, from, CN_MAY(struct model_view, from, BE_NULL), .max = 200,
             .doc = "scorecard; null: none"),
    CN_FIELD(struct model_view, to, CN_MAY(struct model_view, to, BE_NULL), .max = 200,
             .doc = "scorecard; null: none"),
    CN_FIELD(struct model_view, count, .max = INT64_MAX, .doc = "accounts"),
    CN_FIELD(struct model_view, arr, .doc = "their ARR in major units"),
};
static const struct cn_fields model_fields =
    CN_FIELDS("ProgramModelChange", struct model_view, model_rows);
static const struct cn_field model_item = { .type = CN_FIELD_OBJECT, .object = &model_fields };

struct score_view {
    double points;
    enum cn_given points_given;
    int colour;
    enum cn_given colour_given;
    cn_str scorecard;
    enum cn_given scorecard_given;
};
static const struct cn_field score_rows[] = {
    CN_FIELD(struct score_view, points, CN_MAY(struct score_view, points, BE_NULL), .min = 0,
             .max = 100, .doc = "as it is shown; null: none"),
    CN_FIELD_OF_ENUM(struct score_view, colour, &cn_band_views,
                     CN_MAY(struct score_view, colour, BE_NULL), .doc = "null: none"),
    CN_FIELD(struct score_view, scorecard, CN_MAY(struct score_view, scorecard, BE_NULL),
             .max = 200, .doc = "null: none"),
};
static const struct cn_fields score_fields =
    CN_FIELDS("ProgramDiffScore", struct score_view, score_rows);

struct account_view {
    cn_account_id id;
    cn_str name;
    double arr;
    struct score_view before;
    struct score_view after;
    struct cn_program_texts entered;
    struct cn_program_texts left;
    struct cn_program_texts raises;
    struct cn_program_texts clears;
};
#define ACCOUNT(member, ...) CN_FIELD(struct account_view, member, __VA_ARGS__)
#define TEXTS(struct_, member, ...) \
    CN_FIELD_OF_LIST(struct_, member, &cn_program_text_item, .max = LIST_MAX, __VA_ARGS__)
static const struct cn_field account_rows[] = {
    CN_FIELD_OF_ID(struct account_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    ACCOUNT(name, .max = TEXT_MAX, .doc = "display name"),
    ACCOUNT(arr, .doc = "ARR in major units"),
    CN_FIELD_OF_OBJECT(struct account_view, before, &score_fields, .doc = "as it is"),
    CN_FIELD_OF_OBJECT(struct account_view, after, &score_fields, .doc = "as it would be"),
    TEXTS(struct account_view, entered, .doc = "segments"),
    TEXTS(struct account_view, left, .doc = "segments"),
    TEXTS(struct account_view, raises, .doc = "signals"),
    TEXTS(struct account_view, clears, .doc = "signals"),
};
static const struct cn_fields account_fields =
    CN_FIELDS("ProgramDiffAccount", struct account_view, account_rows);
static const struct cn_field account_item = { .type = CN_FIELD_OBJECT, .object = &account_fields };

static const char *const rule_change_names[CN_DIFF_CHANGES] = { "new", "gone", "same" };
static const struct cn_names rule_changes = { rule_change_names, CN_ARRAY_LEN(rule_change_names) };
static const struct cn_names segment_kinds = { cn_segment_kind_names, CN_SEGMENT_KINDS };

struct segment_view {
    enum cn_segment_kind kind;
    cn_str name;
    enum cn_diff_change change;
    int64_t before;
    int64_t after;
    int64_t entered;
    int64_t left;
    double entered_arr;
    double left_arr;
};
static const struct cn_field segment_rows[] = {
    CN_FIELD_OF_ENUM(struct segment_view, kind, &segment_kinds, .doc = "what it is"),
    CN_FIELD(struct segment_view, name, .max = 200, .doc = "of the segment"),
    CN_FIELD_OF_ENUM(struct segment_view, change, &rule_changes, .doc = "what becomes of it"),
    CN_FIELD(struct segment_view, before, .max = INT64_MAX, .doc = "accounts in it"),
    CN_FIELD(struct segment_view, after, .max = INT64_MAX, .doc = "accounts that would be"),
    CN_FIELD(struct segment_view, entered, .max = INT64_MAX, .doc = "that would enter"),
    CN_FIELD(struct segment_view, left, .max = INT64_MAX, .doc = "that would leave"),
    CN_FIELD(struct segment_view, entered_arr, .doc = "their ARR in major units"),
    CN_FIELD(struct segment_view, left_arr, .doc = "their ARR in major units"),
};
static const struct cn_fields segment_fields =
    CN_FIELDS("ProgramSegmentChange", struct segment_view, segment_rows);
static const struct cn_field segment_item = { .type = CN_FIELD_OBJECT, .object = &segment_fields };

struct signal_view {
    cn_str name;
    enum cn_diff_change change;
    bool asks_anew;
    int64_t would_raise;
    int64_t would_clear;
    int64_t already_true;
    double already_true_arr;
    double arr;
};
static const struct cn_field signal_rows[] = {
    CN_FIELD(struct signal_view, name, .max = 200, .doc = "of the signal"),
    CN_FIELD_OF_ENUM(struct signal_view, change, &rule_changes, .doc = "what becomes of it"),
    CN_FIELD(struct signal_view, asks_anew,
             .doc = "it is new, or asks something else: it may be raised at once, see start"),
    CN_FIELD(struct signal_view, would_raise, .max = INT64_MAX, .doc = "accounts"),
    CN_FIELD(struct signal_view, would_clear, .max = INT64_MAX, .doc = "accounts"),
    CN_FIELD(struct signal_view, already_true, .max = INT64_MAX,
             .doc = "accounts of which it is true already: that is their baseline, nobody is told"),
    CN_FIELD(struct signal_view, already_true_arr, .doc = "their ARR in major units"),
    CN_FIELD(struct signal_view, arr, .doc = "ARR of all these in major units"),
};
static const struct cn_fields signal_fields =
    CN_FIELDS("ProgramSignalChange", struct signal_view, signal_rows);
static const struct cn_field signal_item = { .type = CN_FIELD_OBJECT, .object = &signal_fields };

struct diff_view {
    struct cn_program_problem_list problems;
    bool identical;
    struct {
        struct file_view *items;
        size_t count;
    } changed_files;
    struct count_view rescored;
    struct {
        struct colour_view *items;
        size_t count;
    } colours;
    struct {
        struct model_view *items;
        size_t count;
    } models;
    struct {
        struct segment_view *items;
        size_t count;
    } segments;
    struct {
        struct signal_view *items;
        size_t count;
    } signals;
    struct {
        struct account_view *items;
        size_t count;
    } accounts;
    struct cn_program_texts needs_scan;
    struct cn_program_texts words;
    cn_str currency;
};
#define LIST(member, item, ...) \
    CN_FIELD_OF_LIST(struct diff_view, member, &(item), .max = LIST_MAX, __VA_ARGS__)
static const struct cn_field diff_rows[] = {
    CN_FIELD_OF_LIST(struct diff_view, problems, &cn_program_problem_item,
                     .max = CN_DIAGNOSTICS_MAX, .doc = "if there are any, nothing else is said"),
    CN_FIELD(struct diff_view, identical, .doc = "the text is that of the active version"),
    LIST(changed_files, file_item, .doc = "that are not as in the active version"),
    CN_FIELD_OF_OBJECT(struct diff_view, rescored, &count_fields,
                       .doc = "accounts of which the shown score would be another"),
    LIST(colours, colour_item, .doc = "which colours turn, the most accounts first"),
    LIST(models, model_item, .doc = "which scorecards change, the most accounts first"),
    LIST(segments, segment_item, .doc = "which segments grow or shrink"),
    LIST(signals, signal_item, .doc = "which signals would be raised or cleared"),
    LIST(accounts, account_item, .doc = "at most 50, the largest ARR first"),
    TEXTS(struct diff_view, needs_scan, .doc = "metrics that the log is scanned for first"),
    TEXTS(struct diff_view, words, .doc = "the same as sentences"),
    CN_FIELD(struct diff_view, currency, .max = 3, .doc = "of ARR"),
};
static const struct cn_fields diff_fields = CN_FIELDS("ProgramDiff", struct diff_view, diff_rows);

static enum cn_given band_view(enum cn_band band, int *view_out)
{
    *view_out = band != CN_BAND_NONE ? (int)band - 1 : 0;
    return band != CN_BAND_NONE ? CN_GIVEN : CN_NULL;
}

static struct score_view score_of(const struct cn_diff_score *score)
{
    struct score_view view = {
        .points = score->points,
        .points_given = score->has_points ? CN_GIVEN : CN_NULL,
        .scorecard = score->scorecard,
        .scorecard_given = score->scorecard.len > 0 ? CN_GIVEN : CN_NULL,
    };
    view.colour_given = band_view(score->band, &view.colour);
    return view;
}

static void view_counts(const struct cn_diff *diff, struct cn_arena *arena, struct diff_view *view)
{
    view->rescored =
        (struct count_view){ diff->rescored.count, cn_program_cents(diff->rescored.arr) };
    view->colours.items = cn_arena_array(arena, struct colour_view, diff->colour_count + 1);
    view->colours.count = diff->colour_count;
    for (size_t i = 0; i < diff->colour_count; i++) {
        struct colour_view *colour = &view->colours.items[i];
        colour->from_given = band_view(diff->colours[i].from, &colour->from);
        colour->to_given = band_view(diff->colours[i].to, &colour->to);
        colour->count = diff->colours[i].of.count;
        colour->arr = cn_program_cents(diff->colours[i].of.arr);
    }
    view->models.items = cn_arena_array(arena, struct model_view, diff->model_count + 1);
    view->models.count = diff->model_count;
    for (size_t i = 0; i < diff->model_count; i++) {
        const struct cn_diff_model *model = &diff->models[i];
        view->models.items[i] =
            (struct model_view){ .from = model->from,
                                 .from_given = model->from.len > 0 ? CN_GIVEN : CN_NULL,
                                 .to = model->to,
                                 .to_given = model->to.len > 0 ? CN_GIVEN : CN_NULL,
                                 .count = model->of.count,
                                 .arr = cn_program_cents(model->of.arr) };
    }
}

static void view_sets(const struct cn_diff *diff, struct cn_arena *arena, struct diff_view *view)
{
    view->segments.items = cn_arena_array(arena, struct segment_view, diff->segment_count + 1);
    view->segments.count = diff->segment_count;
    for (size_t i = 0; i < diff->segment_count; i++) {
        const struct cn_diff_segment *segment = &diff->segments[i];
        view->segments.items[i] =
            (struct segment_view){ .kind = segment->kind,
                                   .name = segment->name,
                                   .change = segment->change,
                                   .before = segment->before,
                                   .after = segment->after,
                                   .entered = segment->entered.count,
                                   .left = segment->left.count,
                                   .entered_arr = cn_program_cents(segment->entered.arr),
                                   .left_arr = cn_program_cents(segment->left.arr) };
    }
    view->signals.items = cn_arena_array(arena, struct signal_view, diff->signal_count + 1);
    view->signals.count = diff->signal_count;
    for (size_t i = 0; i < diff->signal_count; i++) {
        const struct cn_diff_signal *signal = &diff->signals[i];
        double arr = signal->raises.arr + signal->clears.arr + signal->found.arr;
        view->signals.items[i] =
            (struct signal_view){ .name = signal->name,
                                  .change = signal->change,
                                  .asks_anew = signal->asks_anew,
                                  .would_raise = signal->raises.count,
                                  .would_clear = signal->clears.count,
                                  .already_true = signal->found.count,
                                  .already_true_arr = cn_program_cents(signal->found.arr),
                                  .arr = cn_program_cents(arr) };
    }
}

static struct cn_program_texts texts_of(const struct cn_diff_names *names)
{
    return (struct cn_program_texts){ names->items, names->count };
}

static void view_diff(const struct cn_diff *diff, struct cn_arena *arena, struct diff_view *view)
{
    view_counts(diff, arena, view);
    view_sets(diff, arena, view);
    view->accounts.items = cn_arena_array(arena, struct account_view, diff->account_count + 1);
    view->accounts.count = diff->account_count;
    for (size_t i = 0; i < diff->account_count; i++) {
        const struct cn_diff_account *account = &diff->accounts[i];
        view->accounts.items[i] = (struct account_view){ .id = { account->id },
                                                         .name = account->name,
                                                         .arr = cn_program_cents(account->arr),
                                                         .before = score_of(&account->before),
                                                         .after = score_of(&account->after),
                                                         .entered = texts_of(&account->entered),
                                                         .left = texts_of(&account->left),
                                                         .raises = texts_of(&account->raises),
                                                         .clears = texts_of(&account->clears) };
    }
    view->needs_scan = (struct cn_program_texts){ diff->needs_scan, diff->needs_scan_count };
    view->words = (struct cn_program_texts){ diff->words, diff->word_count };
}

static void view_files(const struct cn_program_files *running, const struct cn_program_files *files,
                       struct cn_arena *arena, struct diff_view *view)
{
    struct cn_program_file_change *found = NULL;
    size_t count = cn_program_compare(running, files, arena, &found);
    view->identical = count == 0;
    view->changed_files.items = cn_arena_array(arena, struct file_view, count + 1);
    view->changed_files.count = count;
    for (size_t i = 0; i < count; i++) {
        enum file_change change = found[i].was_there ? FILE_CHANGED : FILE_ADDED;
        change = found[i].is_there ? change : FILE_REMOVED;
        view->changed_files.items[i] = (struct file_view){ found[i].name, change };
    }
}

static bool handle_diff(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct diff_body *body = req->body;
    struct diff_view *view = res->body;
    struct cn_engine *engine = NULL;
    struct cn_program_files running;
    struct cn_program_files files = { 0 };
    struct cn_diff diff = { 0 };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, req->unit.arena);
    if ((body->files_given == CN_GIVEN) == (body->version_given == CN_GIVEN)) {
        return cn_fail(err, CN_INVALID, "give either files or version");
    }
    if (!cn_program_engine(req, &engine, err) || !cn_program_load(req, engine, 0, &running, err) ||
        (body->version_given == CN_GIVEN &&
         !cn_program_load(req, engine, body->version, &files, err))) {
        return false;
    }
    bool is_good = body->files_given != CN_GIVEN ||
                   cn_program_take_files(body->files.items, body->files.count, &files, &problems);
    const struct cn_diff_question question = { .unit = &req->unit,
                                               .files = &files,
                                               .currency = req->api->options.currency,
                                               .starts = body->start.items,
                                               .start_count = body->start.count };
    view->currency = req->api->options.currency;
    if (is_good) {
        view_files(&running, &files, req->unit.arena, view);
    }
    if (is_good && !cn_engine_diff(engine, &question, &diff, &problems, err) &&
        problems.total == 0) {
        return false;
    }
    view_diff(&diff, req->unit.arena, view);
    view->problems = cn_program_problems_view(&problems, &files, req->unit.arena);
    return true;
}

static const struct cn_route diff_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/program/diff",
      .access = CN_PROGRAM_AUTHORS,
      .body = &diff_body_fields,
      .takes_program = true,
      .response = &diff_fields,
      .run = CN_RUN_SLOW,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_diff,
      .operation = "diffProgram",
      .doc = "What a program would change for the accounts" },
};

const struct cn_route_table cn_api_program_diff = CN_ROUTE_TABLE(diff_routes);
