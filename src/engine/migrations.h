/* All migrations of set `main`, built in, whichever folder they are for; see sql/migrate.h. */
#ifndef CAIRN_ENGINE_MIGRATIONS_H
#define CAIRN_ENGINE_MIGRATIONS_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_main_migrations[];
extern const size_t cn_main_migrations_count;

#endif
