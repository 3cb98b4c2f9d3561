#include "net/outbound.h"

#include <curl/curl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

struct block {
    uint32_t base;
    int bits;
};

/* RFC 6890 and its registry, as far as it is not global. */
static const struct block private_blocks[] = {
    { 0x00000000, 8 },  /* this network */
    { 0x0a000000, 8 },  /* private */
    { 0x64400000, 10 }, /* shared by carriers */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa9fe0000, 16 }, /* link-local */
    { 0xac100000, 12 }, /* private */
    { 0xc0000000, 24 }, /* protocol assignments */
    { 0xc0000200, 24 }, /* documentation */
    { 0xc0a80000, 16 }, /* private */
    { 0xc6120000, 15 }, /* benchmarks */
    { 0xc6336400, 24 }, /* documentation */
    { 0xcb007100, 24 }, /* documentation */
    { 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

static bool is_private_v4(uint32_t address)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(private_blocks); i++) {
        if ((address ^ private_blocks[i].base) >> (32 - private_blocks[i].bits) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t v4_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static bool is_private_v6(const unsigned char *bytes)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    static const unsigned char translated[12] = { 0x00, 0x64, 0xff, 0x9b };
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0 ||
        memcmp(bytes, translated, sizeof(translated)) == 0) {
        return is_private_v4(v4_at(bytes + 12));
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) { /* 6to4 */
        return is_private_v4(v4_at(bytes + 2));
    }
    /* Only 2000::/3 is routed; 2001:0::/23 are tunnels and 2001:db8::/32 is documentation. */
    bool is_global = (bytes[0] & 0xe0U) == 0x20;
    bool is_special = bytes[0] == 0x20 && bytes[1] == 0x01 &&
                      ((bytes[2] & 0xfeU) == 0 || (bytes[2] == 0x0d && bytes[3] == 0xb8));
    return !is_global || is_special;
}

bool cn_address_is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return is_private_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return is_private_v6(v6.sin6_addr.s6_addr);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct cn_outbound *outbound = arg;
    (void)purpose;
    if (!outbound->allows_private && cn_address_is_private(&address->addr)) {
        outbound->was_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A path that is too long is one that there is not: the transfer fails, and trusts nobody. */
static void trust(void *curl, cn_str ca_file)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%.*s", CN_STR_ARG(ca_file));
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, path);
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* and not whom the system trusts, too */
}

unsigned cn_outbound_perform(void *curl, struct cn_outbound *outbound)
{
    _Static_assert((int)CN_OUTBOUND_REASON_BYTES >= CURL_ERROR_SIZE, "libcurl writes so much");
    outbound->reason[0] = '\0';
    /* These fail for want of memory alone, which the transfer then reports. */
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, outbound);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, outbound->reason);
    if (outbound->ca_file.len > 0) {
        trust(curl, outbound->ca_file);
    }
    const CURLcode rc = curl_easy_perform(curl);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, NULL);
    return rc;
}

/* "": it is not about TLS. */
static const char *advice(CURLcode rc)
{
    switch ((int)rc) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "; whom to trust is outbound.ca_file, or the system's certificates";
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
        return "; for mail see mail.smtp_tls and mail.smtp_port";
    default:
        return "";
    }
}

bool cn_outbound_fail(const struct cn_outbound *outbound, unsigned rc, enum cn_code code,
                      const char *what, struct cn_error *err)
{
    cn_str reason = cn_str_of(outbound->reason[0] != '\0' ? outbound->reason
                                                          : curl_easy_strerror((CURLcode)rc));
    if (reason.len > 0 && reason.ptr[reason.len - 1] == '.') {
        reason.len--; /* some are sentences */
    }
    return cn_fail(err, code, "%s: %.*s%s", what, CN_STR_ARG(reason), advice((CURLcode)rc));
}
