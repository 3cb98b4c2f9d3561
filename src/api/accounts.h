/*
 * Accounts as the API shows them.  Internal to api/: lists, the live stream and exports share it.
 */
#ifndef CAIRN_API_ACCOUNTS_H
#define CAIRN_API_ACCOUNTS_H

#include "api/access.h"
#include "api/resources.h"
#include "book/user.h"

/* A score as it is shown: points with three decimals. */
struct cn_score_view {
    double points;
    int band; /* index of cn_band_views */
    bool grey;
    double confidence;
    double computed;
    enum cn_given computed_given;
    double override;
    enum cn_given override_given;
    bool by_hand;
    int64_t whole;
    cn_str grade;
    enum cn_given grade_given;
    bool backfilled;
    enum cn_given backfilled_given;
};
extern const struct cn_fields cn_score_fields;

/* "red", "yellow", "green": enum cn_band without NONE, which is a score that is null. */
extern const struct cn_names cn_band_views;

/* "computed", "override": which score of an account with an override stands first, by the setting
 * health.effective. */
enum cn_effective_view {
    CN_EFFECTIVE_COMPUTED,
    CN_EFFECTIVE_OVERRIDE
};
extern const struct cn_names cn_effective_views;
int cn_effective_view_of(const struct cn_request *req); /* index of those */

/* What figures that go by scores say of overrides. */
#define CN_EFFECTIVE_ROWS(view, when)                                                          \
    CN_FIELD_OF_ENUM(struct view, effective, &cn_effective_views,                              \
                     .doc = "which score stands first where there is an override, by setting " \
                            "health.effective; the figures are of that one"),                  \
        CN_FIELD(struct view, overridden,                                                      \
                 .doc = "accounts with an override in force " when                             \
                        ", whether it stands first or not")

struct cn_owner_view {
    cn_user_id id;
    cn_str name;
};
extern const struct cn_fields cn_owner_fields;

/* CN_GIVEN with the user of that id, else CN_NULL: there is none, or 0 was asked for. */
enum cn_given cn_owner_view_of(const struct cn_user_list *users, cn_user_id id,
                               struct cn_owner_view *view_out);

/* Which past moment an answer is of: see api/past.h. */
struct cn_as_of_view {
    cn_time at;
    int64_t backfilled;
    struct {
        cn_str *items;
        size_t count;
    } left_out;
};
extern const struct cn_fields cn_as_of_fields;

/* Which way a score drifts: health/drift.h. */
struct cn_drift_view {
    int way; /* index of the names without "unknown", which is null */
    double points;
    double noise;
};

struct cn_account_row {
    cn_account_id id;
    cn_str external_id;
    cn_str name;
    struct cn_score_view score;
    enum cn_given score_given;
    double trend;
    enum cn_given trend_given;
    struct cn_drift_view drift;
    enum cn_given drift_given;
    struct {
        double *items;
        size_t count;
    } spark;
    enum cn_given spark_given;
    struct cn_money arr;
    enum cn_given arr_given;
    cn_time renewal_at;
    enum cn_given renewal_at_given;
    struct cn_owner_view owner;
    enum cn_given owner_given;
    cn_time last_activity_at;
    enum cn_given last_activity_at_given;
    cn_str scorecard;
    enum cn_given scorecard_given;
    int64_t open_tickets;
    enum cn_given open_tickets_given;
    cn_account_id merged_into;
    enum cn_given merged_into_given;
    cn_str coverage;
    enum cn_given coverage_given;
    cn_str lifecycle_stage;
    enum cn_given lifecycle_stage_given;
    struct {
        cn_str *items;
        size_t count;
    } segments;
    struct {
        cn_str *items;
        size_t count;
    } flags;
    struct {
        cn_str *items;
        size_t count;
    } gaps;
};

extern const struct cn_fields cn_account_row_fields;

struct cn_trait_view {
    cn_str name;
    cn_str value;
};

/* One account. */
struct cn_account_view {
    struct cn_account_row row; /* first: the rows of its table are used as they are */
    cn_str domain;
    enum cn_given domain_given;
    cn_account_id parent_id;
    enum cn_given parent_id_given;
    struct {
        struct cn_trait_view *items;
        size_t count;
    } traits;
    enum cn_stage stage;
    cn_time created_at;
    int64_t version;
    enum cn_given version_given;
    struct cn_as_of_view as_of;
    enum cn_given as_of_given;
};
extern const struct cn_fields cn_account_fields;

/* What a change of an account is, on the live stream. */
extern const struct cn_fields cn_account_news_fields;

/* `owners` names them; CN_NULL where the account has none or it is unknown. */
void cn_account_row_fill(struct cn_account_row *row, const struct cn_account *account,
                         const struct cn_user_list *owners, const struct cn_tz *tz);

/* Where the accounts of the rows stand by now. */
void cn_account_rows_place(const struct cn_request *req, struct cn_account_row *rows, size_t count);

/* The weekly points of their scores by now. */
void cn_account_rows_spark(const struct cn_request *req, struct cn_account_row *rows, size_t count);

/* The record of one account, without its row. */
void cn_account_view_fill(struct cn_account_view *view, const struct cn_account *account);

/* Puts the health and activity of this moment in place of those that are stored a little later. */
void cn_account_take_live(const struct cn_api_options *options, struct cn_arena *arena,
                          struct cn_account *account);

/* The filter of lists and exports. */
struct cn_account_list_query {
    cn_str q;
    enum cn_given q_given;
    cn_str band;
    enum cn_given band_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    int64_t renewal_within_days;
    enum cn_given renewal_within_days_given;
    cn_str segment;
    enum cn_given segment_given;
    cn_str without;
    enum cn_given without_given;
    cn_str goal;
    enum cn_given goal_given;
    cn_str gap;
    enum cn_given gap_given;
    cn_str scorecard;
    enum cn_given scorecard_given;
    cn_str grade;
    enum cn_given grade_given;
    cn_str coverage;
    enum cn_given coverage_given;
    cn_str stage;
    enum cn_given stage_given;
    cn_str flag;
    enum cn_given flag_given;
    bool at_risk;
    enum cn_given at_risk_given;
    bool left;
    enum cn_given left_given;
    int64_t left_within_days;
    enum cn_given left_within_days_given;
    int64_t renewed_within_days;
    enum cn_given renewed_within_days_given;
    bool overridden;
    enum cn_given overridden_given;
    cn_str question;
    enum cn_given question_given;
    cn_str unanswered;
    enum cn_given unanswered_given;
    int64_t answered;
    enum cn_given answered_given;
    cn_str moved;
    enum cn_given moved_given;
    cn_time moved_from;
    enum cn_given moved_from_given;
    cn_time moved_to;
    enum cn_given moved_to_given;
    cn_str sort;
    enum cn_given sort_given;
    int64_t limit;
    enum cn_given limit_given;
    int64_t offset;
    enum cn_given offset_given;
    cn_account_id cursor;
    enum cn_given cursor_given;
    cn_str as_of;
    enum cn_given as_of_given;
};

#define CN_ACCOUNT_QUERY(member, ...)              \
    CN_FIELD(struct cn_account_list_query, member, \
             CN_MAY(struct cn_account_list_query, member, BE_ABSENT), __VA_ARGS__)

/* What narrows a list or an export. */
#define CN_ACCOUNT_FILTER_ROWS                                                                  \
    CN_ACCOUNT_QUERY(q, .max = CN_ACCOUNT_QUERY_MAX_BYTES,                                      \
                     .doc = "words that the name, external id or domain contains"),             \
        CN_ACCOUNT_QUERY(band, .max = 40,                                                       \
                         .doc = "only these colours: red,yellow; none is without a score"),     \
        CN_FIELD_OF_ID(struct cn_account_list_query, owner_id, CN_USER_PREFIX,                  \
                       CN_MAY(struct cn_account_list_query, owner_id, BE_ABSENT),               \
                       .doc = "only this CSM's"),                                               \
        CN_ACCOUNT_QUERY(renewal_within_days, .min = 0, .max = 3660,                            \
                         .doc = "only those that renew within so many days, or should have"),   \
        CN_ACCOUNT_QUERY(segment, .max = 400,                                                   \
                         .doc = "only those in all of these segments: quiet,core"),             \
        CN_ACCOUNT_QUERY(without, .max = 1600,                                                  \
                         .doc = "only those in none of these segments: quiet,core"),            \
        CN_ACCOUNT_QUERY(goal, .max = 140,                                                      \
                         .doc = "only those that reached this goal: onboarding/activated"),     \
        CN_ACCOUNT_QUERY(scorecard, .max = 200,                                                 \
                         .doc = "only those that it scores, or that none does: none"),          \
        CN_ACCOUNT_QUERY(grade, .max = CN_GRADE_NAME_MAX_BYTES,                                 \
                         .doc = "only those whose score its scorecard calls so: A"),            \
        CN_ACCOUNT_QUERY(gap, .max = 140,                                                       \
                         .doc = "only those that lack what coverage needs: high/sponsor"),      \
        CN_ACCOUNT_QUERY(coverage, .max = 64, .doc = "only those of this coverage model"),      \
        CN_ACCOUNT_QUERY(stage, .max = 64, .doc = "only those in this lifecycle stage"),        \
        CN_ACCOUNT_QUERY(flag, .max = 100,                                                      \
                         .doc = "only those that are renewal-window, stalled or unsegmented"),  \
        CN_ACCOUNT_QUERY(at_risk, .doc = "true: only those at risk, as the portfolio counts "   \
                                         "them: red, or yellow and renewing within 120 days"),  \
        CN_ACCOUNT_QUERY(left, .doc = "true: only those marked as left, on whatever day"),      \
        CN_ACCOUNT_QUERY(left_within_days, .min = 0, .max = 3660,                               \
                         .doc = "only those marked as left within so many days"),               \
        CN_ACCOUNT_QUERY(renewed_within_days, .min = 0, .max = 3660,                            \
                         .doc = "only those of whom a contract ended within so many days and "  \
                                "one that began after it runs now"),                            \
        CN_ACCOUNT_QUERY(overridden, .doc = "true: only those with an override in force"),      \
        CN_ACCOUNT_QUERY(question, .max = 20,                                                   \
                         .doc = "only those that answer this of the seven questions: who"),     \
        CN_ACCOUNT_QUERY(unanswered, .max = 20,                                                 \
                         .doc = "only those that do not answer this of the seven questions"),   \
        CN_ACCOUNT_QUERY(answered, .min = 0, .max = 7,                                          \
                         .doc = "only those that answer so many of the seven questions"),       \
        CN_ACCOUNT_QUERY(moved, .max = 20,                                                      \
                         .doc = "green-yellow: only those that were the one at moved_from and " \
                                "the other at moved_to; none is without a score"),              \
        CN_ACCOUNT_QUERY(moved_from, .doc = "needed by moved"),                                 \
        CN_ACCOUNT_QUERY(moved_to, .doc = "now unless given")

/* Fails with CN_MALFORMED for an unknown band or sort, and as the database does: it is asked which
 * accounts moved. */
CN_MUST_CHECK bool cn_account_filter_of(const struct cn_request *req,
                                        const struct cn_account_list_query *query,
                                        struct cn_account_filter *filter_out, struct cn_error *err);

/* From the frame if the engine can, else from SQL. */
CN_MUST_CHECK bool cn_accounts_list(const struct cn_request *req,
                                    const struct cn_account_filter *filter,
                                    struct cn_account_list *list_out, struct cn_error *err);

#endif
