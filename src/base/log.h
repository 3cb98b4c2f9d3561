/*
 * Structured logs: one JSON object a line on standard error.
 *
 * A failure is logged once, at the top (dispatcher, thread loop, main); a function never logs an
 * error that it returns.  Secrets and personal data are never passed here.  Any thread.
 */
#ifndef CAIRN_BASE_LOG_H
#define CAIRN_BASE_LOG_H

#include "base/error.h"

enum cn_log_level {
    CN_LOG_DEBUG,
    CN_LOG_INFO,
    CN_LOG_WARN,
    CN_LOG_ERROR
};

/* Lines below this level are dropped; CN_LOG_INFO at start. */
void cn_log_set_level(enum cn_log_level level);

/* `part` is the folder that speaks: "event", "engine". */
void cn_log(enum cn_log_level level, const char *part, const char *fmt, ...) CN_PRINTF(3, 4);

/* Logs err with its code, place and message, after what was being done. */
void cn_log_error(const char *part, const struct cn_error *err, const char *fmt, ...)
    CN_PRINTF(3, 4);

#endif
