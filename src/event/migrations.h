/*
 * The event folder's own part of the migrations of set `main`.  The program applies all parts
 * together (cli/).
 */
#ifndef CAIRN_EVENT_MIGRATIONS_H
#define CAIRN_EVENT_MIGRATIONS_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_event_migrations[];
extern const size_t cn_event_migrations_count;

#endif
