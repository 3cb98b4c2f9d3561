#include "metric/fact.h"

#include "base/hash.h"
#include "base/tz.h"

#include "event/event.h"

/* A user is told from an anonymous id that happens to read the same. */
static uint64_t user_of(const struct cn_event *event)
{
    cn_str key = event->user_key.len > 0 ? event->user_key : event->anonymous_key;
    if (key.len == 0) {
        return 0;
    }
    uint64_t hash = cn_hash128_of(key, event->user_key.len > 0 ? 1 : 2).lo;
    return hash != 0 ? hash : 1;
}

bool cn_metric_fact_from(const struct cn_event *event, int64_t account_id, const struct cn_tz *tz,
                         struct cn_metric_fact *fact_out)
{
    bool is_group = event->type == CN_EVENT_GROUP;
    if (!is_group && event->type != CN_EVENT_TRACK && event->type != CN_EVENT_PAGE &&
        event->type != CN_EVENT_SCREEN) {
        return false;
    }
    *fact_out = (struct cn_metric_fact){
        .account_id = account_id,
        .day = cn_tz_day(tz, event->at),
        .at = event->at,
        .tie = (int64_t)event->id.hi,
        .kind = is_group ? CN_FACT_TRAITS : CN_FACT_EVENT,
        .name = event->name,
        .user = user_of(event),
        .payload = event->payload,
    };
    return true;
}
