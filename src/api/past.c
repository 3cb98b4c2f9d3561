#include "api/past.h"

#include "base/str.h"
#include "base/time.h"

#include "api/core.h"
#include "api/program_view.h"
#include "engine/portfolio.h"
#include "segment/evaluate.h"

enum {
    LEFT_OUT_MAX = 8,
    NAME_MAX_BYTES = 40,
    ITEMS_MAX = CN_SEGMENTS_MAX
};

static const struct cn_field name_item = { .type = CN_FIELD_STR, .max = NAME_MAX_BYTES };
static const struct cn_field as_of_rows[] = {
    CN_FIELD(struct cn_as_of_view, at,
             .doc = "the moment: of a day, the midnight that ends it in the workspace's zone"),
    CN_FIELD(struct cn_as_of_view, backfilled,
             .doc =
                 "how many of the scores were computed later from what is known now of then; the "
                 "others were lived"),
    CN_FIELD_OF_LIST(struct cn_as_of_view, left_out, &name_item, .max = LEFT_OUT_MAX,
                     .doc = "members of the answer that no history keeps, and that are not there"),
};
const struct cn_fields cn_as_of_fields = CN_FIELDS("AsOf", struct cn_as_of_view, as_of_rows);

static bool wrong(struct cn_error *err)
{
    return cn_error_field(err, "as_of");
}

bool cn_as_of_parse(const struct cn_request *req, cn_str text, cn_time *at_out,
                    struct cn_error *err)
{
    int64_t day = 0;
    cn_time at;
    const bool is_day = cn_date_parse(text, &day);
    if (is_day) {
        at = cn_tz_day_start(req->api->options.tz, day + 1);
    } else if (!cn_time_parse(text, &at)) {
        cn_fail(err, CN_MALFORMED,
                "as_of: give a day as 2026-10-01, or a moment as 2026-10-01T12:00:00Z");
        return wrong(err);
    }
    if (at.us > req->unit.now.us) {
        cn_fail(err, CN_MALFORMED,
                "as_of: %.*s %s: ask for an earlier one, or leave as_of out for now",
                CN_STR_ARG(text), is_day ? "is a day that is not over" : "has not come");
        return wrong(err);
    }
    *at_out = at;
    return true;
}

static bool nothing_known(const struct cn_request *req, cn_time first, struct cn_error *err)
{
    char day[CN_DATE_TEXT_BYTES];
    cn_date_format(cn_tz_day(req->api->options.tz, first), day);
    cn_fail(err, CN_MALFORMED,
            "as_of: nothing was known yet; the first account was told on %s: ask for that day or a "
            "later one",
            day);
    return wrong(err);
}

/* Nobody was told of before that moment. */
static bool check_known(const struct cn_request *req, cn_time at, struct cn_error *err)
{
    cn_time first;
    bool has_any = false;
    return cn_accounts_first_known(&req->unit, &first, &has_any, err) &&
           (!has_any || first.us <= at.us || nothing_known(req, first, err));
}

bool cn_past_load(const struct cn_request *req, cn_time at, cn_account_id only,
                  struct cn_then *then_out, struct cn_error *err)
{
    struct cn_then_ask ask = { .at = at, .tz = req->api->options.tz, .only = only };
    struct cn_engine *engine = NULL;
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_effective(engine, req->unit.arena, &ask.effective);
    return cn_then_load(&req->unit, &ask, then_out, err) &&
           (then_out->count > 0 || check_known(req, at, err));
}

bool cn_past_not_there(const struct cn_request *req, cn_account_id id, cn_time at,
                       struct cn_error *err)
{
    char account[CN_ID_TEXT_BYTES];
    char day[CN_DATE_TEXT_BYTES];
    cn_id_format(CN_ACCOUNT_PREFIX, id.value, account);
    cn_date_format(cn_tz_day(req->api->options.tz, (cn_time){ at.us - 1 }), day);
    return cn_fail(
        err, CN_NOT_FOUND,
        "account %s was not known on %s: ask for a later day, or leave as_of out for now", account,
        day);
}

/* ---- rows ---- */

static void add(struct cn_arena *arena, cn_str **items, size_t *count, cn_str name)
{
    if (*items == NULL) {
        *items = cn_arena_array(arena, cn_str, ITEMS_MAX);
    }
    if (*count < ITEMS_MAX) {
        (*items)[(*count)++] = name;
    }
}

/* What the text of the placement says. */
static void place(struct cn_arena *arena, cn_str placement, struct cn_account_row *row)
{
    cn_str kind_name;
    cn_str name;
    row->coverage_given = CN_NULL;
    row->lifecycle_stage_given = CN_NULL;
    while (cn_segment_next(&placement, &kind_name, &name)) {
        enum cn_segment_kind kind = CN_SEGMENT_PLAIN;
        if (!cn_segment_kind_of(kind_name, &kind)) {
            continue;
        }
        if (kind == CN_SEGMENT_PLAIN) {
            add(arena, &row->segments.items, &row->segments.count, name);
        } else if (kind == CN_SEGMENT_FLAG) {
            add(arena, &row->flags.items, &row->flags.count, name);
        } else if (kind == CN_SEGMENT_GAP) {
            add(arena, &row->gaps.items, &row->gaps.count, name);
        } else if (kind == CN_SEGMENT_COVERAGE) {
            row->coverage = name;
            row->coverage_given = CN_GIVEN;
        } else if (kind == CN_SEGMENT_STAGE) {
            row->lifecycle_stage = name;
            row->lifecycle_stage_given = CN_GIVEN;
        }
    }
}

void cn_past_row_fill(const struct cn_request *req, const struct cn_then_account *then,
                      const struct cn_user_list *owners, struct cn_account_row *row)
{
    const struct cn_account_then *record = &then->record;
    cn_account_row_fill(row, &record->account, owners, req->api->options.tz);
    row->score.grade_given = CN_ABSENT;
    row->score.backfilled = then->is_backfilled;
    row->score.backfilled_given = CN_GIVEN;
    row->drift_given = CN_ABSENT;
    row->last_activity_at_given = CN_ABSENT;
    row->open_tickets_given = record->has_tickets ? CN_GIVEN : CN_ABSENT;
    row->merged_into = record->merged_into;
    row->merged_into_given = record->merged_into.value != 0 ? CN_GIVEN : CN_ABSENT;
    place(req->unit.arena, then->placement, row);
}

struct cn_as_of_view cn_as_of_view_of(const struct cn_request *req, const struct cn_then *then,
                                      enum cn_past_kind kind)
{
    static const char *const names[] = { "drift", "spark", "last_activity_at", "score.grade",
                                         "version" };
    const size_t count = kind == CN_PAST_PORTFOLIO ? 0
                         : kind == CN_PAST_LIST    ? CN_ARRAY_LEN(names) - 1
                                                   : CN_ARRAY_LEN(names);
    struct cn_as_of_view view = { .at = then->at, .backfilled = then->backfilled };
    view.left_out.items = cn_arena_array(req->unit.arena, cn_str, count);
    view.left_out.count = count;
    for (size_t i = 0; i < count; i++) {
        view.left_out.items[i] = cn_str_of(names[i]);
    }
    return view;
}
