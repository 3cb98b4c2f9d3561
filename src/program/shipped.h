/* For program/ only: the files of the program/ folder as tools/embed.py builds them in. */
#ifndef CAIRN_PROGRAM_SHIPPED_H
#define CAIRN_PROGRAM_SHIPPED_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_program_shipped_files[];
extern const size_t cn_program_shipped_files_count;

#endif
