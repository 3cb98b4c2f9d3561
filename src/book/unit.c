#include "book/unit.h"

#include "base/str.h"

_Static_assert(CN_SCOPE_OWN == 1 && CN_SCOPE_TEAM == 2 && CN_SCOPE_ALL == 3,
               "CN_SEES_ACCOUNT spells them as numbers");

const char *const cn_role_names[CN_ROLE_COUNT] = {
    [CN_ROLE_VIEWER] = "viewer", [CN_ROLE_CSM] = "csm",     [CN_ROLE_LEADER] = "leader",
    [CN_ROLE_OPS] = "ops",       [CN_ROLE_ADMIN] = "admin",
};

const char *const cn_scope_names[CN_SCOPE_COUNT] = {
    [CN_SCOPE_NONE] = "none",
    [CN_SCOPE_OWN] = "own",
    [CN_SCOPE_TEAM] = "team",
    [CN_SCOPE_ALL] = "all",
};

static bool find_name(const char *const *names, int count, cn_str name, int *index_out)
{
    for (int i = 0; i < count; i++) {
        if (cn_str_equal(name, cn_str_of(names[i]))) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

bool cn_role_parse(cn_str name, enum cn_role *role_out)
{
    int index = 0;
    if (!find_name(cn_role_names, CN_ROLE_COUNT, name, &index)) {
        return false;
    }
    *role_out = (enum cn_role)index;
    return true;
}

bool cn_scope_parse(cn_str name, enum cn_scope *scope_out)
{
    int index = 0;
    if (!find_name(cn_scope_names, CN_SCOPE_COUNT, name, &index)) {
        return false;
    }
    *scope_out = (enum cn_scope)index;
    return true;
}

enum cn_scope cn_scope_within(enum cn_scope granted, enum cn_scope by_role, cn_team_id team)
{
    const enum cn_scope scope = granted < by_role ? granted : by_role;
    return scope == CN_SCOPE_TEAM && team.value == 0 ? CN_SCOPE_OWN : scope;
}

void cn_unit_bind_scope(const struct cn_unit *unit, struct cn_sql_stmt *stmt)
{
    cn_sql_bind_i64(stmt, 1, (int64_t)unit->scope);
    cn_sql_bind_i64(stmt, 2, unit->team.value);
    cn_sql_bind_i64(stmt, 3, unit->user.value);
}

bool cn_unit_sees(const struct cn_unit *unit, int64_t team_id, int64_t owner_id)
{
    switch (unit->scope) {
    case CN_SCOPE_ALL:
        return true;
    case CN_SCOPE_TEAM:
        return team_id != 0 && team_id == unit->team.value;
    case CN_SCOPE_OWN:
        return owner_id != 0 && owner_id == unit->user.value;
    case CN_SCOPE_NONE:
    case CN_SCOPE_COUNT:
        break;
    }
    return false;
}

int64_t cn_unit_day(const struct cn_unit *unit)
{
    const int64_t day_us = (int64_t)86400 * 1000000;
    if (unit->tz != NULL) {
        return cn_tz_day(unit->tz, unit->now);
    }
    return unit->now.us / day_us - (unit->now.us % day_us < 0);
}
