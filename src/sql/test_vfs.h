/*
 * SQLite's way to files with faults: a full disk, a failed sync, a power loss.  Only tests link it.
 *
 * It stands before the usual way and is the default while it is installed.  Given a journal, it
 * notes there what each write replaces and when a file was synced; after the process was killed,
 * cn_vfs_lose_power() takes back or tears what had not been synced, as a power loss may.
 */
#ifndef CAIRN_SQL_TEST_VFS_H
#define CAIRN_SQL_TEST_VFS_H

#include <stdatomic.h>

#include "base/random.h"

struct cn_test_vfs;

struct cn_vfs_faults {
    _Atomic int64_t writes_left; /* then every write finds the disk full; -1: there is room */
    _Atomic bool sync_fails;
    _Atomic int64_t steps_left; /* writes and syncs before the process kills itself; 0: never */
    int journal;                /* descriptor to append to, or -1 */
};

/* `faults` may be changed at any time and outlives the installation. */
struct cn_test_vfs *cn_test_vfs_install(struct cn_vfs_faults *faults);
void cn_test_vfs_remove(struct cn_test_vfs *vfs); /* no file may be open */

/* Yields how many writes were not synced; *damaged_out, how many of them were taken back. */
size_t cn_vfs_lose_power(int journal, struct cn_rng *rng, size_t *damaged_out);

#endif
