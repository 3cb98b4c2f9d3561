/* Settings: every row is sound, later sources win, and what is wrong is said with its place. */
#include <string.h>

#include "base/str.h"

#include "config/setting.h"
#include "tests/unit/unit.h"

static bool load(struct cn_arena *arena, const char *file, const char *const *environment,
                 const char *flag, struct cn_config *config, struct cn_diagnostics *problems)
{
    const struct cn_setting_value flags[] = { { CN_STR("http.listen"), cn_str_of(flag) } };
    const struct cn_config_sources sources = {
        .file_name = CN_STR("cairn.conf"),
        .file_text = cn_str_of(file),
        .environment = environment,
        .flags = flags,
        .flag_count = flag != NULL ? 1 : 0,
    };
    cn_arena_init(arena, 4096);
    cn_diagnostics_init(problems, arena);
    return cn_config_load(arena, &sources, config, problems);
}

static void every_setting_is_documented_and_its_default_is_valid(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_config config;
    struct cn_diagnostics problems;
    assert_true(load(&arena, "", NULL, NULL, &config, &problems));
    for (size_t i = 0; i < cn_setting_count; i++) {
        const struct cn_setting *setting = &cn_settings[i];
        assert_true(strlen(setting->doc) > 0);
        assert_ptr_equal(cn_setting_find(cn_str_of(setting->name)), setting);
        assert_true(setting->offset < sizeof(config));
        /* A default is written as it is printed, else `config list` calls it changed. */
        cn_str text = cn_setting_format(&arena, setting, &config);
        if ((setting->flags & CN_SETTING_SECRET) == 0) {
            assert_int_equal(text.len, strlen(setting->fallback));
            assert_memory_equal(text.ptr, setting->fallback, text.len);
        }
    }
    cn_arena_deinit(&arena);
}

static void later_sources_win(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_config config;
    struct cn_diagnostics problems;
    const char *const environment[] = { "PATH=/bin", "CAIRN_HTTP_LISTEN=1.1.1.1:1",
                                        "CAIRN_ENGINE_TICK=2s", NULL };
    const char *file = "# comment\nhttp.listen = 0.0.0.0:80\nengine.tick=3s\nhttp.loops = 4\n";
    assert_true(load(&arena, file, environment, "[::1]:7", &config, &problems));
    assert_true(cn_str_equal(config.http_listen, CN_STR("[::1]:7")));
    assert_int_equal(config.engine_tick_ms, 2000);
    assert_int_equal(config.http_loops, 4);
    cn_arena_deinit(&arena);
}

static void every_mistake_is_reported_with_its_line(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_config config = { .http_loops = 77 };
    struct cn_diagnostics problems;
    const char *file = "http.lisen = x\nhttp.loops = many\n\nhttp.loops = 0\nnonsense\n"
                       "session.cookie_secure = yes\nengine.tick = 5\n";
    assert_false(load(&arena, file, NULL, NULL, &config, &problems));
    assert_int_equal(problems.count, 6);
    assert_int_equal(problems.items[0].place.line, 1);
    assert_int_equal(problems.items[2].place.line, 4);
    assert_int_equal(problems.items[5].place.line, 7);
    assert_int_equal(config.http_loops, 77);
    cn_arena_deinit(&arena);
}

static void a_name_that_is_none_is_told_with_the_nearest(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_config config;
    struct cn_diagnostics problems;
    assert_false(load(&arena, "http.lisen = x\nnonsense = 1\n", NULL, NULL, &config, &problems));
    assert_string_equal(
        problems.items[0].message.ptr,
        "setting http.lisen: there is none of this name, did you mean http.listen?");
    assert_string_equal(problems.items[1].message.ptr,
                        "setting nonsense: there is none of this name");
    cn_arena_deinit(&arena);
}

static void a_text_that_means_nothing_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *said;
    } cases[] = {
        { "health.effective = overide", "must be computed or override" },
        { "intake.unknown_account = drop", "must be create or park" },
        { "mail.smtp_tls = yes", "must be starttls, tls or none" },
        { "slack.channel_severity =", "must be critical, high, medium or low" },
        { "slack.api_url = slack.com", "must be an address such as https://cairn.example.com" },
        { "http.listen = \"127.0.0.1:80\"", "write it without quotes" },
        { "http.loops = '2'", "write it without quotes" },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        struct cn_arena arena;
        struct cn_config config;
        struct cn_diagnostics problems;
        assert_false(load(&arena, cases[i].line, NULL, NULL, &config, &problems));
        assert_int_equal(problems.count, 1);
        assert_non_null(strstr(problems.items[0].message.ptr, cases[i].said));
        cn_arena_deinit(&arena);
    }
    struct cn_arena arena;
    struct cn_config config;
    struct cn_diagnostics problems;
    assert_true(load(&arena,
                     "mail.from = \"Cairn\" <cairn@example.com>\nmail.smtp_password = \"x\"\n"
                     "health.effective = override\n",
                     NULL, NULL, &config, &problems));
    assert_true(cn_str_equal(config.mail_smtp_password, CN_STR("\"x\"")));
    cn_arena_deinit(&arena);
}

static void a_variable_that_may_have_been_meant_as_a_setting_is_doubted(void **state)
{
    (void)state;
    static const char *const environment[] = { "PATH=/bin",
                                               "CAIRN_HTTP_LISTE=127.0.0.1:1",
                                               "CAIRN_HTTP_LISTEN=127.0.0.1:1",
                                               "CAIRN_INTAKE_SPEED=9",
                                               "CAIRN_MIAL_SMTP_PASSWORD=hunter2",
                                               "CAIRN_BIN=/bin/cairn",
                                               "CAIRN_DATA=/data",
                                               "CAIRN_SEEDS=7",
                                               "CAIRN_TEST_PG_URL=postgres:",
                                               "CAIRN_=",
                                               NULL };
    struct cn_arena arena;
    struct cn_diagnostics doubts;
    cn_arena_init(&arena, 4096);
    cn_diagnostics_init(&doubts, &arena);
    cn_config_doubt(&arena, environment, &doubts);
    assert_int_equal(doubts.count, 3);
    assert_string_equal(doubts.items[0].message.ptr,
                        "CAIRN_HTTP_LISTE is no setting and changes nothing: "
                        "did you mean CAIRN_HTTP_LISTEN?");
    assert_string_equal(doubts.items[1].message.ptr,
                        "CAIRN_INTAKE_SPEED is no setting and changes nothing: "
                        "cairn config list has all");
    assert_string_equal(doubts.items[2].message.ptr,
                        "CAIRN_MIAL_SMTP_PASSWORD is no setting and changes nothing: "
                        "did you mean CAIRN_MAIL_SMTP_PASSWORD?");
    cn_arena_deinit(&arena);
}

static void environment_names_are_derived(void **state)
{
    (void)state;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    assert_true(cn_str_equal(
        cn_setting_environment_name(&arena, cn_setting_find(CN_STR("http.body_max_bytes"))),
        CN_STR("CAIRN_HTTP_BODY_MAX_BYTES")));
    cn_arena_deinit(&arena);
}

static void a_secret_says_only_whether_there_is_one(void **state)
{
    (void)state;
    struct cn_arena arena;
    struct cn_config config;
    struct cn_diagnostics problems;
    const struct cn_setting *secret = cn_setting_find(CN_STR("mail.smtp_password"));
    assert_true(load(&arena, "", NULL, NULL, &config, &problems));
    assert_true(cn_str_equal(cn_setting_format(&arena, secret, &config), CN_STR("")));
    cn_arena_deinit(&arena);
    assert_true(load(&arena, "mail.smtp_password = hunter2", NULL, NULL, &config, &problems));
    assert_true(cn_str_equal(cn_setting_format(&arena, secret, &config), CN_STR("(secret)")));
    cn_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("every setting is documented and its default is valid",
                every_setting_is_documented_and_its_default_is_valid),
        CN_TEST("later sources win", later_sources_win),
        CN_TEST("every mistake is reported with its line", every_mistake_is_reported_with_its_line),
        CN_TEST("a name that is none is told with the nearest",
                a_name_that_is_none_is_told_with_the_nearest),
        CN_TEST("a text that means nothing is refused", a_text_that_means_nothing_is_refused),
        CN_TEST("a variable that may have been meant as a setting is doubted",
                a_variable_that_may_have_been_meant_as_a_setting_is_doubted),
        CN_TEST("environment names are derived", environment_names_are_derived),
        CN_TEST("a secret says only whether there is one", a_secret_says_only_whether_there_is_one),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
