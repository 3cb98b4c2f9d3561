/* What the files of api/ share about signals.  Internal to api/. */
#ifndef CAIRN_API_SIGNALS_H
#define CAIRN_API_SIGNALS_H

#include "api/core.h"
#include "json/field.h"
#include "signal/inbox.h"

/* Of a struct cn_signal. */
extern const struct cn_fields cn_signal_fields;
/* Of one signal with its tasks and history. */
extern const struct cn_fields cn_signal_detail_fields;
extern const struct cn_names cn_signal_outcomes;

struct cn_signal_path {
    cn_signal_id signal_id;
};
extern const struct cn_fields cn_signal_path_fields;

/* Fills a body of cn_signal_detail_fields. */
CN_MUST_CHECK bool cn_signal_detail(const struct cn_request *req, cn_signal_id id,
                                    struct cn_response *res, struct cn_error *err);

#endif
