/* /api/v1/segments: who is in which set of the program, where sets overlap, and what an account has
 * entered and left. */
#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "book/fate.h"
#include "book/portfolio.h"
#include "segment/history.h"

enum {
    TEXT_MAX = 20000,
    NAMES_MAX = 2000,
    PARTS_MAX = 1 << CN_OVERLAP_MAX,
    PAIRS_MAX = CN_OVERLAP_MAX * CN_OVERLAP_MAX,
    EVENTS_MAX = 1000,
    ANSWERS = 8
};

static const struct cn_names kinds = { cn_segment_kind_names, CN_SEGMENT_KINDS };
static const struct cn_names questions = { cn_segment_question_names, CN_QUESTIONS };

/* ---- sums ---- */

#define SUM_ROWS(view)                                                                    \
    CN_FIELD(struct view, accounts, .doc = "how many, of those that the caller may see"), \
        CN_FIELD(struct view, arr, CN_MAY(struct view, arr, BE_NULL), .max = INT64_MAX,   \
                 .doc = "their annual recurring revenue; null: no account has any")

static struct cn_money money_of(const struct cn_board_sum *sum, const char *currency,
                                enum cn_given *given_out)
{
    struct cn_money money = { .minor = sum->arr_minor };
    memcpy(money.currency, currency, sizeof(money.currency));
    *given_out = currency[0] != '\0' ? CN_GIVEN : CN_NULL;
    return money;
}

/* ---- the board ---- */

static const char *const shade_texts[] = { "none", "red", "yellow", "green" };
static const struct cn_names shades = { shade_texts, CN_ARRAY_LEN(shade_texts) };

struct shade_view {
    enum cn_band band;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field shade_rows[] = {
    CN_FIELD_OF_ENUM(struct shade_view, band, &shades, .doc = "none: without a score"),
    SUM_ROWS(shade_view),
};
static const struct cn_fields shade_fields =
    CN_FIELDS("SegmentBand", struct shade_view, shade_rows);
static const struct cn_field shade_item = { .type = CN_FIELD_OBJECT, .object = &shade_fields };

struct set_view {
    enum cn_segment_kind kind;
    cn_str name;
    cn_str doc;
    cn_str rule;
    enum cn_given rule_given;
    cn_str model;
    enum cn_given model_given;
    bool primary;
    enum cn_segment_question question;
    bool reads_state;
    cn_str stage;
    enum cn_given stage_given;
    int64_t in_stage;
    enum cn_given in_stage_given;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
    struct {
        struct shade_view *items;
        size_t count;
    } bands;
};
static const struct cn_field set_rows[] = {
    CN_FIELD_OF_ENUM(struct set_view, kind, &kinds, .doc = "what kind of set"),
    CN_FIELD(struct set_view, name, .max = CN_SEGMENT_NAME_MAX_BYTES, .doc = "as in the program"),
    CN_FIELD(struct set_view, doc, .max = TEXT_MAX, .doc = "what it is for"),
    CN_FIELD(struct set_view, rule, CN_MAY(struct set_view, rule, BE_NULL), .max = TEXT_MAX,
             .doc = "the condition; null: not said by one"),
    CN_FIELD(struct set_view, model, CN_MAY(struct set_view, model, BE_NULL),
             .max = CN_SEGMENT_NAME_MAX_BYTES,
             .doc = "the segment model: an account is in one of its segments at most"),
    CN_FIELD(struct set_view, primary, .doc = "of the primary segment model"),
    CN_FIELD_OF_ENUM(struct set_view, question, &questions,
                     .doc = "which of the seven questions its model answers"),
    CN_FIELD(struct set_view, reads_state,
             .doc = "it rests on a colour or a signal: its past exists only as it was lived"),
    CN_FIELD(struct set_view, stage, CN_MAY(struct set_view, stage, BE_NULL),
             .max = CN_SEGMENT_NAME_MAX_BYTES, .doc = "of a goal: the stage that it is of"),
    CN_FIELD(struct set_view, in_stage, CN_MAY(struct set_view, in_stage, BE_NULL),
             .doc = "of a goal: accounts that are in its stage and reached it"),
    SUM_ROWS(set_view),
    CN_FIELD_OF_LIST(struct set_view, bands, &shade_item, .max = CN_BAND_COUNT,
                     .doc = "the same by colour, the worst first"),
};
static const struct cn_fields set_fields = CN_FIELDS("Segment", struct set_view, set_rows);
static const struct cn_field set_item = { .type = CN_FIELD_OBJECT, .object = &set_fields };
static const struct cn_field count_item = { .type = CN_FIELD_I64 };

struct question_view {
    enum cn_segment_question question;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field question_rows[] = {
    CN_FIELD_OF_ENUM(struct question_view, question, &questions, .doc = "which"),
    SUM_ROWS(question_view),
};
static const struct cn_fields question_fields =
    CN_FIELDS("SegmentQuestion", struct question_view, question_rows);
static const struct cn_field question_item = { .type = CN_FIELD_OBJECT,
                                               .object = &question_fields };

struct board_view {
    struct {
        struct set_view *items;
        size_t count;
    } data;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
    int64_t unsegmented;
    enum cn_given unsegmented_given;
    bool complete;
    struct {
        int64_t *items;
        size_t count;
    } answered;
    struct {
        struct question_view *items;
        size_t count;
    } questions;
    int effective;
    int64_t overridden;
};
static const struct cn_field board_rows[] = {
    CN_FIELD_OF_LIST(struct board_view, data, &set_item, .max = CN_SEGMENTS_MAX,
                     .doc = "by kind, then as in the program"),
    SUM_ROWS(board_view),
    CN_FIELD(struct board_view, unsegmented, CN_MAY(struct board_view, unsegmented, BE_NULL),
             .doc = "accounts in no segment of the primary model; null: there is none"),
    CN_FIELD(struct board_view, complete,
             .doc = "every account is in a segment of the primary model"),
    CN_FIELD_OF_LIST(struct board_view, answered, &count_item, .max = ANSWERS,
                     .doc = "accounts that answer 0, 1, ... 7 of the seven questions"),
    CN_FIELD_OF_LIST(struct board_view, questions, &question_item, .max = CN_QUESTIONS,
                     .doc = "each of the seven, with the accounts that answer it"),
    CN_EFFECTIVE_ROWS(board_view, "now"),
};
static const struct cn_fields board_fields =
    CN_FIELDS("SegmentBoard", struct board_view, board_rows);

/* The worst first, what has no score last. */
static struct shade_view *shades_of(const struct cn_board_sum *bands, const char *currency,
                                    struct cn_arena *arena)
{
    static const enum cn_band order[CN_BAND_COUNT] = { CN_BAND_RED, CN_BAND_YELLOW, CN_BAND_GREEN,
                                                       CN_BAND_NONE };
    struct shade_view *items = cn_arena_array(arena, struct shade_view, CN_BAND_COUNT);
    for (size_t i = 0; i < CN_BAND_COUNT; i++) {
        const struct cn_board_sum *sum = &bands[order[i]];
        items[i] = (struct shade_view){ .band = order[i], .accounts = sum->accounts };
        items[i].arr = money_of(sum, currency, &items[i].arr_given);
    }
    return items;
}

static struct set_view set_of(const struct cn_board_set *set, const char *currency,
                              struct cn_arena *arena)
{
    struct set_view view = {
        .kind = set->kind,
        .name = set->name,
        .doc = set->doc,
        .rule = set->rule,
        .rule_given = set->rule.len > 0 ? CN_GIVEN : CN_NULL,
        .model = set->model,
        .model_given = set->model.len > 0 ? CN_GIVEN : CN_NULL,
        .primary = set->is_primary,
        .question = set->question,
        .reads_state = set->reads_state,
        .stage = set->stage,
        .stage_given = set->kind == CN_SEGMENT_GOAL ? CN_GIVEN : CN_NULL,
        .in_stage = set->in_stage.accounts,
        .in_stage_given = set->kind == CN_SEGMENT_GOAL ? CN_GIVEN : CN_NULL,
        .accounts = set->sum.accounts,
        .bands = { shades_of(set->bands, currency, arena), CN_BAND_COUNT },
    };
    view.arr = money_of(&set->sum, currency, &view.arr_given);
    return view;
}

static void fill_questions(const struct cn_segment_board *board, struct cn_arena *arena,
                           struct board_view *view)
{
    view->questions.items = cn_arena_array(arena, struct question_view, CN_QUESTIONS);
    for (int i = CN_QUESTION_NONE + 1; i < CN_QUESTIONS; i++) {
        struct question_view *one = &view->questions.items[view->questions.count++];
        *one = (struct question_view){ .question = (enum cn_segment_question)i,
                                       .accounts = board->questions[i].accounts };
        one->arr = money_of(&board->questions[i], board->currency, &one->arr_given);
    }
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct board_view *view = res->body;
    struct cn_segment_board board = { 0 };
    (void)err;
    engine->segments(engine->arg, &req->unit, req->unit.arena, &board);
    view->data.items = cn_arena_array(req->unit.arena, struct set_view, board.count);
    view->data.count = board.count;
    for (size_t i = 0; i < board.count; i++) {
        view->data.items[i] = set_of(&board.items[i], board.currency, req->unit.arena);
    }
    view->accounts = board.all.accounts;
    view->arr = money_of(&board.all, board.currency, &view->arr_given);
    view->unsegmented = board.unsegmented.accounts;
    view->unsegmented_given = board.has_primary ? CN_GIVEN : CN_NULL;
    view->complete = board.has_primary && board.unsegmented.accounts == 0;
    view->answered.items = cn_arena_array(req->unit.arena, int64_t, ANSWERS);
    view->answered.count = ANSWERS;
    memcpy(view->answered.items, board.answered, sizeof(board.answered));
    fill_questions(&board, req->unit.arena, view);
    view->effective = cn_effective_view_of(req);
    view->overridden = board.overridden;
    return true;
}

/* ---- one of them ---- */

struct set_path {
    cn_str name;
};
static const struct cn_field path_rows[] = {
    CN_FIELD(struct set_path, name, .min = 1, .max = CN_SEGMENT_NAME_MAX_BYTES,
             .doc = "the name of a segment"),
};
static const struct cn_fields path_fields = CN_FIELDS("SegmentPath", struct set_path, path_rows);

static bool handle_one(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    const struct set_path *path = req->path;
    struct cn_segment_board board = { 0 };
    engine->segments(engine->arg, &req->unit, req->unit.arena, &board);
    for (size_t i = 0; i < board.count; i++) {
        if (board.items[i].kind == CN_SEGMENT_PLAIN &&
            cn_str_equal(board.items[i].name, path->name)) {
            *(struct set_view *)res->body =
                set_of(&board.items[i], board.currency, req->unit.arena);
            return true;
        }
    }
    return cn_fail(err, CN_NOT_FOUND, "there is no segment of that name");
}

/* ---- overlaps ---- */

struct overlap_query {
    cn_str segments;
};
static const struct cn_field overlap_query_rows[] = {
    CN_FIELD(struct overlap_query, segments, .min = 1, .max = NAMES_MAX,
             .doc = "names of 2 to 16 segments, with commas"),
};
static const struct cn_fields overlap_query_fields =
    CN_FIELDS("OverlapQuery", struct overlap_query, overlap_query_rows);

static const struct cn_field name_item = { .type = CN_FIELD_STR, .max = CN_SEGMENT_NAME_MAX_BYTES };

struct sum_view {
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field sum_rows[] = { SUM_ROWS(sum_view) };
static const struct cn_fields sum_fields = CN_FIELDS("SegmentAccounts", struct sum_view, sum_rows);

struct part_view {
    struct {
        cn_str *items;
        size_t count;
    } segments;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
    struct {
        struct shade_view *items;
        size_t count;
    } bands;
    struct sum_view at_risk;
    struct sum_view left;
    struct sum_view renewed;
};
static const struct cn_field part_rows[] = {
    CN_FIELD_OF_LIST(struct part_view, segments, &name_item, .max = CN_OVERLAP_MAX,
                     .doc = "in the order asked for"),
    SUM_ROWS(part_view),
    CN_FIELD_OF_LIST(struct part_view, bands, &shade_item, .max = CN_BAND_COUNT,
                     .doc = "the same by colour, the worst first"),
    CN_FIELD_OF_OBJECT(struct part_view, at_risk, &sum_fields,
                       .doc = "of them, those at risk, as the portfolio counts them"),
    CN_FIELD_OF_OBJECT(struct part_view, left, &sum_fields,
                       .doc = "of them, those marked as left within the last 365 days"),
    CN_FIELD_OF_OBJECT(struct part_view, renewed, &sum_fields,
                       .doc =
                           "of them, those of whom a contract ended within the last 365 days and "
                           "one that began after it runs now"),
};
static const struct cn_fields part_fields = CN_FIELDS("OverlapPart", struct part_view, part_rows);
static const struct cn_field part_item = { .type = CN_FIELD_OBJECT, .object = &part_fields };

struct part_views {
    struct part_view *items;
    size_t count;
};
struct overlap_view {
    struct part_views pairs;
    struct part_views exactly;
    struct part_view together;
};
static const struct cn_field overlap_rows[] = {
    CN_FIELD_OF_LIST(struct overlap_view, pairs, &part_item, .max = PAIRS_MAX,
                     .doc = "accounts in both of two, whatever else they are in"),
    CN_FIELD_OF_LIST(struct overlap_view, exactly, &part_item, .max = PARTS_MAX,
                     .doc = "accounts in these and in none of the others, the most first"),
    CN_FIELD_OF_OBJECT(struct overlap_view, together, &part_fields,
                       .doc = "accounts in all of them"),
};
static const struct cn_fields overlap_fields =
    CN_FIELDS("SegmentOverlap", struct overlap_view, overlap_rows);

static bool parse_names(cn_str list, struct cn_overlap_ask *asked, struct cn_error *err)
{
    cn_str name;
    while (cn_str_split(&list, ',', &name)) {
        for (size_t i = 0; i < asked->count; i++) {
            if (cn_str_equal(asked->names[i], name)) {
                cn_fail(err, CN_MALFORMED, "segments: %.*s is there twice", CN_STR_ARG(name));
                return cn_error_field(err, "segments");
            }
        }
        if (asked->count == CN_OVERLAP_MAX) {
            cn_fail(err, CN_MALFORMED, "segments: more than %d", CN_OVERLAP_MAX);
            return cn_error_field(err, "segments");
        }
        asked->names[asked->count++] = name;
    }
    if (asked->count < 2) {
        cn_fail(err, CN_MALFORMED, "segments: two at least");
        return cn_error_field(err, "segments");
    }
    return true;
}

static struct sum_view sum_of(const struct cn_board_sum *sum, const char *currency)
{
    struct sum_view view = { .accounts = sum->accounts };
    view.arr = money_of(sum, currency, &view.arr_given);
    return view;
}

static struct part_view part_of(const struct cn_overlap_ask *asked, uint32_t in,
                                const struct cn_board_fate *fate, const char *currency,
                                struct cn_arena *arena)
{
    struct part_view view = { .accounts = fate->sum.accounts,
                              .bands = { shades_of(fate->bands, currency, arena), CN_BAND_COUNT },
                              .at_risk = sum_of(&fate->at_risk, currency),
                              .left = sum_of(&fate->fates[CN_FATE_LEFT], currency),
                              .renewed = sum_of(&fate->fates[CN_FATE_RENEWED], currency) };
    view.segments.items = cn_arena_array(arena, cn_str, asked->count);
    for (size_t i = 0; i < asked->count; i++) {
        if ((in >> i & 1) != 0) {
            view.segments.items[view.segments.count++] = asked->names[i];
        }
    }
    view.arr = money_of(&fate->sum, currency, &view.arr_given);
    return view;
}

static void fill_pairs(const struct cn_overlap_ask *asked, const struct cn_overlap *overlap,
                       struct cn_arena *arena, struct part_views *pairs)
{
    pairs->items = cn_arena_array(arena, struct part_view, asked->count * asked->count);
    for (size_t a = 0; a < asked->count; a++) {
        for (size_t b = a + 1; b < asked->count; b++) {
            pairs->items[pairs->count++] =
                part_of(asked, 1U << a | 1U << b, &overlap->pairs[a][b], overlap->currency, arena);
        }
    }
}

static bool handle_overlap(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    const struct overlap_query *query = req->query;
    struct cn_arena *arena = req->unit.arena;
    struct overlap_view *view = res->body;
    struct cn_overlap *overlap = cn_arena_new(arena, struct cn_overlap);
    const int64_t today = cn_tz_day(req->api->options.tz, req->unit.now);
    struct cn_overlap_ask asked = { .risk_until = today + CN_RISK_WINDOW_DAYS };
    bool ok = parse_names(query->segments, &asked, err);
    for (int i = 0; ok && i < CN_FATE_COUNT; i++) {
        ok = cn_fate_accounts(&req->unit, (enum cn_fate)i, today - CN_FATE_RECENT_DAYS,
                              &asked.fates[i], err);
    }
    if (!ok || !engine->overlap(engine->arg, &req->unit, &asked, arena, overlap, err)) {
        return false;
    }
    fill_pairs(&asked, overlap, arena, &view->pairs);
    view->exactly.items = cn_arena_array(arena, struct part_view, overlap->part_count);
    view->exactly.count = overlap->part_count;
    for (size_t i = 0; i < overlap->part_count; i++) {
        view->exactly.items[i] = part_of(&asked, overlap->parts[i].in, &overlap->parts[i].fate,
                                         overlap->currency, arena);
    }
    view->together =
        part_of(&asked, (1U << asked.count) - 1, &overlap->together, overlap->currency, arena);
    return true;
}

/* ---- what an account entered and left ---- */

struct event_view {
    cn_time at;
    enum cn_segment_kind kind;
    cn_str name;
    bool entered;
    bool backfilled;
    int64_t program_version;
};
static const struct cn_field event_rows[] = {
    CN_FIELD(struct event_view, at, .doc = "when"),
    CN_FIELD_OF_ENUM(struct event_view, kind, &kinds, .doc = "what kind of set"),
    CN_FIELD(struct event_view, name, .max = CN_SEGMENT_NAME_MAX_BYTES, .doc = "which"),
    CN_FIELD(struct event_view, entered, .doc = "else it left"),
    CN_FIELD(struct event_view, backfilled, .doc = "computed later, not lived"),
    CN_FIELD(struct event_view, program_version, .min = 0, .max = INT64_MAX,
             .doc = "of the program that made it"),
};
static const struct cn_fields event_fields =
    CN_FIELDS("SegmentEvent", struct event_view, event_rows);
static const struct cn_field event_item = { .type = CN_FIELD_OBJECT, .object = &event_fields };

struct history_view {
    struct {
        struct event_view *items;
        size_t count;
    } data;
};
static const struct cn_field history_rows[] = {
    CN_FIELD_OF_LIST(struct history_view, data, &event_item, .max = EVENTS_MAX,
                     .doc = "newest first"),
};
static const struct cn_fields history_fields =
    CN_FIELDS("SegmentHistory", struct history_view, history_rows);

struct history_query {
    cn_time from;
    enum cn_given from_given;
    cn_time to;
    enum cn_given to_given;
};
static const struct cn_field history_query_rows[] = {
    CN_FIELD(struct history_query, from, CN_MAY(struct history_query, from, BE_ABSENT),
             .doc = "from the beginning unless given"),
    CN_FIELD(struct history_query, to, CN_MAY(struct history_query, to, BE_ABSENT),
             .doc = "now unless given"),
};
static const struct cn_fields history_query_fields =
    CN_FIELDS("SegmentHistoryQuery", struct history_query, history_query_rows);

static bool handle_history(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct history_query *query = req->query;
    struct history_view *view = res->body;
    struct cn_placement_events events = { 0 };
    const struct cn_placement_range range = {
        .account_id = path->account_id.value,
        .from = query->from_given == CN_GIVEN ? query->from : (cn_time){ 0 },
        .to = query->to_given == CN_GIVEN ? query->to : (cn_time){ req->unit.now.us + 1 },
        .limit = EVENTS_MAX,
    };
    if (!cn_account_was_visible(&req->unit, path->account_id, err)) {
        return false;
    }
    if (!cn_placement_events_load(req->unit.conn, &range, req->unit.arena, &events, err)) {
        return false;
    }
    view->data.items = cn_arena_array(req->unit.arena, struct event_view, events.count);
    view->data.count = events.count;
    for (size_t i = 0; i < events.count; i++) {
        const struct cn_placement_event *event = &events.items[i];
        view->data.items[i] =
            (struct event_view){ event->at,       event->kind,          event->name,
                                 event->is_entry, event->is_backfilled, event->program_version };
    }
    return true;
}

static const struct cn_route segment_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/segments",
      .access = CN_READERS,
      .response = &board_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listSegments",
      .doc = "Segments, coverage models and stages, with how many accounts are in each" },
    { .method = CN_GET,
      .path = "/api/v1/segment-overlap",
      .access = CN_READERS,
      .query = &overlap_query_fields,
      .response = &overlap_fields,
      .success_status = 200,
      .handler = handle_overlap,
      .operation = "overlapSegments",
      .doc = "How many accounts are in several segments, by two and by exact combination, and what "
             "became of them" },
    { .method = CN_GET,
      .path = "/api/v1/segments/{name}",
      .access = CN_READERS,
      .path_params = &path_fields,
      .response = &set_fields,
      .success_status = 200,
      .handler = handle_one,
      .operation = "getSegment",
      .doc = "One segment; its members are GET /api/v1/accounts?segment=" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/segments/history",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &history_query_fields,
      .response = &history_fields,
      .success_status = 200,
      .handler = handle_history,
      .operation = "listSegmentHistory",
      .doc = "Which segments, coverage models, stages and goals the account entered and left" },
};

const struct cn_route_table cn_api_segments = CN_ROUTE_TABLE(segment_routes);
