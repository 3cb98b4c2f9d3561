/* /api/v1/accounts/{account_id}/contracts: the HTTP face of book/contract.h. */
#include "api/access.h"
#include "api/resources.h"
#include "book/contract.h"

static const struct cn_names statuses = { cn_contract_status_names, CN_CONTRACT_STATUS_COUNT };

#define NOTICE_DOC "last day to give notice; null: nobody said"

#define ROW(member, ...)  CN_FIELD(struct cn_contract, member, __VA_ARGS__)
#define MAY(member, what) CN_MAY(struct cn_contract, member, what)
static const struct cn_field contract_rows[] = {
    CN_FIELD_OF_ID(struct cn_contract, id, CN_CONTRACT_PREFIX, .doc = "the contract"),
    ROW(external_id, MAY(external_id, BE_NULL), .max = 200, .doc = "the id in your own systems"),
    ROW(name, .max = 200, .doc = "display name"),
    ROW(arr, .doc = "annual recurring revenue"),
    CN_FIELD_OF_DATE(struct cn_contract, starts_on, .doc = "first day"),
    CN_FIELD_OF_DATE(struct cn_contract, ends_on, .doc = "last day"),
    CN_FIELD_OF_DATE(struct cn_contract, notice_on, MAY(notice_on, BE_NULL), .doc = NOTICE_DOC),
    ROW(seats, MAY(seats, BE_NULL), .max = INT64_MAX, .doc = "null: not counted"),
    CN_FIELD_OF_ENUM(struct cn_contract, status, &statuses, .doc = "where it stands"),
    ROW(version, .min = 1, .max = INT64_MAX, .doc = "of the record, as in its ETag"),
};
static const struct cn_fields contract_fields =
    CN_FIELDS("Contract", struct cn_contract, contract_rows);

struct create_body {
    cn_str external_id;
    enum cn_given external_id_given;
    cn_str name;
    struct cn_money arr;
    int64_t starts_on;
    int64_t ends_on;
    int64_t notice_on;
    enum cn_given notice_on_given;
    int64_t seats;
    enum cn_given seats_given;
    enum cn_contract_status status;
    enum cn_given status_given;
};
static const struct cn_field create_rows[] = {
    CN_FIELD(struct create_body, external_id, CN_MAY(struct create_body, external_id, BE_ABSENT),
             .min = 1, .max = 200, .doc = "the id in your own systems"),
    CN_FIELD(struct create_body, name, .min = 1, .max = 200, .doc = "display name"),
    CN_FIELD(struct create_body, arr, .max = CN_ARR_MAX, .doc = "annual recurring revenue"),
    CN_FIELD_OF_DATE(struct create_body, starts_on, .doc = "first day"),
    CN_FIELD_OF_DATE(struct create_body, ends_on, .doc = "last day"),
    CN_FIELD_OF_DATE(struct create_body, notice_on, CN_MAY(struct create_body, notice_on, BE_BOTH),
                     .doc = NOTICE_DOC),
    CN_FIELD(struct create_body, seats, CN_MAY(struct create_body, seats, BE_BOTH),
             .max = CN_CONTRACT_SEATS_MAX, .doc = "null: not counted"),
    CN_FIELD_OF_ENUM(struct create_body, status, &statuses,
                     CN_MAY(struct create_body, status, BE_ABSENT), .doc = "active unless given"),
};
static const struct cn_fields create_fields =
    CN_FIELDS("ContractCreate", struct create_body, create_rows);

#define PATCH(member, what, ...)                                                               \
    CN_FIELD(struct cn_contract_patch, member, CN_MAY(struct cn_contract_patch, member, what), \
             __VA_ARGS__)
static const struct cn_field patch_rows[] = {
    PATCH(name, BE_ABSENT, .min = 1, .max = 200, .doc = "display name"),
    PATCH(arr, BE_ABSENT, .max = CN_ARR_MAX, .doc = "annual recurring revenue"),
    CN_FIELD_OF_DATE(struct cn_contract_patch, starts_on,
                     CN_MAY(struct cn_contract_patch, starts_on, BE_ABSENT), .doc = "first day"),
    CN_FIELD_OF_DATE(struct cn_contract_patch, ends_on,
                     CN_MAY(struct cn_contract_patch, ends_on, BE_ABSENT), .doc = "last day"),
    CN_FIELD_OF_DATE(struct cn_contract_patch, notice_on,
                     CN_MAY(struct cn_contract_patch, notice_on, BE_BOTH), .doc = NOTICE_DOC),
    PATCH(seats, BE_BOTH, .max = CN_CONTRACT_SEATS_MAX, .doc = "null: not counted"),
    CN_FIELD_OF_ENUM(struct cn_contract_patch, status, &statuses,
                     CN_MAY(struct cn_contract_patch, status, BE_ABSENT), .doc = "where it stands"),
};
static const struct cn_fields patch_fields =
    CN_FIELDS("ContractPatch", struct cn_contract_patch, patch_rows);

static const struct cn_field path_rows[] = { CN_RECORD_PATH_ROWS("contract_id", CN_CONTRACT_PREFIX,
                                                                 "the contract") };
static const struct cn_fields path_fields =
    CN_FIELDS("ContractPath", struct cn_account_path, path_rows);

static const struct cn_field query_rows[] = { CN_PAGE_ROWS(CN_CONTRACT_PREFIX) };
static const struct cn_fields query_fields =
    CN_FIELDS("ContractQuery", struct cn_page_query, query_rows);

struct contract_page {
    struct cn_contract_list data;
    struct cn_page_end next_cursor;
    enum cn_given next_cursor_given;
};
static const struct cn_field page_item = { .type = CN_FIELD_OBJECT, .object = &contract_fields };
static const struct cn_field page_rows[] = {
    CN_FIELD_OF_LIST(struct contract_page, data, &page_item, .max = CN_PAGE_MAX,
                     .doc = "the newest start first"),
    CN_FIELD_OF_ID(struct contract_page, next_cursor, CN_CONTRACT_PREFIX,
                   CN_MAY(struct contract_page, next_cursor, BE_NULL), .doc = "null: no more"),
};
static const struct cn_fields page_fields =
    CN_FIELDS("ContractList", struct contract_page, page_rows);

static bool handle_list(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct contract_page *page = res->body;
    return cn_contract_list(&req->unit, path->account_id, &page->data, err) &&
           cn_page_cut(req->query, sizeof(struct cn_contract), &page->data, &page->next_cursor,
                       &page->next_cursor_given, err);
}

static bool handle_get(const struct cn_request *req, struct cn_response *res, struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct cn_contract *contract = res->body;
    if (!cn_contract_load(&req->unit, path->account_id, (cn_contract_id){ path->record_id },
                          contract, err)) {
        return false;
    }
    res->version = contract->version;
    return true;
}

static bool handle_create(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    const struct create_body *body = req->body;
    struct cn_contract *contract = res->body;
    const struct cn_contract_new draft = {
        .external_id = body->external_id,
        .name = body->name,
        .arr = body->arr,
        .starts_on = body->starts_on,
        .ends_on = body->ends_on,
        .notice_on = body->notice_on,
        .notice_on_given = body->notice_on_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .seats = body->seats,
        .seats_given = body->seats_given == CN_GIVEN ? CN_GIVEN : CN_NULL,
        .status = body->status_given == CN_GIVEN ? body->status : CN_CONTRACT_ACTIVE,
    };
    if (!cn_contract_create(&req->unit, path->account_id, &draft, contract, err)) {
        return false;
    }
    res->version = contract->version;
    res->location = cn_account_location(req->unit.arena, path->account_id, "contracts",
                                        CN_CONTRACT_PREFIX, contract->id.value);
    return true;
}

static bool handle_update(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    res->changed = path->account_id;
    struct cn_contract *contract = res->body;
    if (!cn_contract_update(&req->unit, path->account_id, (cn_contract_id){ path->record_id },
                            req->if_match, req->body, contract, err)) {
        return false;
    }
    res->version = contract->version;
    return true;
}

static const struct cn_route contract_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/contracts",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .query = &query_fields,
      .response = &page_fields,
      .success_status = 200,
      .handler = handle_list,
      .operation = "listContracts",
      .doc = "The account's contracts" },
    { .method = CN_POST,
      .path = "/api/v1/accounts/{account_id}/contracts",
      .access = CN_WRITERS,
      .path_params = &cn_account_path_fields,
      .body = &create_fields,
      .response = &contract_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG | CN_HEADER_LOCATION,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 201,
      .handler = handle_create,
      .operation = "createContract",
      .doc = "Add a contract, or update the one of that external id to all that is said here" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/contracts/{contract_id}",
      .access = CN_READERS,
      .path_params = &path_fields,
      .response = &contract_fields,
      .headers = CN_HEADER_ETAG | CN_HEADER_NOT_MODIFIED,
      .success_status = 200,
      .handler = handle_get,
      .operation = "getContract",
      .doc = "One contract" },
    { .method = CN_PATCH,
      .path = "/api/v1/accounts/{account_id}/contracts/{contract_id}",
      .needs_if_match = true,
      .access = CN_WRITERS,
      .path_params = &path_fields,
      .body = &patch_fields,
      .response = &contract_fields,
      .run = CN_RUN_WRITE,
      .headers = CN_HEADER_ETAG,
      .failures = CN_FAILS(CN_CONFLICT),
      .success_status = 200,
      .handler = handle_update,
      .operation = "updateContract",
      .doc = "Change some members of a contract" },
};

const struct cn_route_table cn_api_contracts = CN_ROUTE_TABLE(contract_routes);
