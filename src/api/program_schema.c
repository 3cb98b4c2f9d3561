/* /api/v1/program/schema: JSON Schemas of the program's files, for editors. */
#include "base/str.h"

#include "api/access.h"
#include "api/resources.h"
#include "engine/program.h"
#include "program/schema.h"

enum {
    SECTION_MAX_BYTES = 60
};

struct schema_path {
    cn_str section;
};
static const struct cn_field path_rows[] = {
    CN_FIELD(struct schema_path, section, .min = 1, .max = SECTION_MAX_BYTES,
             .doc = "the key of a section, or \"program\" for a file of any sections"),
};
static const struct cn_fields path_fields =
    CN_FIELDS("ProgramSchemaPath", struct schema_path, path_rows);

static bool write_schema(const struct cn_program_section *const *sections, size_t count,
                         struct cn_response *res, struct cn_error *err)
{
    struct cn_json_writer out;
    cn_str text;
    cn_json_writer_init(&out, res->file);
    cn_program_schema_write(sections, count, &out);
    return cn_json_finish(&out, &text, err);
}

static bool handle_schema(const struct cn_request *req, struct cn_response *res,
                          struct cn_error *err)
{
    const struct schema_path *path = req->path;
    res->file_name = CN_STR("schema.json");
    if (cn_str_equal(path->section, CN_STR("program"))) {
        return write_schema(cn_program_sections, cn_program_section_count, res, err);
    }
    for (size_t i = 0; i < cn_program_section_count; i++) {
        if (cn_str_equal(path->section, cn_str_of(cn_program_sections[i]->key))) {
            return write_schema(&cn_program_sections[i], 1, res, err);
        }
    }
    return cn_fail(err, CN_NOT_FOUND, "a program has no such section");
}

static const struct cn_route schema_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/program/schema/{section}",
      .access = CN_EVERYBODY,
      .path_params = &path_fields,
      .kind = CN_RESPONSE_FILE,
      .media_type = "application/schema+json",
      .failures = CN_FAILS(CN_NOT_FOUND),
      .success_status = 200,
      .handler = handle_schema,
      .operation = "getProgramSchema",
      .doc = "The JSON Schema of a section's files" },
};

const struct cn_route_table cn_api_program_schema = CN_ROUTE_TABLE(schema_routes);
