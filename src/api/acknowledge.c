/*
 * /api/v1/acknowledge/{link}: what the link in a message leads to.
 *
 * Mail scanners follow links before people do, so following it shows a page with a button and
 * changes nothing; the button's POST acknowledges, as the user for whom the link was made.
 */
#include <stdio.h>

#include "base/str.h"

#include "api/core.h"
#include "api/page.h"
#include "api/resources.h"
#include "book/user.h"
#include "signal/inbox.h"
#include "signal/message.h"

struct link_path {
    cn_str link;
};
static const struct cn_field link_rows[] = {
    CN_FIELD(struct link_path, link, .min = 1, .max = CN_LINK_TEXT_BYTES,
             .doc = "as the message has it"),
};
static const struct cn_fields link_fields =
    CN_FIELDS("AcknowledgePath", struct link_path, link_rows);

/* Whom and what the link is for, as it stands now. */
struct visit {
    struct cn_unit unit; /* of the link's user */
    struct cn_user user;
    struct cn_signal signal;
};

static bool open_link(const struct cn_request *req, struct visit *visit, struct cn_error *err)
{
    const struct link_path *path = req->path;
    const struct cn_link_key *key = req->api->options.notices.link_key;
    struct cn_link link = { .purpose = CN_LINK_ACKNOWLEDGE, .prefix = CN_SIGNAL_PREFIX };
    if (key == NULL) {
        return cn_fail(err, CN_NOT_FOUND, "there is no such link");
    }
    visit->unit = req->unit;
    if (!cn_link_parse(key, path->link, req->unit.now, &link, err) ||
        !cn_user_load(&req->unit, link.user, &visit->user, err)) {
        return false;
    }
    if (visit->user.is_disabled || visit->user.role == CN_ROLE_VIEWER) {
        return cn_fail(err, CN_NOT_FOUND, "there is no such link");
    }
    visit->unit = cn_user_reader(&req->unit, &visit->user);
    return cn_signal_load(&visit->unit, (cn_signal_id){ link.record_id }, &visit->signal, err);
}

/* Who has acknowledged it. */
static bool find_who(const struct visit *visit, cn_str *name_out, struct cn_error *err)
{
    struct cn_signal_event_list events;
    struct cn_user user;
    *name_out = CN_STR("somebody");
    if (!cn_signal_events(&visit->unit, &visit->signal, &events, err)) {
        return false;
    }
    for (size_t i = events.count; i > 0; i--) {
        if (events.items[i - 1].kind == CN_SIGNAL_EVENT_ACKNOWLEDGED) {
            if (!cn_user_load(&visit->unit, events.items[i - 1].user_id, &user, err)) {
                return false;
            }
            *name_out = user.name;
            return true;
        }
    }
    return true;
}

static void say_signal(const struct visit *visit, struct cn_buf *out)
{
    char id[CN_ID_TEXT_BYTES];
    cn_id_format(CN_SIGNAL_PREFIX, visit->signal.id.value, id);
    cn_buf_add_str(out, CN_STR("<p>"));
    cn_page_text(out, visit->signal.because);
    cn_buf_printf(out,
                  ". Severity %s.</p><p><a href=\"/signals?who=all&amp;signal=%s\">Open it in "
                  "Cairn</a></p>",
                  cn_signal_severity_names[visit->signal.severity], id);
}

static bool say_done(const struct visit *visit, struct cn_buf *out, struct cn_error *err)
{
    cn_str who;
    if (!find_who(visit, &who, err)) {
        return false;
    }
    cn_page_begin(out, visit->signal.account_name);
    cn_buf_add_str(out, CN_STR("<p role=\"status\"><strong>Acknowledged by "));
    cn_page_text(out, who);
    cn_buf_add_str(out, CN_STR("</strong></p>"));
    say_signal(visit, out);
    cn_page_end(out);
    return true;
}

static bool handle_show(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    struct visit visit = { 0 };
    if (!open_link(req, &visit, err)) {
        return false;
    }
    if (visit.signal.acknowledged_at_given == CN_GIVEN) {
        return say_done(&visit, res->file, err);
    }
    cn_page_begin(res->file, visit.signal.account_name);
    cn_buf_add_str(res->file, CN_STR("<form method=\"post\"><p><button>Acknowledge as "));
    cn_page_text(res->file, visit.user.name);
    cn_buf_add_str(res->file, CN_STR("</button></p></form>"));
    say_signal(&visit, res->file);
    cn_page_end(res->file);
    return true;
}

static bool handle_do(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    static const struct cn_signal_action acknowledge = { .verb = CN_SIGNAL_ACKNOWLEDGE };
    struct visit visit = { 0 };
    if (!open_link(req, &visit, err)) {
        return false;
    }
    if (visit.signal.acknowledged_at_given != CN_GIVEN) {
        if (!cn_signal_act(&visit.unit, visit.signal.id, &acknowledge, &visit.signal, err)) {
            return false;
        }
        res->changed = visit.signal.account_id;
    }
    return say_done(&visit, res->file, err);
}

static const struct cn_route acknowledge_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/acknowledge/{link}",
      .is_public = true,
      .path_params = &link_fields,
      .kind = CN_RESPONSE_FILE,
      .media_type = CN_PAGE_MEDIA_TYPE,
      .failures = CN_FAILS(CN_NOT_FOUND) | CN_FAILS(CN_GONE),
      .success_status = 200,
      .handler = handle_show,
      .operation = "showAcknowledge",
      .doc = "The page of a link in a message; changes nothing" },
    { .method = CN_POST,
      .path = "/api/v1/acknowledge/{link}",
      .is_public = true,
      .path_params = &link_fields,
      .kind = CN_RESPONSE_FILE,
      .media_type = CN_PAGE_MEDIA_TYPE,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_NOT_FOUND) | CN_FAILS(CN_GONE) | CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_do,
      .operation = "acknowledgeByLink",
      .doc = "Acknowledge the signal of the link, as the user for whom it was made" },
};

const struct cn_route_table cn_api_acknowledge = CN_ROUTE_TABLE(acknowledge_routes);
