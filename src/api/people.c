/* /api/v1/accounts/{account_id}/people: the HTTP face of book/person.h. */
#include "api/access.h"
#include "api/resources.h"
#include "book/person.h"

static const struct cn_names roles = { cn_person_role_names, CN_PERSON_ROLE_COUNT };

#define ROLE(member, ...) CN_FIELD(struct cn_person_role, member, __VA_ARGS__)
#define ROLE_ROWS(to_may)                                                                \
    CN_FIELD_OF_ENUM(struct cn_person_role, role, &roles, .doc = "what they are to us"), \
        ROLE(from, .doc = "since when"),                                                 \
        ROLE(to, CN_MAY(struct cn_person_role, to, to_may), .doc = "until when; null: still")
static const struct cn_field role_rows[] = { ROLE_ROWS(BE_NULL) };
static const struct cn_fields role_fields =
    CN_FIELDS("PersonRole", struct cn_person_role, role_rows);
static const struct cn_field role_item = { .type = CN_FIELD_OBJECT, .object = &role_fields };

/* As it is sent: without `to` for a role that is held. */
static const struct cn_field role_input_rows[] = { ROLE_ROWS(BE_BOTH) };
static const struct cn_fields role_input_fields =
    CN_FIELDS("PersonRoleInput", struct cn_person_role, role_input_rows);
static const struct cn_field role_input_item = { .type = CN_FIELD_OBJECT,
                                                 .object = &role_input_fields };

#define ROW(member, ...)  CN_FIELD(struct cn_person, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct cn_person, member, what)
static const struct cn_field person_rows[] = {
    CN_FIELD_OF_ID(struct cn_person, id, CN_PERSON_PREFIX, .doc = "the person"),
    ROW(name, .max = 200, .doc = "display name"),
    ROW(email, MAY(email, BE_NULL), .max = 320, .doc = "null: unknown"),
    ROW(title, MAY(title, BE_NULL), .max = 200, .doc = "job title; null: unknown"),
    ROW(user_key, MAY(user_key, BE_NULL), .max = 512, .doc = "the userId that events name"),
    CN_FIELD_OF_LIST(struct cn_person, roles, &role_item, .max = CN_PERSON_ROLES_MAX,
                     .doc = "held now and before"),
    ROW(left_at, MAY(left_at, BE_NULL), .doc = "left the company; null: has not"),
    ROW(version, .min = 1, .max = INT64_MAX, .doc = "of the record, as in its ETag"),
};
static const struct cn_fields person_fields = CN_FIELDS("Person", struct cn_person, person_rows);

struct create_body {
    cn_str name;
    cn_str email;
    enum cn_given email_given;
    cn_str title;
    enum cn_given title_given;
    cn_str user_key;
    enum cn_given user_key_given;
    struct cn_person_role_list roles;
    enum cn_given roles_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, name, .min = 1, .max = 200, .doc = "display name"),
    CN_FIELD(struct create_body, email, CN_MAY(struct create_body, email, BE_BOTH), .min = 1,
             .max = 320, .doc = "null: unknown"),
    CN_FIELD(struct create_body, title, CN_MAY(struct create_body, title, BE_BOTH), .min = 1,
             .max = 200, .doc = "job title; null: unknown"),
    CN_FIELD(struct create_body, user_key, CN_MAY(struct create_body, user_key, BE_BOTH), .min = 1,
             .max = 512, .doc = "the userId that events name"),
    CN_FIELD_OF_LIST(struct create_body, roles, &role_input_item,
                     CN_MAY(struct create_body, roles, BE_ABSENT), .max = CN_PERSON_ROLES_MAX,
                     .doc = "held now and before"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("PersonCreate", struct create_body, create_rows);

#define PATCH(member, what, ...)                                                           \
    CN_FIELD(struct cn_person_patch, member, CN_MAY(struct cn_person_patch, member, what), \
             __VA_ARGS__)
static const struct cn_field patch_rows[] = {
    PATCH(name, BE_ABSENT, .min = 1, .max = 200, .doc = "display name"),
    PATCH(email, BE_BOTH, .min = 1, .max = 320, .doc = "null: unknown"),
    PATCH(title, BE_BOTH, .min = 1, .max = 200, .doc = "job title; null: unknown"),
    CN_FIELD_OF_LIST(struct cn_person_patch, roles, &role_input_item,
                     CN_MAY(struct cn_person_patch, roles, BE_ABSENT), .max = CN_PERSON_ROLES_MAX,
                     .doc = "all of them, replacing what there is"),
    PATCH(left_at, BE_BOTH, .doc = "ends the roles that are still held"),
};
static const struct cn_fields patch_fields =
    CN_FIELDS("PersonPatch", struct cn_person_patch, patch_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS("person_id", CN_PERSON_PREFIX,
                                                                 "the person") };
static const struct cn_fields path_fields =
    CN_FIELDS("PersonPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_PERSON_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("PersonQuery", struct cn_page_query, query_rows);

struct person_page {
    struct cn_person_list data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &person_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct person_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "by name, those who left last"),
    CN_FIELD_OF_ID(struct person_page, next_cursor, CN_PERSON_PREFIX,
                   CN_MAY(struct person_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields = CN_FIELDS("PersonList", struct person_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct person_page *page = res->body;
    return cn_person_list(&req->unit, path->account_id, &page->data, err) &&
           cn_page_cut(req->query, sizeof(struct cn_person), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_person *person = res->body;
    if (!cn_person_load(&req->unit, path->account_id, (cn_person_id){ path->record_id }, person,
                        err)) {
        return false;
    }
    res->version = person->version;
    return true;
}

/* A role that was sent without an end has none. */
static void complete(struct cn_person *person)
{
    for (size_t i = 0; i < person->roles.count; i++) {
        struct cn_person_role *role = &person->roles.items[i];
        role->to_given = role->to_given == CN_GIVEN ? CN_GIVEN : CN_NULL;
    }
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    const struct create_body *body = req->body;
    struct cn_person *person = res->body;
    const struct cn_person_new draft = {
        .name = body->name,
        .email = body->email,
        .title = body->title,
        .user_key = body->user_key,
        .roles = body->roles,
    };
    if (!cn_person_create(&req->unit, path->account_id, &draft, person, err)) {
        return false;
    }
    complete(person);
    res->version = person->version;
    res->location = cn_account_location(req->unit.arena, path->account_id, "people",
                                        CN_PERSON_PREFIX, person->id.value);
    return true;
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    struct cn_person *person = res->body;
    if (!cn_person_update(&req->unit, path->account_id, (cn_person_id){ path->record_id },
                          req->if_match, req->body, person, err)) {
        return false;
    }
    complete(person);
    res->version = person->version;
    return true;
}

static const struct cn_route person_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/people",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listPeople",
      .doc = "The account's people" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/people",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &person_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createPerson",
      .doc = "Add a person; with roles, from when they have them" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/people/{person_id}",
      .access = CN_READERS,
      .path_params = &path_fields,
      .response = &person_fields,
      .headers = CN_HEADER_ETAG | CN_HEADER_NOT_MODIFIED,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getPerson",
      .doc = "One person" },
    { .method = CN_PATCH,
      .path = "/api/v1/accounts/{account_id}/people/{person_id}",
      .needs_if_match = true,
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .body = &patch_fields,
      .response = &person_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_update,
      .operation = "updatePerson",
      .doc = "Change some members of a person" },
};

const struct cn_route_table cn_api_people = CN_ROUTE_TABLE(person_routes);
