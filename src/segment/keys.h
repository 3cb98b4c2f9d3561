/* For segment/ only: the keys of its sections. */
#ifndef CAIRN_SEGMENT_KEYS_H
#define CAIRN_SEGMENT_KEYS_H

#include "segment/segment.h"

extern const struct cn_node_fields cn_segment_fields;
extern const struct cn_node_fields cn_segment_model_fields;
extern const struct cn_node_fields cn_coverage_fields;
extern const struct cn_node_fields cn_coverage_accounts_fields;
extern const struct cn_node_fields cn_coverage_colour_fields;
extern const struct cn_node_fields cn_coverage_touch_fields;
extern const struct cn_node_fields cn_lifecycle_fields;
extern const struct cn_node_fields cn_stage_fields;
extern const struct cn_node_fields cn_need_fields;
extern const struct cn_node_fields cn_goal_fields;

extern const struct cn_node_field cn_segments_value;
extern const struct cn_node_field cn_segment_models_value;
extern const struct cn_node_field cn_coverage_value;
extern const struct cn_node_field cn_lifecycle_value;

extern const char cn_segments_example[];
extern const char cn_segment_models_example[];
extern const char cn_coverage_example[];
extern const char cn_lifecycle_example[];

#endif
