/* /api/v1/accounts/{account_id}/events: what arrived, the newest first. */
#include <stdlib.h>

#include "base/str.h"
#include "base/utf8.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"

enum {
    EVENTS_USUAL = 50,
    PAYLOAD_SHOWN_BYTES = 4096
};
#define EVENT_PREFIX "evt"

struct event_view {
    struct {
        int64_t value;
    } id;
    cn_time at;
    cn_time received_at;
    cn_str type;
    cn_str name;
    enum cn_given name_given;
    cn_str user;
    enum cn_given user_given;
    cn_str payload_text;
};
#define ROW(member, ...) CN_FIELD(struct event_view, member, __VA_ARGS__)
static const struct cn_field event_rows[] = {
    CN_FIELD_OF_ID(struct event_view, id, EVENT_PREFIX, .doc = "its place in the log"),
    ROW(at, .doc = "when it happened"),
    ROW(received_at, .doc = "when it arrived"),
    ROW(type, .max = 20, .doc = "track, page, identify, ..."),
    ROW(name, CN_MAY(struct event_view, name, BE_NULL), .max = 512, .doc = "of the event or page"),
    ROW(user, CN_MAY(struct event_view, user, BE_NULL), .max = 512, .doc = "whose it is"),
    ROW(payload_text, .max = PAYLOAD_SHOWN_BYTES + 8,
        .doc = "properties or traits as they were sent, cut"),
};
static const struct cn_fields event_fields =
    CN_FIELDS("AccountEvent", struct event_view, event_rows);
static const struct cn_field event_item = { .type = CN_FIELD_OBJECT, .object = &event_fields };

struct event_page {
    struct {
        struct event_view *items;
        size_t count;
    } data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct event_page, data, &event_item, .max = CN_PAGE_MAX,
                     .doc = "the newest first; may be fewer than asked for before the last page"),
    CN_FIELD_OF_ID(struct event_page, next_cursor, EVENT_PREFIX,
                   CN_MAY(struct event_page, next_cursor, BE_NULL),
                   .doc = "of the next page; null after the oldest event that is kept"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("AccountEventList", struct event_page, page_rows);

static const struct cn_field query_rows[] = {
    CN_FIELD(struct cn_page_query, limit, CN_MAY(struct cn_page_query, limit, BE_ABSENT), .min = 1,
             .max = CN_PAGE_MAX, .doc = "how many, 50 unless given"),
    CN_FIELD_OF_ID(struct cn_page_query, cursor, EVENT_PREFIX,
                   CN_MAY(struct cn_page_query, cursor, BE_ABSENT),
                   .doc = "next_cursor of the page before"),
};
static const struct cn_fields query_fields =
    CN_FIELDS("AccountEventQuery", struct cn_page_query, query_rows);

static int newest_first(const void *a, const void *b)
{
    const struct cn_event *x = a;
    const struct cn_event *y = b;
    return x->seq < y->seq ? 1 : x->seq > y->seq ? -1 : 0;
}

/* The newest events of the account's subjects that are older than `before` (0: all).  Of each
 * subject `limit` are read, so nothing is known of what is older than `known_from`. */
struct gathered {
    struct cn_event *items;
    size_t count;
    size_t limit; /* one more than a page has: whether another one follows */
    int64_t before;
    int64_t known_from;
};

static void merge(struct gathered *all, const struct cn_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all->count == 2 * all->limit) {
            qsort(all->items, all->count, sizeof(all->items[0]), newest_first);
            all->count = all->limit;
        }
        all->items[all->count++] = events[i];
    }
}

static bool gather(const struct cn_request *req, cn_account_id account, struct gathered *all,
                   struct cn_error *err)
{
    const struct cn_api_options *options = &req->api->options;
    struct cn_arena *arena = req->unit.arena;
    int64_t *subjects = NULL;
    const size_t count =
        cn_subject_map_subjects(options->subjects, account.value, arena, &subjects);
    all->items = cn_arena_array(arena, struct cn_event, 2 * all->limit);
    for (size_t i = 0; i < count; i++) {
        struct cn_event *events = NULL;
        size_t found = 0;
        if (!cn_event_log_read_subject(options->events, arena, subjects[i], all->before, all->limit,
                                       &events, &found, err)) {
            return false;
        }
        if (found == all->limit && events[found - 1].seq > all->known_from) {
            all->known_from = events[found - 1].seq;
        }
        /* A subject may have belonged to another account before. */
        size_t kept = 0;
        for (size_t k = 0; k < found; k++) {
            if (cn_subject_map_find(options->subjects, events[k].subject, events[k].at) ==
                account.value) {
                events[kept++] = events[k];
            }
        }
        merge(all, events, kept);
    }
    qsort(all->items, all->count, sizeof(all->items[0]), newest_first);
    all->count = all->count < all->limit ? all->count : all->limit;
    return true;
}

/* Cuts what was gathered to a page of at most `rows`, which ends before what is not known. */
static void cut(struct gathered *all, size_t rows, struct event_page *page)
{
    while (all->count > 0 && all->items[all->count - 1].seq < all->known_from) {
        all->count--;
    }
    page->next_cursor_given = CN_NULL;
    if (all->count > rows) {
        all->count = rows;
        page->next_cursor.value = all->items[rows - 1].seq;
        page->next_cursor_given = CN_GIVEN;
    } else if (all->known_from > 0) {
        page->next_cursor.value = all->known_from;
        page->next_cursor_given = CN_GIVEN;
    }
}

static cn_str shown_payload(cn_str payload)
{
    cn_str text = cn_str_slice(payload, 0, PAYLOAD_SHOWN_BYTES);
    while (text.len > 0 && !cn_utf8_valid(text) && text.len > PAYLOAD_SHOWN_BYTES - 4) {
        text.len--; /* not in the middle of a character */
    }
    return text;
}

static bool handle_events(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    const struct cn_page_query *query = req->query;
    struct event_page *page = res->body;
    const size_t rows = query->limit_given == CN_GIVEN ? (size_t)query->limit : EVENTS_USUAL;
    struct gathered all = {
        .limit = rows + 1,
        .before = query->cursor_given == CN_GIVEN ? query->cursor.value : 0,
    };
    if (!cn_account_visible(&req->unit, path->account_id, err) ||
        !gather(req, path->account_id, &all, err)) {
        return false;
    }
    cut(&all, rows, page);
    page->data.count = all.count;
    page->data.items = cn_arena_array(req->unit.arena, struct event_view, all.count);
    for (size_t i = 0; i < all.count; i++) {
        const struct cn_event *event = &all.items[i];
        cn_str user = event->user_key.len > 0 ? event->user_key : event->anonymous_key;
        page->data.items[i] = (struct event_view){
            .id = { event->seq },
            .at = event->at,
            .received_at = event->received,
            .type = cn_str_of(cn_event_type_name(event->type)),
            .name = event->name,
            .name_given = event->name.len > 0 ? CN_GIVEN : CN_NULL,
            .user = user,
            .user_given = user.len > 0 ? CN_GIVEN : CN_NULL,
            .payload_text = shown_payload(event->payload),
        };
    }
    return true;
}

static const struct cn_route event_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/events",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_events,
      .operation = "listAccountEvents",
      .doc = "The account's events, the newest first" },
};

const struct cn_route_table cn_api_events = CN_ROUTE_TABLE(event_routes);
