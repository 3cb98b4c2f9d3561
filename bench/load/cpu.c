#include "bench/load/cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/str.h"

enum {
    PROCESSES_MAX = 4096
};

struct process {
    int64_t pid;
    int64_t parent;
    int64_t cpu_ticks;
};

/* Fields 4 (parent), 14 and 15 (user and system time) of /proc/PID/stat; the name in field 2 may
 * hold blanks, so they are counted from its closing bracket. */
static bool read_process(int64_t pid, struct process *process_out)
{
    char path[64];
    char text[1024];
    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid); /* fits */
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file); /* only read from */
    text[len] = '\0';
    const char *after_name = strrchr(text, ')');
    if (after_name == NULL) {
        return false;
    }
    cn_str rest = cn_str_of(after_name + 2);
    cn_str word;
    int64_t values[16] = { 0 };
    for (size_t field = 3; field <= 15 && cn_str_split(&rest, ' ', &word); field++) {
        if (field > 3 && !cn_parse_i64(word, &values[field])) {
            return false;
        }
    }
    *process_out = (struct process){ pid, values[4], values[14] + values[15] };
    return true;
}

static size_t list_processes(struct process *processes)
{
    size_t count = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL) {
        return 0;
    }
    /* One thread reads this directory. */
    struct dirent *entry = readdir(dir); /* NOLINT(concurrency-mt-unsafe): see above */
    while (entry != NULL && count < PROCESSES_MAX) {
        int64_t pid = 0;
        if (cn_parse_i64(cn_str_of(entry->d_name), &pid) && read_process(pid, &processes[count])) {
            count++;
        }
        entry = readdir(dir); /* NOLINT(concurrency-mt-unsafe): see above */
    }
    (void)closedir(dir); /* only read from */
    return count;
}

static bool descends(const struct process *processes, size_t count, int64_t pid, int64_t ancestor)
{
    for (int generation = 0; generation < 16 && pid > 1; generation++) {
        if (pid == ancestor) {
            return true;
        }
        size_t i = 0;
        while (i < count && processes[i].pid != pid) {
            i++;
        }
        if (i == count) {
            return false;
        }
        pid = processes[i].parent;
    }
    return false;
}

int64_t cn_load_cpu_us(int64_t pid)
{
    struct process *processes = cn_heap_resize(NULL, PROCESSES_MAX * sizeof(*processes));
    size_t count = list_processes(processes);
    int64_t ticks = 0;
    for (size_t i = 0; i < count; i++) {
        if (descends(processes, count, processes[i].pid, pid)) {
            ticks += processes[i].cpu_ticks;
        }
    }
    free(processes);
    return ticks * (1000000 / sysconf(_SC_CLK_TCK));
}
