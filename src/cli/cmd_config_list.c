#include "base/str.h"

#include "cli/commands.h"
#include "cli/workspace.h"
#include "config/setting.h"

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_config config;
    if (!cn_workspace_config(env, &config, err)) {
        return false;
    }
    cn_workspace_doubt(env);
    for (size_t i = 0; i < cn_setting_count; i++) {
        const struct cn_setting *setting = &cn_settings[i];
        cn_str value = cn_setting_format(env->arena, setting, &config);
        cn_str variable = cn_setting_environment_name(env->arena, setting);
        bool is_default = cn_str_equal(value, cn_str_of(setting->fallback));
        /* A failure shows when standard output is flushed. */
        (void)fprintf(env->out, "%s = %.*s%s\n    %s.  Environment: %.*s%s%s\n", setting->name,
                      CN_STR_ARG(value), is_default ? "" : "    (changed)", setting->doc,
                      CN_STR_ARG(variable), is_default ? "" : ", default: ",
                      is_default || setting->flags & CN_SETTING_SECRET ? "" : setting->fallback);
    }
    return true;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_CONFIG,
};

const struct cn_command cn_cmd_config_list = {
    .name = "config list",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Print every setting with its value and meaning",
    .help =
        "Settings come from the file (--config, else cairn.conf in the data folder), then from\n"
        "CAIRN_... variables of the environment, then from the command line; the later wins.",
    .run = run,
};
