/* Short requests that libmicrohttpd does not see, over real sockets of the loopback interface. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#include "tests/unit/http_peer.h"

/* A server and one client that has connected to it. */
struct site {
    struct cn_http_server *server;
    struct cn_http_prepared *prepared;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct cn_http_exchange *held; /* waits for take_held() */
    int fd;
    char text[2048]; /* the last answer */
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

static int open_site(void **state)
{
    static const struct cn_http_header headers[] = { { "content-type", "text/plain" } };
    struct cn_error err = { 0 };
    struct site *site = calloc(1, sizeof(*site));
    assert_non_null(site);
    struct cn_http_options options = usual_options(on_request, site);
    options.body_max_bytes = 1000;
    options.is_brief = is_brief;
    site->prepared = cn_http_prepare(200, headers, CN_ARRAY_LEN(headers), CN_STR("<ready>"));
    (void)pthread_mutex_init(&site->lock, NULL);
    (void)pthread_cond_init(&site->changed, NULL);
    assert_true(cn_http_start(&options, &site->server, &err));
    site->fd = dial(site->server);
    *state = site;
    return 0;
}

static int close_site(void **state)
{
    struct site *site = *state;
    (void)close(site->fd);
    cn_http_stop(site->server);
    cn_http_prepared_free(site->prepared);
    (void)pthread_cond_destroy(&site->changed);
    (void)pthread_mutex_destroy(&site->lock);
    free(site);
    return 0;
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

static void put_text(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

/* Reads an answer up to the '>' of its body. */
static const char *get_from(struct site *site, int fd)
{
    size_t len = 0;
    do {
        assert_true(len < sizeof(site->text) - 1);
        assert_int_equal(read(fd, site->text + len, 1), 1);
    } while (site->text[len++] != '>');
    site->text[len] = '\0';
    return site->text;
}

static const char *get(struct site *site)
{
    return get_from(site, site->fd);
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

/* The loop is told of what was sent. */
static void wait_a_little(void)
{
    (void)poll(NULL, 0, 20);
}

#define POST(path, fields, len, body) \
    "POST " path " HTTP/1.1\r\n" HOST fields "Content-Length: " len "\r\n\r\n" body

static struct cn_http_exchange *hold(struct site *site, int fd)
{
    put_text(fd, POST("/brief/held", "", "1", "1"));
    return take_held(site);
}

static void both_ways_answer_alike(void **state)
{
    static const struct {
        const char *first;
        const char *second; /* of two packets: the long way */
    } cases[] = {
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hel"), "lo" },
        { POST("/brief/a?b=%20c", "Expect: x\r\nx-Test:  d e \t\r\n", "5", "hello"), NULL },
        { "\r\n" POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\n", "5", "hello\r\n\r\n"), NULL },
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\nX-Test: f\r\n", "5", "hello"), NULL },
        { POST("/brief/a?b=%20c", "x-Test:  d e \t\r\nX-Test: f\r\n", "5", "hel"), "lo" },
        { POST("/other?b=%20c", "x-Test:  d e \t\r\n", "5", "hello"), NULL },
    };
    struct site *site = *state;
    for (size_t i = 0; i < 3 * CN_ARRAY_LEN(cases); i++) {
        const size_t at = i % CN_ARRAY_LEN(cases);
        put_text(site->fd, cases[at].first);
        if (cases[at].second != NULL) {
            wait_a_little();
            put_text(site->fd, cases[at].second);
        }
        const char *text = get(site);
        assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
        assert_non_null(strcasestr(text, "\r\ncontent-length: 31\r\n"));
        assert_non_null(strcasestr(text, "\r\nx-answer: yes\r\n"));
        assert_non_null(strcasestr(text, "\r\nx-content-type-options: nosniff\r\n"));
        assert_non_null(strcasestr(text, "\r\ndate: "));
        assert_non_null(strcasestr(text, " GMT\r\n"));
        assert_non_null(strstr(text, "\r\n\r\n<POST ?b=%20c x-test=d e hello>"));
    }
    assert_int_equal(cn_http_figures(site->server).requests_total, 3 * CN_ARRAY_LEN(cases));
}

static void several_in_one_packet_are_answered_in_their_order(void **state)
{
    struct site *site = *state;
    put_text(site->fd, POST("/brief/a", "", "1", "1") POST("/brief/a", "", "1", "2"));
    assert_non_null(strstr(get(site), " 1>"));
    assert_non_null(strstr(get(site), " 2>"));
    put_text(site->fd, POST("/brief/a", "", "1", "3"));
    assert_non_null(strstr(get(site), " 3>"));
}

static void a_body_over_the_cap_is_refused_and_the_connection_lives(void **state)
{
    struct site *site = *state;
    char body[1001];
    memset(body, 'x', sizeof(body));
    struct cn_buf request;
    cn_buf_init(&request, 4096);
    cn_buf_add_str(&request, CN_STR(POST("/brief/a", "", "1001", "")));
    cn_buf_add(&request, body, sizeof(body));
    put(site->fd, request.data, request.len);
    cn_buf_deinit(&request);
    put_text(site->fd, POST("/brief/a", "", "1", "1"));
    const char *text = get(site);
    assert_memory_equal(text, "HTTP/1.1 413 ", 13);
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
}

static void what_comes_while_one_is_in_hand_is_answered_after_it(void **state)
{
    struct site *site = *state;
    for (int i = 0; i < 3; i++) {
        struct cn_http_exchange *held = hold(site, site->fd);
        put_text(site->fd, POST("/brief/prepared", "", "1", "2"));
        wait_a_little();
        cn_http_answer_quietly(held);
        cn_http_reply_text(held, 200, CN_STR("<held>"));
        cn_http_wake(site->server);
        assert_non_null(strstr(get(site), "\r\n\r\n<held>"));
        assert_non_null(strstr(get(site), "\r\n\r\n<ready>"));
    }
}

static void who_sends_something_else_before_the_answer_is_closed_after_it(void **state)
{
    struct site *site = *state;
    struct cn_http_exchange *held = hold(site, site->fd);
    put_text(site->fd, "GET /other HTTP/1.1\r\n" HOST "\r\n");
    wait_a_little();
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(site), "\r\n\r\n<held>"));
    assert_true(is_closed(site->fd));
    wait_for_connections(site, 0);
}

static void what_comes_after_the_last_answer_is_not_done(void **state)
{
    struct site *site = *state;
    struct cn_http_exchange *held = hold(site, site->fd);
    put_text(site->fd, POST("/brief/prepared", "", "1", "2"));
    wait_a_little();
    cn_http_close_after(held);
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(site), "\r\nconnection: close\r\n"));
    wait_for_connections(site, 0);
    assert_int_equal(cn_http_figures(site->server).requests_total, 1);
}

static void who_has_said_all_still_gets_the_answer(void **state)
{
    struct site *site = *state;
    struct cn_http_exchange *held = hold(site, site->fd);
    assert_int_equal(shutdown(site->fd, SHUT_WR), 0);
    wait_a_little();
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(site), "\r\n\r\n<held>"));
    assert_true(is_closed(site->fd));
    wait_for_connections(site, 0);
}

static void who_is_gone_before_the_answer_is_no_trouble(void **state)
{
    const struct linger at_once = { .l_onoff = 1 };
    struct site *site = *state;
    struct cn_http_exchange *held = hold(site, site->fd);
    assert_int_equal(setsockopt(site->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(site->fd);
    wait_for_connections(site, 0);
    site->fd = dial(site->server); /* gets the same descriptor */
    struct cn_http_exchange *second = hold(site, site->fd);
    cn_http_reply_text(held, 200, CN_STR("<nobody>"));
    cn_http_reply_text(second, 200, CN_STR("<held>"));
    assert_non_null(strstr(get(site), "\r\n\r\n<held>"));
    (void)shutdown(site->fd, SHUT_RDWR);
    wait_for_connections(site, 0);
    assert_int_equal(cn_http_figures(site->server).suspended, 0);
}

static void who_wants_it_closed_gets_it_closed(void **state)
{
    static const char *const cases[] = {
        POST("/brief/prepared", "Connection: close\r\n", "1", "1"),
        "POST /brief/prepared HTTP/1.0\r\nContent-Length: 1\r\n\r\n1",
    };
    struct site *site = *state;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        int fd = dial(site->server);
        put_text(fd, cases[i]);
        assert_non_null(strstr(get_from(site, fd), "\r\n\r\n<ready>"));
        assert_true(is_closed(fd));
        (void)close(fd);
    }
}

/* By a part of a request, or by none, the connection is not kept for ever. */
static void who_sends_half_is_dropped(void **state)
{
    static const char *const cases[] = {
        "",
        "POST /brief/a HTTP/1.1\r\nHo",
        POST("/brief/a", "", "5", "hel"),
    };
    struct site *site = *state;
    struct cn_error err = { 0 };
    struct cn_http_server *hasty = NULL;
    struct cn_http_options options = usual_options(on_request, site);
    options.is_brief = is_brief;
    options.header_timeout_ms = 40;
    options.body_timeout_ms = 40;
    options.idle_timeout_ms = 40;
    assert_true(cn_http_start(&options, &hasty, &err));
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        int fd = dial(hasty);
        put_text(fd, POST("/brief/a", "", "1", "1"));
        assert_non_null(strstr(get_from(site, fd), " 1>"));
        put_text(fd, cases[i]);
        assert_true(is_closed(fd));
        (void)close(fd);
    }
    assert_int_equal(cn_http_figures(hasty).timeouts_total, CN_ARRAY_LEN(cases));
    cn_http_stop(hasty);
}

struct answering {
    struct cn_http_server *server;
    struct cn_http_exchange *quiet;
    struct cn_http_exchange *last;
};

static void *answer_both(void *arg)
{
    struct answering *answering = arg;
    cn_http_answer_quietly(answering->quiet);
    cn_http_reply_text(answering->quiet, 200, CN_STR("<held>"));
    cn_http_wake(answering->server);
    cn_http_reply_text(answering->last, 200, CN_STR("<held>"));
    return NULL;
}

static void a_server_that_stops_gives_the_answers_that_are_owed(void **state)
{
    struct site *site = *state;
    int second = dial(site->server);
    struct answering answering = { site->server, hold(site, site->fd), hold(site, second) };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_both, &answering), 0);
    cn_http_stop(site->server);
    site->server = NULL;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(strstr(get(site), "\r\n\r\n<held>"));
    assert_non_null(strstr(get_from(site, second), "\r\n\r\n<held>"));
    (void)close(second);
}

static void *stop_server(void *server)
{
    cn_http_stop(server);
    return NULL;
}

/* It owes nothing when it is told to stop: the request ends afterwards, and the answer takes longer
 * than a server that stops waits for who is slow.  Who answers wakes all of its loops. */
static void a_server_that_stops_answers_what_had_begun(void **state)
{
    struct site *site = *state;
    struct cn_error err = { 0 };
    struct cn_http_server *server = NULL;
    struct cn_http_options options = usual_options(on_request, site);
    pthread_t stopping;
    options.loops = 4;
    assert_true(cn_http_start(&options, &server, &err));
    int fd = dial(server);
    put_text(fd, POST("/brief/held", "", "1", ""));
    while (cn_http_figures(server).requests_total == 0) {
        wait_a_little();
    }
    assert_int_equal(pthread_create(&stopping, NULL, stop_server, server), 0);
    (void)poll(NULL, 0, 200);
    put_text(fd, "1");
    struct cn_http_exchange *held = take_held(site);
    (void)poll(NULL, 0, 3500);
    cn_http_wake(server);
    cn_http_reply_text(held, 200, CN_STR("<held>"));
    assert_non_null(strstr(get_from(site, fd), "\r\n\r\n<held>"));
    (void)pthread_join(stopping, NULL);
    (void)close(fd);
}

#define TEST(title, function) CN_TEST_WITH(title, function, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("both ways answer alike", both_ways_answer_alike),
        TEST("several in one packet are answered in their order",
             several_in_one_packet_are_answered_in_their_order),
        TEST("a body over the cap is refused and the connection lives",
             a_body_over_the_cap_is_refused_and_the_connection_lives),
        TEST("what comes while one is in hand is answered after it",
             what_comes_while_one_is_in_hand_is_answered_after_it),
        TEST("who sends something else before the answer is closed after it",
             who_sends_something_else_before_the_answer_is_closed_after_it),
        TEST("what comes after the last answer of a connection is not done",
             what_comes_after_the_last_answer_is_not_done),
        TEST("who has said all still gets the answer", who_has_said_all_still_gets_the_answer),
        TEST("who is gone before the answer is no trouble",
             who_is_gone_before_the_answer_is_no_trouble),
        TEST("who wants it closed gets it closed", who_wants_it_closed_gets_it_closed),
        TEST("reliability 17: who sends half is dropped", who_sends_half_is_dropped),
        TEST("a server that stops gives the answers that are owed",
             a_server_that_stops_gives_the_answers_that_are_owed),
        TEST("a server that stops answers what had begun",
             a_server_that_stops_answers_what_had_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
