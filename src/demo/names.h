/* Made-up names, for demo/ only. */
#ifndef CAIRN_DEMO_NAMES_H
#define CAIRN_DEMO_NAMES_H

#include <stddef.h>

extern const char *const cn_demo_enterprise_names[15];
extern const char *const cn_demo_mid_market_names[65];
extern const char *const cn_demo_former_names[26];

extern const char *const cn_demo_first_names[];
extern const size_t cn_demo_first_name_count;
extern const char *const cn_demo_last_names[];
extern const size_t cn_demo_last_name_count;
extern const char *const cn_demo_titles[];
extern const size_t cn_demo_title_count;

/* Two halves of a small company's name. */
extern const char *const cn_demo_name_heads[];
extern const size_t cn_demo_name_head_count;
extern const char *const cn_demo_name_tails[];
extern const size_t cn_demo_name_tail_count;

#endif
