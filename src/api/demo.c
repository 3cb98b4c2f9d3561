/* /api/v1/demo: the buttons of a demo workspace. */
#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"

enum {
    BUTTONS_MAX = 20,
    CALLS_MAX = 20,
    TEXT_MAX = 10000
};

enum call_auth {
    BY_SESSION,
    BY_WRITE_KEY
};
static const char *const auth_texts[] = { [BY_SESSION] = "session", [BY_WRITE_KEY] = "write_key" };
static const struct cn_names auths = { auth_texts, CN_ARRAY_LEN(auth_texts) };

struct call_view {
    cn_str method;
    cn_str path;
    cn_str headers;
    enum cn_given headers_given;
    cn_str body;
    enum cn_given body_given;
    enum call_auth auth;
};
static const struct cn_field call_rows[] = {
    CN_FIELD(struct call_view, method, .max = 10, .doc = "POST, PATCH"),
    CN_FIELD(struct call_view, path, .max = TEXT_MAX, .doc = "of this server"),
    CN_FIELD_OF_RAW(struct call_view, headers, CN_MAY(struct call_view, headers, BE_ABSENT),
                    .doc = "names to values"),
    CN_FIELD_OF_RAW(struct call_view, body, CN_MAY(struct call_view, body, BE_ABSENT),
                    .doc = "JSON to send"),
    CN_FIELD_OF_ENUM(struct call_view, auth, &auths, .doc = "how the call is authorised"),
};
static const struct cn_fields call_fields = CN_FIELDS("DemoCall", struct call_view, call_rows);
static const struct cn_field call_item = { .type = CN_FIELD_OBJECT, .object = &call_fields };

struct button_view {
    cn_str name;
    cn_str label;
    cn_str doc;
    struct {
        struct call_view *items;
        size_t count;
    } calls;
};
static const struct cn_field button_rows[] = {
    CN_FIELD(struct button_view, name, .max = 100, .doc = "stable"),
    CN_FIELD(struct button_view, label, .max = 100, .doc = "on the button"),
    CN_FIELD(struct button_view, doc, .max = 1000, .doc = "what it does"),
    CN_FIELD_OF_LIST(struct button_view, calls, &call_item, .max = CALLS_MAX,
                     .doc = "that the browser makes, in this order"),
};
static const struct cn_fields button_fields =
    CN_FIELDS("DemoButton", struct button_view, button_rows);
static const struct cn_field button_item = { .type = CN_FIELD_OBJECT, .object = &button_fields };

struct progress_view {
    int64_t done;
    int64_t total;
    cn_str label;
};
static const struct cn_field progress_rows[] = {
    CN_FIELD(struct progress_view, done, .doc = "so far"),
    CN_FIELD(struct progress_view, total, .doc = "of how many"),
    CN_FIELD(struct progress_view, label, .max = 200, .doc = "what is going on"),
};
static const struct cn_fields progress_fields =
    CN_FIELDS("Progress", struct progress_view, progress_rows);

struct demo_view {
    struct {
        struct button_view *items;
        size_t count;
    } buttons;
    struct progress_view progress;
    enum cn_given progress_given;
    cn_str write_key;
};
static const struct cn_field demo_rows[] = {
    CN_FIELD_OF_LIST(struct demo_view, buttons, &button_item, .max = BUTTONS_MAX,
                     .doc = "what can be made to happen"),
    CN_FIELD_OF_OBJECT(struct demo_view, progress, &progress_fields,
                       CN_MAY(struct demo_view, progress, BE_NULL),
                       .doc = "of what streams in; null: done"),
    CN_FIELD(struct demo_view, write_key, .max = 100, .doc = "to send events of one's own"),
};
static const struct cn_fields demo_fields = CN_FIELDS("Demo", struct demo_view, demo_rows);

static struct button_view view_of(const struct cn_demo_button *button, struct cn_arena *arena)
{
    struct button_view view = { .name = button->name, .label = button->label, .doc = button->doc };
    view.calls.count = button->call_count;
    view.calls.items = cn_arena_array(arena, struct call_view, button->call_count);
    for (size_t i = 0; i < button->call_count; i++) {
        const struct cn_demo_call *call = &button->calls[i];
        view.calls.items[i] = (struct call_view){
            .method = call->method,
            .path = call->path,
            .headers = call->headers,
            .headers_given = call->headers.len > 0 ? CN_GIVEN : CN_ABSENT,
            .body = call->body,
            .body_given = call->body.len > 0 ? CN_GIVEN : CN_ABSENT,
            .auth = call->with_write_key ? BY_WRITE_KEY : BY_SESSION,
        };
    }
    return view;
}

static bool handle_demo(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_api_options *options = &req->api->options;
    struct cn_arena *arena = req->unit.arena;
    struct cn_demo_buttons buttons = { 0 };
    struct cn_progress progress = { 0 };
    struct demo_view *view = res->body;
    if (options->demo == NULL) {
        return cn_fail(err, CN_NOT_FOUND, "this is not a demo workspace");
    }
    if (!options->demo->buttons(options->demo->arg, arena, &buttons, err)) {
        return false;
    }
    if (options->engine.progress != NULL) {
        options->engine.progress(options->engine.arg, arena, &progress);
    }
    view->write_key = buttons.write_key;
    view->progress_given = progress.total > 0 ? CN_GIVEN : CN_NULL;
    view->progress = (struct progress_view){ progress.done, progress.total, progress.label };
    view->buttons.count = buttons.count;
    view->buttons.items = cn_arena_array(arena, struct button_view, buttons.count);
    for (size_t i = 0; i < buttons.count; i++) {
        view->buttons.items[i] = view_of(&buttons.items[i], arena);
    }
    return true;
}

static const struct cn_route demo_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/demo",
      .access = CN_OPERATORS,
      .response = &demo_fields,
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_demo,
      .operation = "getDemo",
      .doc = "What a demo workspace can be made to do" },
};

const struct cn_route_table cn_api_demo_buttons = CN_ROUTE_TABLE(demo_routes);
