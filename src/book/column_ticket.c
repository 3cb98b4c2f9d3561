/* What rules read of tickets: how many are open, how old they are, and which have been open for
 * long. */
#include <stdlib.h>

#include "book/column_at.h"

#define HOUR_US ((int64_t)3600 * 1000000)

struct ticket_figures {
    int64_t open;
    int64_t oldest_us; /* CN_NEVER_US without */
};

static struct ticket_figures open_tickets(const struct at *at, enum cn_ticket_priority at_least)
{
    const struct fact_ticket *tickets = at->account->tickets.items;
    struct ticket_figures figures = { .oldest_us = CN_NEVER_US };
    for (uint32_t i = 0; i < at->account->tickets.count; i++) {
        const struct fact_ticket *ticket = &tickets[i];
        if (ticket->priority >= at_least && has_happened(at, ticket->opened_us, ticket->known_us) &&
            !has_happened(at, ticket->solved_us, ticket->solved_known_us)) {
            figures.open++;
            figures.oldest_us =
                ticket->opened_us < figures.oldest_us ? ticket->opened_us : figures.oldest_us;
        }
    }
    return figures;
}

bool cn_value_open_tickets(const struct at *at, double *value_out)
{
    *value_out = (double)open_tickets(at, CN_TICKET_LOW).open;
    return true;
}

bool cn_value_critical_tickets_open(const struct at *at, double *value_out)
{
    *value_out = (double)open_tickets(at, CN_TICKET_CRITICAL).open;
    return true;
}

static double hours_since(const struct at *at, int64_t then_us)
{
    return then_us >= at->now_us ? 0 : (double)(at->now_us - then_us) / (double)HOUR_US;
}

bool cn_value_oldest_ticket_hours(const struct at *at, double *value_out)
{
    *value_out = hours_since(at, open_tickets(at, CN_TICKET_LOW).oldest_us);
    return true;
}

bool cn_value_oldest_critical_hours(const struct at *at, double *value_out)
{
    *value_out = hours_since(at, open_tickets(at, CN_TICKET_CRITICAL).oldest_us);
    return true;
}

static double opened_tickets(const struct at *at, enum cn_ticket_priority at_least)
{
    const struct fact_ticket *tickets = at->account->tickets.items;
    int64_t since = cn_tz_day_start(at->facts->tz, at->day - at->spec->args[0] + 1).us;
    int64_t count = 0;
    for (uint32_t i = 0; i < at->account->tickets.count; i++) {
        count += tickets[i].opened_us >= since && tickets[i].priority >= at_least &&
                 has_happened(at, tickets[i].opened_us, tickets[i].known_us);
    }
    return (double)count;
}

bool cn_value_tickets_opened(const struct at *at, double *value_out)
{
    *value_out = opened_tickets(at, CN_TICKET_LOW);
    return true;
}

bool cn_value_tickets_escalated(const struct at *at, double *value_out)
{
    *value_out = opened_tickets(at, CN_TICKET_HIGH);
    return true;
}

/* ---- open for so long ---- */

/* Opened again it is as old as it was: its clock goes on. */
static bool counts(const struct at *at, const struct fact_ticket *ticket,
                   enum cn_ticket_priority at_least)
{
    return ticket->priority >= at_least && has_happened(at, ticket->opened_us, ticket->known_us) &&
           !has_happened(at, ticket->solved_us, ticket->solved_known_us) &&
           at->now_us - ticket->opened_us >= at->spec->args[0] * HOUR_US;
}

static double count_open(const struct at *at, enum cn_ticket_priority at_least)
{
    const struct fact_ticket *tickets = at->account->tickets.items;
    int64_t count = 0;
    for (uint32_t i = 0; i < at->account->tickets.count; i++) {
        count += counts(at, &tickets[i], at_least);
    }
    return (double)count;
}

bool cn_value_tickets_open_for(const struct at *at, double *value_out)
{
    *value_out = count_open(at, CN_TICKET_LOW);
    return true;
}

bool cn_value_tickets_critical_for(const struct at *at, double *value_out)
{
    *value_out = count_open(at, CN_TICKET_CRITICAL);
    return true;
}

size_t cn_column_tickets(const struct at *at, enum cn_ticket_priority at_least,
                         struct cn_arena *arena, int64_t **ids_out)
{
    const struct fact_ticket *tickets = at->account->tickets.items;
    int64_t *ids = cn_arena_array(arena, int64_t, (size_t)at->account->tickets.count + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < at->account->tickets.count; i++) {
        if (counts(at, &tickets[i], at_least)) {
            ids[count++] = tickets[i].id;
        }
    }
    qsort(ids, count, sizeof(*ids), cn_order_i64);
    *ids_out = ids;
    return count;
}
