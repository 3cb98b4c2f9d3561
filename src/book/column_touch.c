/* What rules read of touches: how long ago the last one was, and how many there were. */
#include "book/column_at.h"

/* Withdrawn, it never was; as known, that counts from when we were told. */
static bool counts(const struct at *at, const struct fact_touch *touch)
{
    bool is_withdrawn = at->as_true ? touch->withdrawn_us != CN_NEVER_US
                                    : has_happened(at, touch->withdrawn_us, touch->withdrawn_us);
    return has_happened(at, touch->at_us, touch->known_us) && !is_withdrawn;
}

bool cn_value_days_since_touch(const struct at *at, double *value_out)
{
    const struct fact_touch *touches = at->account->touches.items;
    bool found = false;
    int64_t last_us = 0;
    for (uint32_t i = 0; i < at->account->touches.count; i++) {
        if (counts(at, &touches[i]) && (!found || touches[i].at_us > last_us)) {
            last_us = touches[i].at_us;
            found = true;
        }
    }
    *value_out = (double)(at->day - cn_tz_day(at->facts->tz, (cn_time){ last_us }));
    return found;
}

static double touches_since(const struct at *at, bool only_unasked)
{
    const struct fact_touch *touches = at->account->touches.items;
    int64_t since = cn_tz_day_start(at->facts->tz, at->day - at->spec->args[0] + 1).us;
    int64_t count = 0;
    for (uint32_t i = 0; i < at->account->touches.count; i++) {
        count += touches[i].at_us >= since && counts(at, &touches[i]) &&
                 !(only_unasked && touches[i].has_trigger);
    }
    return (double)count;
}

bool cn_value_touches_made(const struct at *at, double *value_out)
{
    *value_out = touches_since(at, false);
    return true;
}

bool cn_value_touches_unasked(const struct at *at, double *value_out)
{
    *value_out = touches_since(at, true);
    return true;
}
