#ifndef CAIRN_API_PROBLEM_H
#define CAIRN_API_PROBLEM_H

#include "base/diagnostics.h"

#include "json/field.h"

/* The RFC 9457 document, for OpenAPI. */
extern const struct cn_fields cn_problem_fields;

/*
 * Writes the RFC 9457 document for a failed request.  errors[] has the problems, or err->field if
 * there are none.  The message of CN_INTERNAL stays out of it; `request_id` leads to the log.
 */
void cn_problem_write(struct cn_json_writer *out, const struct cn_error *err,
                      const struct cn_diagnostics *problems, cn_str request_id);

#endif
