#include "event/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/str.h"

enum {
    NUMBER_DIGITS = 20,
};

static bool fail_on(const char *what, const char *path, struct cn_error *err)
{
    enum cn_code code = errno == ENOSPC || errno == EDQUOT ? CN_STORAGE_FULL : CN_UNAVAILABLE;
    return cn_fail(err, code, "%s %s: %s", what, path, strerrordesc_np(errno));
}

bool cn_segment_path(const char *dir, int64_t first_seq, const char *suffix,
                     char path_out[CN_SEGMENT_PATH_BYTES], struct cn_error *err)
{
    int len = snprintf(path_out, CN_SEGMENT_PATH_BYTES, "%s/%0*lld.%s", dir, NUMBER_DIGITS,
                       (long long)first_seq, suffix);
    if (len < 0 || len >= CN_SEGMENT_PATH_BYTES - 16) { /* SQLite adds "-wal" */
        return cn_fail(err, CN_INVALID, "path of the event log is too long");
    }
    return true;
}

bool cn_segment_name_parse(const char *name, int64_t *first_seq_out, const char **suffix_out)
{
    static const char *const suffixes[] = { "raw", "pack", "day", "month", "ids" };
    size_t zeros = strspn(name, "0");
    if (strspn(name, "0123456789") != NUMBER_DIGITS || name[NUMBER_DIGITS] != '.' ||
        zeros >= NUMBER_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(suffixes); i++) {
        if (strcmp(name + NUMBER_DIGITS + 1, suffixes[i]) == 0) {
            *suffix_out = suffixes[i];
            return cn_parse_i64((cn_str){ name + zeros, NUMBER_DIGITS - zeros }, first_seq_out);
        }
    }
    return false;
}

bool cn_folder_make(const char *path, struct cn_error *err)
{
    if (mkdir(path, 0700) == 0) {
        return cn_folder_sync(path, err);
    }
    return errno == EEXIST || fail_on("making", path, err);
}

bool cn_folder_sync(const char *path, struct cn_error *err)
{
    char folder[CN_SEGMENT_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    if (len >= sizeof(folder)) {
        return cn_fail(err, CN_INVALID, "path of the event log is too long");
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
    const char *name = slash == NULL ? "." : len == 0 ? "/" : folder;
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_on("opening", name, err);
    }
    bool ok = fsync(fd) == 0 || fail_on("syncing", name, err);
    (void)close(fd); /* only read from */
    return ok;
}

static bool write_all(int fd, cn_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes = cn_str_slice(bytes, (size_t)n, bytes.len);
    }
    return true;
}

bool cn_file_begin(struct cn_file_making *making, const char *path, struct cn_error *err)
{
    int len = snprintf(making->other, sizeof(making->other), "%s.tmp", path);
    if (len < 0 || (size_t)len >= sizeof(making->other)) {
        return cn_fail(err, CN_INVALID, "path of the event log is too long");
    }
    memcpy(making->path, path, strlen(path) + 1);
    making->fd = open(making->other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return making->fd >= 0 || fail_on("making", making->other, err);
}

bool cn_file_add(struct cn_file_making *making, cn_str bytes, struct cn_error *err)
{
    return write_all(making->fd, bytes) || fail_on("writing", making->other, err);
}

bool cn_file_end(struct cn_file_making *making, bool ok, cn_str head, struct cn_error *err)
{
    if (ok) {
        ok = (lseek(making->fd, 0, SEEK_SET) == 0 && write_all(making->fd, head) &&
              fsync(making->fd) == 0) ||
             fail_on("writing", making->other, err);
    }
    if (close(making->fd) != 0 && ok) {
        ok = fail_on("closing", making->other, err);
    }
    if (!ok) {
        cn_file_delete(making->other);
    }
    return ok && cn_file_rename(making->other, making->path, err);
}

bool cn_file_write(const char *path, cn_str bytes, struct cn_error *err)
{
    struct cn_file_making making;
    if (!cn_file_begin(&making, path, err)) {
        return false;
    }
    bool ok = cn_file_add(&making, bytes, err);
    return cn_file_end(&making, ok, (cn_str){ 0 }, err);
}

bool cn_file_sync(const char *path, struct cn_error *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return fail_on("opening", path, err);
    }
    bool ok = fsync(fd) == 0 || fail_on("syncing", path, err);
    (void)close(fd); /* was synced */
    return ok;
}

bool cn_file_rename(const char *from, const char *to, struct cn_error *err)
{
    if (rename(from, to) != 0) {
        return fail_on("renaming", from, err);
    }
    return cn_folder_sync(to, err);
}

void cn_file_delete(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < CN_ARRAY_LEN(suffixes); i++) {
        char name[CN_SEGMENT_PATH_BYTES];
        int len = snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        if (len > 0 && (size_t)len < sizeof(name)) {
            (void)unlink(name); /* what is left behind is found and deleted at the next start */
        }
    }
}
