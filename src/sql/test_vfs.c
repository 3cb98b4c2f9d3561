#include "sql/test_vfs.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum {
    SECTOR = 512,
    PATH_BYTES = 1024,
};

struct cn_test_vfs {
    sqlite3_vfs base;
    sqlite3_vfs *real;
    struct cn_vfs_faults *faults;
};

struct file {
    sqlite3_file base;
    struct cn_vfs_faults *faults;
    char path[PATH_BYTES];
    sqlite3_file *real; /* behind this struct */
};

/* In the journal; followed by `len` bytes that the write replaced. */
enum note_kind {
    NOTE_WRITE,
    NOTE_SYNC,
};

struct note {
    enum note_kind kind;
    int64_t offset;
    int64_t len;
    char path[PATH_BYTES];
};

static struct file *file_of(sqlite3_file *file)
{
    return (struct file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return file_of(file)->real;
}

static void append(int fd, const void *bytes, size_t len)
{
    ssize_t n = write(fd, bytes, len);
    assert(n == (ssize_t)len); /* a test that cannot keep its journal is worth nothing */
}

/* What stands at offset now; beyond the end that is zeros. */
static void note_write(sqlite3_file *base, int64_t offset, int64_t len)
{
    struct file *file = file_of(base);
    if (file->faults->journal < 0 || len <= 0) {
        return;
    }
    size_t bytes = sizeof(struct note) + (size_t)len;
    struct note *note = cn_heap_resize(NULL, bytes);
    memset(note, 0, bytes);
    note->kind = NOTE_WRITE;
    note->offset = offset;
    note->len = len;
    memcpy(note->path, file->path, sizeof(note->path));
    (void)file->real->pMethods->xRead(file->real, note + 1, (int)len, offset); /* as said above */
    append(file->faults->journal, note, bytes);
    free(note);
}

/* Dies between two steps, if it is time: what was written before is written, perhaps not synced. */
static void take_step(struct cn_vfs_faults *faults)
{
    if (atomic_load(&faults->steps_left) > 0 && atomic_fetch_sub(&faults->steps_left, 1) == 1) {
        (void)raise(SIGKILL); /* does not return */
    }
}

static int vfs_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int vfs_read(sqlite3_file *file, void *to, int len, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, len, offset);
}

static int vfs_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 offset)
{
    struct cn_vfs_faults *faults = file_of(file)->faults;
    int64_t left = atomic_load(&faults->writes_left);
    take_step(faults);
    if (left == 0) {
        return SQLITE_FULL;
    }
    if (left > 0) {
        atomic_store(&faults->writes_left, left - 1);
    }
    note_write(file, offset, len);
    return real_of(file)->pMethods->xWrite(real_of(file), from, len, offset);
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_int64 old = 0;
    if (real_of(file)->pMethods->xFileSize(real_of(file), &old) == SQLITE_OK) {
        note_write(file, size, old - size);
    }
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int vfs_sync(sqlite3_file *base, int flags)
{
    struct file *file = file_of(base);
    take_step(file->faults);
    if (atomic_load(&file->faults->sync_fails)) {
        return SQLITE_IOERR_FSYNC;
    }
    int rc = file->real->pMethods->xSync(file->real, flags);
    if (rc == SQLITE_OK && file->faults->journal >= 0) {
        struct note note = { .kind = NOTE_SYNC };
        memcpy(note.path, file->path, sizeof(note.path));
        append(file->faults->journal, &note, sizeof(note));
    }
    return rc;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *size_out)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size_out);
}

static int vfs_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int vfs_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int vfs_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int vfs_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int vfs_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int vfs_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int vfs_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int vfs_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void vfs_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int vfs_shm_unmap(sqlite3_file *file, int delete_flag)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_flag);
}

/* Version 2: without memory mapping, whose writes would pass by. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_check_lock,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector,
    .xDeviceCharacteristics = vfs_traits,
    .xShmMap = vfs_shm_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_shm_barrier,
    .xShmUnmap = vfs_shm_unmap,
};

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags,
                    int *flags_out)
{
    const struct cn_test_vfs *vfs = (const struct cn_test_vfs *)base;
    struct file *file = file_of(out);
    *file = (struct file){ .faults = vfs->faults, .real = (sqlite3_file *)(file + 1) };
    if (path != NULL) {
        size_t len = strlen(path);
        assert(len < sizeof(file->path));
        memcpy(file->path, path, len);
    }
    int rc = vfs->real->xOpen(vfs->real, path, file->real, flags, flags_out);
    file->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
    return rc;
}

struct cn_test_vfs *cn_test_vfs_install(struct cn_vfs_faults *faults)
{
    struct cn_test_vfs *vfs = cn_heap_resize(NULL, sizeof(*vfs));
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    *vfs = (struct cn_test_vfs){ .base = *real, .real = real, .faults = faults };
    vfs->base.zName = "cairn-test";
    vfs->base.szOsFile = (int)sizeof(struct file) + real->szOsFile;
    vfs->base.xOpen = vfs_open;
    vfs->base.pNext = NULL;
    int rc = sqlite3_vfs_register(&vfs->base, 1);
    assert(rc == SQLITE_OK);
    return vfs;
}

void cn_test_vfs_remove(struct cn_test_vfs *vfs)
{
    (void)sqlite3_vfs_unregister(&vfs->base); /* was registered */
    (void)sqlite3_vfs_register(vfs->real, 1);
    free(vfs);
}

/* ---- power loss ---- */

struct lost {
    struct note *note; /* with its bytes */
    bool is_synced;
};

static bool read_note(int journal, struct note **note_out)
{
    struct note head;
    if (read(journal, &head, sizeof(head)) != (ssize_t)sizeof(head)) {
        return false;
    }
    struct note *note = cn_heap_resize(NULL, sizeof(head) + (size_t)head.len);
    *note = head;
    if (read(journal, note + 1, (size_t)head.len) != (ssize_t)head.len) {
        free(note); /* killed while it was noted, so before it was written */
        return false;
    }
    *note_out = note;
    return true;
}

static void mark_synced(struct lost *lost, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lost[i].note->path, path) == 0) {
            lost[i].is_synced = true;
        }
    }
}

/* Keeps it, takes it back whole, or takes back all but its first sectors. */
static bool take_back(const struct note *note, struct cn_rng *rng)
{
    int64_t choice = cn_rng_between(rng, 0, 2);
    int64_t kept = 0;
    if (choice == 0) {
        return false;
    }
    if (choice == 2) {
        kept = cn_rng_between(rng, 0, note->len / SECTOR) * SECTOR;
    }
    int fd = open(note->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false; /* deleted meanwhile */
    }
    const char *bytes = (const char *)(note + 1);
    ssize_t n = pwrite(fd, bytes + kept, (size_t)(note->len - kept), note->offset + kept);
    assert(n == (ssize_t)(note->len - kept));
    (void)close(fd); /* the test reads it back */
    return true;
}

size_t cn_vfs_lose_power(int journal, struct cn_rng *rng, size_t *damaged_out)
{
    struct lost *lost = NULL;
    struct note *note;
    size_t count = 0;
    size_t unsynced = 0;
    *damaged_out = 0;
    off_t start = lseek(journal, 0, SEEK_SET);
    assert(start == 0);
    while (read_note(journal, &note)) {
        if (note->kind == NOTE_SYNC) {
            mark_synced(lost, count, note->path);
            free(note);
            continue;
        }
        lost = cn_heap_resize(lost, (count + 1) * sizeof(*lost));
        lost[count++] = (struct lost){ .note = note };
    }
    for (size_t i = count; i > 0; i--) {
        const struct lost *last = &lost[i - 1];
        if (!last->is_synced) {
            unsynced++;
            *damaged_out += take_back(last->note, rng);
        }
        free(last->note);
    }
    free(lost);
    return unsynced;
}
