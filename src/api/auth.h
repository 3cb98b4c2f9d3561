/*
 * Who asks, and what a row of the route table lets them do.  Internal to api/.
 */
#ifndef CAIRN_API_AUTH_H
#define CAIRN_API_AUTH_H

#include "api/core.h"

#define CN_SESSION_COOKIE "cairn_session"

/*
 * Finds the session of the cookie or the key of `Authorization: Bearer`, and fills *caller_out; its
 * texts live in unit->arena, unit->conn is read from.  Fails with CN_UNAUTHENTICATED, and with
 * CN_DENIED where a key lacks the scope for the row.
 */
CN_MUST_CHECK bool cn_auth_caller(struct cn_api *api, struct cn_http_exchange *exchange,
                                  const struct cn_route *route, const struct cn_unit *unit,
                                  struct cn_caller *caller_out, struct cn_error *err);

/* The smaller of what the row and the caller's grant say; CN_DENIED if that is nothing. */
CN_MUST_CHECK bool cn_auth_scope(const struct cn_route *route, const struct cn_caller *caller,
                                 enum cn_scope *scope_out, struct cn_error *err);

/*
 * A request that changes something and carries a cookie must come from a page of ours: CN_DENIED
 * unless Origin is ours, or without an Origin the browser says same-origin.  Signing in is held to
 * the same, but may come without either, from a program.
 */
CN_MUST_CHECK bool cn_auth_origin(struct cn_api *api, struct cn_http_exchange *exchange,
                                  bool needs_proof, struct cn_error *err);

/* The client's address: of the connection, or behind http.trusted_proxy the last one that the proxy
 * names in X-Forwarded-For. */
cn_str cn_auth_address(const struct cn_api *api, const struct cn_http_exchange *exchange);

/* The token of the request's session cookie; false if there is none. */
bool cn_auth_session_token(struct cn_http_exchange *exchange, cn_str *token_out);

/* Value of a Set-Cookie header that sets the session, or with an empty token ends it. */
cn_str cn_auth_cookie(struct cn_api *api, struct cn_arena *arena, cn_str token);

#endif
