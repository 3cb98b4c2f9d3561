/* For program/ only: the tables of keys that sections lead to. */
#ifndef CAIRN_PROGRAM_TABLES_H
#define CAIRN_PROGRAM_TABLES_H

#include "program/program.h"

enum {
    CN_PROGRAM_SECTIONS_MAX = 32,
    CN_PROGRAM_TABLES_MAX = 64,
};

struct cn_program_tables {
    const struct cn_node_fields *items[CN_PROGRAM_TABLES_MAX]; /* outer ones first */
    size_t count;
};

void cn_program_tables_find(const struct cn_program_section *const *sections, size_t count,
                            struct cn_program_tables *tables_out);

#endif
