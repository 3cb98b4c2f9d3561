/*
 * Preloaded into a server, makes it believe that its disk syncs at once: what the same path does
 * without waiting for the disk.
 */
#include <unistd.h>

int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fildes)
{
    (void)fildes;
    return 0;
}
