/*
 * The program's YAML as a tree of nodes, each of which knows its file, line and column.
 *
 * A node is a scalar, a list or a map; the items of a map carry their keys.  The subset of YAML is
 * small on purpose: no anchors, aliases, tags, merge keys or second documents, no duplicate keys,
 * no tabs in indentation, UTF-8 only.  Whether a plain scalar is a number, a bool or a text is
 * decided by who reads it, never guessed: a weight reads "40" as a number, a name reads it as a
 * text.
 *
 * The typed readers add a problem at the node's place and yield false if the node is not what is
 * wanted.  Trees live in an arena and are immutable.
 */
#ifndef CAIRN_PROGRAM_NODE_H
#define CAIRN_PROGRAM_NODE_H

#include "base/diagnostics.h"

enum {
    CN_NODE_DEPTH_MAX = 32,
    CN_NODE_FILE_MAX_BYTES = 1024 * 1024,
    CN_NODE_COUNT_MAX = 100000, /* nodes of one file */
};

enum cn_node_kind {
    CN_NODE_NULL, /* nothing, ~ or null */
    CN_NODE_SCALAR,
    CN_NODE_LIST,
    CN_NODE_MAP
};

struct cn_node {
    enum cn_node_kind kind;
    bool is_quoted; /* or a block: always a text, never a number or a bool */
    cn_str file;
    int64_t line;   /* from 1 */
    int64_t column; /* from 1, in bytes */
    cn_str key;     /* of an item of a map, else "" */
    int64_t key_line;
    int64_t key_column;
    bool is_key_quoted;
    cn_str text;           /* of a scalar, unescaped */
    cn_str raw;            /* of a scalar, as it stands in the file */
    struct cn_node *items; /* of a list or map, in order */
    size_t count;
};

/* One YAML document.  `file` is what places name.  Everything is copied into `arena`. */
CN_MUST_CHECK bool cn_node_parse(struct cn_arena *arena, cn_str file, cn_str text,
                                 struct cn_node **root_out, struct cn_diagnostics *problems);

/* The item of a map with that key, or NULL; NULL also if `map` is not a map. */
const struct cn_node *cn_node_get(const struct cn_node *map, const char *key);

struct cn_place cn_node_place(const struct cn_node *node);
struct cn_place cn_node_key_place(const struct cn_node *node); /* where the item's key stands */

/* The place `offset` bytes into the node's text, for errors inside an expression.  Exact for plain
 * and one-line quoted scalars and for block scalars; the node's own place for what is folded or
 * escaped. */
struct cn_place cn_node_place_at(const struct cn_node *node, int64_t offset);

/* Says that the last problem is about `length` bytes of the text from `offset` on; about the value
 * as a whole; about its key. */
void cn_node_mark(const struct cn_node *node, size_t offset, size_t length,
                  struct cn_diagnostics *problems);
void cn_node_mark_value(const struct cn_node *node, struct cn_diagnostics *problems);
void cn_node_mark_key(const struct cn_node *node, struct cn_diagnostics *problems);

/*
 * Adds to the last problem that `text` should stand instead of `length` bytes of the node's text.
 * The edit is to the file: if the text is written there in another way (escaped, folded), or the
 * new one could not be written like that, the value as a whole is replaced by one in quotes.
 */
void cn_node_fix(const struct cn_node *node, size_t offset, size_t length, cn_str text,
                 struct cn_diagnostics *problems);

/* The same for the item's key; not if `text` is "", or the key is in quotes. */
void cn_node_fix_key(const struct cn_node *node, cn_str text, struct cn_diagnostics *problems);

CN_MUST_CHECK bool cn_node_str(const struct cn_node *node, cn_str *text_out,
                               struct cn_diagnostics *problems);
CN_MUST_CHECK bool cn_node_f64(const struct cn_node *node, double *value_out,
                               struct cn_diagnostics *problems);
CN_MUST_CHECK bool cn_node_i64(const struct cn_node *node, int64_t min, int64_t max,
                               int64_t *value_out, struct cn_diagnostics *problems);
CN_MUST_CHECK bool cn_node_bool(const struct cn_node *node, bool *value_out,
                                struct cn_diagnostics *problems);

/* Whole days: "30d" or "4w". */
CN_MUST_CHECK bool cn_node_days(const struct cn_node *node, int64_t *days_out,
                                struct cn_diagnostics *problems);

CN_MUST_CHECK bool cn_node_parse_days(cn_str text, int64_t *days_out);

/* "2026-03-01", as a day of base/tz.h. */
CN_MUST_CHECK bool cn_node_date(const struct cn_node *node, int64_t *day_out,
                                struct cn_diagnostics *problems);

/* One of `names`; the index of it.  A near miss is suggested, with a fix. */
CN_MUST_CHECK bool cn_node_enum(const struct cn_node *node, const char *const *names, size_t count,
                                size_t *index_out, struct cn_diagnostics *problems);

/* A name: a-z first, then a-z, 0-9, "_" and "-", at most 64 bytes. */
CN_MUST_CHECK bool cn_node_name(const struct cn_node *node, cn_str *name_out,
                                struct cn_diagnostics *problems);

/* Adds that the node must be `wanted`, not what it is; yields false. */
bool cn_node_wrong(const struct cn_node *node, const char *wanted, struct cn_diagnostics *problems);

enum cn_node_shape {
    CN_SHAPE_TEXT,
    CN_SHAPE_NAME,
    CN_SHAPE_NUMBER,
    CN_SHAPE_WHOLE, /* a whole number */
    CN_SHAPE_BOOL,
    CN_SHAPE_DAYS,
    CN_SHAPE_DATE, /* 2026-03-01 */
    CN_SHAPE_CEL,  /* a text that is an expression */
    CN_SHAPE_LIST,
    CN_SHAPE_MAP,
    CN_SHAPE_ANY, /* whoever reads it says what it may be */
};

struct cn_node_fields;

/*
 * A key that a map may have, or what stands without a key: an item of a list, a value of a map of
 * names.  Tables of these check the program, complete it in editors (program/schema.h) and document
 * it (program/reference.h).  What follows `doc` may be left out.
 */
struct cn_node_field {
    const char *key;
    enum cn_node_shape shape;
    bool is_required;
    const char *doc; /* "the score is at most this": no capital, no full stop */
    double min;      /* of a number, or whole days; min = max: any */
    double max;
    const char *initial;        /* what holds without the key, "50"; NULL: nothing does */
    const char *result;         /* of a CEL: what comes out, "bool"; NULL: anything */
    const char *const *choices; /* of a TEXT: one of these */
    size_t choice_count;
    const struct cn_node_fields *object; /* of a MAP: its keys */
    const struct cn_node_field *element; /* of a LIST: its items; of a MAP without `object`: the
                                          * value of each key */
    enum cn_node_shape key_shape;        /* of a MAP without `object`: NAME, NUMBER or TEXT */
};

/* Within a row. */
#define CN_CHOICES(array) .choices = (array), .choice_count = CN_ARRAY_LEN(array)

/* What the keys of a map are. */
struct cn_node_fields {
    const char *name; /* "measure": of the JSON Schema's definition, and the heading */
    const char *doc;
    const struct cn_node_field *rows;
    size_t count;
    const char *const *one_of; /* exactly one of these keys is there */
    size_t one_of_count;
    const char *example; /* YAML for the reference, or NULL */
};

#define CN_NODE_FIELDS(name_, doc_, array, ...)                                                    \
    {                                                                                              \
        .name = (name_), .doc = (doc_), .rows = (array), .count = CN_ARRAY_LEN(array), __VA_ARGS__ \
    }
#define CN_ONE_OF(array) .one_of = (array), .one_of_count = CN_ARRAY_LEN(array)

/*
 * Adds a problem for each unknown key (with the nearest known one), each missing required one, each
 * value of a wrong shape, and each number or text outside of what its row allows.  True if there
 * was none.  Looks at this map alone, not at the maps in it.
 */
CN_MUST_CHECK bool cn_node_check(const struct cn_node *map, const struct cn_node_field *fields,
                                 size_t count, struct cn_diagnostics *problems);

/* The same, and that exactly one of fields->one_of is there. */
CN_MUST_CHECK bool cn_node_check_fields(const struct cn_node *map,
                                        const struct cn_node_fields *fields,
                                        struct cn_diagnostics *problems);

/*
 * What a map that was checked by its table holds under a key.  They say nothing of what is wrong,
 * since the check did: without the key, or with a value that its row does not allow, they yield
 * `fallback`.
 */
double cn_node_number(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, double fallback);
int64_t cn_node_whole(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, int64_t fallback); /* of a WHOLE or DAYS */
size_t cn_node_choice(const struct cn_node *map, const struct cn_node_fields *fields,
                      const char *key, size_t fallback);         /* the index in its choices */
cn_str cn_node_text(const struct cn_node *map, const char *key); /* "" without */

/* " (did you mean x?)" or "": the nearest of `names` to `text`, written to the arena. */
cn_str cn_suggest(struct cn_arena *arena, cn_str text, const cn_str *names, size_t count);

#endif
