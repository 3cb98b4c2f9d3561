/* For health/ only: the keys of a scorecard. */
#ifndef CAIRN_HEALTH_KEYS_H
#define CAIRN_HEALTH_KEYS_H

#include "program/node.h"

extern const struct cn_node_fields cn_health_card_fields;
extern const struct cn_node_fields cn_health_group_fields;
extern const struct cn_node_fields cn_health_measure_fields;
extern const struct cn_node_fields cn_health_exception_fields; /* one_of: as cn_exception_kind */
extern const struct cn_node_fields cn_health_band_fields;
extern const struct cn_node_fields cn_health_children_fields; /* take: as cn_children, less 1 */

extern const struct cn_node_field cn_health_card; /* the whole file */
extern const char cn_health_example[];

#endif
