#include "bench/load/client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/str.h"

#include "bench/load/cpu.h"

enum {
    INPUT_BYTES = 16 * 1024,
    EVENTS_MAX = 256,
    REFUSED_PAUSE_US = 20 * 1000,
    DRAIN_US = 10 * 1000 * 1000
};

struct conn {
    int fd; /* -1: closed */
    bool busy;
    bool wants_output;
    bool in_body;
    int status;
    uint64_t number; /* of the request in flight */
    size_t body_left;
    size_t out_len;
    size_t out_sent;
    size_t in_len;
    int64_t started_us;
    int64_t resume_us; /* when the request may be sent; 0: it was */
    char *out;
    char in[INPUT_BYTES];
};

struct client {
    const struct cn_load_run *run;
    struct cn_load_result *result;
    struct conn *conns;
    int epoll;
    size_t busy;
    uint64_t sent;   /* requests begun */
    int64_t next_us; /* earliest beginning of the next request */
    int64_t measure_from_us;
    int64_t end_us;
    int64_t now_us;
};

static int64_t own_cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void drop(struct client *client, struct conn *conn)
{
    (void)close(conn->fd); /* nothing was to be kept */
    conn->fd = -1;
    client->busy -= conn->busy;
    conn->busy = false;
    conn->resume_us = 0;
    client->result->lost++;
}

static void watch(const struct client *client, struct conn *conn, bool output)
{
    struct epoll_event event = { .events = EPOLLIN | (output ? EPOLLOUT : 0U), .data.ptr = conn };
    if (output != conn->wants_output) {
        (void)epoll_ctl(client->epoll, EPOLL_CTL_MOD, conn->fd, &event); /* it is registered */
        conn->wants_output = output;
    }
}

static void send_rest(struct client *client, struct conn *conn)
{
    while (conn->out_sent < conn->out_len) {
        ssize_t n = send(conn->fd, conn->out + conn->out_sent, conn->out_len - conn->out_sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            watch(client, conn, true);
            return;
        }
        if (n < 0) {
            drop(client, conn);
            return;
        }
        conn->out_sent += (size_t)n;
    }
    watch(client, conn, false);
}

static void send_again(struct client *client, struct conn *conn)
{
    conn->resume_us = 0;
    conn->out_sent = 0;
    conn->started_us = client->now_us;
    send_rest(client, conn);
}

/* Begins the next request, if there is one to begin. */
static void send_next(struct client *client, struct conn *conn)
{
    const struct cn_load_run *run = client->run;
    if (client->now_us >= client->end_us ||
        (run->numbers != NULL && client->sent == run->number_count)) {
        return;
    }
    conn->number = run->numbers != NULL ? run->numbers[client->sent] : run->first + client->sent;
    client->sent++;
    conn->out_len = cn_load_render(run->workload, conn->number, conn->out);
    conn->busy = true;
    client->busy++;
    if (run->interval_us > 0 && client->next_us > client->now_us) {
        conn->resume_us = client->next_us;
        client->next_us += run->interval_us;
        return;
    }
    client->next_us = client->now_us + run->interval_us;
    send_again(client, conn);
}

static void acknowledge(struct client *client, const struct conn *conn)
{
    struct cn_load_result *result = client->result;
    result->acknowledged++;
    if (client->now_us >= client->measure_from_us && client->now_us <= client->end_us) {
        result->requests++;
        cn_load_histogram_add(&result->latency, client->now_us - conn->started_us);
    }
    if (client->run->acks != NULL) {
        /* A short write shows in the caller's check of the file. */
        (void)fwrite(&conn->number, sizeof(conn->number), 1, client->run->acks);
    }
}

static void finish_answer(struct client *client, struct conn *conn)
{
    conn->in_body = false;
    if (conn->status == 429) {
        client->result->refused++;
        conn->resume_us = client->now_us + REFUSED_PAUSE_US;
        return;
    }
    conn->busy = false;
    client->busy--;
    if (conn->status >= 200 && conn->status < 300) {
        acknowledge(client, conn);
    } else {
        client->result->failed++;
        client->result->last_failure = conn->status;
    }
    send_next(client, conn);
}

/* Reads "HTTP/1.1 200 OK" and the Content-Length out of a head that ends with an empty line. */
static bool parse_head(struct conn *conn, size_t head_len)
{
    cn_str head = { conn->in, head_len };
    cn_str line;
    int64_t number = 0;
    if (head_len < 12 || !cn_parse_i64((cn_str){ conn->in + 9, 3 }, &number)) {
        return false;
    }
    conn->status = (int)number;
    conn->body_left = 0;
    while (cn_str_split(&head, '\n', &line)) {
        static const char name[] = "content-length:";
        if (line.len > sizeof(name) && strncasecmp(line.ptr, name, sizeof(name) - 1) == 0) {
            cn_str value = cn_str_trim(cn_str_slice(line, sizeof(name) - 1, line.len));
            if (!cn_parse_i64(value, &number) || number < 0) {
                return false;
            }
            conn->body_left = (size_t)number;
        }
    }
    return true;
}

/* Takes what arrived off the input; an answer may come in many pieces. */
static void consume(struct client *client, struct conn *conn)
{
    if (!conn->in_body) {
        char *end = memmem(conn->in, conn->in_len, "\r\n\r\n", 4);
        if (end == NULL && conn->in_len < INPUT_BYTES) {
            return;
        }
        if (end == NULL || !parse_head(conn, (size_t)(end - conn->in) + 2)) {
            drop(client, conn);
            return;
        }
        size_t taken = (size_t)(end - conn->in) + 4;
        conn->in_len -= taken;
        memmove(conn->in, conn->in + taken, conn->in_len);
        conn->in_body = true;
    }
    size_t taken = conn->in_len < conn->body_left ? conn->in_len : conn->body_left;
    conn->body_left -= taken;
    conn->in_len -= taken;
    memmove(conn->in, conn->in + taken, conn->in_len);
    if (conn->body_left == 0) {
        finish_answer(client, conn);
    }
}

static void receive(struct client *client, struct conn *conn)
{
    ssize_t n = recv(conn->fd, conn->in + conn->in_len, INPUT_BYTES - conn->in_len, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        drop(client, conn);
        return;
    }
    conn->in_len += (size_t)n;
    consume(client, conn);
}

static bool connect_all(struct client *client, struct cn_error *err)
{
    const struct cn_load_run *run = client->run;
    for (size_t i = 0; i < run->connections; i++) {
        struct conn *conn = &client->conns[i];
        int one = 1;
        conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (conn->fd < 0 ||
            connect(conn->fd, (const struct sockaddr *)&run->server, sizeof(run->server)) != 0) {
            return cn_fail(err, CN_UNAVAILABLE, "cannot connect: errno %d", errno);
        }
        /* Only a matter of speed. */
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };
        if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0) {
            return cn_fail(err, CN_INTERNAL, "epoll_ctl: errno %d", errno);
        }
    }
    return true;
}

static void resume_due(struct client *client)
{
    for (size_t i = 0; i < client->run->connections; i++) {
        struct conn *conn = &client->conns[i];
        if (conn->resume_us != 0 && client->now_us >= conn->resume_us) {
            send_again(client, conn);
        }
    }
}

/* Marks the edges of the measured time as they pass. */
static void measure(struct client *client, bool begin)
{
    struct cn_load_result *result = client->result;
    int64_t server = 0;
    for (size_t i = 0; i < client->run->pid_count; i++) {
        server += cn_load_cpu_us(client->run->pids[i]);
    }
    int64_t own = own_cpu_us();
    int64_t now = cn_clock_monotonic_us();
    result->server_cpu_us = begin ? -server : result->server_cpu_us + server;
    result->own_cpu_us = begin ? -own : result->own_cpu_us + own;
    result->elapsed_us = begin ? -now : result->elapsed_us + now;
}

enum phase {
    WARMING,
    MEASURING,
    DRAINING
};

static enum phase next_phase(struct client *client, enum phase phase)
{
    if (phase == WARMING && client->now_us >= client->measure_from_us) {
        measure(client, true);
        return MEASURING;
    }
    if (phase == MEASURING && client->now_us >= client->end_us) {
        measure(client, false);
        return DRAINING;
    }
    return phase;
}

static void handle(struct client *client, struct conn *conn, uint32_t events)
{
    if (conn->fd >= 0 && (events & EPOLLOUT) != 0) {
        send_rest(client, conn);
    }
    if (conn->fd >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
        receive(client, conn);
    }
}

static void loop(struct client *client)
{
    struct epoll_event events[EVENTS_MAX];
    enum phase phase = WARMING;
    int64_t last_us = client->end_us + DRAIN_US;
    int timeout_ms = client->run->interval_us > 0 ? 1 : 10;

    while (client->busy > 0 && client->now_us < last_us) {
        int n = epoll_wait(client->epoll, events, EVENTS_MAX, timeout_ms);
        client->now_us = cn_clock_monotonic_us();
        phase = next_phase(client, phase);
        for (int i = 0; i < n; i++) {
            handle(client, events[i].data.ptr, events[i].events);
        }
        resume_due(client);
    }
    if (phase == MEASURING) { /* the numbers, or the connections, were used up early */
        measure(client, false);
    }
}

bool cn_load_run(const struct cn_load_run *run, struct cn_load_result *result_out,
                 struct cn_error *err)
{
    bool ok = false;
    struct cn_load_result result = { 0 };
    struct client client = { .run = run, .result = &result };
    client.epoll = epoll_create1(EPOLL_CLOEXEC);
    client.conns = cn_heap_resize(NULL, run->connections * sizeof(*client.conns));
    memset(client.conns, 0, run->connections * sizeof(*client.conns));
    for (size_t i = 0; i < run->connections; i++) {
        client.conns[i].fd = -1;
        client.conns[i].out = cn_heap_resize(NULL, run->workload->max_len);
    }
    if (!connect_all(&client, err)) {
        goto done;
    }
    client.now_us = cn_clock_monotonic_us();
    client.measure_from_us = client.now_us + run->warmup_us;
    client.end_us = client.measure_from_us + run->measured_us;
    for (size_t i = 0; i < run->connections; i++) {
        send_next(&client, &client.conns[i]);
    }
    loop(&client);
    result.next = run->first + client.sent;
    *result_out = result;
    ok = true;

done:
    for (size_t i = 0; i < run->connections; i++) {
        if (client.conns[i].fd >= 0) {
            (void)close(client.conns[i].fd); /* nothing to be kept */
        }
        free(client.conns[i].out);
    }
    free(client.conns);
    (void)close(client.epoll); /* as above */
    return ok;
}
