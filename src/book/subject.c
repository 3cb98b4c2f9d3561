#include "book/subject.h"

#include "base/str.h"

/* Whether `a` decides rather than `b`; both are candidates for an event at t. */
static bool is_better(const struct cn_claim *a, const struct cn_claim *b, cn_time t)
{
    bool a_before = a->at.us <= t.us;
    bool b_before = b->at.us <= t.us;
    if (a->rule != b->rule) {
        return a->rule < b->rule;
    }
    if (a_before != b_before) {
        return a_before;
    }
    if (a->at.us != b->at.us) {
        return a_before ? a->at.us > b->at.us : a->at.us < b->at.us;
    }
    return cn_str_compare(a->account_key, b->account_key) < 0;
}

/* Without candidates: the earliest of all, then as above. */
static bool is_earlier(const struct cn_claim *a, const struct cn_claim *b)
{
    if (a->at.us != b->at.us) {
        return a->at.us < b->at.us;
    }
    if (a->rule != b->rule) {
        return a->rule < b->rule;
    }
    return cn_str_compare(a->account_key, b->account_key) < 0;
}

const struct cn_claim *cn_claim_decide(const struct cn_claim *claims, size_t count, cn_time t,
                                       int64_t window_us)
{
    const struct cn_claim *best = NULL;
    const struct cn_claim *earliest = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct cn_claim *claim = &claims[i];
        /* at <= t + window, without overflow for the ends of time */
        bool is_candidate = claim->at.us <= t.us || claim->at.us - window_us <= t.us;
        if (is_candidate && (best == NULL || is_better(claim, best, t))) {
            best = claim;
        }
        if (earliest == NULL || is_earlier(claim, earliest)) {
            earliest = claim;
        }
    }
    return best != NULL ? best : earliest;
}
