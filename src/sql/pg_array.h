/* Arrays in PostgreSQL's binary format, for sql/postgres.c alone. */
#ifndef CAIRN_SQL_PG_ARRAY_H
#define CAIRN_SQL_PG_ARRAY_H

#include "base/arena.h"

#include "sql/sql.h"

/* In `arena`: numbers. */
cn_str cn_pg_array_of_ids(struct cn_arena *arena, const int64_t *ids, size_t count);

/* In `arena`: elements of the type that pg_type numbers so. */
cn_str cn_pg_array(struct cn_arena *arena, uint32_t type, const struct cn_sql_list *list);

#endif
