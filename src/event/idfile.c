#include "event/idfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#include "event/files.h"
#include "event/idset.h"

enum {
    PAGE_IDS = 256,   /* read at once when one is looked for */
    CHUNK_IDS = 4096, /* read at once when all are wanted; whole pages */
};

static const char magic[16] = "cairn ids 1\n";

struct file_head {
    char magic[16];
    uint64_t count;
    uint64_t check; /* hash of the ids */
};

struct cn_id_file {
    _Atomic int users;
    int fd;
    size_t count;
    uint64_t *firsts; /* the upper half of the first id of each page */
    size_t pages;
};

/* ---- writing ---- */

bool cn_id_file_write(const struct cn_id_set *set, const char *path, struct cn_error *err)
{
    struct file_head head = { .count = set->count };
    struct cn_file_making making;
    memcpy(head.magic, magic, sizeof(magic));
    cn_str first = { (const char *)&head, sizeof(head) };
    if (!cn_file_begin(&making, path, err)) {
        return false;
    }
    struct cn_hash64_state *state = cn_hash64_begin();
    struct cn_hash128 *ids = NULL;
    bool ok = cn_file_add(&making, first, err); /* its place; what it says comes last */
    for (size_t s = 0; s < CN_ID_SHARDS && ok; s++) {
        size_t bytes = set->shards[s].count * sizeof(*ids);
        ids = bytes > 0 ? cn_heap_resize(ids, bytes) : ids;
        cn_id_set_sorted_shard(set, s, ids);
        cn_hash64_add(state, (cn_str){ (const char *)ids, bytes });
        ok = cn_file_add(&making, (cn_str){ (const char *)ids, bytes }, err);
    }
    free(ids);
    head.check = cn_hash64_end(state);
    return cn_file_end(&making, ok, first, err);
}

/* ---- reading ---- */

static bool read_at(int fd, void *to, size_t bytes, size_t at, struct cn_error *err)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return cn_fail(err, CN_UNAVAILABLE, "reading a file of message ids: %s",
                           n == 0 ? "it ends too early" : strerrordesc_np(errno));
        }
        done += (size_t)n;
    }
    return true;
}

static bool read_ids(const struct cn_id_file *file, size_t first, size_t count,
                     struct cn_hash128 *ids_out, struct cn_error *err)
{
    size_t at = sizeof(struct file_head) + first * sizeof(*ids_out);
    return read_at(file->fd, ids_out, count * sizeof(*ids_out), at, err);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool cn_id_file_each(const struct cn_id_file *file, cn_id_visitor *visit, void *arg,
                     struct cn_error *err)
{
    struct cn_hash128 *ids = cn_heap_resize(NULL, CHUNK_IDS * sizeof(*ids));
    bool ok = true;
    for (size_t i = 0; i < file->count && ok; i += CHUNK_IDS) {
        size_t count = least(file->count - i, CHUNK_IDS);
        ok = read_ids(file, i, count, ids, err);
        if (ok) {
            visit(arg, ids, count);
        }
    }
    free(ids);
    return ok;
}

struct checking {
    struct cn_id_file *file;
    struct cn_hash64_state *state;
};

static void check_ids(void *arg, const struct cn_hash128 *ids, size_t count)
{
    struct checking *checking = arg;
    struct cn_id_file *file = checking->file;
    for (size_t i = 0; i < count; i += PAGE_IDS) {
        file->firsts[file->pages++] = ids[i].hi;
    }
    cn_hash64_add(checking->state, (cn_str){ (const char *)ids, count * sizeof(*ids) });
}

/* Whether the file is what was written.  Notes the pages' keys. */
static bool check(struct cn_id_file *file, bool *whole_out, struct cn_error *err)
{
    struct stat about;
    struct file_head head = { 0 };
    *whole_out = false;
    if (fstat(file->fd, &about) != 0 || (size_t)about.st_size < sizeof(head)) {
        return true;
    }
    size_t ids_bytes = (size_t)about.st_size - sizeof(head);
    if (!read_at(file->fd, &head, sizeof(head), 0, err)) {
        return false;
    }
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 ||
        head.count != ids_bytes / sizeof(struct cn_hash128)) {
        return true;
    }
    file->count = head.count;
    file->firsts = cn_heap_resize(NULL, (file->count / PAGE_IDS + 1) * sizeof(file->firsts[0]));
    struct checking checking = { file, cn_hash64_begin() };
    bool ok = cn_id_file_each(file, check_ids, &checking, err);
    *whole_out = cn_hash64_end(checking.state) == head.check;
    return ok;
}

bool cn_id_file_open(const char *path, struct cn_id_file **file_out, struct cn_error *err)
{
    bool is_whole = false;
    *file_out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ||
               cn_fail(err, CN_UNAVAILABLE, "opening %s: %s", path, strerrordesc_np(errno));
    }
    struct cn_id_file *file = cn_heap_resize(NULL, sizeof(*file));
    *file = (struct cn_id_file){ .users = 1, .fd = fd };
    bool ok = check(file, &is_whole, err);
    if (!ok || !is_whole) {
        cn_id_file_close(file);
        return ok || cn_error_context(err, "%s", path);
    }
    *file_out = file;
    return true;
}

struct cn_id_file *cn_id_file_keep(struct cn_id_file *file)
{
    (void)atomic_fetch_add(&file->users, 1);
    return file;
}

void cn_id_file_close(struct cn_id_file *file)
{
    if (file != NULL && atomic_fetch_sub(&file->users, 1) == 1) {
        (void)close(file->fd); /* only read from */
        free(file->firsts);
        free(file);
    }
}

size_t cn_id_file_count(const struct cn_id_file *file)
{
    return file->count;
}

size_t cn_id_file_memory_bytes(const struct cn_id_file *file)
{
    return sizeof(*file) + file->pages * sizeof(file->firsts[0]);
}

/* ---- asking ---- */

/* The last page that begins at or before key, or -1. */
static int64_t page_of(const struct cn_id_file *file, uint64_t key)
{
    size_t low = 0;
    size_t high = file->pages; /* the first that begins after key is in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->firsts[middle] <= key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (int64_t)low - 1;
}

static bool page_has(const struct cn_hash128 *ids, size_t count, struct cn_hash128 id)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cn_id_compare(ids[middle], id);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool cn_id_file_has(const struct cn_id_file *file, struct cn_hash128 id, bool *has_out,
                    struct cn_error *err)
{
    struct cn_hash128 ids[PAGE_IDS];
    *has_out = false;
    for (int64_t page = page_of(file, id.hi); page >= 0 && !*has_out; page--) {
        size_t first = (size_t)page * PAGE_IDS;
        size_t count = least(file->count - first, PAGE_IDS);
        if (!read_ids(file, first, count, ids, err)) {
            return false;
        }
        *has_out = page_has(ids, count, id);
        if (file->firsts[page] != id.hi) {
            break; /* ids of the same upper half may else begin a page earlier */
        }
    }
    return true;
}
