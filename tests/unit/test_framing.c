/* Where requests begin and end, and what is refused because two parsers could differ. */
#include <string.h>

#include "net/framing.h"
#include "tests/unit/unit.h"

static struct cn_framing fed(const char *text, size_t len, size_t step)
{
    struct cn_framing framing = { 0 };
    for (size_t i = 0; i < len; i += step) {
        cn_framing_feed(&framing, text + i, len - i < step ? len - i : step);
    }
    return framing;
}

#define HOST "Host: x\r\n"

static void proper_requests_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t requests;
    } cases[] = {
        { "GET / HTTP/1.1\r\n" HOST "\r\n", 1 },
        { "GET / HTTP/1.0\r\n\r\n", 1 },
        { "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 1 },
        { "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\nhOsT:x\r\n\r\n", 2 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length:  5 \r\n\r\nGET /GET / HTTP/1.1\r\n" HOST
          "\r\n",
          2 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00\r\n\r\n"
          "GET / HTTP/1.1\r\n" HOST "\r\n",
          2 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n\n\r\n0\r\n"
          "Content-Length: 7\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
          2 },
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const size_t len = strlen(cases[i].text);
        for (size_t step = 1; step <= len; step++) {
            struct cn_framing framing = fed(cases[i].text, len, step);
            assert_int_equal(framing.requests, cases[i].requests);
            assert_null(framing.why);
        }
    }
}

static void ambiguous_requests_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nz\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\nhello",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000000000000000f\r\n",
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(cases); i++) {
        const size_t len = strlen(cases[i]);
        for (size_t step = 1; step <= len; step++) {
            struct cn_framing framing = fed(cases[i], len, step);
            assert_non_null(cn_framing_problem(&framing, 0));
        }
    }
}

static void a_refused_request_leaves_those_before_it_alone(void **state)
{
    (void)state;
    const char *text = "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\n";
    struct cn_framing framing = fed(text, strlen(text), 7);
    assert_null(cn_framing_problem(&framing, 0));
    assert_non_null(cn_framing_problem(&framing, 1));
    assert_non_null(cn_framing_problem(&framing, 2));
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
    struct cn_framing framing = fed(text, sizeof(text) - 1, 64);
    assert_non_null(cn_framing_problem(&framing, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("reliability 18: proper requests are counted, however they are cut",
                proper_requests_are_counted),
        CN_TEST("reliability 18: ambiguous requests are refused", ambiguous_requests_are_refused),
        CN_TEST("reliability 18: a refused request leaves those before it alone",
                a_refused_request_leaves_those_before_it_alone),
        CN_TEST("reliability 18: a NUL byte is refused", a_nul_byte_is_refused),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
