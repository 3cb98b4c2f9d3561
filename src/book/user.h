/*
 * Users: who works with Cairn; and their teams.
 *
 * Not here: signing in (book/session.h), what a role may do (api/).
 */
#ifndef CAIRN_BOOK_USER_H
#define CAIRN_BOOK_USER_H

#include "book/unit.h"

enum {
    CN_USER_LIST_MAX = 5000,
    CN_PASSWORD_MIN_BYTES = 8,
    CN_PASSWORD_MAX_BYTES = 256,
};

struct cn_user {
    cn_user_id id;
    cn_str email;
    cn_str name;
    enum cn_role role;
    enum cn_scope scope; /* what the role's routes grant is cut to this */
    cn_team_id team_id;
    enum cn_given team_id_given;
    bool is_disabled;
    cn_time created_at;
    int64_t version;
};

struct cn_user_list {
    struct cn_user *items;
    size_t count;
};

struct cn_user_new {
    cn_str email;
    cn_str name;
    enum cn_role role;
    enum cn_scope scope;
    cn_team_id team_id;   /* 0: none */
    cn_str password_hash; /* of cn_user_hash_password(); "": cannot sign in with one */
};

/*
 * What is stored of a password, in the arena.  Takes 50 ms of CPU and 64 MiB on purpose: call it
 * before a transaction begins, since those who write wait for each other.  Fails with CN_INVALID
 * (field password) unless it has CN_PASSWORD_MIN_BYTES to CN_PASSWORD_MAX_BYTES, CN_UNAVAILABLE if
 * there is no memory for it.
 */
CN_MUST_CHECK bool cn_user_hash_password(struct cn_arena *arena, cn_str password, cn_str *hash_out,
                                         struct cn_error *err);

/* Takes a hash that somebody else made, of any cost, copied to the arena.  Fails with CN_INVALID
 * (field password) unless it is one of Argon2 as text, "$argon2id$v=19$m=65536,t=2,p=1$...". */
CN_MUST_CHECK bool cn_user_take_password_hash(struct cn_arena *arena, cn_str hash, cn_str *hash_out,
                                              struct cn_error *err);

/* Fails with CN_CONFLICT (field email) if the address is taken. */
CN_MUST_CHECK bool cn_user_create(const struct cn_unit *unit, const struct cn_user_new *new_user,
                                  struct cn_user *user_out, struct cn_error *err);

CN_MUST_CHECK bool cn_user_load(const struct cn_unit *unit, cn_user_id id, struct cn_user *user_out,
                                struct cn_error *err);
CN_MUST_CHECK bool cn_user_load_email(const struct cn_unit *unit, cn_str email,
                                      struct cn_user *user_out, struct cn_error *err);

/* The unit as that user reads customers' data in it: for what is to be sent to them. */
struct cn_unit cn_user_reader(const struct cn_unit *unit, const struct cn_user *user);

/* By name; disabled ones too. */
CN_MUST_CHECK bool cn_user_list(const struct cn_unit *unit, struct cn_user_list *list_out,
                                struct cn_error *err);

struct cn_user_patch {
    cn_str email;
    enum cn_given email_given;
    cn_str name;
    enum cn_given name_given;
    enum cn_role role;
    enum cn_given role_given;
    enum cn_scope scope;
    enum cn_given scope_given;
    cn_team_id team_id;
    enum cn_given team_id_given; /* CN_NULL: none from now on */
    bool is_disabled;
    enum cn_given is_disabled_given;
    cn_str password_hash; /* of cn_user_hash_password() */
    enum cn_given password_given;
};

/*
 * Changes what is given.  A new password ends all sessions of the user; being disabled ends them
 * and revokes the user's API keys, which do not come back when the user may sign in again.
 * version 0: whatever it is at.  Fails with CN_NOT_FOUND, CN_STALE, CN_CONFLICT if the address
 * (field email) is taken or no admin would be left who can sign in.
 */
CN_MUST_CHECK bool cn_user_update(const struct cn_unit *unit, cn_user_id id, int64_t version,
                                  const struct cn_user_patch *patch, struct cn_user *user_out,
                                  struct cn_error *err);

/* cn_user_update() with a new password alone. */
CN_MUST_CHECK bool cn_user_set_password(const struct cn_unit *unit, cn_user_id id,
                                        cn_str password_hash, struct cn_error *err);

/* cn_user_update() that disables. */
CN_MUST_CHECK bool cn_user_disable(const struct cn_unit *unit, cn_user_id id, struct cn_error *err);

/*
 * The user with that address and password.  Fails with CN_UNAUTHENTICATED, with the same message
 * and after the same time whether the address is unknown, the user disabled or the password wrong.
 * Takes 50 ms of CPU on purpose: call it on a worker, behind a rate limit.
 */
CN_MUST_CHECK bool cn_user_authenticate(const struct cn_unit *unit, cn_str email, cn_str password,
                                        struct cn_user *user_out, struct cn_error *err);

/* The team of that name, made if there is none. */
CN_MUST_CHECK bool cn_team_ensure(const struct cn_unit *unit, cn_str name, cn_team_id *team_out,
                                  struct cn_error *err);

struct cn_team {
    cn_team_id id;
    cn_str name;
};

struct cn_team_list {
    struct cn_team *items;
    size_t count;
};

CN_MUST_CHECK bool cn_team_list(const struct cn_unit *unit, struct cn_team_list *list_out,
                                struct cn_error *err);

#endif
