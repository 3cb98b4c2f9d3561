/* /api/v1/coverage: how many accounts each CSM looks after, beside how many they should. */
#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"

enum {
    TEXT_MAX = 20000,
    ROWS_MAX = 100000,
    MINOR_UNITS = 100
};

static const char *const load_texts[] = { "none", "under", "right", "over" };
static const struct cn_names loads = { load_texts, CN_ARRAY_LEN(load_texts) };

enum load {
    LOAD_NONE, /* no ratio is given, or it is one of the pool */
    LOAD_UNDER,
    LOAD_RIGHT,
    LOAD_OVER,
};

static const char *const per_texts[] = { "csm", "pool" };
static const struct cn_names pers = { per_texts, CN_ARRAY_LEN(per_texts) };

/* ---- one touch of a colour ---- */

struct touch_view {
    int band;
    int64_t cadence_days;
    enum cn_given cadence_days_given;
    cn_str focus;
};
static const struct cn_field touch_rows[] = {
    CN_FIELD_OF_ENUM(struct touch_view, band, &cn_band_views,
                     .doc = "while health has this colour"),
    CN_FIELD(struct touch_view, cadence_days, CN_MAY(struct touch_view, cadence_days, BE_NULL),
             .doc = "days between two touches; the shorter of this and the model's holds"),
    CN_FIELD(struct touch_view, focus, .max = TEXT_MAX, .doc = "what touches are for, or empty"),
};
static const struct cn_fields touch_fields =
    CN_FIELDS("CoverageTouch", struct touch_view, touch_rows);
static const struct cn_field touch_item = { .type = CN_FIELD_OBJECT, .object = &touch_fields };

/* ---- what is needed ---- */

struct need_view {
    cn_str gap;
    cn_str doc;
    cn_str rule;
    int64_t missing;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field need_rows[] = {
    CN_FIELD(struct need_view, gap, .max = CN_SEGMENT_NAME_MAX_BYTES,
             .doc = "how accounts without it are asked for: high/sponsor"),
    CN_FIELD(struct need_view, doc, .max = TEXT_MAX, .doc = "what it is for"),
    CN_FIELD(struct need_view, rule, .max = TEXT_MAX, .doc = "the condition: it is there"),
    CN_FIELD(struct need_view, missing, .doc = "accounts of the model without it"),
    CN_FIELD(struct need_view, arr, CN_MAY(struct need_view, arr, BE_NULL), .max = INT64_MAX,
             .doc = "their annual recurring revenue"),
};
static const struct cn_fields need_fields = CN_FIELDS("CoverageNeed", struct need_view, need_rows);
static const struct cn_field need_item = { .type = CN_FIELD_OBJECT, .object = &need_fields };

/* ---- models ---- */

struct model_view {
    cn_str name;
    cn_str doc;
    double arr_from;
    double arr_below;
    enum cn_given arr_below_given;
    int64_t accounts_min;
    enum cn_given accounts_min_given;
    int64_t accounts_max;
    enum cn_given accounts_max_given;
    int per;
    int64_t cadence_days;
    enum cn_given cadence_days_given;
    struct {
        struct touch_view *items;
        size_t count;
    } touches;
    struct {
        struct need_view *items;
        size_t count;
    } needs;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
    int64_t owners;
    double ratio;
    enum cn_given ratio_given;
    double touches_per_week;
    int64_t overdue;
    int64_t leakage;
    enum cn_given leakage_given;
};
#define MODEL(member, ...) CN_FIELD(struct model_view, member, __VA_ARGS__)
#define MAY(member)        CN_MAY(struct model_view, member, BE_NULL)
static const struct cn_field model_rows[] = {
    MODEL(name, .max = 64, .doc = "as in the program"),
    MODEL(doc, .max = TEXT_MAX, .doc = "how these accounts are looked after"),
    MODEL(arr_from, .doc = "least ARR, in major units"),
    MODEL(arr_below, MAY(arr_below), .doc = "ARR at which it ends; null: it has no end"),
    MODEL(accounts_min, MAY(accounts_min), .doc = "accounts that fill a CSM's time"),
    MODEL(accounts_max, MAY(accounts_max), .doc = "accounts that one CSM can have"),
    CN_FIELD_OF_ENUM(struct model_view, per, &pers, .doc = "of one CSM, or of all together"),
    MODEL(cadence_days, MAY(cadence_days), .doc = "days between two touches"),
    CN_FIELD_OF_LIST(struct model_view, touches, &touch_item, .max = CN_SEGMENT_COLOURS,
                     .doc = "what colours change"),
    CN_FIELD_OF_LIST(struct model_view, needs, &need_item, .max = CN_SEGMENTS_MAX,
                     .doc = "what every account of it has to have"),
    MODEL(accounts, .doc = "how many, of those that the caller may see"),
    MODEL(arr, MAY(arr), .max = INT64_MAX, .doc = "their annual recurring revenue"),
    MODEL(owners, .doc = "CSMs who have such accounts"),
    MODEL(ratio, MAY(ratio), .doc = "accounts per CSM; null: nobody has any"),
    MODEL(touches_per_week, .doc = "expected by cadence and colour"),
    MODEL(overdue, .doc = "accounts whose last touch is longer ago than their cadence"),
    MODEL(leakage, MAY(leakage),
          .doc =
              "touches of the last 30 days that nothing asked for; null: the model has a cadence"),
};
#undef MAY
static const struct cn_fields model_fields =
    CN_FIELDS("CoverageModel", struct model_view, model_rows);
static const struct cn_field model_item = { .type = CN_FIELD_OBJECT, .object = &model_fields };

/* ---- owners ---- */

struct part_view {
    cn_str coverage;
    int64_t accounts;
    int load;
    double touches_per_week;
    int64_t overdue;
};
static const struct cn_field part_rows[] = {
    CN_FIELD(struct part_view, coverage, .max = 64, .doc = "the coverage model"),
    CN_FIELD(struct part_view, accounts, .doc = "of this model"),
    CN_FIELD_OF_ENUM(struct part_view, load, &loads,
                     .doc = "beside what the model gives one CSM; none: it gives nothing"),
    CN_FIELD(struct part_view, touches_per_week, .doc = "expected by cadence and colour"),
    CN_FIELD(struct part_view, overdue,
             .doc = "accounts whose last touch is longer ago than their cadence"),
};
static const struct cn_fields part_fields = CN_FIELDS("CoveragePart", struct part_view, part_rows);
static const struct cn_field part_item = { .type = CN_FIELD_OBJECT, .object = &part_fields };

struct owner_row {
    struct cn_owner_view owner;
    enum cn_given owner_given;
    int64_t accounts;
    struct cn_money arr;
    enum cn_given arr_given;
    struct cn_money average;
    enum cn_given average_given;
    cn_str suggested;
    enum cn_given suggested_given;
    double touches_per_week;
    int64_t overdue;
    struct {
        struct part_view *items;
        size_t count;
    } parts;
};
#define OWNER(member, ...) CN_FIELD(struct owner_row, member, __VA_ARGS__)
static const struct cn_field owner_rows[] = {
    CN_FIELD_OF_OBJECT(struct owner_row, owner, &cn_owner_fields,
                       CN_MAY(struct owner_row, owner, BE_NULL), .doc = "the CSM; null: nobody"),
    OWNER(accounts, .doc = "in any coverage model"),
    OWNER(arr, CN_MAY(struct owner_row, arr, BE_NULL), .max = INT64_MAX,
          .doc = "their annual recurring revenue"),
    OWNER(average, CN_MAY(struct owner_row, average, BE_NULL), .max = INT64_MAX,
          .doc = "account value on average: the higher, the fewer accounts"),
    OWNER(suggested, CN_MAY(struct owner_row, suggested, BE_NULL), .max = 64,
          .doc = "the coverage model for accounts of that value"),
    OWNER(touches_per_week, .doc = "expected by cadence and colour"),
    OWNER(overdue, .doc = "accounts whose last touch is longer ago than their cadence"),
    CN_FIELD_OF_LIST(struct owner_row, parts, &part_item, .max = CN_SEGMENTS_MAX,
                     .doc = "by coverage model"),
};
static const struct cn_fields owner_fields =
    CN_FIELDS("CoverageOwner", struct owner_row, owner_rows);
static const struct cn_field owner_item = { .type = CN_FIELD_OBJECT, .object = &owner_fields };

struct board_view {
    struct {
        struct model_view *items;
        size_t count;
    } models;
    struct {
        struct owner_row *items;
        size_t count;
    } owners;
    int64_t without;
    int effective;
    int64_t overridden;
};
static const struct cn_field board_rows[] = {
    CN_FIELD_OF_LIST(struct board_view, models, &model_item, .max = CN_SEGMENTS_MAX,
                     .doc = "as in the program"),
    CN_FIELD_OF_LIST(struct board_view, owners, &owner_item, .max = ROWS_MAX,
                     .doc = "who has accounts, nobody first"),
    CN_FIELD(struct board_view, without, .doc = "accounts in no coverage model"),
    CN_EFFECTIVE_ROWS(board_view, "now"),
};
static const struct cn_fields board_fields =
    CN_FIELDS("CoverageBoard", struct board_view, board_rows);

static struct cn_money money_of(int64_t minor, const char *currency, enum cn_given *given_out)
{
    struct cn_money money = { .minor = minor };
    memcpy(money.currency, currency, sizeof(money.currency));
    *given_out = currency[0] != '\0' ? CN_GIVEN : CN_NULL;
    return money;
}

static bool has_cadence(const struct cn_coverage *coverage)
{
    bool has = coverage->cadence_days > 0;
    for (int i = 0; i < CN_SEGMENT_COLOURS; i++) {
        has = has || coverage->colour_days[i] > 0;
    }
    return has;
}

static void fill_needs(const struct cn_coverage_model_row *row, const char *currency,
                       struct cn_arena *arena, struct model_view *view)
{
    view->needs.items = cn_arena_array(arena, struct need_view, row->gap_count + 1);
    view->needs.count = row->gap_count;
    for (size_t i = 0; i < row->gap_count; i++) {
        const struct cn_coverage_gap *gap = &row->gaps[i];
        struct need_view *need = &view->needs.items[i];
        *need = (struct need_view){
            .gap = gap->name, .doc = gap->doc, .rule = gap->rule, .missing = gap->sum.accounts
        };
        need->arr = money_of(gap->sum.arr_minor, currency, &need->arr_given);
    }
}

static void fill_model(const struct cn_coverage_model_row *row, const char *currency,
                       struct cn_arena *arena, struct model_view *view)
{
    const struct cn_coverage *coverage = row->coverage;
    *view = (struct model_view){
        .name = row->name,
        .doc = row->doc,
        .arr_from = coverage->from,
        .arr_below = coverage->has_below ? coverage->below : 0,
        .arr_below_given = cn_null_unless(coverage->has_below),
        .accounts_min = coverage->ratio_min,
        .accounts_min_given = cn_null_unless(coverage->ratio_min > 0),
        .accounts_max = coverage->ratio_max,
        .accounts_max_given = cn_null_unless(coverage->ratio_max > 0),
        .per = coverage->is_pool,
        .cadence_days = coverage->cadence_days,
        .cadence_days_given = cn_null_unless(coverage->cadence_days > 0),
        .accounts = row->sum.accounts,
        .owners = row->owners,
        .ratio = cn_coverage_ratio(row),
        .ratio_given = cn_null_unless(row->owners > 0),
        .touches_per_week = row->touches.per_week,
        .overdue = row->touches.overdue,
        .leakage = row->touches.unasked,
        .leakage_given = cn_null_unless(!has_cadence(coverage)),
    };
    view->arr = money_of(row->sum.arr_minor, currency, &view->arr_given);
    fill_needs(row, currency, arena, view);
    view->touches.items = cn_arena_array(arena, struct touch_view, CN_SEGMENT_COLOURS);
    for (int i = 0; i < CN_SEGMENT_COLOURS; i++) {
        if (coverage->colour_days[i] > 0 || coverage->colour_focus[i].len > 0) {
            view->touches.items[view->touches.count++] =
                (struct touch_view){ .band = i,
                                     .cadence_days = coverage->colour_days[i],
                                     .cadence_days_given =
                                         cn_null_unless(coverage->colour_days[i] > 0),
                                     .focus = coverage->colour_focus[i] };
        }
    }
}

/* A pool's accounts are nobody's own measure. */
static enum load load_of(const struct cn_coverage *coverage, int64_t owner, int64_t accounts)
{
    if (coverage->is_pool || owner == 0 || (coverage->ratio_min == 0 && coverage->ratio_max == 0)) {
        return LOAD_NONE;
    }
    if (coverage->ratio_max > 0 && accounts > coverage->ratio_max) {
        return LOAD_OVER;
    }
    return accounts < coverage->ratio_min ? LOAD_UNDER : LOAD_RIGHT;
}

static void add_part(const struct cn_coverage_board *board, const struct cn_coverage_row *row,
                     struct owner_row *owner)
{
    const struct cn_coverage_model_row *model = &board->models[row->item];
    owner->accounts += row->sum.accounts;
    owner->arr.minor += row->sum.arr_minor;
    owner->touches_per_week += row->touches.per_week;
    owner->overdue += row->touches.overdue;
    owner->parts.items[owner->parts.count++] =
        (struct part_view){ .coverage = model->name,
                            .accounts = row->sum.accounts,
                            .load = (int)load_of(model->coverage, row->owner, row->sum.accounts),
                            .touches_per_week = row->touches.per_week,
                            .overdue = row->touches.overdue };
}

/* The model of whose band the average is. */
static void suggest(const struct cn_coverage_board *board, struct owner_row *owner)
{
    const double average = (double)owner->average.minor / MINOR_UNITS;
    owner->suggested_given = CN_NULL;
    for (size_t i = 0; i < board->model_count; i++) {
        const struct cn_coverage *coverage = board->models[i].coverage;
        if (average >= coverage->from && (!coverage->has_below || average < coverage->below)) {
            owner->suggested = board->models[i].name;
            owner->suggested_given = CN_GIVEN;
        }
    }
}

static void end_owner(const struct cn_coverage_board *board, struct owner_row *owner)
{
    const char *currency = board->currency;
    owner->arr = money_of(owner->arr.minor, currency, &owner->arr_given);
    /* Half a cent is rounded up. */
    int64_t average = (owner->arr.minor * 2 + owner->accounts) / (owner->accounts * 2);
    owner->average = money_of(average, currency, &owner->average_given);
    suggest(board, owner);
}

static void fill_owners(const struct cn_coverage_board *board, const struct cn_user_list *users,
                        struct cn_arena *arena, struct board_view *view)
{
    view->owners.items = cn_arena_array(arena, struct owner_row, board->row_count + 1);
    for (size_t i = 0; i < board->row_count; i++) {
        const struct cn_coverage_row *row = &board->rows[i];
        if (i == 0 || board->rows[i - 1].owner != row->owner) {
            struct owner_row *owner = &view->owners.items[view->owners.count++];
            *owner = (struct owner_row){ .owner_given = CN_NULL };
            owner->parts.items = cn_arena_array(arena, struct part_view, board->model_count);
            owner->owner_given = cn_owner_view_of(users, (cn_user_id){ row->owner }, &owner->owner);
        }
        add_part(board, row, &view->owners.items[view->owners.count - 1]);
    }
    for (size_t i = 0; i < view->owners.count; i++) {
        end_owner(board, &view->owners.items[i]);
    }
}

static bool handle_coverage(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct board_view *view = res->body;
    struct cn_coverage_board board = { 0 };
    struct cn_user_list users;
    if (!cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    engine->coverage(engine->arg, &req->unit, req->unit.arena, &board);
    view->models.items = cn_arena_array(req->unit.arena, struct model_view, board.model_count);
    view->models.count = board.model_count;
    for (size_t i = 0; i < board.model_count; i++) {
        fill_model(&board.models[i], board.currency, req->unit.arena, &view->models.items[i]);
    }
    fill_owners(&board, &users, req->unit.arena, view);
    view->without = board.without.accounts;
    view->effective = cn_effective_view_of(req);
    view->overridden = board.overridden;
    return true;
}

static const struct cn_route coverage_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/coverage",
      .access = CN_READERS,
      .response = &board_fields,
      .success_status = 200,
      .handler = handle_coverage,
      .operation = "getCoverage",
      .doc = "Coverage models with their accounts, and the load of each CSM" },
};

const struct cn_route_table cn_api_coverage = CN_ROUTE_TABLE(coverage_routes);
