/*
 * From the texts of a request to the structs of its row: path, query and body.
 *
 * Internal to api/, with its unit test.
 */
#ifndef CAIRN_API_DECODE_H
#define CAIRN_API_DECODE_H

#include "api/route.h"

/* "%2F" to "/", and "+" to a space in a query.  False for a bad escape, a NUL or what is not UTF-8.
 */
CN_MUST_CHECK bool cn_url_decode(struct cn_arena *arena, cn_str text, bool in_query,
                                 cn_str *text_out);

/* Fails with CN_NOT_FOUND: no such thing can exist. */
CN_MUST_CHECK bool cn_decode_path(struct cn_arena *arena, const struct cn_route_match *match,
                                  const void **struct_out, struct cn_error *err);

/* Fails with CN_MALFORMED, each parameter that is wrong among `problems`. */
CN_MUST_CHECK bool cn_decode_query(struct cn_arena *arena, const struct cn_fields *fields,
                                   cn_str query, const void **struct_out,
                                   struct cn_diagnostics *problems, struct cn_error *err);

/* Fails with CN_MALFORMED if it is not JSON (err->offset says where), with CN_INVALID and
 * `problems` if it does not fit the table. */
CN_MUST_CHECK bool cn_decode_body(struct cn_arena *arena, struct cn_json_parser *parser,
                                  const struct cn_fields *fields, cn_str body,
                                  const void **struct_out, struct cn_diagnostics *problems,
                                  struct cn_error *err);

/* One item of a list header such as Accept: "application/json; q=0.5" gives "application/json"; one
 * with q=0 is skipped.  False at the end. */
bool cn_header_item(cn_str *rest, cn_str *item_out);

/* True if an Accept header, or none (""), takes this media type. */
bool cn_accepts(cn_str accept, cn_str media_type);

/* True if a Content-Type header names this media type; its parameters may only be a charset of
 * UTF-8. */
bool cn_is_media_type(cn_str content_type, cn_str media_type);

/* "\"12\"" to 12; false for a weak or foreign tag or a list. */
CN_MUST_CHECK bool cn_parse_etag(cn_str text, int64_t *version_out);

/* The value of one cookie; false if it is not there. */
bool cn_cookie(cn_str header, cn_str name, cn_str *value_out);

/* True if Origin is of this server: the authority of `host`, or `public_url`. */
bool cn_is_own_origin(cn_str origin, cn_str host, cn_str public_url);

#endif
