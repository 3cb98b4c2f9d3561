/* What was told ahead of its moment: when it comes true, and for which accounts. */
#include "book/facts.h"

/* The earliest moment after `upto_us` that was still to come when it was told. */
static void expect(int64_t *due_us, int64_t at_us, int64_t known_us, int64_t upto_us)
{
    if (at_us > known_us && at_us > upto_us && at_us < *due_us) {
        *due_us = at_us;
    }
}

static int64_t due_of(const struct fact_account *account, int64_t upto_us)
{
    int64_t due = CN_NEVER_US;
    const struct fact_person *people = account->people.items;
    for (uint32_t i = 0; i < account->people.count; i++) {
        expect(&due, people[i].left_us, people[i].left_known_us, upto_us);
    }
    const struct fact_role *roles = account->roles.items;
    for (uint32_t i = 0; i < account->roles.count; i++) {
        expect(&due, roles[i].from_us, roles[i].known_us, upto_us);
        expect(&due, roles[i].to_us, roles[i].to_known_us, upto_us);
    }
    const struct fact_ticket *tickets = account->tickets.items;
    for (uint32_t i = 0; i < account->tickets.count; i++) {
        expect(&due, tickets[i].opened_us, tickets[i].known_us, upto_us);
        expect(&due, tickets[i].solved_us, tickets[i].solved_known_us, upto_us);
    }
    const struct fact_sentiment *sentiments = account->sentiments.items;
    for (uint32_t i = 0; i < account->sentiments.count; i++) {
        expect(&due, sentiments[i].at_us, sentiments[i].known_us, upto_us);
        expect(&due, sentiments[i].until_us, sentiments[i].until_known_us, upto_us);
    }
    const struct fact_trait *traits = account->traits.items;
    for (uint32_t i = 0; i < account->traits.count; i++) {
        expect(&due, traits[i].at_us, traits[i].known_us, upto_us);
    }
    return due;
}

static void expect_account(struct cn_book_facts *facts, struct fact_account *account)
{
    account->due_us = due_of(account, facts->due_upto_us);
    facts->due_us = account->due_us < facts->due_us ? account->due_us : facts->due_us;
}

void cn_facts_expect(struct cn_book_facts *facts, const int64_t *account_ids, size_t count)
{
    if (account_ids == NULL) {
        facts->due_us = CN_NEVER_US;
        for (size_t i = 0; i < facts->count; i++) {
            expect_account(facts, &facts->accounts[i]);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const uint64_t *place = cn_map_get(&facts->index, (uint64_t)account_ids[i]);
        if (place != NULL) {
            expect_account(facts, &facts->accounts[*place]);
        }
    }
}

size_t cn_book_facts_due(struct cn_book_facts *facts, cn_time now, struct cn_arena *arena,
                         int64_t **accounts_out)
{
    size_t count = 0;
    *accounts_out = NULL;
    (void)pthread_rwlock_wrlock(&facts->lock);
    if (facts->due_us <= now.us) {
        *accounts_out = cn_arena_array(arena, int64_t, facts->count + 1);
        facts->due_us = CN_NEVER_US;
        facts->due_upto_us = now.us;
        for (size_t i = 0; i < facts->count; i++) {
            if (facts->accounts[i].due_us <= now.us) {
                (*accounts_out)[count++] = facts->accounts[i].account_id;
                expect_account(facts, &facts->accounts[i]);
            } else if (facts->accounts[i].due_us < facts->due_us) {
                facts->due_us = facts->accounts[i].due_us;
            }
        }
    }
    (void)pthread_rwlock_unlock(&facts->lock);
    return count;
}
