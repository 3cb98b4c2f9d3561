/*
 * Files built into the program by tools/embed.py: migrations, the shipped rules, the web app.
 */
#ifndef CAIRN_BASE_EMBEDDED_H
#define CAIRN_BASE_EMBEDDED_H

#include "base/base.h"

struct cn_embedded_file {
    const char *name; /* relative to the folder that was embedded: "0001_book.sql" */
    const unsigned char *data;
    const unsigned char *end;
};

static inline cn_str cn_embedded_text(const struct cn_embedded_file *file)
{
    return (cn_str){ (const char *)file->data, (size_t)(file->end - file->data) };
}

#endif
