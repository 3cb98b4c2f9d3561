#include "engine/then.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/str.h"

#include "book/fold.h"
#include "segment/history.h"

enum {
    TREND_DAYS = 28
};

/* ---- reading ---- */

struct reading {
    const struct cn_unit *unit;
    struct cn_then *then;
    struct cn_map index; /* account id to place */
};

static struct cn_then_account *find(const struct reading *reading, int64_t account_id)
{
    const uint64_t *place = cn_map_get(&reading->index, (uint64_t)account_id);
    return place != NULL ? &reading->then->items[*place] : NULL;
}

static void take_score(void *arg, const struct cn_score_then *score)
{
    struct reading *reading = arg;
    struct cn_then_account *account = find(reading, score->account_id);
    if (account == NULL) {
        return; /* out of scope, or not there yet */
    }
    const int64_t open_tickets = account->record.account.derived.open_tickets;
    struct cn_account_derived *derived = &account->record.account.derived;
    *derived = score->derived;
    derived->scorecard = cn_arena_str(reading->unit->arena, score->derived.scorecard);
    derived->open_tickets = open_tickets;
    account->is_backfilled = score->is_backfilled && derived->points_given == CN_GIVEN;
    reading->then->backfilled += account->is_backfilled;
}

static void take_placement(void *arg, int64_t account_id, cn_str placement)
{
    struct reading *reading = arg;
    struct cn_then_account *account = find(reading, account_id);
    if (account != NULL) {
        account->placement = cn_arena_str(reading->unit->arena, placement);
    }
}

static void take_records(struct reading *reading, const struct cn_account_then_list *records)
{
    struct cn_then *then = reading->then;
    bool was_new = false;
    then->items = cn_arena_array(reading->unit->arena, struct cn_then_account, records->count);
    then->count = records->count;
    for (size_t i = 0; i < records->count; i++) {
        then->items[i] =
            (struct cn_then_account){ .record = records->items[i], .placement = CN_STR("") };
        *cn_map_put(&reading->index, (uint64_t)records->items[i].account.id.value, &was_new) = i;
    }
}

bool cn_then_load(const struct cn_unit *unit, const struct cn_then_ask *ask,
                  struct cn_then *then_out, struct cn_error *err)
{
    struct cn_then then = { .at = ask->at, .tz = ask->tz };
    struct reading reading = { .unit = unit, .then = &then };
    struct cn_account_then_list records;
    const int64_t day = cn_tz_day(ask->tz, ask->at);
    const struct cn_scores_ask scores = {
        .at = ask->at,
        .before = cn_tz_day_start(ask->tz, day - TREND_DAYS),
        .only = ask->only.value,
        .effective = ask->effective,
    };
    if (!cn_accounts_then(unit, ask->at, ask->only, &records, err)) {
        return false;
    }
    take_records(&reading, &records);
    const bool ok =
        then.count == 0 || (cn_scores_then(unit->conn, &scores, take_score, &reading, err) &&
                            cn_placement_each_held(unit->conn, ask->at, ask->only.value,
                                                   take_placement, &reading, err));
    cn_map_deinit(&reading.index);
    if (ok) {
        then.total = (int64_t)then.count;
        *then_out = then;
    }
    return ok || cn_error_context(err, "reading the book as it was");
}

/* ---- narrowing ---- */

static bool contains(cn_str text, cn_str word)
{
    return word.len <= text.len && memmem(text.ptr, text.len, word.ptr, word.len) != NULL;
}

static bool holds_word(const struct cn_unit *unit, const struct cn_account *account, cn_str word)
{
    return contains(cn_fold(unit->arena, account->name), word) ||
           contains(cn_fold(unit->arena, account->external_id), word) ||
           contains(account->domain, word);
}

static bool holds_words(const struct cn_unit *unit, const struct cn_account *account, cn_str words)
{
    cn_str word;
    while (cn_str_split(&words, ' ', &word)) {
        if (word.len > 0 && !holds_word(unit, account, word)) {
            return false;
        }
    }
    return true;
}

/* In all of the sets, and in none of those with "!". */
static bool stands_in(cn_str placement, const struct cn_account_filter *filter)
{
    for (size_t i = 0; i < filter->placement_count; i++) {
        const bool is_not = cn_str_starts_with(filter->placements[i], CN_STR("!"));
        cn_str name =
            cn_str_slice(filter->placements[i], is_not ? 1 : 0, filter->placements[i].len);
        cn_str kind = CN_STR("");
        (void)cn_str_split(&name, ':', &kind); /* filters have both */
        if (cn_placement_holds(placement, kind, name) == is_not) {
            return false;
        }
    }
    return true;
}

static bool is_of_owner(const struct cn_account *account, const struct cn_account_filter *filter)
{
    return filter->without_owner
               ? account->owner_id_given != CN_GIVEN
               : filter->owner_id.value == 0 || account->owner_id.value == filter->owner_id.value;
}

static bool is_scored_by(const struct cn_account_derived *derived, cn_str scorecard)
{
    return scorecard.len == 0 ||
           (cn_str_equal(scorecard, CN_STR("none")) ? derived->points_given != CN_GIVEN
                                                    : cn_str_equal(scorecard, derived->scorecard));
}

static bool renews_by(const struct cn_account *account, int64_t day)
{
    return account->renewal_on_given == CN_GIVEN && account->renewal_on <= day;
}

/* As book/portfolio.h defines it; until is 0: any. */
static bool is_at_risk(const struct cn_account *account, int64_t until)
{
    const enum cn_band band = account->derived.band;
    return until == 0 || band == CN_BAND_RED ||
           (band == CN_BAND_YELLOW && renews_by(account, until));
}

static bool is_among(const struct cn_account_filter *filter, cn_account_id id)
{
    return filter->only == NULL ||
           (filter->only_count > 0 && bsearch(&id.value, filter->only, filter->only_count,
                                              sizeof(*filter->only), cn_order_i64) != NULL);
}

static bool matches(const struct cn_unit *unit, const struct cn_then_filter *filter, cn_str words,
                    const struct cn_then_account *one)
{
    const struct cn_account *account = &one->record.account;
    const struct cn_account_filter *list = &filter->list;
    return (list->bands == 0 || (list->bands & (1U << account->derived.band)) != 0) &&
           is_of_owner(account, list) && is_scored_by(&account->derived, filter->scorecard) &&
           (list->renewal_until == 0 || renews_by(account, list->renewal_until)) &&
           is_at_risk(account, list->risk_until) &&
           (!filter->overridden || account->derived.override_given == CN_GIVEN) &&
           (!filter->left || (one->record.has_left && one->record.left_on >= filter->left_since)) &&
           is_among(list, account->id) && stands_in(one->placement, list) &&
           holds_words(unit, account, words);
}

/* ---- sorting ---- */

/* What an account is sorted by: a number or a text; none sorts last either way. */
struct key {
    struct cn_then_account *account;
    bool has;
    int64_t number;
    cn_str text;
    bool is_down;
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    int order = 0;
    if (x->has != y->has) {
        return x->has ? -1 : 1;
    }
    if (x->has) {
        order = cn_str_compare(x->text, y->text);
        order = order != 0 ? order : cn_order_i64(&x->number, &y->number);
        order = x->is_down ? -order : order;
    }
    return order != 0 ? order
                      : cn_order_i64(&x->account->record.account.id.value,
                                     &y->account->record.account.id.value);
}

static cn_str owner_name(const struct cn_user_list *users, cn_user_id id)
{
    for (size_t i = 0; users != NULL && i < users->count; i++) {
        if (users->items[i].id.value == id.value) {
            return users->items[i].name;
        }
    }
    return CN_STR("");
}

static void set_number(struct key *key, enum cn_given given, int64_t number)
{
    key->has = given == CN_GIVEN;
    key->number = number;
}

static void set_text(struct key *key, cn_str text)
{
    key->has = text.len > 0;
    key->text = text;
}

static struct key key_of(const struct cn_unit *unit, const struct cn_account_filter *filter,
                         struct cn_then_account *one)
{
    const struct cn_account *account = &one->record.account;
    const struct cn_account_derived *derived = &account->derived;
    struct key key = { .account = one, .text = CN_STR(""), .is_down = filter->descending };
    switch (filter->sort) {
    case CN_SORT_NAME:
        set_text(&key, cn_fold(unit->arena, account->name));
        break;
    case CN_SORT_OWNER:
        set_text(&key, owner_name(filter->users, account->owner_id));
        break;
    case CN_SORT_SCORE:
        set_number(&key, derived->points_given, derived->points);
        break;
    case CN_SORT_TREND:
        set_number(&key, derived->trend_given, derived->trend);
        break;
    case CN_SORT_ARR:
        set_number(&key, account->arr_given, account->arr.minor);
        break;
    case CN_SORT_RENEWAL:
        set_number(&key, account->renewal_on_given, account->renewal_on);
        break;
    case CN_SORT_OPEN_TICKETS:
        set_number(&key, one->record.has_tickets ? CN_GIVEN : CN_NULL, derived->open_tickets);
        break;
    case CN_SORT_CREATED:
        set_number(&key, CN_GIVEN, account->created_at.us);
        break;
    case CN_SORT_LAST_ACTIVITY: /* not known of then */
    case CN_SORT_COUNT:
        break;
    }
    return key;
}

/* The first row of the page; false if the account that the page before ended with is not there. */
static bool find_start(const struct cn_account_filter *filter, const struct key *keys, size_t count,
                       size_t *start_out)
{
    size_t start = (size_t)filter->offset;
    if (filter->after.value != 0) {
        start = 0;
        while (start < count &&
               keys[start].account->record.account.id.value != filter->after.value) {
            start++;
        }
        if (start == count) {
            return false;
        }
        start++;
    }
    *start_out = start < count ? start : count;
    return true;
}

static int64_t count_backfilled(const struct key *keys, size_t count)
{
    int64_t backfilled = 0;
    for (size_t i = 0; i < count; i++) {
        backfilled += keys[i].account->is_backfilled;
    }
    return backfilled;
}

bool cn_then_list(const struct cn_unit *unit, const struct cn_then_filter *filter,
                  struct cn_then *then, struct cn_error *err)
{
    const cn_str words = cn_fold(unit->arena, filter->list.query);
    struct key *keys = cn_arena_array(unit->arena, struct key, then->count);
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i < then->count; i++) {
        if (matches(unit, filter, words, &then->items[i])) {
            keys[count++] = key_of(unit, &filter->list, &then->items[i]);
        }
    }
    if (count > 0) {
        qsort(keys, count, sizeof(*keys), by_key);
    }
    if (!find_start(&filter->list, keys, count, &start)) {
        cn_fail(err, CN_MALFORMED, "the account that the page ended with was not there then");
        return cn_error_field(err, "cursor");
    }
    const size_t rest = count - start;
    const size_t length = rest < (size_t)filter->list.limit ? rest : (size_t)filter->list.limit;
    struct cn_then_account *page = cn_arena_array(unit->arena, struct cn_then_account, length);
    for (size_t i = 0; i < length; i++) {
        page[i] = *keys[start + i].account;
    }
    then->total = (int64_t)count;
    then->backfilled = count_backfilled(keys, count);
    then->items = page;
    then->count = length;
    return true;
}

/* ---- figures ---- */

void cn_then_portfolio(struct cn_then *then, cn_user_id owner_id, cn_str currency,
                       struct cn_portfolio *portfolio_out)
{
    const struct cn_account_filter owned = { .owner_id = owner_id };
    const int64_t today = cn_tz_day(then->tz, then->at);
    struct cn_portfolio portfolio = { 0 };
    then->backfilled = 0;
    for (size_t i = 0; i < then->count; i++) {
        const struct cn_account *account = &then->items[i].record.account;
        const struct cn_account_derived *derived = &account->derived;
        if (!is_of_owner(account, &owned)) {
            continue;
        }
        then->backfilled += then->items[i].is_backfilled;
        const struct cn_portfolio_account one = {
            .band = derived->band,
            .is_grey = derived->grey && derived->band != CN_BAND_NONE,
            .is_overridden = derived->override_given == CN_GIVEN,
            .has_left = then->items[i].record.has_left,
            .has_arr = account->arr_given == CN_GIVEN,
            .is_other_currency = !cn_str_equal(cn_str_of(account->arr.currency), currency),
            .arr_minor = account->arr.minor,
            .has_renewal = account->renewal_on_given == CN_GIVEN,
            .days_to_renewal = account->renewal_on - today,
        };
        cn_portfolio_add(&portfolio, &one);
    }
    *portfolio_out = portfolio;
}
