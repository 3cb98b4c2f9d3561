#include "engine/reference.h"

#include "base/str.h"

#include "book/column.h"
#include "cel/reference.h"
#include "engine/program.h"
#include "metric/window.h"
#include "program/reference.h"

static const char program_head[] =
    "# The program\n"
    "\n"
    "<!-- Made by `cairn program reference` from the tables that check a program. -->\n"
    "\n"
    "A program is a folder of YAML files that say what is derived from the facts. A file holds one "
    "or more of the sections\n"
    "below, each under its key; a file that is a scorecard is one as a whole. `cairn program check "
    "FOLDER` names every\n"
    "mistake with file, line and column; `cairn program schema FOLDER` writes JSON Schemas, with "
    "which editors complete the\n"
    "keys. The first line of a file tells an editor which one it is:\n"
    "\n"
    "```yaml\n"
    "# yaml-language-server: $schema=program.schema.json\n"
    "```\n"
    "\n"
    "The YAML is a subset: no anchors, aliases, tags, merge keys or second documents, no key "
    "twice, no tabs in the indentation.\n"
    "A **name** has `a-z` first, then `a-z`, `0-9`, `_` and `-`, at most 64. **CEL** is an "
    "expression of the language in\n"
    "[cel.md](cel.md), with the [functions](functions.md) that it has, over the "
    "[names](#names-in-scope) in scope; what must\n"
    "come out of it stands beside it.\n";

static const char names_head[] = "\n## Names in scope\n"
                                 "\n"
                                 "What an expression can read of an account. A name without a "
                                 "value is missing: a measure over it is left out, a condition\n"
                                 "over it does not hold, and `has(name)` tells.\n"
                                 "\n"
                                 "`coverage`, `stage` of a program with a `lifecycle`, "
                                 "`health.colour` and `health.scorecard` hold names that the "
                                 "program\n"
                                 "knows: what compares them with another text is refused. Any "
                                 "other text may be whatever it is.\n"
                                 "\n"
                                 "| name | type | unit | meaning |\n"
                                 "|---|---|---|---|\n";

static const char methods_head[] =
    "\n### Methods of metrics\n"
    "\n"
    "Every metric of the program is a name, read with one of these. Days are those of the "
    "workspace's time zone; with two\n"
    "numbers, the second is how many days before today the window ends.\n"
    "\n"
    "| method | of metrics with | meaning |\n"
    "|---|---|---|\n";

static const char functions_head[] =
    "# Functions of the expression language\n"
    "\n"
    "<!-- Made by `cairn program reference functions` from the table that the checker uses. -->\n"
    "\n"
    "Each with every combination of types that it takes. `T`, `U`, `K` and `V` stand for any type; "
    "in a macro `x`, `i`, `k`\n"
    "and `v` are names that its last arguments may use. [cel.md](cel.md) says what the language "
    "is.\n";

static const char *const types[] = {
    [CN_COLUMN_F64] = "double", [CN_COLUMN_I64] = "int",        [CN_COLUMN_BOOL] = "bool",
    [CN_COLUMN_STR] = "string", [CN_COLUMN_TIME] = "timestamp", [CN_COLUMN_SPAN] = "duration",
};

static void add(struct cn_buf *out, const char *text)
{
    cn_buf_add_str(out, cn_str_of(text));
}

static void add_name(struct cn_buf *out, const struct cn_column_name *name)
{
    add(out, "| `");
    cn_buf_add_str(out, name->usage);
    cn_buf_printf(out, "` | %s | %s | ", types[name->type], name->unit != NULL ? name->unit : "");
    cn_buf_add_str(out, name->doc);
    add(out, " |\n");
}

static void add_kinds(struct cn_buf *out, uint32_t kinds)
{
    static const char *const names[] = {
        [CN_METRIC_COUNT] = "count", [CN_METRIC_DISTINCT] = "distinct", [CN_METRIC_SUM] = "sum",
        [CN_METRIC_MIN] = "min",     [CN_METRIC_MAX] = "max",           [CN_METRIC_LAST] = "last",
    };
    const char *before = "";
    if (kinds == (1U << CN_ARRAY_LEN(names)) - 1) {
        add(out, "any");
        return;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        if ((kinds >> i & 1) != 0) {
            cn_buf_printf(out, "%s`%s`", before, names[i]);
            before = ", ";
        }
    }
}

/* No account has a part in it: the names are the same in every workspace. */
static void add_names(struct cn_buf *out)
{
    struct cn_column_set set;
    struct cn_column_name name;
    struct cn_arena arena;
    struct cn_book_facts *facts = cn_book_facts_new(NULL); /* nothing is computed */
    struct cn_program_tree nothing = { 0 };
    struct cn_interner *strings = cn_interner_new();
    struct cn_health_env health;
    struct cn_segment_env segments;
    const struct cn_column_source *sources[3];
    cn_arena_init(&arena, 1024);
    cn_column_set_init(&set, &arena, sources, CN_ARRAY_LEN(sources));
    struct cn_rules *rules = cn_rules_new(&arena, &set, strings);
    cn_health_prepare(&arena, rules, &nothing, &health);
    cn_segment_prepare(&arena, rules, strings, &nothing, &segments);
    sources[0] = cn_book_facts_source(facts);
    sources[1] = cn_segment_source(&segments);
    sources[2] = cn_health_source(&health);
    add(out, names_head);
    for (size_t i = 0; cn_column_set_list(&set, i, &name); i++) {
        add_name(out, &name);
    }
    cn_arena_deinit(&arena);
    cn_interner_free(strings);
    cn_book_facts_free(facts);
    add(out, methods_head);
    for (size_t i = 0; i < CN_WINDOW_METHODS; i++) {
        const struct cn_window_row *row = &cn_window_rows[i];
        cn_buf_printf(out, "| `%s` | ", row->usage);
        add_kinds(out, row->kinds);
        cn_buf_printf(out, " | %s |\n", row->doc);
    }
}

void cn_engine_reference_program(struct cn_buf *out)
{
    add(out, program_head);
    cn_program_reference(cn_program_sections, cn_program_section_count, out);
    add_names(out);
}

void cn_engine_reference_functions(struct cn_buf *out)
{
    add(out, functions_head);
    cn_cel_reference(out);
}
