/*
 * How long it takes to say of a million accounts in which of twenty segments they are, and who
 * entered and left since the day before.  Prints one line of JSON: medians in milliseconds, and
 * of each segment its members, entries and exits.
 *
 *   cairn-bench-segments RULES [FOLDER]     leaves both days in FOLDER as before.csv and after.csv
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#include "bench/crowd.h"
#include "bench/rounds.h"
#include "segment/evaluate.h"

enum {
    ACCOUNTS = 1000000,
    ROUNDS = 9,
    PATH_BYTES = 4096,
};

struct move {
    uint32_t row;
    uint16_t segment;
    bool is_entry;
};

struct world {
    struct cn_arena arena; /* of what is compiled */
    struct cn_arena scratch;
    struct crowd crowd;
    struct cn_column_set columns;
    struct cn_interner *strings;
    struct cn_frame *frame;
    struct cn_rules *rules;
    const struct cn_segment_model *model;
    struct cn_membership state;
    struct cn_bitmap *before; /* the sets of the last round */
    struct move *moves;
    size_t move_count;
    size_t change_count; /* accounts whose placement is another one */
};

static void die(const char *what)
{
    (void)fprintf(stderr, "cairn-bench-segments: %s\n", what);
    exit(1);
}

/* ---- compiling ---- */

static void compile(struct world *w, const char *folder)
{
    static const struct cn_program_section *const sections[] = { &cn_segment_section };
    static const struct cn_column_source *sources[2];
    struct cn_program_files files;
    struct cn_program_tree tree = { 0 };
    struct cn_segment_env env;
    struct cn_diagnostics problems;
    struct cn_error err;
    void *compiled = NULL;
    if (!cn_program_read_folder(&w->arena, folder, &files, &err)) {
        die(err.message);
    }
    cn_diagnostics_init(&problems, &w->arena);
    cn_column_set_init(&w->columns, &w->arena, sources, CN_ARRAY_LEN(sources));
    w->rules = cn_rules_new(&w->arena, &w->columns, w->strings);
    bool ok =
        cn_program_parse(&w->arena, &files, sections, CN_ARRAY_LEN(sections), &tree, &problems);
    cn_segment_prepare(&w->arena, w->rules, w->strings, &tree, &env);
    sources[0] = cn_segment_source(&env);
    sources[1] = &w->crowd.source;
    ok =
        cn_program_compile(&w->arena, &tree, &cn_segment_section, &env, &compiled, &problems) && ok;
    if (!cn_rules_finish(w->rules, &problems) || !ok) {
        struct cn_buf text;
        cn_buf_init(&text, 100000);
        cn_program_print_problems(&problems, &text);
        (void)fwrite(text.data, 1, text.len, stderr);
        die("the rules are wrong");
    }
    w->model = env.model;
}

/* ---- the days ---- */

static void go_to_day(struct world *w, int64_t day)
{
    const struct cn_when when = { 0 };
    struct cn_error err;
    w->crowd.day = day;
    if (!cn_frame_fill(w->frame, 0, NULL, &when, CN_PACE_FACT, &err)) {
        die(err.message);
    }
}

/* All bytes of the columns, as fast as memory gives them; the microseconds. */
static int64_t read_once(const struct world *w, uint64_t *sum)
{
    int64_t begun = cn_clock_monotonic_us();
    uint64_t all = 0;
    for (uint32_t c = 0; c < cn_frame_column_count(w->frame); c++) {
        const struct cn_column *column = cn_frame_column(w->frame, c);
        const uint64_t *words = column->as.any;
        const size_t count = ACCOUNTS * cn_column_value_bytes(column->type) / sizeof(*words);
        for (size_t i = 0; i < count; i++) {
            all += words[i];
        }
        for (size_t i = 0; i < ACCOUNTS / 64; i++) {
            all += column->missing[i];
        }
    }
    *sum += all;
    return cn_clock_monotonic_us() - begun;
}

/* What the sets were and are, as a move a row and set. */
static void list_moves(struct world *w)
{
    w->move_count = 0;
    for (size_t s = 0; s < w->model->count; s++) {
        const struct cn_bitmap *members = &w->state.members[s];
        for (size_t i = 0; i < (ACCOUNTS + 63) / 64; i++) {
            uint64_t moved = members->words[i] ^ w->before[s].words[i];
            for (; moved != 0; moved &= moved - 1) {
                size_t row = i * 64 + (size_t)__builtin_ctzll(moved);
                w->moves[w->move_count++] =
                    (struct move){ (uint32_t)row, (uint16_t)s, cn_bitmap_has(members, row) };
            }
        }
    }
}

/* As a round of the engine does it; the microseconds. */
static int64_t evaluate(struct world *w)
{
    struct cn_segment_changes changes;
    struct cn_error err;
    cn_arena_reset(&w->scratch);
    int64_t begun = cn_clock_monotonic_us();
    for (size_t s = 0; s < w->model->count; s++) {
        cn_bitmap_copy(&w->before[s], &w->state.members[s]);
    }
    struct cn_rule_consumer consumer = cn_segment_consumer(w->model, &w->state, &w->scratch);
    if (!cn_rules_run(w->rules,
                      &(struct cn_rule_pass){
                          .frame = w->frame, .consumers = &consumer, .consumer_count = 1 },
                      &w->scratch, &err)) {
        die(err.message);
    }
    cn_segment_collect(w->model, &w->state, &w->scratch, &changes);
    list_moves(w);
    int64_t took = cn_clock_monotonic_us() - begun;
    w->change_count = changes.count;
    return took;
}

/* ---- what is printed ---- */

struct times {
    int64_t read_us[ROUNDS];
    int64_t moved_us[ROUNDS];
    int64_t still_us[ROUNDS];
};

static void print(const struct world *w, struct times *times)
{
    printf("{\"read_ms\":%.3f,\"ms\":%.3f,\"still_ms\":%.3f,\"accounts_moved\":%zu,\"segments\":{",
           rounds_median_ms(times->read_us, ROUNDS), rounds_median_ms(times->moved_us, ROUNDS),
           rounds_median_ms(times->still_us, ROUNDS), w->change_count);
    for (size_t s = 0; s < w->model->count; s++) {
        size_t entered = 0;
        size_t left = 0;
        for (size_t i = 0; i < w->move_count; i++) {
            entered += w->moves[i].segment == s && w->moves[i].is_entry ? 1 : 0;
            left += w->moves[i].segment == s && !w->moves[i].is_entry ? 1 : 0;
        }
        printf("%s\"%.*s\":{\"members\":%zu,\"entered\":%zu,\"left\":%zu}", s > 0 ? "," : "",
               CN_STR_ARG(w->model->items[s].name), cn_bitmap_count(&w->state.members[s]), entered,
               left);
    }
    printf("}}\n");
}

static void write_day(const struct world *w, const char *folder, const char *name)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        die("the file cannot be written");
    }
    crowd_write(&w->crowd, ACCOUNTS, out);
    if (fclose(out) != 0) {
        die("the file is not whole");
    }
}

/* ---- the whole ---- */

static void begin(struct world *w, const char *rules)
{
    cn_arena_init(&w->arena, (size_t)64 * 1024);
    cn_arena_init(&w->scratch, (size_t)1024 * 1024);
    crowd_init(&w->crowd);
    w->strings = cn_interner_new();
    w->frame = cn_frame_new(w->strings);
    compile(w, rules);
    cn_frame_use(w->frame, &w->columns, NULL);
    for (int64_t id = 1; id <= ACCOUNTS; id++) {
        (void)cn_frame_add(w->frame, id); /* rows are numbered as they come */
    }
    cn_membership_init(&w->state);
    cn_membership_resize(&w->state, w->model->count, ACCOUNTS);
    w->before = cn_arena_array(&w->arena, struct cn_bitmap, w->model->count);
    memset(w->before, 0, w->model->count * sizeof(*w->before));
    for (size_t s = 0; s < w->model->count; s++) {
        cn_bitmap_resize(&w->before[s], ACCOUNTS);
    }
    w->moves = cn_heap_resize(NULL, ACCOUNTS * w->model->count * sizeof(*w->moves));
}

static void end(struct world *w)
{
    for (size_t s = 0; s < w->model->count; s++) {
        cn_bitmap_deinit(&w->before[s]);
    }
    free(w->moves);
    cn_membership_deinit(&w->state);
    cn_frame_free(w->frame);
    cn_interner_free(w->strings);
    cn_arena_deinit(&w->scratch);
    cn_arena_deinit(&w->arena);
}

int main(int argc, char **argv)
{
    struct world w = { 0 };
    struct times times;
    uint64_t sum = 0;
    cn_heap_tune();
    if (argc < 2) {
        die("where are the rules?");
    }
    begin(&w, argv[1]);
    for (size_t i = 0; i < ROUNDS; i++) {
        go_to_day(&w, 0);
        (void)evaluate(&w);
        times.still_us[i] = evaluate(&w);
        go_to_day(&w, 1);
        times.read_us[i] = read_once(&w, &sum);
        times.moved_us[i] = evaluate(&w);
    }
    (void)fprintf(stderr, "%" PRIu64 "\n", sum); /* so that reading is not left out */
    print(&w, &times);
    if (argc > 2) {
        write_day(&w, argv[2], "after.csv");
        w.crowd.day = 0;
        write_day(&w, argv[2], "before.csv");
    }
    end(&w);
    return 0;
}
