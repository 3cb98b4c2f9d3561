/*
 * CSV for people and their spreadsheets: RFC 4180, UTF-8, and no cell that a spreadsheet would take
 * for a formula.  Internal to api/, with its unit test.
 */
#ifndef CAIRN_API_CSV_H
#define CAIRN_API_CSV_H

#include "base/buf.h"

/* One cell, with a comma before it unless it is the first of its line.  Text that begins with
 * = + - @, a tab or a line end gets an apostrophe in front, after which spreadsheets show it as it
 * is. */
void cn_csv_cell(struct cn_buf *out, cn_str text);

/* A number: never taken for a formula. */
void cn_csv_number(struct cn_buf *out, double value);

void cn_csv_end_line(struct cn_buf *out);

#endif
