/*
 * The problems of a program as people and editors see them.
 *
 * Diagnostics count columns in bytes.  Editors count characters (code points): cn_program_points()
 * turns the one into the other, over HTTP only.
 */
#ifndef CAIRN_PROGRAM_PROBLEM_H
#define CAIRN_PROGRAM_PROBLEM_H

#include "program/program.h"

/* For the terminal: "scorecards/mid.yaml:12:7: message", below it the line of the file with what is
 * at fault underlined, and "fix 12:7: this instead of that". */
void cn_program_show_problems(const struct cn_diagnostics *problems,
                              const struct cn_program_files *files, struct cn_buf *out);

/* Makes every column of the problems a count of characters, and where the end of what is at fault
 * is not known sets it to that of the word.  Once only. */
void cn_program_points(struct cn_diagnostics *problems, const struct cn_program_files *files);

#endif
