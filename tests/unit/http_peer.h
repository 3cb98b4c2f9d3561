/*
 * A server of net/ on a free port of the loopback interface, and what a client does to it with the
 * sockets of its own hand.  The client that Cairn has is net/client.h.
 */
#ifndef CAIRN_TESTS_UNIT_HTTP_PEER_H
#define CAIRN_TESTS_UNIT_HTTP_PEER_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#include "net/server.h"
#include "tests/unit/unit.h"

#define HOST "Host: x\r\n"

/* Nothing runs out while a test runs, unless it sets a limit of its own. */
static inline struct cn_http_options usual_options(cn_http_callback *handle, void *arg)
{
    return (struct cn_http_options){
        .listen = CN_STR("127.0.0.1:0"),
        .loops = 1,
        .connections_max = 1000,
        .connections_per_address_max = 500,
        .header_timeout_ms = 20000,
        .body_timeout_ms = 20000,
        .idle_timeout_ms = 20000,
        .send_timeout_ms = 20000,
        .body_max_bytes = 100000,
        .bodies_max_bytes = 1 << 30,
        .heartbeat_ms = 20000,
        .handle = handle,
        .arg = arg,
    };
}

static inline int dial(const struct cn_http_server *server)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(cn_http_port(server)),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void put(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text += sent;
        len -= (size_t)sent;
    }
}

#endif
