#include "cel/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    [CN_CEL_PROBLEM_SYNTAX] = "syntax",     [CN_CEL_PROBLEM_TOO_LARGE] = "too-large",
    [CN_CEL_PROBLEM_NAME] = "unknown-name", [CN_CEL_PROBLEM_TYPE] = "type",
    [CN_CEL_PROBLEM_ARGUMENT] = "argument", [CN_CEL_PROBLEM_UNSUPPORTED] = "unsupported",
};
_Static_assert(CN_ARRAY_LEN(names) == CN_CEL_PROBLEM_KINDS, "every kind has a name");

const char *cn_cel_problem_name(enum cn_cel_problem_kind kind)
{
    return names[kind];
}

void cn_cel_problems_init(struct cn_cel_problems *problems, struct cn_arena *arena, cn_str source)
{
    *problems = (struct cn_cel_problems){ .arena = arena, .source = source };
}

struct cn_cel_problem *cn_cel_problem_add(struct cn_cel_problems *problems,
                                          enum cn_cel_problem_kind kind, uint32_t offset,
                                          uint32_t length, const char *fmt, ...)
{
    problems->total++;
    if (problems->count == CN_CEL_PROBLEMS_MAX) {
        return NULL;
    }
    if (problems->items == NULL) {
        problems->items =
            cn_arena_array(problems->arena, struct cn_cel_problem, CN_CEL_PROBLEMS_MAX);
    }
    char message[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut message still names its place */
    va_end(args);

    struct cn_cel_problem *problem = &problems->items[problems->count++];
    *problem = (struct cn_cel_problem){
        .kind = kind,
        .offset = offset,
        .length = length,
        .line = 1,
        .column = 1,
        .message = cn_arena_str(problems->arena, (cn_str){ message, strlen(message) }),
    };
    for (uint32_t i = 0; i < offset && i < problems->source.len; i++) {
        bool is_end = problems->source.ptr[i] == '\n';
        problem->line += is_end;
        problem->column = is_end ? 1 : problem->column + 1;
    }
    return problem;
}
