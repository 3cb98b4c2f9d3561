/*
 * Random facts for an engine: events of a small world, and changes of its records.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_WORLD_H
#define CAIRN_TESTS_UNIT_SPINE_WORLD_H

#include "base/buf.h"
#include "base/random.h"
#include "base/time.h"

#include "book/account.h"
#include "book/contract.h"
#include "book/judgement.h"
#include "book/person.h"
#include "book/ticket.h"
#include "book/touch.h"
#include "tests/unit/spine.h"
#include "tests/unit/spine_program.h"

enum {
    WORLD_ACCOUNTS = 9,
    WORLD_USERS = 14,
    BODY_MAX_BYTES = 64 * 1024
};

static inline int64_t pick(struct cn_rng *rng, int64_t count)
{
    return cn_rng_between(rng, 0, count - 1);
}

/* One event as JSON: of any kind, now or up to 45 days late. */
static inline void world_event(struct cn_rng *rng, int64_t number, cn_time now, struct cn_buf *out)
{
    static const char *const names[] = { "Signed In", "Ordered", "Report Opened", "Exported" };
    char at[CN_TIME_TEXT_BYTES];
    int64_t late = pick(rng, 3) == 0 ? cn_rng_between(rng, 0, (int64_t)45 * DAY_S)
                                     : cn_rng_between(rng, 0, 7200);
    cn_time_format((cn_time){ now.us - late * 1000000 }, at);
    int64_t user = pick(rng, WORLD_USERS);
    int64_t account = pick(rng, WORLD_ACCOUNTS);
    int64_t kind = pick(rng, 20);
    cn_buf_printf(out, "{\"messageId\":\"m%lld\",\"timestamp\":\"%s\"", (long long)number, at);
    if (kind < 9) {
        cn_buf_printf(out,
                      ",\"type\":\"track\",\"event\":\"%s\",\"userId\":\"u%lld\","
                      "\"properties\":{\"amount\":%lld}",
                      names[pick(rng, 4)], (long long)user, (long long)pick(rng, 100));
    } else if (kind < 12) {
        cn_buf_printf(out, ",\"type\":\"track\",\"event\":\"%s\",\"anonymousId\":\"a%lld\"",
                      names[pick(rng, 4)], (long long)user);
    } else if (kind < 14) {
        cn_buf_printf(out,
                      ",\"type\":\"track\",\"event\":\"%s\",\"userId\":\"u%lld\","
                      "\"context\":{\"groupId\":\"g%lld\"}",
                      names[pick(rng, 4)], (long long)user, (long long)account);
    } else if (kind < 16) {
        cn_buf_printf(out,
                      ",\"type\":\"identify\",\"userId\":\"u%lld\",\"anonymousId\":\"a%lld\","
                      "\"traits\":{\"email\":\"u%lld@d%lld.example\"}",
                      (long long)user, (long long)user, (long long)user, (long long)account);
    } else if (kind < 19) {
        cn_buf_printf(out,
                      ",\"type\":\"group\",\"userId\":\"u%lld\",\"groupId\":\"g%lld\","
                      "\"traits\":{\"seats_used\":%lld,\"plan\":\"%s\","
                      "\"website\":\"d%lld.example\"}",
                      (long long)user, (long long)account, (long long)pick(rng, 20),
                      pick(rng, 2) == 0 ? "pro" : "free", (long long)account);
    } else {
        cn_buf_printf(out, ",\"type\":\"alias\",\"userId\":\"u%lld\",\"previousId\":\"u%lld\"",
                      (long long)user, (long long)pick(rng, WORLD_USERS));
    }
    cn_buf_printf(out, "}");
}

struct world_change {
    struct spine *spine;
    struct cn_rng rng; /* a copy: a transaction may run again */
    int64_t account;   /* g<account> */
};

static inline cn_str world_text(struct spine *spine, const char *prefix, int64_t number)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%s%lld", prefix, (long long)number);
    return cn_arena_str(&spine->arena, (cn_str){ text, (size_t)len });
}

static inline bool change_account(const struct cn_unit *unit, struct cn_rng *rng,
                                  const struct cn_account *account, cn_account_id other,
                                  struct cn_error *err)
{
    struct cn_account out;
    struct cn_account_patch patch = { 0 };
    struct cn_contract_list contracts = { 0 };
    const bool ok = cn_contract_list(unit, account->id, &contracts, err);
    switch (pick(rng, 5)) {
    case 0:
        patch.stage = (enum cn_stage)pick(rng, CN_STAGE_COUNT);
        patch.stage_given = CN_GIVEN;
        break;
    case 1:
        patch.arr = (struct cn_money){ cn_rng_between(rng, 1, 90) * 100000, "USD" };
        patch.arr_given = contracts.count == 0 ? CN_GIVEN : CN_ABSENT; /* else they say it */
        break;
    case 2:
        patch.renewal_on = cn_unit_day(unit) + cn_rng_between(rng, -20, 300);
        patch.renewal_on_given = pick(rng, 3) == 0 ? CN_NULL : CN_GIVEN;
        break;
    case 3:
        patch.parent_id = other;
        patch.parent_id_given =
            other.value == 0 || other.value == account->id.value ? CN_NULL : CN_GIVEN;
        break;
    default:
        patch.name = CN_STR("Renamed \"Inc\"");
        patch.name_given = CN_GIVEN;
        break;
    }
    return ok && cn_account_update(unit, account->id, 0, &patch, &out, err);
}

static inline bool change_contract(const struct cn_unit *unit, struct cn_rng *rng,
                                   const struct cn_account *account, struct cn_error *err)
{
    struct cn_contract out;
    int64_t start = cn_unit_day(unit) - cn_rng_between(rng, -3, 300);
    struct cn_contract_new new_contract = {
        .name = CN_STR("Deal"),
        .external_id = pick(rng, 2) == 0 ? CN_STR("c1") : CN_STR("c2"),
        .arr = { cn_rng_between(rng, 1, 60) * 100000, "USD" },
        .starts_on = start,
        .ends_on = start + cn_rng_between(rng, 1, 365),
        .notice_on = start,
        .notice_on_given = pick(rng, 2) == 0 ? CN_NULL : CN_GIVEN,
        .seats = cn_rng_between(rng, 1, 30),
        .seats_given = pick(rng, 3) == 0 ? CN_NULL : CN_GIVEN,
        .status = (enum cn_contract_status)pick(rng, CN_CONTRACT_STATUS_COUNT),
    };
    return cn_contract_create(unit, account->id, &new_contract, &out, err);
}

static inline bool change_person(const struct cn_unit *unit, struct cn_rng *rng,
                                 const struct cn_account *account, struct cn_error *err)
{
    static const int64_t hour_us = (int64_t)3600 * 1000000;
    struct cn_person_list people;
    struct cn_person out;
    struct cn_person_role role = {
        .role = (enum cn_person_role_kind)pick(rng, 2),
        .from = { unit->now.us + cn_rng_between(rng, -200, 5) * hour_us },
        .to_given = pick(rng, 3) == 0 ? CN_GIVEN : CN_NULL,
    };
    role.to.us = role.from.us + cn_rng_between(rng, 1, 40) * hour_us;
    struct cn_person_new new_person = { .name = CN_STR("Ada"), .roles = { &role, 1 } };
    if (!cn_person_list(unit, account->id, &people, err)) {
        return false;
    }
    if (people.count < 2 || pick(rng, 4) == 0) {
        return cn_person_create(unit, account->id, &new_person, &out, err);
    }
    const struct cn_person *person = &people.items[pick(rng, (int64_t)people.count)];
    struct cn_person_patch patch = { .roles = { &role, 1 }, .roles_given = CN_GIVEN };
    if (pick(rng, 2) == 0) {
        patch = (struct cn_person_patch){
            .left_at = { unit->now.us + cn_rng_between(rng, -20, 4) * hour_us },
            .left_at_given = pick(rng, 4) == 0 ? CN_NULL : CN_GIVEN,
        };
        if (patch.left_at_given == CN_GIVEN && person->roles.count > 0 &&
            patch.left_at.us < person->roles.items[0].from.us) {
            patch.left_at = person->roles.items[0].from; /* nobody leaves before a role begins */
        }
        for (size_t i = 0; i < person->roles.count; i++) {
            if (patch.left_at.us < person->roles.items[i].from.us) {
                patch.left_at = person->roles.items[i].from;
            }
        }
    }
    return cn_person_update(unit, account->id, person->id, 0, &patch, &out, err);
}

static inline bool change_ticket(const struct cn_unit *unit, struct cn_rng *rng,
                                 const struct cn_account *account, struct cn_error *err)
{
    static const int64_t hour_us = (int64_t)3600 * 1000000;
    struct cn_ticket out;
    struct cn_ticket_new new_ticket = {
        .external_id = pick(rng, 2) == 0 ? CN_STR("t1") : CN_STR("t2"),
        .subject = CN_STR("Help"),
        .priority = (enum cn_ticket_priority)pick(rng, CN_TICKET_PRIORITY_COUNT),
        .status = pick(rng, 2) == 0 ? CN_TICKET_OPEN : CN_TICKET_SOLVED,
        .opened_at = { unit->now.us + cn_rng_between(rng, -100, 2) * hour_us },
    };
    const int64_t opened_us = new_ticket.opened_at.us;
    if (new_ticket.status == CN_TICKET_SOLVED && pick(rng, 2) == 0) {
        new_ticket.solved_at.us = unit->now.us + cn_rng_between(rng, -3, 3) * hour_us;
    }
    if (new_ticket.status == CN_TICKET_SOLVED && new_ticket.solved_at.us < opened_us &&
        (new_ticket.solved_at.us != 0 || opened_us > unit->now.us)) {
        new_ticket.solved_at.us = opened_us; /* not before it is opened */
    }
    return cn_ticket_create(unit, account->id, &new_ticket, &out, err);
}

/* Some end within the hour, by themselves or because somebody takes them back. */
static inline bool say_sentiment(const struct cn_unit *unit, struct cn_rng *rng,
                                 const struct cn_account *account, struct cn_error *err)
{
    static const int64_t minute_us = (int64_t)60 * 1000000;
    struct cn_judgement out;
    struct cn_judgement_new said = {
        .kind = (enum cn_judgement_kind)pick(rng, CN_JUDGEMENT_KINDS),
        .value = pick(rng, 101),
        .reason = CN_STR("A call"),
        .until = { unit->now.us + cn_rng_between(rng, 1, 600) * minute_us },
    };
    bool found = false;
    if (!cn_judgement_at(unit, account->id, said.kind, unit->now, &out, &found, err)) {
        return false;
    }
    return found && pick(rng, 3) == 0 ? cn_judgement_end(unit, account->id, out.id, err)
                                      : cn_judgement_create(unit, account->id, &said, &out, err);
}

/* Now, or some days ago and told late; some are withdrawn. */
static inline bool touch(const struct cn_unit *unit, struct cn_rng *rng,
                         const struct cn_account *account, struct cn_error *err)
{
    static const int64_t hour_us = (int64_t)3600 * 1000000;
    struct cn_touch out;
    struct cn_touch_list list;
    const struct cn_touch_new made = {
        .kind = (enum cn_touch_kind)pick(rng, CN_TOUCH_KINDS),
        .trigger = pick(rng, 2) == 0 ? CN_STR("a signal") : CN_STR(""),
        .at = { unit->now.us - cn_rng_between(rng, 0, 200) * hour_us },
    };
    if (!cn_touch_list(unit, account->id, &list, err)) {
        return false;
    }
    return list.count > 0 && pick(rng, 3) == 0
               ? cn_touch_withdraw(unit, account->id, list.items[0].id, err)
               : cn_touch_create(unit, account->id, &made, &out, err);
}

/* One change of a record; an account that is not there is made. */
static inline bool world_write(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct world_change *change = arg;
    struct spine *spine = change->spine;
    struct cn_rng rng = change->rng;
    struct cn_account account;
    struct cn_account other = { 0 };
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&spine->clock) };
    cn_str key = world_text(spine, "g", change->account);
    cn_str other_key = world_text(spine, "g", pick(&rng, WORLD_ACCOUNTS));
    if (!cn_account_load_external(&unit, key, &account, err)) {
        const struct cn_account_new new_account = { .name = key,
                                                    .external_id = key,
                                                    .stage = CN_STAGE_ADOPTION };
        return cn_account_create(&unit, &new_account, &account, err);
    }
    struct cn_error ignored; /* the other one need not be there */
    if (!cn_account_load_external(&unit, other_key, &other, &ignored)) {
        other.id.value = 0;
    }
    switch (pick(&rng, 6)) {
    case 0:
        return change_account(&unit, &rng, &account, other.id, err);
    case 1:
        return change_contract(&unit, &rng, &account, err);
    case 2:
        return change_person(&unit, &rng, &account, err);
    case 3:
        return say_sentiment(&unit, &rng, &account, err);
    case 4:
        return touch(&unit, &rng, &account, err);
    default:
        return change_ticket(&unit, &rng, &account, err);
    }
}

static inline void world_record(struct spine *spine, struct cn_rng *rng)
{
    struct cn_error err;
    struct world_change change = { spine, *rng, pick(rng, WORLD_ACCOUNTS) };
    bool ok = cn_db_write(spine->db, world_write, &change, &err);
    while (!ok && err.code == CN_STALE) { /* the engine wrote the account in between */
        ok = cn_db_write(spine->db, world_write, &change, &err);
    }
    if (!ok) {
        fail_msg("%s", err.message);
    }
    (void)cn_rng_next(rng);
}

#endif
