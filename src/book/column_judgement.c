/* What rules read of judgements: the sentiment that is current at a moment. */
#include "book/column_at.h"

static const struct fact_sentiment *current_sentiment(const struct at *at)
{
    const struct fact_sentiment *sentiments = at->account->sentiments.items;
    const struct fact_sentiment *found = NULL;
    for (uint32_t i = 0; i < at->account->sentiments.count; i++) {
        const struct fact_sentiment *sentiment = &sentiments[i];
        if (has_happened(at, sentiment->at_us, sentiment->known_us) &&
            !has_happened(at, sentiment->until_us, sentiment->until_known_us)) {
            found = sentiment; /* the list is in the order of time */
        }
    }
    return found;
}

bool cn_value_sentiment(const struct at *at, double *value_out)
{
    const struct fact_sentiment *sentiment = current_sentiment(at);
    *value_out = sentiment != NULL ? (double)sentiment->value : 0;
    return sentiment != NULL;
}

bool cn_value_sentiment_age_days(const struct at *at, double *value_out)
{
    const struct fact_sentiment *sentiment = current_sentiment(at);
    if (sentiment == NULL) {
        return false;
    }
    *value_out = (double)(at->day - cn_tz_day(at->facts->tz, (cn_time){ sentiment->at_us }));
    return true;
}
