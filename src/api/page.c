#include "api/page.h"

#include "base/str.h"

void cn_page_text(struct cn_buf *out, cn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        cn_buf_add_str(out, c == '&'   ? CN_STR("&amp;")
                            : c == '<' ? CN_STR("&lt;")
                            : c == '>' ? CN_STR("&gt;")
                            : c == '"' ? CN_STR("&quot;")
                                       : (cn_str){ &text.ptr[i], 1 });
    }
}

void cn_page_begin(struct cn_buf *out, cn_str title)
{
    cn_buf_add_str(out, CN_STR("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                               "<meta name=\"viewport\" content=\"width=device-width, "
                               "initial-scale=1\"><meta name=\"robots\" content=\"noindex\">"
                               "<title>"));
    cn_page_text(out, title);
    cn_buf_add_str(
        out, CN_STR("</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,"
                    "sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}h1{font-size:"
                    "1.3rem}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;"
                    "background:#1d4ed8;color:#fff;cursor:pointer}button:focus-visible{outline:3px "
                    "solid currentColor;outline-offset:2px}</style></head><body><main><h1>"));
    cn_page_text(out, title);
    cn_buf_add_str(out, CN_STR("</h1>"));
}

void cn_page_end(struct cn_buf *out)
{
    cn_buf_add_str(out, CN_STR("</main></body></html>\n"));
}
