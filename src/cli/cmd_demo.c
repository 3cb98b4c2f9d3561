#include "base/parse.h"
#include "base/str.h"

#include "cli/commands.h"
#include "cli/server.h"
#include "demo/actions.h"
#include "demo/run.h"
#include "demo/seed.h"

enum {
    SEED = 7,
    URL_MAX_BYTES = 128
};

static void progress(void *arg, const char *label, int64_t done, int64_t total)
{
    cn_server_set_progress(arg, label, done, total);
}

/* The world that is served. */
struct world {
    size_t self_service; /* accounts of that book, where it is new */
    bool is_new;
};

/* How many self-service accounts are asked for. */
static bool read_size(const struct cn_command_env *env, size_t *size_out, struct cn_error *err)
{
    const char *text = cn_command_value(env, "self-service");
    int64_t size = CN_DEMO_SELF_SERVICE_ACCOUNTS;
    if (text != NULL && (!cn_parse_i64(cn_str_of(text), &size) || size < 0 ||
                         size > CN_DEMO_SELF_SERVICE_ACCOUNTS_MAX)) {
        return cn_fail(err, CN_MALFORMED, "--self-service %s: give a number from 0 to %d", text,
                       CN_DEMO_SELF_SERVICE_ACCOUNTS_MAX);
    }
    *size_out = (size_t)size;
    return true;
}

static void welcome(const struct cn_command_env *env, const struct cn_server *server,
                    const char *url)
{
    /* Who does not read it does not need it. */
    (void)fprintf(
        env->out,
        "\nCairn's demo is ready:\n\n"
        "  open     %s\n"
        "  sign in  " CN_DEMO_EMAIL "  " CN_DEMO_PASSWORD "\n\n"
        "Look at the accounts, open TechCorp, and press the buttons of the demo bar: its\n"
        "score moves within a second.  More customers stream in meanwhile.\n"
        "Send an event of your own:\n\n"
        "  curl %s/v1/track -u " CN_DEMO_WRITE_KEY ": -d '{\"userId\":\"me\","
        "\"event\":\"Signed In\",\"context\":{\"groupId\":\"my-company\"}}'\n\n"
        "Stop with Ctrl-C; the workspace stays in %s.\n",
        url, url, server->workspace->dir);
    (void)fflush(env->out);
}

/* An address that this process reaches itself at, for its own traffic. */
static void own_url(const struct cn_server *server, char url_out[URL_MAX_BYTES])
{
    (void)snprintf(url_out, URL_MAX_BYTES, "http://127.0.0.1:%u", /* fits: a port is short */
                   (unsigned)cn_api_port(server->api));
}

static bool serve(const struct cn_command_env *env, struct cn_server *server,
                  const struct cn_api_demo *face, const struct world *world, struct cn_error *err)
{
    struct cn_workspace *workspace = server->workspace;
    if (!cn_server_listen(server, face, err)) {
        return false;
    }
    char url[URL_MAX_BYTES];
    own_url(server, url);
    struct cn_demo_options options = { .seed = SEED,
                                       .self_service = world->self_service,
                                       .db = workspace->db,
                                       .engine = server->engine,
                                       .tz = workspace->tz,
                                       .clock = workspace->clock,
                                       .ids = &workspace->ids,
                                       .url = url,
                                       .progress = progress,
                                       .progress_arg = server };
    struct cn_demo *demo = NULL;
    if (!cn_demo_start(&options, world->is_new, &demo, err)) {
        return false;
    }
    welcome(env, server, url);
    bool ok = cn_server_wait(server, err);
    cn_demo_stop(demo);
    return ok;
}

static bool run(const struct cn_command_env *env, struct cn_error *err)
{
    struct cn_workspace_new create = { .name = CN_STR("Cairn demo"),
                                       .time_zone = CN_STR("Europe/Berlin"),
                                       .currency = CN_STR("USD"),
                                       .is_demo = true };
    struct cn_workspace workspace;
    struct cn_server server;
    struct world world = { 0 };
    cn_server_block_signals();
    if (!read_size(env, &world.self_service, err) || !cn_server_check(env, err) ||
        !cn_workspace_open(env, &create, &workspace, &world.is_new, err)) {
        return false;
    }
    bool ok = workspace.is_demo ||
              cn_fail(err, CN_INVALID, "%s holds a workspace that is not a demo", workspace.dir);
    ok = ok &&
         (world.is_new || cn_command_value(env, "self-service") == NULL ||
          cn_fail(err, CN_INVALID,
                  "%s holds a demo already, whose size stays as it is: leave --self-service out",
                  workspace.dir));
    ok = ok && (!world.is_new || cn_demo_prepare(workspace.db, &workspace.ids, workspace.tz,
                                                 cn_now(workspace.clock), SEED, err));
    if (ok && cn_server_open(&workspace, world.is_new, &server, err)) {
        struct cn_demo_buttons_source source = { workspace.db, &workspace.ids, workspace.clock,
                                                 SEED };
        struct cn_api_demo face = { .arg = &source, .buttons = cn_demo_actions };
        ok = serve(env, &server, &face, &world, err);
        cn_server_close(&server);
    } else {
        ok = false;
    }
    cn_workspace_close(&workspace);
    return ok;
}

static const struct cn_option options[] = {
    CN_OPTION_DATA,
    CN_OPTION_DB,
    CN_OPTION_CONFIG,
    CN_OPTION_LISTEN,
    { "self-service", "N", "Self-service customers that stream in (8000)" },
};

const struct cn_command cn_cmd_demo = {
    .name = "demo",
    .operands = "",
    .options = options,
    .option_count = CN_ARRAY_LEN(options),
    .doc = "Serve a demo workspace with live traffic, made if there is none",
    .help = "15 enterprise accounts worth $4.2M and 65 mid-market ones with a year behind them;\n"
            "self-service customers, 8,000 or as many as you ask for, stream in while you look.\n"
            "Delete the data folder to start afresh.",
    .run = run,
};
