/*
 * Names that people give: of users, teams, sources, keys, workspaces.
 *
 * Not here: names in programs (program/), and lengths that a request's table says.
 */
#ifndef CAIRN_BOOK_NAME_H
#define CAIRN_BOOK_NAME_H

#include "base/error.h"

enum {
    CN_NAME_MAX_BYTES = 200
};

/* Whether it is a name for people to read: UTF-8, no control characters, not blank.  `what` says
 * where it stands: "--name".  Fails with CN_MALFORMED. */
CN_MUST_CHECK bool cn_check_name(const char *what, cn_str name, struct cn_error *err);

#endif
