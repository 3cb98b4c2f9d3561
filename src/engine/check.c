#include "engine/check.h"

#include <assert.h>

#include "base/str.h"

#include "book/column.h"
#include "engine/apply_state.h"

const char *const cn_column_type_names[6] = {
    [CN_COLUMN_F64] = "double", [CN_COLUMN_I64] = "int",        [CN_COLUMN_BOOL] = "bool",
    [CN_COLUMN_STR] = "string", [CN_COLUMN_TIME] = "timestamp", [CN_COLUMN_SPAN] = "duration",
};

bool cn_program_check(const struct cn_program_files *files, struct cn_program_summary *summary_out,
                      struct cn_diagnostics *problems)
{
    struct cn_engine_program *program = NULL;
    struct cn_tz *tz = NULL;
    struct cn_error err;
    if (!cn_tz_load(CN_STR("UTC"), &tz, &err)) {
        struct cn_place nowhere = { 0 };
        return cn_diagnose(problems, &nowhere, "%s", err.message);
    }
    struct cn_interner *strings = cn_interner_new();
    struct cn_book_facts *facts = cn_book_facts_new(tz);
    struct cn_program_ground ground = { .book = cn_book_facts_source(facts),
                                        .tz = tz,
                                        .strings = strings };
    bool ok = cn_engine_program_compile(files, &ground, &program, problems);
    if (ok) {
        *summary_out = (struct cn_program_summary){
            .metrics = (int64_t)program->metrics->count,
            .scorecards = (int64_t)program->health->scorecard_count,
            .columns = (int64_t)program->columns.count,
        };
    }
    cn_engine_program_free(program);
    cn_book_facts_free(facts);
    cn_interner_free(strings);
    cn_tz_free(tz);
    return ok;
}

static cn_str unit_of(const struct cn_engine_program *program,
                      const struct cn_column_source *source, const struct cn_column_name *name)
{
    const struct cn_metric *metric = cn_metric_find(program->metrics, name->name, NULL);
    struct cn_column_request request = { .name = name->name, .method = name->method };
    struct cn_column_spec spec = { 0 };
    struct cn_error err; /* a name that takes arguments does not resolve without */
    if (metric != NULL) {
        return metric->unit;
    }
    return source != NULL &&
                   source->resolve(source->ctx, &request, &spec, &err) == CN_RESOLVE_FOUND &&
                   spec.unit != NULL
               ? cn_str_of(spec.unit)
               : CN_STR("");
}

/* The source that has the entry number `index` of all; NULL: it is over other accounts' rows. */
static const struct cn_column_source *source_of(const struct cn_engine_program *program,
                                                size_t index)
{
    struct cn_column_name name;
    for (size_t i = 0; i < CN_PROGRAM_SOURCES; i++) {
        const struct cn_column_source *source = program->sources[i];
        size_t n = 0;
        while (source->list(source->ctx, n, &name)) {
            if (index-- == 0) {
                return source;
            }
            n++;
        }
    }
    return NULL;
}

void cn_engine_names(struct cn_engine *engine, struct cn_arena *arena,
                     struct cn_program_name_list *list_out)
{
    struct cn_column_name name;
    size_t total = 0;
    cn_engine_keep_program(engine);
    const struct cn_engine_program *program = engine->program;
    while (cn_column_set_list(&program->columns, total, &name)) {
        total++;
    }
    struct cn_program_name_list list = { .items = cn_arena_array(arena, struct cn_program_name,
                                                                 total + 1) };
    for (; cn_column_set_list(&program->columns, list.count, &name); list.count++) {
        const struct cn_column_source *source = source_of(program, list.count);
        list.items[list.count] = (struct cn_program_name){
            .name = cn_arena_str(arena, name.name),
            .usage = cn_arena_str(arena, name.usage),
            .type = name.type,
            .unit = cn_arena_str(arena, unit_of(program, source, &name)),
            .doc = cn_arena_str(arena, name.doc),
            .source = cn_str_of(source != NULL ? source->name : "rows"),
        };
    }
    cn_engine_let_program(engine);
    *list_out = list;
}
