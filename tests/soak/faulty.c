/*
 * Cairn on a disk that forgets what was not synced.
 *
 *   CAIRN_FAULT_JOURNAL=PATH CAIRN_FAULT_STEPS=N cairn-faulty COMMAND...
 *       is `cairn COMMAND...`, notes in the journal what each write of SQLite replaces, and kills
 *       itself at the N-th write or sync.
 *   cairn-faulty lose-power JOURNAL SEED
 *       does to the files what a power loss at that moment may do: each write that was not synced
 *       stays, is torn or never was.  Prints how many there were and how many were undone.
 *
 * Not here: files that are written without SQLite, such as the ids of sealed segments.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/str.h"

#include "cli/command.h"
#include "sql/test_vfs.h"

static int lose_power(const char *path, const char *seed_text)
{
    int64_t seed = 0;
    int journal = open(path, O_RDONLY | O_CLOEXEC);
    if (journal < 0 || !cn_parse_i64(cn_str_of(seed_text), &seed)) {
        (void)fprintf(stderr, "cairn-faulty: cannot read %s\n", path);
        return 2;
    }
    struct cn_rng rng = { (uint64_t)seed };
    size_t undone = 0;
    size_t unsynced = cn_vfs_lose_power(journal, &rng, &undone);
    printf("{\"unsynced\":%zu,\"undone\":%zu}\n", unsynced, undone);
    (void)close(journal); /* only read from */
    return 0;
}

int main(int argc, char **argv)
{
    static struct cn_vfs_faults faults = { .writes_left = -1, .journal = -1 };
    /* NOLINTBEGIN(concurrency-mt-unsafe): one thread, yet */
    const char *journal = getenv("CAIRN_FAULT_JOURNAL");
    const char *steps_text = getenv("CAIRN_FAULT_STEPS");
    /* NOLINTEND(concurrency-mt-unsafe) */
    int64_t steps = 0;
    if (argc == 4 && strcmp(argv[1], "lose-power") == 0) {
        return lose_power(argv[2], argv[3]);
    }
    if (journal == NULL || steps_text == NULL) {
        return cn_cli_main(argc, argv);
    }
    faults.journal = open(journal, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (faults.journal < 0 || !cn_parse_i64(cn_str_of(steps_text), &steps) || steps < 1) {
        (void)fprintf(stderr, "cairn-faulty: no journal, or no number of steps\n");
        return 2;
    }
    atomic_store(&faults.steps_left, steps);
    struct cn_test_vfs *vfs = cn_test_vfs_install(&faults);
    int code = cn_cli_main(argc, argv);
    cn_test_vfs_remove(vfs);
    return code;
}
