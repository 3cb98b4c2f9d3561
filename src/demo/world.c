#include "demo/world.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"

#include "demo/names.h"

const char *const cn_demo_event_names[] = {
    "Signed In",        "Dashboard Viewed", "Report Exported", "Campaign Sent", "Segment Built",
    "Workflow Started", "Dashboard Shared", "Audience Synced", "Forecast Run",  "Template Saved",
};
const size_t cn_demo_event_name_count = CN_ARRAY_LEN(cn_demo_event_names);

/* 003: 15 accounts with $150K to $800K, $4.2M together.  In thousands of dollars. */
static const int64_t enterprise_arr[15] = { 800, 420, 420, 340, 300, 260, 240, 220,
                                            200, 190, 180, 170, 160, 150, 150 };

enum {
    MID_MARKET = 65,
    FORMER = 26
};

size_t cn_demo_book_size(enum cn_demo_book book, size_t self_service)
{
    if (book == CN_DEMO_ENTERPRISE) {
        return CN_ARRAY_LEN(enterprise_arr);
    }
    if (book == CN_DEMO_FORMER) {
        return FORMER;
    }
    return book == CN_DEMO_MID_MARKET ? MID_MARKET : self_service;
}

static uint64_t seed_of(uint64_t seed, uint64_t book, uint64_t index)
{
    struct cn_rng rng = { seed ^ book << 56 ^ index << 20 };
    return cn_rng_next(&rng);
}

static const char *pick(struct cn_rng *rng, const char *const *names, size_t count)
{
    return names[cn_rng_between(rng, 0, (int64_t)count - 1)];
}

static void write_key(struct cn_demo_account *account)
{
    size_t len = 0;
    for (const char *c = account->name; *c != '\0' && len < CN_DEMO_KEY_BYTES - 1; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            account->key[len++] = (char)(*c + ('a' - 'A'));
        } else if (*c == ' ') {
            account->key[len++] = '-';
        } else {
            account->key[len++] = *c;
        }
    }
    account->key[len] = '\0';
}

/* Names are short and ours; what did not fit would only shorten a made-up name. */
#define WRITE(array, ...) ((void)snprintf((array), sizeof(array), __VA_ARGS__))

static void make_enterprise(struct cn_demo_account *account, struct cn_rng *rng)
{
    WRITE(account->name, "%s", cn_demo_enterprise_names[account->index]);
    account->arr_minor = enterprise_arr[account->index] * 100000;
    account->seats = enterprise_arr[account->index] / 3;
    account->users = 18 + cn_rng_between(rng, 0, 14);
    account->tenure_days = 400 + cn_rng_between(rng, 0, 900); /* 2.4 years on average */
    account->renewal_days = cn_rng_between(rng, 20, 340);
    account->shape = account->index == 2       ? CN_DEMO_FADING
                     : account->index % 4 == 1 ? CN_DEMO_GROWING
                                               : CN_DEMO_STEADY;
    account->has_champion = true;
    account->has_sponsor = account->index % 5 != 4;
    account->open_tickets = account->index == 2 ? 3 : cn_rng_between(rng, 0, 1);
}

/* 003: 45 green, 15 yellow and 5 red of 65. */
static void make_mid_market(struct cn_demo_account *account, struct cn_rng *rng)
{
    enum {
        YELLOW_FROM = 1,
        RED_FROM = 15,
        GREEN_FROM = 20
    };
    WRITE(account->name, "%s", cn_demo_mid_market_names[account->index]);
    account->arr_minor = cn_rng_between(rng, 25, 75) * 100000;
    account->seats = 20 + cn_rng_between(rng, 0, 30);
    account->users = 9 + cn_rng_between(rng, 0, 7);
    account->tenure_days = 120 + cn_rng_between(rng, 0, 1000);
    account->renewal_days = cn_rng_between(rng, 15, 350);
    account->has_champion = true;
    account->has_sponsor = cn_rng_between(rng, 0, 9) < 7;
    account->shape = cn_rng_between(rng, 0, 2) == 0 ? CN_DEMO_GROWING : CN_DEMO_STEADY;
    if (account->index >= RED_FROM && account->index < GREEN_FROM) {
        account->shape = CN_DEMO_FALLING;
        account->has_champion = account->index % 2 == 0;
        account->champion_left_days = 30 + cn_rng_between(rng, 0, 60);
        account->has_sponsor = false;
        account->open_tickets = 2 + cn_rng_between(rng, 0, 3);
        account->has_critical_ticket = account->index % 2 == 0;
    } else if (account->index >= YELLOW_FROM && account->index < RED_FROM) {
        account->shape = CN_DEMO_FADING;
        account->has_sponsor = account->index % 3 == 0;
        account->open_tickets = 1 + cn_rng_between(rng, 0, 2);
    }
}

/* 003-28, as it stands before its champion leaves. */
static void make_techcorp(struct cn_demo_account *account)
{
    account->arr_minor = 4500000;
    account->seats = 40;
    account->users = 14;
    account->tenure_days = 274;
    account->renewal_days = 91;
    account->shape = CN_DEMO_FADING;
    account->has_champion = true;
    account->has_sponsor = false;
    account->open_tickets = 1;
    account->has_critical_ticket = false;
}

static void make_self_service(struct cn_demo_account *account, struct cn_rng *rng)
{
    const char *head = pick(rng, cn_demo_name_heads, cn_demo_name_head_count);
    const char *tail = pick(rng, cn_demo_name_tails, cn_demo_name_tail_count);
    WRITE(account->name, "%s%s %03zu", head, tail, account->index % 1000);
    account->arr_minor = cn_rng_between(rng, 4, 99) * 10000; /* $400 to $9,900 */
    account->seats = 2 + account->arr_minor / 60000;
    account->users = 1 + cn_rng_between(rng, 0, 2);
    account->tenure_days = 20 + cn_rng_between(rng, 0, 700);
    account->renewal_days = cn_rng_between(rng, 1, 364);
    int64_t draw = cn_rng_between(rng, 0, 99);
    account->shape = draw < 55   ? CN_DEMO_STEADY
                     : draw < 70 ? CN_DEMO_GROWING
                     : draw < 90 ? CN_DEMO_FADING
                                 : CN_DEMO_FALLING;
    account->has_champion = true;
    account->open_tickets = draw % 10 == 0 ? 1 : 0;
}

/* Use of most fades before they leave; every fourth is content until the day it leaves. */
static void make_former(struct cn_demo_account *account, struct cn_rng *rng)
{
    enum {
        CONTENT_OF = 4
    };
    WRITE(account->name, "%s", cn_demo_former_names[account->index]);
    account->arr_minor = cn_rng_between(rng, 21, 75) * 100000;
    account->seats = 20 + cn_rng_between(rng, 0, 30);
    account->users = 9 + cn_rng_between(rng, 0, 7);
    account->tenure_days = 560 + cn_rng_between(rng, 0, 700);
    account->left_days = 12 + (int64_t)account->index * 6 + cn_rng_between(rng, 0, 5);
    account->renewal_days = -account->left_days;
    account->fade_days = 120 + cn_rng_between(rng, 0, 70);
    account->has_champion = true;
    account->has_sponsor = cn_rng_between(rng, 0, 9) < 4;
    account->shape = account->index % CONTENT_OF == 3 ? CN_DEMO_STEADY : CN_DEMO_LEAVING;
}

void cn_demo_account_make(uint64_t seed, enum cn_demo_book book, size_t index,
                          struct cn_demo_account *account_out)
{
    assert(book < CN_DEMO_BOOK_COUNT &&
           index < cn_demo_book_size(book, CN_DEMO_SELF_SERVICE_ACCOUNTS_MAX));
    *account_out = (struct cn_demo_account){ .book = book,
                                             .index = index,
                                             .seed = seed_of(seed, (uint64_t)book, index) };
    struct cn_rng rng = { account_out->seed };
    if (book == CN_DEMO_ENTERPRISE) {
        make_enterprise(account_out, &rng);
    } else if (book == CN_DEMO_MID_MARKET) {
        make_mid_market(account_out, &rng);
        if (index == 0) {
            make_techcorp(account_out);
        }
    } else if (book == CN_DEMO_FORMER) {
        make_former(account_out, &rng);
    } else {
        make_self_service(account_out, &rng);
    }
    write_key(account_out);
    if (book == CN_DEMO_SELF_SERVICE) {
        WRITE(account_out->key, "self-%05zu", index);
    }
    WRITE(account_out->domain, "%s.example", account_out->key);
}

static int64_t leaving_level(const struct cn_demo_account *account, int64_t days_ago)
{
    int64_t before = days_ago - account->left_days;
    int64_t lately = before < account->fade_days ? account->fade_days - before : 0;
    return 1000 - lately * 880 / account->fade_days; /* down to an eighth on the last day */
}

/* Use of the product against its usual level, in thousandths. */
static int64_t level(const struct cn_demo_account *account, int64_t days_ago)
{
    int64_t lately = days_ago < 60 ? 60 - days_ago : 0; /* 0 to 60 days into the change */
    switch (account->shape) {
    case CN_DEMO_STEADY:
        return 1000;
    case CN_DEMO_GROWING:
        return 1100 - days_ago * 500 / CN_DEMO_HISTORY_DAYS;
    case CN_DEMO_FADING:
        return 1000 - lately * 6; /* down 36 % over 60 days */
    case CN_DEMO_FALLING:
        return 1000 - lately * 12; /* down 72 % */
    case CN_DEMO_LEAVING:
        return leaving_level(account, days_ago);
    case CN_DEMO_SHAPE_COUNT:
        break;
    }
    assert(false);
    return 0;
}

static int order_by_second(const void *a, const void *b)
{
    const struct cn_demo_event *x = a;
    const struct cn_demo_event *y = b;
    if (x->second != y->second) {
        return x->second < y->second ? -1 : 1;
    }
    return (x->user > y->user) - (x->user < y->user);
}

static bool is_weekend(int weekday)
{
    return weekday == 0 || weekday == 6;
}

size_t cn_demo_day(const struct cn_demo_account *account, int64_t days_ago, int weekday,
                   struct cn_demo_event *events_out)
{
    enum {
        FIRST_SECOND = 7 * 3600,
        LAST_SECOND = 19 * 3600,
        EVENTS_OF_A_USER_MAX = 5
    };
    if (days_ago >= account->tenure_days || days_ago < account->left_days) {
        return 0;
    }
    /* Self-service customers come now and then, others most working days. */
    int64_t usual = account->book == CN_DEMO_SELF_SERVICE ? 330 : 750;
    int64_t chance = usual * level(account, days_ago) / 1000;
    if (is_weekend(weekday)) {
        chance /= 6;
    }
    size_t count = 0;
    for (int64_t user = 0; user < account->users; user++) {
        struct cn_rng rng = { account->seed ^ (uint64_t)days_ago << 32 ^ (uint64_t)user };
        (void)cn_rng_next(&rng);
        if (cn_rng_between(&rng, 0, 999) >= chance) {
            continue;
        }
        int64_t actions = cn_rng_between(&rng, 1, EVENTS_OF_A_USER_MAX);
        int64_t second = cn_rng_between(&rng, FIRST_SECOND, LAST_SECOND);
        /* A fading account also uses fewer of the product's features. */
        int64_t features = 2 + level(account, days_ago) * 7 / 1000;
        int64_t last_name = features < (int64_t)cn_demo_event_name_count
                                ? features
                                : (int64_t)cn_demo_event_name_count - 1;
        for (int64_t i = 0; i < actions && count < CN_DEMO_DAY_EVENTS_MAX; i++) {
            events_out[count++] = (struct cn_demo_event){
                .second = second,
                .user = user,
                .name = i == 0 ? 0 : (size_t)cn_rng_between(&rng, 1, last_name),
            };
            second += cn_rng_between(&rng, 20, 900);
        }
    }
    qsort(events_out, count, sizeof(events_out[0]), order_by_second);
    return count;
}

void cn_demo_person_make(const struct cn_demo_account *account, int64_t user,
                         struct cn_demo_person *person_out)
{
    struct cn_rng rng = { account->seed ^ 0x70657273ULL ^ (uint64_t)user << 40 };
    const char *first = pick(&rng, cn_demo_first_names, cn_demo_first_name_count);
    const char *last = pick(&rng, cn_demo_last_names, cn_demo_last_name_count);
    WRITE(person_out->name, "%s %s", first, last);
    WRITE(person_out->email, "u%d@%s", (int)user, account->domain);
    if (user == 0) {
        WRITE(person_out->title, "Director of Analytics");
    } else if (user == 1) {
        WRITE(person_out->title, "VP Marketing");
    } else {
        WRITE(person_out->title, "%s", pick(&rng, cn_demo_titles, cn_demo_title_count));
    }
}

int64_t cn_demo_seats_used(const struct cn_demo_account *account, int64_t days_ago)
{
    int64_t used = account->seats * level(account, days_ago) / 1000 * 9 / 10;
    return used > 0 ? used : 1;
}
