/* /api/v1/accounts: the HTTP face of book/account.h.  No SQL and no business rules in this file. */
#include "api/accounts.h"

#include "base/str.h"

#include "api/core.h"
#include "book/trait.h"
#include "health/drift.h"
#include "signal/hand.h"

enum {
    OFFSET_MAX = 10000000
};

static const char *const band_texts[] = { "red", "yellow", "green" };
const struct cn_names cn_band_views = { band_texts, CN_ARRAY_LEN(band_texts) };
_Static_assert(CN_ARRAY_LEN(band_texts) == CN_BAND_COUNT - 1, "every colour has a name");

static const struct cn_names stages = { cn_stage_names, CN_STAGE_COUNT };

static const struct cn_field score_rows[] = {
    CN_FIELD(struct cn_score_view, points, .min = 0, .max = 100,
             .doc = "0 to 100, to a thousandth; 100 is healthy"),
    CN_FIELD_OF_ENUM(struct cn_score_view, band, &cn_band_views,
                     .doc = "the colour, which rises with a margin only"),
    CN_FIELD(struct cn_score_view, grey, .doc = "too little is known: the colour is frozen"),
    CN_FIELD(struct cn_score_view, confidence, .min = 0, .max = 1,
             .doc = "how much of what the scorecard asks is known and fresh"),
    CN_FIELD(struct cn_score_view, by_hand,
             .doc = "points and band are those of the override, which stands first by setting "
                    "health.effective"),
    CN_FIELD(struct cn_score_view, computed, CN_MAY(struct cn_score_view, computed, BE_NULL),
             .min = 0, .max = 100,
             .doc = "what the scorecard says, 0 to 100; 100 is healthy; null: too little data"),
    CN_FIELD(struct cn_score_view, override, CN_MAY(struct cn_score_view, override, BE_NULL),
             .min = 0, .max = 100,
             .doc = "set by hand, while it lasts, 0 to 100; 100 is healthy; null: not"),
    CN_FIELD(struct cn_score_view, whole, .min = 0, .max = 100,
             .doc = "points as a whole point, 0 to 100, rounded within the colour; 100 is healthy"),
    CN_FIELD(struct cn_score_view, grade, CN_MAY(struct cn_score_view, grade, BE_NULL),
             .max = CN_GRADE_NAME_MAX_BYTES,
             .doc = "what the scorecard calls it, by the whole point; null: it has no grades"),
};
const struct cn_fields cn_score_fields = CN_FIELDS("Score", struct cn_score_view, score_rows);

static const struct cn_field owner_rows[] = {
    CN_FIELD_OF_ID(struct cn_owner_view, id, CN_USER_PREFIX, .doc = "the user"),
    CN_FIELD(struct cn_owner_view, name, .max = 200, .doc = "display name"),
};
const struct cn_fields cn_owner_fields = CN_FIELDS("UserRef", struct cn_owner_view, owner_rows);

static const struct cn_field number_item = { .type = CN_FIELD_F64 };
static const struct cn_field name_item = { .type = CN_FIELD_STR, .max = CN_SEGMENT_NAME_MAX_BYTES };

static const struct cn_names ways = { &cn_drift_names[CN_DRIFT_FALLING], CN_DRIFT_WAYS - 1 };
static const struct cn_field drift_rows[] = {
    CN_FIELD_OF_ENUM(struct cn_drift_view, way, &ways,
                     .doc = "rising or falling only if it drifted by more than the noise"),
    CN_FIELD(struct cn_drift_view, points, .doc = "slope of 28 days, in points for all of them"),
    CN_FIELD(struct cn_drift_view, noise,
             .doc = "twice the standard deviation of the daily scores about that line, at least 2"),
};
static const struct cn_fields drift_fields = CN_FIELDS("Drift", struct cn_drift_view, drift_rows);

#define ROW(member, ...)  CN_FIELD(struct cn_account_row, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct cn_account_row, member, what)

/* What news of an account and its row in a list have in common. */
#define FIGURES                                                                                   \
    CN_FIELD_OF_OBJECT(struct cn_account_row, score, &cn_score_fields, MAY(score, BE_NULL),       \
                       .doc = "current health; null until there is one"),                         \
        ROW(trend, MAY(trend, BE_NULL),                                                           \
            .doc = "points against the beginning of the day 28 days ago"),                        \
        CN_FIELD_OF_OBJECT(struct cn_account_row, drift, &drift_fields, MAY(drift, BE_NULL),      \
                           .doc = "which way the arrow points; null: too little history"),        \
        ROW(arr, MAY(arr, BE_NULL), .doc = "annual recurring revenue"),                           \
        ROW(renewal_at, MAY(renewal_at, BE_NULL),                                                 \
            .doc = "start of the day on which the last running contract ends"),                   \
        ROW(last_activity_at, MAY(last_activity_at, BE_NULL), .doc = "time of the latest event"), \
        ROW(scorecard, MAY(scorecard, BE_NULL), .max = 200, .doc = "which scorecard applies"),    \
        ROW(open_tickets, .doc = "open or pending tickets")

#define LIST_ROWS                                                                               \
    CN_FIELD_OF_ID(struct cn_account_row, id, CN_ACCOUNT_PREFIX, .doc = "the account"),         \
        ROW(external_id, .max = CN_ACCOUNT_KEY_MAX_BYTES, .doc = "the id in your own systems"), \
        ROW(name, .max = CN_ACCOUNT_NAME_MAX_BYTES, .doc = "display name"), FIGURES,            \
        CN_FIELD_OF_OBJECT(struct cn_account_row, owner, &cn_owner_fields, MAY(owner, BE_NULL), \
                           .doc = "the CSM; null: nobody"),                                     \
        CN_FIELD_OF_LIST(struct cn_account_row, spark, &number_item, MAY(spark, BE_ABSENT),     \
                         .max = CN_SPARK_POINTS, .doc = "weekly points, oldest first"),         \
        ROW(coverage, MAY(coverage, BE_NULL), .max = 64, .doc = "the coverage model"),          \
        ROW(lifecycle_stage, MAY(lifecycle_stage, BE_NULL), .max = 64,                          \
            .doc = "the stage that the program says"),                                          \
        CN_FIELD_OF_LIST(struct cn_account_row, segments, &name_item, .max = CN_SEGMENTS_MAX,   \
                         .doc = "that it is in, by name"),                                      \
        CN_FIELD_OF_LIST(struct cn_account_row, flags, &name_item, .max = CN_SEGMENTS_MAX,      \
                         .doc = "renewal-window, stalled, unsegmented"),                        \
        CN_FIELD_OF_LIST(struct cn_account_row, gaps, &name_item, .max = CN_SEGMENTS_MAX,       \
                         .doc = "what its coverage model needs and is not there: high/sponsor")

static const struct cn_field row_rows[] = { LIST_ROWS };
static const struct cn_fields row_fields = CN_FIELDS("AccountRow", struct cn_account_row, row_rows);

static const struct cn_field news_rows[] = {
    CN_FIELD_OF_ID(struct cn_account_row, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    FIGURES,
};
const struct cn_fields cn_account_news_fields =
    CN_FIELDS("AccountNews", struct cn_account_row, news_rows);

struct trait_view {
    cn_str name;
    cn_str value;
};
static const struct cn_field trait_rows[] = {
    CN_FIELD(struct trait_view, name, .max = CN_TRAIT_NAME_MAX_BYTES, .doc = "as it was sent"),
    CN_FIELD_OF_RAW(struct trait_view, value, .doc = "a JSON scalar"),
};
static const struct cn_fields trait_fields = CN_FIELDS("Trait", struct trait_view, trait_rows);
static const struct cn_field trait_item = { .type = CN_FIELD_OBJECT, .object = &trait_fields };

struct account_view {
    struct cn_account_row row; /* first: the rows of its table are used as they are */
    cn_str domain;
    enum cn_given domain_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    struct {
        struct trait_view *items;
        size_t count;
    } traits;
    enum cn_stage stage;
    cn_time created_at;
    int64_t version;
};
static const struct cn_field account_rows[] = {
    LIST_ROWS,
    CN_FIELD(struct account_view, domain, CN_MAY(struct account_view, domain, BE_NULL), .max = 255,
             .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct account_view, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct account_view, parent_id, BE_NULL),
                   .doc = "the account above it; null: none"),
    CN_FIELD_OF_LIST(struct account_view, traits, &trait_item, .max = CN_TRAITS_MAX,
                     .doc = "what group calls said, by name"),
    CN_FIELD_OF_ENUM(struct account_view, stage, &stages, .doc = "lifecycle stage"),
    CN_FIELD(struct account_view, created_at, .doc = "when it was created"),
    CN_FIELD(struct account_view, version, .min = 1, .max = INT64_MAX,
             .doc = "of the record, as in its ETag; scores do not move it"),
};
static const struct cn_fields account_fields =
    CN_FIELDS("Account", struct account_view, account_rows);

struct create_body {
    cn_str name;
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str domain;
    enum cn_given domain_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    enum cn_stage stage;
    enum cn_given stage_given;
    struct cn_money arr;
    enum cn_given arr_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, name, .min = 1, .max = CN_ACCOUNT_NAME_MAX_BYTES,
             .doc = "display name"),
    CN_FIELD(struct create_body, external_id, CN_MAY(struct create_body, external_id, BE_ABSENT),
             .min = 1, .max = CN_ACCOUNT_KEY_MAX_BYTES,
             .doc = "the id in your own systems, which events name as groupId"),
    CN_FIELD(struct create_body, domain, CN_MAY(struct create_body, domain, BE_BOTH), .min = 1,
             .max = 255, .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct create_body, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct create_body, owner_id, BE_BOTH), .doc = "null: nobody"),
    CN_FIELD_OF_ID(struct create_body, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct create_body, parent_id, BE_BOTH),
                   .doc = "the account above it; null: none"),
    CN_FIELD_OF_ENUM(struct create_body, stage, &stages,
                     CN_MAY(struct create_body, stage, BE_ABSENT), .doc = "lifecycle stage"),
    CN_FIELD(struct create_body, arr, CN_MAY(struct create_body, arr, BE_BOTH), .max = CN_ARR_MAX,
             .doc = "annual recurring revenue, while there are no contracts"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("AccountCreate", struct create_body, create_rows);

#define PATCH(member, ...) CN_FIELD(struct cn_account_patch, member, __VA_ARGS__)
static const struct cn_field patch_rows[] = {
    PATCH(name, CN_MAY(struct cn_account_patch, name, BE_ABSENT), .min = 1,
          .max = CN_ACCOUNT_NAME_MAX_BYTES, .doc = "display name"),
    PATCH(domain, CN_MAY(struct cn_account_patch, domain, BE_BOTH), .min = 1, .max = 255,
          .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct cn_account_patch, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct cn_account_patch, owner_id, BE_BOTH), .doc = "null: nobody"),
    CN_FIELD_OF_ID(struct cn_account_patch, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct cn_account_patch, parent_id, BE_BOTH),
                   .doc = "the account above it, which is not below it; null: none"),
    CN_FIELD_OF_ENUM(struct cn_account_patch, stage, &stages,
                     CN_MAY(struct cn_account_patch, stage, BE_ABSENT), .doc = "lifecycle stage"),
    PATCH(arr, CN_MAY(struct cn_account_patch, arr, BE_BOTH), .max = CN_ARR_MAX,
          .doc = "annual recurring revenue, while there are no contracts"),
};
static const struct cn_fields patch_fields =
    CN_FIELDS("AccountPatch", struct cn_account_patch, patch_rows);

static const struct cn_field query_rows[] = {
    CN_ACCOUNT_FILTER_ROWS,
    CN_ACCOUNT_QUERY(sort, .max = 40,
                     .doc = "name, score, trend, arr, renewal_at, owner, last_activity_at, "
                            "open_tickets or created_at; with - in front the other way"),
    CN_ACCOUNT_QUERY(limit, .min = 1, .max = CN_PAGE_MAX, .doc = "rows of a page, 50 unless given"),
    CN_ACCOUNT_QUERY(offset, .min = 0, .max = OFFSET_MAX,
                     .doc = "rows to skip, instead of a cursor"),
    CN_FIELD_OF_ID(struct cn_account_list_query, cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct cn_account_list_query, cursor, BE_ABSENT),
                   .doc = "next_cursor of the page before"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("AccountQuery", struct cn_account_list_query, query_rows);

struct account_page {
    struct {
        struct cn_account_row *items;
        size_t count;
    } data;
    cn_account_id next_cursor;
    enum cn_given next_cursor_given;
    int64_t total;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &row_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct account_page, data, &page_item, .max = CN_PAGE_MAX, .doc = "the page"),
    CN_FIELD_OF_ID(struct account_page, next_cursor, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct account_page, next_cursor, BE_NULL), .doc = "null: no more"),
    CN_FIELD(struct account_page, total, .doc = "accounts that match, on all pages"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("AccountList", struct account_page, page_rows);

static const char *const effective_texts[] = { "computed", "override" };
const struct cn_names cn_effective_views = { effective_texts, CN_ARRAY_LEN(effective_texts) };

int cn_effective_view_of(const struct cn_request *req)
{
    const cn_str effective = req->api->options.config->health_effective;
    return cn_str_equal(effective, CN_STR("override")) ? CN_EFFECTIVE_OVERRIDE
                                                       : CN_EFFECTIVE_COMPUTED;
}

enum cn_given cn_owner_view_of(const struct cn_user_list *users, cn_user_id id,
                               struct cn_owner_view *view_out)
{
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == id.value) {
            *view_out = (struct cn_owner_view){ id, users->items[i].name };
            return CN_GIVEN;
        }
    }
    return CN_NULL;
}

static void fill_owner(struct cn_account_row *row, const struct cn_account *account,
                       const struct cn_user_list *owners)
{
    row->owner_given = account->owner_id_given == CN_GIVEN
                           ? cn_owner_view_of(owners, account->owner_id, &row->owner)
                           : CN_NULL;
}

static struct cn_score_view score_of(const struct cn_account_derived *derived)
{
    return (struct cn_score_view){
        .points = (double)derived->points / 1000,
        .band = (int)derived->band - 1,
        .grey = derived->grey,
        .confidence = (double)derived->confidence / 1000,
        .by_hand = derived->is_by_hand,
        .computed = (double)(derived->is_by_hand ? derived->computed : derived->points) / 1000,
        .computed_given =
            !derived->is_by_hand || derived->computed_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .override = (double)derived->override / 1000,
        .override_given = derived->override_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .whole = derived->whole_given == CN_GIVEN ? derived->whole : (derived->points + 500) / 1000,
        .grade = derived->grade,
        .grade_given = derived->grade.len > 0 ? CN_GIVEN : CN_NULL,
    };
}

void cn_account_row_fill(struct cn_account_row *row, const struct cn_account *account,
                         const struct cn_user_list *owners, const struct cn_tz *tz)
{
    const struct cn_account_derived *derived = &account->derived;
    const bool has_score = derived->points_given == CN_GIVEN && derived->band != CN_BAND_NONE;
    row->id = account->id;
    row->external_id = account->external_id;
    row->name = account->name;
    row->score_given = has_score ? CN_GIVEN : CN_NULL;
    if (has_score) {
        row->score = score_of(derived);
    }
    row->trend = (double)derived->trend / 1000;
    row->trend_given = derived->trend_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    row->drift_given = derived->drift_way != CN_DRIFT_UNKNOWN ? CN_GIVEN : CN_NULL;
    row->drift =
        (struct cn_drift_view){ derived->drift_way - CN_DRIFT_FALLING,
                                (double)derived->drift / 1000, (double)derived->noise / 1000 };
    row->arr = account->arr;
    row->arr_given = account->arr_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    row->renewal_at_given = account->renewal_on_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    if (row->renewal_at_given == CN_GIVEN) {
        row->renewal_at = cn_tz_day_start(tz, account->renewal_on);
    }
    row->last_activity_at = derived->last_activity_at;
    row->last_activity_at_given = derived->last_activity_at_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    row->scorecard = derived->scorecard;
    row->scorecard_given = derived->scorecard.len > 0 ? CN_GIVEN : CN_NULL;
    row->open_tickets = derived->open_tickets;
    fill_owner(row, account, owners);
}

void cn_account_take_live(const struct cn_api_options *options, struct cn_arena *arena,
                          struct cn_account *account)
{
    /* A record's fact: the database has it first. */
    const int64_t open_tickets = account->derived.open_tickets;
    if (options->engine.current != NULL) {
        options->engine.current(options->engine.arg, account->id, arena, &account->derived);
        account->derived.open_tickets = open_tickets;
    }
}

bool cn_accounts_list(const struct cn_request *req, const struct cn_account_filter *filter,
                      struct cn_account_list *list_out, struct cn_error *err)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct cn_account_filter whole = *filter;
    struct cn_user_list users;
    if (engine->list == NULL) {
        return cn_account_list(&req->unit, filter, list_out, err);
    }
    if (filter->sort == CN_SORT_OWNER) {
        if (!cn_user_list(&req->unit, &users, err)) {
            return false;
        }
        whole.users = &users;
    }
    return engine->list(engine->arg, &req->unit, &whole, list_out, err);
}

static void fill_sparks(const struct cn_request *req, struct cn_account_row *rows, size_t count)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct cn_arena *arena = req->unit.arena;
    if (engine->sparks == NULL || count == 0) {
        return;
    }
    cn_account_id *ids = cn_arena_array(arena, cn_account_id, count);
    struct cn_spark *sparks = cn_arena_array(arena, struct cn_spark, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    engine->sparks(engine->arg, ids, count, sparks);
    for (size_t i = 0; i < count; i++) {
        rows[i].spark.items = sparks[i].points;
        rows[i].spark.count = sparks[i].count;
        rows[i].spark_given = CN_GIVEN;
    }
}

void cn_account_rows_place(const struct cn_request *req, struct cn_account_row *rows, size_t count)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct cn_arena *arena = req->unit.arena;
    cn_account_id *ids = cn_arena_array(arena, cn_account_id, count);
    struct cn_standing *standings = cn_arena_array(arena, struct cn_standing, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    engine->standings(engine->arg, ids, count, arena, standings);
    for (size_t i = 0; i < count; i++) {
        const struct cn_standing *standing = &standings[i];
        rows[i].coverage = standing->coverage;
        rows[i].coverage_given = standing->coverage.len > 0 ? CN_GIVEN : CN_NULL;
        rows[i].lifecycle_stage = standing->stage;
        rows[i].lifecycle_stage_given = standing->stage.len > 0 ? CN_GIVEN : CN_NULL;
        rows[i].segments.items = standing->segments;
        rows[i].segments.count = standing->segment_count;
        rows[i].flags.items = standing->flags;
        rows[i].flags.count = standing->flag_count;
        rows[i].gaps.items = standing->gaps;
        rows[i].gaps.count = standing->gap_count;
    }
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct account_page *page = res->body;
    struct cn_account_filter filter;
    struct cn_account_list list;
    struct cn_user_list owners;
    if (!cn_account_filter_of(req, req->query, &filter, err) ||
        !cn_accounts_list(req, &filter, &list, err) || !cn_user_list(&req->unit, &owners, err)) {
        return false;
    }
    page->total = list.total;
    page->data.items = cn_arena_array(req->unit.arena, struct cn_account_row, list.count);
    page->data.count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        cn_account_row_fill(&page->data.items[i], &list.items[i], &owners, req->api->options.tz);
    }
    fill_sparks(req, page->data.items, list.count);
    cn_account_rows_place(req, page->data.items, list.count);
    /* A full page may have been the last: then the next is empty. */
    page->next_cursor_given = (int64_t)list.count == filter.limit ? CN_GIVEN : CN_NULL;
    if (page->next_cursor_given == CN_GIVEN) {
        page->next_cursor = list.items[list.count - 1].id;
    }
    return true;
}

/* One account as it is shown: with the health of this moment. */
static bool show(const struct cn_request *req, struct cn_account *account, struct cn_response *res,
                 struct cn_error *err)
{
    struct account_view *view = res->body;
    struct cn_user_list owners;
    struct cn_trait_list traits;
    if (!cn_user_list(&req->unit, &owners, err) ||
        !cn_trait_list(&req->unit, account->id, &traits, err)) {
        return false;
    }
    cn_account_take_live(&req->api->options, req->unit.arena, account);
    cn_account_row_fill(&view->row, account, &owners, req->api->options.tz);
    fill_sparks(req, &view->row, 1);
    cn_account_rows_place(req, &view->row, 1);
    view->domain = account->domain;
    view->domain_given = account->domain_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    view->parent_id = account->parent_id;
    view->parent_id_given = account->parent_id_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    view->stage = account->stage;
    view->created_at = account->created_at;
    view->version = account->version;
    view->traits.items = cn_arena_array(req->unit.arena, struct trait_view, traits.count);
    view->traits.count = traits.count < CN_TRAITS_MAX ? traits.count : CN_TRAITS_MAX;
    for (size_t i = 0; i < view->traits.count; i++) {
        view->traits.items[i] = (struct trait_view){ traits.items[i].name, traits.items[i].value };
    }
    res->version = account->version;
    return true;
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_account account;
    return cn_account_load(&req->unit, path->account_id, &account, err) &&
           show(req, &account, res, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct create_body *body = req->body;
    struct cn_account account;
    const struct cn_account_new draft = {
        .name = body->name,
        .external_id = body->external_id,
        .domain = body->domain,
        /* Who sees only their own book would lose sight of what they make for nobody. */
        .owner_id = body->owner_id_given == CN_GIVEN  ? body->owner_id
                    : req->unit.scope == CN_SCOPE_OWN ? req->unit.user
                                                      : (cn_user_id){ 0 },
        .parent_id = body->parent_id_given == CN_GIVEN ? body->parent_id : (cn_account_id){ 0 },
        .team_id = req->unit.scope == CN_SCOPE_TEAM ? req->unit.team : (cn_team_id){ 0 },
        .stage = body->stage,
        .arr = body->arr,
        .arr_given = body->arr_given,
    };
    if (!cn_account_create(&req->unit, &draft, &account, err)) {
        return false;
    }
    res->location = cn_account_location(req->unit.arena, account.id, "", "", 0);
    res->changed = account.id;
    return show(req, &account, res, err);
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_account account;
    res->changed = path->account_id;
    return cn_signal_update_account(&req->unit, path->account_id, req->if_match, req->body,
                                    req->api->options.notices.tell, &account, err) &&
           show(req, &account, res, err);
}

struct merge_body {
    cn_account_id into;
};
static const struct cn_field merge_rows[] = {
    CN_FIELD_OF_ID(struct merge_body, into, CN_ACCOUNT_PREFIX, .doc = "the account that stays"),
};
static const struct cn_fields merge_fields =
    CN_FIELDS("AccountMerge", struct merge_body, merge_rows);

static bool handle_merge(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct merge_body *body = req->body;
    const struct cn_api_options *options = &req->api->options;
    const struct cn_merge merge = { .from = path->account_id,
                                    .into = body->into,
                                    .version = req->if_match,
                                    .parts = options->account_parts,
                                    .part_count = options->account_part_count };
    struct cn_account survivor;
    if (!cn_account_merge(&req->unit, &merge, &survivor, err)) {
        return false;
    }
    res->location = cn_account_location(req->unit.arena, survivor.id, "", "", 0);
    res->changed = survivor.id;
    return show(req, &survivor, res, err);
}

static const struct cn_route account_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts",
      .access = CN_READERS,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listAccounts",
      .doc = "The accounts that the caller may see" },
    { .method = CN_POST,
      .path = "/api/v1/accounts",
      .access = CN_WRITERS,
      .body = &create_fields,
      .response = &account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createAccount",
      .doc = "Create an account" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .response = &account_fields,
      .headers = CN_HEADER_ETAG,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getAccount",
      .doc = "One account with its current health" },
    { .method = CN_PATCH,
      .path = "/api/v1/accounts/{account_id}",
      .needs_if_match = true,
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &patch_fields,
      .response = &account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_update,
      .operation = "updateAccount",
      .doc = "Change some members of an account" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/merge",
      .needs_if_match = true,
      .access = CN_OPERATORS,
      .path_params = &cn_account_path_fields,
      .body = &merge_fields,
      .response = &account_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .success_status = 200,
      .handler = handle_merge,
      .operation = "mergeAccount",
      .doc = "Make an account part of another, with all that is told of it.  The answer is the one "
             "that stays; asking for the other is 410 with its successor from then on" },
};

const struct cn_route_table cn_api_accounts = CN_ROUTE_TABLE(account_routes);
