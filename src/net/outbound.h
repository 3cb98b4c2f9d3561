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

#include "base/base.h"

/* Loopback, link-local, private, shared, multicast, reserved, unspecified: nothing that the public
 * internet routes to.  IPv4 inside IPv6 counts as IPv4; any family but these two is private. */
bool cn_address_is_private(const struct sockaddr *address);

/* For one transfer: was_refused tells why it could not connect. */
struct cn_outbound {
    bool allows_private;
    bool was_refused;
};

/* Has the CURL * check what it connects to; `outbound` outlives the transfer. */
void cn_outbound_guard(void *curl, struct cn_outbound *outbound);

#endif
