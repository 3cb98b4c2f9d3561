/* What a column of the book rests on, in words, and how new that is: for explanations. */
#include <string.h>

#include "base/str.h"

#include "book/facts.h"
#include "frame/frame.h"

struct newest {
    int64_t upto_us;
    int64_t us;
};

static void later(struct newest *newest, int64_t then_us)
{
    if (then_us <= newest->upto_us && then_us > newest->us) {
        newest->us = then_us;
    }
}

/* The newest moment at which something behind the value became true. */
static int64_t newest_of(const struct cn_book_facts *facts, const struct fact_account *account,
                         int64_t upto_us, const char *rests_on)
{
    struct newest newest = { .upto_us = upto_us };
    if (strcmp(rests_on, "contracts") == 0) {
        const struct fact_contract *contracts = account->contracts.items;
        for (uint32_t i = 0; i < account->contracts.count; i++) {
            later(&newest, cn_tz_day_start(facts->tz, contracts[i].starts_on).us);
        }
    } else if (strcmp(rests_on, "people") == 0) {
        const struct fact_role *roles = account->roles.items;
        for (uint32_t i = 0; i < account->roles.count; i++) {
            later(&newest, roles[i].from_us);
            later(&newest, roles[i].to_us);
        }
    } else if (strcmp(rests_on, "tickets") == 0) {
        const struct fact_ticket *tickets = account->tickets.items;
        for (uint32_t i = 0; i < account->tickets.count; i++) {
            later(&newest, tickets[i].opened_us);
            later(&newest, tickets[i].solved_us);
        }
    } else if (strcmp(rests_on, "touches") == 0) {
        const struct fact_touch *touches = account->touches.items;
        for (uint32_t i = 0; i < account->touches.count; i++) {
            later(&newest, touches[i].at_us);
        }
    } else if (strcmp(rests_on, "a user's judgement") == 0) {
        const struct fact_sentiment *sentiments = account->sentiments.items;
        for (uint32_t i = 0; i < account->sentiments.count; i++) {
            later(&newest, sentiments[i].at_us);
        }
    }
    return newest.us;
}

/* When the trait became what it is. */
static int64_t newest_trait(const struct fact_account *account, int64_t upto_us, int32_t name)
{
    struct newest newest = { .upto_us = upto_us };
    const struct fact_trait *traits = account->traits.items;
    for (uint32_t i = 0; i < account->traits.count; i++) {
        if (traits[i].name == (uint32_t)name) {
            later(&newest, traits[i].at_us);
        }
    }
    return newest.us;
}

void cn_facts_rests_on(const struct cn_book_facts *facts, const struct cn_fill *what,
                       const char *rests_on, int32_t trait, struct cn_arena *arena,
                       struct cn_fact *fact)
{
    const struct fact_account *account =
        what->count > 0 ? cn_facts_find(facts, what->accounts[cn_fill_row(what, 0)]) : NULL;
    if (account == NULL) {
        return;
    }
    uint32_t count = strcmp(rests_on, "contracts") == 0 ? account->contracts.count
                     : strcmp(rests_on, "people") == 0  ? account->people.count
                     : strcmp(rests_on, "tickets") == 0 ? account->tickets.count
                     : strcmp(rests_on, "touches") == 0 ? account->touches.count
                                                        : 1;
    bool counted = count != 1 || (rests_on[0] != 'a' && rests_on[0] != 'g');
    fact->source =
        counted ? cn_number_text(arena, count, rests_on) : cn_arena_str(arena, cn_str_of(rests_on));
    fact->at.us = trait >= 0 ? newest_trait(account, what->now.us, trait)
                             : newest_of(facts, account, what->now.us, rests_on);
}
