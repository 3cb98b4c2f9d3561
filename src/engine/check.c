#include "engine/check.h"

#include <stdio.h>

#include "base/str.h"

#include "book/column.h"
#include "engine/apply_state.h"

enum {
    START_POINTER_BYTES = 40
};

const char *const cn_column_type_names[6] = {
    [CN_COLUMN_F64] = "double", [CN_COLUMN_I64] = "int",        [CN_COLUMN_BOOL] = "bool",
    [CN_COLUMN_STR] = "string", [CN_COLUMN_TIME] = "timestamp", [CN_COLUMN_SPAN] = "duration",
};

/* A program compiled against nothing but names. */
struct bare {
    struct cn_tz *tz;
    struct cn_interner *strings;
    struct cn_book_facts *facts;
    struct cn_engine_program *program; /* NULL: it has mistakes */
};

static bool open_bare(struct bare *bare, const struct cn_program_files *files,
                      struct cn_diagnostics *problems)
{
    struct cn_error err;
    *bare = (struct bare){ 0 };
    if (!cn_tz_load(CN_STR("UTC"), &bare->tz, &err)) {
        struct cn_place nowhere = { 0 };
        return cn_diagnose(problems, &nowhere, "%s", err.message);
    }
    bare->strings = cn_interner_new();
    bare->facts = cn_book_facts_new(bare->tz);
    struct cn_program_ground ground = { .book = cn_book_facts_source(bare->facts),
                                        .tz = bare->tz,
                                        .strings = bare->strings };
    return cn_engine_program_compile(files, &ground, &bare->program, problems);
}

static void close_bare(struct bare *bare)
{
    cn_engine_program_free(bare->program);
    cn_book_facts_free(bare->facts);
    cn_interner_free(bare->strings);
    cn_tz_free(bare->tz);
}

/* Those that a person calls so: not coverage models, stages and their goals, which are sets too. */
static int64_t count_segments(const struct cn_segment_model *model)
{
    int64_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        count += model->items[i].kind == CN_SEGMENT_PLAIN;
    }
    return count;
}

bool cn_program_check(const struct cn_program_files *files, struct cn_program_summary *summary_out,
                      struct cn_diagnostics *problems)
{
    struct bare bare;
    bool ok = open_bare(&bare, files, problems);
    if (ok) {
        *summary_out = (struct cn_program_summary){
            .metrics = (int64_t)bare.program->metrics->count,
            .scorecards = (int64_t)bare.program->health->scorecard_count,
            .segments = count_segments(bare.program->segments),
            .signals = (int64_t)bare.program->signals->rule_count,
            .columns = (int64_t)bare.program->columns.count,
        };
    }
    close_bare(&bare);
    return ok;
}

/* ---- signals that are raised at once ---- */

/* What the rule asks is what it, or what it was called, asked before. */
static bool is_unchanged(const struct cn_signal_model *running, const struct cn_signal_rule *rule)
{
    size_t old = 0;
    return (cn_signal_rule_find(running, rule->name, &old) ||
            (rule->was.len > 0 && cn_signal_rule_find(running, rule->was, &old))) &&
           running->rules[old].hash == rule->hash;
}

static bool check_start(const struct cn_signal_model *running, const struct cn_signal_model *next,
                        cn_str name, size_t index, struct cn_diagnostics *problems)
{
    char pointer[START_POINTER_BYTES];
    size_t rule = 0;
    (void)snprintf(pointer, sizeof(pointer), "/start/%zu", index); /* fits */
    const struct cn_place place = { .pointer = cn_str_of(pointer) };
    if (!cn_signal_rule_find(next, name, &rule)) {
        cn_str *names = cn_arena_array(problems->arena, cn_str, next->rule_count + 1);
        for (size_t i = 0; i < next->rule_count; i++) {
            names[i] = next->rules[i].name;
        }
        cn_str meant = cn_suggest(problems->arena, name, names, next->rule_count);
        return cn_diagnose(problems, &place, "the program has no signal \"%.*s\"%.*s",
                           CN_STR_ARG(name), CN_STR_ARG(meant));
    }
    return running == NULL || !is_unchanged(running, &next->rules[rule]) ||
           cn_diagnose(
               problems, &place,
               "signal \"%.*s\" asks what it asked before: nothing of it becomes true; what "
               "was already true is started on its page",
               CN_STR_ARG(name));
}

bool cn_program_check_starts(const struct cn_program_start_question *question,
                             struct cn_diagnostics *problems)
{
    struct cn_diagnostics mistakes;
    struct bare running = { 0 };
    struct bare next = { 0 };
    size_t before = problems->total;
    if (question->count == 0) {
        return true;
    }
    cn_diagnostics_init(&mistakes, problems->arena);
    bool was_good = open_bare(&running, question->running, &mistakes);
    bool is_good = open_bare(&next, question->files, &mistakes);
    for (size_t i = 0; is_good && i < question->count; i++) {
        (void)check_start(was_good ? running.program->signals : NULL, next.program->signals,
                          question->names[i], i, problems); /* counted in them */
    }
    close_bare(&running);
    close_bare(&next);
    return problems->total == before;
}

static cn_str unit_of(const struct cn_engine_program *program,
                      const struct cn_column_source *source, const struct cn_column_name *name)
{
    const struct cn_metric *metric = cn_metric_find(program->metrics, name->name, NULL);
    struct cn_column_request request = { .name = name->name, .method = name->method };
    struct cn_column_spec spec = { 0 };
    struct cn_error err; /* a name that takes arguments does not resolve without */
    if (metric != NULL) {
        return cn_str_of(name->unit); /* of what the method gives */
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
