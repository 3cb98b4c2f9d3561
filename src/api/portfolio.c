/* /api/v1/portfolio and /api/v1/health/migration: a book as a whole, and how it moved. */
#include "engine/portfolio.h"

#include "api/accounts.h"
#include "api/core.h"
#include "api/past.h"
#include "api/program_view.h"

enum {
    CELLS_MAX = CN_BAND_COUNT * CN_BAND_COUNT,
    MOVERS_USUAL = 5
};

static const char *const shade_texts[] = { "none", "red", "yellow", "green" };
static const struct cn_names shades = { shade_texts, CN_ARRAY_LEN(shade_texts) };
_Static_assert(CN_ARRAY_LEN(shade_texts) == CN_BAND_COUNT, "every colour has a name");

struct tally_view {
    int64_t accounts;
    struct cn_money arr;
    int64_t left;
};
static const struct cn_field tally_rows[] = {
    CN_FIELD(struct tally_view, accounts, .doc = "how many"),
    CN_FIELD(struct tally_view, arr, .doc = "their ARR together, in the reporting currency"),
    CN_FIELD(struct tally_view, left, .doc = "how many of them are marked as left by now"),
};
static const struct cn_fields tally_fields = CN_FIELDS("Tally", struct tally_view, tally_rows);

struct band_view {
    enum cn_band band;
    struct tally_view tally;
};
static const struct cn_field band_rows[] = {
    CN_FIELD_OF_ENUM(struct band_view, band, &shades, .doc = "none: without a score"),
    CN_FIELD_OF_OBJECT(struct band_view, tally, &tally_fields, .doc = "the accounts of it"),
};
static const struct cn_fields band_fields = CN_FIELDS("BandTally", struct band_view, band_rows);
static const struct cn_field band_item = { .type = CN_FIELD_OBJECT, .object = &band_fields };

struct band_list {
    struct band_view *items;
    size_t count;
};

struct renewals_view {
    int64_t within_days;
    struct band_list bands;
};
static const struct cn_field renewals_rows[] = {
    CN_FIELD(struct renewals_view, within_days, .doc = "the last contract day is within so many"),
    CN_FIELD_OF_LIST(struct renewals_view, bands, &band_item, .max = CN_BAND_COUNT,
                     .doc = "by colour, the worst first; overdue ones included"),
};
static const struct cn_fields renewals_fields =
    CN_FIELDS("RenewalTally", struct renewals_view, renewals_rows);
static const struct cn_field renewals_item = { .type = CN_FIELD_OBJECT,
                                               .object = &renewals_fields };

struct portfolio_view {
    cn_time at;
    struct tally_view all;
    struct band_list bands;
    struct tally_view grey;
    struct tally_view at_risk;
    struct tally_view yellow_at_risk;
    int effective;
    int64_t overridden;
    int64_t risk_window_days;
    struct {
        struct renewals_view *items;
        size_t count;
    } renewals;
    int64_t other_currency;
    struct cn_as_of_view as_of;
    enum cn_given as_of_given;
};
#define ROW(member, ...) CN_FIELD(struct portfolio_view, member, __VA_ARGS__)
#define TALLY(member, ...) \
    CN_FIELD_OF_OBJECT(struct portfolio_view, member, &tally_fields, __VA_ARGS__)
static const struct cn_field portfolio_rows[] = {
    ROW(at, .doc = "the moment that the figures are of"),
    TALLY(all, .doc = "all accounts in scope"),
    CN_FIELD_OF_LIST(struct portfolio_view, bands, &band_item, .max = CN_BAND_COUNT,
                     .doc = "by colour, the worst first"),
    TALLY(grey, .doc = "those shown grey for want of facts; each counts in its frozen colour, too"),
    TALLY(at_risk, .doc = "red, or yellow and renewing within risk_window_days or overdue"),
    TALLY(yellow_at_risk, .doc = "the part of at_risk that is yellow"),
    CN_EFFECTIVE_ROWS(portfolio_view, "now"),
    ROW(risk_window_days, .doc = "how near a renewal puts a yellow account at risk"),
    CN_FIELD_OF_LIST(struct portfolio_view, renewals, &renewals_item, .max = CN_RENEWAL_HORIZONS,
                     .doc = "each horizon holds the one before"),
    ROW(other_currency, .doc = "accounts of which the ARR is in another currency and in no sum"),
    CN_FIELD_OF_OBJECT(struct portfolio_view, as_of, &cn_as_of_fields,
                       CN_MAY(struct portfolio_view, as_of, BE_NULL),
                       .doc = "the past moment that the figures are of; null: now"),
};
static const struct cn_fields portfolio_fields =
    CN_FIELDS("Portfolio", struct portfolio_view, portfolio_rows);

struct portfolio_query {
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    cn_str as_of;
    enum cn_given as_of_given;
};
static const struct cn_field portfolio_query_rows[] = {
    CN_FIELD_OF_ID(struct portfolio_query, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct portfolio_query, owner_id, BE_ABSENT), .doc = "only this CSM's"),
    CN_FIELD(struct portfolio_query, as_of, CN_MAY(struct portfolio_query, as_of, BE_ABSENT),
             CN_AS_OF_TEXT),
};
static const struct cn_fields portfolio_query_fields =
    CN_FIELDS("PortfolioQuery", struct portfolio_query, portfolio_query_rows);

static struct cn_money money_of(const struct cn_request *req, int64_t minor)
{
    const cn_str currency = req->api->options.currency;
    struct cn_money money = { .minor = minor };
    for (size_t i = 0; i < 3 && i < currency.len; i++) {
        money.currency[i] = currency.ptr[i];
    }
    return money;
}

static struct tally_view tally_of(const struct cn_request *req, struct cn_tally tally)
{
    return (struct tally_view){ tally.accounts, money_of(req, tally.arr_minor), tally.left };
}

/* The worst first, what has no score last. */
static struct band_list bands_of(const struct cn_request *req, const struct cn_tally *tallies)
{
    static const enum cn_band order[CN_BAND_COUNT] = { CN_BAND_RED, CN_BAND_YELLOW, CN_BAND_GREEN,
                                                       CN_BAND_NONE };
    struct band_list list = { cn_arena_array(req->unit.arena, struct band_view, CN_BAND_COUNT),
                              CN_BAND_COUNT };
    for (size_t i = 0; i < CN_BAND_COUNT; i++) {
        list.items[i] = (struct band_view){ order[i], tally_of(req, tallies[order[i]]) };
    }
    return list;
}

static void fill_portfolio(const struct cn_request *req, const struct cn_portfolio *portfolio,
                           struct portfolio_view *view)
{
    view->at = req->unit.now;
    view->all = tally_of(req, portfolio->all);
    view->bands = bands_of(req, portfolio->bands);
    view->grey = tally_of(req, portfolio->grey);
    view->at_risk = tally_of(req, portfolio->at_risk);
    view->yellow_at_risk = tally_of(req, portfolio->yellow_at_risk);
    view->effective = cn_effective_view_of(req);
    view->overridden = portfolio->overridden.accounts;
    view->risk_window_days = CN_RISK_WINDOW_DAYS;
    view->other_currency = portfolio->other_currency.accounts;
    view->as_of_given = CN_NULL;
    view->renewals.items =
        cn_arena_array(req->unit.arena, struct renewals_view, CN_RENEWAL_HORIZONS);
    view->renewals.count = CN_RENEWAL_HORIZONS;
    for (size_t i = 0; i < CN_RENEWAL_HORIZONS; i++) {
        view->renewals.items[i] =
            (struct renewals_view){ cn_renewal_horizons[i], bands_of(req, portfolio->renewals[i]) };
    }
}

/* The figures as they were known at a past moment. */
static bool portfolio_then(const struct cn_request *req, const struct portfolio_query *query,
                           struct portfolio_view *view, struct cn_error *err)
{
    struct cn_portfolio portfolio;
    struct cn_then then;
    cn_time at;
    if (!cn_as_of_parse(req, query->as_of, &at, err) ||
        !cn_past_load(req, at, (cn_account_id){ 0 }, &then, err)) {
        return false;
    }
    cn_then_portfolio(&then, query->owner_id, req->api->options.currency, &portfolio);
    fill_portfolio(req, &portfolio, view);
    view->at = at;
    view->as_of = cn_as_of_view_of(req, &then, CN_PAST_PORTFOLIO);
    view->as_of_given = CN_GIVEN;
    return true;
}

static bool handle_portfolio(const struct cn_request *req, struct cn_response *res,
                             struct cn_error *err)
{
    const struct portfolio_query *query = req->query;
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct cn_portfolio_filter filter = { query->owner_id, req->api->options.currency, { 0 } };
    struct cn_portfolio portfolio;
    if (query->as_of_given == CN_GIVEN) {
        return portfolio_then(req, query, res->body, err);
    }
    if (!cn_fate_accounts(&req->unit, CN_FATE_LEFT, CN_FATE_EVER, &filter.left, err)) {
        return false;
    }
    engine->portfolio(engine->arg, &req->unit, &filter, &portfolio);
    fill_portfolio(req, &portfolio, res->body);
    return true;
}

struct cell_view {
    enum cn_band was;
    enum cn_band is;
    struct tally_view tally;
};
static const struct cn_field cell_rows[] = {
    CN_FIELD_OF_ENUM(struct cell_view, was, &shades, .doc = "at `from`; none: without a score"),
    CN_FIELD_OF_ENUM(struct cell_view, is, &shades, .doc = "at `to`"),
    CN_FIELD_OF_OBJECT(struct cell_view, tally, &tally_fields, .doc = "who went that way"),
};
static const struct cn_fields cell_fields = CN_FIELDS("MigrationCell", struct cell_view, cell_rows);
static const struct cn_field cell_item = { .type = CN_FIELD_OBJECT, .object = &cell_fields };

struct mover_view {
    cn_account_id id;
    cn_str name;
    struct cn_owner_view owner;
    enum cn_given owner_given;
    struct cn_money arr;
    enum cn_given arr_given;
    enum cn_band was;
    enum cn_band is;
    double points_was;
    double points;
    double change;
};
#define MOVER(member, ...) CN_FIELD(struct mover_view, member, __VA_ARGS__)
static const struct cn_field mover_rows[] = {
    CN_FIELD_OF_ID(struct mover_view, id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    MOVER(name, .max = CN_ACCOUNT_NAME_MAX_BYTES, .doc = "display name"),
    CN_FIELD_OF_OBJECT(struct mover_view, owner, &cn_owner_fields,
                       CN_MAY(struct mover_view, owner, BE_NULL), .doc = "null: nobody"),
    MOVER(arr, CN_MAY(struct mover_view, arr, BE_NULL), .doc = "in the reporting currency"),
    CN_FIELD_OF_ENUM(struct mover_view, was, &shades, .doc = "the colour at `from`"),
    CN_FIELD_OF_ENUM(struct mover_view, is, &shades, .doc = "the colour at `to`"),
    MOVER(points_was, .min = 0, .max = 100, .doc = "the score at `from`, 0 to 100; 100 is healthy"),
    MOVER(points, .min = 0, .max = 100, .doc = "the score at `to`, 0 to 100; 100 is healthy"),
    MOVER(change, .doc = "points, as the account's explanation adds them up"),
};
static const struct cn_fields mover_fields = CN_FIELDS("Mover", struct mover_view, mover_rows);
static const struct cn_field mover_item = { .type = CN_FIELD_OBJECT, .object = &mover_fields };

struct mover_view_list {
    struct mover_view *items;
    size_t count;
};

struct migration_view {
    cn_time from;
    cn_time to;
    int effective;
    int64_t overridden;
    struct {
        struct cell_view *items;
        size_t count;
    } cells;
    struct mover_view_list fallers;
    struct mover_view_list risers;
};
static const struct cn_field migration_rows[] = {
    CN_FIELD(struct migration_view, from, .doc = "the earlier moment"),
    CN_FIELD(struct migration_view, to, .doc = "the later moment"),
    CN_EFFECTIVE_ROWS(migration_view, "at either moment"),
    CN_FIELD_OF_LIST(struct migration_view, cells, &cell_item, .max = CELLS_MAX,
                     .doc = "who was which colour at the one and at the other; empty ones are left "
                            "out"),
    CN_FIELD_OF_LIST(struct migration_view, fallers, &mover_item, .max = CN_MOVERS_MAX,
                     .doc = "whose score fell most"),
    CN_FIELD_OF_LIST(struct migration_view, risers, &mover_item, .max = CN_MOVERS_MAX,
                     .doc = "whose score rose most"),
};
static const struct cn_fields migration_fields =
    CN_FIELDS("Migration", struct migration_view, migration_rows);

struct migration_query {
    cn_time from;
    cn_time to;
    enum cn_given to_given;
    cn_user_id owner_id;
    enum cn_given owner_id_given;
    int64_t movers;
    enum cn_given movers_given;
};
static const struct cn_field migration_query_rows[] = {
    CN_FIELD(struct migration_query, from, .doc = "the earlier moment"),
    CN_FIELD(struct migration_query, to, CN_MAY(struct migration_query, to, BE_ABSENT),
             .doc = "now unless given"),
    CN_FIELD_OF_ID(struct migration_query, owner_id, CN_USER_PREFIX,
                   CN_MAY(struct migration_query, owner_id, BE_ABSENT), .doc = "only this CSM's"),
    CN_FIELD(struct migration_query, movers, CN_MAY(struct migration_query, movers, BE_ABSENT),
             .min = 0, .max = CN_MOVERS_MAX, .doc = "how many each way, 5 unless given"),
};
static const struct cn_fields migration_query_fields =
    CN_FIELDS("MigrationQuery", struct migration_query, migration_query_rows);

static void fill_cells(const struct cn_request *req, const struct cn_movement *movement,
                       struct migration_view *view)
{
    view->cells.items = cn_arena_array(req->unit.arena, struct cell_view, CELLS_MAX);
    for (int was = 0; was < CN_BAND_COUNT; was++) {
        for (int is = 0; is < CN_BAND_COUNT; is++) {
            const struct cn_tally tally = movement->cells[was][is];
            if (tally.accounts > 0) {
                view->cells.items[view->cells.count++] =
                    (struct cell_view){ (enum cn_band)was, (enum cn_band)is, tally_of(req, tally) };
            }
        }
    }
}

static struct mover_view mover_of(const struct cn_request *req, const struct cn_mover *mover,
                                  const struct cn_user_list *users)
{
    struct mover_view view = {
        .id = mover->id,
        .name = mover->name,
        .arr = money_of(req, mover->arr_minor),
        .arr_given = mover->has_arr ? CN_GIVEN : CN_NULL,
        .was = mover->was,
        .is = mover->is,
        .points_was = (double)mover->points_was / 1000,
        .points = (double)mover->points_is / 1000,
        .change = (double)(mover->points_is - mover->points_was) / 1000,
    };
    view.owner_given = cn_owner_view_of(users, mover->owner_id, &view.owner);
    return view;
}

static void fill_movers(const struct cn_request *req, const struct cn_mover_list *movers,
                        const struct cn_user_list *users, struct mover_view_list *list_out)
{
    list_out->items = cn_arena_array(req->unit.arena, struct mover_view, movers->count);
    list_out->count = movers->count;
    for (size_t i = 0; i < movers->count; i++) {
        list_out->items[i] = mover_of(req, &movers->items[i], users);
    }
}

static bool handle_migration(const struct cn_request *req, struct cn_response *res,
                             struct cn_error *err)
{
    const struct migration_query *query = req->query;
    struct migration_view *view = res->body;
    struct cn_movement_range range = {
        .from = query->from,
        .to = query->to_given == CN_GIVEN ? query->to : req->unit.now,
        .owner_id = query->owner_id,
        .currency = req->api->options.currency,
    };
    struct cn_engine *engine = NULL;
    struct cn_movement movement;
    struct cn_user_list users;
    if (range.to.us < range.from.us) {
        cn_fail(err, CN_MALFORMED, "to: before from");
        return cn_error_field(err, "to");
    }
    if (!cn_program_engine(req, &engine, err)) {
        return false;
    }
    cn_engine_effective(engine, req->unit.arena, &range.effective);
    const int64_t movers = query->movers_given == CN_GIVEN ? query->movers : MOVERS_USUAL;
    if (!cn_fate_accounts(&req->unit, CN_FATE_LEFT, CN_FATE_EVER, &range.left, err) ||
        !cn_movement_load(&req->unit, &range, movers, &movement, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    fill_movers(req, &movement.fallers, &users, &view->fallers);
    fill_movers(req, &movement.risers, &users, &view->risers);
    view->from = range.from;
    view->to = range.to;
    view->effective = cn_effective_view_of(req);
    view->overridden = movement.overridden;
    fill_cells(req, &movement, view);
    return true;
}

static const struct cn_route portfolio_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/portfolio",
      .access = CN_READERS,
      .query = &portfolio_query_fields,
      .response = &portfolio_fields,
      .success_status = 200,
      .handler = handle_portfolio,
      .operation = "getPortfolio",
      .doc = "The caller's accounts as a whole: by colour, at risk, renewing; now, or as it was "
             "known at a past moment" },
    { .method = CN_GET,
      .path = "/api/v1/health/migration",
      .access = CN_READERS,
      .query = &migration_query_fields,
      .response = &migration_fields,
      .success_status = 200,
      .handler = handle_migration,
      .operation = "getHealthMigration",
      .doc = "How many accounts went from which colour to which between two moments, and whose "
             "score moved most" },
};

const struct cn_route_table cn_api_portfolio = CN_ROUTE_TABLE(portfolio_routes);
