/*
 * The event folder's own parts of the migrations of the sets `main` and `eventpg` (PostgreSQL
 * alone).  The program applies all parts of a set together (cli/).
 */
#ifndef CAIRN_EVENT_MIGRATIONS_H
#define CAIRN_EVENT_MIGRATIONS_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_event_migrations[];
extern const size_t cn_event_migrations_count;

extern const struct cn_embedded_file cn_eventpg_migrations[];
extern const size_t cn_eventpg_migrations_count;

#endif
