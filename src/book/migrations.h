/*
 * The book's own part of the migrations of set `main`, enough for its tests.  The program applies
 * all parts together (cli/).
 */
#ifndef CAIRN_BOOK_MIGRATIONS_H
#define CAIRN_BOOK_MIGRATIONS_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_book_migrations[];
extern const size_t cn_book_migrations_count;

#endif
