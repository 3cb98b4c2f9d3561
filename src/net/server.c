/* Starting and stopping: sockets, one daemon a loop, and the order in which all of it ends. */
#include "net/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/str.h"

#include "net/loop.h"

enum {
    BACKLOG = 1024
};

/* Escapes in paths and parameters stay as they were sent: who reads them decodes them. */
static size_t keep_escapes(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strlen(text);
}

static bool split_address(cn_str listen_on, cn_str *host_out, cn_str *port_out)
{
    const char *colon = memrchr(listen_on.ptr, ':', listen_on.len);
    if (colon == NULL) {
        return false;
    }
    const size_t at = (size_t)(colon - listen_on.ptr);
    cn_str host = cn_str_slice(listen_on, 0, at);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = cn_str_slice(host, 1, host.len - 1);
    }
    *host_out = host;
    *port_out = cn_str_slice(listen_on, at + 1, listen_on.len);
    return true;
}

static bool resolve(cn_str listen_on, struct sockaddr_storage *address_out, socklen_t *len_out,
                    struct cn_error *err)
{
    char host_text[256] = "";
    char port_text[8] = "";
    cn_str host;
    cn_str port;
    int64_t number = 0;
    struct addrinfo *found = NULL;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    if (!split_address(listen_on, &host, &port) || host.len >= sizeof(host_text) ||
        port.len >= sizeof(port_text) || !cn_parse_i64(port, &number) || number < 0 ||
        number > 65535) {
        return cn_fail(err, CN_INVALID,
                       "\"%.*s\" is not an address and port, such as 127.0.0.1:7117",
                       CN_STR_ARG(listen_on));
    }
    memcpy(host_text, host.ptr, host.len);
    memcpy(port_text, port.ptr, port.len);
    int rc = getaddrinfo(host.len > 0 ? host_text : NULL, port_text, &hints, &found);
    if (rc != 0) {
        return cn_fail(err, CN_INVALID, "no address \"%s\": %s", host_text, gai_strerror(rc));
    }
    memcpy(address_out, found->ai_addr, found->ai_addrlen);
    *len_out = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool cn_http_check_listen(cn_str listen_on, struct cn_error *err)
{
    struct sockaddr_storage unused;
    socklen_t len = 0;
    return resolve(listen_on, &unused, &len, err);
}

static bool bind_socket(const struct sockaddr_storage *address, socklen_t len, bool shared,
                        int *fd_out, struct cn_error *err)
{
    const int one = 1;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getaddrinfo and getsockname fill it */
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return cn_fail(err, CN_UNAVAILABLE, "no socket: %m");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)); /* only a convenience */
    if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) ||
        bind(fd, (const struct sockaddr *)address, len) != 0 ||
        (shared && listen(fd, BACKLOG) != 0)) {
        cn_fail(err, CN_UNAVAILABLE, "cannot listen: %m");
        (void)close(fd);
        return false;
    }
    *fd_out = fd;
    return true;
}

static uint16_t port_of(int fd, struct sockaddr_storage *address, socklen_t *len)
{
    (void)getsockname(fd, (struct sockaddr *)address, len); /* of a bound socket: cannot fail */
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): as above */
    return ntohs(address->ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

/* One socket a loop.  A port that somebody else serves must not be shared with them by
 * SO_REUSEPORT, so it is first bound without. */
static bool open_sockets(struct cn_http_server *server, struct cn_error *err)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    int probe = -1;
    if (!resolve(server->options.listen, &address, &len, err)) {
        return false;
    }
    if (!bind_socket(&address, len, false, &probe, err)) {
        cn_error_context(err, "%.*s", CN_STR_ARG(server->options.listen));
        return false;
    }
    (void)close(probe);
    for (size_t i = 0; i < server->options.loops; i++) {
        if (!bind_socket(&address, len, true, &server->loops[i].listen_fd, err)) {
            return false;
        }
        server->port = port_of(server->loops[i].listen_fd, &address, &len);
    }
    return true;
}

static bool start_loop(struct cn_http_server *server, struct cn_http_loop *loop,
                       struct cn_error *err)
{
    const unsigned hard_limit =
        (unsigned)server->options.connections_max + 64; /* ours comes first */
    loop->server = server;
    cn_buf_init(&loop->out, CN_HTTP_BRIEF_MAX_BYTES);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wake_fd < 0) {
        return cn_fail(err, CN_UNAVAILABLE, "no eventfd: %m");
    }
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    loop->daemon = MHD_start_daemon(
        flags, 0, cn_http_on_accept, server, cn_http_on_access, loop, MHD_OPTION_LISTEN_SOCKET,
        loop->listen_fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CN_HTTP_POOL_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, hard_limit, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_NOTIFY_CONNECTION, cn_http_on_connection, loop, MHD_OPTION_URI_LOG_CALLBACK,
        cn_http_on_uri, loop, MHD_OPTION_NOTIFY_COMPLETED, cn_http_on_completed, loop,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (loop->daemon == NULL) {
        return cn_fail(err, CN_UNAVAILABLE, "the HTTP daemon does not start");
    }
    loop->listen_fd = -1; /* the daemon's now */
    if (pthread_create(&loop->thread, NULL, cn_http_loop_run, loop) != 0) {
        return cn_fail(err, CN_UNAVAILABLE, "cannot start a thread");
    }
    loop->is_started = true;
    (void)pthread_setname_np(loop->thread, "http"); /* only for those who look */
    return true;
}

static int64_t sweep_interval_us(const struct cn_http_options *options)
{
    const int64_t timeouts[] = { options->header_timeout_ms, options->body_timeout_ms,
                                 options->idle_timeout_ms, options->send_timeout_ms,
                                 options->heartbeat_ms };
    int64_t least = 4000;
    for (size_t i = 0; i < CN_ARRAY_LEN(timeouts); i++) {
        least = timeouts[i] < least ? timeouts[i] : least;
    }
    return (least / 4 + 1) * 1000;
}

/* As many descriptors as the system lets us have; what it does not, connections_max cannot use. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* then the limit stays as it is */
    }
}

bool cn_http_start(const struct cn_http_options *options, struct cn_http_server **server_out,
                   struct cn_error *err)
{
    struct cn_http_server *server = cn_heap_resize(NULL, sizeof(*server));
    memset(server, 0, sizeof(*server));
    server->options = *options;
    server->sweep_us = sweep_interval_us(options);
    raise_descriptor_limit();
    (void)pthread_mutex_init(&server->lock, NULL);
    server->loops = cn_heap_resize(NULL, options->loops * sizeof(server->loops[0]));
    memset(server->loops, 0, options->loops * sizeof(server->loops[0]));
    for (size_t i = 0; i < options->loops; i++) {
        server->loops[i].listen_fd = -1;
        server->loops[i].wake_fd = -1;
        (void)pthread_mutex_init(&server->loops[i].lock, NULL);
    }
    struct cn_http_server *before = *server_out;
    bool ok = open_sockets(server, err);
    *server_out = server; /* the first request may ask for it before we return */
    for (size_t i = 0; ok && i < options->loops; i++) {
        ok = start_loop(server, &server->loops[i], err);
    }
    if (!ok) {
        *server_out = before;
        cn_http_stop(server);
        return false;
    }
    return true;
}

uint16_t cn_http_port(const struct cn_http_server *server)
{
    return server->port;
}

static void wake_all(struct cn_http_server *server)
{
    for (size_t i = 0; i < server->options.loops; i++) {
        cn_http_loop_wake(&server->loops[i]);
    }
}

/* Its thread has ended, or never began. */
static void end_loop(struct cn_http_loop *loop)
{
    if (!loop->is_started && loop->daemon != NULL) {
        MHD_stop_daemon(loop->daemon);
    }
    if (loop->listen_fd >= 0) {
        (void)close(loop->listen_fd);
    }
    if (loop->wake_fd >= 0) {
        (void)close(loop->wake_fd);
    }
    free(loop->by_fd);
    cn_buf_deinit(&loop->out);
    (void)pthread_mutex_destroy(&loop->lock);
}

void cn_http_stop(struct cn_http_server *server)
{
    if (server == NULL) {
        return;
    }
    atomic_store(&server->is_stopping, true);
    wake_all(server);
    /* A daemon that is stopped with a suspended connection aborts the process, so all answers must
     * have come.  Their threads have no reason to signal this one, which happens once. */
    while (atomic_load(&server->suspended) > 0) {
        (void)poll(NULL, 0, 5);
    }
    atomic_store(&server->is_ending, true);
    wake_all(server);
    /* All threads end before anything goes: who answers what one loop has wakes all of them. */
    for (size_t i = 0; i < server->options.loops; i++) {
        if (server->loops[i].is_started) {
            (void)pthread_join(server->loops[i].thread, NULL);
        }
    }
    for (size_t i = 0; i < server->options.loops; i++) {
        end_loop(&server->loops[i]);
    }
    cn_map_deinit(&server->addresses);
    (void)pthread_mutex_destroy(&server->lock);
    free(server->loops);
    free(server);
}

struct cn_http_figures cn_http_figures(const struct cn_http_server *server)
{
    return (struct cn_http_figures){
        .connections = atomic_load(&server->connections),
        .streams = atomic_load(&server->streams),
        .suspended = atomic_load(&server->suspended),
        .requests_total = atomic_load(&server->requests_total),
        .refused_connections_total = atomic_load(&server->refused_connections_total),
        .refused_framing_total = atomic_load(&server->refused_framing_total),
        .timeouts_total = atomic_load(&server->timeouts_total),
        .bodies_bytes = atomic_load(&server->bodies_bytes),
    };
}
