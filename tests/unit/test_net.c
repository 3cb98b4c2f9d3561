/* The HTTP server over real sockets of the loopback interface, and the helpers beside it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/workers.h"

#include "net/agent.h"
#include "net/client.h"
#include "net/files.h"
#include "net/gzip.h"
#include "net/sse.h"
#include "tests/unit/http_peer.h"

static const struct cn_embedded_file embedded[] = {
    { "index.html", (const unsigned char *)"<p>hi", (const unsigned char *)"<p>hi" + 5 },
    { "assets/a.js", (const unsigned char *)"1", (const unsigned char *)"1" + 1 },
    { "assets/a.js.gz", (const unsigned char *)"2", (const unsigned char *)"2" + 1 },
};

struct site {
    struct cn_http_server *server;
    struct cn_workers *workers;
    struct cn_http_files *files;
    struct cn_sse_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int closed_streams;
};

struct job {
    struct cn_work work; /* first */
    struct cn_http_exchange *exchange;
};

static void answer_later(struct cn_work *work)
{
    struct job *job = (struct job *)work;
    struct cn_buf body;
    cn_buf_init(&body, 1 << 20);
    cn_buf_add_str(&body, CN_STR("later:"));
    cn_buf_add_str(&body, cn_http_body(job->exchange));
    cn_http_reply(job->exchange, 201, &body);
}

static void on_closed(void *arg, struct cn_sse_stream *stream)
{
    struct site *site = arg;
    (void)stream;
    (void)pthread_mutex_lock(&site->lock);
    site->closed_streams++;
    (void)pthread_cond_broadcast(&site->changed);
    (void)pthread_mutex_unlock(&site->lock);
}

static void on_begin(void *arg, struct cn_http_exchange *exchange)
{
    (void)arg;
    if (cn_str_equal(cn_http_path(exchange), CN_STR("/busy"))) {
        cn_http_add_header(exchange, "retry-after", CN_STR("2"));
        cn_http_reply_text(exchange, 429, CN_STR("busy"));
    }
}

static void on_request(void *arg, struct cn_http_exchange *exchange)
{
    struct site *site = arg;
    cn_str path = cn_http_path(exchange);
    if (cn_str_equal(path, CN_STR("/later"))) {
        struct job *job = cn_arena_new(cn_http_arena(exchange), struct job);
        *job = (struct job){ { answer_later }, exchange };
        cn_http_suspend(exchange);
        assert_true(cn_workers_submit(site->workers, &job->work));
    } else if (cn_str_equal(path, CN_STR("/stream"))) {
        struct cn_sse_stream *stream = cn_sse_open(exchange, on_closed, site);
        (void)pthread_mutex_lock(&site->lock);
        site->stream = stream;
        (void)pthread_cond_broadcast(&site->changed);
        (void)pthread_mutex_unlock(&site->lock);
    } else if (!cn_http_files_serve(site->files, exchange, path)) {
        struct cn_buf body;
        cn_buf_init(&body, 1 << 20);
        cn_buf_printf(&body, "%s %.*s?%.*s ", cn_http_method_name(cn_http_method(exchange)),
                      CN_STR_ARG(path), CN_STR_ARG(cn_http_query(exchange)));
        cn_buf_add_str(&body, cn_http_body(exchange));
        cn_http_reply(exchange, 200, &body);
    }
}

static struct cn_http_options site_options(struct site *site)
{
    struct cn_http_options options = usual_options(on_request, site);
    options.begin = on_begin;
    return options;
}

static void open_site(struct site *site, const struct cn_http_options *options)
{
    struct cn_error err = { 0 };
    *site = (struct site){ .workers = cn_workers_new("test", 2, 1024) };
    (void)pthread_mutex_init(&site->lock, NULL);
    (void)pthread_cond_init(&site->changed, NULL);
    site->files = cn_http_files_new(embedded, CN_ARRAY_LEN(embedded));
    assert_true(cn_http_start(options, &site->server, &err));
}

static void close_site(struct site *site)
{
    cn_http_stop(site->server);
    cn_workers_free(site->workers);
    cn_http_files_free(site->files);
    cn_sse_release(site->stream);
    (void)pthread_cond_destroy(&site->changed);
    (void)pthread_mutex_destroy(&site->lock);
}

/* Reads until `end` was read or the peer has closed; the text read has a NUL behind it. */
static const char *get_until(int fd, const char *end, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    while (strstr(text, end) == NULL && len < size - 1) {
        ssize_t got = read(fd, text + len, 1);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
        text[len] = '\0';
    }
    return text;
}

static bool is_closed(int fd)
{
    char byte = 0;
    ssize_t got = 0;
    do {
        got = read(fd, &byte, 1);
    } while (got > 0);
    return got == 0;
}

static void requests_are_answered_on_one_connection(void **state)
{
    (void)state;
    struct site site;
    char text[4096];
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    int fd = dial(site.server);
    for (int i = 0; i < 3; i++) {
        static const char get[] = "GET /a%20b?c=%64 HTTP/1.1\r\n" HOST "\r\n";
        put(fd, get, sizeof(get) - 1);
        get_until(fd, "GET /a%20b?c=%64 ", text, sizeof(text));
        assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
        assert_non_null(strstr(text, "nosniff"));
        static const char post[] = "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello";
        put(fd, post, sizeof(post) - 1);
        get_until(fd, "POST /p? hello", text, sizeof(text));
        static const char chunked[] =
            "POST /later HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
            "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
        put(fd, chunked, sizeof(chunked) - 1);
        get_until(fd, "later:abcde", text, sizeof(text));
        assert_non_null(strstr(text, "HTTP/1.1 201 "));
    }
    (void)close(fd);
    close_site(&site);
}

static void three_hundred_connections_are_served_by_one_loop(void **state)
{
    (void)state;
    enum {
        COUNT = 300
    };
    static const char get[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
    struct site site;
    char text[4096];
    int fds[COUNT];
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = dial(site.server);
    }
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < COUNT; i++) {
            put(fds[i], get, sizeof(get) - 1);
        }
        for (int i = 0; i < COUNT; i++) {
            assert_non_null(strstr(get_until(fds[i], "later:", text, sizeof(text)), "later:"));
        }
    }
    assert_int_equal(cn_http_figures(site.server).requests_total, 5 * COUNT);
    for (int i = 0; i < COUNT; i++) {
        (void)close(fds[i]);
    }
    close_site(&site);
}

static void ambiguous_requests_are_refused_and_the_connection_closed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
    };
    struct site site;
    char text[4096];
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        int fd = dial(site.server);
        put(fd, cases[i], strlen(cases[i]));
        get_until(fd, "\r\n\r\n", text, sizeof(text));
        assert_non_null(strstr(text, "HTTP/1.1 400 "));
        assert_true(is_closed(fd));
        (void)close(fd);
    }
    close_site(&site);
}

static void a_large_body_is_refused_and_the_connection_lives(void **state)
{
    (void)state;
    enum {
        LARGE = 3 * 1000 * 1000
    };
    struct site site;
    char text[4096];
    char *body = calloc(1, LARGE);
    const struct cn_http_options options = site_options(&site);
    assert_non_null(body);
    open_site(&site, &options);
    int fd = dial(site.server);
    for (int i = 0; i < 2; i++) {
        int len =
            snprintf(text, sizeof(text), "POST /%s HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
                     i == 0 ? "p" : "busy", LARGE);
        put(fd, text, (size_t)len);
        put(fd, body, LARGE);
        get_until(fd, "\r\n\r\n", text, sizeof(text));
        assert_non_null(strstr(text, i == 0 ? "HTTP/1.1 413 " : "HTTP/1.1 429 "));
        get_until(fd, i == 0 ? "larger than" : "busy", text, sizeof(text));
    }
    static const char chunked[] = "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    put(fd, chunked, sizeof(chunked) - 1);
    for (int i = 0; i < 30; i++) {
        put(fd, "2710\r\n", 6);
        put(fd, body, 10000);
        put(fd, "\r\n", 2);
    }
    put(fd, "0\r\n\r\n", 5);
    get_until(fd, "larger than", text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 413 "));
    assert_int_equal(cn_http_figures(site.server).bodies_bytes, 0);
    (void)close(fd);
    free(body);
    close_site(&site);
}

static void slow_clients_are_dropped(void **state)
{
    (void)state;
    static const char *const beginnings[] = {
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nHos",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe",
        "GET /p HTTP/1.1\r\n" HOST "\r\n",
    };
    struct site site;
    struct cn_http_options options = site_options(&site);
    options.header_timeout_ms = 40;
    options.body_timeout_ms = 40;
    options.idle_timeout_ms = 40;
    open_site(&site, &options);
    for (size_t i = 0; i < CN_ARRAY_LEN(beginnings); i++) {
        int fd = dial(site.server);
        put(fd, beginnings[i], strlen(beginnings[i]));
        assert_true(is_closed(fd));
        (void)close(fd);
    }
    assert_int_equal(cn_http_figures(site.server).timeouts_total, CN_ARRAY_LEN(beginnings));
    close_site(&site);
}

static void connections_of_one_address_are_capped(void **state)
{
    (void)state;
    static const char get[] = "GET /p HTTP/1.1\r\n" HOST "\r\n";
    struct site site;
    char text[4096];
    int fds[3];
    struct cn_http_options options = site_options(&site);
    options.connections_per_address_max = 2;
    open_site(&site, &options);
    for (int i = 0; i < 2; i++) {
        fds[i] = dial(site.server);
        put(fds[i], get, sizeof(get) - 1);
        get_until(fds[i], "GET /p?", text, sizeof(text));
    }
    fds[2] = dial(site.server);
    char byte = 0;
    assert_true(read(fds[2], &byte, 1) <= 0);
    assert_int_equal(cn_http_figures(site.server).refused_connections_total, 1);
    for (int i = 0; i < 3; i++) {
        (void)close(fds[i]);
    }
    close_site(&site);
}

static void a_stream_carries_events_and_notices_its_end(void **state)
{
    (void)state;
    static const char get[] = "GET /stream HTTP/1.1\r\n" HOST "\r\n";
    struct site site;
    char text[4096];
    struct cn_http_options options = site_options(&site);
    options.heartbeat_ms = 20;
    open_site(&site, &options);
    int fd = dial(site.server);
    put(fd, get, sizeof(get) - 1);
    get_until(fd, ": welcome", text, sizeof(text));
    assert_non_null(strstr(text, "text/event-stream"));
    get_until(fd, ": still here", text, sizeof(text));
    (void)pthread_mutex_lock(&site.lock);
    while (site.stream == NULL) {
        (void)pthread_cond_wait(&site.changed, &site.lock);
    }
    (void)pthread_mutex_unlock(&site.lock);
    assert_true(cn_sse_send(site.stream, CN_STR("account"), CN_STR("{}\n{}")));
    get_until(fd, "event: account\ndata: {}\ndata: {}\n\n", text, sizeof(text));
    (void)close(fd);
    (void)pthread_mutex_lock(&site.lock);
    while (site.closed_streams == 0) {
        (void)pthread_cond_wait(&site.changed, &site.lock);
    }
    (void)pthread_mutex_unlock(&site.lock);
    assert_false(cn_sse_send(site.stream, CN_STR("account"), CN_STR("{}")));
    assert_int_equal(cn_http_figures(site.server).streams, 0);
    close_site(&site);
}

/* Whole events, as far as they were taken; then the reader has to begin anew. */
static void a_reader_that_is_further_behind_is_cut_off(void **state)
{
    (void)state;
    static const char get[] = "GET /stream HTTP/1.1\r\n" HOST "\r\n";
    static char data[4096];
    static char piece[sizeof(data) * 2];
    struct site site;
    struct cn_http_options options = site_options(&site);
    size_t taken = 0;
    size_t came = 0;
    options.stream_max_bytes = 16384;
    open_site(&site, &options);
    memset(data, 'x', sizeof(data));
    int fd = dial(site.server);
    put(fd, get, sizeof(get) - 1);
    get_until(fd, ": welcome\n\n", piece, sizeof(piece));
    (void)pthread_mutex_lock(&site.lock);
    while (site.stream == NULL) {
        (void)pthread_cond_wait(&site.changed, &site.lock);
    }
    (void)pthread_mutex_unlock(&site.lock);
    while (cn_sse_send(site.stream, CN_STR("e"), (cn_str){ data, sizeof(data) })) {
        taken++;
        assert_true(taken < 100000); /* more than sockets hold */
    }
    assert_false(cn_sse_send(site.stream, CN_STR("e"), CN_STR("{}")));
    while (strstr(get_until(fd, "x\n\n", piece, sizeof(piece)), "event: e\ndata: x") != NULL) {
        came++;
    }
    assert_int_equal(came, taken);
    assert_null(strstr(piece, "event"));
    assert_true(is_closed(fd));
    (void)close(fd);
    close_site(&site);
}

static void stopping_ends_streams_and_idle_connections(void **state)
{
    (void)state;
    static const char get[] = "GET /stream HTTP/1.1\r\n" HOST "\r\n";
    struct site site;
    char text[4096];
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    int idle = dial(site.server);
    int streaming = dial(site.server);
    put(streaming, get, sizeof(get) - 1);
    get_until(streaming, ": welcome", text, sizeof(text));
    close_site(&site);
    assert_true(is_closed(idle));
    assert_true(is_closed(streaming));
    (void)close(idle);
    (void)close(streaming);
}

static void files_have_etags_and_strict_headers(void **state)
{
    (void)state;
    static const char page[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    static const char script[] =
        "GET /assets/a.js HTTP/1.1\r\n" HOST "Accept-Encoding: br, gzip;q=0.8\r\n\r\n";
    static const char escape[] = "GET /../index.html HTTP/1.1\r\n" HOST "\r\n";
    struct site site;
    char text[4096];
    char again[256];
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    int fd = dial(site.server);
    put(fd, page, sizeof(page) - 1);
    get_until(fd, "<p>hi", text, sizeof(text));
    assert_non_null(strstr(text, "content-security-policy: default-src 'none'"));
    assert_non_null(strstr(text, "frame-ancestors 'none'"));
    assert_non_null(strstr(text, "cache-control: no-cache"));
    const char *etag = strstr(text, "etag: ");
    assert_non_null(etag);
    int len = snprintf(again, sizeof(again),
                       "GET / HTTP/1.1\r\n" HOST "If-None-Match: %.18s\r\n\r\n", etag + 6);
    put(fd, again, (size_t)len);
    get_until(fd, "\r\n\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 304 "));
    put(fd, script, sizeof(script) - 1);
    get_until(fd, "\r\n\r\n2", text, sizeof(text));
    assert_non_null(strstr(text, "content-encoding: gzip"));
    assert_non_null(strstr(text, "immutable"));
    put(fd, escape, sizeof(escape) - 1);
    get_until(fd, "GET /../index.html?", text, sizeof(text));
    (void)close(fd);
    close_site(&site);
}

static void the_client_reads_what_the_server_answers(void **state)
{
    (void)state;
    struct site site;
    struct cn_error err = { 0 };
    struct cn_buf body;
    char url[64];
    int status = 0;
    const struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    struct cn_http_client *client = cn_http_client_new();
    cn_buf_init(&body, 12);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/later", cn_http_port(site.server));
    const char *const headers[] = { "content-type: text/plain" };
    struct cn_http_call call = { "POST", url, headers, 1, CN_STR("0123456789"), 20000, false };
    assert_false(cn_http_client_call(client, &call, &status, &body, &err));
    assert_int_equal(err.code, CN_DENIED); /* reliability 30: a private address, unless allowed */
    call.allows_private = true;
    assert_true(cn_http_client_call(client, &call, &status, &body, &err));
    assert_int_equal(status, 201);
    assert_true(cn_str_equal(cn_buf_str(&body), CN_STR("later:012345")));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/busy", cn_http_port(site.server));
    assert_true(cn_http_client_call(client, &call, &status, &body, &err));
    assert_int_equal(status, 429);
    assert_int_equal(cn_http_client_retry_after(client), 2);
    call.url = "file:///etc/passwd";
    assert_false(cn_http_client_call(client, &call, &status, &body, &err));
    assert_int_equal(err.code, CN_INVALID);
    cn_buf_deinit(&body);
    cn_http_client_free(client);
    close_site(&site);
}

static void a_port_in_use_is_not_shared(void **state)
{
    (void)state;
    struct site site;
    struct cn_error err = { 0 };
    struct cn_http_server *second = NULL;
    char address[32];
    struct cn_http_options options = site_options(&site);
    open_site(&site, &options);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", cn_http_port(site.server));
    options.listen = cn_str_of(address);
    assert_false(cn_http_start(&options, &second, &err));
    assert_int_equal(err.code, CN_UNAVAILABLE);
    assert_null(second);
    options.listen = CN_STR("nonsense");
    assert_false(cn_http_start(&options, &second, &err));
    assert_int_equal(err.code, CN_INVALID);
    close_site(&site);
}

static void gzip_is_bounded(void **state)
{
    (void)state;
    enum {
        LARGE = 10 * 1000 * 1000
    };
    struct cn_error err = { 0 };
    struct cn_buf packed;
    struct cn_buf out;
    char *zeros = calloc(1, LARGE);
    assert_non_null(zeros);
    cn_buf_init(&packed, LARGE);
    cn_buf_init(&out, 1000);
    cn_gzip_encode(CN_STR("hello "), 9, &packed);
    cn_gzip_encode(CN_STR("world"), 1, &packed); /* members may follow each other */
    assert_true(cn_gzip_is(cn_buf_str(&packed)));
    assert_true(cn_gzip_decode(cn_buf_str(&packed), &out, &err));
    assert_true(cn_str_equal(cn_buf_str(&out), CN_STR("hello world")));
    for (size_t cut = 0; cut < packed.len; cut++) {
        cn_buf_clear(&out);
        cn_str part = { packed.data, cut };
        if (cut != 26) { /* the end of the first member */
            assert_false(cn_gzip_decode(part, &out, &err));
            assert_int_equal(err.code, CN_MALFORMED);
        }
    }
    cn_buf_clear(&packed);
    cn_buf_clear(&out);
    cn_gzip_encode((cn_str){ zeros, LARGE }, 9, &packed);
    assert_true(packed.len < LARGE / 500);
    assert_false(cn_gzip_decode(cn_buf_str(&packed), &out, &err));
    assert_int_equal(err.code, CN_TOO_LARGE);
    assert_false(cn_gzip_is(CN_STR("{}")));
    cn_buf_deinit(&packed);
    cn_buf_deinit(&out);
    free(zeros);
}

static void a_browser_is_named_in_our_words(void **state)
{
    static const struct {
        const char *header;
        const char *words;
    } cases[] = {
        { "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
          "Firefox on Linux" },
        { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
          " Chrome/126.0.0.0 Safari/537.36",
          "Chrome on macOS" },
        { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
          " Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
          "Edge on Windows" },
        { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML,"
          " like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
          "Safari on iPhone" },
        { "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
          " Chrome/126.0.0.0 Mobile Safari/537.36",
          "Chrome on Android" },
        { "curl/8.8.0", "curl" },
        { "something (Windows)", "Windows" },
        { "<script>alert(1)</script>", "" },
        { "", "" },
    };
    char words[CN_AGENT_WORDS_BYTES];
    (void)state;
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        cn_agent_words(cn_str_of(cases[i].header), words);
        assert_string_equal(words, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("requests are answered on one connection", requests_are_answered_on_one_connection),
        CN_TEST("three hundred connections are served by one loop",
                three_hundred_connections_are_served_by_one_loop),
        CN_TEST("reliability 18: ambiguous requests are refused and the connection closed",
                ambiguous_requests_are_refused_and_the_connection_closed),
        CN_TEST("a large body is refused and the connection lives",
                a_large_body_is_refused_and_the_connection_lives),
        CN_TEST("reliability 17: slow clients are dropped", slow_clients_are_dropped),
        CN_TEST("reliability 17: connections of one address are capped",
                connections_of_one_address_are_capped),
        CN_TEST("a reader that is further behind than http.stream_max_bytes is cut off",
                a_reader_that_is_further_behind_is_cut_off),
        CN_TEST("a stream carries events and notices its end",
                a_stream_carries_events_and_notices_its_end),
        CN_TEST("stopping ends streams and idle connections",
                stopping_ends_streams_and_idle_connections),
        CN_TEST("reliability 32: files have ETags and strict headers",
                files_have_etags_and_strict_headers),
        CN_TEST("the client reads what the server answers",
                the_client_reads_what_the_server_answers),
        CN_TEST("a browser is named in our words", a_browser_is_named_in_our_words),
        CN_TEST("a port in use is not shared", a_port_in_use_is_not_shared),
        CN_TEST("reliability 19: gzip bodies are bounded", gzip_is_bounded),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
