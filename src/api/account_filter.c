/* Which accounts a list or an export shows: from the words of a query to the filter of the book. */
#include <string.h>

#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "api/past.h"
#include "api/program_view.h"
#include "book/fate.h"
#include "engine/portfolio.h"
#include "engine/questions.h"
#include "engine/scorecards.h"

enum {
    PAGE_USUAL = 50
};

static bool wrong(struct cn_error *err, const char *field, cn_str value)
{
    cn_fail(err, CN_MALFORMED, "%s: \"%.*s\" is not known", field, CN_STR_ARG(value));
    return cn_error_field(err, field);
}

static bool parse_band(cn_str name, enum cn_band *band_out)
{
    for (int band = 0; band < CN_BAND_COUNT; band++) {
        const char *text = band == CN_BAND_NONE ? "none" : cn_band_views.texts[band - 1];
        if (cn_str_equal(name, cn_str_of(text))) {
            *band_out = (enum cn_band)band;
            return true;
        }
    }
    return false;
}

static bool parse_bands(cn_str list, unsigned *bands_out, struct cn_error *err)
{
    cn_str name;
    unsigned bands = 0;
    while (cn_str_split(&list, ',', &name)) {
        enum cn_band band = CN_BAND_NONE;
        if (!parse_band(name, &band)) {
            return wrong(err, "band", name);
        }
        bands |= 1U << band;
    }
    *bands_out = bands;
    return true;
}

/* "green-yellow", of the accounts that made this move. */
static bool read_moved(const struct cn_request *req, const struct cn_account_list_query *query,
                       cn_time now, struct cn_account_filter *filter, struct cn_error *err)
{
    enum cn_band was = CN_BAND_NONE;
    enum cn_band is = CN_BAND_NONE;
    cn_str rest = query->moved;
    cn_str first = { "", 0 };
    int64_t *ids = NULL;
    (void)cn_str_split(&rest, '-', &first); /* what is missing is no colour */
    if (!parse_band(first, &was) || !parse_band(rest, &is)) {
        return wrong(err, "moved", query->moved);
    }
    if (query->moved_from_given != CN_GIVEN) {
        cn_fail(err, CN_MALFORMED, "moved: moved_from says since when");
        return cn_error_field(err, "moved_from");
    }
    struct cn_movement_range range = {
        .from = query->moved_from,
        .to = query->moved_to_given == CN_GIVEN ? query->moved_to : now,
        .owner_id = query->owner_id,
        .currency = req->api->options.currency,
    };
    struct cn_engine *engine = NULL;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_effective(engine, req->unit.arena, &range.effective);
    if (!cn_movement_members(&req->unit, &range, was, is, &ids, &filter->only_count, err)) {
        return false;
    }
    filter->only = ids;
    return true;
}

/* Both ascending: what is in both. */
static void narrow(const struct cn_request *req, int64_t *ids, size_t count,
                   struct cn_account_filter *filter)
{
    size_t kept = 0;
    for (size_t i = 0, j = 0; filter->only != NULL && i < count && j < filter->only_count;) {
        if (ids[i] == filter->only[j]) {
            ids[kept++] = ids[i];
        }
        const int64_t mine = ids[i];
        i += mine <= filter->only[j];
        j += mine >= filter->only[j];
    }
    filter->only_count = filter->only != NULL ? kept : count;
    filter->only = count > 0 ? ids : cn_arena_array(req->unit.arena, int64_t, 1);
}

/* The accounts, in scope or not, that the engine knows by a name of the program, ascending; false
 * if the program has no such name. */
typedef bool named_accounts(struct cn_engine *engine, cn_str name, struct cn_arena *arena,
                            int64_t **ids_out, size_t *count_out);

static bool read_named(const struct cn_request *req, const char *parameter, cn_str name,
                       named_accounts *find, struct cn_account_filter *filter, struct cn_error *err)
{
    struct cn_engine *engine = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    if (!find(engine, name, req->unit.arena, &ids, &count)) {
        return wrong(err, parameter, name);
    }
    narrow(req, ids, count, filter);
    return true;
}

static bool read_fate(const struct cn_request *req, enum cn_fate fate, int64_t since,
                      struct cn_account_filter *filter, struct cn_error *err)
{
    struct cn_fate_accounts accounts;
    if (!cn_fate_accounts(&req->unit, fate, since, &accounts, err)) {
        return false;
    }
    narrow(req, accounts.ids, accounts.count, filter);
    return true;
}

static bool read_fates(const struct cn_request *req, const struct cn_account_list_query *query,
                       int64_t today, struct cn_account_filter *filter, struct cn_error *err)
{
    return (!query->left || read_fate(req, CN_FATE_LEFT, CN_FATE_EVER, filter, err)) &&
           (query->left_within_days_given != CN_GIVEN ||
            read_fate(req, CN_FATE_LEFT, today - query->left_within_days, filter, err)) &&
           (query->renewed_within_days_given != CN_GIVEN ||
            read_fate(req, CN_FATE_RENEWED, today - query->renewed_within_days, filter, err));
}

static bool read_overridden(const struct cn_request *req, struct cn_account_filter *filter,
                            struct cn_error *err)
{
    struct cn_engine *engine = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_overridden(engine, req->unit.arena, &ids, &count);
    narrow(req, ids, count, filter);
    return true;
}

static bool narrow_by_answers(const struct cn_request *req, const struct cn_question_ask *ask,
                              struct cn_account_filter *filter, struct cn_error *err)
{
    struct cn_engine *engine = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_question_members(engine, ask, req->unit.arena, &ids, &count);
    narrow(req, ids, count, filter);
    return true;
}

/* "": nothing is asked. */
static bool read_question(const struct cn_request *req, const char *field, cn_str name,
                          struct cn_account_filter *filter, struct cn_error *err)
{
    struct cn_question_ask ask = { .is_open = strcmp(field, "unanswered") == 0 };
    for (int q = CN_QUESTION_NONE + 1; q < CN_QUESTIONS; q++) {
        if (cn_str_equal(name, cn_str_of(cn_segment_question_names[q]))) {
            ask.question = (enum cn_segment_question)q;
        }
    }
    if (name.len == 0) {
        return true;
    }
    if (ask.question == CN_QUESTION_NONE) {
        return wrong(err, field, name);
    }
    return narrow_by_answers(req, &ask, filter, err);
}

static bool read_answers(const struct cn_request *req, const struct cn_account_list_query *query,
                         struct cn_account_filter *filter, struct cn_error *err)
{
    if (query->answered_given == CN_GIVEN) {
        const struct cn_question_ask ask = { .answered = (unsigned)query->answered };
        if (!narrow_by_answers(req, &ask, filter, err)) {
            return false;
        }
    }
    return read_question(req, "question", query->question, filter, err) &&
           read_question(req, "unanswered", query->unanswered, filter, err);
}

/* What only an engine knows. */
static bool ask_engine(const struct cn_request *req, const struct cn_account_list_query *query,
                       struct cn_account_filter *filter, struct cn_error *err)
{
    return (query->moved_given != CN_GIVEN || read_moved(req, query, req->unit.now, filter, err)) &&
           (query->scorecard_given != CN_GIVEN ||
            read_named(req, "scorecard", query->scorecard, cn_engine_scored_by, filter, err)) &&
           (query->grade_given != CN_GIVEN ||
            read_named(req, "grade", query->grade, cn_engine_graded, filter, err)) &&
           (!query->overridden || read_overridden(req, filter, err)) &&
           read_answers(req, query, filter, err);
}

static bool parse_sort(cn_str text, struct cn_account_filter *filter, struct cn_error *err)
{
    filter->descending = cn_str_starts_with(text, CN_STR("-"));
    cn_str name = cn_str_slice(text, filter->descending ? 1 : 0, text.len);
    for (int i = 0; i < CN_SORT_COUNT; i++) {
        if (cn_str_equal(name, cn_str_of(cn_account_sort_names[i]))) {
            filter->sort = (enum cn_account_sort)i;
            return true;
        }
    }
    return wrong(err, "sort", text);
}

/* The sets "kind:name" of a list of names; a kind may begin with "!". */
static bool add_sets(const struct cn_request *req, const char *kind, cn_str names,
                     struct cn_account_filter *filter, cn_str *sets, struct cn_error *err)
{
    cn_str name;
    while (names.len > 0 && cn_str_split(&names, ',', &name)) {
        char text[CN_SEGMENT_NAME_MAX_BYTES + 20];
        int len = snprintf(text, sizeof(text), "%s:%.*s", kind, CN_STR_ARG(name));
        if (filter->placement_count == CN_ACCOUNT_PLACEMENTS_MAX || len < 0 ||
            (size_t)len >= sizeof(text)) {
            return wrong(err, kind[0] == '!' ? "without" : kind, name);
        }
        sets[filter->placement_count++] =
            cn_arena_str(req->unit.arena, (cn_str){ text, (size_t)len });
    }
    filter->placements = sets;
    return true;
}

static bool read_sets(const struct cn_request *req, const struct cn_account_list_query *query,
                      struct cn_account_filter *filter, struct cn_error *err)
{
    cn_str *sets = cn_arena_array(req->unit.arena, cn_str, CN_ACCOUNT_PLACEMENTS_MAX);
    return add_sets(req, "segment", query->segment, filter, sets, err) &&
           add_sets(req, "!segment", query->without, filter, sets, err) &&
           add_sets(req, "goal", query->goal, filter, sets, err) &&
           add_sets(req, "gap", query->gap, filter, sets, err) &&
           add_sets(req, "coverage", query->coverage, filter, sets, err) &&
           add_sets(req, "stage", query->stage, filter, sets, err) &&
           add_sets(req, "flag", query->flag, filter, sets, err);
}

/* What SQL and histories know, too.  `today` is the day that it is asked for. */
static bool read_plain(const struct cn_request *req, const struct cn_account_list_query *query,
                       int64_t today, struct cn_account_filter *filter, struct cn_error *err)
{
    *filter = (struct cn_account_filter){
        .query = query->q,
        .owner_id = query->owner_id,
        .sort = CN_SORT_NAME,
        .limit = query->limit_given == CN_GIVEN ? query->limit : PAGE_USUAL,
        .offset = query->offset,
        .after = query->cursor,
    };
    if (query->renewal_within_days_given == CN_GIVEN) {
        filter->renewal_until = today + query->renewal_within_days;
    }
    if (query->at_risk) {
        filter->risk_until = today + CN_RISK_WINDOW_DAYS;
    }
    return read_sets(req, query, filter, err) &&
           (query->band_given != CN_GIVEN || parse_bands(query->band, &filter->bands, err)) &&
           (query->sort_given != CN_GIVEN || parse_sort(query->sort, filter, err));
}

bool cn_account_filter_of(const struct cn_request *req, const struct cn_account_list_query *query,
                          struct cn_account_filter *filter_out, struct cn_error *err)
{
    const int64_t today = cn_tz_day(req->api->options.tz, req->unit.now);
    struct cn_account_filter filter;
    if (!read_plain(req, query, today, &filter, err) || !ask_engine(req, query, &filter, err) ||
        !read_fates(req, query, today, &filter, err)) {
        return false;
    }
    *filter_out = filter;
    return true;
}

/* ---- of a past moment ---- */

/* What no history keeps, or only the running program knows. */
static bool refuse(const struct cn_account_list_query *query, struct cn_error *err)
{
    const struct {
        const char *name;
        bool is_given;
    } unknown[] = {
        { "grade", query->grade_given == CN_GIVEN },
        { "question", query->question_given == CN_GIVEN },
        { "unanswered", query->unanswered_given == CN_GIVEN },
        { "answered", query->answered_given == CN_GIVEN },
        { "renewed_within_days", query->renewed_within_days_given == CN_GIVEN },
        { "sort", cn_str_ends_with(query->sort, CN_STR("last_activity_at")) },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(unknown); i++) {
        if (unknown[i].is_given) {
            cn_fail(err, CN_MALFORMED,
                    "%s%s is not known of past moments: leave it out, or leave out as_of",
                    unknown[i].name, strcmp(unknown[i].name, "sort") == 0 ? " by that" : "");
            return cn_error_field(err, unknown[i].name);
        }
    }
    return true;
}

bool cn_account_then_filter_of(const struct cn_request *req,
                               const struct cn_account_list_query *query, cn_time at,
                               struct cn_then_filter *filter_out, struct cn_error *err)
{
    const int64_t day = cn_tz_day(req->api->options.tz, at);
    struct cn_then_filter filter = {
        .scorecard = query->scorecard,
        .overridden = query->overridden,
        .left = query->left || query->left_within_days_given == CN_GIVEN,
        .left_since = query->left_within_days_given == CN_GIVEN ? day - query->left_within_days
                                                                : CN_FATE_EVER,
    };
    if (!refuse(query, err) || !read_plain(req, query, day, &filter.list, err) ||
        (query->moved_given == CN_GIVEN && !read_moved(req, query, at, &filter.list, err))) {
        return false;
    }
    *filter_out = filter;
    return true;
}
