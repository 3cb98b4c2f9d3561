#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time.h"

static _Atomic int least_level = CN_LOG_INFO;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void cn_log_set_level(enum cn_log_level level)
{
    atomic_store(&least_level, (int)level);
}

enum {
    LINE_MAX_BYTES = 1024,
    TAIL_BYTES = 3 /* what closes a line: quote, brace, line end */
};

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static void add(struct line *line, char c)
{
    if (line->len < LINE_MAX_BYTES - TAIL_BYTES) {
        line->text[line->len++] = c;
    }
}

static void add_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        add(line, *text);
    }
}

/* base/ is below json/, so the few characters that JSON forbids are escaped here. */
static void add_escaped(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            add(line, '\\');
            add(line, *text);
        } else if (c < 0x20 || c == 0x7f) {
            add(line, ' ');
        } else {
            add(line, *text);
        }
    }
}

static void begin(struct line *line, enum cn_log_level level, const char *part)
{
    char at[CN_TIME_TEXT_BYTES];
    cn_time_format(cn_now(&cn_clock_system), at);
    add_text(line, "{\"at\":\"");
    add_text(line, at);
    add_text(line, "\",\"level\":\"");
    add_text(line, level_names[level]);
    add_text(line, "\",\"part\":\"");
    add_text(line, part);
    add_text(line, "\",\"message\":\"");
}

static void end(struct line *line)
{
    memcpy(line->text + line->len, "\"}\n", TAIL_BYTES);
    line->len += TAIL_BYTES;
    /* One write, so that lines of several threads do not mix; where it fails there is no one to
     * tell. */
    ssize_t written = write(STDERR_FILENO, line->text, line->len);
    (void)written;
}

void cn_log(enum cn_log_level level, const char *part, const char *fmt, ...)
{
    if ((int)level < atomic_load(&least_level)) {
        return;
    }
    char message[LINE_MAX_BYTES / 2];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut line is better than none */
    va_end(args);

    struct line line = { .len = 0 };
    begin(&line, level, part);
    add_escaped(&line, message);
    end(&line);
}

void cn_log_error(const char *part, const struct cn_error *err, const char *fmt, ...)
{
    char message[LINE_MAX_BYTES / 2];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args); /* a cut line is better than none */
    va_end(args);

    struct line line = { .len = 0 };
    begin(&line, CN_LOG_ERROR, part);
    add_escaped(&line, message);
    add_text(&line, ": ");
    add_escaped(&line, err->message);
    add_text(&line, "\",\"code\":\"");
    add_text(&line, cn_code_slug(err->code));
    add_text(&line, "\",\"where\":\"");
    add_escaped(&line, err->where != NULL ? err->where : "");
    end(&line);
}
