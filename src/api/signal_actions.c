/* /api/v1/signals/{signal_id}/...: what people do about signals, one or many at once. */
#include <stdlib.h>

#include "base/str.h"

#include "api/access.h"
#include "api/core.h"
#include "api/resources.h"
#include "api/signals.h"
#include "signal/task.h"

enum {
    BULK_MAX = 500,
    TEXT_MAX = 4000
};

static const struct cn_field signal_item = { .type = CN_FIELD_OBJECT, .object = &cn_signal_fields };

/* ---- what people do ---- */

struct snooze_body {
    cn_time until;
};
static const struct cn_field snooze_rows[] = {
    CN_FIELD(struct snooze_body, until, .doc = "later than now"),
};
static const struct cn_fields snooze_fields =
    CN_FIELDS("SignalSnooze", struct snooze_body, snooze_rows);

struct assign_body {
    cn_user_id assignee_id;
    enum cn_given assignee_id_given;
};
static const struct cn_field assign_rows[] = {
    CN_FIELD_OF_ID(struct assign_body, assignee_id, CN_USER_PREFIX,
                   CN_MAY(struct assign_body, assignee_id, BE_NULL), .doc = "null: nobody"),
};
static const struct cn_fields assign_fields =
    CN_FIELDS("SignalAssign", struct assign_body, assign_rows);

struct resolve_body {
    enum cn_signal_outcome outcome;
    cn_str reason;
    enum cn_given reason_given;
};
static const struct cn_field resolve_rows[] = {
    CN_FIELD_OF_ENUM(struct resolve_body, outcome, &cn_signal_outcomes,
                     .doc = "whether it was useful"),
    CN_FIELD(struct resolve_body, reason, CN_MAY(struct resolve_body, reason, BE_ABSENT),
             .max = CN_SIGNAL_REASON_MAX_BYTES, .doc = "why"),
};
static const struct cn_fields resolve_fields =
    CN_FIELDS("SignalResolve", struct resolve_body, resolve_rows);

static bool act(const struct cn_request *req, const struct cn_signal_action *action,
                struct cn_response *res, struct cn_error *err)
{
    const struct cn_signal_path *path = req->path;
    struct cn_signal *signal = res->body;
    if (!cn_signal_act(&req->unit, path->signal_id, action, signal, err)) {
        return false;
    }
    res->changed = signal->account_id;
    return true;
}

static bool handle_acknowledge(const struct cn_request *req, struct cn_response *res,
                               struct cn_error *err)
{
    return act(req, &(struct cn_signal_action){ .verb = CN_SIGNAL_ACKNOWLEDGE }, res, err);
}

static bool handle_start(const struct cn_request *req, struct cn_response *res,
                         struct cn_error *err)
{
    return act(req, &(struct cn_signal_action){ .verb = CN_SIGNAL_START }, res, err);
}

static bool handle_snooze(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct snooze_body *body = req->body;
    return act(req, &(struct cn_signal_action){ .verb = CN_SIGNAL_SNOOZE, .until = body->until },
               res, err);
}

static bool handle_assign(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct assign_body *body = req->body;
    return act(req,
               &(struct cn_signal_action){ .verb = CN_SIGNAL_ASSIGN,
                                           .assignee_id = body->assignee_id,
                                           .tell = req->api->options.notices.tell },
               res, err);
}

static bool handle_resolve(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct resolve_body *body = req->body;
    return act(req,
               &(struct cn_signal_action){
                   .verb = CN_SIGNAL_RESOLVE, .outcome = body->outcome, .reason = body->reason },
               res, err);
}

static bool handle_reopen(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    return act(req, &(struct cn_signal_action){ .verb = CN_SIGNAL_REOPEN }, res, err);
}

/* ---- its tasks ---- */

struct task_path {
    cn_signal_id signal_id;
    int64_t number;
};
static const struct cn_field task_path_rows[] = {
    CN_FIELD_OF_ID(struct task_path, signal_id, CN_SIGNAL_PREFIX, .doc = "the signal"),
    CN_FIELD(struct task_path, number, .min = 1, .max = CN_SIGNAL_TASKS_MAX,
             .doc = "of the task, from 1 on"),
};
static const struct cn_fields task_path_fields =
    CN_FIELDS("SignalTaskPath", struct task_path, task_path_rows);

struct task_body {
    bool done;
};
static const struct cn_field task_body_rows[] = {
    CN_FIELD(struct task_body, done, .doc = "false: it is open again"),
};
static const struct cn_fields task_body_fields =
    CN_FIELDS("SignalTaskMark", struct task_body, task_body_rows);

static bool handle_task(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct task_path *path = req->path;
    const struct task_body *body = req->body;
    struct cn_signal signal;
    if (!cn_signal_task_mark(&req->unit, path->signal_id, path->number, body->done, &signal, err)) {
        return false;
    }
    res->changed = signal.account_id;
    return cn_signal_detail(req, path->signal_id, res, err);
}

/* ---- many at once ---- */

static const char *const verb_names[] = {
    [CN_SIGNAL_ACKNOWLEDGE] = "acknowledge",
    [CN_SIGNAL_SNOOZE] = "snooze",
    [CN_SIGNAL_ASSIGN] = "assign",
    [CN_SIGNAL_RESOLVE] = "resolve",
    [CN_SIGNAL_START] = "start",
    [CN_SIGNAL_REOPEN] = "reopen",
};
static const struct cn_names verbs = { verb_names, CN_ARRAY_LEN(verb_names) };

static const char *const deed_names[] = {
    [CN_SIGNAL_ACKNOWLEDGED] = "acknowledge",
    [CN_SIGNAL_SNOOZED] = "snooze",
    [CN_SIGNAL_RESOLVED] = "resolve",
};
static const struct cn_names deeds = { deed_names, CN_ARRAY_LEN(deed_names) };

static const struct cn_field id_item = { .type = CN_FIELD_ID, .id_prefix = CN_SIGNAL_PREFIX };

struct bulk_body {
    enum cn_signal_verb action;
    struct {
        cn_signal_id *items;
        size_t count;
    } signals;
    cn_time until;
    enum cn_given until_given;
    cn_user_id assignee_id;
    enum cn_given assignee_id_given;
    enum cn_signal_outcome outcome;
    enum cn_given outcome_given;
    cn_str reason;
    enum cn_given reason_given;
    enum cn_signal_deed deed;
    enum cn_given deed_given;
};
static const struct cn_field bulk_rows[] = {
    CN_FIELD_OF_ENUM(struct bulk_body, action, &verbs, .doc = "what to do with each"),
    CN_FIELD_OF_LIST(struct bulk_body, signals, &id_item, .min = 1, .max = BULK_MAX,
                     .doc = "with which"),
    CN_FIELD(struct bulk_body, until, CN_MAY(struct bulk_body, until, BE_ABSENT),
             .doc = "of a snooze"),
    CN_FIELD_OF_ID(struct bulk_body, assignee_id, CN_USER_PREFIX,
                   CN_MAY(struct bulk_body, assignee_id, BE_BOTH), .doc = "null: nobody"),
    CN_FIELD_OF_ENUM(struct bulk_body, outcome, &cn_signal_outcomes,
                     CN_MAY(struct bulk_body, outcome, BE_ABSENT), .doc = "of a resolve"),
    CN_FIELD(struct bulk_body, reason, CN_MAY(struct bulk_body, reason, BE_ABSENT),
             .max = CN_SIGNAL_REASON_MAX_BYTES, .doc = "of a resolve"),
    CN_FIELD_OF_ENUM(struct bulk_body, deed, &deeds, CN_MAY(struct bulk_body, deed, BE_ABSENT),
                     .doc = "of a reopen: what is taken back, whatever was done over it since;"
                            " absent: the resolution, else the snooze, else the acknowledgement"),
};
static const struct cn_fields bulk_fields = CN_FIELDS("SignalBulk", struct bulk_body, bulk_rows);

struct failure_view {
    cn_signal_id id;
    cn_str message;
};
static const struct cn_field failure_rows[] = {
    CN_FIELD_OF_ID(struct failure_view, id, CN_SIGNAL_PREFIX, .doc = "the signal"),
    CN_FIELD(struct failure_view, message, .max = TEXT_MAX, .doc = "why it stays as it was"),
};
static const struct cn_fields failure_fields =
    CN_FIELDS("SignalFailure", struct failure_view, failure_rows);
static const struct cn_field failure_item = { .type = CN_FIELD_OBJECT, .object = &failure_fields };

struct bulk_view {
    struct {
        struct cn_signal *items;
        size_t count;
    } data;
    struct {
        struct failure_view *items;
        size_t count;
    } failed;
};
static const struct cn_field bulk_view_rows[] = {
    CN_FIELD_OF_LIST(struct bulk_view, data, &signal_item, .max = BULK_MAX,
                     .doc = "those that it was done with, as they are now, by id"),
    CN_FIELD_OF_LIST(struct bulk_view, failed, &failure_item, .max = BULK_MAX, .doc = "the others"),
};
static const struct cn_fields bulk_view_fields =
    CN_FIELDS("SignalBulkResult", struct bulk_view, bulk_view_rows);

static bool check_bulk(const struct cn_request *req, const struct bulk_body *body,
                       struct cn_error *err)
{
    struct cn_place place = { 0 };
    if (body->action == CN_SIGNAL_SNOOZE && body->until_given != CN_GIVEN) {
        place.pointer = CN_STR("/until");
    } else if (body->action == CN_SIGNAL_ASSIGN && body->assignee_id_given == CN_ABSENT) {
        place.pointer = CN_STR("/assignee_id");
    } else if (body->action == CN_SIGNAL_RESOLVE && body->outcome_given != CN_GIVEN) {
        place.pointer = CN_STR("/outcome");
    } else {
        return true;
    }
    cn_diagnose(req->problems, &place, "is needed for that");
    return cn_fail(err, CN_INVALID, "something is missing");
}

/* Their rows are kept in one order, so that two of these cannot wait for each other. */
static cn_signal_id *in_order(const struct cn_request *req, const struct bulk_body *body)
{
    cn_signal_id *ids = cn_arena_array(req->unit.arena, cn_signal_id, body->signals.count + 1);
    for (size_t i = 0; i < body->signals.count; i++) {
        ids[i] = body->signals.items[i];
    }
    qsort(ids, body->signals.count, sizeof(*ids), cn_order_i64);
    return ids;
}

/* What does not work for one is told, and is done for the others. */
static bool handle_bulk(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct bulk_body *body = req->body;
    struct bulk_view *view = res->body;
    const struct cn_signal_action action = { .verb = body->action,
                                             .until = body->until,
                                             .assignee_id = body->assignee_id,
                                             .outcome = body->outcome,
                                             .reason = body->reason,
                                             .deed = body->deed,
                                             .deed_given = body->deed_given,
                                             .tell = req->api->options.notices.tell };
    if (!check_bulk(req, body, err)) {
        return false;
    }
    view->data.items = cn_arena_array(req->unit.arena, struct cn_signal, body->signals.count);
    view->failed.items = cn_arena_array(req->unit.arena, struct failure_view, body->signals.count);
    const cn_signal_id *ids = in_order(req, body);
    for (size_t i = 0; i < body->signals.count; i++) {
        cn_signal_id id = ids[i];
        if (cn_signal_act(&req->unit, id, &action, &view->data.items[view->data.count], err)) {
            res->changed = view->data.items[view->data.count++].account_id;
        } else if (err->code == CN_NOT_FOUND || err->code == CN_CONFLICT ||
                   err->code == CN_INVALID) {
            view->failed.items[view->failed.count++] =
                (struct failure_view){ id, cn_arena_str(req->unit.arena, cn_str_of(err->message)) };
        } else {
            return false;
        }
    }
    return true;
}

/* ---- rows ---- */

#define ACTION_ROW(verb, fields, function, name, says)                                          \
    {                                                                                           \
        .method = CN_POST, .path = "/api/v1/signals/{signal_id}/" verb, .access = CN_WRITERS,   \
        .path_params = &cn_signal_path_fields, .body = (fields), .response = &cn_signal_fields, \
        .run = CN_RUN_WRITE, .failures = CN_FAILS(CN_CONFLICT) | CN_FAILS(CN_INVALID),          \
        .success_status = 200, .handler = (function), .operation = (name), .doc = (says)        \
    }

static const struct cn_route action_routes[] = {
    { .method = CN_POST,
      .path = "/api/v1/signals/bulk",
      .access = CN_WRITERS,
      .body = &bulk_fields,
      .response = &bulk_view_fields,
      .run = CN_RUN_WRITE,
      .failures = CN_FAILS(CN_INVALID),
      .success_status = 200,
      .handler = handle_bulk,
      .operation = "actOnSignals",
      .doc = "Do the same with many signals; what does not work for one is told, and done for the "
             "others" },
    ACTION_ROW("acknowledge", NULL, handle_acknowledge, "acknowledgeSignal",
               "Say that the signal was seen"),
    ACTION_ROW("snooze", &snooze_fields, handle_snooze, "snoozeSignal",
               "Have an open signal ask again later"),
    ACTION_ROW("assign", &assign_fields, handle_assign, "assignSignal",
               "Say who is to look at the signal"),
    ACTION_ROW("resolve", &resolve_fields, handle_resolve, "resolveSignal",
               "Say what came of the signal"),
    ACTION_ROW(
        "reopen", NULL, handle_reopen, "reopenSignal",
        "Take back what was done about the signal: its resolution with the outcome, else its "
        "snooze, back to the one before it, else its acknowledgement"),
    { .method = CN_POST,
      .path = "/api/v1/signals/{signal_id}/tasks/{number}",
      .access = CN_WRITERS,
      .path_params = &task_path_fields,
      .body = &task_body_fields,
      .response = &cn_signal_detail_fields,
      .run = CN_RUN_WRITE,
      .success_status = 200,
      .handler = handle_task,
      .operation = "markSignalTask",
      .doc = "Say that a task of the signal is done, or open again" },
    ACTION_ROW("start", NULL, handle_start, "startSignal",
               "Raise what was already true when it was first asked; it is raised a moment later"),
};

const struct cn_route_table cn_api_signal_actions = CN_ROUTE_TABLE(action_routes);
