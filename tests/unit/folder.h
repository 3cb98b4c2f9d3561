/*
 * Folders of files that a test made.
 */
#ifndef CAIRN_TESTS_UNIT_FOLDER_H
#define CAIRN_TESTS_UNIT_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/unit.h"

typedef void each_file(const char *path, const char *name, const char *to);

static inline void for_each_file(const char *dir, each_file *run, const char *to)
{
    DIR *stream = opendir(dir);
    assert_non_null(stream);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        char path[512];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
            run(path, entry->d_name, to);
        }
    }
    closedir(stream);
}

static inline void delete_file(const char *path, const char *name, const char *to)
{
    (void)name;
    (void)to;
    assert_int_equal(remove(path), 0);
}

static inline void delete_folder(const char *dir)
{
    for_each_file(dir, delete_file, "");
    assert_int_equal(rmdir(dir), 0);
}

#endif
