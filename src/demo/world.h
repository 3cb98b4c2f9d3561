/*
 * The demo world: a made-up vendor's customers, as pure functions of a seed.
 *
 * Three books, after the source documents: 15 enterprise accounts worth $4.2M, 65 mid-market ones
 * with TechCorp of 003-28 among them, 8,000 self-service ones; and 26 that left within the last
 * half year, so that the back-test has something to tell.  What an account did on a day is computed
 * when asked for, so nothing is kept and every run of a seed gives the same world.
 *
 * Not here: how it gets into Cairn (demo/seed.h, demo/traffic.h).
 */
#ifndef CAIRN_DEMO_WORLD_H
#define CAIRN_DEMO_WORLD_H

#include "base/base.h"

enum cn_demo_book {
    CN_DEMO_ENTERPRISE,
    CN_DEMO_MID_MARKET,
    CN_DEMO_SELF_SERVICE,
    CN_DEMO_FORMER, /* those that left */
    CN_DEMO_BOOK_COUNT
};

/* How use of the product went over the last year. */
enum cn_demo_shape {
    CN_DEMO_STEADY,
    CN_DEMO_GROWING,
    CN_DEMO_FADING,  /* a third less than two months ago */
    CN_DEMO_FALLING, /* less than half of two months ago */
    CN_DEMO_LEAVING, /* ever less in the months before it left */
    CN_DEMO_SHAPE_COUNT
};

enum {
    CN_DEMO_NAME_BYTES = 48,
    CN_DEMO_KEY_BYTES = 32,
    CN_DEMO_HISTORY_DAYS = 365, /* of the small books */
    CN_DEMO_SELF_SERVICE_DAYS = 120,
    CN_DEMO_SELF_SERVICE_ACCOUNTS = 8000, /* unless somebody asks for another number */
    CN_DEMO_SELF_SERVICE_ACCOUNTS_MAX = 200000,
    CN_DEMO_DAY_EVENTS_MAX = 512 /* one account, one day */
};

struct cn_demo_account {
    enum cn_demo_book book;
    size_t index;                /* within its book */
    uint64_t seed;               /* of this account */
    char key[CN_DEMO_KEY_BYTES]; /* external id: "techcorp", "self-00042" */
    char name[CN_DEMO_NAME_BYTES];
    char domain[CN_DEMO_NAME_BYTES];
    int64_t arr_minor; /* US cents */
    int64_t seats;
    int64_t users; /* people who use the product */
    int64_t tenure_days;
    int64_t renewal_days; /* from today */
    int64_t left_days;    /* ago; 0: it is a customer */
    int64_t fade_days;    /* CN_DEMO_LEAVING: so long before it left use began to fade */
    enum cn_demo_shape shape;
    bool has_champion; /* still there */
    bool has_sponsor;
    int64_t champion_left_days; /* ago, where has_champion is false */
    int64_t open_tickets;
    bool has_critical_ticket;
};

/* One thing that a user did. */
struct cn_demo_event {
    int64_t second; /* of the local day */
    int64_t user;   /* 0 to users - 1 */
    size_t name;    /* index into cn_demo_event_names */
};

extern const char *const cn_demo_event_names[];
extern const size_t cn_demo_event_name_count;

/* How many accounts a book has.  The self-service book has as many as somebody asks for. */
size_t cn_demo_book_size(enum cn_demo_book book, size_t self_service);

void cn_demo_account_make(uint64_t seed, enum cn_demo_book book, size_t index,
                          struct cn_demo_account *account_out);

/* What the account's users did `days_ago` days before today (0: today), in the order of time; at
 * most CN_DEMO_DAY_EVENTS_MAX.  weekday: 0 is Sunday.  Nothing before the account's tenure. */
size_t cn_demo_day(const struct cn_demo_account *account, int64_t days_ago, int weekday,
                   struct cn_demo_event *events_out);

struct cn_demo_person {
    char name[CN_DEMO_NAME_BYTES];
    char email[CN_DEMO_NAME_BYTES * 2];
    char title[CN_DEMO_NAME_BYTES];
};

/* The account's user number `user`; 0 is the champion, 1 the executive sponsor. */
void cn_demo_person_make(const struct cn_demo_account *account, int64_t user,
                         struct cn_demo_person *person_out);

/* Seats in use as the product reported them `days_ago` days before today. */
int64_t cn_demo_seats_used(const struct cn_demo_account *account, int64_t days_ago);

#endif
