/* Where the files of a program come from: a folder, or what is built in. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/embedded.h"
#include "base/str.h"

#include "program/program.h"
#include "program/shipped.h"

enum {
    FOLDER_DEPTH_MAX = 8,
    PATH_MAX_BYTES = 1024,
    NAME_MAX_BYTES = 200
};

struct reader {
    struct cn_arena *arena;
    struct cn_program_file *items; /* on the heap until all are there */
    size_t count;
    size_t capacity;
    size_t bytes;
    struct cn_error *err;
};

static bool has_yaml_name(const char *name)
{
    cn_str text = cn_str_of(name);
    return cn_str_ends_with(text, CN_STR(".yaml")) || cn_str_ends_with(text, CN_STR(".yml"));
}

static bool read_text(struct reader *r, int fd, const char *name)
{
    struct cn_buf buf;
    char chunk[16 * 1024];
    ssize_t got = 0;
    bool ok = false;
    cn_buf_init(&buf, CN_NODE_FILE_MAX_BYTES + 1);
    while ((got = read(fd, chunk, sizeof(chunk))) > 0 && !buf.overflowed) {
        cn_buf_add(&buf, chunk, (size_t)got);
    }
    if (got < 0) {
        cn_fail(r->err, CN_INTERNAL, "cannot read %s: %s", name, strerrordesc_np(errno));
        goto done;
    }
    r->bytes += buf.len;
    if (buf.overflowed || r->bytes > CN_PROGRAM_MAX_BYTES || r->count == CN_PROGRAM_FILES_MAX) {
        cn_fail(r->err, CN_TOO_LARGE, "too much for a program at %s", name);
        goto done;
    }
    if (r->count == r->capacity) {
        r->capacity = r->capacity == 0 ? 16 : r->capacity * 2;
        r->items = cn_heap_resize(r->items, r->capacity * sizeof(*r->items));
    }
    r->items[r->count++] = (struct cn_program_file){
        .name = cn_arena_str(r->arena, cn_str_of(name)),
        .text = cn_arena_str(r->arena, cn_buf_str(&buf)),
    };
    ok = true;

done:
    cn_buf_deinit(&buf);
    return ok;
}

static bool read_folder(struct reader *r, int fd, const char *prefix, int depth);

/* NOLINTNEXTLINE(misc-no-recursion): at most FOLDER_DEPTH_MAX deep */
static bool read_entry(struct reader *r, int folder, const char *prefix, const char *entry,
                       int depth)
{
    char name[PATH_MAX_BYTES];
    struct stat info;
    int len = snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "", entry);
    if (len < 0 || (size_t)len >= sizeof(name)) {
        return cn_fail(r->err, CN_TOO_LARGE, "a path of the program is too long");
    }
    int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ELOOP ||
               cn_fail(r->err, CN_INTERNAL, "cannot open %s: %s", name, strerrordesc_np(errno));
    }
    bool ok = true;
    if (fstat(fd, &info) != 0) {
        ok = cn_fail(r->err, CN_INTERNAL, "cannot look at %s", name);
    } else if (S_ISDIR(info.st_mode)) {
        return read_folder(r, fd, name, depth + 1); /* closes fd */
    } else if (S_ISREG(info.st_mode) && has_yaml_name(entry)) {
        ok = read_text(r, fd, name);
    }
    (void)close(fd); /* only read from */
    return ok;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most FOLDER_DEPTH_MAX deep */
static bool read_folder(struct reader *r, int fd, const char *prefix, int depth)
{
    const struct dirent *entry = NULL;
    bool ok = true;
    DIR *dir = fdopendir(fd);
    if (dir == NULL || depth > FOLDER_DEPTH_MAX) {
        if (dir != NULL) {
            (void)closedir(dir); /* only read from */
        } else {
            (void)close(fd);
        }
        return cn_fail(r->err, CN_TOO_LARGE, "folders of the program are nested too deeply");
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): this thread's own DIR */
    while (ok && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            ok = read_entry(r, fd, prefix, entry->d_name, depth);
        }
    }
    (void)closedir(dir);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    const struct cn_program_file *first = a;
    const struct cn_program_file *second = b;
    return cn_str_compare(first->name, second->name);
}

static void finish(struct cn_arena *arena, struct cn_program_file *items, size_t count,
                   struct cn_program_files *files_out)
{
    files_out->count = count;
    files_out->items = cn_arena_array(arena, struct cn_program_file, count);
    if (count > 0) {
        memcpy(files_out->items, items, count * sizeof(*items));
        qsort(files_out->items, count, sizeof(*items), by_name);
    }
}

static bool has_good_name(cn_str name)
{
    cn_str rest = name;
    cn_str part;
    if (name.len == 0 || name.len > NAME_MAX_BYTES ||
        !(cn_str_ends_with(name, CN_STR(".yaml")) || cn_str_ends_with(name, CN_STR(".yml")))) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < ' ' || c == 0x7f || c == '\\') {
            return false;
        }
    }
    while (cn_str_split(&rest, '/', &part)) {
        if (part.len == 0 || part.ptr[0] == '.') {
            return false;
        }
    }
    return true;
}

static bool file_problem(struct cn_diagnostics *problems, size_t index, cn_str name,
                         const char *what)
{
    char pointer[32];
    int len = snprintf(pointer, sizeof(pointer), "/files/%zu", index);
    struct cn_place place = { .source = name, .pointer = { pointer, (size_t)len } };
    return cn_diagnose(problems, &place, "%s", what);
}

bool cn_program_take_files(struct cn_program_file *items, size_t count,
                           struct cn_program_files *files_out, struct cn_diagnostics *problems)
{
    size_t bytes = 0;
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (!has_good_name(items[i].name)) {
            ok = file_problem(problems, i, cn_str_slice(items[i].name, 0, NAME_MAX_BYTES),
                              "the name of a file is a relative path that ends in .yaml");
        }
        bytes += items[i].text.len;
    }
    if (count > CN_PROGRAM_FILES_MAX || bytes > CN_PROGRAM_MAX_BYTES) {
        ok = file_problem(problems, 0, CN_STR(""), "this is too much for a program");
    }
    if (ok && count > 0) {
        qsort(items, count, sizeof(*items), by_name);
    }
    for (size_t i = 1; ok && i < count; i++) {
        if (cn_str_equal(items[i].name, items[i - 1].name)) {
            ok = file_problem(problems, i, items[i].name, "there are two files of this name");
        }
    }
    *files_out = (struct cn_program_files){ items, count };
    return ok;
}

bool cn_program_read_folder(struct cn_arena *arena, const char *path,
                            struct cn_program_files *files_out, struct cn_error *err)
{
    struct reader r = { .arena = arena, .err = err };
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return cn_fail(err, CN_NOT_FOUND, "no folder %s", path);
    }
    bool ok = read_folder(&r, fd, "", 0);
    if (ok && r.count == 0) { /* the wrong folder, which must not become a program without rules */
        ok = cn_fail(err, CN_NOT_FOUND, "no *.yaml files in %s", path);
    }
    if (ok) {
        finish(arena, r.items, r.count, files_out);
    }
    free(r.items);
    return ok;
}

void cn_program_shipped(struct cn_arena *arena, struct cn_program_files *files_out)
{
    struct cn_program_file *items =
        cn_arena_array(arena, struct cn_program_file, cn_program_shipped_files_count);
    for (size_t i = 0; i < cn_program_shipped_files_count; i++) {
        items[i].name = cn_str_of(cn_program_shipped_files[i].name);
        items[i].text = cn_embedded_text(&cn_program_shipped_files[i]);
    }
    finish(arena, items, cn_program_shipped_files_count, files_out);
}
