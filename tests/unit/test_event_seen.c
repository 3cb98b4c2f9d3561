/* Which messages were seen: sets and files of ids give the same answers, and how much memory. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#include "event/idfile.h"
#include "event/idset.h"
#include "event/seen.h"
#include "tests/unit/folder.h"

enum {
    BATCH = 500,
    PART = 20000,
};

struct fixture {
    char dir[64];
    struct cn_seen *seen;
    struct cn_event events[BATCH];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    temp_path(f->dir, sizeof(f->dir), "seen");
    assert_non_null(mkdtemp(f->dir));
    f->seen = cn_seen_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cn_seen_free(f->seen);
    delete_folder(f->dir);
    free(f);
    return 0;
}

static const char *path_of(const struct fixture *f, int64_t first_seq)
{
    static char path[128];
    (void)snprintf(path, sizeof(path), "%s/%lld.ids", f->dir, (long long)first_seq);
    return path;
}

/* A one-to-one map, so that different numbers are different ids. */
static struct cn_hash128 id_of(uint64_t number)
{
    struct cn_rng rng = { number };
    uint64_t hi = cn_rng_next(&rng);
    return (struct cn_hash128){ hi, number };
}

/* Adds the ids of so many numbers; yields how many were new, or -1. */
static int64_t add(struct fixture *f, uint64_t first, size_t count)
{
    int64_t found = 0;
    for (size_t done = 0; done < count; done += BATCH) {
        struct cn_event_batch batch = { .events = f->events, .count = BATCH };
        struct cn_event_batch *batches[] = { &batch };
        struct cn_event_group group = { .batches = batches, .count = 1 };
        struct cn_error err;
        size_t fresh = 0;
        for (size_t i = 0; i < BATCH; i++) {
            f->events[i].id = id_of(first + done + i);
        }
        if (!cn_seen_add_group(f->seen, &group, &fresh, &err)) {
            return -1;
        }
        assert_int_equal(batch.accepted, fresh);
        assert_int_equal(batch.duplicates, BATCH - fresh);
        found += (int64_t)fresh;
    }
    return found;
}

/* `parts` finished parts of PART ids each, as files, and a newest one that is empty. */
static void fill(struct fixture *f, size_t parts)
{
    struct cn_error err;
    for (size_t i = 0; i < parts; i++) {
        cn_seen_begin(f->seen, (int64_t)(i * PART));
        assert_int_equal(add(f, i * PART, PART), PART);
        if (i > 0) {
            int64_t before = (int64_t)((i - 1) * PART);
            assert_true(cn_seen_store(f->seen, before, path_of(f, before), &err));
        }
    }
    cn_seen_begin(f->seen, (int64_t)(parts * PART));
    int64_t last = (int64_t)((parts - 1) * PART);
    assert_true(cn_seen_store(f->seen, last, path_of(f, last), &err));
}

static struct cn_id_counts counts_of(struct fixture *f)
{
    struct cn_id_counts counts;
    cn_seen_counts(f->seen, &counts);
    return counts;
}

static void test_files_answer_as_sets(void **state)
{
    struct fixture *f = *state;
    fill(f, 8);
    assert_int_equal(counts_of(f).in_files, 8 * PART);
    assert_int_equal(add(f, 0, 8 * (size_t)PART), 0);
    assert_int_equal(add(f, 8 * (uint64_t)PART, PART), PART);
    assert_int_equal(add(f, 7 * (uint64_t)PART, 2 * (size_t)PART), 0);
}

static void test_loaded_files_answer_too(void **state)
{
    struct fixture *f = *state;
    struct cn_error err;
    fill(f, 4);
    cn_seen_free(f->seen);
    f->seen = cn_seen_new();
    for (int64_t i = 0; i < 4; i++) {
        bool found = false;
        assert_true(cn_seen_load(f->seen, i * PART, path_of(f, i * PART), &found, &err));
        assert_true(found);
    }
    cn_seen_begin(f->seen, 4 * (int64_t)PART);
    assert_true(cn_seen_ready(f->seen, &err));
    assert_int_equal(add(f, 0, 5 * (size_t)PART), PART);
}

/* Pages of this process that belong to files of ids. */
static size_t mapped_ids(void)
{
    char line[512];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        count += strstr(line, ".ids") != NULL ? 1 : 0;
    }
    (void)fclose(maps);
    return count;
}

static void test_ids_in_files_take_little_memory(void **state)
{
    struct fixture *f = *state;
    cn_seen_begin(f->seen, -1);
    size_t empty = counts_of(f).bytes;
    fill(f, 20);
    /* 12 to 18 bits of the filter, a quarter of a bit of page keys, and what is always there. */
    size_t ids = 20 * (size_t)PART;
    assert_in_range(counts_of(f).bytes, ids * 12 / 8, ids * 19 / 8 + empty + 128 * 1024);
    assert_int_equal(add(f, 0, ids), 0); /* all pages are looked at */
    assert_int_equal(mapped_ids(), 0);
}

static void test_forgotten_files_leave_the_memory(void **state)
{
    struct fixture *f = *state;
    struct cn_error err;
    fill(f, 16);
    size_t before = counts_of(f).bytes;
    cn_seen_forget_before(f->seen, 14 * (int64_t)PART);
    assert_int_equal(counts_of(f).in_files, 2 * PART);
    assert_int_equal(add(f, 0, PART), PART); /* new again */
    cn_seen_begin(f->seen, 17 * (int64_t)PART);
    assert_true(cn_seen_store(f->seen, 16 * (int64_t)PART, path_of(f, 16 * (int64_t)PART), &err));
    assert_in_range(counts_of(f).bytes, 1, before / 2);
    assert_int_equal(add(f, 0, PART), 0);
    assert_int_equal(add(f, 14 * (uint64_t)PART, 2 * (size_t)PART), 0);
}

static void test_an_unreadable_file_adds_nothing(void **state)
{
    struct fixture *f = *state;
    static char bytes[PART * sizeof(struct cn_hash128) + 32];
    fill(f, 2);
    int fd = open(path_of(f, 0), O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(ftruncate(fd, 4096), 0);
    int64_t before = counts_of(f).in_memory;
    assert_int_equal(add(f, 0, PART), -1);
    assert_int_equal(counts_of(f).in_memory, before);
    for (size_t i = 0; i < BATCH; i++) {
        assert_int_equal(f->events[i].seq, 0);
    }
    assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(close(fd), 0);
    assert_int_equal(add(f, 0, 3 * (size_t)PART), PART); /* as if nothing had been */
}

static void test_a_damaged_file_is_none(void **state)
{
    struct fixture *f = *state;
    struct cn_error err;
    bool found = true;
    fill(f, 1);
    int fd = open(path_of(f, 0), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0 && pwrite(fd, "x", 1, 100000) == 1 && close(fd) == 0);
    struct cn_seen *other = cn_seen_new();
    assert_true(cn_seen_load(other, 0, path_of(f, 0), &found, &err));
    assert_false(found);
    assert_true(cn_seen_load(other, 0, path_of(f, 1), &found, &err)); /* there is none */
    assert_false(found);
    cn_seen_free(other);
}

static void test_equal_upper_halves_span_pages(void **state)
{
    struct fixture *f = *state;
    struct cn_error err;
    struct cn_id_set set = { 0 };
    struct cn_id_file *file = NULL;
    bool has = false;
    for (uint64_t lo = 1; lo <= 3000; lo++) {
        (void)cn_id_set_add(&set, (struct cn_hash128){ 77, lo * 2 });
    }
    assert_true(cn_id_file_write(&set, path_of(f, 9), &err));
    assert_true(cn_id_file_open(path_of(f, 9), &file, &err));
    assert_int_equal(cn_id_file_count(file), 3000);
    for (uint64_t lo = 1; lo <= 6002; lo++) {
        assert_true(cn_id_file_has(file, (struct cn_hash128){ 77, lo }, &has, &err));
        assert_int_equal(has, lo % 2 == 0 && lo <= 6000);
    }
    assert_true(cn_id_file_has(file, (struct cn_hash128){ 76, UINT64_MAX }, &has, &err) && !has);
    assert_true(cn_id_file_has(file, (struct cn_hash128){ 78, 0 }, &has, &err) && !has);
    cn_id_file_close(file);
    cn_id_set_deinit(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files_answer_as_sets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loaded_files_answer_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_in_files_take_little_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forgotten_files_leave_the_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unreadable_file_adds_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_damaged_file_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_upper_halves_span_pages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
