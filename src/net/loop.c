/*
 * A loop thread: poll, run the daemon, look at what other threads posted, sweep for timeouts.
 *
 * The daemon runs without a thread of its own, because the internal epoll loop of 0.9.75 blocks
 * when exactly 128 connections are ready at once.  It then has nobody to wake it, so whoever posts
 * writes the eventfd.
 */
#include "net/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

/*
 * libmicrohttpd hands out no raw bytes, and net/framing.h needs them all.  It reads sockets with
 * recv() alone, and the program's own definition of a function comes before the C library's; so
 * this one sees them.  On any other thread it is the C library's recv().
 */
ssize_t cn_http_recv(int fd, void *bytes, size_t len, int flags) __asm__("recv");

/* The loop that this thread is running, for recv() alone: it takes no argument of ours. */
static _Thread_local struct cn_http_loop *running;

ssize_t cn_http_recv(int fd, void *bytes, size_t len, int flags)
{
    const bool is_known = running != NULL && (size_t)fd < running->by_fd_count;
    struct cn_http_connection *connection = is_known ? running->by_fd[fd] : NULL;
    if (connection != NULL && connection->is_ended) {
        return 0;
    }
    if (connection != NULL && connection->exchange.is_direct) {
        connection->has_more = true; /* read when its answer is sent */
        errno = EAGAIN;
        return -1;
    }
    ssize_t got = recvfrom(fd, bytes, len, flags, NULL, NULL);
    if (connection != NULL && got > 0 &&
        cn_http_direct_take(connection, bytes, (size_t)got, (size_t)got == len)) {
        errno = EAGAIN;
        return -1;
    }
    return got;
}

/* Any thread, without the lock; false if it is in there already.  The loop takes is_posted back
 * before it looks at what the note is of, so that nothing that was there to see is missed. */
static bool put_in_inbox(struct cn_http_loop *loop, struct cn_http_note *note)
{
    if (atomic_exchange(&note->is_posted, true)) {
        return false;
    }
    note->next = atomic_load(&loop->inbox);
    while (!atomic_compare_exchange_weak(&loop->inbox, &note->next, note)) {
    }
    return true;
}

void cn_http_loop_wake(struct cn_http_loop *loop)
{
    const uint64_t one = 1;
    ssize_t written = loop->wake_fd >= 0 ? write(loop->wake_fd, &one, sizeof(one)) : 0;
    (void)written; /* fails only when the counter is full, and then the loop is awake */
}

/* With the lock held, so that a loop that has seen the note has this behind it: it may then end.
 * One wakes it for many. */
static void wake_for_inbox(struct cn_http_loop *loop)
{
    if (!loop->is_woken) {
        loop->is_woken = true;
        cn_http_loop_wake(loop);
    }
}

bool cn_http_loop_post(struct cn_http_loop *loop, struct cn_http_note *note)
{
    (void)pthread_mutex_lock(&loop->lock);
    const bool is_new = put_in_inbox(loop, note);
    wake_for_inbox(loop);
    (void)pthread_mutex_unlock(&loop->lock);
    return is_new;
}

void cn_http_loop_post_quietly(struct cn_http_loop *loop, struct cn_http_note *note)
{
    (void)put_in_inbox(loop, note); /* posted already: the loop will see it all the same */
}

void cn_http_wake(struct cn_http_server *server)
{
    for (size_t i = 0; i < server->options.loops; i++) {
        struct cn_http_loop *loop = &server->loops[i];
        (void)pthread_mutex_lock(&loop->lock);
        if (atomic_load(&loop->inbox) != NULL) {
            wake_for_inbox(loop);
        }
        (void)pthread_mutex_unlock(&loop->lock);
    }
}

/* In the order in which they were posted. */
static struct cn_http_note *take_inbox(struct cn_http_loop *loop)
{
    struct cn_http_note *first = NULL;
    (void)pthread_mutex_lock(&loop->lock);
    struct cn_http_note *newest = atomic_exchange(&loop->inbox, NULL);
    loop->is_woken = false;
    (void)pthread_mutex_unlock(&loop->lock);
    while (newest != NULL) {
        struct cn_http_note *older = newest->next;
        newest->next = first;
        first = newest;
        newest = older;
    }
    return first;
}

static void run_inbox(struct cn_http_loop *loop)
{
    struct cn_http_note *note = take_inbox(loop);
    while (note != NULL) {
        struct cn_http_note *next = note->next;
        (void)atomic_exchange(&note->is_posted, false); /* from here on it may be posted again */
        note->run(note);                                /* or freed */
        note = next;
    }
}

/* An IPv4 address, or the /64 of an IPv6 address, since whoever has one has all of it. */
static uint64_t address_key(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return cn_hash64((cn_str){ (const char *)&v4->sin_addr, sizeof(v4->sin_addr) });
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        return cn_hash64((cn_str){ (const char *)&v6->sin6_addr, 8 });
    }
    return 0;
}

enum MHD_Result cn_http_on_accept(void *arg, const struct sockaddr *address, socklen_t len)
{
    struct cn_http_server *server = arg;
    (void)len;
    (void)pthread_mutex_lock(&server->lock);
    const uint64_t *count = cn_map_get(&server->addresses, address_key(address));
    const bool is_over =
        (count != NULL && (int64_t)*count >= server->options.connections_per_address_max) ||
        atomic_load(&server->connections) >= server->options.connections_max;
    (void)pthread_mutex_unlock(&server->lock);
    if (is_over) {
        atomic_fetch_add(&server->refused_connections_total, 1);
    }
    return is_over ? MHD_NO : MHD_YES;
}

static void count_address(struct cn_http_server *server, uint64_t key, int by)
{
    bool was_new = false;
    (void)pthread_mutex_lock(&server->lock);
    uint64_t *count = cn_map_put(&server->addresses, key, &was_new);
    *count = by > 0 ? *count + 1 : *count - 1;
    if (*count == 0) {
        (void)cn_map_remove(&server->addresses, key);
    }
    (void)pthread_mutex_unlock(&server->lock);
    atomic_fetch_add(&server->connections, by);
}

static void remember_fd(struct cn_http_loop *loop, struct cn_http_connection *connection)
{
    const size_t fd = (size_t)connection->fd;
    if (fd >= loop->by_fd_count) {
        const size_t count = fd * 2 + 64;
        const size_t slot_bytes = sizeof(void *);
        loop->by_fd = cn_heap_resize(loop->by_fd, count * slot_bytes);
        memset(loop->by_fd + loop->by_fd_count, 0, (count - loop->by_fd_count) * slot_bytes);
        loop->by_fd_count = count;
    }
    loop->by_fd[fd] = connection;
}

static struct cn_http_connection *open_connection(struct cn_http_loop *loop,
                                                  struct MHD_Connection *mhd)
{
    struct cn_http_connection *connection = cn_heap_resize(NULL, sizeof(*connection));
    memset(connection, 0, sizeof(*connection));
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->exchange.loop = loop;
    connection->exchange.mhd = mhd;
    cn_arena_init(&connection->exchange.arena, CN_HTTP_ARENA_BYTES);
    connection->deadline_us =
        cn_clock_monotonic_us() + loop->server->options.header_timeout_ms * 1000;

    const struct sockaddr *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    connection->address_key = address_key(address);
    const void *bytes =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    (void)inet_ntop(address->sa_family, bytes, connection->address, sizeof(connection->address));

    connection->next = loop->connections;
    if (loop->connections != NULL) {
        loop->connections->previous = connection;
    }
    loop->connections = connection;
    remember_fd(loop, connection);
    count_address(loop->server, connection->address_key, 1);
    return connection;
}

void cn_http_connection_free(struct cn_http_connection *connection)
{
    cn_arena_deinit(&connection->exchange.arena);
    cn_buf_deinit(&connection->exchange.body);
    free(connection);
}

static void close_connection(struct cn_http_loop *loop, struct cn_http_connection *connection)
{
    loop->by_fd[connection->fd] = NULL;
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        loop->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    count_address(loop->server, connection->address_key, -1);
    if (connection->exchange.is_direct) {
        connection->is_gone = true; /* whoever is to answer has its exchange still */
    } else {
        cn_http_connection_free(connection);
    }
}

void cn_http_on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code)
{
    struct cn_http_loop *loop = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = open_connection(loop, mhd);
    } else if (*context != NULL) {
        close_connection(loop, *context);
        *context = NULL;
    }
}

static void sweep(struct cn_http_loop *loop, int64_t now_us)
{
    for (struct cn_http_connection *connection = loop->connections; connection != NULL;
         connection = connection->next) {
        if (connection->deadline_us != 0 && connection->deadline_us <= now_us) {
            connection->deadline_us = 0;
            atomic_fetch_add(&loop->server->timeouts_total, 1);
            (void)shutdown(connection->fd, SHUT_RDWR); /* the daemon then sees its end */
        }
    }
    loop->next_sweep_us = now_us + loop->server->sweep_us;
    if (now_us >= loop->next_heartbeat_us) {
        cn_sse_heartbeat(loop);
        loop->next_heartbeat_us = now_us + loop->server->options.heartbeat_ms * 1000;
    }
}

static void quiesce(struct cn_http_loop *loop)
{
    const MHD_socket fd = MHD_quiesce_daemon(loop->daemon);
    if (fd != MHD_INVALID_SOCKET) {
        (void)close(fd);
    }
    loop->is_quiet = true;
    cn_sse_close_all(loop);
}

/* Whether some connection still has an answer under way. */
static bool is_busy(const struct cn_http_loop *loop)
{
    for (const struct cn_http_connection *connection = loop->connections; connection != NULL;
         connection = connection->next) {
        if (connection->exchange.phase != CN_PHASE_NEW) {
            return true;
        }
    }
    return false;
}

static void wait_for_work(struct cn_http_loop *loop, int epoll_fd)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
    int64_t wait_ms = (loop->next_sweep_us - cn_clock_monotonic_us()) / 1000 + 1;
    if (MHD_get_timeout(loop->daemon, &daemon_ms) == MHD_YES && (int64_t)daemon_ms < wait_ms) {
        wait_ms = (int64_t)daemon_ms;
    }
    struct pollfd fds[] = { { .fd = epoll_fd, .events = POLLIN },
                            { .fd = loop->wake_fd, .events = POLLIN } };
    if (poll(fds, CN_ARRAY_LEN(fds), wait_ms > 0 ? (int)wait_ms : 0) > 0 && fds[1].revents != 0) {
        uint64_t count = 0;
        ssize_t got = read(loop->wake_fd, &count, sizeof(count));
        (void)got; /* non-blocking: nothing there is fine */
    }
}

void *cn_http_loop_run(void *arg)
{
    struct cn_http_loop *loop = arg;
    struct cn_http_server *server = loop->server;
    const int epoll_fd = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    int64_t give_up_us = 0;
    running = loop;
    loop->next_heartbeat_us = cn_clock_monotonic_us() + server->options.heartbeat_ms * 1000;
    for (;;) {
        wait_for_work(loop, epoll_fd);
        run_inbox(loop);
        (void)MHD_run(loop->daemon); /* MHD_NO only without a daemon */
        if (server->options.turn_over != NULL) {
            server->options.turn_over(server->options.arg);
        }
        const int64_t now_us = cn_clock_monotonic_us();
        if (now_us >= loop->next_sweep_us) {
            sweep(loop, now_us);
        }
        if (atomic_load(&server->is_stopping) && !loop->is_quiet) {
            quiesce(loop);
        }
        if (atomic_load(&server->is_ending)) {
            /* What came meanwhile is answered first, however long that takes: as in
             * cn_http_stop().  Only who sends or reads slowly is given up. */
            give_up_us = give_up_us == 0 ? now_us + 2000000 : give_up_us;
            if (!is_busy(loop) || (now_us > give_up_us && atomic_load(&server->suspended) == 0)) {
                break;
            }
        }
    }
    MHD_stop_daemon(loop->daemon);
    loop->daemon = NULL;
    running = NULL;
    return NULL;
}
