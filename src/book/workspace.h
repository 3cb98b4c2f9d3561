/*
 * The workspace: the one row that says whose book this is, and named values that outlive a restart.
 */
#ifndef CAIRN_BOOK_WORKSPACE_H
#define CAIRN_BOOK_WORKSPACE_H

#include "book/unit.h"

struct cn_workspace_row {
    cn_str name;
    cn_str time_zone; /* fixed when the workspace is made */
    char currency[4]; /* of reports */
    bool is_demo;
    cn_time created_at;
};

/* Fails with CN_CONFLICT if there is one. */
CN_MUST_CHECK bool cn_workspace_row_create(const struct cn_unit *unit,
                                           const struct cn_workspace_row *row,
                                           struct cn_error *err);

/* Fails with CN_NOT_FOUND if the database has none yet. */
CN_MUST_CHECK bool cn_workspace_row_load(const struct cn_unit *unit,
                                         struct cn_workspace_row *row_out, struct cn_error *err);

/* "" if it was never saved. */
CN_MUST_CHECK bool cn_workspace_value_load(const struct cn_unit *unit, const char *name,
                                           cn_str *value_out, struct cn_error *err);
CN_MUST_CHECK bool cn_workspace_value_save(const struct cn_unit *unit, const char *name,
                                           cn_str value, struct cn_error *err);

/* The greatest id in any table, so that a clock that was set back repeats none. */
CN_MUST_CHECK bool cn_workspace_newest_id(const struct cn_unit *unit, int64_t *id_out,
                                          struct cn_error *err);

#endif
