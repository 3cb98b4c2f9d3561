/* /api/v1/segments/{name}/moves: who entered a segment and who left it, day by day. */
#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "segment/moves.h"

enum {
    USUAL_DAYS = 90,
    DAYS_MAX = 400,
    MOVES_MAX = 100000, /* counted by day */
    LISTED_MAX = 200
};

struct moves_path {
    cn_str name;
};
static const struct cn_field path_rows[] = {
    CN_FIELD(struct moves_path, name, .min = 1, .max = CN_SEGMENT_NAME_MAX_BYTES,
             .doc = "the name of a segment"),
};
static const struct cn_fields path_fields =
    CN_FIELDS("SegmentMovesPath", struct moves_path, path_rows);

struct moves_query {
    int64_t days;
    enum cn_given days_given;
};
static const struct cn_field query_rows[] = {
    CN_FIELD(struct moves_query, days, CN_MAY(struct moves_query, days, BE_ABSENT), .min = 1,
             .max = DAYS_MAX, .doc = "how many days, today included; 90 unless given"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("SegmentMovesQuery", struct moves_query, query_rows);

struct day_view {
    int64_t day;
    int64_t entered;
    int64_t left;
};
static const struct cn_field day_rows[] = {
    CN_FIELD_OF_DATE(struct day_view, day, .doc = "in the workspace's zone"),
    CN_FIELD(struct day_view, entered, .doc = "entries on it"),
    CN_FIELD(struct day_view, left, .doc = "exits on it"),
};
static const struct cn_fields day_fields = CN_FIELDS("SegmentDay", struct day_view, day_rows);
static const struct cn_field day_item = { .type = CN_FIELD_OBJECT, .object = &day_fields };

struct move_view {
    cn_time at;
    cn_account_id account_id;
    cn_str account_name;
    bool entered;
    bool backfilled;
};
static const struct cn_field move_rows[] = {
    CN_FIELD(struct move_view, at, .doc = "when"),
    CN_FIELD_OF_ID(struct move_view, account_id, CN_ACCOUNT_PREFIX, .doc = "the account"),
    CN_FIELD(struct move_view, account_name, .max = CN_ACCOUNT_NAME_MAX_BYTES,
             .doc = "what it is called"),
    CN_FIELD(struct move_view, entered, .doc = "else it left"),
    CN_FIELD(struct move_view, backfilled, .doc = "computed later, not lived"),
};
static const struct cn_fields move_fields = CN_FIELDS("SegmentMove", struct move_view, move_rows);
static const struct cn_field move_item = { .type = CN_FIELD_OBJECT, .object = &move_fields };

struct moves_view {
    struct {
        struct day_view *items;
        size_t count;
    } days;
    struct {
        struct move_view *items;
        size_t count;
    } data;
    int64_t total;
    bool at_least;
};
static const struct cn_field moves_rows[] = {
    CN_FIELD_OF_LIST(struct moves_view, days, &day_item, .max = DAYS_MAX,
                     .doc = "every day that was asked for"),
    CN_FIELD_OF_LIST(struct moves_view, data, &move_item, .max = LISTED_MAX,
                     .doc = "the newest entries and exits, newest first"),
    CN_FIELD(struct moves_view, total, .doc = "entries and exits of these days"),
    CN_FIELD(struct moves_view, at_least, .doc = "there were more; the oldest are not counted"),
};
static const struct cn_fields moves_fields =
    CN_FIELDS("SegmentMoves", struct moves_view, moves_rows);

static bool is_running(const struct cn_request *req, cn_str name)
{
    const struct cn_api_engine *engine = &req->api->options.engine;
    struct cn_segment_board board = { 0 };
    engine->segments(engine->arg, &req->unit, req->unit.arena, &board);
    for (size_t i = 0; i < board.count; i++) {
        if (board.items[i].kind == CN_SEGMENT_PLAIN && cn_str_equal(board.items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* A name that only the past knows is asked for like any other. */
static bool handle_moves(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct cn_tz *tz = req->api->options.tz;
    const struct moves_path *path = req->path;
    const struct moves_query *query = req->query;
    struct moves_view *view = res->body;
    struct cn_set_moves moves;
    const int64_t today = cn_tz_day(tz, req->unit.now);
    const int64_t count = query->days_given == CN_GIVEN ? query->days : USUAL_DAYS;
    const int64_t first = today - count + 1;
    const struct cn_set_moves_range range = {
        .kind = cn_str_of(cn_segment_kind_names[CN_SEGMENT_PLAIN]),
        .name = path->name,
        .from = cn_tz_day_start(tz, first),
        .to = { req->unit.now.us + 1 },
        .limit = MOVES_MAX,
        .named = LISTED_MAX,
    };
    if (!cn_set_moves_load(&req->unit, &range, &moves, err)) {
        return false;
    }
    if (moves.count == 0 && !is_running(req, path->name)) {
        return cn_fail(err, CN_NOT_FOUND, "there is and was no segment of that name");
    }
    view->total = (int64_t)moves.count;
    view->at_least = moves.is_cut;
    view->days.count = (size_t)count;
    view->days.items = cn_arena_array(req->unit.arena, struct day_view, view->days.count);
    for (int64_t i = 0; i < count; i++) {
        view->days.items[i] = (struct day_view){ .day = first + i };
    }
    view->data.items = cn_arena_array(req->unit.arena, struct move_view, LISTED_MAX);
    for (size_t i = 0; i < moves.count; i++) {
        const struct cn_set_move *move = &moves.items[i];
        struct day_view *day = &view->days.items[cn_tz_day(tz, move->at) - first];
        day->entered += move->is_entry;
        day->left += !move->is_entry;
        if (i < LISTED_MAX) {
            view->data.items[view->data.count++] =
                (struct move_view){ move->at, move->account_id, move->name, move->is_entry,
                                    move->is_backfilled };
        }
    }
    return true;
}

static const struct cn_route move_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/segments/{name}/moves",
      .access = CN_READERS,
      .path_params = &path_fields,
      .query = &query_fields,
      .response = &moves_fields,
      .success_status = 200,
      .handler = handle_moves,
      .operation = "listSegmentMoves",
      .doc = "Who entered the segment and who left it, day by day" },
};

const struct cn_route_table cn_api_segment_moves = CN_ROUTE_TABLE(move_routes);
