/*
 * Reading raw segments, the kind that is written; for event/segment.c and event/raw.c only.
 */
#ifndef CAIRN_EVENT_RAW_H
#define CAIRN_EVENT_RAW_H

#include "event/segment.h"

extern const struct cn_segment_kind cn_segment_raw;

#endif
