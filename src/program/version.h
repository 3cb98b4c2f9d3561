/*
 * Versions of the program in the database: immutable, numbered from 1, each with its files as text,
 * who saved it and when.  Applying and rolling back both save a version; the newest is the active
 * one.
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
    cn_str note; /* why, in the author's words; may be "" */
};

struct cn_program_version_list {
    struct cn_program_version *items; /* newest first */
    size_t count;
};

/* Saves `files` as the next version, unless they equal the newest: then that one is given back and
 * nothing is written.  draft->author_id, at and note are read.  Two who save at once: one fails
 * with CN_CONFLICT. */
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

CN_MUST_CHECK bool cn_program_version_list(struct cn_sql_conn *conn, struct cn_arena *arena,
                                           size_t limit, struct cn_program_version_list *list_out,
                                           struct cn_error *err);

#endif
