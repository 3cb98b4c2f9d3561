/* /api/v1/accounts/{account_id}/health: why the score is what it is. */
#include <stdio.h>

#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "book/judgement.h"

enum {
    ITEMS_MAX = 3 * (2 * CN_SCORECARD_NODES_MAX + CN_EXCEPTIONS_MAX) + 7,
    FACTS_MAX = 1000,
    TEXT_MAX = 20000,
    MISSING_MAX_BYTES = 120 /* of names of measures in a message */
};

static const struct cn_names kinds = { cn_explain_kind_names, CN_EXPLAIN_KINDS };

struct fact_view {
    cn_str name;
    cn_str value_text;
    cn_str source;
    cn_time at;
    enum cn_given at_given;
};
static const struct cn_field fact_rows[] = {
    CN_FIELD(struct fact_view, name, .max = TEXT_MAX, .doc = "as it stands in the rule"),
    CN_FIELD(struct fact_view, value_text, .max = TEXT_MAX, .doc = "with its unit"),
    CN_FIELD(struct fact_view, source, .max = TEXT_MAX, .doc = "where it comes from"),
    CN_FIELD(struct fact_view, at, CN_MAY(struct fact_view, at, BE_NULL),
             .doc = "when it became so"),
};
static const struct cn_fields fact_fields = CN_FIELDS("Fact", struct fact_view, fact_rows);
static const struct cn_field fact_item = { .type = CN_FIELD_OBJECT, .object = &fact_fields };

struct item_view {
    cn_str path;
    int64_t depth;
    cn_str name;
    enum cn_explain_kind kind;
    double weight;
    enum cn_given weight_given;
    double value;
    enum cn_given value_given;
    double raw;
    enum cn_given raw_given;
    cn_str raw_text;
    enum cn_given raw_text_given;
    cn_str was_text;
    enum cn_given was_text_given;
    double points;
    double change;
    enum cn_given change_given;
    bool missing;
    cn_str reason;
    enum cn_given reason_given;
    cn_str rule;
    enum cn_given rule_given;
    cn_account_id account_id;
    enum cn_given account_id_given;
    struct {
        struct fact_view *items;
        size_t count;
    } facts;
};
#define ITEM(member, ...) CN_FIELD(struct item_view, member, __VA_ARGS__)
#define MAY(member)       CN_MAY(struct item_view, member, BE_NULL)
static const struct cn_field item_rows[] = {
    ITEM(path, .max = TEXT_MAX, .doc = "usage/breadth; exceptions/1"),
    ITEM(depth, .max = CN_SCORECARD_DEPTH_MAX + 1,
         .doc = "rows of depth 1 add up to effective_points"),
    ITEM(name, .max = TEXT_MAX, .doc = "as it is called in the scorecard"),
    CN_FIELD_OF_ENUM(struct item_view, kind, &kinds, .doc = "what kind of row"),
    ITEM(weight, MAY(weight), .doc = "share of what its siblings weigh, 0 to 1"),
    ITEM(value, MAY(value), .doc = "0 to 100, 100 is healthy; null: missing"),
    ITEM(raw, MAY(raw), .doc = "what the rule gave"),
    ITEM(raw_text, MAY(raw_text), .max = TEXT_MAX, .doc = "the same, for people"),
    ITEM(was_text, MAY(was_text), .max = TEXT_MAX, .doc = "the same at the earlier moment"),
    ITEM(points, .doc = "what it adds to the score"),
    ITEM(change, MAY(change), .doc = "what it adds to the change since then"),
    ITEM(missing, .doc = "there is no data"),
    ITEM(reason, MAY(reason), .max = TEXT_MAX, .doc = "what to know about it"),
    ITEM(rule, MAY(rule), .max = TEXT_MAX, .doc = "the expression"),
    CN_FIELD_OF_ID(struct item_view, account_id, CN_ACCOUNT_PREFIX, MAY(account_id),
                   .doc = "the child account that the row is of"),
    CN_FIELD_OF_LIST(struct item_view, facts, &fact_item, .max = FACTS_MAX,
                     .doc = "what the rule rests on"),
};
static const struct cn_fields item_fields = CN_FIELDS("ExplainItem", struct item_view, item_rows);
static const struct cn_field item_item = { .type = CN_FIELD_OBJECT, .object = &item_fields };
#undef MAY

struct previous_view {
    cn_time at;
    double points;
    double effective_points;
    int band;
    int64_t program_version;
};
static const struct cn_field previous_rows[] = {
    CN_FIELD(struct previous_view, at, .doc = "the moment compared with"),
    CN_FIELD(struct previous_view, points, .min = 0, .max = 100,
             .doc = "the score then, 0 to 100; 100 is healthy"),
    CN_FIELD(struct previous_view, effective_points, .min = 0, .max = 100,
             .doc = "the score that stood first then: computed, or an override; 100 is healthy"),
    CN_FIELD_OF_ENUM(struct previous_view, band, &cn_band_views, .doc = "the colour then"),
    CN_FIELD(struct previous_view, program_version, .min = 0, .max = INT64_MAX,
             .doc = "of the program that made it"),
};
static const struct cn_fields previous_fields =
    CN_FIELDS("PreviousScore", struct previous_view, previous_rows);

struct override_view {
    cn_judgement_id id;
    double points;
    cn_str by;
    cn_str reason;
    cn_time at;
    cn_time until;
};
static const struct cn_field override_rows[] = {
    CN_FIELD_OF_ID(struct override_view, id, CN_JUDGEMENT_PREFIX, .doc = "the judgement"),
    CN_FIELD(struct override_view, points, .min = 0, .max = 100,
             .doc = "the score set by hand, 0 to 100; 100 is healthy"),
    CN_FIELD(struct override_view, by, .max = 200, .doc = "who"),
    CN_FIELD(struct override_view, reason, .max = 1000, .doc = "why"),
    CN_FIELD(struct override_view, at, .doc = "since when"),
    CN_FIELD(struct override_view, until, .doc = "when it ends by itself"),
};
static const struct cn_fields override_fields =
    CN_FIELDS("Override", struct override_view, override_rows);

struct shadow_view {
    cn_str scorecard;
    double points;
    enum cn_given points_given;
    int band;
    enum cn_given band_given;
    bool grey;
    double confidence;
    double difference;
    enum cn_given difference_given;
    cn_str because;
    enum cn_given because_given;
};
#define SHADOW(member, ...) CN_FIELD(struct shadow_view, member, __VA_ARGS__)
#define MAY(member)         CN_MAY(struct shadow_view, member, BE_NULL)
static const struct cn_field shadow_rows[] = {
    SHADOW(scorecard, .max = 200, .doc = "the shadow's name"),
    SHADOW(points, MAY(points), .min = 0, .max = 100,
           .doc = "its score, 0 to 100; 100 is healthy; null: too little data"),
    CN_FIELD_OF_ENUM(struct shadow_view, band, &cn_band_views, MAY(band),
                     .doc = "the colour that it would have"),
    SHADOW(grey, .doc = "too little is known"),
    SHADOW(confidence, .min = 0, .max = 1, .doc = "how much is known and fresh"),
    SHADOW(difference, MAY(difference), .doc = "its score less the one that counts"),
    SHADOW(because, MAY(because), .max = TEXT_MAX, .doc = "exceptions that fired"),
};
#undef MAY
static const struct cn_fields shadow_fields =
    CN_FIELDS("ShadowScore", struct shadow_view, shadow_rows);
static const struct cn_field shadow_item = { .type = CN_FIELD_OBJECT, .object = &shadow_fields };

struct health_view {
    cn_time at;
    double points;
    int band;
    bool grey;
    double confidence;
    cn_str scorecard;
    int64_t program_version;
    cn_str because;
    enum cn_given because_given;
    struct previous_view previous;
    enum cn_given previous_given;
    struct override_view override;
    enum cn_given override_given;
    int effective;
    double effective_points;
    int effective_band;
    cn_str grade;
    enum cn_given grade_given;
    struct {
        struct shadow_view *items;
        size_t count;
    } shadows;
    struct {
        struct item_view *items;
        size_t count;
    } items;
};
#define HEALTH(member, ...) CN_FIELD(struct health_view, member, __VA_ARGS__)
#define MAY(member)         CN_MAY(struct health_view, member, BE_NULL)
static const struct cn_field health_rows[] = {
    HEALTH(at, .doc = "the moment explained"),
    HEALTH(points, .min = 0, .max = 100,
           .doc = "the score, 0 to 100, to a thousandth; 100 is healthy"),
    CN_FIELD_OF_ENUM(struct health_view, band, &cn_band_views, .doc = "the colour"),
    HEALTH(grey, .doc = "too little is known: the colour is frozen"),
    HEALTH(confidence, .min = 0, .max = 1, .doc = "how much is known and fresh"),
    HEALTH(scorecard, .max = 200, .doc = "which one applies"),
    HEALTH(program_version, .min = 0, .max = INT64_MAX, .doc = "of the program that made it"),
    HEALTH(because, MAY(because), .max = TEXT_MAX, .doc = "exceptions that fired"),
    CN_FIELD_OF_OBJECT(struct health_view, previous, &previous_fields, MAY(previous),
                       .doc = "null: nothing to compare with"),
    CN_FIELD_OF_OBJECT(struct health_view, override, &override_fields, MAY(override),
                       .doc = "set by hand, beside the computed score; null: not"),
    CN_FIELD_OF_ENUM(struct health_view, effective, &cn_effective_views,
                     .doc = "which of the two stands first, by setting health.effective; computed "
                            "without an override"),
    HEALTH(effective_points, .min = 0, .max = 100,
           .doc = "the score that stands first; 100 is healthy; rows of depth 1 add up to it, and "
                  "their changes to "
                  "it less that of `previous`"),
    CN_FIELD_OF_ENUM(struct health_view, effective_band, &cn_band_views,
                     .doc = "the colour of the score that stands first"),
    HEALTH(grade, MAY(grade), .max = CN_GRADE_NAME_MAX_BYTES,
           .doc = "what the scorecard calls that score; null: it has no grades"),
    CN_FIELD_OF_LIST(struct health_view, shadows, &shadow_item, .max = CN_SHADOWS_MAX,
                     .doc = "scorecards that are scored beside, and decide nothing; of now alone"),
    CN_FIELD_OF_LIST(struct health_view, items, &item_item, .max = ITEMS_MAX,
                     .doc = "the scorecard's tree in pre-order"),
};
#undef MAY
static const struct cn_fields health_fields =
    CN_FIELDS("AccountHealth", struct health_view, health_rows);

struct health_query {
    cn_time at;
    enum cn_given at_given;
    cn_time since;
    enum cn_given since_given;
    cn_str scorecard;
    enum cn_given scorecard_given;
};
static const struct cn_field query_rows[] = {
    CN_FIELD(struct health_query, since, CN_MAY(struct health_query, since, BE_ABSENT),
             .doc = "compare with the beginning of this moment's day"),
    CN_FIELD(struct health_query, at, CN_MAY(struct health_query, at, BE_ABSENT),
             .doc = "explain the beginning of this moment's day; now unless given"),
    CN_FIELD(struct health_query, scorecard, CN_MAY(struct health_query, scorecard, BE_ABSENT),
             .max = 200, .doc = "explain what this shadow makes of the account now"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("HealthQuery", struct health_query, query_rows);

static struct item_view item_of(const struct cn_explain_item *item, struct cn_arena *arena)
{
    struct item_view view = {
        .path = item->path,
        .depth = (int64_t)item->depth,
        .name = item->name,
        .kind = item->kind,
        .weight = item->weight,
        .weight_given =
            cn_null_unless(item->kind == CN_EXPLAIN_GROUP || item->kind == CN_EXPLAIN_MEASURE ||
                           item->kind == CN_EXPLAIN_CHILDREN),
        .value = item->value,
        .value_given = cn_null_unless(item->has_value),
        .raw = item->raw,
        .raw_given = cn_null_unless(item->has_raw),
        .raw_text = item->raw_text,
        .raw_text_given = cn_null_unless(item->raw_text.len > 0),
        .was_text = item->was_text,
        .was_text_given = cn_null_unless(item->was_text.len > 0),
        .points = (double)item->points / 1000,
        .change = (double)item->change / 1000,
        .change_given = cn_null_unless(item->has_change),
        .missing = !item->has_value && item->kind == CN_EXPLAIN_MEASURE,
        .reason = item->reason,
        .reason_given = cn_null_unless(item->reason.len > 0),
        .rule = item->rule,
        .rule_given = cn_null_unless(item->rule.len > 0),
        .account_id_given = CN_NULL,
    };
    view.facts.count = item->fact_count < FACTS_MAX ? item->fact_count : FACTS_MAX;
    view.facts.items = cn_arena_array(arena, struct fact_view, view.facts.count);
    for (size_t i = 0; i < view.facts.count; i++) {
        const struct cn_fact *fact = &item->facts[i];
        view.facts.items[i] = (struct fact_view){
            .name = fact->name,
            .value_text = fact->value_text,
            .source = fact->source,
            .at = fact->at,
            .at_given = cn_null_unless(fact->at.us != 0),
        };
    }
    return view;
}

/* Children are named to those alone who may see them. */
static bool add_items(const struct cn_request *req, const struct cn_explanation *why,
                      struct health_view *view, struct cn_error *err)
{
    view->items.count = why->count;
    view->items.items = cn_arena_array(req->unit.arena, struct item_view, why->count);
    for (size_t i = 0; i < why->count; i++) {
        struct item_view *item = &view->items.items[i];
        const cn_account_id child = { why->items[i].account_id };
        *item = item_of(&why->items[i], req->unit.arena);
        if (child.value == 0) {
            continue;
        }
        if (cn_account_visible(&req->unit, child, err)) {
            item->account_id = child;
            item->account_id_given = CN_GIVEN;
        } else if (err->code == CN_NOT_FOUND || err->code == CN_GONE) {
            item->name = CN_STR("an account of others");
        } else {
            return false;
        }
    }
    return true;
}

static void add_shadows(const struct cn_request *req, const struct cn_account_explanation *why,
                        struct health_view *view)
{
    view->shadows.count = why->shadow_count;
    view->shadows.items = cn_arena_array(req->unit.arena, struct shadow_view, why->shadow_count);
    for (size_t i = 0; i < why->shadow_count; i++) {
        const struct cn_shadow_score *shadow = &why->shadows[i];
        view->shadows.items[i] = (struct shadow_view){
            .scorecard = shadow->scorecard,
            .points = (double)shadow->score.points / 1000,
            .points_given = cn_null_unless(shadow->score.has_points),
            .band = (int)shadow->score.band - 1,
            .band_given = cn_null_unless(shadow->score.band != CN_BAND_NONE),
            .grey = shadow->score.is_grey,
            .confidence = (double)shadow->score.confidence / 1000,
            .difference = (double)shadow->difference / 1000,
            .difference_given = cn_null_unless(shadow->has_difference),
            .because = shadow->because,
            .because_given = cn_null_unless(shadow->because.len > 0),
        };
    }
}

static bool add_override(const struct cn_request *req, cn_account_id id, struct health_view *view,
                         struct cn_error *err)
{
    struct cn_judgement override;
    struct cn_user_list users;
    bool found = false;
    if (!cn_judgement_at(&req->unit, id, CN_JUDGEMENT_OVERRIDE, view->at, &override, &found, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    view->override_given = cn_null_unless(found);
    if (!found) {
        return true;
    }
    view->override = (struct override_view){ .id = override.id,
                                             .points = (double) override.value,
                                             .reason = override.reason,
                                             .at = override.at,
                                             .until = override.until };
    for (size_t i = 0; i < users.count; i++) {
        if (users.items[i].id.value == override.author_id.value) {
            view->override.by = users.items[i].name;
        }
    }
    view->effective = cn_effective_view_of(req);
    return true;
}

static void view_score(const struct cn_account_explanation *why, struct health_view *view)
{
    const struct cn_health_score *score = &why->now.score;
    view->at = why->at;
    view->points = (double)score->points / 1000;
    view->effective_points = (double)why->now.effective / 1000;
    view->effective_band = (int)why->now.effective_band - 1;
    view->grade = why->now.grade;
    view->grade_given = cn_null_unless(why->now.grade.len > 0);
    view->band = (int)score->band - 1;
    view->grey = score->is_grey;
    view->confidence = (double)score->confidence / 1000;
    view->scorecard = why->now.scorecard;
    view->program_version = why->version;
    view->because = why->now.because;
    view->because_given = cn_null_unless(why->now.because.len > 0);
    const bool has_previous =
        why->has_previous && why->previous.has_points && why->previous.band != CN_BAND_NONE;
    view->previous_given = cn_null_unless(has_previous);
    if (has_previous) {
        view->previous =
            (struct previous_view){ why->previous_at, (double)why->previous.points / 1000,
                                    (double)why->now.was / 1000, (int)why->previous.band - 1,
                                    why->previous_version };
    }
}

static bool check_visible(const struct cn_request *req, cn_account_id id, struct cn_error *err)
{
    struct cn_request with = *req;
    if (!cn_db_read(req->api->options.db, &with.unit.conn, err)) {
        return false;
    }
    bool ok = cn_account_visible(&with.unit, id, err);
    cn_db_release(req->api->options.db, with.unit.conn);
    return ok;
}

static bool view_explanation(const struct cn_request *req, cn_account_id id,
                             const struct cn_account_explanation *why, struct health_view *view,
                             struct cn_error *err)
{
    struct cn_request with = *req;
    if (!cn_db_read(req->api->options.db, &with.unit.conn, err)) {
        return false;
    }
    view_score(why, view);
    add_shadows(&with, why, view);
    bool ok = add_items(&with, &why->now, view, err) && add_override(&with, id, view, err);
    cn_db_release(req->api->options.db, with.unit.conn);
    return ok;
}

/* Names the measures without data, as many as a message takes.  Yields false. */
static bool fail_without_score(const struct cn_explanation *why, struct cn_error *err)
{
    char names[MISSING_MAX_BYTES] = "";
    int len = 0;
    size_t unnamed = 0;
    if (why->scorecard.len == 0) {
        return cn_fail(err, CN_NOT_FOUND, "no scorecard applies to this account");
    }
    for (size_t i = 0; i < why->count; i++) {
        const struct cn_explain_item *item = &why->items[i];
        if (item->kind != CN_EXPLAIN_MEASURE || item->has_raw) {
            continue;
        }
        if (unnamed > 0 || (size_t)len + item->path.len + 2 >= sizeof(names)) {
            unnamed++;
            continue;
        }
        len += snprintf(names + len, sizeof(names) - (size_t)len, "%s%.*s", len > 0 ? ", " : "",
                        CN_STR_ARG(item->path));
    }
    char more[32] = "";
    if (len == 0) {
        return cn_fail(err, CN_NOT_FOUND, "this account has no score yet");
    }
    if (unnamed > 0) {
        (void)snprintf(more, sizeof(more), " and %zu more", unnamed);
    }
    return cn_fail(err, CN_NOT_FOUND, "too little is known for a score: %.*s has no data for %s%s",
                   CN_STR_ARG(why->scorecard), names, more);
}

/* No connection is held while the past is computed, which takes some itself. */
static bool handle_explain(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct health_query *query = req->query;
    const struct cn_api_engine *engine = &req->api->options.engine;
    const struct cn_explain_ask ask = { query->at, query->since, query->scorecard };
    struct cn_account_explanation why = { 0 };
    if (!check_visible(req, path->account_id, err) ||
        !engine->explain(engine->arg, path->account_id, &ask, req->unit.arena, &why, err)) {
        return false;
    }
    if (!why.now.score.has_points || why.now.score.band == CN_BAND_NONE) {
        return fail_without_score(&why.now, err);
    }
    return view_explanation(req, path->account_id, &why, res->body, err);
}

static const struct cn_route health_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/health",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &health_fields,
      .run = CN_RUN_EXPLAIN,
      .success_status = 200,
      .handler = handle_explain,
      .operation = "explainHealth",
      .doc = "Why the score is what it is, and what changed since a moment" },
};

const struct cn_route_table cn_api_health = CN_ROUTE_TABLE(health_routes);
