/*
 * Sessions of the web app and keys of the API: both are secrets that we store as hashes and show
 * once.
 *
 * A session ends when it was idle for too long, at its absolute end, when it is revoked and when
 * its user's password changes.
 */
#ifndef CAIRN_BOOK_SESSION_H
#define CAIRN_BOOK_SESSION_H

#include "book/user.h"

enum {
    CN_TOKEN_BYTES = 48, /* text with the NUL: a prefix of 3 and 44 characters */
    CN_SESSION_LIST_MAX = 100,
    CN_SESSION_SEEN_EVERY_S = 60, /* how exact seen_at is kept */
    CN_API_KEY_LIST_MAX = 5000,
    CN_API_KEYS_OF_USER_MAX = 50,   /* that were neither revoked nor have expired */
    CN_API_KEY_USED_EVERY_S = 3600, /* how exact last_used_at is kept */
};

typedef struct cn_session_id {
    int64_t value;
} cn_session_id;
#define CN_SESSION_PREFIX "sess"

struct cn_session {
    cn_session_id id;
    cn_user_id user_id;
    cn_time created_at;
    cn_time seen_at;
    cn_time expires_at;
    cn_str address;
    cn_str agent;
};

struct cn_session_list {
    struct cn_session *items;
    size_t count;
};

struct cn_session_new {
    cn_user_id user_id;
    int64_t max_age_us; /* absolute */
    cn_str address;     /* of the client, for the list */
    cn_str agent;
};

/* A new session; token_out is the only copy of its token. */
CN_MUST_CHECK bool cn_session_create(const struct cn_unit *unit,
                                     const struct cn_session_new *new_session,
                                     char token_out[CN_TOKEN_BYTES], struct cn_session *session_out,
                                     struct cn_error *err);

/* Whose token this is.  Fails with CN_UNAUTHENTICATED if it is unknown, idle for longer than
 * idle_us, expired or its user disabled.  Only reads. *touch_out: cn_session_touch() is due. */
CN_MUST_CHECK bool cn_session_check(const struct cn_unit *unit, cn_str token, int64_t idle_us,
                                    struct cn_user *user_out, struct cn_session *session_out,
                                    bool *touch_out, struct cn_error *err);

CN_MUST_CHECK bool cn_session_touch(const struct cn_unit *unit, cn_session_id id,
                                    struct cn_error *err);

/* Those of one user that still open, the most recently seen first. */
CN_MUST_CHECK bool cn_session_list(const struct cn_unit *unit, cn_user_id user_id, int64_t idle_us,
                                   struct cn_session_list *list_out, struct cn_error *err);

/* Whether the user has that session, idle or not, and it has not reached its absolute end. */
CN_MUST_CHECK bool cn_session_exists(const struct cn_unit *unit, cn_user_id user_id,
                                     cn_session_id id, bool *exists_out, struct cn_error *err);

/* CN_NOT_FOUND if the user has no such session.  */
CN_MUST_CHECK bool cn_session_revoke(const struct cn_unit *unit, cn_user_id user_id,
                                     cn_session_id id, struct cn_error *err);

/* All of the user's but for `kept`; 0 keeps none. */
CN_MUST_CHECK bool cn_session_revoke_others(const struct cn_unit *unit, cn_user_id user_id,
                                            cn_session_id kept, struct cn_error *err);

/* Deletes what has expired. */
CN_MUST_CHECK bool cn_session_prune(const struct cn_unit *unit, int64_t idle_us,
                                    struct cn_error *err);

/* Bits of a key's scopes. */
enum cn_key_scope {
    CN_KEY_READ = 1 << 0,
    CN_KEY_WRITE = 1 << 1,
    CN_KEY_ADMIN = 1 << 2,
};

typedef struct cn_key_id {
    int64_t value;
} cn_key_id;
#define CN_KEY_PREFIX "key"

struct cn_api_key {
    cn_key_id id;
    cn_user_id user_id;
    cn_str name;
    cn_str hint; /* its last characters */
    unsigned scopes;
    cn_time created_at;
    cn_time expires_at;
    enum cn_given expires_at_given;
    cn_time last_used_at; /* to an hour */
    enum cn_given last_used_at_given;
    bool is_revoked;
};

struct cn_api_key_list {
    struct cn_api_key *items;
    size_t count;
};

struct cn_api_key_new {
    cn_user_id user_id; /* as whom it acts */
    cn_str name;
    unsigned scopes;
    cn_time expires_at; /* 0: never */
};

/*
 * A new key; token_out is the only copy of its token.  What it may do is asked of its user at each
 * request, so it never may more than they.  Fails with CN_CONFLICT if the user is disabled or has
 * CN_API_KEYS_OF_USER_MAX.  Part of the caller's transaction.
 */
CN_MUST_CHECK bool cn_api_key_create(const struct cn_unit *unit,
                                     const struct cn_api_key_new *new_key,
                                     char token_out[CN_TOKEN_BYTES], struct cn_api_key *key_out,
                                     struct cn_error *err);

/* Whose key this is; CN_UNAUTHENTICATED if it is unknown, revoked, expired or its user disabled. */
CN_MUST_CHECK bool cn_api_key_check(const struct cn_unit *unit, cn_str token,
                                    struct cn_user *user_out, struct cn_api_key *key_out,
                                    struct cn_error *err);

/* Those that were not revoked, the newest first; user_id 0: of everybody. */
CN_MUST_CHECK bool cn_api_key_list(const struct cn_unit *unit, cn_user_id user_id,
                                   struct cn_api_key_list *list_out, struct cn_error *err);

/* From then on it is refused.  user_id 0: whosesoever it is.  CN_NOT_FOUND if there is no such key
 * that was not revoked. */
CN_MUST_CHECK bool cn_api_key_revoke(const struct cn_unit *unit, cn_user_id user_id, cn_key_id id,
                                     struct cn_error *err);

/* Whether the key would still open. */
CN_MUST_CHECK bool cn_api_key_exists(const struct cn_unit *unit, cn_key_id id, bool *exists_out,
                                     struct cn_error *err);

/* That it was used then; an earlier moment than is known changes nothing. */
CN_MUST_CHECK bool cn_api_key_used(const struct cn_unit *unit, cn_key_id id, cn_time at,
                                   struct cn_error *err);

#endif
