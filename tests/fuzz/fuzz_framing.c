/* The framing of a connection gives the same answer however its bytes are cut. */
#include <stdlib.h>

#include "net/framing.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_framing whole = { 0 };
    struct cn_framing bytewise = { 0 };
    cn_framing_feed(&whole, (const char *)data, size);
    for (size_t i = 0; i < size; i++) {
        cn_framing_feed(&bytewise, (const char *)data + i, 1);
    }
    if (whole.requests != bytewise.requests || whole.why != bytewise.why ||
        whole.state != bytewise.state) {
        abort();
    }
    return 0;
}
