#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

uint64_t cn_hash64(cn_str text)
{
    return XXH3_64bits(text.ptr, text.len);
}

/* Its size is known to the library alone. */
static XXH3_state_t *library_state(struct cn_hash64_state *state)
{
    return (XXH3_state_t *)state;
}

struct cn_hash64_state *cn_hash64_begin(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL) {
        (void)fprintf(stderr, "out of memory: state of a hash\n");
        abort();
    }
    (void)XXH3_64bits_reset(state); /* fails only for NULL */
    return (struct cn_hash64_state *)state;
}

void cn_hash64_add(struct cn_hash64_state *state, cn_str piece)
{
    (void)XXH3_64bits_update(library_state(state), piece.ptr, piece.len); /* as above */
}

uint64_t cn_hash64_end(struct cn_hash64_state *state)
{
    uint64_t hash = XXH3_64bits_digest(library_state(state));
    (void)XXH3_freeState(library_state(state)); /* always says that it did */
    return hash;
}

struct cn_hash128 cn_hash128_of(cn_str text, uint64_t seed)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(text.ptr, text.len, seed);
    return (struct cn_hash128){ .hi = hash.high64, .lo = hash.low64 };
}
