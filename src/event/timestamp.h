/*
 * Times as senders of events write them; for event/ only.  Wider than base/time.h, which reads what
 * we write ourselves, and fast enough for one or two an event.
 */
#ifndef CAIRN_EVENT_TIMESTAMP_H
#define CAIRN_EVENT_TIMESTAMP_H

#include "base/base.h"

/* ISO 8601 in its extended form: a date, or a date and time to the minute, the second or any
 * fraction (cut at microseconds), with "Z", an offset or nothing (which is UTC).  Years 1970 to
 * 9999. */
CN_MUST_CHECK bool cn_timestamp_parse(cn_str text, cn_time *time_out);

/* Seconds since 1970, or milliseconds if that would lie beyond the year 5138. */
CN_MUST_CHECK bool cn_timestamp_of_number(double number, cn_time *time_out);

#endif
