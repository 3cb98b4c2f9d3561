/*
 * A unit of work on the book: who asks, when, and with what.  Made by whoever starts one - a
 * request, a job, a command - and passed down unchanged.
 *
 * Row scope is enforced here and nowhere else: a statement on the table `account` contains
 * CN_SEES_ACCOUNT, one on a table below it CN_SEES_CHILD, and has its first parameters bound by
 * cn_unit_bind_scope().  What is out of scope does not exist for the caller.
 */
#ifndef CAIRN_BOOK_UNIT_H
#define CAIRN_BOOK_UNIT_H

#include "base/arena.h"
#include "base/id.h"
#include "base/tz.h"

#include "sql/sql.h"

typedef struct cn_user_id {
    int64_t value;
} cn_user_id;
#define CN_USER_PREFIX "user"

typedef struct cn_team_id {
    int64_t value;
} cn_team_id;
#define CN_TEAM_PREFIX "team"

typedef struct cn_account_id {
    int64_t value;
} cn_account_id;
#define CN_ACCOUNT_PREFIX "acct"

/* A user's role; what each may do is said route by route in api/, and of reading below. */
enum cn_role {
    CN_ROLE_VIEWER,
    CN_ROLE_CSM,
    CN_ROLE_LEADER,
    CN_ROLE_OPS,
    CN_ROLE_ADMIN,
    CN_ROLE_COUNT
};

/* Whose accounts are seen.  None is 0, so that what was not said is denied. */
enum cn_scope {
    CN_SCOPE_NONE,
    CN_SCOPE_OWN,
    CN_SCOPE_TEAM,
    CN_SCOPE_ALL,
    CN_SCOPE_COUNT
};

/* clang-format off */
/* Reading customers' data: whose, by role. */
#define CN_READERS { [CN_ROLE_ADMIN] = CN_SCOPE_ALL, [CN_ROLE_OPS] = CN_SCOPE_ALL, \
                     [CN_ROLE_LEADER] = CN_SCOPE_ALL, [CN_ROLE_CSM] = CN_SCOPE_TEAM, \
                     [CN_ROLE_VIEWER] = CN_SCOPE_TEAM }
/* clang-format on */

struct cn_unit {
    struct cn_sql_conn *conn;
    struct cn_arena *arena; /* results live in it */
    struct cn_id_source *ids;
    cn_user_id user; /* 0: Cairn itself */
    cn_team_id team;
    enum cn_scope scope;
    int node;               /* of this process, for the numbers of changes */
    cn_time now;            /* the only clock */
    const struct cn_tz *tz; /* of the workspace; NULL: UTC */
    int64_t mapping;        /* version of the subjects' mapping that the transaction makes; 0: each
                               claim makes one */
};

/* "viewer", "csm", "leader", "ops", "admin" and "none", "own", "team", "all"; index: the enum. */
extern const char *const cn_role_names[CN_ROLE_COUNT];
extern const char *const cn_scope_names[CN_SCOPE_COUNT];
CN_MUST_CHECK bool cn_role_parse(cn_str name, enum cn_role *role_out);
CN_MUST_CHECK bool cn_scope_parse(cn_str name, enum cn_scope *scope_out);

/* The less of what a user was granted and what their role has; of a team that there is not, their
 * own. */
enum cn_scope cn_scope_within(enum cn_scope granted, enum cn_scope by_role, cn_team_id team);

/* The account of the row is in scope: 3, 2, 1 are ALL, TEAM, OWN. */
#define CN_SEES_ACCOUNT "($1 = 3 OR ($1 = 2 AND team_id = $2) OR ($1 = 1 AND owner_id = $3))"

/* The same for a table that has an account_id and belongs to accounts. */
#define CN_SEES_CHILD \
    "($1 = 3 OR account_id IN (SELECT account_id FROM account WHERE " CN_SEES_ACCOUNT "))"

/* Binds $1 to $3; a statement's own parameters start at $4. */
void cn_unit_bind_scope(const struct cn_unit *unit, struct cn_sql_stmt *stmt);

/* Whether a user with this scope, team and id sees an account of that team and owner: the predicate
 * above for what is held in memory.  0 is nobody. */
bool cn_unit_sees(const struct cn_unit *unit, int64_t team_id, int64_t owner_id);

/* The day of unit->now in the workspace's zone. */
int64_t cn_unit_day(const struct cn_unit *unit);

#endif
