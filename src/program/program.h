/*
 * The program as text: its files, the tree that they parse to, and the sections that give it
 * meaning.
 *
 * A file is a map.  Each of its top-level keys belongs to a section, which a domain folder
 * declares: "metrics" or "signals" hold their value, "scorecard" heads a file that is one scorecard
 * as a whole. The engine lists the sections and has each compiled in order, since a scorecard needs
 * the metrics.
 *
 * A check collects every mistake of every file at once, each with file, line and column.  Compiled
 * parts live in the arena that they are given, are immutable and name nothing of the database.
 *
 * Not here: what a section means (metric/, health/), which version is active (engine/).
 */
#ifndef CAIRN_PROGRAM_PROGRAM_H
#define CAIRN_PROGRAM_PROGRAM_H

#include "base/buf.h"

#include "program/node.h"

enum {
    CN_PROGRAM_FILES_MAX = 1000,
    CN_PROGRAM_MAX_BYTES = 8 * 1024 * 1024, /* all files together */
    CN_PROGRAM_HASH_TEXT_BYTES = 33,        /* with the NUL */
};

struct cn_program_file {
    cn_str name; /* "scorecards/mid-touch.yaml", with "/" on every system */
    cn_str text;
};

struct cn_program_files {
    struct cn_program_file *items; /* sorted by name */
    size_t count;
};

/* All *.yaml and *.yml below the folder, not following links.  Fails with CN_NOT_FOUND
 * (no folder, or no such file in it), CN_TOO_LARGE or CN_INTERNAL (unreadable). */
CN_MUST_CHECK bool cn_program_read_folder(struct cn_arena *arena, const char *path,
                                          struct cn_program_files *files_out, struct cn_error *err);

/* Files as somebody sent them, in any order: sorted, their names checked (relative, ending in .yaml
 * or .yml, each once) and their number and size.  `items` is used as it is.  Adds a problem with
 * the pointer /files/N for each that is wrong. */
CN_MUST_CHECK bool cn_program_take_files(struct cn_program_file *items, size_t count,
                                         struct cn_program_files *files_out,
                                         struct cn_diagnostics *problems);

/* The program that is built in: what a new workspace starts with. */
void cn_program_shipped(struct cn_arena *arena, struct cn_program_files *files_out);

/* Names the content: equal for equal files, whatever their order on disk. */
void cn_program_hash(const struct cn_program_files *files,
                     char text_out[CN_PROGRAM_HASH_TEXT_BYTES]);

/* The parsed files, and those that do not parse, which have a problem. */
struct cn_program_tree {
    const struct cn_node **roots;
    size_t count;
    const struct cn_program_file **unread;
    size_t unread_count;
};

/* What a section's compile gets. */
struct cn_section_input {
    struct cn_arena *arena; /* for what is compiled */
    /* CN_SECTION_KEY: the values of the key, CN_SECTION_FILE: the whole roots; one a file. */
    const struct cn_node *const *nodes;
    size_t count;
    void *env; /* of the section: what the engine has prepared for it */
};

enum cn_section_form {
    CN_SECTION_KEY,
    CN_SECTION_FILE,
};

/* Declared by the domain folder, listed in the engine. */
struct cn_program_section {
    const char *key; /* top-level: "metrics", "scorecard" */
    enum cn_section_form form;
    const char *doc;
    /* Adds every problem; true if there was none, and then *compiled_out is the section's own
     * struct. */
    bool (*compile)(const struct cn_section_input *input, void **compiled_out,
                    struct cn_diagnostics *problems);
    /* What the key holds, CN_SECTION_FILE: the file as a whole.  JSON Schema and reference come
     * from it. */
    const struct cn_node_field *value;
    const char *example; /* YAML for the reference */
};

/* Parses all files and checks that every top-level key belongs to a section.  The tree is filled as
 * far as possible even if false, so that a check can go on to the sections. */
bool cn_program_parse(struct cn_arena *arena, const struct cn_program_files *files,
                      const struct cn_program_section *const *sections, size_t section_count,
                      struct cn_program_tree *tree_out, struct cn_diagnostics *problems);

/* Compiles one section of the tree; a program without it compiles with count 0. */
CN_MUST_CHECK bool cn_program_compile(struct cn_arena *arena, const struct cn_program_tree *tree,
                                      const struct cn_program_section *section, void *env,
                                      void **compiled_out, struct cn_diagnostics *problems);

/*
 * Takes back those of the problems from the `first` on that are about a name which stands in a file
 * that did not parse: they follow from that, and would bury it.  The problem of that file says how
 * many they are.
 */
void cn_program_drop_followers(const struct cn_program_tree *tree, size_t first,
                               struct cn_diagnostics *problems);

/* "scorecards/mid-touch.yaml:12:7: message" lines; problem.h shows what they are about as well. */
void cn_program_print_problems(const struct cn_diagnostics *problems, struct cn_buf *out);

#endif
