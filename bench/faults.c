/*
 * Preloaded into a server, makes its calls to the system fail at chosen places, and moves its
 * clock. What to do stands in the file that CAIRN_FAULTS names, which is mapped, so that a test
 * changes it while the server runs.  tests/fault drives it.
 *
 * Not here: power loss, which is src/sql/test_vfs.h; an fsync that costs nothing, which is
 * nosync.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* One bit a kind of fault; a call suffers those that it could suffer in life. */
enum {
    FAULT_EIO = 1,
    FAULT_ENOSPC = 2,
    FAULT_SHORT = 4, /* half of it is written or read */
    FAULT_EMFILE = 8,
    FAULT_ENOMEM = 16,
    FAULT_SYNC = 32, /* EIO of fsync and fdatasync alone */
    FAULT_LAST = FAULT_SYNC,
};

/* The file's whole content; tests/fault/faults.mjs writes it. */
struct control {
    int64_t clock_us; /* added to the time of day */
    int64_t kind;     /* FAULT_...; 0: none */
    int64_t first;    /* the call, counted from 1 among those of the kind, that fails first */
    int64_t count;    /* how many fail from there on */
    int64_t seen[8];  /* calls so far, by kind */
    int64_t hits;     /* calls that were made to fail */
};

static struct control *control;

static int64_t load(const int64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

/* The C library's own function; looked up once. */
#define REAL(name)                                               \
    ({                                                           \
        static void *known;                                      \
        void *found = __atomic_load_n(&known, __ATOMIC_RELAXED); \
        if (found == NULL) {                                     \
            found = dlsym(RTLD_NEXT, #name);                     \
            __atomic_store_n(&known, found, __ATOMIC_RELAXED);   \
        }                                                        \
        (__typeof__(&(name)))found;                              \
    })

__attribute__((constructor)) static void map_control(void)
{
    const char *path = getenv("CAIRN_FAULTS");
    int fd = path != NULL ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *at = REAL(mmap)(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)REAL(close)(fd); /* the mapping stays */
    if (at != MAP_FAILED) {
        control = at;
    }
}

/* The fault among `kinds` that this call suffers, or 0. */
static int suffers(int kinds)
{
    if (control == NULL) {
        return 0;
    }
    int chosen = 0;
    for (int kind = 1, i = 0; kind <= FAULT_LAST; kind *= 2, i++) {
        if ((kinds & kind) == 0) {
            continue;
        }
        int64_t index = __atomic_add_fetch(&control->seen[i], 1, __ATOMIC_RELAXED);
        int64_t first = load(&control->first);
        if (load(&control->kind) == kind && first > 0 && index >= first &&
            index - first < load(&control->count)) {
            chosen = kind;
        }
    }
    if (chosen != 0) {
        (void)__atomic_add_fetch(&control->hits, 1, __ATOMIC_RELAXED);
        errno = chosen == FAULT_ENOSPC   ? ENOSPC
                : chosen == FAULT_EMFILE ? EMFILE
                : chosen == FAULT_ENOMEM ? ENOMEM
                                         : EIO;
    }
    return chosen;
}

static mode_t type_of(int fd)
{
    struct stat about;
    int kept = errno;
    mode_t type = fstat(fd, &about) == 0 ? about.st_mode & S_IFMT : 0;
    errno = kept;
    return type;
}

static int kinds_of_write(int fd)
{
    mode_t type = control != NULL ? type_of(fd) : 0;
    return type == S_IFREG    ? FAULT_EIO | FAULT_ENOSPC | FAULT_SHORT
           : type == S_IFSOCK ? FAULT_SHORT
                              : 0;
}

static size_t cut(int fault, size_t bytes)
{
    return fault == FAULT_SHORT && bytes > 1 ? bytes / 2 : bytes;
}

/* ---- files ---- */

ssize_t write(int fd, const void *buf, size_t n)
{
    int fault = suffers(kinds_of_write(fd));
    return fault != 0 && fault != FAULT_SHORT ? -1 : REAL(write)(fd, buf, cut(fault, n));
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    int fault = suffers(kinds_of_write(fd));
    return fault != 0 && fault != FAULT_SHORT ? -1 : REAL(pwrite)(fd, buf, cut(fault, n), offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    int fault = suffers(kinds_of_write(fd));
    return fault != 0 && fault != FAULT_SHORT ? -1 : REAL(pwrite64)(fd, buf, cut(fault, n), offset);
}

static int kinds_of_read(int fd)
{
    return control != NULL && type_of(fd) == S_IFREG ? FAULT_EIO : 0;
}

ssize_t read(int fd, void *buf, size_t nbytes)
{
    return suffers(kinds_of_read(fd)) != 0 ? -1 : REAL(read)(fd, buf, nbytes);
}

ssize_t pread(int fd, void *buf, size_t nbytes, off_t offset)
{
    return suffers(kinds_of_read(fd)) != 0 ? -1 : REAL(pread)(fd, buf, nbytes, offset);
}

ssize_t pread64(int fd, void *buf, size_t nbytes, off64_t offset)
{
    return suffers(kinds_of_read(fd)) != 0 ? -1 : REAL(pread64)(fd, buf, nbytes, offset);
}

int fsync(int fd)
{
    return suffers(FAULT_EIO | FAULT_SYNC) != 0 ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fildes)
{
    return suffers(FAULT_EIO | FAULT_SYNC) != 0 ? -1 : REAL(fdatasync)(fildes);
}

int ftruncate(int fd, off_t length)
{
    return suffers(FAULT_EIO) != 0 ? -1 : REAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return suffers(FAULT_EIO) != 0 ? -1 : REAL(ftruncate64)(fd, length);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
    return suffers(FAULT_EIO | FAULT_ENOSPC) != 0 ? errno : REAL(posix_fallocate)(fd, offset, len);
}

int posix_fallocate64(int fd, off64_t offset, off64_t len)
{
    return suffers(FAULT_EIO | FAULT_ENOSPC) != 0 ? errno
                                                  : REAL(posix_fallocate64)(fd, offset, len);
}

int rename(const char *old, const char *new)
{
    return suffers(FAULT_EIO | FAULT_ENOSPC) != 0 ? -1 : REAL(rename)(old, new);
}

int unlink(const char *name)
{
    return suffers(FAULT_EIO) != 0 ? -1 : REAL(unlink)(name);
}

int mkdir(const char *path, mode_t mode)
{
    return suffers(FAULT_EIO | FAULT_ENOSPC) != 0 ? -1 : REAL(mkdir)(path, mode);
}

/* ---- what makes a descriptor ---- */

#define OPEN(name)                                                                          \
    int name(const char *file, int oflag, ...)                                              \
    {                                                                                       \
        va_list rest;                                                                       \
        va_start(rest, oflag);                                                              \
        mode_t mode = (oflag & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                       \
        int kinds = FAULT_EMFILE | FAULT_EIO | ((oflag & O_CREAT) != 0 ? FAULT_ENOSPC : 0); \
        return suffers(kinds) != 0 ? -1 : REAL(name)(file, oflag, mode);                    \
    }
OPEN(open)
OPEN(open64)

FILE *fopen(const char *filename, const char *modes)
{
    return suffers(FAULT_EMFILE | FAULT_EIO) != 0 ? NULL : REAL(fopen)(filename, modes);
}

int socket(int domain, int type, int protocol)
{
    return suffers(FAULT_EMFILE) != 0 ? -1 : REAL(socket)(domain, type, protocol);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *addr_len, int flags)
{
    return suffers(FAULT_EMFILE) != 0 ? -1 : REAL(accept4)(fd, addr, addr_len, flags);
}

int epoll_create1(int flags)
{
    return suffers(FAULT_EMFILE) != 0 ? -1 : REAL(epoll_create1)(flags);
}

int eventfd(unsigned int count, int flags)
{
    return suffers(FAULT_EMFILE) != 0 ? -1 : REAL(eventfd)(count, flags);
}

int pipe2(int pipedes[2], int flags)
{
    return suffers(FAULT_EMFILE) != 0 ? -1 : REAL(pipe2)(pipedes, flags);
}

/* ---- sockets ---- */

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
    return REAL(send)(fd, buf, cut(suffers(FAULT_SHORT), n), flags);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
    return REAL(recv)(fd, buf, cut(suffers(FAULT_SHORT), n), flags);
}

ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags, struct sockaddr *restrict addr,
                 socklen_t *restrict addr_len)
{
    return REAL(recvfrom)(fd, buf, cut(suffers(FAULT_SHORT), n), flags, addr, addr_len);
}

/* ---- memory: straight to the C library, because dlsym() allocates ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's names */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

#ifdef FAULTS_OF_MEMORY
void *malloc(size_t size)
{
    return suffers(FAULT_ENOMEM) != 0 ? NULL : __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
    return suffers(FAULT_ENOMEM) != 0 ? NULL : __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
    return suffers(FAULT_ENOMEM) != 0 ? NULL : __libc_realloc(ptr, size);
}
#endif

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
    return suffers(FAULT_ENOMEM) != 0 ? MAP_FAILED : REAL(mmap)(addr, len, prot, flags, fd, offset);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
    return suffers(FAULT_ENOMEM) != 0 ? MAP_FAILED
                                      : REAL(mmap64)(addr, len, prot, flags, fd, offset);
}

/* ---- the time of day ---- */

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    int rc = REAL(clock_gettime)(clock_id, tp);
    if (rc == 0 && clock_id == CLOCK_REALTIME && control != NULL) {
        int64_t us = (int64_t)tp->tv_sec * 1000000 + tp->tv_nsec / 1000 + load(&control->clock_us);
        tp->tv_sec = (time_t)(us / 1000000);
        tp->tv_nsec = (long)(us % 1000000) * 1000;
    }
    return rc;
}

time_t time(time_t *timer)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    if (timer != NULL) {
        *timer = now.tv_sec;
    }
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec now;
    (void)tz;                                  /* nobody asks for it any more */
    (void)clock_gettime(CLOCK_REALTIME, &now); /* as above */
    *tv = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}
