#include "engine/parts.h"

#include "book/departure.h"
#include "book/judgement.h"
#include "book/touch.h"
#include "health/part.h"
#include "segment/part.h"
#include "signal/part.h"

/* Rollups are no part: they are made anew from the log. */
const struct cn_account_part *const cn_account_parts[] = {
    &cn_person_part,  &cn_contract_part, &cn_ticket_part,    &cn_trait_part,
    &cn_history_part, &cn_health_part,   &cn_judgement_part, &cn_segment_part,
    &cn_signal_part,  &cn_touch_part,    &cn_departure_part,
};
const size_t cn_account_part_count = CN_ARRAY_LEN(cn_account_parts);
