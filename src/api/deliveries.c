/*
 * /api/v1/notifications: what the caller was told in the app; /api/v1/deliveries: what was sent to
 * anybody, what waits and what failed, for those who run the system.
 */
#include <stdio.h>

#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"
#include "book/user.h"
#include "job/outbox.h"
#include "signal/inbox.h"

enum {
    PAGE_USUAL = 50,
    TEXT_MAX = 4000,
};

typedef struct cn_outbox_id {
    int64_t value;
} cn_outbox_id;

struct page_query {
    int64_t limit;
    enum cn_given limit_given;
    cn_outbox_id cursor;
    enum cn_given cursor_given;
    int state;
    enum cn_given state_given;
};
#define CURSOR_ROWS                                                                           \
    CN_FIELD(struct page_query, limit, CN_MAY(struct page_query, limit, BE_ABSENT), .min = 1, \
             .max = CN_OUTBOX_LIST_MAX, .doc = "rows of a page, 50 unless given"),            \
        CN_FIELD_OF_ID(struct page_query, cursor, CN_OUTBOX_PREFIX,                           \
                       CN_MAY(struct page_query, cursor, BE_ABSENT),                          \
                       .doc = "next_cursor of the page before")

static int64_t limit_of(const struct page_query *query)
{
    return query->limit_given == CN_GIVEN ? query->limit : PAGE_USUAL;
}

/* ---- in the app ---- */

static const struct cn_names kinds = { cn_outbox_kind_names, CN_OUTBOX_KIND_COUNT };
static const struct cn_names severities = { cn_signal_severity_names, CN_SIGNAL_SEVERITY_COUNT };

struct notification_view {
    cn_outbox_id id;
    cn_time at;
    cn_time read_at;
    enum cn_given read_at_given;
    enum cn_outbox_kind kind;
    cn_signal_id signal_id;
    cn_account_id account_id;
    cn_str account_name;
    cn_str because;
    enum cn_signal_severity severity;
};
#define NOTE(member, ...) CN_FIELD(struct notification_view, member, __VA_ARGS__)
static const struct cn_field notification_rows[] = {
    CN_FIELD_OF_ID(struct notification_view, id, CN_OUTBOX_PREFIX, .doc = "the notification"),
    NOTE(at, .doc = "when"),
    NOTE(read_at, CN_MAY(struct notification_view, read_at, BE_NULL), .doc = "null: not seen yet"),
    CN_FIELD_OF_ENUM(struct notification_view, kind, &kinds,
                     .doc = "signal: it was raised; assigned: somebody else handed it over; "
                            "snooze_over: it asks again"),
    CN_FIELD_OF_ID(struct notification_view, signal_id, CN_SIGNAL_PREFIX, .doc = "of which signal"),
    CN_FIELD_OF_ID(struct notification_view, account_id, CN_ACCOUNT_PREFIX,
                   .doc = "of which account"),
    NOTE(account_name, .max = TEXT_MAX, .doc = "what it is called"),
    NOTE(because, .max = TEXT_MAX, .doc = "the reason, in a few words"),
    CN_FIELD_OF_ENUM(struct notification_view, severity, &severities, .doc = "how urgent"),
};
static const struct cn_fields notification_fields =
    CN_FIELDS("Notification", struct notification_view, notification_rows);
static const struct cn_field notification_item = { .type = CN_FIELD_OBJECT,
                                                   .object = &notification_fields };

struct notification_page {
    struct {
        struct notification_view *items;
        size_t count;
    } data;
    int64_t unread;
    cn_outbox_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field notification_page_rows[] = {
    CN_FIELD_OF_LIST(struct notification_page, data, &notification_item, .max = CN_OUTBOX_LIST_MAX,
                     .doc = "newest first; of accounts that the caller still sees"),
    CN_FIELD(struct notification_page, unread, .min = 0, .max = INT64_MAX,
             .doc = "how many were not seen, on all pages"),
    CN_FIELD_OF_ID(struct notification_page, next_cursor, CN_OUTBOX_PREFIX,
                   CN_MAY(struct notification_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields notification_page_fields =
    CN_FIELDS("NotificationList", struct notification_page, notification_page_rows);

static const struct cn_field own_query_rows[] = { CURSOR_ROWS };
static const struct cn_fields own_query_fields =
    CN_FIELDS("NotificationQuery", struct page_query, own_query_rows);

/* *seen_out is false if the caller no longer sees its account. */
static bool show_notification(const struct cn_request *req, const struct cn_outbox_item *item,
                              struct notification_view *view, bool *seen_out, struct cn_error *err)
{
    struct cn_signal signal;
    *seen_out = cn_signal_load(&req->unit, (cn_signal_id){ item->record_id }, &signal, err);
    if (!*seen_out) {
        return err->code == CN_NOT_FOUND || err->code == CN_GONE;
    }
    *view = (struct notification_view){
        .id = { item->id },
        .at = item->created,
        .read_at = item->read,
        .read_at_given = item->read.us != 0 ? CN_GIVEN : CN_NULL,
        .kind = item->kind,
        .signal_id = signal.id,
        .account_id = signal.account_id,
        .account_name = signal.account_name,
        .because = signal.because,
        .severity = signal.severity,
    };
    return true;
}

static bool handle_own(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct page_query *query = req->query;
    struct notification_page *page = res->body;
    struct cn_outbox_list list;
    const struct cn_outbox_filter filter = { .user_id = req->caller->user.value,
                                             .channels = CN_CHANNEL_BIT(CN_CHANNEL_APP),
                                             .after = query->cursor.value,
                                             .limit = limit_of(query) };
    if (!cn_outbox_list(req->unit.conn, req->unit.arena, &filter, &list, err) ||
        !cn_outbox_unread(req->unit.conn, req->caller->user.value, &page->unread, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct notification_view, list.count + 1);
    for (size_t i = 0; i < list.count; i++) {
        bool seen = false;
        if (!show_notification(req, &list.items[i], &page->data.items[page->data.count], &seen,
                               err)) {
            return false;
        }
        page->data.count += seen;
    }
    bool is_full = list.count > 0 && (int64_t)list.count == filter.limit;
    page->next_cursor.value = is_full ? list.items[list.count - 1].id : 0;
    page->next_cursor_given = is_full ? CN_GIVEN : CN_NULL;
    return true;
}

struct read_body {
    cn_outbox_id until;
};
static const struct cn_field read_rows[] = {
    CN_FIELD_OF_ID(struct read_body, until, CN_OUTBOX_PREFIX, .doc = "that one and all before it"),
};
static const struct cn_fields read_fields =
    CN_FIELDS("NotificationRead", struct read_body, read_rows);

static bool handle_read(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct read_body *body = req->body;
    (void)res; /* an empty answer */
    return cn_outbox_read(req->unit.conn, req->caller->user.value, body->until.value, req->unit.now,
                          err);
}

/* ---- deliveries ---- */

static const struct cn_names channels = { cn_channel_names, CN_CHANNEL_COUNT };
static const struct cn_names states = { cn_outbox_state_names, CN_OUTBOX_STATE_COUNT };

struct delivery_view {
    cn_outbox_id id;
    enum cn_outbox_kind kind;
    enum cn_channel channel;
    enum cn_outbox_state state;
    cn_user_id user_id;
    enum cn_given user_id_given;
    cn_str user_name;
    cn_signal_id signal_id;
    enum cn_given signal_id_given;
    bool is_held;
    cn_time due_at;
    int64_t attempts;
    cn_time created_at;
    cn_time done_at;
    enum cn_given done_at_given;
    cn_str error;
};
#define ROW(member, ...) CN_FIELD(struct delivery_view, member, __VA_ARGS__)
static const struct cn_field delivery_rows[] = {
    CN_FIELD_OF_ID(struct delivery_view, id, CN_OUTBOX_PREFIX,
                   .doc = "the message; a mail's Message-ID begins with it"),
    CN_FIELD_OF_ENUM(struct delivery_view, kind, &kinds, .doc = "what it tells"),
    CN_FIELD_OF_ENUM(struct delivery_view, channel, &channels, .doc = "the way it goes"),
    CN_FIELD_OF_ENUM(struct delivery_view, state, &states,
                     .doc = "failed: refused, or tried too often; dropped: there was no need any "
                            "more"),
    CN_FIELD_OF_ID(struct delivery_view, user_id, CN_USER_PREFIX,
                   CN_MAY(struct delivery_view, user_id, BE_NULL), .doc = "null: to a channel"),
    ROW(user_name, .max = TEXT_MAX, .doc = "empty: to a channel"),
    CN_FIELD_OF_ID(struct delivery_view, signal_id, CN_SIGNAL_PREFIX,
                   CN_MAY(struct delivery_view, signal_id, BE_NULL), .doc = "null: of none"),
    ROW(is_held, .doc = "it waits, or waited, for the end of quiet hours"),
    ROW(due_at, .doc = "not before"),
    ROW(attempts, .min = 0, .max = INT64_MAX, .doc = "that were begun"),
    ROW(created_at, .doc = "when it was written"),
    ROW(done_at, CN_MAY(struct delivery_view, done_at, BE_NULL), .doc = "null: not yet"),
    ROW(error, .max = TEXT_MAX, .doc = "of the last attempt, or why it was dropped"),
};
static const struct cn_fields delivery_fields =
    CN_FIELDS("Delivery", struct delivery_view, delivery_rows);
static const struct cn_field delivery_item = { .type = CN_FIELD_OBJECT,
                                               .object = &delivery_fields };

struct delivery_page {
    struct {
        struct delivery_view *items;
        size_t count;
    } data;
    int64_t waiting;
    int64_t failed;
    cn_outbox_id next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field delivery_page_rows[] = {
    CN_FIELD_OF_LIST(struct delivery_page, data, &delivery_item, .max = CN_OUTBOX_LIST_MAX,
                     .doc = "newest first"),
    CN_FIELD(struct delivery_page, waiting, .min = 0, .max = INT64_MAX,
             .doc = "how many wait, whatever was asked for"),
    CN_FIELD(struct delivery_page, failed, .min = 0, .max = INT64_MAX,
             .doc = "how many were given up"),
    CN_FIELD_OF_ID(struct delivery_page, next_cursor, CN_OUTBOX_PREFIX,
                   CN_MAY(struct delivery_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields delivery_page_fields =
    CN_FIELDS("DeliveryList", struct delivery_page, delivery_page_rows);

static const struct cn_field delivery_query_rows[] = {
    CURSOR_ROWS,
    CN_FIELD_OF_ENUM(struct page_query, state, &states, CN_MAY(struct page_query, state, BE_ABSENT),
                     .doc = "any unless given"),
};
static const struct cn_fields delivery_query_fields =
    CN_FIELDS("DeliveryQuery", struct page_query, delivery_query_rows);

static struct delivery_view show_delivery(const struct cn_outbox_item *item,
                                          const struct cn_user_list *users)
{
    struct delivery_view view = {
        .id = { item->id },
        .kind = item->kind,
        .channel = item->channel,
        .state = item->state,
        .user_id = { item->user_id },
        .user_id_given = item->user_id != 0 ? CN_GIVEN : CN_NULL,
        .user_name = CN_STR(""),
        .signal_id = { item->record_id },
        .signal_id_given = cn_outbox_is_of_signal(item->kind) ? CN_GIVEN : CN_NULL,
        .is_held = item->is_held,
        .due_at = item->due,
        .attempts = item->attempts,
        .created_at = item->created,
        .done_at = item->done,
        .done_at_given = item->done.us != 0 ? CN_GIVEN : CN_NULL,
        .error = item->error,
    };
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == item->user_id) {
            view.user_name = users->items[i].name;
        }
    }
    return view;
}

static bool handle_deliveries(const struct cn_request *req, struct cn_response *res,
                              struct cn_error *err)
{
    static const unsigned sent_channels = CN_CHANNEL_BIT(CN_CHANNEL_EMAIL) |
                                          CN_CHANNEL_BIT(CN_CHANNEL_SLACK) |
                                          CN_CHANNEL_BIT(CN_CHANNEL_SLACK_CHANNEL);
    const struct page_query *query = req->query;
    struct delivery_page *page = res->body;
    struct cn_outbox_list list;
    struct cn_user_list users;
    const struct cn_outbox_filter filter = {
        .channels = sent_channels,
        .states = query->state_given == CN_GIVEN ? 1U << query->state : 0,
        .after = query->cursor.value,
        .limit = limit_of(query),
    };
    if (!cn_outbox_list(req->unit.conn, req->unit.arena, &filter, &list, err) ||
        !cn_outbox_count(req->unit.conn, &page->waiting, &page->failed, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    page->data.items = cn_arena_array(req->unit.arena, struct delivery_view, list.count + 1);
    page->data.count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        page->data.items[i] = show_delivery(&list.items[i], &users);
    }
    bool is_full = list.count > 0 && (int64_t)list.count == filter.limit;
    page->next_cursor.value = is_full ? list.items[list.count - 1].id : 0;
    page->next_cursor_given = is_full ? CN_GIVEN : CN_NULL;
    return true;
}

/* The answer is the delivery as it is now. */
static bool answer_with(const struct cn_request *req, int64_t id, struct cn_response *res,
                        struct cn_error *err)
{
    struct cn_outbox_list list;
    struct cn_user_list users;
    const struct cn_outbox_filter filter = { .id = id, .limit = 1 };
    if (!cn_outbox_list(req->unit.conn, req->unit.arena, &filter, &list, err) ||
        !cn_user_list(&req->unit, &users, err)) {
        return false;
    }
    if (list.count == 0) {
        return cn_fail(err, CN_NOT_FOUND, "no such delivery");
    }
    *(struct delivery_view *)res->body = show_delivery(&list.items[0], &users);
    return true;
}

/* The ways that send something. */
static const char *const test_channel_names[] = { "email", "slack", "slack_channel" };
static const struct cn_names test_channels = { test_channel_names,
                                               CN_ARRAY_LEN(test_channel_names) };
struct test_body {
    int channel;
};
static const struct cn_field test_rows[] = {
    CN_FIELD_OF_ENUM(struct test_body, channel, &test_channels,
                     .doc = "to the caller; slack_channel: to the channel"),
};
static const struct cn_fields test_fields = CN_FIELDS("DeliveryTest", struct test_body, test_rows);

static bool handle_test(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct test_body *body = req->body;
    const enum cn_channel channel = (enum cn_channel)(body->channel + CN_CHANNEL_EMAIL);
    const int64_t id = cn_id_next(req->unit.ids, req->unit.now);
    bool added = false;
    char dedup[64];
    (void)snprintf(dedup, sizeof(dedup), "test %lld", (long long)id);
    const struct cn_outbox_item item = {
        .id = id,
        .dedup = cn_str_of(dedup),
        .kind = CN_OUTBOX_TEST,
        .channel = channel,
        .user_id = channel == CN_CHANNEL_SLACK_CHANNEL ? 0 : req->caller->user.value,
        .body = CN_STR(""),
        .due = req->unit.now,
        .created = req->unit.now,
    };
    return cn_outbox_add(req->unit.conn, &item, &added, err) && answer_with(req, id, res, err);
}

struct delivery_path {
    cn_outbox_id delivery_id;
};
static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct delivery_path, delivery_id, CN_OUTBOX_PREFIX, .doc = "the delivery"),
};
static const struct cn_fields path_fields =
    CN_FIELDS("DeliveryPath", struct delivery_path, path_rows);

static bool handle_retry(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    const struct delivery_path *path = req->path;
    return cn_outbox_retry(req->unit.conn, path->delivery_id.value, req->unit.now, err) &&
           answer_with(req, path->delivery_id.value, res, err);
}

static const struct cn_route delivery_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/notifications",
      .access = CN_READERS,
      .query = &own_query_fields,
      .response = &notification_page_fields,
      .success_status = 200,
      .handler = handle_own,
      .operation = "listNotifications",
      .doc = "What the caller was told in the app" },
    { .method = CN_POST,
      .path = "/api/v1/notifications/read",
      .access = CN_EVERYBODY,
      .body = &read_fields,
      .kind = CN_RESPONSE_EMPTY,
      .run = CN_RUN_WRITE,
      .success_status = 204,
      .handler = handle_read,
      .operation = "readNotifications",
      .doc = "The caller has seen them" },
    { .method = CN_GET,
      .path = "/api/v1/deliveries",
      .access = CN_OPERATORS,
      .query = &delivery_query_fields,
      .response = &delivery_page_fields,
      .success_status = 200,
      .handler = handle_deliveries,
      .operation = "listDeliveries",
      .doc = "Messages that were sent, wait or failed" },
    { .method = CN_POST,
      .path = "/api/v1/deliveries/test",
      .access = CN_OPERATORS,
      .body = &test_fields,
      .response = &delivery_fields,
      .run = CN_RUN_WRITE,
      .success_status = 202,
      .handler = handle_test,
      .operation = "testDelivery",
      .doc = "Send a test message; how it went is in the list" },
    { .method = CN_POST,
      .path = "/api/v1/deliveries/{delivery_id}/retry",
      .access = CN_OPERATORS,
      .path_params = &path_fields,
      .response = &delivery_fields,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_retry,
      .operation = "retryDelivery",
      .doc = "Try a message that was given up again" },
};

const struct cn_route_table cn_api_deliveries = CN_ROUTE_TABLE(delivery_routes);
