#include "net/agent.h"

#include <stdio.h>
#include <string.h>

struct word {
    const char *mark; /* in the header */
    const char *name;
};

/* Most browsers also name those that they descend from: the first that is found counts. */
static const struct word browsers[] = {
    { "Edg", "Edge" },         { "OPR/", "Opera" },         { "Vivaldi/", "Vivaldi" },
    { "Firefox/", "Firefox" }, { "FxiOS/", "Firefox" },     { "CriOS/", "Chrome" },
    { "Chrome/", "Chrome" },   { "Chromium/", "Chromium" }, { "Safari/", "Safari" },
    { "curl/", "curl" },
};

static const struct word systems[] = {
    { "iPhone", "iPhone" }, { "iPad", "iPad" },       { "Android", "Android" },
    { "CrOS", "ChromeOS" }, { "Windows", "Windows" }, { "Mac OS X", "macOS" },
    { "Linux", "Linux" },
};

static const char *find(const struct word *words, size_t count, cn_str text)
{
    for (size_t i = 0; i < count && text.len > 0; i++) {
        if (memmem(text.ptr, text.len, words[i].mark, strlen(words[i].mark)) != NULL) {
            return words[i].name;
        }
    }
    return "";
}

void cn_agent_words(cn_str user_agent, char words_out[CN_AGENT_WORDS_BYTES])
{
    const char *browser = find(browsers, CN_ARRAY_LEN(browsers), user_agent);
    const char *system = find(systems, CN_ARRAY_LEN(systems), user_agent);
    const char *on = browser[0] != '\0' && system[0] != '\0' ? " on " : "";
    (void)snprintf(words_out, CN_AGENT_WORDS_BYTES, "%s%s%s", browser, on, system); /* they fit */
}
