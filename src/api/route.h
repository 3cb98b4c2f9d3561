/*
 * Routes as data.  Every endpoint is a row of a cn_route table, and everything that is true of all
 * endpoints - authentication, permission and row scope, preconditions, decoding and checking, the
 * response and the error document, the OpenAPI description - is done once, from the row, by
 * api/dispatch.c and api/openapi.c.  A handler holds only what is particular to its endpoint, and
 * sees neither HTTP nor JSON: structs go in, a struct comes out.
 */
#ifndef CAIRN_API_ROUTE_H
#define CAIRN_API_ROUTE_H

#include "api/api.h"
#include "book/session.h"
#include "json/field.h"
#include "net/server.h"

/* What the 2xx answer carries. */
enum cn_response_kind {
    CN_RESPONSE_JSON,   /* `response` describes it */
    CN_RESPONSE_EMPTY,  /* 204 */
    CN_RESPONSE_EVENTS, /* text/event-stream; `response` describes one event's data */
    CN_RESPONSE_FILE,   /* `media_type` says what */
};

enum cn_header {
    CN_HEADER_ETAG = 1 << 0,     /* strong, from cn_response.version */
    CN_HEADER_LOCATION = 1 << 1, /* cn_response.location */
    CN_HEADER_NOT_MODIFIED =
        1 << 2, /* the ETag speaks for the whole answer: If-None-Match counts */
};

/* Where the handler runs. */
enum cn_route_run {
    CN_RUN_READ,  /* with a snapshot: unit.conn */
    CN_RUN_WRITE, /* inside a transaction: unit.conn.  May run again, so it changes nothing else */
    /* Without a connection: it takes what it needs from api->db, for as short as it can. */
    CN_RUN_SLOW,    /* for seconds, perhaps */
    CN_RUN_EXPLAIN, /* computes the past of one account: a page waits for it, but not only for it */
};

/* Who asks. */
struct cn_caller {
    cn_user_id user;
    cn_team_id team;
    enum cn_role role;
    enum cn_scope grant;   /* no row gives more */
    bool by_session;       /* else by API key */
    cn_session_id session; /* for ending it */
    cn_key_id key;         /* 0: by session */
    cn_str token;
    cn_str address; /* "203.0.113.9" */
    cn_str agent;   /* User-Agent as it was sent, or ""; on a public route alone */
};

struct cn_request {
    struct cn_unit unit; /* scope is the smaller of what the row and the user's grant say */
    struct cn_api *api;
    const struct cn_caller *caller; /* zeroed on a public route */
    const void *path;               /* the decoded structs; NULL where the row has no table */
    const void *query;
    const void *body;
    const void *prepared;            /* what the row's `prepare` made */
    int64_t if_match;                /* version named by If-Match, if the row needs one */
    struct cn_diagnostics *problems; /* for checks that no table can say: answers 422 */
};

enum {
    CN_NO_VERSION = -1 /* of what cannot be changed: a past moment */
};

struct cn_response {
    void *body;            /* zeroed struct of the row's response table, to be filled */
    int64_t version;       /* CN_NO_VERSION: the answer has no ETag after all */
    cn_str location;       /* path of what was created */
    cn_str set_cookie;     /* value of the header, or "" */
    int64_t retry_after_s; /* with a failure that passes; 0: not said */
    cn_account_id changed; /* account that the write changed: told to streams and the engine */
    bool ends_access;      /* sessions or keys ended: their streams end, too */
    enum cn_given *secret; /* of a member that is not kept with the answer to an Idempotency-Key */
    struct cn_buf *file;   /* of CN_RESPONSE_FILE: to be written to */
    cn_str file_name;      /* that a browser saves it as */
};

/* What takes long and needs no connection, such as hashing a password: runs once, before the
 * transaction, so that others who write do not wait for it. */
typedef bool cn_preparer(const struct cn_request *req, const void **prepared_out,
                         struct cn_error *err);

/* Fills *res for the 2xx answer; on false the dispatcher sends *err and the problems instead. */
typedef bool cn_handler(const struct cn_request *req, struct cn_response *res,
                        struct cn_error *err);

struct cn_route {
    enum cn_http_method method;
    const char *path;    /* "/api/v1/accounts/{account_id}" */
    bool is_public;      /* no sign-in; forgetting `access` is a test failure, not a hole */
    bool needs_session;  /* no API key does: whoever has one could make it outlive its end */
    bool needs_if_match; /* else 428; a version that is not current gives 412 */
    uint8_t access[CN_ROLE_COUNT];       /* enum cn_scope for each role; none unless said */
    const struct cn_fields *path_params; /* a problem here gives 404 */
    const struct cn_fields *query;       /* 400 */
    const struct cn_fields *body;        /* 422; NULL: no body accepted */
    bool takes_program; /* a body with the program's files: up to http.program_body_max_bytes */
    const struct cn_fields *response;
    enum cn_response_kind kind;
    enum cn_route_run run;
    const char *media_type; /* of CN_RESPONSE_FILE */
    unsigned headers;       /* enum cn_header, of the 2xx answer */
    uint32_t failures;      /* CN_FAILS() of what the handler adds to the dispatcher's own */
    int success_status;
    cn_preparer *prepare;  /* or NULL; such a row is answered on the pool of CN_RUN_SLOW */
    cn_handler *handler;   /* NULL for CN_RESPONSE_EVENTS alone */
    const char *operation; /* OpenAPI operationId; also the name of the generated client function */
    const char *doc;
};

#define CN_FAILS(code) ((uint32_t)1 << (code))

struct cn_route_table {
    const struct cn_route *routes;
    size_t count;
};

#define CN_ROUTE_TABLE(array)                           \
    {                                                   \
        .routes = (array), .count = CN_ARRAY_LEN(array) \
    }

/* Every table, in api/routes.c.  Adding a resource means one file and one line there. */
extern const struct cn_route_table *const cn_route_tables[];
extern const size_t cn_route_table_count;

enum {
    CN_PATH_PARAMS_MAX = 4
};

/* A row that a path fits, and the texts of its parameters as they were sent. */
struct cn_route_match {
    const struct cn_route *route; /* NULL: none of this method */
    cn_str params[CN_PATH_PARAMS_MAX];
    unsigned methods; /* 1 << enum cn_http_method, of all rows that the path fits */
};

/* HEAD finds the row of GET. */
void cn_route_find(enum cn_http_method method, cn_str path, struct cn_route_match *match_out);

#endif
