/*
 * What a person calls the browser of a User-Agent header: "Firefox on Windows".
 *
 * The header is the client's own word and may hold anything: what comes out is made of our words
 * alone.  It is for people to tell their sessions apart, and nothing may depend on it.
 */
#ifndef CAIRN_NET_AGENT_H
#define CAIRN_NET_AGENT_H

#include "base/str.h"

enum {
    CN_AGENT_WORDS_BYTES = 48
};

/* "" if neither the browser nor the system is known. */
void cn_agent_words(cn_str user_agent, char words_out[CN_AGENT_WORDS_BYTES]);

#endif
