/* /api/v1/scorecards: which model scores whom and why, and what shadows would make of them. */
#include "engine/scorecards.h"

#include <string.h>

#include "api/accounts.h"
#include "api/core.h"
#include "api/program_view.h"

enum {
    TEXT_MAX = 20000,
    SCORE_MOST = 100,
    CELLS_MAX = CN_BANDS * CN_BANDS
};

struct bands_view {
    int64_t red;
    int64_t yellow;
    int64_t green;
};
static const struct cn_field bands_rows[] = {
    CN_FIELD(struct bands_view, red, .doc = "accounts"),
    CN_FIELD(struct bands_view, yellow, .doc = "accounts"),
    CN_FIELD(struct bands_view, green, .doc = "accounts"),
};
static const struct cn_fields bands_fields =
    CN_FIELDS("ScorecardBands", struct bands_view, bands_rows);

struct cell_view {
    int live;
    int shadow;
    int64_t accounts;
};
static const struct cn_field cell_rows[] = {
    CN_FIELD_OF_ENUM(struct cell_view, live, &cn_band_views, .doc = "the colour that counts"),
    CN_FIELD_OF_ENUM(struct cell_view, shadow, &cn_band_views, .doc = "the shadow's colour"),
    CN_FIELD(struct cell_view, accounts, .doc = "how many have both"),
};
static const struct cn_fields cell_fields = CN_FIELDS("ShadowCell", struct cell_view, cell_rows);
static const struct cn_field cell_item = { .type = CN_FIELD_OBJECT, .object = &cell_fields };

struct mover_view {
    cn_account_id account_id;
    cn_str name;
    double live;
    double shadow;
    double difference;
};
static const struct cn_field mover_rows[] = {
    CN_FIELD_OF_ID(struct mover_view, account_id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct mover_view, name, .max = 200, .doc = "its name"),
    CN_FIELD(struct mover_view, live, .min = 0, .max = 100,
             .doc = "the score that counts, 0 to 100; 100 is healthy"),
    CN_FIELD(struct mover_view, shadow, .min = 0, .max = 100,
             .doc = "the shadow's, 0 to 100; 100 is healthy"),
    CN_FIELD(struct mover_view, difference, .doc = "the shadow's less the one that counts"),
};
static const struct cn_fields mover_fields =
    CN_FIELDS("ShadowMover", struct mover_view, mover_rows);
static const struct cn_field mover_item = { .type = CN_FIELD_OBJECT, .object = &mover_fields };

/* ---- the tree of measures ---- */

static const char *const kind_texts[] = { "group", "measure" };
static const struct cn_names node_kinds = { kind_texts, CN_ARRAY_LEN(kind_texts) };
static const char *const missing_texts[] = { "skip", "zero", "neutral", "block" };
static const struct cn_names missings = { missing_texts, CN_ARRAY_LEN(missing_texts) };
static const char *const exception_texts[] = { "cap", "floor", "set" };
static const struct cn_names exception_kinds = { exception_texts, CN_ARRAY_LEN(exception_texts) };
static const char *const better_texts[] = { "higher" };
static const struct cn_names betters = { better_texts, CN_ARRAY_LEN(better_texts) };
static const char *const take_texts[] = { "none", "mean", "least", "arr" };
static const struct cn_names takes = { take_texts, CN_ARRAY_LEN(take_texts) };

struct point_view {
    double value;
    double score;
};
static const struct cn_field point_rows[] = {
    CN_FIELD(struct point_view, value, .doc = "what is measured"),
    CN_FIELD(struct point_view, score, .min = 0, .max = 100,
             .doc = "the score for it, 0 to 100; 100 is healthy"),
};
static const struct cn_fields point_fields = CN_FIELDS("ScorePoint", struct point_view, point_rows);
static const struct cn_field point_item = { .type = CN_FIELD_OBJECT, .object = &point_fields };

struct node_view {
    cn_str path;
    cn_str name;
    int kind;
    int64_t depth;
    double weight;
    double share;
    cn_str rule;
    enum cn_given rule_given;
    struct {
        struct point_view *items;
        size_t count;
    } map;
    int missing;
    enum cn_given missing_given;
    double validity_days;
    enum cn_given validity_days_given;
    double floor;
    enum cn_given floor_given;
    double cap;
    enum cn_given cap_given;
    int64_t needs;
    enum cn_given needs_given;
};
#define NODE(member, ...) CN_FIELD(struct node_view, member, __VA_ARGS__)
#define MAY(member)       CN_MAY(struct node_view, member, BE_NULL)
static const struct cn_field node_rows[] = {
    NODE(path, .max = TEXT_MAX, .doc = "as in explanations: usage/breadth"),
    NODE(name, .max = TEXT_MAX, .doc = "what it is called"),
    CN_FIELD_OF_ENUM(struct node_view, kind, &node_kinds, .doc = "what it is"),
    NODE(depth, .doc = "1: directly below the score"),
    NODE(weight, .min = 0, .doc = "among its siblings, as in the program"),
    NODE(share, .min = 0, .max = 1, .doc = "of the whole score, while nothing is missing"),
    NODE(rule, MAY(rule), .max = TEXT_MAX, .doc = "the expression of a measure"),
    CN_FIELD_OF_LIST(struct node_view, map, &point_item, .max = CN_MAP_POINTS_MAX,
                     .doc = "from what is measured to its score, straight lines between; none: the "
                            "expression is the score"),
    CN_FIELD_OF_ENUM(struct node_view, missing, &missings, MAY(missing),
                     .doc = "of a measure: what happens without data"),
    NODE(validity_days, MAY(validity_days), .doc = "how long a value is fresh; null: for ever"),
    NODE(floor, MAY(floor), .min = 0, .max = 100,
         .doc = "of a group: at least this; 100 is healthy"),
    NODE(cap, MAY(cap), .min = 0, .max = 100, .doc = "of a group: at most this; 100 is healthy"),
    NODE(needs, MAY(needs), .doc = "of a group: so many of its parts must have data"),
};
#undef MAY
static const struct cn_fields node_fields = CN_FIELDS("ScorecardPart", struct node_view, node_rows);
static const struct cn_field node_item = { .type = CN_FIELD_OBJECT, .object = &node_fields };

struct exception_view {
    int kind;
    double points;
    cn_str when;
    cn_str because;
};
static const struct cn_field exception_rows[] = {
    CN_FIELD_OF_ENUM(struct exception_view, kind, &exception_kinds, .doc = "what it does"),
    CN_FIELD(struct exception_view, points, .min = 0, .max = 100,
             .doc = "with which score, 0 to 100; 100 is healthy"),
    CN_FIELD(struct exception_view, when, .max = TEXT_MAX, .doc = "the condition"),
    CN_FIELD(struct exception_view, because, .max = TEXT_MAX, .doc = "what is said when it fires"),
};
static const struct cn_fields exception_fields =
    CN_FIELDS("ScorecardException", struct exception_view, exception_rows);
static const struct cn_field exception_item = { .type = CN_FIELD_OBJECT,
                                                .object = &exception_fields };

struct grade_view {
    cn_str name;
    int64_t from;
};
static const struct cn_field grade_rows[] = {
    CN_FIELD(struct grade_view, name, .max = CN_GRADE_NAME_MAX_BYTES,
             .doc = "what such a score is called"),
    CN_FIELD(struct grade_view, from, .min = 0, .max = CN_GRADE_EDGE_MAX,
             .doc = "the whole point at which it begins; 100 is healthy"),
};
static const struct cn_fields grade_fields =
    CN_FIELDS("ScorecardGrade", struct grade_view, grade_rows);
static const struct cn_field grade_item = { .type = CN_FIELD_OBJECT, .object = &grade_fields };

struct scale_view {
    double least;
    double most;
    int better;
};
static const struct cn_field scale_rows[] = {
    CN_FIELD(struct scale_view, least, .doc = "the worst score"),
    CN_FIELD(struct scale_view, most, .doc = "the best score"),
    CN_FIELD_OF_ENUM(struct scale_view, better, &betters, .doc = "which direction is healthier"),
};
static const struct cn_fields scale_fields = CN_FIELDS("ScoreScale", struct scale_view, scale_rows);

/* ---- beside each other ---- */

struct compared_view {
    int64_t both;
    int64_t agree;
    double difference;
    double distance;
    struct {
        struct cell_view *items;
        size_t count;
    } colours;
    struct {
        struct mover_view *items;
        size_t count;
    } movers;
};
static const struct cn_field compared_rows[] = {
    CN_FIELD(struct compared_view, both, .doc = "accounts that have both scores"),
    CN_FIELD(struct compared_view, agree, .doc = "of them, those to which both give one colour"),
    CN_FIELD(struct compared_view, difference,
             .doc = "mean of the shadow's score less the one that counts"),
    CN_FIELD(struct compared_view, distance, .doc = "the same without signs"),
    CN_FIELD_OF_LIST(struct compared_view, colours, &cell_item, .max = CELLS_MAX,
                     .doc = "how many would have which colour"),
    CN_FIELD_OF_LIST(struct compared_view, movers, &mover_item, .max = CN_SHADOW_MOVERS_MAX,
                     .doc = "the accounts that differ most"),
};
static const struct cn_fields compared_fields =
    CN_FIELDS("ShadowComparison", struct compared_view, compared_rows);

struct card_view {
    cn_str name;
    cn_str doc;
    enum cn_given doc_given;
    int64_t priority;
    cn_str applies_when;
    enum cn_given applies_when_given;
    bool shadow;
    int64_t accounts;
    struct cn_money arr;
    struct bands_view bands;
    double yellow;
    double green;
    double margin;
    struct {
        struct grade_view *items;
        size_t count;
    } grades;
    struct {
        struct node_view *items;
        size_t count;
    } parts;
    struct {
        struct exception_view *items;
        size_t count;
    } exceptions;
    int children;
    double children_share;
    struct compared_view compared;
    enum cn_given compared_given;
};
#define CARD(member, ...) CN_FIELD(struct card_view, member, __VA_ARGS__)
static const struct cn_field card_rows[] = {
    CARD(name, .max = 200, .doc = "the scorecard"),
    CARD(doc, CN_MAY(struct card_view, doc, BE_NULL), .max = TEXT_MAX, .doc = "what it is for"),
    CARD(priority, .doc = "of those that apply to an account, the highest scores it"),
    CARD(applies_when, CN_MAY(struct card_view, applies_when, BE_NULL), .max = TEXT_MAX,
         .doc = "the condition; null: always"),
    CARD(shadow, .doc = "it is scored beside, and decides nothing"),
    CARD(accounts, .doc = "that it scores, of those that the caller may see"),
    CARD(arr, .max = INT64_MAX, .doc = "their annual recurring revenue"),
    CN_FIELD_OF_OBJECT(struct card_view, bands, &bands_fields, .doc = "their colours"),
    CARD(yellow, .min = 0, .max = 100, .doc = "yellow begins here; below is red; 100 is healthy"),
    CARD(green, .min = 0, .max = 100, .doc = "green begins here; 100 is healthy"),
    CARD(margin, .min = 0, .max = 100,
         .doc = "what rising to a colour takes on top; 100 is healthy"),
    CN_FIELD_OF_LIST(struct card_view, grades, &grade_item, .max = CN_GRADES_MAX,
                     .doc = "what the score is called, the highest first, each up to where the one "
                            "before begins; none: it has no grades"),
    CN_FIELD_OF_LIST(struct card_view, parts, &node_item, .max = CN_SCORECARD_NODES_MAX,
                     .doc = "the tree of groups and measures, parents first"),
    CN_FIELD_OF_LIST(struct card_view, exceptions, &exception_item, .max = CN_EXCEPTIONS_MAX,
                     .doc = "in their order, which is how they work"),
    CN_FIELD_OF_ENUM(struct card_view, children, &takes,
                     .doc = "what of the child accounts joins the score"),
    CARD(children_share, .min = 0, .max = 1, .doc = "how much of the score that is"),
    CN_FIELD_OF_OBJECT(struct card_view, compared, &compared_fields,
                       CN_MAY(struct card_view, compared, BE_NULL),
                       .doc = "of a shadow: beside the scores that count"),
};
static const struct cn_fields card_fields = CN_FIELDS("ScorecardUse", struct card_view, card_rows);
static const struct cn_field card_item = { .type = CN_FIELD_OBJECT, .object = &card_fields };

struct board_view {
    struct {
        struct card_view *items;
        size_t count;
    } data;
    int64_t accounts;
    int64_t unscored;
    struct scale_view scale;
};
static const struct cn_field board_rows[] = {
    CN_FIELD_OF_LIST(struct board_view, data, &card_item, .max = CN_SCORECARDS_MAX,
                     .doc = "by falling priority: the order in which they are tried"),
    CN_FIELD(struct board_view, accounts, .doc = "that the caller may see"),
    CN_FIELD(struct board_view, unscored, .doc = "to which no scorecard applies"),
    CN_FIELD_OF_OBJECT(struct board_view, scale, &scale_fields, .doc = "of every score"),
};
static const struct cn_fields board_fields =
    CN_FIELDS("ScorecardBoard", struct board_view, board_rows);

static double points_of(const struct cn_health_score *score)
{
    return (double)score->points / 1000;
}

static struct compared_view compare(const struct cn_scorecard_use *use, struct cn_arena *arena)
{
    const double of = use->both > 0 ? (double)use->both * 1000 : 1;
    struct compared_view view = {
        .both = use->both,
        .difference = (double)use->difference / of,
        .distance = (double)use->distance / of,
        .colours.items = cn_arena_array(arena, struct cell_view, CELLS_MAX),
        .movers.items = cn_arena_array(arena, struct mover_view, use->mover_count + 1),
        .movers.count = use->mover_count,
    };
    for (int live = CN_BAND_NONE + 1; live < CN_BANDS; live++) {
        for (int shadow = CN_BAND_NONE + 1; shadow < CN_BANDS; shadow++) {
            if (use->moves[live][shadow] > 0) {
                view.agree += live == shadow ? use->moves[live][shadow] : 0;
                view.colours.items[view.colours.count++] =
                    (struct cell_view){ live - 1, shadow - 1, use->moves[live][shadow] };
            }
        }
    }
    for (size_t i = 0; i < use->mover_count; i++) {
        const struct cn_shadow_mover *mover = &use->movers[i];
        view.movers.items[i] = (struct mover_view){
            .account_id = { mover->account_id },
            .name = mover->name,
            .live = points_of(&mover->live),
            .shadow = points_of(&mover->shadow),
            .difference = (double)(mover->shadow.points - mover->live.points) / 1000,
        };
    }
    return view;
}

static void fill_map(const struct cn_health_node *node, struct cn_arena *arena,
                     struct node_view *view)
{
    view->map.items = cn_arena_array(arena, struct point_view, node->point_count + 1);
    view->map.count = node->point_count;
    for (size_t i = 0; i < node->point_count; i++) {
        view->map.items[i] = (struct point_view){ node->xs[i], node->ys[i] };
    }
}

/* Node 0 is the scorecard itself. */
static void fill_parts(const struct cn_scorecard *card, struct cn_arena *arena,
                       struct card_view *view)
{
    double *shares = cn_arena_array(arena, double, card->node_count + 1);
    view->parts.items = cn_arena_array(arena, struct node_view, card->node_count + 1);
    shares[0] = 1 - card->children_share;
    for (size_t i = 1; i < card->node_count; i++) {
        const struct cn_health_node *node = &card->nodes[i];
        const struct cn_health_node *parent = &card->nodes[node->parent];
        const bool is_measure = node->kind == CN_HEALTH_MEASURE;
        struct node_view *part = &view->parts.items[view->parts.count++];
        shares[i] =
            parent->weight_sum > 0 ? shares[node->parent] * node->weight / parent->weight_sum : 0;
        *part = (struct node_view){
            .path = node->path,
            .name = node->name,
            .kind = (int)node->kind,
            .depth = node->depth,
            .weight = node->weight,
            .share = shares[i],
            .rule = node->text,
            .rule_given = cn_null_unless(is_measure && node->text.len > 0),
            .missing = (int)node->missing,
            .missing_given = cn_null_unless(is_measure),
            .validity_days = node->validity_days,
            .validity_days_given = cn_null_unless(is_measure && node->age_rule != CN_NO_RULE),
            .floor = node->floor,
            .floor_given = cn_null_unless(!is_measure && node->floor > 0),
            .cap = node->cap,
            .cap_given = cn_null_unless(!is_measure && node->cap < SCORE_MOST),
            .needs = node->needs,
            .needs_given = cn_null_unless(!is_measure && node->needs > 0),
        };
        fill_map(node, arena, part);
    }
}

static void fill_exceptions(const struct cn_scorecard *card, struct cn_arena *arena,
                            struct card_view *view)
{
    view->exceptions.items =
        cn_arena_array(arena, struct exception_view, card->exception_count + 1);
    view->exceptions.count = card->exception_count;
    for (size_t i = 0; i < card->exception_count; i++) {
        const struct cn_health_exception *exception = &card->exceptions[i];
        view->exceptions.items[i] = (struct exception_view){
            .kind = (int)exception->kind,
            .points = (double)exception->points / 1000,
            .when = exception->text,
            .because = exception->because,
        };
    }
}

static void fill_grades(const struct cn_scorecard *card, struct cn_arena *arena,
                        struct card_view *view)
{
    view->grades.items = cn_arena_array(arena, struct grade_view, card->grade_count + 1);
    view->grades.count = card->grade_count;
    for (size_t i = 0; i < card->grade_count; i++) {
        view->grades.items[i] = (struct grade_view){ card->grades[i].name, card->grades[i].from };
    }
}

static struct card_view card_of(const struct cn_request *req, const struct cn_scorecard_use *use)
{
    const struct cn_scorecard *card = use->card;
    struct card_view view = {
        .name = card->name,
        .doc = card->doc,
        .doc_given = cn_null_unless(card->doc.len > 0),
        .priority = card->priority,
        .applies_when = card->applies_text,
        .applies_when_given = cn_null_unless(card->applies_text.len > 0),
        .shadow = card->is_shadow,
        .accounts = use->accounts,
        .arr.minor = use->arr_minor,
        .bands = { use->bands[CN_BAND_RED], use->bands[CN_BAND_YELLOW], use->bands[CN_BAND_GREEN] },
        .yellow = (double)card->bands.yellow / 1000,
        .green = (double)card->bands.green / 1000,
        .margin = (double)card->bands.margin / 1000,
        .children = (int)card->children,
        .children_share = card->children_share,
        .compared_given = cn_null_unless(card->is_shadow),
    };
    (void)snprintf(view.arr.currency, sizeof(view.arr.currency), "%.*s",
                   CN_STR_ARG(req->api->options.currency));
    fill_grades(card, req->unit.arena, &view);
    fill_parts(card, req->unit.arena, &view);
    fill_exceptions(card, req->unit.arena, &view);
    if (card->is_shadow) {
        view.compared = compare(use, req->unit.arena);
    }
    return view;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct board_view *view = res->body;
    struct cn_engine *engine = NULL;
    struct cn_scorecard_board board;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_scorecard_board(engine, &req->unit, req->unit.arena, &board);
    view->accounts = board.accounts;
    view->unscored = board.unscored;
    view->scale = (struct scale_view){ .least = 0, .most = SCORE_MOST };
    view->data.count = board.count;
    view->data.items = cn_arena_array(req->unit.arena, struct card_view, board.count + 1);
    for (size_t i = 0; i < board.count; i++) {
        view->data.items[i] = card_of(req, &board.items[i]);
    }
    return true;
}

static const struct cn_route scorecard_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/scorecards",
      .access = CN_READERS,
      .response = &board_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listScorecards",
      .doc = "The scorecards by priority, with the accounts that each scores; shadows beside the "
             "scores that count" },
};

const struct cn_route_table cn_api_scorecards = CN_ROUTE_TABLE(scorecard_routes);
