#include "demo/actions.h"

#include <stdarg.h>

#include "base/str.h"
#include "base/time.h"

#include "book/account_list.h"
#include "book/person.h"
#include "book/ticket.h"
#include "demo/seed.h"
#include "demo/world.h"
#include "json/writer.h"

enum {
    CALLS_MAX = 12,
    BODY_MAX_BYTES = 4096,
    BUTTONS = 4,
    CRITICAL_HOURS = 50,
    COLLAPSED_SEATS = 4
};

/* What the buttons are made from. */
struct stage {
    struct cn_unit unit;
    struct cn_demo_account world;
    cn_account_id id;
    char id_text[CN_ID_TEXT_BYTES];
    struct cn_person_list people;
    struct cn_ticket_list tickets;
};

static cn_str print(struct cn_arena *arena, const char *fmt, ...) CN_PRINTF(2, 3);

static cn_str print(struct cn_arena *arena, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args); /* paths and short texts of ours */
    va_end(args);
    return cn_arena_str(arena, cn_str_of(text));
}

/* A document in the making, for one body. */
struct body {
    struct cn_buf buf;
    struct cn_json_writer out;
};

static void body_begin(struct body *body)
{
    cn_buf_init(&body->buf, BODY_MAX_BYTES);
    cn_json_writer_init(&body->out, &body->buf);
    cn_json_object_begin(&body->out);
}

static void member(struct body *body, const char *name, cn_str value)
{
    cn_json_key(&body->out, cn_str_of(name));
    cn_json_str(&body->out, value);
}

static void moment(struct body *body, const char *name, cn_time at)
{
    char text[CN_TIME_TEXT_BYTES];
    cn_time_format(at, text);
    member(body, name, cn_str_of(text));
}

static cn_str body_end(struct body *body, struct cn_arena *arena)
{
    struct cn_error ignored; /* the names are ours and the buffer is large enough */
    cn_str text = CN_STR("{}");
    cn_json_object_end(&body->out);
    if (cn_json_finish(&body->out, &text, &ignored)) {
        text = cn_arena_str(arena, text);
    }
    cn_buf_deinit(&body->buf);
    return text;
}

static struct cn_demo_call *add_call(struct cn_demo_button *button)
{
    return &button->calls[button->call_count++];
}

static void patch(struct cn_demo_button *button, cn_str path, cn_str body)
{
    *add_call(button) = (struct cn_demo_call){
        .method = CN_STR("PATCH"),
        .path = path,
        .headers = CN_STR("{\"content-type\":\"application/merge-patch+json\",\"if-match\":\"*\"}"),
        .body = body,
    };
}

static cn_str person_path(struct stage *stage, const struct cn_person *person)
{
    char text[CN_ID_TEXT_BYTES];
    cn_id_format(CN_PERSON_PREFIX, person->id.value, text);
    return print(stage->unit.arena, "/api/v1/accounts/%s/people/%s", stage->id_text, text);
}

/* The roles that the person has, and champion from now on. */
static void write_roles(struct stage *stage, struct body *body, const struct cn_person *person)
{
    cn_json_key(&body->out, CN_STR("roles"));
    cn_json_array_begin(&body->out);
    for (size_t i = 0; i < person->roles.count; i++) {
        const struct cn_person_role *role = &person->roles.items[i];
        cn_json_object_begin(&body->out);
        member(body, "role", cn_str_of(cn_person_role_names[role->role]));
        moment(body, "from", role->from);
        if (role->to_given == CN_GIVEN) {
            moment(body, "to", role->to);
        }
        cn_json_object_end(&body->out);
    }
    cn_json_object_begin(&body->out);
    member(body, "role", CN_STR("champion"));
    moment(body, "from", stage->unit.now);
    cn_json_object_end(&body->out);
    cn_json_array_end(&body->out);
}

static bool is_champion(const struct cn_person *person)
{
    for (size_t i = 0; i < person->roles.count; i++) {
        if (person->roles.items[i].role == CN_PERSON_CHAMPION &&
            person->roles.items[i].to_given != CN_GIVEN) {
            return person->left_at_given != CN_GIVEN;
        }
    }
    return false;
}

static void champion_leaves(struct stage *stage, struct cn_demo_button *button)
{
    for (size_t i = 0; i < stage->people.count; i++) {
        const struct cn_person *person = &stage->people.items[i];
        if (is_champion(person)) {
            struct body body;
            body_begin(&body);
            moment(&body, "left_at", stage->unit.now);
            patch(button, person_path(stage, person), body_end(&body, stage->unit.arena));
        }
    }
}

static void report_seats(struct stage *stage, struct cn_demo_button *button, int64_t seats)
{
    struct body body;
    body_begin(&body);
    member(&body, "userId", print(stage->unit.arena, "%s-u0", stage->world.key));
    member(&body, "groupId", cn_str_of(stage->world.key));
    cn_json_key(&body.out, CN_STR("traits"));
    cn_json_object_begin(&body.out);
    cn_json_key(&body.out, CN_STR("seats_used"));
    cn_json_i64(&body.out, seats);
    cn_json_object_end(&body.out);
    *add_call(button) =
        (struct cn_demo_call){ .method = CN_STR("POST"),
                               .path = CN_STR("/v1/group"),
                               .headers = CN_STR("{\"content-type\":\"application/json\"}"),
                               .body = body_end(&body, stage->unit.arena),
                               .with_write_key = true };
}

static void usage_collapses(struct stage *stage, struct cn_demo_button *button)
{
    report_seats(stage, button, COLLAPSED_SEATS);
}

static void critical_ticket(struct stage *stage, struct cn_demo_button *button)
{
    struct body body;
    body_begin(&body);
    member(&body, "subject", CN_STR("Nightly sync has stopped; month-end reports are blocked"));
    member(&body, "priority", CN_STR("critical"));
    member(&body, "status", CN_STR("open"));
    moment(&body, "opened_at",
           (cn_time){ stage->unit.now.us - (int64_t)CRITICAL_HOURS * 3600 * 1000000 });
    *add_call(button) = (struct cn_demo_call){
        .method = CN_STR("POST"),
        .path = print(stage->unit.arena, "/api/v1/accounts/%s/tickets", stage->id_text),
        .headers = CN_STR("{\"content-type\":\"application/json\"}"),
        .body = body_end(&body, stage->unit.arena),
    };
}

/* A new champion where there is none, tickets solved, seats in use again. */
static void rescue(struct stage *stage, struct cn_demo_button *button)
{
    const struct cn_person *successor = NULL;
    bool has_champion = false;
    for (size_t i = 0; i < stage->people.count; i++) {
        const struct cn_person *person = &stage->people.items[i];
        has_champion = has_champion || is_champion(person);
        if (successor == NULL && person->left_at_given != CN_GIVEN) {
            successor = person;
        }
    }
    if (!has_champion && successor != NULL) {
        struct body body;
        body_begin(&body);
        write_roles(stage, &body, successor);
        patch(button, person_path(stage, successor), body_end(&body, stage->unit.arena));
    }
    for (size_t i = 0; i < stage->tickets.count && button->call_count < CALLS_MAX - 1; i++) {
        const struct cn_ticket *ticket = &stage->tickets.items[i];
        if (ticket->status == CN_TICKET_OPEN || ticket->status == CN_TICKET_PENDING) {
            struct body body;
            char text[CN_ID_TEXT_BYTES];
            cn_id_format(CN_TICKET_PREFIX, ticket->id.value, text);
            body_begin(&body);
            member(&body, "status", CN_STR("solved"));
            patch(button,
                  print(stage->unit.arena, "/api/v1/accounts/%s/tickets/%s", stage->id_text, text),
                  body_end(&body, stage->unit.arena));
        }
    }
    report_seats(stage, button, stage->world.seats * 9 / 10);
}

static const struct {
    const char *name;
    const char *label;
    const char *doc;
    void (*make)(struct stage *stage, struct cn_demo_button *button);
} rows[BUTTONS] = {
    { "champion-leaves", "Champion leaves",
      "TechCorp's Director of Analytics leaves the company today.", champion_leaves },
    { "usage-collapses", "Usage collapses",
      "The product reports that only 4 of TechCorp's 40 seats are in use.", usage_collapses },
    { "critical-ticket", "Critical ticket",
      "A critical ticket has been open for 50 hours, three months before the renewal.",
      critical_ticket },
    { "rescue", "Rescue", "A new champion, tickets solved, seats in use again.", rescue },
};

static bool load_stage(struct stage *stage, struct cn_error *err)
{
    struct cn_account_list list;
    struct cn_account_filter filter = { .query = cn_str_of(stage->world.key), .limit = 1 };
    if (!cn_account_list(&stage->unit, &filter, &list, err)) {
        return false;
    }
    if (list.count == 0) {
        return cn_fail(err, CN_NOT_FOUND, "the demo has no account %s", stage->world.key);
    }
    stage->id = list.items[0].id;
    cn_id_format(CN_ACCOUNT_PREFIX, stage->id.value, stage->id_text);
    return cn_person_list(&stage->unit, stage->id, &stage->people, err) &&
           cn_ticket_list(&stage->unit, stage->id, &stage->tickets, err);
}

bool cn_demo_actions(void *arg, struct cn_arena *arena, struct cn_demo_buttons *buttons_out,
                     struct cn_error *err)
{
    const struct cn_demo_buttons_source *source = arg;
    struct stage stage = { .unit = { .arena = arena,
                                     .ids = source->ids,
                                     .scope = CN_SCOPE_ALL,
                                     .now = cn_now(source->clock) } };
    cn_demo_account_make(source->seed, CN_DEMO_MID_MARKET, 0, &stage.world);
    if (!cn_db_read(source->db, &stage.unit.conn, err)) {
        return false;
    }
    bool ok = load_stage(&stage, err);
    if (ok) {
        struct cn_demo_button *buttons = cn_arena_array(arena, struct cn_demo_button, BUTTONS);
        for (size_t i = 0; i < BUTTONS; i++) {
            buttons[i] = (struct cn_demo_button){
                .name = cn_str_of(rows[i].name),
                .label = cn_str_of(rows[i].label),
                .doc = cn_str_of(rows[i].doc),
                .calls = cn_arena_array(arena, struct cn_demo_call, CALLS_MAX),
            };
            rows[i].make(&stage, &buttons[i]);
        }
        *buttons_out = (struct cn_demo_buttons){ .items = buttons,
                                                 .count = BUTTONS,
                                                 .write_key = CN_STR(CN_DEMO_WRITE_KEY) };
    }
    cn_db_release(source->db, stage.unit.conn);
    return ok;
}
