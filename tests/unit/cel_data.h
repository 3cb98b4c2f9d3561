/*
 * The conformance data of tests/data/cel, for the tests that read it.
 */
#ifndef CAIRN_TESTS_UNIT_CEL_DATA_H
#define CAIRN_TESTS_UNIT_CEL_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#include "json/reader.h"

enum {
    TEST_FILE_MAX_BYTES = 4 << 20
};

/* A file, copied to the arena. */
static inline cn_str read_file(struct cn_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = cn_arena_array(arena, char, TEST_FILE_MAX_BYTES);
    size_t len = fread(text, 1, TEST_FILE_MAX_BYTES, file);
    assert_int_equal(fclose(file), 0);
    return (cn_str){ text, len };
}

/* The file tests/`name`. */
static inline cn_str read_test_file(struct cn_arena *arena, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/tests/%s", CN_SOURCE_ROOT, name);
    return read_file(arena, path);
}

static inline void write_test_file(const char *name, cn_str text)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/tests/%s", CN_SOURCE_ROOT, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* Member `name` of an object; false if it is absent. */
static inline bool member(cn_json_value object, const char *name, cn_json_value *value_out)
{
    struct cn_json_iter iter = cn_json_iterate(object);
    cn_str key;
    while (cn_json_next(&iter, &key, value_out)) {
        if (cn_str_equal(key, cn_str_of(name))) {
            return true;
        }
    }
    return false;
}

static inline cn_str member_text(cn_json_value object, const char *name)
{
    cn_json_value value;
    return member(object, name, &value) ? cn_json_get_str(value) : CN_STR("");
}

#endif
