/* What the files of api/ share about signals.  Internal to api/. */
#ifndef CAIRN_API_SIGNALS_H
#define CAIRN_API_SIGNALS_H

#include "json/field.h"
#include "signal/inbox.h"

/* Of a struct cn_signal. */
extern const struct cn_fields cn_signal_fields;
extern const struct cn_names cn_signal_outcomes;

struct cn_signal_path {
    cn_signal_id signal_id;
};
extern const struct cn_fields cn_signal_path_fields;

#endif
