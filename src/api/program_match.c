/* /api/v1/program/match: the accounts that the rule under a cursor matches. */
#include "base/buf.h"
#include "base/str.h"

#include "api/access.h"
#include "api/program_view.h"
#include "api/resources.h"
#include "engine/matches.h"

enum {
    TEXT_MAX = CN_PROGRAM_LINE_MAX,
    LIST_MAX = CN_PROGRAM_TEXTS_MAX,
    WORDS_MAX = 2
};

struct match_body {
    struct cn_program_file_list files;
    enum cn_given files_given;
    cn_str file;
    int64_t line;
    int64_t column;
};
static const struct cn_field match_body_rows[] = {
    CN_FIELD_OF_LIST(struct match_body, files, &cn_program_file_item,
                     CN_MAY(struct match_body, files, BE_ABSENT), .max = CN_PROGRAM_FILES_MAX,
                     .doc = "the whole program; the active one unless given"),
    CN_FIELD(struct match_body, file, .min = 1, .max = CN_PROGRAM_NAME_MAX,
             .doc = "where the cursor is"),
    CN_FIELD(struct match_body, line, .min = 1, .max = INT32_MAX, .doc = "from 1"),
    CN_FIELD(struct match_body, column, .min = 1, .max = INT32_MAX,
             .doc = "in code points, from 1"),
};
static const struct cn_fields match_body_fields =
    CN_FIELDS("ProgramCursor", struct match_body, match_body_rows);

static const struct cn_names kinds = { cn_rule_kind_names, CN_RULE_KIND_COUNT };

struct rule_view {
    enum cn_rule_kind kind;
    cn_str name;
    cn_str expression;
    cn_str type;
    bool known_only;
};
static const struct cn_field rule_rows[] = {
    CN_FIELD_OF_ENUM(struct rule_view, kind, &kinds, .doc = "what the rule is for"),
    CN_FIELD(struct rule_view, name, .max = TEXT_MAX, .doc = "as people call it"),
    CN_FIELD(struct rule_view, expression, .max = TEXT_MAX, .doc = "its CEL"),
    CN_FIELD(struct rule_view, type, .max = TEXT_MAX, .doc = "of its value; empty: it is wrong"),
    CN_FIELD(struct rule_view, known_only,
             .doc = "it reads a colour or a signal: at a past moment it exists as known only"),
};
static const struct cn_fields rule_fields = CN_FIELDS("ProgramRule", struct rule_view, rule_rows);

struct why_view {
    cn_str name;
    cn_str value_text;
    cn_str source;
};
static const struct cn_field why_rows[] = {
    CN_FIELD(struct why_view, name, .max = TEXT_MAX, .doc = "what the rule reads"),
    CN_FIELD(struct why_view, value_text, .max = TEXT_MAX, .doc = "with its unit"),
    CN_FIELD(struct why_view, source, .max = TEXT_MAX, .doc = "where it comes from"),
};
static const struct cn_fields why_fields = CN_FIELDS("ProgramWhy", struct why_view, why_rows);
static const struct cn_field why_item = { .type = CN_FIELD_OBJECT, .object = &why_fields };

struct match_view {
    cn_account_id id;
    cn_str name;
    double arr;
    cn_str value_text;
    struct {
        struct why_view *items;
        size_t count;
    } why;
};
static const struct cn_field match_rows[] = {
    CN_FIELD_OF_ID(struct match_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct match_view, name, .max = TEXT_MAX, .doc = "display name"),
    CN_FIELD(struct match_view, arr, .doc = "ARR in major units"),
    CN_FIELD(struct match_view, value_text, .max = TEXT_MAX, .doc = "what the rule gives"),
    CN_FIELD_OF_LIST(struct match_view, why, &why_item, .max = LIST_MAX,
                     .doc = "what it reads of the account"),
};
static const struct cn_fields match_fields =
    CN_FIELDS("ProgramMatch", struct match_view, match_rows);
static const struct cn_field match_item = { .type = CN_FIELD_OBJECT, .object = &match_fields };

struct matches_view {
    struct rule_view rule;
    enum cn_given rule_given;
    struct cn_program_problem_list problems;
    int64_t of;
    int64_t matches;
    int64_t unknown;
    double arr;
    struct cn_program_texts needs_scan;
    struct cn_program_texts words;
    cn_str currency;
    struct {
        struct match_view *items;
        size_t count;
    } accounts;
};
#define MATCHES(member, ...) CN_FIELD(struct matches_view, member, __VA_ARGS__)
static const struct cn_field matches_rows[] = {
    CN_FIELD_OF_OBJECT(struct matches_view, rule, &rule_fields,
                       CN_MAY(struct matches_view, rule, BE_NULL),
                       .doc = "null: there is none at that place"),
    CN_FIELD_OF_LIST(struct matches_view, problems, &cn_program_problem_item,
                     .max = CN_DIAGNOSTICS_MAX, .doc = "what is wrong with the rule"),
    MATCHES(of, .max = INT64_MAX, .doc = "accounts that the caller sees"),
    MATCHES(matches, .max = INT64_MAX,
            .doc = "of which the rule is true; of a number, those that have a value"),
    MATCHES(unknown, .max = INT64_MAX, .doc = "of which what it reads is missing, or an error"),
    MATCHES(arr, .doc = "of those that match, in major units"),
    CN_FIELD_OF_LIST(struct matches_view, needs_scan, &cn_program_text_item, .max = LIST_MAX,
                     .doc = "metrics that it reads and that are counted from the log only when the "
                            "program is applied: then nothing is matched"),
    CN_FIELD_OF_LIST(struct matches_view, words, &cn_program_text_item, .max = WORDS_MAX,
                     .doc = "what limits the answer, as sentences; often nothing"),
    MATCHES(currency, .max = 3, .doc = "of ARR"),
    CN_FIELD_OF_LIST(struct matches_view, accounts, &match_item, .max = CN_MATCHES_LISTED,
                     .doc = "some that match, the largest ARR first"),
};
static const struct cn_fields matches_fields =
    CN_FIELDS("ProgramMatches", struct matches_view, matches_rows);

static void view_match(const struct cn_match_account *account, struct cn_arena *arena,
                       struct match_view *view)
{
    *view = (struct match_view){ .id = { account->id },
                                 .name = account->name,
                                 .arr = cn_program_cents(account->arr),
                                 .value_text = account->value_text };
    view->why.count = account->why_count;
    view->why.items = cn_arena_array(arena, struct why_view, account->why_count + 1);
    for (size_t i = 0; i < account->why_count; i++) {
        view->why.items[i] = (struct why_view){ account->why[i].name, account->why[i].value_text,
                                                account->why[i].source };
    }
}

static cn_str scan_sentence(const struct cn_matches *matches, struct cn_arena *arena)
{
    struct cn_buf text;
    bool is_one = matches->needs_scan_count == 1;
    cn_buf_init(&text, TEXT_MAX);
    cn_buf_printf(&text, "metric%s ", is_one ? "" : "s");
    for (size_t i = 0; i < matches->needs_scan_count; i++) {
        cn_buf_printf(&text, "%s%.*s", i > 0 ? ", " : "", CN_STR_ARG(matches->needs_scan[i]));
    }
    cn_buf_printf(&text,
                  " %s counted from the log when the program is applied: until then nothing "
                  "can be said of what reads %s",
                  is_one ? "is" : "are", is_one ? "it" : "them");
    cn_str sentence = cn_arena_str(arena, cn_buf_str(&text));
    cn_buf_deinit(&text);
    return sentence;
}

/* What limits the answer. */
static struct cn_program_texts words_of(const struct cn_matches *matches, struct cn_arena *arena)
{
    struct cn_program_texts words = { .items = cn_arena_array(arena, cn_str, WORDS_MAX) };
    if (matches->needs_scan_count > 0) {
        words.items[words.count++] = scan_sentence(matches, arena);
    }
    if (matches->is_partly_running) {
        words.items[words.count++] = CN_STR(
            "the text has mistakes elsewhere: scores, segments and colours that it reads are "
            "those of the active version");
    }
    return words;
}

static void view_matches(const struct cn_request *req, const struct cn_matches *matches,
                         struct matches_view *view)
{
    view->rule_given = matches->has_rule ? CN_GIVEN : CN_NULL;
    if (matches->has_rule) {
        view->rule = (struct rule_view){ .kind = matches->rule.kind,
                                         .name = matches->rule.name,
                                         .expression = matches->rule.node->text,
                                         .type = matches->type,
                                         .known_only = matches->reads_state };
    }
    view->of = matches->of;
    view->matches = matches->matches;
    view->unknown = matches->unknown;
    view->arr = cn_program_cents(matches->arr);
    view->needs_scan = (struct cn_program_texts){ matches->needs_scan, matches->needs_scan_count };
    view->words = words_of(matches, req->unit.arena);
    view->currency = req->api->options.currency;
    view->accounts.count = matches->account_count;
    view->accounts.items =
        cn_arena_array(req->unit.arena, struct match_view, matches->account_count + 1);
    for (size_t i = 0; i < matches->account_count; i++) {
        view_match(&matches->accounts[i], req->unit.arena, &view->accounts.items[i]);
    }
}

static bool handle_match(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct match_body *body = req->body;
    struct matches_view *view = res->body;
    struct cn_engine *engine = NULL;
    struct cn_program_files files = { 0 };
    struct cn_matches matches = { 0 };
    struct cn_diagnostics problems;
    cn_diagnostics_init(&problems, req->unit.arena);
    if (!cn_program_engine(req, &engine, err) ||
        (body->files_given != CN_GIVEN && !cn_program_load(req, engine, 0, &files, err))) {
        return false;
    }
    bool ok = body->files_given != CN_GIVEN ||
              cn_program_take_files(body->files.items, body->files.count, &files, &problems);
    const struct cn_match_question question = {
        .unit = &req->unit,
        .files = &files,
        .file = body->file,
        .line = body->line,
        .column = cn_program_byte_column(&files, body->file, body->line, body->column),
    };
    if (ok && !cn_engine_matches(engine, &question, &matches, &problems, err)) {
        return false;
    }
    view_matches(req, &matches, view);
    view->problems = cn_program_problems_view(&problems, &files, req->unit.arena);
    return true;
}

static const struct cn_route match_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/program/match",
      .access = CN_PROGRAM_AUTHORS,
      .body = &match_body_fields,
      .takes_program = true,
      .response = &matches_fields,
      .run = CN_RUN_SLOW,
      .success_status = 200,
      .handler = handle_match,
      .operation = "matchProgramRule",
      .doc = "Which accounts the rule under a cursor matches now" },
};

const struct cn_route_table cn_api_program_match = CN_ROUTE_TABLE(match_routes);
