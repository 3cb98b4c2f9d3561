#ifndef CAIRN_BASE_PARSE_H
#define CAIRN_BASE_PARSE_H

#include "base/base.h"

/* Text to number, the whole text or nothing: no blanks, no "+", no silent zero. */
CN_MUST_CHECK bool cn_parse_i64(cn_str text, int64_t *value_out);

/* A decimal number as JSON writes it ("-1.5e3"); no blanks, no "inf", no hexadecimal.  False too
 * where it is too large for a double. */
CN_MUST_CHECK bool cn_parse_f64(cn_str text, double *value_out);

/* "250ms", "5s", "10m", "1h", "30d" to milliseconds; a unit is required, except for "0". */
CN_MUST_CHECK bool cn_parse_duration_ms(cn_str text, int64_t *value_out);

#endif
