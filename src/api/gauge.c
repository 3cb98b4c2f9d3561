#include "api/gauge.h"

#include <assert.h>
#include <string.h>

void cn_gauge_family(struct cn_gauges *out, const char *name, enum cn_gauge_kind kind,
                     const char *doc)
{
    out->family = name;
    cn_buf_printf(out->buf, "# HELP %s %s\n# TYPE %s %s\n", name, doc, name,
                  kind == CN_COUNTER ? "counter" : "gauge");
}

void cn_gauge_value(struct cn_gauges *out, double value)
{
    assert(out->family != NULL);
    cn_buf_printf(out->buf, "%s %.17g\n", out->family, value);
}

void cn_gauge_labelled(struct cn_gauges *out, const char *label, const char *label_value,
                       double value)
{
    assert(out->family != NULL && strpbrk(label_value, "\"\\\n") == NULL);
    cn_buf_printf(out->buf, "%s{%s=\"%s\"} %.17g\n", out->family, label, label_value, value);
}

void cn_gauge(struct cn_gauges *out, const char *name, enum cn_gauge_kind kind, const char *doc,
              double value)
{
    cn_gauge_family(out, name, kind, doc);
    cn_gauge_value(out, value);
}
