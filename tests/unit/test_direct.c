/* Short requests that libmicrohttpd does not see, over real sockets of the loopback interface. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#include "net/server.h"
#include "tests/unit/unit.h"

struct site {
    struct cn_http_server *server;
    struct cn_http_prepared *prepared;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct cn_http_exchange *held; /* waits for release() */
};

static bool is_brief(void *arg, cn_str path)
{
    (void)arg;
    return cn_str_starts_with(path, CN_STR("/brief/"));
}

/* Tells what it was asked for, so that both ways can be compared. */
static void on_request(void *arg, struct cn_http_exchange *exchange)
{
    struct site *site = arg;
    cn_str path = cn_http_path(exchange);
    cn_str value = CN_STR("none");
    if (cn_str_equal(path, CN_STR("/brief/held"))) {
        cn_http_suspend(exchange);
        (void)pthread_mutex_lock(&site->lock);
        site->held = exchange;
        (void)pthread_cond_broadcast(&site->changed);
        (void)pthread_mutex_unlock(&site->lock);
        return;
    }
    if (cn_str_equal(path, CN_STR("/brief/prepared"))) {
        cn_http_reply_prepared(exchange, site->prepared);
        return;
    }
    struct cn_buf body;
    cn_buf_init(&body, 1 << 16);
    (void)cn_http_header(exchange, "x-test", &value);
    cn_buf_printf(&body, "<%s ?%.*s x-test=%.*s ", cn_http_method_name(cn_http_method(exchange)),
                  CN_STR_ARG(cn_http_query(exchange)), CN_STR_ARG(value));
    cn_buf_add_str(&body, cn_http_body(exchange));
    cn_buf_add_str(&body, CN_STR(">"));
    cn_http_add_header(exchange, "x-answer", CN_STR("yes"));
    cn_http_reply(exchange, 200, &body);
}

static void open_site(struct site *site)
{
    static const struct cn_http_header headers[] = { { "content-type", "text/plain" } };
    struct cn_error err = { 0 };
    const struct cn_http_options options = {
        .listen = CN_STR("127.0.0.1:0"),
        .loops = 1,
        .connections_max = 100,
        .connections_per_address_max = 100,
        .header_timeout_ms = 20000,
        .body_timeout_ms = 20000,
        .idle_timeout_ms = 20000,
        .send_timeout_ms = 20000,
        .body_max_bytes = 1000,
        .bodies_max_bytes = 1 << 30,
        .heartbeat_ms = 20000,
        .handle = on_request,
        .is_brief = is_brief,
        .arg = site,
    };
    *site = (struct site){ 0 };
    site->prepared = cn_http_prepare(200, headers, CN_ARRAY_LEN(headers), CN_STR("<ready>"));
    (void)pthread_mutex_init(&site->lock, NULL);
    (void)pthread_cond_init(&site->changed, NULL);
    assert_true(cn_http_start(&options, &site->server, &err));
}

static void close_site(struct site *site)
{
    cn_http_stop(site->server);
    cn_http_prepared_free(site->prepared);
    (void)pthread_cond_destroy(&site->changed);
    (void)pthread_mutex_destroy(&site->lock);
}

static struct cn_http_exchange *take_held(struct site *site)
{
    (void)pthread_mutex_lock(&site->lock);
    while (site->held == NULL) {
        (void)pthread_cond_wait(&site->changed, &site->lock);
    }
    struct cn_http_exchange *held = site->held;
    site->held = NULL;
    (void)pthread_mutex_unlock(&site->lock);
    return held;
}

static int dial(const struct site *site)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(cn_http_port(site->server)),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void put(int fd, const char *text)
{
    const size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Reads an answer up to the '>' of its body. */
static const char *get(int fd, char *text, size_t size)
{
    size_t len = 0;
    do {
        assert_true(len < size - 1);
        assert_int_equal(read(fd, text + len, 1), 1);
    } while (text[len++] != '>');
    text[len] = '\0';
    return text;
}

static bool is_closed(int fd)
{
    char byte = 0;
    return read(fd, &byte, 1) == 0;
}

static void wait_for_connections(const struct site *site, int64_t wanted)
{
    for (int tries = 0; cn_http_figures(site->server).connections != wanted; tries++) {
        assert_true(tries < 2000);
        (void)poll(NULL, 0, 10);
    }
}

#define HOST "Host: x\r\n"
#define POST(path, fields, len, body) \
    "POST " path " HTTP/1.1\r\n" HOST fields "Content-Length: " len "\r\n\r\n" body

static void both_ways_answer_alike(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second; /* of two packets: the long way */
    } cases[] = {
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hel"), "lo" },
        { POST("/brief/a?b=%20c", "Expect: x\r\nx-Test:  d e \t\r\n", "5", "hello"), NULL },
        { "\r\n" POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
        { POST("/other?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
    };
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    for (size_t i = 0; i < 3 * CN_ARRAY_LEN(cases); i++) {
        const size_t at = i % CN_ARRAY_LEN(cases);
        put(fd, cases[at].first);
        if (cases[at].second != NULL) {
            (void)poll(NULL, 0, 20);
            put(fd, cases[at].second);
        }
        get(fd, text, sizeof(text));
        assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
        assert_non_null(strcasestr(text, "\r\ncontent-length: 31\r\n"));
        assert_non_null(strcasestr(text, "\r\nx-answer: yes\r\n"));
        assert_non_null(strcasestr(text, "\r\nx-content-type-options: nosniff\r\n"));
        assert_non_null(strcasestr(text, "\r\ndate: "));
        assert_non_null(strcasestr(text, " GMT\r\n"));
        assert_non_null(strstr(text, "\r\n\r\n<POST ?b=%20c x-test=d e hello>"));
    }
    assert_int_equal(cn_http_figures(site.server).requests_total, 3 * CN_ARRAY_LEN(cases));
    (void)close(fd);
    close_site(&site);
}

static void several_in_one_packet_are_answered_in_their_order(void **state)
{
    (void)state;
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    put(fd, POST("/brief/a", "", "1", "1") POST("/brief/a", "", "1", "2"));
    assert_non_null(strstr(get(fd, text, sizeof(text)), " 1>"));
    assert_non_null(strstr(get(fd, text, sizeof(text)), " 2>"));
    put(fd, POST("/brief/a", "", "1", "3"));
    assert_non_null(strstr(get(fd, text, sizeof(text)), " 3>"));
    (void)close(fd);
    close_site(&site);
}

static void a_body_over_the_cap_is_refused_and_the_connection_lives(void **state)
{
    (void)state;
    struct site site;
    char body[1002];
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    struct cn_buf request;
    cn_buf_init(&request, 4096);
    cn_buf_add_str(&request, CN_STR(POST("/brief/a", "", "1001", "")));
    cn_buf_add(&request, body, sizeof(body)); /* with its NUL */
    put(fd, request.data);
    cn_buf_deinit(&request);
    put(fd, POST("/brief/a", "", "1", "1"));
    get(fd, text, sizeof(text));
    assert_memory_equal(text, "HTTP/1.1 413 ", 13);
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    (void)close(fd);
    close_site(&site);
}

static void what_comes_while_one_is_in_hand_is_answered_after_it(void **state)
{
    (void)state;
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    for (int i = 0; i < 3; i++) {
        put(fd, POST("/brief/held", "", "1", "1"));
        struct cn_http_exchange *held = take_held(&site);
        put(fd, POST("/brief/prepared", "", "1", "2"));
        (void)poll(NULL, 0, 20); /* the loop has been told of it */
        cn_http_answer_quietly(held);
        cn_http_reply_text(held, 200, CN_STR("<held>"));
        cn_http_wake(site.server);
        assert_non_null(strstr(get(fd, text, sizeof(text)), "\r\n\r\n<held>"));
        assert_non_null(strstr(get(fd, text, sizeof(text)), "\r\n\r\n<ready>"));
    }
    (void)close(fd);
    close_site(&site);
}

static void who_sends_something_else_before_the_answer_is_closed_after_it(void **state)
{
    (void)state;
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    put(fd, POST("/brief/held", "", "1", "1"));
    struct cn_http_exchange *held = take_held(&site);
    put(fd, "GET /other HTTP/1.1\r\n" HOST "\r\n");
    (void)poll(NULL, 0, 20);
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(fd, text, sizeof(text)), "\r\n\r\n<held>"));
    assert_true(is_closed(fd));
    (void)close(fd);
    wait_for_connections(&site, 0);
    close_site(&site);
}

static void who_has_said_all_still_gets_the_answer(void **state)
{
    (void)state;
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    put(fd, POST("/brief/held", "", "1", "1"));
    struct cn_http_exchange *held = take_held(&site);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    (void)poll(NULL, 0, 20);
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(fd, text, sizeof(text)), "\r\n\r\n<held>"));
    assert_true(is_closed(fd));
    (void)close(fd);
    wait_for_connections(&site, 0);
    close_site(&site);
}

static void who_is_gone_before_the_answer_is_no_trouble(void **state)
{
    (void)state;
    const struct linger at_once = { .l_onoff = 1 };
    struct site site;
    char text[2048];
    open_site(&site);
    int fd = dial(&site);
    put(fd, POST("/brief/held", "", "1", "1"));
    struct cn_http_exchange *held = take_held(&site);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(fd);
    wait_for_connections(&site, 0);
    int other = dial(&site); /* gets the same descriptor */
    put(other, POST("/brief/held", "", "1", "2"));
    struct cn_http_exchange *second = take_held(&site);
    cn_http_reply_text(held, 200, CN_STR("<nobody>"));
    cn_http_reply_text(second, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(other, text, sizeof(text)), "\r\n\r\n<held>"));
    (void)close(other);
    wait_for_connections(&site, 0);
    assert_int_equal(cn_http_figures(site.server).suspended, 0);
    close_site(&site);
}

static void who_wants_it_closed_gets_it_closed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        POST("/brief/prepared", "Connection: close\r\n", "1", "1"),
        "POST /brief/prepared HTTP/1.0\r\nContent-Length: 1\r\n\r\n1",
    };
    struct site site;
    char text[2048];
    open_site(&site);
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        int fd = dial(&site);
        put(fd, cases[i]);
        assert_non_null(strstr(get(fd, text, sizeof(text)), "\r\n\r\n<ready>"));
        assert_true(is_closed(fd));
        (void)close(fd);
    }
    close_site(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_answer_alike),
        cmocka_unit_test(several_in_one_packet_are_answered_in_their_order),
        cmocka_unit_test(a_body_over_the_cap_is_refused_and_the_connection_lives),
        cmocka_unit_test(what_comes_while_one_is_in_hand_is_answered_after_it),
        cmocka_unit_test(who_sends_something_else_before_the_answer_is_closed_after_it),
        cmocka_unit_test(who_has_said_all_still_gets_the_answer),
        cmocka_unit_test(who_is_gone_before_the_answer_is_no_trouble),
        cmocka_unit_test(who_wants_it_closed_gets_it_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
