#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/str.h"

#include "net/mime.h"
#include "net/outbound.h"
#include "tests/unit/unit.h"

static bool is_private(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return cn_address_is_private((const struct sockaddr *)(const void *)&v4);
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return cn_address_is_private((const struct sockaddr *)(const void *)&v6);
}

static void private_addresses_are_known_in_every_form(void **state)
{
    (void)state;
    static const char *const no[] = {
        "127.0.0.1",
        "127.255.255.255",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
    };
    static const char *const yes[] = { "8.8.8.8",          "172.32.0.1",       "172.15.255.255",
                                       "100.128.0.1",      "192.167.1.1",      "2606:4700::1111",
                                       "::ffff:8.8.8.8",   "64:ff9b::808:808", "2002:808:808::1",
                                       "2a00:1450:4001::1" };
    for (size_t i = 0; i < CN_ARRAY_LEN(no); i++) {
        assert_true(is_private(no[i]));
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(yes); i++) {
        assert_false(is_private(yes[i]));
    }
    const struct sockaddr_un local = { .sun_family = AF_UNIX };
    assert_true(cn_address_is_private((const struct sockaddr *)(const void *)&local));
}

static void an_address_is_one_and_nothing_else(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "ann",
                                       "@b.example",
                                       "a@",
                                       "a@b@c",
                                       "a b@c.d",
                                       "a@b.c\r\nBcc: x@y.z",
                                       "a@b.c,d@e.f",
                                       "<a@b.c",
                                       "\"a b\"@c.d",
                                       "a@b.c>" };
    struct cn_error err;
    cn_str got = CN_STR("kept");
    for (size_t i = 0; i < CN_ARRAY_LEN(bad); i++) {
        assert_false(cn_mail_address(cn_str_of(bad[i]), &got, &err));
        assert_int_equal(err.code, CN_INVALID);
        assert_true(cn_str_equal(got, CN_STR("kept")));
    }
    assert_true(cn_mail_address(CN_STR(" Cairn <cairn@vendor.example> "), &got, &err));
    assert_true(cn_str_equal(got, CN_STR("cairn@vendor.example")));
}

static void no_text_gets_out_of_its_place_in_a_mail(void **state)
{
    (void)state;
    struct cn_buf buf;
    struct cn_error err;
    const struct cn_mail_text mail = {
        .from = CN_STR("C\xc3\xa4irn <cairn@vendor.example>"),
        .to = CN_STR("ann@vendor.example"),
        .subject =
            CN_STR("Acme\r\nBcc: evil@example.com\r\n\r\nbody =?UTF-8?B?eA==?= S\xc3\xb6hne"),
        .message_id = CN_STR("mesg_1@vendor.example"),
        .date = { (int64_t)1764324000 * 1000000 },
        .text = CN_STR(".\r\nQUIT\r\n"),
        .html = CN_STR("<p>x</p>"),
    };
    cn_buf_init(&buf, CN_MAIL_MAX_BYTES);
    assert_true(cn_mail_format(&mail, &buf, &err));
    cn_buf_add(&buf, "", 1);
    assert_null(strstr(buf.data, "\r\nBcc:"));
    assert_null(strstr(buf.data, "\r\n.\r\n"));
    assert_non_null(strstr(buf.data, "\r\nSubject: =?UTF-8?B?"));
    assert_non_null(strstr(buf.data, "\r\nDate: Fri, 28 Nov 2025 10:00:00 +0000\r\n"));
    assert_non_null(strstr(buf.data, "\r\nMessage-ID: <mesg_1@vendor.example>\r\n"));
    for (const char *line = buf.data; line != NULL; line = strstr(line, "\r\n")) {
        line += line == buf.data ? 0 : 2;
        const char *end = strstr(line, "\r\n");
        assert_true(end == NULL || end - line <= 78);
        if (end == NULL) {
            break;
        }
    }
    cn_buf_deinit(&buf);
    cn_buf_init(&buf, 300);
    assert_false(cn_mail_format(&mail, &buf, &err));
    assert_int_equal(err.code, CN_TOO_LARGE);
    cn_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("reliability 30: private addresses are known in every form",
                private_addresses_are_known_in_every_form),
        CN_TEST("an address is one and nothing else", an_address_is_one_and_nothing_else),
        CN_TEST("no text gets out of its place in a mail", no_text_gets_out_of_its_place_in_a_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
