/*
 * A second look at JSON text that the reader refused: where it is wrong, and which of its parts are
 * still good.
 *
 * The reader (json/reader.h) fails a whole document for one number out of range or one byte that is
 * not UTF-8, and does not say where.  Here a text is looked at byte by byte, slowly, so only after
 * a failure.
 */
#ifndef CAIRN_JSON_SCAN_H
#define CAIRN_JSON_SCAN_H

#include "base/base.h"

enum {
    CN_JSON_SCAN_DEPTH_MAX = 1024 /* deeper text is not looked at: CN_JSON_IS_NOT */
};

enum cn_json_verdict {
    CN_JSON_IS_GOOD, /* the reader takes it */
    CN_JSON_HAS_BAD, /* its grammar is right, a value in it is not: number, text or depth */
    CN_JSON_IS_NOT,  /* not JSON */
};

struct cn_json_fault {
    enum cn_json_verdict verdict;
    size_t offset;       /* of the first fault */
    const char *problem; /* "number out of range"; static storage; "" if good */
};

struct cn_json_fault cn_json_scan(cn_str text);

/* Walks the elements of an array or the members of an object as text. */
struct cn_json_pieces {
    cn_str rest;
    bool in_object;
};

/* `text` must be an object or array that cn_json_scan() does not call CN_JSON_IS_NOT; false if it
 * is another kind of value. */
CN_MUST_CHECK bool cn_json_pieces_of(cn_str text, struct cn_json_pieces *pieces_out);

/* False at the end.  *name_out is as written, without quotes; "" in an array. */
bool cn_json_pieces_next(struct cn_json_pieces *pieces, cn_str *name_out, cn_str *value_out);

#endif
