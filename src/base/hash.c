#include "base/hash.h"

#include <xxhash.h>

uint64_t cn_hash64(cn_str text)
{
    return XXH3_64bits(text.ptr, text.len);
}

struct cn_hash128 cn_hash128_of(cn_str text, uint64_t seed)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(text.ptr, text.len, seed);
    return (struct cn_hash128){ .hi = hash.high64, .lo = hash.low64 };
}
