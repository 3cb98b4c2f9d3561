/*
 * Versions of the program in the database: immutable, numbered from 1, each with its files as text,
 * who saved it and when.  Applying and rolling back both save a version.  Which one is active is
 * said by who evaluates (engine/apply.h): the newest, unless it has failed or metrics of it are
 * being counted.
 *
 * Statements run on the caller's connection and transaction.
 */
#ifndef CAIRN_PROGRAM_VERSION_H
#define CAIRN_PROGRAM_VERSION_H

#include "base/embedded.h"

#include "program/program.h"
#include "sql/sql.h"

/* Of the set "main". */
extern const struct cn_embedded_file cn_program_migrations[];
extern const size_t cn_program_migrations_count;

struct cn_program_version {
    int64_t number;
    int64_t author_id; /* of the user, 0: the server itself */
    cn_time at;
    cn_str hash;
    cn_str note;          /* why, in the author's words; may be "" */
    int64_t rolls_back;   /* the version whose text it has again, 0: none */
    cn_str failure;       /* why it could not be made active, or "" */
    int64_t base;         /* of a draft: the version that it changes, 0: whatever is the newest */
    const cn_str *starts; /* of a draft: signals that it raises at once, each once */
    size_t start_count;
};

/* A signal that a version raises at once for accounts that match when it becomes active, where it
 * is new or changed; for all others that is its baseline. */
struct cn_program_start {
    cn_str rule;
    int64_t author_id; /* of the version, 0: a command */
};

struct cn_program_start_list {
    struct cn_program_start *items; /* by rule, each once */
    size_t count;
};

struct cn_program_version_list {
    struct cn_program_version *items; /* newest first */
    size_t count;
};

/* Saves `files` as the next version, unless they equal the newest and nothing is to be raised at
 * once: then that one is given back and nothing is written.  draft->author_id, at, note,
 * rolls_back, base and starts are read.  Two who save at once: one fails with CN_CONFLICT, as does
 * who changes another base than the newest version that has not failed. */
CN_MUST_CHECK bool cn_program_version_save(struct cn_sql_conn *conn, struct cn_arena *arena,
                                           const struct cn_program_files *files,
                                           const struct cn_program_version *draft,
                                           struct cn_program_version *version_out,
                                           struct cn_error *err);

/* number 0: the newest.  CN_NOT_FOUND if there is none. */
CN_MUST_CHECK bool cn_program_version_load(struct cn_sql_conn *conn, struct cn_arena *arena,
                                           int64_t number, struct cn_program_version *version_out,
                                           struct cn_program_files *files_out,
                                           struct cn_error *err);

/* What the versions after `after` up to `upto` raise at once: a version that takes the place of one
 * which never became active keeps its word.  Failed versions raise nothing. */
CN_MUST_CHECK bool cn_program_starts_load(struct cn_sql_conn *conn, struct cn_arena *arena,
                                          int64_t after, int64_t upto,
                                          struct cn_program_start_list *list_out,
                                          struct cn_error *err);

/* Those before version `before` (0: all), newest first. */
CN_MUST_CHECK bool cn_program_version_list(struct cn_sql_conn *conn, struct cn_arena *arena,
                                           int64_t before, size_t limit,
                                           struct cn_program_version_list *list_out,
                                           struct cn_error *err);

/* The version cannot be made active. */
CN_MUST_CHECK bool cn_program_version_fail(struct cn_sql_conn *conn, int64_t number, cn_time at,
                                           cn_str message, struct cn_error *err);

/* Names of the files that are not the same in both, in `arena`; both are sorted by name. */
struct cn_program_file_change {
    cn_str name;
    bool was_there;
    bool is_there;
};
size_t cn_program_compare(const struct cn_program_files *before,
                          const struct cn_program_files *after, struct cn_arena *arena,
                          struct cn_program_file_change **changes_out);

#endif
