/*
 * Only cel/ and its tests include this.
 */
#ifndef CAIRN_CEL_CHECK_H
#define CAIRN_CEL_CHECK_H

#include "cel/parse.h"

/* cn_cel_check() for another dialect.  is_dynamic: types are not checked, and an unknown name is an
 * error of the evaluation; for the specification's tests of what is not checked. */
CN_MUST_CHECK bool cn_cel_check_dialect(struct cn_arena *arena, const struct cn_cel_schema *schema,
                                        cn_str source, const struct cn_cel_dialect *dialect,
                                        bool is_dynamic, struct cn_cel_expr **expr_out,
                                        struct cn_cel_problems *problems);

#endif
