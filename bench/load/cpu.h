/* CPU time that processes have used, from /proc. */
#ifndef CAIRN_BENCH_LOAD_CPU_H
#define CAIRN_BENCH_LOAD_CPU_H

#include "base/base.h"

/* Of the process and all its living descendants, in microseconds; 0 if there is none. */
int64_t cn_load_cpu_us(int64_t pid);

#endif
