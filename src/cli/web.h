/* The built web app; without web/dist it is empty, and the program serves the API alone. */
#ifndef CAIRN_CLI_WEB_H
#define CAIRN_CLI_WEB_H

#include "base/embedded.h"

extern const struct cn_embedded_file cn_web_files[];
extern const size_t cn_web_files_count;

#endif
