/*
 * Where Cairn may connect to when it sends something.  Internal to net/: client.c and mail.c.
 *
 * Who names an address - a setting, a webhook - could make Cairn talk to what only its own machine
 * or network can reach.  So a connection is refused by the address that a name has come to, at the
 * moment of connecting: a name that means something else a second later changes nothing.
 */
#ifndef CAIRN_NET_OUTBOUND_H
#define CAIRN_NET_OUTBOUND_H

#include <sys/socket.h>

#include "base/error.h"

/* Loopback, link-local, private, shared, multicast, reserved, unspecified: nothing that the public
 * internet routes to.  IPv4 inside IPv6 counts as IPv4; any family but these two is private. */
bool cn_address_is_private(const struct sockaddr *address);

enum {
    CN_OUTBOUND_REASON_BYTES = 256, /* as libcurl wants it */
};

/* For one transfer. */
struct cn_outbound {
    bool allows_private;
    cn_str ca_file;                        /* PEM: whom TLS trusts; "": whom the system does */
    bool was_refused;                      /* it could not connect since the address is private */
    char reason[CN_OUTBOUND_REASON_BYTES]; /* of a failure, in the words of libcurl; may be "" */
};

/* Makes the transfer of the CURL *, which checks what it connects to, and yields its CURLcode. What
 * libcurl keeps for the next one, or closes later, does not refer to `outbound` any more. */
unsigned cn_outbound_perform(void *curl, struct cn_outbound *outbound);

/* Fails with that code, saying after `what` why the transfer failed with that CURLcode and, if it
 * is about TLS, which setting may be wrong. */
bool cn_outbound_fail(const struct cn_outbound *outbound, unsigned rc, enum cn_code code,
                      const char *what, struct cn_error *err);

#endif
