/* /api/v1/accounts/{account_id}/touches: the HTTP face of book/touch.h. */
#include "api/accounts.h"
#include "book/touch.h"

static const struct cn_names kinds = { cn_touch_kind_names, CN_TOUCH_KINDS };

struct touch_view {
    cn_touch_id id;
    enum cn_touch_kind kind;
    cn_person_id person_id;
    enum cn_given person_id_given;
    struct cn_owner_view user;
    enum cn_given user_given;
    cn_str note;
    cn_str trigger;
    cn_time at;
    cn_time known_at;
};
#define ROW(member, ...) CN_FIELD(struct touch_view, member, __VA_ARGS__)
static const struct cn_field touch_rows[] = {
    CN_FIELD_OF_ID(struct touch_view, id, CN_TOUCH_PREFIX, .doc = "the touch"),
    CN_FIELD_OF_ENUM(struct touch_view, kind, &kinds, .doc = "how it was done"),
    CN_FIELD_OF_ID(struct touch_view, person_id, CN_PERSON_PREFIX,
                   CN_MAY(struct touch_view, person_id, BE_NULL),
                   .doc = "with whom; null: nobody in particular"),
    CN_FIELD_OF_OBJECT(struct touch_view, user, &cn_owner_fields,
                       CN_MAY(struct touch_view, user, BE_NULL), .doc = "by whom; null: Cairn"),
    ROW(note, .max = CN_TOUCH_TEXT_MAX_BYTES, .doc = "what was said, or empty"),
    ROW(trigger, .max = CN_TOUCH_TEXT_MAX_BYTES, .doc = "what asked for it; empty: nothing did"),
    ROW(at, .doc = "when it was"),
    ROW(known_at, .doc = "when it was told"),
};
static const struct cn_fields touch_fields = CN_FIELDS("Touch", struct touch_view, touch_rows);

struct create_body {
    enum cn_touch_kind kind;
    cn_person_id person_id;
    enum cn_given person_id_given;
    cn_str note;
    enum cn_given note_given;
    cn_str trigger;
    enum cn_given trigger_given;
    cn_time at;
    enum cn_given at_given;
};
#define MAY(member) CN_MAY(struct create_body, member, BE_ABSENT)
static const struct cn_field create_rows[] = {
    CN_FIELD_OF_ENUM(struct create_body, kind, &kinds, .doc = "how it was done"),
    CN_FIELD_OF_ID(struct create_body, person_id, CN_PERSON_PREFIX, MAY(person_id),
                   .doc = "with whom, of the account"),
    CN_FIELD(struct create_body, note, MAY(note), .max = CN_TOUCH_TEXT_MAX_BYTES,
             .doc = "what was said"),
    CN_FIELD(struct create_body, trigger, MAY(trigger), .max = CN_TOUCH_TEXT_MAX_BYTES,
             .doc = "what asked for it: a signal, a campaign, the customer"),
    CN_FIELD(struct create_body, at, MAY(at),
             .doc = "when it was, not in the future; now unless "
                    "given"),
};
#undef MAY
static const struct cn_fields create_fields =
    CN_FIELDS("TouchCreate", struct create_body, create_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS("touch_id", CN_TOUCH_PREFIX,
                                                                 "the touch") };
static const struct cn_fields path_fields =
    CN_FIELDS("TouchPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_TOUCH_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("TouchQuery", struct cn_page_query, query_rows);

struct touch_page {
    struct {
        struct touch_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &touch_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct touch_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "the newest first"),
    CN_FIELD_OF_ID(struct touch_page, next_cursor, CN_TOUCH_PREFIX,
                   CN_MAY(struct touch_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("TouchList", struct touch_page, page_rows);

static struct touch_view view_of(const struct cn_touch *touch, const struct cn_user_list *users)
{
    struct touch_view view = { .id = touch->id,
                               .kind = touch->kind,
                               .person_id = touch->person_id,
                               .person_id_given = touch->person_id_given,
                               .note = touch->note,
                               .trigger = touch->trigger,
                               .at = touch->at,
                               .known_at = touch->known_at };
    view.user_given = cn_owner_view_of(users, touch->user_id, &view.user);
    return view;
}

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct touch_page *page = res->body;
    struct cn_touch_list touches;
    struct cn_user_list users;
    if (!cn_touch_list(&req->unit, path->account_id, &touches, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct touch_view, touches.count);
    for (size_t i = 0; i < touches.count; i++) {
        page->data.items[i] = view_of(&touches.items[i], &users);
    }
    page->data.count = touches.count;
    return cn_page_cut(req->query, sizeof(struct touch_view), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct create_body *body = req->body;
    const struct cn_touch_new draft = { body->kind, body->person_id, body->note, body->trigger,
                                        body->at };
    struct touch_view *view = res->body;
    struct cn_touch touch;
    struct cn_user_list users;
    res->changed = path->account_id;
    if (!cn_touch_create(&req->unit, path->account_id, &draft, &touch, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    *view = view_of(&touch, &users);
    res->location = cn_account_location(req->unit.arena, path->account_id, "touches",
                                        CN_TOUCH_PREFIX, touch.id.value);
    return true;
}

static bool handle_withdraw(const struct cn_request *req, struct cn_response *res,
                            struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    return cn_touch_withdraw(&req->unit, path->account_id, (cn_touch_id){ path->record_id }, err);
}

static const struct cn_route touch_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/touches",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listTouches",
      .doc = "When somebody called, met or wrote to the account" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/touches",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &touch_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_LOCATION,
      .success_status = 201,
      .handler = handle_create,
      .operation = "createTouch",
      .doc = "Note a touch; the caller made it" },
    { .method = CN_DELETE,
      .path = "/api/v1/accounts/{account_id}/touches/{touch_id}",
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_withdraw,
      .operation = "withdrawTouch",
      .doc = "It was none: it counts no more, and stays as history" },
};

const struct cn_route_table cn_api_touches = CN_ROUTE_TABLE(touch_routes);
