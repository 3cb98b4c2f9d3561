#include "api/csv.h"

#include <string.h>

#include "base/str.h"

/* What a spreadsheet takes for the start of a formula, or skips before one. */
static bool begins_formula(cn_str text)
{
    static const char starts[] = { '=', '+', '-', '@', '\t', '\r', '\n' };
    return text.len > 0 && memchr(starts, text.ptr[0], sizeof(starts)) != NULL;
}

static void separate(struct cn_buf *out)
{
    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        cn_buf_add_str(out, CN_STR(","));
    }
}

void cn_csv_cell(struct cn_buf *out, cn_str text)
{
    separate(out);
    cn_buf_add_str(out, CN_STR("\""));
    if (begins_formula(text)) {
        cn_buf_add_str(out, CN_STR("'"));
    }
    for (size_t i = 0; i < text.len; i++) {
        cn_buf_add(out, &text.ptr[i], 1);
        if (text.ptr[i] == '"') {
            cn_buf_add_str(out, CN_STR("\""));
        }
    }
    cn_buf_add_str(out, CN_STR("\""));
}

void cn_csv_number(struct cn_buf *out, double value)
{
    separate(out);
    cn_buf_printf(out, "%.15g", value);
}

void cn_csv_end_line(struct cn_buf *out)
{
    cn_buf_add_str(out, CN_STR("\r\n"));
}
