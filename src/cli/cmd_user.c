#include "base/str.h"
#include "base/time.h"

#include "book/name.h"
#include "book/session.h"
#include "book/user.h"
#include "cli/commands.h"
#include "cli/record.h"
#include "net/mime.h"

static bool parse_role(const struct cn_command_env *env, struct cn_user_new *user,
                       struct cn_error *err)
{
    const char *role = cn_command_value(env, "role");
    const char *scope = cn_command_value(env, "scope");
    user->role = CN_ROLE_CSM;
    user->scope = CN_SCOPE_ALL;
    if (role != NULL && !cn_role_parse(cn_str_of(role), &user->role)) {
        return cn_fail(err, CN_MALFORMED, "a role is viewer, csm, leader, ops or admin");
    }
    if (scope != NULL &&
        (!cn_scope_parse(cn_str_of(scope), &user->scope) || user->scope == CN_SCOPE_NONE)) {
        return cn_fail(err, CN_MALFORMED, "a scope is own, team or all");
    }
    return true;
}

static bool add(const struct cn_command_env *env, const struct cn_unit *unit, const void *arg,
                struct cn_error *err)
{
    struct cn_user_new new_user = *(const struct cn_user_new *)arg;
    const char *team = cn_command_value(env, "team");
    struct cn_user user;
    if ((team != NULL && !cn_team_ensure(unit, cn_str_of(team), &new_user.team_id, err)) ||
        !cn_user_create(unit, &new_user, &user, err)) {
        return false;
    }
    /* A failure shows when standard output is flushed. */
    (void)fprintf(env->out, "Added %.*s as %s.\n", CN_STR_ARG(user.email),
                  cn_role_names[user.role]);
    return true;
}

static bool run_add(const struct cn_command_env *env, struct cn_error *err)
{
    const char *name = cn_command_value(env, "name");
    const char *team = cn_command_value(env, "team");
    struct cn_user_new new_user = { .email = cn_str_of(env->operands[0]),
                                    .name = cn_str_of(name != NULL ? name : env->operands[0]) };
    if (!cn_mail_address(new_user.email, &new_user.email, err)) {
        return cn_fail(err, CN_MALFORMED, "\"%s\" is not an e-mail address", env->operands[0]);
    }
    return cn_check_name("--name", new_user.name, err) &&
           (team == NULL || cn_check_name("--team", cn_str_of(team), err)) &&
           parse_role(env, &new_user, err) &&
           cn_record_password(env, &new_user.password_hash, err) &&
           cn_record_run(env, add, &new_user, err);
}

static const struct cn_option add_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    { "name", "NAME", "As others see it (default: the address)" },
    { "role", "ROLE", "viewer, csm, leader, ops or admin (default: csm)" },
    { "scope", "SCOPE", "Whose accounts: own, team or all (default: all)" },
    { "team", "TEAM", "Made if there is none of that name" },
    CN_OPTION_HASHED,
};

const struct cn_command cn_cmd_user_add = {
    .name = "user add",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .options = add_options,
    .option_count = CN_ARRAY_LEN(add_options),
    .doc = "Add somebody who works with Cairn",
    .help = "Asks for a password, or reads it from standard input.\n\n"
            "Somebody sees what both the scope and the role allow: admin, ops and leader all\n"
            "accounts; csm and viewer those of their team, whose owners are in it. admin and ops\n"
            "change all of them, a leader those of the team, a csm their own, a viewer none.",
    .run = run_add,
};

/* Characters, so that columns stand below each other. */
static int width_of(cn_str text)
{
    int width = 0;
    for (size_t i = 0; i < text.len; i++) {
        width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    }
    return width;
}

static void print_column(FILE *out, cn_str text, int width)
{
    /* A failure shows when standard output is flushed. */
    (void)fprintf(out, "%.*s%*s", CN_STR_ARG(text), width - width_of(text) + 1, "");
}

static cn_str team_of(const struct cn_team_list *teams, cn_team_id id)
{
    for (size_t i = 0; i < teams->count; i++) {
        if (teams->items[i].id.value == id.value) {
            return teams->items[i].name;
        }
    }
    return CN_STR("-");
}

/* "2026-11-24T09:30": when the user was last seen in a session that has not ended, "-" without one.
 */
static bool seen(const struct cn_unit *unit, cn_user_id id, cn_str *seen_out, struct cn_error *err)
{
    char text[CN_TIME_TEXT_BYTES];
    struct cn_session_list sessions;
    if (!cn_session_list(unit, id, unit->now.us, &sessions, err)) {
        return false;
    }
    *seen_out = CN_STR("-");
    if (sessions.count > 0) {
        cn_time_format(sessions.items[0].seen_at, text);
        *seen_out = cn_arena_str(unit->arena, cn_str_slice(cn_str_of(text), 0, 16));
    }
    return true;
}

static bool list(const struct cn_command_env *env, const struct cn_unit *unit, const void *arg,
                 struct cn_error *err)
{
    (void)arg;
    struct cn_user_list users;
    struct cn_team_list teams;
    int email_width = 0;
    int team_width = 0;
    if (!cn_user_list(unit, &users, err) || !cn_team_list(unit, &teams, err)) {
        return false;
    }
    for (size_t i = 0; i < users.count; i++) {
        const int email = width_of(users.items[i].email);
        const int team = width_of(team_of(&teams, users.items[i].team_id));
        email_width = email > email_width ? email : email_width;
        team_width = team > team_width ? team : team_width;
    }
    for (size_t i = 0; i < users.count; i++) {
        const struct cn_user *user = &users.items[i];
        cn_str at;
        if (!seen(unit, user->id, &at, err)) {
            return false;
        }
        print_column(env->out, user->email, email_width);
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%-6s %-4s ", cn_role_names[user->role],
                      cn_scope_names[user->scope]);
        print_column(env->out, at, 16);
        print_column(env->out, team_of(&teams, user->team_id), team_width);
        (void)fprintf(env->out, "%.*s%s\n", CN_STR_ARG(user->name),
                      user->is_disabled ? " (disabled)" : "");
    }
    return true;
}

static bool run_list(const struct cn_command_env *env, struct cn_error *err)
{
    return cn_record_run(env, list, NULL, err);
}

static const struct cn_option record_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
};

const struct cn_command cn_cmd_user_list = {
    .name = "user list",
    .operands = "",
    .options = record_options,
    .option_count = CN_ARRAY_LEN(record_options),
    .doc = "List the users with role, scope and team",
    .help =
        "A line has address, role, scope, when they were last seen (UTC) in a session that has\n"
        "not ended, team and name; \"-\" where there is none.",
    .run = run_list,
};

static bool set_password(const struct cn_command_env *env, const struct cn_unit *unit,
                         const void *arg, struct cn_error *err)
{
    const cn_str *hash = arg;
    struct cn_user user;
    return cn_record_user(env, unit, &user, err) && cn_user_set_password(unit, user.id, *hash, err);
}

static bool run_password(const struct cn_command_env *env, struct cn_error *err)
{
    cn_str hash;
    return cn_record_password(env, &hash, err) && cn_record_run(env, set_password, &hash, err);
}

static const struct cn_option password_options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    CN_OPTION_HASHED,
};

const struct cn_command cn_cmd_user_password = {
    .name = "user password",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .options = password_options,
    .option_count = CN_ARRAY_LEN(password_options),
    .doc = "Set a user's password and end all their sessions",
    .help = "Asks for the new password, or reads it from standard input.",
    .run = run_password,
};

static bool disable(const struct cn_command_env *env, const struct cn_unit *unit, const void *arg,
                    struct cn_error *err)
{
    (void)arg;
    struct cn_user user;
    return cn_record_user(env, unit, &user, err) && cn_user_disable(unit, user.id, err);
}

static bool run_disable(const struct cn_command_env *env, struct cn_error *err)
{
    return cn_record_run(env, disable, NULL, err);
}

const struct cn_command cn_cmd_user_disable = {
    .name = "user disable",
    .operands = "EMAIL",
    .operands_min = 1,
    .operands_max = 1,
    .options = record_options,
    .option_count = CN_ARRAY_LEN(record_options),
    .doc = "Keep a user from signing in",
    .run = run_disable,
};
