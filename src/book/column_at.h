/*
 * The moment for which a column of the book is filled, and what has come true by then.  Only
 * book/column*.c include this header.
 */
#ifndef CAIRN_BOOK_COLUMN_AT_H
#define CAIRN_BOOK_COLUMN_AT_H

#include "book/facts.h"

/* The moment that is asked about, for one account. */
struct at {
    const struct cn_book_facts *facts;
    const struct fact_account *account;
    const struct cn_column_spec *spec;
    int64_t now_us;
    int64_t day;
    bool as_true;
    bool all_known;
};

/* Known to the one who asks: as true, everything is. */
static inline bool is_known(const struct at *at, int64_t known_us)
{
    return at->as_true || at->all_known || known_us <= at->now_us;
}

/* It has come and is known.  As known, what was told after it happened has come, even if the clock
 * was looked at a little before. */
static inline bool has_happened(const struct at *at, int64_t at_us, int64_t known_us)
{
    return is_known(at, known_us) &&
           (at_us <= at->now_us || (at->all_known && at_us <= known_us && at_us != CN_NEVER_US));
}

/* In book/column_judgement.c; false: missing. */
bool cn_value_sentiment(const struct at *at, double *value_out);
bool cn_value_sentiment_age_days(const struct at *at, double *value_out);

/* In book/column_touch.c. */
bool cn_value_days_since_touch(const struct at *at, double *value_out);
bool cn_value_touches_made(const struct at *at, double *value_out);
bool cn_value_touches_unasked(const struct at *at, double *value_out);

/* In book/column_ticket.c; the ids are those that the value counts, in the arena, ascending. */
bool cn_value_open_tickets(const struct at *at, double *value_out);
bool cn_value_critical_tickets_open(const struct at *at, double *value_out);
bool cn_value_oldest_ticket_hours(const struct at *at, double *value_out);
bool cn_value_oldest_critical_hours(const struct at *at, double *value_out);
bool cn_value_tickets_opened(const struct at *at, double *value_out);
bool cn_value_tickets_escalated(const struct at *at, double *value_out);
bool cn_value_tickets_open_for(const struct at *at, double *value_out);
bool cn_value_tickets_critical_for(const struct at *at, double *value_out);
size_t cn_column_tickets(const struct at *at, enum cn_ticket_priority at_least,
                         struct cn_arena *arena, int64_t **ids_out);

#endif
