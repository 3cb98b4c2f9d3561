/* /api/v1/scorecards: which model scores whom and why, and what shadows would make of them. */
#include "engine/scorecards.h"

#include <string.h>

#include "api/accounts.h"
#include "api/core.h"
#include "api/program_view.h"

enum {
    TEXT_MAX = 20000,
    CELLS_MAX = CN_BANDS * CN_BANDS
};

static enum cn_given given_if(bool is_there)
{
    return is_there ? CN_GIVEN : CN_NULL;
}

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
    CN_FIELD(struct mover_view, live, .min = 0, .max = 100, .doc = "the score that counts"),
    CN_FIELD(struct mover_view, shadow, .min = 0, .max = 100, .doc = "the shadow's"),
    CN_FIELD(struct mover_view, difference, .doc = "the shadow's less the one that counts"),
};
static const struct cn_fields mover_fields =
    CN_FIELDS("ShadowMover", struct mover_view, mover_rows);
static const struct cn_field mover_item = { .type = CN_FIELD_OBJECT, .object = &mover_fields };

struct compared_view {
    int64_t both;
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
    CARD(yellow, .min = 0, .max = 100, .doc = "yellow begins here; below is red"),
    CARD(green, .min = 0, .max = 100, .doc = "green begins here; scores are 0 to 100"),
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
};
static const struct cn_field board_rows[] = {
    CN_FIELD_OF_LIST(struct board_view, data, &card_item, .max = CN_SCORECARDS_MAX,
                     .doc = "by falling priority: the order in which they are tried"),
    CN_FIELD(struct board_view, accounts, .doc = "that the caller may see"),
    CN_FIELD(struct board_view, unscored, .doc = "to which no scorecard applies"),
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

static struct card_view card_of(const struct cn_request *req, const struct cn_scorecard_use *use)
{
    const struct cn_scorecard *card = use->card;
    struct card_view view = {
        .name = card->name,
        .doc = card->doc,
        .doc_given = given_if(card->doc.len > 0),
        .priority = card->priority,
        .applies_when = card->applies_text,
        .applies_when_given = given_if(card->applies_text.len > 0),
        .shadow = card->is_shadow,
        .accounts = use->accounts,
        .arr.minor = use->arr_minor,
        .bands = { use->bands[CN_BAND_RED], use->bands[CN_BAND_YELLOW], use->bands[CN_BAND_GREEN] },
        .yellow = (double)card->bands.yellow / 1000,
        .green = (double)card->bands.green / 1000,
        .compared_given = given_if(card->is_shadow),
    };
    (void)snprintf(view.arr.currency, sizeof(view.arr.currency), "%.*s",
                   CN_STR_ARG(req->api->options.currency));
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
