/* Accounts as the API shows them: the tables of a row and of one account, and what fills them. */
#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "book/trait.h"
#include "health/drift.h"

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
    CN_FIELD(struct cn_score_view, grade, CN_MAY(struct cn_score_view, grade, BE_BOTH),
             .max = CN_GRADE_NAME_MAX_BYTES,
             .doc = "what the scorecard calls it, by the whole point; null: it has no grades; left "
                    "out of a past moment"),
    CN_FIELD(struct cn_score_view, backfilled, CN_MAY(struct cn_score_view, backfilled, BE_ABSENT),
             .doc = "of a past moment: computed later, not lived"),
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
#define FIGURES                                                                                 \
    CN_FIELD_OF_OBJECT(struct cn_account_row, score, &cn_score_fields, MAY(score, BE_NULL),     \
                       .doc = "current health; null until there is one"),                       \
        ROW(trend, MAY(trend, BE_NULL),                                                         \
            .doc = "points against the beginning of the day 28 days ago"),                      \
        CN_FIELD_OF_OBJECT(struct cn_account_row, drift, &drift_fields, MAY(drift, BE_BOTH),    \
                           .doc = "which way the arrow points; null: too little history; left " \
                                  "out of a past moment"),                                      \
        ROW(arr, MAY(arr, BE_NULL), .doc = "annual recurring revenue"),                         \
        ROW(renewal_at, MAY(renewal_at, BE_NULL),                                               \
            .doc = "start of the day on which the last running contract ends"),                 \
        ROW(last_activity_at, MAY(last_activity_at, BE_BOTH),                                   \
            .doc = "time of the latest event; left out of a past moment"),                      \
        ROW(scorecard, MAY(scorecard, BE_NULL), .max = 200, .doc = "which scorecard applies"),  \
        ROW(open_tickets, MAY(open_tickets, BE_ABSENT),                                         \
            .doc = "open or pending tickets; left out of a past moment before a merge, which "  \
                   "moved them")

#define LIST_ROWS                                                                                \
    CN_FIELD_OF_ID(struct cn_account_row, id, CN_ACCOUNT_PREFIX, .doc = "the account"),          \
        ROW(external_id, .max = CN_ACCOUNT_KEY_MAX_BYTES, .doc = "the id in your own systems"),  \
        ROW(name, .max = CN_ACCOUNT_NAME_MAX_BYTES, .doc = "display name"), FIGURES,             \
        CN_FIELD_OF_OBJECT(struct cn_account_row, owner, &cn_owner_fields, MAY(owner, BE_NULL),  \
                           .doc = "the CSM; null: nobody"),                                      \
        CN_FIELD_OF_LIST(struct cn_account_row, spark, &number_item, MAY(spark, BE_ABSENT),      \
                         .max = CN_SPARK_POINTS, .doc = "weekly points, oldest first"),          \
        ROW(coverage, MAY(coverage, BE_NULL), .max = 64, .doc = "the coverage model"),           \
        ROW(lifecycle_stage, MAY(lifecycle_stage, BE_NULL), .max = 64,                           \
            .doc = "the stage that the program says"),                                           \
        CN_FIELD_OF_LIST(struct cn_account_row, segments, &name_item, .max = CN_SEGMENTS_MAX,    \
                         .doc = "that it is in, by name"),                                       \
        CN_FIELD_OF_LIST(struct cn_account_row, flags, &name_item, .max = CN_SEGMENTS_MAX,       \
                         .doc = "renewal-window, stalled, unsegmented"),                         \
        CN_FIELD_OF_LIST(struct cn_account_row, gaps, &name_item, .max = CN_SEGMENTS_MAX,        \
                         .doc = "what its coverage model needs and is not there: high/sponsor"), \
        CN_FIELD_OF_ID(struct cn_account_row, merged_into, CN_ACCOUNT_PREFIX,                    \
                       MAY(merged_into, BE_ABSENT),                                              \
                       .doc = "of a past moment: what it has become part of since")

static const struct cn_field row_rows[] = { LIST_ROWS };
const struct cn_fields cn_account_row_fields =
    CN_FIELDS("AccountRow", struct cn_account_row, row_rows);

static const struct cn_field news_rows[] = {
    CN_FIELD_OF_ID(struct cn_account_row, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    FIGURES,
};
const struct cn_fields cn_account_news_fields =
    CN_FIELDS("AccountNews", struct cn_account_row, news_rows);

static const struct cn_field trait_rows[] = {
    CN_FIELD(struct cn_trait_view, name, .max = CN_TRAIT_NAME_MAX_BYTES, .doc = "as it was sent"),
    CN_FIELD_OF_RAW(struct cn_trait_view, value, .doc = "a JSON scalar"),
};
static const struct cn_fields trait_fields = CN_FIELDS("Trait", struct cn_trait_view, trait_rows);
static const struct cn_field trait_item = { .type = CN_FIELD_OBJECT, .object = &trait_fields };

static const struct cn_field account_rows[] = {
    LIST_ROWS,
    CN_FIELD(struct cn_account_view, domain, CN_MAY(struct cn_account_view, domain, BE_NULL),
             .max = 255, .doc = "of its e-mail addresses"),
    CN_FIELD_OF_ID(struct cn_account_view, parent_id, CN_ACCOUNT_PREFIX,
                   CN_MAY(struct cn_account_view, parent_id, BE_NULL),
                   .doc = "the account above it; null: none"),
    CN_FIELD_OF_LIST(struct cn_account_view, traits, &trait_item, .max = CN_TRAITS_MAX,
                     .doc = "what group calls said, by name"),
    CN_FIELD_OF_ENUM(struct cn_account_view, stage, &stages, .doc = "lifecycle stage"),
    CN_FIELD(struct cn_account_view, created_at, .doc = "when it was created"),
    CN_FIELD(struct cn_account_view, version, CN_MAY(struct cn_account_view, version, BE_ABSENT),
             .min = 1, .max = INT64_MAX,
             .doc = "of the record, as in its ETag; scores do not move it; left out of a past "
                    "moment, which cannot be changed"),
    CN_FIELD_OF_OBJECT(struct cn_account_view, as_of, &cn_as_of_fields,
                       CN_MAY(struct cn_account_view, as_of, BE_NULL),
                       .doc = "the past moment that this is of; null: now"),
};
const struct cn_fields cn_account_fields =
    CN_FIELDS("Account", struct cn_account_view, account_rows);

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
    row->open_tickets_given = CN_GIVEN;
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

void cn_account_rows_spark(const struct cn_request *req, struct cn_account_row *rows, size_t count)
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

void cn_account_view_fill(struct cn_account_view *view, const struct cn_account *account)
{
    view->domain = account->domain;
    view->domain_given = account->domain_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    view->parent_id = account->parent_id;
    view->parent_id_given = account->parent_id_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    view->stage = account->stage;
    view->created_at = account->created_at;
    view->as_of_given = CN_NULL;
}
