#include "demo/seed.h"

#include "base/str.h"

#include "book/account.h"
#include "book/contract.h"
#include "book/departure.h"
#include "book/person.h"
#include "book/source.h"
#include "book/ticket.h"
#include "book/user.h"

enum {
    PEOPLE_MAX = 4, /* known by name; the others only as users of the product */
    CRITICAL_HOURS = 60
};

static const int64_t hour_us = (int64_t)3600 * 1000000;
static const int64_t day_us = 24 * (int64_t)3600 * 1000000;

static const struct {
    const char *email;
    const char *name;
    enum cn_role role;
    const char *team;
} users[] = {
    { CN_DEMO_EMAIL, "Dana Reyes", CN_ROLE_ADMIN, "Success" },
    { "nora@cairn.example", "Nora Lind", CN_ROLE_CSM, "Enterprise" },
    { "sam@cairn.example", "Sam Ortega", CN_ROLE_CSM, "Mid-market" },
    { "iris@cairn.example", "Iris Novak", CN_ROLE_CSM, "Digital" },
    { "lee@cairn.example", "Lee Carver", CN_ROLE_LEADER, "Success" },
};

/* The CSM of each book. */
static const size_t owner_of[CN_DEMO_BOOK_COUNT] = { 1, 2, 3, 2 };

bool cn_demo_seed_users(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                        struct cn_error *err)
{
    (void)seed;
    struct cn_source source;
    cn_str hash;
    if (!cn_user_hash_password(unit->arena, CN_STR(CN_DEMO_PASSWORD), &hash, err)) {
        return false;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(users); i++) {
        struct cn_user_new new_user = { .email = cn_str_of(users[i].email),
                                        .name = cn_str_of(users[i].name),
                                        .role = users[i].role,
                                        .scope = CN_SCOPE_ALL,
                                        .password_hash = hash };
        struct cn_user user;
        if (!cn_team_ensure(unit, cn_str_of(users[i].team), &new_user.team_id, err) ||
            !cn_user_create(unit, &new_user, &user, err)) {
            return false;
        }
    }
    return cn_source_ensure(unit, CN_STR("Demo product"), CN_STR(CN_DEMO_WRITE_KEY), &source, err);
}

/* The moment at which Cairn was told, where it has been there as long as the customer: without that
 * nothing of the past would have been known in time.  Self-service customers are imported now. */
static struct cn_unit told_at(const struct cn_unit *unit, const struct cn_demo_account *account,
                              int64_t at_us)
{
    struct cn_unit then = *unit;
    if (account->book != CN_DEMO_SELF_SERVICE && at_us < unit->now.us) {
        then.now.us = at_us;
    }
    return then;
}

static bool add_contract(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                         cn_account_id id, const struct cn_demo_account *account,
                         struct cn_error *err)
{
    enum {
        YEAR = 365
    };
    int64_t today = cn_tz_day(seed->tz, seed->now);
    struct cn_contract contract;
    /* Yearly terms: the running one, which renews on time, and the first one, for the tenure. */
    int64_t starts = today + account->renewal_days - YEAR;
    int64_t first = today - account->tenure_days;
    struct cn_contract_new new_contract = {
        .external_id = CN_STR("current"),
        .name = CN_STR("Subscription"),
        .arr = { .minor = account->arr_minor, .currency = "USD" },
        .starts_on = starts < first || starts > today ? first : starts,
        .ends_on = today + account->renewal_days - 1,
        .seats = account->seats,
        .seats_given = CN_GIVEN,
        .status = account->left_days > 0 ? CN_CONTRACT_ENDED : CN_CONTRACT_ACTIVE,
    };
    struct cn_unit then =
        told_at(unit, account, cn_tz_day_start(seed->tz, new_contract.starts_on).us);
    if (!cn_contract_create(&then, id, &new_contract, &contract, err)) {
        return false;
    }
    if (new_contract.starts_on == first) {
        return true;
    }
    struct cn_contract_new before = new_contract;
    before.external_id = CN_STR("first");
    before.name = CN_STR("Subscription, earlier terms");
    before.arr.minor = account->arr_minor / 10 * 9;
    before.starts_on = first;
    before.ends_on = new_contract.starts_on - 1;
    before.status = CN_CONTRACT_ENDED;
    then = told_at(unit, account, cn_tz_day_start(seed->tz, first).us);
    return cn_contract_create(&then, id, &before, &contract, err);
}

static bool add_people(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                       cn_account_id id, const struct cn_demo_account *account,
                       struct cn_error *err)
{
    cn_time began = { seed->now.us - account->tenure_days * day_us };
    const struct cn_unit then = told_at(unit, account, began.us);
    for (int64_t user = 0; user < account->users && user < PEOPLE_MAX; user++) {
        struct cn_demo_person demo;
        struct cn_person person;
        char key[CN_DEMO_KEY_BYTES + 24];
        cn_demo_person_make(account, user, &demo);
        (void)snprintf(key, sizeof(key), "%s-u%d", account->key, (int)user); /* fits by its parts */
        struct cn_person_role role = { .role = user == 0   ? CN_PERSON_CHAMPION
                                               : user == 1 ? CN_PERSON_SPONSOR
                                                           : CN_PERSON_USER,
                                       .from = began,
                                       .to_given = CN_NULL };
        if (user == 0 && !account->has_champion) {
            role.to = (cn_time){ seed->now.us - account->champion_left_days * day_us };
            role.to_given = CN_GIVEN;
        }
        if (user == 1 && !account->has_sponsor) {
            role.role = CN_PERSON_USER;
        }
        struct cn_person_new new_person = { .name = cn_str_of(demo.name),
                                            .email = cn_str_of(demo.email),
                                            .title = cn_str_of(demo.title),
                                            .user_key = cn_str_of(key),
                                            .roles = { &role, 1 } };
        if (!cn_person_create(&then, id, &new_person, &person, err)) {
            return false;
        }
    }
    return true;
}

static bool add_tickets(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                        cn_account_id id, const struct cn_demo_account *account,
                        struct cn_error *err)
{
    static const char *const subjects[] = { "Export times out", "API returns 502 on sync",
                                            "Wrong totals in the monthly report",
                                            "Cannot invite a user", "Slow dashboard" };
    for (int64_t i = 0; i < account->open_tickets; i++) {
        bool critical = i == 0 && account->has_critical_ticket;
        char key[32];
        (void)snprintf(key, sizeof(key), "T-%d", (int)i + 1); /* fits: a few digits */
        int64_t hours = critical ? CRITICAL_HOURS : 20 + 30 * i;
        struct cn_ticket_new ticket = {
            .external_id = cn_str_of(key),
            .subject = cn_str_of(subjects[(account->index + (size_t)i) % CN_ARRAY_LEN(subjects)]),
            .priority = critical     ? CN_TICKET_CRITICAL
                        : i % 2 == 0 ? CN_TICKET_NORMAL
                                     : CN_TICKET_HIGH,
            .status = CN_TICKET_OPEN,
            .opened_at = { seed->now.us - hours * hour_us },
        };
        struct cn_ticket stored;
        const struct cn_unit then = told_at(unit, account, ticket.opened_at.us);
        if (!cn_ticket_create(&then, id, &ticket, &stored, err)) {
            return false;
        }
    }
    return true;
}

/* As somebody would who knows why. */
static bool mark_as_left(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                         cn_account_id id, const struct cn_demo_account *account,
                         struct cn_error *err)
{
    static const char *const reasons[] = { "hardly used any more", "went with a competitor",
                                           "the project ended", "was acquired" };
    int64_t day = cn_tz_day(seed->tz, seed->now) - account->left_days;
    const struct cn_unit then = told_at(unit, account, cn_tz_day_start(seed->tz, day + 1).us);
    return account->left_days == 0 ||
           cn_departure_set(&then, id, day,
                            cn_str_of(reasons[account->index % CN_ARRAY_LEN(reasons)]), err);
}

/* In Cairn since its use is: before that it could not be compared with others. */
static int64_t days_in_cairn(const struct cn_demo_account *account)
{
    bool is_short =
        account->book == CN_DEMO_SELF_SERVICE && account->tenure_days > CN_DEMO_SELF_SERVICE_DAYS;
    return is_short ? CN_DEMO_SELF_SERVICE_DAYS : account->tenure_days;
}

static bool add_account(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                        const struct cn_user *owner, const struct cn_demo_account *account,
                        struct cn_error *err)
{
    enum {
        GROWTH_FROM_DAYS = 365,
        ADOPTION_FROM_DAYS = 90
    };
    struct cn_account_new new_account = {
        .name = cn_str_of(account->name),
        .external_id = cn_str_of(account->key),
        .domain = cn_str_of(account->domain),
        .owner_id = owner->id,
        .stage = account->left_days > 0                       ? CN_STAGE_CHURNED
                 : account->tenure_days >= GROWTH_FROM_DAYS   ? CN_STAGE_GROWTH
                 : account->tenure_days >= ADOPTION_FROM_DAYS ? CN_STAGE_ADOPTION
                                                              : CN_STAGE_ONBOARDING,
        .created_at = { seed->now.us - days_in_cairn(account) * day_us },
    };
    struct cn_account stored;
    bool created = false;
    const struct cn_unit then = told_at(unit, account, new_account.created_at.us);
    if (!cn_account_upsert(&then, &new_account, &stored, &created, err)) {
        return false;
    }
    return !created || (add_contract(seed, unit, stored.id, account, err) &&
                        add_people(seed, unit, stored.id, account, err) &&
                        add_tickets(seed, unit, stored.id, account, err) &&
                        mark_as_left(seed, unit, stored.id, account, err));
}

bool cn_demo_seed_accounts(const struct cn_demo_seed *seed, const struct cn_unit *unit,
                           enum cn_demo_book book, size_t from, size_t to, struct cn_error *err)
{
    struct cn_user owner;
    if (!cn_user_load_email(unit, cn_str_of(users[owner_of[book]].email), &owner, err)) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        struct cn_demo_account account;
        cn_demo_account_make(seed->seed, book, i, &account);
        if (!add_account(seed, unit, &owner, &account, err)) {
            return cn_error_context(err, "demo account %s", account.key);
        }
    }
    return true;
}
