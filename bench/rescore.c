/*
 * How long a whole re-score of a book takes: health alone beside reading its columns once, and
 * health, segments and signals together over a midnight.  Prints one line of JSON, medians in
 * milliseconds.
 *
 *   cairn-bench-rescore ACCOUNTS THREADS FOLDER...     the program is the files of all folders
 *
 * Expressions are evaluated together, whoever takes their results: health alone is that of a folder
 * with nothing but scorecards.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/str.h"

#include "bench/crowd.h"
#include "bench/rounds.h"
#include "health/evaluate.h"
#include "segment/evaluate.h"
#include "signal/evaluate.h"

enum {
    ROUNDS = 5,
    ACCOUNTS_MAX = 10000000,
};

struct world {
    struct cn_arena arena; /* of what is compiled */
    struct cn_arena scratch;
    struct crowd crowd;
    struct cn_column_set columns;
    struct cn_interner *strings;
    struct cn_frame *frame;
    struct cn_rules *rules;
    size_t accounts;
    const struct cn_health_model *health;
    const struct cn_segment_model *segments;
    const struct cn_signal_model *signals;
    struct cn_health_state scores;
    struct cn_health_changes changes;
    struct cn_membership sets;
    struct cn_signal_states states;
    struct cn_signal_moves moves;
    struct cn_hold_set holds;
    struct cn_workers *workers;
};

struct times {
    int64_t read_us[ROUNDS];       /* the columns of health */
    int64_t read_known_us[ROUNDS]; /* and the scores before, which scoring reads, too */
    int64_t health_us[ROUNDS];     /* every value is new */
    int64_t read_all_us[ROUNDS];   /* all columns */
    int64_t whole_us[ROUNDS];      /* all rules, a day later */
    int64_t still_us[ROUNDS];      /* all rules asked of all rows, no value is new */
    int64_t tick_us[ROUNDS];       /* a tick of the engine, no value is new */
};

static void die(const char *what)
{
    (void)fprintf(stderr, "cairn-bench-rescore: %s\n", what);
    exit(1);
}

/* ---- compiling ---- */

static struct cn_program_files read_program(struct world *w, char **folders, size_t count)
{
    struct cn_program_files all = {
        cn_arena_array(&w->arena, struct cn_program_file, CN_PROGRAM_FILES_MAX), 0
    };
    struct cn_error err;
    for (size_t i = 0; i < count; i++) {
        struct cn_program_files files;
        if (!cn_program_read_folder(&w->arena, folders[i], &files, &err)) {
            die(err.message);
        }
        for (size_t f = 0; f < files.count && all.count < CN_PROGRAM_FILES_MAX; f++) {
            all.items[all.count++] = files.items[f];
        }
    }
    return all;
}

static bool ignore(const struct cn_section_input *input, void **compiled_out,
                   struct cn_diagnostics *problems)
{
    (void)input;
    (void)compiled_out;
    (void)problems;
    return true;
}

/* The crowd has a value for any metric. */
static const struct cn_program_section metrics_section = { .key = "metrics",
                                                           .form = CN_SECTION_KEY,
                                                           .compile = ignore };

static void compile(struct world *w, const struct cn_program_files *files)
{
    static const struct cn_program_section *const sections[] = {
        &metrics_section, &cn_segment_section, &cn_health_section, &cn_signal_section
    };
    static const struct cn_column_source *sources[3];
    struct cn_program_tree tree = { 0 };
    struct cn_segment_env segments;
    struct cn_health_env health;
    struct cn_diagnostics problems;
    void *compiled[CN_ARRAY_LEN(sections)] = { NULL };
    cn_diagnostics_init(&problems, &w->arena);
    cn_column_set_init(&w->columns, &w->arena, sources, CN_ARRAY_LEN(sources));
    w->rules = cn_rules_new(&w->arena, &w->columns, w->strings);
    bool ok =
        cn_program_parse(&w->arena, files, sections, CN_ARRAY_LEN(sections), &tree, &problems);
    cn_health_prepare(&w->arena, w->rules, &tree, &health);
    cn_segment_prepare(&w->arena, w->rules, w->strings, &tree, &segments);
    struct cn_signal_env signals = { .rules = w->rules, .section = cn_rules_section(w->rules) };
    void *const envs[CN_ARRAY_LEN(sections)] = { NULL, &segments, &health, &signals };
    sources[0] = cn_segment_source(&segments);
    sources[1] = cn_health_source(&health);
    sources[2] = &w->crowd.source;
    for (size_t i = 1; i < CN_ARRAY_LEN(sections); i++) {
        ok = cn_program_compile(&w->arena, &tree, sections[i], envs[i], &compiled[i], &problems) &&
             ok;
    }
    if (!cn_rules_finish(w->rules, &problems) || !ok) {
        struct cn_buf text;
        cn_buf_init(&text, 100000);
        cn_program_print_problems(&problems, &text);
        (void)fwrite(text.data, 1, text.len, stderr);
        die("the program is wrong");
    }
    w->segments = segments.model;
    w->health = compiled[2];
    w->signals = compiled[3];
}

/* ---- reading ---- */

static uint64_t read_column(const struct world *w, uint32_t index)
{
    const struct cn_column *column = cn_frame_column(w->frame, index);
    const uint64_t *words = column->as.any;
    const size_t count = w->accounts * cn_column_value_bytes(column->type) / sizeof(*words);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += words[i];
    }
    for (size_t i = 0; i < w->accounts / 64; i++) {
        sum += column->missing[i];
    }
    return sum;
}

/* What an account's score was: its colour rests on the one before, and what moved is told. */
static uint64_t read_scores(const struct world *w)
{
    const struct cn_health_state *scores = &w->scores;
    const uint64_t *points = scores->points.as.any;
    uint64_t sum = 0;
    for (size_t i = 0; i < w->accounts; i++) {
        sum += points[i];
    }
    for (size_t i = 0; i < w->accounts; i++) {
        sum += (uint64_t)scores->status[i];
    }
    for (size_t i = 0; i < w->accounts; i++) {
        sum += scores->fired[i];
    }
    return sum;
}

/* Each column that is marked, as fast as memory gives it; the microseconds. */
static int64_t read_once(const struct world *w, const bool *marked, bool has_scores)
{
    uint64_t sum = 0;
    int64_t begun = cn_clock_monotonic_us();
    for (uint32_t c = 0; c < w->columns.count; c++) {
        sum += marked[c] ? read_column(w, c) : 0;
    }
    sum += has_scores ? read_scores(w) : 0;
    int64_t took = cn_clock_monotonic_us() - begun;
    (void)fprintf(stderr, "%" PRIu64 "\n", sum); /* so that reading is not left out */
    return took;
}

static size_t mark_health(const struct world *w, bool *marked)
{
    size_t total = 0;
    for (uint32_t r = 0; r < w->health->rule_count; r++) {
        size_t count = 0;
        const uint32_t *columns = cn_health_rule_columns(w->health, r, &count);
        for (size_t i = 0; i < count; i++) {
            total += marked[columns[i]] ? 0 : 1;
            marked[columns[i]] = true;
        }
    }
    return total;
}

/* ---- evaluating ---- */

static void fill(struct world *w, uint32_t stratum)
{
    const struct cn_when when = { 0 };
    struct cn_error err;
    if (!cn_frame_fill(w->frame, stratum, NULL, &when, CN_PACE_FACT, &err)) {
        die(err.message);
    }
}

/* What the crowd says is there already; what rules make of it is filled on the way. */
static bool fill_made(void *arg, uint32_t stratum, struct cn_error *err)
{
    (void)err;
    if (stratum > 0) {
        fill(arg, stratum);
    }
    return true;
}

/* As the engine fills for a tick: rows that wait, and what moves with the moment. */
static bool fill_tick(void *arg, uint32_t stratum, struct cn_error *err)
{
    const struct world *w = arg;
    const struct cn_when when = { 0 };
    return cn_frame_fill(w->frame, stratum, cn_frame_dirty(w->frame), &when, CN_PACE_FACT, err) &&
           cn_frame_fill_moment(w->frame, stratum, &when, err);
}

/* All rows, or those that wait. */
static void run(struct world *w, bool is_tick, const struct cn_rule_consumer *consumers,
                size_t count)
{
    struct cn_error err;
    const struct cn_rule_pass pass = { .frame = w->frame,
                                       .rows = is_tick ? cn_frame_dirty(w->frame) : NULL,
                                       .fill = is_tick ? fill_tick : fill_made,
                                       .arg = w,
                                       .consumers = consumers,
                                       .consumer_count = count,
                                       .workers = w->workers };
    if (!cn_rules_run(w->rules, &pass, &w->scratch, &err)) {
        die(err.message);
    }
}

static int64_t run_health(struct world *w)
{
    cn_arena_reset(&w->scratch);
    int64_t begun = cn_clock_monotonic_us();
    struct cn_rule_consumer consumer = cn_health_consumer(w->health, &w->scores, NULL, &w->scratch);
    run(w, false, &consumer, 1);
    return cn_clock_monotonic_us() - begun;
}

/* As a round of the engine does it, without storing: one that asks all rows, or a tick. */
static int64_t run_round(struct world *w, bool is_tick)
{
    struct cn_segment_changes placed;
    cn_arena_reset(&w->scratch);
    w->changes.count = 0;
    w->moves.count = 0;
    const struct cn_signal_round round = {
        .model = w->signals, .frame = w->frame, .health = &w->scores, .holds = &w->holds
    };
    int64_t begun = cn_clock_monotonic_us();
    cn_signal_states_rouse(&w->states, cn_frame_dirty(w->frame));
    const struct cn_rule_consumer consumers[] = {
        cn_health_consumer(w->health, &w->scores, &w->changes, &w->scratch),
        cn_segment_consumer(w->segments, &w->sets, &w->scratch),
        cn_signal_consumer(&round, &w->states, &w->moves, &w->scratch),
    };
    run(w, is_tick, consumers, CN_ARRAY_LEN(consumers));
    cn_segment_collect(w->segments, &w->sets, &w->scratch, &placed);
    cn_bitmap_fill(cn_frame_dirty(w->frame), false);
    return cn_clock_monotonic_us() - begun;
}

/* ---- the whole ---- */

static void begin(struct world *w, size_t threads, char **folders, size_t folder_count)
{
    cn_arena_init(&w->arena, (size_t)64 * 1024);
    cn_arena_init(&w->scratch, (size_t)1024 * 1024);
    crowd_init(&w->crowd);
    w->strings = cn_interner_new();
    w->frame = cn_frame_new(w->strings);
    w->workers = threads > 1 ? cn_workers_new("bench", threads - 1, threads) : NULL;
    const struct cn_program_files files = read_program(w, folders, folder_count);
    compile(w, &files);
    cn_frame_use(w->frame, &w->columns, NULL);
    for (size_t id = 1; id <= w->accounts; id++) {
        (void)cn_frame_add(w->frame, (int64_t)id); /* rows are numbered as they come */
    }
    cn_health_state_init(&w->scores);
    cn_health_state_resize(&w->scores, w->accounts);
    cn_membership_init(&w->sets);
    cn_membership_resize(&w->sets, w->segments->count, w->accounts);
    cn_signal_states_init(&w->states, w->signals->rule_count);
    cn_signal_states_resize(&w->states, w->accounts);
    cn_health_bind(w->health, w->frame, &w->scores);
    cn_segment_bind(w->segments, w->frame, &w->sets);
}

static void end(struct world *w)
{
    cn_health_changes_deinit(&w->changes);
    cn_signal_moves_deinit(&w->moves);
    cn_health_state_deinit(&w->scores);
    cn_membership_deinit(&w->sets);
    cn_signal_states_deinit(&w->states);
    cn_hold_set_deinit(&w->holds);
    cn_workers_free(w->workers);
    cn_frame_free(w->frame);
    cn_interner_free(w->strings);
    cn_arena_deinit(&w->scratch);
    cn_arena_deinit(&w->arena);
}

static void measure(struct world *w, const bool *of_health, const bool *all, struct times *times)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        w->crowd.seed = i * 1000003;
        w->crowd.day = 0;
        fill(w, 0);
        times->read_us[i] = read_once(w, of_health, false);
        times->read_known_us[i] = read_once(w, of_health, true);
        times->health_us[i] = run_health(w);
        (void)run_round(w, false);
        w->crowd.day = 1;
        fill(w, 0);
        times->read_all_us[i] = read_once(w, all, false);
        times->whole_us[i] = run_round(w, false);
        size_t changes = w->changes.count;
        size_t moves = w->moves.count;
        times->still_us[i] = run_round(w, false);
        times->tick_us[i] = run_round(w, true);
        w->changes.count = changes; /* what a day moves is told, not what rests */
        w->moves.count = moves;
    }
}

int main(int argc, char **argv)
{
    static struct world w; /* static: what it compiles keeps the address of its source */
    struct times times;
    int64_t accounts = 0;
    int64_t threads = 0;
    cn_heap_tune();
    if (argc < 4 || !cn_parse_i64(cn_str_of(argv[1]), &accounts) || accounts < 64 ||
        accounts > ACCOUNTS_MAX || !cn_parse_i64(cn_str_of(argv[2]), &threads) || threads < 1 ||
        threads > CN_WORKERS_SHARES_MAX) {
        die("how many accounts and threads, and where is the program?");
    }
    w.accounts = (size_t)accounts;
    begin(&w, (size_t)threads, argv + 3, (size_t)argc - 3);
    bool *of_health = cn_arena_array(&w.arena, bool, w.columns.count);
    bool *all = cn_arena_array(&w.arena, bool, w.columns.count);
    size_t health_columns = mark_health(&w, of_health);
    memset(all, true, w.columns.count * sizeof(*all));
    measure(&w, of_health, all, &times);
    printf("{\"accounts\":%zu,\"threads\":%" PRId64
           ",\"columns\":%zu,\"health_columns\":%zu,\"read_ms\":%.3f,"
           "\"read_known_ms\":%.3f,\"health_ms\":%.3f,\"read_all_ms\":%.3f,\"whole_ms\":%.3f,"
           "\"still_ms\":%.3f,"
           "\"tick_ms\":%.3f,"
           "\"scores_moved\":%zu,\"signals_moved\":%zu}\n",
           w.accounts, threads, w.columns.count, health_columns,
           rounds_median_ms(times.read_us, ROUNDS), rounds_median_ms(times.read_known_us, ROUNDS),
           rounds_median_ms(times.health_us, ROUNDS), rounds_median_ms(times.read_all_us, ROUNDS),
           rounds_median_ms(times.whole_us, ROUNDS), rounds_median_ms(times.still_us, ROUNDS),
           rounds_median_ms(times.tick_us, ROUNDS), w.changes.count, w.moves.count);
    end(&w);
    return 0;
}
